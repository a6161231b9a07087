/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The standby's half of replication: what a record is for, and what becomes of copies.
 *
 * A record changes an object or it does not: what is older than the newest record of its
 * range is refused, so that a late addition never brings back what has been removed, and
 * a late state never overwrites a newer one. What is refused is counted; digests find it.
 *
 * Copies do not age, are in nobody's log and in no count of an instance. They go when the
 * host says so, or when a copy of their range has come to its end without them. Of a box
 * that was host, and alone, this is what the new host never heard of: then its end is in
 * the log, for nobody else will tell it.
 *
 * Owner only. */
#include <errno.h>

#include "dataplane/block_commit.h"
#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"

#define HOLD_MS 1000 /* a record of a snapshot that is not here may wait */
#define GRACE	(1 * CGN_TICKS_PER_S)

static uint16_t
find_location(const struct cgn_worker *w, uint16_t id)
{
	for (uint16_t k = 0; k < w->snap->n_locations; k++)
		if (w->snap->location[k].id == id)
			return k;
	return CGN_NONE16;
}

/* ---- copies and digests ---- */

static void
begin_copy(struct cgn_sync_location *l, const struct cgn_syncrec *r)
{
	if (cgn_sync_set_count(&r->copy.ranges) == CGN_SYNC_RANGES)
		cgn_sync_new_era(l);
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		if (cgn_sync_set_has(&r->copy.ranges, k))
			l->range[k].round = (uint8_t)r->copy.id;
	for (unsigned k = 0; k < RTE_DIM(l->purge.w); k++)
		l->purge.w[k] &= ~r->copy.ranges.w[k];
	l->copy_lost = l->count.lost;
}

/* Only of ranges whose beginning was seen, and when nothing was lost on the way: what did
 * not come may be what was lost. The next comparison has that range sent again. */
static void
end_copy(struct cgn_worker *w, struct cgn_sync_location *l, const struct cgn_syncrec *r)
{
	if (l->count.lost != l->copy_lost)
		return;
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		if (cgn_sync_set_has(&r->copy.ranges, k) &&
			l->range[k].round == (uint8_t)r->copy.id)
			cgn_sync_set_add(&l->purge, k);
	l->purge_lap = w->sync->lap + CGN_SYNC_LAPS;
	l->purging = false;
}

static void
compare(struct cgn_sync_location *l, const struct cgn_syncrec *r)
{
	for (unsigned k = 0; k < r->digest.n; k++)
		if (l->range[r->digest.first + k].sum != r->digest.sum[k])
			cgn_sync_set_add(&l->differ, r->digest.first + k);
	l->digests += r->digest.n;
}

/* All that was refused or did not come is here, or gone. */
static void
complete(struct cgn_sync_location *l)
{
	if (!l->lacks || cgn_sync_set_count(&l->differ))
		return;
	l->lacks = 0;
	l->ack_due = true;
}

/* No answer while something is being cleared, or when not all digests have come: the
 * host asks again. */
static void
answer(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	struct cgn_syncrec out = { .type = CGN_SYNCREC_WANT };

	out.copy.id = r->copy.id;
	out.copy.ranges = l->differ;
	if (l->digests == CGN_SYNC_RANGES && !cgn_sync_set_count(&l->purge)) {
		cgn_sync_put(w, location, &out);
		complete(l);
	}
	l->digests = 0;
	l->differ = (struct cgn_sync_set){ 0 };
}

/* The host may wait for users and blocks that have come; never for more than it has. */
void
cgn_sync_acknowledge(struct cgn_worker *w, uint16_t location)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	struct cgn_syncrec r = { .type = CGN_SYNCREC_ACK };

	r.copy.id = (uint32_t)(l->lacks ? l->lacks : l->next);
	if (l->ack_due && w->snap->sync.commit)
		l->ack_due = !cgn_sync_put(w, location, &r);
}

/* ---- records ---- */

/* The standby has not got what a record of this stamp says. */
static void
lack(struct cgn_sync_location *l, uint64_t stamp)
{
	if (!l->lacks)
		l->lacks = stamp;
}

/* The whole stamp, from its low half; counts what is missing before it. */
static uint64_t
sequence(struct cgn_sync_location *l, uint32_t stamp)
{
	uint64_t full = l->next + (uint64_t)(int64_t)(int32_t)(stamp - (uint32_t)l->next);

	l->count.received++;
	if ((int64_t)(full - l->next) >= 0) {
		if (full != l->next)
			lack(l, l->next);
		l->count.lost += full - l->next;
		l->next = full + 1;
	}
	return full;
}

static void
standby_record(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	uint64_t stamp = sequence(l, r->stamp);
	struct cgn_sync_range *range;
	bool decides; /* about public addresses and ports */
	unsigned n;

	switch (r->type) {
	case CGN_SYNCREC_BEGIN:
		begin_copy(l, r);
		return;
	case CGN_SYNCREC_END:
		end_copy(w, l, r);
		return;
	case CGN_SYNCREC_DIGEST:
		compare(l, r);
		return;
	case CGN_SYNCREC_ASK:
		answer(w, location, r);
		return;
	}
	range = cgn_sync_range(w, location, r->who, &n);
	if (r->type == CGN_SYNCREC_WANT || r->type == CGN_SYNCREC_ACK ||
		r->type >= CGN_SYNCREC_TYPES || stamp <= range->last) {
		l->count.rejected++;
		return;
	}
	range->last = stamp;
	decides = r->type == CGN_SYNCREC_USER || r->type == CGN_SYNCREC_BLOCK;
	l->ack_due |= decides;
	if (cgn_sync_object(w, location, r, false, range->round))
		return;
	l->count.rejected++;
	if (decides)
		lack(l, stamp);
}

/* What the former host sent before it knew, or before it died. */
static void
late_record(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	l->count.received++;
	if (r->type != CGN_SYNCREC_USER && r->type != CGN_SYNCREC_BLOCK &&
		r->type != CGN_SYNCREC_SESSION && r->type != CGN_SYNCREC_ALG &&
		r->type != CGN_SYNCREC_EXPECT)
		return;
	l->count.rejected += !cgn_sync_object(w, location, r, true, 0);
	l->fresh_lap = w->sync->lap + CGN_SYNC_LAPS;
	l->fresh_user_lap = w->sync->user_lap + CGN_SYNC_LAPS;
}

bool
cgn_sync_apply(struct cgn_worker *w, uint16_t from, const uint8_t *wire)
{
	struct cgn_sync_location *l;
	struct cgn_syncrec r;
	uint16_t location;
	uint8_t role;
	int rc = cgn_syncrec_decode(wire, &r);

	if ((rc && rc != -ENOTSUP) ||
		(location = find_location(w, r.location)) == CGN_NONE16) {
		w->sync->malformed++;
		return true;
	}
	l = &w->sync->location[location];
	role = w->role[location];
	if ((int32_t)(r.epoch - l->epoch) > 0 && w->now_ms - w->sync->held_ms < HOLD_MS)
		return false;
	if (r.epoch == l->epoch && from == l->peer && role & CGN_ROLE_STANDBY) {
		standby_record(w, location, &r);
	} else if (r.epoch == l->epoch && from == l->peer && role & CGN_ROLE_HOST &&
		   r.type == CGN_SYNCREC_WANT) {
		sequence(l, r.stamp);
		cgn_sync_wanted(w, location, &r);
	} else if (r.epoch == l->epoch && from == l->peer && role & CGN_ROLE_HOST &&
		   r.type == CGN_SYNCREC_ACK) {
		sequence(l, r.stamp);
		cgn_block_commit_acked(w, location, r.copy.id);
	} else if (role & CGN_ROLE_FRESH && from == l->former &&
		   r.epoch == l->former_epoch &&
		   cgn_tick_age(w->now, l->taken_at) <= GRACE) {
		late_record(w, location, &r);
	} else {
		l->count.rejected++;
	}
	return true;
}

/* ---- the sweep ---- */

/* A copy becomes a session. It lives on for at least its share of the timeout, because
 * the last that was heard of it may be old. */
static void
live_session(struct cgn_worker *w, struct cgn_session *s)
{
	cgn_tick timer =
		w->snap->instance[s->instance].timer[cgn_state_timer(s->state, s->proto)];
	cgn_tick idle_max = (cgn_tick)((uint64_t)timer *
				       (100u - w->snap->sync.switchover_percent) / 100);

	if (cgn_tick_age(w->now, s->seen) > idle_max)
		s->seen = w->now - idle_max;
	s->told = (struct cgn_told){ 0 };
	s->told_state = CGN_STATE_FREE;
	w->instance[s->instance].sessions++;
}

/* Is a copy of a session's range over? Then what has not come in it goes. */
static bool
purging(struct cgn_worker *w, const struct cgn_session *s, uint8_t *round)
{
	const struct cgn_sync_location *l = &w->sync->location[s->location];
	uint8_t who[16];
	unsigned n;

	if (!(l->purge.w[0] | l->purge.w[1] | l->purge.w[2] | l->purge.w[3]))
		return false;
	cgn_sync_who(w, cgn_user_at(w, s->user), who);
	*round = cgn_sync_range(w, s->location, who, &n)->round;
	return cgn_sync_set_has(&l->purge, n);
}

static bool
came(const struct cgn_sync_location *l, const struct cgn_told *t, uint8_t round)
{
	return cgn_sync_told(l, t) && t->mark == round;
}

/* Of a session that has come, what it expects and what did not. */
static void
purge_expected(struct cgn_worker *w, const struct cgn_session *s, uint8_t round)
{
	const uint16_t *list = cgn_alg_control_at(w, s->alg)->expected;

	for (unsigned k = CGN_ALG_EXPECTED; k--;)
		if (list[k] && !came(&w->sync->location[s->location],
				       &cgn_expect_at(w, list[k])->told, round))
			cgn_expect_del(w, list[k]);
}

static void
purge_session(struct cgn_worker *w, uint32_t index, const struct cgn_session *s)
{
	bool foreign = w->role[s->location] & CGN_ROLE_FOREIGN;
	uint8_t round = 0;

	if (!foreign && !purging(w, s, &round))
		return;
	if (foreign || !came(&w->sync->location[s->location], &s->told, round))
		cgn_session_del(w, index);
	else if (s->alg)
		purge_expected(w, s, round);
}

bool
cgn_sync_arrange(struct cgn_worker *w, uint32_t index, struct cgn_session *s)
{
	if (w->role[s->location] & CGN_ROLE_FRESH) {
		if (s->told_state == CGN_TOLD_COPY)
			live_session(w, s);
		return true;
	}
	w->sync->quiet = true;
	w->sync->disown = w->sync->location[s->location].disowns;
	purge_session(w, index, s);
	w->sync->quiet = w->sync->disown = false;
	return false;
}

/* First the sessions, then the users. */
void
cgn_sync_purge(struct cgn_worker *w, uint16_t location)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	uint32_t lap = l->purging ? w->sync->user_lap : w->sync->lap;

	if (!cgn_sync_set_count(&l->purge) || (int32_t)(lap - l->purge_lap) < 0)
		return;
	if (!l->purging)
		l->purge_lap = w->sync->user_lap + CGN_SYNC_LAPS;
	else
		l->purge = (struct cgn_sync_set){ 0 };
	l->disowns &= !l->purging;
	l->purging = !l->purging;
}
