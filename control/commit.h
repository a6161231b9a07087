/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commits: what a changed configuration leaves on the disk, and the one that goes back by
 * itself unless it is confirmed. */
#ifndef CGN_CONTROL_COMMIT_H
#define CGN_CONTROL_COMMIT_H

#include "control/change.h"
#include "control/history.h"

struct cgn_commits {
	struct cgn_history history;
	struct cgn_history_list list; /* as on the disk, newest first */
	char running[65];	      /* hash of the running configuration */
	bool waiting;		      /* the last commit is to be confirmed */
	char *back;		      /* the configuration it goes back to */
	uint64_t until_ms;	      /* by the control lcore's clock */
};

/* Stage of the start, when the run directory is ours: a commit that nobody confirmed is
 * undone, and the configuration is read again; what runs from now on is in the history.
 * 0 or -errno, with one line in d->err. */
int cgn_commit_init(struct cgn_daemon *d);
void cgn_commit_fini(struct cgn_daemon *d);

/* What a change is about to put into effect is written down. 0, or -errno with the reason
 * in change->why. Thread of the change. */
int cgn_commit_record(struct cgn_change *change);

/* Nothing is to be confirmed any more, on the disk. As above. */
int cgn_commit_confirm(struct cgn_change *change);

/* The change has ended, rc 0: it is in effect; else what was written down is undone.
 * Control lcore. */
void cgn_commit_end(struct cgn_change *change, int rc);

/* Goes back when nobody has confirmed in time. Every millisecond. Control lcore. */
void cgn_commit_turn(struct cgn_daemon *d);

#endif
