/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where packets leave an lcore. A turn begins with cgn_sender_begin(), which fixes the
 * snapshot and the plan that hold for it, and ends with cgn_sender_flush(), so that no
 * frame waits from one turn to the next and a plan that has been replaced has no frames
 * under it. Consecutive packets for the same node travel as one burst.
 *
 * Each node has a sender of its own; nothing here is shared but the rings.
 *
 * Not handled: waiting. A port or a ring that takes no more loses the packet, counted. */
#include "dataplane/sender.h"

#include <rte_ethdev.h>

#include "dataplane/mark.h"
#include "dataplane/park.h"

void
cgn_sender_begin(struct cgn_sender *s)
{
	s->snap = __atomic_load_n(&s->rt->snap, __ATOMIC_ACQUIRE);
	s->plan = __atomic_load_n(&s->rt->plan, __ATOMIC_ACQUIRE);
}

static void
discard(struct cgn_sender *s, struct rte_mbuf **pkt, unsigned n, enum cgn_drop reason)
{
	s->drop[reason] += n;
	rte_pktmbuf_free_bulk(pkt, n);
}

static void
flush_device(struct cgn_sender *s, uint16_t device)
{
	struct cgn_tx *tx = &s->tx[device];
	uint16_t queue = s->plan->tx_queue[device][s->node], sent = 0;

	if (queue != CGN_NONE16) {
		cgn_park_hold();
		sent = rte_eth_tx_burst(device, queue, tx->pkt, tx->n);
		cgn_park_unhold();
	}
	if (sent < tx->n)
		discard(s, tx->pkt + sent, (unsigned)tx->n - sent, CGN_DROP_TX_FULL);
	tx->n = 0;
	s->pending &= ~(1ull << device);
}

void
cgn_sender_flush(struct cgn_sender *s)
{
	while (s->pending)
		flush_device(s, (uint16_t)__builtin_ctzll(s->pending));
}

void
cgn_sender_give(struct cgn_sender *s, uint16_t to, struct rte_mbuf **pkt, unsigned n,
	enum cgn_drop reason)
{
	unsigned given = 0;

	if (to < s->rt->mesh->n_nodes && to != s->node)
		given = cgn_mesh_give(s->rt->mesh, s->node, to, pkt, n);
	if (given < n)
		discard(s, pkt + given, n - given, reason);
}

void
cgn_sender_send(struct cgn_sender *s, uint16_t port, struct rte_mbuf *m)
{
	uint16_t device = s->snap->port[port].device;
	struct cgn_tx *tx = &s->tx[device];

	if (s->plan->tx_queue[device][s->node] == CGN_NONE16) {
		cgn_mark(m)->op = CGN_MARK_TRANSMIT;
		cgn_mark(m)->port = port;
		cgn_sender_give(
			s, s->plan->tx_node[device][s->node], &m, 1, CGN_DROP_TX_FULL);
		return;
	}
	tx->pkt[tx->n++] = m;
	s->pending |= 1ull << device;
	if (tx->n == RTE_DIM(tx->pkt))
		flush_device(s, device);
}

/* Packets from i on that go the same way. */
static unsigned
run_length(const struct cgn_outbox *out, unsigned i)
{
	unsigned n = i + 1;

	while (n < out->n && out->kind[n] == out->kind[i] && out->arg[n] == out->arg[i])
		n++;
	return n - i;
}

void
cgn_sender_empty(struct cgn_sender *s, struct cgn_outbox *out)
{
	for (unsigned i = 0, n; i < out->n; i += n) {
		n = run_length(out, i);
		switch ((enum cgn_out_kind)out->kind[i]) {
		case CGN_OUT_TX:
			for (unsigned k = i; k < i + n; k++)
				cgn_sender_send(s, out->arg[k], out->pkt[k]);
			break;
		case CGN_OUT_HAND:
			cgn_sender_give(
				s, out->arg[i], out->pkt + i, n, CGN_DROP_HANDOVER_FULL);
			break;
		case CGN_OUT_PUNT:
			cgn_sender_give(s, cgn_runtime_control(s->rt), out->pkt + i, n,
				CGN_DROP_PUNT_FULL);
			break;
		}
	}
	out->n = 0;
}
