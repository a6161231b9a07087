/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of one instance, and of instances beside each other: names, ports, VPNs, the
 * AFTR address, who is served, servers. How instances hang on groups, boards and pools is
 * in conf/check_bindings.c.
 */

#include <string.h>

#include "conf/reader.h"

enum { ADDR_SIZE = 48, FIRST_PORT = 1024, LAST_PORT = 65535 };

static void
check_twice(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_instance *instance = &r->conf->instances[index];

	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_instance *other = &r->conf->instances[i];

		if (instance->name[0] && !strcmp(other->name, instance->name))
			cgn_reader_error(r, &instance->name,
				"\"%s\" is already a %s instance, at line %d",
				instance->name, cgn_conf_kind_name(other->kind),
				other->src.line);
		if (instance->id && other->kind == instance->kind &&
			other->id == instance->id)
			cgn_reader_error(r, &instance->id,
				"%u is already %s instance \"%s\"", instance->id,
				cgn_conf_kind_name(other->kind), other->name);
	}
}

/* ---- ports ---- */

static void
check_semi_dynamic(struct cgn_reader *r, const struct cgn_conf_port_range *range)
{
	const uint32_t space = LAST_PORT - FIRST_PORT + 1;
	uint64_t most =
		range->size + (uint64_t)range->extended_size * range->extended_times;

	if (most > space)
		cgn_reader_error(r, &range->extended_size,
			"%u + %u x %u ports do not fit %d..%d, allowed is %u in all",
			range->size, range->extended_times, range->extended_size,
			FIRST_PORT, LAST_PORT, space);
}

static void
check_port_range(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf_port_range *range = &instance->port_range;

	if (range->mode == CGN_CONF_PORTS_SEMI_DYNAMIC) {
		check_semi_dynamic(r, range);
	} else {
		if (range->extended_size)
			cgn_reader_error(r, &range->extended_size,
				"only mode semi-dynamic has further blocks");
		if (range->extended_times)
			cgn_reader_error(r, &range->extended_times,
				"only mode semi-dynamic has further blocks");
	}
	if (instance->tcp_mss && instance->tcp_mss < 536)
		cgn_reader_error(r, &instance->tcp_mss,
			"%u is out of range, allowed is 0 or 536..9560",
			instance->tcp_mss);
}

/* ---- VPNs ---- */

static void
check_outside(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < instance->n_outbound; i++) {
		const struct cgn_conf_ref *ref = &instance->outbound[i].address_group;

		if (ref->index < 0 || conf->address_groups[ref->index].vpn.index ==
					      instance->outside_vpn)
			continue;
		cgn_reader_error(r, ref, "\"%s\" is in VPN \"%s\", not in \"%s\"%s",
			ref->name, conf->address_groups[ref->index].vpn.name,
			conf->vpns[instance->outside_vpn],
			instance->kind == CGN_CONF_NAT44 &&
					!instance->allow_access.present
				? ": allow_access leads from one VPN into another"
				: "");
	}
}

/* How many NAT44 instances before this one have the port, too. */
static unsigned
nat_before(const struct cgn_conf *conf, const struct cgn_conf_instance *instance,
	int32_t port)
{
	unsigned n = 0;

	for (const struct cgn_conf_instance *i = conf->instances; i < instance; i++)
		for (uint32_t k = 0; i->kind == CGN_CONF_NAT44 && k < i->inside.n_ports;
			k++)
			n += i->inside.ports[k].index == port;
	return n;
}

static void
check_inside(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf *conf = r->conf;
	const struct cgn_conf_inside *inside = &instance->inside;

	if (instance->allow_access.present && inside->vpn.name[0] &&
		inside->vpn.index != instance->allow_access.inside_vpn.index)
		cgn_reader_error(r, &inside->vpn,
			"\"%s\" is not allow_access.inside_vpn \"%s\"", inside->vpn.name,
			instance->allow_access.inside_vpn.name);
	for (uint32_t i = 0; i < inside->n_ports; i++) {
		const struct cgn_conf_ref *ref = &inside->ports[i];

		if (ref->index >= 0 &&
			conf->ports[ref->index].vpn.index != instance->inside_vpn)
			cgn_reader_error(r, ref, "\"%s\" is in VPN \"%s\", not in \"%s\"",
				ref->name, conf->ports[ref->index].vpn.name,
				conf->vpns[instance->inside_vpn]);
		if (ref->index >= 0 && instance->kind == CGN_CONF_NAT44 &&
			nat_before(conf, instance, ref->index) >=
				CGN_CONF_MAX_NAT_OF_PORT)
			cgn_reader_error(r, ref,
				"\"%s\" is inside of %u NAT44 instances already, the "
				"most",
				ref->name, CGN_CONF_MAX_NAT_OF_PORT);
	}
}

/* Rules look at the IPv4 address of the user, in its softwire too. An address that could
   not be read has no family and its own error: nothing is said of it here. */
static void
check_acls(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	if (instance->kind == CGN_CONF_NAT64 ||
		instance->port_range.mode == CGN_CONF_PORTS_DETERMINISTIC)
		return;
	for (uint32_t i = 0; i < instance->n_outbound; i++) {
		const struct cgn_conf_ref *ref = &instance->outbound[i].acl;
		const struct cgn_conf_acl *acl =
			ref->index < 0 ? NULL : &r->conf->acls[ref->index];
		bool any = !acl || !acl->n_permit;

		for (uint32_t k = 0; acl && k < acl->n_permit; k++)
			any |= acl->permit[k].addr.family != 6;
		if (!any)
			cgn_reader_warn(r, ref,
				"\"%s\" permits IPv6 alone and matches nobody: rules "
				"look at the IPv4 address of the user",
				acl->name);
	}
}

static void
check_redirect(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf_redirect *redirect = &instance->centralized_backup.redirect;
	const struct cgn_conf_port *port;
	char text[ADDR_SIZE];

	if (!redirect->present || !redirect->next_hop.family || redirect->port.index < 0)
		return;
	if (instance->kind == CGN_CONF_DS_LITE && redirect->next_hop.family == 4) {
		cgn_reader_error(r, &redirect->next_hop,
			"%s is an IPv4 address, softwires need an IPv6 one",
			cgn_conf_addr_format(&redirect->next_hop, text));
		return;
	}
	port = &r->conf->ports[redirect->port.index];
	if (!cgn_conf_on_network(port, &redirect->next_hop))
		cgn_reader_error(r, &redirect->next_hop,
			"%s is on no network of port \"%s\"",
			cgn_conf_addr_format(&redirect->next_hop, text), port->name);
}

/* ---- DS-Lite, NAT64 ---- */

static bool
prefixes_overlap(const struct cgn_conf_prefix *a, const struct cgn_conf_prefix *b)
{
	uint8_t len = a->len < b->len ? a->len : b->len;

	return cgn_conf_addr_inside(&a->addr, &b->addr, len);
}

/* Which instance a tunnel packet is for must follow from its two addresses. */
static void
check_tunnels(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_instance *other)
{
	if (!cgn_conf_addr_equal(&instance->local_ipv6, &other->local_ipv6))
		return;
	for (uint32_t i = 0; i < instance->n_remote_ipv6; i++) {
		for (uint32_t j = 0; j < other->n_remote_ipv6; j++) {
			if (!prefixes_overlap(
				    &instance->remote_ipv6[i], &other->remote_ipv6[j]))
				continue;
			cgn_reader_error(r, &instance->remote_ipv6[i],
				"overlaps the users of instance \"%s\", which has the "
				"same "
				"local_ipv6",
				other->name);
			return;
		}
	}
}

static void
check_prefix_length(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	if (instance->kind != CGN_CONF_DS_LITE ||
		instance->port_range.mode == CGN_CONF_PORTS_DETERMINISTIC)
		return;
	for (uint32_t i = 0; i < instance->n_remote_ipv6; i++) {
		uint8_t len = instance->remote_ipv6[i].len;

		if (instance->prefix_length >= len || len == 128)
			continue;
		cgn_reader_warn(r, &instance->prefix_length,
			"%u is shorter than a prefix of remote_ipv6, all of whose B4s "
			"are one user then",
			instance->prefix_length);
		return;
	}
}

static void
check_local_ipv6(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf *conf = r->conf;
	const struct cgn_conf_addr *local = &instance->local_ipv6;
	int32_t port = cgn_conf_own_port(conf, 0, local);
	int32_t virtual = cgn_conf_virtual_port(conf, 0, local);
	char text[ADDR_SIZE];

	if (!local->family)
		return;
	cgn_conf_addr_format(local, text);
	if (local->bytes[0] == 0xff || !strcmp(text, "::"))
		cgn_reader_error(r, local, "%s is not an address of a box", text);
	if (port >= 0)
		cgn_reader_error(r, local,
			"%s is an address of port \"%s\", allowed is another", text,
			conf->ports[port].name);
	else if (virtual >= 0)
		cgn_reader_error(r, local,
			"%s is a VRRP address of port \"%s\", allowed is another", text,
			conf->ports[virtual].name);
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *other = &conf->instances[i];

		for (uint32_t j = 0; j < other->n_remote_ipv6; j++) {
			if (cgn_conf_addr_inside(local, &other->remote_ipv6[j].addr,
				    other->remote_ipv6[j].len))
				cgn_reader_error(r, local,
					"%s is inside a remote_ipv6 prefix of instance "
					"\"%s\"",
					text, other->name);
		}
	}
}

static void
check_nat64_prefix(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	uint8_t len = instance->prefix.len;

	if (!instance->prefix.addr.family)
		return;
	if (len != 96 && (len > 64 || len % 8))
		cgn_reader_error(r, &instance->prefix,
			"length %u, allowed is 32, 40, 48, 56, 64 or 96", len);
	for (uint32_t i = 0; i < instance->inside.n_prefixes; i++) {
		if (prefixes_overlap(&instance->prefix, &instance->inside.prefixes[i]))
			cgn_reader_error(r, &instance->prefix,
				"overlaps inside.prefixes, the addresses of the users");
	}
}

/* ---- servers ---- */

static void
check_server_twice(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_server *server)
{
	for (const struct cgn_conf_instance *other = r->conf->instances;
		other <= instance; other++) {
		for (uint32_t i = 0; i < other->n_servers; i++) {
			const struct cgn_conf_server *s = &other->servers[i];

			if (s == server)
				return;
			if (other->outside_vpn == instance->outside_vpn &&
				s->protocol == server->protocol &&
				s->outside_port == server->outside_port &&
				cgn_conf_addr_equal(&s->outside, &server->outside))
				cgn_reader_error(r, &server->outside,
					"is already a server, at line %d", s->src.line);
		}
	}
}

static void
check_server(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_server *server)
{
	int32_t port =
		cgn_conf_own_port(r->conf, instance->outside_vpn, &server->outside);
	bool served = !server->softwire.family || !instance->n_remote_ipv6;
	char text[ADDR_SIZE];

	check_server_twice(r, instance, server);
	if (port >= 0)
		cgn_reader_error(r, &server->outside,
			"%s is an address of port \"%s\", allowed is another",
			cgn_conf_addr_format(&server->outside, text),
			r->conf->ports[port].name);
	for (uint32_t i = 0; i < instance->n_remote_ipv6; i++)
		served |= cgn_conf_addr_inside(&server->softwire,
			&instance->remote_ipv6[i].addr, instance->remote_ipv6[i].len);
	if (!served)
		cgn_reader_error(r, &server->softwire,
			"%s is inside no remote_ipv6 prefix",
			cgn_conf_addr_format(&server->softwire, text));
}

void
cgn_check_instances(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *instance = &conf->instances[i];

		check_twice(r, i);
		check_port_range(r, instance);
		check_outside(r, instance);
		check_inside(r, instance);
		check_acls(r, instance);
		check_redirect(r, instance);
		check_prefix_length(r, instance);
		check_local_ipv6(r, instance);
		for (uint32_t j = 0; j < i; j++)
			check_tunnels(r, instance, &conf->instances[j]);
		if (instance->kind == CGN_CONF_NAT64)
			check_nat64_prefix(r, instance);
		for (uint32_t j = 0; j < instance->n_servers; j++)
			check_server(r, instance, &instance->servers[j]);
	}
}
