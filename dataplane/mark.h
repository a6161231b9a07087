/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What travels with a packet from one lcore to another, in the private area of its mbuf.
 * Every pool of packets that enter the box has a private area of CGN_MARK_SIZE. */
#ifndef CGN_DATAPLANE_MARK_H
#define CGN_DATAPLANE_MARK_H

#include <rte_mbuf.h>

#include "dataplane/packet.h"

enum cgn_mark_op {
	CGN_MARK_RECEIVE,  /* frame as received on mbuf->port */
	CGN_MARK_STEERED,  /* frame as received on mbuf->port, and what was found out */
	CGN_MARK_HAIRPIN,  /* translated packet whose destination is a pool address;
			    * data starts at the IPv4 header; iface: where it came in */
	CGN_MARK_HELD,	   /* SYN from outside that has waited; as for CGN_MARK_HAIRPIN */
	CGN_MARK_TRANSMIT, /* frame ready for port `port` */
	CGN_MARK_LOCAL,	   /* frame for the box itself; iface set */
	CGN_MARK_NEIGHBOUR, /* data starts at the IP header; next hop gw on iface has no
			     * link-layer address yet */
};

/* What the CPU that received a packet has found out about it, up to where it belongs. It
 * holds for the snapshot that this was found out with; with another one the CPU that
 * hosts the location now has to look again. */
struct cgn_found {
	uint64_t generation; /* of the snapshot */
	uint8_t pkt[offsetof(struct cgn_pkt, user)];
};

struct cgn_mark {
	uint8_t op;	/* enum cgn_mark_op */
	uint8_t hops;	/* times that the packet went round inside the box */
	uint8_t sets;	/* CGN_MARK_STEERED: CGN_FOUND_* */
	uint32_t trace; /* of a packet that is traced (dataplane/trace.h); 0: it is not */
	union {
		struct {
			uint16_t iface;
			uint16_t port; /* snapshot index of the port to transmit on */
			uint16_t vpn;
			uint16_t l3; /* CGN_MARK_LOCAL: offset of the IP or ARP header */
			uint8_t gw[16];
		};
		struct cgn_found found; /* CGN_MARK_STEERED */
	};
};
_Static_assert(sizeof(struct cgn_mark) <= RTE_CACHE_LINE_SIZE, "one line a mark");

#define CGN_FOUND_UP	   1 /* from a user; else to a public address */
#define CGN_FOUND_SOFTWIRE 2
#define CGN_FOUND_EXPIRING 4

#define CGN_MARK_SIZE RTE_CACHE_LINE_SIZE

static inline struct cgn_mark *
cgn_mark(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

#endif
