/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists of learnt routes. A list is collected whole, sorted, and compared with the one
 * that is in use: two that are the same cost no run of the compiler, in whatever order
 * the kernel told them.
 *
 * Control lcore. */
#include "control/learn.h"

#include <stdlib.h>
#include <string.h>

void
cgn_learn_init(struct cgn_learn *l, uint32_t max)
{
	*l = (struct cgn_learn){ .max = max };
}

void
cgn_learn_fini(struct cgn_learn *l)
{
	free(l->now.route);
	free(l->next.route);
	*l = (struct cgn_learn){ .max = 0 };
}

void
cgn_learn_begin(struct cgn_learn *l)
{
	l->next.n = 0;
	l->leaving_out = 0;
}

void
cgn_learn_add(struct cgn_learn *l, const struct cgn_learn_route *route)
{
	struct cgn_learn_list *list = &l->next;

	if (list->n == list->room && list->n < l->max) {
		uint32_t room = list->room ? list->room * 2 : 256;
		struct cgn_learn_route *more =
			realloc(list->route, room * sizeof(*list->route));

		if (more) {
			list->route = more;
			list->room = room;
		}
	}
	if (list->n == list->room || list->n >= l->max)
		l->leaving_out++;
	else /* with its padding */
		memcpy(&list->route[list->n++], route, sizeof(*route));
}

static int
by_prefix(const void *pa, const void *pb)
{
	const struct cgn_learn_route *a = pa, *b = pb;
	int c = (a->table > b->table) - (a->table < b->table);

	if (c == 0)
		c = memcmp(a->key, b->key, sizeof(a->key));
	return c ? c : a->len - b->len;
}

static int
order(const void *pa, const void *pb)
{
	const struct cgn_learn_route *a = pa, *b = pb;
	int c = by_prefix(a, b);

	if (c == 0)
		c = (a->metric > b->metric) - (a->metric < b->metric);
	if (c == 0)
		c = a->protocol - b->protocol;
	if (c == 0)
		c = memcmp(a->gw, b->gw, sizeof(a->gw));
	if (c == 0)
		c = a->gateway - b->gateway;
	return c ? c : a->tap - b->tap;
}

static void
keep_best(struct cgn_learn_list *list)
{
	uint32_t n = 0, hops = 0;

	if (list->n)
		qsort(list->route, list->n, sizeof(*list->route), order);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct cgn_learn_route *r = &list->route[i], *last;

		last = n ? &list->route[n - 1] : NULL;
		if (!last || by_prefix(last, r) != 0)
			hops = 0;
		else if (last->metric != r->metric || last->protocol != r->protocol ||
			 hops == CGN_LEARN_HOPS || order(last, r) == 0)
			continue;
		hops++;
		memmove(&list->route[n++], r, sizeof(*r));
	}
	list->n = n;
}

bool
cgn_learn_end(struct cgn_learn *l)
{
	struct cgn_learn_list before = l->now;

	keep_best(&l->next);
	l->left_out = l->leaving_out;
	if (l->next.n == l->now.n &&
		(l->now.n == 0 || memcmp(l->next.route, l->now.route,
					  l->now.n * sizeof(*l->now.route)) == 0))
		return false;
	l->now = l->next;
	l->next = before;
	l->generation++;
	return true;
}

const char *
cgn_learn_origin(uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		const char *name;
	} known[] = { { 3, "boot" }, { 4, "kernel-static" }, { 11, "zebra" },
		{ 12, "bird" }, { 16, "dhcp" }, { 18, "keepalived" }, { 42, "babel" },
		{ 186, "bgp" }, { 187, "isis" }, { 188, "ospf" }, { 189, "rip" },
		{ 190, "ripng" }, { 192, "eigrp" }, { 196, "frr-static" } };

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].protocol == protocol)
			return known[i].name;
	return "kernel";
}
