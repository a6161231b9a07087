/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From a snapshot to the prefixes that are announced. A range of addresses is cut into
 * the fewest prefixes that hold just these addresses, so nothing is announced that the
 * box does not translate to; what is excluded from an address group leaves a gap.
 *
 * Control lcore. Not handled: prefixes of NAT64. */
#include "control/announce.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/neigh.h"

void
cgn_announce_fini(struct cgn_announce_list *list)
{
	free(list->prefix);
	*list = (struct cgn_announce_list){ .n = 0 };
}

static void
add(struct cgn_announce_list *list, const struct cgn_announce_prefix *p)
{
	if (list->n == list->room) {
		uint32_t room = list->room ? list->room * 2 : 16;
		void *more = realloc(list->prefix, room * sizeof(*list->prefix));

		if (more == NULL) {
			list->short_of_memory = true;
			return;
		}
		list->prefix = more;
		list->room = room;
	}
	list->prefix[list->n++] = *p;
}

/* first, last: host order. */
static void
add_range(struct cgn_announce_list *list, uint16_t vpn, uint32_t first, uint32_t last)
{
	uint64_t at = first;

	while (at <= last) {
		struct cgn_announce_prefix p = { .vpn = vpn, .metric = 1 };
		unsigned bits = 0;

		while (bits < 32 && !(at & ((2ull << bits) - 1)) &&
			at + (2ull << bits) - 1 <= last)
			bits++;
		cgn_neigh_key4(p.key, rte_cpu_to_be_32((uint32_t)at));
		p.len = (uint8_t)(128 - bits);
		add(list, &p);
		at += 1ull << bits;
	}
}

/* ---- what works ---- */

static bool
location_works(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	uint16_t location)
{
	return location < s->n_locations && s->location[location].worker < CGN_REMOTE &&
	       !(leaving->location && leaving->location[location]);
}

static bool
instance_works(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	uint32_t i)
{
	return !s->instance[i].gone && !s->instance[i].switched &&
	       !(leaving->instance && leaving->instance[i]);
}

static bool
uses_pool(const struct cgn_snapshot *s, const struct cgn_instance *in, uint16_t pool)
{
	for (unsigned k = 0; k < in->n_outbound; k++) {
		uint16_t first = in->outbound[k].pool;

		if (first == pool ||
			(first < s->n_pools && s->pool[first].overload == pool))
			return true;
	}
	return false;
}

static bool
pool_works(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	uint16_t pool)
{
	for (uint32_t i = 0; i < s->n_instances; i++)
		if (instance_works(s, leaving, i) && uses_pool(s, &s->instance[i], pool))
			return true;
	return false;
}

/* ---- public addresses ---- */

/* Addresses side by side, so far. */
struct run {
	uint32_t first, last;
	uint16_t vpn, pool;
	bool any;
};

static void
end_run(struct cgn_announce_list *list, struct run *run)
{
	if (run->any)
		add_range(list, run->vpn, run->first, run->last);
	run->any = false;
}

static void
add_address(struct cgn_announce_list *list, struct run *run,
	const struct cgn_snap_address *a, uint32_t ip)
{
	if (run->any && run->last + 1 == ip && run->vpn == a->vpn &&
		run->pool == a->pool) {
		run->last = ip;
		return;
	}
	end_run(list, run);
	*run = (struct run){
		.first = ip, .last = ip, .vpn = a->vpn, .pool = a->pool, .any = true
	};
}

static void
add_pools(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	const bool *works, struct cgn_announce_list *list)
{
	struct run run = { .any = false };

	for (uint32_t r = 0; r < s->n_ranges; r++) {
		const struct cgn_pool_range *range = &s->range[r];

		for (uint64_t ip = range->first; ip <= range->last; ip++) {
			const struct cgn_snap_address *a =
				&s->address[range->slot + (ip - range->first)];

			if (a->excluded || a->pool >= s->n_pools ||
				(!works[a->pool] && !a->draining) ||
				!location_works(s, leaving, a->location))
				continue;
			add_address(list, &run, a, (uint32_t)ip);
		}
	}
	end_run(list, &run);
}

/* ---- AFTR addresses ---- */

static void
add_aftr(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	const struct cgn_instance *in, struct cgn_announce_list *list)
{
	const struct cgn_group *g = &s->group[in->group];
	struct cgn_announce_prefix p = { .vpn = in->vpn_in, .len = 128, .metric = 1 };
	unsigned here = 0;

	for (unsigned k = 0; k < g->n; k++)
		here += location_works(s, leaving, g->location[k]);
	if (here == 0)
		return;
	p.metric = (uint8_t)(1 + g->n - here);
	memcpy(p.key, in->local_ipv6, sizeof(p.key));
	add(list, &p);
}

/* ---- all ---- */

static int
order(const void *pa, const void *pb)
{
	const struct cgn_announce_prefix *a = pa, *b = pb;
	int c = a->vpn - b->vpn;

	if (c == 0)
		c = memcmp(a->key, b->key, sizeof(a->key));
	if (c == 0)
		c = a->len - b->len;
	return c ? c : a->metric - b->metric;
}

/* Instances may share an AFTR address: the lowest metric stays. */
static void
sort_unique(struct cgn_announce_list *list)
{
	uint32_t n = 0;

	if (list->n)
		qsort(list->prefix, list->n, sizeof(*list->prefix), order);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct cgn_announce_prefix *p = &list->prefix[i];

		if (n && list->prefix[n - 1].vpn == p->vpn &&
			list->prefix[n - 1].len == p->len &&
			memcmp(list->prefix[n - 1].key, p->key, sizeof(p->key)) == 0)
			continue;
		list->prefix[n++] = *p;
	}
	list->n = n;
}

void
cgn_announce_decide(const struct cgn_snapshot *snap,
	const struct cgn_announce_leaving *leaving, struct cgn_announce_list *list)
{
	bool *works = calloc(snap->n_pools + 1u, sizeof(*works));

	if (works == NULL) {
		list->short_of_memory = true;
		return;
	}
	for (uint16_t p = 0; p < snap->n_pools; p++)
		works[p] = pool_works(snap, leaving, p);
	add_pools(snap, leaving, works, list);
	for (uint32_t i = 0; i < snap->n_instances; i++)
		if (snap->instance[i].kind == CGN_DS_LITE &&
			instance_works(snap, leaving, i))
			add_aftr(snap, leaving, &snap->instance[i], list);
	sort_unique(list);
	free(works);
}

bool
cgn_announce_has(
	const struct cgn_announce_list *list, const struct cgn_announce_prefix *p)
{
	uint32_t low = 0, high = list->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = order(&list->prefix[mid], p);

		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
