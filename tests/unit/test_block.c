/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks and ports, with the clock near its wrap: ticks begin at 2^32 - 10. */
#include <string.h>

#include "dataplane/block.h"
#include "eal_main.h"
#include "world.h"

#define WRAP_MS ((4294967296ull - 10) * CGN_MS_PER_TICK)
#define USERS	40

static uint32_t
draw(void)
{
	return (uint32_t)cgn_random(world.w);
}

static uint32_t user[USERS];

/* Users of slot 0 without anything; blocks are all that matters here. */
static void
open_users(void)
{
	world_open(64, 2048, WRAP_MS);
	for (unsigned k = 0; k < USERS; k++) {
		struct cgn_user *u;

		user[k] = cgn_slots_take(&world.w->users);
		u = cgn_user_at(world.w, user[k]);
		memset(u, 0, sizeof(*u));
		u->block = CGN_NONE;
	}
}

static struct cgn_user *
at(unsigned k)
{
	return cgn_user_at(world.w, user[k]);
}

static const struct cgn_address *
address(void)
{
	return world.state[0][0];
}

static void
give_all(unsigned k, bool served)
{
	for (uint32_t i = at(k)->block; i != CGN_NONE; i = cgn_block_at(world.w, i)->next)
		cgn_block_at(world.w, i)->served = served;
	cgn_block_give_all(world.w, at(k));
}

/* Takes blocks of several sizes for several users until nothing fits: no port is in two
 * of them, none is below 1024, and what is counted is what is there. */
static void
test_no_overlap(void)
{
	static uint8_t owned[65536];
	static const uint16_t size[] = { 64, 1000, 7, 512, 4096, 1, 65 };
	uint32_t ports = 0, blocks = 0;
	unsigned failed = 0;

	open_users();
	memset(owned, 0, sizeof(owned));
	for (unsigned n = 0; failed < 200; n++) {
		uint16_t want = size[n % RTE_DIM(size)];
		const struct cgn_block *blk;

		if (cgn_block_take(world.w, user[n % USERS], want) != CGN_DROP_REASONS) {
			failed++;
			continue;
		}
		blk = cgn_block_at(world.w, at(n % USERS)->block);
		CU_ASSERT_EQUAL_FATAL(blk->size, want);
		CU_ASSERT_FATAL(blk->first >= 1024 && blk->first + want <= 65536);
		for (uint32_t port = blk->first; port < (uint32_t)blk->first + want;
			port++)
			CU_ASSERT_EQUAL_FATAL(owned[port]++, 0);
		ports += want;
		blocks++;
		CU_ASSERT_EQUAL_FATAL(address()->free, CGN_PORT_COUNT - ports);
		CU_ASSERT_EQUAL_FATAL(address()->blocks, blocks);
	}
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_BLOCK_TAKE], blocks);
	world_close();
}

/* A grid of blocks is used up to its last cell. */
static void
test_whole_address(void)
{
	open_users();
	for (unsigned k = 0; k < CGN_PORT_COUNT / 64; k++)
		CU_ASSERT_EQUAL_FATAL(
			cgn_block_take(world.w, user[k % USERS], 64), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(address()->free, 0);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 1), CGN_DROP_NO_BLOCK);
	CU_ASSERT_EQUAL(address()->blocks, CGN_PORT_COUNT / 64);
	world_close();
	open_users();
	CU_ASSERT_EQUAL(
		cgn_block_take(world.w, user[0], CGN_PORT_COUNT), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(cgn_block_at(world.w, at(0)->block)->first, CGN_PORT_FIRST);
	CU_ASSERT_EQUAL(address()->free, 0);
	world_close();
}

static bool
is_within(uint32_t first, uint32_t size, struct cgn_own_range r)
{
	return first >= r.first && first + size <= r.end;
}

/* A box's blocks, in the order in which it gives them out: n between the reserves, then
 * those of its own, and then there is none. */
static void
own(enum cgn_own whose, uint16_t size, unsigned n_between, unsigned n)
{
	uint16_t reserve = cgn_own_reserve(size);
	struct cgn_own_range between, most;

	open_users();
	CU_ASSERT_TRUE(cgn_own_range(whose, reserve, 0, &between));
	if (!cgn_own_range(whose, reserve, 1, &most))
		most = between;
	world.location[0].own = whose;
	world.location[0].reserve = reserve;
	for (unsigned k = 0; k < n; k++) {
		uint32_t first;

		CU_ASSERT_EQUAL_FATAL(
			cgn_block_take(world.w, user[k % USERS], size), CGN_DROP_REASONS);
		first = cgn_block_at(world.w, at(k % USERS)->block)->first;
		CU_ASSERT_TRUE(is_within(first, size, most));
		CU_ASSERT_EQUAL(is_within(first, size, between), k < n_between);
	}
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], size), CGN_DROP_NO_BLOCK);
	world_close();
}

static void
test_own(void)
{
	own(CGN_OWN_LOW, 64, 63, 63);
	own(CGN_OWN_HIGH, 64, 63, 63);
	own(CGN_OWN_LOW_MOST, 64, 882, 945);
	own(CGN_OWN_HIGH_MOST, 64, 882, 945);
	/* large ones have room in the reserve, too: the grid has 15 cells */
	own(CGN_OWN_LOW, 4096, 1, 1);
	own(CGN_OWN_HIGH, 4096, 1, 1);
	own(CGN_OWN_LOW_MOST, 4096, 12, 14);
	own(CGN_OWN_HIGH_MOST, 4096, 12, 13);
	CU_ASSERT_EQUAL(cgn_own_reserve(1), CGN_PORT_COUNT / 16);
	CU_ASSERT_EQUAL(cgn_own_reserve(CGN_PORT_COUNT), CGN_PORT_COUNT / 2);
}

/* No records left is no block, and takes no ports. */
static void
test_no_records(void)
{
	open_users();
	while (cgn_slots_take(&world.w->blocks) != CGN_NONE)
		;
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 64), CGN_DROP_NO_BLOCK);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	CU_ASSERT_EQUAL(address()->blocks, 0);
	world_close();
}

static void
test_locked(void)
{
	open_users();
	world.address[0].locked = true;
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 64), CGN_DROP_NO_BLOCK);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	world.address[0].locked = false;
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 64), CGN_DROP_REASONS);
	world_close();
}

/* RFC 6888 REQ-8: two minutes to the tick, across the wrap of the clock. */
static void
test_quarantine(void)
{
	open_users();
	CU_ASSERT_EQUAL(world.w->now, UINT32_MAX - 9);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 60000), CGN_DROP_REASONS);
	give_all(0, true);
	CU_ASSERT_EQUAL(at(0)->block, CGN_NONE);
	CU_ASSERT_EQUAL(at(0)->blocks, 0);
	CU_ASSERT_EQUAL(address()->quarantined, 60000);
	CU_ASSERT_EQUAL(address()->blocks, 0);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT - 60000);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 60000), CGN_DROP_NO_BLOCK);
	world_tick(60000);
	world_tick(59900);
	CU_ASSERT_TRUE(world.w->now < 2000); /* it has wrapped */
	CU_ASSERT_EQUAL(address()->quarantined, 60000);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 60000), CGN_DROP_NO_BLOCK);
	world_tick(100);
	CU_ASSERT_EQUAL(address()->quarantined, 0);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 60000), CGN_DROP_REASONS);
	world_close();
}

/* Each waits from its own time on, whoever gave it; nothing is lost on the way. */
static void
test_quarantine_queue(void)
{
	open_users();
	for (unsigned k = 0; k < USERS; k++)
		for (unsigned n = 0; n < 3; n++)
			CU_ASSERT_EQUAL_FATAL(
				cgn_block_take(world.w, user[k], 64), CGN_DROP_REASONS);
	for (unsigned k = 0; k < USERS; k++) {
		give_all(k, true);
		world_tick(1000);
	}
	CU_ASSERT_EQUAL(address()->quarantined, USERS * 3 * 64);
	world_tick((120 - USERS) * 1000);
	for (unsigned k = 0; k < USERS; k++) {
		CU_ASSERT_EQUAL(address()->quarantined, (USERS - 1 - k) * 3 * 64);
		world_tick(1000);
	}
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	world_close();
}

/* Of an address only so many ports wait; what is more, or all where there is no time to
 * wait, serves others at once. */
static void
test_quarantine_limits(void)
{
	open_users();
	world.snap.quarantine_ports = 3 * 64;
	for (unsigned n = 0; n < 5; n++)
		CU_ASSERT_EQUAL_FATAL(
			cgn_block_take(world.w, user[0], 64), CGN_DROP_REASONS);
	give_all(0, true);
	CU_ASSERT_EQUAL(address()->quarantined, 3 * 64);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT - 3 * 64);
	world.snap.quarantine_ms = 0;
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 64), CGN_DROP_REASONS);
	give_all(1, true);
	CU_ASSERT_EQUAL(address()->quarantined, 3 * 64);
	world_tick(100);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	world_close();
}

/* A bounded number of blocks comes back in one call, the rest in the next. */
static void
test_expire_bounded(void)
{
	open_users();
	for (unsigned k = 0; k < 100; k++)
		CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 64), CGN_DROP_REASONS);
	give_all(0, true);
	world_tick(120000);
	CU_ASSERT_TRUE(world.w->blocks.used >= 36 && world.w->blocks.used < 100);
	for (unsigned k = 0; k < 3; k++)
		cgn_block_expire(world.w);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	world_close();
}

/* Nobody has seen the ports of a block without a session: it need not wait. */
static void
test_unserved(void)
{
	open_users();
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 60000), CGN_DROP_REASONS);
	give_all(0, false);
	CU_ASSERT_EQUAL(address()->quarantined, 0);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT);
	CU_ASSERT_EQUAL(address()->blocks, 0);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 60000), CGN_DROP_REASONS);
	world_close();
}

/* All ports of the user's blocks, each once per class, and no other. */
static void
test_ports(void)
{
	static uint16_t size[] = { 64, 100, 1, 7 };
	static uint8_t allowed[65536];
	uint32_t block;

	open_users();
	memset(allowed, 0, sizeof(allowed));
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[1], 64), CGN_DROP_REASONS);
	for (unsigned n = 0; n < RTE_DIM(size); n++) {
		const struct cgn_block *blk;

		CU_ASSERT_EQUAL(
			cgn_block_take(world.w, user[0], size[n]), CGN_DROP_REASONS);
		blk = cgn_block_at(world.w, at(0)->block);
		memset(allowed + blk->first, (1 << CGN_CLASSES) - 1, blk->size);
	}
	for (unsigned class = 0; class < CGN_CLASSES; class ++) {
		for (unsigned k = 0; k < 64 + 100 + 1 + 7; k++) {
			const struct cgn_block *blk = cgn_block_at(world.w, at(0)->block);
			uint32_t by = draw();
			uint16_t guess = cgn_port_guess(world.w, blk, class, by);
			uint16_t port = cgn_port_take(world.w, at(0), class, by, &block);

			CU_ASSERT(block != at(0)->block || port == guess);
			blk = cgn_block_at(world.w, block);
			CU_ASSERT_FATAL(allowed[port] & 1 << class);
			CU_ASSERT_FATAL(
				port >= blk->first && port < blk->first + blk->size);
			CU_ASSERT_EQUAL_FATAL(blk->user, user[0]);
			allowed[port] &= (uint8_t) ~(1 << class);
		}
		CU_ASSERT_EQUAL(cgn_port_take(world.w, at(0), class, draw(), &block), 0);
	}
	world_close();
}

/* The last free port is found wherever it is, and the last block reaches port 65535. */
static void
test_last_port(void)
{
	uint32_t block;

	open_users();
	CU_ASSERT_EQUAL(
		cgn_block_take(world.w, user[0], CGN_PORT_COUNT), CGN_DROP_REASONS);
	for (uint32_t k = 0; k < CGN_PORT_COUNT; k++)
		CU_ASSERT_NOT_EQUAL_FATAL(
			cgn_port_take(world.w, at(0), CGN_UDP, draw(), &block), 0);
	CU_ASSERT_EQUAL(cgn_port_take(world.w, at(0), CGN_UDP, draw(), &block), 0);
	for (uint32_t port = 1024; port <= 65535; port += 4607) {
		cgn_port_give(world.w, at(0)->block, CGN_UDP, (uint16_t)port);
		CU_ASSERT_EQUAL(
			cgn_port_take(world.w, at(0), CGN_UDP, draw(), &block), port);
	}
	cgn_port_give(world.w, at(0)->block, CGN_UDP, 65535);
	CU_ASSERT_EQUAL(cgn_port_take(world.w, at(0), CGN_UDP, draw(), &block), 65535);
	world_close();
}

/* RFC 6056: the next port cannot be told from the last; each is about equally likely. */
static void
test_random_ports(void)
{
	uint32_t block, seen[64] = { 0 }, next = 0, last = 0;
	uint16_t first;

	open_users();
	CU_ASSERT_EQUAL(cgn_block_take(world.w, user[0], 64), CGN_DROP_REASONS);
	first = cgn_block_at(world.w, at(0)->block)->first;
	for (unsigned k = 0; k < 64000; k++) {
		uint16_t port = cgn_port_take(world.w, at(0), CGN_TCP, draw(), &block);

		next += port == last + 1u;
		last = port;
		seen[port - first]++;
		cgn_port_give(world.w, block, CGN_TCP, port);
	}
	for (unsigned k = 0; k < 64; k++)
		CU_ASSERT(seen[k] > 800 && seen[k] < 1200);
	CU_ASSERT_TRUE(next < 2000);
	world_close();
}

const char *const eal_suite = "block";
CU_TestInfo eal_tests[] = {
	{ "no overlap", test_no_overlap },
	{ "a whole address", test_whole_address },
	{ "reserves of two boxes", test_own },
	{ "records run out", test_no_records },
	{ "a locked address", test_locked },
	{ "quarantine", test_quarantine },
	{ "queue of the quarantine", test_quarantine_queue },
	{ "limits of the quarantine", test_quarantine_limits },
	{ "end of quarantine is bounded", test_expire_bounded },
	{ "blocks that never served", test_unserved },
	{ "every port of the blocks", test_ports },
	{ "the last port", test_last_port },
	{ "random ports", test_random_ports },
	CU_TEST_INFO_NULL,
};
