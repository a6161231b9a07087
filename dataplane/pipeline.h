/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The burst and the stages that run over it. A stage looks at the packets of a mask, never
 * at the clock, and ends a packet only by cgn_drop(), cgn_punt(), cgn_hand() or
 * cgn_send(). */
#ifndef CGN_DATAPLANE_PIPELINE_H
#define CGN_DATAPLANE_PIPELINE_H

#include "dataplane/mark.h"
#include "dataplane/worker.h"

/* What is known of a packet. Offsets count from the start of the packet's data. */
struct cgn_pkt {
	uint16_t l3, l4;     /* IP and transport header */
	uint16_t len;	     /* bytes of the IP packet, by its header */
	uint16_t iface;	     /* it came in on */
	uint16_t vpn;	     /* its destination is looked up in */
	uint16_t nexthop;    /* index in the snapshot */
	uint16_t instance, location;
	uint8_t version;     /* 4 or 6 */
	uint8_t proto;	     /* transport; IPv6: behind the extension headers walked */
	uint8_t tcp_flags;
	uint8_t flags;	     /* CGN_PKT_* */
	uint16_t encap_limit;/* 256: option absent */
	uint16_t scope;	     /* of the user key */
	rte_be16_t sport, dport; /* ICMP query: identifier in both */
	uint32_t user, session;
	rte_be32_t src, dst; /* IPv4 */
};

#define CGN_PKT_FRAGMENT 0x01	/* any fragment */
#define CGN_PKT_NOT_FIRST 0x02	/* fragment without a transport header */
#define CGN_PKT_ICMP_ERROR 0x04 /* carries a packet of another flow */
#define CGN_PKT_HAIRPIN 0x08	/* translated on its way up, now on its way down */
#define CGN_PKT_QUERY 0x10	/* ICMP echo */

struct cgn_burst {
	struct cgn_worker *w;
	const struct cgn_snapshot *snap;
	cgn_tick now;
	unsigned n;
	bool wire;
	/* sets of packets; a packet is in at most one of up, down and plain */
	uint64_t live, up, down, plain, softwire;
	uint64_t hit; /* of the last session look-up */
	struct rte_mbuf *pkt[CGN_BURST];
	struct cgn_pkt p[CGN_BURST];
	union cgn_key key[CGN_BURST];
	struct rte_mbuf *dead[CGN_BURST];
	unsigned n_dead;
};

#define CGN_FOREACH(i, mask)                                                              \
	for (uint64_t m_##i = (mask), i = 0;                                              \
		m_##i && (i = (uint64_t)__builtin_ctzll(m_##i), 1); m_##i &= m_##i - 1)

#define CGN_BIT(i) (1ull << (i))

static inline uint8_t *
cgn_at(const struct cgn_burst *b, uint64_t i, unsigned offset)
{
	return rte_pktmbuf_mtod_offset(b->pkt[i], uint8_t *, offset);
}

static inline void
cgn_leave(struct cgn_burst *b, uint64_t i)
{
	uint64_t keep = ~CGN_BIT(i);

	b->live &= keep;
	b->up &= keep;
	b->down &= keep;
	b->plain &= keep;
	b->softwire &= keep;
}

/* Ends a packet, by name. */
static inline void
cgn_drop(struct cgn_burst *b, uint64_t i, enum cgn_drop reason)
{
	b->w->stats.drop[reason]++;
	b->dead[b->n_dead++] = b->pkt[i];
	cgn_leave(b, i);
}

/* Puts a packet of the burst, or one that a stage made, into the outbox. */
static inline void
cgn_emit(struct cgn_worker *w, struct rte_mbuf *m, enum cgn_out_kind kind, uint16_t arg)
{
	struct cgn_outbox *o = &w->out;

	o->pkt[o->n] = m;
	o->kind[o->n] = (uint8_t)kind;
	o->arg[o->n++] = arg;
}

static inline void
cgn_send(struct cgn_burst *b, uint64_t i, uint16_t port)
{
	cgn_emit(b->w, b->pkt[i], CGN_OUT_TX, port);
	cgn_leave(b, i);
}

static inline void
cgn_hand(struct cgn_burst *b, uint64_t i, uint16_t worker)
{
	cgn_emit(b->w, b->pkt[i], CGN_OUT_HAND, worker);
	cgn_leave(b, i);
}

/* Gives a packet to the control lcore; the caller has filled its mark. */
static inline void
cgn_punt(struct cgn_burst *b, uint64_t i)
{
	cgn_emit(b->w, b->pkt[i], CGN_OUT_PUNT, 0);
	cgn_leave(b, i);
}

/* The stages, in the order of CGN_STAGES. */
typedef void cgn_stage(struct cgn_burst *b);
cgn_stage cgn_stage_parse, cgn_stage_route, cgn_stage_classify, cgn_stage_steer,
	cgn_stage_decap, cgn_stage_user, cgn_stage_session_up, cgn_stage_create_up,
	cgn_stage_rewrite_up, cgn_stage_session_down, cgn_stage_create_down,
	cgn_stage_rewrite_down, cgn_stage_encap, cgn_stage_reroute, cgn_stage_forward,
	cgn_stage_finish;

#endif
