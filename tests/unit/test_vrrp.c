/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state machine of a virtual router. Each case is a list of steps under a clock of
 * its own: what happens, for how long, and what has come of it. Tests with names from
 * elsewhere are about what broke there. */
#include "ha/vrrp.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

#define MS    1000ull
#define OURS  5 /* last byte of our address; others are told with theirs */
#define STEPS 24

enum event {
	END,
	RUN,	/* arg: ms pass, one step each */
	STALL,	/* arg: ms pass at once */
	DEAF,	/* arg: ms pass, and who receives does not run */
	HEAR,	/* arg: priority, from: address */
	EVERY,	/* arg: ms pass, and an advertisement comes every interval */
	PORT,	/* arg: 1 up, 0 down */
	ALIVE,	/* arg */
	READY,	/* arg */
	REDUCE, /* arg */
	YIELD,
	STOP,
	FOLLOW,	 /* arg: state of the leader */
	FOREIGN, /* arg: interval of the others from now on, cs */
};

struct step {
	enum event event;
	unsigned arg, from; /* EVERY: from is the priority */
	enum cgn_vrrp_state state;
	enum cgn_vrrp_why why;
	unsigned todo; /* that were asked for during it, bits; SEND is counted apart */
	int sent;      /* advertisements; -1: whatever */
};

struct play {
	const char *name;
	struct cgn_vrrp_conf conf;
	struct step step[STEPS];
};

#define INIT   CGN_VRRP_INITIALIZE
#define BACKUP CGN_VRRP_BACKUP
#define MASTER CGN_VRRP_MASTER
#define WHY(x) CGN_VRRP_WHY_##x
#define CHANGE CGN_VRRP_DO_CHANGE
#define RESIGN CGN_VRRP_DO_RESIGN
#define TELL   CGN_VRRP_DO_ANNOUNCE
#define RIVAL  CGN_VRRP_DO_RIVAL
#define NUMBER CGN_VRRP_DO_PRIORITY
#define BECOME (CHANGE | TELL)

/* Priority 200, 100 ms: skew 21.875 ms, down after 321.875 ms. */
#define FAST                                                                             \
	{                                                                                \
		.priority = 200, .interval_cs = 10, .preempt = true                      \
	}
#define LOW                                                                              \
	{                                                                                \
		.priority = 150, .interval_cs = 10, .preempt = true                      \
	}

static const struct play plays[] = {
	{ "alone: backup, then master when nobody is heard", FAST,
		{
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 321, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
			{ RUN, 99, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), TELL, 1 },
			{ RUN, 800, 0, MASTER, WHY(LOST), 0, 8 },
			{ RUN, 200, 0, MASTER, WHY(LOST), TELL, 2 },
			{ RUN, 2000, 0, MASTER, WHY(LOST), TELL, 20 },
			{ RUN, 9000, 0, MASTER, WHY(LOST), 0, 90 },
		} },
	{ "the owner is master at once", { .priority = 255, .interval_cs = 100 },
		{ { RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
			{ HEAR, 255, 9, MASTER, WHY(OWNER), 0, 1 } } },
	{ "the owner waits for its copy",
		{ .priority = 255, .interval_cs = 10, .preempt = true },
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 1, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
		} },
	{ "an owner whose tracked things fail owns no more",
		{ .priority = 255, .interval_cs = 10, .preempt = true },
		{
			{ RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
			{ REDUCE, 155, 0, MASTER, WHY(OWNER), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(OWNER), NUMBER, 1 },
			{ HEAR, 150, 1, BACKUP, WHY(HIGHER), CHANGE, 0 },
		} },
	{ "a higher one is heard: backup as long as it is", LOW,
		{
			{ EVERY, 5000, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 240, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 3, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "the master's interval counts, not ours",
		{ .priority = 150, .interval_cs = 100, .preempt = true },
		{
			{ FOREIGN, 10, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 343, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "priority 0: taken over after the skew time", LOW,
		{
			{ EVERY, 501, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ HEAR, 0, 9, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 41, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(RESIGNED), BECOME, 1 },
		} },
	{ "a master answers a resignation", FAST,
		{
			{ RUN, 324, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ HEAR, 0, 9, MASTER, WHY(LOST), 0, 1 },
		} },
	{ "a lower master is preempted", FAST,
		{
			{ EVERY, 320, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ EVERY, 100, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "but not with preempt = false", { .priority = 200, .interval_cs = 10 },
		{ { EVERY, 9001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 } } },
	{ "preempt_delay",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.preempt_delay = 3 },
		{
			{ EVERY, 3000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ EVERY, 500, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "a master that fails is not waited for",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.preempt_delay = 300 },
		{
			{ EVERY, 1001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "keepalived #1076: the restarted box preempts before it knows the sessions",
		FAST,
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 60000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 1, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 400, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "nor when the copy breaks before it has done so", FAST,
		{
			{ EVERY, 200, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 9000, 150, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
	{ "without its copy it still takes over from a master that is gone", FAST,
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "recover_delay: the port, not the box, is waited for",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.recover_delay = 2 },
		{
			{ RUN, 2000, 0, INIT, WHY(NEW), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ PORT, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, INIT, WHY(PORT_DOWN), CHANGE, 0 },
			{ RUN, 5000, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ PORT, 1, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ RUN, 1999, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
		} },
	{ "a master whose port goes down", FAST,
		{
			{ RUN, 324, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ PORT, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 9, 0, INIT, WHY(PORT_DOWN), CHANGE, 0 },
		} },
	{ "what is tracked fails: told at once, and the other one takes over", FAST,
		{
			{ RUN, 330, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ REDUCE, 60, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), NUMBER, 1 },
			{ HEAR, 150, 9, BACKUP, WHY(HIGHER), CHANGE, 0 },
			{ EVERY, 900, 150, BACKUP, WHY(HIGHER), 0, 0 },
			{ REDUCE, 0, 0, BACKUP, WHY(HIGHER), 0, 0 },
			{ EVERY, 400, 150, MASTER, WHY(PREEMPT), BECOME | NUMBER, -1 },
		} },
	{ "never below 1", { .priority = 200, .interval_cs = 10, .preempt = true },
		{
			{ REDUCE, 1000, 0, INIT, WHY(NEW), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE | NUMBER, 0 },
			/* skew 99.6 ms by priority 1 */
			{ RUN, 398, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 2, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "keepalived #2387, #166: of two masters the lower yields, the higher tells "
	  "again",
		FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 150, 9, MASTER, WHY(LOST), TELL | RIVAL, 1 },
			{ HEAR, 150, 9, MASTER, WHY(LOST), 0, 1 },
			{ RUN, 100, 0, MASTER, WHY(LOST), TELL, 1 },
		} },
	{ "and the lower one", LOW,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 200, 1, BACKUP, WHY(HIGHER), CHANGE, 0 },
		} },
	{ "of equals the higher address wins", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 200, OURS - 1, MASTER, WHY(LOST), TELL | RIVAL, 1 },
			{ HEAR, 200, OURS + 1, BACKUP, WHY(HIGHER_ADDRESS), CHANGE, 0 },
		} },
	{ "keepalived #2066, #2238: our own stall is not the master's death", LOW,
		{
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ STALL, 5000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ HEAR, 200, 9, BACKUP, WHY(PORT_UP), 0, 0 },
			{ STALL, 300, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ STALL, 300, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), 0, 0 },
			{ DEAF, 5000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 340, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 3, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "a stalled master goes on where it was", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STALL, 950, 0, MASTER, WHY(LOST), 0, 1 },
			{ RUN, 99, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), 0, 1 },
		} },
	{ "without life in its CPUs it is silent, then gives way", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 321, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(SILENT), CHANGE, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(SILENT), 0, 0 },
			{ ALIVE, 1, 0, BACKUP, WHY(SILENT), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "a short silence is none", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 300, 0, MASTER, WHY(LOST), 0, 0 },
			{ ALIVE, 1, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), 0, 1 },
		} },
	{ "while it is silent, it yields to any other master", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 50, 0, MASTER, WHY(LOST), 0, 0 },
			{ HEAR, 150, 9, BACKUP, WHY(SILENT), CHANGE, 0 },
			{ EVERY, 900, 150, BACKUP, WHY(SILENT), 0, 0 },
		} },
	{ "without life it takes over from nobody", LOW,
		{
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ ALIVE, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
	{ "giving way by command: it resigns and does not come back", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 0, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 150, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "and back, when the other one gives way", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 0, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 150, BACKUP, WHY(COMMAND), 0, 0 },
			{ HEAR, 0, 9, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 22, 0, MASTER, WHY(RESIGNED), BECOME, 1 },
		} },
	{ "nobody has taken over", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 0, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ RUN, 643, 0, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(NOBODY), BECOME, 1 },
		} },
	{ "a backup cannot give way", LOW,
		{
			{ EVERY, 900, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ YIELD, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
	{ "the end of a master", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), CHANGE | RESIGN, 0 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), 0, 0 },
		} },
	{ "the end of a backup", LOW,
		{ { EVERY, 900, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), CHANGE, 0 } } },
	{ "one that follows has the state of its leader, whatever it hears",
		{ .priority = 100, .interval_cs = 10, .preempt = true, .follows = true },
		{
			{ RUN, 9000, 0, INIT, WHY(NEW), 0, 0 },
			{ FOLLOW, BACKUP, 0, BACKUP, WHY(FOLLOWS), CHANGE, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(FOLLOWS), 0, 0 },
			{ FOLLOW, MASTER, 0, MASTER, WHY(FOLLOWS), BECOME, 1 },
			{ EVERY, 901, 200, MASTER, WHY(FOLLOWS), TELL, 9 },
			{ PORT, 0, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ RUN, 98, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ FOLLOW, BACKUP, 0, BACKUP, WHY(FOLLOWS), CHANGE | RESIGN, 0 },
			{ FOLLOW, INIT, 0, INIT, WHY(FOLLOWS), CHANGE, 0 },
		} },
	{ "one that follows keeps silent without life",
		{ .priority = 100, .interval_cs = 10, .follows = true },
		{
			{ FOLLOW, MASTER, 0, MASTER, WHY(FOLLOWS), BECOME, 1 },
			{ ALIVE, 0, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ RUN, 9000, 0, MASTER, WHY(FOLLOWS), 0, 0 },
		} },
	{ "10 ms: three misses and the skew", { .priority = 150, .interval_cs = 1 },
		{
			{ EVERY, 101, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 34, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
			{ RUN, 1000, 0, MASTER, WHY(LOST), TELL, 100 },
		} },
};

/* ---- player ---- */

struct player {
	struct cgn_vrrp v;
	struct cgn_vrrp_facts f;
	uint16_t interval_cs;
	unsigned todo;
	int sent;
};

static void
note(struct player *p, unsigned todo)
{
	p->sent += (todo & CGN_VRRP_DO_SEND) != 0;
	p->todo |= todo & ~(unsigned)CGN_VRRP_DO_SEND;
}

static void
pass_time(struct player *p, unsigned ms)
{
	p->f.now_us += ms * MS;
	note(p, cgn_vrrp_step(&p->v, &p->f));
}

static void
hear(struct player *p, unsigned priority, unsigned from)
{
	uint8_t own[16] = { [15] = OURS }, src[16] = { [15] = (uint8_t)from };
	struct cgn_vrrp_heard h = { .now_us = p->f.now_us,
		.priority = (uint8_t)priority,
		.interval_cs = p->interval_cs,
		.src = src,
		.own = own };

	note(p, cgn_vrrp_hear(&p->v, &h));
}

static void
play_time(struct player *p, const struct step *s)
{
	for (unsigned ms = 0; ms < s->arg; ms++) {
		p->f.listening = s->event != DEAF;
		pass_time(p, 1);
		p->f.listening = true;
		if (s->event == EVERY && ms % (p->interval_cs * 10u) == 0)
			hear(p, s->from, OURS + 1);
	}
}

static void
play_step(struct player *p, const struct step *s)
{
	switch (s->event) {
	case RUN:
	case DEAF:
	case EVERY:
		play_time(p, s);
		break;
	case STALL:
		pass_time(p, s->arg);
		break;
	case HEAR:
		hear(p, s->arg, s->from);
		break;
	case PORT:
		p->f.port_up = s->arg;
		break;
	case ALIVE:
		p->f.alive = s->arg;
		break;
	case READY:
		p->f.ready = s->arg;
		break;
	case REDUCE:
		p->f.reduced = s->arg;
		break;
	case YIELD:
		note(p, cgn_vrrp_yield(&p->v));
		break;
	case STOP:
		note(p, cgn_vrrp_stop(&p->v));
		break;
	case FOLLOW:
		note(p, cgn_vrrp_follow(&p->v, (enum cgn_vrrp_state)s->arg, p->f.now_us));
		break;
	default: /* FOREIGN */
		p->interval_cs = (uint16_t)s->arg;
	}
}

static void
check_step(const struct player *p, const struct play *play, unsigned i)
{
	const struct step *s = &play->step[i];
	bool right = p->v.state == s->state && p->v.why == s->why && p->todo == s->todo &&
		     (s->sent < 0 || p->sent == s->sent);

	if (!right)
		printf("%s, step %u: %s, %s; todo %x, %d sent\n", play->name, i,
			cgn_vrrp_state_name(p->v.state), cgn_vrrp_why_text(p->v.why),
			p->todo, p->sent);
	CU_ASSERT(right);
}

static void
test_plays(void)
{
	for (size_t k = 0; k < sizeof(plays) / sizeof(plays[0]); k++) {
		struct player p = { .f = { .now_us = 7,
					    .port_up = true,
					    .listening = true,
					    .alive = true,
					    .ready = true } };

		p.interval_cs = plays[k].conf.interval_cs;
		cgn_vrrp_init(&p.v, &plays[k].conf);
		for (unsigned i = 0; plays[k].step[i].event != END; i++) {
			p.todo = 0;
			p.sent = 0;
			play_step(&p, &plays[k].step[i]);
			check_step(&p, &plays[k], i);
		}
	}
}

/* RFC 9568 6.1, by hand. */
static void
test_timers(void)
{
	struct cgn_vrrp_conf conf = { .priority = 100, .interval_cs = 100 };
	struct cgn_vrrp v;

	cgn_vrrp_init(&v, &conf);
	CU_ASSERT_EQUAL(cgn_vrrp_skew_us(&v), 609375);
	CU_ASSERT_EQUAL(cgn_vrrp_down_us(&v), 3609375);
	conf.priority = v.priority = 254;
	conf.interval_cs = 1;
	cgn_vrrp_configure(&v, &conf);
	CU_ASSERT_EQUAL(cgn_vrrp_skew_us(&v), 78);
	CU_ASSERT_EQUAL(cgn_vrrp_down_us(&v), 30078);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "state machine", test_plays },
		{ "timers", test_timers },
		CU_TEST_INFO_NULL,
	};

	return suite_run("vrrp", tests);
}
