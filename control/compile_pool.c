/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Groups and their buckets, pools, and public addresses: who owns which, under which
 * slot, and the records that the owners' workers keep of them.
 *
 * A slot is the number of an address in a VPN for ever. Ranges of addresses in the
 * forwarding table need consecutive slots, so a range that grew after a reload is cut
 * where its slots jump. Records (112 KB each, most of which is never touched) are made
 * when a worker first hosts the owner of an address and are kept until the end: a reload
 * must not lose a port block. What becomes of an address that leaves its pool or its
 * location is compile_change.c's.
 *
 * Control lcore; workers write the records. Not handled: clearing the records of a worker
 * that gave a location up. */
#include "control/compile_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/block.h"
#include "dataplane/steer.h"

/* Members of a group of the configuration, for the steering functions. */
static unsigned
members(const struct cgn_compile_run *r, const struct cgn_conf_group *g,
	struct cgn_member m[CGN_CONF_MAX_OF_GROUP])
{
	for (uint32_t i = 0; i < g->n_members; i++) {
		m[i].id = (uint16_t)g->members[i].location.id;
		m[i].weight = (uint16_t)g->members[i].weight;
		m[i].location = r->location[g->members[i].location.index];
	}
	return g->n_members;
}

static void
group_fill(const struct cgn_compile_run *r, struct cgn_group *out,
	const struct cgn_conf_group *g)
{
	struct cgn_member m[CGN_CONF_MAX_OF_GROUP];

	memset(out, 0, sizeof(*out));
	cgn_compile_name(out->name, g->name);
	out->n = (uint16_t)members(r, g, m);
	for (unsigned i = 0; i < out->n; i++) {
		out->location[i] = m[i].location;
		out->weight[i] = m[i].weight;
	}
	if (out->n > 0)
		cgn_steer_buckets(m, out->n, out->bucket);
	else
		memset(out->bucket, 0xff, sizeof(out->bucket));
}

static int
groups_build(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	struct cgn_group *groups;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < conf->n_groups; i++)
		rc = cgn_compile_index(&r->c->groups, "service-instance-group",
			conf->groups[i].name, &r->group[i]);
	if (rc < 0)
		return rc;
	r->snap->n_groups = (uint16_t)r->c->groups.n;
	groups = cgn_compile_take(&r->base->region, r->snap->n_groups, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	if (r->old != NULL)
		memcpy(groups, r->old->group, r->old->n_groups * sizeof(*groups));
	for (uint32_t i = 0; i < r->snap->n_groups; i++)
		groups[i].gone = true; /* if not configured any more */
	r->snap->group = groups;
	for (uint32_t i = 0; i < conf->n_groups; i++)
		group_fill(r, &groups[r->group[i]], &conf->groups[i]);
	return 0;
}

static int
pools_build(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_address_groups; i++) {
		int rc = cgn_compile_index(&r->c->pools, "address group",
			conf->address_groups[i].name, &r->pool[i]);

		if (rc < 0)
			return rc;
	}
	r->snap->n_pools = (uint16_t)r->c->pools.n;
	r->pools =
		cgn_compile_take(&r->base->region, r->snap->n_pools, sizeof(*r->pools));
	if (r->pools == NULL)
		return -ENOMEM;
	if (r->old != NULL)
		memcpy(r->pools, r->old->pool, r->old->n_pools * sizeof(*r->pools));
	for (uint32_t i = 0; i < r->snap->n_pools; i++) {
		r->pools[i].gone = r->pools[i].locked = true; /* the same */
		r->pools[i].overload = CGN_NONE16;
	}
	for (uint32_t i = 0; i < conf->n_address_groups; i++) {
		const struct cgn_conf_address_group *g = &conf->address_groups[i];
		struct cgn_pool *p = &r->pools[r->pool[i]];

		cgn_compile_name(p->name, g->name);
		p->id = (uint16_t)g->id;
		p->vpn = r->vpn[g->vpn.index];
		p->locked = g->locked;
		p->gone = false;
		if (g->overload.index != CGN_CONF_NONE)
			p->overload = r->pool[g->overload.index];
	}
	r->snap->pool = r->pools;
	return 0;
}

/* Slot of an address, CGN_NONE: no more. */
static uint32_t
slot_of(struct cgn_compile_run *r, uint16_t vpn, uint32_t ip)
{
	struct cgn_compile_slot_key key = { .addr = rte_cpu_to_be_32(ip), .vpn = vpn };
	uint32_t slot = cgn_registry_add(&r->c->slots, &key);

	if (slot == CGN_NONE)
		cgn_log(LOG_ERR, "more than %u public addresses, or out of memory",
			r->c->slots.max);
	return slot;
}

/* Gives all addresses of a range slots, and counts its pieces of consecutive ones. */
static int
slots_add(struct cgn_compile_run *r, uint16_t vpn, const struct cgn_conf_range *range)
{
	uint32_t before = CGN_NONE;

	for (uint64_t ip = range->first; ip <= range->last; ip++) {
		uint32_t slot = slot_of(r, vpn, (uint32_t)ip);

		if (slot == CGN_NONE)
			return -ENOSPC;
		r->n_pieces += before == CGN_NONE || slot != before + 1;
		before = slot;
	}
	return 0;
}

/* The table of addresses; those of no pool any more stay, excluded. */
static int
addresses_alloc(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_address_groups; i++) {
		const struct cgn_conf_address_group *g = &conf->address_groups[i];
		uint16_t vpn = r->pools[r->pool[i]].vpn;

		for (uint32_t k = 0; k < g->n_pool; k++) {
			int rc = slots_add(r, vpn, &g->pool[k]);

			if (rc < 0)
				return rc;
		}
	}
	r->snap->n_addresses = r->c->slots.n;
	r->addresses = cgn_compile_take(
		&r->base->region, r->snap->n_addresses, sizeof(*r->addresses));
	if (r->addresses == NULL)
		return -ENOMEM;
	if (r->old != NULL)
		memcpy(r->addresses, r->old->address,
			r->old->n_addresses * sizeof(*r->addresses));
	for (uint32_t i = 0; i < r->snap->n_addresses; i++) {
		const struct cgn_compile_slot_key *key =
			cgn_registry_key(&r->c->slots, i);

		r->addresses[i].addr = key->addr;
		r->addresses[i].vpn = (uint16_t)key->vpn;
		r->addresses[i].excluded = true;
		if (r->old == NULL || i >= r->old->n_addresses)
			r->addresses[i].location = CGN_NONE16;
	}
	r->snap->address = r->addresses;
	return 0;
}

/* A range of the forwarding table: covering prefixes of first..last. */
static int
range_routes(struct cgn_compile_run *r, uint16_t vpn, const struct cgn_pool_range *range,
	uint32_t index)
{
	uint64_t ip = range->first, end = (uint64_t)range->last + 1;

	while (ip < end) {
		struct cgn_compile_entry e;
		rte_be32_t addr = rte_cpu_to_be_32((uint32_t)ip);
		unsigned bits = ip ? RTE_MIN((unsigned)__builtin_ctzll(ip), 32u) : 32;
		int rc;

		while (ip + (1ull << bits) > end)
			bits--;
		memset(&e, 0, sizeof(e));
		e.vpn = vpn;
		e.source = CGN_FROM_POOL;
		e.nh.kind = CGN_NH_POOL;
		e.nh.index = index;
		e.len = (uint8_t)(128 - bits);
		e.key[10] = e.key[11] = 0xff;
		memcpy(e.key + 12, &addr, 4);
		rc = cgn_compile_add_route(r, &e);
		if (rc < 0)
			return rc;
		ip += 1ull << bits;
	}
	return 0;
}

int
cgn_compile_range(struct cgn_compile_run *r, uint16_t vpn, uint32_t first, uint32_t last)
{
	for (uint64_t ip = first; ip <= last;) {
		struct cgn_pool_range *range = &r->ranges[r->snap->n_ranges];
		uint64_t next = ip + 1;
		int rc;

		range->first = (uint32_t)ip;
		range->slot = slot_of(r, vpn, (uint32_t)ip);
		while (next <= last && slot_of(r, vpn, (uint32_t)next) ==
					       range->slot + (uint32_t)(next - ip))
			next++;
		range->last = (uint32_t)(next - 1);
		rc = range_routes(r, vpn, range, r->snap->n_ranges++);
		if (rc < 0)
			return rc;
		ip = next;
	}
	return 0;
}

/* Where an address goes to another location, the new one waits until the old one has
 * nothing of it any more: no port may have two users. */
static void
address_give(struct cgn_compile_run *r, uint32_t slot, uint16_t pool, uint16_t owner)
{
	const struct cgn_snap_address *old = cgn_compile_former(r, slot);
	struct cgn_snap_address *a = &r->addresses[slot];

	a->moving = old != NULL && ((old->location != owner && r->in->alive != 0) ||
					   (old->moving && !r->in->settled));
	a->pool = pool;
	a->location = owner;
	a->locked = a->moving || r->pools[pool].locked;
	a->excluded = a->draining = false;
}

/* Writes owner and pool of each address of a pool. */
static int
pool_divide(
	struct cgn_compile_run *r, const struct cgn_conf_address_group *g, uint16_t pool)
{
	struct cgn_member m[CGN_CONF_MAX_OF_GROUP];
	const struct cgn_conf_group *group = &r->conf->groups[g->service_group];
	unsigned n = members(r, group, m);
	rte_be32_t *addr = cgn_compile_take(&r->scratch, g->size, sizeof(*addr));
	uint16_t *owner = cgn_compile_take(&r->scratch, g->size, sizeof(*owner));
	uint32_t at = 0;
	int rc;

	if (addr == NULL || owner == NULL)
		return -ENOMEM;
	for (uint32_t k = 0; k < g->n_pool; k++)
		for (uint64_t ip = g->pool[k].first; ip <= g->pool[k].last; ip++)
			addr[at++] = rte_cpu_to_be_32((uint32_t)ip);
	rc = n ? cgn_steer_addresses(m, n, addr, at, owner) : -ENOSPC;
	if (rc < 0) {
		cgn_log(LOG_ERR, "address group \"%s\": %u addresses for %u locations",
			g->name, at, n);
		return rc;
	}
	for (uint32_t i = 0; i < at; i++) {
		uint32_t slot = slot_of(r, r->pools[pool].vpn, rte_be_to_cpu_32(addr[i]));

		address_give(r, slot, pool, owner[i]);
	}
	return 0;
}

/* Pools that no instance leads to own nothing: their addresses belong to nobody. */
static int
addresses_build(struct cgn_compile_run *r)
{
	uint32_t leaving = r->old != NULL && r->in->alive ? r->old->n_addresses : 0;

	r->ranges = cgn_compile_take(
		&r->base->region, r->n_pieces + leaving, sizeof(*r->ranges));
	if (r->ranges == NULL)
		return -ENOMEM;
	r->snap->range = r->ranges;
	for (uint32_t i = 0; i < r->conf->n_address_groups; i++) {
		const struct cgn_conf_address_group *g = &r->conf->address_groups[i];
		int rc = 0;

		if (g->service_group == CGN_CONF_NONE)
			continue;
		for (uint32_t k = 0; rc == 0 && k < g->n_pool; k++)
			rc = cgn_compile_range(r, r->pools[r->pool[i]].vpn,
				g->pool[k].first, g->pool[k].last);
		if (rc == 0)
			rc = pool_divide(r, g, r->pool[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* share[location * n_pools + pool], in order of slots. */
static int
shares_build(struct cgn_compile_run *r)
{
	struct cgn_snapshot *s = r->snap;
	size_t n = (size_t)s->n_locations * s->n_pools;
	struct cgn_share *share = cgn_compile_take(&r->base->region, n, sizeof(*share));
	uint32_t *slots =
		cgn_compile_take(&r->base->region, s->n_addresses, sizeof(*slots));

	if (share == NULL || slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_addresses; i++) {
		const struct cgn_snap_address *a = &s->address[i];

		if (!a->excluded && !a->draining)
			share[(size_t)a->location * s->n_pools + a->pool].n++;
	}
	for (size_t i = 0; i < n; i++) {
		share[i].slot = slots;
		slots += share[i].n;
		share[i].n = 0;
	}
	for (uint32_t i = 0; i < s->n_addresses; i++) {
		const struct cgn_snap_address *a = &s->address[i];
		struct cgn_share *of;

		if (a->excluded || a->draining)
			continue;
		of = &share[(size_t)a->location * s->n_pools + a->pool];
		((uint32_t *)(uintptr_t)of->slot)[of->n++] = i;
	}
	s->share = share;
	return 0;
}

int
cgn_compile_pools(struct cgn_compile_run *r)
{
	int (*const step[])(struct cgn_compile_run *) = { groups_build, pools_build,
		addresses_alloc, addresses_build, cgn_compile_drains, shares_build };

	for (unsigned i = 0; i < RTE_DIM(step); i++) {
		int rc = step[i](r);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Room for the pointers of all slots. */
static int
state_grow(struct cgn_compile_state *state, uint32_t room)
{
	struct cgn_address **record;

	if (room <= state->room && state->record != NULL)
		return 0;
	record = realloc(state->record, RTE_MAX(room, 1u) * sizeof(*record));
	if (record == NULL)
		return -ENOMEM;
	memset(record + state->room, 0, (room - state->room) * sizeof(*record));
	state->record = record;
	state->room = room;
	return 0;
}

/* Does a worker host an address in use, or the copy of its state? */
static bool
hosts(const struct cgn_snapshot *s, uint16_t w, uint32_t slot)
{
	const struct cgn_snap_address *a = &s->address[slot];
	const struct cgn_location *l = &s->location[a->location];

	return !a->excluded && (l->worker == w || l->standby == w);
}

static int
worker_records(struct cgn_compiler *c, const struct cgn_snapshot *s, uint16_t w)
{
	struct cgn_compile_state *state = &c->state[w];
	struct cgn_compile_slab *slab;
	uint32_t missing = 0, at = 0;

	if (state_grow(state, s->n_addresses) < 0) {
		cgn_log(LOG_ERR, "out of memory");
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->n_addresses; i++)
		missing += hosts(s, w, i) && state->record[i] == NULL;
	if (missing == 0)
		return 0;
	/* zeroed by the kernel page by page when first used, so a big pool costs little
	 */
	slab = calloc(1, sizeof(*slab) + missing * sizeof(slab->record[0]));
	if (slab == NULL) {
		cgn_log(LOG_ERR,
			"address_groups: no memory for the state of %u public addresses "
			"of a CPU, %zu MB at most",
			missing, missing * sizeof(slab->record[0]) >> 20);
		return -ENOMEM;
	}
	slab->next = c->slabs;
	c->slabs = slab;
	for (uint32_t i = 0; i < s->n_addresses; i++)
		if (hosts(s, w, i) && state->record[i] == NULL) {
			cgn_address_fresh(&slab->record[at], i);
			state->record[i] = &slab->record[at++];
		}
	return 0;
}

int
cgn_compile_records(struct cgn_compiler *c, const struct cgn_snapshot *snap)
{
	bool hosting[CGN_MAX_WORKERS] = { false };

	for (uint32_t i = 0; i < snap->n_locations; i++) {
		if (snap->location[i].worker < CGN_REMOTE)
			hosting[snap->location[i].worker] = true;
		if (snap->location[i].standby < CGN_REMOTE)
			hosting[snap->location[i].standby] = true;
	}
	for (uint16_t w = 0; w < CGN_REMOTE; w++)
		if (hosting[w] && worker_records(c, snap, w) < 0)
			return -ENOMEM;
	return 0;
}
