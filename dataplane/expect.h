/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data connections that a control connection has announced. */
#ifndef CGN_DATAPLANE_EXPECT_H
#define CGN_DATAPLANE_EXPECT_H

#include "dataplane/alg.h"

#define CGN_EXPECT_S	60 /* how long one is waited for */
#define CGN_EXPECT_USER 32 /* that one user waits for at a time */

/* A peer may connect to a mapping: it keeps the mapping alive until then. */
struct cgn_expect {
	uint32_t mapping; /* first: overwritten when the slot is freed */
	rte_be32_t remote;
	cgn_tick made;
	uint16_t next;	  /* of the same mapping: slot + 1; 0: the last */
	uint16_t control; /* slot + 1; 0: this slot is free */
	rte_be16_t inside_port, remote_port; /* of the control connection */
	struct cgn_told told;
};

/* The mapping of the session's user for an inside port, made if there is none, from which
 * the session's peer may open one connection. A control connection that waits for
 * CGN_ALG_EXPECTED gives up the oldest. CGN_NONE: limits or memory do not allow it; then
 * nothing has changed. Owner. */
uint32_t cgn_expect_add(
	struct cgn_worker *w, const struct cgn_session *s, rte_be16_t inside_port);

/* Takes cgn_expect_add() back. Owner. */
void cgn_expect_forget(
	struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping);

/* What the host of a session expects on a mapping of its user, announced so long ago; as
 * cgn_expect_add(). Slot + 1; 0: there is no room, and the mapping is as it was. Standby.
 */
uint16_t cgn_expect_copy(struct cgn_worker *w, const struct cgn_session *s,
	uint32_t mapping, cgn_tick age);

/* What a session expects on a mapping: slot + 1; 0: nothing. Owner. */
uint16_t cgn_expect_of(
	const struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping);

/* Gives up all that a control connection waits for. Owner. */
void cgn_expect_clear(struct cgn_worker *w, uint16_t control);

/* What says that this address may connect to the mapping: slot + 1; 0: nothing. Owner. */
uint16_t cgn_expect_find(const struct cgn_worker *w, uint32_t mapping, rte_be32_t remote);

/* Forgets one: its connection has a session now, or is waited for no longer. The mapping
 * goes unless something else keeps it. Owner. */
void cgn_expect_del(struct cgn_worker *w, uint16_t slot);

/* Gives up what has been waited for too long; looks at a bounded number. Copies wait for
 * their host. With the ticks. */
void cgn_expect_sweep(struct cgn_worker *w);

static inline struct cgn_expect *
cgn_expect_at(const struct cgn_worker *w, uint16_t slot)
{
	return cgn_slots_at(&w->alg.expected, slot - 1u);
}

#endif
