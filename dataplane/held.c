/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Unsolicited SYNs from outside (RFC 5382 REQ-4): nothing is answered for six seconds,
 * because both ends may be opening at the same time. If the inside has sent its own SYN
 * by then, the held one ends silently: its sender has long repeated it. If not, it is
 * refused with "port unreachable". They wait in the order in which they came, all equally
 * long; when the queue is full a SYN is dropped at once, which a scan of the pool notices
 * and nobody else.
 *
 * Worker only: held by the create stage, looked at again with the ticks. */
#include <rte_tcp.h>

#include "dataplane/held.h"

#define HOLD_MS 6000

bool
cgn_held_add(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	struct cgn_held *h = &b->w->held;
	uint32_t at = (h->first + h->n) % CGN_HELD;

	if (p->proto != CGN_IPPROTO_TCP || p->flags & CGN_PKT_HELD || h->n == CGN_HELD ||
		(p->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG |
					RTE_TCP_RST_FLAG)) != RTE_TCP_SYN_FLAG)
		return false;
	rte_pktmbuf_adj(b->pkt[i], p->l3);
	*cgn_mark(b->pkt[i]) = (struct cgn_mark){
		.op = CGN_MARK_HELD, .iface = p->iface, .vpn = p->vpn
	};
	h->pkt[at] = b->pkt[i];
	h->until_ms[at] = b->w->now_ms + HOLD_MS;
	h->n++;
	cgn_leave(b, i);
	return true;
}

void
cgn_held_release(struct cgn_worker *w)
{
	struct rte_mbuf *due[CGN_BURST];
	struct cgn_held *h = &w->held;
	unsigned n = 0;

	while (h->n && n < CGN_BURST && h->until_ms[h->first] <= w->now_ms) {
		due[n++] = h->pkt[h->first];
		h->first = (h->first + 1) % CGN_HELD;
		h->n--;
	}
	if (n)
		cgn_pipeline_run(w, due, n, false);
}

void
cgn_held_fini(struct cgn_worker *w)
{
	for (; w->held.n; w->held.n--) {
		rte_pktmbuf_free(w->held.pkt[w->held.first]);
		w->held.first = (w->held.first + 1) % CGN_HELD;
	}
}
