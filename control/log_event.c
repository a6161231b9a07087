/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Exhaustion and limits as events of the daemon, for `show log` and the journal. Workers
 * report each kind once a second at most; here it is once a minute, because the last
 * events of all kinds share a short list. Control lcore. */
#include "control/log_event.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "control/log.h"

static const char *const reasons[CGN_RECORD_TYPES] = {
	[CGN_RECORD_NO_ADDRESS] = "no public address or port block is left",
	[CGN_RECORD_NO_PORT] = "a user's ports are used up",
	[CGN_RECORD_LIMIT_SESSIONS] = "a user has reached its session limit",
	[CGN_RECORD_LIMIT_REVERSE] = "a user has reached its limit of inbound sessions",
	[CGN_RECORD_LIMIT_PORTS] = "a user has reached its port limit",
	[CGN_RECORD_LIMIT_RATE] = "a user creates sessions too fast",
	[CGN_RECORD_LIMIT_BOARD] = "the board's CPU creates sessions as fast as it may",
	[CGN_RECORD_USERS_FULL] = "the board's licence of users is used up",
	[CGN_RECORD_SESSIONS_FULL] = "the board's licence of sessions is used up",
};

/* ": 2001:db8::1", or nothing when no user is known. */
static const char *
user_of(const struct cgn_record *r, char text[INET6_ADDRSTRLEN + 2])
{
	static const uint8_t none[16];

	strcpy(text, ": ");
	if (r->kind == CGN_DS_LITE && memcmp(r->softwire, none, sizeof(none)) != 0)
		inet_ntop(AF_INET6, r->softwire, text + 2, INET6_ADDRSTRLEN);
	else if (r->inside)
		inet_ntop(AF_INET, &r->inside, text + 2, INET6_ADDRSTRLEN);
	else
		text[0] = '\0';
	return text;
}

void
cgn_log_event_record(struct cgn_log_event_state *state, const struct cgn_log_item *item,
	uint64_t now_ms)
{
	const struct cgn_record *r = item->record;
	char user[INET6_ADDRSTRLEN + 2], more[48] = "";

	if (!reasons[r->type])
		return;
	if (now_ms < state->of[r->instance][r->type].until_ms) {
		state->of[r->instance][r->type].held++;
		return;
	}
	if (state->of[r->instance][r->type].held)
		snprintf(more, sizeof(more), " (and %u reports before)",
			state->of[r->instance][r->type].held);
	state->of[r->instance][r->type].held = 0;
	state->of[r->instance][r->type].until_ms = now_ms + CGN_LOG_EVENT_MS;
	cgn_log_event(LOG_WARNING, "instance %s: %s%s%s", item->instance,
		reasons[r->type], user_of(r, user), more);
}
