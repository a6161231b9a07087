/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sweep is the clock of the tables: every loop looks at the next few session slots
 * and ends those that have been idle for their time. The pace is set by the time that has
 * passed, so that all slots ever used are seen within a lap, whatever the load. A lap
 * takes a second, or so long that no more than SLOTS_PER_MS are seen: what the sweep
 * costs is bounded too, and a session of a table of many millions ends two seconds later
 * at most. Each slot is asked for once, as far ahead as the call before looked at, so
 * that its line has the time of a burst to come. */
#include <rte_prefetch.h>

#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/reassembly.h"
#include "dataplane/single.h"
#include "dataplane/sync.h"

#define LAP_MS_MIN   1000
#define LAP_MS_MAX   3000 /* 32-bit counters of a flow of 10 Gb/s last for so long */
#define SLOTS_PER_MS 4500
#define SLOTS_MAX    256 /* per call */
#define AHEAD	     8	 /* slots that are asked for beyond those */
#define SPILL_BYTES  (1u << 28)

uint32_t
cgn_sweep_lap_ms(uint32_t slots)
{
	return RTE_MIN(RTE_MAX(slots / SLOTS_PER_MS, LAP_MS_MIN + 0u), LAP_MS_MAX + 0u);
}

static void
spill(struct cgn_worker *w, uint32_t index, struct cgn_session *s)
{
	w->count[index] = cgn_session_counts(w, index);
	s->spilled = 1;
	for (unsigned d = 0; d < CGN_DIRS; d++)
		s->packets[d] = s->bytes[d] = 0;
}

static void
look(struct cgn_worker *w, uint32_t index)
{
	struct cgn_session *s = cgn_session_at(w, index);
	uint8_t role;

	if (s->state == CGN_STATE_FREE)
		return;
	role = w->role[s->location];
	if (role & ~CGN_ROLE_HOST && !cgn_sync_arrange(w, index, s))
		return;
	if (cgn_tick_age(w->now, s->seen) >=
		w->snap->instance[s->instance]
			.timer[cgn_state_timer(s->state, s->proto)]) {
		cgn_session_del(w, index);
		return;
	}
	if ((s->bytes[CGN_UP] | s->bytes[CGN_DOWN]) >= SPILL_BYTES)
		spill(w, index, s);
	if (role & CGN_ROLE_HOST)
		cgn_sync_offer(w, index, s);
}

/* How many slots are to be looked at now. What a call leaves, because of rounding or of
 * its bound, is due in the next one, which may come in the same millisecond. */
static uint32_t
due(struct cgn_worker *w)
{
	uint64_t passed = w->now_ms - w->sweep.last_ms, all = w->sessions.top;
	uint64_t lap = cgn_sweep_lap_ms(w->sessions.top), n;

	w->sweep.last_ms = w->now_ms;
	w->sweep.due = RTE_MIN(w->sweep.due + all * RTE_MIN(passed, lap), all * lap);
	n = RTE_MIN(w->sweep.due / lap, (uint64_t)SLOTS_MAX);
	w->sweep.due -= n * lap;
	return (uint32_t)n;
}

/* Asks for the next n slots and a few more, but for what has been asked for already. */
static void
ask(struct cgn_worker *w, uint32_t n)
{
	uint32_t end = RTE_MIN(w->sweep.next + n + AHEAD, w->sessions.top);

	for (uint32_t k = RTE_MAX(w->sweep.asked, w->sweep.next); k < end; k++)
		rte_prefetch1(cgn_session_at(w, k));
	w->sweep.asked = RTE_MAX(w->sweep.asked, end);
}

void
cgn_sweep(struct cgn_worker *w)
{
	uint32_t top = w->sessions.top, n = due(w);

	cgn_block_expire(w);
	cgn_single_expire(w);
	w->stats.drop[CGN_DROP_FRAGMENT_TIMEOUT] +=
		cgn_reassembly_expire(w->reassembly, w->now_ms);
	for (uint32_t k = n; k; k--) {
		if (w->sweep.next >= top) {
			w->sweep.next = w->sweep.asked = 0;
			w->sync->lap++;
		}
		look(w, w->sweep.next++);
	}
	w->sync->lap += !top;
	cgn_sync_sweep_users(w);
	ask(w, n);
}
