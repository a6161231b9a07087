/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box that is measured: a configuration text, read, checked and compiled like that of
 * the daemon, and one worker. */
#ifndef CGN_TESTS_BENCH_BOX_H
#define CGN_TESTS_BENCH_BOX_H

#include <stdio.h>

#include "dataplane/mesh.h"
#include "dataplane/worker.h"
#include "tests/bench/traffic.h"

struct cgn_compiler;
struct cgn_trace;

struct cgn_box {
	struct cgn_compiler *compiler;
	const struct cgn_snapshot *snap;
	struct rte_mempool *pool;
	struct cgn_worker *worker;
	struct cgn_worker *standby;   /* or NULL */
	struct cgn_worker *card;      /* line card, or NULL */
	struct cgn_trace *trace;      /* of the worker, or NULL */
	struct cgn_mesh *mesh;	      /* from it to the worker, or NULL */
	uint64_t resident, allocated; /* bytes, before there was a worker */
};

/* Makes a box that t fits into (sides and AFTR address of t are filled in), with room for
 * `extra` sessions more than t has. Needs the EAL. 0, or -1 with the reason on stderr. */
int cgn_box_create(struct cgn_box *b, const struct cgn_bench_options *o,
	struct cgn_traffic *t, uint32_t extra, enum cgn_bench_ha ha);
void cgn_box_destroy(struct cgn_box *b);

/* Prints the configuration of a daemon that is to be measured through the ports of the
 * options, as the daemon calls them. 0 or -ENOMEM. */
int cgn_box_print(const struct cgn_bench_options *o, FILE *out);

/* The address of the tunnel's end. */
void cgn_box_aftr(uint8_t addr[16]);

/* Bytes of memory, a little high, that a box takes; usable before the EAL is started. */
uint64_t cgn_box_bytes(uint32_t sessions, enum cgn_bench_ha ha);

#endif
