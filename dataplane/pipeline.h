/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The burst and the stages that run over it. A stage looks at the packets of a mask,
 * never at the clock, and ends a packet only by cgn_drop(), cgn_punt(), cgn_hand() or
 * cgn_send(). */
#ifndef CGN_DATAPLANE_PIPELINE_H
#define CGN_DATAPLANE_PIPELINE_H

#include <rte_ip.h>

#include "dataplane/mark.h"
#include "dataplane/packet.h"
#include "dataplane/worker.h"

struct cgn_burst {
	struct cgn_worker *w;
	const struct cgn_snapshot *snap;
	cgn_tick now;
	unsigned n;
	bool wire;
	/* sets of packets; a packet is in at most one of up, down and plain */
	uint64_t live, up, down, plain;
	uint64_t softwire;  /* of up: came in a tunnel */
	uint64_t unrouted;  /* ARP, and what came by multicast */
	uint64_t steered;   /* known for what they are since another CPU looked */
	uint64_t fragments; /* CGN_PKT_FRAGMENT, not looked at by reassembly yet */
	uint64_t expiring;  /* may have used their time to live up: `ttl` looks */
	uint64_t moved;	    /* of up: translated to where `route` has not looked up */
	uint64_t tunnel;    /* of down: go to the user through a softwire */
	uint64_t big;	    /* of these: larger than the softwire carries */
	uint64_t made;	    /* made here: ICMP errors, on their way out */
	uint64_t hit;	    /* of the last session look-up */
	struct rte_mbuf *pkt[CGN_BURST];
	struct cgn_pkt p[CGN_BURST];
	union cgn_key user[CGN_BURST]; /* of softwires */
	uint64_t user_hash[CGN_BURST];
	uint8_t b4[CGN_BURST][16]; /* source of the tunnel packet */
	struct rte_mbuf *dead[CGN_BURST];
	unsigned n_dead;
	struct rte_mbuf *again[CGN_BURST]; /* go round again on this CPU */
	unsigned n_again;
	uint8_t why[CGN_BURST]; /* enum cgn_drop of those that were dropped */
};

#define CGN_FOREACH(i, mask)                                                             \
	for (uint64_t m_##i = (mask), i = 0;                                             \
		m_##i && ((i = (uint64_t)__builtin_ctzll(m_##i)), 1);                    \
		m_##i &= m_##i - 1)

#define CGN_BIT(i) (1ull << (i))

static inline uint8_t *
cgn_at(const struct cgn_burst *b, uint64_t i, unsigned offset)
{
	return rte_pktmbuf_mtod_offset(b->pkt[i], uint8_t *, offset);
}

static inline void
cgn_leave_all(struct cgn_burst *b, uint64_t gone)
{
	b->live &= ~gone;
	b->up &= ~gone;
	b->down &= ~gone;
	b->plain &= ~gone;
	b->softwire &= ~gone;
	b->made &= ~gone;
}

static inline void
cgn_leave(struct cgn_burst *b, uint64_t i)
{
	cgn_leave_all(b, CGN_BIT(i));
}

/* Packets that are in the outbox leave, and are counted. */
static inline void
cgn_leave_counted(struct cgn_burst *b, uint64_t gone, enum cgn_flow_id as, uint64_t bytes)
{
	cgn_leave_all(b, gone);
	b->w->stats.flow[as].packets += (unsigned)__builtin_popcountll(gone);
	b->w->stats.flow[as].bytes += bytes;
}

/* Ends a packet, by name. */
static inline void
cgn_drop(struct cgn_burst *b, uint64_t i, enum cgn_drop reason)
{
	b->w->stats.drop[reason]++;
	b->why[i] = (uint8_t)reason;
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

/* Keeps a packet that is about to leave by a port until the standby has what its user
 * got, if it has to wait for that: dataplane/block_commit.c. false: it may leave. */
bool cgn_block_commit_hold(struct cgn_burst *b, uint64_t i, uint16_t port);

static inline void
cgn_send(struct cgn_burst *b, uint64_t i, uint16_t port)
{
	if (unlikely(b->w->commit.on) && cgn_block_commit_hold(b, i, port))
		return;
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
	b->w->stats.flow[CGN_FLOW_PUNTED].packets++;
	b->w->stats.flow[CGN_FLOW_PUNTED].bytes += b->pkt[i]->pkt_len;
	cgn_emit(b->w, b->pkt[i], CGN_OUT_PUNT, 0);
	cgn_leave(b, i);
}

/* Cuts a packet to its first `limit` bytes, at least 1; one that was put together of
 * fragments is a chain, and loses the buffers that are not needed. */
void cgn_cut(struct rte_mbuf *m, uint32_t limit);

/* Reads the IPv4 header at data offset l3: fills p, trims padding behind the packet.
 * CGN_DROP_REASONS when all is well, else the reason. */
enum cgn_drop cgn_parse_ip4(struct cgn_burst *b, uint64_t i, unsigned l3);

/* The same for an IPv6 header and the extension headers behind it. */
enum cgn_drop cgn_parse_ip6(struct cgn_burst *b, uint64_t i, unsigned l3);

/* Puts the link header of an interface before the IP packet that starts at `l3` of the
 * data; the frame then starts at the data. version: 4 or 6. */
void cgn_frame(struct rte_mbuf *m, unsigned l3, uint8_t version,
	const struct cgn_iface *iface, const struct rte_ether_addr *to);

/* Where a packet goes on a link. */
struct cgn_way {
	uint16_t iface, mtu;
	uint8_t gw[16]; /* the neighbour */
	bool known;	/* mac is its link-layer address; else packets wait for it */
	struct rte_ether_addr mac;
};

/* Gives an IP packet (data starts at its header) to the control lcore, to wait there for
 * the link-layer address of the neighbour. Takes the packet. */
void cgn_wait(struct cgn_worker *w, struct rte_mbuf *m, const struct cgn_way *way);

/* Sends a packet that is larger than the way's MTU in fragments (RFC 791 2.3, RFC 8200
 * 4.5) and ends it; dropped when buffers or the outbox run out. */
void cgn_fragment(struct cgn_burst *b, uint64_t i, const struct cgn_way *way);

/* Looks up the next hop of every packet of the mask, in its VPN and by its version. */
void cgn_route_lookup(struct cgn_burst *b, uint64_t mask);

#define HOPS_MAX 4 /* rounds of a packet inside the box */

/* Hands a packet over to a worker (CGN_NONE16: nobody), with CGN_MARK_STEERED or
 * CGN_MARK_HAIRPIN, unless it has been round HOPS_MAX times. One for this CPU runs again
 * behind the burst. */
void cgn_steer_hand(struct cgn_burst *b, uint64_t i, uint16_t worker, uint8_t op);

/* Location index of a packet whose next hop is CGN_NH_POOL, by its header. */
uint16_t cgn_steer_down(const struct cgn_burst *b, uint64_t i);

/* Takes a translation back: the packet is again as it came (but for the tunnel). */
void cgn_flow_undo(struct cgn_burst *b, uint64_t i);

#define CGN_TCP_OPTIONS 20 /* where they begin in the header */

/* Offset in a TCP header, which is all there, of the next option of this kind, from the
 * option at offset `at` on; 0: none, or options that cannot be read before it. */
unsigned cgn_tcp_option(const uint8_t *tcp, uint8_t kind, unsigned at);

/* Lowers the maximum segment size of a TCP SYN to what the instance wants and the
 * softwire carries; the checksum with it. */
void cgn_mss_clamp(struct cgn_burst *b, uint64_t i, const struct cgn_instance *inst);

/* Reads the packet that an ICMP error quotes into p.flow, seen from the user, after the
 * error's own checksum and the quoted header have been checked (RFC 5508 REQ-3).
 * CGN_DROP_REASONS, or why not. */
enum cgn_drop cgn_quoted_flow(struct cgn_burst *b, uint64_t i, enum cgn_dir dir);

/* The flow of a packet that is quoted, seen from the user; l4: 8 bytes of its transport.
 * false: no query or error of ICMP has one. Pure. */
bool cgn_quoted_tuple(struct cgn_tuple *t, const struct rte_ipv4_hdr *ip,
	const uint8_t *l4, enum cgn_dir dir);

/* Translates an ICMP error of a session, outside and quoted packet both (RFC 5508 REQ-4,
 * REQ-5); the session is neither refreshed nor ended (REQ-6). */
void cgn_quoted_rewrite(
	struct cgn_burst *b, uint64_t i, const struct cgn_session *s, enum cgn_dir dir);

/* Fills p.flow of a packet whose session was not found. */
void cgn_flow_fill(struct cgn_burst *b, uint64_t i, enum cgn_dir dir);

/* The session of p's flow: looks once more, for a packet before it in the burst may have
 * opened it. */
uint32_t cgn_flow_find(const struct cgn_burst *b, uint64_t i, enum cgn_dir dir);

/* Answers a packet with an ICMP error (RFC 792, RFC 1812 4.3.2): the packet counts as
 * dropped for `reason`; its mbuf becomes the error, in b->made, unless no error may be
 * sent about it or the rate is used up. info: the second word of the ICMP header, network
 * order. A softwire user gets it through the softwire, from 192.0.0.1. */
void cgn_icmp_error(struct cgn_burst *b, uint64_t i, enum cgn_drop reason, uint8_t type,
	uint8_t code, uint32_t info);

/* Before the definition of a stage. A program for any processor (x86-64-v2) has it twice:
 * the loader takes the second one where the processor knows BMI2 and AVX2 (x86-64-v3).
 * Sanitizers are not ready yet when the loader asks, and clang 14 names them wrongly. */
#if defined(__AVX2__) || defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define CGN_CLONES
#else
#define CGN_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#endif

/* The stages, in the order of CGN_STAGES. */
typedef void cgn_stage(struct cgn_burst *b);
cgn_stage cgn_stage_parse, cgn_stage_route, cgn_stage_classify, cgn_stage_steer,
	cgn_stage_reassemble, cgn_stage_decap, cgn_stage_reassemble_inner, cgn_stage_ttl,
	cgn_stage_user, cgn_stage_session_up, cgn_stage_create_up, cgn_stage_rewrite_up,
	cgn_stage_session_down, cgn_stage_create_down, cgn_stage_rewrite_down,
	cgn_stage_encap, cgn_stage_reroute, cgn_stage_forward, cgn_stage_finish;

#endif
