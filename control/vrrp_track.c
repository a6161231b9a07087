/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The facts that a virtual router is told: what its tracked things take from its priority
 * (a location that no CPU hosts, a port without link, a next hop that does not answer),
 * whether its own port is up,
 * whether the CPUs behind it turn, and whether the box has listened at all.
 *
 * The CPUs behind a group host the locations bound to it or to groups that follow it. One
 * that is silent closes the liveness gate before it is known to have failed. Locations
 * that are down are the tracking's matter; where nothing is tracked they close the gate.
 *
 * Control lcore. */
#include "control/host.h"
#include "control/moves.h"
#include "control/resolve.h"
#include "control/vrrp_int.h"
#include "dataplane/neigh.h"

#include <string.h>

#define LINKS_MS 10 /* between two looks at the links: each costs system calls */

/* ---- links ---- */

uint16_t
cgn_vrrp_track_device(const struct cgn_daemon *d, int32_t port)
{
	int32_t parent = d->conf->ports[port].parent.index;
	const char *name = d->conf->ports[parent < 0 ? port : parent].name;

	return cgn_daemon_port(d, name);
}

static uint64_t
wanted_links(const struct cgn_daemon *d)
{
	uint64_t set = 0;

	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		const struct cgn_conf_vrrp *conf = &d->conf->vrrp[i];

		set |= 1ull << d->vrrp->group[i].device;
		for (uint32_t k = 0; k < conf->n_track; k++)
			if (conf->track[k].port.index >= 0)
				set |= 1ull << cgn_vrrp_track_device(
					       d, conf->track[k].port.index);
	}
	return set;
}

void
cgn_vrrp_track_links(struct cgn_daemon *d)
{
	uint64_t want, up = 0;

	if (d->vrrp->look_ms && d->now_ms - d->vrrp->look_ms < LINKS_MS)
		return;
	d->vrrp->look_ms = d->now_ms;
	want = wanted_links(d) & ~d->ports_down;
	for (uint16_t p = 0; p < d->n_ports; p++)
		if (want >> p & 1 && cgn_port_is_up(&d->port[p]))
			up |= 1ull << p;
	d->vrrp->links = up;
}

/* ---- facts ---- */

static bool
is_up(const struct cgn_daemon *d, int32_t port)
{
	return d->vrrp->links >> cgn_vrrp_track_device(d, port) & 1;
}

static bool
is_location_down(const struct cgn_daemon *d, int32_t location)
{
	return d->place[location].worker == CGN_MOVES_NONE;
}

static bool
is_silent(const struct cgn_daemon *d, const struct cgn_conf_track *t)
{
	uint32_t iface =
		cgn_compile_find_iface(d->compiler, d->conf->ports[t->next_port].name);
	uint8_t key[16];

	memcpy(key, t->next_hop.bytes, sizeof(key));
	if (t->next_hop.family == 4) {
		rte_be32_t addr;

		memcpy(&addr, t->next_hop.bytes, sizeof(addr));
		cgn_neigh_key4(key, addr);
	}
	return iface != CGN_NONE &&
	       cgn_resolve_is_silent(cgn_host_resolver(d->host), (uint16_t)iface, key);
}

static bool
is_down(const struct cgn_daemon *d, const struct cgn_conf_track *t)
{
	if (t->location.index >= 0)
		return is_location_down(d, t->location.index);
	return t->port.index >= 0 ? !is_up(d, t->port.index) : is_silent(d, t);
}

static uint32_t
reduced(const struct cgn_daemon *d, uint32_t group)
{
	const struct cgn_conf_vrrp *conf = &d->conf->vrrp[group];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < conf->n_track; i++) {
		const struct cgn_conf_track *t = &conf->track[i];

		sum += is_down(d, t) ? t->reduced : 0;
	}
	return sum;
}

static bool
is_tracked(const struct cgn_daemon *d, uint32_t group, uint32_t location)
{
	const struct cgn_conf_vrrp *conf = &d->conf->vrrp[group];

	for (uint32_t i = 0; i < conf->n_track; i++)
		if (conf->track[i].location.index == (int32_t)location)
			return true;
	return false;
}

uint32_t
cgn_vrrp_groups_leader(const struct cgn_daemon *d, uint32_t group)
{
	uint32_t leader = d->vrrp->group[group].leader;

	return leader == CGN_NONE ? group : leader;
}

/* Do the CPUs turn that host what is bound to the group or to those who follow it? */
static bool
is_alive(const struct cgn_daemon *d, uint32_t group)
{
	uint64_t limit = d->conf->ha.detect_ms * d->rt.tsc_per_ms;
	unsigned bound = 0, down = 0, tracked = 0;

	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		const struct cgn_conf_vrrp_ref *ref = &d->conf->locations[i].vrrp;

		if (!ref->present ||
			cgn_vrrp_groups_leader(d, (uint32_t)ref->index) != group)
			continue;
		bound++;
		tracked += is_tracked(d, group, i);
		if (is_location_down(d, (int32_t)i))
			down++;
		else if (d->watch.cpu[d->place[i].worker].silent > limit)
			return false;
	}
	return !bound || down < bound || tracked;
}

/* Did all who receive for the box turn since the watch looked? */
static bool
is_listening(const struct cgn_daemon *d)
{
	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		if (!d->watch.cpu[i].buried && d->watch.cpu[i].silent)
			return false;
	return true;
}

void
cgn_vrrp_track_facts(struct cgn_daemon *d, uint32_t group, struct cgn_vrrp_facts *facts)
{
	struct group *g = &d->vrrp->group[group];
	uint32_t leader = cgn_vrrp_groups_leader(d, group);

	g->living = is_alive(d, leader);
	*facts = (struct cgn_vrrp_facts){ .now_us = cgn_vrrp_now_us(d),
		.reduced = reduced(d, group),
		.port_up = d->vrrp->links >> g->device & 1,
		.listening = (g->busy || !g->lingers) && is_listening(d),
		.alive = g->living,
		.ready = d->vrrp->group[leader].ready };
}
