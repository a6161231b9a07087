/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which prefixes of the box the world is to know: public addresses and AFTR addresses of
 * what works here. Pure. */
#ifndef CGN_CONTROL_ANNOUNCE_H
#define CGN_CONTROL_ANNOUNCE_H

#include "dataplane/snapshot.h"

/* IPv4 as ::ffff:a.b.c.d, 96 added to the length. */
struct cgn_announce_prefix {
	uint16_t vpn;
	uint8_t key[16];
	uint8_t len;
	uint8_t metric; /* 1, and one more for each location of the group elsewhere */
};

struct cgn_announce_list {
	uint32_t n, room;
	bool short_of_memory;
	struct cgn_announce_prefix *prefix;
};

/* What is about to leave, and is not to be announced any more though it still works; by
 * index in the snapshot. NULL: none. */
struct cgn_announce_leaving {
	const bool *location;
	const bool *instance;
};

/* Puts into the list, which was empty, the prefixes of a snapshot:
 *  - public addresses of an address group that an instance uses which is neither switched
 *    to another box nor leaving, as far as their location is hosted here and not leaving.
 *    Addresses side by side make a prefix, if they are of one group;
 *  - AFTR addresses of such instances with at least one such location.
 * Sorted, each once. */
void cgn_announce_decide(const struct cgn_snapshot *snap,
	const struct cgn_announce_leaving *leaving, struct cgn_announce_list *list);

void cgn_announce_fini(struct cgn_announce_list *list);

/* Is it in the list, with the same metric? */
bool cgn_announce_has(
	const struct cgn_announce_list *list, const struct cgn_announce_prefix *p);

#endif
