/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dataplane/neigh.h"
#include "eal_main.h"
#include "resolve_case.h"

static void
held_until_answered(void)
{
	setup_quiet();
	give("inside", "10.0.0.50", "45aa", 2000);
	give("inside", "10.0.0.50", "45bb", 2000);
	CU_ASSERT_EQUAL(box.n, 1);
	box_expect(0, 0,
		ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
			   "000000000000 0a000032");
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 2);
	CU_ASSERT(find("10.0.0.50", 2000) && seen.state == CGN_PEER_INCOMPLETE);
	CU_ASSERT_EQUAL(seen.held, 2);
	CU_ASSERT_FALSE(seen.known);
	answer("inside", "10.0.0.50", &peer, 2300);
	CU_ASSERT_EQUAL_FATAL(box.n, 3);
	box_expect(1, 0, PEER INSIDE "0800 45aa");
	box_expect(2, 0, PEER INSIDE "0800 45bb");
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 0);
	give("inside", "10.0.0.50", "45cc", 2400);
	box_expect(3, 0, PEER INSIDE "0800 45cc");
	CU_ASSERT(find("10.0.0.50", 2500) && seen.state == CGN_PEER_REACHABLE);
	CU_ASSERT_EQUAL(seen.age_ms, 200);
	CU_ASSERT(seen.known && rte_is_same_ether_addr(&seen.mac, &peer));
	teardown();
}

static void
tagged(void)
{
	setup_quiet();
	give("red", "10.1.0.7", "45aa", 2000);
	give("red", "2001:db8:0:9::7", "60aa", 2000);
	box_expect(0, 0,
		ALL INSIDE TAG "0806 0001080006040001" INSIDE "0a010001"
			       "000000000000 0a010007");
	answer("red", "10.1.0.7", &peer, 2000);
	answer("red", "2001:db8:0:9::7", &peer, 2000);
	box_expect(2, 0, PEER INSIDE TAG "0800 45aa");
	box_expect(3, 0, PEER INSIDE TAG "86dd 60aa");
	teardown();
}

/* Asked at once and twice again, a second apart; then what waited is dropped, by name. */
static void
nobody_there(void)
{
	setup_quiet();
	give("inside", "10.0.0.50", "45aa", 2000);
	run(2000, 2900);
	CU_ASSERT_EQUAL(box.n, 1);
	run(3000, 3000);
	CU_ASSERT_EQUAL(box.n, 2);
	run(3100, 4900);
	CU_ASSERT_EQUAL(box.n, 3);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 0);
	run(5000, 5000);
	CU_ASSERT_EQUAL(box.n, 3);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 1);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->failed, 1);
	CU_ASSERT_FALSE(find("10.0.0.50", 5000));
	CU_ASSERT_PTR_NULL(cgn_neigh_find(
		box.snap->iface[box_iface("inside")].neigh, box_key("10.0.0.50")));
	give("inside", "10.0.0.50", "45bb", 6000); /* and again */
	CU_ASSERT_EQUAL(box.n, 4);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	teardown();
}

static void
held_per_neighbour(void)
{
	char packet[5] = "4500";

	setup_quiet();
	for (unsigned i = 0; i < CGN_RESOLVE_HELD + 8; i++) {
		packet[2] = (char)('0' + i / 10);
		packet[3] = (char)('0' + i % 10);
		give("inside", "10.0.0.50", packet, 2000);
	}
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 8);
	answer("inside", "10.0.0.50", &peer, 2000);
	CU_ASSERT_EQUAL_FATAL(box.n, 1 + CGN_RESOLVE_HELD);
	box_expect(1, 0, PEER INSIDE "0800 4508"); /* the oldest went */
	box_expect(CGN_RESOLVE_HELD, 0, PEER INSIDE "0800 4539");
	teardown();
}

static void
held_in_total(void)
{
	uint8_t key[16];
	unsigned peers = CGN_RESOLVE_HELD_ALL / 16 + 1;

	setup_quiet();
	memcpy(key, box_key("10.0.0.0"), 16);
	for (unsigned i = 0; i < peers; i++)
		for (unsigned k = 0; k < 16; k++) {
			key[15] = (uint8_t)(100 + i);
			cgn_resolve_send(
				r, box_iface("inside"), key, box_packet("45"), 2000);
		}
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, CGN_RESOLVE_HELD_ALL);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 16);
	teardown();
}

static void
silent_gateway(void)
{
	setup();
	box_clear();
	run(1000, 3900); /* two gateways, two questions more each */
	CU_ASSERT_EQUAL(box.n, 4);
	run(4000, 4000);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->failed, 2);
	CU_ASSERT(find("198.51.100.254", 4000) && seen.state == CGN_PEER_FAILED);
	CU_ASSERT(seen.gateway);
	give("outside", "198.51.100.254", "45aa", 4500); /* not again so soon */
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 1);
	CU_ASSERT_EQUAL(box.n, 4);
	give("outside", "198.51.100.254", "45bb", 5000);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	CU_ASSERT_EQUAL(box.n, 5);
	run(6900, 6900);
	run(7000, 7000); /* the other one without a packet */
	CU_ASSERT_EQUAL(box.n, 7);
	answer("outside", "198.51.100.254", &peer, 7100);
	box_expect(7, 1, PEER "02000000000b 0800 45bb");
	CU_ASSERT(find("198.51.100.254", 7100) && seen.state == CGN_PEER_REACHABLE);
	teardown();
}

/* One that matters is asked every second, and known to be silent within four. */
static void
watched_gateway(void)
{
	uint8_t key[16];
	uint16_t iface;

	setup_quiet();
	memcpy(key, box_key("198.51.100.254"), sizeof(key));
	iface = box_iface("outside");
	CU_ASSERT_FALSE(cgn_resolve_is_silent(r, iface, key));
	run(2000, 2000);
	CU_ASSERT_EQUAL(box.n, 1);
	answer("outside", "198.51.100.254", &other, 2100);
	run(2100, 3000);
	CU_ASSERT_EQUAL(box.n, 1);
	run(3100, 6000);
	CU_ASSERT_EQUAL(box.n, 4);
	CU_ASSERT_FALSE(cgn_resolve_is_silent(r, iface, key));
	run(6100, 6100);
	CU_ASSERT_TRUE(cgn_resolve_is_silent(r, iface, key));
	run(6200, 10000);
	CU_ASSERT_TRUE(cgn_resolve_is_silent(r, iface, key));
	answer("outside", "198.51.100.254", &other, 10000);
	CU_ASSERT_FALSE(cgn_resolve_is_silent(r, iface, key));
	CU_ASSERT_FALSE(cgn_resolve_is_silent(r, iface, box_key("198.51.100.7")));
	teardown();
}

/* Whether used or not, a gateway is asked again after 30 s, by itself. */
static void
gateway_fresh(void)
{
	setup_quiet();
	run(1000, 30900);
	CU_ASSERT_EQUAL(box.n, 0);
	run(31000, 31000);
	CU_ASSERT_EQUAL_FATAL(box.n, 2);
	box_expect(0, 1,
		"020000000088 02000000000b 0806 0001080006040001 02000000000b"
		"c6336401 000000000000 c63364fe");
	box_expect(1, 0,
		"020000000088" INSIDE "86dd"
		"6000000000203afffe80000000000000000000fffe00000a20010db80000000100000000"
		"0000000287001c970000000020010db8000000010000000000000002010102000000000"
		"a");
	answer("outside", "198.51.100.254", &other, 31100);
	answer("inside", "2001:db8:0:1::2", &other, 31100);
	run(31100, 61000);
	CU_ASSERT_EQUAL(box.n, 2);
	run(61100, 61100);
	CU_ASSERT_EQUAL(box.n, 4);
	teardown();
}

/* A neighbour that packets go to is asked after 30 s; one without is not, and is
 * forgotten after ten minutes. */
static void
ageing(void)
{
	struct cgn_neigh *n;

	setup_quiet();
	give("inside", "10.0.0.50", "45aa", 2000);
	give("inside", "10.0.0.51", "45aa", 2000);
	answer("inside", "10.0.0.50", &peer, 2000);
	answer("inside", "10.0.0.51", &peer, 2000);
	n = cgn_neigh_find(
		box.snap->iface[box_iface("inside")].neigh, box_key("10.0.0.50"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	run(2000, 20000);
	cgn_neigh_touch(n); /* by a worker */
	box_clear();
	answer("outside", "198.51.100.254", &other, 20000);
	answer("inside", "2001:db8:0:1::2", &other, 20000);
	run(20100, 31900);
	CU_ASSERT_EQUAL(box.n, 0);
	run(32000, 32000);
	CU_ASSERT_EQUAL_FATAL(box.n, 1);
	box_expect(0, 0,
		PEER INSIDE "0806 0001080006040001" INSIDE "0a000001"
			    "000000000000 0a000032");
	CU_ASSERT(find("10.0.0.50", 32000) && seen.state == CGN_PEER_PROBE);
	CU_ASSERT(find("10.0.0.51", 32000) && seen.state == CGN_PEER_STALE);
	give("inside", "10.0.0.50", "45bb", 32000); /* goes on meanwhile */
	box_expect(1, 0, PEER INSIDE "0800 45bb");
	answer("inside", "10.0.0.50", &peer, 32500);
	CU_ASSERT(find("10.0.0.50", 32500) && seen.state == CGN_PEER_REACHABLE);
	give("inside", "10.0.0.51", "45cc", 50000); /* stale: used, so asked */
	box_clear();
	answer("outside", "198.51.100.254", &other, 50000);
	answer("inside", "2001:db8:0:1::2", &other, 50000);
	run(50000, 50000);
	CU_ASSERT(find("10.0.0.51", 50000) && seen.state == CGN_PEER_PROBE);
	answer("inside", "10.0.0.51", &peer, 50100);
	run(50100, 650000);
	CU_ASSERT_FALSE(find("10.0.0.50", 650000));
	CU_ASSERT_FALSE(find("10.0.0.51", 650000));
	CU_ASSERT(find("198.51.100.254", 650000));
	teardown();
}

/* Three unicast questions without an answer, then everybody is asked. */
static void
moved_away(void)
{
	struct rte_ether_addr mac;
	struct cgn_neigh *n;

	setup_quiet();
	give("inside", "10.0.0.50", "45aa", 2000);
	answer("inside", "10.0.0.50", &peer, 2000);
	n = cgn_neigh_find(
		box.snap->iface[box_iface("inside")].neigh, box_key("10.0.0.50"));
	give("inside", "10.0.0.50", "45bb", 3000);
	answer("outside", "198.51.100.254", &other, 20000);
	answer("inside", "2001:db8:0:1::2", &other, 20000);
	box_clear();
	run(2000, 34900);
	CU_ASSERT_EQUAL(box.n, 3);
	CU_ASSERT(cgn_neigh_mac(n, &mac));
	run(35000, 35000);
	CU_ASSERT_FALSE(cgn_neigh_mac(n, &mac));
	CU_ASSERT_EQUAL_FATAL(box.n, 4);
	box_expect(3, 0,
		ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
			   "000000000000 0a000032");
	answer("inside", "10.0.0.50", &other, 35100); /* at another place */
	CU_ASSERT(cgn_neigh_mac(n, &mac) && rte_is_same_ether_addr(&mac, &other));
	teardown();
}

/* Somebody who makes the box look for absent hosts leaves room for those that exist. */
static void
flood(void)
{
	uint8_t key[16];

	setup_quiet();
	memcpy(key, box_key("2001:db8:0:1::"), 16);
	for (unsigned i = 0; i < 10000; i++) {
		key[12] = (uint8_t)(1 + i / 256);
		key[13] = (uint8_t)i;
		cgn_resolve_send(r, box_iface("inside"), key, box_packet("60"), 2000);
		box_clear();
	}
	CU_ASSERT(cgn_resolve_stats(r)->table_full > 7000);
	cgn_resolve_learn(r, box_iface("inside"), box_key("10.0.0.50"), &peer,
		CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT(find("10.0.0.50", 2000));
	run(2000, 8000); /* and all is over after three questions */
	box_clear();
	give("inside", "10.0.0.51", "45aa", 8000);
	CU_ASSERT_EQUAL(box.n, 1);
	teardown();
}

static void
no_buffer(void)
{
	struct rte_mbuf *all[2047];
	struct rte_mbuf *last;

	setup_quiet();
	last = box_packet("45aa");
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(box.wire.pool, all, 2046), 0);
	cgn_resolve_send(r, box_iface("inside"), box_key("10.0.0.50"), last, 2000);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NO_MBUF], 1);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	rte_pktmbuf_free_bulk(all, 2046);
	run(3000, 3000); /* the next question gets out */
	CU_ASSERT_EQUAL(box.n, 1);
	teardown();
}

const char *const eal_suite = "resolve";
CU_TestInfo eal_tests[] = {
	{ "held until answered", held_until_answered },
	{ "VLANs", tagged },
	{ "nobody there", nobody_there },
	{ "held per neighbour", held_per_neighbour },
	{ "held in total", held_in_total },
	{ "a silent gateway", silent_gateway },
	{ "a gateway that is watched", watched_gateway },
	{ "a gateway is kept fresh", gateway_fresh },
	{ "used, stale, forgotten", ageing },
	{ "no answer any more", moved_away },
	{ "many that do not exist", flood },
	{ "no packet buffers", no_buffer },
	CU_TEST_INFO_NULL,
};
