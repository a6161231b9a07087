/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes that were learnt. They come after all that is configured (a floating static
 * route apart), never fail a run of the compiler, and hide no public address: one that
 * has no place is left out.
 *
 * Control lcore. */
#include "control/compile_int.h"

#include <string.h>

#include "dataplane/neigh.h"

/* false: there is no room for its next hop. */
static bool
next_hop(struct cgn_compile_run *r, const struct cgn_compile_learnt *from,
	struct cgn_nexthop *nh)
{
	nh->iface = r->iface[from->port];
	if (!from->gateway) {
		nh->kind = CGN_NH_CONNECTED;
		return true;
	}
	nh->kind = CGN_NH_GATEWAY;
	memcpy(nh->gw, from->gw, sizeof(nh->gw));
	nh->neigh = cgn_neigh_add(r->ifaces[nh->iface].neigh, nh->gw);
	return nh->neigh != NULL;
}

int
cgn_compile_learnt_routes(struct cgn_compile_run *r)
{
	uint32_t left_out = 0;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < r->in->n_learnt; i++) {
		const struct cgn_compile_learnt *from = &r->in->learnt[i];
		struct cgn_compile_entry e;

		memset(&e, 0, sizeof(e));
		e.vpn = r->vpn[r->conf->ports[from->port].vpn.index];
		e.len = from->len;
		e.source = CGN_FROM_LEARNT;
		memcpy(e.key, from->key, sizeof(e.key));
		if (cgn_compile_hides_pool(r, &e) || !next_hop(r, from, &e.nh))
			left_out++;
		else
			rc = cgn_compile_add_route(r, &e);
	}
	if (left_out)
		cgn_log(LOG_WARNING,
			"%u learnt routes left out: inside an address group, or no room "
			"for the next hop as a neighbour",
			left_out);
	return rc;
}
