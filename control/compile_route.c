/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes to forwarding tables. Every step adds what it knows of destinations to one list;
 * here the list is sorted, one source wins per prefix, next hops are numbered, and each
 * VPN gets a table for IPv4 and one for IPv6 if there is anything to put into it. The
 * tables cost 64 MB of memory to be written, so an unchanged list keeps the old ones.
 *
 * A default route is the table's default next hop: no entry, no writing of 32 MB twice.
 * A public address is never hidden by a longer static route: such a route is left out.
 *
 * Control lcore; readers use the tables without locks because nothing changes them.
 * Routes that were learnt are compile_learnt.c's, and may have several next hops; numbers
 * of these are compile_hops.c's. */
#include "control/compile_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>

#include "dataplane/neigh.h"

#define MAX_TBL8 INT16_MAX

static uint32_t fibs; /* built so far: their names, which are the process's */

static bool
is_ip4(const struct cgn_compile_entry *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return e->len >= 96 && memcmp(e->key, mapped, sizeof(mapped)) == 0;
}

int
cgn_compile_add_route(struct cgn_compile_run *r, const struct cgn_compile_entry *e)
{
	if (r->n_routes == r->routes_room) {
		uint32_t room = r->routes_room ? r->routes_room * 2 : 64;
		struct cgn_compile_entry *more = realloc(r->route, room * sizeof(*more));

		if (more == NULL) {
			cgn_log(LOG_ERR, "out of memory");
			return -ENOMEM;
		}
		r->route = more;
		r->routes_room = room;
	}
	memcpy(&r->route[r->n_routes++], e, sizeof(*e)); /* with its padding */
	return 0;
}

/* By prefix, then by source, then by next hop. */
static int
order(const void *pa, const void *pb)
{
	const struct cgn_compile_entry *a = pa, *b = pb;
	int c = (a->vpn > b->vpn) - (a->vpn < b->vpn);

	if (c == 0)
		c = memcmp(a->key, b->key, sizeof(a->key));
	if (c == 0)
		c = (a->len > b->len) - (a->len < b->len);
	if (c == 0)
		c = (a->source > b->source) - (a->source < b->source);
	return c ? c : memcmp(&a->nh, &b->nh, sizeof(a->nh));
}

const struct cgn_compile_entry *
cgn_compile_find_entry(const struct cgn_compile_routing *g, uint16_t vpn,
	const uint8_t key[16], uint8_t len)
{
	uint32_t low = 0, high = g->n_routes;
	struct cgn_compile_entry e = { .vpn = vpn, .len = len };

	memcpy(e.key, key, sizeof(e.key));
	while (low < high) { /* e comes before the entries of its prefix */
		uint32_t mid = low + (high - low) / 2;

		if (order(&g->route[mid], &e) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == g->n_routes || g->route[low].vpn != vpn || g->route[low].len != len ||
		memcmp(g->route[low].key, key, sizeof(e.key)) != 0)
		return NULL;
	return &g->route[low];
}

bool
cgn_compile_same_prefix(
	const struct cgn_compile_entry *a, const struct cgn_compile_entry *b)
{
	return a->vpn == b->vpn && a->len == b->len &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

/* One source for each prefix. What was learnt may have several next hops. */
static void
sort_unique(struct cgn_compile_run *r)
{
	uint32_t n = 0;

	if (r->n_routes == 0)
		return;
	qsort(r->route, r->n_routes, sizeof(r->route[0]), order);
	for (uint32_t i = 0; i < r->n_routes; i++) {
		const struct cgn_compile_entry *e = &r->route[i], *last;

		last = n > 0 ? &r->route[n - 1] : NULL;
		if (last && cgn_compile_same_prefix(last, e) &&
			(e->source != CGN_FROM_LEARNT || last->source != e->source ||
				memcmp(&last->nh, &e->nh, sizeof(e->nh)) == 0))
			continue;
		memmove(&r->route[n++], e, sizeof(*e));
	}
	r->n_routes = n;
}

bool
cgn_compile_hides_pool(const struct cgn_compile_run *r, const struct cgn_compile_entry *e)
{
	uint32_t first, last;

	if (!is_ip4(e))
		return false;
	memcpy(&first, e->key + 12, sizeof(first));
	first = rte_be_to_cpu_32(first);
	last = first + (uint32_t)((1ull << (128 - e->len)) - 1);
	for (uint32_t i = 0; i < r->snap->n_ranges; i++) {
		const struct cgn_pool_range *range = &r->snap->range[i];

		if (r->snap->address[range->slot].vpn == e->vpn &&
			range->first <= first && last <= range->last)
			return true;
	}
	return false;
}

static int
static_route(struct cgn_compile_run *r, const struct cgn_conf_route *route)
{
	struct cgn_compile_entry e;
	uint16_t iface = r->iface[route->port];
	bool ip4 = route->prefix.addr.family == 4;

	memset(&e, 0, sizeof(e));
	e.vpn = r->vpn[route->vpn.index];
	e.len = (uint8_t)(route->prefix.len + (ip4 ? 96 : 0));
	e.source = route->distance > CGN_CONF_LEARNT_DISTANCE ? CGN_FROM_FLOATING
							      : CGN_FROM_STATIC;
	cgn_compile_key(e.key, &route->prefix.addr);
	e.nh.kind = CGN_NH_GATEWAY;
	e.nh.iface = iface;
	cgn_compile_key(e.nh.gw, &route->next_hop);
	if (cgn_compile_hides_pool(r, &e)) {
		cgn_log(LOG_WARNING, "%s:%d: route inside an address group left out",
			route->src.file, route->src.line);
		return 0;
	}
	e.nh.neigh = cgn_neigh_add(r->ifaces[iface].neigh, e.nh.gw);
	if (e.nh.neigh == NULL) {
		cgn_log(LOG_ERR,
			"%s:%d: no room for the next hop as a neighbour of \"%s\"",
			route->src.file, route->src.line, r->ifaces[iface].name);
		return -ENOSPC;
	}
	return cgn_compile_add_route(r, &e);
}

/* Routes of one VPN and family, and what their tables need. */
struct selection {
	uint16_t vpn;
	bool ip4;
	uint32_t n;	     /* routes without the default route */
	uint32_t default_nh; /* number */
	uint64_t tbl8;
};

static bool
selected(const struct selection *s, const struct cgn_compile_entry *e)
{
	return e->vpn == s->vpn && is_ip4(e) == s->ip4;
}

static bool
is_default(const struct cgn_compile_entry *e)
{
	return e->len == (is_ip4(e) ? 96 : 0);
}

static void
select_routes(
	struct selection *s, const struct cgn_compile_routing *g, const uint16_t *number)
{
	for (uint32_t i = 0; i < g->n_routes; i++) {
		const struct cgn_compile_entry *e = &g->route[i];
		unsigned len = e->len - (s->ip4 ? 96 : 0);

		if (!selected(s, e))
			continue;
		if (is_default(e)) {
			s->default_nh = number[i];
			continue;
		}
		s->n++;
		s->tbl8 += len > 24 ? (len - 24 + 7) / 8 : 0;
	}
	s->tbl8 = RTE_MIN(s->tbl8 + 16, (uint64_t)MAX_TBL8);
}

static int
fib4_fill(struct cgn_vpn *v, const struct selection *s,
	const struct cgn_compile_routing *g, const uint16_t *number)
{
	struct rte_fib_conf fc = { .type = RTE_FIB_DIR24_8,
		.default_nh = s->default_nh,
		.max_routes = (int)(s->n * 2 + 64),
		.dir24_8 = {
			.nh_sz = RTE_FIB_DIR24_8_2B, .num_tbl8 = (uint32_t)s->tbl8 } };
	char name[32];
	int rc = 0;

	snprintf(name, sizeof(name), "cgn4_%u", fibs++);
	v->fib4 = rte_fib_create(name, SOCKET_ID_ANY, &fc);
	if (v->fib4 == NULL)
		return -rte_errno;
	for (uint32_t i = 0; rc == 0 && i < g->n_routes; i++) {
		const struct cgn_compile_entry *e = &g->route[i];
		rte_be32_t addr;

		if (!selected(s, e) || is_default(e))
			continue;
		memcpy(&addr, e->key + 12, sizeof(addr));
		rc = rte_fib_add(v->fib4, rte_be_to_cpu_32(addr), (uint8_t)(e->len - 96),
			number[i]);
	}
	return rc;
}

static int
fib6_fill(struct cgn_vpn *v, const struct selection *s,
	const struct cgn_compile_routing *g, const uint16_t *number)
{
	struct rte_fib6_conf fc = { .type = RTE_FIB6_TRIE,
		.default_nh = s->default_nh,
		.max_routes = (int)(s->n * 2 + 64),
		.trie = { .nh_sz = RTE_FIB6_TRIE_2B, .num_tbl8 = (uint32_t)s->tbl8 } };
	char name[32];
	int rc = 0;

	snprintf(name, sizeof(name), "cgn6_%u", fibs++);
	v->fib6 = rte_fib6_create(name, SOCKET_ID_ANY, &fc);
	if (v->fib6 == NULL)
		return -rte_errno;
	for (uint32_t i = 0; rc == 0 && i < g->n_routes; i++) {
		const struct cgn_compile_entry *e = &g->route[i];

		if (selected(s, e) && !is_default(e))
			rc = rte_fib6_add(v->fib6, e->key, e->len, number[i]);
	}
	return rc;
}

/* Both tables of a VPN. */
static int
vpn_fill(struct cgn_compile_run *r, uint16_t vpn, struct cgn_compile_routing *g,
	const uint16_t *number)
{
	struct selection four = { .vpn = vpn, .ip4 = true }, six = { .vpn = vpn };
	struct cgn_vpn *v = &g->vpn[vpn];
	int rc = 0;

	memcpy(v->name, cgn_registry_key(&r->c->vpns, vpn), CGN_NAME);
	select_routes(&four, g, number);
	select_routes(&six, g, number);
	if (four.n > 0 || four.default_nh != 0)
		rc = fib4_fill(v, &four, g, number);
	if (rc == 0 && (six.n > 0 || six.default_nh != 0))
		rc = fib6_fill(v, &six, g, number);
	if (rc < 0)
		cgn_log(LOG_ERR, "forwarding tables of vpn \"%s\": %s", v->name,
			rte_strerror(-rc));
	return rc;
}

void
cgn_compile_routing_put(struct cgn_compile_routing *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	for (uint32_t i = 0; i < g->n_vpns; i++) {
		rte_fib_free(g->vpn[i].fib4);
		rte_fib6_free(g->vpn[i].fib6);
	}
	cgn_region_fini(&g->region);
	free(g);
}

static int
routing_fill(struct cgn_compile_run *r, struct cgn_compile_routing *g)
{
	uint16_t *number = cgn_compile_take(&r->scratch, r->n_routes, sizeof(*number));

	g->n_routes = r->n_routes;
	g->route = cgn_compile_take(&g->region, g->n_routes, sizeof(*g->route));
	g->vpn = cgn_compile_take(&g->region, r->c->vpns.n, sizeof(*g->vpn));
	if (number == NULL || g->route == NULL || g->vpn == NULL)
		return -ENOMEM;
	g->n_vpns = r->c->vpns.n;
	if (g->n_routes > 0)
		memcpy(g->route, r->route, g->n_routes * sizeof(*g->route));
	r->number = number;
	return cgn_compile_number(g, number);
}

int
cgn_compile_fibs(struct cgn_compile_run *r)
{
	struct cgn_compile_routing *g = r->base->routing;
	int rc = 0;

	for (uint32_t i = 0; r->number != NULL && rc == 0 && i < g->n_vpns; i++)
		rc = vpn_fill(r, (uint16_t)i, g, r->number);
	return rc;
}

static bool
same_routing(const struct cgn_compile_run *r, const struct cgn_compile_routing *g)
{
	return g->n_vpns == r->c->vpns.n && g->n_routes == r->n_routes &&
	       (r->n_routes == 0 || memcmp(g->route, r->route,
					    r->n_routes * sizeof(r->route[0])) == 0);
}

/* The routing of the last base if nothing changed, or a new one. */
static int
routing_get(struct cgn_compile_run *r)
{
	struct cgn_compile_routing *g = r->c->base ? r->c->base->routing : NULL;

	if (g != NULL && same_routing(r, g)) {
		g->refs++;
		r->base->routing = g;
		return 0;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -ENOMEM;
	g->refs = 1;
	r->base->routing = g; /* put with the base, whatever happens */
	return routing_fill(r, g);
}

int
cgn_compile_routes(struct cgn_compile_run *r)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < r->conf->n_routes; i++)
		rc = static_route(r, &r->conf->routes[i]);
	if (rc == 0)
		rc = cgn_compile_learnt_routes(r);
	if (rc == 0)
		rc = cgn_compile_redirects(r);
	if (rc < 0)
		return rc;
	sort_unique(r);
	rc = routing_get(r);
	if (rc < 0)
		return rc;
	r->snap->vpn = r->base->routing->vpn;
	r->snap->n_vpns = (uint16_t)r->base->routing->n_vpns;
	return cgn_compile_nexthops(r);
}
