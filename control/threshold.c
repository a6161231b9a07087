/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Once a second control reads what the workers count anyway: free ports of each public
 * address, sessions and users of each board CPU. A pool is walked in pieces, so that a
 * large one does not hold the control lcore up. Two waters keep a value that swings about
 * one of them from being told again and again.
 *
 * What rests in quarantine is in use: nobody else can have it. An address whose location
 * is down counts as free.
 *
 * A walk that is overtaken by a new snapshot begins anew. Control lcore. */
#include "control/threshold.h"

#include <string.h>

#include "control/log.h"

#define PERIOD_MS 1000
#define PER_TURN  256 /* addresses */

bool
cgn_threshold_above(bool was, uint64_t used, uint64_t capacity,
	const struct cgn_conf_thresholds *water)
{
	if (!water->high || !capacity)
		return false;
	return was ? used * 100 > capacity * water->low
		   : used * 100 >= capacity * water->high;
}

/* What is told of one value; type: that of its high water, the low one follows it. */
static void
tell(bool *above, unsigned type, struct cgn_log_item *item, struct cgn_log_export *x,
	const struct cgn_conf_thresholds *water, uint64_t now_ms)
{
	bool now = cgn_threshold_above(*above, item->used, item->capacity, water);
	struct cgn_record r = { .type = (uint8_t)(now ? type : type + 1), .ms = now_ms };
	struct cgn_log_item told;

	if (now == *above)
		return;
	*above = now;
	item->percent = now ? water->high : water->low;
	told = *item;
	told.record = &r;
	cgn_log_export_box(x, &told, now_ms);
}

static void
tell_pool(struct cgn_threshold_state *t, uint32_t pool, struct cgn_log_export *x,
	const struct cgn_snapshot *snap, const struct cgn_conf_thresholds *water,
	uint64_t now_ms)
{
	struct cgn_log_item item = { .pool = snap->pool[pool].name,
		.pool_id = snap->pool[pool].id,
		.used = t->used[pool],
		.capacity = t->capacity[pool] };
	bool was = t->pool[pool];

	tell(&t->pool[pool], CGN_RECORD_POOL_HIGH, &item, x, water, now_ms);
	if (t->pool[pool] != was)
		cgn_log_event(was ? LOG_NOTICE : LOG_WARNING,
			"address-group %s: %llu of %llu ports are in use, %s %u %%",
			item.pool, (unsigned long long)item.used,
			(unsigned long long)item.capacity,
			was ? "back at" : "the threshold is", item.percent);
}

static void
tell_board(bool *above, unsigned type, const char *what, struct cgn_log_item *item,
	struct cgn_log_export *x, const struct cgn_conf_thresholds *water,
	uint64_t now_ms)
{
	bool was = *above;

	tell(above, type, item, x, water, now_ms);
	if (*above != was)
		cgn_log_event(was ? LOG_NOTICE : LOG_WARNING,
			"board %u/%u: %llu of %llu licensed %s are in use, %s %u %%",
			item->slot, item->cpu, (unsigned long long)item->used,
			(unsigned long long)item->capacity, what,
			was ? "back at" : "the threshold is", item->percent);
}

static void
look_at_board(struct cgn_threshold_state *t, const struct cgn_worker *w,
	struct cgn_log_export *x, const struct cgn_license *license,
	const struct cgn_conf_thresholds *water, uint64_t now_ms)
{
	struct cgn_log_item item = { .slot = w->conf.slot,
		.cpu = w->conf.cpu,
		.used = __atomic_load_n(&w->sessions.used, __ATOMIC_RELAXED),
		.capacity = license->sessions };

	tell_board(&t->sessions[w->conf.index], CGN_RECORD_BOARD_SESSIONS_HIGH,
		"sessions", &item, x, water, now_ms);
	item.used = __atomic_load_n(&w->users.used, __ATOMIC_RELAXED);
	item.capacity = license->users;
	tell_board(&t->users[w->conf.index], CGN_RECORD_BOARD_USERS_HIGH, "users", &item,
		x, water, now_ms);
}

static void
look_at_address(
	struct cgn_threshold_state *t, const struct cgn_snapshot *snap, uint32_t slot)
{
	const struct cgn_snap_address *address = &snap->address[slot];
	const struct cgn_address *a = NULL;
	uint16_t worker = CGN_NONE16;

	if (address->excluded || address->pool >= CGN_THRESHOLD_POOLS)
		return;
	if (address->location < snap->n_locations)
		worker = snap->location[address->location].worker;
	if (worker < CGN_MAX_WORKERS && snap->state[worker])
		a = snap->state[worker][slot];
	t->capacity[address->pool] += CGN_PORT_COUNT;
	if (a)
		t->used[address->pool] +=
			CGN_PORT_COUNT - __atomic_load_n(&a->free, __ATOMIC_RELAXED);
}

static void
begin(struct cgn_threshold_state *t, const struct cgn_snapshot *snap)
{
	t->generation = snap->generation;
	t->at = 0;
	memset(t->used, 0, sizeof(t->used));
	memset(t->capacity, 0, sizeof(t->capacity));
}

void
cgn_threshold_turn(struct cgn_threshold_state *t, struct cgn_log_export *x,
	const struct cgn_snapshot *snap, struct cgn_worker *const *worker, unsigned n,
	const struct cgn_conf_thresholds *water, uint64_t now_ms)
{
	if (now_ms < t->next_ms)
		return;
	if (t->at == 0 || t->generation != snap->generation)
		begin(t, snap);
	for (unsigned k = 0; k < PER_TURN && t->at < snap->n_addresses; k++)
		look_at_address(t, snap, t->at++);
	if (t->at < snap->n_addresses)
		return;
	for (uint32_t p = 0; p < RTE_MIN(snap->n_pools, CGN_THRESHOLD_POOLS); p++)
		tell_pool(t, p, x, snap, water, now_ms);
	for (unsigned i = 0; i < n; i++)
		look_at_board(t, worker[i], x, &snap->license[worker[i]->conf.index],
			water, now_ms);
	t->at = 0;
	t->next_ms = now_ms + PERIOD_MS;
}
