/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A record of a worker with what it needs to be told outside the box: names in place of
 * indices, and the wall clock. What the encoders of all formats are given. */
#ifndef CGN_CONTROL_LOG_ITEM_H
#define CGN_CONTROL_LOG_ITEM_H

#include "dataplane/journal.h"

struct cgn_log_item {
	const struct cgn_record *record;
	uint64_t wall_ms;	       /* since 1970, UTC */
	const char *instance;	       /* name */
	const char *vpn;	       /* of the inside; "": the global one */
	const char *pool;	       /* "": not known */
	uint16_t instance_id, pool_id; /* as configured */
	uint32_t limit; /* that was reached; of CGN_RECORD_LIMIT_*, *_FULL */
	/* of thresholds: what is in use, of how much, and the water that was crossed */
	uint64_t used, capacity;
	uint32_t percent;
	uint16_t slot, cpu; /* of a board */
	bool destinations;  /* the far end of sessions is told (RFC 6888 REQ-12) */
};

/* Is the record about a session? Pure. */
static inline bool
cgn_log_item_is_session(const struct cgn_record *r)
{
	return r->type == CGN_RECORD_SESSION_ADD || r->type == CGN_RECORD_SESSION_DEL;
}

/* Is it about the box, not about an instance? Pure. */
static inline bool
cgn_log_item_is_threshold(const struct cgn_record *r)
{
	return r->type >= CGN_RECORD_POOL_HIGH;
}

/* The limit that a refusal is about, 0 for other records. from: the worker's. Pure. */
uint32_t cgn_log_item_limit(const struct cgn_snapshot *snap,
	const struct cgn_worker_conf *from, const struct cgn_record *r);

#endif
