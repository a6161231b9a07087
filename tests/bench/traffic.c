/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Users with 63 sessions each and random ports (RFC 4814 4.5), as the public performance
 * labs have them. A flow is 10 bytes, everything else of it is computed from its number,
 * so that the generator takes little of the cache that the box competes for. The number
 * and the direction travel in the payload: the sink knows every frame without a table of
 * its own. Runs on the lcore of the box, outside of what is timed. Not handled: frames
 * that the box fragments; the box is configured so that none needs it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "tests/bench/figure.h"
#include "tests/bench/traffic.h"

#define MAGIC	    0xc6
#define EXTRA	    UINT32_MAX /* session number of what cgn_traffic_write_new() opens */
#define PORTS	    (65536 - 1024)
#define FCS	    4
#define CLEAN_BYTES 64 /* behind the headers: no longer than an IPv6 header is */

/* First bytes of the payload; the rest is zero. */
struct tag {
	uint32_t session;
	uint8_t magic, dir;
} __attribute__((packed));

struct ip4_udp {
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	struct tag tag;
} __attribute__((packed));

struct ip4_tcp {
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
	struct tag tag;
} __attribute__((packed));

/* Different random source ports for the sessions of a user. */
static void
choose_ports(struct cgn_traffic *t, uint32_t first, uint32_t n, uint64_t *taken)
{
	for (uint32_t s = first; s < first + n; s++) {
		uint32_t p;

		do
			p = cgn_figure_below(cgn_figure_random(&t->random), PORTS);
		while (taken[p / 64] & 1ull << p % 64);
		taken[p / 64] |= 1ull << p % 64;
		t->flow[s] = (struct cgn_flow){ .port = rte_cpu_to_be_16(
							(uint16_t)(1024 + p)),
			.remote_port = rte_cpu_to_be_16(
				(uint16_t)(1 +
					   cgn_figure_below(cgn_figure_random(&t->random),
						   49151))) };
	}
	for (uint32_t s = first; s < first + n; s++)
		taken[(rte_be_to_cpu_16(t->flow[s].port) - 1024) / 64] = 0;
}

int
cgn_traffic_init(
	struct cgn_traffic *t, const struct cgn_bench_options *o, uint32_t sessions)
{
	uint64_t taken[PORTS / 64] = { 0 };

	*t = (struct cgn_traffic){ .kind = o->kind,
		.size = o->size,
		.sessions = sessions,
		.users = (sessions + CGN_BENCH_PORTS - 1) / CGN_BENCH_PORTS,
		.random = 0x4814 };
	t->flow = calloc(sessions, sizeof(*t->flow));
	if (!t->flow)
		return -ENOMEM;
	for (uint32_t s = 0; s < sessions; s += CGN_BENCH_PORTS)
		choose_ports(
			t, s, RTE_MIN(sessions - s, (uint32_t)CGN_BENCH_PORTS), taken);
	return 0;
}

void
cgn_traffic_fini(struct cgn_traffic *t)
{
	free(t->flow);
	t->flow = NULL;
}

/* 2001:db8:1UU:UUUU::1: a /56 for each user out of 2001:db8:100::/40 */
void
cgn_traffic_softwire(uint32_t user, uint8_t addr[16])
{
	memset(addr, 0, 16);
	memcpy(addr,
		(uint8_t[]){ 0x20, 0x01, 0x0d, 0xb8, 0x01, (uint8_t)(user >> 16),
			(uint8_t)(user >> 8), (uint8_t)user },
		8);
	addr[15] = 1;
}

/* All softwire users have the same address; the others 10.0.0.1 and so on. */
rte_be32_t
cgn_traffic_inside(const struct cgn_traffic *t, uint32_t user)
{
	return rte_cpu_to_be_32(t->kind == CGN_DS_LITE ? RTE_IPV4(192u, 168, 1, 2)
						       : RTE_IPV4(10, 0, 0, 1) + user);
}

static rte_be32_t
remote(uint32_t s)
{
	return rte_cpu_to_be_32(RTE_IPV4(198u, 18, 0, 0) + (s * 0x9e3779b1u >> 16));
}

/* Length of the next IPv4 packet. */
static uint16_t
next_length(struct cgn_traffic *t)
{
	static const uint16_t mix[] = { 64, 64, 64, 64, 64, 64, 64, 594, 594, 594, 594,
		1518 };
	unsigned size = t->size;

	if (size == CGN_BENCH_IMIX)
		size = mix[cgn_figure_below(cgn_figure_random(&t->random), RTE_DIM(mix))];
	return (uint16_t)(size - RTE_ETHER_HDR_LEN - FCS);
}

/* Ethernet and, for a softwire, IPv6 header; returns where the IPv4 header goes. */
static void *
write_front(struct cgn_traffic *t, struct rte_mbuf *m, enum cgn_dir dir, uint32_t user,
	uint16_t length)
{
	const struct cgn_side *side = dir == CGN_UP ? &t->inside : &t->outside;
	bool softwire = dir == CGN_UP && t->kind == CGN_DS_LITE;
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)(eth + 1);

	m->port = side->device;
	m->data_len = (uint16_t)(sizeof(*eth) + length + (softwire ? sizeof(*ip6) : 0));
	m->pkt_len = m->data_len;
	eth->dst_addr = side->box;
	eth->src_addr = side->peer;
	if (!softwire) {
		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		return ip6;
	}
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	*ip6 = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(6u << 28),
		.proto = IPPROTO_IPIP,
		.hop_limits = 64,
		.payload_len = rte_cpu_to_be_16(length) };
	cgn_traffic_softwire(user, ip6->src_addr);
	memcpy(ip6->dst_addr, t->aftr, 16);
	return ip6 + 1;
}

static void
write_ip4(struct rte_ipv4_hdr *ip, uint16_t length, uint8_t proto, rte_be32_t src,
	rte_be32_t dst)
{
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
		.time_to_live = 64,
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		.next_proto_id = proto,
		.total_length = rte_cpu_to_be_16(length),
		.src_addr = src,
		.dst_addr = dst };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* Checksum of the transport; behind the tag the payload is all zeros. */
static uint16_t
checksum(const struct rte_ipv4_hdr *ip, const void *l4, size_t bytes)
{
	uint32_t sum = rte_raw_cksum(l4, bytes) + rte_ipv4_phdr_cksum(ip, 0);
	uint16_t c;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	c = (uint16_t)~sum;
	return c ? c : 0xffff;
}

void
cgn_traffic_write(struct cgn_traffic *t, struct rte_mbuf *m, uint32_t s, enum cgn_dir dir)
{
	const struct cgn_flow *f = &t->flow[s];
	uint32_t user = s / CGN_BENCH_PORTS;
	uint16_t length = next_length(t);
	struct ip4_udp *p = write_front(t, m, dir, user, length);

	if (dir == CGN_UP)
		write_ip4(&p->ip, length, IPPROTO_UDP, cgn_traffic_inside(t, user),
			remote(s));
	else
		write_ip4(&p->ip, length, IPPROTO_UDP, remote(s), f->outside);
	p->udp = (struct rte_udp_hdr){ .src_port =
					       dir == CGN_UP ? f->port : f->remote_port,
		.dst_port = dir == CGN_UP ? f->remote_port : f->outside_port,
		.dgram_len = rte_cpu_to_be_16((uint16_t)(length - sizeof(p->ip))) };
	p->tag = (struct tag){ s, MAGIC, (uint8_t)dir };
	p->udp.dgram_cksum = checksum(&p->ip, &p->udp, sizeof(p->udp) + sizeof(p->tag));
	memset(p + 1, 0, CLEAN_BYTES);
}

void
cgn_traffic_write_new(struct cgn_traffic *t, struct rte_mbuf *m)
{
	uint64_t r = cgn_figure_random(&t->random);
	uint32_t user = cgn_figure_below(r, t->users);
	uint16_t length = 46;
	struct ip4_tcp *p = write_front(t, m, CGN_UP, user, length);

	t->extra++;
	write_ip4(&p->ip, length, IPPROTO_TCP, cgn_traffic_inside(t, user),
		remote(t->extra));
	p->tcp = (struct rte_tcp_hdr){ .data_off = 5 << 4,
		.tcp_flags = RTE_TCP_SYN_FLAG,
		.src_port = (rte_be16_t)(r | RTE_BE16(1024)),
		.dst_port = RTE_BE16(443),
		.rx_win = 0xffff };
	p->tag = (struct tag){ EXTRA, MAGIC, CGN_UP };
	p->tcp.cksum = checksum(&p->ip, &p->tcp, sizeof(p->tcp) + sizeof(p->tag));
	memset(p + 1, 0, CLEAN_BYTES);
}

/* The IPv4 header of a frame on its way out, NULL when there is none or it is not for
 * the right softwire. */
static const struct rte_ipv4_hdr *
find_ip4(const struct rte_mbuf *m, const uint8_t *softwire)
{
	const struct rte_ether_hdr *eth =
		rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)(eth + 1);

	if (!softwire)
		return eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)
			       ? (const void *)ip6
			       : NULL;
	if (eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV6) ||
		ip6->proto != IPPROTO_IPIP || memcmp(ip6->dst_addr, softwire, 16) != 0)
		return NULL;
	return (const struct rte_ipv4_hdr *)(ip6 + 1);
}

static bool
sink_up(struct cgn_traffic *t, const struct ip4_udp *p)
{
	struct cgn_flow *f = &t->flow[p->tag.session];

	if (f->outside == 0) {
		f->outside = p->ip.src_addr;
		f->outside_port = p->udp.src_port;
	}
	return p->ip.src_addr == f->outside && p->udp.src_port == f->outside_port &&
	       p->ip.dst_addr == remote(p->tag.session) &&
	       p->udp.dst_port == f->remote_port;
}

static bool
sink_down(const struct cgn_traffic *t, const struct ip4_udp *p)
{
	uint32_t s = p->tag.session;
	const struct cgn_flow *f = &t->flow[s];

	return p->ip.dst_addr == cgn_traffic_inside(t, s / CGN_BENCH_PORTS) &&
	       p->udp.dst_port == f->port && p->ip.src_addr == remote(s) &&
	       p->udp.src_port == f->remote_port;
}

static bool
sums_right(const struct rte_ipv4_hdr *ip)
{
	size_t l4 = rte_be_to_cpu_16(ip->total_length) - sizeof(*ip);
	uint32_t sum = rte_raw_cksum(ip + 1, l4) + rte_ipv4_phdr_cksum(ip, 0);

	sum = (sum & 0xffff) + (sum >> 16);
	return rte_raw_cksum(ip, sizeof(*ip)) == 0xffff && sum == 0xffff;
}

bool
cgn_traffic_sink(struct cgn_traffic *t, const struct rte_mbuf *m, bool checksums)
{
	/* the way is not known before the tag, the tag not before the way: ask for IPv4,
	 * then look at where a softwire frame would have it */
	const struct ip4_udp *p = (const void *)find_ip4(m, NULL);
	uint8_t softwire[16];

	if (!p && t->kind == CGN_DS_LITE) {
		p = rte_pktmbuf_mtod_offset(
			m, const void *, RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr));
		cgn_traffic_softwire(p->tag.session / CGN_BENCH_PORTS, softwire);
		p = (const void *)find_ip4(m, softwire);
	}
	if (!p || (checksums && !sums_right(&p->ip)))
		return false;
	if (p->ip.next_proto_id == IPPROTO_TCP) {
		const struct ip4_tcp *syn = (const void *)p;

		return syn->tag.magic == MAGIC && syn->tag.session == EXTRA &&
		       syn->ip.src_addr != cgn_traffic_inside(t, 0);
	}
	if (p->tag.magic != MAGIC || p->tag.session >= t->sessions)
		return false;
	return p->tag.dir == CGN_UP ? sink_up(t, p) : sink_down(t, p);
}
