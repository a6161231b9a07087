/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A play of a virtual router: steps, and what has come of each. */
#ifndef CGN_TESTS_UNIT_VRRP_PLAY_H
#define CGN_TESTS_UNIT_VRRP_PLAY_H

#include "ha/vrrp.h"

#define OURS  5 /* last byte of our address; others are told with theirs */
#define STEPS 24

enum event {
	END,
	RUN,	/* arg: ms pass, one step each */
	STALL,	/* arg: ms pass at once */
	DEAF,	/* arg: ms pass, and who receives does not run */
	HEAR,	/* arg: priority, from: address */
	EVERY,	/* arg: ms pass, and an advertisement comes every interval */
	PORT,	/* arg: 1 up, 0 down */
	ALIVE,	/* arg */
	READY,	/* arg */
	REDUCE, /* arg */
	YIELD,	/* arg: 1 hold */
	STOP,
	FOLLOW,	 /* arg: state of the leader */
	FOREIGN, /* arg: interval of the others from now on, cs */
};

struct step {
	enum event event;
	unsigned arg, from; /* EVERY: from is the priority */
	enum cgn_vrrp_state state;
	enum cgn_vrrp_why why;
	unsigned todo; /* that were asked for during it, bits; SEND is counted apart */
	int sent;      /* advertisements; -1: whatever */
};

struct play {
	const char *name;
	struct cgn_vrrp_conf conf;
	struct step step[STEPS];
};

#define INIT   CGN_VRRP_INITIALIZE
#define BACKUP CGN_VRRP_BACKUP
#define MASTER CGN_VRRP_MASTER
#define WHY(x) CGN_VRRP_WHY_##x
#define CHANGE CGN_VRRP_DO_CHANGE
#define RESIGN CGN_VRRP_DO_RESIGN
#define TELL   CGN_VRRP_DO_ANNOUNCE
#define RIVAL  CGN_VRRP_DO_RIVAL
#define NUMBER CGN_VRRP_DO_PRIORITY
#define BECOME (CHANGE | TELL)

/* Priority 200, 100 ms: skew 21.875 ms, down after 321.875 ms. */
#define FAST                                                                             \
	{                                                                                \
		.priority = 200, .interval_cs = 10, .preempt = true                      \
	}
#define LOW                                                                              \
	{                                                                                \
		.priority = 150, .interval_cs = 10, .preempt = true                      \
	}

/* Plays them all, each with a router of its own. */
void play_all(const struct play *play, size_t n);

#endif
