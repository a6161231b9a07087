/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of deterministic ports (RFC 7422): each outbound rule numbers its users and
 * gives each a block of a pool of its own, so the users must be known from the
 * configuration, the blocks must suffice for all of them, and nobody else may take ports
 * of the pool.
 */

#include "conf/parse.h"
#include "conf/reader.h"

enum { FIRST_PORT = 1024, PORTS = 65536 - FIRST_PORT };

#define MAX_USERS (1ull << 31)

/* Blocks of an address. */
static uint32_t
blocks(const struct cgn_conf_instance *instance)
{
	return PORTS / instance->port_range.size;
}

/* How many users prefixes hold when `length` bits identify one; 0: a prefix is longer. */
static uint64_t
count_users(const struct cgn_conf_prefix *prefixes, uint32_t n, uint32_t length)
{
	uint64_t users = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (prefixes[i].len > length)
			return 0;
		users += length - prefixes[i].len > 31
				 ? MAX_USERS
				 : 1ull << (length - prefixes[i].len);
	}
	return users;
}

static void
check_fit(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_ref *ref, uint64_t users)
{
	const struct cgn_conf_address_group *pool;
	uint32_t limit = instance->limits.users_per_address;
	uint64_t most;

	if (ref->index < 0)
		return;
	pool = &r->conf->address_groups[ref->index];
	most = pool->size * blocks(instance);
	if (users > most || users >= MAX_USERS)
		cgn_reader_error(r, &instance->port_range.size,
			"%s%llu users with %u ports each do not fit address group "
			"\"%s\", "
			"whose %llu addresses hold %llu",
			users >= MAX_USERS ? "at least " : "", (unsigned long long)users,
			instance->port_range.size, pool->name,
			(unsigned long long)pool->size, (unsigned long long)most);
	else if (limit && users > limit * pool->size)
		cgn_reader_error(r, &instance->limits.users_per_address,
			"%u is less than the %llu users that the rule gives to an "
			"address",
			limit,
			(unsigned long long)((users + pool->size - 1) / pool->size));
}

/* ---- the pool ---- */

/* Does another rule use the pool, or does another pool overflow into it? */
static void
check_pool(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_ref *ref)
{
	const struct cgn_conf *conf = r->conf;

	if (ref->index < 0)
		return;
	if (conf->address_groups[ref->index].overload.index >= 0)
		cgn_reader_error(r, ref,
			"\"%s\" has an overload pool, which deterministic ports cannot "
			"use",
			ref->name);
	for (uint32_t i = 0; i < conf->n_address_groups; i++)
		if (conf->address_groups[i].overload.index == ref->index)
			cgn_reader_error(r, ref,
				"\"%s\" is the overload pool of \"%s\", deterministic "
				"ports need a pool of their own",
				ref->name, conf->address_groups[i].name);
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *other = &conf->instances[i];

		for (uint32_t j = 0; j < other->n_outbound; j++) {
			const struct cgn_conf_ref *used =
				&other->outbound[j].address_group;

			if (used != ref && used->index == ref->index)
				cgn_reader_error(r, ref,
					"\"%s\" is also used by %s of instance \"%s\", "
					"deterministic ports need a pool of their own",
					ref->name,
					other == instance ? "another rule" : "a rule",
					other->name);
		}
	}
}

/* Ports that blocks do not reach are free for servers. */
static void
check_servers(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	uint32_t end = FIRST_PORT + blocks(instance) * instance->port_range.size;

	for (uint32_t i = 0; i < instance->n_servers; i++) {
		const struct cgn_conf_server *server = &instance->servers[i];

		if (server->outside_port < FIRST_PORT || server->outside_port >= end)
			continue;
		cgn_reader_error(r, &server->outside,
			"port %u is in a user's block, with deterministic ports a server "
			"has one of 1..%d%s",
			server->outside_port, FIRST_PORT - 1,
			end < 65536 ? " or one behind the last block" : "");
	}
}

/* ---- the users ---- */

static void
check_ds_lite(struct cgn_reader *r, const struct cgn_conf_instance *instance)
{
	uint64_t users = count_users(
		instance->remote_ipv6, instance->n_remote_ipv6, instance->prefix_length);

	if (instance->n_outbound > 1)
		cgn_reader_error(r, &instance->outbound[1].address_group,
			"with deterministic ports a DS-Lite instance has one rule, for "
			"the pool follows from the B4 alone");
	if (instance->n_remote_ipv6 && !users)
		cgn_reader_error(r, &instance->prefix_length,
			"%u is shorter than a prefix of remote_ipv6, so that its B4s are "
			"no user of their own",
			instance->prefix_length);
	else if (instance->n_outbound && users)
		check_fit(r, instance, &instance->outbound[0].address_group, users);
}

static void
check_nat44(struct cgn_reader *r, const struct cgn_conf_instance *instance,
	const struct cgn_conf_outbound *rule)
{
	const struct cgn_conf_acl *acl =
		rule->acl.index < 0 ? NULL : &r->conf->acls[rule->acl.index];

	for (uint32_t i = 0; acl && i < acl->n_permit; i++)
		if (acl->permit[i].addr.family != 4) {
			cgn_reader_error(r, &rule->acl,
				"\"%s\" permits IPv6, deterministic ports number IPv4 "
				"users",
				acl->name);
			return;
		}
	if (!acl || !acl->n_permit)
		cgn_reader_error(r, &rule->acl,
			"deterministic ports number the users: an ACL with permit is "
			"needed");
	else
		check_fit(r, instance, &rule->address_group,
			count_users(acl->permit, acl->n_permit, 32));
}

void
cgn_check_rules(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *instance = &conf->instances[i];

		if (instance->port_range.mode != CGN_CONF_PORTS_DETERMINISTIC)
			continue;
		for (uint32_t j = 0; j < instance->n_outbound; j++)
			check_pool(r, instance, &instance->outbound[j].address_group);
		check_servers(r, instance);
		if (instance->kind == CGN_CONF_DS_LITE)
			check_ds_lite(r, instance);
		else if (instance->kind == CGN_CONF_NAT64)
			cgn_reader_error(r, &instance->port_range.mode,
				"deterministic ports are for DS-Lite and NAT44");
		for (uint32_t j = 0;
			instance->kind == CGN_CONF_NAT44 && j < instance->n_outbound; j++)
			check_nat44(r, instance, &instance->outbound[j]);
	}
}
