/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_WIRE_H
#define CGN_TESTS_BENCH_WIRE_H

#include "tests/bench/bench.h"

/* Measures whatever is behind the two ports of the options, with o->sessions[0] sessions.
 * 0, or -1 with the reason on stderr. */
int cgn_wire_run(const struct cgn_bench_options *o, struct cgn_wire_point *p);

#endif
