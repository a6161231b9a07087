/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Flows of some users that must live through changes of their host. */
#ifndef CGN_TESTS_HA_FLOWS_H
#define CGN_TESTS_HA_FLOWS_H

#include "pair.h"

#define SAME(n) CU_ASSERT_TRUE(cgn_same(&pair.box, pair_location(n), DELAY))
#define USERS	20
#define FLOWS	3

struct flow {
	uint32_t addr;
	uint16_t tcp, udp, icmp; /* public ports */
};

extern struct flow flow[USERS][FLOWS];

/* Opens, or goes on with, FLOWS connections, UDP flows and pings of each user. */
void open_flows(void);

/* All flows go on, from outside first: nothing has been heard from inside yet. */
void flows_go_on(void);

#endif
