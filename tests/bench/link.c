/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ARP (RFC 826) and neighbour discovery (RFC 4861 7.2), as much as two hosts need that
 * know each other's addresses: a question about our own address is answered in place,
 * and every frame of these protocols from the box tells its link-layer address. Not
 * handled: anything else that the box may say; it is ignored. */
#include "tests/bench/link.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_ip.h>

struct arp_frame {
	struct rte_ether_hdr eth;
	struct rte_arp_hdr arp;
};
_Static_assert(sizeof(struct arp_frame) == 42, "as on the wire");

/* A solicitation or an advertisement with one option. */
struct nd_frame {
	struct rte_ether_hdr eth;
	struct rte_ipv6_hdr ip;
	uint8_t type, code;
	uint16_t checksum;
	uint8_t flags[4];
	uint8_t target[16];
	uint8_t option, units;
	struct rte_ether_addr mac;
};
_Static_assert(sizeof(struct nd_frame) == 86, "as on the wire");

#define ND_BYTES (sizeof(struct nd_frame) - offsetof(struct nd_frame, type))

void
cgn_link_init(struct cgn_link *l, struct cgn_side *side, enum cgn_kind kind, bool inside)
{
	*l = (struct cgn_link){ .side = side, .six = inside && kind == CGN_DS_LITE };
	inet_pton(AF_INET, inside ? "192.0.2.2" : "198.51.100.254", &l->own4);
	inet_pton(AF_INET, inside ? "192.0.2.1" : "198.51.100.1", &l->box4);
	inet_pton(AF_INET6, "2001:db8:0:1::2", l->own6);
	inet_pton(AF_INET6, "2001:db8:0:1::1", l->box6);
}

static void
fill_arp(const struct cgn_link *l, struct arp_frame *f, uint16_t op)
{
	f->eth.src_addr = f->arp.arp_data.arp_sha = l->side->peer;
	f->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	f->arp.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	f->arp.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	f->arp.arp_hlen = RTE_ETHER_ADDR_LEN;
	f->arp.arp_plen = sizeof(rte_be32_t);
	f->arp.arp_opcode = rte_cpu_to_be_16(op);
	f->arp.arp_data.arp_sip = l->own4;
	f->arp.arp_data.arp_tip = l->box4;
}

static void
fill_nd(const struct cgn_link *l, struct nd_frame *f, uint8_t type, uint8_t option)
{
	f->eth.src_addr = f->mac = l->side->peer;
	f->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	f->ip = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(6u << 28),
		.payload_len = RTE_BE16(ND_BYTES),
		.proto = IPPROTO_ICMPV6,
		.hop_limits = 255 };
	memcpy(f->ip.src_addr, l->own6, 16);
	f->type = type;
	f->code = 0;
	f->option = option;
	f->units = 1;
}

/* When the destination stands. */
static void
seal_nd(struct nd_frame *f)
{
	f->checksum = 0;
	f->checksum = rte_ipv6_udptcp_cksum(&f->ip, &f->type);
}

static void
set_length(struct rte_mbuf *m, size_t bytes)
{
	m->data_len = (uint16_t)bytes;
	m->pkt_len = (uint32_t)bytes;
}

static void
ask_nd(const struct cgn_link *l, struct nd_frame *f)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };

	fill_nd(l, f, ND_NEIGHBOR_SOLICIT, ND_OPT_SOURCE_LINKADDR);
	memset(f->flags, 0, sizeof(f->flags));
	memcpy(f->target, l->box6, 16);
	memcpy(f->ip.dst_addr, group, 13);
	memcpy(f->ip.dst_addr + 13, l->box6 + 13, 3);
	f->eth.dst_addr.addr_bytes[0] = f->eth.dst_addr.addr_bytes[1] = 0x33;
	memcpy(&f->eth.dst_addr.addr_bytes[2], f->ip.dst_addr + 12, 4);
	seal_nd(f);
}

void
cgn_link_ask(const struct cgn_link *l, struct rte_mbuf *m)
{
	struct arp_frame *f = rte_pktmbuf_mtod(m, struct arp_frame *);

	set_length(m, l->six ? sizeof(struct nd_frame) : sizeof(*f));
	if (l->six) {
		ask_nd(l, rte_pktmbuf_mtod(m, struct nd_frame *));
		return;
	}
	fill_arp(l, f, RTE_ARP_OP_REQUEST);
	memset(&f->eth.dst_addr, 0xff, sizeof(f->eth.dst_addr));
	memset(&f->arp.arp_data.arp_tha, 0, sizeof(f->arp.arp_data.arp_tha));
}

static void
learn(struct cgn_link *l, const struct rte_ether_addr *mac)
{
	l->side->box = *mac;
	l->known = true;
}

static bool
take_arp(struct cgn_link *l, struct arp_frame *f)
{
	bool asks = f->arp.arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST);

	if (f->arp.arp_data.arp_sip != l->box4)
		return false;
	if (!l->six)
		learn(l, &f->arp.arp_data.arp_sha);
	if (!asks || f->arp.arp_data.arp_tip != l->own4)
		return false;
	f->arp.arp_data.arp_tha = f->eth.dst_addr = f->arp.arp_data.arp_sha;
	fill_arp(l, f, RTE_ARP_OP_REPLY);
	return true;
}

/* The box asks from its link-local address too, so who asks about us is the box. */
static bool
take_nd(struct cgn_link *l, struct nd_frame *f)
{
	uint8_t asker[16];

	if (f->type == ND_NEIGHBOR_ADVERT && memcmp(f->target, l->box6, 16) == 0) {
		learn(l, &f->eth.src_addr);
		return false;
	}
	if (f->type != ND_NEIGHBOR_SOLICIT || memcmp(f->target, l->own6, 16) != 0)
		return false;
	learn(l, &f->eth.src_addr);
	f->eth.dst_addr = f->eth.src_addr;
	memcpy(asker, f->ip.src_addr, 16);
	fill_nd(l, f, ND_NEIGHBOR_ADVERT, ND_OPT_TARGET_LINKADDR);
	memcpy(f->ip.dst_addr, asker, 16);
	memcpy(f->flags, (uint8_t[]){ 0xe0, 0, 0, 0 },
		4); /* router, solicited, override */
	seal_nd(f);
	return true;
}

bool
cgn_link_take(struct cgn_link *l, struct rte_mbuf *m)
{
	struct arp_frame *arp = rte_pktmbuf_mtod(m, struct arp_frame *);
	struct nd_frame *nd = rte_pktmbuf_mtod(m, struct nd_frame *);
	bool answer = false;

	if (m->data_len >= sizeof(*arp) &&
		arp->eth.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		answer = take_arp(l, arp);
		set_length(m, sizeof(*arp));
	} else if (l->six && m->data_len >= sizeof(*nd) &&
		   nd->eth.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
		   nd->ip.proto == IPPROTO_ICMPV6) {
		answer = take_nd(l, nd);
		set_length(m, sizeof(*nd));
	}
	return answer;
}
