/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table from 16-byte keys to 32-bit indices of records. The keys themselves stay in the
 * records; the table knows 15 bits of each key's hash. Owned by one worker, no locks. */
#ifndef CGN_DATAPLANE_TABLE_H
#define CGN_DATAPLANE_TABLE_H

#include "dataplane/types.h"

struct cgn_table;

/* The records of a table. */
struct cgn_records {
	/* the key of record `index` */
	void (*key)(const void *owner, uint32_t index, union cgn_key *key);
	const void *owner;
	const uint8_t *base; /* of record 0: what `key` reads first */
	uint32_t size;	     /* bytes from one to the next */
};

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
struct cgn_table *cgn_table_create(const char *name, uint32_t capacity, uint64_t seed,
	int socket, const struct cgn_records *records);
void cgn_table_destroy(struct cgn_table *t);

/* Removes all keys. Owner; slow. */
void cgn_table_clear(struct cgn_table *t);

/* Index of a key or CGN_NONE. Reads records. Owner only. */
uint32_t cgn_table_find(const struct cgn_table *t, const union cgn_key *key);

/* Adds a key that is not in the table. 0, or -ENOSPC. Owner only. */
int cgn_table_add(struct cgn_table *t, const union cgn_key *key, uint32_t index);

/* Removes the entry of a key and record; false: it was not there. Reads no record. Owner
 * only. */
bool cgn_table_del(struct cgn_table *t, const union cgn_key *key, uint32_t index);

/* Asks the memory for what cgn_table_guess() will look at, and returns the hash of the
 * key for it. Owner only. */
uint64_t cgn_table_prefetch(const struct cgn_table *t, const union cgn_key *key);

/* The same for n keys, 64 at most. Owner only. */
void cgn_table_ask(
	const struct cgn_table *t, const union cgn_key *key, unsigned n, uint64_t *hash);

/* For each of n (1..64) hashes from cgn_table_prefetch() the index of the record that
 * probably has the key, CGN_NONE: none has it; the records are asked for. The caller
 * touches and compares them, and asks cgn_table_find() about the few (1 in 3,000) that
 * turn out to be another's. Owner only; hides memory latency over the n keys. */
void cgn_table_guess(
	const struct cgn_table *t, const uint64_t *hash, unsigned n, uint32_t *index);

/* Memory for buckets of a table of this capacity, for cgn_table_grow() or rte_free();
 * NULL: there is not enough. Any thread of control. */
void *cgn_table_memory(uint32_t capacity, int socket);

/* From now on there is room for `capacity` keys, not fewer than before, in this memory,
 * which is the table's then. cgn_table_move() has to be called until it is done, and then
 * cgn_table_trim(), before another one. May be repeated with the same memory. Owner. */
void cgn_table_grow(struct cgn_table *t, void *memory, uint32_t capacity);

/* Moves what is in n of the former buckets (64 bytes and at most ten keys each) to the
 * new ones; true: none is left. Reads records. Owner. */
bool cgn_table_move(struct cgn_table *t, uint32_t n);

/* Frees the former buckets. Control lcore, once cgn_table_move() has said true. */
void cgn_table_trim(struct cgn_table *t);

uint32_t cgn_table_count(const struct cgn_table *t);

/* Bytes that a table of this capacity needs (an estimate, a little high). */
uint64_t cgn_table_bytes(uint32_t capacity);

#endif
