/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What remains to be done when a changed configuration is in effect. */
#ifndef CGN_CONTROL_REST_H
#define CGN_CONTROL_REST_H

#include <stdbool.h>
#include <stdint.h>

struct cgn_daemon;
struct cgn_query;

/* Zeroed at first. */
struct cgn_rest {
	struct cgn_query *query; /* that ends what is stale */
	bool users;		 /* it is at the users, the sessions are done */
	uint32_t stay;		 /* users that still have sessions, in this round */
	uint64_t sessions;	 /* ended since the change */
	uint64_t next_ms;	 /* when to look again */
};

/* A changed configuration is in effect. Control lcore. */
void cgn_rest_begin(struct cgn_daemon *d);

/* Goes on; never waits. Every millisecond. Control lcore. */
void cgn_rest_turn(struct cgn_daemon *d);

void cgn_rest_fini(struct cgn_daemon *d);

#endif
