/* SPDX-License-Identifier: BSD-3-Clause
 *
 * First stage: link, network and transport headers are read once, their lengths checked
 * against the bytes that arrived, and what later stages need is written down. Padding is
 * trimmed here, because a tunnel would carry it along. Nothing is decided yet, except
 * that a frame which cannot be read, or is for somebody else, is dropped. ARP and
 * multicast leave for the control lcore in the classify stage. */
#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "dataplane/pipeline.h"

#define HEADERS_MAX 8 /* IPv6 extension headers that are walked */

/* A query is translated by identifier; an error carries a packet; the rest is neither.
 * Returns what the flags get. */
static uint16_t
parse_icmp(struct cgn_pkt *p, const uint8_t *l4)
{
	switch (l4[0]) {
	case RTE_IP_ICMP_ECHO_REQUEST:
	case RTE_IP_ICMP_ECHO_REPLY:
		p->sport = p->dport = ((const struct rte_icmp_hdr *)l4)->icmp_ident;
		return CGN_PKT_QUERY;
	case 3:	 /* destination unreachable */
	case 11: /* time exceeded */
	case 12: /* parameter problem */
		return CGN_PKT_ICMP_ERROR;
	}
	return 0;
}

/* Ports and TCP flags of a packet with these flags and this protocol; returns what the
 * flags get. room: bytes of the transport in the first segment; bytes: in all. */
static inline uint16_t
parse_transport(struct cgn_pkt *p, uint16_t flags, uint8_t proto, const uint8_t *l4,
	unsigned room, unsigned bytes)
{
	const struct rte_tcp_hdr *tcp = (const void *)l4;
	const struct rte_udp_hdr *udp = (const void *)l4;
	unsigned len;

	p->tcp_flags = 0;
	p->sport = p->dport = 0;
	if (unlikely(flags & CGN_PKT_NOT_FIRST))
		return 0;
	if (unlikely(room < sizeof(*udp)))
		return CGN_PKT_CUT;
	if (proto == CGN_IPPROTO_UDP) {
		len = rte_be_to_cpu_16(udp->dgram_len);
		if (len < sizeof(*udp) || (len > bytes && !(flags & CGN_PKT_FRAGMENT)))
			return CGN_PKT_CUT;
	} else if (proto == CGN_IPPROTO_TCP) {
		len = (tcp->data_off >> 4) * 4u;
		if (room < sizeof(*tcp) || len < sizeof(*tcp) || len > room)
			return CGN_PKT_CUT;
		p->tcp_flags = tcp->tcp_flags;
	} else {
		return proto == CGN_IPPROTO_ICMP ? parse_icmp(p, l4) : 0;
	}
	memcpy(&p->sport, l4, 2 * sizeof(p->sport));
	return 0;
}

void
cgn_cut(struct rte_mbuf *m, uint32_t limit)
{
	struct rte_mbuf *last = m;
	uint32_t left = limit;
	uint16_t segments = 1;

	if (m->pkt_len <= limit)
		return;
	for (; last->data_len < left; last = last->next, segments++)
		left -= last->data_len;
	last->data_len = (uint16_t)left;
	rte_pktmbuf_free(last->next);
	last->next = NULL;
	m->nb_segs = segments;
	m->pkt_len = limit;
}

/* By the first byte of a source: networks 0 and 127, multicast, class E. */
static inline bool
martian4(uint8_t first)
{
	return (uint8_t)(first - 1) >= 0xdf || first == 127;
}

/* By the first byte of a destination, or all of it. */
static inline bool
multicast4(uint8_t first, rte_be32_t addr)
{
	return first >> 4 == 0xe || addr == UINT32_MAX;
}

/* Adds a word to a one's complement sum of 64 bits; what it stands for modulo 0xffff is
 * that of the sum of all its halves and quarters. */
static inline uint64_t
sum_add(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

/* The sum of the 20 or more bytes of an IPv4 header, which are not all zero: folded, it
 * is 0xffff when it is a multiple of that. */
static inline bool
checksum_right(const uint8_t *header, unsigned bytes)
{
	uint64_t w[2], sum;

	memcpy(w, header, sizeof(w));
	sum = sum_add(sum_add(w[0], w[1]), ((const cgn_word32 *)header)[4]);
	if (unlikely(bytes > sizeof(struct rte_ipv4_hdr)))
		for (unsigned k = 5; k < bytes / 4; k++)
			sum = sum_add(sum, ((const cgn_word32 *)header)[k]);
	return sum % 0xffff == 0;
}

/* The flags of a fragment. */
static uint16_t
parse_fragment(struct cgn_burst *b, uint64_t i, rte_be16_t offset)
{
	b->fragments |= CGN_BIT(i);
	if (offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK))
		return CGN_PKT_FRAGMENT | CGN_PKT_NOT_FIRST;
	return CGN_PKT_FRAGMENT;
}

#define FRAGMENT4 RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

/* Bytes of an IPv4 header by its first byte; 0: it is none. */
static inline unsigned
header_bytes(uint8_t first)
{
	unsigned bytes = (first & 0xfu) * 4;

	if (likely(first == RTE_IPV4_VHL_DEF))
		return sizeof(struct rte_ipv4_hdr);
	return first >> 4 == 4 && bytes > sizeof(struct rte_ipv4_hdr) ? bytes : 0;
}

/* What the flags get by the header alone. */
static inline uint16_t
parse_network(struct cgn_burst *b, uint64_t i, const struct rte_ipv4_hdr *ip)
{
	uint8_t first = ((const uint8_t *)&ip->dst_addr)[0];
	uint16_t flags = 0;

	if (unlikely(ip->time_to_live <= 1))
		b->expiring |= CGN_BIT(i);
	if (unlikely(ip->fragment_offset & FRAGMENT4))
		flags |= parse_fragment(b, i, ip->fragment_offset);
	if (unlikely(first >= 0xe0) && multicast4(first, ip->dst_addr))
		flags |= CGN_PKT_MULTICAST;
	return flags;
}

static inline enum cgn_drop
parse_ip4(struct cgn_burst *b, uint64_t i, unsigned l3)
{
	struct rte_mbuf *m = b->pkt[i];
	struct cgn_pkt *p = &b->p[i];
	const uint8_t *at = cgn_at(b, i, l3);
	const struct rte_ipv4_hdr *ip = (const void *)at;
	unsigned room = m->pkt_len - l3, have = m->data_len - l3, len, header;
	uint16_t flags = p->flags;

	if (unlikely(m->data_len < l3 + sizeof(*ip)))
		return CGN_DROP_RUNT;
	len = rte_be_to_cpu_16(ip->total_length);
	header = header_bytes(at[0]);
	if (unlikely(!header || len < header || len > room || have < header))
		return CGN_DROP_IP4_HEADER;
	if (unlikely(!checksum_right(at, header)))
		return CGN_DROP_IP4_CHECKSUM;
	p->version = 4;
	p->l3 = (uint16_t)l3;
	p->l4 = (uint16_t)(l3 + header);
	p->len = (uint16_t)len;
	p->proto = ip->next_proto_id;
	memcpy(&p->src, &ip->src_addr, 2 * sizeof(p->src));
	if (unlikely(martian4(*(const uint8_t *)&ip->src_addr)))
		return CGN_DROP_MARTIAN;
	flags |= parse_network(b, i, ip);
	flags |= parse_transport(p, flags, ip->next_proto_id, at + header,
		RTE_MIN(len, have) - header, len - header);
	p->flags = flags;
	if (unlikely(room > len))
		cgn_cut(m, l3 + len);
	return CGN_DROP_REASONS;
}

enum cgn_drop
cgn_parse_ip4(struct cgn_burst *b, uint64_t i, unsigned l3)
{
	return parse_ip4(b, i, l3);
}

/* Extension headers that are walked, and the one that ends the walk. */
static inline bool
extension(uint8_t proto)
{
	return proto == 0 || proto == CGN_IPPROTO_DSTOPT || proto == CGN_IPPROTO_FRAG;
}

/* Walks hop-by-hop and destination options (RFC 8200 4; the tunnel encapsulation limit of
 * RFC 2473 4.1.1 is one: it binds who would encapsulate again, not the tunnel's end). */
static bool
walk_headers(struct cgn_burst *b, uint64_t i, unsigned end)
{
	struct cgn_pkt *p = &b->p[i];

	for (unsigned k = 0; k < HEADERS_MAX; k++) {
		const uint8_t *h = cgn_at(b, i, p->l4);

		if (p->proto == CGN_IPPROTO_FRAG) {
			p->flags |= CGN_PKT_FRAGMENT;
			b->fragments |= CGN_BIT(i);
			return end >= p->l4 + 8u;
		}
		if (!extension(p->proto))
			return true;
		if (end < p->l4 + 8u || end < p->l4 + 8u * (h[1] + 1u))
			return false;
		p->proto = h[0];
		p->l4 = (uint16_t)(p->l4 + 8u * (h[1] + 1u));
	}
	return false;
}

/* Who has no address yet may only ask by multicast (RFC 4291 2.5.2, RFC 4862 5.4.2); the
 * loopback address never leaves a host. */
static bool
martian6(const struct rte_ipv6_hdr *ip)
{
	uint64_t w[2];

	memcpy(w, ip->src_addr, 16);
	if (ip->src_addr[0] == 0xff)
		return true;
	if (w[0])
		return false;
	return w[1] == RTE_BE64(1) || (!w[1] && ip->dst_addr[0] != 0xff);
}

enum cgn_drop
cgn_parse_ip6(struct cgn_burst *b, uint64_t i, unsigned l3)
{
	struct rte_mbuf *m = b->pkt[i];
	struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, l3);
	unsigned room = m->pkt_len - l3, len;

	if (m->data_len < l3 + sizeof(*ip))
		return CGN_DROP_RUNT;
	len = rte_be_to_cpu_16(ip->payload_len) + (unsigned)sizeof(*ip);
	if ((*(const uint8_t *)ip) >> 4 != 6 || len > room)
		return CGN_DROP_IP6_HEADER;
	if (unlikely(room > len))
		cgn_cut(m, l3 + len);
	p->version = 6;
	p->l3 = (uint16_t)l3;
	p->l4 = (uint16_t)(l3 + sizeof(*ip));
	p->len = (uint16_t)len;
	p->proto = ip->proto;
	if (martian6(ip))
		return CGN_DROP_MARTIAN;
	if (unlikely(ip->hop_limits <= 1))
		b->expiring |= CGN_BIT(i);
	if (ip->dst_addr[0] == 0xff)
		p->flags |= CGN_PKT_MULTICAST;
	if (unlikely(extension(ip->proto)) &&
		!walk_headers(b, i, RTE_MIN(l3 + len, (unsigned)m->data_len)))
		return CGN_DROP_IP6_HEADER;
	return CGN_DROP_REASONS;
}

/* The first six bytes of a frame, or an address, as a number. */
static inline uint64_t
six_bytes(const void *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w & rte_cpu_to_be_64(~0ull << 16);
}

#define NO_MAC rte_cpu_to_be_64(1) /* is not that of any frame */

/* Where the last frames came in, by device. Frames of a burst are from one port, or from
 * the two sides of a line card: the processor foresees it and does not wait for port,
 * table and interface one by one. */
#define ARRIVALS 2
struct arrival {
	uint32_t device; /* CGN_NONE: no frame yet */
	/* of the untagged interface of that port, if it has one */
	uint16_t iface, vpn;
	uint64_t mac;
	const struct cgn_snap_port *port;
};

static void
arrive(const struct cgn_snapshot *snap, uint16_t device, struct arrival *a)
{
	a->device = device;
	a->port = &snap->port[snap->by_device[device]];
	a->iface = a->port->iface;
	a->mac = NO_MAC;
	if (a->iface == CGN_NONE16)
		return;
	a->vpn = snap->iface[a->iface].vpn;
	a->mac = six_bytes(&snap->iface[a->iface].mac);
}

/* The interface of a frame by VLAN and address. */
static enum cgn_drop
parse_tag(struct cgn_burst *b, uint64_t i, const struct arrival *a, unsigned *l3,
	rte_be16_t *type)
{
	const struct rte_ether_hdr *eth = (const void *)cgn_at(b, i, 0);
	const struct cgn_iface *at;
	uint16_t iface = a->iface;

	if (*type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		const struct rte_vlan_hdr *tag = (const void *)cgn_at(b, i, *l3);
		uint16_t id;

		*l3 += sizeof(*tag);
		if (b->pkt[i]->data_len < *l3)
			return CGN_DROP_RUNT;
		id = rte_be_to_cpu_16(tag->vlan_tci) & 0xfff;
		if (id) /* 0: a priority tag */
			iface = a->port->vlan ? a->port->vlan[id] : CGN_NONE16;
		*type = tag->eth_proto;
	}
	if (iface == CGN_NONE16)
		return CGN_DROP_VLAN;
	at = &b->snap->iface[iface];
	b->p[i].iface = iface;
	b->p[i].vpn = at->vpn;
	if (rte_is_same_ether_addr(&eth->dst_addr, &at->mac))
		return CGN_DROP_REASONS;
	if (rte_is_multicast_ether_addr(&eth->dst_addr))
		b->p[i].flags |= CGN_PKT_MULTICAST;
	else if (!cgn_vmac_has(at->vmac, &eth->dst_addr))
		return CGN_DROP_NOT_FOR_US;
	return CGN_DROP_REASONS;
}

/* The interface of a frame; *l3: where the network header starts. */
static inline enum cgn_drop
parse_link(struct cgn_burst *b, uint64_t i, struct arrival *arrival, unsigned *l3,
	rte_be16_t *type)
{
	const struct rte_mbuf *m = b->pkt[i];
	struct arrival *a = &arrival[m->port % ARRIVALS];
	const struct rte_ether_hdr *eth = (const void *)cgn_at(b, i, 0);

	*l3 = sizeof(*eth);
	if (unlikely(m->data_len < sizeof(*eth)))
		return CGN_DROP_RUNT;
	if (unlikely(m->port != a->device))
		arrive(b->snap, m->port, a);
	*type = eth->ether_type;
	if (unlikely(six_bytes(eth) != a->mac || *type == RTE_BE16(RTE_ETHER_TYPE_VLAN)))
		return parse_tag(b, i, a, l3, type);
	b->p[i].iface = a->iface;
	b->p[i].vpn = a->vpn;
	return CGN_DROP_REASONS;
}

static enum cgn_drop
parse_arp(struct cgn_burst *b, uint64_t i, unsigned l3)
{
	if (b->pkt[i]->data_len < l3 + sizeof(struct rte_arp_hdr))
		return CGN_DROP_RUNT;
	b->p[i].flags |= CGN_PKT_ARP;
	b->p[i].l3 = (uint16_t)l3;
	b->p[i].version = 0;
	return CGN_DROP_REASONS;
}

static enum cgn_drop
parse_frame(struct cgn_burst *b, uint64_t i, struct arrival *a)
{
	rte_be16_t type;
	unsigned l3;
	enum cgn_drop why = parse_link(b, i, a, &l3, &type);

	if (why != CGN_DROP_REASONS)
		return why;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return parse_ip4(b, i, l3);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return cgn_parse_ip6(b, i, l3);
	if (type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return parse_arp(b, i, l3);
	return CGN_DROP_ETHERTYPE;
}

/* A packet that has been here before: translated on its way up, or held. Its link header
 * is gone. */
static enum cgn_drop
parse_again(struct cgn_burst *b, uint64_t i, const struct cgn_mark *mark)
{
	b->p[i].flags |= mark->op == CGN_MARK_HELD ? CGN_PKT_HELD : CGN_PKT_HAIRPIN;
	b->p[i].iface = mark->iface;
	b->p[i].vpn = mark->vpn;
	return cgn_parse_ip4(b, i, 0);
}

/* The packets that another CPU has looked at already, with the same snapshot. */
static uint64_t
recall(struct cgn_burst *b)
{
	uint64_t up = 0, softwire = 0, expiring = 0, known = 0;
	uint64_t generation = b->snap->generation;

	CGN_FOREACH (i, b->live) {
		const struct cgn_mark *mark = cgn_mark(b->pkt[i]);

		if (mark->op != CGN_MARK_STEERED || mark->found.generation != generation)
			continue;
		memcpy(&b->p[i], mark->found.pkt, sizeof(mark->found.pkt));
		b->p[i].user = b->p[i].session = CGN_NONE;
		up |= (uint64_t) !!(mark->sets & CGN_FOUND_UP) << i;
		expiring |= (uint64_t) !!(mark->sets & CGN_FOUND_EXPIRING) << i;
		if (mark->sets & CGN_FOUND_SOFTWIRE) {
			softwire |= CGN_BIT(i);
			memcpy(b->b4[i],
				((const struct rte_ipv6_hdr *)cgn_at(b, i, b->p[i].l3))
					->src_addr,
				sizeof(b->b4[i]));
		}
		if (unlikely(b->p[i].flags & CGN_PKT_FRAGMENT))
			b->fragments |= CGN_BIT(i);
		known |= CGN_BIT(i);
	}
	b->up |= up;
	b->down |= known & ~up;
	b->softwire |= softwire;
	b->expiring |= expiring;
	return b->steered = known;
}

CGN_CLONES void
cgn_stage_parse(struct cgn_burst *b)
{
	struct arrival a[ARRIVALS] = { { .device = CGN_NONE }, { .device = CGN_NONE } };
	uint64_t known = b->wire ? 0 : recall(b);

	CGN_FOREACH (i, b->live & ~known) {
		const struct cgn_mark *mark = b->wire ? NULL : cgn_mark(b->pkt[i]);
		struct cgn_pkt *p = &b->p[i];
		enum cgn_drop why;

		p->flags = 0;
		p->user = p->session = CGN_NONE;
		if (mark && (mark->op == CGN_MARK_HAIRPIN || mark->op == CGN_MARK_HELD))
			why = parse_again(b, i, mark);
		else
			why = parse_frame(b, i, a);
		if (unlikely(why != CGN_DROP_REASONS))
			cgn_drop(b, i, why);
		else if (unlikely(p->flags & (CGN_PKT_ARP | CGN_PKT_MULTICAST)))
			b->unrouted |= CGN_BIT(i);
	}
}
