/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The DS-Lite tunnel (RFC 6333, RFC 2473): `decap` takes the outer header off and reads
 * the inner one, `user` says who is at the other end, `encap` puts the ready-made header
 * of the user on. The user is always the outer source, never the inner address. Between
 * them the packet is IPv4 like any other. `ttl` stands behind `decap`, because only then
 * the time to live that counts is known.
 *
 * Outer fragments are whole again when they come here; a tunnel packet that is too big
 * for the way out is fragmented when it is sent. */
#include <rte_icmp.h>
#include <rte_ip.h>

#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"
#include "dataplane/softwire.h"
#include "dataplane/steer.h"
#include "dataplane/user.h"

#define IPPROTO_IPV6_IN_IP 41

/* A tunnel in the tunnel, unless it is a protocol that the instance translates. */
static bool
nested(const struct cgn_burst *b, uint64_t i)
{
	const struct cgn_pkt *p = &b->p[i];

	return p->proto == IPPROTO_IPV6_IN_IP ||
	       (p->proto == CGN_IPPROTO_IPIP &&
		       !cgn_protocols_has(
			       &b->snap->instance[p->instance].other, p->proto));
}

#define ECN    0x03 /* bits of the traffic class (RFC 3168 5) */
#define ECN_CE 0x03

/* The type of service that goes on (RFC 6333 7.1, RFC 6040 4.2), or -1: the packet met
 * congestion in the tunnel and its sender could not be told. The outer class goes on
 * where it is copied on the way down, unless the B4 sets none. */
static int
tos_of(const struct cgn_instance *inst, uint8_t outer, uint8_t inner)
{
	uint8_t class = inst->traffic_class < 0 && outer & ~ECN ? outer : inner;
	uint8_t ecn = inner & ECN;

	if ((outer & ECN) == ECN_CE && !ecn)
		return -1;
	if (ecn && ecn != ECN_CE && (outer & ECN) != 0 && (outer & ECN) != 2)
		ecn = outer & ECN;
	return (class & ~ECN) | ecn;
}

/* Carries the traffic class of the tunnel packet over into the inner one; one of zero, as
 * most B4s send, changes nothing. */
static bool
carry_class(struct cgn_burst *b, uint64_t i, uint8_t outer)
{
	const struct cgn_pkt *p = &b->p[i];
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, p->l3);
	rte_be16_t before = *(const cgn_word16 *)ip;
	int tos = tos_of(&b->snap->instance[p->instance], outer, ip->type_of_service);

	if (tos < 0)
		return false;
	if (tos == ip->type_of_service)
		return true;
	ip->type_of_service = (uint8_t)tos;
	ip->hdr_checksum = cgn_checksum_apply(
		ip->hdr_checksum, cgn_delta16(before, *(const cgn_word16 *)ip));
	return true;
}

static uint8_t
outer_class(const struct cgn_burst *b, uint64_t i)
{
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);

	return (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> 20);
}

/* Takes everything before the inner packet off. */
static enum cgn_drop
open_tunnel(struct cgn_burst *b, uint64_t i)
{
	if (b->p[i].flags & CGN_PKT_TUNNEL_ERROR)
		return cgn_tunnel_error_convert(b, i);
	if (b->p[i].proto != CGN_IPPROTO_IPIP) /* was hidden by fragments */
		return CGN_DROP_SOFTWIRE_PROTOCOL;
	rte_pktmbuf_adj(b->pkt[i], b->p[i].l4);
	return CGN_DROP_REASONS;
}

static enum cgn_drop
decap_one(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	bool error = p->flags & CGN_PKT_TUNNEL_ERROR;
	uint8_t class = outer_class(b, i);
	enum cgn_drop why = open_tunnel(b, i);

	p->flags = 0;
	if (why != CGN_DROP_REASONS)
		return why;
	if (cgn_parse_ip4(b, i, 0) != CGN_DROP_REASONS)
		return CGN_DROP_INNER_HEADER;
	if (nested(b, i))
		return CGN_DROP_NESTED;
	if (p->flags & CGN_PKT_MULTICAST)
		return CGN_DROP_MULTICAST;
	if (unlikely(class) && !error && !carry_class(b, i, class))
		return CGN_DROP_ECN;
	return CGN_DROP_REASONS;
}

/* Who probably is at the other ends; their keys are on the way from memory while the
 * inner headers are read. */
static void
guess_users(struct cgn_burst *b)
{
	uint64_t hash[CGN_BURST];
	uint32_t user[CGN_BURST];
	unsigned n = 0;

	CGN_FOREACH (i, b->softwire)
		hash[n++] = b->user_hash[i];
	if (!n)
		return;
	cgn_table_guess(b->w->user_by_key, hash, n, user);
	n = 0;
	CGN_FOREACH (i, b->softwire)
		b->p[i].user = user[n++];
}

CGN_CLONES void
cgn_stage_decap(struct cgn_burst *b)
{
	guess_users(b);
	b->expiring &= ~b->softwire; /* the inner time to live counts */
	CGN_FOREACH (i, b->softwire) {
		uint16_t vpn = b->p[i].vpn;
		enum cgn_drop why = decap_one(b, i);

		if (why != CGN_DROP_REASONS)
			cgn_drop(b, i, why);
		b->p[i].vpn = vpn;
	}
}

static bool
ttl_used_up(const struct cgn_burst *b, uint64_t i)
{
	const uint8_t *ip = cgn_at(b, i, b->p[i].l3);

	return ip[b->p[i].version == 4 ? offsetof(struct rte_ipv4_hdr, time_to_live)
				       : offsetof(struct rte_ipv6_hdr, hop_limits)] <= 1;
}

CGN_CLONES void
cgn_stage_ttl(struct cgn_burst *b)
{
	CGN_FOREACH (i, b->expiring & (b->up | b->down | b->plain))
		if (ttl_used_up(b, i))
			cgn_icmp_error(b, i, CGN_DROP_TTL, 11, 0, 0);
}

static bool
is_user(const struct cgn_worker *w, uint32_t user, const union cgn_key *key)
{
	const union cgn_key *own = &w->user_end[user].key;

	return ((own->w[0] ^ key->w[0]) | (own->w[1] ^ key->w[1])) == 0;
}

/* The users whose guess was another's are looked up. One that is not known yet is made
 * with its first session, in create_up. */
CGN_CLONES void
cgn_stage_user(struct cgn_burst *b)
{
	CGN_FOREACH (i, b->softwire) {
		uint32_t *user = &b->p[i].user;

		if (*user != CGN_NONE && unlikely(!is_user(b->w, *user, &b->user[i])))
			*user = cgn_table_find(b->w->user_by_key, &b->user[i]);
	}
}

/* The traffic class of the tunnel packet is the inner one, or what is configured
 * (RFC 2473 6.4). */
void
cgn_softwire_push(
	struct rte_mbuf *m, const uint8_t b4[16], const struct cgn_instance *inst)
{
	const struct rte_ipv4_hdr *inner =
		rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t class = inst->traffic_class < 0 ? inner->type_of_service
						 : (uint32_t)inst->traffic_class;
	uint16_t len = (uint16_t)m->pkt_len;
	struct rte_ipv6_hdr *ip = (void *)rte_pktmbuf_prepend(m, sizeof(*ip));

	ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | class << 20);
	ip->payload_len = rte_cpu_to_be_16(len);
	ip->proto = CGN_IPPROTO_IPIP;
	ip->hop_limits = inst->hop_limit;
	memcpy(ip->src_addr, inst->local_ipv6, 16);
	memcpy(ip->dst_addr, b4, 16);
}

#define MTU_KEPT (600 * CGN_TICKS_PER_S)

/* What was learnt of a way is forgotten after a while: it may be wider now (RFC 8201 4).
 */
uint16_t
cgn_softwire_mtu(struct cgn_worker *w, const struct cgn_instance *inst, uint32_t user)
{
	uint16_t *mtu = &w->user_mtu[user];

	if (unlikely(*mtu < inst->mtu) &&
		cgn_tick_age(w->now, cgn_user_at(w, user)->learnt) >= MTU_KEPT)
		*mtu = UINT16_MAX;
	return (uint16_t)RTE_MIN(inst->mtu, *mtu);
}

/* Of the user only what has been fetched is read. */
static void
encap_one(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_session *s = cgn_session_at(b->w, b->p[i].session);
	const struct cgn_instance *inst = &b->snap->instance[s->instance];
	struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, p->l3);
	uint32_t mtu = cgn_softwire_mtu(b->w, inst, s->user);

	if (unlikely(p->len + 40u > mtu)) {
		if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) {
			cgn_icmp_error(
				b, i, CGN_DROP_MTU, 3, 4, rte_cpu_to_be_32(mtu - 40));
			return;
		}
		b->big |= CGN_BIT(i);
	}
	rte_pktmbuf_adj(b->pkt[i], p->l3);
	cgn_softwire_push(b->pkt[i], b->w->user_end[s->user].b4, inst);
	p->version = 6;
	p->l3 = 0;
	p->len = (uint16_t)(p->len + 40);
	p->vpn = inst->vpn_in;
}

/* session_down has fetched the other ends. */
CGN_CLONES void
cgn_stage_encap(struct cgn_burst *b)
{
	CGN_FOREACH (i, b->down & b->tunnel)
		encap_one(b, i);
}
