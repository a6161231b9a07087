/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of the copies that standby CPUs keep, told as events. */
#ifndef CGN_CONTROL_COPIES_H
#define CGN_CONTROL_COPIES_H

#include <stdbool.h>
#include <stdint.h>

/* What is seen of a copy at one look. */
struct cgn_copies_sight {
	uint16_t host, standby; /* workers; standby CGN_NONE16: there is no copy */
	bool finished;		/* the batch */
	bool filled;		/* and right now nothing is known to be missing */
	uint64_t refused;	/* records, by the standby, since the start */
};

enum cgn_copies_news {
	CGN_COPIES_NONE,
	CGN_COPIES_BEGUN,    /* a batch */
	CGN_COPIES_FINISHED, /* it is complete at the standby */
	CGN_COPIES_REFUSED,  /* the standby has no room for all of it */
	CGN_COPIES_REPAIRED, /* it has all again */
};

/* Of one location; zeroed at first. */
struct cgn_copies_state {
	bool known;
	struct cgn_copies_sight last;
	bool lacks;	/* some were refused, and the digests have not agreed since */
	bool repairing; /* and the copy has been found different */
	uint64_t quiet_ms;
};

/* What is new since the last look. Refusals count once the batch is finished, and within
 * a second of a change of places they mean nothing: the former host's last words come too
 * late. Pure. */
enum cgn_copies_news cgn_copies_step(
	struct cgn_copies_state *s, const struct cgn_copies_sight *now, uint64_t now_ms);

struct cgn_daemon;

/* Tells what is new of all copies. Once per millisecond; looks ten times a second.
 * Control lcore. */
void cgn_copies_turn(struct cgn_daemon *d);

/* Does a location's copy lack what its standby had no room for? location: index in the
 * snapshot. Control lcore. */
bool cgn_copies_lacks(uint16_t location);

#endif
