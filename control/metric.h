/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is measured: one list, from which the text for Prometheus and its page in doc/ are
 * made, and that tests hold against what `show` prints. */
#ifndef CGN_CONTROL_METRIC_H
#define CGN_CONTROL_METRIC_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

enum cgn_metric_type { CGN_METRIC_COUNTER, CGN_METRIC_GAUGE };

/* How a set is found in the answer of its command. */
enum cgn_metric_each {
	CGN_METRIC_ONE,	   /* the thing at `path` */
	CGN_METRIC_LIST,   /* each entry of the list at `path` */
	CGN_METRIC_MEMBER, /* each entry of `inner` of each entry there: a list, or an
			      object as with MAP */
	CGN_METRIC_MAP,	   /* each member of the object at `path`; its name is a label */
	CGN_METRIC_COUNT,  /* how many entries there are */
};

/* Things of one kind: where `show` has them, and what tells one from another. */
struct cgn_metric_set {
	const char *id;
	const char *commands[3]; /* words; those left are NULL, all of a set no command */
	const char *path;	 /* below the command's result, "" is the result itself */
	enum cgn_metric_each each;
	const char *inner;
	const char *labels; /* "label=key …", or "label" where they are equal; of a
			       MEMBER, "^label=key" is of the outer entry; of a MAP, the
			       first is the name of the member */
};

struct cgn_metric {
	const char *set;
	const char *name;
	enum cgn_metric_type type;
	const char *unit;  /* for the page: "packets"; "" is a plain number */
	const char *key;   /* of the value: "a.b" goes down, "a#" is the length of a list,
			      ""   the entry itself, "1" just that */
	double scale;	   /* what the value is multiplied by */
	const char *words; /* NULL; "w": 1 when the value is that word, else 0; "v|w": a
			      sample for each, with label `state` */
	const char *help;
};

/** All metrics, in the order of the page; the last has name NULL. Any thread. */
const struct cgn_metric *cgn_metric_table(void);

/** All sets; the last has id NULL. Any thread. */
const struct cgn_metric_set *cgn_metric_sets(void);

/** The set with that id. Any thread. */
const struct cgn_metric_set *cgn_metric_set_of(const struct cgn_metric *metric);

/** Prints doc/metrics.md. */
void cgn_metric_describe(FILE *out);

/* Samples so far, kept apart by metric: the format wants all of a metric together. */
struct cgn_metric_page;

/** An empty page, or NULL: out of memory. */
struct cgn_metric_page *cgn_metric_page_create(void);
void cgn_metric_page_destroy(struct cgn_metric_page *page);

/**
 * Adds the samples of a set from one page of an answer. Values that are null make none.
 * @param result  what is under the command's result key; borrowed
 */
void cgn_metric_page_add(struct cgn_metric_page *page, const struct cgn_metric_set *set,
	const json_t *result);

/**
 * The whole text, in Prometheus' format 0.0.4.
 * @param len  receives its length
 * @return memory for free(), or NULL: out of memory (then or at an addition)
 */
char *cgn_metric_page_text(struct cgn_metric_page *page, size_t *len);

#endif
