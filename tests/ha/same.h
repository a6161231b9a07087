/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Is a copy what it should be? Looks at both workers of a location, entry by entry. */
#ifndef CGN_TESTS_HA_SAME_H
#define CGN_TESTS_HA_SAME_H

#include "tests/box/box.h"

/* True when the standby of a location (index) has the same users, blocks, mappings,
 * sessions and ports as its host, and nothing else; else says what differs. Sessions of
 * the host younger than `delay` ticks are left out, with their mappings; with them,
 * counts of users and ports are not compared. The same must be true of the digests. */
bool cgn_same(const struct cgn_box *box, uint16_t location, cgn_tick delay);

/* True when keys, counts and bitmaps of a worker agree with its users, blocks, mappings
 * and sessions. */
bool cgn_sound(const struct cgn_box *box, unsigned worker);

/* Has a worker a session of this inside port with this public end (host order)? */
bool cgn_knows(
	const struct cgn_worker *w, uint16_t inside_port, uint32_t addr, uint16_t port);

/* A number below n, from a state that is not 0: the same ones each time. */
uint32_t cgn_pick(uint64_t *state, uint32_t n);

#endif
