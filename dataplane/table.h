/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table from 16-byte keys to 32-bit indices. Owned by one worker, no locks. */
#ifndef CGN_DATAPLANE_TABLE_H
#define CGN_DATAPLANE_TABLE_H

#include "dataplane/types.h"

struct cgn_table;

/* Keyed hash of a key: quick, and not to be foreseen without the seed. Any lcore. */
static inline uint64_t
cgn_key_hash(const union cgn_key *key, uint64_t seed)
{
	__uint128_t m = (__uint128_t)(key->w[0] ^ seed) *
			(key->w[1] ^ 0x9e3779b97f4a7c15ull ^ (seed << 32 | seed >> 32));
	uint64_t h = (uint64_t)m ^ (uint64_t)(m >> 64);

	m = (__uint128_t)(h ^ 0xd6e8feb86659fd93ull) *
	    ((seed * 0xe7037ed1a0b428dbull) | 1);
	h = (uint64_t)m ^ (uint64_t)(m >> 64);
	return h ^ h >> 32;
}

/* A table for `capacity` keys; NULL: out of memory, with rte_errno set. name: unique in
 * the process, at most 26 characters. socket: NUMA node or -1. Start-up only. */
struct cgn_table *cgn_table_create(
	const char *name, uint32_t capacity, uint64_t seed, int socket);
void cgn_table_destroy(struct cgn_table *t);

/* Removes all keys. Owner; slow. */
void cgn_table_clear(struct cgn_table *t);

/* Index of a key or CGN_NONE. Owner only. */
uint32_t cgn_table_find(const struct cgn_table *t, const union cgn_key *key);

/* Adds a key that is not in the table. 0, or -ENOSPC. Owner only. */
int cgn_table_add(struct cgn_table *t, const union cgn_key *key, uint32_t index);

/* Removes a key; false: it was not there. Owner only. */
bool cgn_table_del(struct cgn_table *t, const union cgn_key *key);

/* Looks up n (1..64) keys at once; key[i] → index[i] (CGN_NONE: not there). Returns the
 * mask of those found. Owner only; hides memory latency over the n keys. */
uint64_t cgn_table_find_bulk(const struct cgn_table *t, const union cgn_key *const *key,
	unsigned n, uint32_t *index);

uint32_t cgn_table_count(const struct cgn_table *t);

/* Visits all entries: *cursor starts at 0; false at the end. Owner only; slow. */
bool cgn_table_next(
	const struct cgn_table *t, uint32_t *cursor, union cgn_key *key, uint32_t *index);

/* Bytes that a table of this capacity needs (an estimate, a little high). */
uint64_t cgn_table_bytes(uint32_t capacity);

#endif
