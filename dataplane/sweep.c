/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sweep is the clock of the tables: every loop looks at the next few session slots and
 * ends those that have been idle for their time. The pace is set by the time that has
 * passed, so that all slots ever used are seen within SWEEP_MS, whatever the load; at the
 * end of its part it prefetches the beginning of the next. */
#include <rte_prefetch.h>

#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/reassembly.h"

#define SWEEP_MS   1000
#define SLOTS_MAX  256 /* per call */
#define AHEAD	   8   /* lines prefetched for the next call */

static void
look(struct cgn_worker *w, uint32_t index)
{
	const struct cgn_session *s = cgn_session_at(w, index);

	if (s->state == CGN_STATE_FREE)
		return;
	if (cgn_tick_age(w->now, s->seen) >= w->snap->instance[s->instance].timer[s->timer])
		cgn_session_del(w, index);
}

void
cgn_sweep(struct cgn_worker *w)
{
	uint32_t top = w->sessions.top, due;
	uint64_t passed = w->now_ms - w->sweep.last_ms;

	cgn_block_expire(w);
	w->stats.drop[CGN_DROP_FRAGMENT_TIMEOUT] +=
		cgn_reassembly_expire(w->reassembly, w->now_ms);
	if (!top)
		return;
	due = (uint32_t)RTE_MIN((uint64_t)top * RTE_MIN(passed, (uint64_t)SWEEP_MS) / SWEEP_MS,
		(uint64_t)SLOTS_MAX);
	if (!due)
		return;
	w->sweep.last_ms = w->now_ms;
	for (uint32_t k = 0; k < due; k++) {
		if (w->sweep.next >= top)
			w->sweep.next = 0;
		look(w, w->sweep.next++);
	}
	for (uint32_t k = 0; k < AHEAD && w->sweep.next + k < top; k++)
		rte_prefetch0(cgn_session_at(w, w->sweep.next + k));
}
