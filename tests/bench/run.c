/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One scale point from beginning to end: a box is made, all sessions are opened, traffic
 * runs, what RFC 9693 asks of connections is tried if it is wanted, and in the memory of
 * the box, which is gone then, the floors are measured. Batches during which the kernel
 * ran another thread here are left out and counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "tests/bench/drive.h"
#include "tests/bench/eal.h"
#include "tests/bench/figure.h"
#include "tests/bench/floors.h"
#include "tests/bench/progress.h"
#include "tests/bench/run.h"

#define BATCH	  CGN_DRIVE_BATCH
#define SYN_MS	  7000 /* after which a session that was only opened has expired */
#define EXPIRE_S  60   /* of wall clock, for that */
#define MAX_EXTRA 1048576u

#define TURNS_SEEN 4096u /* of a tear-down: the last ones */

struct run {
	const struct cgn_bench_options *o;
	struct cgn_point *p;
	uint32_t extra_max, extra_seen;
	uint32_t batch;
	struct cgn_drive d;
};

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
	uint32_t n = r->d.t.sessions, step = stride(n), s = 0, done = 0, figures = 0;
	double *cycles = calloc(n / r->batch + 2, sizeof(*cycles));

	if (!cycles)
		return -1;
	while (done < n) {
		uint32_t k = RTE_MIN(n - done, r->batch);
		double c;

		if (cgn_drive_take(&r->d, k) != 0)
			break;
		for (uint32_t i = 0; i < k; i++) {
			cgn_traffic_write(&r->d.t, r->d.in[i], s, CGN_UP);
			s = (uint32_t)(((uint64_t)s + step) % n);
		}
		c = (double)cgn_drive_pass(&r->d, k, true) / k;
		done += k;
		if (done > n - n / 4 && (!r->d.disturbed || !figures))
			cycles[figures++] = c;
		cgn_progress_show("opening sessions", (double)done / n);
	}
	r->p->create = cgn_figure_of(cycles, RTE_MAX(figures, 1u));
	r->p->create_worst_us = (double)r->d.longest / r->p->tsc_hz * 1e6;
	free(cycles);
	return done < n ? -1 : 0;
}

/* Draws the sessions first, so that the generator's own memory is there when it writes.
 */
static void
write_batch(struct run *r)
{
	uint32_t s[BATCH], new_below = (uint32_t)(r->o->new_percent / 100 * UINT32_MAX);
	enum cgn_bench_direction dir = r->o->direction;
	struct cgn_traffic *t = &r->d.t;

	for (uint32_t i = 0; i < r->batch; i++) {
		s[i] = cgn_figure_below(cgn_figure_random(&t->random), t->sessions);
		rte_prefetch0(&t->flow[s[i]]);
		rte_prefetch0(rte_pktmbuf_mtod(r->d.in[i], void *));
	}
	for (uint32_t i = 0; i < r->batch; i++) {
		uint64_t x = cgn_figure_random(&t->random);
		bool up = dir == CGN_BENCH_UP || (dir == CGN_BENCH_MIX && x >> 63);

		if ((uint32_t)x < new_below)
			cgn_traffic_write_new(t, r->d.in[i]);
		else
			cgn_traffic_write(t, r->d.in[i], s[i], up ? CGN_UP : CGN_DOWN);
	}
}

/* Lets the sessions that a run has opened age out, untimed. */
static int
expire_extra(struct run *r)
{
	uint64_t deadline = rte_rdtsc() + EXPIRE_S * rte_get_tsc_hz();
	const struct cgn_slots *sessions = &r->d.box.worker->sessions;

	r->extra_seen = r->d.t.extra;
	cgn_drive_turn(&r->d, SYN_MS);
	while (sessions->used > r->d.t.sessions && rte_rdtsc() < deadline)
		cgn_drive_turn(&r->d, 1);
	if (sessions->used <= r->d.t.sessions)
		return 0;
	fputs("cgnbench: opened sessions do not age out\n", stderr);
	return -1;
}

/* Cycles and packets of the batches of a run. */
struct sum {
	uint64_t cycles, packets, ticks, carded;
};

static void
add_batch(const struct run *r, struct sum *sum, uint64_t cycles)
{
	sum->cycles += cycles;
	sum->packets += r->batch;
	sum->ticks += r->d.ticks;
	sum->carded += r->d.carded;
}

/* One run; *figure: cycles per packet. */
static int
run_once(struct run *r, double seconds, bool checksums, double *figure)
{
	uint64_t hz = rte_get_tsc_hz(),
		 deadline = rte_rdtsc() + (uint64_t)(seconds * (double)hz);
	struct sum calm = { 0 }, all = { 0 };

	do {
		uint64_t c;

		if (r->d.t.extra - r->extra_seen + r->batch > r->extra_max &&
			r->o->new_percent > 0 && expire_extra(r) != 0)
			return -1;
		if (cgn_drive_take(&r->d, r->batch) != 0)
			return -1;
		write_batch(r);
		c = cgn_drive_pass(&r->d, r->batch, checksums);
		add_batch(r, &all, c);
		r->p->disturbed += r->d.disturbed;
		if (!r->d.disturbed)
			add_batch(r, &calm, c);
	} while (rte_rdtsc() < deadline);
	if (calm.packets)
		all = calm;
	*figure = (double)all.cycles / (double)all.packets;
	r->p->tick = (double)all.ticks / (double)all.packets;
	r->p->card = (double)all.carded / (double)all.packets;
	return 0;
}

static int
established(struct run *r)
{
	double cycles[CGN_BENCH_RUNS], warm;
	struct cgn_point *p = r->p;

	if (run_once(r, r->o->seconds / 10, true, &warm) != 0)
		return -1;
	r->d.staged = 0;
	memset(r->d.stage, 0, sizeof(r->d.stage));
	for (unsigned i = 0; i < r->o->runs; i++) {
		cgn_progress_show("established traffic", (double)i / r->o->runs);
		if (run_once(r, r->o->seconds, false, &cycles[i]) != 0)
			return -1;
	}
	p->packet = cgn_figure_of(cycles, r->o->runs);
	for (unsigned i = 0; i < CGN_STAGE_COUNT && r->d.staged > 0; i++)
		p->stage[i] = r->d.stage[i] / r->d.staged;
	return 0;
}

static void
note_memory(struct run *r)
{
	double n = r->d.t.sessions;

	r->p->bytes_resident = (double)(cgn_eal_resident() - r->d.box.resident) / n;
	r->p->bytes_allocated = (double)(cgn_eal_allocated() - r->d.box.allocated) / n;
}

/* RFC 9693: after the connections have been made, each of them carries a packet, here
 * both ways. */
static int
validate(struct run *r)
{
	uint64_t good = r->d.good;
	uint32_t n = r->d.t.sessions;

	for (uint32_t done = 0; done < n; done += r->batch) {
		uint32_t k = RTE_MIN(n - done, r->batch);

		for (enum cgn_dir dir = CGN_UP; dir < CGN_DIRS; dir++) {
			if (cgn_drive_take(&r->d, k) != 0)
				return -1;
			for (uint32_t i = 0; i < k; i++)
				cgn_traffic_write(&r->d.t, r->d.in[i], done + i, dir);
			cgn_drive_pass(&r->d, k, true);
		}
		cgn_progress_show("validating sessions", (double)done / n);
	}
	r->p->validated = (r->d.good - good) / CGN_DIRS;
	return 0;
}

/* RFC 9693: sessions are opened on top until the box takes no more. Those that it
 * refuses are its answer, not losses. */
static int
find_capacity(struct run *r)
{
	const uint64_t *refused = &r->d.box.worker->stats.drop[CGN_DROP_SESSIONS_FULL];
	const uint32_t *used = &r->d.box.worker->sessions.used;
	uint64_t before = *refused;

	while (*refused == before && r->p->capacity != *used) {
		r->p->capacity = *used;
		if (cgn_drive_take(&r->d, r->batch) != 0)
			return -1;
		for (uint32_t i = 0; i < r->batch; i++)
			cgn_traffic_write_new(&r->d.t, r->d.in[i]);
		cgn_drive_pass(&r->d, r->batch, false);
	}
	r->p->capacity = *used;
	r->d.sent -= *refused - before;
	return 0;
}

/* RFC 9693: all sessions are ended at once, by the operator's command. */
static int
tear_down(struct run *r)
{
	uint64_t deadline = rte_rdtsc() + EXPIRE_S * rte_get_tsc_hz(), longest = 0;
	struct cgn_msg clear = { .op = CGN_MSG_CLEAR_SESSIONS,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE },
		.max = UINT32_MAX };
	struct cgn_worker *w = r->d.box.worker;
	double cycles[TURNS_SEEN] = { 0 };
	unsigned turns = 0;

	cgn_drive_turn(&r->d, 1);
	cgn_worker_message(w, &clear);
	while (!__atomic_load_n(&clear.done, __ATOMIC_ACQUIRE) &&
		rte_rdtsc() < deadline) {
		uint32_t before = w->sessions.used;
		uint64_t c = cgn_drive_turn(&r->d, 0);

		if (!r->d.disturbed)
			longest = RTE_MAX(longest, c);
		if (before > w->sessions.used)
			cycles[turns++ % TURNS_SEEN] =
				(double)c / (before - w->sessions.used);
	}
	r->p->teardown = cgn_figure_of(cycles, RTE_MAX(RTE_MIN(turns, TURNS_SEEN), 1u));
	r->p->teardown_worst_us = (double)longest / r->p->tsc_hz * 1e6;
	if (w->sessions.used == 0)
		return 0;
	fputs("cgnbench: sessions could not be ended\n", stderr);
	return -1;
}

static int
run_phases(struct run *r)
{
	int rc = fill(r);

	note_memory(r);
	if (rc == 0)
		rc = established(r);
	if (rc != 0 || !r->o->rfc9693)
		return rc;
	rc = validate(r);
	if (rc == 0)
		rc = find_capacity(r);
	if (rc == 0)
		rc = tear_down(r);
	return rc;
}

static int
run_box(struct run *r)
{
	struct cgn_drive *d = &r->d;
	int rc = cgn_box_create(&d->box, r->o, &d->t, r->extra_max, r->p->ha);

	if (rc != 0)
		return rc;
	rc = run_phases(r);
	memcpy(r->p->drop, d->box.worker->stats.drop, sizeof(r->p->drop));
	if (r->p->capacity)
		r->p->drop[CGN_DROP_SESSIONS_FULL] = 0;
	r->p->packets = d->sent;
	r->p->lost = d->sent - RTE_MIN(d->good, d->sent);
	cgn_box_destroy(&d->box);
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
	if (cgn_eal_start(o->cpu, cgn_box_bytes(sessions + r->extra_max, p->ha), NULL,
		    &p->hugepages) != 0 ||
		cgn_traffic_init(&r->d.t, o, sessions) != 0)
		return -1;
	p->sessions = sessions;
	p->users = r->d.t.users;
	p->tsc_hz = (double)rte_get_tsc_hz();
	r->d.ms_per_cycle = 1e3 / p->tsc_hz;
	r->d.base_ms = 1000;
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
		r->o = r->d.o = o;
		r->p = r->d.p = p;
		rc = run_all(r, sessions);
		cgn_traffic_fini(&r->d.t);
	}
	cgn_eal_stop();
	cgn_progress_clear();
	free(r);
	return rc;
}
