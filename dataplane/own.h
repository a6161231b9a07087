/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ports of a location's addresses that a box may give out. */
#ifndef CGN_DATAPLANE_OWN_H
#define CGN_DATAPLANE_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/types.h"

/* Of two boxes one has its reserve at the lower end of the ports, the other one at the
 * upper end; what is between belongs to one of them at a time (ha/role.h). */
enum cgn_own {
	CGN_OWN_ALL,	  /* there is no other box */
	CGN_OWN_LOW,	  /* its reserve: the lower end */
	CGN_OWN_LOW_MOST, /* and what is between */
	CGN_OWN_HIGH,
	CGN_OWN_HIGH_MOST,
};

/* A reserve has a sixteenth of the ports, more for large blocks, at most half of them. */
#define CGN_OWN_RESERVE (CGN_PORT_COUNT / 16)

/* Ports [first, end). */
struct cgn_own_range {
	uint32_t first, end;
};

/* Ports of a reserve in which a block of this size (1..) of its grid has room, at either
 * end. Pure. */
uint16_t cgn_own_reserve(uint32_t size);

/* Where to look for ports: first, 0, between the reserves, then, 1, in the box's own too.
 * false: there is no such range. Pure; any lcore. */
bool cgn_own_range(
	enum cgn_own own, uint16_t reserve, unsigned k, struct cgn_own_range *out);

#endif
