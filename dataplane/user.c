/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A user comes into being with its first packet and goes with its last mapping. All its
 * mappings have one public address (paired pooling, RFC 4787 REQ-2, RFC 6888 REQ-2). The
 * address is looked for among those of the user's location, from a random one on, so that
 * users spread; when none has room the pool's overload pool is asked. Or a rule says
 * address and block (mode deterministic). Limits are checked before anything is taken. */
#include "dataplane/block.h"
#include "dataplane/single.h"
#include "dataplane/steer.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

#define OVERLOADS_MAX 4 /* pools that are asked one after the other */
#define SCATTERED_MAX 8 /* addresses that are searched in vain */

void
cgn_who_up(const struct cgn_burst *b, uint64_t i, struct cgn_who *who)
{
	const struct cgn_pkt *p = &b->p[i];

	who->instance = p->instance;
	who->location = p->location;
	who->inside = p->src;
	who->slot = CGN_NONE;
	if (b->softwire & CGN_BIT(i)) {
		who->scope = p->scope;
		memcpy(who->b4, b->b4[i], sizeof(who->b4));
	}
}

static void
key_of(const struct cgn_worker *w, const struct cgn_who *who, union cgn_key *key)
{
	const struct cgn_instance *inst = &w->snap->instance[who->instance];

	if (inst->kind == CGN_DS_LITE)
		cgn_user_key6(key, who->b4, inst->prefix_length, who->scope);
	else
		cgn_user_key4(key, who->inside, who->instance);
}

void
cgn_user_key(const void *owner, uint32_t index, union cgn_key *key)
{
	const struct cgn_worker *w = owner;

	*key = w->user_end[index].key;
}

uint32_t
cgn_user_find(const struct cgn_worker *w, const struct cgn_who *who)
{
	union cgn_key key;

	key_of(w, who, &key);
	return cgn_table_find(w->user_by_key, &key);
}

/* May one more user live at this address? */
static bool
has_room(const struct cgn_worker *w, uint32_t slot, const struct cgn_instance *inst)
{
	const struct cgn_address *a = w->snap->state[w->conf.index][slot];
	uint32_t ports = inst->port_mode == CGN_MODE_SINGLE ? 1 : inst->block_size;

	return !w->snap->address[slot].locked && a->free >= ports &&
	       (!inst->users_per_address || a->users < inst->users_per_address);
}

static void
fill(const struct cgn_worker *w, const struct cgn_who *who, uint32_t user, uint32_t slot)
{
	const struct cgn_instance *inst = &w->snap->instance[who->instance];
	struct cgn_user_end *end = &w->user_end[user];
	struct cgn_user *u = cgn_user_at(w, user);

	memset(u, 0, sizeof(*u));
	u->block = CGN_NONE;
	u->instance = who->instance;
	u->location = who->location;
	u->address = slot;
	u->kind = inst->kind;
	u->live = true;
	u->created = u->refilled = w->now;
	u->tokens = inst->create_rate * CGN_TICKS_PER_S;
	u->port_mode = inst->port_mode;
	u->block_size = inst->block_size;
	u->extended_size = inst->extended_size;
	u->extended_times = (uint8_t)inst->extended_times;
	key_of(w, who, &end->key);
	w->user_mtu[user] = UINT16_MAX;
	memset(end->b4, 0, sizeof(end->b4));
	if (inst->kind == CGN_DS_LITE)
		memcpy(end->b4, who->b4, sizeof(end->b4));
	else
		u->inside = who->inside;
}

static bool
settle_at(struct cgn_worker *w, const struct cgn_who *who, uint32_t user, uint32_t slot)
{
	struct cgn_user *u = cgn_user_at(w, user);

	fill(w, who, user, slot);
	if (u->port_mode == CGN_MODE_SINGLE)
		return !w->snap->address[slot].locked;
	return cgn_block_take(w, user, u->block_size) == CGN_DROP_REASONS;
}

/* An address of the location's share of the pool, and a block of it (mode single: none).
 * What is free of an address may be too scattered for the size: then the next address. */
static bool
settle_in(struct cgn_worker *w, const struct cgn_who *who, uint32_t user, uint16_t pool)
{
	const struct cgn_snapshot *snap = w->snap;
	const struct cgn_share *share =
		&snap->share[who->location * snap->n_pools + pool];
	uint32_t at = share->n ? (uint32_t)(cgn_random(w) % share->n) : 0;
	unsigned tries = SCATTERED_MAX;

	for (uint32_t k = 0; k < share->n && tries; k++) {
		uint32_t slot = share->slot[at];

		at = at + 1 < share->n ? at + 1 : 0;
		if (!has_room(w, slot, &snap->instance[who->instance]))
			continue;
		if (settle_at(w, who, user, slot))
			return true;
		tries--;
	}
	return false;
}

/* The address and the block that the rule says, or none. */
static enum cgn_drop
settle_by_rule(struct cgn_worker *w, const struct cgn_who *who, uint32_t user)
{
	struct cgn_place place;

	if (!cgn_rule_find(w->snap, who->instance, who->inside, who->b4, &place))
		return CGN_DROP_ACL;
	if (who->slot != CGN_NONE && who->slot != place.slot)
		return CGN_DROP_NO_ADDRESS;
	fill(w, who, user, place.slot);
	return cgn_block_take_at(w, user, place.first);
}

static enum cgn_drop
settle(struct cgn_worker *w, const struct cgn_who *who, uint32_t user, uint16_t pool)
{
	unsigned tries = OVERLOADS_MAX;

	if (w->snap->instance[who->instance].port_mode == CGN_MODE_DETERMINISTIC)
		return settle_by_rule(w, who, user);
	if (who->slot != CGN_NONE)
		return settle_at(w, who, user, who->slot) ? CGN_DROP_REASONS
							  : CGN_DROP_NO_ADDRESS;
	for (; pool != CGN_NONE16 && tries--; pool = w->snap->pool[pool].overload)
		if (settle_in(w, who, user, pool))
			return CGN_DROP_REASONS;
	return CGN_DROP_NO_ADDRESS;
}

/* A new user among its like: at its address, and found by its key. */
static enum cgn_drop
enter(struct cgn_worker *w, uint32_t user)
{
	const struct cgn_user *u = cgn_user_at(w, user);

	w->snap->state[w->conf.index][u->address]->users++;
	w->location[u->location].users++;
	if (cgn_table_add(w->user_by_key, &w->user_end[user].key, user) == 0)
		return CGN_DROP_REASONS;
	w->stats.event[CGN_EVENT_TABLE_FULL]++;
	cgn_user_del(w, user);
	return CGN_DROP_USERS_FULL;
}

enum cgn_drop
cgn_user_add(struct cgn_worker *w, const struct cgn_who *who, uint32_t *user)
{
	uint16_t pool = who->slot == CGN_NONE
				? cgn_instance_pool(w->snap, who->instance, who->inside)
				: w->snap->address[who->slot].pool;
	enum cgn_drop why;
	struct cgn_user *u;

	if (pool == CGN_NONE16)
		return CGN_DROP_ACL;
	if (cgn_slots_full(&w->users))
		return CGN_DROP_USERS_FULL;
	*user = cgn_slots_take(&w->users);
	why = settle(w, who, *user, pool);
	if (why != CGN_DROP_REASONS) {
		cgn_user_at(w, *user)->live = false;
		cgn_slots_give(&w->users, *user);
		return why;
	}
	u = cgn_user_at(w, *user);
	w->instance[u->instance].users++;
	w->stats.event[CGN_EVENT_USER_ADD]++;
	why = enter(w, *user);
	if (why == CGN_DROP_REASONS)
		cgn_sync_user(w, *user);
	return why;
}

enum cgn_drop
cgn_user_copy(struct cgn_worker *w, const struct cgn_who *who, uint32_t *user)
{
	if (cgn_slots_full(&w->users))
		return CGN_DROP_USERS_FULL;
	*user = cgn_slots_take(&w->users);
	fill(w, who, *user, who->slot);
	cgn_user_at(w, *user)->told_state = CGN_TOLD_COPY;
	return enter(w, *user);
}

void
cgn_user_del(struct cgn_worker *w, uint32_t user)
{
	struct cgn_user *u = cgn_user_at(w, user);

	cgn_table_del(w->user_by_key, &w->user_end[user].key, user);
	cgn_block_give_all(w, u);
	w->snap->state[w->conf.index][u->address]->users--;
	cgn_sync_user_gone(w, u);
	if (u->told_state != CGN_TOLD_COPY)
		w->instance[u->instance].users--;
	w->location[u->location].users--;
	u->live = false;
	cgn_slots_give(&w->users, user);
	cgn_count(w, CGN_EVENT_USER_DEL);
}

/* A session costs TOKENS, and a tick gives `rate` of them, so that nothing is rounded
 * away (rate: 1..100000000). The bucket holds a second's worth. */
#define TOKENS CGN_TICKS_PER_S

static bool
refill(uint32_t *tokens, cgn_tick *refilled, uint32_t rate, cgn_tick now)
{
	cgn_tick age = RTE_MIN(cgn_tick_age(now, *refilled), (cgn_tick)CGN_TICKS_PER_S);

	*tokens = (uint32_t)RTE_MIN(
		(uint64_t)rate * TOKENS, *tokens + (uint64_t)rate * age);
	*refilled = now;
	return *tokens >= TOKENS;
}

/* Takes from both buckets or from none. The user's is asked first, so that one who is too
 * fast costs others nothing. */
static enum cgn_drop
take_rates(struct cgn_worker *w, struct cgn_user *u)
{
	uint32_t rate = w->snap->instance[u->instance].create_rate;
	uint32_t board = w->snap->license[w->conf.index].create_rate;

	if (rate && !refill(&u->tokens, &u->refilled, rate, w->now)) {
		u->discards[CGN_DISCARD_RATE]++;
		return CGN_DROP_LIMIT_RATE;
	}
	if (board && !refill(&w->tokens, &w->refilled, board, w->now))
		return CGN_DROP_LIMIT_BOARD_RATE;
	u->tokens -= rate ? TOKENS : 0;
	w->tokens -= board ? TOKENS : 0;
	return CGN_DROP_REASONS;
}

static uint32_t
sum(const uint32_t of[CGN_SESSION_CLASSES])
{
	return of[CGN_TCP] + of[CGN_UDP] + of[CGN_ICMP] + of[CGN_OTHER];
}

/* Protocols other than TCP, UDP and ICMP have the limits of all together. */
static bool
sessions_allow(
	const struct cgn_instance *inst, const struct cgn_user *u, enum cgn_class class)
{
	return sum(u->sessions) < inst->max_sessions &&
	       (class >= CGN_CLASSES || u->sessions[class] < inst->max_class[class]);
}

static bool
reverse_allows(
	const struct cgn_instance *inst, const struct cgn_user *u, enum cgn_class class)
{
	return sum(u->reverse) < inst->max_reverse &&
	       (class >= CGN_CLASSES ||
		       u->reverse[class] < inst->max_reverse_class[class]);
}

enum cgn_drop
cgn_user_admit(
	struct cgn_worker *w, struct cgn_user *u, enum cgn_class class, enum cgn_dir from)
{
	const struct cgn_instance *inst = &w->snap->instance[u->instance];

	if (!sessions_allow(inst, u, class)) {
		u->discards[CGN_DISCARD_SESSIONS]++;
		return CGN_DROP_LIMIT_SESSIONS;
	}
	if (from == CGN_DOWN && !reverse_allows(inst, u, class)) {
		u->discards[CGN_DISCARD_REVERSE]++;
		return CGN_DROP_LIMIT_REVERSE;
	}
	return take_rates(w, u);
}

/* Size of the next block that the mode grants; 0: no more. */
static uint16_t
next_block(const struct cgn_user *u)
{
	switch (u->port_mode) {
	case CGN_MODE_DYNAMIC:
		return u->block_size;
	case CGN_MODE_SEMI_DYNAMIC:
		return u->extended < u->extended_times ? u->extended_size : 0;
	}
	return 0;
}

static uint16_t
take_single(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	uint32_t *block, enum cgn_drop *why)
{
	uint16_t port = cgn_single_take(w, u->address, class);

	*block = CGN_NONE;
	if (!port) {
		*why = CGN_DROP_NO_PORT;
		u->discards[CGN_DISCARD_PORTS]++;
	}
	return port;
}

uint16_t
cgn_user_port(struct cgn_worker *w, uint32_t user, enum cgn_class class, uint32_t draw,
	uint32_t *block, enum cgn_drop *why)
{
	struct cgn_user *u = cgn_user_at(w, user);
	const struct cgn_instance *inst = &w->snap->instance[u->instance];
	uint16_t port, size;

	*why = CGN_DROP_LIMIT_PORTS;
	if (u->ports[class] < inst->max_ports[class]) {
		if (u->port_mode == CGN_MODE_SINGLE)
			return take_single(w, u, class, block, why);
		port = cgn_port_take(w, u, class, draw, block);
		if (port)
			return port;
		size = next_block(u);
		*why = size ? cgn_block_take(w, user, size) : CGN_DROP_NO_PORT;
		if (*why == CGN_DROP_REASONS) {
			u->extended++;
			return cgn_port_take(w, u, class, draw, block);
		}
	}
	u->discards[CGN_DISCARD_PORTS]++;
	return 0;
}
