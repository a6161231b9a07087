/* SPDX-License-Identifier: BSD-3-Clause */
#include "host_case.h"

#include <string.h>

#include "dataplane/neigh.h"

struct cgn_host *h;

void
setup(void)
{
	box_init();
	h = cgn_host_create(&box.wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	cgn_host_timer(h, 1000);
	cgn_host_snapshot(h, box.snap);
	cgn_resolve_learn(cgn_host_resolver(h), box_iface("inside"), box_key("10.0.0.77"),
		&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 0x77 } },
		CGN_LEARN_CREATE | CGN_LEARN_CONFIRMED, 1000);
	cgn_resolve_learn(cgn_host_resolver(h), box_iface("inside"),
		box_key("2001:db8:0:1::77"),
		&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 0x77 } },
		CGN_LEARN_CREATE | CGN_LEARN_CONFIRMED, 1000);
	box_clear();
}

void
teardown(void)
{
	cgn_host_destroy(h);
	box_fini();
}

void
input(const char *iface, unsigned l3, const char *hex)
{
	struct rte_mbuf *m = box_packet(hex);
	uint16_t i = box_iface(iface);

	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_LOCAL,
		.iface = i,
		.vpn = box.snap->iface[i].vpn,
		.l3 = (uint16_t)l3 };
	cgn_host_input(h, m);
}

uint64_t
drops(enum cgn_drop reason)
{
	return box.stats.drop[reason];
}

bool
knows(const char *iface, const char *addr)
{
	return cgn_neigh_find(box.snap->iface[box_iface(iface)].neigh, box_key(addr)) !=
	       NULL;
}
