/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_UNIT_CONF_CASE_H
#define CGN_TESTS_UNIT_CONF_CASE_H

#include "conf/conf.h"

/*
 * A configuration that is accepted as it stands, and cases that differ from it by a few
 * edits and are refused. Every case says exactly where, so that it fails as well when
 * something else is refused.
 */

enum { CONF_CASE_EDITS = 5 };

/* `from` occurs once in the text, and is replaced. */
struct conf_edit {
	const char *from;
	const char *to;
};

/* place: "LINE: KEY"; text: a part of the message. The only message of the load. */
struct conf_case {
	struct conf_edit edits[CONF_CASE_EDITS];
	const char *place;
	const char *text;
};

/* The text with the edits, allocated; NULL when one does not match exactly once. */
char *conf_case_text(const struct conf_edit *edits);

/* Runs the cases up to one without a place; messages are errors, or warnings. */
void conf_case_run(const struct conf_case *cases, bool warnings);

#endif
