/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_FILTER_H
#define CGN_CONTROL_CTL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cgn_ctl_filter;

/**
 * Reads what stands behind a command: "| include RE", "| exclude RE", "| count",
 * "| json", "| no-more", several of them one after the other.
 * @param words   the first of them is "|"; n may be 0
 * @param filter  receives what is to be destroyed
 * @param err     receives one line when the words are wrong
 * @return 0 or -EINVAL, -ENOMEM
 */
int cgn_ctl_filter_create(int n, const char *const *words, struct cgn_ctl_filter **filter,
	char *err, size_t err_size);

/** Whether "| json" was among them. */
bool cgn_ctl_filter_json(const struct cgn_ctl_filter *filter);

/**
 * Opens a stream that passes its lines through the filter to `to`.
 * @param header  the first line is the header of a table: passed on, not counted
 * @param rows    of the terminal: it stops after so many lines, and asks; 0: never
 * @return for fclose(), which prints what is left; NULL: out of memory. After q at the
 * question writing to it fails.
 */
FILE *cgn_ctl_filter_open(
	struct cgn_ctl_filter *filter, FILE *to, bool header, unsigned rows);

/** NULL is allowed. */
void cgn_ctl_filter_destroy(struct cgn_ctl_filter *filter);

#endif
