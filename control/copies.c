/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Workers copy, compare and repair by themselves, and tell nobody. Ten times a second
 * control reads how far each copy is, and makes events of what has changed: a batch has
 * begun or is finished; the standby has refused records, mostly for want of room, so that
 * a take-over would lose sessions; all of it is there again. What another box refuses is
 * not known here. And whether a standby, here or in another box, acknowledges new blocks
 * in time.
 *
 * The step is pure, so that a table of cases can hold it. Control lcore. */
#include "control/copies.h"

#include "control/compile.h"
#include "control/daemon.h"
#include "control/log.h"
#include "dataplane/sync.h"

#define LOOK_MS	 100
#define QUIET_MS 1000

static struct cgn_copies_state copies[CGN_MAX_LOCATIONS]; /* by index */
static bool late[CGN_MAX_LOCATIONS]; /* its standby, for synchronous commits */
static uint64_t looked_ms;

static enum cgn_copies_news
other_places(
	struct cgn_copies_state *s, const struct cgn_copies_sight *now, uint64_t now_ms)
{
	s->lacks = s->repairing = false;
	s->quiet_ms = now_ms + QUIET_MS;
	if (now->standby == CGN_NONE16)
		return CGN_COPIES_NONE;
	return now->finished ? CGN_COPIES_FINISHED : CGN_COPIES_BEGUN;
}

enum cgn_copies_news
cgn_copies_step(
	struct cgn_copies_state *s, const struct cgn_copies_sight *now, uint64_t now_ms)
{
	struct cgn_copies_sight last = s->last;
	bool same = s->known && last.host == now->host && last.standby == now->standby;

	s->known = true;
	s->last = *now;
	if (!same)
		return other_places(s, now, now_ms);
	if (now->finished != last.finished)
		return now->finished ? CGN_COPIES_FINISHED : CGN_COPIES_BEGUN;
	if (s->lacks && !now->filled)
		s->repairing = true;
	if (now->refused != last.refused) {
		bool told = s->lacks || !now->finished || now_ms < s->quiet_ms;

		s->lacks |= !told;
		return told ? CGN_COPIES_NONE : CGN_COPIES_REFUSED;
	}
	if (!s->lacks || !s->repairing || !now->filled)
		return CGN_COPIES_NONE;
	s->lacks = s->repairing = false;
	return CGN_COPIES_REPAIRED;
}

static bool
is_place(const struct cgn_daemon *d, uint16_t worker)
{
	return worker < d->n_cpus || worker == CGN_REMOTE;
}

static void
look(const struct cgn_daemon *d, uint16_t l, struct cgn_copies_sight *sight)
{
	const struct cgn_location *at = &d->snap->location[l];
	const struct cgn_worker *host;

	*sight = (struct cgn_copies_sight){ .host = at->worker, .standby = CGN_NONE16 };
	if (at->worker >= d->n_cpus || !is_place(d, at->standby))
		return;
	host = d->worker[at->worker];
	sight->standby = at->standby;
	sight->finished =
		__atomic_load_n(&host->sync->location[l].finished, __ATOMIC_RELAXED);
	sight->filled = cgn_sync_filled(host, l);
	if (at->standby < d->n_cpus)
		sight->refused = cgn_sync_counts(d->worker[at->standby], l).rejected;
}

static void
tell(const struct cgn_daemon *d, uint16_t l, enum cgn_copies_news news, uint64_t before)
{
	const struct cgn_copies_sight *now = &copies[l].last;
	unsigned id = d->snap->location[l].id;
	const char *to = now->standby < d->n_cpus ? d->rt.lcore[now->standby]->name
						  : "the other box";
	const struct cgn_tally *tally;

	switch (news) {
	case CGN_COPIES_NONE:
		break;
	case CGN_COPIES_BEGUN:
		cgn_log_event(LOG_INFO, "service-location %u: batch backup to %s begins",
			id, to);
		break;
	case CGN_COPIES_FINISHED:
		tally = &d->worker[now->standby < d->n_cpus ? now->standby : now->host]
				 ->location[l];
		cgn_log_event(LOG_NOTICE,
			"service-location %u: batch backup to %s finished: "
			"%u users, %u sessions",
			id, to, __atomic_load_n(&tally->users, __ATOMIC_RELAXED),
			__atomic_load_n(&tally->sessions, __ATOMIC_RELAXED));
		break;
	case CGN_COPIES_REFUSED:
		cgn_log_event(LOG_WARNING,
			"service-location %u: its copy on %s is not complete: "
			"%lu records refused, is there room?",
			id, to, now->refused - before);
		break;
	case CGN_COPIES_REPAIRED:
		cgn_log_event(LOG_NOTICE,
			"service-location %u: its copy on %s is complete again", id, to);
		break;
	}
}

static void
look_late(const struct cgn_daemon *d, uint16_t l)
{
	uint16_t host = d->snap->location[l].worker;
	bool now = host < d->n_cpus && cgn_sync_late(d->worker[host], l);
	unsigned id = d->snap->location[l].id;

	if (now && !late[l])
		cgn_log_event(LOG_WARNING,
			"service-location %u: degraded: its standby does not acknowledge "
			"new blocks in time, they are used without",
			id);
	else if (!now && late[l])
		cgn_log_event(LOG_NOTICE,
			"service-location %u: its standby has all blocks again", id);
	late[l] = now;
}

void
cgn_copies_turn(struct cgn_daemon *d)
{
	if (d->now_ms - looked_ms < LOOK_MS)
		return;
	looked_ms = d->now_ms;
	for (uint16_t l = 0; l < d->snap->n_locations; l++) {
		uint64_t before = copies[l].last.refused;
		struct cgn_copies_sight now;

		look_late(d, l);
		look(d, l, &now);
		tell(d, l, cgn_copies_step(&copies[l], &now, d->now_ms), before);
	}
}

bool
cgn_copies_lacks(uint16_t location)
{
	return copies[location].lacks || late[location];
}
