/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of address groups, ACLs and log hosts: every public address is in one pool of
 * its VPN and is not one of the box.
 */

#include <string.h>

#include "conf/parse.h"
#include "conf/reader.h"

enum { ADDR_SIZE = 48, MAX_POOL = 1 << 20 };

static const char *
format_ipv4(uint32_t addr, char *buf)
{
	struct cgn_conf_addr a = { 4, { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16),
					      (uint8_t)(addr >> 8), (uint8_t)addr } };

	return cgn_conf_addr_format(&a, buf);
}

static bool
touch(const struct cgn_conf_range *a, const struct cgn_conf_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* What no host has: 0/8, loopback, multicast and above. */
static void
check_range(
	struct cgn_reader *r, const struct cgn_conf_address_group *group, uint32_t index)
{
	static const struct cgn_conf_range unusable[] = {
		{ 0x00000000, 0x00ffffff },
		{ 0x7f000000, 0x7fffffff },
		{ 0xe0000000, 0xffffffff },
	};
	const struct cgn_conf_range *range = &group->addresses[index];
	char text[ADDR_SIZE];

	if (!range->last) /* refused when it was read */
		return;
	for (int i = 0; i < 3; i++) {
		if (touch(range, &unusable[i]))
			cgn_reader_error(r, range, "%s is not an address of a host",
				format_ipv4(range->first > unusable[i].first
						    ? range->first
						    : unusable[i].first,
					text));
	}
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_range *other = &group->addresses[i];

		if (touch(range, other))
			cgn_reader_error(r, range, "%s is listed twice",
				format_ipv4(range->first > other->first ? range->first
									: other->first,
					text));
	}
}

static void
check_overlap(struct cgn_reader *r, const struct cgn_conf_address_group *group,
	const struct cgn_conf_address_group *other)
{
	char text[ADDR_SIZE];

	for (uint32_t i = 0; i < group->n_pool; i++) {
		for (uint32_t j = 0; j < other->n_pool; j++) {
			const struct cgn_conf_range *a = &group->pool[i],
						    *b = &other->pool[j];

			if (!touch(a, b))
				continue;
			cgn_reader_error(r, &group->addresses,
				"%s is also in address group \"%s\", pools of one VPN "
				"must not overlap",
				format_ipv4(
					a->first > b->first ? a->first : b->first, text),
				other->name);
			return;
		}
	}
}

static void
check_twice(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_address_group *group = &r->conf->address_groups[index];

	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_address_group *other = &r->conf->address_groups[i];

		if (group->name[0] && !strcmp(other->name, group->name))
			cgn_reader_error(r, &group->name,
				"\"%s\" exists already, at line %d", group->name,
				other->src.line);
		if (group->id && other->id == group->id)
			cgn_reader_error(r, &group->id, "%u is already \"%s\"", group->id,
				other->name);
		if (other->vpn.index == group->vpn.index)
			check_overlap(r, group, other);
	}
}

static void
check_held(struct cgn_reader *r, const struct cgn_conf_address_group *group,
	const struct cgn_conf_addr *addr, const char *whose, const char *port)
{
	char text[ADDR_SIZE];

	if (addr->family == 4 && cgn_conf_pool_holds(group, cgn_parse_ipv4(addr)))
		cgn_reader_error(r, &group->addresses,
			"%s is %s address of port \"%s\", exclude it",
			cgn_conf_addr_format(addr, text), whose, port);
}

/* Interface and virtual addresses are the box's own. */
static void
check_own(struct cgn_reader *r, const struct cgn_conf_address_group *group)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *port = &conf->ports[i];

		for (uint32_t j = 0; j < port->n_addresses; j++) {
			if (port->vpn.index == group->vpn.index)
				check_held(r, group, &port->addresses[j].addr, "an",
					port->name);
		}
	}
	for (uint32_t i = 0; i < conf->n_vrrp; i++) {
		const struct cgn_conf_vrrp *vrrp = &conf->vrrp[i];

		if (vrrp->port.index < 0 ||
			conf->ports[vrrp->port.index].vpn.index != group->vpn.index)
			continue;
		for (uint32_t j = 0; j < vrrp->n_addresses; j++)
			check_held(
				r, group, &vrrp->addresses[j], "a VRRP", vrrp->port.name);
	}
}

static void
check_overload(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_address_group *groups = r->conf->address_groups;
	const struct cgn_conf_address_group *group = &groups[index];
	int32_t next = group->overload.index;

	if (next < 0)
		return;
	if (groups[next].vpn.index != group->vpn.index)
		cgn_reader_error(r, &group->overload,
			"\"%s\" is in VPN \"%s\", not in \"%s\"", groups[next].name,
			groups[next].vpn.name, group->vpn.name);
	for (uint32_t hops = 0; next >= 0 && hops < r->conf->n_address_groups; hops++) {
		if (next == (int32_t)index) {
			cgn_reader_error(r, &group->overload,
				"\"%s\" overflows into itself", group->name);
			return;
		}
		next = groups[next].overload.index;
	}
}

static void
check_address_group(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_address_group *group = &r->conf->address_groups[index];

	for (uint32_t i = 0; i < group->n_addresses; i++)
		check_range(r, group, i);
	if (group->n_addresses && !group->size)
		cgn_reader_error(
			r, &group->addresses, "no address is left after exclude");
	if (group->size > MAX_POOL)
		cgn_reader_error(r, &group->addresses,
			"%llu addresses, allowed is 1..%d in a group",
			(unsigned long long)group->size, MAX_POOL);
	check_twice(r, index);
	check_own(r, group);
	check_overload(r, index);
}

void
cgn_check_pools(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_address_groups; i++)
		check_address_group(r, i);
	for (uint32_t i = 0; i < conf->n_acls; i++) {
		const struct cgn_conf_acl *acl = &conf->acls[i];

		if (!strcmp(acl->name, "any"))
			cgn_reader_error(r, &acl->name, "\"any\" stands for everybody");
		for (uint32_t j = 0; j < i; j++) {
			if (acl->name[0] && !strcmp(conf->acls[j].name, acl->name))
				cgn_reader_error(r, &acl->name,
					"\"%s\" exists already, at line %d", acl->name,
					conf->acls[j].src.line);
		}
	}
	for (uint32_t i = 0; i < conf->n_log_hosts; i++) {
		const struct cgn_conf_log_host *host = &conf->log_hosts[i];

		for (uint32_t j = 0; j < i; j++) {
			if (host->name[0] && !strcmp(conf->log_hosts[j].name, host->name))
				cgn_reader_error(r, &host->name,
					"\"%s\" exists already, at line %d", host->name,
					conf->log_hosts[j].src.line);
		}
	}
}
