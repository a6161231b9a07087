/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The measurement. Frames are written in batches of 16 bursts, then the clock starts, the
 * batch goes through the box as the loop of a board CPU would do it (tell the time, run
 * the pipeline, empty the outbox), the clock stops, and what came out is inspected and
 * freed. So the figure is that of the box alone; headers and mbufs are in the
 * second-level cache when it begins, as a NIC that writes to the cache would leave them.
 * The box's time is that of its work, so that ageing runs at its real pace. A batch
 * during which the kernel ran another thread here is left out and counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "tests/bench/box.h"
#include "tests/bench/eal.h"
#include "tests/bench/figure.h"
#include "tests/bench/floors.h"
#include "tests/bench/progress.h"
#include "tests/bench/run.h"

#define BATCH	  (16 * CGN_BURST)
#define SYN_MS	  7000 /* after which a session that was only opened has expired */
#define EXPIRE_S  60   /* of wall clock, for that */
#define MAX_EXTRA 1048576u

struct run {
	const struct cgn_bench_options *o;
	struct cgn_point *p;
	struct cgn_traffic t;
	struct cgn_box box;
	uint64_t base_ms; /* the box's time: this, */
	uint64_t worked;  /* and the cycles that it has worked */
	double ms_per_cycle;
	uint64_t longest; /* burst, cycles */
	uint32_t extra_max, extra_seen;
	uint32_t batch;
	uint64_t sent, good;
	double staged; /* packets whose stages have been timed */
	bool disturbed;
	unsigned n_out;
	struct rte_mbuf *in[BATCH], *out[4 * BATCH];
};

static long
switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nivcsw;
}

static void
empty_outbox(struct run *r)
{
	struct cgn_outbox *o = &r->box.worker->out;

	memcpy(r->out + r->n_out, o->pkt, o->n * sizeof(void *));
	r->n_out += o->n;
	o->n = 0;
}

/* Runs the first n frames of r->in through the box; returns the cycles. */
static uint64_t
run_batch(struct run *r, unsigned n)
{
	uint64_t start = rte_rdtsc_precise(), now = start, end;
	struct cgn_worker *w = r->box.worker;

	r->n_out = 0;
	for (unsigned i = 0; i < n; i += CGN_BURST) {
		double ms = (double)(r->worked + now - start) * r->ms_per_cycle;

		cgn_worker_tick(w, r->box.snap, r->base_ms + (uint64_t)ms);
		cgn_pipeline_run(w, r->in + i, RTE_MIN(n - i, (unsigned)CGN_BURST), true);
		empty_outbox(r);
		end = rte_rdtsc();
		r->longest = RTE_MAX(r->longest, end - now);
		now = end;
	}
	end = rte_rdtsc_precise();
	r->worked += end - start;
	return end - start;
}

/* The standby's own time is not counted: it has a processor of its own in a box. */
static void
run_standby(struct run *r)
{
	uint64_t ms = r->base_ms + (uint64_t)((double)r->worked * r->ms_per_cycle);

	for (unsigned i = 0; r->box.standby && i < BATCH / CGN_BURST; i++)
		cgn_worker_tick(r->box.standby, r->box.snap, ms);
}

/* Adds what the box's own timing of stages has grown by; it times one burst in many. */
static void
note_stages(struct run *r, const struct cgn_stats *before)
{
	const struct cgn_stats *now = &r->box.worker->stats;

	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
		r->p->stage[s] +=
			(double)(now->stage_cycles[s] - before->stage_cycles[s]);
	r->staged += (double)(now->stage_packets[0] - before->stage_packets[0]);
}

/* The same, watched: cycles, with what came out inspected and freed. */
static uint64_t
pass_batch(struct run *r, unsigned n, bool checksums)
{
	const struct cgn_stats stats = r->box.worker->stats;
	uint64_t longest = r->longest, cycles;
	long before = switches();

	cycles = run_batch(r, n);
	run_standby(r);
	r->disturbed = switches() != before;
	if (r->disturbed)
		r->longest = longest;
	else
		note_stages(r, &stats);
	r->sent += n;
	for (unsigned i = 0; i < r->n_out; i++) {
		if (i + 8 < r->n_out)
			rte_prefetch0(rte_pktmbuf_mtod(r->out[i + 8], void *));
		r->good += cgn_traffic_sink(&r->t, r->out[i], checksums);
	}
	rte_pktmbuf_free_bulk(r->out, r->n_out);
	return cycles;
}

static int
take_mbufs(struct run *r, unsigned n)
{
	if (rte_pktmbuf_alloc_bulk(r->box.pool, r->in, n) == 0)
		return 0;
	fputs("cgnbench: packet buffers have been lost in the box\n", stderr);
	return -1;
}

/* A step that has no common divisor with n: from 0 it visits all numbers below n, in an
 * order that neither the box nor the processor foresees. */
static uint32_t
stride(uint32_t n)
{
	uint32_t step = (uint32_t)(n * 0.6180339887) | 1;

	for (;; step += 2) {
		uint32_t a = n, b = step;

		while (b) {
			uint32_t c = a % b;

			a = b;
			b = c;
		}
		if (a == 1)
			return step;
	}
}

/* Opens all sessions. The figure is that of the last quarter, when the tables are well
 * filled. */
static int
fill(struct run *r)
{
	uint32_t n = r->t.sessions, step = stride(n), s = 0, done = 0, figures = 0;
	double *cycles = calloc(n / r->batch + 2, sizeof(*cycles));

	if (!cycles)
		return -1;
	while (done < n) {
		uint32_t k = RTE_MIN(n - done, r->batch);
		double c;

		if (take_mbufs(r, k) != 0)
			break;
		for (uint32_t i = 0; i < k; i++) {
			cgn_traffic_write(&r->t, r->in[i], s, CGN_UP);
			s = (uint32_t)(((uint64_t)s + step) % n);
		}
		c = (double)pass_batch(r, k, true) / k;
		done += k;
		if (done > n - n / 4 && (!r->disturbed || !figures))
			cycles[figures++] = c;
		cgn_progress_show("opening sessions", (double)done / n);
	}
	r->p->create = cgn_figure_of(cycles, RTE_MAX(figures, 1u));
	r->p->create_worst_us = (double)r->longest / r->p->tsc_hz * 1e6;
	free(cycles);
	return done < n ? -1 : 0;
}

/* Draws the sessions first, so that the generator's own memory is there when it writes.
 */
static void
write_batch(struct run *r)
{
	uint32_t s[BATCH], new_below = (uint32_t)(r->o->new_percent / 100 * UINT32_MAX);
	enum cgn_bench_direction d = r->o->direction;

	for (uint32_t i = 0; i < r->batch; i++) {
		s[i] = cgn_figure_below(cgn_figure_random(&r->t.random), r->t.sessions);
		rte_prefetch0(&r->t.flow[s[i]]);
		rte_prefetch0(rte_pktmbuf_mtod(r->in[i], void *));
	}
	for (uint32_t i = 0; i < r->batch; i++) {
		uint64_t x = cgn_figure_random(&r->t.random);
		bool up = d == CGN_BENCH_UP || (d == CGN_BENCH_MIX && x >> 63);

		if ((uint32_t)x < new_below)
			cgn_traffic_write_new(&r->t, r->in[i]);
		else
			cgn_traffic_write(&r->t, r->in[i], s[i], up ? CGN_UP : CGN_DOWN);
	}
}

/* Lets the sessions that a run has opened age out, untimed. */
static int
expire_extra(struct run *r)
{
	uint64_t deadline = rte_rdtsc() + EXPIRE_S * rte_get_tsc_hz();
	struct cgn_worker *w = r->box.worker;

	r->base_ms += SYN_MS;
	r->extra_seen = r->t.extra;
	r->n_out = 0;
	while (w->sessions.used > r->t.sessions && rte_rdtsc() < deadline) {
		cgn_worker_tick(w, r->box.snap,
			++r->base_ms + (uint64_t)((double)r->worked * r->ms_per_cycle));
		run_standby(r);
		empty_outbox(r);
		rte_pktmbuf_free_bulk(r->out, r->n_out);
		r->n_out = 0;
	}
	if (w->sessions.used <= r->t.sessions)
		return 0;
	fputs("cgnbench: opened sessions do not age out\n", stderr);
	return -1;
}

/* One run; *figure: cycles per packet. */
static int
run_once(struct run *r, double seconds, bool checksums, double *figure)
{
	uint64_t hz = rte_get_tsc_hz(),
		 deadline = rte_rdtsc() + (uint64_t)(seconds * (double)hz);
	uint64_t cycles = 0, packets = 0, all_cycles = 0, all_packets = 0;

	do {
		uint64_t c;

		if (r->t.extra - r->extra_seen + r->batch > r->extra_max &&
			r->o->new_percent > 0 && expire_extra(r) != 0)
			return -1;
		if (take_mbufs(r, r->batch) != 0)
			return -1;
		write_batch(r);
		c = pass_batch(r, r->batch, checksums);
		all_cycles += c;
		all_packets += r->batch;
		r->p->disturbed += r->disturbed;
		cycles += r->disturbed ? 0 : c;
		packets += r->disturbed ? 0 : r->batch;
	} while (rte_rdtsc() < deadline);
	*figure = packets ? (double)cycles / (double)packets
			  : (double)all_cycles / (double)all_packets;
	return 0;
}

static int
established(struct run *r)
{
	double cycles[CGN_BENCH_RUNS], warm;
	struct cgn_point *p = r->p;

	if (run_once(r, r->o->seconds / 10, true, &warm) != 0)
		return -1;
	r->staged = 0;
	memset(p->stage, 0, sizeof(p->stage));
	for (unsigned i = 0; i < r->o->runs; i++) {
		cgn_progress_show("established traffic", (double)i / r->o->runs);
		if (run_once(r, r->o->seconds, false, &cycles[i]) != 0)
			return -1;
	}
	p->packet = cgn_figure_of(cycles, r->o->runs);
	for (unsigned i = 0; i < CGN_STAGE_COUNT && r->staged > 0; i++)
		p->stage[i] /= r->staged;
	return 0;
}

static void
note_memory(struct run *r)
{
	double n = r->t.sessions;

	r->p->bytes_resident = (double)(cgn_eal_resident() - r->box.resident) / n;
	r->p->bytes_allocated = (double)(cgn_eal_allocated() - r->box.allocated) / n;
}

static int
run_box(struct run *r)
{
	int rc = cgn_box_create(&r->box, r->o, &r->t, r->extra_max, r->p->ha);

	if (rc != 0)
		return rc;
	rc = fill(r);
	note_memory(r);
	if (rc == 0)
		rc = established(r);
	memcpy(r->p->drop, r->box.worker->stats.drop, sizeof(r->p->drop));
	r->p->packets = r->sent;
	r->p->lost = r->sent - RTE_MIN(r->good, r->sent);
	cgn_box_destroy(&r->box);
	return rc;
}

static int
run_all(struct run *r, uint32_t sessions)
{
	const struct cgn_bench_options *o = r->o;
	struct cgn_point *p = r->p;

	if (o->new_percent > 0)
		r->extra_max = RTE_MIN(RTE_MAX(sessions / 2, 4u * BATCH), MAX_EXTRA);
	r->batch = RTE_MIN(
		RTE_MAX(sessions / 16 / CGN_BURST, 1u) * CGN_BURST, (uint32_t)BATCH);
	if (cgn_eal_start(o->cpu, cgn_box_bytes(sessions + r->extra_max, p->ha),
		    &p->hugepages) != 0 ||
		cgn_traffic_init(&r->t, o, sessions) != 0)
		return -1;
	p->sessions = sessions;
	p->users = r->t.users;
	p->tsc_hz = (double)rte_get_tsc_hz();
	r->ms_per_cycle = 1e3 / p->tsc_hz;
	r->base_ms = 1000;
	if (run_box(r) != 0)
		return -1;
	cgn_progress_show("floors", 0);
	if (cgn_floors_measure(sessions, p->users, &p->floors) != 0)
		return -1;
	p->floor_cycles = cgn_floors_sum(&p->floors, o);
	return 0;
}

int
cgn_run_point(const struct cgn_bench_options *o, uint32_t sessions, enum cgn_bench_ha ha,
	struct cgn_point *p)
{
	struct run *r = calloc(1, sizeof(*r));
	int rc = -1;

	memset(p, 0, sizeof(*p));
	p->ha = ha;
	if (r) {
		r->o = o;
		r->p = p;
		rc = run_all(r, sessions);
		cgn_traffic_fini(&r->t);
	}
	cgn_eal_stop();
	cgn_progress_clear();
	free(r);
	return rc;
}
