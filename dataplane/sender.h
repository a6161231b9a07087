/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a node of the mesh sends: frames to ports, by its own transmit queue or through the
 * lcore that has one, and packets to other nodes. Used by every lcore, the control lcore
 * included; and what all of them share. */
#ifndef CGN_DATAPLANE_SENDER_H
#define CGN_DATAPLANE_SENDER_H

#include <rte_rcu_qsbr.h>

#include "dataplane/mesh.h"
#include "dataplane/worker.h"

struct cgn_lcore;

/* Control publishes the snapshot and the plan by a store with release. */
struct cgn_runtime {
	const struct cgn_snapshot *snap; /* atomic */
	const struct cgn_plan *plan;	 /* atomic */
	struct rte_rcu_qsbr *qsbr;	 /* thread ids are nodes */
	struct cgn_mesh *mesh;
	uint16_t n_workers; /* board CPUs, then line cards; control is the next node */
	struct cgn_lcore *lcore[CGN_MAX_WORKERS];
	bool poll; /* never sleep */
	bool stop; /* atomic */
	uint64_t tsc_per_ms;
	uint64_t turned_ms; /* atomic: how far a test has turned the clock, else 0 */
};

/* Frames on their way to a port, sent when there are enough or the turn ends. */
struct cgn_tx {
	uint16_t n;
	struct rte_mbuf *pkt[CGN_BURST];
};

struct cgn_sender {
	struct cgn_runtime *rt;
	uint16_t node;
	const struct cgn_snapshot *snap; /* of this turn */
	const struct cgn_plan *plan;
	uint64_t *drop;			 /* counters by reason */
	uint64_t pending;		 /* devices whose tx[] holds frames */
	struct cgn_tx tx[CGN_MAX_PORTS]; /* by device */
};

/* Begins a turn: reads what is published. Lcore of the node. */
void cgn_sender_begin(struct cgn_sender *s);

/* Sends a frame to a port (index in the snapshot), by this node's own queue or through
 * the mesh; it goes out at the latest with cgn_sender_flush(). Takes the packet; one that
 * cannot be sent is counted as tx_full. */
void cgn_sender_send(struct cgn_sender *s, uint16_t port, struct rte_mbuf *m);

/* Sends what is pending on all devices. */
void cgn_sender_flush(struct cgn_sender *s);

/* Gives packets with their marks to a node; those that its ring does not take are freed
 * and counted under `reason`. Lcore of the node. */
void cgn_sender_give(struct cgn_sender *s, uint16_t to, struct rte_mbuf **pkt, unsigned n,
	enum cgn_drop reason);

/* Distributes a worker's outbox: to ports, to other workers, to the control lcore. */
void cgn_sender_empty(struct cgn_sender *s, struct cgn_outbox *out);

/* The clock of the path: milliseconds of a time stamp counter that all lcores share. */
static inline uint64_t
cgn_runtime_ms(const struct cgn_runtime *rt, uint64_t tsc)
{
	return tsc / rt->tsc_per_ms + __atomic_load_n(&rt->turned_ms, __ATOMIC_RELAXED);
}

/* Node of the control lcore. */
static inline uint16_t
cgn_runtime_control(const struct cgn_runtime *rt)
{
	return rt->n_workers;
}

#endif
