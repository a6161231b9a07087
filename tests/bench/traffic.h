/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The generator and the sink: who the users and their flows are, what their frames look
 * like before the box, and what they must look like behind it. */
#ifndef CGN_TESTS_BENCH_TRAFFIC_H
#define CGN_TESTS_BENCH_TRAFFIC_H

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "tests/bench/bench.h"

/* A session: UDP from a random port of a user to a random port of a server. */
struct cgn_flow {
	rte_be32_t outside; /* learnt from the first packet; 0: not yet */
	rte_be16_t port, remote_port, outside_port;
} __attribute__((packed));

/* One side of the box. */
struct cgn_side {
	uint16_t device; /* mbuf->port */
	struct rte_ether_addr box, peer;
};

struct cgn_traffic {
	enum cgn_kind kind;
	unsigned size;
	uint32_t sessions, users;
	struct cgn_side inside, outside;
	uint8_t aftr[16];
	uint64_t random;
	uint32_t extra;	       /* sessions opened beyond the established ones so far */
	struct cgn_flow *flow; /* [sessions] */
};

/* Chooses the flows of `sessions` sessions. 0 or -ENOMEM. */
int cgn_traffic_init(
	struct cgn_traffic *t, const struct cgn_bench_options *o, uint32_t sessions);
void cgn_traffic_fini(struct cgn_traffic *t);

/* Addresses of a user: its B4, or what it has inside (network order). */
void cgn_traffic_softwire(uint32_t user, uint8_t addr[16]);
rte_be32_t cgn_traffic_inside(const struct cgn_traffic *t, uint32_t user);

/* Writes a frame of established (or, to open it, of coming) session s into an empty
 * mbuf. The way down is known once the session's first packet has been sunk. */
void cgn_traffic_write(
	struct cgn_traffic *t, struct rte_mbuf *m, uint32_t s, enum cgn_dir dir);

/* Writes the first packet of a session that nobody has seen: a TCP SYN of some user. */
void cgn_traffic_write_new(struct cgn_traffic *t, struct rte_mbuf *m);

/* Is this frame, which left the box, one of ours and rightly translated? Learns the
 * public address and port of a session from its first packet. checksums: look at them
 * too. */
bool cgn_traffic_sink(struct cgn_traffic *t, const struct rte_mbuf *m, bool checksums);

#endif
