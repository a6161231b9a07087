/* SPDX-License-Identifier: BSD-3-Clause
 *
 * First packets: the slow half of the path. Up, a packet may open a session when its user
 * is within its limits; down, only when somebody holds the port and filters nothing
 * (endpoint-independent filtering, RFC 4787 REQ-8), and TCP only by a SYN. Resources that
 * run out end the packet by name and never somebody else's session (RFC 6888 REQ-11D). */
#include <rte_fib.h>
#include <rte_tcp.h>

#include "dataplane/ahead.h"
#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/held.h"
#include "dataplane/journal.h"
#include "dataplane/pipeline.h"
#include "dataplane/stale.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

/* State after the first packet; CGN_STATE_FREE: it may not be the first. */
static uint8_t
first_state(const struct cgn_pkt *p, enum cgn_dir dir)
{
	if (p->proto != CGN_IPPROTO_TCP)
		return CGN_STATE_OPEN;
	return cgn_tcp_next(CGN_STATE_FREE, dir, p->tcp_flags);
}

/* Limits come before anything is taken. */
static enum cgn_drop
admit(const struct cgn_burst *b, const struct cgn_flow *f)
{
	return cgn_user_admit(
		b->w, cgn_user_at(b->w, f->user), cgn_class_of(f->proto), f->from);
}

static uint32_t
shared_mapping(const struct cgn_burst *b, uint64_t i, const struct cgn_flow *f)
{
	uint16_t instance = b->p[i].instance;

	return b->snap->instance[instance].eim ? cgn_mapping_find(b->w, instance, f)
					       : CGN_NONE;
}

/* With a user in hand: mapping and session; a new mapping that gets none goes again. */
static enum cgn_drop
open_for_user(struct cgn_burst *b, uint64_t i, const struct cgn_flow *f)
{
	enum cgn_drop why = admit(b, f);
	uint32_t mapping;

	if (why != CGN_DROP_REASONS)
		return why;
	mapping = shared_mapping(b, i, f);
	if (mapping != CGN_NONE)
		return cgn_session_add(b->w, f, mapping, &b->p[i].session);
	why = cgn_mapping_add(b->w, f, &mapping);
	if (why != CGN_DROP_REASONS)
		return why;
	why = cgn_session_add(b->w, f, mapping, &b->p[i].session);
	if (why != CGN_DROP_REASONS)
		cgn_mapping_release(b->w, mapping);
	return why;
}

/* A prefix identifies the user, but answers go to one B4: the one heard last. */
static void
heard(struct cgn_worker *w, uint32_t user, const struct cgn_who *who)
{
	uint8_t *b4 = w->user_end[user].b4;

	if (cgn_user_at(w, user)->kind != CGN_DS_LITE ||
		memcmp(b4, who->b4, sizeof(who->b4)) == 0)
		return;
	memcpy(b4, who->b4, sizeof(who->b4));
	cgn_sync_user_moved(w, user);
}

/* Would the translated packet come back, where the instance does not want it? */
static bool
turns_back(const struct cgn_burst *b, const struct cgn_pkt *p)
{
	const struct cgn_instance *inst = &b->snap->instance[p->instance];
	uint32_t dst = rte_be_to_cpu_32(p->flow.remote);
	uint64_t nh = 0;

	if (inst->hairpin || !b->snap->vpn[inst->vpn_out].fib4)
		return false;
	rte_fib_lookup_bulk(b->snap->vpn[inst->vpn_out].fib4, &dst, &nh, 1);
	return b->snap->nexthop[nh].kind == CGN_NH_POOL;
}

static enum cgn_drop
open_up(struct cgn_burst *b, uint64_t i, uint32_t draw)
{
	struct cgn_pkt *p = &b->p[i];
	bool fresh = false;
	struct cgn_flow f = {
		.inside = p->flow.local,
		.inside_port = p->flow.local_port,
		.remote = p->flow.remote,
		.remote_port = p->flow.remote_port,
		.proto = p->proto,
		.state = first_state(p, CGN_UP),
		.draw = draw,
		.from = CGN_UP,
	};
	struct cgn_who who;
	enum cgn_drop why;

	if (!b->snap->license[b->w->conf.index].kind[b->snap->instance[p->instance].kind])
		return CGN_DROP_LICENSE;
	if (f.state == CGN_STATE_FREE)
		return CGN_DROP_TCP_NO_SYN;
	if (turns_back(b, p))
		return CGN_DROP_HAIRPIN;
	cgn_who_up(b, i, &who);
	f.user = cgn_user_find(b->w, &who);
	if (f.user == CGN_NONE) {
		why = cgn_user_add(b->w, &who, &f.user);
		if (why != CGN_DROP_REASONS)
			return why;
		fresh = true;
	}
	if (b->snap->settling && cgn_stale_user(b->w, cgn_user_at(b->w, f.user)))
		return CGN_DROP_MOVING;
	p->user = f.user;
	heard(b->w, f.user, &who);
	why = open_for_user(b, i, &f);
	/* a mapping that was undone has taken a fresh user along */
	if (why != CGN_DROP_REASONS && fresh && cgn_user_at(b->w, f.user)->live)
		cgn_user_del(b->w, f.user);
	return why;
}

/* A mapping of one destination, or of a server, may share its inside port with others: of
 * two with the same peer, one session would hide the other from the way up. */
static bool
peer_taken(const struct cgn_burst *b, uint64_t i, const struct cgn_mapping *m)
{
	const struct cgn_pkt *p = &b->p[i];
	union cgn_key key = {
		.owner = cgn_inside_owner(b->w, m->instance, p->proto, m->user),
		.local = m->inside,
		.local_port = m->inside_port,
		.remote = p->flow.remote,
		.remote_port = p->flow.remote_port,
	};

	return !m->shared && cgn_table_find(b->w->up, &key) != CGN_NONE;
}

/* A server that is not configured any more serves those that are connected. While the
 * list is worked off, as after a take-over, nobody knows. */
static bool
is_withdrawn(const struct cgn_worker *w, const struct cgn_mapping *m)
{
	return !m->fixed && w->fixed.generation == w->snap->generation;
}

static enum cgn_drop
open_down(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	union cgn_key key = { .owner = cgn_owner_scope(
				      p->proto, b->snap->address[p->slot].vpn),
		.local = p->flow.local,
		.local_port = p->flow.local_port };
	uint32_t mapping = cgn_table_find(b->w->map_down, &key);
	const struct cgn_mapping *m;
	uint16_t expected;
	struct cgn_flow f;
	enum cgn_drop why;

	if (mapping == CGN_NONE)
		return CGN_DROP_NO_MAPPING;
	m = cgn_mapping_at(b->w, mapping);
	if (b->snap->settling && cgn_stale_user(b->w, cgn_user_at(b->w, m->user)))
		return CGN_DROP_MOVING;
	p->user = m->user;
	expected = cgn_expect_find(b->w, mapping, p->flow.remote);
	if (m->server ? is_withdrawn(b->w, m)
		      : !expected && !b->snap->instance[m->instance].eif)
		return CGN_DROP_FILTERED;
	if (peer_taken(b, i, m))
		return CGN_DROP_FILTERED;
	f = (struct cgn_flow){ .user = m->user,
		.remote = p->flow.remote,
		.remote_port = p->flow.remote_port,
		.proto = p->proto,
		.state = first_state(p, CGN_DOWN),
		.from = CGN_DOWN };
	if (f.state == CGN_STATE_FREE)
		return CGN_DROP_TCP_NO_SYN;
	why = admit(b, &f);
	if (why == CGN_DROP_REASONS)
		why = cgn_session_add(b->w, &f, mapping, &p->session);
	if (why == CGN_DROP_REASONS && expected)
		cgn_expect_del(b->w, expected);
	return why;
}

/* What an operator hears of a packet that was refused; CGN_RECORD_TYPES: nothing. */
static enum cgn_record_type
record_of(enum cgn_drop why)
{
	switch (why) {
	case CGN_DROP_NO_ADDRESS:
		return CGN_RECORD_NO_ADDRESS;
	case CGN_DROP_NO_BLOCK:
	case CGN_DROP_NO_PORT:
		return CGN_RECORD_NO_PORT;
	case CGN_DROP_LIMIT_SESSIONS:
		return CGN_RECORD_LIMIT_SESSIONS;
	case CGN_DROP_LIMIT_REVERSE:
		return CGN_RECORD_LIMIT_REVERSE;
	case CGN_DROP_LIMIT_PORTS:
		return CGN_RECORD_LIMIT_PORTS;
	case CGN_DROP_LIMIT_RATE:
		return CGN_RECORD_LIMIT_RATE;
	case CGN_DROP_LIMIT_BOARD_RATE:
		return CGN_RECORD_LIMIT_BOARD;
	case CGN_DROP_USERS_FULL:
		return CGN_RECORD_USERS_FULL;
	case CGN_DROP_SESSIONS_FULL:
		return CGN_RECORD_SESSIONS_FULL;
	default:
		return CGN_RECORD_TYPES;
	}
}

/* Nobody is told, but the sender of a SYN that has waited in vain. */
static void
refuse_quietly(struct cgn_burst *b, uint64_t i, enum cgn_dir dir, enum cgn_drop why)
{
	if (b->p[i].flags & CGN_PKT_HELD)
		cgn_icmp_error(b, i, why, 3, 3, 0);
	else if (dir == CGN_UP || !cgn_held_add(b, i))
		cgn_drop(b, i, why);
}

/* Ends a packet that got no session. When resources have ended the operator hears of it,
 * and the inside sender as well if the instance says so (RFC 6888 REQ-11, RFC 5508
 * REQ-8). */
static void
refuse(struct cgn_burst *b, uint64_t i, enum cgn_dir dir, enum cgn_drop why)
{
	const struct cgn_pkt *p = &b->p[i];
	enum cgn_record_type type = record_of(why);
	const struct cgn_user *u =
		p->user == CGN_NONE ? NULL : cgn_user_at(b->w, p->user);
	uint16_t instance = p->instance;

	if (type == CGN_RECORD_TYPES) {
		refuse_quietly(b, i, dir, why);
		return;
	}
	if (u && !u->live)
		u = NULL;
	if (dir == CGN_DOWN) /* only a user's mapping can have been refused */
		instance = u->instance;
	cgn_journal_refusal(b->w, type, instance, u, p->flow.proto);
	if (dir == CGN_UP && b->snap->instance[instance].refusal)
		cgn_icmp_error(b, i, why, 3, b->snap->instance[instance].refusal, 0);
	else
		cgn_drop(b, i, why);
}

static uint32_t
user_of(const struct cgn_burst *b, uint64_t i)
{
	struct cgn_who who;

	cgn_who_up(b, i, &who);
	return cgn_user_find(b->w, &who);
}

static void
create(struct cgn_burst *b, uint64_t mask, enum cgn_dir dir)
{
	uint32_t draw[CGN_BURST];

	CGN_FOREACH (i, mask)
		cgn_flow_fill(b, i, dir);
	if (dir == CGN_UP)
		cgn_ahead_up(b, mask, draw);
	CGN_FOREACH (i, mask) {
		struct cgn_pkt *p = &b->p[i];
		enum cgn_drop why;

		if (dir == CGN_UP && b->softwire & CGN_BIT(i) && p->user == CGN_NONE)
			p->user = user_of(b, i);
		if (dir == CGN_DOWN || p->user != CGN_NONE || !(b->softwire & CGN_BIT(i)))
			p->session = cgn_flow_find(b, i, dir);
		if (p->session != CGN_NONE)
			continue;
		if (p->flags & CGN_PKT_ICMP_ERROR)
			why = CGN_DROP_ICMP_NO_SESSION;
		else if (p->flags & CGN_PKT_HELD)
			why = CGN_DROP_NO_MAPPING;
		else
			why = dir == CGN_UP ? open_up(b, i, draw[i]) : open_down(b, i);
		if (why != CGN_DROP_REASONS)
			refuse(b, i, dir, why);
	}
}

CGN_CLONES void
cgn_stage_create_up(struct cgn_burst *b)
{
	create(b, b->up & ~b->hit, CGN_UP);
}

CGN_CLONES void
cgn_stage_create_down(struct cgn_burst *b)
{
	create(b, b->down & ~b->hit, CGN_DOWN);
}
