/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The two pure functions behind steering: user → location by a consistent hash over the
 * group, by weight; public address → location by division of the pool. Both depend on
 * configured ids only, so two boxes come to the same answer. */
#ifndef CGN_DATAPLANE_STEER_H
#define CGN_DATAPLANE_STEER_H

#include "dataplane/rule.h"

struct cgn_member {
	uint16_t id;	   /* configured id of the location */
	uint16_t weight;   /* 1..65535 */
	uint16_t location; /* index, what is written to the result */
};

/* Fills bucket[]: each bucket takes the member with the highest weighted score, so adding
 * or removing one moves only that one's share. n: 1..32. Any lcore; slow, for compiling.
 */
void cgn_steer_buckets(
	const struct cgn_member *m, unsigned n, uint16_t bucket[CGN_BUCKETS]);

/* Divides addr[n_addr] (network order) among the members by weight, at least one each:
 * owner[i] = location index. -ENOSPC when there are fewer addresses than members. */
int cgn_steer_addresses(const struct cgn_member *m, unsigned n, const rte_be32_t *addr,
	uint32_t n_addr, uint16_t *owner);

/* Bucket of a user: a fixed, public hash of its 16-byte key. Any lcore. */
static inline uint32_t
cgn_steer_bucket(const union cgn_key *user)
{
	uint64_t h = (user->w[0] * 0x9e3779b97f4a7c15ull) ^
		     __builtin_bswap64(user->w[1] * 0xc2b2ae3d27d4eb4full);

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	h ^= h >> 32;
	return (uint32_t)h % CGN_BUCKETS;
}

/* The first n (0..64) bits of a word. */
static inline uint64_t
cgn_prefix_mask(unsigned n)
{
	return n ? ~0ull << (64 - n) : 0;
}

/* Key of a softwire user: address of the B4 under the instance's prefix length, with the
 * scope in place of its first 16 bits. For steering pass scope 0: scopes are local. */
static inline void
cgn_user_key6(
	union cgn_key *key, const uint8_t addr[16], uint8_t prefix_length, uint16_t scope)
{
	uint64_t w[2];

	__builtin_memcpy(w, addr, 16);
	if (prefix_length < 128) {
		unsigned high = prefix_length < 64 ? prefix_length : 64;

		w[0] &= rte_cpu_to_be_64(cgn_prefix_mask(high));
		w[1] &= rte_cpu_to_be_64(cgn_prefix_mask(prefix_length - high));
	}
	key->w[0] = (w[0] & rte_cpu_to_be_64(~0ull >> 16)) |
		    rte_cpu_to_be_64((uint64_t)scope << 48);
	key->w[1] = w[1];
}

/* Key of a NAT44 user: inside address (network order) and instance index; for steering
 * pass the id of nothing else than 0. */
static inline void
cgn_user_key4(union cgn_key *key, rte_be32_t addr, uint32_t instance)
{
	key->w[0] = cgn_key_pair(instance, addr);
	key->w[1] = 0;
}

/* Location of a user: by its bucket, or, where a rule decides about its public address,
 * that of the address. inside: IPv4, network order; b4: of a DS-Lite user, which needs no
 * inside. Any lcore. */
static inline uint16_t
cgn_steer_user(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t inside,
	const uint8_t b4[16])
{
	const struct cgn_instance *inst = &snap->instance[instance];
	const struct cgn_group *group = &snap->group[inst->group];
	struct cgn_place place;
	union cgn_key key;

	if (inst->port_mode == CGN_MODE_DETERMINISTIC &&
		cgn_rule_find(snap, instance, inside, b4, &place))
		return snap->address[place.slot].location;
	if (group->n == 1)
		return group->location[0];
	if (inst->kind == CGN_DS_LITE)
		cgn_user_key6(&key, b4, inst->prefix_length, 0);
	else
		cgn_user_key4(&key, inside, 0);
	return group->bucket[cgn_steer_bucket(&key)];
}

#endif
