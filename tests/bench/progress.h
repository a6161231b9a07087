/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_PROGRESS_H
#define CGN_TESTS_BENCH_PROGRESS_H

#include <stdbool.h>

/* Turns the bar on or off; off is the default. */
void cgn_progress_enable(bool on);

/* Draws the bar on stderr: what is being done and its share done, 0..1. Draws at most a
 * hundred different states of one task, so it may be called often. */
void cgn_progress_show(const char *what, double share);

/* Removes the bar. */
void cgn_progress_clear(void);

#endif
