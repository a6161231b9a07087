/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of deterministic instances (RFC 7422): the numbered users and the numbered
 * addresses of each outbound rule. Users are those of remote_ipv6 under prefix_length, or
 * what the rule's ACL permits; addresses are those of the pool in ascending order. Runs
 * when pools and policy are there. That users fit is checked when the configuration is
 * read. Control lcore. */
#include "control/compile_int.h"

#include <errno.h>
#include <string.h>

/* Slots of the addresses of a pool, ascending. */
static int
number_addresses(struct cgn_compile_run *r, struct cgn_rule *rule,
	const struct cgn_conf_address_group *g, uint16_t vpn)
{
	uint32_t *slot = cgn_compile_take(&r->base->region, g->size, sizeof(*slot));

	if (slot == NULL)
		return -ENOMEM;
	for (uint32_t k = 0; k < g->n_pool; k++)
		for (uint64_t ip = g->pool[k].first; ip <= g->pool[k].last; ip++) {
			struct cgn_compile_slot_key key = {
				.addr = rte_cpu_to_be_32((uint32_t)ip), .vpn = vpn
			};

			slot[rule->n_addresses++] = cgn_registry_find(&r->c->slots, &key);
		}
	rule->slot = slot;
	return 0;
}

/* Users of prefixes of one family. */
static int
number_users(struct cgn_compile_run *r, struct cgn_rule *rule,
	const struct cgn_conf_prefix *from, uint32_t n)
{
	struct cgn_rule_prefix *p = cgn_compile_take(&r->base->region, n, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(p[i].addr, from[i].addr.bytes, sizeof(p[i].addr));
		p[i].len = from[i].len;
		p[i].first = rule->n_users;
		rule->n_users += 1u << (rule->length - from[i].len);
	}
	rule->prefix = p;
	rule->n_prefixes = n;
	return 0;
}

static int
rule_build(struct cgn_compile_run *r, const struct cgn_conf_instance *from,
	const struct cgn_conf_outbound *o, struct cgn_outbound *out)
{
	const struct cgn_conf_acl *acl =
		o->acl.index < 0 ? NULL : &r->conf->acls[o->acl.index];
	bool ds_lite = from->kind == CGN_CONF_DS_LITE;
	struct cgn_rule *rule = cgn_compile_take(&r->base->region, 1, sizeof(*rule));
	int rc;

	if (rule == NULL)
		return -ENOMEM;
	rule->size = (uint16_t)from->port_range.size;
	rule->length = ds_lite ? (uint8_t)from->prefix_length : 32;
	rc = number_addresses(r, rule, &r->conf->address_groups[o->address_group.index],
		r->pools[out->pool].vpn);
	if (rc == 0 && ds_lite)
		rc = number_users(r, rule, from->remote_ipv6, from->n_remote_ipv6);
	else if (rc == 0)
		rc = number_users(r, rule, acl->permit, acl->n_permit);
	out->rule = rule;
	return rc;
}

int
cgn_compile_rules(struct cgn_compile_run *r)
{
	int rc = 0;

	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		const struct cgn_conf_instance *from = &r->conf->instances[i];
		struct cgn_instance *in = &r->instances[r->instance[i]];

		if (in->port_mode != CGN_MODE_DETERMINISTIC)
			continue;
		for (uint32_t k = 0; rc == 0 && k < from->n_outbound; k++)
			rc = rule_build(r, from, &from->outbound[k], &in->outbound[k]);
	}
	return rc;
}
