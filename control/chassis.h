/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes: what this one is to the locations that have a backup in the other. */
#ifndef CGN_CONTROL_CHASSIS_H
#define CGN_CONTROL_CHASSIS_H

#include "control/compile.h"
#include "control/daemon.h"
#include "control/moves.h"
#include "ha/role.h"

/* Planned switches go through these. */
enum cgn_chassis_switch {
	CGN_CHASSIS_STAYS,
	CGN_CHASSIS_DRAINS, /* what the other box does not know yet is sent */
	CGN_CHASSIS_LEAVES, /* the other box is to take over */
};

/* A location with a remote backup. */
struct cgn_chassis_location {
	uint16_t id; /* configured */
	struct cgn_role_state role;
	struct cgn_role_peer peer; /* as it was seen last */
	uint64_t heard_us;	   /* when, as the channel knows it */
	enum cgn_chassis_switch leaving;
	bool asks;	    /* the other box is asked to give way */
	bool told;	    /* the switch was by command */
	uint64_t asked_ms;  /* when */
	uint64_t stayed_ms; /* when one last came to nothing */
	uint8_t own;	    /* enum cgn_own: the ports that we give out */
};

/* All; 0 or -ENOMEM. Needed before the first snapshot. */
int cgn_chassis_init(struct cgn_daemon *d);
void cgn_chassis_fini(struct cgn_daemon *d);

/* Takes on d->conf after it has been replaced; locations that go on (by id) keep their
 * role. 0 or -ENOMEM, and nothing has changed. */
int cgn_chassis_configure(struct cgn_daemon *d);

/* Where a location is, seen from both boxes. place: where it is among our CPUs, or would
 * be. host: slot and cpu are left alone. */
void cgn_chassis_place(const struct cgn_daemon *d, uint32_t location,
	const struct cgn_moves_place *place, struct cgn_compile_host *host);

/* Does the other box keep the copy? Then no CPU of ours takes the location over cold. */
bool cgn_chassis_mirrors(const struct cgn_daemon *d, uint32_t location);

/* Moves records between workers and channels; returns how many. Every turn. */
unsigned cgn_chassis_pump(struct cgn_daemon *d);

/* Decides the roles; what has changed is to be settled. Once per millisecond, before
 * cgn_watch_turn(); then, behind it, says what is. */
void cgn_chassis_decide(struct cgn_daemon *d);
void cgn_chassis_say(struct cgn_daemon *d);

/* Stage of the start, behind the channels: from now on records go to the workers. 0. */
int cgn_chassis_join(struct cgn_daemon *d);

/* Hands a location, and all that share its virtual router, to the other box without loss.
 * 0: begun, its end is an event; -errno with a line in err. */
int cgn_chassis_switch(
	struct cgn_daemon *d, uint32_t location, char *err, size_t err_size);

/* Is it on its way to the other box? */
bool cgn_chassis_is_leaving(const struct cgn_daemon *d, uint32_t location);

/* How far the copy of a location that the other box keeps, or of that box's location
 * here, is: not-started, running, finished. */
const char *cgn_chassis_batch_name(const struct cgn_daemon *d, uint32_t location);

/* Of a location (index in the configuration); NULL: it has no remote backup. */
const struct cgn_chassis_location *cgn_chassis_at(
	const struct cgn_daemon *d, uint32_t location);

#endif
