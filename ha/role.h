/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of two boxes translates for a service-location: a pure function of what VRRP
 * says, of what the other box says in its hellos, and of the boards here. */
#ifndef CGN_HA_ROLE_H
#define CGN_HA_ROLE_H

#include <stdbool.h>
#include <stdint.h>

/* What a box is to a location. Numbers are part of the channel's format. */
enum cgn_role {
	CGN_ROLE_NONE,	 /* nothing can be said yet */
	CGN_ROLE_BACKUP, /* allocates nothing, keeps a copy, passes on what strays here */
	CGN_ROLE_MASTER, /* translates */
};

/* Who yields when both translate: the lower priority, then the lower name. */
struct cgn_role_rank {
	uint8_t priority; /* running priority of the VRRP group, 0..255 */
	uint64_t name;	  /* another one on each box: its boot */
};

/* What the other box has said last of a location. */
struct cgn_role_peer {
	bool fresh;   /* said so recently that it still holds */
	bool known;   /* it is the peer that was last connected, perhaps not heard now */
	bool matches; /* what both configure for this location is the same */
	bool ready;   /* its copy, which we keep, is complete */
	bool asks;    /* it wants to be master, we are to give way */
	bool drains;  /* master: sends us what we lack, and gives way then */
	enum cgn_role role;
	uint32_t epoch;
	struct cgn_role_rank rank;
	uint64_t boot;	   /* another one after each start of that box */
	uint64_t heard_ms; /* when */
};

struct cgn_role_input {
	uint64_t now_ms, hold_ms;
	uint64_t adopt_ms; /* silent for so long: it is dead */
	bool elected; /* VRRP says master; true where the location has no VRRP group */
	bool able;    /* a CPU of this box can host it */
	bool spare;   /* another CPU of this box keeps the copy when the other box is dead
		       */
	bool leaving; /* it is to be handed over, by command */
	bool filled;  /* master: the other box has found its copy to be complete */
	struct cgn_role_rank rank;
	struct cgn_role_peer peer;
};

/* The state of a location; all zero at first. */
struct cgn_role_state {
	enum cgn_role role;
	bool elected;	    /* as it was */
	bool mirror;	    /* master: the other box is to get a copy */
	uint32_t epoch;	    /* of what is said of it; 0: none yet */
	uint64_t boot;	    /* master: of the box that the copy is for */
	uint64_t since_ms;  /* of `elected` */
	uint64_t master_ms; /* since when this box is master */
	bool most;	    /* master: what is between the reserves is ours */
	bool rival;	    /* master: now we learn that the other box was one, too */
	const char *why;    /* of the last change of role */
};

/* The next state. A box becomes master when it is elected and able; it waits for good for
 * a master of higher rank, so that a stall of VRRP makes no second one; it stays master
 * until the other one is (or hold_ms has passed), so that there is none without. Of two
 * masters the lower rank yields. Every master has an epoch that is newer than all it has
 * heard of; so has every new copy. true: something has changed. Pure. */
bool cgn_role_step(struct cgn_role_state *s, const struct cgn_role_input *in);

/* May the master of a lower priority be replaced: does this box have all that it has? */
bool cgn_role_may_preempt(const struct cgn_role_state *s, const struct cgn_role_peer *p);

/* May a master give out all ports of its addresses but the other box's reserve, or only
 * its own reserve (dataplane/own.h)? However little the boxes hear of each other, never a
 * port that the other one, if it lives, may give out too, or has given out without our
 * knowledge. For each step, behind cgn_role_step(); false for who is no master. */
bool cgn_role_has_most(struct cgn_role_state *s, const struct cgn_role_input *in);

/* "master", "backup", "none". */
const char *cgn_role_name(enum cgn_role role);

#endif
