/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the host, and by nobody else. */
#ifndef CGN_CONTROL_HOST_INT_H
#define CGN_CONTROL_HOST_INT_H

#include <string.h>

#include "control/compile.h"
#include "control/host.h"
#include "dataplane/mark.h"
#include "dataplane/neigh.h"

/* A thing that may happen `rate` times per second, and `burst` times at once. */
struct bucket {
	uint32_t rate, burst;
	uint64_t milli; /* thousandths of a token */
	uint64_t filled_ms;
};

struct cgn_host {
	struct cgn_wire wire;
	struct cgn_host_routers routers; /* find NULL: there are none */
	const struct cgn_snapshot *snap;
	struct cgn_resolver *resolver;
	uint64_t now_ms;
	uint16_t ip_id;
	struct bucket echo, refuse;
	struct cgn_host_kernel kernel; /* give NULL: there is none */
	struct bucket routing, other;  /* of what it gets */
	rte_be16_t port;	       /* of the listener */
	cgn_host_listener take;
	void *take_ctx;
	struct cgn_host_stats stats;
};

/* A packet for the box; data starts at the network header. */
struct input {
	struct rte_mbuf *m;
	uint16_t iface, vpn;
	bool framed;	/* from and broadcast are known */
	bool multicast; /* the frame was not for the box alone */
	struct rte_ether_addr from;
};

/* What an address is to virtual routers, see struct cgn_host_routers. */
enum cgn_host_virtual cgn_host_find_virtual(const struct cgn_host *h,
	const struct input *in, const uint8_t key[16], bool on_link,
	struct rte_ether_addr *mac);

/* Does the box answer on the link for an address? mac: with which one. */
bool cgn_host_is_ours(const struct cgn_host *h, const struct input *in,
	const uint8_t key[16], struct rte_ether_addr *mac);

/* Takes a packet of protocol 112. */
void cgn_host_advert(struct cgn_host *h, const struct input *in);

/* Takes one token; false: none left. */
bool cgn_host_allow(struct cgn_host *h, struct bucket *b);

/* Routes a packet that the box made (data starts at the IP header) in the VPN of `in`;
 * without a route it goes back to where the packet before it came from. Takes m. */
void cgn_host_output(struct cgn_host *h, const struct input *in, const uint8_t dst[16],
	struct rte_mbuf *m);

/* Is this key an IPv4 address? */
bool cgn_host_ip4_key(const uint8_t key[16]);

/* Gives a packet with a UDP header at an offset to the listener; true: it took in->m. */
bool cgn_host_udp_input(struct cgn_host *h, const struct input *in, const uint8_t src[16],
	const uint8_t dst[16], unsigned offset);

/* Gives a packet to the kernel, if it is one for it: to an address that it has, or to a
 * group. type: RTE_ETHER_TYPE_*. false: it is none. true: in->m is taken. */
bool cgn_host_kernel_take(struct cgn_host *h, const struct input *in, uint16_t type);

/* Shows it a packet that the box has read too: answers to questions about neighbours. */
void cgn_host_kernel_show(struct cgn_host *h, const struct input *in, uint16_t type);

/* Transmits a frame, or counts that there was no buffer to make it (NULL). */
void cgn_host_emit(struct cgn_host *h, struct rte_mbuf *m, const struct cgn_iface *f);

/* Ends a packet, by name. */
static inline void
refuse(struct cgn_host *h, const struct input *in, enum cgn_drop reason)
{
	cgn_frame_drop(&h->wire, in->m, reason);
}

/* Each takes in->m. */
void cgn_host_arp(struct cgn_host *h, const struct input *in);
void cgn_host_ip4(struct cgn_host *h, const struct input *in);
void cgn_host_ip6(struct cgn_host *h, const struct input *in);

/* Neighbour discovery; message: `len` bytes of ICMPv6, checksum verified. */
void cgn_host_nd(
	struct cgn_host *h, const struct input *in, const uint8_t *message, unsigned len);

#endif
