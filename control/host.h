/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box as a host on its links: what the control lcore does with the packets that the
 * path gives to it. Control lcore only. */
#ifndef CGN_CONTROL_HOST_H
#define CGN_CONTROL_HOST_H

#include "control/frame.h"
#include "control/resolve.h"

struct cgn_host;

struct cgn_host_stats {
	uint64_t arp_replies;
	uint64_t nd_replies; /* neighbour advertisements */
	uint64_t router_adverts;
	uint64_t echo_replies;
	uint64_t refusals;  /* ICMP errors: port or protocol unreachable */
	uint64_t to_kernel; /* packets given to taps */
};

/* Echo replies per second and at once; refusals and router advertisements likewise. */
#define CGN_HOST_ECHO_RATE    1000
#define CGN_HOST_ECHO_BURST   200
#define CGN_HOST_REFUSE_RATE  100
#define CGN_HOST_REFUSE_BURST 20

/* Packets for the kernel per second and at once: of routing protocols, and all others, so
 * that a flood of the one does not silence the other. */
#define CGN_HOST_ROUTING_RATE  20000
#define CGN_HOST_ROUTING_BURST 4000
#define CGN_HOST_KERNEL_RATE   1000
#define CGN_HOST_KERNEL_BURST  200

/* What the host is told of virtual routers (VRRP). */
enum cgn_host_virtual {
	CGN_HOST_REAL,	 /* no virtual address */
	CGN_HOST_BACKUP, /* one that another box answers for */
	CGN_HOST_MASTER, /* one that this box answers for */
};

struct cgn_host_routers {
	/* What a key (IPv4: ::ffff:a.b.c.d) is. on_link: to who asks on the interface, by
	 * ARP or neighbour discovery; else to a packet that came in there. mac: the
	 * virtual MAC address of a virtual one. */
	enum cgn_host_virtual (*find)(void *ctx, uint16_t iface, const uint8_t key[16],
		bool on_link, struct rte_ether_addr *mac);
	/* Who hosts of the interface have as IPv6 router: the link-local address of a
	 * virtual router, with its MAC address, if there is one. */
	enum cgn_host_virtual (*router)(void *ctx, uint16_t iface, uint8_t link_local[16],
		struct rte_ether_addr *mac);
	/* Takes a packet of protocol 112 that came in on an interface, from its IP header
	 * on. */
	void (*advert)(void *ctx, uint16_t iface, struct rte_mbuf *m);
	void *ctx;
};

/* From now on these are asked; NULL: there are none. */
void cgn_host_set_routers(struct cgn_host *h, const struct cgn_host_routers *routers);

/* The kernel beside the box: gives it a packet, as a frame for the tap of an interface.
 * data: len bytes behind the Ethernet header. false: it was not taken. */
struct cgn_host_kernel {
	bool (*give)(void *ctx, uint16_t iface, const struct rte_ether_hdr *eth,
		const void *data, unsigned len);
	void *ctx;
};

/* From now on it gets what the box itself does not answer, on interfaces with a tap;
 * NULL: there is none. */
void cgn_host_set_kernel(struct cgn_host *h, const struct cgn_host_kernel *kernel);

/* A host with its resolver; NULL: out of memory. wire is copied. */
struct cgn_host *cgn_host_create(const struct cgn_wire *wire);
void cgn_host_destroy(struct cgn_host *h);

/* Goes on with a new snapshot, see cgn_resolve_snapshot(). Needed before any packet. */
void cgn_host_snapshot(struct cgn_host *h, const struct cgn_snapshot *snap);

/* Tells the time (ms, monotonic) and does what is due. About once a millisecond. */
void cgn_host_timer(struct cgn_host *h, uint64_t now_ms);

/* Takes a packet whose mark says CGN_MARK_LOCAL or CGN_MARK_NEIGHBOUR. */
void cgn_host_input(struct cgn_host *h, struct rte_mbuf *m);

/* A datagram of UDP; addresses are keys, IPv4 as ::ffff:a.b.c.d. */
struct cgn_host_udp {
	uint16_t iface;
	const uint8_t *src, *dst; /* 16 bytes each */
	const uint8_t *data;
	unsigned len;
};

/* Takes a datagram; false: it is none for the listener, and is refused. */
typedef bool (*cgn_host_listener)(void *ctx, const struct cgn_host_udp *d);

/* Who gets what comes for a UDP port (host order) of the box, without any limit of rate;
 * there is one. take NULL: nobody. */
void cgn_host_listen(
	struct cgn_host *h, uint16_t port, cgn_host_listener take, void *ctx);

/* Sends a datagram from and to the port of the listener: on the link of iface when dst is
 * connected there, else by the routing table. What cannot be sent is counted as a drop.
 */
void cgn_host_udp_send(struct cgn_host *h, const struct cgn_host_udp *d);

struct cgn_resolver *cgn_host_resolver(struct cgn_host *h);
const struct cgn_host_stats *cgn_host_stats(const struct cgn_host *h);

#endif
