/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Servers of groups with several locations: packets of the user go by the location of the
 * user, packets to the server by that of its address, so these must be one. The compiler
 * refuses what does not fit; this says so beforehand, by file, line and key, without
 * ports, boards or EAL. Whether the address is in a pool of the group at all has been
 * checked by the reader (conf/check_bindings.c); what has errors there is passed over. */
#include "control/verify.h"

#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"
#include "conf/reader.h"
#include "control/channel_key.h"
#include "control/memory.h"
#include "control/pending.h"
#include "dataplane/rule.h"
#include "dataplane/steer.h"

#define MAX_POOL (1u << 20)

/* The locations of a group, for the steering functions: by id. */
struct team {
	struct cgn_member m[CGN_CONF_MAX_OF_GROUP];
	unsigned n;
};

/* false: it has errors. */
static bool
team_init(struct team *t, const struct cgn_conf_group *g)
{
	if (g->n_members > CGN_CONF_MAX_OF_GROUP)
		return false;
	t->n = g->n_members;
	for (unsigned i = 0; i < t->n; i++) {
		uint16_t id = (uint16_t)g->members[i].location.id;

		if (g->members[i].location.index < 0 || !g->members[i].weight)
			return false;
		for (unsigned k = 0; k < i; k++)
			if (t->m[k].id == id)
				return false;
		t->m[i] = (struct cgn_member){
			.id = id, .weight = (uint16_t)g->members[i].weight, .location = id
		};
	}
	return true;
}

/* Ids of the locations of the addresses of a pool, ascending; free(). NULL: errors. */
static uint16_t *
owners(const struct cgn_conf_address_group *pool, const struct team *t)
{
	rte_be32_t *all = NULL;
	uint16_t *owner = NULL;
	uint32_t n = 0;

	if (pool->size && pool->size <= MAX_POOL) {
		all = calloc(pool->size, sizeof(*all));
		owner = calloc(pool->size, sizeof(*owner));
	}
	for (uint32_t k = 0; all && owner && k < pool->n_pool; k++)
		for (uint64_t ip = pool->pool[k].first; ip <= pool->pool[k].last; ip++)
			all[n++] = rte_cpu_to_be_32((uint32_t)ip);
	if (!n || cgn_steer_addresses(t->m, t->n, all, n, owner) != 0) {
		free(owner);
		owner = NULL;
	}
	free(all);
	return owner;
}

/* Place of an address (host order) in a pool, ascending; it holds it. */
static uint32_t
place_in(const struct cgn_conf_address_group *pool, uint32_t addr)
{
	uint32_t before = 0, k = 0;

	for (; addr > pool->pool[k].last; k++)
		before += pool->pool[k].last - pool->pool[k].first + 1;
	return before + addr - pool->pool[k].first;
}

/* ---- deterministic ports: the location of a user is that of its address ---- */

/* The numbered users of a rule: p has room for n prefixes. */
static void
rule_init(struct cgn_rule *rule, const struct cgn_conf_instance *in,
	const struct cgn_conf_prefix *from, uint32_t n, struct cgn_rule_prefix *p)
{
	rule->length = in->kind == CGN_CONF_DS_LITE ? (uint8_t)in->prefix_length : 32;
	rule->prefix = p;
	rule->n_prefixes = n;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(p[i].addr, from[i].addr.bytes, sizeof(p[i].addr));
		p[i].len = from[i].len;
		p[i].first = rule->n_users;
		rule->n_users += 1u << ((rule->length - from[i].len) & 31);
	}
}

/* 0: no rule knows the user, and its location is that of its hash. */
static uint16_t
location_by_rule(const struct cgn_conf *conf, const struct cgn_conf_instance *in,
	const struct cgn_conf_server *s, const struct team *t)
{
	bool ds_lite = in->kind == CGN_CONF_DS_LITE;
	const struct cgn_conf_outbound *o = in->outbound;
	const struct cgn_conf_address_group *pool;
	const struct cgn_conf_prefix *from = in->remote_ipv6;
	uint32_t n = in->n_remote_ipv6, number, i = 0;
	struct cgn_rule rule = { 0 };
	struct cgn_rule_prefix *p;
	uint16_t *owner, id = 0;

	while (!ds_lite && i < in->n_outbound &&
		!cgn_conf_acl_permits(conf, o[i].acl.index, &s->inside))
		i++;
	if (i == in->n_outbound || (!ds_lite && o[i].acl.index < 0))
		return 0;
	pool = &conf->address_groups[o[i].address_group.index];
	if (!ds_lite) {
		from = conf->acls[o[i].acl.index].permit;
		n = conf->acls[o[i].acl.index].n_permit;
	}
	p = calloc(n + 1, sizeof(*p));
	owner = owners(pool, t);
	if (p && owner) {
		rule_init(&rule, in, from, n, p);
		if (cgn_rule_number(&rule, ds_lite ? s->softwire.bytes : s->inside.bytes,
			    &number))
			id = owner[number % pool->size];
	}
	free(owner);
	free(p);
	return id;
}

/* ---- servers ---- */

static uint16_t
location_of_user(const struct cgn_conf *conf, const struct cgn_conf_instance *in,
	const struct cgn_conf_server *s, const struct team *t)
{
	uint16_t bucket[CGN_BUCKETS], id = 0;
	union cgn_key key;
	rte_be32_t inside;

	if (in->port_range.mode == CGN_CONF_PORTS_DETERMINISTIC)
		id = location_by_rule(conf, in, s, t);
	if (id)
		return id;
	memcpy(&inside, s->inside.bytes, sizeof(inside));
	if (in->kind == CGN_CONF_DS_LITE)
		cgn_user_key6(&key, s->softwire.bytes, (uint8_t)in->prefix_length, 0);
	else
		cgn_user_key4(&key, inside, 0);
	cgn_steer_buckets(t->m, t->n, bucket);
	return bucket[cgn_steer_bucket(&key)];
}

static void
check_server(struct cgn_reader *r, const struct cgn_conf_instance *in,
	const struct cgn_conf_server *s, const struct team *t)
{
	const struct cgn_conf_address_group *pool;
	uint16_t *owner, own = 0, user;
	char text[48];

	if (cgn_reader_wrong(r, &s->outside) || cgn_reader_wrong(r, &s->inside) ||
		cgn_reader_wrong(r, &s->softwire))
		return;
	pool = cgn_conf_pool_of(r->conf, in->outside_vpn, &s->outside);
	if (!pool || pool->service_group != in->group.index)
		return;
	owner = owners(pool, t);
	if (owner)
		own = owner[place_in(pool, cgn_parse_ipv4(&s->outside))];
	free(owner);
	user = location_of_user(r->conf, in, s, t);
	if (own && own != user)
		cgn_reader_error(r, &s->outside,
			"%s belongs to service-location %u, the server's user to %u: "
			"allowed is an address of that one",
			cgn_conf_addr_format(&s->outside, text), own, user);
}

/* Are the pools and rules that are needed here sound? */
static bool
is_sound(const struct cgn_reader *r, const struct cgn_conf_instance *in)
{
	bool sound = in->kind != CGN_CONF_NAT64 && in->group.index >= 0 &&
		     !cgn_reader_wrong(r, &in->remote_ipv6) &&
		     !cgn_reader_wrong(r, &in->prefix_length) &&
		     !cgn_reader_wrong(r, &in->port_range.size);

	for (uint32_t i = 0; i < in->n_outbound; i++)
		sound &= in->outbound[i].address_group.index >= 0 &&
			 !cgn_reader_wrong(r, &in->outbound[i].address_group) &&
			 !cgn_reader_wrong(r, &in->outbound[i].acl);
	return sound;
}

void
cgn_verify_servers(struct cgn_reader *r)
{
	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		const struct cgn_conf_instance *in = &r->conf->instances[i];
		struct team t;

		if (!in->n_servers || !is_sound(r, in) ||
			!team_init(&t, &r->conf->groups[in->group.index]) || t.n < 2)
			continue;
		for (uint32_t k = 0; k < in->n_servers; k++)
			check_server(r, in, &in->servers[k], &t);
	}
}

void
cgn_verify_conf(struct cgn_reader *r)
{
	cgn_pending_warn(r);
	cgn_memory_verify(r);
	cgn_channel_key_verify(r);
	cgn_verify_servers(r);
}
