/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jumps of the wall clock. */
#ifndef CGN_CONTROL_WALL_H
#define CGN_CONTROL_WALL_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. */
struct cgn_wall {
	bool known;
	int64_t apart_ms; /* of the wall clock from the monotonic one */
	uint64_t next_ms;
};

/* By how many ms the wall clock was set forward (or back, negative) since the last time;
 * 0: by less than a second. Both in ms. Pure. */
int64_t cgn_wall_jump(struct cgn_wall *wall, int64_t wall_ms, int64_t monotonic_ms);

/* Looks once a second; a jump is an event. now_ms: of the control lcore. */
void cgn_wall_turn(struct cgn_wall *wall, uint64_t now_ms);

#endif
