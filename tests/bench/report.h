/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_REPORT_H
#define CGN_TESTS_BENCH_REPORT_H

#include "tests/bench/bench.h"

/* Prints all points of a command on stdout, in its format. 0 or -ENOMEM. */
int cgn_report(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n);

/* As one JSON document. 0 or -ENOMEM. */
int cgn_report_json(
	const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n);

/* A box behind ports: as a table or as JSON. 0 or -ENOMEM. */
int cgn_report_wire(const struct cgn_bench_options *o, const struct cgn_wire_point *p);
int cgn_report_wire_json(
	const struct cgn_bench_options *o, const struct cgn_wire_point *p);

/* The primitives of struct cgn_floors. */
#define CGN_REPORT_FLOORS 9
struct cgn_report_floor {
	const char *name, *text;
	size_t offset;
};
extern const struct cgn_report_floor cgn_report_floors[CGN_REPORT_FLOORS];
const struct cgn_bench_figure *cgn_report_floor(const struct cgn_point *p, unsigned i);

/* Model of the processor; load of the machine, -1: not known. */
void cgn_report_processor(char *name, size_t size);
double cgn_report_load(void);

#endif
