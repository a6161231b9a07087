/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker whose licence changes under traffic: what it says is what may be used, and its
 * tables follow without a flow being lost. */
#include "dataplane/block.h"
#include "dataplane/growth.h"
#include "eal_main.h"
#include "world.h"

#define FEW  600
#define MANY 4000

static struct cgn_license *const license = &world.snap.license[0];

/* Sends the first packet of flow n, of one of 250 users; does it leave? */
static bool
flow(unsigned n)
{
	struct packet p = { .proto = 17,
		.src = NAT_HOST + n % 250,
		.dst = REMOTE_HOST + n / 250,
		.sport = 4000,
		.dport = 53 };

	return world_ip(world_nat_up(&p)) != NULL;
}

static void
open_world(void)
{
	world_open(FEW, 300, 0);
	CU_ASSERT_EQUAL(world.w->sessions.capacity, FEW);
}

/* The limits of the snapshot bite with the next tick, and end nothing. */
static void
test_limits(void)
{
	open_world();
	for (unsigned n = 0; n < 400; n++)
		CU_ASSERT_TRUE(flow(n));
	license->sessions = 400;
	world_tick(1);
	CU_ASSERT_FALSE(flow(400));
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_SESSIONS_FULL], 1);
	for (unsigned n = 0; n < 400; n++)
		CU_ASSERT_TRUE(flow(n));
	license->sessions = 100;
	license->users = 250;
	world_tick(1);
	CU_ASSERT_EQUAL(world.w->sessions.used, 400);
	CU_ASSERT_TRUE(flow(399));
	license->sessions = FEW;
	world_tick(1);
	CU_ASSERT_TRUE(flow(400));
	world_close();
}

/* Makes the worker as large as `most`, and its tables for FEW. */
static void
with_room(void)
{
	struct cgn_worker_conf conf;

	open_world();
	conf = world.w->conf;
	conf.most_sessions = MANY;
	conf.most_users = 300;
	cgn_worker_destroy(world.w);
	world.w = cgn_worker_create(&conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.w);
	CU_ASSERT_EQUAL(world.w->sessions.capacity, MANY);
	world_tick(1);
}

/* Every flow there is goes on with each step of the way. */
static void
test_tables(void)
{
	struct cgn_growth g;
	unsigned ticks = 0, n = 0;

	with_room();
	while (n < FEW)
		CU_ASSERT_TRUE_FATAL(flow(n++));
	CU_ASSERT_FALSE(flow(n));
	CU_ASSERT_TRUE(cgn_growth_settle(world.w));
	CU_ASSERT_EQUAL_FATAL(cgn_growth_init(&g, world.w, MANY, 300), 0);
	CU_ASSERT_PTR_NULL(g.memory[0]); /* users stay */
	cgn_growth_give(world.w, &g);
	license->sessions = MANY;
	while (!cgn_growth_settle(world.w)) {
		world_tick(1);
		ticks++;
		for (unsigned k = ticks; k < n; k += 7)
			CU_ASSERT_TRUE_FATAL(flow(k));
		CU_ASSERT_TRUE_FATAL(flow(n++));
		CU_ASSERT_EQUAL_FATAL(world.w->sessions.used, n);
	}
	CU_ASSERT_TRUE(ticks > 4);
	while (n < MANY)
		CU_ASSERT_TRUE_FATAL(flow(n++));
	CU_ASSERT_FALSE(flow(n));
	for (unsigned k = 0; k < n; k++)
		CU_ASSERT_TRUE_FATAL(flow(k));
	CU_ASSERT_EQUAL(world.w->sessions.used, MANY);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->up), MANY);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->down), MANY);
	for (unsigned seconds = 0; seconds < 400; seconds++)
		world_tick(1000);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->map_down), 0);
	world_close();
}

/* A worker that is started again in the middle of it goes on with empty tables. */
static void
test_fenced(void)
{
	struct cgn_growth g;

	with_room();
	for (unsigned n = 0; n < FEW; n++)
		CU_ASSERT_TRUE_FATAL(flow(n));
	CU_ASSERT_EQUAL_FATAL(cgn_growth_init(&g, world.w, MANY, 300), 0);
	cgn_growth_give(world.w, &g);
	license->sessions = MANY;
	world_tick(1);
	CU_ASSERT_FALSE(cgn_growth_settle(world.w));
	for (unsigned l = 0; l < LOCATIONS; l++)
		for (unsigned k = 0; k < ADDRESSES; k++)
			if (world.state[l][k])
				cgn_address_init(world.state[l][k], k);
	cgn_worker_reset(world.w, true);
	for (unsigned ticks = 0; ticks < 10; ticks++)
		world_tick(1);
	CU_ASSERT_TRUE(cgn_growth_settle(world.w));
	for (unsigned n = 0; n < MANY; n++)
		CU_ASSERT_TRUE_FATAL(flow(n));
	world_close();
}

const char *const eal_suite = "growth";
CU_TestInfo eal_tests[] = {
	{ "limits", test_limits },
	{ "tables", test_tables },
	{ "fenced while they grow", test_fenced },
	CU_TEST_INFO_NULL,
};
