/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A burst under observation: its stages are run and looked at (trace_look.c), and what
 * was seen of packets that are wanted is told.
 *
 * A packet of which it is certain that nobody has asked for it is not looked at any
 * further. One that might turn out to be wanted elsewhere (on the CPU that it is handed
 * to, or behind a hairpin) is told, and control forgets it if it was not.
 *
 * A full spool costs records, and then not even the look: under more traffic than can be
 * told the path goes on at its own speed, and what was not seen is counted.
 *
 * Not handled: what happens behind the stages (a ring or a port that takes no more). */
#include <stdlib.h>

#include <rte_cycles.h>

#include "dataplane/mark.h"
#include "dataplane/trace_int.h"

#define ROOM (64u << 10) /* without that much in a spool nothing is looked at */

_Static_assert(CGN_DROP_REASONS < UINT8_MAX, "struct cgn_burst has a byte for each");
_Static_assert(CGN_TRACES <= CGN_TRACE_NAME_SHIFT, "a bit for each");

struct cgn_trace *
cgn_trace_create(const struct cgn_trace_filter *f)
{
	struct cgn_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->filter = *f;
	t->spool = cgn_spool_create(CGN_TRACE_SPOOL);
	if (!t->spool) {
		free(t);
		return NULL;
	}
	return t;
}

void
cgn_trace_destroy(struct cgn_trace *t)
{
	if (!t)
		return;
	cgn_spool_destroy(t->spool);
	free(t);
}

void
cgn_trace_start(struct cgn_worker *w, unsigned k, struct cgn_trace *t)
{
	w->trace[k] = t;
	__atomic_store_n(&w->tracing, w->tracing | 1u << k, __ATOMIC_RELEASE);
}

void
cgn_trace_stop(struct cgn_worker *w, unsigned k)
{
	__atomic_store_n(&w->tracing, w->tracing & ~(1u << k), __ATOMIC_RELEASE);
}

/* ---- the burst ---- */

static uint16_t
port_of(const struct cgn_burst *b, uint64_t i)
{
	uint8_t op = b->wire ? CGN_MARK_RECEIVE : cgn_mark(b->pkt[i])->op;

	if (op != CGN_MARK_RECEIVE && op != CGN_MARK_STEERED)
		return CGN_NONE16;
	return b->snap->by_device[b->pkt[i]->port];
}

static void
begin(struct cgn_trace_look *l)
{
	struct cgn_burst *b = l->b;

	l->mask = b->live;
	l->ended = l->errors = 0;
	l->out_n = b->w->out.n;
	l->tsc = rte_rdtsc();
	memset(b->why, CGN_DROP_REASONS, sizeof(b->why));
	b->hit = 0;
	CGN_FOREACH (i, l->mask) {
		struct cgn_trace_seen *seen = &l->seen[i];

		memset(seen, 0, offsetof(struct cgn_trace_seen, step));
		seen->mark = b->wire ? 0 : cgn_mark(b->pkt[i])->trace;
		seen->hops = b->wire ? 0 : cgn_mark(b->pkt[i])->hops;
		seen->facts.iface = CGN_NONE16;
		seen->facts.port = port_of(b, i);
		if (seen->facts.port != CGN_NONE16)
			seen->facts.known = CGN_TRACE_KNOWS_PORT;
	}
}

static uint32_t
new_name(struct cgn_worker *w)
{
	const uint32_t most = UINT32_MAX >> CGN_TRACE_NAME_SHIFT >> 6;

	_Static_assert(CGN_MAX_WORKERS <= 1 << 6, "six bits of a name are the worker's");
	w->traced = w->traced < most ? w->traced + 1 : 1;
	return w->traced << 6 | w->conf.index;
}

static bool
goes_on(const struct cgn_trace_seen *seen)
{
	return seen->end == CGN_TRACE_HANDED || seen->end == CGN_TRACE_AGAIN;
}

static void
tell(struct cgn_trace_look *l, uint64_t i, unsigned k, uint32_t name, bool matches)
{
	const struct cgn_trace_seen *seen = &l->seen[i];
	const struct cgn_burst *b = l->b;
	struct cgn_spool *spool = b->w->trace[k]->spool;
	size_t steps = seen->n * sizeof(seen->step[0]);
	struct cgn_trace_record *r =
		cgn_spool_reserve(spool, (uint32_t)(sizeof(*r) + steps));

	if (!r)
		return;
	*r = (struct cgn_trace_record){ .tsc = l->tsc,
		.generation = b->snap->generation,
		.name = name,
		.worker = b->w->conf.index,
		.hops = seen->hops,
		.whole_story = !seen->mark,
		.matches = matches,
		.end = seen->end,
		.n = seen->n,
		.facts = seen->facts };
	memcpy(r->step, seen->step, steps);
	cgn_spool_commit(spool);
}

/* Tells whoever wants this packet, and marks it if there is more to come. */
static void
tell_all(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_trace_seen *seen = &l->seen[i];
	const struct cgn_burst *b = l->b;
	uint32_t name = seen->mark >> CGN_TRACE_NAME_SHIFT,
		 wanted = seen->mark & l->traces;
	bool told = false;

	for (unsigned k = 0; k < CGN_TRACES; k++) {
		enum cgn_trace_match m;

		if (!(l->traces & 1u << k))
			continue;
		m = cgn_trace_match(b->snap, &b->w->trace[k]->filter, &seen->facts,
			seen->addressed & 1u << k);
		wanted |= m == CGN_TRACE_YES ? 1u << k : 0;
		if (!(wanted & 1u << k) &&
			!(goes_on(seen) && (m == CGN_TRACE_MAYBE || seen->hairpin)))
			continue;
		if (!name)
			name = new_name(b->w);
		tell(l, i, k, name, wanted & 1u << k);
		told = true;
	}
	if (told && goes_on(seen))
		cgn_mark(b->pkt[i])->trace = name << CGN_TRACE_NAME_SHIFT | wanted;
}

/* Traces with room for what a burst may have to tell. */
static unsigned
with_room(const struct cgn_worker *w)
{
	unsigned all = __atomic_load_n(&w->tracing, __ATOMIC_ACQUIRE), room = 0;

	for (unsigned k = 0; k < CGN_TRACES; k++)
		if (all & 1u << k && cgn_spool_free(w->trace[k]->spool) >= ROOM)
			room |= 1u << k;
	return room;
}

static void
pass(struct cgn_worker *w, unsigned n, unsigned seeing)
{
	unsigned blind = __atomic_load_n(&w->tracing, __ATOMIC_ACQUIRE) & ~seeing;

	for (unsigned k = 0; k < CGN_TRACES; k++)
		if (blind & 1u << k)
			__atomic_store_n(&w->trace[k]->passed, w->trace[k]->passed + n,
				__ATOMIC_RELAXED);
}

void
cgn_trace_burst(struct cgn_burst *b, cgn_stage *const stage[CGN_STAGE_COUNT])
{
	struct cgn_trace_look l;

	l.b = b;
	l.traces = with_room(b->w);
	pass(b->w, b->n, l.traces);
	begin(&l);
	if (!l.traces)
		l.mask = 0;
	for (l.stage = 0; l.stage < CGN_STAGE_COUNT; l.stage++)
		cgn_trace_look(&l, stage[l.stage]);
	CGN_FOREACH (i, l.ended)
		tell_all(&l, i);
}
