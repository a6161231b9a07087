/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mesh: one ring with a single producer and a single consumer from every node to
 * every other, so that an lcore that stops at any instruction stops nobody else. What
 * travels are packets with a struct cgn_mark. */
#ifndef CGN_DATAPLANE_MESH_H
#define CGN_DATAPLANE_MESH_H

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/plan.h"

struct cgn_mesh {
	unsigned n_nodes;
	struct rte_ring *ring[CGN_MAX_NODES][CGN_MAX_NODES]; /* [from][to] */
};

/* Rings for n_nodes nodes, each for `size` packets (a power of two), on a NUMA node or
 * -1. NULL: out of memory, with rte_errno set. Start-up only. */
struct cgn_mesh *cgn_mesh_create(unsigned n_nodes, unsigned size, int socket);

/* Frees the rings and the packets in them; no lcore may use them any more. */
void cgn_mesh_destroy(struct cgn_mesh *m);

/* Gives up to n packets from one node to another; returns how many the ring took, the
 * others remain the caller's. Lcore of `from`. */
static inline unsigned
cgn_mesh_give(
	struct cgn_mesh *m, unsigned from, unsigned to, struct rte_mbuf **pkt, unsigned n)
{
	return rte_ring_sp_enqueue_burst(m->ring[from][to], (void **)pkt, n, NULL);
}

/* Takes up to n packets that `from` has given to `to`. Lcore of `to`. */
static inline unsigned
cgn_mesh_take(
	struct cgn_mesh *m, unsigned from, unsigned to, struct rte_mbuf **pkt, unsigned n)
{
	return rte_ring_sc_dequeue_burst(m->ring[from][to], (void **)pkt, n, NULL);
}

#endif
