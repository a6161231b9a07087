/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_FIGURE_H
#define CGN_TESTS_BENCH_FIGURE_H

#include "tests/bench/bench.h"

/* Minimum and median of n >= 1 values; sorts them. */
struct cgn_bench_figure cgn_figure_of(double *value, unsigned n);

/* Pseudo-random numbers (xorshift64*): *state is not 0. Cheap enough to be called between
 * the packets of a measurement. */
static inline uint64_t
cgn_figure_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* A number below n from a random one. */
static inline uint32_t
cgn_figure_below(uint64_t random, uint32_t n)
{
	return (uint32_t)((random >> 32) * n >> 32);
}

#endif
