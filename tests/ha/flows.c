/* SPDX-License-Identifier: BSD-3-Clause */
#include "flows.h"

struct flow flow[USERS][FLOWS];

void
open_flows(void)
{
	for (int u = 0; u < USERS; u++)
		for (uint16_t k = 0; k < FLOWS; k++) {
			struct flow *f = &flow[u][k];

			f->tcp = pair_connect(u, (uint16_t)(5000 + k), 1, &f->addr);
			f->udp = pair_up(u, 17, (uint16_t)(5000 + k), 2, 0, &f->addr);
			f->icmp = pair_up(u, 1, (uint16_t)(5000 + k), 3, 0, &f->addr);
			CU_ASSERT(f->tcp && f->udp && f->icmp);
		}
}

void
flows_go_on(void)
{
	unsigned failed = 0;
	uint32_t addr;

	for (int u = 0; u < USERS; u++)
		for (uint16_t k = 0; k < FLOWS; k++) {
			const struct flow *f = &flow[u][k];
			uint16_t port = (uint16_t)(5000 + k);

			failed += !pair_down(u, 6, port, 1, MODEL_ACK, f->addr, f->tcp);
			failed += !pair_down(u, 17, port, 2, 0, f->addr, f->udp);
			failed += !pair_down(u, 1, port, 3, 0, f->addr, f->icmp);
			failed += pair_up(u, 6, port, 1, MODEL_ACK, &addr) != f->tcp ||
				  addr != f->addr;
			failed += pair_up(u, 17, port, 2, 0, &addr) != f->udp ||
				  addr != f->addr;
			failed += pair_up(u, 1, port, 3, 0, &addr) != f->icmp ||
				  addr != f->addr;
		}
	CU_ASSERT_EQUAL(failed, 0);
}
