/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of the chain from an instance over its group and locations to boards and
 * licences, and of the pools that hang on it.
 */

#include "conf/parse.h"
#include "conf/reader.h"

enum { ADDR_SIZE = 48 };

static bool
licensed(const struct cgn_conf_license *license, enum cgn_conf_kind kind)
{
	switch (kind) {
	case CGN_CONF_DS_LITE:
		return license->ds_lite;
	case CGN_CONF_NAT44:
		return license->nat44;
	default:
		return license->nat64;
	}
}

static void
check_licence(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_cpu_ref *place, const char *what)
{
	static const char *const keys[] = {
		[CGN_CONF_DS_LITE] = "ds_lite",
		[CGN_CONF_NAT44] = "nat44",
		[CGN_CONF_NAT64] = "nat64",
	};
	const struct cgn_conf *conf = r->conf;
	int32_t license;

	if (place->index < 0)
		return;
	license = conf->boards[conf->cpus[place->index]->board].license;
	if (license < 0)
		cgn_reader_error(r, &instance->group,
			"group \"%s\" has slot %u as %s, which has no licence",
			instance->group.name, place->slot, what);
	else if (!licensed(&conf->license[license], instance->kind))
		cgn_reader_error(r, &instance->group,
			"group \"%s\" has slot %u as %s, whose licence lacks %s = true",
			instance->group.name, place->slot, what, keys[instance->kind]);
}

static void
check_licences(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_group *group)
{
	for (uint32_t i = 0; i < group->n_members; i++) {
		int32_t index = group->members[i].location.index;

		if (index < 0)
			continue;
		check_licence(
			r, instance, &r->conf->locations[index].active, "active board");
		check_licence(
			r, instance, &r->conf->locations[index].backup, "backup board");
	}
	for (uint32_t i = 0; i < group->n_backup_cpus; i++)
		check_licence(
			r, instance, &group->backup_cpus[i].cpu, "one of backup_cpus");
}

static void
check_backups(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_group *group)
{
	const struct cgn_conf_centralized_backup *cold = &instance->centralized_backup;

	for (uint32_t i = 0; i < group->n_members; i++) {
		int32_t index = group->members[i].location.index;
		const struct cgn_conf_location *location;

		if (index < 0)
			continue;
		location = &r->conf->locations[index];
		if (!location->remote_backup.present)
			continue;
		if (instance->kind == CGN_CONF_DS_LITE && location->backup.present)
			cgn_reader_error(r, &instance->group,
				"service-location %u has backup and remote_backup, a "
				"DS-Lite "
				"instance allows one of them",
				location->id);
		if (r->conf->ha.hot_backup && cold->present && cold->enable)
			cgn_reader_error(r, &cold->enable,
				"service-location %u has hot inter-chassis backup, which "
				"excludes centralized_backup",
				location->id);
	}
}

/* ---- pools ---- */

/* Walks the pool and those it overflows into. */
static void
check_pool(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_ref *ref, const struct cgn_conf_group *group)
{
	const struct cgn_conf *conf = r->conf;
	int32_t index = ref->index;

	for (uint32_t hops = 0; index >= 0 && hops < conf->n_address_groups; hops++) {
		const struct cgn_conf_address_group *pool = &conf->address_groups[index];

		if (pool->service_group >= 0 &&
			pool->service_group != instance->group.index)
			cgn_reader_error(r, ref,
				"address group \"%s\" is used by group \"%s\" already, "
				"one "
				"group only may use it",
				pool->name, conf->groups[pool->service_group].name);
		if (pool->size && pool->size < group->n_members)
			cgn_reader_error(r, ref,
				"address group \"%s\" has %llu addresses for the %u "
				"locations of group \"%s\", each needs one",
				pool->name, (unsigned long long)pool->size,
				group->n_members, group->name);
		index = pool->overload.index;
	}
}

/* Are all pools of the instance known? */
static bool
has_pools(const struct cgn_conf *conf, const struct cgn_conf_instance *instance)
{
	bool has = instance->n_outbound > 0;

	for (uint32_t j = 0; j < instance->n_outbound; j++) {
		int32_t pool = instance->outbound[j].address_group.index;

		has &= pool >= 0 && conf->address_groups[pool].size;
	}
	return has;
}

/* The pool in a VPN that would give an address out if it were not excluded. */
static const struct cgn_conf_address_group *
excluded_from(const struct cgn_conf *conf, int32_t vpn, uint32_t addr)
{
	for (uint32_t i = 0; i < conf->n_address_groups; i++) {
		const struct cgn_conf_address_group *pool = &conf->address_groups[i];

		for (uint32_t k = 0; pool->vpn.index == vpn && k < pool->n_exclude; k++)
			if (addr >= pool->exclude[k].first &&
				addr <= pool->exclude[k].last)
				return pool;
	}
	return NULL;
}

static bool
same_location(const struct cgn_conf_group *a, const struct cgn_conf_group *b)
{
	return a->n_members == 1 && b->n_members == 1 &&
	       a->members[0].location.index == b->members[0].location.index;
}

/* What comes to a server goes by the location of its address: it must be given out by a
 * pool of the group. Which location of several it must be is found elsewhere. */
static void
check_server(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_addr *outside)
{
	const struct cgn_conf *conf = r->conf;
	int32_t vpn = instance->outside_vpn;
	const struct cgn_conf_address_group *pool = cgn_conf_pool_of(conf, vpn, outside),
					    *other;
	const char *group = conf->groups[instance->group.index].name;
	char text[ADDR_SIZE];

	cgn_conf_addr_format(outside, text);
	other = pool ? NULL : excluded_from(conf, vpn, cgn_parse_ipv4(outside));
	if (other)
		cgn_reader_error(r, outside,
			"%s is excluded from address group \"%s\", allowed is an address "
			"that a pool of group \"%s\" gives out",
			text, other->name, group);
	else if (!pool)
		cgn_reader_error(r, outside,
			"%s is in no address group%s%s, allowed is an address of a pool "
			"of group \"%s\"",
			text, vpn ? " of VPN " : "", conf->vpns[vpn], group);
	else if (pool->service_group < 0)
		cgn_reader_error(r, outside,
			"%s is in address group \"%s\", which no instance uses, allowed "
			"is an address of a pool of group \"%s\"",
			text, pool->name, group);
	else if (pool->service_group != instance->group.index &&
		 !same_location(&conf->groups[pool->service_group],
			 &conf->groups[instance->group.index]))
		cgn_reader_error(r, outside,
			"%s is in address group \"%s\" of group \"%s\", allowed is an "
			"address of a pool of group \"%s\"",
			text, pool->name, conf->groups[pool->service_group].name, group);
}

static void
check_servers(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	for (uint32_t i = 0; i < instance->n_servers; i++) {
		const struct cgn_conf_addr *outside = &instance->servers[i].outside;

		if (outside->family && has_pools(r->conf, instance) &&
			cgn_conf_own_port(r->conf, instance->outside_vpn, outside) < 0)
			check_server(r, instance, outside);
	}
}

/* ---- all ---- */

static void
check_empty_groups(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_groups; i++) {
		for (uint32_t j = 0; j < conf->n_instances; j++) {
			if (conf->groups[i].n_members ||
				conf->instances[j].group.index != (int32_t)i)
				continue;
			cgn_reader_error(r, &conf->groups[i].members,
				"group \"%s\" has no service-location, and instance "
				"\"%s\" "
				"is bound to it",
				conf->groups[i].name, conf->instances[j].name);
			break;
		}
	}
}

void
cgn_check_bindings(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	check_empty_groups(r);
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *instance = &conf->instances[i];
		const struct cgn_conf_group *group;

		if (instance->group.index < 0)
			continue;
		group = &conf->groups[instance->group.index];
		check_licences(r, instance, group);
		check_backups(r, instance, group);
		for (uint32_t j = 0; j < instance->n_outbound; j++)
			check_pool(
				r, instance, &instance->outbound[j].address_group, group);
		check_servers(r, instance);
	}
}
