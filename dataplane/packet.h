/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the stages find out about a packet, one line for each. */
#ifndef CGN_DATAPLANE_PACKET_H
#define CGN_DATAPLANE_PACKET_H

#include "dataplane/types.h"

/* The flow of a packet, seen from the user. An ICMP error belongs to the flow of the
 * packet that it quotes. */
struct cgn_tuple {
	rte_be32_t local, remote;
	rte_be16_t local_port, remote_port; /* ICMP query: identifier, 0 */
	uint8_t proto;
};

/* Offsets count from the start of the packet's data. */
struct cgn_pkt {
	uint16_t l3, l4;  /* IP and transport header */
	uint16_t len;	  /* bytes of the IP packet, by its header */
	uint16_t iface;	  /* it came in on */
	uint16_t vpn;	  /* its destination is looked up in */
	uint16_t nexthop; /* index in the snapshot */
	uint16_t instance;
	uint16_t flags; /* CGN_PKT_* */
	uint8_t location;
	uint8_t version; /* 4 or 6; 0: ARP */
	uint8_t proto;	 /* transport; IPv6: behind the extension headers walked */
	uint8_t tcp_flags;
	uint16_t scope; /* of the user key */
	rte_be16_t id;	/* IPv4 identification as it came */
	/* as they stand in the header; ICMP query: identifier in both ports */
	rte_be32_t src, dst;
	rte_be16_t sport, dport;
	uint32_t slot; /* down: of the public address */
	uint32_t user, session;
	struct cgn_tuple flow; /* where no session was found, and of ICMP errors */
} __rte_cache_aligned;
_Static_assert(sizeof(struct cgn_pkt) == RTE_CACHE_LINE_SIZE, "one line a packet");

#define CGN_PKT_FRAGMENT     0x01 /* any fragment */
#define CGN_PKT_NOT_FIRST    0x02 /* fragment without a transport header */
#define CGN_PKT_ICMP_ERROR   0x04 /* carries a packet of another flow */
#define CGN_PKT_HAIRPIN	     0x08 /* translated on its way up, now on its way down */
#define CGN_PKT_QUERY	     0x10 /* ICMP echo */
#define CGN_PKT_CUT	     0x20 /* transport header cut off or impossible */
#define CGN_PKT_MULTICAST    0x40 /* link-layer or network-layer destination */
#define CGN_PKT_ARP	     0x80
#define CGN_PKT_TRANSLATED   0x100 /* addresses in the header differ from src, dst here */
#define CGN_PKT_TUNNEL_ERROR 0x200 /* ICMPv6 error about a tunnel packet of ours */
#define CGN_PKT_HELD	     0x400 /* unsolicited SYN whose time is up */

#endif
