/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of ports, routes and routing: names and addresses once, a port is a device or a
 * VLAN of one, the MTU suits the addresses, a tap is nobody else's interface, a next hop
 * is reachable.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

enum { ADDR_SIZE = 48 };

static void
check_vlan(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf *conf = r->conf;
	const struct cgn_conf_port *port = &conf->ports[index], *parent;

	if (port->device[0])
		cgn_reader_error(r, &port->device, "a port with a parent has no device");
	if (!cgn_reader_given(r, &port->vlan))
		cgn_reader_error(
			r, &port->vlan, "is missing, a port with a parent has a vlan");
	if (cgn_reader_given(r, &port->rx_queues))
		cgn_reader_error(r, &port->rx_queues,
			"a port with a parent has the parent's queues");
	if (port->parent.index < 0)
		return;
	parent = &conf->ports[port->parent.index];
	if (parent->parent.name[0])
		cgn_reader_error(r, &port->parent, "\"%s\" is not a port with a device",
			parent->name);
	if (port->mtu > parent->mtu)
		cgn_reader_error(r, &port->mtu,
			"%u is more than %u, the mtu of the parent", port->mtu,
			parent->mtu);
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_port *other = &conf->ports[i];

		if (other->parent.index == port->parent.index &&
			other->vlan == port->vlan)
			cgn_reader_error(r, &port->vlan,
				"vlan %u of \"%s\" is already port \"%s\"", port->vlan,
				parent->name, other->name);
	}
}

/* The device proper of "net_af_packet0,iface=x" is the part before the comma. */
static bool
same_device(const char *a, const char *b)
{
	size_t n = strcspn(a, ",");

	return n == strcspn(b, ",") && !memcmp(a, b, n);
}

/* Are both made over one interface of the kernel? */
static bool
same_interface(const char *a, const char *b)
{
	const char *x = strstr(a, ",iface="), *y = strstr(b, ",iface=");

	return x && y && same_device(x + 1, y + 1);
}

static void
check_device(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_port *port = &r->conf->ports[index];

	if (!port->device[0] && !cgn_reader_given(r, &port->device))
		cgn_reader_error(r, &port->device,
			"is missing, a port has a device, or a parent and a vlan");
	if (port->vlan)
		cgn_reader_error(r, &port->vlan, "a vlan needs a parent");
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_port *other = &r->conf->ports[i];

		if (port->device[0] && same_device(other->device, port->device))
			cgn_reader_error(r, &port->device,
				"\"%s\" is already port \"%s\"", port->device,
				other->name);
		else if (same_interface(other->device, port->device))
			cgn_reader_error(r, &port->device,
				"\"%s\" is over the interface of port \"%s\", allowed is "
				"another",
				port->device, other->name);
	}
}

/* Another port of the VPN that has addr, or this one earlier in its list. */
static const struct cgn_conf_port *
earlier_owner(const struct cgn_conf *conf, uint32_t port, uint32_t address)
{
	const struct cgn_conf_addr *addr = &conf->ports[port].addresses[address].addr;

	for (uint32_t i = 0; i <= port; i++) {
		const struct cgn_conf_port *other = &conf->ports[i];
		uint32_t n = i == port ? address : other->n_addresses;

		if (i != port && cgn_conf_is_link_local(addr))
			continue;
		for (uint32_t j = 0; j < n; j++) {
			if (other->vpn.index == conf->ports[port].vpn.index &&
				cgn_conf_addr_equal(&other->addresses[j].addr, addr))
				return other;
		}
	}
	return NULL;
}

static void
check_addresses(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_port *port = &r->conf->ports[index];
	bool has_ipv6 = false;

	for (uint32_t i = 0; i < port->n_addresses; i++) {
		const struct cgn_conf_port *owner = earlier_owner(r->conf, index, i);
		char text[ADDR_SIZE];

		has_ipv6 |= port->addresses[i].addr.family == 6;
		if (owner)
			cgn_reader_error(r, &port->addresses[i],
				"%s is already on port \"%s\"",
				cgn_conf_addr_format(&port->addresses[i].addr, text),
				owner->name);
	}
	if (has_ipv6 && port->mtu < 1280)
		cgn_reader_error(r, &port->mtu,
			"%u is too small for IPv6, allowed is 1280..9600", port->mtu);
}

/* What the kernel takes for the name of an interface. */
static bool
is_interface_name(const char *name)
{
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-.", *name))
			return false;
	return true;
}

/* The interface of the kernel that a device is made over. */
static bool
is_over(const char *device, const char *name)
{
	const char *at = strstr(device, "iface=");

	return at && strcspn(at + 6, ",") == strlen(name) &&
	       !strncmp(at + 6, name, strlen(name));
}

static void
check_tap(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_port *port = &r->conf->ports[index];

	if (!port->tap[0])
		return;
	if (!is_interface_name(port->tap))
		cgn_reader_error(r, &port->tap,
			"\"%s\" is no name for an interface, it has letters, digits and "
			"_-. only",
			port->tap);
	for (uint32_t i = 0; i < r->conf->n_ports; i++) {
		const struct cgn_conf_port *other = &r->conf->ports[i];

		if (i < index && !strcmp(other->tap, port->tap))
			cgn_reader_error(r, &port->tap,
				"\"%s\" is already that of port \"%s\"", port->tap,
				other->name);
		if (is_over(other->device, port->tap))
			cgn_reader_error(r, &port->tap,
				"\"%s\" is the device of port \"%s\"", port->tap,
				other->name);
	}
}

void
cgn_check_ports(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *port = &conf->ports[i];

		for (uint32_t j = 0; j < i; j++) {
			if (port->name[0] && !strcmp(conf->ports[j].name, port->name))
				cgn_reader_error(r, &port->name,
					"\"%s\" is already a port, at line %d",
					port->name, conf->ports[j].src.line);
		}
		if (cgn_reader_given(r, &port->parent))
			check_vlan(r, i);
		else
			check_device(r, i);
		check_addresses(r, i);
		check_tap(r, i);
	}
}

/* ---- routes ---- */

static bool
vpn_has_port(const struct cgn_conf *conf, int32_t vpn)
{
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		if (conf->ports[i].vpn.index == vpn)
			return true;
	}
	return false;
}

static void
check_next_hop(struct cgn_reader *r, const struct cgn_conf_route *route)
{
	char text[ADDR_SIZE];

	if (!route->next_hop.family ||
		(route->vpn.index && !vpn_has_port(r->conf, route->vpn.index)))
		return;
	cgn_conf_addr_format(&route->next_hop, text);
	if (route->prefix.addr.family &&
		route->prefix.addr.family != route->next_hop.family)
		cgn_reader_error(r, &route->next_hop,
			"%s is not of the family of the prefix", text);
	else if (route->port < 0)
		cgn_reader_error(r, &route->next_hop,
			"%s is on no connected network of a port in VPN \"%s\"", text,
			route->vpn.name);
	else if (cgn_conf_own_port(r->conf, route->vpn.index, &route->next_hop) >= 0)
		cgn_reader_error(
			r, &route->next_hop, "%s is an address of this box", text);
}

/* By VPN and prefix, then as configured. */
static int
by_prefix(const void *a, const void *b)
{
	const struct cgn_conf_route *x = *(const struct cgn_conf_route *const *)a,
				    *y = *(const struct cgn_conf_route *const *)b;
	int c = (x->vpn.index > y->vpn.index) - (x->vpn.index < y->vpn.index);

	if (c == 0)
		c = (int)x->prefix.len - (int)y->prefix.len;
	if (c == 0)
		c = (int)x->prefix.addr.family - (int)y->prefix.addr.family;
	if (c == 0)
		c = memcmp(x->prefix.addr.bytes, y->prefix.addr.bytes,
			sizeof(x->prefix.addr.bytes));
	return c != 0 ? c : (x > y) - (x < y);
}

static void
check_routes_twice(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;
	const struct cgn_conf_route **sorted =
		cgn_arena_array(r->arena, conf->n_routes, sizeof(*sorted));

	for (uint32_t i = 0; i < conf->n_routes; i++)
		sorted[i] = &conf->routes[i];
	if (conf->n_routes > 0)
		qsort(sorted, conf->n_routes, sizeof(*sorted), by_prefix);
	for (uint32_t i = 1; i < conf->n_routes; i++)
		if (sorted[i]->vpn.index == sorted[i - 1]->vpn.index &&
			sorted[i]->prefix.len == sorted[i - 1]->prefix.len &&
			cgn_conf_addr_equal(
				&sorted[i]->prefix.addr, &sorted[i - 1]->prefix.addr))
			cgn_reader_error(r, &sorted[i]->prefix,
				"has a route already, at line %d",
				sorted[i - 1]->src.line);
}

void
cgn_check_routes(struct cgn_reader *r)
{
	for (uint32_t i = 0; i < r->conf->n_routes; i++)
		check_next_hop(r, &r->conf->routes[i]);
	check_routes_twice(r);
}

/* ---- routing beside the box ---- */

static void
check_table(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_routing_table *t = &r->conf->routing.tables[index];

	if (t->vpn.index == 0)
		cgn_reader_error(
			r, &t->vpn, "is the global VPN, whose table is the main one");
	if (t->table >= 253 && t->table <= 255)
		cgn_reader_error(r, &t->table,
			"%u is a table of the kernel itself, allowed are 1..252 and from "
			"256 on",
			t->table);
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_routing_table *other = &r->conf->routing.tables[i];

		if (other->vpn.index == t->vpn.index)
			cgn_reader_error(
				r, &t->vpn, "\"%s\" has a table already", t->vpn.name);
		if (other->table == t->table)
			cgn_reader_error(r, &t->table, "%u is already that of VPN \"%s\"",
				t->table, other->vpn.name);
	}
}

void
cgn_check_routing(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;
	bool any = false;

	for (uint32_t i = 0; i < conf->n_ports; i++)
		any |= conf->ports[i].tap[0] != '\0';
	if (conf->routing.present && !any)
		cgn_reader_error(r, &conf->routing, "no port has a tap");
	if (!is_interface_name(conf->routing.device))
		cgn_reader_error(r, &conf->routing.device,
			"\"%s\" is no name for an interface, it has letters, digits and "
			"_-. only",
			conf->routing.device);
	for (uint32_t i = 0; conf->routing.present && i < conf->n_ports; i++)
		if (!strcmp(conf->ports[i].tap, conf->routing.device) ||
			is_over(conf->ports[i].device, conf->routing.device))
			cgn_reader_error(r, &conf->routing.device,
				"\"%s\" is an interface of port \"%s\"",
				conf->routing.device, conf->ports[i].name);
	for (uint32_t i = 0; i < conf->routing.n_tables; i++)
		check_table(r, i);
}
