/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the two halves of the trace: what has been seen of the packets of a burst. */
#ifndef CGN_DATAPLANE_TRACE_INT_H
#define CGN_DATAPLANE_TRACE_INT_H

#include "dataplane/trace.h"

#define CGN_TRACE_NAME_SHIFT 4 /* in a mark: below are places of traces that want it */

/* What has been seen of a packet. */
struct cgn_trace_seen {
	struct cgn_trace_facts facts;
	uint32_t mark;	   /* that it came with */
	uint8_t addressed; /* traces whose address it has, a bit each */
	uint8_t end;	   /* enum cgn_trace_end */
	uint8_t n;
	uint8_t hops; /* rounds before this one */
	bool hairpin; /* it may come back as another user's */
	struct cgn_trace_step step[CGN_TRACE_STEPS];
};

struct cgn_trace_look {
	struct cgn_burst *b;
	uint64_t mask;	 /* packets that are looked at */
	uint64_t ended;	 /* of all that were: those whose end is known */
	uint64_t errors; /* that have become ICMP errors */
	uint64_t tsc;
	uint32_t out_n; /* of the outbox, before the burst */
	unsigned stage;
	/* of the burst, before this stage */
	uint64_t fragments, steered, missed; /* missed: without a session */
	unsigned traces;		     /* places, a bit each */
	struct cgn_trace_seen seen[CGN_BURST];
};

/* ::ffff:a.b.c.d */
void cgn_trace_map4(uint8_t out[16], rte_be32_t addr);

/* A step of a packet at this stage, for the caller to fill. The last place is taken over
 * and over. */
struct cgn_trace_step *cgn_trace_add(
	struct cgn_trace_look *l, uint64_t i, enum cgn_trace_what what);

/* The header as it is now; notes whether a filter's address is in it. */
void cgn_trace_add_header(struct cgn_trace_look *l, uint64_t i);

/* The next hop that was found last. */
void cgn_trace_add_route(struct cgn_trace_look *l, uint64_t i);

/* Runs a stage, l->stage, and looks at what it has done. Its own lcore. */
void cgn_trace_look(struct cgn_trace_look *l, cgn_stage *stage);

#endif
