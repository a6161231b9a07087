/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes and one location, millisecond by millisecond: VRRP is what a test says, the
 * channel is played; hellos come every 20 ms and with news, and take some time.
 *
 * Whatever is played, in every millisecond: no block that is a user's is given to another
 * one, by either box; none says that a copy is complete which is not. */
#ifndef CGN_TESTS_UNIT_ROLE_PLAY_H
#define CGN_TESTS_UNIT_ROLE_PLAY_H

#include "ha/role.h"

#define HELLO 20
#define FRESH 60
#define ADOPT 10000
#define COPY  30  /* ms that a copy takes */
#define BOOT  100 /* ms that a start takes */

struct side {
	struct cgn_role_state s;
	struct cgn_role_rank rank;
	struct cgn_role_peer heard;
	uint64_t boot, knows; /* the other one's */
	bool dead, elected, able, leaving, spare, most;
	unsigned takeovers, rivals;
	uint64_t said_ms;
	struct cgn_role_peer said; /* last */
	/* the copy that the other one keeps: its boot, how far; what has been told */
	uint64_t fed;
	unsigned copied_ms;
	bool complete;
	/* the copy that is kept here: of this boot and epoch */
	uint64_t copy_of;
	uint32_t copy_epoch;
};

struct play {
	struct side side[2];
	uint64_t now;
	bool cut, deaf[2];	   /* the channel; and towards one of them */
	unsigned delay;		   /* ms, at most */
	unsigned none_ms, both_ms; /* of the last play_run() */
};

extern struct play play;

/* A box that has just been started. */
void play_start(unsigned i, uint8_t priority);

/* Both of them, with priorities 200 and 100, and a good channel. */
void play_begin(void);

void play_run(unsigned ms);

bool play_translates(unsigned i);

/* This one is elected by VRRP, and the other one is not. */
void play_elect(unsigned i);

/* Asserts that this one translates alone, and feeds the other. */
void play_settled(unsigned master);

/* ---- blocks of an address (role_ports.c) ---- */

void ports_begin(void);

/* Its tables are gone. */
void ports_died(unsigned i);

/* A copy is complete; what was told since arrives. */
void ports_copied(unsigned from);
void ports_arrive(unsigned from);

/* One that translates gives out blocks and takes some back. */
void ports_turn(unsigned i, bool most);

#endif
