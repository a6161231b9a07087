/* SPDX-License-Identifier: BSD-3-Clause */
/* Synchronous commit: nothing leaves the box with a block that the standby does not have,
 * nobody waits for longer than 50 ms, and a standby that is late is told of. */
#include "flows.h"
#include "tests/unit/eal_main.h"

static const struct pair_options synchronous = { .locations = ONE_TO_ONE,
	.ha = HOT " block_commit = \"synchronous\";" };

static struct cgn_sync_count
host_count(void)
{
	return cgn_sync_counts(pair_host(0), pair_location(0));
}

static bool
is_late(void)
{
	return cgn_sync_late(pair_host(0), pair_location(0));
}

static void
stop_standby(bool stopped)
{
	uint64_t standby = 1ull << pair.host[0].standby;

	pair.box.parked =
		stopped ? pair.box.parked | standby : pair.box.parked & ~standby;
}

static void
pass(unsigned ms)
{
	pair.n_sent = 0;
	while (ms--)
		cgn_box_advance(&pair.box, pair.box.now_ms + 1);
}

/* Sends a UDP packet of a flow up; does it leave at once? */
static bool
leaves(int user, uint16_t sport)
{
	uint32_t addr;

	return pair_up(user, 17, sport, 1, 0, &addr) != 0;
}

static void
begin(const struct pair_options *o)
{
	pair_open(o);
	pair_run(4);
	CU_ASSERT_FALSE(is_late());
}

/* A new user waits for the standby, and so does what it sends meanwhile, in its order. */
static void
test_waits(void)
{
	struct pair_options o = synchronous;

	for (unsigned k = 0; k < 2; k++) {
		o.ds_lite = k;
		begin(&o);
		CU_ASSERT_FALSE(leaves(1, 5000));
		CU_ASSERT_FALSE(leaves(1, 5001));
		CU_ASSERT_FALSE(leaves(1, 5000));
		CU_ASSERT_EQUAL(host_count().waits, 3);
		pass(2);
		CU_ASSERT_EQUAL(pair.n_sent, 3);
		CU_ASSERT_EQUAL(pair_standby(0)->users.used, 1);
		CU_ASSERT_TRUE(leaves(1, 5000));
		CU_ASSERT_TRUE(leaves(1, 5002));
		CU_ASSERT_EQUAL(host_count().late, 0);
		pair_close();
	}
}

/* The standby's answer is what lets it go, and not the time. */
static void
test_until_acked(void)
{
	begin(&synchronous);
	stop_standby(true);
	CU_ASSERT_FALSE(leaves(1, 5000));
	pass(40);
	CU_ASSERT_EQUAL(pair.n_sent, 0);
	stop_standby(false);
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_FALSE(is_late());
	pair_close();
}

/* Another block, not another port of one that the standby has. */
static void
test_next_block(void)
{
	unsigned waited = 0;

	begin(&synchronous);
	CU_ASSERT_FALSE(leaves(1, 5000));
	pass(2);
	for (uint16_t k = 1; k < 130; k++) {
		bool at_once = leaves(1, (uint16_t)(5000 + k));

		waited += !at_once;
		if (!at_once) {
			CU_ASSERT_EQUAL(k % 64, 0);
			pass(2);
			CU_ASSERT_EQUAL(pair.n_sent, 1);
		}
	}
	CU_ASSERT_EQUAL(waited, 2);
	CU_ASSERT_EQUAL(pair_host(0)->blocks.used, 3);
	pair_close();
}

/* After 50 ms it leaves all the same; then nobody waits until the standby has caught up.
 */
static void
test_late(void)
{
	begin(&synchronous);
	stop_standby(true);
	CU_ASSERT_FALSE(leaves(1, 5000));
	pass(49);
	CU_ASSERT_EQUAL(pair.n_sent, 0);
	CU_ASSERT_FALSE(is_late());
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_TRUE(is_late());
	CU_ASSERT_EQUAL(host_count().late, 1);
	CU_ASSERT_TRUE(leaves(2, 5000));
	CU_ASSERT_EQUAL(host_count().waits, 1);
	stop_standby(false);
	pass(5);
	CU_ASSERT_FALSE(is_late());
	CU_ASSERT_FALSE(leaves(3, 5000));
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_EQUAL(host_count().late, 1);
	pair_close();
}

/* A standby that has died is none to wait for, and what waited is not lost. */
static void
test_dead(void)
{
	unsigned dead;

	begin(&synchronous);
	stop_standby(true);
	CU_ASSERT_FALSE(leaves(1, 5000));
	dead = pair.host[0].standby;
	pair.host[0].standby = CGN_NONE16;
	pair.n_sent = 0;
	pair_move();
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_TRUE(leaves(2, 5000));
	CU_ASSERT_EQUAL(host_count().late, 0);
	pair_back(0, dead);
	pair_run(4);
	CU_ASSERT_FALSE(leaves(3, 5000));
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	pair_close();
}

/* A user, or a block, for which the standby has no room: it is not acknowledged; nor is
 * what follows, until both ends are the same again. */
static void
refused(bool block)
{
	struct cgn_worker *standby;
	struct cgn_slots *slots;
	uint32_t capacity;

	begin(&synchronous);
	if (block) {
		CU_ASSERT_FALSE(leaves(1, 5000));
		pass(2);
	}
	standby = pair_standby(0);
	slots = block ? &standby->blocks : &standby->users;
	capacity = slots->capacity;
	slots->capacity = slots->limit = slots->used;
	for (uint16_t k = 1; block && k < 64; k++)
		CU_ASSERT_TRUE(leaves(1, (uint16_t)(5000 + k)));
	CU_ASSERT_FALSE(leaves(1, 6000));
	pass(49);
	CU_ASSERT_EQUAL(pair.n_sent, 0);
	CU_ASSERT(cgn_sync_counts(standby, pair_location(0)).rejected > 0);
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_TRUE(is_late());
	CU_ASSERT_EQUAL(host_count().late, 1);
	/* nobody waits for what the standby does not acknowledge; it has not got all */
	CU_ASSERT_TRUE(leaves(2, 5000));
	pair_run(10);
	CU_ASSERT_TRUE(is_late());
	slots->capacity = slots->limit = capacity;
	pair_run(20);
	CU_ASSERT_FALSE(is_late());
	CU_ASSERT_EQUAL(standby->users.used, 2);
	CU_ASSERT_FALSE(leaves(3, 5000));
	pass(2);
	CU_ASSERT_EQUAL(pair.n_sent, 1);
	CU_ASSERT_EQUAL(host_count().late, 1);
	SAME(0);
	pair_close();
}

static void
test_refused(void)
{
	refused(false);
	refused(true);
}

/* A record that was lost on the way is not acknowledged by the one behind it. */
static void
test_lost(void)
{
	begin(&synchronous);
	CU_ASSERT_FALSE(leaves(1, 5000));
	CU_ASSERT(pair_lossy(1) > 0);
	pair.n_sent = 0;
	CU_ASSERT_FALSE(leaves(2, 5000));
	pass(20);
	CU_ASSERT_EQUAL(pair.n_sent, 0);
	pass(32);
	CU_ASSERT_EQUAL(pair.n_sent, 2);
	CU_ASSERT_TRUE(is_late());
	pair_run(10);
	CU_ASSERT_FALSE(is_late());
	SAME(0);
	pair_close();
}

/* Asynchronous: nobody waits, and the standby says nothing. */
static void
test_off(void)
{
	struct pair_options o = synchronous;
	uint64_t sent;

	o.ha = HOT;
	begin(&o);
	sent = cgn_sync_counts(pair_standby(0), pair_location(0)).sent;
	CU_ASSERT_TRUE(leaves(1, 5000));
	pass(20);
	CU_ASSERT_EQUAL(host_count().waits, 0);
	CU_ASSERT_EQUAL(cgn_sync_counts(pair_standby(0), pair_location(0)).sent, sent);
	pair_close();
}

const char *const eal_suite = "ha commit";
CU_TestInfo eal_tests[] = {
	{ "a new user waits", test_waits },
	{ "until the standby answers", test_until_acked },
	{ "another block", test_next_block },
	{ "a late standby", test_late },
	{ "a dead standby", test_dead },
	{ "a standby that refuses", test_refused },
	{ "a record that was lost", test_lost },
	{ "asynchronous", test_off },
	CU_TEST_INFO_NULL,
};
