/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the control lcore asks of replication and reads of it. It writes nothing but what
 * it asks for, and reads words that have one writer; so it never waits for a worker, nor
 * a worker for it. Only the rings of a worker that has been parked are put in order from
 * here. */
#include <rte_ring.h>

#include "dataplane/sync.h"

void
cgn_sync_bury(const struct cgn_snapshot *snap, uint16_t worker)
{
	for (uint16_t k = 0; snap->link && k < CGN_MAX_WORKERS; k++) {
		struct rte_ring *to = snap->link[worker][k],
				*from = snap->link[k][worker];

		if (to)
			to->prod.head = to->prod.tail;
		if (from)
			from->cons.head = from->cons.tail;
	}
}

void
cgn_sync_ask(struct cgn_worker *host, uint16_t location, enum cgn_sync_ask what)
{
	__atomic_or_fetch(&host->sync->ask[location], (uint8_t)what, __ATOMIC_RELEASE);
	__atomic_add_fetch(&host->sync->asked, 1, __ATOMIC_RELEASE);
}

static const struct cgn_sync_location *
location_at(const struct cgn_worker *w, uint16_t location)
{
	return &w->sync->location[location];
}

static uint8_t
phase_at(const struct cgn_worker *w, uint16_t location)
{
	return __atomic_load_n(&location_at(w, location)->phase, __ATOMIC_ACQUIRE);
}

bool
cgn_sync_finished(const struct cgn_worker *host, uint16_t location)
{
	return phase_at(host, location) != CGN_SYNC_OFF &&
	       __atomic_load_n(&location_at(host, location)->finished, __ATOMIC_RELAXED);
}

bool
cgn_sync_filled(const struct cgn_worker *host, uint16_t location)
{
	return phase_at(host, location) == CGN_SYNC_REAL &&
	       cgn_sync_finished(host, location);
}

bool
cgn_sync_drained(
	const struct cgn_worker *host, const struct cgn_snapshot *snap, uint16_t location)
{
	const struct rte_ring *ring =
		cgn_sync_link(snap, host->conf.index, location_at(host, location)->peer);

	return __atomic_load_n(&location_at(host, location)->drained, __ATOMIC_ACQUIRE) &&
	       ring && rte_ring_empty(ring);
}

bool
cgn_sync_ready(
	struct cgn_worker *host, const struct cgn_snapshot *snap, uint16_t location)
{
	if (__atomic_load_n(&location_at(host, location)->drain, __ATOMIC_RELAXED))
		return cgn_sync_drained(host, snap, location);
	cgn_sync_ask(host, location, CGN_SYNC_ASK_DRAIN);
	return false;
}

const char *
cgn_sync_batch_name(const struct cgn_worker *host, uint16_t location)
{
	uint8_t phase = phase_at(host, location);

	if (phase == CGN_SYNC_OFF)
		return "na";
	if (cgn_sync_finished(host, location))
		return "finished";
	return phase == CGN_SYNC_START ? "not-started" : "running";
}

const char *
cgn_sync_state_name(const struct cgn_worker *host, uint16_t location)
{
	if (phase_at(host, location) == CGN_SYNC_OFF)
		return "down";
	return cgn_sync_finished(host, location) ? "realtime" : "batch";
}

bool
cgn_sync_late(const struct cgn_worker *host, uint16_t location)
{
	return __atomic_load_n(&location_at(host, location)->late, __ATOMIC_RELAXED);
}

struct cgn_sync_count
cgn_sync_counts(const struct cgn_worker *w, uint16_t location)
{
	const struct cgn_sync_count *c = &location_at(w, location)->count;

	return (struct cgn_sync_count){
		.sent = __atomic_load_n(&c->sent, __ATOMIC_RELAXED),
		.received = __atomic_load_n(&c->received, __ATOMIC_RELAXED),
		.full = __atomic_load_n(&c->full, __ATOMIC_RELAXED),
		.lost = __atomic_load_n(&c->lost, __ATOMIC_RELAXED),
		.resent = __atomic_load_n(&c->resent, __ATOMIC_RELAXED),
		.rejected = __atomic_load_n(&c->rejected, __ATOMIC_RELAXED),
		.waits = __atomic_load_n(&c->waits, __ATOMIC_RELAXED),
		.late = __atomic_load_n(&c->late, __ATOMIC_RELAXED),
	};
}
