/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tells when pools and licences fill up, and when they have room again. */
#ifndef CGN_CONTROL_THRESHOLD_H
#define CGN_CONTROL_THRESHOLD_H

#include "control/log_export.h"

#define CGN_THRESHOLD_POOLS 4096u /* as many as there may be */

/* Zeroed at first. */
struct cgn_threshold_state {
	uint64_t next_ms;    /* when the next look begins */
	uint64_t generation; /* of the snapshot that is being walked */
	uint32_t at;	     /* address slot to look at next */
	uint64_t used[CGN_THRESHOLD_POOLS], capacity[CGN_THRESHOLD_POOLS]; /* ports */
	/* What was told last: above the high water, and not yet below the low one. */
	bool pool[CGN_THRESHOLD_POOLS], sessions[CGN_MAX_WORKERS], users[CGN_MAX_WORKERS];
};

/* Whether what is used of `capacity` is above its threshold, given whether it was: it is
 * from high per cent on, and until low per cent. high 0: never. Pure. */
bool cgn_threshold_above(bool was, uint64_t used, uint64_t capacity,
	const struct cgn_conf_thresholds *water);

/* Goes on with looking at all pools and the first n workers, which begins once a second
 * and takes a few turns: events of the daemon, and records to all log hosts, one each
 * time that a threshold is crossed. now_ms: monotonic. Control lcore, every millisecond.
 */
void cgn_threshold_turn(struct cgn_threshold_state *t, struct cgn_log_export *x,
	const struct cgn_snapshot *snap, struct cgn_worker *const *worker, unsigned n,
	const struct cgn_conf_thresholds *water, uint64_t now_ms);

#endif
