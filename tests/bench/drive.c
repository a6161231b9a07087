/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames are written in batches of 16 bursts by the caller; then the clock starts, the
 * batch goes through the box as the loop of a board CPU would do it (tell the time, run
 * the pipeline, empty the outbox), the clock stops, and what came out is inspected and
 * freed. So the figure is that of the box alone; headers and mbufs are in the
 * second-level cache when it begins, as a NIC that writes to the cache would leave them.
 * The box's time is that of its work, so that ageing runs at its real pace.
 *
 * With a share of packets that are handed over, so many of the bursts arrive at a line
 * card, a second worker without tables, which steers them into a ring of the mesh; the
 * board's CPU takes them from there. Both run on this lcore, one after the other.
 *
 * Not timed: the standby's work, reading the log ring, writing listings; other processors
 * do that in a box. */
#include "tests/bench/drive.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "dataplane/journal.h"

static long
switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nivcsw;
}

uint64_t
cgn_drive_ms(const struct cgn_drive *d, uint64_t more)
{
	return d->base_ms + (uint64_t)((double)(d->worked + more) * d->ms_per_cycle);
}

static void
empty_outbox(struct cgn_drive *d)
{
	struct cgn_outbox *o = &d->box.worker->out;

	memcpy(d->out + d->n_out, o->pkt, o->n * sizeof(void *));
	d->n_out += o->n;
	o->n = 0;
}

/* Does the next burst arrive at the line card? */
static bool
next_is_handed(struct cgn_drive *d)
{
	uint64_t k = d->bursts++, share = d->o->handover;

	return (k + 1) * share / 100 != k * share / 100;
}

/* A burst through the line card and the ring; pkt becomes what the board takes. */
static unsigned
hand_over(struct cgn_drive *d, struct rte_mbuf **pkt, unsigned n, uint64_t ms)
{
	struct cgn_worker *card = d->box.card;
	uint16_t from = card->conf.index, to = d->box.worker->conf.index;
	uint64_t start = rte_rdtsc();

	cgn_worker_tick(card, d->box.snap, ms);
	cgn_pipeline_run(card, pkt, n, true);
	n = cgn_mesh_give(d->box.mesh, from, to, card->out.pkt, card->out.n);
	card->out.n = 0;
	d->carded += rte_rdtsc() - start;
	return cgn_mesh_take(d->box.mesh, from, to, pkt, n);
}

static void
run_burst(struct cgn_drive *d, struct rte_mbuf **pkt, unsigned n, uint64_t more)
{
	struct cgn_worker *w = d->box.worker;
	bool handed = next_is_handed(d);
	uint64_t ms = cgn_drive_ms(d, more), start;

	if (handed)
		n = hand_over(d, pkt, n, ms);
	start = rte_rdtsc();
	cgn_worker_tick(w, d->box.snap, ms);
	d->ticks += rte_rdtsc() - start;
	if (n)
		cgn_pipeline_run(w, pkt, n, !handed);
	empty_outbox(d);
}

static uint64_t
run_batch(struct cgn_drive *d, unsigned n)
{
	uint64_t start = rte_rdtsc_precise(), now = start, end;

	d->n_out = 0;
	d->ticks = d->carded = 0;
	for (unsigned i = 0; i < n; i += CGN_BURST) {
		run_burst(d, d->in + i, RTE_MIN(n - i, (unsigned)CGN_BURST), now - start);
		end = rte_rdtsc();
		d->longest = RTE_MAX(d->longest, end - now);
		now = end;
	}
	end = rte_rdtsc_precise();
	d->worked += end - start;
	return end - start;
}

/* The standby's own time is not counted: it has a processor of its own in a box. */
static void
run_standby(struct cgn_drive *d)
{
	for (unsigned i = 0; d->box.standby && i < CGN_DRIVE_BATCH / CGN_BURST; i++)
		cgn_worker_tick(d->box.standby, d->box.snap, cgn_drive_ms(d, 0));
}

/* The next page of a listing of all sessions, from the beginning again at the end. */
static void
go_on_listing(struct cgn_drive *d)
{
	struct cgn_msg *m = &d->page;

	if (!d->o->dump || (m->out && !__atomic_load_n(&m->done, __ATOMIC_ACQUIRE)))
		return;
	d->p->listed += m->n;
	*m = (struct cgn_msg){ .op = CGN_MSG_SESSIONS,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE },
		.cursor = m->end ? 0 : m->cursor,
		.max = CGN_DRIVE_PAGE,
		.out = d->view };
	cgn_worker_message(d->box.worker, m);
}

static void
read_journal(struct cgn_drive *d)
{
	struct cgn_record record[CGN_BURST];
	unsigned n;

	while ((n = cgn_journal_read(d->box.worker, record, RTE_DIM(record))) > 0)
		d->p->records += n;
}

/* Adds what the box's own timing of stages has grown by; it times one burst in many. */
static void
note_stages(struct cgn_drive *d, const struct cgn_stats *before)
{
	const struct cgn_stats *now = &d->box.worker->stats;

	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
		d->stage[s] += (double)(now->stage_cycles[s] - before->stage_cycles[s]);
	d->staged += (double)(now->stage_packets[0] - before->stage_packets[0]);
}

static void
sink(struct cgn_drive *d, bool checksums)
{
	for (unsigned i = 0; i < d->n_out; i++) {
		if (i + 8 < d->n_out)
			rte_prefetch0(rte_pktmbuf_mtod(d->out[i + 8], void *));
		d->good += cgn_traffic_sink(&d->t, d->out[i], checksums);
	}
	rte_pktmbuf_free_bulk(d->out, d->n_out);
	d->n_out = 0;
}

uint64_t
cgn_drive_pass(struct cgn_drive *d, unsigned n, bool checksums)
{
	const struct cgn_stats stats = d->box.worker->stats;
	uint64_t longest = d->longest, cycles;
	long before = switches();

	go_on_listing(d);
	cycles = run_batch(d, n);
	run_standby(d);
	read_journal(d);
	d->disturbed = switches() != before;
	if (d->disturbed)
		d->longest = longest;
	else
		note_stages(d, &stats);
	d->sent += n;
	sink(d, checksums);
	return cycles;
}

uint64_t
cgn_drive_turn(struct cgn_drive *d, uint64_t ms)
{
	long before = switches();
	uint64_t start = rte_rdtsc_precise(), cycles;

	d->base_ms += ms;
	cgn_worker_tick(d->box.worker, d->box.snap, cgn_drive_ms(d, 0));
	cycles = rte_rdtsc_precise() - start;
	d->disturbed = switches() != before;
	run_standby(d);
	read_journal(d);
	empty_outbox(d);
	rte_pktmbuf_free_bulk(d->out, d->n_out);
	d->n_out = 0;
	return cycles;
}

int
cgn_drive_take(struct cgn_drive *d, unsigned n)
{
	if (rte_pktmbuf_alloc_bulk(d->box.pool, d->in, n) == 0)
		return 0;
	fputs("cgnbench: packet buffers have been lost in the box\n", stderr);
	return -1;
}
