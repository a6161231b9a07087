/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports, VLAN sub-interfaces, their addresses and the routes that come from them. Every
 * interface with an IPv6 address has a link-local one: the configured, or EUI-64 of the
 * MAC (RFC 4291 2.5.6), because hosts probe neighbours from and to such addresses.
 *
 * Control lcore. Not handled: several VLAN tags on one frame. */
#include "control/compile_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/neigh.h"

#define VLANS 4096

static const uint8_t link_local_net[16] = { 0xfe, 0x80 };

static bool
is_link_local(const struct cgn_conf_addr *addr)
{
	return addr->family == 6 && cgn_compile_match(addr->bytes, link_local_net, 10);
}

static void
eui64(uint8_t out[16], const struct rte_ether_addr *mac)
{
	const uint8_t *m = mac->addr_bytes;
	const uint8_t id[8] = { m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5] };

	memcpy(out, link_local_net, 8);
	memcpy(out + 8, id, 8);
}

/* Index in conf->ports of the physical port under an interface. */
static uint32_t
physical(const struct cgn_conf *conf, uint32_t i)
{
	int32_t parent = conf->ports[i].parent.index;

	return parent == CGN_CONF_NONE ? i : (uint32_t)parent;
}

static int
neigh_table(struct cgn_compile_run *r, uint16_t index)
{
	char name[CGN_NAME];

	if (r->c->neigh[index] != NULL)
		return 0;
	snprintf(name, sizeof(name), "cgn_neigh_%u", index);
	r->c->neigh[index] = cgn_neigh_create(name, index, CGN_COMPILE_NEIGHBOURS);
	if (r->c->neigh[index] != NULL)
		return 0;
	cgn_log(LOG_ERR, "no memory for a neighbour table");
	return -ENOMEM;
}

static void
iface_fill_addrs(struct cgn_iface *f, const struct cgn_conf_port *p)
{
	for (uint32_t i = 0; i < p->n_addresses; i++) {
		const struct cgn_conf_addr *a = &p->addresses[i].addr;

		if (a->family == 4 && !f->has4) {
			memcpy(&f->addr4, a->bytes, 4);
			f->has4 = true;
		} else if (a->family == 6 && is_link_local(a)) {
			memcpy(f->link_local, a->bytes, 16);
			f->has6 = true;
		} else if (a->family == 6) {
			if (f->addr6[0] == 0)
				memcpy(f->addr6, a->bytes, 16);
			f->has6 = true;
		}
	}
	if (f->has6 && f->link_local[0] == 0)
		eui64(f->link_local, &f->mac);
	if (f->has6 && f->addr6[0] == 0)
		memcpy(f->addr6, f->link_local, 16);
}

static int
iface_fill(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_port *p = &r->conf->ports[i];
	uint32_t phys = physical(r->conf, i);
	struct cgn_iface *f = &r->ifaces[r->iface[i]];
	int rc = neigh_table(r, r->iface[i]);

	if (rc < 0)
		return rc;
	memset(f, 0, sizeof(*f));
	cgn_compile_name(f->name, p->name);
	f->port = r->port[phys];
	f->vlan = (uint16_t)p->vlan;
	f->vpn = r->vpn[p->vpn.index];
	f->mtu = (uint16_t)p->mtu;
	f->tap = p->tap[0] != '\0';
	f->mac = r->in->port[phys].mac;
	f->neigh = r->c->neigh[r->iface[i]];
	f->vmac = &r->c->vmac[r->iface[i]];
	iface_fill_addrs(f, p);
	return 0;
}

/* The addresses of an interface as keys: what its neighbours may ask for. */
static int
addrs_fill(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_port *p = &r->conf->ports[i];
	const struct cgn_iface *f = &r->ifaces[r->iface[i]];
	struct cgn_compile_addr *a =
		cgn_compile_take(&r->base->region, p->n_addresses + 1, sizeof(*a));
	uint32_t n = 0;
	bool seen = false;

	if (a == NULL)
		return -ENOMEM;
	for (uint32_t k = 0; k < p->n_addresses; k++) {
		const struct cgn_conf_ifaddr *from = &p->addresses[k];

		cgn_compile_key(a[n].addr, &from->addr);
		a[n++].len = (uint8_t)(from->len + (from->addr.family == 4 ? 96 : 0));
		seen |= from->addr.family == 6 &&
			memcmp(from->addr.bytes, f->link_local, 16) == 0;
	}
	if (f->has6 && !seen) {
		memcpy(a[n].addr, f->link_local, 16);
		a[n++].len = 64;
	}
	r->base->addrs[r->iface[i]] = a;
	r->base->n_addrs[r->iface[i]] = n;
	return 0;
}

/* Host routes to own addresses, and routes to the networks of the link. Link-local
 * networks are on every link, so there is no route to them. */
static int
addr_routes(struct cgn_compile_run *r, uint16_t iface)
{
	for (uint32_t i = 0; i < r->base->n_addrs[iface]; i++) {
		const struct cgn_compile_addr *a = &r->base->addrs[iface][i];
		struct cgn_compile_entry e;
		int rc;

		memset(&e, 0, sizeof(e));
		e.vpn = r->ifaces[iface].vpn;
		e.len = 128;
		e.source = CGN_FROM_LOCAL;
		e.nh.kind = CGN_NH_LOCAL;
		e.nh.iface = iface;
		memcpy(e.key, a->addr, 16);
		rc = cgn_compile_add_route(r, &e);
		if (rc == 0 && !cgn_compile_match(a->addr, link_local_net, 10)) {
			e.len = a->len;
			e.source = CGN_FROM_CONNECTED;
			e.nh.kind = CGN_NH_CONNECTED;
			cgn_compile_mask(e.key, a->addr, a->len);
			rc = cgn_compile_add_route(r, &e);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Host routes to virtual addresses, whoever is their master: packets for them go to the
 * host, which answers for a master alone. */
static int
virtual_routes(struct cgn_compile_run *r, const struct cgn_conf_vrrp *group)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < group->n_addresses; i++) {
		uint16_t iface = r->iface[group->port.index];
		struct cgn_compile_entry e;

		memset(&e, 0, sizeof(e));
		e.vpn = r->ifaces[iface].vpn;
		e.len = 128;
		e.source = CGN_FROM_LOCAL;
		e.nh.kind = CGN_NH_LOCAL;
		e.nh.iface = iface;
		cgn_compile_key(e.key, &group->addresses[i]);
		rc = cgn_compile_add_route(r, &e);
	}
	return rc;
}

static int
indices(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const char *name = conf->ports[i].name;
		int rc =
			cgn_compile_index(&r->c->ifaces, "interface", name, &r->iface[i]);

		if (rc == 0 && physical(conf, i) == i)
			rc = cgn_compile_index(&r->c->ports, "port", name, &r->port[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* VLAN map of a port: made when its first sub-interface is met. */
static int
vlan_add(struct cgn_compile_run *r, struct cgn_snap_port *port, uint32_t i)
{
	uint16_t *vlan = (uint16_t *)(uintptr_t)port->vlan;

	if (vlan == NULL) {
		vlan = cgn_compile_take(&r->base->region, VLANS, sizeof(*vlan));
		if (vlan == NULL)
			return -ENOMEM;
		memset(vlan, 0xff, VLANS * sizeof(*vlan));
		vlan[0] = port->iface; /* priority tag: no VLAN (802.1Q 6.9) */
		port->vlan = vlan;
	}
	vlan[r->conf->ports[i].vlan] = r->iface[i];
	return 0;
}

static int
port_fill(struct cgn_compile_run *r, struct cgn_snap_port *ports, uint32_t i)
{
	struct cgn_snap_port *port = &ports[r->port[i]];
	const struct cgn_compile_port *in = &r->in->port[i];

	if (in->device >= CGN_MAX_PORTS) {
		cgn_log(LOG_ERR, "port \"%s\": device %u, but at most %u are possible",
			r->conf->ports[i].name, in->device, CGN_MAX_PORTS);
		return -ENOSPC;
	}
	cgn_compile_name(port->name, r->conf->ports[i].name);
	port->iface = r->iface[i];
	port->device = in->device;
	port->mac = in->mac;
	r->snap->by_device[in->device] = r->port[i];
	return 0;
}

static int
ports_build(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	uint32_t n = r->c->ports.n;
	struct cgn_snap_port *ports =
		cgn_compile_take(&r->base->region, n, sizeof(*ports));
	int rc = 0;

	if (ports == NULL)
		return -ENOMEM;
	memset(r->snap->by_device, 0xff, sizeof(r->snap->by_device));
	for (uint32_t i = 0; i < n; i++)
		ports[i] = (struct cgn_snap_port){ .iface = CGN_NONE16,
			.device = CGN_NONE16 };
	for (uint32_t i = 0; rc == 0 && i < conf->n_ports; i++)
		if (physical(conf, i) == i)
			rc = port_fill(r, ports, i);
	for (uint32_t i = 0; rc == 0 && i < conf->n_ports; i++)
		if (physical(conf, i) != i)
			rc = vlan_add(r, &ports[r->port[physical(conf, i)]], i);
	r->snap->port = ports;
	r->snap->n_ports = (uint16_t)n;
	return rc;
}

/* Tables of all interfaces ever seen; those that are gone have no port. */
static int
ifaces_alloc(struct cgn_compile_run *r)
{
	uint32_t n = r->c->ifaces.n;
	struct cgn_compile_base *base = r->base;

	r->ifaces = cgn_compile_take(&base->region, n, sizeof(*r->ifaces));
	base->addrs = cgn_compile_take(&base->region, n, sizeof(*base->addrs));
	base->n_addrs = cgn_compile_take(&base->region, n, sizeof(*base->n_addrs));
	if (r->ifaces == NULL || base->addrs == NULL || base->n_addrs == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (r->old != NULL && i < r->old->n_ifaces)
			r->ifaces[i] = r->old->iface[i];
		r->ifaces[i].port = CGN_NONE16;
		r->ifaces[i].n_nat = 0;
		r->ifaces[i].has4 = r->ifaces[i].has6 = false;
	}
	r->snap->iface = r->ifaces;
	r->snap->n_ifaces = (uint16_t)n;
	return 0;
}

int
cgn_compile_ifaces(struct cgn_compile_run *r)
{
	int rc = indices(r);

	if (rc == 0)
		rc = ifaces_alloc(r);
	if (rc == 0)
		rc = ports_build(r);
	for (uint32_t i = 0; rc == 0 && i < r->conf->n_ports; i++) {
		rc = iface_fill(r, i);
		if (rc == 0)
			rc = addrs_fill(r, i);
		if (rc == 0)
			rc = addr_routes(r, r->iface[i]);
	}
	for (uint32_t i = 0; rc == 0 && i < r->conf->n_vrrp; i++)
		rc = virtual_routes(r, &r->conf->vrrp[i]);
	return rc;
}
