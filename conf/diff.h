/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_DIFF_H
#define CGN_CONF_DIFF_H

/* What is different between two configurations, key by key; and values as text. */

#include "conf/arena.h"
#include "conf/schema.h"

enum cgn_diff_kind { CGN_DIFF_ADDED, CGN_DIFF_REMOVED, CGN_DIFF_CHANGED };

struct cgn_diff_change {
	enum cgn_diff_kind kind;
	bool restart;	  /* cannot be changed while running */
	const char *path; /* "address_groups[pool1].locked" */
	const void *at; /* in the configuration `after`; what was removed: in the list or
			 * group that had it */
	const char *before; /* values as in the file; "" for objects as a whole */
	const char *after;
};

struct cgn_diff {
	struct cgn_diff_change *items;
	uint32_t n, capacity;
	uint32_t n_restart; /* of items */
	struct cgn_conf_arena *arena;
};

/*
 * Compares two configurations along the schema, defaults filled in. Objects of a list are
 * the same when they have the same name, id, or whatever tells them apart; others by
 * their place in the list. An object that came or went is one change. O(n log n); any
 * thread.
 * out: to be freed by cgn_diff_fini(); the changes come in the order of the schema.
 */
void cgn_diff_conf(const struct cgn_conf *before, const struct cgn_conf *after,
	struct cgn_diff *out);
void cgn_diff_fini(struct cgn_diff *diff);

/* "added", "removed", "changed" */
const char *cgn_diff_kind_name(enum cgn_diff_kind kind);

/* A text that grows. */
struct cgn_text {
	char *data; /* ends in zero, NULL while empty; free() */
	size_t n, room;
};

void cgn_text_add(struct cgn_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The value that a key has in the struct at base, as it would be written; lists and
 * groups whole, without keys that are absent. */
void cgn_text_value(
	struct cgn_text *text, const struct cgn_schema_key *key, const char *base);

#endif
