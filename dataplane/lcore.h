/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop around a worker, and what all lcores share. Control publishes the snapshot and
 * the plan by a store with release; an lcore reads both once per turn and then reports a
 * quiescent state. */
#ifndef CGN_DATAPLANE_LCORE_H
#define CGN_DATAPLANE_LCORE_H

#include <rte_rcu_qsbr.h>

#include "dataplane/mesh.h"
#include "dataplane/worker.h"

struct cgn_lcore;

struct cgn_runtime {
	const struct cgn_snapshot *snap; /* atomic */
	const struct cgn_plan *plan;	 /* atomic */
	struct rte_rcu_qsbr *qsbr;	 /* thread ids are nodes */
	struct cgn_mesh *mesh;
	uint16_t n_workers; /* board CPUs first, then line cards; control is the next node */
	struct cgn_lcore *lcore[CGN_MAX_WORKERS];
	bool poll; /* never sleep */
	bool stop; /* atomic */
	uint64_t tsc_hz;
};

/* Frames on their way to a port, sent when there are enough or the turn ends. */
struct cgn_tx {
	uint16_t n;
	struct rte_mbuf *pkt[CGN_BURST];
};

/* How a node sends: used by every lcore, the control lcore included. */
struct cgn_sender {
	struct cgn_runtime *rt;
	uint16_t node;
	const struct cgn_snapshot *snap; /* of this turn */
	const struct cgn_plan *plan;
	uint64_t *drop; /* counters by reason */
	uint64_t pending; /* devices whose tx[] holds frames */
	struct cgn_tx tx[CGN_MAX_PORTS]; /* by device */
};

/* Written by the lcore once per turn, read by control: alone in its cache line. */
struct cgn_beat {
	uint64_t tsc;	/* when the last turn began */
	uint64_t turns;
	uint64_t busy;	/* cycles of turns that had work */
	uint64_t start; /* tsc of the first turn */
} __rte_cache_aligned;

struct cgn_lcore {
	struct cgn_runtime *rt;
	struct cgn_worker *worker;
	unsigned id;	 /* EAL's */
	char name[16];	 /* of the thread: cgn-SLOT-CPU, cgn-io-N */
	struct cgn_msg *inbox; /* atomic: control puts, the lcore takes */
	unsigned empty;	 /* turns without work in a row */
	struct cgn_sender out;
	struct cgn_beat beat;
};

/* An lcore for a worker, whose index is its node; NULL: out of memory. Start-up only. */
struct cgn_lcore *cgn_lcore_create(struct cgn_runtime *rt, struct cgn_worker *w, unsigned id,
	const char *name);

/* Frees it and the frames it holds; the worker remains. Its thread must have left. */
void cgn_lcore_destroy(struct cgn_lcore *lc);

/* Turns until rt->stop; what rte_eal_remote_launch() starts. arg: struct cgn_lcore. */
int cgn_lcore_main(void *arg);

/* One turn: tick, message, mesh, receive queues, outbox. Returns how many packets there
 * were. now: tsc. Its own lcore. */
unsigned cgn_lcore_turn(struct cgn_lcore *lc, uint64_t now);

/* Gives a message to the worker of an lcore; false: one is on its way. Control lcore. */
bool cgn_lcore_post(struct cgn_lcore *lc, struct cgn_msg *msg);

/* Milliseconds since the lcore began a turn. Any lcore. */
uint64_t cgn_lcore_age_ms(const struct cgn_lcore *lc);

/* Begins a turn: reads what is published. Lcore of the node. */
void cgn_sender_begin(struct cgn_sender *s);

/* Sends a frame to a port (index in the snapshot), by this node's own queue or through the
 * mesh; it goes out at the latest with cgn_sender_flush(). Takes the packet; one that
 * cannot be sent is counted as tx_full. */
void cgn_sender_send(struct cgn_sender *s, uint16_t port, struct rte_mbuf *m);

/* Sends what is pending on all devices. */
void cgn_sender_flush(struct cgn_sender *s);

/* Distributes a worker's outbox: to ports, to other workers, to the control lcore. */
void cgn_sender_empty(struct cgn_sender *s, struct cgn_outbox *out);

/* Waits a little, longer with every turn without work: pause, yield, sleep up to about
 * max_us microseconds. */
void cgn_lcore_idle(unsigned empty, unsigned max_us);

#endif
