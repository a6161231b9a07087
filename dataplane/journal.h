/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a worker reports: port blocks taken and given back, sessions, exhaustion, limits.
 * Records go by value through a ring to the control lcore, which writes and exports them.
 * A full ring costs a record, never a packet, and the loss is counted. */
#ifndef CGN_DATAPLANE_JOURNAL_H
#define CGN_DATAPLANE_JOURNAL_H

#include "dataplane/worker.h"

enum cgn_record_type {
	CGN_RECORD_BLOCK_TAKE,	/* RFC 8158 natEvent 16 */
	CGN_RECORD_BLOCK_GIVE,	/* 17 */
	CGN_RECORD_SESSION_ADD, /* 4 */
	CGN_RECORD_SESSION_DEL, /* 5 */
	CGN_RECORD_MAPPING_ADD, /* 8: a port without a block */
	CGN_RECORD_MAPPING_DEL, /* 9 */
	CGN_RECORD_NO_ADDRESS,	/* 3: addresses exhausted: pool of the instance is full */
	CGN_RECORD_NO_PORT,	/* 12: ports exhausted: the user's blocks are full */
	CGN_RECORD_LIMIT_SESSIONS, /* 13: quota exceeded */
	CGN_RECORD_LIMIT_REVERSE,  /* 13 */
	CGN_RECORD_LIMIT_PORTS,	   /* 13 */
	CGN_RECORD_LIMIT_RATE,	   /* 13 */
	CGN_RECORD_LIMIT_BOARD,	   /* 13: creation rate of the board's CPU */
	CGN_RECORD_USERS_FULL,	   /* 13: licence */
	CGN_RECORD_SESSIONS_FULL,  /* 13: licence */
	/* 18: thresholds, of the box; no worker writes these */
	CGN_RECORD_POOL_HIGH,
	CGN_RECORD_POOL_LOW,
	CGN_RECORD_BOARD_SESSIONS_HIGH,
	CGN_RECORD_BOARD_SESSIONS_LOW,
	CGN_RECORD_BOARD_USERS_HIGH,
	CGN_RECORD_BOARD_USERS_LOW,
	CGN_RECORD_TYPES
};
_Static_assert(CGN_RECORD_TYPES <= CGN_REFUSALS, "room for when each was last reported");

/* Addresses and ports in network order, but first and last. */
struct cgn_record {
	uint64_t ms; /* monotonic */
	uint8_t type, proto, kind;
	uint8_t spare;
	uint16_t instance, location, vpn_in, vpn_out; /* indices */
	uint8_t softwire[16];			      /* DS-Lite */
	rte_be32_t inside, outside, remote;
	rte_be16_t inside_port, outside_port, remote_port;
	uint16_t first, last; /* block; host order */
	uint16_t pool;
};
_Static_assert(sizeof(struct cgn_record) == 64, "one line a record");

#define CGN_JOURNAL 16384 /* records that wait for the control lcore, per worker */

/* Reports a block of a user. Owner. */
void cgn_journal_block(struct cgn_worker *w, enum cgn_record_type type,
	const struct cgn_user *u, const struct cgn_block *blk);

/* Reports the port of a mapping that is of no block, where blocks are reported. Owner. */
void cgn_journal_mapping(
	struct cgn_worker *w, enum cgn_record_type type, const struct cgn_mapping *m);

/* Reports a session, if its instance logs them. Owner. */
void cgn_journal_session(
	struct cgn_worker *w, enum cgn_record_type type, const struct cgn_session *s);

/* Reports that something was refused; at most one record a second of each type, instance
 * and worker, also of instances that log to no host. u: NULL when there is no user yet.
 * Owner. */
void cgn_journal_refusal(struct cgn_worker *w, enum cgn_record_type type,
	uint16_t instance, const struct cgn_user *u, uint8_t proto);

/* Takes up to n records; returns how many. Control lcore. */
unsigned cgn_journal_read(struct cgn_worker *w, struct cgn_record *out, unsigned n);

#endif
