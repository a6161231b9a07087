/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of ARP (RFC 826) and neighbour discovery (RFC 4861), written from the IP header
 * outwards: the payload first, then what goes before it, so that the same code serves
 * tagged and untagged interfaces. Frames are not padded to 60 bytes: the port does that.
 *
 * Pure but for the packet pool. Any lcore. Not handled: options other than link-layer
 * address, prefix and MTU. */
#include "control/frame.h"

#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#define ICMP6_RA	134
#define ICMP6_NS	135
#define ICMP6_NA	136
#define OPT_SOURCE_LINK 1
#define OPT_TARGET_LINK 2
#define OPT_PREFIX	3
#define OPT_MTU		5

#define RA_HOP_LIMIT	 64
#define PREFIX_VALID	 2592000 /* s: 30 days, RFC 4861 6.2.1 */
#define PREFIX_PREFERRED 604800	 /* s: 7 days */
#define MAX_PREFIXES	 16

const uint8_t cgn_frame_all_nodes[16] = { 0xff, 2, [15] = 1 };

struct link_option {
	uint8_t type, units; /* of 8 bytes */
	struct rte_ether_addr mac;
} __rte_packed __rte_aligned(2);

/* Solicitation and advertisement. */
struct nd_message {
	uint8_t type, code;
	rte_be16_t checksum;
	uint8_t flags, reserved[3];
	uint8_t target[16];
	struct link_option option;
} __rte_packed __rte_aligned(2);

struct ra_message {
	uint8_t type, code;
	rte_be16_t checksum;
	uint8_t hop_limit, flags;
	rte_be16_t lifetime;
	rte_be32_t reachable, retransmit;
	struct link_option option;
	uint8_t mtu_type, mtu_units;
	rte_be16_t mtu_reserved;
	rte_be32_t mtu;
} __rte_packed __rte_aligned(2);

struct prefix_option {
	uint8_t type, units, len, flags;
	rte_be32_t valid, preferred, reserved;
	uint8_t addr[16];
} __rte_packed __rte_aligned(2);

bool
cgn_frame_push(struct rte_mbuf *m, const struct cgn_iface *f,
	const struct rte_ether_addr *dst, uint16_t ethertype)
{
	struct rte_ether_hdr *eth;

	if (f->vlan != 0) {
		struct rte_vlan_hdr *tag = (void *)rte_pktmbuf_prepend(m, sizeof(*tag));

		if (tag == NULL)
			return false;
		tag->vlan_tci = rte_cpu_to_be_16(f->vlan);
		tag->eth_proto = rte_cpu_to_be_16(ethertype);
		ethertype = RTE_ETHER_TYPE_VLAN;
	}
	eth = (void *)rte_pktmbuf_prepend(m, sizeof(*eth));
	if (eth == NULL)
		return false;
	eth->dst_addr = *dst;
	eth->src_addr = f->mac;
	eth->ether_type = rte_cpu_to_be_16(ethertype);
	return true;
}

/* A packet of `size` bytes of zeros. */
static struct rte_mbuf *
packet(struct rte_mempool *pool, size_t size, void *start)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	void *data = m ? rte_pktmbuf_append(m, (uint16_t)size) : NULL;

	if (data == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memset(data, 0, size);
	memcpy(start, &data, sizeof(data));
	return m;
}

static struct rte_mbuf *
finish(struct rte_mbuf *m, const struct cgn_iface *f, const struct rte_ether_addr *dst,
	uint16_t ethertype)
{
	if (cgn_frame_push(m, f, dst, ethertype))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

struct rte_mbuf *
cgn_frame_arp(struct rte_mempool *pool, const struct cgn_iface *f, uint16_t op,
	rte_be32_t sender, const struct rte_ether_addr *target_mac, rte_be32_t target,
	const struct rte_ether_addr *dst)
{
	struct rte_arp_hdr *arp;
	struct rte_mbuf *m = packet(pool, sizeof(*arp), &arp);

	if (m == NULL)
		return NULL;
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = sizeof(rte_be32_t);
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = f->mac;
	arp->arp_data.arp_sip = sender;
	if (target_mac != NULL)
		arp->arp_data.arp_tha = *target_mac;
	arp->arp_data.arp_tip = target;
	return finish(m, f, dst, RTE_ETHER_TYPE_ARP);
}

void
cgn_frame_group(struct rte_ether_addr *mac, const uint8_t group[16])
{
	mac->addr_bytes[0] = mac->addr_bytes[1] = 0x33;
	memcpy(&mac->addr_bytes[2], group + 12, 4);
}

void
cgn_frame_icmp6(struct rte_mbuf *m, const uint8_t src[16], const uint8_t dst[16],
	uint8_t hop_limit)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	struct rte_icmp_hdr *icmp =
		(void *)(ip + 1); /* the checksum is where ICMP's is */

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len =
		rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - sizeof(*ip)));
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = hop_limit;
	memcpy(ip->src_addr, src, 16);
	memcpy(ip->dst_addr, dst, 16);
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = rte_ipv6_udptcp_cksum(ip, icmp);
}

/* Where the ICMPv6 message begins in a new packet of such a message. */
static struct rte_mbuf *
packet6(struct rte_mempool *pool, size_t size, void *start)
{
	struct rte_ipv6_hdr *ip;
	struct rte_mbuf *m = packet(pool, sizeof(*ip) + size, &ip);
	void *message;

	if (m == NULL)
		return NULL;
	message = ip + 1;
	memcpy(start, &message, sizeof(message));
	return m;
}

static struct rte_mbuf *
discovery(struct rte_mempool *pool, const struct cgn_iface *f, uint8_t type,
	const uint8_t target[16], uint8_t flags)
{
	struct nd_message *msg;
	struct rte_mbuf *m = packet6(pool, sizeof(*msg), &msg);

	if (m == NULL)
		return NULL;
	msg->type = type;
	msg->flags = flags;
	memcpy(msg->target, target, 16);
	msg->option.type = type == ICMP6_NS ? OPT_SOURCE_LINK : OPT_TARGET_LINK;
	msg->option.units = 1;
	msg->option.mac = f->mac;
	return m;
}

struct rte_mbuf *
cgn_frame_ns(struct rte_mempool *pool, const struct cgn_iface *f, const uint8_t src[16],
	const uint8_t target[16], const struct rte_ether_addr *dst)
{
	uint8_t group[16] = { 0xff, 2, [11] = 1, 0xff, target[13], target[14],
		target[15] };
	struct rte_mbuf *m = discovery(pool, f, ICMP6_NS, target, 0);
	struct rte_ether_addr mac;

	if (m == NULL)
		return NULL;
	cgn_frame_group(&mac, group);
	cgn_frame_icmp6(m, src, dst ? target : group, 255);
	return finish(m, f, dst ? dst : &mac, RTE_ETHER_TYPE_IPV6);
}

struct rte_mbuf *
cgn_frame_na(struct rte_mempool *pool, const struct cgn_iface *f,
	const uint8_t target[16], const uint8_t ip[16], const struct rte_ether_addr *dst,
	uint8_t flags)
{
	struct rte_mbuf *m = discovery(pool, f, ICMP6_NA, target, flags);

	if (m == NULL)
		return NULL;
	cgn_frame_icmp6(m, target, ip, 255);
	return finish(m, f, dst, RTE_ETHER_TYPE_IPV6);
}

static void
prefixes(struct prefix_option *to, const struct cgn_frame_prefix *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		to[i].type = OPT_PREFIX;
		to[i].units = sizeof(*to) / 8;
		to[i].len = from[i].len;
		to[i].flags = 0x80; /* on the link */
		to[i].valid = RTE_BE32(PREFIX_VALID);
		to[i].preferred = RTE_BE32(PREFIX_PREFERRED);
		memcpy(to[i].addr, from[i].addr, 16);
	}
}

struct rte_mbuf *
cgn_frame_ra(struct rte_mempool *pool, const struct cgn_iface *f, const uint8_t ip[16],
	const struct rte_ether_addr *dst, uint16_t lifetime,
	const struct cgn_frame_prefix *prefix, unsigned n)
{
	struct ra_message *ra;
	struct rte_mbuf *m;

	n = RTE_MIN(n, MAX_PREFIXES);
	m = packet6(pool, sizeof(*ra) + n * sizeof(struct prefix_option), &ra);
	if (m == NULL)
		return NULL;
	ra->type = ICMP6_RA;
	ra->hop_limit = RA_HOP_LIMIT;
	ra->lifetime = rte_cpu_to_be_16(lifetime);
	ra->option.type = OPT_SOURCE_LINK;
	ra->option.units = 1;
	ra->option.mac = f->mac;
	ra->mtu_type = OPT_MTU;
	ra->mtu_units = 1;
	ra->mtu = rte_cpu_to_be_32(f->mtu);
	prefixes((struct prefix_option *)(ra + 1), prefix, n);
	cgn_frame_icmp6(m, f->link_local, ip, 255);
	return finish(m, f, dst, RTE_ETHER_TYPE_IPV6);
}
