/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a worker reports, and what it loses when nobody reads. */
#include "dataplane/journal.h"

#include <string.h>

#include "dataplane/create.h"
#include "eal_main.h"
#include "world.h"

static struct cgn_record record[CGN_JOURNAL];

static unsigned
read_all(void)
{
	return cgn_journal_read(world.w, record, CGN_JOURNAL);
}

/* A flow of a NAT user; the first opens a block. */
static void
flow(uint16_t port)
{
	struct packet p = { .proto = 17,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = port,
		.dport = 53 };

	world_nat_up(&p);
}

static void
test_blocks(void)
{
	world_open(64, 16, 5000);
	world.instance[NAT].journal = CGN_JOURNAL_BLOCKS;
	flow(4000);
	flow(4001);
	CU_ASSERT_EQUAL_FATAL(read_all(), 1);
	CU_ASSERT_EQUAL(record[0].type, CGN_RECORD_BLOCK_TAKE);
	CU_ASSERT_EQUAL(record[0].ms, 5000);
	CU_ASSERT_EQUAL(record[0].instance, NAT);
	CU_ASSERT_EQUAL(record[0].inside, rte_cpu_to_be_32(NAT_HOST));
	CU_ASSERT_EQUAL(rte_be_to_cpu_32(record[0].outside) & ~3u, POOL_NAT_FIRST);
	CU_ASSERT_EQUAL(record[0].last - record[0].first, 63);
	cgn_session_del(world.w, 0);
	cgn_session_del(world.w, 1);
	CU_ASSERT_EQUAL_FATAL(read_all(), 1);
	CU_ASSERT_EQUAL(record[0].type, CGN_RECORD_BLOCK_GIVE);
	world_close();
}

static void
test_sessions(void)
{
	world_open(64, 16, 5000);
	world.instance[NAT].journal = CGN_JOURNAL_SESSIONS;
	flow(4000);
	CU_ASSERT_EQUAL_FATAL(read_all(), 1);
	CU_ASSERT_EQUAL(record[0].type, CGN_RECORD_SESSION_ADD);
	CU_ASSERT_EQUAL(record[0].proto, 17);
	CU_ASSERT_EQUAL(record[0].inside_port, RTE_BE16(4000));
	CU_ASSERT_EQUAL(record[0].remote, rte_cpu_to_be_32(REMOTE_HOST));
	CU_ASSERT_EQUAL(record[0].remote_port, RTE_BE16(53));
	CU_ASSERT_TRUE(rte_be_to_cpu_16(record[0].outside_port) >= CGN_PORT_FIRST);
	cgn_session_del(world.w, 0);
	CU_ASSERT_EQUAL_FATAL(read_all(), 1);
	CU_ASSERT_EQUAL(record[0].type, CGN_RECORD_SESSION_DEL);
	world_close();
}

/* Nothing is reported unasked but refusals, and of those one a second. */
static void
test_refusals(void)
{
	world_open(64, 16, 5000);
	world.instance[NAT].journal = 0;
	world.instance[NAT].max_sessions = 1;
	for (uint16_t port = 4000; port < 4010; port++)
		flow(port);
	CU_ASSERT_EQUAL_FATAL(read_all(), 1);
	CU_ASSERT_EQUAL(record[0].type, CGN_RECORD_LIMIT_SESSIONS);
	CU_ASSERT_EQUAL(record[0].inside, rte_cpu_to_be_32(NAT_HOST));
	world_tick(900);
	flow(4010);
	CU_ASSERT_EQUAL(read_all(), 0);
	world_tick(100);
	flow(4011);
	CU_ASSERT_EQUAL(read_all(), 1);
	world_close();
}

/* A full ring costs records, which are counted, and no packet. */
static void
test_full(void)
{
	unsigned n = 0;

	world_open(64, 16, 5000);
	flow(3999); /* keeps the block */
	world.instance[NAT].journal = CGN_JOURNAL_SESSIONS;
	while (world.w->stats.event[CGN_EVENT_RECORD_LOST] < 10) {
		flow(4000);
		CU_ASSERT_EQUAL_FATAL(world.w->sessions.used, 2);
		cgn_session_del(world.w, 1);
		n += 2;
		CU_ASSERT_FATAL(n < 3 * CGN_JOURNAL);
	}
	CU_ASSERT_EQUAL(n, world.w->stats.event[CGN_EVENT_RECORD] +
				   world.w->stats.event[CGN_EVENT_RECORD_LOST]);
	CU_ASSERT_TRUE(world.w->stats.event[CGN_EVENT_RECORD] >= CGN_JOURNAL - 1);
	CU_ASSERT_EQUAL(read_all(), world.w->stats.event[CGN_EVENT_RECORD]);
	world_close();
}

const char *const eal_suite = "journal";
CU_TestInfo eal_tests[] = {
	{ "port blocks", test_blocks },
	{ "sessions", test_sessions },
	{ "refusals", test_refusals },
	{ "a ring that nobody reads", test_full },
	CU_TEST_INFO_NULL,
};
