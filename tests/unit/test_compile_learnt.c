/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Learnt routes in the tables: what comes before what, and what is left out. */
#include <string.h>

#include <rte_fib.h>

#include "compile_case.h"
#include "eal_main.h"

/* by 198.51.100.7 on port 1, "outside" */
static struct cgn_compile_learnt
learnt(const char *prefix, uint8_t len)
{
	struct cgn_compile_learnt r = { .len = len, .gateway = true, .port = 1 };

	memcpy(r.key, key(prefix), sizeof(r.key));
	memcpy(r.gw, key("198.51.100.7"), sizeof(r.gw));
	return r;
}

static const struct cgn_snapshot *
compile_with(const char *text, const struct cgn_compile_learnt *list, uint32_t n)
{
	const struct cgn_compile_inputs in = {
		.port = ports, .host = hosts, .learnt = list, .n_learnt = n
	};
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf *conf = load(text);

	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(snap);
	return snap;
}

static bool
by(const struct cgn_snapshot *s, const char *dst, const char *gw)
{
	const struct cgn_nexthop *nh = route(s, "", dst);

	return nh->kind == CGN_NH_GATEWAY && memcmp(nh->gw, key(gw), 16) == 0;
}

static bool
used(const char *prefix, uint8_t len)
{
	return cgn_compile_uses_learnt(
		compiler, (uint16_t)cgn_compile_find_vpn(compiler, ""), key(prefix), len);
}

static void
test_order(void)
{
	struct cgn_compile_learnt list[] = { learnt("192.0.2.0", 120),
		learnt("0.0.0.0", 96), learnt("10.9.0.0", 112), learnt("10.0.0.0", 120),
		learnt("203.0.113.4", 126), learnt("203.0.112.0", 118),
		learnt("198.51.100.1", 128) };
	const struct cgn_snapshot *s;

	setup();
	s = compile_with(USUAL, list, RTE_DIM(list));
	CU_ASSERT(by(s, "192.0.2.1", "198.51.100.7"));
	CU_ASSERT(used("192.0.2.0", 120));
	/* static routes come first, and of course what is connected or the box's own */
	CU_ASSERT(by(s, "8.8.8.8", "198.51.100.254"));
	CU_ASSERT_FALSE(used("0.0.0.0", 96));
	CU_ASSERT(by(s, "10.9.0.1", "10.0.0.9"));
	CU_ASSERT_EQUAL(route(s, "", "10.0.0.5")->kind, CGN_NH_CONNECTED);
	CU_ASSERT_EQUAL(route(s, "", "198.51.100.1")->kind, CGN_NH_LOCAL);
	/* a route inside the pool is left out, one around it is not */
	CU_ASSERT_EQUAL(route(s, "", "203.0.113.4")->kind, CGN_NH_POOL);
	CU_ASSERT(by(s, "203.0.115.1", "198.51.100.7"));
	/* and none is in another VPN */
	CU_ASSERT_EQUAL(route(s, "red", "192.0.2.1")->kind, CGN_NH_NONE);
	teardown(s);
}

/* A static route with a distance of more than 20 is for when nothing is learnt. */
static void
test_floating(void)
{
	static const char floating[] = NODE BOARDS LOCATIONS PORTS(INSIDE)
		ROUTES(", { prefix = \"192.0.2.0/24\"; next_hop = \"10.0.0.9\"; distance "
		       "= 21; }") GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT;
	struct cgn_compile_learnt r = learnt("192.0.2.0", 120);
	const struct cgn_snapshot *s, *old;

	setup();
	old = compile_with(floating, &r, 1);
	CU_ASSERT(by(old, "192.0.2.1", "198.51.100.7"));
	s = compile_with(floating, NULL, 0);
	CU_ASSERT(by(s, "192.0.2.1", "10.0.0.9"));
	CU_ASSERT_FALSE(used("192.0.2.0", 120));
	cgn_snapshot_free(old);
	teardown(s);
}

static void
test_link(void)
{
	struct cgn_compile_learnt r = learnt("192.0.2.0", 120);
	const struct cgn_snapshot *s;

	setup();
	r.gateway = false;
	s = compile_with(USUAL, &r, 1);
	CU_ASSERT_EQUAL(route(s, "", "192.0.2.1")->kind, CGN_NH_CONNECTED);
	CU_ASSERT_EQUAL(route(s, "", "192.0.2.1")->iface, iface("outside"));
	teardown(s);
}

/* Several next hops of a prefix: one entry of the tables for all prefixes that have the
 * same, and those themselves side by side. */
static void
test_several(void)
{
	struct cgn_compile_learnt list[] = { learnt("192.0.2.0", 120),
		learnt("192.0.2.0", 120), learnt("192.0.2.0", 120),
		learnt("192.0.3.0", 120), learnt("192.0.3.0", 120),
		learnt("192.0.4.0", 120) };
	const struct cgn_nexthop *several = NULL;
	const struct cgn_snapshot *s;
	uint64_t nh[3];
	uint32_t ip[] = { 0xc0000201, 0xc0000301, 0xc0000401 };

	memcpy(list[1].gw, key("198.51.100.8"), 16);
	memcpy(list[4].gw, key("198.51.100.8"), 16);
	setup();
	s = compile_with(USUAL, list, RTE_DIM(list)); /* one of them twice */
	rte_fib_lookup_bulk(s->vpn[0].fib4, ip, nh, 3);
	several = &s->nexthop[nh[0]];
	CU_ASSERT_EQUAL_FATAL(several->kind, CGN_NH_SEVERAL);
	CU_ASSERT_EQUAL(nh[1], nh[0]);
	CU_ASSERT_EQUAL(s->nexthop[nh[2]].kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL_FATAL(several->n, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct cgn_nexthop *one = &s->nexthop[several->index + i];

		CU_ASSERT_EQUAL(one->kind, CGN_NH_GATEWAY);
		CU_ASSERT_EQUAL(one->gw[15], 7 + i);
		CU_ASSERT_PTR_NOT_NULL(one->neigh);
	}
	/* control has the first one */
	CU_ASSERT(by(s, "192.0.2.1", "198.51.100.7"));
	CU_ASSERT(used("192.0.3.0", 120));
	teardown(s);
}

const char *const eal_suite = "compile: learnt routes";
CU_TestInfo eal_tests[] = {
	{ "order", test_order },
	{ "floating static route", test_floating },
	{ "without gateway", test_link },
	{ "several next hops", test_several },
	CU_TEST_INFO_NULL,
};
