/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Configurations that have been in effect, as files, and the file that the next start
 * reads. */
#ifndef CGN_CONTROL_HISTORY_H
#define CGN_CONTROL_HISTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define CGN_HISTORY_KEPT 100

/* Where they are. */
struct cgn_history {
	char file[PATH_MAX]; /* that the daemon is started with */
	char dir[PATH_MAX];
};

struct cgn_history_entry {
	uint32_t number; /* grows */
	uint64_t when;	 /* ms since 1970 */
	char hash[65];	 /* SHA-256 of the text */
	char who[64];
	char comment[128];
};

struct cgn_history_list {
	struct cgn_history_entry *entry; /* newest first; free() */
	uint32_t n;
};

/* What a commit writes. Texts are whole configurations, without @include. */
struct cgn_history_commit {
	const char *running; /* until now */
	const char *text;    /* from now on */
	bool put;	     /* text becomes the file; else it is there already */
	bool confirm;	     /* a start goes back to `running` until it is confirmed */
	bool settle;	     /* nothing is to be confirmed any more */
	uint64_t when;	     /* ms since 1970 */
	const char *who, *comment;
};

/* state_dir "": that of the service manager ($STATE_DIRECTORY), else beside the file.
 * Touches nothing. */
void cgn_history_init(struct cgn_history *h, const char *file, const char *state_dir);

/* Writes a commit down (a text that is the newest entry already is not entered again), in
 * an order in which the process may be killed at any time: what
 * the next start reads is the old text or the new one. back: receives the number of the
 * entry with the old text. 0 or -errno; then the file is as before, unless that very
 * write failed behind the rename. Any one thread. */
int cgn_history_commit(
	struct cgn_history *h, const struct cgn_history_commit *commit, uint32_t *back);

/* The commit that waited for it is confirmed. 0 or -errno. */
int cgn_history_confirm(struct cgn_history *h);

/* Before the start: a commit that nobody confirmed is undone in the file. 1: so it was;
 * 0 or -errno. */
int cgn_history_recover(struct cgn_history *h);

/* 0 or -errno; a directory that is not there is an empty list. */
int cgn_history_read_list(const struct cgn_history *h, struct cgn_history_list *list);

/* Text of an entry, to be freed. 0 or -errno. */
int cgn_history_read(const struct cgn_history *h, uint32_t number, char **text);

/* SHA-256 of a text in hexadecimal. */
void cgn_history_hash(const char *text, char hash[65]);

#endif
