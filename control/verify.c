/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Servers of groups with several locations: packets of the user go by the location of the
 * user, packets to the server by that of its address, so these must be one. The compiler
 * refuses what does not fit; this says so beforehand, with file and line, without ports,
 * boards or EAL.
 *
 * Not handled: instances with deterministic ports, where the address of the user decides;
 * they are left to the compiler. */
#include "control/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/log.h"
#include "dataplane/steer.h"

#define MAX_MEMBERS 32

static unsigned
members(const struct cgn_conf_group *g, struct cgn_member m[MAX_MEMBERS])
{
	unsigned n = RTE_MIN(g->n_members, (uint32_t)MAX_MEMBERS);

	for (unsigned i = 0; i < n; i++)
		m[i] = (struct cgn_member){ .id = (uint16_t)g->members[i].location.id,
			.weight = (uint16_t)g->members[i].weight,
			.location = (uint16_t)g->members[i].location.id };
	return n;
}

/* Id of the location of an address (host order) of a pool; 0: not in it; -ENOMEM. */
static int
owner_of(const struct cgn_conf_address_group *pool, const struct cgn_member *m,
	unsigned n, uint32_t addr)
{
	rte_be32_t *all = calloc(pool->size + 1, sizeof(*all));
	uint16_t *owner = calloc(pool->size + 1, sizeof(*owner));
	uint32_t count = 0, at = UINT32_MAX;
	int rc = all && owner ? 0 : -ENOMEM;

	for (uint32_t k = 0; rc == 0 && k < pool->n_pool; k++)
		for (uint64_t ip = pool->pool[k].first; ip <= pool->pool[k].last; ip++) {
			if (ip == addr)
				at = count;
			all[count++] = rte_cpu_to_be_32((uint32_t)ip);
		}
	if (rc == 0 && at < count)
		rc = cgn_steer_addresses(m, n, all, count, owner);
	if (rc == 0 && at < count)
		rc = owner[at];
	free(all);
	free(owner);
	return rc;
}

static uint16_t
location_of_user(const struct cgn_conf_instance *in, const struct cgn_conf_server *s,
	const struct cgn_member *m, unsigned n)
{
	uint16_t bucket[CGN_BUCKETS];
	union cgn_key key;
	rte_be32_t inside;

	memcpy(&inside, s->inside.bytes, sizeof(inside));
	if (in->kind == CGN_CONF_DS_LITE)
		cgn_user_key6(&key, s->softwire.bytes, (uint8_t)in->prefix_length, 0);
	else
		cgn_user_key4(&key, inside, 0);
	cgn_steer_buckets(m, n, bucket);
	return bucket[cgn_steer_bucket(&key)];
}

/* 1: refused, 0, or -ENOMEM. */
static int
check_server(const struct cgn_conf *conf, const struct cgn_conf_instance *in,
	const struct cgn_conf_server *s)
{
	struct cgn_member m[MAX_MEMBERS];
	unsigned n = members(&conf->groups[in->group.index], m);
	rte_be32_t outside;
	int owner = 0, user;

	memcpy(&outside, s->outside.bytes, sizeof(outside));
	for (uint32_t i = 0; owner == 0 && i < conf->n_address_groups; i++)
		if (conf->address_groups[i].vpn.index == in->outside_vpn &&
			conf->address_groups[i].service_group == in->group.index)
			owner = owner_of(&conf->address_groups[i], m, n,
				rte_be_to_cpu_32(outside));
	if (owner <= 0)
		return owner == -ENOMEM ? owner : 0;
	user = location_of_user(in, s, m, n);
	if (user == owner)
		return 0;
	cgn_log(LOG_ERR,
		"%s:%d: instance \"%s\": port %u of a server: its outside address "
		"belongs to service-location %d, its user to %d; give it an address of "
		"that one",
		s->src.file, s->src.line, in->name, s->outside_port, owner, user);
	return 1;
}

int
cgn_verify_servers(const struct cgn_conf *conf)
{
	int bad = 0;

	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_conf_instance *in = &conf->instances[i];

		if (in->kind == CGN_CONF_NAT64 ||
			in->port_range.mode == CGN_CONF_PORTS_DETERMINISTIC ||
			conf->groups[in->group.index].n_members < 2)
			continue;
		for (uint32_t k = 0; k < in->n_servers; k++) {
			int rc = check_server(conf, in, &in->servers[k]);

			if (rc < 0)
				return rc;
			bad += rc;
		}
	}
	return bad;
}
