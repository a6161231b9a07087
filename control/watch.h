/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The watch over the lcores of the path: who turns, who has failed, who is out of
 * service. */
#ifndef CGN_CONTROL_WATCH_H
#define CGN_CONTROL_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dataplane/types.h"

struct cgn_daemon;

enum cgn_watch_state {
	CGN_WATCH_UP,	  /* it turns */
	CGN_WATCH_DOWN,	  /* taken out of service by command */
	CGN_WATCH_FAILED, /* it has crashed, and is parked */
	CGN_WATCH_FENCED  /* it was silent for too long, and has been stopped */
};

/* On the way from one state to another. */
enum cgn_watch_step {
	CGN_WATCH_STEADY,
	CGN_WATCH_LEAVING,  /* its locations are moved, then it is asked to park */
	CGN_WATCH_PARKING,  /* it has been asked */
	CGN_WATCH_LETTING,  /* it has been let go, and is on its way back to EAL */
	CGN_WATCH_STARTING, /* launched: empties its tables */
};

struct cgn_watch_cpu {
	enum cgn_watch_state state;
	enum cgn_watch_step step;
	uint64_t since_ms; /* of the state; now_ms of the daemon */
	uint64_t turns;	   /* of its beat when it was last looked at */
	uint64_t silent;   /* cycles without a turn, as far as that was watched */
	uint64_t ran_ns;   /* processor time of its thread when it fell silent */
	uint32_t answers;  /* of its thread at that time */
	uint32_t answered; /* how many since */
	uint32_t faults;   /* of its thread at the first of these */
	uint64_t asked;	   /* tsc: when the step began */
	bool reported;	   /* it is parked; else it does not execute */
	bool buried;	   /* what it left has been taken over */
	pid_t core;	   /* child that writes its core file */
};

struct cgn_watch {
	struct cgn_watch_cpu cpu[CGN_MAX_WORKERS];
	uint64_t looked; /* tsc */
	uint64_t settled_ms;
	bool changed; /* to be settled */
	bool owed;    /* a snapshot that could not be made */
};

/* Silence of an lcore after another look, in any unit of time. turned: it has turned
 * since the look before, `elapsed` ago. A watch that was itself stopped does not know
 * what went on: of one interval at most half of `limit` counts. Pure. */
uint64_t cgn_watch_silence(
	uint64_t silent, bool turned, uint64_t elapsed, uint64_t limit);

/* What is known of an lcore since it turned last; times in one unit. */
struct cgn_watch_signs {
	uint64_t silent;
	uint64_t ran; /* of that its thread had a processor, as far as the kernel knows */
	unsigned answers; /* to probes */
	bool in_driver;	  /* it is in the middle of a call of a driver */
	unsigned faults;  /* pages of memory that it was given, between two answers */
};

enum cgn_watch_verdict { CGN_WATCH_FINE, CGN_WATCH_WAITS, CGN_WATCH_DEAD };

/* Of an lcore that has been silent for longer than `limit` (ha.detect_ms): one that had a
 * processor for all of that time, and has answered `enough` probes, hangs; but not while
 * the kernel gives it page after page of memory, for then it works. One that does not
 * execute waits for a processor, the kernel or the host of this machine, which looks like
 * a death and mostly is none. Such have `patience` times as long, and ten times that in
 * a driver's call, whose ring nobody could go on with. Pure. */
enum cgn_watch_verdict cgn_watch_judge(const struct cgn_watch_signs *signs,
	uint64_t limit, unsigned enough, unsigned patience);
#define CGN_WATCH_PAGES		 8 /* one that loops gets none */
#define CGN_WATCH_PATIENCE	 5
#define CGN_WATCH_PATIENCE_RING	 10 /* times that */
#define CGN_WATCH_PATIENCE_ALONE 50 /* nothing is there to take over */

/* "up" and so on. */
const char *cgn_watch_name(enum cgn_watch_state state);

/* Looks at all lcores: those that have crashed, or have been silent for ha.detect_ms, are
 * fenced and buried. Publishes nothing, hence allowed while a publication waits. */
void cgn_watch_look(struct cgn_daemon *d);

/* Looks, and settles what has changed. Once per millisecond. */
void cgn_watch_turn(struct cgn_daemon *d);

/* Takes a CPU out of service / starts one that is not up. 0, or -errno with a line in
 * err. The change follows within milliseconds (after a start, within the time that it
 * takes to empty its tables). */
int cgn_watch_shutdown(struct cgn_daemon *d, uint16_t cpu, char *err, size_t err_size);
int cgn_watch_start(struct cgn_daemon *d, uint16_t cpu, char *err, size_t err_size);

static inline bool
cgn_watch_is_well(const struct cgn_watch *w, uint16_t worker)
{
	return w->cpu[worker].state == CGN_WATCH_UP;
}

#endif
