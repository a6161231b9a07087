/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies between boards while both live: they are the same, entry by entry, whatever was
 * lost on the way. */
#include <string.h>

#include <rte_ring_elem.h>

#include "pair.h"
#include "tests/unit/eal_main.h"

#define SAME(n) CU_ASSERT_TRUE(cgn_same(&pair.box, pair_location(n), DELAY))

#define WRAP_MS ((1ull << 32) * CGN_MS_PER_TICK) /* when ticks are 0 again */

static const struct pair_options one = { .locations = ONE_TO_ONE, .ha = HOT };

/* Flows of some users; each has connections, UDP and ICMP. */
static void
traffic(int users, unsigned flows)
{
	uint32_t addr;

	for (int u = 0; u < users; u++)
		for (unsigned k = 0; k < flows; k++) {
			CU_ASSERT(pair_connect(u, (uint16_t)(5000 + k), 1, &addr));
			CU_ASSERT(pair_up(u, 17, (uint16_t)(5000 + k), 2, 0, &addr));
			CU_ASSERT(pair_up(u, 1, (uint16_t)(5000 + k), 3, 0, &addr));
		}
}

static void
equality(const struct pair_options *o)
{
	pair_open(o);
	CU_ASSERT_STRING_EQUAL(
		cgn_sync_batch_name(pair_host(0), pair_location(0)), "finished");
	traffic(20, 5);
	/* young: users only */
	pair_run(0);
	CU_ASSERT_EQUAL(pair_standby(0)->location[pair_location(0)].users, 20);
	CU_ASSERT_EQUAL(pair_standby(0)->location[pair_location(0)].sessions, 0);
	pair_run(4);
	CU_ASSERT_EQUAL(pair_standby(0)->location[pair_location(0)].sessions, 300);
	SAME(0);
	CU_ASSERT_EQUAL(pair_sync(pair_standby(0), 0)->count.lost, 0);
	CU_ASSERT_EQUAL(pair_sync(pair_standby(0), 0)->count.rejected, 0);
	CU_ASSERT_EQUAL(pair_sync(pair_host(0), 0)->count.resent, 0);
	CU_ASSERT_EQUAL(pair_sync(pair_host(0), 0)->count.sent,
		pair_sync(pair_standby(0), 0)->count.received);
	/* a copy is in no count of instances, logs or events */
	CU_ASSERT_EQUAL(pair_standby(0)->instance[0].sessions, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->stats.event[CGN_EVENT_SESSION_ADD], 0);
	CU_ASSERT_EQUAL(pair_standby(0)->stats.event[CGN_EVENT_USER_ADD], 0);
	pair_close();
}

static void
test_equality(void)
{
	struct pair_options o = one;

	equality(&o);
	o.ds_lite = true;
	equality(&o);
	o.instance = "mapping = \"endpoint-dependent\"; "
		     "filtering = \"endpoint-dependent\";";
	equality(&o);
}

/* All that ends on the host ends on the standby; a state that changes, changes. */
static void
test_ends(void)
{
	uint32_t addr;
	uint16_t port;

	pair_open(&one);
	traffic(5, 3);
	port = pair_connect(1, 6000, 9, &addr);
	pair_settle();
	SAME(0);
	CU_ASSERT_TRUE(pair_down(1, 6, 6000, 9, MODEL_FIN | MODEL_ACK, addr, port));
	pair_run(3);
	SAME(0);
	pair_run(170);
	SAME(0);
	CU_ASSERT_EQUAL(pair_host(0)->location[pair_location(0)].sessions, 1 + 15);
	pair_run(300);
	SAME(0);
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->users.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->mappings.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->blocks.used, 0);
	pair_close();
}

/* dpservice #805: what is lost is seen at both ends. The ring is full: the packet does
 * not wait, and the sweep sends again. */
static void
test_ring_full(void)
{
	uint8_t junk[CGN_SYNCREC_BYTES] = { 0 };

	pair_open(&one);
	while (rte_ring_sp_enqueue_elem(pair_ring(0), junk, sizeof(junk)) == 0)
		;
	traffic(20, 3);
	CU_ASSERT(pair_sync(pair_host(0), 0)->count.full >= 20);
	pair_settle();
	SAME(0);
	CU_ASSERT(pair_sync(pair_standby(0), 0)->count.lost >= 20);
	CU_ASSERT(pair_standby(0)->sync->malformed >= 4000);
	pair_close();
}

/* Records of every type are lost on the way; the next comparison finds what is missing
 * and what is too much. */
static void
test_loss(void)
{
	struct pair_options o = one;
	unsigned lost = 0;
	uint32_t addr;

	o.ha = HOT "batch_interval = 5;";
	pair_open(&o);
	for (unsigned round = 0; round < 400; round++) {
		pair_up((int)(round % 30), round % 3 ? 17 : 1, (uint16_t)(5000 + round),
			(uint8_t)(round % 7), 0, &addr);
		lost += pair_lossy(3);
	}
	/* some of them end, and that is lost too */
	for (unsigned round = 0; round < 4000; round++) {
		lost += pair_lossy(2);
	}
	CU_ASSERT(lost > 300);
	/* undisturbed now */
	pair_run(30);
	SAME(0);
	CU_ASSERT(pair_sync(pair_standby(0), 0)->count.lost > 300);
	CU_ASSERT(pair_sync(pair_host(0), 0)->count.resent > 0);
	CU_ASSERT_TRUE(cgn_sync_filled(pair_host(0), pair_location(0)));
	pair_close();
}

/* One record that nobody repeats is lost: only its range is sent again. */
static void
test_one_range(void)
{
	struct pair_options o = one;
	uint64_t resent;
	uint32_t addr;

	o.ha = HOT "batch_interval = 5;";
	pair_open(&o);
	for (int u = 0; u < 200; u++)
		pair_connect(u, 5000, 1, &addr);
	pair_up(3, 1, 6000, 1, 0, &addr);
	pair_settle();
	SAME(0);
	resent = pair_sync(pair_host(0), 0)->count.resent;
	/* the end of an ICMP query, which every other record around it survives */
	while (pair_host(0)->location[pair_location(0)].sessions > 200)
		pair_lossy(0);
	CU_ASSERT_EQUAL(pair_standby(0)->location[pair_location(0)].sessions, 200);
	pair_up(3, 1, 6000, 1, 0, &addr);
	pair_settle();
	while (pair_host(0)->location[pair_location(0)].sessions > 200)
		pair_lossy(1);
	pair_run(12);
	SAME(0);
	resent = pair_sync(pair_host(0), 0)->count.resent - resent;
	CU_ASSERT(resent > 0 && resent < 40);
	pair_close();
}

/* Records of a type, location, instance, address or epoch that is not there, and junk:
 * refused and counted, nothing else. VPP nat44-ei: trusted from the wire. */
static void
test_refused(void)
{
	struct cgn_syncrec r = { .type = CGN_SYNCREC_USER,
		.instance = 4711,
		.kind = CGN_NAT44,
		.who = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [15] = 99 } };
	struct cgn_syncrec bad[6];
	uint8_t wire[CGN_SYNCREC_BYTES];
	const struct cgn_sync_location *l;
	uint64_t rejected, lost;

	pair_open(&one);
	l = pair_sync(pair_standby(0), 0);
	r.location = 7;
	r.epoch = l->epoch;
	r.user.outside = pair.box.snap->address[0].addr;
	r.user.block_size = 64;
	for (unsigned k = 0; k < 6; k++)
		bad[k] = r;
	bad[0].location = 8;
	bad[1].instance = 1;
	bad[2].user.outside = RTE_BE32(0xcb0071ff);
	bad[3].epoch--;
	bad[4].type = CGN_SYNCREC_BLOCK; /* without a user */
	memset(&bad[4].user, 0, sizeof(bad[4].user));
	bad[4].block.first = 1024;
	bad[4].block.size = 64;
	bad[5].type = CGN_SYNCREC_WANT; /* to a standby */
	memset(&bad[5].copy, 0, sizeof(bad[5].copy));
	rejected = l->count.rejected + pair_standby(0)->sync->malformed;
	for (unsigned k = 0; k < 6; k++) {
		bad[k].stamp = (uint32_t)l->next + k;
		cgn_syncrec_encode(&bad[k], wire);
		rte_ring_sp_enqueue_elem(pair_ring(0), wire, sizeof(wire));
	}
	pair_run(1);
	CU_ASSERT_EQUAL(
		l->count.rejected + pair_standby(0)->sync->malformed, rejected + 6);
	CU_ASSERT_EQUAL(pair_standby(0)->users.used, 0);
	/* of a type that a later version has: skipped, and not taken for lost */
	lost = l->count.lost;
	bad[5].type = CGN_SYNCREC_TYPES;
	bad[5].stamp = (uint32_t)l->next;
	cgn_syncrec_encode(&bad[5], wire);
	rte_ring_sp_enqueue_elem(pair_ring(0), wire, sizeof(wire));
	pair_run(1);
	CU_ASSERT_EQUAL(
		l->count.rejected + pair_standby(0)->sync->malformed, rejected + 7);
	CU_ASSERT_EQUAL((uint32_t)l->next, bad[5].stamp + 1);
	CU_ASSERT_EQUAL(l->count.lost, lost);
	pair_close();
}

/* The standby has a smaller licence: what does not fit is counted, and comes when there
 * is room again. VPP nat44-ei, Jool #32: a port that was taken before the allocation
 * failed leaks. */
static void
test_standby_full(void)
{
	struct pair_options o = one;
	uint32_t addr;

	o.standby_sessions = 1024;
	o.ha = HOT "batch_interval = 5;";
	pair_open(&o);
	for (uint16_t k = 0; k < 1100; k++)
		pair_up(k % 10, 17, (uint16_t)(5000 + k), 1, 0, &addr);
	pair_settle();
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 1024);
	CU_ASSERT_EQUAL(pair_standby(0)->mappings.used, 1024);
	CU_ASSERT(pair_sync(pair_standby(0), 0)->count.rejected > 0);
	/* half of them go on */
	for (unsigned k = 0; k < 150; k++) {
		pair_run(1);
		for (uint16_t f = 0; f < 50; f++)
			CU_ASSERT(pair_up(f % 10, 17, (uint16_t)(5000 + f), 1, 0, &addr));
	}
	pair_run(90); /* more than the longest pause between attempts */
	CU_ASSERT_EQUAL(pair_host(0)->sessions.used, 50);
	SAME(0);
	pair_close();
}

/* OPNsense #3932: an operator can have everything sent again; VPP nat44-ei: and it is. */
static void
test_batch(void)
{
	uint64_t sent;

	pair_open(&one);
	traffic(10, 3);
	pair_settle();
	sent = pair_sync(pair_host(0), 0)->count.sent;
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_COPY);
	cgn_box_advance(&pair.box, pair.box.now_ms + 20);
	CU_ASSERT_STRING_EQUAL(
		cgn_sync_batch_name(pair_host(0), pair_location(0)), "running");
	CU_ASSERT_FALSE(cgn_sync_filled(pair_host(0), pair_location(0)));
	pair_settle();
	CU_ASSERT_STRING_EQUAL(
		cgn_sync_batch_name(pair_host(0), pair_location(0)), "finished");
	CU_ASSERT_TRUE(cgn_sync_filled(pair_host(0), pair_location(0)));
	CU_ASSERT(pair_sync(pair_host(0), 0)->count.sent >= sent + 10 + 10 * 9);
	SAME(0);
	pair_close();
}

/* The standby comes when sessions are there already. */
static void
test_new_standby(void)
{
	unsigned dead;

	pair_open(&one);
	pair.host[0].standby = CGN_NONE16;
	pair_move();
	traffic(30, 5);
	pair_run(3);
	CU_ASSERT_STRING_EQUAL(cgn_sync_batch_name(pair_host(0), pair_location(0)), "na");
	dead = 1;
	pair_back(0, dead);
	CU_ASSERT_FALSE(cgn_sync_filled(pair_host(0), pair_location(0)));
	pair_settle();
	CU_ASSERT_TRUE(cgn_sync_filled(pair_host(0), pair_location(0)));
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 450);
	SAME(0);
	pair_close();
}

/* Stamps and times are of 32 bits: they wrap in the middle. */
static void
test_wraps(void)
{
	struct pair_options o = one;
	const struct cgn_sync_location *l;

	o.start_ms = WRAP_MS - 50000;
	pair_open(&o);
	l = pair_sync(pair_standby(0), 0);
	CU_ASSERT(l->next < UINT32_MAX);
	traffic(20, 4);
	while (pair.box.now_ms < WRAP_MS) {
		uint32_t addr;

		pair_run(10);
		for (int u = 0; u < 20; u++)
			CU_ASSERT(pair_up(u, 17, 5000, 2, 0, &addr));
	}
	pair_settle();
	CU_ASSERT(pair_host(0)->now < 1000);
	SAME(0);
	traffic(20, 8);
	pair_settle();
	CU_ASSERT(l->next > UINT32_MAX);
	SAME(0);
	CU_ASSERT_EQUAL(l->count.lost, 0);
	CU_ASSERT_EQUAL(l->count.rejected, 0);
	pair_close();
}

/* hot_backup off: users and blocks, no session. */
static void
test_warm(void)
{
	struct pair_options o = one;

	o.ha = WARM;
	pair_open(&o);
	traffic(10, 3);
	pair_settle();
	CU_ASSERT_EQUAL(pair_standby(0)->users.used, 10);
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->blocks.used, pair_host(0)->blocks.used);
	CU_ASSERT_TRUE(cgn_sync_filled(pair_host(0), pair_location(0)));
	pair_close();
}

/* 1+1: each worker hosts one location and holds the copy of the other; N:1. */
static void
test_crossed(void)
{
	struct pair_options o = one;

	for (unsigned k = 0; k < 2; k++) {
		o.locations = k ? N_TO_1 : CROSSED;
		pair_open(&o);
		traffic(40, 4);
		pair_settle();
		CU_ASSERT(pair_host(0)->location[pair_location(0)].users > 5);
		CU_ASSERT(pair_host(1)->location[pair_location(1)].users > 5);
		SAME(0);
		SAME(1);
		pair_close();
	}
}

/* A refresh is told, but not with every packet. */
static void
test_refresh(void)
{
	const struct cgn_session *s;
	uint64_t sent;
	uint32_t addr;

	pair_open(&one);
	pair_up(1, 17, 5000, 1, 0, &addr);
	pair_settle();
	s = cgn_session_at(pair_standby(0), 0);
	sent = pair_sync(pair_host(0), 0)->count.sent;
	for (unsigned k = 0; k < 90; k++) {
		pair_run(1);
		pair_up(1, 17, 5000, 1, 0, &addr);
	}
	sent = pair_sync(pair_host(0), 0)->count.sent - sent;
	CU_ASSERT(sent >= 5 && sent <= 9);
	CU_ASSERT(cgn_tick_age(pair_standby(0)->now, s->seen) <= 160);
	pair_close();
}

static void
hundred(void)
{
	uint32_t addr;

	for (unsigned f = 0; f < 100; f++)
		pair_up((int)f / 10, 17, (uint16_t)(5000 + f % 10), 1, 0, &addr);
}

/* Sessions that are all busy are refreshed one after the other, not in one second. */
static void
test_spread(void)
{
	const struct cgn_sync_count *count;
	uint64_t sent, before, most = 0;

	pair_open(&one);
	hundred();
	pair_settle();
	hundred();
	pair_run(2);
	count = &pair_sync(pair_host(0), 0)->count;
	sent = count->sent;
	for (unsigned k = 0; k < 60; k++) {
		before = count->sent;
		pair_run(1);
		hundred();
		most = RTE_MAX(most, count->sent - before);
	}
	sent = count->sent - sent;
	CU_ASSERT(sent >= 300 && sent <= 600);
	CU_ASSERT(most <= 25);
	pair_close();
}

const char *const eal_suite = "sync";
CU_TestInfo eal_tests[] = {
	{ "the same, entry by entry", test_equality },
	{ "what ends, ends", test_ends },
	{ "dpservice #805: ring full", test_ring_full },
	{ "records are lost", test_loss },
	{ "only what differs is sent again", test_one_range },
	{ "VPP nat44-ei: trusted from the wire", test_refused },
	{ "VPP nat44-ei, Jool #32: standby full", test_standby_full },
	{ "OPNsense #3932, VPP nat44-ei: batch by hand", test_batch },
	{ "a standby comes", test_new_standby },
	{ "wraps", test_wraps },
	{ "warm", test_warm },
	{ "1+1 and N:1", test_crossed },
	{ "refreshes are told at a bounded rate", test_refresh },
	{ "refreshes are spread", test_spread },
	CU_TEST_INFO_NULL,
};
