/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_PRINT_H
#define CGN_CONTROL_CTL_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "control/cmd_grammar.h"

struct cgn_ctl_capture;
struct cgn_ctl_table;

/* An answer on its way to the operator, printed page by page as it comes. */
struct cgn_ctl_print {
	FILE *out;
	const struct cgn_cmd_def *def;
	bool json;
	bool one;	/* an entry was named: text with all that is known of it */
	bool begun;	/* something has been printed */
	bool any_entry; /* of a list in JSON: commas are due */
	json_t *more;	/* keys beside a list, as "next" */
	struct cgn_ctl_table *table;	 /* of a list in text */
	struct cgn_ctl_capture *capture; /* where blocks of a capture go; the caller's */
};

/**
 * Begins a document; nothing is printed before the first page or the end.
 * @param call  the command; its def must remain
 * @param json  one JSON document, or text made of the same values
 */
void cgn_ctl_print_init(struct cgn_ctl_print *print, FILE *out,
	const struct cgn_cmd_call *call, bool json);

/** Prints one page; borrows the reference. */
void cgn_ctl_print_page(struct cgn_ctl_print *print, json_t *page);

/**
 * Prints a frame without reading it, if it is a page of nothing but entries and they are
 * to be printed as JSON: those of a list of millions need not be understood.
 * @return false: nothing has been printed
 */
bool cgn_ctl_print_text(struct cgn_ctl_print *print, const char *frame, size_t len);

/** Completes the document after its last page. */
void cgn_ctl_print_end(struct cgn_ctl_print *print);

/** Releases memory; prints nothing (a document that broke off stays broken off). */
void cgn_ctl_print_fini(struct cgn_ctl_print *print);

#endif
