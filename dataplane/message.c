/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages of the control lcore, worked off a few slots at a time between two bursts. A
 * dump copies records into the sender's memory; a clear ends sessions. Entries that come
 * or go while a dump is under way may or may not be in it; none that stays is missed. */
#include "dataplane/create.h"
#include "dataplane/msg.h"
#include "dataplane/stale.h"
#include "dataplane/sync.h"
#include "dataplane/worker.h"

#define SLOTS_PER_STEP 256

static bool
masked(rte_be32_t addr, rte_be32_t want, rte_be32_t mask)
{
	return (addr & mask) == (want & mask);
}

static bool
port_is(rte_be16_t port, rte_be16_t want)
{
	return !want || port == want;
}

static bool
matches_softwire(
	const struct cgn_worker *w, const struct cgn_user *u, const struct cgn_filter *f)
{
	const struct cgn_instance *inst = &w->snap->instance[u->instance];
	unsigned bits = (unsigned)RTE_MIN(f->softwire_len, inst->prefix_length);
	const uint8_t *b4 = cgn_user_end_of(w, u)->b4;
	unsigned whole = bits / 8;

	if (!f->has_softwire)
		return true;
	if (u->kind != CGN_DS_LITE || memcmp(b4, f->softwire, whole) != 0)
		return false;
	return bits % 8 == 0 || ((b4[whole] ^ f->softwire[whole]) >> (8 - bits % 8)) == 0;
}

/* The block of a user that holds a port (host order), or NULL. */
static const struct cgn_block *
block_with(const struct cgn_worker *w, const struct cgn_user *u, uint16_t port)
{
	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(w, k)->next) {
		const struct cgn_block *blk = cgn_block_at(w, k);

		if (port >= blk->first && port - blk->first < blk->size)
			return blk;
	}
	return NULL;
}

/* Copies are the host's to end. */
static bool
matches_role(const struct cgn_worker *w, uint16_t location, uint8_t wanted)
{
	bool active = !(w->role[location] & (CGN_ROLE_STANDBY | CGN_ROLE_FOREIGN));

	return wanted == CGN_ROLES_ANY || active == (wanted == CGN_ROLES_ACTIVE);
}

static bool
matches_user(
	const struct cgn_worker *w, const struct cgn_user *u, const struct cgn_filter *f)
{
	if (f->instance != CGN_NONE && f->instance != u->instance)
		return false;
	if (f->location != CGN_NONE && f->location != u->location)
		return false;
	if (!matches_role(w, u->location, f->role))
		return false;
	if (!matches_softwire(w, u, f))
		return false;
	if (f->outside_port && !block_with(w, u, rte_be_to_cpu_16(f->outside_port)))
		return false;
	return masked(u->inside, f->inside, f->inside_mask) &&
	       masked(w->snap->address[u->address].addr, f->outside, f->outside_mask);
}

static bool
matches_session(const struct cgn_worker *w, const struct cgn_session *s,
	const struct cgn_filter *f)
{
	if (s->state == CGN_STATE_FREE || (f->proto && f->proto != s->proto))
		return false;
	if (f->instance != CGN_NONE && f->instance != s->instance)
		return false;
	if (f->location != CGN_NONE && f->location != s->location)
		return false;
	if (!matches_role(w, s->location, f->role))
		return false;
	if (f->has_softwire && !matches_softwire(w, cgn_user_at(w, s->user), f))
		return false;
	return masked(s->inside, f->inside, f->inside_mask) &&
	       masked(s->outside, f->outside, f->outside_mask) &&
	       masked(s->remote, f->remote, f->remote_mask) &&
	       port_is(s->inside_port, f->inside_port) &&
	       port_is(s->outside_port, f->outside_port) &&
	       port_is(s->remote_port, f->remote_port);
}

static void
view_session(const struct cgn_worker *w, uint32_t i, struct cgn_session_view *v)
{
	const struct cgn_session *s = cgn_session_at(w, i);
	cgn_tick timer =
		w->snap->instance[s->instance].timer[cgn_state_timer(s->state, s->proto)];
	cgn_tick idle = cgn_tick_age(w->now, s->seen);

	v->s = *s;
	memset(v->softwire, 0, sizeof(v->softwire));
	if (s->kind == CGN_DS_LITE)
		memcpy(v->softwire, w->user_end[s->user].b4, 16);
	v->age = cgn_tick_age(w->now, s->created);
	v->ttl = timer > idle ? timer - idle : 0;
	v->worker = w->conf.index;
	v->count = cgn_session_counts(w, i);
}

static struct cgn_block_view
view_block(const struct cgn_worker *w, const struct cgn_block *blk)
{
	return (struct cgn_block_view){ .first = blk->first,
		.last = (uint16_t)(blk->first + blk->size - 1),
		.age = cgn_tick_age(w->now, blk->given) };
}

static void
view_user(const struct cgn_worker *w, uint32_t i, const struct cgn_filter *f,
	struct cgn_user_view *v)
{
	const struct cgn_user *u = cgn_user_at(w, i);

	v->u = *u;
	memcpy(v->softwire, w->user_end[i].b4, sizeof(v->softwire));
	v->age = cgn_tick_age(w->now, u->created);
	v->outside = w->snap->address[u->address].addr;
	v->worker = w->conf.index;
	v->n_blocks = 0;
	for (uint32_t k = u->block; k != CGN_NONE && v->n_blocks < CGN_VIEW_BLOCKS;) {
		const struct cgn_block *blk = cgn_block_at(w, k);

		v->block[v->n_blocks++] = view_block(w, blk);
		k = blk->next;
	}
	memset(&v->held, 0, sizeof(v->held));
	if (f->outside_port)
		v->held = view_block(
			w, block_with(w, u, rte_be_to_cpu_16(f->outside_port)));
}

/* One slot of the message's table: true when a record was written or an entry cleared. */
static bool
visit(struct cgn_worker *w, struct cgn_msg *msg, uint32_t i)
{
	const struct cgn_user *u;
	const struct cgn_address *a;

	switch (msg->op) {
	case CGN_MSG_SESSIONS:
		if (!matches_session(w, cgn_session_at(w, i), &msg->filter))
			return false;
		view_session(w, i, (struct cgn_session_view *)msg->out + msg->n);
		return true;
	case CGN_MSG_USERS:
		u = cgn_user_at(w, i);
		if (!u->live || !matches_user(w, u, &msg->filter))
			return false;
		view_user(w, i, &msg->filter, (struct cgn_user_view *)msg->out + msg->n);
		return true;
	case CGN_MSG_ADDRESSES:
		a = w->snap->state[w->conf.index] ? w->snap->state[w->conf.index][i]
						  : NULL;
		if (!a || w->snap->address[i].location >= w->snap->n_locations ||
			!matches_role(w, w->snap->address[i].location, CGN_ROLES_ACTIVE))
			return false;
		((struct cgn_address_view *)msg->out)[msg->n] =
			(struct cgn_address_view){ .slot = i,
				.users = a->users,
				.ports_blocked = CGN_PORT_COUNT - a->free,
				.ports_quarantined = a->quarantined,
				.blocks = a->blocks };
		return true;
	case CGN_MSG_CLEAR_SESSIONS:
		if (!matches_session(w, cgn_session_at(w, i), &msg->filter))
			return false;
		cgn_session_del(w, i);
		return true;
	case CGN_MSG_CLEAR_USERS:
		if (cgn_session_at(w, i)->state == CGN_STATE_FREE ||
			!matches_user(w, cgn_user_at(w, cgn_session_at(w, i)->user),
				&msg->filter))
			return false;
		cgn_session_del(w, i);
		return true;
	case CGN_MSG_STALE_SESSIONS:
		return cgn_stale_end_session(w, i);
	case CGN_MSG_STALE_USERS:
		return cgn_stale_end_user(w, i);
	}
	return false;
}

static uint32_t
slots_of(const struct cgn_worker *w, uint8_t op)
{
	if (op == CGN_MSG_USERS || op == CGN_MSG_STALE_USERS)
		return w->users.top;
	return op == CGN_MSG_ADDRESSES ? w->snap->n_addresses : w->sessions.top;
}

bool
cgn_worker_message(struct cgn_worker *w, struct cgn_msg *msg)
{
	if (w->msg)
		return false;
	msg->n = 0;
	msg->end = false;
	w->msg = msg;
	return true;
}

void
cgn_msg_step(struct cgn_worker *w)
{
	struct cgn_msg *msg = w->msg;
	uint32_t top, stop;
	uint64_t gone = w->stats.event[CGN_EVENT_USER_DEL];

	if (!msg)
		return;
	top = slots_of(w, msg->op);
	stop = RTE_MIN(top, msg->cursor + SLOTS_PER_STEP);
	while (msg->cursor < stop && msg->n < msg->max) {
		bool hit = visit(w, msg, msg->cursor++);

		if (msg->op == CGN_MSG_CLEAR_USERS)
			msg->n += (uint32_t)(w->stats.event[CGN_EVENT_USER_DEL] - gone);
		else
			msg->n += hit;
		gone = w->stats.event[CGN_EVENT_USER_DEL];
	}
	msg->end = msg->cursor >= top;
	if (msg->end || msg->n == msg->max) {
		w->msg = NULL;
		__atomic_store_n(&msg->done, 1, __ATOMIC_RELEASE);
	}
}
