/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_REPORT_H
#define CGN_TESTS_BENCH_REPORT_H

#include "tests/bench/bench.h"

/* Prints all points of a command on stdout. */
void cgn_report_table(
	const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n);

/* The same as one JSON document. 0 or -ENOMEM. */
int cgn_report_json(
	const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n);

#endif
