/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_RUN_H
#define CGN_TESTS_BENCH_RUN_H

#include "tests/bench/bench.h"

/* Measures one scale point in this process, which has not started the EAL yet.
 * 0, or -1 with the reason on stderr. */
int cgn_run_point(const struct cgn_bench_options *o, uint32_t sessions,
	enum cgn_bench_ha ha, struct cgn_point *p);

#endif
