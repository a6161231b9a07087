/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user sees when the host of a location is another: packets go on, with the same
 * public address and port. After a take-over forwarding is tested, not table counts. */
#include <string.h>

#include <rte_ring_elem.h>

#include "flows.h"
#include "tests/unit/eal_main.h"

static const struct pair_options hot = { .locations = ONE_TO_ONE, .ha = HOT };

static void
takes_over(const struct pair_options *o)
{
	uint64_t created;

	pair_open(o);
	open_flows();
	pair_run(4);
	created = pair_standby(0)->stats.event[CGN_EVENT_SESSION_ADD];
	pair_fail(0);
	flows_go_on();
	CU_ASSERT_EQUAL(pair_host(0)->stats.event[CGN_EVENT_SESSION_ADD], created);
	pair_run(6);
	flows_go_on();
	CU_ASSERT_EQUAL(pair_host(0)->instance[0].sessions, USERS * FLOWS * 3);
	CU_ASSERT_EQUAL(pair_host(0)->instance[0].users, USERS);
	pair_close();
}

/* githedgehog #175, osvbng #190: state restored but it could not forward. */
static void
test_forwards(void)
{
	struct pair_options o = hot;

	takes_over(&o);
	o.ds_lite = true;
	takes_over(&o);
	o.instance = "mapping = \"endpoint-dependent\"; "
		     "filtering = \"endpoint-dependent\";";
	takes_over(&o);
}

/* Answers go to the B4 of a prefix that was heard last, on either board. */
static void
test_b4_heard_last(void)
{
	struct pair_options o = hot;
	uint32_t addr;
	uint16_t port;

	o.ds_lite = true;
	o.instance = "prefix_length = 127;";
	pair_open(&o);
	port = pair_up(1, 17, 5000, 1, 0, &addr); /* B4 2 */
	pair_run(4);
	CU_ASSERT(pair_up(2, 17, 5001, 1, 0, &addr)); /* B4 3 */
	CU_ASSERT_TRUE(pair_down(2, 17, 5000, 1, 0, addr, port));
	CU_ASSERT_EQUAL(pair_host(0)->users.used, 1);
	pair_run(4);
	SAME(0);
	pair_fail(0);
	CU_ASSERT_TRUE(pair_down(2, 17, 5000, 1, 0, addr, port));
	pair_close();
}

/* Everything is gone in the end: no port, block or user stays behind. */
static void
test_ends(void)
{
	pair_open(&hot);
	open_flows();
	pair_run(4);
	pair_fail(0);
	pair_run(250);
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 0);
	CU_ASSERT_EQUAL(pair_host(0)->mappings.used, 0);
	CU_ASSERT_EQUAL(pair_host(0)->users.used, 0);
	CU_ASSERT_EQUAL(pair_host(0)->instance[0].users, 0);
	pair_run(125); /* quarantine */
	CU_ASSERT_EQUAL(pair_host(0)->blocks.used, 0);
	for (uint32_t k = 0; k < pair.box.snap->n_addresses; k++) {
		const struct cgn_address *a =
			pair.box.snap->state[pair.host[0].worker][k];

		CU_ASSERT(!a || a->free == CGN_PORT_COUNT);
	}
	pair_close();
}

/* New users and ports of the survivor collide with nothing. */
static void
test_new_flows(void)
{
	struct flow more[USERS];
	uint32_t addr;

	pair_open(&hot);
	open_flows();
	pair_run(4);
	pair_fail(0);
	for (int u = 0; u < USERS; u++) {
		more[u].tcp = pair_connect(u, 6000, 4, &more[u].addr);
		CU_ASSERT_EQUAL(more[u].addr, flow[u][0].addr);
		for (int v = 0; v < USERS; v++)
			for (unsigned k = 0; k < FLOWS; k++)
				CU_ASSERT(flow[v][k].addr != more[u].addr ||
					  flow[v][k].tcp != more[u].tcp);
		CU_ASSERT(pair_connect(u + USERS, 6000, 4, &addr));
	}
	flows_go_on();
	pair_close();
}

/* Warm: a user keeps its address and its block, sessions are made again. */
static void
test_warm(void)
{
	struct pair_options o = hot;
	uint32_t addr;
	uint16_t port;

	o.ha = WARM;
	pair_open(&o);
	open_flows();
	pair_run(2);
	pair_fail(0);
	for (int u = 0; u < USERS; u++) {
		port = pair_up(u, 17, 5000, 2, 0, &addr);
		CU_ASSERT_EQUAL(addr, flow[u][0].addr);
		CU_ASSERT_EQUAL((port - 1024) / 64, (flow[u][0].udp - 1024) / 64);
		CU_ASSERT_TRUE(pair_down(u, 17, 5000, 2, 0, addr, port));
		CU_ASSERT(pair_connect(u, 5001, 1, &addr));
		CU_ASSERT_EQUAL(addr, flow[u][0].addr);
	}
	CU_ASSERT_EQUAL(pair_host(0)->users.used, USERS);
	pair_close();
}

/* Warm: users who do not come back do not hold their blocks for ever. */
static void
test_warm_gone(void)
{
	struct pair_options o = hot;

	o.ha = WARM;
	pair_open(&o);
	open_flows();
	pair_run(2);
	pair_fail(0);
	pair_run(90);
	CU_ASSERT_EQUAL(pair_host(0)->users.used, USERS);
	pair_run(30); /* half of the longest timer, 200 s */
	CU_ASSERT_EQUAL(pair_host(0)->users.used, 0);
	pair_run(125);
	CU_ASSERT_EQUAL(pair_host(0)->blocks.used, 0);
	pair_close();
}

/* What was on its way when the host died still counts: the ring outlives it. */
static void
test_last_words(void)
{
	uint32_t addr;
	uint16_t port;

	pair_open(&hot);
	pair.box.parked |= 1ull << pair.host[0].standby;
	port = pair_connect(3, 5000, 1, &addr);
	pair_run(4);
	pair.box.parked = 0;
	CU_ASSERT_EQUAL(pair_standby(0)->users.used, 0);
	pair_fail(0);
	CU_ASSERT_TRUE(pair_down(3, 6, 5000, 1, MODEL_ACK, addr, port));
	pair_close();
}

/* dpservice #663, and a hung thread that wakes up later: what the old host says behind
 * the take-over is of an epoch that is over. */
static void
test_old_epoch(void)
{
	struct cgn_syncrec r = { .type = CGN_SYNCREC_USER,
		.location = 7,
		.instance = 4711,
		.kind = CGN_NAT44,
		.who = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [15] = 99 } };
	uint8_t wire[CGN_SYNCREC_BYTES];
	unsigned old;
	uint64_t rejected;

	pair_open(&hot);
	open_flows();
	pair_run(4);
	r.epoch = pair_sync(pair_host(0), 0)->epoch;
	r.stamp = pair_sync(pair_host(0), 0)->stamp;
	r.user.outside = pair.box.snap->address[0].addr;
	r.user.block_size = 64;
	old = pair_fail(0);
	pair_run(10);
	pair_back(0, old);
	pair_settle();
	rejected = pair_sync(pair_host(0), 0)->count.rejected;
	cgn_syncrec_encode(&r, wire);
	rte_ring_sp_enqueue_elem(
		pair.box.snap->link[old][pair.host[0].worker], wire, sizeof(wire));
	pair_run(1);
	CU_ASSERT_EQUAL(pair_host(0)->users.used, USERS);
	CU_ASSERT_EQUAL(pair_sync(pair_host(0), 0)->count.rejected, rejected + 1);
	flows_go_on();
	pair_close();
}

/* VPP nat44-ei: counters but not "last seen" refreshed, so that live sessions age out
 * first after a take-over. Here the one that was idle ends first, and none without its
 * share of the timeout. */
static void
test_expiry(void)
{
	uint32_t a1, a2, addr;
	uint16_t idle, busy;

	pair_open(&hot);
	idle = pair_up(1, 17, 5000, 1, 0, &a1);
	busy = pair_up(2, 17, 5000, 1, 0, &a2);
	for (unsigned k = 0; k < 9; k++) {
		pair_run(10);
		pair_up(2, 17, 5000, 1, 0, &addr);
	}
	pair_run(3); /* idle for 93 of its 100 s */
	pair_fail(0);
	pair_run(40);
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 2);
	CU_ASSERT_TRUE(pair_down(1, 17, 5000, 1, 0, a1, idle));
	pair_run(14); /* 50 s and a little */
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 1);
	CU_ASSERT_TRUE(pair_down(2, 17, 5000, 1, 0, a2, busy));
	pair_run(60);
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 0);
	pair_close();
}

/* The standby does not expire anything by itself while the host lives. */
static void
test_no_own_expiry(void)
{
	uint32_t addr;

	pair_open(&hot);
	pair_up(1, 17, 5000, 1, 0, &addr);
	pair_run(4);
	/* the host hangs for an hour of the standby's time */
	pair.box.parked |= 1ull << pair.host[0].worker;
	pair_run(3600);
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 1);
	pair.box.parked = 0;
	pair_close();
}

/* A location that moves to a worker without a copy leaves nothing at the old one. */
static void
test_cold_move(void)
{
	const struct cgn_worker *old;

	pair_open(&hot);
	open_flows();
	pair_run(4);
	old = pair_host(0);
	pair.host[0].worker = 2;
	pair.host[0].standby = CGN_NONE16;
	pair_move();
	pair_run(5);
	CU_ASSERT_EQUAL(old->sessions.used, 0);
	CU_ASSERT_EQUAL(old->users.used, 0);
	CU_ASSERT_EQUAL(pair.box.worker[1]->sessions.used, 0);
	CU_ASSERT_EQUAL(pair.box.worker[1]->users.used, 0);
	open_flows();
	pair_run(125);
	CU_ASSERT_EQUAL(old->blocks.used, 0);
	pair_close();
}

/* Static forwards are reached before and after. */
static void
test_server(void)
{
	struct pair_options o = hot;
	uint32_t outside = 0xcb007103, addr;

	o.instance = "servers: ( { protocol = \"tcp\"; outside = \"203.0.113.3:8080\";"
		     " inside = \"10.1.0.6:80\"; } );";
	pair_open(&o);
	CU_ASSERT_TRUE(pair_down(5, 6, 80, 1, MODEL_SYN, outside, 8080));
	CU_ASSERT_EQUAL(pair_up(5, 6, 80, 1, MODEL_SYN | MODEL_ACK, &addr), 8080);
	pair_run(4);
	SAME(0);
	CU_ASSERT_EQUAL(pair_standby(0)->fixed.n, 1);
	pair_fail(0);
	CU_ASSERT_TRUE(pair_down(5, 6, 80, 1, MODEL_ACK, outside, 8080));
	CU_ASSERT_TRUE(pair_down(5, 6, 80, 2, MODEL_SYN, outside, 8080));
	pair_run(300);
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 0);
	CU_ASSERT_TRUE(pair_down(5, 6, 80, 3, MODEL_SYN, outside, 8080));
	pair_close();
}

/* Ports in quarantine at the old host are so at the new one. */
static void
test_quarantine(void)
{
	uint32_t addr;

	pair_open(&hot);
	CU_ASSERT(pair_up(1, 1, 5000, 1, 0, &addr));
	pair_run(65);
	CU_ASSERT_EQUAL(pair_host(0)->users.used, 0);
	CU_ASSERT_EQUAL(pair_host(0)->sweep.quarantined, 1);
	CU_ASSERT_EQUAL(pair_standby(0)->sweep.quarantined, 1);
	pair_fail(0);
	CU_ASSERT_EQUAL(pair_host(0)->sweep.quarantined, 1);
	pair_run(130);
	CU_ASSERT_EQUAL(pair_host(0)->blocks.used, 0);
	pair_close();
}

const char *const eal_suite = "takeover";
CU_TestInfo eal_tests[] = {
	{ "githedgehog #175, osvbng #190: packets go on", test_forwards },
	{ "the B4 heard last", test_b4_heard_last },
	{ "nothing stays behind", test_ends },
	{ "new flows collide with none", test_new_flows },
	{ "warm", test_warm },
	{ "warm, and gone", test_warm_gone },
	{ "last words", test_last_words },
	{ "dpservice #663: an epoch that is over", test_old_epoch },
	{ "VPP nat44-ei: order of expiry", test_expiry },
	{ "copies do not expire", test_no_own_expiry },
	{ "cold move", test_cold_move },
	{ "static forwards", test_server },
	{ "quarantine", test_quarantine },
	CU_TEST_INFO_NULL,
};
