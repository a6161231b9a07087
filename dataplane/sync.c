/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replication: who is what to a location, and what both ends have in common.
 *
 * A snapshot says which worker hosts a location and which holds its copy; from that each
 * worker learns its roles (cgn_sync_tick). The host's half is in sync_send.c, the
 * standby's in sync_apply.c. Both keep, for each range of a location's users, the sum of
 * the hashes of the objects that the other end knows. Sums change with the objects, so
 * comparing copies costs no walk.
 *
 * An object carries in `told` the era in which it was last sent or received. A new era
 * thus forgets all of them at once: nothing is in the sums any more, and the sweep finds
 * objects of an older one to be unknown. A change of roles begins a new era, and so does
 * a full copy.
 *
 * Take-over: a copy is made of the same users, blocks, mappings and sessions in the same
 * tables as live traffic, so that the first packet finds them. The sweep makes them live
 * one after the other: counted, and with at least a share of their timeout left.
 *
 * Everything is the owner's, but for asking and counters. */
#include "dataplane/sync.h"

#include <errno.h>

#include <rte_malloc.h>
#include <rte_ring_elem.h>

#define RECORDS_PER_TICK 64
#define RECORDS_AT_ONCE	 8192	     /* before roles change: more than a ring holds */
#define FIRST_STAMP	 0xfffffe00u /* so that it soon wraps */

static size_t
ranges_for(uint32_t sessions)
{
	return sessions ? (size_t)CGN_MAX_LOCATIONS * CGN_SYNC_RANGES : 1;
}

uint64_t
cgn_sync_bytes(uint32_t sessions)
{
	const struct cgn_sync *sync = NULL;

	return sizeof(*sync) + ranges_for(sessions) * sizeof(*sync->range);
}

int
cgn_sync_init(struct cgn_worker *w)
{
	size_t n = ranges_for(w->conf.sessions);
	struct cgn_sync *sync = rte_zmalloc_socket(
		"cgn-sync", sizeof(*sync), RTE_CACHE_LINE_SIZE, w->conf.socket);

	w->sync = sync;
	if (!sync)
		return -ENOMEM;
	sync->range = rte_malloc_socket("cgn-sync-ranges", n * sizeof(*sync->range),
		RTE_CACHE_LINE_SIZE, w->conf.socket);
	if (!sync->range)
		return -ENOMEM;
	for (uint16_t l = 0; l < CGN_MAX_LOCATIONS; l++) {
		sync->location[l].range =
			w->conf.sessions ? sync->range + (size_t)l * CGN_SYNC_RANGES
					 : NULL;
		sync->location[l].era = 1;
	}
	return 0;
}

void
cgn_sync_fini(struct cgn_worker *w)
{
	if (w->sync)
		rte_free(w->sync->range);
	rte_free(w->sync);
	w->sync = NULL;
}

void
cgn_sync_reset(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;

	sync->generation = 0;
	sync->held = sync->held_at = 0;
	sync->peers = 0;
	sync->n_busy = 0;
	sync->user_next = 0;
	sync->quiet = false;
	memset(w->role, 0, sizeof(w->role));
	for (uint16_t l = 0; l < CGN_MAX_LOCATIONS; l++) {
		sync->location[l] =
			(struct cgn_sync_location){ .count = sync->location[l].count,
				.range = sync->location[l].range,
				.era = 1 };
	}
}

void
cgn_count(struct cgn_worker *w, enum cgn_event_id event)
{
	w->stats.event[event] += !w->sync->quiet;
}

/* ---- objects as records ---- */

void
cgn_sync_who(const struct cgn_worker *w, const struct cgn_user *u, uint8_t who[16])
{
	unsigned len = w->snap->instance[u->instance].prefix_length;
	const uint8_t *b4 = cgn_user_end_of(w, u)->b4;

	memset(who, 0, 16);
	if (u->kind == CGN_NAT44) {
		who[10] = who[11] = 0xff;
		memcpy(who + 12, &u->inside, 4);
		return;
	}
	memcpy(who, b4, len / 8);
	if (len % 8)
		who[len / 8] = (uint8_t)(b4[len / 8] & 0xff << (8 - len % 8));
}

struct cgn_syncrec
cgn_sync_of_anything(const struct cgn_worker *w, const struct cgn_user *u, uint8_t type)
{
	struct cgn_syncrec r = { .type = type,
		.instance = w->snap->instance[u->instance].id,
		.kind = u->kind };

	cgn_sync_who(w, u, r.who);
	return r;
}

struct cgn_syncrec
cgn_sync_of_user(const struct cgn_worker *w, const struct cgn_user *u)
{
	struct cgn_syncrec r = cgn_sync_of_anything(w, u, CGN_SYNCREC_USER);

	r.user.outside = w->snap->address[u->address].addr;
	r.user.age = RTE_MIN(cgn_tick_age(w->now, u->created), (uint32_t)INT32_MAX);
	if (u->kind == CGN_DS_LITE)
		memcpy(r.user.b4, cgn_user_end_of(w, u)->b4, 16);
	r.user.port_mode = u->port_mode;
	r.user.extended_times = u->extended_times;
	r.user.block_size = u->block_size;
	r.user.extended_size = u->extended_size;
	return r;
}

struct cgn_syncrec
cgn_sync_of_block(
	const struct cgn_worker *w, const struct cgn_user *u, const struct cgn_block *b)
{
	struct cgn_syncrec r = cgn_sync_of_anything(w, u, CGN_SYNCREC_BLOCK);

	r.block.first = b->first;
	r.block.size = b->size;
	r.block.served = b->served;
	r.block.age = RTE_MIN(cgn_tick_age(w->now, b->given), (uint32_t)INT32_MAX);
	return r;
}

struct cgn_syncrec
cgn_sync_of_session(
	const struct cgn_worker *w, const struct cgn_session *s, uint8_t state)
{
	struct cgn_syncrec r =
		cgn_sync_of_anything(w, cgn_user_at(w, s->user), CGN_SYNCREC_SESSION);
	const struct cgn_mapping *m = cgn_mapping_at(w, s->mapping);

	r.flow.inside = s->inside;
	r.flow.outside = s->outside;
	r.flow.remote = s->remote;
	r.flow.inside_port = s->inside_port;
	r.flow.outside_port = s->outside_port;
	r.flow.remote_port = s->remote_port;
	r.flow.proto = s->proto;
	r.flow.state = state;
	r.flow.from = s->from;
	r.flow.shared = m->shared && !m->server;
	r.flow.server = m->server;
	r.flow.age = RTE_MIN(cgn_tick_age(w->now, s->created), (uint32_t)INT32_MAX);
	r.flow.idle = RTE_MIN(cgn_tick_age(w->now, s->seen), r.flow.age);
	return r;
}

/* ---- sums ---- */

struct cgn_sync_range *
cgn_sync_range(
	const struct cgn_worker *w, uint16_t location, const uint8_t who[16], unsigned *n)
{
	*n = cgn_syncrec_range(who, w->snap->location[location].seed);
	return &w->sync->location[location].range[*n];
}

static uint64_t
hash_of(const struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	uint8_t wire[CGN_SYNCREC_BYTES];

	cgn_syncrec_encode(r, wire);
	return cgn_syncrec_hash(wire, w->snap->location[location].seed);
}

void
cgn_sync_add(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	unsigned n;

	cgn_sync_range(w, location, r->who, &n)->sum += hash_of(w, location, r);
}

void
cgn_sync_sub(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r)
{
	unsigned n;

	cgn_sync_range(w, location, r->who, &n)->sum -= hash_of(w, location, r);
}

void
cgn_sync_new_era(struct cgn_sync_location *l)
{
	l->era = l->era == UINT8_MAX ? 1 : (uint8_t)(l->era + 1);
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		l->range[k].sum = 0;
}

/* ---- roles ---- */

static uint8_t
role_of(const struct cgn_worker *w, const struct cgn_location *l)
{
	uint16_t me = w->conf.index;

	if (l->worker == me)
		return l->standby < CGN_MAX_WORKERS && l->standby != me ? CGN_ROLE_HOST
									: 0;
	if (l->standby == me)
		return CGN_ROLE_STANDBY;
	return l->worker == CGN_NONE16 ? 0 : CGN_ROLE_FOREIGN;
}

static uint16_t
peer_of(const struct cgn_location *l, uint8_t role)
{
	return role & CGN_ROLE_HOST ? l->standby : l->worker;
}

static void
begin(struct cgn_worker *w, uint16_t location, uint8_t role)
{
	const struct cgn_location *now = &w->snap->location[location];
	struct cgn_sync_location *l = &w->sync->location[location];
	uint8_t before = w->role[location];

	if (role == CGN_ROLE_HOST || role == 0)
		role |= before & CGN_ROLE_FRESH;
	if (before & CGN_ROLE_STANDBY && now->worker == w->conf.index) {
		role |= CGN_ROLE_FRESH;
		l->taken = true;
		l->taken_at = w->now;
		l->former = l->peer;
		l->former_epoch = l->epoch;
		l->fresh_lap = w->sync->lap + CGN_SYNC_LAPS;
		l->fresh_user_lap = w->sync->user_lap + CGN_SYNC_LAPS;
	}
	l->disowns = role & CGN_ROLE_STANDBY &&
		     (l->disowns || !(before & (CGN_ROLE_STANDBY | CGN_ROLE_FOREIGN)));
	w->role[location] = role;
	cgn_sync_new_era(l);
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		l->range[k].last = l->range[k].round = 0;
	l->epoch = now->epoch;
	l->id = now->id;
	l->peer = peer_of(now, role);
	l->next = l->stamp = l->acked = FIRST_STAMP;
	l->copy = l->digests = 0;
	l->phase = role & CGN_ROLE_HOST ? CGN_SYNC_START : CGN_SYNC_OFF;
	l->finished = l->drained = 0;
	l->lacks = 0;
	l->late = l->ack_due = l->drain = l->failed = l->doubt = l->full_copy = false;
	l->purge = l->differ = (struct cgn_sync_set){ 0 };
}

/* The locations that need a tick's attention, and the workers that may have records. */
static void
list_busy(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;

	sync->n_busy = 0;
	sync->peers = 0;
	for (uint16_t k = 0; k < w->snap->n_locations; k++) {
		if (!w->role[k] && !sync->location[k].taken)
			continue;
		sync->busy[sync->n_busy++] = k;
		if (cgn_sync_on(w, k) && sync->location[k].peer < CGN_MAX_WORKERS)
			sync->peers |= 1ull << sync->location[k].peer;
		if (w->role[k] & CGN_ROLE_FRESH &&
			sync->location[k].former < CGN_MAX_WORKERS)
			sync->peers |= 1ull << sync->location[k].former;
	}
}

static void receive(struct cgn_worker *w, unsigned max);

static void
learn(struct cgn_worker *w)
{
	const struct cgn_snapshot *snap = w->snap;
	struct cgn_sync *sync = w->sync;
	bool first = sync->generation == 0;

	/* what a host that is gone has said still counts */
	if (sync->peers)
		receive(w, RECORDS_AT_ONCE);
	sync->generation = snap->generation;
	for (uint16_t k = 0; k < snap->n_locations && w->conf.sessions; k++) {
		uint8_t role = role_of(w, &snap->location[k]);
		bool same = (w->role[k] & ~CGN_ROLE_FRESH) == role &&
			    sync->location[k].epoch == snap->location[k].epoch &&
			    sync->location[k].peer == peer_of(&snap->location[k], role);

		if (same || (!role && first))
			continue;
		if (w->role[k] & CGN_ROLE_HOST && !sync->location[k].drained &&
			snap->location[k].worker == sync->location[k].peer)
			cgn_sync_farewell(w, k);
		begin(w, k, role);
	}
	list_busy(w);
}

/* ---- taking records ---- */

struct rte_ring *
cgn_sync_link(const struct cgn_snapshot *snap, uint16_t from, uint16_t to)
{
	return snap->link && from < CGN_MAX_WORKERS && to < CGN_MAX_WORKERS
		       ? snap->link[from][to]
		       : NULL;
}

/* Applies what has been taken off a ring; false: it has to wait for a snapshot. */
static bool
apply_held(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;

	while (sync->held_at < sync->held) {
		if (!cgn_sync_apply(w, sync->held_from, sync->record[sync->held_at]))
			return false;
		sync->held_at++;
	}
	return true;
}

static unsigned
take(struct cgn_worker *w, uint16_t from)
{
	struct rte_ring *ring = cgn_sync_link(w->snap, from, w->conf.index);
	struct cgn_sync *sync = w->sync;

	sync->held_at = 0;
	sync->held_from = from;
	sync->held_ms = w->now_ms;
	sync->held = ring ? rte_ring_sc_dequeue_burst_elem(ring, sync->record,
				    CGN_SYNCREC_BYTES, CGN_SYNC_HELD, NULL)
			  : 0;
	return sync->held;
}

static void
receive(struct cgn_worker *w, unsigned max)
{
	struct cgn_sync *sync = w->sync;
	unsigned n = 0;

	sync->quiet = true;
	if (apply_held(w))
		for (uint64_t from = sync->peers; from; from &= from - 1)
			while (n < max && take(w, (uint16_t)__builtin_ctzll(from))) {
				n += sync->held;
				if (!apply_held(w))
					goto out;
			}
out:
	sync->quiet = false;
}

/* ---- sending them ---- */

bool
cgn_sync_put(struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r)
{
	struct cgn_sync_location *l = &w->sync->location[location];
	struct rte_ring *ring = cgn_sync_link(w->snap, w->conf.index, l->peer);
	uint8_t wire[CGN_SYNCREC_BYTES];

	r->location = l->id;
	r->epoch = l->epoch;
	r->stamp = l->stamp++;
	cgn_syncrec_encode(r, wire);
	if (ring && rte_ring_sp_enqueue_elem(ring, wire, CGN_SYNCREC_BYTES) == 0) {
		l->count.sent++;
		return true;
	}
	l->count.full++;
	return false;
}

/* ---- the tick ---- */

static void
hear(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;
	uint32_t asked = __atomic_load_n(&sync->asked, __ATOMIC_ACQUIRE);

	if (asked == sync->heard)
		return;
	sync->heard = asked;
	for (uint16_t k = 0; k < w->snap->n_locations; k++) {
		struct cgn_sync_location *l = &sync->location[k];
		uint8_t ask = __atomic_exchange_n(&sync->ask[k], 0, __ATOMIC_ACQUIRE);

		if (!(w->role[k] & CGN_ROLE_HOST))
			continue;
		if (ask & CGN_SYNC_ASK_COPY) {
			l->phase = CGN_SYNC_START;
			l->finished = false;
		}
		l->doubt |= (ask & CGN_SYNC_ASK_CHECK) != 0;
		if (ask & (CGN_SYNC_ASK_DRAIN | CGN_SYNC_ASK_GO_ON)) {
			l->drain = ask & CGN_SYNC_ASK_DRAIN;
			l->drained = false;
			l->failed = false;
			l->lap = sync->lap + CGN_SYNC_LAPS;
			l->user_lap = sync->user_lap + CGN_SYNC_LAPS;
		}
	}
}

#define GRACE (1 * CGN_TICKS_PER_S) /* in which records of the former host still come */

/* All copies are live, and nothing comes from the former host any more. */
static void
settle(struct cgn_worker *w, uint16_t location)
{
	const struct cgn_sync_location *l = &w->sync->location[location];

	if (w->role[location] & CGN_ROLE_FRESH &&
		cgn_sync_reached(w->sync->lap, l->fresh_lap) &&
		cgn_sync_reached(w->sync->user_lap, l->fresh_user_lap) &&
		cgn_tick_age(w->now, l->taken_at) > 4 * GRACE) {
		w->role[location] &= (uint8_t)~CGN_ROLE_FRESH;
		list_busy(w);
	}
}

void
cgn_sync_tick(struct cgn_worker *w)
{
	struct cgn_sync *sync = w->sync;

	if (sync->generation != w->snap->generation)
		learn(w);
	if (!sync->n_busy)
		return;
	receive(w, RECORDS_PER_TICK);
	hear(w);
	for (uint16_t k = 0; k < sync->n_busy; k++) {
		uint16_t location = sync->busy[k];

		if (w->role[location] & CGN_ROLE_HOST)
			cgn_sync_step(w, location);
		if (w->role[location] & CGN_ROLE_STANDBY) {
			cgn_sync_acknowledge(w, location);
			cgn_sync_purge(w, location);
		}
		if (w->role[location] & CGN_ROLE_FRESH)
			settle(w, location);
	}
}
