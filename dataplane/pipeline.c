/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The list of stages and the loop that runs them. Every TIMED_EVERYth burst is timed,
 * stage by stage, for the statistics; reading the clock once per stage of every burst
 * would cost as much as some stages do. */
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "dataplane/pipeline.h"
#include "dataplane/trace.h"

#define TIMED_EVERY 61

static cgn_stage *const stages[CGN_STAGE_COUNT] = {
	[CGN_STAGE_PARSE] = cgn_stage_parse,
	[CGN_STAGE_ROUTE] = cgn_stage_route,
	[CGN_STAGE_CLASSIFY] = cgn_stage_classify,
	[CGN_STAGE_STEER] = cgn_stage_steer,
	[CGN_STAGE_REASSEMBLE] = cgn_stage_reassemble,
	[CGN_STAGE_DECAP] = cgn_stage_decap,
	[CGN_STAGE_REASSEMBLE_INNER] = cgn_stage_reassemble_inner,
	[CGN_STAGE_TTL] = cgn_stage_ttl,
	[CGN_STAGE_USER] = cgn_stage_user,
	[CGN_STAGE_SESSION_UP] = cgn_stage_session_up,
	[CGN_STAGE_CREATE_UP] = cgn_stage_create_up,
	[CGN_STAGE_REWRITE_UP] = cgn_stage_rewrite_up,
	[CGN_STAGE_SESSION_DOWN] = cgn_stage_session_down,
	[CGN_STAGE_CREATE_DOWN] = cgn_stage_create_down,
	[CGN_STAGE_REWRITE_DOWN] = cgn_stage_rewrite_down,
	[CGN_STAGE_ENCAP] = cgn_stage_encap,
	[CGN_STAGE_REROUTE] = cgn_stage_reroute,
	[CGN_STAGE_FORWARD] = cgn_stage_forward,
	[CGN_STAGE_FINISH] = cgn_stage_finish,
};

static void
run_timed(struct cgn_burst *b)
{
	uint64_t then = rte_rdtsc();

	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++) {
		uint64_t now;

		stages[s](b);
		now = rte_rdtsc();
		b->w->stats.stage_cycles[s] += now - then;
		b->w->stats.stage_packets[s] += b->n;
		then = now;
	}
}

/* Counts the packets and asks for their headers: the first line of the data, and the
 * next one if there is something in it; for what another lcore has written of them. */
static void
take_in(struct cgn_burst *b)
{
	struct cgn_flow_count *in =
		&b->w->stats.flow[b->wire ? CGN_FLOW_RX : CGN_FLOW_TAKEN];
	uint64_t bytes = 0;

	for (unsigned i = 0; i < b->n; i++) {
		const struct rte_mbuf *m = b->pkt[i];

		bytes += m->pkt_len;
		rte_prefetch0(cgn_at(b, i, 0));
		rte_prefetch0(cgn_at(
			b, i, RTE_MIN((unsigned)m->data_len, RTE_CACHE_LINE_SIZE + 0u)));
		if (!b->wire)
			rte_prefetch0(cgn_mark(b->pkt[i]));
	}
	/* SYNs that were held here are neither received nor taken over */
	if (!b->wire && cgn_mark(b->pkt[0])->op == CGN_MARK_HELD &&
		!cgn_mark(b->pkt[0])->hops)
		return;
	in->packets += b->n;
	in->bytes += bytes;
}

/* Runs packets through all stages; those that go round again are left in pkt, their
 * number is returned. */
static unsigned
run(struct cgn_worker *w, struct rte_mbuf **pkt, unsigned n, bool wire, bool first)
{
	struct cgn_burst b;

	b.w = w;
	b.snap = w->snap;
	b.now = w->now;
	b.n = n;
	b.wire = wire;
	b.live = n == CGN_BURST ? ~0ull : CGN_BIT(n) - 1;
	b.up = b.down = b.plain = b.softwire = b.made = b.fragments = 0;
	b.unrouted = b.steered = b.expiring = b.tunnel = b.big = b.moved = 0;
	b.n_dead = b.n_again = 0;
	memcpy(b.pkt, pkt, n * sizeof(pkt[0]));
	if (first)
		take_in(&b);
	if (unlikely(__atomic_load_n(&w->tracing, __ATOMIC_ACQUIRE)))
		cgn_trace_burst(&b, stages);
	else if (w->bursts++ % TIMED_EVERY == 0)
		run_timed(&b);
	else
		for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
			stages[s](&b);
	memcpy(pkt, b.again, b.n_again * sizeof(pkt[0]));
	return b.n_again;
}

/* A hairpin between two users of this CPU goes round here; cgn_steer_hand() ends the
 * round of one that would go on for ever. */
void
cgn_pipeline_run(struct cgn_worker *w, struct rte_mbuf **pkt, unsigned n, bool wire)
{
	n = run(w, pkt, n, wire, true);
	while (n)
		n = run(w, pkt, n, false, false);
}
