/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fingerprints: what decides about users, addresses, ports and sessions is written as
 * text in one order, and hashed. What each box may have for itself is left out: ports,
 * boards, licences, limits, timers, logs, MTUs.
 *
 * A location has the sum of the fingerprints of all that it serves. So it differs when
 * any of them does, and that one is named beside it.
 *
 * Pure; control lcore. */
#include "control/fingerprint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
	FILE *f;
	char *data;
	size_t len;
};

static bool
text_open(struct text *t)
{
	t->f = open_memstream(&t->data, &t->len);
	return t->f;
}

/* 0: out of memory. */
static uint64_t
text_hash(struct text *t)
{
	bool good = fflush(t->f) == 0 && !ferror(t->f);
	uint64_t hash = good ? cgn_seal_digest(t->data, t->len) | 1 : 0;

	fclose(t->f);
	free(t->data);
	return hash;
}

static void
put_addr(FILE *f, const struct cgn_conf_addr *a, unsigned len)
{
	fprintf(f, " %u:", a->family);
	for (unsigned k = 0; k < 16; k++)
		fprintf(f, "%02x", a->bytes[k]);
	fprintf(f, "/%u", len);
}

static void
put_prefixes(FILE *f, const char *what, const struct cgn_conf_prefix *p, uint32_t n)
{
	fprintf(f, "\n%s", what);
	for (uint32_t k = 0; k < n; k++)
		put_addr(f, &p[k].addr, p[k].len);
}

static const char *
vpn(const struct cgn_conf *conf, int32_t index)
{
	return index < 0 ? "" : conf->vpns[index];
}

/* ---- what is hashed ---- */

static void
put_pool(FILE *f, const struct cgn_conf *conf, const struct cgn_conf_address_group *g)
{
	fprintf(f, "pool %s vpn %s overload %s", g->name, vpn(conf, g->vpn.index),
		g->overload.name);
	for (uint32_t k = 0; k < g->n_pool; k++)
		fprintf(f, " %u-%u", g->pool[k].first, g->pool[k].last);
}

static void
put_outbound(FILE *f, const struct cgn_conf *conf, const struct cgn_conf_outbound *o)
{
	fprintf(f, "\noutbound %s %s", o->acl.name, o->address_group.name);
	if (o->acl.index < 0)
		return;
	put_prefixes(f, "permit", conf->acls[o->acl.index].permit,
		conf->acls[o->acl.index].n_permit);
	put_prefixes(f, "deny", conf->acls[o->acl.index].deny,
		conf->acls[o->acl.index].n_deny);
}

static void
put_server(FILE *f, const struct cgn_conf_server *s)
{
	fprintf(f, "\nserver %u", (unsigned)s->protocol);
	put_addr(f, &s->outside, s->outside_port);
	put_addr(f, &s->softwire, 0);
	put_addr(f, &s->inside, s->inside_port);
}

static void
put_instance(FILE *f, const struct cgn_conf *conf, const struct cgn_conf_instance *i)
{
	fprintf(f, "instance %u %s %u group %s vpn %s %s\n", (unsigned)i->kind, i->name,
		i->id, i->group.name, vpn(conf, i->inside_vpn),
		vpn(conf, i->outside_vpn));
	fprintf(f, "ports %u %u %u %u mapping %u filtering %u protocols %u",
		(unsigned)i->port_range.mode, i->port_range.size,
		i->port_range.extended_size, i->port_range.extended_times,
		(unsigned)i->mapping, (unsigned)i->filtering, i->protocols);
	put_addr(f, &i->local_ipv6, i->prefix_length);
	put_prefixes(f, "remote", i->remote_ipv6, i->n_remote_ipv6);
	put_prefixes(f, "inside", i->inside.prefixes, i->inside.n_prefixes);
	put_prefixes(f, "prefix", &i->prefix, 1);
	for (uint32_t k = 0; k < i->n_outbound; k++)
		put_outbound(f, conf, &i->outbound[k]);
	for (uint32_t k = 0; k < i->n_servers; k++)
		put_server(f, &i->servers[k]);
	for (uint32_t k = 0; k < i->n_exempt; k++) {
		fprintf(f, "\nexempt %u %u", (unsigned)i->exempt[k].protocol,
			i->exempt[k].port);
		put_addr(f, &i->exempt[k].prefix.addr, i->exempt[k].prefix.len);
	}
}

/* Members are a set: their order says nothing. */
static void
put_group(FILE *f, const struct cgn_conf_group *g)
{
	uint64_t sum = 0;

	for (uint32_t k = 0; k < g->n_members; k++) {
		uint64_t pair[2] = { g->members[k].location.id, g->members[k].weight };

		sum += cgn_seal_digest(pair, sizeof(pair));
	}
	fprintf(f, "group %s members %" PRIx64, g->name, sum);
}

/* ---- the list ---- */

struct run {
	const struct cgn_conf *conf;
	const bool *wanted;
	struct cgn_channel_print *out;
	int n;
	int rc;
};

static uint64_t
add(struct run *r, uint8_t kind, const char *name, uint64_t hash)
{
	if (!hash)
		r->rc = -ENOMEM;
	else if (r->n == CGN_CHANNEL_PRINTS)
		r->rc = -E2BIG;
	if (r->rc)
		return 0;
	r->out[r->n] = (struct cgn_channel_print){ .kind = kind, .hash = hash };
	snprintf(r->out[r->n].name, CGN_NAME, "%s", name);
	r->n++;
	return hash;
}

static uint64_t
add_pool(struct run *r, const struct cgn_conf_address_group *g)
{
	struct text t;

	for (int k = 0; k < r->n; k++)
		if (r->out[k].kind == CGN_CHANNEL_PRINT_POOL &&
			!strcmp(r->out[k].name, g->name))
			return r->out[k].hash;
	if (!text_open(&t))
		return add(r, 0, "", 0);
	put_pool(t.f, r->conf, g);
	return add(r, CGN_CHANNEL_PRINT_POOL, g->name, text_hash(&t));
}

/* An instance with the pools that its users get addresses of. */
static uint64_t
add_instance(struct run *r, const struct cgn_conf_instance *i)
{
	uint64_t sum;
	struct text t;

	if (!text_open(&t))
		return add(r, 0, "", 0);
	put_instance(t.f, r->conf, i);
	sum = add(r, CGN_CHANNEL_PRINT_INSTANCE, i->name, text_hash(&t));
	for (uint32_t k = 0; k < i->n_outbound; k++) {
		int32_t pool = i->outbound[k].address_group.index;

		for (unsigned step = 0; pool >= 0 && step < 8; step++) {
			const struct cgn_conf_address_group *g =
				&r->conf->address_groups[pool];

			sum += add_pool(r, g);
			pool = g->overload.name[0] ? g->overload.index : CGN_CONF_NONE;
		}
	}
	return sum;
}

static bool
serves(const struct run *r, const struct cgn_conf_group *g)
{
	for (uint32_t k = 0; k < g->n_members; k++)
		if (g->members[k].location.index >= 0 &&
			r->wanted[g->members[k].location.index])
			return true;
	return false;
}

/* A group with what is bound to it, and then its locations, which are all of that. */
static void
add_group(struct run *r, uint32_t index)
{
	const struct cgn_conf_group *g = &r->conf->groups[index];
	uint64_t sum;
	struct text t;

	if (!text_open(&t)) {
		add(r, 0, "", 0);
		return;
	}
	put_group(t.f, g);
	sum = add(r, CGN_CHANNEL_PRINT_GROUP, g->name, text_hash(&t));
	for (uint32_t k = 0; k < r->conf->n_instances; k++)
		if (r->conf->instances[k].group.index == (int32_t)index)
			sum += add_instance(r, &r->conf->instances[k]);
	for (uint32_t k = 0; k < g->n_members; k++) {
		const struct cgn_conf_location_ref *l = &g->members[k].location;
		char name[CGN_NAME];

		if (l->index < 0 || !r->wanted[l->index])
			continue;
		snprintf(name, sizeof(name), "%u", l->id);
		add(r, CGN_CHANNEL_PRINT_LOCATION, name, sum | 1);
	}
}

int
cgn_fingerprint(
	const struct cgn_conf *conf, const bool *wanted, struct cgn_channel_print *out)
{
	struct run r = { .conf = conf, .wanted = wanted, .out = out };

	for (uint32_t k = 0; k < conf->n_groups; k++)
		if (serves(&r, &conf->groups[k]))
			add_group(&r, k);
	add(&r, CGN_CHANNEL_PRINT_GLOBAL, "ha.hot_backup", 1 + conf->ha.hot_backup);
	return r.rc ? r.rc : r.n;
}
