/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_TABLE_H
#define CGN_CONTROL_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct cgn_ctl_table;

/**
 * Lays out the table of a list, after the column list of that name.
 * @param list    key of the list in the JSON document, "sessions"
 * @param nested  a list that is a value in an object, not a document
 * @param indent  blanks before each line
 * @return NULL when no columns are known for that list
 */
struct cgn_ctl_table *cgn_ctl_table_create(const char *list, bool nested, int indent);

/**
 * Prints entries, the first time below a header whose widths the entries settle.
 * @param entries  array of objects; NULL or empty prints the header alone
 */
void cgn_ctl_table_print(struct cgn_ctl_table *table, FILE *out, json_t *entries);

void cgn_ctl_table_destroy(struct cgn_ctl_table *table);

/** Prints a value on one line: null is "-", {slot,cpu} is "1/0", [[1,9]] is "1-9". */
void cgn_ctl_table_cell(FILE *out, json_t *value);

#endif
