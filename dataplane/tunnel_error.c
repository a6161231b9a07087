/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMPv6 errors about our own tunnel packets (RFC 2473 8): a router between here and the
 * B4, or the B4, could not pass one on. Its sender is a host outside that knows nothing
 * of the tunnel, so the error becomes ICMPv4 about the inner packet, as if the inside
 * host had sent it: from there on it is an error on its way up like any other, and only
 * if a session of that B4 matches it goes out. A "packet too big" about such a session
 * also lowers the MTU of that user's softwire, never below IPv6's minimum, for ten
 * minutes. */
#include <rte_icmp.h>
#include <rte_ip.h>

#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"
#include "dataplane/softwire.h"
#include "dataplane/user.h"

#define ICMP_HEADER    8
#define UNREACHABLE6   1
#define TOO_BIG6       2
#define TIME_EXCEEDED6 3
#define PARAMETER6     4
#define MTU_MIN	       1280
#define TOS_CONTROL    0xc0

/* The quoted tunnel header, if it is one of ours, and where its payload starts. */
static const struct rte_ipv6_hdr *
quoted_tunnel(const struct cgn_burst *b, uint64_t i, unsigned *inner)
{
	const struct cgn_pkt *p = &b->p[i];
	unsigned at = p->l4 + ICMP_HEADER, end = b->pkt[i]->data_len;
	const struct rte_ipv6_hdr *outer = (const void *)cgn_at(b, i, p->l3);
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, at);
	const struct rte_ipv6_fragment_ext *ext = (const void *)(ip + 1);
	uint8_t proto;

	*inner = at + (unsigned)sizeof(*ip);
	if (end < *inner || memcmp(ip->src_addr, outer->dst_addr, 16) != 0)
		return NULL;
	proto = ip->proto;
	if (proto == CGN_IPPROTO_FRAG) {
		*inner += (unsigned)sizeof(*ext);
		if (end < *inner || ext->frag_data & RTE_BE16(0xfff8))
			return NULL;
		proto = ext->next_header;
	}
	if (proto != CGN_IPPROTO_IPIP || end < *inner + sizeof(struct rte_ipv4_hdr) + 8)
		return NULL;
	return ip;
}

static bool
checksum_right(const struct cgn_burst *b, uint64_t i)
{
	const struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, p->l3);
	struct rte_ipv6_hdr pseudo = *ip;
	uint32_t bytes = (uint32_t)(p->l3 + p->len - p->l4);
	uint16_t sum;

	pseudo.proto = CGN_IPPROTO_ICMPV6;
	pseudo.payload_len = rte_cpu_to_be_16((uint16_t)bytes);
	if (rte_raw_cksum_mbuf(b->pkt[i], p->l4, bytes, &sum))
		return false;
	return __rte_raw_cksum_reduce((uint32_t)sum + rte_ipv6_phdr_cksum(&pseudo, 0)) ==
	       0xffff;
}

bool
cgn_tunnel_error(const struct cgn_burst *b, uint64_t i, uint8_t b4[16])
{
	const struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv6_hdr *tunnel;
	uint8_t type;
	unsigned inner;

	if (b->pkt[i]->data_len < p->l4 + ICMP_HEADER)
		return false;
	type = *cgn_at(b, i, p->l4);
	if (type < UNREACHABLE6 || type > PARAMETER6)
		return false;
	tunnel = quoted_tunnel(b, i, &inner);
	if (!tunnel || !checksum_right(b, i))
		return false;
	memcpy(b4, tunnel->dst_addr, 16);
	return true;
}

/* Type, code and second word of the ICMPv4 error (RFC 2473 8.2..8.4). */
static void
translate(const uint8_t *icmp6, const struct rte_ipv4_hdr *inner, uint8_t *icmp4)
{
	uint32_t mtu;

	memset(icmp4, 0, ICMP_HEADER);
	icmp4[0] = 3;
	icmp4[1] = 1;
	if (icmp6[0] != TOO_BIG6 ||
		!(inner->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return;
	memcpy(&mtu, icmp6 + 4, sizeof(mtu));
	mtu = RTE_MIN(RTE_MAX(rte_be_to_cpu_32(mtu), (uint32_t)MTU_MIN), 65535u);
	icmp4[1] = 4;
	*(cgn_word16 *)(icmp4 + 6) =
		rte_cpu_to_be_16((uint16_t)(mtu - sizeof(struct rte_ipv6_hdr)));
}

/* Inner packets without DF are fragmented in the tunnel from now on: their sender need
 * not hear of it. */
static bool
silent(const uint8_t *icmp6, const struct rte_ipv4_hdr *inner)
{
	return icmp6[0] == TOO_BIG6 &&
	       !(inner->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
}

/* The user at the other end, if the quoted packet went down to a session of it: what a
 * stranger makes up changes no softwire. */
static uint32_t
quoted_user(struct cgn_burst *b, uint64_t i, unsigned at)
{
	const struct rte_ipv4_hdr *inner = (const void *)cgn_at(b, i, at);
	unsigned header = (inner->version_ihl & 0xfu) * 4;
	const uint8_t *l4 = (const uint8_t *)inner + header;
	struct cgn_pkt *p = &b->p[i];
	struct cgn_who who;

	if (header < sizeof(*inner) || b->pkt[i]->data_len < at + header + 8)
		return CGN_NONE;
	cgn_who_up(b, i, &who);
	p->user = cgn_user_find(b->w, &who);
	if (p->user == CGN_NONE || !cgn_quoted_tuple(&p->flow, inner, l4, CGN_UP) ||
		cgn_flow_find(b, i, CGN_UP) == CGN_NONE)
		return CGN_NONE;
	return p->user;
}

static bool
learn_mtu(struct cgn_burst *b, uint64_t i, const uint8_t *icmp6, unsigned inner)
{
	uint32_t user = quoted_user(b, i, inner), mtu;

	if (user == CGN_NONE)
		return false;
	memcpy(&mtu, icmp6 + 4, sizeof(mtu));
	mtu = RTE_MAX(rte_be_to_cpu_32(mtu), (uint32_t)MTU_MIN);
	if (mtu <= b->w->user_mtu[user]) {
		b->w->user_mtu[user] = (uint16_t)mtu;
		cgn_user_at(b->w, user)->learnt = b->now;
	}
	return true;
}

enum cgn_drop
cgn_tunnel_error_convert(struct cgn_burst *b, uint64_t i)
{
	struct rte_mbuf *m = b->pkt[i];
	uint8_t icmp6[ICMP_HEADER], *icmp4;
	struct rte_ipv4_hdr *ip, quoted;
	unsigned inner;

	if (!quoted_tunnel(b, i, &inner))
		return CGN_DROP_ICMP_NO_SESSION;
	memcpy(icmp6, cgn_at(b, i, b->p[i].l4), sizeof(icmp6));
	memcpy(&quoted, cgn_at(b, i, inner), sizeof(quoted));
	if (icmp6[0] == TOO_BIG6 && !learn_mtu(b, i, icmp6, inner))
		return CGN_DROP_ICMP_NO_SESSION;
	if (silent(icmp6, &quoted))
		return CGN_DROP_TUNNEL_MTU;
	rte_pktmbuf_adj(m, (uint16_t)(inner - ICMP_HEADER - sizeof(*ip)));
	ip = (void *)cgn_at(b, i, 0);
	icmp4 = (uint8_t *)(ip + 1);
	translate(icmp6, &quoted, icmp4);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = TOS_CONTROL,
		.total_length = rte_cpu_to_be_16((uint16_t)m->pkt_len),
		.time_to_live = 64,
		.next_proto_id = CGN_IPPROTO_ICMP,
		.src_addr = quoted.dst_addr,
		.dst_addr = quoted.src_addr };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*(cgn_word16 *)(icmp4 + 2) = (uint16_t)~cgn_sum_packet(
		m, sizeof(*ip), m->pkt_len - (uint32_t)sizeof(*ip));
	return CGN_DROP_REASONS;
}
