/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames that the box makes itself: ARP and neighbour discovery. Addresses in network
 * order. Every function returns NULL (false) when there is no buffer or no room. */
#ifndef CGN_CONTROL_FRAME_H
#define CGN_CONTROL_FRAME_H

#include <rte_mbuf.h>

#include "dataplane/snapshot.h"
#include "dataplane/stats.h"

/* What the control lcore's code needs of the world around it. */
struct cgn_wire {
	/* transmits a frame on a port (index in the snapshot); takes the packet */
	void (*emit)(void *ctx, struct rte_mbuf *m, uint16_t port);
	/* gives a packet with its mark filled to a worker; takes the packet */
	void (*hand)(void *ctx, struct rte_mbuf *m, uint16_t worker);
	void *ctx;
	struct rte_mempool
		*pool; /* for packets that the box makes, with room for a mark */
	struct cgn_stats *stats; /* of the control lcore: drops are counted here */
};

/* Ends a packet, by name. */
static inline void
cgn_frame_drop(const struct cgn_wire *wire, struct rte_mbuf *m, enum cgn_drop reason)
{
	wire->stats->drop[reason]++;
	rte_pktmbuf_free(m);
}

/* Puts an Ethernet header, with the VLAN tag of the interface, before a packet. */
bool cgn_frame_push(struct rte_mbuf *m, const struct cgn_iface *f,
	const struct rte_ether_addr *dst, uint16_t ethertype);

/* An ARP request or reply (RFC 826). op: RTE_ARP_OP_*; sender: the box. dst: of the
 * frame; target_mac: target hardware address, NULL: zeros. */
struct rte_mbuf *cgn_frame_arp(struct rte_mempool *pool, const struct cgn_iface *f,
	uint16_t op, rte_be32_t sender, const struct rte_ether_addr *target_mac,
	rte_be32_t target, const struct rte_ether_addr *dst);

/* A neighbour solicitation (RFC 4861 4.3) for target from src; dst NULL: to the target's
 * solicited-node group, else unicast. */
struct rte_mbuf *cgn_frame_ns(struct rte_mempool *pool, const struct cgn_iface *f,
	const uint8_t src[16], const uint8_t target[16],
	const struct rte_ether_addr *dst);

#define CGN_NA_ROUTER	 0x80
#define CGN_NA_SOLICITED 0x40
#define CGN_NA_OVERRIDE	 0x20

/* A neighbour advertisement (RFC 4861 4.4) of target, which is also its source, to ip at
 * dst. flags: CGN_NA_*. */
struct rte_mbuf *cgn_frame_na(struct rte_mempool *pool, const struct cgn_iface *f,
	const uint8_t target[16], const uint8_t ip[16], const struct rte_ether_addr *dst,
	uint8_t flags);

/* A prefix that a router advertisement says is on the link. */
struct cgn_frame_prefix {
	uint8_t addr[16];
	uint8_t len;
};

/* A router advertisement (RFC 4861 4.2) from the link-local address: lifetime in seconds,
 * neither M nor O, the link's MTU, and n prefixes with L but not A, since the box does
 * not number hosts. */
struct rte_mbuf *cgn_frame_ra(struct rte_mempool *pool, const struct cgn_iface *f,
	const uint8_t ip[16], const struct rte_ether_addr *dst, uint16_t lifetime,
	const struct cgn_frame_prefix *prefix, unsigned n);

/* The multicast frame address of an IPv6 group (RFC 2464 7). */
void cgn_frame_group(struct rte_ether_addr *mac, const uint8_t group[16]);

/* Writes an IPv6 header before `payload` bytes of ICMPv6 at its end and the checksum into
 * them. m: data starts at the IPv6 header. */
void cgn_frame_icmp6(struct rte_mbuf *m, const uint8_t src[16], const uint8_t dst[16],
	uint8_t hop_limit);

extern const uint8_t cgn_frame_all_nodes[16];

#endif
