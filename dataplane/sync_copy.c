/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies and digests, at the host's end.
 *
 * A copy is no other mechanism: for two rounds of the sweep everything of the wanted
 * ranges counts as untold. Then the digests of all ranges go to the standby, which
 * answers with those that differ; these are copied again, and so on until none is left.
 * The same is done periodically, and when something was lost that nobody will repeat.
 *
 * Owner only. */
#include <rte_ring.h>

#include "dataplane/sync.h"

#define ANSWER_MS      1000 /* after which digests are sent again */
#define BACKOFF_MS     1000 /* before ranges that differ are sent again; it doubles */
#define BACKOFF_MAX_MS 64000
#define DIGEST_RECORDS (CGN_SYNC_RANGES / CGN_SYNCREC_SUMS + 2)

static bool
round_done(const struct cgn_worker *w, const struct cgn_sync_location *l)
{
	return (int32_t)(w->sync->lap - l->lap) >= 0 &&
	       (int32_t)(w->sync->user_lap - l->user_lap) >= 0;
}

static void
new_round(const struct cgn_worker *w, struct cgn_sync_location *l)
{
	l->failed = false;
	l->lap = w->sync->lap + CGN_SYNC_LAPS;
	l->user_lap = w->sync->user_lap + CGN_SYNC_LAPS;
}

static bool
room(const struct cgn_worker *w, const struct cgn_sync_location *l, unsigned n)
{
	const struct rte_ring *ring =
		w->snap->link ? w->snap->link[w->conf.index][l->peer] : NULL;

	return ring && rte_ring_free_count(ring) >= n;
}

static void
put_copy(struct cgn_worker *w, uint16_t location, uint8_t type)
{
	const struct cgn_sync_location *l = &w->sync->location[location];
	struct cgn_syncrec r = { .type = type };

	r.copy.id = l->copy;
	if (type != CGN_SYNCREC_ASK)
		r.copy.ranges = l->set;
	cgn_sync_put(w, location, &r);
}

/* A copy of these ranges; of all with another era when full. */
static void
begin_copy(struct cgn_worker *w, uint16_t location, const struct cgn_sync_set *set,
	bool full)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	l->set = *set;
	l->full_copy = full;
	if (!(uint8_t)++l->copy) /* its low byte marks objects; 0: none */
		l->copy++;
	l->from = w->sweep.next;
	if (full)
		cgn_sync_new_era(l);
	put_copy(w, location, CGN_SYNCREC_BEGIN);
	new_round(w, l);
	l->phase = CGN_SYNC_COPY;
}

static void
put_digests(struct cgn_worker *w, uint16_t location)
{
	const struct cgn_sync_location *l = &w->sync->location[location];

	for (unsigned at = 0; at < CGN_SYNC_RANGES; at += CGN_SYNCREC_SUMS) {
		struct cgn_syncrec r = { .type = CGN_SYNCREC_DIGEST };

		r.digest.first = (uint16_t)at;
		r.digest.n = (uint8_t)RTE_MIN(
			(unsigned)CGN_SYNCREC_SUMS, CGN_SYNC_RANGES - at);
		for (unsigned k = 0; k < r.digest.n; k++)
			r.digest.sum[k] = l->range[at + k].sum;
		cgn_sync_put(w, location, &r);
	}
	put_copy(w, location, CGN_SYNCREC_ASK);
}

/* Compares all ranges with the standby, as soon as the ring has room. */
static void
ask(struct cgn_worker *w, uint16_t location)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	if (!room(w, l, DIGEST_RECORDS))
		return;
	l->doubt = false;
	l->checked_ms = w->now_ms;
	put_digests(w, location);
	l->due_ms = w->now_ms + ANSWER_MS;
	l->phase = CGN_SYNC_ASKED;
}

/* The last round of a copy has sent all: what the standby has beyond it is too much. */
static void
finish(struct cgn_worker *w, uint16_t location)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	if (!room(w, l, DIGEST_RECORDS + 1))
		return;
	put_copy(w, location, CGN_SYNCREC_END);
	ask(w, location);
}

static void
step_real(struct cgn_worker *w, uint16_t location)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	uint64_t since = w->now_ms - l->checked_ms;

	if (l->drain && !l->drained && round_done(w, l)) {
		if (l->failed)
			new_round(w, l);
		else
			l->drained = true;
	}
	if ((l->doubt && since >= RTE_MAX(l->backoff_ms, (uint32_t)BACKOFF_MS)) ||
		(w->snap->sync.batch && since >= w->snap->sync.batch_interval * 1000ull))
		ask(w, location);
}

void
cgn_sync_step(struct cgn_worker *w, uint16_t location)
{
	static const struct cgn_sync_set all = { { ~0ull, ~0ull, ~0ull, ~0ull } };
	struct cgn_sync_location *l = &w->sync->location[location];

	switch ((enum cgn_sync_phase)l->phase) {
	case CGN_SYNC_OFF:
		break;
	case CGN_SYNC_START:
		if (room(w, l, 1))
			begin_copy(w, location, &all, true);
		break;
	case CGN_SYNC_COPY:
	case CGN_SYNC_REST:
		if (!round_done(w, l))
			break;
		l->phase = CGN_SYNC_REST;
		if (l->failed)
			new_round(w, l);
		else
			finish(w, location);
		break;
	case CGN_SYNC_ASKED:
		if (w->now_ms >= l->due_ms)
			ask(w, location);
		break;
	case CGN_SYNC_WAIT:
		if (w->now_ms >= l->due_ms && room(w, l, 1))
			begin_copy(w, location, &l->set, false);
		break;
	case CGN_SYNC_REAL:
		step_real(w, location);
		break;
	}
}

void
cgn_sync_wanted(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	if (l->phase != CGN_SYNC_ASKED || r->copy.id != l->copy)
		return;
	if (!cgn_sync_set_count(&r->copy.ranges)) {
		l->phase = CGN_SYNC_REAL;
		l->finished = true;
		l->backoff_ms = 0;
		return;
	}
	l->set = r->copy.ranges;
	l->backoff_ms = l->backoff_ms
				? RTE_MIN(l->backoff_ms * 2, (uint32_t)BACKOFF_MAX_MS)
				: BACKOFF_MS;
	l->due_ms = w->now_ms + l->backoff_ms;
	l->phase = CGN_SYNC_WAIT;
}
