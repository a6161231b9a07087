/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "box.h"
#include "control/resolve.h"
#include "dataplane/neigh.h"
#include "eal_main.h"

#define ALL    "ffffffffffff"
#define INSIDE "02000000000a"
#define TAG    "8100 0064"
#define PEER   "020000000077"

static struct cgn_resolver *r;
static const struct rte_ether_addr peer = { { 2, 0, 0, 0, 0, 0x77 } };
static const struct rte_ether_addr other = { { 2, 0, 0, 0, 0, 0x88 } };

/* A resolver at time 1000 that has announced itself and asked for its gateways, which do
 * not matter to most tests: they are answered and forgotten about. */
static void
begin(void)
{
	box_init();
	r = cgn_resolve_create(&box.wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	cgn_resolve_snapshot(r, box.snap, 1000);
}

static void
answer(const char *iface, const char *addr, const struct rte_ether_addr *mac, uint64_t now)
{
	CU_ASSERT(cgn_resolve_learn(r, box_iface(iface), box_key(addr), mac,
		CGN_LEARN_OVERRIDE | CGN_LEARN_CONFIRMED, now));
}

static void
begin_quiet(void)
{
	begin();
	answer("outside", "198.51.100.254", &other, 1000);
	answer("inside", "2001:db8:0:1::2", &other, 1000);
	box_clear();
}

static void
end(void)
{
	cgn_resolve_destroy(r);
	box_fini();
}

static void
send(const char *iface, const char *addr, const char *packet, uint64_t now)
{
	cgn_resolve_send(r, box_iface(iface), box_key(addr), box_packet(packet), now);
}

/* Time goes on in steps of 100 ms. */
static void
run(uint64_t from, uint64_t to)
{
	for (uint64_t now = from; now <= to; now += 100)
		cgn_resolve_tick(r, now);
}

static struct cgn_resolve_view seen;
static const char *wanted;

static void
look(void *ctx, const struct cgn_resolve_view *v)
{
	if (memcmp(v->addr, box_key(wanted), 16) == 0) {
		seen = *v;
		*(bool *)ctx = true;
	}
}

/* Looks a neighbour up into `seen`. */
static bool
find(const char *addr, uint64_t now)
{
	bool found = false;

	wanted = addr;
	cgn_resolve_foreach(r, now, look, &found);
	return found;
}

static void
start(void)
{
	begin();
	CU_ASSERT_EQUAL_FATAL(box.n, 9);
	box_expect(0, 0, ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
		"000000000000 0a000001");
	box_expect(1, 0, "333300000001" INSIDE "86dd"
		"6000000000203aff20010db8000000010000000000000001ff0200000000000000000000"
		"000000018800791fa000000020010db8000000010000000000000001020102000000000a");
	CU_ASSERT_EQUAL(box.sent[2].to, 0); /* link-local */
	box_expect(3, 1, ALL "02000000000b 0806 0001080006040001 02000000000b c6336401"
		"000000000000 c6336401");
	box_expect(4, 0, ALL INSIDE TAG "0806 0001080006040001" INSIDE "0a010001"
		"000000000000 0a010001");
	/* the gateways: IPv4 first, as its prefix sorts first */
	box_expect(7, 1, ALL "02000000000b 0806 0001080006040001 02000000000b c6336401"
		"000000000000 c63364fe");
	box_expect(8, 0, "3333ff000002" INSIDE "86dd"
		"6000000000203afffe80000000000000000000fffe00000aff0200000000000000000001"
		"ff00000287004c4c0000000020010db8000000010000000000000002010102000000000a");
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->asked, 2);
	end();
}

static void
held_until_answered(void)
{
	begin_quiet();
	send("inside", "10.0.0.50", "45aa", 2000);
	send("inside", "10.0.0.50", "45bb", 2000);
	CU_ASSERT_EQUAL(box.n, 1);
	box_expect(0, 0, ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
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
	send("inside", "10.0.0.50", "45cc", 2400);
	box_expect(3, 0, PEER INSIDE "0800 45cc");
	CU_ASSERT(find("10.0.0.50", 2500) && seen.state == CGN_PEER_REACHABLE);
	CU_ASSERT_EQUAL(seen.age_ms, 200);
	CU_ASSERT(seen.known && rte_is_same_ether_addr(&seen.mac, &peer));
	end();
}

static void
tagged(void)
{
	begin_quiet();
	send("red", "10.1.0.7", "45aa", 2000);
	send("red", "2001:db8:0:9::7", "60aa", 2000);
	box_expect(0, 0, ALL INSIDE TAG "0806 0001080006040001" INSIDE "0a010001"
		"000000000000 0a010007");
	answer("red", "10.1.0.7", &peer, 2000);
	answer("red", "2001:db8:0:9::7", &peer, 2000);
	box_expect(2, 0, PEER INSIDE TAG "0800 45aa");
	box_expect(3, 0, PEER INSIDE TAG "86dd 60aa");
	end();
}

/* Asked at once and twice again, a second apart; then what waited is dropped, by name. */
static void
nobody_there(void)
{
	begin_quiet();
	send("inside", "10.0.0.50", "45aa", 2000);
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
	CU_ASSERT_PTR_NULL(cgn_neigh_find(box.snap->iface[box_iface("inside")].neigh,
		box_key("10.0.0.50")));
	send("inside", "10.0.0.50", "45bb", 6000); /* and again */
	CU_ASSERT_EQUAL(box.n, 4);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	end();
}

static void
held_per_neighbour(void)
{
	char packet[5] = "4500";

	begin_quiet();
	for (unsigned i = 0; i < CGN_RESOLVE_HELD + 8; i++) {
		packet[2] = (char)('0' + i / 10);
		packet[3] = (char)('0' + i % 10);
		send("inside", "10.0.0.50", packet, 2000);
	}
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 8);
	answer("inside", "10.0.0.50", &peer, 2000);
	CU_ASSERT_EQUAL_FATAL(box.n, 1 + CGN_RESOLVE_HELD);
	box_expect(1, 0, PEER INSIDE "0800 4508"); /* the oldest went */
	box_expect(CGN_RESOLVE_HELD, 0, PEER INSIDE "0800 4539");
	end();
}

static void
held_in_total(void)
{
	uint8_t key[16];
	unsigned peers = CGN_RESOLVE_HELD_ALL / 16 + 1;

	begin_quiet();
	memcpy(key, box_key("10.0.0.0"), 16);
	for (unsigned i = 0; i < peers; i++)
		for (unsigned k = 0; k < 16; k++) {
			key[15] = (uint8_t)(100 + i);
			cgn_resolve_send(r, box_iface("inside"), key, box_packet("45"),
				2000);
		}
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, CGN_RESOLVE_HELD_ALL);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 16);
	end();
}

static void
silent_gateway(void)
{
	begin();
	box_clear();
	run(1000, 3900); /* two gateways, two questions more each */
	CU_ASSERT_EQUAL(box.n, 4);
	run(4000, 4000);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->failed, 2);
	CU_ASSERT(find("198.51.100.254", 4000) && seen.state == CGN_PEER_FAILED);
	CU_ASSERT(seen.gateway);
	send("outside", "198.51.100.254", "45aa", 4500); /* not again so soon */
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NEIGHBOUR], 1);
	CU_ASSERT_EQUAL(box.n, 4);
	send("outside", "198.51.100.254", "45bb", 5000);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	CU_ASSERT_EQUAL(box.n, 5);
	run(6900, 6900);
	run(7000, 7000); /* the other one without a packet */
	CU_ASSERT_EQUAL(box.n, 7);
	answer("outside", "198.51.100.254", &peer, 7100);
	box_expect(7, 1, PEER "02000000000b 0800 45bb");
	CU_ASSERT(find("198.51.100.254", 7100) && seen.state == CGN_PEER_REACHABLE);
	end();
}

/* Whether used or not, a gateway is asked again after 30 s, by itself. */
static void
gateway_fresh(void)
{
	begin_quiet();
	run(1000, 30900);
	CU_ASSERT_EQUAL(box.n, 0);
	run(31000, 31000);
	CU_ASSERT_EQUAL_FATAL(box.n, 2);
	box_expect(0, 1, "020000000088 02000000000b 0806 0001080006040001 02000000000b"
		"c6336401 000000000000 c63364fe");
	box_expect(1, 0, "020000000088" INSIDE "86dd"
		"6000000000203afffe80000000000000000000fffe00000a20010db80000000100000000"
		"0000000287001c970000000020010db8000000010000000000000002010102000000000a");
	answer("outside", "198.51.100.254", &other, 31100);
	answer("inside", "2001:db8:0:1::2", &other, 31100);
	run(31100, 61000);
	CU_ASSERT_EQUAL(box.n, 2);
	run(61100, 61100);
	CU_ASSERT_EQUAL(box.n, 4);
	end();
}

/* A neighbour that packets go to is asked after 30 s; one without is not, and is
 * forgotten after ten minutes. */
static void
ageing(void)
{
	struct cgn_neigh *n;

	begin_quiet();
	send("inside", "10.0.0.50", "45aa", 2000);
	send("inside", "10.0.0.51", "45aa", 2000);
	answer("inside", "10.0.0.50", &peer, 2000);
	answer("inside", "10.0.0.51", &peer, 2000);
	n = cgn_neigh_find(box.snap->iface[box_iface("inside")].neigh, box_key("10.0.0.50"));
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
	box_expect(0, 0, PEER INSIDE "0806 0001080006040001" INSIDE "0a000001"
		"000000000000 0a000032");
	CU_ASSERT(find("10.0.0.50", 32000) && seen.state == CGN_PEER_PROBE);
	CU_ASSERT(find("10.0.0.51", 32000) && seen.state == CGN_PEER_STALE);
	send("inside", "10.0.0.50", "45bb", 32000); /* goes on meanwhile */
	box_expect(1, 0, PEER INSIDE "0800 45bb");
	answer("inside", "10.0.0.50", &peer, 32500);
	CU_ASSERT(find("10.0.0.50", 32500) && seen.state == CGN_PEER_REACHABLE);
	send("inside", "10.0.0.51", "45cc", 50000); /* stale: used, so asked */
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
	end();
}

/* Three unicast questions without an answer, then everybody is asked. */
static void
moved_away(void)
{
	struct rte_ether_addr mac;
	struct cgn_neigh *n;

	begin_quiet();
	send("inside", "10.0.0.50", "45aa", 2000);
	answer("inside", "10.0.0.50", &peer, 2000);
	n = cgn_neigh_find(box.snap->iface[box_iface("inside")].neigh, box_key("10.0.0.50"));
	send("inside", "10.0.0.50", "45bb", 3000);
	answer("outside", "198.51.100.254", &other, 20000);
	answer("inside", "2001:db8:0:1::2", &other, 20000);
	box_clear();
	run(2000, 34900);
	CU_ASSERT_EQUAL(box.n, 3);
	CU_ASSERT(cgn_neigh_mac(n, &mac));
	run(35000, 35000);
	CU_ASSERT_FALSE(cgn_neigh_mac(n, &mac));
	CU_ASSERT_EQUAL_FATAL(box.n, 4);
	box_expect(3, 0, ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
		"000000000000 0a000032");
	answer("inside", "10.0.0.50", &other, 35100); /* at another place */
	CU_ASSERT(cgn_neigh_mac(n, &mac) && rte_is_same_ether_addr(&mac, &other));
	end();
}

/* News about a neighbour that nobody asked for change what is known, and only that. */
static void
gratuitous(void)
{
	uint16_t in;

	begin_quiet();
	in = box_iface("inside");
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &peer, CGN_LEARN_OVERRIDE, 2000);
	CU_ASSERT_FALSE(find("10.0.0.50", 2000));
	send("inside", "10.0.0.50", "45aa", 2000);
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &peer, CGN_LEARN_OVERRIDE, 2100);
	box_expect(1, 0, PEER INSIDE "0800 45aa");
	CU_ASSERT(find("10.0.0.50", 2100) && seen.state == CGN_PEER_STALE);
	cgn_resolve_learn(r, in, box_key("10.0.0.50"), &other, CGN_LEARN_OVERRIDE, 2200);
	CU_ASSERT(find("10.0.0.50", 2200) && rte_is_same_ether_addr(&seen.mac, &other));
	cgn_resolve_learn(r, in, box_key("10.0.0.50"),
		&(struct rte_ether_addr){ { 1, 0, 0x5e, 0, 0, 1 } }, CGN_LEARN_OVERRIDE, 2200);
	CU_ASSERT(find("10.0.0.50", 2200) && rte_is_same_ether_addr(&seen.mac, &other));
	end();
}

/* RFC 4861 7.2.5. */
static void
override(void)
{
	uint16_t in;

	begin_quiet();
	in = box_iface("inside");
	send("inside", "2001:db8:0:1::50", "60aa", 2000);
	cgn_resolve_learn(r, in, box_key("2001:db8:0:1::50"), &peer, CGN_LEARN_CONFIRMED,
		2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_REACHABLE);
	/* another address without the flag: only doubt */
	cgn_resolve_learn(r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_CONFIRMED,
		2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_STALE);
	CU_ASSERT(rte_is_same_ether_addr(&seen.mac, &peer));
	cgn_resolve_learn(r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_OVERRIDE,
		2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_STALE);
	CU_ASSERT(rte_is_same_ether_addr(&seen.mac, &other));
	cgn_resolve_learn(r, in, box_key("2001:db8:0:1::50"), &other, CGN_LEARN_CONFIRMED,
		2000);
	CU_ASSERT(find("2001:db8:0:1::50", 2000) && seen.state == CGN_PEER_REACHABLE);
	end();
}

static void
created(void)
{
	uint16_t in;

	begin_quiet();
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
	end();
}

static void
conflict(void)
{
	uint16_t in;

	begin_quiet();
	in = box_iface("inside");
	CU_ASSERT_FALSE(cgn_resolve_learn(r, in, box_key("10.0.0.1"), &peer,
		CGN_LEARN_OVERRIDE, 2000));
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->conflicts, 1);
	CU_ASSERT_EQUAL(box.n, 7); /* announced again */
	CU_ASSERT_FALSE(cgn_resolve_learn(r, in, box_key("10.0.0.1"), &peer,
		CGN_LEARN_OVERRIDE, 11900));
	CU_ASSERT_EQUAL(box.n, 7); /* not more often than once in ten seconds */
	CU_ASSERT_FALSE(cgn_resolve_learn(r, box_iface("outside"), box_key("198.51.100.66"),
		&peer, CGN_LEARN_OVERRIDE, 12000));
	CU_ASSERT_EQUAL(box.n, 14);
	CU_ASSERT(cgn_resolve_learn(r, in, box_key("10.0.0.1"),
		&box.snap->iface[in].mac, CGN_LEARN_OVERRIDE, 30000)); /* our own */
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->conflicts, 3);
	end();
}

static void
new_snapshot(void)
{
	const struct cgn_snapshot *before;

	begin_quiet();
	before = box.snap;
	cgn_resolve_snapshot(r, box_recompile(), 2000);
	cgn_snapshot_free(before);
	CU_ASSERT_EQUAL_FATAL(box.n, 1); /* no address is new, one gateway is */
	box_expect(0, 0, ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
		"000000000000 0a000009");
	CU_ASSERT(find("10.0.0.9", 2000) && seen.gateway);
	CU_ASSERT(find("198.51.100.254", 2000) && seen.known);
	end();
}

/* Somebody who makes the box look for absent hosts leaves room for those that exist. */
static void
flood(void)
{
	uint8_t key[16];

	begin_quiet();
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
	send("inside", "10.0.0.51", "45aa", 8000);
	CU_ASSERT_EQUAL(box.n, 1);
	end();
}

static void
no_buffer(void)
{
	struct rte_mbuf *all[2047];
	struct rte_mbuf *last;

	begin_quiet();
	last = box_packet("45aa");
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(box.wire.pool, all, 2046), 0);
	cgn_resolve_send(r, box_iface("inside"), box_key("10.0.0.50"), last, 2000);
	CU_ASSERT_EQUAL(box.stats.drop[CGN_DROP_NO_MBUF], 1);
	CU_ASSERT_EQUAL(cgn_resolve_stats(r)->held, 1);
	rte_pktmbuf_free_bulk(all, 2046);
	run(3000, 3000); /* the next question gets out */
	CU_ASSERT_EQUAL(box.n, 1);
	end();
}

const char *const eal_suite = "resolve";
CU_TestInfo eal_tests[] = {
	{ "announces itself, asks for its gateways", start },
	{ "held until answered", held_until_answered },
	{ "VLANs", tagged },
	{ "nobody there", nobody_there },
	{ "held per neighbour", held_per_neighbour },
	{ "held in total", held_in_total },
	{ "a silent gateway", silent_gateway },
	{ "a gateway is kept fresh", gateway_fresh },
	{ "used, stale, forgotten", ageing },
	{ "no answer any more", moved_away },
	{ "gratuitous news", gratuitous },
	{ "advertisements that do not override", override },
	{ "made for who asks the box", created },
	{ "another with our address", conflict },
	{ "a new snapshot", new_snapshot },
	{ "many that do not exist", flood },
	{ "no packet buffers", no_buffer },
	CU_TEST_INFO_NULL,
};
