/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_SOURCE_H
#define CGN_CONF_SOURCE_H

#include "conf/arena.h"
#include "conf/conf.h"

/* From `line` of the text on, lines come from `file`, beginning with its `file_line`. */
struct cgn_source_span {
	int line;
	const char *file;
	int file_line;
};

/* A configuration text with its @include directives replaced by what they name. */
struct cgn_source {
	struct cgn_conf_arena *arena;
	struct cgn_conf_errors *errs;
	char *text;
	size_t length;
	size_t capacity;
	int lines;
	struct cgn_source_span *spans;
	int n_spans;
	int span_capacity;
};

/*
 * Reads a file and all it includes; relative names count from the directory of the file
 * that includes. Returns 0 or -errno, with an error line.
 */
int cgn_source_read(struct cgn_source *source, const char *path);

/* The same for a text in memory, which is called name in messages. */
int cgn_source_read_text(struct cgn_source *source, const char *text, const char *name);

/* Frees the text; the file names stay with the arena. */
void cgn_source_fini(struct cgn_source *source);

/* Where a line of the text (1 is the first) comes from. */
struct cgn_conf_src cgn_source_locate(const struct cgn_source *source, int line);

#endif
