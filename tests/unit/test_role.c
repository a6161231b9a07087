/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes and one location: who translates, and who gives out which ports. VRRP and the
 * channel are played by the test, millisecond by millisecond; hellos come every 20 and
 * with news, and take some time.
 *
 * Whatever is played, in every millisecond: no port may be given out by both; none says
 * that a copy is complete which is not. */
#include "ha/role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define HELLO 20
#define FRESH 60
#define HOLD  60
#define NEAR  40
#define ADOPT 10000
#define NEWS  2	  /* between two hellos */
#define COPY  30  /* ms that a copy takes */
#define BOOT  100 /* ms that a start takes */
#define VOICE 300 /* ms that nobody else is heard */
#define WAYS  64  /* hellos on their way */

struct side {
	struct cgn_role_state s;
	struct cgn_role_rank rank;
	struct cgn_role_peer heard;
	uint64_t boot, knows; /* the other one's */
	bool dead, elected, able, leaving, spare, all;
	unsigned takeovers, rivals;
	uint64_t said_ms;
	struct cgn_role_peer said; /* last */
	/* the copy that the other one keeps: its boot, how far; what has been told */
	uint64_t fed;
	unsigned copied_ms;
	/* the copy that is kept here: of this boot and epoch */
	uint64_t copy_of;
	uint32_t copy_epoch;
};

static struct side side[2];
static uint64_t now;
static bool cut, deaf[2]; /* the channel; and towards one of them */
static unsigned delay;	  /* ms, at most */
static unsigned none_ms, both_ms;

static struct way {
	uint64_t at_ms;
	uint64_t to; /* whom its sender hears */
	struct cgn_role_peer said;
} way[2][WAYS];
static unsigned sent[2], arrived[2];

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
	cut = deaf[0] = deaf[1] = false;
	delay = 0;
}

/* Has the other one all of it? */
static bool
copied(unsigned i)
{
	return side[i].s.mirror && side[i].fed == side[i].s.boot &&
	       side[i].copied_ms >= COPY;
}

static struct cgn_role_input
facts(unsigned i)
{
	const struct side *me = &side[i];
	struct cgn_role_input in = { .now_ms = now,
		.hold_ms = HOLD,
		.near_ms = NEAR,
		.adopt_ms = ADOPT,
		.elected = me->elected,
		.able = me->able,
		.spare = me->spare,
		.leaving = me->leaving,
		.rank = me->rank,
		.peer = me->heard };

	in.peer.fresh = me->heard.known && now - me->heard.heard_ms <= FRESH;
	if (me->leaving)
		in.rank.priority = 0;
	return in;
}

static struct cgn_role_peer
words(unsigned i)
{
	const struct side *me = &side[i];
	struct cgn_role_input in = facts(i);
	bool master = me->s.role == CGN_ROLE_MASTER;

	return (struct cgn_role_peer){ .fresh = true,
		.known = true,
		.matches = true,
		.ready = in.peer.fresh && copied(i),
		.poised = cgn_role_is_poised(&me->s, &in),
		.shares = master && !me->all && me->heard.poised,
		.role = me->s.role,
		.epoch = me->s.epoch,
		.rank = in.rank,
		.boot = me->boot };
}

/* Every 20 ms, and when there is something new. */
static void
speak(unsigned i)
{
	struct side *me = &side[i];
	struct cgn_role_peer said = words(i);
	uint64_t since = now - me->said_ms;
	struct way *w = &way[i][sent[i] % WAYS];

	if (since < HELLO && (since < NEWS || !memcmp(&said, &me->said, sizeof(said))))
		return;
	me->said_ms = now;
	me->said = said;
	if (cut || deaf[!i])
		return;
	*w = (struct way){ now + 1 + (delay ? (unsigned)rand() % delay : 0),
		now - me->heard.heard_ms < VOICE ? me->heard.boot : me->knows, said };
	sent[i]++;
}

/* In the order in which they were sent. One whose start is not known is only believed
 * when it has heard of ours. */
static void
listen(unsigned i)
{
	struct side *me = &side[i];

	for (; arrived[!i] != sent[!i]; arrived[!i]++) {
		const struct way *w = &way[!i][arrived[!i] % WAYS];

		if (w->at_ms > now)
			return;
		if (me->dead || cut || deaf[i])
			continue;
		if (w->said.boot < me->knows)
			continue; /* a start that is over */
		me->knows = w->said.boot;
		if (w->said.boot != me->heard.boot) {
			if (w->to != me->boot)
				continue;
			me->copied_ms = 0;
		}
		me->heard = w->said;
		me->heard.heard_ms = now;
	}
}

static void
step(unsigned i)
{
	struct side *me = &side[i];
	enum cgn_role before = me->s.role;
	struct cgn_role_input in = facts(i);

	cgn_role_step(&me->s, &in);
	me->all = cgn_role_has_all_ports(&me->s, &in);
	me->rivals += me->s.rival;
	me->takeovers += me->s.role == CGN_ROLE_MASTER && before != CGN_ROLE_MASTER;
}

/* Records flow: the other one is told of the copy, and keeps it. */
static void
copy(unsigned i)
{
	struct side *me = &side[i], *other = &side[!i];

	if (!me->s.mirror || me->fed != me->s.boot || me->copy_epoch != me->s.epoch) {
		me->fed = me->s.mirror ? me->s.boot : 0;
		me->copy_epoch = me->s.epoch;
		me->copied_ms = 0;
	}
	if (!me->s.mirror || cut || deaf[!i] || other->dead || other->boot != me->fed)
		return;
	if (++me->copied_ms >= COPY && other->s.epoch == me->s.epoch)
		other->copy_of = me->boot;
}

static bool
translates(unsigned i)
{
	return !side[i].dead && side[i].s.role == CGN_ROLE_MASTER;
}

/* Side 0 has the lower half. */
static bool
gives_out(unsigned i, unsigned half)
{
	return translates(i) && (side[i].all || half == i);
}

static void
check(void)
{
	struct cgn_role_input in[2] = { facts(0), facts(1) };
	bool twice = false, early = false;

	for (unsigned half = 0; half < 2; half++)
		twice |= gives_out(0, half) && gives_out(1, half);
	for (unsigned i = 0; i < 2; i++)
		early |= !side[i].dead && cgn_role_may_preempt(&side[i].s, &in[i].peer) &&
			 side[i].copy_of != side[i].heard.boot;
	CU_ASSERT_FALSE(twice);
	CU_ASSERT_FALSE(early);
}

static void
run(unsigned ms)
{
	none_ms = both_ms = 0;
	while (ms--) {
		now++;
		for (unsigned i = 0; i < 2; i++)
			listen(i);
		for (unsigned i = 0; i < 2; i++)
			if (!side[i].dead) {
				step(i);
				speak(i);
				copy(i);
			}
		check();
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
	while (!side[0].s.mirror && now < 1000)
		run(1);
	run(COPY / 2);
	CU_ASSERT_TRUE(side[0].s.mirror);
	CU_ASSERT_FALSE(cgn_role_may_preempt(&side[1].s, &side[1].heard));
	run(200);
	settled(0);
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
	CU_ASSERT_EQUAL(side[0].rivals, 1);
	CU_ASSERT_EQUAL(side[1].rivals, 0);
}

/* A partition that ends where adverts are: the one that yields has done so before the
 * channel is back, and the master learns of it all the same. */
static void
test_unheard_rival(void)
{
	begin();
	elect(0);
	run(200);
	cut = true;
	side[1].elected = true;
	run(500);
	elect(0);
	run(500);
	CU_ASSERT_FALSE(translates(1));
	CU_ASSERT_EQUAL(side[0].rivals, 0);
	cut = false;
	run(200);
	settled(0);
	CU_ASSERT_EQUAL(side[0].rivals, 1);
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
	CU_ASSERT_EQUAL(side[0].rivals + side[1].rivals, 0);
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

/* Hand-overs and partitions around the end of what epochs can count. */
static void
test_wraps(void)
{
	begin();
	side[0].s.epoch = side[1].s.epoch = UINT32_MAX - 3;
	for (unsigned k = 0; k < 8; k++) {
		elect(k % 2);
		run(200);
		settled(k % 2);
		CU_ASSERT_TRUE(side[0].s.epoch + 1 > 1);
	}
	CU_ASSERT_EQUAL(side[0].s.epoch, 6);
	CU_ASSERT_EQUAL(side[0].rivals + side[1].rivals, 0);
	begin();
	side[0].s.epoch = side[1].s.epoch = UINT32_MAX - 3;
	for (unsigned k = 1; k < 5; k++) {
		elect(0);
		run(200);
		settled(0);
		cut = side[1].elected = true;
		run(200);
		cut = false;
		run(200);
		CU_ASSERT_EQUAL(side[0].rivals, k);
	}
	CU_ASSERT_TRUE(side[0].s.epoch < 100);
}

/* The other box is dead: a CPU of this one keeps the copy, until it is back. */
static void
test_spare(void)
{
	begin();
	elect(0);
	run(200);
	side[1].dead = true;
	run(ADOPT + 100);
	CU_ASSERT_TRUE(side[0].s.mirror); /* there is nobody else */
	side[0].spare = true;
	run(1);
	CU_ASSERT_FALSE(side[0].s.mirror);
	CU_ASSERT_TRUE(translates(0));
	start(1, 100);
	run(200);
	settled(0);
	cut = true; /* for long: what it has is of another epoch */
	run(ADOPT - 100);
	CU_ASSERT_TRUE(side[0].s.mirror);
	run(200);
	CU_ASSERT_FALSE(side[0].s.mirror);
	CU_ASSERT_NOT_EQUAL(side[0].s.epoch, side[1].s.epoch);
	cut = false;
	run(200);
	settled(0);
}

/* Anything happens; then peace. */
static void
play_random(unsigned seed)
{
	srand(seed);
	begin();
	delay = 5;
	for (unsigned k = 0; k < 3000; k++) {
		unsigned i = (unsigned)rand() % 2;

		switch (rand() % 7) {
		case 0:
			cut = !cut;
			break;
		case 1:
			side[i].elected = !side[i].elected;
			break;
		case 2:
			side[i].dead = true;
			run(BOOT);
			start(i, (uint8_t)(rand() % 255 + 1));
			break;
		case 3:
			side[i].able = !side[i].able;
			break;
		case 4:
			side[i].leaving = !side[i].leaving;
			break;
		case 5:
			deaf[i] = !deaf[i];
			break;
		default:
			elect(i);
		}
		run((unsigned)rand() % 150);
		if (k % 20)
			continue;
		cut = deaf[0] = deaf[1] = false;
		for (unsigned n = 0; n < 2; n++) {
			side[n].able = true;
			side[n].leaving = false;
			side[n].rank.priority = n == i ? 200 : 100;
		}
		elect(i);
		run(400);
		settled(i);
		CU_ASSERT_TRUE(side[i].all);
	}
}

static void
test_random(void)
{
	for (unsigned seed = 1; seed <= 20; seed++) {
		unsigned failed = CU_get_number_of_failures();

		play_random(seed);
		if (CU_get_number_of_failures() != failed)
			printf("seed %u\n", seed);
	}
}

static CU_TestInfo tests[] = {
	{ "start", test_start },
	{ "death of the master", test_death },
	{ "it comes back and preempts", test_come_back },
	{ "adverts lost, channel alive", test_adverts_lost },
	{ "partition and healing", test_partition },
	{ "keepalived #2387: the winner learns of a rival", test_unheard_rival },
	{ "channel flaps", test_flaps },
	{ "handed over", test_handed_over },
	{ "no CPU is left", test_unable },
	{ "backup restarts", test_backup_restarts },
	{ "epochs wrap", test_wraps },
	{ "a board keeps the copy", test_spare },
	{ "anything, then peace", test_random },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("role", tests);
}
