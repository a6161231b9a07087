/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The host's half of replication. Users and blocks are told at once, sessions by the
 * sweep once they are old enough, their states and refreshes as the sweep finds them,
 * their end at once. Nothing waits for a ring: what finds it full stays untold, and the
 * sweep comes round again.
 *
 * Copies and digests are in sync_copy.c, what gateways know in sync_alg.c.
 *
 * Owner only. */
#include "dataplane/sync.h"

#include "dataplane/block.h"
#include "dataplane/block_commit.h"
#include "dataplane/user.h"

#define USER_SWEEP_MS  500
#define USERS_PER_TICK 128
#define SEEN_MIN       (2 * CGN_TICKS_PER_S)
#define GOLDEN	       0x9e3779b1u

/* Belongs a user to the copy under way? In a full one everything is untold anyway. */
static bool
forced(const struct cgn_worker *w, uint16_t location, const struct cgn_user *u)
{
	const struct cgn_sync_location *l = &w->sync->location[location];
	uint8_t who[16];
	unsigned n;

	if (l->phase != CGN_SYNC_COPY || l->full_copy)
		return false;
	cgn_sync_who(w, u, who);
	cgn_sync_range(w, location, who, &n);
	return cgn_sync_set_has(&l->set, n);
}

/* One that comes back in a copy, or for the first time. */
bool
cgn_sync_put_object(struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r,
	struct cgn_told *t, uint8_t mark)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	bool again = cgn_sync_told(l, t);

	if (!cgn_sync_put(w, location, r)) {
		if (again)
			cgn_sync_sub(w, location, r);
		t->era = 0;
		l->failed = true;
		return false;
	}
	if (!again)
		cgn_sync_add(w, location, r);
	l->count.resent += l->phase == CGN_SYNC_COPY && !l->full_copy;
	*t = (struct cgn_told){ .era = l->era, .mark = mark };
	return true;
}

static bool
put_block(struct cgn_worker *w, const struct cgn_user *u, struct cgn_block *b)
{
	struct cgn_syncrec r = cgn_sync_of_block(w, u, b);

	return cgn_sync_put_object(w, u->location, &r, &b->told, 0);
}

/* Those that the standby does not know, or all; one that finds no room is unknown. */
static bool
put_blocks(struct cgn_worker *w, const struct cgn_user *u, bool all)
{
	const struct cgn_sync_location *l = &w->sync->location[u->location];
	bool whole = true;

	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(w, k)->next) {
		struct cgn_block *b = cgn_block_at(w, k);

		if (all || !cgn_sync_told(l, &b->told))
			whole &= put_block(w, u, b);
	}
	return whole;
}

/* A copy of a user becomes a user. */
static void
live_user(struct cgn_worker *w, struct cgn_user *u)
{
	u->told = (struct cgn_told){ 0 };
	u->told_state = 0;
	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(w, k)->next)
		cgn_block_at(w, k)->told = (struct cgn_told){ 0 };
	w->instance[u->instance].users++;
}

bool
cgn_sync_put_user(struct cgn_worker *w, uint32_t user)
{
	struct cgn_user *u = cgn_user_at(w, user);
	struct cgn_sync_location *l = &w->sync->location[u->location];
	uint8_t mark = (uint8_t)l->copy;
	bool all = forced(w, u->location, u) && u->told.mark != mark;
	struct cgn_syncrec r;

	if (u->told_state == CGN_TOLD_COPY)
		live_user(w, u);
	if (all || !cgn_sync_told(l, &u->told)) {
		r = cgn_sync_of_user(w, u);
		if (!cgn_sync_put_object(w, u->location, &r, &u->told, mark))
			return false;
	} else if (u->told_state == 1) {
		return true;
	}
	u->told_state = put_blocks(w, u, all); /* 1: all its blocks are told */
	return u->told_state;
}

void
cgn_sync_user(struct cgn_worker *w, uint32_t user)
{
	struct cgn_user *u = cgn_user_at(w, user);

	if (w->role[u->location] & CGN_ROLE_HOST)
		cgn_block_commit_begin(w, u, cgn_sync_put_user(w, user));
}

void
cgn_sync_user_moved(struct cgn_worker *w, uint32_t user)
{
	struct cgn_user *u = cgn_user_at(w, user);
	struct cgn_syncrec r;

	if (!(w->role[u->location] & CGN_ROLE_HOST) ||
		!cgn_sync_told(&w->sync->location[u->location], &u->told))
		return;
	r = cgn_sync_of_user(w, u);
	cgn_sync_put_object(w, u->location, &r, &u->told, u->told.mark);
}

/* What the standby knew of an earlier era goes with the copy that began this one. */
void
cgn_sync_put_gone(
	struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r, uint8_t type)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	cgn_sync_sub(w, location, r);
	if (!(w->role[location] & CGN_ROLE_HOST))
		return;
	r->type = type;
	if (type == CGN_SYNCREC_SESSION_DEL)
		r->flow.idle = r->flow.age = 0;
	else if (type == CGN_SYNCREC_BLOCK_DEL)
		r->block.age = 0;
	else if (type == CGN_SYNCREC_EXPECT_DEL)
		r->expect.age = 0;
	else
		memset(&r->user, 0, sizeof(r->user));
	if (!cgn_sync_put(w, location, r))
		l->doubt = true;
}

void
cgn_sync_user_gone(struct cgn_worker *w, const struct cgn_user *u)
{
	struct cgn_syncrec r;

	if (!cgn_sync_known(w, u->location, &u->told))
		return;
	r = cgn_sync_of_user(w, u);
	cgn_sync_put_gone(w, u->location, &r, CGN_SYNCREC_USER_DEL);
}

void
cgn_sync_block(struct cgn_worker *w, const struct cgn_user *u, struct cgn_block *b)
{
	struct cgn_user *user = cgn_user_at(w, b->user);
	bool put;

	/* the first one goes with the user */
	if (!(w->role[u->location] & CGN_ROLE_HOST) ||
		!cgn_sync_told(&w->sync->location[u->location], &u->told))
		return;
	put = put_block(w, u, b);
	if (!put)
		user->told_state = 0;
	cgn_block_commit_begin(w, user, put);
}

void
cgn_sync_block_gone(
	struct cgn_worker *w, const struct cgn_user *u, const struct cgn_block *b)
{
	struct cgn_syncrec r;

	if (!cgn_sync_known(w, u->location, &b->told))
		return;
	r = cgn_sync_of_block(w, u, b);
	cgn_sync_put_gone(w, u->location, &r, CGN_SYNCREC_BLOCK_DEL);
}

/* ---- sessions ---- */

/* In which stretch of time, each a quarter of its timer or less, a session was last
 * refreshed. Sent again when it is another one, which bounds the rate. Stretches begin at
 * another moment for each slot, so that sessions which are all busy are not all due at
 * once. The sweep asks this of every session: no division. */
static uint8_t
seen_mark(const struct cgn_worker *w, const struct cgn_session *s)
{
	cgn_tick timer =
		w->snap->instance[s->instance].timer[cgn_state_timer(s->state, s->proto)];
	unsigned bits = rte_fls_u32(RTE_MAX(timer / 4, (cgn_tick)SEEN_MIN)) - 1u;
	uint32_t shift = (uint32_t)((uintptr_t)s / sizeof(*s)) * GOLDEN >> (32 - bits);

	return (uint8_t)((s->seen + shift) >> bits);
}

/* Sends a session as it is now; its user goes before it. */
static bool
put_session(struct cgn_worker *w, struct cgn_session *s)
{
	struct cgn_sync_location *l = &w->sync->location[s->location];
	struct cgn_syncrec r;

	if (!cgn_sync_put_user(w, s->user)) {
		l->failed = true;
		return false;
	}
	r = cgn_sync_of_session(w, s, s->state);
	/* the sum has the state that was told; a refresh leaves it as it is */
	if (s->told_state != s->state && cgn_sync_told(l, &s->told)) {
		r.flow.state = s->told_state;
		cgn_sync_sub(w, s->location, &r);
		r.flow.state = s->state;
		s->told.era = 0;
	}
	if (!cgn_sync_put_object(w, s->location, &r, &s->told, seen_mark(w, s)))
		return false;
	s->told_state = s->state & 15u;
	return cgn_sync_put_alg(w, s);
}

void
cgn_sync_session(struct cgn_worker *w, struct cgn_session *s)
{
	if (w->role[s->location] & CGN_ROLE_HOST &&
		w->sync->location[s->location].drain && w->snap->sync.hot)
		put_session(w, s);
}

void
cgn_sync_session_gone(struct cgn_worker *w, const struct cgn_session *s)
{
	bool host = w->role[s->location] & CGN_ROLE_HOST;
	struct cgn_syncrec r;

	if (!cgn_sync_known(w, s->location, &s->told))
		return;
	r = cgn_sync_of_session(w, s, host ? s->told_state : s->state);
	cgn_sync_put_gone(w, s->location, &r, CGN_SYNCREC_SESSION_DEL);
}

static void
forget(struct cgn_worker *w, struct cgn_session *s)
{
	if (s->alg)
		cgn_sync_alg_gone(w, s);
	if (cgn_sync_told(&w->sync->location[s->location], &s->told))
		cgn_sync_session_gone(w, s);
	s->told.era = 0;
}

/* Each session is sent once in a copy: the sweep began it at l->from. */
static bool
its_turn(const struct cgn_worker *w, const struct cgn_sync_location *l, uint32_t index,
	const struct cgn_session *s)
{
	bool first = w->sync->lap == l->lap - CGN_SYNC_LAPS || index < l->from;

	return first && forced(w, s->location, cgn_user_at(w, s->user));
}

void
cgn_sync_offer(struct cgn_worker *w, uint32_t index, struct cgn_session *s)
{
	struct cgn_sync_location *l = &w->sync->location[s->location];
	bool due;

	if (!w->snap->sync.hot) {
		forget(w, s);
		return;
	}
	if (cgn_sync_told(l, &s->told))
		due = s->told_state != s->state || s->told.mark != seen_mark(w, s) ||
		      its_turn(w, l, index, s) || cgn_sync_alg_due(w, s);
	else /* in a full copy young ones too: the other end may have them, and keeps only
	      * what comes */
		due = l->drain || (l->full_copy && l->phase == CGN_SYNC_COPY) ||
		      cgn_tick_age(w->now, s->created) >= w->snap->sync.delay;
	if (due)
		put_session(w, s);
}

void
cgn_sync_farewell(struct cgn_worker *w, uint16_t location)
{
	const struct cgn_sync_location *l = &w->sync->location[location];

	for (uint32_t i = 0; i < w->sessions.top && w->snap->sync.hot; i++) {
		struct cgn_session *s = cgn_session_at(w, i);

		if (s->state == CGN_STATE_FREE || s->location != location ||
			(cgn_sync_told(l, &s->told) && s->told_state == s->state &&
				!cgn_sync_alg_due(w, s)))
			continue;
		if (w->role[location] & CGN_ROLE_FRESH)
			cgn_sync_arrange(w, i, s);
		if (!put_session(w, s))
			return;
	}
}

/* ---- users in the sweep ---- */

/* A copy of a user becomes a user; one that has not come back goes when sessions would
 * have gone too. */
static void
enliven(struct cgn_worker *w, uint32_t user, struct cgn_user *u)
{
	const struct cgn_instance *inst = &w->snap->instance[u->instance];
	cgn_tick wait = 0;

	if (u->told_state == CGN_TOLD_COPY)
		live_user(w, u);
	if (u->mappings)
		return;
	for (unsigned k = 0; k < CGN_TIMERS; k++)
		wait = RTE_MAX(wait, inst->timer[k]);
	wait = (cgn_tick)((uint64_t)wait * w->snap->sync.switchover_percent / 100);
	if (cgn_tick_age(w->now, w->sync->location[u->location].taken_at) >= wait)
		cgn_user_del(w, user);
}

/* On a worker that does not host the user. */
static void
clean(struct cgn_worker *w, uint32_t user, struct cgn_user *u)
{
	const struct cgn_sync_location *l = &w->sync->location[u->location];
	uint8_t who[16];
	unsigned n;

	if (w->role[u->location] & CGN_ROLE_STANDBY) {
		cgn_sync_who(w, u, who);
		cgn_sync_range(w, u->location, who, &n);
		if (!cgn_sync_set_has(&l->purge, n))
			return;
		for (uint32_t k = u->block, next; k != CGN_NONE; k = next) {
			struct cgn_block *b = cgn_block_at(w, k);

			next = b->next;
			if (!(cgn_sync_told(l, &b->told) &&
				    b->told.mark == l->range[n].round) &&
				!b->used[CGN_TCP] && !b->used[CGN_UDP] &&
				!b->used[CGN_ICMP])
				cgn_block_drop(w, u, k);
		}
		if (cgn_sync_told(l, &u->told) && u->told.mark == l->range[n].round)
			return;
	}
	if (!u->mappings)
		cgn_user_del(w, user);
}

static void
look(struct cgn_worker *w, uint32_t user)
{
	struct cgn_user *u = cgn_user_at(w, user);
	uint8_t role;

	if (!u->live)
		return;
	role = w->role[u->location];
	if (role & (CGN_ROLE_STANDBY | CGN_ROLE_FOREIGN)) {
		w->sync->quiet = true;
		w->sync->disown = w->sync->location[u->location].disowns;
		clean(w, user, u);
		w->sync->quiet = w->sync->disown = false;
		return;
	}
	if (w->sync->location[u->location].taken)
		enliven(w, user, u);
	if (u->live && role & CGN_ROLE_HOST)
		cgn_sync_put_user(w, user);
}

void
cgn_sync_sweep_users(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;
	uint64_t top = w->users.top, passed = w->now_ms - sync->user_ms, n;

	sync->user_ms = w->now_ms;
	if (!sync->n_busy)
		return;
	if (!top) {
		sync->user_lap++;
		return;
	}
	sync->user_due =
		RTE_MIN(sync->user_due + top * RTE_MIN(passed, (uint64_t)USER_SWEEP_MS),
			top * USER_SWEEP_MS);
	n = RTE_MIN(sync->user_due / USER_SWEEP_MS, (uint64_t)USERS_PER_TICK);
	sync->user_due -= n * USER_SWEEP_MS;
	while (n--) {
		if (sync->user_next >= top) {
			sync->user_next = 0;
			sync->user_lap++;
		}
		look(w, sync->user_next++);
	}
}
