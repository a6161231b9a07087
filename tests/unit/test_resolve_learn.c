/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_main.h"
#include "resolve_case.h"

static void
start(void)
{
	setup();
	CU_ASSERT_EQUAL_FATAL(box.n, 9);
	box_expect(0, 0,
		ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
			   "000000000000 0a000001");
	box_expect(1, 0,
		"333300000001" INSIDE "86dd"
		"6000000000203aff20010db8000000010000000000000001ff0200000000000000000000"
		"000000018800791fa000000020010db8000000010000000000000001020102000000000"
		"a");
	CU_ASSERT_EQUAL(box.sent[2].to, 0); /* link-local */
	box_expect(3, 1,
		ALL "02000000000b 0806 0001080006040001 02000000000b c6336401"
		    "000000000000 c6336401");
	box_expect(4, 0,
		ALL INSIDE TAG "0806 0001080006040001" INSIDE "0a010001"
			       "000000000000 0a010001");
	/* the gateways: IPv4 first, as its prefix sorts first */
	box_expect(7, 1,
		ALL "02000000000b 0806 0001080006040001 02000000000b c6336401"
		    "000000000000 c63364fe");
	box_expect(8, 0,
		"3333ff000002" INSIDE "86dd"
		"6000000000203afffe80000000000000000000fffe00000aff0200000000000000000001"
		"ff00000287004c4c0000000020010db8000000010000000000000002010102000000000"
		"a");
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->asked, 2);
	teardown();
}

/* News about a neighbour that nobody asked for change what is known, and only that. */
static void
gratuitous(void)
{
	uint16_t in;

	setup_quiet();
	in = box_iface("inside");
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &peer, CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT_FALSE(find("10.0.0.50", 2000));
	give("inside", "10.0.0.50", "45aa", 2000);
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &peer, CGN_LEARN_OVERRIDE, 2100);
	box_expect(1, 0, PEER INSIDE "0800 45aa");
	CU_ASSERT(find("10.0.0.50", 2100) && seen.state == CGN_PEER_STALE);
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &other, CGN_LEARN_OVERRIDE, 2200);
	CU_ASSERT(find("10.0.0.50", 2200) && rte_is_same_ether_addr(&seen.mac, &other));
	cgn_resolve_learn(r, in, box_key("10.0.0.50"),
		&(struct rte_ether_addr){ { 1, 0, 0x5e, 0, 0, 1 } }, CGN_LEARN_OVERRIDE,
		2200);
	CU_ASSERT(find("10.0.0.50", 2200) && rte_is_same_ether_addr(&seen.mac, &other));
	teardown();
}

/* RFC 4861 7.2.5. */
static void
override(void)
{
	uint16_t in;

	setup_quiet();
	in = box_iface("inside");
	give("inside", "2001:db8:0:1::50", "60aa", 2000);
	cgn_resolve_learn(
		r, in, box_key("2001:db8:0:1::50"), &peer, CGN_LEARN_CONFIRMED, 2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_REACHABLE);
	/* another address without the flag: only doubt */
	cgn_resolve_learn(
		r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_CONFIRMED, 2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_STALE);
	CU_ASSERT(rte_is_same_ether_addr(&seen.mac, &peer));
	cgn_resolve_learn(
		r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_STALE);
	CU_ASSERT(rte_is_same_ether_addr(&seen.mac, &other));
	cgn_resolve_learn(
		r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_CONFIRMED, 2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_REACHABLE);
	teardown();
}

static void
created(void)
{
	uint16_t in;

	setup_quiet();
	in = box_iface("inside");
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &peer,
		CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT(find("10.0.0.50", 2000) && seen.known);
	run(2000, 9000); /* not used: not asked */
	CU_ASSERT_EQUAL(box.n, 0);
	CU_ASSERT(find("10.0.0.50", 9000) && seen.state == CGN_PEER_STALE);
	/* not of this link */
	cgn_resolve_learn(r, in, box_key("172.16.0.1"), &peer,
		CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT_FALSE(find("172.16.0.1", 2000));
	teardown();
}

static void
conflict(void)
{
	uint16_t in;

	setup_quiet();
	in = box_iface("inside");
	CU_ASSERT_FALSE(cgn_resolve_learn(
		r, in, box_key("10.0.0.1"), &peer, CGN_LEARN_OVERRIDE, 2000));
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->conflicts, 1);
	CU_ASSERT_EQUAL(box.n, 7); /* announced again */
	CU_ASSERT_FALSE(cgn_resolve_learn(
		r, in, box_key("10.0.0.1"), &peer, CGN_LEARN_OVERRIDE, 11900));
	CU_ASSERT_EQUAL(box.n, 7); /* not more often than once in ten seconds */
	CU_ASSERT_FALSE(cgn_resolve_learn(r, box_iface("outside"),
		box_key("198.51.100.66"), &peer, CGN_LEARN_OVERRIDE, 12000));
	CU_ASSERT_EQUAL(box.n, 14);
	CU_ASSERT(cgn_resolve_learn(r, in, box_key("10.0.0.1"), &box.snap->iface[in].mac,
		CGN_LEARN_OVERRIDE, 30000)); /* our own */
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->conflicts, 3);
	teardown();
}

static void
new_snapshot(void)
{
	const struct cgn_snapshot *before;

	setup_quiet();
	before = box.snap;
	cgn_resolve_snapshot(r, box_recompile(), 2000);
	cgn_snapshot_free(before);
	CU_ASSERT_EQUAL_FATAL(box.n, 1); /* no address is new, one gateway is */
	box_expect(0, 0,
		ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
			   "000000000000 0a000009");
	CU_ASSERT(find("10.0.0.9", 2000) && seen.gateway);
	CU_ASSERT(find("198.51.100.254", 2000) && seen.known);
	teardown();
}

const char *const eal_suite = "resolve: learn";
CU_TestInfo eal_tests[] = {
	{ "announces itself, asks for its gateways", start },
	{ "gratuitous news", gratuitous },
	{ "advertisements that do not override", override },
	{ "made for who asks the box", created },
	{ "another with our address", conflict },
	{ "a new snapshot", new_snapshot },
	CU_TEST_INFO_NULL,
};
