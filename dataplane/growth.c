/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When a licence becomes larger, so do the hash tables of its CPUs. Records need no more
 * memory: room for them was reserved at the start and costs nothing until they exist, but
 * a hash table that is larger than it need be costs cache misses with every packet.
 *
 * Control takes the memory and gives it to the worker; the worker moves its keys, a few
 * with each tick and one table after the other, and works on all the while; control frees
 * what they have left. A worker that is fenced in between goes on when it is started
 * again, with tables that are empty. Tables never become smaller. */
#include "dataplane/growth.h"

#include <errno.h>

#include <rte_malloc.h>

#define BUCKETS_PER_TICK 32 /* some 200 keys, 20 to 30 us */

enum { NONE, GIVEN, DONE }; /* the worker makes the second the third, control the rest */

static struct cgn_table *
table_of(const struct cgn_worker *w, unsigned k)
{
	struct cgn_table *const table[CGN_GROWTH_TABLES] = { w->user_by_key, w->up,
		w->down, w->map_up, w->map_down };

	return table[k];
}

static uint32_t
size_of(const struct cgn_growth *g, unsigned k)
{
	return k == 0 ? g->users : g->sessions;
}

int
cgn_growth_init(struct cgn_growth *g, const struct cgn_worker *w, uint32_t sessions,
	uint32_t users)
{
	*g = (struct cgn_growth){ .sessions = RTE_MAX(sessions, w->conf.sessions),
		.users = RTE_MAX(users, w->conf.users) };
	for (unsigned k = 0; k < CGN_GROWTH_TABLES; k++) {
		if (size_of(g, k) == (k == 0 ? w->conf.users : w->conf.sessions))
			continue;
		g->memory[k] = cgn_table_memory(size_of(g, k), w->conf.socket);
		if (!g->memory[k]) {
			cgn_growth_fini(g);
			return -ENOMEM;
		}
	}
	return 0;
}

void
cgn_growth_fini(struct cgn_growth *g)
{
	for (unsigned k = 0; k < CGN_GROWTH_TABLES; k++)
		rte_free(g->memory[k]);
	*g = (struct cgn_growth){ 0 };
}

void
cgn_growth_give(struct cgn_worker *w, struct cgn_growth *g)
{
	w->conf.sessions = g->sessions;
	w->conf.users = g->users;
	memcpy(w->growth.memory, g->memory, sizeof(g->memory));
	w->growth.sessions = g->sessions;
	w->growth.users = g->users;
	__atomic_store_n(&w->growth.state, GIVEN, __ATOMIC_RELEASE);
	*g = (struct cgn_growth){ 0 };
}

bool
cgn_growth_settle(struct cgn_worker *w)
{
	struct cgn_growth *g = &w->growth;
	uint32_t state = __atomic_load_n(&g->state, __ATOMIC_ACQUIRE);

	if (state != DONE)
		return state == NONE;
	for (unsigned k = 0; k < CGN_GROWTH_TABLES; k++)
		if (g->memory[k])
			cgn_table_trim(table_of(w, k));
	__atomic_store_n(&g->state, NONE, __ATOMIC_RELEASE);
	return true;
}

void
cgn_growth_step(struct cgn_worker *w)
{
	struct cgn_growth *g = &w->growth;

	if (likely(__atomic_load_n(&g->state, __ATOMIC_ACQUIRE) != GIVEN))
		return;
	for (unsigned k = 0; k < CGN_GROWTH_TABLES; k++)
		if (g->memory[k])
			cgn_table_grow(table_of(w, k), g->memory[k], size_of(g, k));
	for (unsigned k = 0; k < CGN_GROWTH_TABLES; k++)
		if (g->memory[k] && !cgn_table_move(table_of(w, k), BUCKETS_PER_TICK))
			return;
	__atomic_store_n(&g->state, DONE, __ATOMIC_RELEASE);
}
