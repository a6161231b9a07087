/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Centralized backup: when an instance leaves its boards for another box, and when it
 * comes back. A pure state machine. */
#ifndef CGN_CONTROL_CENTRAL_H
#define CGN_CONTROL_CENTRAL_H

#include <stdbool.h>
#include <stdint.h>

enum cgn_central_word {
	CGN_CENTRAL_NONE,
	CGN_CENTRAL_SWITCH, /* by hand, whatever the CPUs do */
	CGN_CENTRAL_BACK,
};

/* Why the state is what it is, or why a word was refused. */
enum cgn_central_reason {
	CGN_CENTRAL_START,	    /* nothing has happened yet */
	CGN_CENTRAL_DOWN_NUMBER,    /* as many CPUs as down_number have failed */
	CGN_CENTRAL_ALL_FAILED,	    /* all CPUs have failed */
	CGN_CENTRAL_BY_HAND,	    /* switched, or switched back */
	CGN_CENTRAL_RECOVERED,	    /* all CPUs are well again */
	CGN_CENTRAL_TOO_MANY,	    /* refused: too many CPUs have failed */
	CGN_CENTRAL_IS_SWITCHED,    /* refused: it is already, by hand */
	CGN_CENTRAL_IS_NOT_SWITCHED /* refused */
};

struct cgn_central_state {
	bool switched;
	bool by_hand; /* only a hand brings it back */
	enum cgn_central_reason reason;
	bool waiting;	   /* for the delay to pass */
	uint64_t since_ms; /* of `waiting` */
};

struct cgn_central_input {
	uint32_t failed, total; /* CPUs of the instance's group */
	uint32_t down_number;	/* 0: not set */
	bool automatic;		/* switch-back */
	uint64_t delay_ms;	/* of the automatic switch-back */
	uint64_t now_ms;
	enum cgn_central_word word;
};

/* One step. It switches when `failed` reaches down_number, or `total` if that is less or
 * down_number is not set. It comes back by itself when nothing has failed for delay_ms,
 * unless it was switched by hand or that is off; by hand while fewer have failed than
 * make it switch. result: what has become of the word, or the reason of a change. true:
 * `switched` has changed. Pure. */
bool cgn_central_step(struct cgn_central_state *state, const struct cgn_central_input *in,
	enum cgn_central_reason *result);

/* "down-number reached" and so on, for operators. */
const char *cgn_central_text(enum cgn_central_reason reason);

#endif
