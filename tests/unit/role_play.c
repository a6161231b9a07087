/* SPDX-License-Identifier: BSD-3-Clause */
#include "role_play.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>

#define HOLD  60
#define NEWS  2	  /* between two hellos */
#define VOICE 300 /* ms that nobody else is heard */
#define WAYS  64  /* hellos on their way */

struct play play;

static struct way {
	uint64_t at_ms;
	uint64_t to; /* whom its sender hears */
	struct cgn_role_peer said;
} way[2][WAYS];
static unsigned sent[2], arrived[2];

void
play_start(unsigned i, uint8_t priority)
{
	static uint64_t boots;

	ports_died(i);
	play.side[i] = (struct side){ .able = true };
	play.side[i].boot = ++boots;
	play.side[i].rank = (struct cgn_role_rank){ priority, play.side[i].boot };
}

void
play_begin(void)
{
	ports_begin();
	play_start(0, 200);
	play_start(1, 100);
	play.cut = play.deaf[0] = play.deaf[1] = false;
	play.delay = 0;
}

/* Has the other one all of it? */
static bool
copied(unsigned i)
{
	return play.side[i].s.mirror && play.side[i].fed == play.side[i].s.boot &&
	       play.side[i].complete;
}

static struct cgn_role_input
facts(unsigned i)
{
	const struct side *me = &play.side[i];
	struct cgn_role_input in = { .now_ms = play.now,
		.hold_ms = HOLD,
		.adopt_ms = ADOPT,
		.elected = me->elected,
		.able = me->able,
		.spare = me->spare,
		.leaving = me->leaving,
		.filled = copied(i),
		.rank = me->rank,
		.peer = me->heard };

	in.peer.fresh = me->heard.known && play.now - me->heard.heard_ms <= FRESH;
	if (me->leaving)
		in.rank.priority = 0;
	return in;
}

static struct cgn_role_peer
words(unsigned i)
{
	const struct side *me = &play.side[i];
	struct cgn_role_input in = facts(i);

	return (struct cgn_role_peer){ .fresh = true,
		.known = true,
		.matches = true,
		.ready = in.peer.fresh && copied(i),
		.role = me->s.role,
		.epoch = me->s.epoch,
		.rank = in.rank,
		.boot = me->boot };
}

/* Every 20 ms, and when there is something new. */
static void
speak(unsigned i)
{
	struct side *me = &play.side[i];
	struct cgn_role_peer said = words(i);
	uint64_t since = play.now - me->said_ms;
	struct way *w = &way[i][sent[i] % WAYS];

	if (since < HELLO && (since < NEWS || !memcmp(&said, &me->said, sizeof(said))))
		return;
	me->said_ms = play.now;
	me->said = said;
	if (play.cut || play.deaf[!i])
		return;
	*w = (struct way){
		play.now + 1 + (play.delay ? (unsigned)rand() % play.delay : 0),
		play.now - me->heard.heard_ms < VOICE ? me->heard.boot : me->knows, said
	};
	sent[i]++;
}

/* In the order in which they were sent. One whose start is not known is only believed
 * when it has heard of ours. */
static void
listen(unsigned i)
{
	struct side *me = &play.side[i];

	for (; arrived[!i] != sent[!i]; arrived[!i]++) {
		const struct way *w = &way[!i][arrived[!i] % WAYS];

		if (w->at_ms > play.now)
			return;
		if (me->dead || play.cut || play.deaf[i])
			continue;
		if (w->said.boot < me->knows)
			continue; /* a start that is over */
		me->knows = w->said.boot;
		if (w->said.boot != me->heard.boot) {
			if (w->to != me->boot)
				continue;
			me->copied_ms = 0;
			me->complete = false;
		}
		me->heard = w->said;
		me->heard.heard_ms = play.now;
	}
}

static void
step(unsigned i)
{
	struct side *me = &play.side[i];
	enum cgn_role before = me->s.role;
	struct cgn_role_input in = facts(i);

	cgn_role_step(&me->s, &in);
	me->most = cgn_role_has_most(&me->s, &in);
	me->rivals += me->s.rival;
	me->takeovers += me->s.role == CGN_ROLE_MASTER && before != CGN_ROLE_MASTER;
}

/* Records flow: the other one is told of the copy, and keeps it. */
static void
copy(unsigned i)
{
	struct side *me = &play.side[i], *other = &play.side[!i];

	if (!me->s.mirror || me->fed != me->s.boot || me->copy_epoch != me->s.epoch) {
		me->fed = me->s.mirror ? me->s.boot : 0;
		me->copy_epoch = me->s.epoch;
		me->copied_ms = 0;
		me->complete = false;
	}
	if (!me->s.mirror || play.cut || play.deaf[!i] || other->dead ||
		other->boot != me->fed)
		return;
	if (++me->copied_ms < COPY || other->s.epoch != me->s.epoch)
		return;
	if (!me->complete)
		ports_copied(i);
	me->complete = true;
	other->copy_of = me->boot;
	ports_arrive(i);
}

bool
play_translates(unsigned i)
{
	return !play.side[i].dead && play.side[i].s.role == CGN_ROLE_MASTER;
}

static void
check(void)
{
	struct cgn_role_input in[2] = { facts(0), facts(1) };
	bool early = false;

	for (unsigned i = 0; i < 2; i++)
		early |= !play.side[i].dead &&
			 cgn_role_may_preempt(&play.side[i].s, &in[i].peer) &&
			 play.side[i].copy_of != play.side[i].heard.boot;
	CU_ASSERT_FALSE(play_translates(0) && play_translates(1) && play.side[0].most &&
			play.side[1].most);
	CU_ASSERT_FALSE(early);
}

void
play_run(unsigned ms)
{
	play.none_ms = play.both_ms = 0;
	while (ms--) {
		play.now++;
		for (unsigned i = 0; i < 2; i++)
			listen(i);
		for (unsigned i = 0; i < 2; i++)
			if (!play.side[i].dead) {
				step(i);
				speak(i);
				copy(i);
				if (play_translates(i))
					ports_turn(i, play.side[i].most);
			}
		check();
		play.none_ms += !play_translates(0) && !play_translates(1);
		play.both_ms += play_translates(0) && play_translates(1);
	}
}

void
play_elect(unsigned i)
{
	play.side[i].elected = true;
	play.side[!i].elected = false;
}

/* One translates, and feeds the other. */
void
play_settled(unsigned master)
{
	CU_ASSERT_TRUE(play_translates(master));
	CU_ASSERT_FALSE(play_translates(!master));
	CU_ASSERT_TRUE(play.side[master].s.mirror);
	CU_ASSERT_EQUAL(play.side[master].s.epoch, play.side[!master].s.epoch);
	CU_ASSERT_EQUAL(play.side[!master].s.role, CGN_ROLE_BACKUP);
}
