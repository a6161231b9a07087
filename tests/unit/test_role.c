/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes and one location: who translates. VRRP and the channel are played by the
 * test, millisecond by millisecond; hellos take 1 ms and come every 20. */
#include "ha/role.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define HELLO 20
#define FRESH 60
#define HOLD  60

struct side {
	struct cgn_role_state s;
	struct cgn_role_rank rank;
	struct cgn_role_peer heard;
	uint64_t boot;
	bool dead, elected, able, leaving, ready;
	unsigned takeovers;
};

static struct side side[2];
static uint64_t now;
static bool cut; /* the channel */
static unsigned none_ms, both_ms;

static void
start(unsigned i, uint8_t priority)
{
	static uint64_t boots;

	side[i] = (struct side){ .able = true };
	side[i].boot = ++boots;
	side[i].rank = (struct cgn_role_rank){ priority, side[i].boot };
}

static void
begin(void)
{
	start(0, 200);
	start(1, 100);
	cut = false;
}

static void
hear(struct side *to, const struct side *from)
{
	to->heard = (struct cgn_role_peer){ .fresh = true,
		.known = true,
		.matches = true,
		.ready = from->s.mirror && from->ready,
		.role = from->s.role,
		.epoch = from->s.epoch,
		.rank = from->rank,
		.boot = from->boot,
		.heard_ms = now };
}

static void
step(unsigned i)
{
	struct side *me = &side[i];
	enum cgn_role before = me->s.role;
	struct cgn_role_input in = { .now_ms = now,
		.hold_ms = HOLD,
		.elected = me->elected,
		.able = me->able,
		.leaving = me->leaving,
		.rank = me->rank,
		.peer = me->heard };

	in.peer.fresh = me->heard.known && now - me->heard.heard_ms <= FRESH;
	if (me->leaving)
		me->rank.priority = 0;
	cgn_role_step(&me->s, &in);
	me->takeovers += me->s.role == CGN_ROLE_MASTER && before != CGN_ROLE_MASTER;
}

static bool
translates(unsigned i)
{
	return !side[i].dead && side[i].s.role == CGN_ROLE_MASTER;
}

static void
run(unsigned ms)
{
	none_ms = both_ms = 0;
	while (ms--) {
		now++;
		for (unsigned i = 0; i < 2; i++)
			if (!side[i].dead)
				step(i);
		for (unsigned i = 0; i < 2; i++)
			if (now % HELLO == 0 && !cut && !side[i].dead && !side[!i].dead)
				hear(&side[!i], &side[i]);
		none_ms += !translates(0) && !translates(1);
		both_ms += translates(0) && translates(1);
	}
}

static void
elect(unsigned i)
{
	side[i].elected = true;
	side[!i].elected = false;
}

/* One translates, and feeds the other. */
static void
settled(unsigned master)
{
	CU_ASSERT_TRUE(translates(master));
	CU_ASSERT_FALSE(translates(!master));
	CU_ASSERT_TRUE(side[master].s.mirror);
	CU_ASSERT_EQUAL(side[master].s.epoch, side[!master].s.epoch);
	CU_ASSERT_EQUAL(side[!master].s.role, CGN_ROLE_BACKUP);
}

static void
test_start(void)
{
	begin();
	elect(0);
	run(200);
	settled(0);
	CU_ASSERT_FALSE(cgn_role_may_preempt(&side[1].s, &side[1].heard));
	side[0].ready = true;
	run(50);
	side[1].heard.fresh = true;
	CU_ASSERT_TRUE(cgn_role_may_preempt(&side[1].s, &side[1].heard));
}

/* VRRP has seen it before hellos are missed: hold, then take over. */
static void
test_death(void)
{
	uint32_t epoch;

	begin();
	elect(0);
	run(200);
	epoch = side[0].s.epoch;
	side[0].dead = true;
	run(30);
	side[1].elected = true;
	run(100);
	CU_ASSERT_TRUE(translates(1));
	CU_ASSERT_TRUE(none_ms <= FRESH);
	CU_ASSERT_EQUAL(side[1].s.epoch, epoch + 1);
}

static void
test_come_back(void)
{
	test_death();
	start(0, 200);
	run(200);
	settled(1);
	elect(0);
	run(100);
	settled(0);
	CU_ASSERT_EQUAL(none_ms, 0);
	CU_ASSERT_TRUE(both_ms <= 2 * HELLO);
}

/* Adverts are lost, the channel lives: no second master. */
static void
test_adverts_lost(void)
{
	begin();
	elect(0);
	run(200);
	side[1].elected = true; /* and the first one knows nothing of it */
	run(2000);
	settled(0);
	CU_ASSERT_EQUAL(side[1].takeovers, 0);
}

/* All paths are cut: both translate. The lower rank yields when they meet again. */
static void
test_partition(void)
{
	uint32_t epoch;

	begin();
	elect(0);
	run(200);
	cut = true;
	side[1].elected = true;
	run(500);
	CU_ASSERT_TRUE(translates(0) && translates(1));
	epoch = side[1].s.epoch;
	cut = false;
	run(200);
	settled(0);
	CU_ASSERT_TRUE(both_ms <= 2 * HELLO);
	CU_ASSERT_TRUE(side[0].s.epoch > epoch);
}

/* A cut of the channel alone changes nothing, however often. */
static void
test_flaps(void)
{
	uint32_t epoch;

	begin();
	elect(0);
	run(200);
	epoch = side[0].s.epoch;
	for (unsigned k = 0; k < 50; k++) {
		cut = !cut;
		run(70);
	}
	cut = false;
	run(100);
	settled(0);
	CU_ASSERT_EQUAL(side[0].s.epoch, epoch);
}

static void
test_handed_over(void)
{
	begin();
	elect(0);
	run(200);
	side[0].leaving = true;
	run(10);
	CU_ASSERT_TRUE(translates(0));
	elect(1);
	run(100);
	settled(1);
	CU_ASSERT_EQUAL(none_ms, 0);
}

static void
test_unable(void)
{
	begin();
	elect(0);
	run(200);
	side[0].able = false;
	run(1);
	CU_ASSERT_FALSE(translates(0));
	elect(1);
	run(100);
	settled(1);
}

/* A new boot of the backup begins a new copy, whatever was said before. */
static void
test_backup_restarts(void)
{
	uint32_t epoch;

	begin();
	elect(0);
	run(200);
	epoch = side[0].s.epoch;
	start(1, 100);
	run(100);
	settled(0);
	CU_ASSERT_TRUE(side[0].s.epoch > epoch);
}

/* Anything happens; then peace. */
static void
test_random(void)
{
	srand(7);
	begin();
	for (unsigned k = 0; k < 3000; k++) {
		unsigned i = (unsigned)rand() % 2;

		switch (rand() % 6) {
		case 0:
			cut = !cut;
			break;
		case 1:
			side[i].elected = !side[i].elected;
			break;
		case 2:
			start(i, (uint8_t)(rand() % 255 + 1));
			break;
		case 3:
			side[i].able = !side[i].able;
			break;
		case 4:
			side[i].leaving = !side[i].leaving;
			break;
		default:
			elect(i);
		}
		run((unsigned)rand() % 150);
		if (k % 20)
			continue;
		cut = false;
		for (unsigned n = 0; n < 2; n++) {
			side[n].able = true;
			side[n].leaving = false;
			side[n].rank.priority = n == i ? 200 : 100;
		}
		elect(i);
		run(400);
		settled(i);
	}
}

static CU_TestInfo tests[] = {
	{ "start", test_start },
	{ "death of the master", test_death },
	{ "it comes back and preempts", test_come_back },
	{ "adverts lost, channel alive", test_adverts_lost },
	{ "partition and healing", test_partition },
	{ "channel flaps", test_flaps },
	{ "handed over", test_handed_over },
	{ "no CPU is left", test_unable },
	{ "backup restarts", test_backup_restarts },
	{ "anything, then peace", test_random },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("role", tests);
}
