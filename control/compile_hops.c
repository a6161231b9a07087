/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers of next hops. What the forwarding tables hold is a number of 15 bits: first
 * come next hops as they are, then those that stand for several (CGN_NH_SEVERAL), one for
 * each set that is in use; behind them, without numbers in the tables, the members of
 * each set side by side, where the path finds them.
 *
 * There may be ten thousands of routes, with few sets. More than SETS_MAX of them are not
 * kept: such a route has its first next hop alone.
 *
 * Control lcore. */
#include "control/compile_int.h"

#include <errno.h>
#include <string.h>

#include "control/learn.h"

#define MAX_NEXTHOPS INT16_MAX /* 15 bits in a table of 16-bit entries */
#define SETS_MAX     1024

struct set {
	uint16_t n, member[CGN_LEARN_HOPS];
};

static int
number_each(
	struct cgn_registry *reg, const struct cgn_compile_routing *g, uint16_t *number)
{
	struct cgn_nexthop none;
	uint32_t index;

	memset(&none, 0, sizeof(none));
	index = cgn_registry_add(reg, &none);
	for (uint32_t i = 0; index != CGN_NONE && i < g->n_routes; i++) {
		index = cgn_registry_add(reg, &g->route[i].nh);
		number[i] = (uint16_t)index;
	}
	if (index != CGN_NONE)
		return 0;
	cgn_log(LOG_ERR, "more than %d next hops", MAX_NEXTHOPS - SETS_MAX);
	return -ENOSPC;
}

/* Routes of one prefix stand side by side. */
static void
name_sets(struct cgn_registry *sets, uint32_t first, const struct cgn_compile_routing *g,
	uint16_t *number)
{
	for (uint32_t i = 0, k; i < g->n_routes; i = k) {
		struct set set = { .n = 0 };
		uint32_t index;

		for (k = i; k < g->n_routes && set.n < CGN_LEARN_HOPS; k++) {
			if (!cgn_compile_same_prefix(&g->route[i], &g->route[k]))
				break;
			set.member[set.n++] = number[k];
		}
		index = set.n > 1 ? cgn_registry_add(sets, &set) : CGN_NONE;
		for (uint32_t j = i; set.n > 1 && j < k; j++)
			number[j] = index == CGN_NONE ? set.member[0]
						      : (uint16_t)(first + index);
	}
}

static void
spread_sets(struct cgn_nexthop *nexthop, uint32_t first, const struct cgn_registry *sets)
{
	uint32_t at = first + sets->n;

	for (uint32_t i = 0; i < sets->n; i++) {
		const struct set *set = cgn_registry_key(sets, i);
		struct cgn_nexthop *several = &nexthop[first + i];

		several->kind = CGN_NH_SEVERAL;
		several->n = (uint8_t)set->n;
		several->index = at;
		several->iface = nexthop[set->member[0]].iface;
		for (uint16_t m = 0; m < set->n; m++)
			nexthop[at++] = nexthop[set->member[m]];
	}
}

int
cgn_compile_number(struct cgn_compile_routing *g, uint16_t *number)
{
	struct cgn_registry each, sets;
	int rc;

	cgn_registry_init(&each, sizeof(struct cgn_nexthop), MAX_NEXTHOPS - SETS_MAX);
	cgn_registry_init(&sets, sizeof(struct set), SETS_MAX);
	rc = number_each(&each, g, number);
	if (rc == 0) {
		name_sets(&sets, each.n, g, number);
		g->n_nexthops = each.n + sets.n * (1 + CGN_LEARN_HOPS);
		g->nexthop =
			cgn_compile_take(&g->region, g->n_nexthops, sizeof(*g->nexthop));
		rc = g->nexthop == NULL ? -ENOMEM : 0;
	}
	if (rc == 0) {
		memcpy(g->nexthop, each.keys, each.n * sizeof(*g->nexthop));
		spread_sets(g->nexthop, each.n, &sets);
	}
	cgn_registry_fini(&each);
	cgn_registry_fini(&sets);
	return rc;
}
