/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Questions to the workers: the tables of all board CPUs, read or cleared by messages,
 * one CPU after the other. */
#ifndef CGN_CONTROL_QUERY_H
#define CGN_CONTROL_QUERY_H

#include "control/daemon.h"
#include "dataplane/msg.h"

enum cgn_query_result {
	CGN_QUERY_WAIT,	 /* a worker has not answered yet: ask again on the next turn */
	CGN_QUERY_BATCH, /* msg.n records are in msg.out, of worker */
	CGN_QUERY_END,	 /* all workers have been asked */
};

struct cgn_query {
	struct cgn_query *next; /* of those that nobody waits for any more */
	struct cgn_daemon *daemon;
	struct cgn_msg msg; /* op and filter are the caller's to set */
	uint32_t slot;	    /* only CPUs of this board, or CGN_NONE */
	uint16_t worker;    /* that answered last */
	uint16_t at;	    /* that is asked next, and where in its table */
	uint32_t cursor;
	uint32_t batch; /* records that out has room for */
	bool posted;
};

/* A query with room for `batch` records of `size` bytes, from the first worker on. The
 * caller sets msg.op, msg.filter and slot, and may set at and cursor to go on where
 * another query was. NULL: out of memory. Control lcore. */
struct cgn_query *cgn_query_create(struct cgn_daemon *d, size_t size, uint32_t batch);

/* Goes a step further, never waits. max: records wanted, or entries to clear, at most. An
 * enum cgn_query_result, or -ETIMEDOUT when the CPU `at` does not run. Control lcore. */
int cgn_query_step(struct cgn_query *q, uint32_t max);

/* Gives a query up. One that a worker still works on is freed later. NULL is allowed. */
void cgn_query_destroy(struct cgn_query *q);

#endif
