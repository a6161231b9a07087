/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A change of the configuration while the box runs: from a file to the snapshot that the
 * workers read, all or nothing. */
#ifndef CGN_CONTROL_CHANGE_H
#define CGN_CONTROL_CHANGE_H

#include <limits.h>
#include <sys/types.h>

#include "conf/diff.h"
#include "control/daemon.h"

struct cgn_compile_draft;

enum cgn_change_kind {
	CGN_CHANGE_CHECK,  /* read, checked and compared: the candidate */
	CGN_CHANGE_COMMIT, /* and put into effect */
	CGN_CHANGE_REST,   /* the same configuration, when workers have settled */
};

/* One change, for those who wait for its end. */
struct cgn_change {
	enum cgn_change_kind kind;
	unsigned refs;
	char path[PATH_MAX];  /* the file that is read */
	bool finished;	      /* nothing below changes any more */
	struct cgn_text why;  /* it is refused: why, line by line */
	struct cgn_diff diff; /* to the running configuration */
	bool compared;	      /* diff is filled */
	uint64_t took_ms;
	/* its own */
	struct cgn_daemon *daemon;
	struct cgn_conf *conf;
	struct cgn_compile_draft *draft;
	const struct cgn_snapshot *retired;
	struct cgn_conf *retired_conf;
	uint64_t begun_ms;
	unsigned step;
	bool in_thread;
	int result;    /* of the step in the thread */
	uint32_t done; /* atomic: that step has ended */
	pthread_t thread;
};

struct cgn_changer;

/* Nothing is going on. 0 or -ENOMEM. */
int cgn_change_init(struct cgn_daemon *d);

/* Waits for the thread, frees everything. */
void cgn_change_fini(struct cgn_daemon *d);

/* Begins a change; NULL: another one is under way, or out of memory. path: of the file
 * to read, absolute. The caller has a reference to it. Control lcore. */
struct cgn_change *cgn_change_start(
	struct cgn_daemon *d, enum cgn_change_kind kind, const char *path);

/* The configuration that was checked last and not put into effect; NULL: none. Control
 * lcore. */
const struct cgn_conf *cgn_change_candidate(const struct cgn_daemon *d);

/* Gives a reference back. Control lcore. */
void cgn_change_put(struct cgn_change *change);

/* SIGHUP: the file that the daemon was started with, as soon as nothing else is under
 * way; the outcome is logged. Control lcore. */
void cgn_change_hangup(struct cgn_daemon *d);

/* Goes a step further, never waits for the thread. Every millisecond. Control lcore. */
void cgn_change_turn(struct cgn_daemon *d);

/* ---- between the files of changes ---- */

/* What running workers, ports and tables do not allow: named in change->why. Returns 0
 * or -EPERM. */
int cgn_change_allow(struct cgn_change *change);

/* The workers read the new snapshot; the old one is change->retired. 0 or -ENOMEM:
 * everything is as before. */
int cgn_change_apply(struct cgn_change *change);

#endif
