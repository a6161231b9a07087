/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the resolver share: a box with a resolver, and short words. */
#ifndef CGN_TESTS_UNIT_RESOLVE_CASE_H
#define CGN_TESTS_UNIT_RESOLVE_CASE_H

#include "box.h"
#include "control/resolve.h"

#define ALL    "ffffffffffff"
#define INSIDE "02000000000a"
#define TAG    "8100 0064"
#define PEER   "020000000077"

extern struct cgn_resolver *r;
extern const struct rte_ether_addr peer, other;
extern struct cgn_resolve_view seen;

/* A resolver at time 1000 that has announced itself and asked for its gateways. */
void setup(void);

/* The same with the gateways known, since they do not matter to most tests. */
void setup_quiet(void);
void teardown(void);

/* A neighbour answers. */
void answer(const char *iface, const char *addr, const struct rte_ether_addr *mac,
	uint64_t now);

/* A packet (hexadecimal digits) for a neighbour. */
void give(const char *iface, const char *addr, const char *packet, uint64_t now);

/* Time goes on in steps of 100 ms. */
void run(uint64_t from, uint64_t to);

/* Looks a neighbour up into `seen`. */
bool find(const char *addr, uint64_t now);

#endif
