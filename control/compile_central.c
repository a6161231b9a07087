/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the packets of an instance go while it is switched to another box: to the next
 * hop of its `redirect`; else tunnel packets by the routing table as it would be without
 * our own AFTR address, and others by the routing table as it is.
 *
 * These next hops stand behind those of the routing table, in the base. Which instances
 * are switched is not known here but with the hosts, for each image.
 *
 * Control lcore. */
#include "control/compile_int.h"

#include <errno.h>
#include <string.h>

#include "dataplane/neigh.h"

#define SILENCE_MS 60 /* of a channel, after which the other box takes over */

static int
gateway(struct cgn_compile_run *r, int32_t port, const struct cgn_conf_addr *addr,
	struct cgn_nexthop *nh)
{
	nh->kind = CGN_NH_GATEWAY;
	nh->iface = r->iface[port];
	cgn_compile_key(nh->gw, addr);
	nh->neigh = cgn_neigh_add(r->ifaces[nh->iface].neigh, nh->gw);
	if (nh->neigh != NULL)
		return 0;
	cgn_log(LOG_ERR, "no room for another box as a neighbour of \"%s\"",
		r->ifaces[nh->iface].name);
	return -ENOSPC;
}

/* The longest prefix that is neither an address of the box nor an AFTR address. */
static void
by_routes(const struct cgn_compile_run *r, uint16_t vpn, const uint8_t key[16],
	struct cgn_nexthop *nh)
{
	const struct cgn_compile_entry *best = NULL;

	for (uint32_t i = 0; i < r->n_routes; i++) {
		const struct cgn_compile_entry *e = &r->route[i];

		if (e->vpn != vpn || e->source < CGN_FROM_CONNECTED ||
			!cgn_compile_match(e->key, key, e->len))
			continue;
		if (best == NULL || e->len > best->len ||
			(e->len == best->len && e->source < best->source))
			best = e;
	}
	if (best != NULL)
		*nh = best->nh;
}

int
cgn_compile_redirects(struct cgn_compile_run *r)
{
	r->redirect =
		cgn_compile_take(&r->scratch, r->conf->n_instances, sizeof(*r->redirect));
	if (r->redirect == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		const struct cgn_conf_instance *in = &r->conf->instances[i];
		const struct cgn_conf_redirect *to = &in->centralized_backup.redirect;
		uint8_t key[16];
		int rc;

		if (!in->centralized_backup.enable)
			continue;
		if (to->present) {
			rc = gateway(r, to->port.index, &to->next_hop, &r->redirect[i]);
			if (rc < 0)
				return rc;
		} else if (in->kind == CGN_CONF_DS_LITE) {
			cgn_compile_key(key, &in->local_ipv6);
			by_routes(r, r->vpn[in->inside_vpn], key, &r->redirect[i]);
		}
	}
	return 0;
}

/* Three advertisements, and the skew time of at most one; without a virtual router it is
 * the channel that is silent. */
static uint16_t
takeover_ms(const struct cgn_conf *conf, const struct cgn_conf_location *l)
{
	uint32_t advert_ms =
		l->vrrp.present ? conf->vrrp[l->vrrp.index].advert_ms : SILENCE_MS / 3;

	return (uint16_t)RTE_MIN(3 * advert_ms, (uint32_t)UINT16_MAX);
}

/* Behind the port of the channel is the other box, which has what strayed here. */
static int
strays(struct cgn_compile_run *r, struct cgn_nexthop *nexthop, uint32_t *n)
{
	for (uint32_t i = 0; i < r->conf->n_locations; i++) {
		const struct cgn_conf_remote_backup *to =
			&r->conf->locations[i].remote_backup;
		struct cgn_location *l;
		int rc;

		if (!to->present)
			continue;
		rc = gateway(r, to->port.index, &to->peer, &nexthop[*n]);
		if (rc < 0)
			return rc;
		l = &r->base->location[r->location[i]];
		l->stray = (uint16_t)(*n)++;
		l->takeover_ms = takeover_ms(r->conf, &r->conf->locations[i]);
	}
	return 0;
}

/* The next hops of the routing table, and the redirects and strays behind them. */
int
cgn_compile_nexthops(struct cgn_compile_run *r)
{
	const struct cgn_compile_routing *g = r->base->routing;
	struct cgn_compile_base *base = r->base;
	struct cgn_nexthop *nexthop;
	uint32_t n = g->n_nexthops;
	int rc;

	nexthop = cgn_compile_take(&base->region,
		n + r->conf->n_instances + r->conf->n_locations, sizeof(*nexthop));
	base->instance_of =
		cgn_compile_take(&base->region, r->conf->n_instances, sizeof(uint16_t));
	if (nexthop == NULL || base->instance_of == NULL)
		return -ENOMEM;
	memcpy(nexthop, g->nexthop, n * sizeof(*nexthop));
	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		base->instance_of[i] = r->instance[i];
		if (r->redirect[i].kind == CGN_NH_NONE)
			continue;
		nexthop[n] = r->redirect[i];
		r->instances[r->instance[i]].redirect = (uint16_t)n++;
	}
	rc = strays(r, nexthop, &n);
	if (rc < 0)
		return rc;
	base->n_instances = r->conf->n_instances;
	r->snap->nexthop = nexthop;
	r->snap->n_nexthops = n;
	return 0;
}

/* Marks the instances of an image that are switched. switched: by the configuration's
 * index, or NULL. */
int
cgn_compile_switch(struct cgn_compile_image *image, const bool *switched)
{
	const struct cgn_compile_base *base = image->base;
	struct cgn_instance *instance;
	bool any = false;

	for (uint32_t i = 0; switched != NULL && i < base->n_instances; i++)
		any |= switched[i];
	if (!any)
		return 0;
	instance = cgn_compile_take(
		&image->region, image->snap.n_instances, sizeof(*instance));
	if (instance == NULL)
		return -ENOMEM;
	memcpy(instance, image->snap.instance,
		image->snap.n_instances * sizeof(*instance));
	for (uint32_t i = 0; i < base->n_instances; i++)
		instance[base->instance_of[i]].switched = switched[i];
	image->snap.instance = instance;
	return 0;
}
