/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rule of deterministic ports (RFC 7422). The users of an outbound rule are numbered:
 * prefix after prefix as configured, inside a prefix in the order of addresses. The
 * addresses of the pool are numbered as well, ascending. User u has the address number
 * u mod N and there the block number u / N: the algorithm that RFC 7422 2 calls
 * "sequential". So neighbours have different public addresses, all addresses have the
 * same number of users, and neither locations nor the order of arrival matter.
 *
 * A number that no user has, because two prefixes overlap or an ACL denies the address,
 * keeps its block unused. Pure functions over the snapshot. */
#include <string.h>

#include "dataplane/rule.h"

__extension__ typedef unsigned __int128 word128;

static word128
load(const uint8_t addr[16])
{
	uint64_t w[2];

	memcpy(w, addr, 16);
	return (word128)rte_be_to_cpu_64(w[0]) << 64 | rte_be_to_cpu_64(w[1]);
}

static bool
is_inside(const struct cgn_rule_prefix *p, word128 addr)
{
	return p->len == 0 || (addr ^ load(p->addr)) >> (128 - p->len) == 0;
}

bool
cgn_rule_number(const struct cgn_rule *rule, const uint8_t addr[16], uint32_t *number)
{
	word128 a = load(addr);

	for (uint32_t k = 0; k < rule->n_prefixes; k++) {
		const struct cgn_rule_prefix *p = &rule->prefix[k];
		unsigned bits = (unsigned)(rule->length - p->len);

		if (!is_inside(p, a))
			continue;
		*number = p->first +
			  (uint32_t)(a >> (128 - rule->length) & ((1ull << bits) - 1));
		return true;
	}
	return false;
}

void
cgn_rule_address(const struct cgn_rule *rule, uint32_t number, uint8_t addr[16])
{
	const struct cgn_rule_prefix *p = &rule->prefix[rule->n_prefixes - 1];
	uint64_t w[2];
	word128 a;

	while (p->first > number)
		p--;
	a = load(p->addr) | (word128)(number - p->first) << (128 - rule->length);
	w[0] = rte_cpu_to_be_64((uint64_t)(a >> 64));
	w[1] = rte_cpu_to_be_64((uint64_t)a);
	memcpy(addr, w, 16);
}

struct cgn_place
cgn_rule_place(const struct cgn_rule *rule, uint32_t number)
{
	return (struct cgn_place){ .slot = rule->slot[number % rule->n_addresses],
		.first = (uint16_t)(CGN_PORT_FIRST +
				    number / rule->n_addresses * rule->size) };
}

bool
cgn_rule_holder(
	const struct cgn_rule *rule, uint32_t slot, uint16_t port, uint32_t *number)
{
	uint32_t at = 0, again;
	uint8_t addr[16];
	uint64_t n;

	while (at < rule->n_addresses && rule->slot[at] != slot)
		at++;
	if (at == rule->n_addresses || port < CGN_PORT_FIRST)
		return false;
	n = (uint64_t)((port - CGN_PORT_FIRST) / rule->size) * rule->n_addresses + at;
	if (n >= rule->n_users)
		return false;
	*number = (uint32_t)n;
	cgn_rule_address(rule, *number, addr);
	return cgn_rule_number(rule, addr, &again) && again == *number;
}

const struct cgn_rule *
cgn_rule_of(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t inside)
{
	const struct cgn_instance *inst = &snap->instance[instance];
	const struct cgn_outbound *o = &inst->outbound[0];

	if (inst->port_mode != CGN_MODE_DETERMINISTIC || !inst->n_outbound)
		return NULL;
	if (inst->kind != CGN_DS_LITE)
		o = cgn_instance_outbound(snap, instance, inside);
	return o ? o->rule : NULL;
}

bool
cgn_rule_find(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t inside,
	const uint8_t b4[16], struct cgn_place *place)
{
	const struct cgn_rule *rule = cgn_rule_of(snap, instance, inside);
	uint8_t addr[16] = { 0 };
	uint32_t number;

	if (!rule)
		return false;
	if (snap->instance[instance].kind == CGN_DS_LITE)
		memcpy(addr, b4, 16);
	else
		memcpy(addr, &inside, 4);
	if (!cgn_rule_number(rule, addr, &number))
		return false;
	*place = cgn_rule_place(rule, number);
	return true;
}
