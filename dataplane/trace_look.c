/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a stage has done to the packets of a burst. The stages know nothing of it: between
 * two of them the packets are looked at from outside, for all that a stage decides is in
 * struct cgn_pkt, in the masks of the burst, in the session or in the outbox. So the path
 * without a trace pays one test for each burst, and what is told cannot differ from what
 * is done.
 *
 * Worker only, within cgn_trace_burst(). */
#include "dataplane/mark.h"
#include "dataplane/trace_int.h"

/* ---- facts ---- */

static bool
is_pool(const struct cgn_snapshot *snap, rte_be32_t addr)
{
	uint32_t a = rte_be_to_cpu_32(addr);

	for (uint32_t k = 0; k < snap->n_ranges; k++)
		if (a >= snap->range[k].first && a <= snap->range[k].last)
			return true;
	return false;
}

/* The ends of a packet that is not translated yet. An ICMP error is of the flow that it
 * quotes, which its session tells. */
static void
know_ends(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_pkt *p = &l->b->p[i];
	struct cgn_trace_facts *k = &l->seen[i].facts;
	bool query = p->flags & CGN_PKT_QUERY;

	k->known |= CGN_TRACE_KNOWS_PROTO;
	k->proto = p->proto;
	if (p->flags & CGN_PKT_ICMP_ERROR)
		return;
	if (!(p->flags & CGN_PKT_FRAGMENT))
		k->known |= CGN_TRACE_KNOWS_PORTS;
	k->known |= CGN_TRACE_KNOWS_REMOTE;
	if (l->b->up & CGN_BIT(i)) {
		k->known |= CGN_TRACE_KNOWS_INSIDE;
		k->inside = p->src;
		k->inside_port = p->sport;
		k->remote = p->dst;
		k->remote_port = query ? 0 : p->dport;
		l->seen[i].hairpin = is_pool(l->b->snap, p->dst);
	} else {
		k->known |= CGN_TRACE_KNOWS_OUTSIDE;
		k->outside = p->dst;
		k->outside_port = p->dport;
		k->remote = p->src;
		k->remote_port = query ? 0 : p->sport;
	}
}

static void
know_session(struct cgn_trace_look *l, uint64_t i, const struct cgn_session *s)
{
	struct cgn_trace_facts *k = &l->seen[i].facts;

	k->known |= CGN_TRACE_KNOWS_PROTO | CGN_TRACE_KNOWS_INSTANCE |
		    CGN_TRACE_KNOWS_LOCATION | CGN_TRACE_KNOWS_INSIDE |
		    CGN_TRACE_KNOWS_OUTSIDE | CGN_TRACE_KNOWS_REMOTE |
		    CGN_TRACE_KNOWS_PORTS;
	k->proto = s->proto;
	k->instance = s->instance;
	k->location = s->location;
	k->inside = s->inside;
	k->inside_port = s->inside_port;
	k->outside = s->outside;
	k->outside_port = s->outside_port;
	k->remote = s->remote;
	k->remote_port = s->remote_port;
	if (s->kind != CGN_DS_LITE)
		return;
	k->known |= CGN_TRACE_KNOWS_SOFTWIRE;
	memcpy(k->b4, l->b->w->user_end[s->user].b4, sizeof(k->b4));
}

/* Whose port it was, of a packet that was refused on its way down. */
static void
know_user(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_worker *w = l->b->w;
	uint32_t user = l->b->p[i].user;
	struct cgn_trace_facts *k = &l->seen[i].facts;
	const struct cgn_user *u;

	if (user == CGN_NONE || !cgn_user_at(w, user)->live)
		return;
	u = cgn_user_at(w, user);
	k->known |= CGN_TRACE_KNOWS_INSTANCE;
	k->instance = u->instance;
	if (u->kind == CGN_DS_LITE) {
		k->known |= CGN_TRACE_KNOWS_SOFTWIRE;
		memcpy(k->b4, w->user_end[user].b4, sizeof(k->b4));
	} else {
		k->known |= CGN_TRACE_KNOWS_INSIDE;
		k->inside = u->inside;
	}
}

/* ---- what each stage has decided ---- */

static void
after_parse(struct cgn_trace_look *l, uint64_t i)
{
	struct cgn_trace_facts *k = &l->seen[i].facts;

	k->iface = l->b->p[i].iface;
	k->port = l->b->snap->iface[k->iface].port;
	k->known |= CGN_TRACE_KNOWS_PORT;
	cgn_trace_add_header(l, i);
}

static void
after_classify(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_burst *b = l->b;
	struct cgn_trace_facts *k = &l->seen[i].facts;
	struct cgn_trace_step *s = cgn_trace_add(l, i, CGN_TRACE_CLASS);

	s->a = CGN_TRACE_PLAIN;
	s->b = CGN_NONE16;
	if (b->plain & CGN_BIT(i)) {
		if (!(b->p[i].flags & CGN_PKT_FRAGMENT))
			k->known |= CGN_TRACE_KNOWS_PROTO;
		k->proto = b->p[i].proto;
		return;
	}
	s->a = b->up & CGN_BIT(i) ? CGN_TRACE_UP : CGN_TRACE_DOWN;
	if (s->a == CGN_TRACE_UP) {
		s->b = k->instance = b->p[i].instance;
		k->known |= CGN_TRACE_KNOWS_INSTANCE;
	}
	if (b->softwire & CGN_BIT(i)) {
		memcpy(k->b4, b->b4[i], sizeof(k->b4));
		k->known |= CGN_TRACE_KNOWS_SOFTWIRE;
	} else {
		know_ends(l, i);
	}
}

/* Also of one that was handed over there. */
static void
add_steer(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_burst *b = l->b;
	struct cgn_trace_facts *k = &l->seen[i].facts;
	struct cgn_trace_step *s = cgn_trace_add(l, i, CGN_TRACE_STEER);

	s->a = k->location = b->p[i].location;
	s->b = b->snap->location[s->a].worker;
	s->n = s->b == b->w->conf.index;
	k->known |= CGN_TRACE_KNOWS_LOCATION;
}

static void
after_user(struct cgn_trace_look *l, uint64_t i)
{
	struct cgn_trace_step *s = cgn_trace_add(l, i, CGN_TRACE_USER);

	s->n = l->b->p[i].user;
	memcpy(s->from, l->b->b4[i], 16);
}

static void
add_session(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_burst *b = l->b;
	const struct cgn_session *s = cgn_session_at(b->w, b->p[i].session);
	struct cgn_trace_step *t = cgn_trace_add(l, i, CGN_TRACE_SESSION);

	cgn_trace_map4(t->from, s->inside);
	cgn_trace_map4(t->to, s->outside);
	t->sport = s->inside_port;
	t->dport = s->outside_port;
	t->remote = s->remote;
	t->remote_port = s->remote_port;
	t->proto = s->proto;
	t->n = b->p[i].session;
	t->a = s->state;
	t->b = s->created == b->now;
	know_session(l, i, s);
}

static void
after_look_up(struct cgn_trace_look *l, uint64_t i)
{
	if (l->b->hit & CGN_BIT(i))
		add_session(l, i);
	else
		cgn_trace_add(l, i, CGN_TRACE_NO_SESSION);
}

static void
after_rewrite(struct cgn_trace_look *l, uint64_t i)
{
	if (cgn_session_at(l->b->w, l->b->p[i].session)->alg)
		cgn_trace_add(l, i, CGN_TRACE_GATEWAY);
	cgn_trace_add_header(l, i);
}

static void
after_encap(struct cgn_trace_look *l, uint64_t i)
{
	if (l->b->p[i].version == 6)
		cgn_trace_add_header(l, i);
}

static void
after_reassembly(struct cgn_trace_look *l, uint64_t i)
{
	cgn_trace_add_header(l, i);
	if (l->b->p[i].version == 4)
		know_ends(l, i);
}

static void
after_decap(struct cgn_trace_look *l, uint64_t i)
{
	cgn_trace_add_header(l, i);
	know_ends(l, i);
}

/* ---- ends ---- */

static void
end_in_outbox(struct cgn_trace_look *l, uint32_t at, struct cgn_trace_step *s)
{
	const struct cgn_outbox *o = &l->b->w->out;
	struct rte_mbuf *m = o->pkt[at];

	switch ((enum cgn_out_kind)o->kind[at]) {
	case CGN_OUT_TX:
		s->a = CGN_TRACE_SENT;
		s->b = o->arg[at];
		s->n = m->pkt_len;
		memcpy(s->from, rte_pktmbuf_mtod(m, const uint8_t *), RTE_ETHER_ADDR_LEN);
		break;
	case CGN_OUT_HAND:
		s->a = CGN_TRACE_HANDED;
		s->b = o->arg[at];
		break;
	case CGN_OUT_PUNT:
		s->a = CGN_TRACE_PUNTED;
		s->b = cgn_mark(m)->op;
		memcpy(s->to, cgn_mark(m)->gw, 16);
		break;
	}
}

static bool
is_again(const struct cgn_burst *b, const struct rte_mbuf *m)
{
	for (unsigned k = 0; k < b->n_again; k++)
		if (b->again[k] == m)
			return true;
	return false;
}

static bool
is_dead(const struct cgn_burst *b, const struct rte_mbuf *m)
{
	for (unsigned k = 0; k < b->n_dead; k++)
		if (b->dead[k] == m)
			return true;
	return false;
}

/* One that is neither in the outbox nor dead is in some table. */
static void
end_elsewhere(const struct cgn_trace_look *l, uint64_t i, struct cgn_trace_step *s)
{
	const struct cgn_burst *b = l->b;

	s->b = b->why[i];
	if (is_again(b, b->pkt[i]))
		s->a = CGN_TRACE_AGAIN;
	else if (is_dead(b, b->pkt[i]) && s->b == CGN_DROP_REASONS)
		s->a = CGN_TRACE_FRAGMENTS;
	else if (s->b != CGN_DROP_REASONS)
		s->a = CGN_TRACE_DROPPED;
	else
		s->a = l->stage == CGN_STAGE_CREATE_DOWN ? CGN_TRACE_HELD
							 : CGN_TRACE_KEPT;
	if (s->a == CGN_TRACE_FRAGMENTS)
		s->b = b->snap->nexthop[b->p[i].nexthop].iface;
}

static void
add_error(struct cgn_trace_look *l, uint64_t i)
{
	struct cgn_trace_step *s = cgn_trace_add(l, i, CGN_TRACE_ERROR);

	s->a = l->b->why[i];
	l->errors |= CGN_BIT(i);
}

/* A packet that this stage took out of the burst. */
static void
look_at_end(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_outbox *o = &l->b->w->out;
	struct cgn_trace_step *s;
	uint32_t at = l->out_n;

	while (at < o->n && o->pkt[at] != l->b->pkt[i])
		at++;
	if (l->stage == CGN_STAGE_STEER)
		add_steer(l, i);
	if (l->stage == CGN_STAGE_CREATE_DOWN)
		know_user(l, i);
	/* an error that was made and sent by the same stage */
	if (at < o->n && l->b->why[i] != CGN_DROP_REASONS && !(l->errors & CGN_BIT(i)))
		add_error(l, i);
	s = cgn_trace_add(l, i, CGN_TRACE_END);
	if (at < o->n)
		end_in_outbox(l, at, s);
	else
		end_elsewhere(l, i, s);
	l->seen[i].end = (uint8_t)s->a;
	l->ended |= CGN_BIT(i);
	l->mask &= ~CGN_BIT(i);
}

/* Is any trace still interested? */
static bool
is_wanted(const struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_trace_seen *seen = &l->seen[i];

	if (seen->hairpin || seen->mark & ((1u << CGN_TRACE_NAME_SHIFT) - 1))
		return true;
	for (unsigned k = 0; k < CGN_TRACES; k++)
		if (l->traces & 1u << k &&
			cgn_trace_match(l->b->snap, &l->b->w->trace[k]->filter,
				&seen->facts, true) != CGN_TRACE_NO)
			return true;
	return false;
}

typedef void look_fn(struct cgn_trace_look *l, uint64_t i);

static void
each(struct cgn_trace_look *l, uint64_t set, look_fn *fn)
{
	CGN_FOREACH (i, set & l->mask) {
		fn(l, i);
		if (!is_wanted(l, i))
			l->mask &= ~CGN_BIT(i);
	}
}

static void
look_at_stage(struct cgn_trace_look *l)
{
	struct cgn_burst *b = l->b;

	switch (l->stage) {
	case CGN_STAGE_PARSE:
		each(l, ~0ull, after_parse);
		break;
	case CGN_STAGE_ROUTE:
		each(l, ~b->unrouted, cgn_trace_add_route);
		break;
	case CGN_STAGE_CLASSIFY:
		each(l, ~0ull, after_classify);
		break;
	case CGN_STAGE_STEER:
		each(l, l->steered, add_steer);
		break;
	case CGN_STAGE_REASSEMBLE:
		each(l, l->fragments & (b->up | b->down), after_reassembly);
		break;
	case CGN_STAGE_DECAP:
		each(l, b->softwire, after_decap);
		break;
	case CGN_STAGE_REASSEMBLE_INNER:
		each(l, l->fragments & b->softwire, after_reassembly);
		break;
	case CGN_STAGE_USER:
		each(l, b->softwire, after_user);
		break;
	case CGN_STAGE_SESSION_UP:
		each(l, b->up, after_look_up);
		break;
	case CGN_STAGE_SESSION_DOWN:
		each(l, b->down, after_look_up);
		break;
	case CGN_STAGE_CREATE_UP:
		each(l, b->up & l->missed, add_session);
		break;
	case CGN_STAGE_CREATE_DOWN:
		each(l, b->down & l->missed, add_session);
		break;
	case CGN_STAGE_REWRITE_UP:
		each(l, b->up, after_rewrite);
		break;
	case CGN_STAGE_REWRITE_DOWN:
		each(l, b->down, after_rewrite);
		break;
	case CGN_STAGE_ENCAP:
		each(l, b->down, after_encap);
		break;
	case CGN_STAGE_REROUTE:
		each(l, b->up | b->down | b->made, cgn_trace_add_route);
		break;
	}
}

void
cgn_trace_look(struct cgn_trace_look *l, cgn_stage *stage)
{
	struct cgn_burst *b = l->b;

	l->fragments = b->fragments;
	l->steered = b->up | b->down;
	l->missed = ~b->hit;
	stage(b);
	CGN_FOREACH (i, l->mask & ~b->live)
		look_at_end(l, i);
	CGN_FOREACH (i, l->mask & b->made & ~l->errors) {
		add_error(l, i);
		cgn_trace_add_header(l, i);
	}
	look_at_stage(l);
}
