/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Life of mappings and sessions. A mapping binds an inside address and port to a public
 * port and lives as long as it has sessions; with endpoint-independent mapping every flow
 * of the inside port shares it (RFC 4787 REQ-1), otherwise each flow has its own. Opening
 * a session may make user, block, mapping and session, in that order; when a step fails
 * the ones before it are undone in reverse, so that a refused packet leaves nothing
 * behind. Closing the last session of a mapping, and the last mapping of a user, removes
 * them.
 *
 * Only the owner calls this: from the create stages, from the sweep, and on an operator's
 * clear. */
#include <errno.h>

#include "dataplane/alg.h"
#include "dataplane/block.h"
#include "dataplane/checksum.h"
#include "dataplane/create.h"
#include "dataplane/journal.h"
#include "dataplane/single.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

enum cgn_class
cgn_class_of(uint8_t proto)
{
	switch (proto) {
	case CGN_IPPROTO_TCP:
		return CGN_TCP;
	case CGN_IPPROTO_UDP:
		return CGN_UDP;
	case CGN_IPPROTO_ICMP:
		return CGN_ICMP;
	}
	return CGN_OTHER;
}

uint32_t
cgn_inside_owner(
	const struct cgn_worker *w, uint16_t instance, uint8_t proto, uint32_t user)
{
	return cgn_owner_inside(w->snap->instance[instance].kind, proto, instance, user);
}

/* Keys of a mapping: those of a session with an empty remote half. */
static void
mapping_keys(const struct cgn_worker *w, const struct cgn_mapping *m, union cgn_key *up,
	union cgn_key *down)
{
	*up = (union cgn_key){ .owner = cgn_inside_owner(
				       w, m->instance, m->proto, m->user),
		.local = m->inside,
		.local_port = m->inside_port };
	*down = (union cgn_key){ .owner = cgn_outside_owner(w, m->instance, m->proto),
		.local = m->outside,
		.local_port = m->outside_port };
}

void
cgn_session_key_up(const void *owner, uint32_t index, union cgn_key *key)
{
	cgn_session_key(owner, cgn_session_at(owner, index), CGN_UP, key);
}

void
cgn_session_key_down(const void *owner, uint32_t index, union cgn_key *key)
{
	cgn_session_key(owner, cgn_session_at(owner, index), CGN_DOWN, key);
}

void
cgn_mapping_key_up(const void *owner, uint32_t index, union cgn_key *key)
{
	union cgn_key down;

	mapping_keys(owner, cgn_mapping_at(owner, index), key, &down);
}

void
cgn_mapping_key_down(const void *owner, uint32_t index, union cgn_key *key)
{
	union cgn_key up;

	mapping_keys(owner, cgn_mapping_at(owner, index), &up, key);
}

uint32_t
cgn_mapping_find(const struct cgn_worker *w, uint16_t instance, const struct cgn_flow *f)
{
	union cgn_key key = { .owner = cgn_inside_owner(w, instance, f->proto, f->user),
		.local = f->inside,
		.local_port = f->inside_port };

	return cgn_table_find(w->map_up, &key);
}

/* Adds one key to each of two tables, or to none. */
static bool
add_both(struct cgn_worker *w, struct cgn_table *up, struct cgn_table *down,
	const union cgn_key key[2], uint32_t index)
{
	if (cgn_table_add(up, &key[0], index) == 0) {
		if (cgn_table_add(down, &key[1], index) == 0)
			return true;
		cgn_table_del(up, &key[0], index);
	}
	w->stats.event[CGN_EVENT_TABLE_FULL]++;
	return false;
}

/* A public port for the mapping (wanted, if not 0; host order); other protocols have
 * none. */
static enum cgn_drop
take_port(struct cgn_worker *w, struct cgn_mapping *m, enum cgn_class class,
	uint16_t wanted, uint32_t draw)
{
	struct cgn_user *u = cgn_user_at(w, m->user);
	enum cgn_drop why;
	uint16_t port = wanted;

	m->block = CGN_NONE;
	m->outside_port = 0;
	if (class == CGN_OTHER)
		return CGN_DROP_REASONS;
	if (!wanted)
		port = cgn_user_port(w, m->user, class, draw, &m->block, &why);
	else if (u->port_mode == CGN_MODE_SINGLE
			 ? !cgn_single_claim(w, u->address, class, wanted)
			 : !cgn_port_claim(w, u, class, wanted, &m->block))
		return CGN_DROP_NO_PORT;
	if (!port)
		return why;
	m->outside_port = rte_cpu_to_be_16(port);
	u->ports[class]++;
	return CGN_DROP_REASONS;
}

static void
give_port(struct cgn_worker *w, const struct cgn_mapping *m, enum cgn_class class)
{
	uint16_t port = rte_be_to_cpu_16(m->outside_port);

	if (class == CGN_OTHER)
		return;
	if (m->server)
		cgn_port_unreserve(w->snap->state[w->conf.index][m->block], class, port);
	else if (m->block == CGN_NONE)
		cgn_single_give(w, cgn_user_at(w, m->user)->address, class, port);
	else
		cgn_port_give(w, m->block, class, port);
	cgn_user_at(w, m->user)->ports[class]--;
}

/* Puts the keys of a new mapping in: the inside one only if later flows may share it,
 * none where there is no port to find it by. */
static bool
mapping_publish(struct cgn_worker *w, uint32_t index)
{
	const struct cgn_mapping *m = cgn_mapping_at(w, index);
	union cgn_key key[2];

	if (cgn_class_of(m->proto) == CGN_OTHER)
		return true;
	mapping_keys(w, m, &key[0], &key[1]);
	if (m->shared)
		return add_both(w, w->map_up, w->map_down, key, index);
	if (cgn_table_add(w->map_down, &key[1], index) == 0)
		return true;
	w->stats.event[CGN_EVENT_TABLE_FULL]++;
	return false;
}

static void
mapping_retire(struct cgn_worker *w, uint32_t index)
{
	const struct cgn_mapping *m = cgn_mapping_at(w, index);
	union cgn_key key[2];

	if (cgn_class_of(m->proto) == CGN_OTHER)
		return;
	mapping_keys(w, m, &key[0], &key[1]);
	if (m->shared)
		cgn_table_del(w->map_up, &key[0], index);
	cgn_table_del(w->map_down, &key[1], index);
}

/* The copy of a user lives as long as its owner says so. */
static bool
kept(const struct cgn_worker *w, const struct cgn_user *u)
{
	return w->role[u->location] & CGN_ROLE_STANDBY && u->told.era &&
	       u->told_state == CGN_TOLD_COPY;
}

void
cgn_mapping_release(struct cgn_worker *w, uint32_t index)
{
	struct cgn_mapping *m = cgn_mapping_at(w, index);
	struct cgn_user *u = cgn_user_at(w, m->user);
	uint32_t user = m->user;

	if (m->sessions || m->fixed || m->expected)
		return;
	if (m->reported)
		cgn_journal_mapping(w, CGN_RECORD_MAPPING_DEL, m);
	mapping_retire(w, index);
	give_port(w, m, cgn_class_of(m->proto));
	u->mappings--;
	m->proto = 0;
	cgn_slots_give(&w->mappings, index);
	cgn_count(w, CGN_EVENT_MAPPING_DEL);
	if (!u->mappings && !kept(w, u))
		cgn_user_del(w, user);
}

static enum cgn_drop
mapping_new(struct cgn_worker *w, const struct cgn_flow *f, uint16_t port, bool shared,
	uint32_t *index)
{
	struct cgn_user *u = cgn_user_at(w, f->user);
	enum cgn_class class = cgn_class_of(f->proto);
	struct cgn_mapping *m;
	enum cgn_drop why;

	*index = cgn_slots_take(&w->mappings);
	if (*index == CGN_NONE)
		return CGN_DROP_SESSIONS_FULL;
	m = cgn_mapping_at(w, *index);
	*m = (struct cgn_mapping){ .inside = f->inside,
		.outside = w->snap->address[u->address].addr,
		.inside_port = f->inside_port,
		.user = f->user,
		.instance = u->instance,
		.proto = f->proto,
		.shared = shared && class != CGN_OTHER };
	why = take_port(w, m, class, port, f->draw);
	if (why == CGN_DROP_REASONS && !mapping_publish(w, *index)) {
		give_port(w, m, class);
		why = CGN_DROP_SESSIONS_FULL;
	}
	if (why != CGN_DROP_REASONS) {
		m->proto = 0;
		cgn_slots_give(&w->mappings, *index);
		return why;
	}
	u->mappings++;
	return CGN_DROP_REASONS;
}

enum cgn_drop
cgn_mapping_add(struct cgn_worker *w, const struct cgn_flow *f, uint32_t *index)
{
	uint16_t instance = cgn_user_at(w, f->user)->instance;
	enum cgn_drop why = mapping_new(w, f, 0, w->snap->instance[instance].eim, index);

	if (why == CGN_DROP_REASONS)
		w->stats.event[CGN_EVENT_MAPPING_ADD]++;
	return why;
}

enum cgn_drop
cgn_mapping_copy(struct cgn_worker *w, const struct cgn_flow *f, rte_be16_t port,
	bool shared, uint32_t *index)
{
	uint16_t instance = cgn_user_at(w, f->user)->instance;
	union cgn_key key = {
		.owner = cgn_inside_owner(w, instance, f->proto, f->user),
		.local = f->inside,
		.local_port = f->inside_port,
	};

	if (shared && cgn_table_find(w->map_up, &key) != CGN_NONE)
		return CGN_DROP_NO_PORT;
	return mapping_new(w, f, rte_be_to_cpu_16(port), shared, index);
}

/* The inside port may have a mapping of its own making already: that one stays, and the
 * server is reached from outside only. */
static void
fix_fill(const struct cgn_worker *w, struct cgn_mapping *m, uint32_t user,
	const struct cgn_server *s)
{
	union cgn_key key[2];

	*m = (struct cgn_mapping){ .block = s->slot,
		.inside = s->inside,
		.outside = w->snap->address[s->slot].addr,
		.inside_port = s->inside_port,
		.outside_port = s->outside_port,
		.user = user,
		.instance = s->instance,
		.proto = s->proto,
		.server = true,
		.fixed = true };
	mapping_keys(w, m, &key[0], &key[1]);
	m->shared = cgn_table_find(w->map_up, &key[0]) == CGN_NONE;
}

enum cgn_drop
cgn_mapping_fix(
	struct cgn_worker *w, uint32_t user, const struct cgn_server *s, uint32_t *index)
{
	struct cgn_address *a = w->snap->state[w->conf.index][s->slot];
	enum cgn_class class = cgn_class_of(s->proto);
	uint16_t port = rte_be_to_cpu_16(s->outside_port);

	if (!cgn_port_reserve(a, class, port))
		return CGN_DROP_NO_PORT;
	*index = cgn_slots_take(&w->mappings);
	if (*index != CGN_NONE) {
		struct cgn_mapping *m = cgn_mapping_at(w, *index);

		fix_fill(w, m, user, s);
		if (mapping_publish(w, *index)) {
			cgn_user_at(w, user)->ports[class]++;
			cgn_user_at(w, user)->mappings++;
			w->stats.event[CGN_EVENT_MAPPING_ADD]++;
			return CGN_DROP_REASONS;
		}
		m->proto = 0;
		cgn_slots_give(&w->mappings, *index);
	}
	cgn_port_unreserve(a, class, port);
	return CGN_DROP_SESSIONS_FULL;
}

static void
set_deltas(struct cgn_session *s)
{
	uint16_t port = cgn_delta16(s->inside_port, s->outside_port);

	s->delta3 = cgn_delta32(s->inside, s->outside);
	s->delta4 = s->proto == CGN_IPPROTO_ICMP ? port : cgn_delta_add(s->delta3, port);
}

static void
session_fill(struct cgn_worker *w, struct cgn_session *s, const struct cgn_flow *f,
	uint32_t mapping)
{
	const struct cgn_mapping *m = cgn_mapping_at(w, mapping);
	const struct cgn_user *u = cgn_user_at(w, f->user);

	*s = (struct cgn_session){ .mapping = mapping,
		.inside = m->inside,
		.outside = m->outside,
		.remote = f->remote,
		.inside_port = m->inside_port,
		.outside_port = m->outside_port,
		.remote_port = f->remote_port,
		.proto = f->proto,
		.state = f->state,
		.user = f->user,
		.seen = w->now,
		.created = w->now,
		.instance = u->instance,
		.location = (uint8_t)u->location,
		.from = f->from & 1 };
	s->kind = u->kind & 3u;
	set_deltas(s);
}

/* Without ports two users of one address may want the same key; the first keeps it. */
static enum cgn_drop
session_publish(struct cgn_worker *w, const struct cgn_session *s,
	const union cgn_key key[2], uint32_t index)
{
	if (cgn_class_of(s->proto) == CGN_OTHER &&
		cgn_table_find(w->down, &key[1]) != CGN_NONE)
		return CGN_DROP_PROTOCOL_BUSY;
	return add_both(w, w->up, w->down, key, index) ? CGN_DROP_REASONS
						       : CGN_DROP_SESSIONS_FULL;
}

/* A mapping has a session. Where its port is of no block, that is what is reported. */
static void
tell_single(struct cgn_worker *w, struct cgn_mapping *m)
{
	if (m->server || m->reported || m->block != CGN_NONE ||
		cgn_class_of(m->proto) == CGN_OTHER)
		return;
	m->reported = true;
	cgn_journal_mapping(w, CGN_RECORD_MAPPING_ADD, m);
}

static enum cgn_drop
session_new(
	struct cgn_worker *w, const struct cgn_flow *f, uint32_t mapping, uint32_t *index)
{
	struct cgn_mapping *m = cgn_mapping_at(w, mapping);
	struct cgn_user *u = cgn_user_at(w, f->user);
	struct cgn_session *s;
	union cgn_key key[2];
	enum cgn_drop why;

	*index = cgn_slots_take(&w->sessions);
	if (*index == CGN_NONE)
		return CGN_DROP_SESSIONS_FULL;
	s = cgn_session_at(w, *index);
	session_fill(w, s, f, mapping);
	cgn_session_key(w, s, CGN_UP, &key[0]);
	cgn_session_key(w, s, CGN_DOWN, &key[1]);
	why = session_publish(w, s, key, *index);
	if (why != CGN_DROP_REASONS) {
		s->state = CGN_STATE_FREE;
		cgn_slots_give(&w->sessions, *index);
		return why;
	}
	m->sessions++;
	if (!m->server && m->block != CGN_NONE)
		cgn_block_at(w, m->block)->served = true;
	u->sessions[cgn_class_of(f->proto)]++;
	u->reverse[cgn_class_of(f->proto)] += f->from == CGN_DOWN;
	w->location[u->location].sessions++;
	return CGN_DROP_REASONS;
}

enum cgn_drop
cgn_session_add(
	struct cgn_worker *w, const struct cgn_flow *f, uint32_t mapping, uint32_t *index)
{
	enum cgn_drop why = session_new(w, f, mapping, index);
	struct cgn_session *s;

	if (why != CGN_DROP_REASONS)
		return why;
	s = cgn_session_at(w, *index);
	tell_single(w, cgn_mapping_at(w, mapping));
	w->instance[s->instance].sessions++;
	w->stats.event[CGN_EVENT_SESSION_ADD]++;
	if (w->snap->instance[s->instance].alg_ftp)
		cgn_alg_open(w, s);
	cgn_journal_session(w, CGN_RECORD_SESSION_ADD, s);
	cgn_sync_session(w, s);
	return why;
}

enum cgn_drop
cgn_session_copy(
	struct cgn_worker *w, const struct cgn_flow *f, uint32_t mapping, uint32_t *index)
{
	enum cgn_drop why = session_new(w, f, mapping, index);

	struct cgn_session *s;

	if (why != CGN_DROP_REASONS)
		return why;
	s = cgn_session_at(w, *index);
	s->told_state = CGN_TOLD_COPY;
	if (w->snap->instance[s->instance].alg_ftp)
		cgn_alg_open(w, s);
	return why;
}

void
cgn_session_del(struct cgn_worker *w, uint32_t index)
{
	struct cgn_session *s = cgn_session_at(w, index);
	struct cgn_user *u = cgn_user_at(w, s->user);
	uint32_t mapping = s->mapping;
	union cgn_key key[2];

	if (s->alg)
		cgn_alg_close(w, s);
	cgn_session_key(w, s, CGN_UP, &key[0]);
	cgn_session_key(w, s, CGN_DOWN, &key[1]);
	cgn_table_del(w->up, &key[0], index);
	cgn_table_del(w->down, &key[1], index);
	u->sessions[cgn_class_of(s->proto)]--;
	u->reverse[cgn_class_of(s->proto)] -= s->from == CGN_DOWN;
	if (s->told_state != CGN_TOLD_COPY)
		w->instance[s->instance].sessions--;
	w->location[s->location].sessions--;
	cgn_count(w, CGN_EVENT_SESSION_DEL);
	cgn_sync_session_gone(w, s);
	cgn_journal_session(w, CGN_RECORD_SESSION_DEL, s);
	cgn_mapping_at(w, mapping)->sessions--;
	s->state = CGN_STATE_FREE;
	cgn_slots_give(&w->sessions, index);
	cgn_mapping_release(w, mapping);
}
