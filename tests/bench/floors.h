/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_FLOORS_H
#define CGN_TESTS_BENCH_FLOORS_H

#include "tests/bench/bench.h"

/* Measures the primitives at a table size of `sessions` and `users`, with memory of their
 * own that is given back. Needs the EAL. 0 or -ENOMEM. */
int cgn_floors_measure(uint32_t sessions, uint32_t users, struct cgn_floors *f);

/* Cycles of what a packet cannot do without: its look-ups, routes, header and checksums
 * (minima, so that a busy moment does not flatter the box; the mean of both directions
 * for a mix). */
double cgn_floors_sum(const struct cgn_floors *f, const struct cgn_bench_options *o);

#endif
