/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the host share: a box with a host, and short words. */
#ifndef CGN_TESTS_UNIT_HOST_CASE_H
#define CGN_TESTS_UNIT_HOST_CASE_H

#include "box.h"
#include "control/host.h"

#define ALL    "ffffffffffff"
#define INSIDE "02000000000a"
#define PEER   "020000000077"
#define IP4    "0800"
#define IP6    "86dd"

extern struct cgn_host *h;

/* A host at time 1000 whose neighbours 10.0.0.77 and 2001:db8:0:1::77 are at PEER. */
void setup(void);
void teardown(void);

/* A frame for the box, as the path gives it. l3: where the network header starts. */
void input(const char *iface, unsigned l3, const char *hex);

/* Packets that ended so. */
uint64_t drops(enum cgn_drop reason);

/* True when there is an entry for this neighbour. */
bool knows(const char *iface, const char *addr);

#endif
