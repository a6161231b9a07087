/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How much memory a configuration will take, said before anything is started. */
#ifndef CGN_CONTROL_MEMORY_H
#define CGN_CONTROL_MEMORY_H

#include <stdio.h>

#include "conf/conf.h"

/* Bytes out of dpdk.memory_mb, but for `addresses`, which comes from the heap. */
struct cgn_memory {
	uint64_t boards;    /* tables of all CPUs, by their licences */
	uint64_t cards;	    /* line cards */
	uint64_t all;	    /* with forwarding tables and packets */
	uint64_t addresses; /* state of public addresses, at most */
};

/* Estimates the memory of a configuration that the reader has accepted. Pure. */
void cgn_memory_estimate(const struct cgn_conf *conf, struct cgn_memory *m);

/* Prints the estimate, a line for each CPU and the sum. */
void cgn_memory_print(const struct cgn_conf *conf, FILE *out);

#endif
