/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records become users, blocks, mappings and sessions of the same tables as live traffic,
 * by the same functions. An object that finds no room, or in whose place there is
 * another, is refused; the next comparison of digests finds that its range differs.
 *
 * Owner only. */
#include "dataplane/alg.h"
#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

/* A record on its way into the tables. */
struct entry {
	const struct cgn_syncrec *r;
	uint16_t location;
	bool late;    /* of the former host: only what is not here */
	uint8_t mark; /* of its range */
	struct cgn_who who;
	uint32_t user; /* or CGN_NONE */
};

/* ---- names ---- */

static bool
matches(const struct cgn_remote *remote, const uint8_t addr[16])
{
	for (unsigned k = 0; k < 16; k++)
		if ((addr[k] & remote->mask[k]) != remote->addr[k])
			return false;
	return true;
}

static bool
find_scope(const struct cgn_snapshot *snap, uint16_t instance, const uint8_t addr[16],
	uint16_t *scope)
{
	for (uint32_t k = 0; k < snap->n_remotes; k++)
		if (snap->remote[k].instance == instance &&
			matches(&snap->remote[k], addr)) {
			*scope = snap->remote[k].scope;
			return true;
		}
	return false;
}

/* Whose record this is, in the words of this box. */
static bool
find_who(const struct cgn_worker *w, struct entry *e)
{
	const struct cgn_snapshot *snap = w->snap;
	const struct cgn_syncrec *r = e->r;
	uint16_t k = 0;

	while (k < snap->n_instances &&
		(snap->instance[k].gone || snap->instance[k].id != r->instance ||
			snap->instance[k].kind != r->kind))
		k++;
	if (k == snap->n_instances)
		return false;
	e->who = (struct cgn_who){
		.instance = k, .location = e->location, .slot = CGN_NONE
	};
	if (r->kind == CGN_NAT44) {
		memcpy(&e->who.inside, r->who + 12, 4);
	} else {
		memcpy(e->who.b4, r->who, 16);
		if (!find_scope(snap, k, r->who, &e->who.scope))
			return false;
	}
	e->user = cgn_user_find(w, &e->who);
	return e->user == CGN_NONE || cgn_user_at(w, e->user)->location == e->location;
}

/* A public address of the location, if this worker keeps its state. */
static uint32_t
find_slot(const struct cgn_worker *w, const struct entry *e, rte_be32_t addr)
{
	const struct cgn_snapshot *snap = w->snap;
	uint16_t vpn = snap->instance[e->who.instance].vpn_out;
	uint32_t ip = rte_be_to_cpu_32(addr);

	for (uint32_t k = 0; k < snap->n_ranges; k++) {
		const struct cgn_pool_range *p = &snap->range[k];
		uint32_t slot = p->slot + (ip - p->first);

		if (ip < p->first || ip > p->last || snap->address[slot].vpn != vpn)
			continue;
		return snap->address[slot].location == e->location &&
				       snap->state[w->conf.index][slot]
			       ? slot
			       : CGN_NONE;
	}
	return CGN_NONE;
}

/* ---- objects ---- */

/* An object that has come: in the sum, unless it came too late for that. */
static void
settle(struct cgn_worker *w, const struct entry *e, struct cgn_told *t)
{
	const struct cgn_sync_location *l = &w->sync->location[e->location];

	if (e->late) {
		*t = (struct cgn_told){ 0 };
		return;
	}
	if (t->era != l->era)
		cgn_sync_add(w, e->location, e->r);
	*t = (struct cgn_told){ .era = l->era, .mark = e->mark };
}

static bool
apply_user(struct cgn_worker *w, struct entry *e)
{
	const struct cgn_syncrec *r = e->r;
	uint32_t slot = find_slot(w, e, r->user.outside);
	struct cgn_user *u;

	if (e->user != CGN_NONE && e->late)
		return true;
	if (slot == CGN_NONE ||
		(e->user != CGN_NONE && cgn_user_at(w, e->user)->address != slot))
		return false;
	if (r->kind == CGN_DS_LITE)
		memcpy(e->who.b4, r->user.b4, 16);
	if (e->user == CGN_NONE) {
		e->who.slot = slot;
		if (cgn_user_copy(w, &e->who, &e->user) != CGN_DROP_REASONS)
			return false;
		cgn_user_at(w, e->user)->created = w->now - r->user.age;
	}
	u = cgn_user_at(w, e->user);
	u->port_mode = r->user.port_mode;
	u->extended_times = r->user.extended_times;
	u->block_size = r->user.block_size;
	u->extended_size = r->user.extended_size;
	if (u->told_state != CGN_TOLD_COPY)
		w->instance[u->instance].users--;
	memcpy(w->user_end[e->user].b4, e->who.b4, 16);
	u->told_state = CGN_TOLD_COPY;
	settle(w, e, &u->told);
	return true;
}

static bool
apply_user_del(struct cgn_worker *w, const struct entry *e)
{
	struct cgn_user *u;

	if (e->user == CGN_NONE)
		return true;
	u = cgn_user_at(w, e->user);
	if (!u->mappings) {
		cgn_user_del(w, e->user);
		return true;
	}
	/* goes with its last mapping */
	if (u->told.era == w->sync->location[e->location].era) {
		struct cgn_syncrec r = cgn_sync_of_user(w, u);

		cgn_sync_sub(w, e->location, &r);
	}
	u->told.era = 0;
	return true;
}

static uint32_t
find_block(const struct cgn_worker *w, const struct entry *e)
{
	uint32_t k = cgn_user_at(w, e->user)->block;

	while (k != CGN_NONE && (cgn_block_at(w, k)->first != e->r->block.first ||
					cgn_block_at(w, k)->size != e->r->block.size))
		k = cgn_block_at(w, k)->next;
	return k;
}

static bool
apply_block(struct cgn_worker *w, const struct entry *e)
{
	const struct cgn_syncrec *r = e->r;
	uint32_t index;

	if (e->user == CGN_NONE)
		return false;
	index = find_block(w, e);
	if (index != CGN_NONE && e->late)
		return true;
	if (index == CGN_NONE && !cgn_block_copy(w, e->user, r->block.first,
					 r->block.size, r->block.age, &index))
		return false;
	cgn_block_at(w, index)->served |= r->block.served;
	settle(w, e, &cgn_block_at(w, index)->told);
	return true;
}

static bool
apply_block_del(struct cgn_worker *w, const struct entry *e)
{
	uint32_t index = e->user == CGN_NONE ? CGN_NONE : find_block(w, e);
	struct cgn_block *b;

	if (index == CGN_NONE)
		return true;
	b = cgn_block_at(w, index);
	if (b->used[CGN_TCP] || b->used[CGN_UDP] || b->used[CGN_ICMP])
		return false;
	b->served |= e->r->block.served;
	cgn_block_drop(w, cgn_user_at(w, e->user), index);
	return true;
}

/* The session of the user with these ends. */
static uint32_t
find_flow(const struct cgn_worker *w, const struct entry *e, uint8_t proto,
	union cgn_key key)
{
	if (e->user == CGN_NONE)
		return CGN_NONE;
	key.owner = cgn_inside_owner(w, e->who.instance, proto, e->user);
	return cgn_table_find(w->up, &key);
}

#define ENDS(of)                                                                         \
	((union cgn_key){ .local = (of).inside,                                          \
		.remote = (of).remote,                                                   \
		.local_port = (of).inside_port,                                          \
		.remote_port = (of).remote_port })

/* The mapping that has a public port. */
static uint32_t
find_mapping(const struct cgn_worker *w, const struct entry *e, uint8_t proto,
	rte_be32_t outside, rte_be16_t port)
{
	union cgn_key key = {
		.owner = cgn_owner_scope(
			proto, w->snap->instance[e->who.instance].vpn_out),
		.local = outside,
		.local_port = port,
	};

	return cgn_class_of(proto) == CGN_OTHER ? CGN_NONE
						: cgn_table_find(w->map_down, &key);
}

/* A server of the configuration, which stands before or without its own turn. */
static bool
new_server(struct cgn_worker *w, const struct entry *e, uint32_t *index)
{
	const struct cgn_syncrec *r = e->r;
	struct cgn_server s = { .instance = e->who.instance,
		.scope = e->who.scope,
		.proto = r->flow.proto,
		.slot = cgn_user_at(w, e->user)->address,
		.inside = r->flow.inside,
		.inside_port = r->flow.inside_port,
		.outside_port = r->flow.outside_port };

	if (cgn_mapping_fix(w, e->user, &s, index) != CGN_DROP_REASONS)
		return false;
	cgn_mapping_at(w, *index)->fixed = false;
	return true;
}

static bool
take_mapping(struct cgn_worker *w, const struct entry *e, const struct cgn_flow *f,
	uint32_t *index)
{
	const struct cgn_syncrec *r = e->r;
	const struct cgn_mapping *m;

	*index = find_mapping(w, e, r->flow.proto, r->flow.outside, r->flow.outside_port);
	if (*index == CGN_NONE)
		return r->flow.server
			       ? new_server(w, e, index)
			       : cgn_mapping_copy(w, f, r->flow.outside_port,
					 r->flow.shared, index) == CGN_DROP_REASONS;
	m = cgn_mapping_at(w, *index);
	return m->user == e->user && m->inside == r->flow.inside &&
	       m->inside_port == r->flow.inside_port && m->server == r->flow.server &&
	       (m->shared || !m->sessions || m->server);
}

static bool
new_session(struct cgn_worker *w, const struct entry *e, uint32_t *index)
{
	const struct cgn_syncrec *r = e->r;
	struct cgn_flow f = { .user = e->user,
		.inside = r->flow.inside,
		.remote = r->flow.remote,
		.inside_port = r->flow.inside_port,
		.remote_port = r->flow.remote_port,
		.proto = r->flow.proto,
		.state = r->flow.state,
		.from = r->flow.from };
	uint32_t mapping;

	if (!take_mapping(w, e, &f, &mapping))
		return false;
	if (cgn_session_copy(w, &f, mapping, index) == CGN_DROP_REASONS)
		return true;
	cgn_mapping_release(w, mapping);
	return false;
}

/* Takes a session out of the sum: its state is about to change. */
static void
unsettle(struct cgn_worker *w, const struct entry *e, struct cgn_session *s)
{
	struct cgn_syncrec r;

	if (s->told.era != w->sync->location[e->location].era)
		return;
	r = cgn_sync_of_session(w, s, s->state);
	cgn_sync_sub(w, e->location, &r);
	s->told.era = 0;
}

/* Is that the public address of the user, who is here? */
static bool
has_address(const struct cgn_worker *w, const struct entry *e, rte_be32_t outside)
{
	return e->user != CGN_NONE &&
	       w->snap->address[cgn_user_at(w, e->user)->address].addr == outside;
}

static bool
apply_session(struct cgn_worker *w, struct entry *e)
{
	const struct cgn_syncrec *r = e->r;
	struct cgn_session *s;
	uint32_t index;

	if (!has_address(w, e, r->flow.outside))
		return false;
	index = find_flow(w, e, r->flow.proto, ENDS(r->flow));
	if (index != CGN_NONE && e->late)
		return true;
	if (index != CGN_NONE &&
		cgn_session_at(w, index)->outside_port != r->flow.outside_port) {
		cgn_session_del(w, index);
		index = CGN_NONE;
	}
	if (index == CGN_NONE) {
		if (!new_session(w, e, &index))
			return false;
		s = cgn_session_at(w, index);
		s->created = w->now - r->flow.age;
		s->seen = w->now - r->flow.idle;
	} else {
		s = cgn_session_at(w, index);
		unsettle(w, e, s);
		if (s->told_state != CGN_TOLD_COPY)
			w->instance[s->instance].sessions--;
		s->state = r->flow.state;
		if (cgn_tick_age(w->now, s->seen) > r->flow.idle)
			s->seen = w->now - r->flow.idle;
	}
	s->told_state = CGN_TOLD_COPY;
	if (s->alg)
		cgn_alg_control_at(w, s->alg)->copied = true;
	settle(w, e, &s->told);
	return true;
}

/* The control connection with these ends, or NULL: none that has a gateway. */
static const struct cgn_session *
find_control(const struct cgn_worker *w, const struct entry *e, union cgn_key ends)
{
	uint32_t index = find_flow(w, e, CGN_IPPROTO_TCP, ends);

	if (index == CGN_NONE || !cgn_session_at(w, index)->alg)
		return NULL;
	return cgn_session_at(w, index);
}

/* Behind its session. A host that has read on knows better than the former one. */
static bool
apply_alg(struct cgn_worker *w, const struct entry *e)
{
	const struct cgn_syncrec *r = e->r;
	const struct cgn_session *s = find_control(w, e, ENDS(r->alg));
	struct cgn_alg_control *c;

	if (!s)
		return false;
	c = cgn_alg_control_at(w, s->alg);
	if (e->late && c->synced && !c->copied)
		return true;
	cgn_sync_alg_untold(w, s);
	cgn_alg_restore(w, s, r);
	settle(w, e, &c->told);
	return true;
}

/* Who has announced the connection, on which mapping. */
static const struct cgn_session *
announcer(const struct cgn_worker *w, const struct entry *e, uint32_t *mapping)
{
	*mapping = find_mapping(
		w, e, CGN_IPPROTO_TCP, e->r->expect.outside, e->r->expect.outside_port);
	return find_control(w, e, ENDS(e->r->expect));
}

static bool
take_expected(struct cgn_worker *w, const struct entry *e, uint32_t *mapping)
{
	const struct cgn_syncrec *r = e->r;
	const struct cgn_mapping *m;
	struct cgn_flow f = { .user = e->user,
		.inside = r->expect.inside,
		.inside_port = r->expect.port,
		.proto = CGN_IPPROTO_TCP };

	if (*mapping == CGN_NONE)
		return has_address(w, e, r->expect.outside) &&
		       cgn_mapping_copy(w, &f, r->expect.outside_port, r->expect.shared,
			       mapping) == CGN_DROP_REASONS;
	m = cgn_mapping_at(w, *mapping);
	return m->user == e->user && m->inside == r->expect.inside &&
	       m->inside_port == r->expect.port && m->shared == r->expect.shared &&
	       !m->server;
}

static bool
apply_expect(struct cgn_worker *w, const struct entry *e)
{
	uint32_t mapping;
	const struct cgn_session *s = announcer(w, e, &mapping);
	uint16_t slot;

	if (!s || !take_expected(w, e, &mapping))
		return false;
	if (e->late && cgn_expect_of(w, s, mapping))
		return true;
	slot = cgn_expect_copy(w, s, mapping, e->r->expect.age);
	if (!slot) {
		cgn_mapping_release(w, mapping);
		return false;
	}
	settle(w, e, &cgn_expect_at(w, slot)->told);
	return true;
}

static bool
apply_expect_del(struct cgn_worker *w, const struct entry *e)
{
	uint32_t mapping;
	const struct cgn_session *s = announcer(w, e, &mapping);

	if (s && mapping != CGN_NONE)
		cgn_expect_forget(w, s, mapping);
	return true;
}

static bool
apply_session_del(struct cgn_worker *w, const struct entry *e)
{
	uint32_t index = find_flow(w, e, e->r->flow.proto, ENDS(e->r->flow));

	if (index != CGN_NONE &&
		cgn_session_at(w, index)->outside_port == e->r->flow.outside_port)
		cgn_session_del(w, index);
	return true;
}

bool
cgn_sync_object(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r,
	bool late, uint8_t mark)
{
	struct entry entry = { .r = r, .location = location, .late = late, .mark = mark };
	struct entry *e = &entry;

	if (!find_who(w, e))
		return false;
	switch (r->type) {
	case CGN_SYNCREC_USER:
		return apply_user(w, e);
	case CGN_SYNCREC_USER_DEL:
		return apply_user_del(w, e);
	case CGN_SYNCREC_BLOCK:
		return apply_block(w, e);
	case CGN_SYNCREC_BLOCK_DEL:
		return apply_block_del(w, e);
	case CGN_SYNCREC_SESSION:
		return apply_session(w, e);
	case CGN_SYNCREC_ALG:
		return apply_alg(w, e);
	case CGN_SYNCREC_EXPECT:
		return apply_expect(w, e);
	case CGN_SYNCREC_EXPECT_DEL:
		return apply_expect_del(w, e);
	}
	return apply_session_del(w, e);
}
