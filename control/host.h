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
	uint64_t refusals; /* ICMP errors: port or protocol unreachable */
};

/* Echo replies per second and at once; refusals and router advertisements likewise. */
#define CGN_HOST_ECHO_RATE    1000
#define CGN_HOST_ECHO_BURST   200
#define CGN_HOST_REFUSE_RATE  100
#define CGN_HOST_REFUSE_BURST 20

/* A host with its resolver; NULL: out of memory. wire is copied. */
struct cgn_host *cgn_host_create(const struct cgn_wire *wire);
void cgn_host_destroy(struct cgn_host *h);

/* Goes on with a new snapshot, see cgn_resolve_snapshot(). Needed before any packet. */
void cgn_host_snapshot(struct cgn_host *h, const struct cgn_snapshot *snap);

/* Tells the time (ms, monotonic) and does what is due. About once a millisecond. */
void cgn_host_timer(struct cgn_host *h, uint64_t now_ms);

/* Takes a packet whose mark says CGN_MARK_LOCAL or CGN_MARK_NEIGHBOUR. */
void cgn_host_input(struct cgn_host *h, struct rte_mbuf *m);

struct cgn_resolver *cgn_host_resolver(struct cgn_host *h);
const struct cgn_host_stats *cgn_host_stats(const struct cgn_host *h);

#endif
