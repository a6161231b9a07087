/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve_case.h"

#include <string.h>

struct cgn_resolver *r;
const struct rte_ether_addr peer = { { 2, 0, 0, 0, 0, 0x77 } };
const struct rte_ether_addr other = { { 2, 0, 0, 0, 0, 0x88 } };

void
setup(void)
{
	box_init();
	r = cgn_resolve_create(&box.wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	cgn_resolve_snapshot(r, box.snap, 1000);
}

void
answer(const char *iface, const char *addr, const struct rte_ether_addr *mac,
	uint64_t now)
{
	CU_ASSERT(cgn_resolve_learn(r, box_iface(iface), box_key(addr), mac,
		CGN_LEARN_OVERRIDE | CGN_LEARN_CONFIRMED, now));
}

void
setup_quiet(void)
{
	setup();
	answer("outside", "198.51.100.254", &other, 1000);
	answer("inside", "2001:db8:0:1::2", &other, 1000);
	box_clear();
}

void
teardown(void)
{
	cgn_resolve_destroy(r);
	box_fini();
}

void
give(const char *iface, const char *addr, const char *packet, uint64_t now)
{
	cgn_resolve_send(r, box_iface(iface), box_key(addr), box_packet(packet), now);
}

void
run(uint64_t from, uint64_t to)
{
	for (uint64_t now = from; now <= to; now += 100)
		cgn_resolve_tick(r, now);
}

struct cgn_resolve_view seen;
static const char *wanted;

static void
look(void *ctx, const struct cgn_resolve_view *v)
{
	if (memcmp(v->addr, box_key(wanted), 16) == 0) {
		seen = *v;
		*(bool *)ctx = true;
	}
}

bool
find(const char *addr, uint64_t now)
{
	bool found = false;

	wanted = addr;
	cgn_resolve_foreach(r, now, look, &found);
	return found;
}
