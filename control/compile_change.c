/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a configuration leaves behind of the one before, as far as workers still have it.
 *
 * An address that has left its pool stays with its location and gives nothing new out
 * (*draining*) until the last port of it has come back; whoever looks on may then
 * compile again, and it is gone. Users that belong to another location now, users of an
 * instance that is gone and users of an address whose location is another have no place
 * in the new snapshot: it is *settling* until the workers have ended them. The next
 * change after that may give the indices of what is gone to others.
 *
 * Control lcore; records of addresses belong to the workers and are read while they
 * write, which is enough: what is draining only gets less. */
#include <stdlib.h>
#include <string.h>

#include "control/compile_int.h"
#include "dataplane/block.h"

bool
cgn_compile_in_use(const struct cgn_compiler *c, uint64_t alive, uint32_t slot)
{
	for (unsigned w = 0; w < CGN_MAX_WORKERS; w++) {
		const struct cgn_compile_state *state = &c->state[w];

		if (alive >> w & 1 && slot < state->room && state->record[slot] &&
			cgn_address_is_used(state->record[slot]))
			return true;
	}
	return false;
}

const struct cgn_snap_address *
cgn_compile_former(const struct cgn_compile_run *r, uint32_t slot)
{
	if (r->old == NULL || slot >= r->old->n_addresses ||
		r->old->address[slot].excluded)
		return NULL;
	return &r->old->address[slot];
}

static bool
is_configured(const struct cgn_compile_run *r, uint16_t location)
{
	for (uint32_t i = 0; i < r->conf->n_locations; i++)
		if (r->location[i] == location)
			return true;
	return false;
}

static bool
drains(const struct cgn_compile_run *r, uint32_t slot)
{
	const struct cgn_snap_address *old = cgn_compile_former(r, slot);

	return r->addresses[slot].excluded && old != NULL &&
	       is_configured(r, old->location) &&
	       cgn_compile_in_use(r->c, r->in->alive, slot);
}

int
cgn_compile_drains(struct cgn_compile_run *r)
{
	uint32_t n = r->in->alive ? r->snap->n_addresses : 0;

	for (uint32_t slot = 0; slot < n; slot++) {
		struct cgn_snap_address *a = &r->addresses[slot];
		uint32_t ip = rte_be_to_cpu_32(a->addr);
		int rc;

		a->draining = drains(r, slot);
		if (!a->draining)
			continue;
		a->excluded = a->moving = false;
		a->locked = true;
		rc = cgn_compile_range(r, a->vpn, ip, ip);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Are users of a group where they were? */
static bool
same_group(const struct cgn_group *a, const struct cgn_group *b)
{
	return a->n == b->n && (a->n != 1 || a->location[0] == b->location[0]) &&
	       (a->n <= 1 || memcmp(a->bucket, b->bucket, sizeof(a->bucket)) == 0);
}

static bool
instance_settles(const struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_instance *old = &r->old->instance[i], *now = &r->instances[i];

	if (old->gone)
		return false;
	return now->gone || old->port_mode == CGN_MODE_DETERMINISTIC ||
	       now->port_mode == CGN_MODE_DETERMINISTIC ||
	       !same_group(&r->old->group[old->group], &r->snap->group[now->group]);
}

static bool
address_settles(const struct cgn_compile_run *r, uint32_t slot)
{
	const struct cgn_snap_address *old = cgn_compile_former(r, slot);
	const struct cgn_snap_address *now = &r->addresses[slot];

	return now->moving || (old != NULL && now->excluded &&
				      cgn_compile_in_use(r->c, r->in->alive, slot));
}

int
cgn_compile_settling(struct cgn_compile_run *r)
{
	bool settling = r->old != NULL && r->old->settling && !r->in->settled;

	if (r->old == NULL || r->in->alive == 0 || r->in->settled)
		return 0;
	for (uint32_t i = 0; i < r->old->n_instances; i++)
		settling |= instance_settles(r, i);
	for (uint32_t i = 0; !settling && i < r->snap->n_addresses; i++)
		settling = address_settles(r, i);
	r->snap->settling = settling;
	return 0;
}

/* An address that is on its way out keeps its pool. */
static void
reclaim_pools(struct cgn_compile_run *r)
{
	struct cgn_registry *pools = &r->c->pools;
	bool *used = calloc(pools->n + 1, sizeof(*used));

	if (used == NULL) /* another time */
		return;
	for (uint32_t i = 0; i < r->old->n_addresses; i++)
		if (!r->old->address[i].excluded)
			used[r->old->address[i].pool] = true;
	for (uint32_t i = 0; i < pools->n; i++)
		if (!used[i] && (i >= r->old->n_pools || r->old->pool[i].gone))
			cgn_registry_remove(pools, i);
	free(used);
}

void
cgn_compile_reclaim(struct cgn_compile_run *r)
{
	struct cgn_registry *instances = &r->c->instances, *groups = &r->c->groups;

	if (r->old == NULL || r->old->settling)
		return;
	for (uint32_t i = 0; i < instances->n; i++)
		if (i >= r->old->n_instances || r->old->instance[i].gone)
			cgn_registry_remove(instances, i);
	for (uint32_t i = 0; i < groups->n; i++)
		if (i >= r->old->n_groups || r->old->group[i].gone)
			cgn_registry_remove(groups, i);
	reclaim_pools(r);
}

struct cgn_compile_rest
cgn_compile_resting(const struct cgn_compiler *c, uint64_t alive)
{
	const struct cgn_snapshot *s = &c->base->snap;
	struct cgn_compile_rest rest = { .settling = s->settling };

	for (uint32_t i = 0; i < s->n_addresses; i++) {
		if (!s->address[i].draining)
			continue;
		rest.draining++;
		rest.drained += !cgn_compile_in_use(c, alive, i);
	}
	return rest;
}
