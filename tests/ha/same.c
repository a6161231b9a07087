/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Comparison of a host's tables with its standby's, by walking both. Slow and simple; the
 * box stands still meanwhile. */
#include "tests/ha/same.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

#define SAY(...)                                                                         \
	do {                                                                             \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		return false;                                                            \
	} while (0)

struct pair {
	const struct cgn_snapshot *snap;
	const struct cgn_worker *a, *b;
	uint16_t location;
	cgn_tick delay;
	bool partial; /* the host has sessions that are too young */
};

static const struct cgn_block *
find_block(const struct cgn_worker *w, const struct cgn_user *u, uint16_t first)
{
	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(w, k)->next)
		if (cgn_block_at(w, k)->first == first)
			return cgn_block_at(w, k);
	return NULL;
}

static bool
same_user(const struct pair *p, const struct cgn_user *u)
{
	const struct cgn_user_end *end = cgn_user_end_of(p->a, u);
	uint32_t i = cgn_table_find(p->b->user_by_key, &end->key);
	const struct cgn_user *v;

	if (i == CGN_NONE)
		SAY("a user at address slot %u is missing", u->address);
	v = cgn_user_at(p->b, i);
	if (!v->live || v->location != u->location || v->address != u->address ||
		v->instance != u->instance || v->kind != u->kind ||
		v->inside != u->inside || memcmp(p->b->user_end[i].b4, end->b4, 16) != 0)
		SAY("a user differs");
	if (v->port_mode != u->port_mode || v->block_size != u->block_size ||
		v->extended_size != u->extended_size ||
		v->extended_times != u->extended_times)
		SAY("a user gets ports in another way");
	if (v->blocks != u->blocks || v->extended != u->extended)
		SAY("%u blocks, the standby has %u", u->blocks, v->blocks);
	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(p->a, k)->next) {
		const struct cgn_block *blk = cgn_block_at(p->a, k),
				       *other = find_block(p->b, v, blk->first);

		if (!other || other->size != blk->size || other->address != blk->address)
			SAY("block %u differs", blk->first);
		if (!p->partial && memcmp(other->used, blk->used, sizeof(blk->used)) != 0)
			SAY("block %u: not the same ports in use", blk->first);
	}
	if (!p->partial &&
		(memcmp(v->sessions, u->sessions, sizeof(u->sessions)) != 0 ||
			memcmp(v->ports, u->ports, sizeof(u->ports)) != 0 ||
			v->mappings != u->mappings ||
			memcmp(v->reverse, u->reverse, sizeof(u->reverse)) != 0 ||
			v->spare != u->spare))
		SAY("a user's counts differ: %u mappings, %u", u->mappings, v->mappings);
	return true;
}

/* What both control connections wait for, in any order. */
static bool
same_expected(
	const struct pair *p, const struct cgn_session *s, const struct cgn_session *t)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(p->a, s->alg);
	const struct cgn_alg_control *d = cgn_alg_control_at(p->b, t->alg);
	unsigned n = 0, found = 0;

	for (unsigned k = 0; k < CGN_ALG_EXPECTED; k++)
		n += d->expected[k] != 0;
	for (unsigned k = 0; k < CGN_ALG_EXPECTED && c->expected[k]; k++) {
		const struct cgn_expect *x = cgn_expect_at(p->a, c->expected[k]);
		const struct cgn_mapping *m = cgn_mapping_at(p->a, x->mapping);
		union cgn_key key = { .local = m->outside,
			.local_port = m->outside_port };
		uint32_t i;

		key.owner =
			cgn_owner_scope(m->proto, p->snap->instance[m->instance].vpn_out);
		i = cgn_table_find(p->b->map_down, &key);
		found++;
		if (i == CGN_NONE || cgn_mapping_at(p->b, i)->inside != m->inside ||
			cgn_mapping_at(p->b, i)->inside_port != m->inside_port ||
			cgn_mapping_at(p->b, i)->shared != m->shared ||
			!cgn_expect_of(p->b, t, i))
			SAY("inside port %u: not expected by the standby",
				rte_be_to_cpu_16(m->inside_port));
	}
	if (n != found)
		SAY("%u connections expected, by the standby %u", found, n);
	return true;
}

static bool
same_session(const struct pair *p, const struct cgn_session *s)
{
	const struct cgn_user *u = cgn_user_at(p->a, s->user);
	const struct cgn_mapping *m = cgn_mapping_at(p->a, s->mapping), *n;
	const struct cgn_session *t;
	union cgn_key key = { .local = s->inside,
		.remote = s->remote,
		.local_port = s->inside_port,
		.remote_port = s->remote_port };
	uint32_t user, i;

	user = cgn_table_find(p->b->user_by_key, &cgn_user_end_of(p->a, u)->key);
	key.owner = cgn_inside_owner(p->b, s->instance, s->proto, user);
	i = cgn_table_find(p->b->up, &key);
	if (i == CGN_NONE)
		SAY("a session is missing: protocol %u, inside port %u, age %u", s->proto,
			rte_be_to_cpu_16(s->inside_port),
			cgn_tick_age(p->a->now, s->created));
	t = cgn_session_at(p->b, i);
	n = cgn_mapping_at(p->b, t->mapping);
	if (t->outside != s->outside || t->outside_port != s->outside_port ||
		t->state != s->state || t->user != user || t->instance != s->instance ||
		t->location != s->location || t->kind != s->kind || t->from != s->from ||
		t->delta3 != s->delta3 || t->delta4 != s->delta4)
		SAY("a session differs: inside port %u, state %s, %s",
			rte_be_to_cpu_16(s->inside_port), cgn_state_name(s->state),
			cgn_state_name(t->state));
	if (n->inside != m->inside || n->outside_port != m->outside_port ||
		n->shared != m->shared || n->server != m->server || n->user != user)
		SAY("a mapping differs");
	if (cgn_tick_age(p->b->now, t->created) + 20 <
		cgn_tick_age(p->a->now, s->created))
		SAY("a session is too young");
	if (!s->alg != !t->alg)
		SAY("a session has a gateway at one end only");
	return !s->alg || same_expected(p, s, t);
}

static bool
same_address(const struct pair *p, uint32_t slot)
{
	const struct cgn_address *a = p->snap->state[p->a->conf.index][slot];
	const struct cgn_address *b = p->snap->state[p->b->conf.index][slot];

	if (a->users != b->users || a->blocks != b->blocks ||
		a->free + a->quarantined != b->free + b->quarantined)
		SAY("address slot %u: %u users %u blocks %u free, the standby has %u, "
		    "%u, %u",
			slot, a->users, a->blocks, a->free + a->quarantined, b->users,
			b->blocks, b->free + b->quarantined);
	if (!p->partial && (memcmp(a->used, b->used, sizeof(a->used)) != 0 ||
				   memcmp(a->fixed, b->fixed, sizeof(a->fixed)) != 0))
		SAY("address slot %u: not the same ports", slot);
	return true;
}

static bool
young(const struct pair *p, const struct cgn_session *s)
{
	return cgn_tick_age(p->a->now, s->created) < p->delay;
}

static bool
same_sessions(struct pair *p)
{
	uint32_t n = 0, have = p->b->location[p->location].sessions;

	for (uint32_t i = 0; i < p->a->sessions.top; i++) {
		const struct cgn_session *s = cgn_session_at(p->a, i);

		if (s->state == CGN_STATE_FREE || s->location != p->location)
			continue;
		if (young(p, s)) {
			p->partial = true;
			continue;
		}
		n++;
		if (!same_session(p, s))
			return false;
	}
	if (n != have)
		SAY("%u sessions, the standby has %u", n, have);
	return true;
}

bool
cgn_same(const struct cgn_box *box, uint16_t location, cgn_tick delay)
{
	const struct cgn_location *l = &box->snap->location[location];
	struct pair p = { .snap = box->snap,
		.a = box->worker[l->worker],
		.b = box->worker[l->standby],
		.location = location,
		.delay = delay };
	const struct cgn_sync_location *x = &p.a->sync->location[location],
				       *y = &p.b->sync->location[location];

	if (!same_sessions(&p))
		return false;
	for (uint32_t i = 0; i < p.a->users.top; i++) {
		const struct cgn_user *u = cgn_user_at(p.a, i);

		if (u->live && u->location == location && !same_user(&p, u))
			return false;
	}
	if (p.a->location[location].users != p.b->location[location].users)
		SAY("%u users, the standby has %u", p.a->location[location].users,
			p.b->location[location].users);
	for (uint32_t k = 0; k < p.snap->n_addresses; k++)
		if (!p.snap->address[k].excluded &&
			p.snap->address[k].location == location && !same_address(&p, k))
			return false;
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		if (x->range[k].sum != y->range[k].sum)
			SAY("range %u: digests differ", k);
	return true;
}

/* ---- one worker ---- */

static bool
sound_session(const struct cgn_worker *w, uint32_t i)
{
	const struct cgn_session *s = cgn_session_at(w, i);
	const struct cgn_mapping *m = cgn_mapping_at(w, s->mapping);
	union cgn_key key = { .owner =
				      cgn_inside_owner(w, s->instance, s->proto, s->user),
		.local = s->inside,
		.remote = s->remote,
		.local_port = s->inside_port,
		.remote_port = s->remote_port };

	if (cgn_table_find(w->up, &key) != i)
		SAY("a session is not found from inside");
	key.owner = cgn_owner_scope(s->proto, w->snap->instance[s->instance].vpn_out);
	key.local = s->outside;
	key.local_port = s->outside_port;
	if (cgn_table_find(w->down, &key) != i)
		SAY("a session is not found from outside");
	if (!m->sessions || m->user != s->user || !cgn_user_at(w, s->user)->live)
		SAY("a session without mapping or user");
	return true;
}

bool
cgn_sound(const struct cgn_box *box, unsigned worker)
{
	const struct cgn_worker *w = box->worker[worker];
	uint32_t sessions = 0, users = 0, blocks = 0, n[CGN_MAX_INSTANCES] = { 0 };

	for (uint32_t i = 0; i < w->sessions.top; i++) {
		const struct cgn_session *s = cgn_session_at(w, i);

		if (s->state == CGN_STATE_FREE)
			continue;
		sessions++;
		n[s->instance] += s->told_state != CGN_TOLD_COPY;
		if (!sound_session(w, i))
			return false;
	}
	for (uint32_t i = 0; i < w->users.top; i++) {
		const struct cgn_user *u = cgn_user_at(w, i);

		if (!u->live)
			continue;
		users++;
		blocks += u->blocks;
		if (cgn_table_find(w->user_by_key, &w->user_end[i].key) != i)
			SAY("a user is not found");
	}
	for (unsigned k = 0; k < box->snap->n_instances; k++)
		if (w->instance[k].sessions != n[k])
			SAY("instance %u counts %u sessions of %u", k,
				w->instance[k].sessions, n[k]);
	if (sessions != w->sessions.used || users != w->users.used ||
		blocks + w->sweep.quarantined != w->blocks.used)
		SAY("%u sessions, %u users, %u blocks, counted are %u, %u, %u", sessions,
			users, blocks, w->sessions.used, w->users.used, w->blocks.used);
	return true;
}

bool
cgn_knows(const struct cgn_worker *w, uint16_t inside_port, uint32_t addr, uint16_t port)
{
	for (uint32_t i = 0; i < w->sessions.top; i++) {
		const struct cgn_session *s = cgn_session_at(w, i);

		if (s->state != CGN_STATE_FREE &&
			s->inside_port == rte_cpu_to_be_16(inside_port) &&
			s->outside_port == rte_cpu_to_be_16(port) &&
			s->outside == rte_cpu_to_be_32(addr))
			return true;
	}
	return false;
}

uint32_t
cgn_pick(uint64_t *state, uint32_t n)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return (uint32_t)(x >> 20) % n;
}
