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

/* A warning when the public addresses may take more than the machine has. Any thread. */
void cgn_memory_verify(struct cgn_reader *r);

/* How far the licence of a CPU can grow while the box runs. */
struct cgn_memory_most {
	uint32_t sessions, users; /* not fewer than its licence has now */
};

/* For that, records get the memory that dpdk.memory_mb has left over, but for a quarter
 * and what their larger tables will take: each CPU in proportion to its licence. Pure. */
struct cgn_memory_most cgn_memory_most(
	const struct cgn_conf *conf, const struct cgn_conf_cpu *cpu);

/* Prints the estimate, a line for each CPU and the sum. */
void cgn_memory_print(const struct cgn_conf *conf, FILE *out);

#endif
