/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What follows from other values of a configuration, computed once for all consumers: the
 * shares of the licence, the MTU of sub-interfaces, the port of a route, pools without
 * what is excluded, timers by profile, the VPNs of instances, paths of files.
 *
 * Runs after references are resolved and before the checks; an index may still be
 * CGN_CONF_NONE. Refuses nothing.
 */

#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

static void
derive_licences(struct cgn_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_boards; i++)
		conf->boards[i].license = CGN_CONF_NONE;
	for (uint32_t l = 0; l < conf->n_license; l++) {
		struct cgn_conf_license *license = &conf->license[l];

		license->board = CGN_CONF_NONE;
		for (uint32_t b = 0; b < conf->n_boards && license->board < 0; b++) {
			struct cgn_conf_board *board = &conf->boards[b];

			if (board->slot != license->slot)
				continue;
			license->board = (int32_t)b;
			board->license = (int32_t)l;
			for (uint32_t c = 0; c < board->n_cpus; c++) {
				board->cpus[c].sessions =
					license->sessions / board->n_cpus;
				board->cpus[c].users = license->users / board->n_cpus;
				/* a limit below the number of CPUs must not become none
				 */
				board->cpus[c].create_rate =
					(license->create_rate + board->n_cpus - 1) /
					board->n_cpus;
			}
		}
	}
}

static void
derive_ports(struct cgn_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		struct cgn_conf_port *port = &conf->ports[i];

		if (!port->mtu && port->parent.index < 0)
			port->mtu = 1500;
	}
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		struct cgn_conf_port *port = &conf->ports[i];

		if (!port->mtu)
			port->mtu = conf->ports[port->parent.index].mtu;
		if (!port->mtu) /* a sub-interface of a sub-interface, which is refused */
			port->mtu = 1500;
	}
}

static void
derive_routes(struct cgn_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_routes; i++) {
		struct cgn_conf_route *route = &conf->routes[i];

		route->port =
			cgn_conf_connected_port(conf, route->vpn.index, &route->next_hop);
	}
}

static void
derive_tracks(struct cgn_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_vrrp; i++) {
		const struct cgn_conf_vrrp *group = &conf->vrrp[i];

		for (uint32_t k = 0; group->port.index >= 0 && k < group->n_track; k++) {
			struct cgn_conf_track *track = &group->track[k];

			track->next_port = cgn_conf_connected_port(conf,
				conf->ports[group->port.index].vpn.index,
				&track->next_hop);
		}
	}
}

static void
derive_metrics(struct cgn_conf *conf)
{
	struct cgn_conf_addr *address = &conf->metrics.address;

	if (address->family == 0)
		*address =
			(struct cgn_conf_addr){ .family = 4, .bytes = { 127, 0, 0, 1 } };
}

/* ---- pools ---- */

static int
by_first(const void *a, const void *b)
{
	const struct cgn_conf_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorts and joins ranges that touch or overlap; returns how many remain. */
static uint32_t
join_ranges(struct cgn_conf_range *ranges, uint32_t n)
{
	uint32_t out = 0;

	qsort(ranges, n, sizeof(*ranges), by_first);
	for (uint32_t i = 0; i < n; i++) {
		struct cgn_conf_range *last = out ? &ranges[out - 1] : NULL;

		if (last && (uint64_t)last->last + 1 >= ranges[i].first) {
			if (ranges[i].last > last->last)
				last->last = ranges[i].last;
		} else {
			ranges[out++] = ranges[i];
		}
	}
	return out;
}

static struct cgn_conf_range *
joined_copy(struct cgn_conf_arena *arena, const struct cgn_conf_range *ranges, uint32_t n,
	uint32_t *n_joined)
{
	struct cgn_conf_range *copy = cgn_arena_array(arena, n, sizeof(*copy));

	if (n)
		memcpy(copy, ranges, n * sizeof(*copy));
	*n_joined = join_ranges(copy, n);
	return copy;
}

static void
add_range(struct cgn_conf_address_group *group, uint64_t first, uint64_t last)
{
	if (first > last)
		return;
	group->pool[group->n_pool++] =
		(struct cgn_conf_range){ (uint32_t)first, (uint32_t)last };
	group->size += last - first + 1;
}

static void
derive_pool(struct cgn_reader *r, struct cgn_conf_address_group *group)
{
	uint32_t n, n_exclude, x = 0;
	struct cgn_conf_range *in, *exclude;

	in = joined_copy(r->arena, group->addresses, group->n_addresses, &n);
	exclude = joined_copy(r->arena, group->exclude, group->n_exclude, &n_exclude);
	group->pool = cgn_arena_array(r->arena, n + n_exclude, sizeof(*group->pool));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t first = in[i].first;

		while (x < n_exclude && exclude[x].last < first)
			x++;
		for (uint32_t y = x; y < n_exclude && exclude[y].first <= in[i].last;
			y++) {
			if (exclude[y].first > first)
				add_range(group, first, exclude[y].first - 1ull);
			first = exclude[y].last + 1ull;
		}
		add_range(group, first, in[i].last);
	}
}

/* The group whose instances use the pool; the checks find when there are two. */
static void
derive_pool_user(struct cgn_conf *conf, const struct cgn_conf_ref *ref, int32_t group)
{
	int32_t index = ref->index;

	for (uint32_t hops = 0; index >= 0 && hops < conf->n_address_groups; hops++) {
		struct cgn_conf_address_group *pool = &conf->address_groups[index];

		if (pool->service_group < 0)
			pool->service_group = group;
		index = pool->overload.index;
	}
}

static void
derive_pools(struct cgn_reader *r)
{
	struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_address_groups; i++) {
		conf->address_groups[i].service_group = CGN_CONF_NONE;
		derive_pool(r, &conf->address_groups[i]);
	}
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *instance = &conf->instances[i];

		for (uint32_t j = 0; j < instance->n_outbound; j++)
			derive_pool_user(conf, &instance->outbound[j].address_group,
				instance->group.index);
	}
}

/* ---- instances ---- */

static void
derive_timers(struct cgn_conf_timers *timers)
{
	static const struct cgn_conf_timers profiles[] = {
		[CGN_CONF_PROFILE_RFC] = { .tcp_established = 7440,
			.tcp_transitory = 240,
			.tcp_syn = 6,
			.udp = 300,
			.icmp = 60,
			.fragment = 2 },
		[CGN_CONF_PROFILE_HUAWEI] = { .tcp_established = 240,
			.tcp_transitory = 40,
			.tcp_syn = 6,
			.udp = 240,
			.icmp = 20,
			.fragment = 5 },
	};
	const struct cgn_conf_timers *profile = &profiles[timers->profile];

	if (!timers->tcp_established)
		timers->tcp_established = profile->tcp_established;
	if (!timers->tcp_transitory)
		timers->tcp_transitory = profile->tcp_transitory;
	if (!timers->tcp_closing)
		timers->tcp_closing = timers->tcp_transitory;
	if (!timers->tcp_syn)
		timers->tcp_syn = profile->tcp_syn;
	if (!timers->udp)
		timers->udp = profile->udp;
	if (!timers->icmp)
		timers->icmp = profile->icmp;
	if (!timers->fragment)
		timers->fragment = profile->fragment;
}

/* Without blocks nothing else bounds the users of an address. */
static void
derive_users_per_address(struct cgn_conf_instance *instance)
{
	enum { SINGLE = 64 };

	if (instance->port_range.mode == CGN_CONF_PORTS_SINGLE &&
		!instance->limits.users_per_address)
		instance->limits.users_per_address = SINGLE;
}

static void
derive_port_range(struct cgn_conf_port_range *range)
{
	if (range->mode != CGN_CONF_PORTS_SEMI_DYNAMIC)
		return;
	if (!range->extended_size)
		range->extended_size = range->size;
	if (!range->extended_times)
		range->extended_times = 3;
}

/* NAT44 names its VPNs; the other kinds take users from the global VPN or their ports'.
 */
static void
derive_vpns(const struct cgn_conf *conf, struct cgn_conf_instance *instance)
{
	int32_t pool = instance->n_outbound ? instance->outbound[0].address_group.index
					    : CGN_CONF_NONE;

	instance->inside_vpn = instance->inside.vpn.index;
	if (instance->allow_access.present) {
		instance->inside_vpn = instance->allow_access.inside_vpn.index;
		instance->outside_vpn = instance->allow_access.outside_vpn.index;
	} else if (instance->kind == CGN_CONF_NAT44) {
		instance->outside_vpn = instance->inside_vpn;
	} else {
		instance->outside_vpn =
			pool < 0 ? 0 : conf->address_groups[pool].vpn.index;
	}
}

/* ---- files, hosts ---- */

static void
derive_key_files(struct cgn_reader *r)
{
	const char *slash = strrchr(r->conf->path, '/');
	size_t dir = slash ? (size_t)(slash - r->conf->path) + 1 : 0;

	for (uint32_t i = 0; i < r->conf->n_locations; i++) {
		struct cgn_conf_remote_backup *remote =
			&r->conf->locations[i].remote_backup;
		char *path;

		if (!remote->present || !remote->key_file[0] ||
			remote->key_file[0] == '/')
			continue;
		path = cgn_arena_alloc(r->arena, dir + strlen(remote->key_file) + 1);
		memcpy(path, r->conf->path, dir);
		strcpy(path + dir, remote->key_file);
		remote->key_file = path;
	}
}

static uint32_t
default_port(enum cgn_conf_log_format format)
{
	static const uint16_t port[] = {
		[CGN_CONF_FORMAT_SYSLOG] = 514,
		[CGN_CONF_FORMAT_IPFIX] = 4739,
		[CGN_CONF_FORMAT_NETFLOW9] = 2055,
	};

	return port[format];
}

void
cgn_derive_conf(struct cgn_reader *r)
{
	struct cgn_conf *conf = r->conf;

	derive_licences(conf);
	derive_ports(conf);
	derive_routes(conf);
	derive_tracks(conf);
	derive_metrics(conf);
	derive_pools(r);
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		derive_timers(&conf->instances[i].timers);
		derive_port_range(&conf->instances[i].port_range);
		derive_users_per_address(&conf->instances[i]);
		derive_vpns(conf, &conf->instances[i]);
	}
	derive_key_files(r);
	for (uint32_t i = 0; i < conf->n_log_hosts; i++) {
		struct cgn_conf_log_host *host = &conf->log_hosts[i];

		if (!host->port)
			host->port = default_port(host->format);
	}
}
