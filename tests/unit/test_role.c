/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who translates for a location, and who gives out which ports: single events, and
 * anything in any order. What must hold in every millisecond is checked by role_play.c.
 */
#include "role_play.h"

#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

static void
test_start(void)
{
	play_begin();
	play_elect(0);
	while (!play.side[0].s.mirror && play.now < 1000)
		play_run(1);
	play_run(COPY / 2);
	CU_ASSERT_TRUE(play.side[0].s.mirror);
	CU_ASSERT_FALSE(cgn_role_may_preempt(&play.side[1].s, &play.side[1].heard));
	play_run(200);
	play_settled(0);
	CU_ASSERT_TRUE(cgn_role_may_preempt(&play.side[1].s, &play.side[1].heard));
}

/* VRRP has seen it before hellos are missed: hold, then take over. */
static void
test_death(void)
{
	uint32_t epoch;

	play_begin();
	play_elect(0);
	play_run(200);
	epoch = play.side[0].s.epoch;
	play.side[0].dead = true;
	play_run(30);
	play.side[1].elected = true;
	play_run(100);
	CU_ASSERT_TRUE(play_translates(1));
	CU_ASSERT_TRUE(play.none_ms <= FRESH);
	CU_ASSERT_EQUAL(play.side[1].s.epoch, epoch + 1);
}

static void
test_come_back(void)
{
	test_death();
	play_start(0, 200);
	play_run(200);
	play_settled(1);
	play_elect(0);
	play_run(100);
	play_settled(0);
	CU_ASSERT_EQUAL(play.none_ms, 0);
	CU_ASSERT_TRUE(play.both_ms <= 2 * HELLO);
}

/* Adverts are lost, the channel lives: no second master. */
static void
test_adverts_lost(void)
{
	play_begin();
	play_elect(0);
	play_run(200);
	play.side[1].elected = true; /* and the first one knows nothing of it */
	play_run(2000);
	play_settled(0);
	CU_ASSERT_EQUAL(play.side[1].takeovers, 0);
}

/* All paths are play.cut: both translate. The lower rank yields when they meet again. */
static void
test_partition(void)
{
	uint32_t epoch;

	play_begin();
	play_elect(0);
	play_run(200);
	play.cut = true;
	play.side[1].elected = true;
	play_run(500);
	CU_ASSERT_TRUE(play_translates(0) && play_translates(1));
	epoch = play.side[1].s.epoch;
	play.cut = false;
	play_run(200);
	play_settled(0);
	CU_ASSERT_TRUE(play.both_ms <= 2 * HELLO);
	CU_ASSERT_TRUE(play.side[0].s.epoch > epoch);
	CU_ASSERT_EQUAL(play.side[0].rivals, 1);
	CU_ASSERT_EQUAL(play.side[1].rivals, 0);
}

/* Both start where they cannot hear each other: two masters of one epoch. */
static void
test_twins(void)
{
	uint32_t epoch;

	play_begin();
	play.cut = true;
	play.side[0].elected = play.side[1].elected = true;
	play_run(500);
	epoch = play.side[0].s.epoch;
	CU_ASSERT_TRUE(play_translates(0) && play_translates(1));
	CU_ASSERT_EQUAL(play.side[1].s.epoch, epoch);
	play.cut = false;
	play_run(200);
	play_settled(0);
	CU_ASSERT_TRUE(play.side[0].s.epoch > epoch);
	CU_ASSERT_EQUAL(play.side[0].rivals, 1);
	CU_ASSERT_EQUAL(play.side[1].rivals, 0);
}

/* A partition that ends where adverts are: the one that yields has done so before the
 * channel is back, and the master learns of it all the same. */
static void
test_unheard_rival(void)
{
	play_begin();
	play_elect(0);
	play_run(200);
	play.cut = true;
	play.side[1].elected = true;
	play_run(500);
	play_elect(0);
	play_run(500);
	CU_ASSERT_FALSE(play_translates(1));
	CU_ASSERT_EQUAL(play.side[0].rivals, 0);
	play.cut = false;
	play.deaf[0] = true; /* it speaks first */
	play_run(30);
	play.deaf[0] = false;
	play_run(200);
	play_settled(0);
	CU_ASSERT_EQUAL(play.side[0].rivals, 1);
}

/* A cut of the channel alone changes nothing, however often. */
static void
test_flaps(void)
{
	uint32_t epoch;

	play_begin();
	play_elect(0);
	play_run(200);
	epoch = play.side[0].s.epoch;
	for (unsigned k = 0; k < 50; k++) {
		play.cut = !play.cut;
		play_run(70);
	}
	play.cut = false;
	play_run(100);
	play_settled(0);
	CU_ASSERT_EQUAL(play.side[0].s.epoch, epoch);
}

static void
test_handed_over(void)
{
	play_begin();
	play_elect(0);
	play_run(200);
	play.side[0].leaving = true;
	play_run(10);
	CU_ASSERT_TRUE(play_translates(0));
	play_elect(1);
	play_run(100);
	play_settled(1);
	CU_ASSERT_EQUAL(play.none_ms, 0);
	CU_ASSERT_EQUAL(play.side[0].rivals + play.side[1].rivals, 0);
}

static void
test_unable(void)
{
	play_begin();
	play_elect(0);
	play_run(200);
	play.side[0].able = false;
	play_run(1);
	CU_ASSERT_FALSE(play_translates(0));
	play_elect(1);
	play_run(100);
	play_settled(1);
}

/* A new boot of the backup begins a new copy, whatever was said before. */
static void
test_backup_restarts(void)
{
	uint32_t epoch;

	play_begin();
	play_elect(0);
	play_run(200);
	epoch = play.side[0].s.epoch;
	play_start(1, 100);
	play_run(100);
	play_settled(0);
	CU_ASSERT_TRUE(play.side[0].s.epoch > epoch);
}

/* Hand-overs and partitions around the end of what epochs can count. */
static void
test_wraps(void)
{
	play_begin();
	play.side[0].s.epoch = play.side[1].s.epoch = UINT32_MAX - 3;
	for (unsigned k = 0; k < 8; k++) {
		play_elect(k % 2);
		play_run(200);
		play_settled(k % 2);
		CU_ASSERT_TRUE(play.side[0].s.epoch + 1 > 1);
	}
	CU_ASSERT_EQUAL(play.side[0].s.epoch, 6);
	CU_ASSERT_EQUAL(play.side[0].rivals + play.side[1].rivals, 0);
	play_begin();
	play.side[0].s.epoch = play.side[1].s.epoch = UINT32_MAX - 3;
	for (unsigned k = 1; k < 5; k++) {
		play_elect(0);
		play_run(200);
		play_settled(0);
		play.cut = play.side[1].elected = true;
		play_run(200);
		play.cut = false;
		play_run(200);
		CU_ASSERT_EQUAL(play.side[0].rivals, k);
	}
	CU_ASSERT_TRUE(play.side[0].s.epoch < 100);
}

/* The other box is dead: a CPU of this one keeps the copy, until it is back. */
static void
test_spare(void)
{
	play_begin();
	play_elect(0);
	play_run(200);
	play.side[1].dead = true;
	play_run(ADOPT + 100);
	CU_ASSERT_TRUE(play.side[0].s.mirror); /* there is nobody else */
	play.side[0].spare = true;
	play_run(1);
	CU_ASSERT_FALSE(play.side[0].s.mirror);
	CU_ASSERT_TRUE(play_translates(0));
	play_start(1, 100);
	play_run(200);
	play_settled(0);
	play.cut = true; /* for long: what it has is of another epoch */
	play_run(ADOPT - 100);
	CU_ASSERT_TRUE(play.side[0].s.mirror);
	play_run(200);
	CU_ASSERT_FALSE(play.side[0].s.mirror);
	CU_ASSERT_NOT_EQUAL(play.side[0].s.epoch, play.side[1].s.epoch);
	play.cut = false;
	play_run(200);
	play_settled(0);
}

/* Anything happens; then peace. */
static void
play_random(unsigned seed)
{
	srand(seed);
	play_begin();
	play.delay = 5;
	for (unsigned k = 0; k < 3000; k++) {
		unsigned i = (unsigned)rand() % 2;

		switch (rand() % 7) {
		case 0:
			play.cut = !play.cut;
			break;
		case 1:
			play.side[i].elected = !play.side[i].elected;
			break;
		case 2:
			play.side[i].dead = true;
			ports_died(i);
			play_run(BOOT);
			play_start(i, (uint8_t)(rand() % 255 + 1));
			break;
		case 3:
			play.side[i].able = !play.side[i].able;
			break;
		case 4:
			play.side[i].leaving = !play.side[i].leaving;
			break;
		case 5:
			play.deaf[i] = !play.deaf[i];
			break;
		default:
			play_elect(i);
		}
		play_run((unsigned)rand() % 150);
		if (k % 20)
			continue;
		play.cut = play.deaf[0] = play.deaf[1] = false;
		for (unsigned n = 0; n < 2; n++) {
			play.side[n].able = true;
			play.side[n].leaving = false;
			play.side[n].rank.priority = n == i ? 200 : 100;
		}
		play_elect(i);
		play_run(400);
		play_settled(i);
		CU_ASSERT_TRUE(play.side[i].most);
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
	{ "both start alone", test_twins },
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
