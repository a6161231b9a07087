/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports by a rule (RFC 7422): public address and port block follow from the inside
 * address and the configuration alone, in both directions. Pure functions. */
#ifndef CGN_DATAPLANE_RULE_H
#define CGN_DATAPLANE_RULE_H

#include "dataplane/snapshot.h"

/* A port block: the slot of its address and its first port, host order. */
struct cgn_place {
	uint32_t slot;
	uint16_t first;
};

/* The number of a user: addr is its IPv6 address, or its IPv4 address in the first four
 * bytes. false: the rule does not know it. Any lcore; a few prefixes are looked at. */
bool cgn_rule_number(
	const struct cgn_rule *rule, const uint8_t addr[16], uint32_t *number);

/* The address of user `number` (below rule->n_users), the bits that do not identify a
 * user zero. Any lcore. */
void cgn_rule_address(const struct cgn_rule *rule, uint32_t number, uint8_t addr[16]);

/* Where user `number` (below rule->n_users) has its ports. Any lcore. */
struct cgn_place cgn_rule_place(const struct cgn_rule *rule, uint32_t number);

/* The user who has a port (host order) of the address in a slot. false: nobody ever has.
 * Any lcore; looks at all addresses of the pool, not for the path. */
bool cgn_rule_holder(
	const struct cgn_rule *rule, uint32_t slot, uint16_t port, uint32_t *number);

/* The rule for a user of an instance, or NULL: it has none. inside: the IPv4 address that
 * outbound rules look at, network order; a DS-Lite instance has one rule for all. Any
 * lcore. */
const struct cgn_rule *cgn_rule_of(
	const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t inside);

/* The same, with the ports that the user has. b4: of a DS-Lite user. false: no rule. Any
 * lcore. */
bool cgn_rule_find(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t inside,
	const uint8_t b4[16], struct cgn_place *place);

#endif
