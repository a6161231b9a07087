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
#include "control/history.h"
#include "dataplane/growth.h"

struct cgn_compile_draft;

enum cgn_change_kind {
	CGN_CHANGE_CHECK,   /* read, checked, compared: the candidate, or none is left */
	CGN_CHANGE_COMMIT,  /* and put into effect */
	CGN_CHANGE_CONFIRM, /* no change: the last commit stays */
	CGN_CHANGE_ROUTES,  /* the same configuration, with what has been learnt since */
	CGN_CHANGE_REST,    /* the same configuration, when workers have settled */
};

/* What is asked for. Strings are copied, but for text. */
struct cgn_change_ask {
	enum cgn_change_kind kind;
	const char *verb;   /* for the log: "reload" */
	const char *path;   /* of the file to read, absolute; what to call the text */
	const char *text;   /* instead of the file; stays until the end of the change */
	uint32_t entry;	    /* instead: of the history; 0: none */
	bool put;	    /* the text becomes the daemon's own file */
	bool automatic;	    /* nobody waits for it */
	uint32_t confirm_s; /* it goes back unless it is confirmed so soon; 0: it stays */
	uint32_t uid;	    /* who asked, unless `who` says it */
	const char *who;    /* a constant, or NULL */
	const char *comment; /* NULL: none */
};

/* One change, for those who wait for its end. */
struct cgn_change {
	struct cgn_change_ask ask;
	unsigned refs;
	char path[PATH_MAX];  /* ask.path */
	char comment[128];    /* ask.comment */
	bool finished;	      /* nothing below changes any more */
	struct cgn_text why;  /* it is refused: why, line by line */
	struct cgn_diff diff; /* to the running configuration */
	bool compared;	      /* diff is filled */
	uint64_t took_ms;
	char hash[65]; /* of what was committed */
	/* its own */
	struct cgn_daemon *daemon;
	struct cgn_conf *conf;
	struct cgn_compile_draft *draft;
	struct cgn_growth growth[CGN_MAX_WORKERS]; /* of tables */
	const struct cgn_snapshot *retired;
	struct cgn_conf *retired_conf;
	struct cgn_metric_http *metrics; /* at their new address */
	bool moves_metrics;
	struct cgn_history_list list; /* with what was written down */
	char *old_text;		      /* running until now, where it may come back */
	bool recorded;		      /* written down */
	int record_error; /* errno: it was not, and that is no reason to refuse */
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

/* Begins a change; NULL: another one is under way, or out of memory. The caller has a
 * reference to it. Control lcore. */
struct cgn_change *cgn_change_start(
	struct cgn_daemon *d, const struct cgn_change_ask *ask);

/* The configuration that was checked last and not put into effect; NULL: none, or it was
 * refused. Control lcore. */
const struct cgn_conf *cgn_change_candidate(const struct cgn_daemon *d);

/* Gives a reference back. Control lcore. */
void cgn_change_put(struct cgn_change *change);

/* SIGHUP: the file that the daemon was started with, as soon as nothing else is under
 * way; the outcome is logged. Control lcore. */
void cgn_change_hangup(struct cgn_daemon *d);

#ifdef CGN_FAULT_INJECTION
/* The process is killed before this step of the next commit. Control lcore. */
void cgn_change_kill(struct cgn_daemon *d, unsigned step);
#endif

/* Goes a step further, never waits for the thread. Every millisecond. Control lcore. */
void cgn_change_turn(struct cgn_daemon *d);

/* ---- between the files of changes ---- */

/* What running workers, ports and tables do not allow: named in change->why. Returns 0
 * or -EPERM. */
int cgn_change_allow(struct cgn_change *change);

/* Metrics are listened for at another address, if it is another: what may be refused. 0
 * or -errno, named in change->why. */
int cgn_change_listen(struct cgn_change *change);

/* The workers read the new snapshot; the old one is change->retired. 0 or -ENOMEM:
 * everything is as before. */
int cgn_change_apply(struct cgn_change *change);

#endif
