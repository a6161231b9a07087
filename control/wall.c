/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No timer of the box goes by the wall clock, so it may be set. What bears its time are
 * events, log records and the history of configurations; who reads them must be told
 * where one time ends and another begins. Once a second its distance to the monotonic
 * clock is looked at. A leap second is a jump of one second; slewing (NTP) is none.
 *
 * Control lcore. */
#include "control/wall.h"

#include <stdlib.h>
#include <time.h>

#include "control/log.h"

#define LOOK_MS 1000
#define JUMP_MS 900 /* a leap second is one */

static int64_t
read_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
cgn_wall_jump(struct cgn_wall *wall, int64_t wall_ms, int64_t monotonic_ms)
{
	int64_t apart = wall_ms - monotonic_ms;
	int64_t jump = wall->known ? apart - wall->apart_ms : 0;

	wall->known = true;
	wall->apart_ms = apart;
	return llabs(jump) < JUMP_MS ? 0 : jump;
}

void
cgn_wall_turn(struct cgn_wall *wall, uint64_t now_ms)
{
	int64_t jump;

	if (now_ms < wall->next_ms)
		return;
	wall->next_ms = now_ms + LOOK_MS;
	jump = cgn_wall_jump(wall, read_ms(CLOCK_REALTIME), read_ms(CLOCK_MONOTONIC));
	if (jump)
		cgn_log_event(LOG_WARNING,
			"the wall clock was set %s by %.1f s: times before are by the "
			"old one",
			jump > 0 ? "forward" : "back", (double)llabs(jump) / 1000);
}
