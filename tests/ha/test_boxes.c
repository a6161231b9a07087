/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes: take-over, losses, strays, old masters, a partition. */
#include "dataplane/sync.h"
#include "tests/ha/sides.h"
#include "tests/unit/eal_main.h"

#define USERS 40

/* The packet comes to box 1, which passes it on: only its hop limit is another. */
static void
pass_on(int port, const struct cgn_model_packet *in)
{
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);
	unsigned ip6 = in->b4 >= 0 && port == 0;

	CU_ASSERT_TRUE(side_put(&side[1], port, frame, len, "sync"));
	CU_ASSERT_EQUAL_FATAL(side[1].len, len);
	CU_ASSERT_EQUAL(side[1].frame[ip6 ? 21 : 22], frame[ip6 ? 21 : 22] - 1);
	CU_ASSERT_EQUAL(memcmp(side[1].frame + 26, frame + 26, len - 26u), 0);
}

/* What box 1 has sent arrives at the other end of the channel's link. */
static bool
arrives(struct side *s, const char *leaves_by)
{
	uint8_t frame[256];

	memcpy(frame, side[1].frame, side[1].len);
	memcpy(frame, s->box.snap->port[2].mac.addr_bytes, 6);
	return side_put(s, 2, frame, side[1].len, leaves_by);
}

static struct {
	uint32_t addr;
	uint16_t port;
} flow[USERS];

static void
connect_all(struct side *s)
{
	for (int u = 0; u < USERS; u++) {
		uint32_t a;

		flow[u].port = side_up(s, u, MODEL_SYN, &flow[u].addr);
		CU_ASSERT_TRUE(flow[u].port);
		CU_ASSERT_TRUE(side_down(
			s, u, MODEL_SYN | MODEL_ACK, flow[u].addr, flow[u].port));
		CU_ASSERT_EQUAL(side_up(s, u, MODEL_ACK, &a), flow[u].port);
	}
}

static void
go_on(struct side *s)
{
	for (int u = 0; u < USERS; u++) {
		uint32_t a = 0;

		CU_ASSERT_TRUE(side_down(s, u, MODEL_ACK, flow[u].addr, flow[u].port));
		CU_ASSERT_EQUAL(side_up(s, u, MODEL_ACK, &a), flow[u].port);
		CU_ASSERT_EQUAL(a, flow[u].addr);
	}
}

static bool
filled(const struct side *s)
{
	uint16_t location = (uint16_t)cgn_compile_find_location(s->box.compiler, 7);

	return cgn_sync_filled(s->box.worker[s->home], location);
}

static void
takes_over(bool ds_lite)
{
	side_begin(ds_lite);
	connect_all(&side[0]);
	side_run(6000);
	CU_ASSERT_TRUE(filled(&side[0]));
	side_be(&side[1], true, false, 6);
	go_on(&side[1]);
	/* the first one is back, with what it had, and gets what is new */
	side_be(&side[0], false, true, 6);
	side_be(&side[1], true, true, 6);
	side_run(6000);
	CU_ASSERT_TRUE(filled(&side[1]));
	side_be(&side[0], true, false, 7);
	go_on(&side[0]);
	side_end();
}

static void
test_take_over(void)
{
	takes_over(true);
	takes_over(false);
}

/* Records that the channel gave up are found by digests. */
static void
test_losses(void)
{
	side_begin(true);
	side_run(1000);
	side_lose = 3;
	connect_all(&side[0]);
	side_run(2000);
	CU_ASSERT_TRUE(side_lost > 20);
	side_lose = 0;
	side_run(20000);
	CU_ASSERT_TRUE(filled(&side[0]));
	side_be(&side[1], true, false, 6);
	go_on(&side[1]);
	side_end();
}

/* The backup translates nothing: what comes to it goes to the master as it is, and what
 * the master sent does not go back. */
static void
strays(bool ds_lite)
{
	struct cgn_model_packet out, in = { .b4 = ds_lite ? 1 : -1,
		.proto = 17,
		.src = ds_lite ? 0xc0a8010a : 0x0a010002,
		.dst = 0xc0000201,
		.sport = 5000,
		.dport = 80 };
	struct cgn_stats stats;

	side_begin(ds_lite);
	pass_on(0, &in);
	CU_ASSERT_TRUE(arrives(&side[0], "outside"));
	CU_ASSERT_TRUE(cgn_model_read(side[0].frame, side[0].len, &out));
	CU_ASSERT_EQUAL(out.src >> 8, 0xcb0071);
	CU_ASSERT_FALSE(arrives(&side[1], "sync"));
	cgn_box_stats(&side[1].box, &stats);
	CU_ASSERT_EQUAL(stats.drop[CGN_DROP_STRAY], 1);
	CU_ASSERT_EQUAL(stats.event[CGN_EVENT_USER_ADD], 0);
	in = (struct cgn_model_packet){ .b4 = -1,
		.proto = 17,
		.src = 0xc0000201,
		.dst = out.src,
		.sport = 80,
		.dport = out.sport };
	pass_on(1, &in);
	CU_ASSERT_TRUE(arrives(&side[0], "inside"));
	side_end();
}

static void
test_strays(void)
{
	strays(true);
	strays(false);
}

/* A master that has been replaced may say what it likes. */
static void
test_old_epoch(void)
{
	uint32_t addr;

	side_begin(true);
	connect_all(&side[0]);
	side_run(6000);
	side_be(&side[1], true, false, 6);
	side_run(6000);
	CU_ASSERT_TRUE(side_up(&side[0], USERS, MODEL_SYN, &addr));
	side_run(4000);
	CU_ASSERT_EQUAL(side[1].box.worker[2]->stats.event[CGN_EVENT_USER_ADD], 0);
	CU_ASSERT_EQUAL(side[1].box.worker[2]->instance[0].users, USERS);
	side_end();
}

static bool owned[8][65536];

/* So many new users; how many of them get a block. */
static unsigned
new_users(unsigned box, unsigned n)
{
	static int user;
	unsigned got = 0;

	while (n--) {
		uint32_t addr = 0, first;
		uint16_t port = side_up(&side[box], user++, MODEL_SYN, &addr);

		if (!port)
			continue;
		first = port - (port - CGN_PORT_FIRST) % 4032u;
		CU_ASSERT_FALSE(owned[addr & 7][first]);
		owned[addr & 7][first] = true;
		got++;
	}
	return got;
}

static void
own(unsigned box, enum cgn_own what)
{
	side[box].host.own = (uint8_t)what;
	cgn_box_rehost(&side[box].box, &side[box].host);
}

/* Both translate, and neither knows of the other one what it does, with addresses that
 * are more than half full: no port has two owners. */
static void
test_partition(void)
{
	side_large = true;
	side_begin(true);
	own(0, CGN_OWN_LOW_MOST);
	CU_ASSERT_EQUAL(new_users(0, 100), 100);
	side_be(&side[1], true, false, 6);
	own(1, CGN_OWN_HIGH);
	CU_ASSERT_EQUAL(new_users(1, 50), 8);
	CU_ASSERT_EQUAL(new_users(0, 50), 20);
	side_large = false;
	side_end();
}

const char *const eal_suite = "boxes";
CU_TestInfo eal_tests[] = {
	{ "VPP, DPVS: other numbers of CPUs", test_take_over },
	{ "records are lost", test_losses },
	{ "packets stray to the backup", test_strays },
	{ "an epoch that is over", test_old_epoch },
	{ "no port has two owners", test_partition },
	CU_TEST_INFO_NULL,
};
