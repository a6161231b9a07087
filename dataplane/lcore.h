/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop around a worker. An lcore reads the published snapshot and plan once per turn,
 * and reports a quiescent state when it has done with them. */
#ifndef CGN_DATAPLANE_LCORE_H
#define CGN_DATAPLANE_LCORE_H

#include "dataplane/sender.h"

/* Written by the lcore once per turn, read by control: alone in its cache line. */
struct cgn_beat {
	uint64_t tsc; /* when the last turn began */
	uint64_t turns;
	uint64_t busy;	/* cycles of turns that had work */
	uint64_t start; /* tsc of the first turn */
} __rte_cache_aligned;

struct cgn_lcore {
	struct cgn_runtime *rt;
	struct cgn_worker *worker;
	unsigned id;	       /* EAL's */
	char name[16];	       /* of the thread: cgn-SLOT-CPU, cgn-io-N */
	struct cgn_msg *inbox; /* atomic: control puts, the lcore takes */
	unsigned empty;	       /* turns without work in a row */
	struct cgn_sender out;
	struct cgn_beat beat;
};

/* An lcore for a worker, whose index is its node; NULL: out of memory. Start-up only. */
struct cgn_lcore *cgn_lcore_create(
	struct cgn_runtime *rt, struct cgn_worker *w, unsigned id, const char *name);

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

/* Waits a little, longer with every turn without work: pause, yield, sleep up to about
 * max_us microseconds. */
void cgn_lcore_idle(unsigned empty, unsigned max_us);

#endif
