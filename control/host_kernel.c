/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the host leaves to the kernel beside the box, on interfaces that have a tap:
 * packets for addresses that the kernel has as well, and for groups of the link. Those of
 * routing protocols have a rate of their own, so that a flood of others silences no
 * session of BGP. What came out of a tunnel or a translation is never given: users of the
 * box are no neighbours of the kernel.
 *
 * A packet for an address of another interface comes over the tap that it came in by, if
 * there is one, else over that of the address: the kernel takes it by either.
 *
 * Control lcore only. */
#include "control/host_int.h"

#include <rte_ip.h>

#define BGP	     RTE_BE16(179)
#define BFD	     RTE_BE16(3784)
#define BFD_ECHO     RTE_BE16(3785)
#define BFD_MULTIHOP RTE_BE16(4784)
#define PROTO_OSPF   89
#define PROTO_PIM    103

void
cgn_host_set_kernel(struct cgn_host *h, const struct cgn_host_kernel *kernel)
{
	h->kernel = kernel ? *kernel : (struct cgn_host_kernel){ .give = NULL };
}

/* What matters of a packet's headers. */
struct packet {
	uint8_t dst[16]; /* key */
	bool group;
	uint8_t proto;
	unsigned l4; /* offset */
};

static void
read_headers(const struct rte_mbuf *m, uint16_t type, struct packet *p)
{
	if (type == RTE_ETHER_TYPE_IPV4) {
		const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

		cgn_neigh_key4(p->dst, ip->dst_addr);
		p->group = *(const uint8_t *)&ip->dst_addr >> 4 == 0xe;
		p->proto = ip->next_proto_id;
		p->l4 = rte_ipv4_hdr_len(ip);
	} else {
		const struct rte_ipv6_hdr *ip =
			rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);

		memcpy(p->dst, ip->dst_addr, sizeof(p->dst));
		p->group = ip->dst_addr[0] == 0xff;
		p->proto = ip->proto;
		p->l4 = sizeof(*ip);
	}
}

/* Without these a router takes the box for dead. */
static bool
is_routing(const struct rte_mbuf *m, const struct packet *p)
{
	rte_be16_t port[2] = { 0, 0 };

	if (p->proto == PROTO_OSPF || p->proto == PROTO_PIM)
		return true;
	if (rte_pktmbuf_data_len(m) >= p->l4 + sizeof(port))
		memcpy(port, rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l4),
			sizeof(port));
	if (p->proto == IPPROTO_TCP)
		return port[0] == BGP || port[1] == BGP;
	return p->proto == IPPROTO_UDP &&
	       (port[1] == BFD || port[1] == BFD_ECHO || port[1] == BFD_MULTIHOP);
}

/* Over whose tap the kernel gets it: it must have the address. CGN_NONE16: over none. */
static uint16_t
tap_of(const struct cgn_host *h, const struct input *in, const struct packet *p)
{
	const struct cgn_iface *iface = h->snap->iface;
	bool here = iface[in->iface].tap;
	const struct cgn_nexthop *nh;
	uint16_t owner = in->iface;

	if (h->kernel.give == NULL || !in->framed)
		return CGN_NONE16;
	if (p->group)
		return here ? in->iface : CGN_NONE16;
	nh = cgn_compile_route(h->snap, in->vpn, p->dst);
	if (nh->kind == CGN_NH_LOCAL && !cgn_compile_owns(h->snap, owner, p->dst))
		owner = nh->iface;
	if (!iface[owner].tap || !cgn_compile_owns(h->snap, owner, p->dst))
		return CGN_NONE16;
	return here ? in->iface : owner;
}

static bool
give(struct cgn_host *h, const struct input *in, uint16_t iface, uint16_t type,
	const struct packet *p)
{
	struct rte_ether_hdr eth = { .dst_addr = h->snap->iface[iface].mac,
		.src_addr = in->from,
		.ether_type = rte_cpu_to_be_16(type) };

	if (p->group && type == RTE_ETHER_TYPE_IPV6)
		cgn_frame_group(&eth.dst_addr, p->dst);
	else if (p->group) /* RFC 1112 6.4 */
		eth.dst_addr = (struct rte_ether_addr){ { 1, 0, 0x5e, p->dst[13] & 0x7f,
			p->dst[14], p->dst[15] } };
	if (!h->kernel.give(h->kernel.ctx, iface, &eth,
		    rte_pktmbuf_mtod(in->m, const void *), rte_pktmbuf_data_len(in->m)))
		return false;
	h->stats.to_kernel++;
	return true;
}

bool
cgn_host_kernel_take(struct cgn_host *h, const struct input *in, uint16_t type)
{
	struct packet p;
	uint16_t iface;

	read_headers(in->m, type, &p);
	iface = tap_of(h, in, &p);
	if (iface == CGN_NONE16)
		return false;
	if (!cgn_host_allow(h, is_routing(in->m, &p) ? &h->routing : &h->other))
		refuse(h, in, CGN_DROP_HOST_RATE);
	else if (!give(h, in, iface, type, &p))
		refuse(h, in, CGN_DROP_TAP);
	else
		rte_pktmbuf_free(in->m);
	return true;
}

void
cgn_host_kernel_show(struct cgn_host *h, const struct input *in, uint16_t type)
{
	static const struct packet here; /* to the station */

	if (h->kernel.give != NULL && h->snap->iface[in->iface].tap &&
		cgn_host_allow(h, &h->routing))
		give(h, in, in->iface, type, &here);
}
