/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop around a worker. An lcore reads the published snapshot and plan once per turn,
 * and reports a quiescent state when it has done with them. */
#ifndef CGN_DATAPLANE_LCORE_H
#define CGN_DATAPLANE_LCORE_H

#include "dataplane/park.h"
#include "dataplane/sender.h"

/* Written by the lcore once per turn, read by control: alone in its cache line. */
struct cgn_beat {
	uint64_t tsc; /* when the last turn began */
	uint64_t turns;
	uint64_t busy;	/* cycles of turns that had work */
	uint64_t start; /* tsc of the first turn */
	uint64_t gap;	/* longest time between the beginnings of two turns, in cycles */
} __rte_cache_aligned;

/* What a test does to an lcore, in builds with fault injection. */
enum cgn_lcore_fault { CGN_LCORE_WELL, CGN_LCORE_HANG, CGN_LCORE_CRASH };

struct cgn_lcore {
	struct cgn_runtime *rt;
	struct cgn_worker *worker;
	unsigned id;		    /* EAL's */
	char name[16];		    /* of the thread: cgn-SLOT-CPU, cgn-io-N */
	struct cgn_msg *inbox;	    /* atomic: control puts, the lcore takes */
	unsigned burst;		    /* packets in the stages */
	uint32_t fault;		    /* atomic: enum cgn_lcore_fault */
	struct cgn_address **stale; /* to be emptied with a reset; by malloc() */
	uint32_t n_stale;
	struct cgn_sender out;
	struct cgn_park park;
	struct cgn_beat beat;
};

/* An lcore for a worker, whose index is its node; NULL: out of memory. Start-up only. */
struct cgn_lcore *cgn_lcore_create(
	struct cgn_runtime *rt, struct cgn_worker *w, unsigned id, const char *name);

/* Frees it and the frames it holds; the worker remains. Its thread must have left. */
void cgn_lcore_destroy(struct cgn_lcore *lc);

/* Turns until rt->stop, or until it has been parked and let go; what
 * rte_eal_remote_launch() starts. arg: struct cgn_lcore. */
int cgn_lcore_main(void *arg);

/* Takes over what a parked lcore has left: it is offline for those who wait for a
 * quiescent state, its half-done operations on rings are undone, its message is answered
 * as if there were nothing more. Returns how many packets were in its hands and are lost.
 * Control lcore, once after cgn_park_seize(). */
unsigned cgn_lcore_bury(struct cgn_lcore *lc);

/* Makes a buried lcore ready to be launched again: empty tables, nothing pending; what it
 * held is freed if it parked between two turns, else given up. Returns how many packet
 * buffers were given up. Its own thread, or control while that does not run. */
unsigned cgn_lcore_reset(struct cgn_lcore *lc);

/* One turn: tick, message, mesh, receive queues, outbox. Returns how many packets there
 * were. now: tsc. Its own lcore. */
unsigned cgn_lcore_turn(struct cgn_lcore *lc, uint64_t now);

/* Gives a message to the worker of an lcore; false: one is on its way. Control lcore. */
bool cgn_lcore_post(struct cgn_lcore *lc, struct cgn_msg *msg);

/* Milliseconds since the lcore began a turn. Any lcore. */
uint64_t cgn_lcore_age_ms(const struct cgn_lcore *lc);

/* Waits after a turn without work, the last one with work having ended at `worked` (tsc):
 * pauses, lets others run, or sleeps for an eighth of the time that has passed since
 * then, max_us microseconds at most. Any lcore. */
void cgn_lcore_idle(const struct cgn_runtime *rt, uint64_t worked, unsigned max_us);

#endif
