/* SPDX-License-Identifier: BSD-3-Clause */
#include "vrrp_play.h"

#include <stdio.h>

#include <CUnit/Basic.h>

#define MS 1000ull

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
		note(p, cgn_vrrp_yield(&p->v, s->arg));
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

void
play_all(const struct play *play, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct player p = { .f = { .now_us = 7,
					    .port_up = true,
					    .listening = true,
					    .alive = true,
					    .ready = true } };

		p.interval_cs = play[k].conf.interval_cs;
		cgn_vrrp_init(&p.v, &play[k].conf);
		for (unsigned i = 0; play[k].step[i].event != END; i++) {
			p.todo = 0;
			p.sent = 0;
			play_step(&p, &play[k].step[i]);
			check_step(&p, &play[k], i);
		}
	}
}
