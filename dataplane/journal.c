/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The writing end runs on the worker, the reading end on the control lcore; between them
 * is a ring with one producer and one consumer. Refusals can come with every packet of an
 * attack, so they are thinned here, before the ring. */
#include <rte_ring_elem.h>

#include "dataplane/journal.h"
#include "dataplane/sync.h"

static void
write(struct cgn_worker *w, struct cgn_record *r)
{
	r->ms = w->now_ms;
	if (rte_ring_sp_enqueue_elem(w->journal, r, sizeof(*r)))
		w->stats.event[CGN_EVENT_RECORD_LOST]++;
	else
		w->stats.event[CGN_EVENT_RECORD]++;
}

static bool
is_quiet(const struct cgn_worker *w)
{
	return w->sync->quiet && !w->sync->disown;
}

static struct cgn_record
about(const struct cgn_worker *w, enum cgn_record_type type, uint16_t instance,
	const struct cgn_user *u)
{
	const struct cgn_instance *inst = &w->snap->instance[instance];
	struct cgn_record r = { .type = (uint8_t)type,
		.kind = inst->kind,
		.instance = instance,
		.vpn_in = inst->vpn_in,
		.vpn_out = inst->vpn_out,
		.pool = CGN_NONE16 };

	if (!u)
		return r;
	r.location = u->location;
	r.inside = u->inside;
	r.outside = w->snap->address[u->address].addr;
	r.pool = w->snap->address[u->address].pool;
	memcpy(r.softwire, cgn_user_end_of(w, u)->b4, sizeof(r.softwire));
	return r;
}

void
cgn_journal_block(struct cgn_worker *w, enum cgn_record_type type,
	const struct cgn_user *u, const struct cgn_block *blk)
{
	struct cgn_record r = about(w, type, u->instance, u);

	if (is_quiet(w) || !(w->snap->instance[u->instance].journal & CGN_JOURNAL_BLOCKS))
		return;
	r.first = blk->first;
	r.last = (uint16_t)(blk->first + blk->size - 1);
	write(w, &r);
}

void
cgn_journal_mapping(
	struct cgn_worker *w, enum cgn_record_type type, const struct cgn_mapping *m)
{
	struct cgn_record r;

	if (!(w->snap->instance[m->instance].journal & CGN_JOURNAL_BLOCKS))
		return;
	r = about(w, type, m->instance, cgn_user_at(w, m->user));
	r.proto = m->proto;
	r.inside = m->inside;
	r.inside_port = m->inside_port;
	r.outside_port = m->outside_port;
	write(w, &r);
}

void
cgn_journal_session(
	struct cgn_worker *w, enum cgn_record_type type, const struct cgn_session *s)
{
	struct cgn_record r;

	if (is_quiet(w) ||
		!(w->snap->instance[s->instance].journal & CGN_JOURNAL_SESSIONS))
		return;
	r = about(w, type, s->instance, cgn_user_at(w, s->user));
	r.proto = s->proto;
	r.inside = s->inside;
	r.remote = s->remote;
	r.inside_port = s->inside_port;
	r.outside_port = s->outside_port;
	r.remote_port = s->remote_port;
	write(w, &r);
}

void
cgn_journal_refusal(struct cgn_worker *w, enum cgn_record_type type, uint16_t instance,
	const struct cgn_user *u, uint8_t proto)
{
	cgn_tick *last = &w->refused[instance][type];
	struct cgn_record r;

	if (*last && cgn_tick_age(w->now, *last) < CGN_TICKS_PER_S)
		return;
	*last = w->now ? w->now : 1;
	r = about(w, type, instance, u);
	r.proto = proto;
	write(w, &r);
}

unsigned
cgn_journal_read(struct cgn_worker *w, struct cgn_record *out, unsigned n)
{
	return rte_ring_sc_dequeue_burst_elem(w->journal, out, sizeof(*out), n, NULL);
}
