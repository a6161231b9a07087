/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Exhaustion and limits as events of the daemon. */
#ifndef CGN_CONTROL_LOG_EVENT_H
#define CGN_CONTROL_LOG_EVENT_H

#include "control/log_item.h"

#define CGN_LOG_EVENT_MS 60000 /* of one kind and instance, not more often */

/* When each was last told, and how many were not told since. Zeroed at first. */
struct cgn_log_event_state {
	struct {
		uint64_t until_ms;
		uint32_t held;
	} of[CGN_MAX_INSTANCES][CGN_RECORD_TYPES];
};

/* Tells a record that is a refusal, at most once a minute of each type and instance;
 * others are passed over. Control lcore. */
void cgn_log_event_record(struct cgn_log_event_state *state,
	const struct cgn_log_item *item, uint64_t now_ms);

#endif
