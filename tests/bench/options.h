/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_OPTIONS_H
#define CGN_TESTS_BENCH_OPTIONS_H

#include "tests/bench/bench.h"

/* Reads the command line into o, defaults first. Returns 0 to go on; -1 when the line is
 * wrong or asks for what this version cannot measure (said on stderr); 1 after --help. */
int cgn_options_parse(int argc, char **argv, struct cgn_bench_options *o);

/* The words of the command line. */
const char *cgn_options_kind(enum cgn_kind kind);
const char *cgn_options_direction(enum cgn_bench_direction direction);
const char *cgn_options_ha(enum cgn_bench_ha ha);
const char *cgn_options_logs(enum cgn_bench_logs logs);

#endif
