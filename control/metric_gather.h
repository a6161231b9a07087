/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_METRIC_GATHER_H
#define CGN_CONTROL_METRIC_GATHER_H

#include "control/cmd.h"

struct cgn_metric_gather;

/** Begins to collect all metrics. NULL: out of memory. Control lcore. */
struct cgn_metric_gather *cgn_metric_gather_create(
	const struct cgn_cmd_handlers *handlers, void *app);

/**
 * Goes on: at most one page of one command. Never waits. Control lcore.
 * @return true when all have answered or been given up
 */
bool cgn_metric_gather_step(struct cgn_metric_gather *gather);

/** The text, once that is so: memory for free(), or NULL: out of memory. */
char *cgn_metric_gather_text(struct cgn_metric_gather *gather, size_t *len);

/** Gives it up at any time. NULL is allowed. Control lcore. */
void cgn_metric_gather_destroy(struct cgn_metric_gather *gather);

#endif
