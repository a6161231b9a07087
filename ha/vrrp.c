/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtual router as a pure function of facts, advertisements and time: RFC 9568 6.4,
 * and around it
 *
 * - Silence only counts while we listen. Each step adds at most half an interval, and
 *   nothing while the lcores that receive stood still: a box that was stopped for a
 *   second wakes up, reads what is queued, and finds that the master lives.
 * - A master that was stopped for so long that another may have taken over says nothing
 *   until it has listened for an interval; if there is one, whatever its priority, that
 *   one is master.
 * - Running priority: configured, less what has failed, never below 1.
 * - Gates. Without life in the CPUs behind it a router neither advertises nor becomes
 *   master, and a master gives way when the others must have noticed. A master that works
 *   is preempted only when `ready` says that the copy is complete.
 * - preempt_delay tolerates a lower master for a while; recover_delay waits in Initialize
 *   after the port has come up.
 * - A router that follows has the state of its leader; it advertises, and decides
 *   nothing.
 * - Giving way by command: the other takes over at once (priority 0), and is not
 *   preempted.
 *
 * Life: init; then step, hear, follow, yield in any order; stop. Not handled: which
 * router an advertisement is for, and its checks (RFC 9568 7.1): control/vrrp_io.c. */
#include "ha/vrrp.h"

#include <string.h>

#define MISSES	  3
#define CS_US	  10000ull /* of a hundredth of a second */
#define SECOND_US 1000000ull
#define RIVAL_US  SECOND_US /* between two announcements because of a rival */

/* Announcements of a new master: the first may be lost, a switch may be learning. */
static const uint64_t announce_us[] = { 0, 100000, SECOND_US, 3 * SECOND_US };

enum { ANNOUNCES = sizeof(announce_us) / sizeof(announce_us[0]) };

const char *
cgn_vrrp_state_name(enum cgn_vrrp_state state)
{
	static const char *const name[] = { "initialize", "backup", "master" };

	return name[state];
}

const char *
cgn_vrrp_why_text(enum cgn_vrrp_why why)
{
	static const char *const text[] = {
#define X(id, words) words,
		CGN_VRRP_WHYS(X)
#undef X
	};

	return text[why];
}

/* ---- times ---- */

static uint64_t
interval_us(const struct cgn_vrrp *v)
{
	return (v->master.known ? v->master.interval_cs : v->conf.interval_cs) * CS_US;
}

uint64_t
cgn_vrrp_skew_us(const struct cgn_vrrp *v)
{
	return (256u - v->priority) * interval_us(v) / 256;
}

uint64_t
cgn_vrrp_down_us(const struct cgn_vrrp *v)
{
	return MISSES * interval_us(v) + cgn_vrrp_skew_us(v);
}

/* How much of the time since the last step we would have heard a master in. */
static uint64_t
listened_us(const struct cgn_vrrp *v, const struct cgn_vrrp_facts *f, uint64_t elapsed)
{
	uint64_t most = interval_us(v) / 2;

	if (!f->listening)
		return 0;
	return elapsed < most ? elapsed : most;
}

static void
pass(uint64_t *left, uint64_t us)
{
	*left -= us < *left ? us : *left;
}

/* ---- states ---- */

static unsigned
enter(struct cgn_vrrp *v, enum cgn_vrrp_state state, enum cgn_vrrp_why why)
{
	v->state = state;
	v->why = why;
	v->lower = false;
	v->lower_us = v->up_us = v->silent_us = v->doubt_us = 0;
	return CGN_VRRP_DO_CHANGE;
}

static unsigned
enter_backup(struct cgn_vrrp *v, enum cgn_vrrp_why why)
{
	v->down_us = cgn_vrrp_down_us(v);
	v->next = CGN_VRRP_WHY_LOST;
	return enter(v, CGN_VRRP_BACKUP, why);
}

static unsigned
enter_master(struct cgn_vrrp *v, enum cgn_vrrp_why why, uint64_t now_us)
{
	v->held = false;
	v->master.known = false;
	v->due_us = now_us + v->conf.interval_cs * CS_US;
	v->since_us = now_us;
	v->announced = 1;
	return enter(v, CGN_VRRP_MASTER, why) | CGN_VRRP_DO_SEND | CGN_VRRP_DO_ANNOUNCE;
}

static unsigned
enter_initialize(struct cgn_vrrp *v, enum cgn_vrrp_why why)
{
	v->master.known = false;
	v->held = false;
	return enter(v, CGN_VRRP_INITIALIZE, why);
}

void
cgn_vrrp_init(struct cgn_vrrp *v, const struct cgn_vrrp_conf *conf)
{
	*v = (struct cgn_vrrp){ .conf = *conf, .priority = conf->priority };
}

void
cgn_vrrp_configure(struct cgn_vrrp *v, const struct cgn_vrrp_conf *conf)
{
	v->conf = *conf;
}

/* ---- time passes ---- */

static unsigned
step_initialize(struct cgn_vrrp *v, const struct cgn_vrrp_facts *f, uint64_t elapsed)
{
	v->up_us += elapsed;
	if (v->up_us < v->conf.recover_delay * SECOND_US)
		return 0;
	if (v->priority == CGN_VRRP_OWNER && f->alive && f->ready)
		return enter_master(v, CGN_VRRP_WHY_OWNER, f->now_us);
	return enter_backup(v, CGN_VRRP_WHY_PORT_UP);
}

static unsigned
step_backup(struct cgn_vrrp *v, const struct cgn_vrrp_facts *f, uint64_t elapsed)
{
	if (v->lower)
		v->lower_us += elapsed;
	pass(&v->down_us, listened_us(v, f, elapsed));
	if (!f->alive)
		return 0;
	if (v->priority == CGN_VRRP_OWNER && f->ready && !v->held)
		return enter_master(v, CGN_VRRP_WHY_OWNER, f->now_us);
	return v->down_us ? 0 : enter_master(v, v->next, f->now_us);
}

static unsigned
announce(struct cgn_vrrp *v, uint64_t now_us)
{
	if (v->announced >= ANNOUNCES || now_us - v->since_us < announce_us[v->announced])
		return 0;
	v->announced++;
	return CGN_VRRP_DO_ANNOUNCE;
}

static unsigned
advertise(struct cgn_vrrp *v, uint64_t now_us)
{
	uint64_t interval = v->conf.interval_cs * CS_US;

	if (now_us < v->due_us)
		return 0;
	/* in step, unless we are late by more than one */
	v->due_us =
		now_us - v->due_us < interval ? v->due_us + interval : now_us + interval;
	return CGN_VRRP_DO_SEND;
}

static unsigned
step_master(struct cgn_vrrp *v, const struct cgn_vrrp_facts *f, uint64_t elapsed)
{
	if (elapsed >= cgn_vrrp_down_us(v))
		v->doubt_us = interval_us(v) + cgn_vrrp_skew_us(v);
	else
		pass(&v->doubt_us, listened_us(v, f, elapsed));
	if (v->doubt_us)
		return 0;
	if (f->alive) {
		v->silent_us = 0;
		return advertise(v, f->now_us) | announce(v, f->now_us);
	}
	v->silent_us += elapsed;
	if (v->conf.follows || v->silent_us < cgn_vrrp_down_us(v))
		return 0;
	return enter_backup(v, CGN_VRRP_WHY_SILENT);
}

/* A lower priority is told at once, so that the other one need not wait for it. */
static unsigned
reduce(struct cgn_vrrp *v, const struct cgn_vrrp_facts *f)
{
	uint8_t priority = f->reduced < v->conf.priority
				   ? (uint8_t)(v->conf.priority - f->reduced)
				   : 1;

	if (priority == v->priority)
		return 0;
	v->priority = priority;
	if (v->state == CGN_VRRP_MASTER)
		v->due_us = f->now_us;
	return CGN_VRRP_DO_PRIORITY;
}

unsigned
cgn_vrrp_step(struct cgn_vrrp *v, const struct cgn_vrrp_facts *f)
{
	uint64_t elapsed = v->stepped ? f->now_us - v->step_us : 0;
	unsigned todo = reduce(v, f);

	v->stepped = true;
	v->step_us = f->now_us;
	v->alive = f->alive;
	v->ready = f->ready;
	if (v->conf.follows)
		return v->state == CGN_VRRP_MASTER ? todo | step_master(v, f, elapsed)
						   : todo;
	if (!f->port_up) {
		v->up_us = 0;
		if (v->state != CGN_VRRP_INITIALIZE)
			todo |= enter_initialize(v, CGN_VRRP_WHY_PORT_DOWN);
		return todo;
	}
	switch (v->state) {
	case CGN_VRRP_INITIALIZE:
		return todo | step_initialize(v, f, elapsed);
	case CGN_VRRP_BACKUP:
		return todo | step_backup(v, f, elapsed);
	case CGN_VRRP_MASTER:
		return todo | step_master(v, f, elapsed);
	}
	return todo;
}

/* ---- others are heard ---- */

static void
remember(struct cgn_vrrp *v, const struct cgn_vrrp_heard *h)
{
	v->master.known = true;
	v->master.priority = h->priority;
	v->master.interval_cs = h->interval_cs;
	memcpy(v->master.src, h->src, sizeof(v->master.src));
}

bool
cgn_vrrp_wants(const struct cgn_vrrp *v)
{
	return v->state == CGN_VRRP_BACKUP && v->lower && v->alive &&
	       v->lower_us >= v->conf.preempt_delay * SECOND_US;
}

static unsigned
hear_as_backup(struct cgn_vrrp *v, const struct cgn_vrrp_heard *h)
{
	/* who has lost something since the command is not to be spared any longer */
	if (v->master.known && h->priority < v->master.priority)
		v->held = false;
	remember(v, h);
	if (h->priority == 0) {
		v->down_us = cgn_vrrp_skew_us(v);
		v->next = CGN_VRRP_WHY_RESIGNED;
		return 0;
	}
	v->lower = h->priority < v->priority && v->conf.preempt && !v->held;
	if (!v->lower)
		v->lower_us = 0;
	if (cgn_vrrp_wants(v) && v->ready) { /* not heard: the timer runs out */
		v->next = CGN_VRRP_WHY_PREEMPT;
		return 0;
	}
	v->down_us = cgn_vrrp_down_us(v);
	v->next = CGN_VRRP_WHY_LOST;
	return 0;
}

/* Tells who is master, and the others' neighbours again where to send. */
static unsigned
assert_master(struct cgn_vrrp *v, uint64_t now_us)
{
	unsigned todo = CGN_VRRP_DO_SEND;

	if (!v->alive)
		return 0;
	v->due_us = now_us + v->conf.interval_cs * CS_US;
	if (v->announced >= ANNOUNCES || now_us - v->since_us >= RIVAL_US) {
		v->since_us = now_us;
		v->announced = 1;
		todo |= CGN_VRRP_DO_ANNOUNCE | CGN_VRRP_DO_RIVAL;
	}
	return todo;
}

static unsigned
hear_as_master(struct cgn_vrrp *v, const struct cgn_vrrp_heard *h)
{
	bool higher_address =
		h->priority == v->priority && memcmp(h->src, h->own, 16) > 0;

	if (h->priority && v->doubt_us && !v->conf.follows) {
		remember(v, h);
		return enter_backup(v, CGN_VRRP_WHY_STOPPED_LONG);
	}
	if (v->doubt_us)
		return 0;
	if (h->priority == 0 || v->priority == CGN_VRRP_OWNER)
		return v->alive ? assert_master(v, h->now_us) & CGN_VRRP_DO_SEND : 0;
	if (h->priority <= v->priority && !higher_address && v->alive)
		return assert_master(v, h->now_us);
	if (v->conf.follows)
		return 0;
	remember(v, h);
	return enter_backup(v, h->priority > v->priority ? CGN_VRRP_WHY_HIGHER
			       : higher_address		 ? CGN_VRRP_WHY_HIGHER_ADDRESS
							 : CGN_VRRP_WHY_SILENT);
}

unsigned
cgn_vrrp_hear(struct cgn_vrrp *v, const struct cgn_vrrp_heard *h)
{
	switch (v->state) {
	case CGN_VRRP_BACKUP:
		return hear_as_backup(v, h);
	case CGN_VRRP_MASTER:
		return hear_as_master(v, h);
	default:
		return 0;
	}
}

/* ---- others decide ---- */

unsigned
cgn_vrrp_follow(struct cgn_vrrp *v, enum cgn_vrrp_state leader, uint64_t now_us)
{
	unsigned resign = v->state == CGN_VRRP_MASTER ? CGN_VRRP_DO_RESIGN : 0;

	if (v->state == leader)
		return 0;
	if (leader == CGN_VRRP_MASTER)
		return enter_master(v, CGN_VRRP_WHY_FOLLOWS, now_us);
	if (leader == CGN_VRRP_BACKUP)
		return enter_backup(v, CGN_VRRP_WHY_FOLLOWS) | resign;
	return enter_initialize(v, CGN_VRRP_WHY_FOLLOWS) | resign;
}

unsigned
cgn_vrrp_yield(struct cgn_vrrp *v, bool hold)
{
	unsigned todo;

	if (v->state != CGN_VRRP_MASTER)
		return 0;
	todo = enter_backup(v, hold ? CGN_VRRP_WHY_COMMAND : CGN_VRRP_WHY_GIVEN) |
	       CGN_VRRP_DO_RESIGN;
	v->held = hold;
	v->down_us *= 2; /* the other one is to be first */
	v->next = CGN_VRRP_WHY_NOBODY;
	return todo;
}

unsigned
cgn_vrrp_stop(struct cgn_vrrp *v)
{
	unsigned resign = v->state == CGN_VRRP_MASTER ? CGN_VRRP_DO_RESIGN : 0;

	if (v->state == CGN_VRRP_INITIALIZE)
		return 0;
	return enter_initialize(v, CGN_VRRP_WHY_STOPPED) | resign;
}
