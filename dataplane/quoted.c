/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP errors that pass through (RFC 5508 4, 5, 7): the packet they quote tells the flow.
 * It is a packet of the other direction: what comes down quotes a packet that went up, as
 * it looked outside. So the local end is the quoted source on the way down, the quoted
 * destination on the way up. Outer header, quoted header and, as far as they are quoted,
 * port and checksum of the transport are translated; the ICMP checksum is then made anew,
 * because it was found right before and errors are few. The quoted header's checksum must
 * be right as well; the transport's is adjusted, never verified (RFC 5508 REQ-3). What
 * follows the quoted packet, padding and extensions (RFC 4884), is not touched. The
 * quoted identification stays as it was outside: nobody remembers the one that the box
 * replaced.
 *
 * An error that a router inside sends about a packet to a user carries the user's public
 * address as its source: the router has none of its own out there. */
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "dataplane/alg.h"
#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"

#define ICMP_HEADER 8
#define ICMP_WORDS  5 /* offset of the length of what is quoted (RFC 4884 4.1) */
#define QUOTED_MIN  8 /* bytes of the transport that every error quotes (RFC 792) */

/* Where the quoted transport ends: what is in this segment of the packet. */
static unsigned
quoted_end(const struct cgn_burst *b, uint64_t i)
{
	return RTE_MIN((unsigned)b->pkt[i]->data_len,
		(unsigned)b->p[i].l3 + (unsigned)b->p[i].len);
}

static bool
icmp_checksum_right(const struct cgn_burst *b, uint64_t i)
{
	const struct cgn_pkt *p = &b->p[i];

	return cgn_sum_packet(b->pkt[i], p->l4, (uint32_t)(p->l3 + p->len - p->l4)) ==
	       0xffff;
}

/* The quoted IPv4 header, when it is all there and right. */
static struct rte_ipv4_hdr *
quoted_header(const struct cgn_burst *b, uint64_t i, unsigned *l4)
{
	unsigned l3 = b->p[i].l4 + ICMP_HEADER, end = quoted_end(b, i), header;
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, l3);

	if (end < l3 + sizeof(*ip))
		return NULL;
	header = (ip->version_ihl & 0xfu) * 4;
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) ||
		end < l3 + header + QUOTED_MIN)
		return NULL;
	if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK))
		return NULL;
	*l4 = l3 + header;
	return ip;
}

static bool
quoted_header_right(const struct rte_ipv4_hdr *ip)
{
	return rte_raw_cksum(ip, (ip->version_ihl & 0xfu) * 4) == 0xffff;
}

/* Bytes from `at` on that belong to the quoted packet. */
static unsigned
quoted_room(const struct cgn_burst *b, uint64_t i, unsigned at)
{
	unsigned l3 = b->p[i].l4 + ICMP_HEADER, end = quoted_end(b, i);
	unsigned words = *cgn_at(b, i, b->p[i].l4 + ICMP_WORDS);
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, l3);

	end = RTE_MIN(end, l3 + rte_be_to_cpu_16(ip->total_length));
	if (words)
		end = RTE_MIN(end, l3 + words * 4);
	return end > at ? end - at : 0;
}

static bool
quoted_ports(const uint8_t *l4, uint8_t proto, rte_be16_t *source, rte_be16_t *dest)
{
	*source = *dest = 0; /* other protocols */
	if (proto == CGN_IPPROTO_ICMP) {
		if (l4[0] != RTE_IP_ICMP_ECHO_REQUEST && l4[0] != RTE_IP_ICMP_ECHO_REPLY)
			return false;
		*source = *dest = ((const struct rte_icmp_hdr *)l4)->icmp_ident;
		return true;
	}
	if (proto == CGN_IPPROTO_TCP || proto == CGN_IPPROTO_UDP) {
		*source = ((const cgn_word16 *)l4)[0];
		*dest = ((const cgn_word16 *)l4)[1];
	}
	return true;
}

bool
cgn_quoted_tuple(struct cgn_tuple *t, const struct rte_ipv4_hdr *ip, const uint8_t *l4,
	enum cgn_dir dir)
{
	rte_be16_t source, dest;

	if (!quoted_ports(l4, ip->next_proto_id, &source, &dest))
		return false;
	*t = (struct cgn_tuple){
		.local = dir == CGN_UP ? ip->dst_addr : ip->src_addr,
		.remote = dir == CGN_UP ? ip->src_addr : ip->dst_addr,
		.local_port = dir == CGN_UP ? dest : source,
		.remote_port = ip->next_proto_id == CGN_IPPROTO_ICMP ? 0
			       : dir == CGN_UP			     ? source
								     : dest,
		.proto = ip->next_proto_id,
	};
	return true;
}

enum cgn_drop
cgn_quoted_flow(struct cgn_burst *b, uint64_t i, enum cgn_dir dir)
{
	struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv4_hdr *ip;
	unsigned l4;

	if (!icmp_checksum_right(b, i))
		return CGN_DROP_ICMP_CHECKSUM;
	ip = quoted_header(b, i, &l4);
	if (!ip || !cgn_quoted_tuple(&p->flow, ip, cgn_at(b, i, l4), dir))
		return CGN_DROP_ICMP_NO_SESSION;
	if (!quoted_header_right(ip))
		return CGN_DROP_ICMP_CHECKSUM;
	/* an error may only speak of what was sent to the address it comes to */
	if (dir == CGN_DOWN && p->flow.local != p->dst)
		return CGN_DROP_ICMP_NO_SESSION;
	return CGN_DROP_REASONS;
}

static void
fix(cgn_word16 *sum, uint16_t delta)
{
	*sum = cgn_checksum_apply(*sum, delta);
}

/* The quoted transport: its port, and its checksum if the quote reaches so far. */
static void
rewrite_transport(struct cgn_burst *b, uint64_t i, unsigned at,
	const struct cgn_session *s, enum cgn_dir dir)
{
	unsigned room = quoted_room(b, i, at);
	uint8_t *l4 = cgn_at(b, i, at);
	rte_be16_t port = dir == CGN_UP ? s->outside_port : s->inside_port;
	uint16_t delta = dir == CGN_UP ? s->delta4 : (uint16_t)~s->delta4;
	cgn_word16 *udp = (cgn_word16 *)(l4 + offsetof(struct rte_udp_hdr, dgram_cksum));

	if (s->proto != CGN_IPPROTO_TCP && s->proto != CGN_IPPROTO_UDP &&
		s->proto != CGN_IPPROTO_ICMP)
		return;
	if (s->proto == CGN_IPPROTO_ICMP) {
		((cgn_word16 *)l4)[2] = port;
		fix((cgn_word16 *)l4 + 1, delta);
		return;
	}
	((cgn_word16 *)l4)[dir == CGN_UP ? 1 : 0] = port;
	if (s->proto == CGN_IPPROTO_UDP && *udp)
		fix(udp, delta);
	else if (s->proto == CGN_IPPROTO_TCP && room >= sizeof(struct rte_tcp_hdr))
		fix((cgn_word16 *)(l4 + offsetof(struct rte_tcp_hdr, cksum)), delta);
	if (s->alg && dir == CGN_DOWN)
		cgn_alg_quoted(b->w, s, l4, room);
}

static void
rewrite_outer(
	struct cgn_burst *b, uint64_t i, const struct cgn_session *s, enum cgn_dir dir)
{
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, b->p[i].l3);

	if (dir == CGN_UP)
		ip->src_addr = s->outside;
	else
		ip->dst_addr = s->inside;
	ip->time_to_live--;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, (ip->version_ihl & 0xfu) * 4);
}

void
cgn_quoted_rewrite(
	struct cgn_burst *b, uint64_t i, const struct cgn_session *s, enum cgn_dir dir)
{
	struct cgn_pkt *p = &b->p[i];
	unsigned l4;
	struct rte_ipv4_hdr *ip = quoted_header(b, i, &l4);
	struct rte_icmp_hdr *icmp = (void *)cgn_at(b, i, p->l4);

	if (dir == CGN_UP)
		ip->dst_addr = s->outside;
	else
		ip->src_addr = s->inside;
	ip->hdr_checksum = cgn_checksum_apply(
		ip->hdr_checksum, dir == CGN_UP ? s->delta3 : (uint16_t)~s->delta3);
	rewrite_transport(b, i, l4, s, dir);
	rewrite_outer(b, i, s, dir);
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = (uint16_t)~cgn_sum_packet(
		b->pkt[i], p->l4, (uint32_t)(p->l3 + p->len - p->l4));
}
