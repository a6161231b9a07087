/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Buckets of one cache line with three keys and their indices, so that a look-up costs
 * one miss where rte_hash costs two (its bucket has signatures, its keys lie elsewhere),
 * and a new key costs none beyond it. A key lives in one of two buckets; a bucket counts
 * how many of its keys had to go to their second one, and only then that one is looked
 * at. An insertion that finds both full moves keys to their other bucket, a bounded
 * number of times; at the load that capacity allows (LOAD_PERCENT) that does not fail in
 * practice, and if it did the caller would get an error, and counts it.
 *
 * The number of buckets need not be a power of two: a hash is scaled to it by a
 * multiplication. Created at start; afterwards one lcore, the owner, reads and writes
 * without locks. tests/unit/test_table.c holds it against rte_hash. */
#include <errno.h>

#include <rte_malloc.h>

#include "dataplane/table.h"

#define SLOTS	     3
#define LOAD_PERCENT 40 /* of the slots, when the table is full */
#define DEPTH_MAX    4	/* moves that one insertion may lead to, in a row */

struct bucket {
	union cgn_key key[SLOTS];
	uint32_t index[SLOTS]; /* CGN_NONE: free */
	uint32_t away;	       /* keys whose first bucket this is, in their second */
};
_Static_assert(sizeof(struct bucket) == RTE_CACHE_LINE_SIZE, "one miss a look-up");

struct cgn_table {
	struct bucket *bucket;
	uint64_t seed;
	uint32_t n; /* buckets */
	uint32_t count, capacity;
};

static uint32_t
buckets_for(uint32_t capacity)
{
	return (uint32_t)((uint64_t)capacity * 100 / (SLOTS * LOAD_PERCENT)) + 8;
}

struct cgn_table *
cgn_table_create(const char *name, uint32_t capacity, uint64_t seed, int socket)
{
	struct cgn_table *t = rte_zmalloc_socket(name, sizeof(*t), 0, socket);

	if (!t)
		return NULL;
	t->seed = seed | 1;
	t->n = buckets_for(capacity);
	t->capacity = capacity;
	t->bucket = rte_malloc_socket(
		name, t->n * sizeof(struct bucket), RTE_CACHE_LINE_SIZE, socket);
	if (!t->bucket) {
		rte_free(t);
		return NULL;
	}
	cgn_table_clear(t);
	return t;
}

void
cgn_table_clear(struct cgn_table *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct bucket *b = &t->bucket[i];

		b->away = 0;
		for (unsigned k = 0; k < SLOTS; k++)
			b->index[k] = CGN_NONE;
	}
	t->count = 0;
}

void
cgn_table_destroy(struct cgn_table *t)
{
	if (!t)
		return;
	rte_free(t->bucket);
	rte_free(t);
}

/* The two buckets of a hash; never the same one. */
static inline uint32_t
first_of(const struct cgn_table *t, uint64_t hash)
{
	return (uint32_t)((uint64_t)(uint32_t)hash * t->n >> 32);
}

static inline uint32_t
second_of(const struct cgn_table *t, uint64_t hash)
{
	uint32_t one = first_of(t, hash);
	uint32_t two = (uint32_t)((hash >> 32) * (t->n - 1) >> 32);

	return two + (two >= one);
}

static inline bool
same(const union cgn_key *a, const union cgn_key *b)
{
	return ((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1])) == 0;
}

/* Index of a key in a bucket, or CGN_NONE, without a branch: which slot it is cannot be
 * foreseen. A freed slot may still have the key, but its index is CGN_NONE, the largest.
 */
static inline uint32_t
index_in(const struct bucket *b, const union cgn_key *key)
{
	uint32_t found = CGN_NONE;

	for (unsigned k = 0; k < SLOTS; k++) {
		uint32_t index = same(&b->key[k], key) ? b->index[k] : CGN_NONE;

		found = index < found ? index : found;
	}
	return found;
}

uint32_t
cgn_table_find(const struct cgn_table *t, const union cgn_key *key)
{
	uint64_t hash = cgn_key_hash(key, t->seed);
	const struct bucket *b = &t->bucket[first_of(t, hash)];
	uint32_t index = index_in(b, key);

	if (index == CGN_NONE && b->away)
		index = index_in(&t->bucket[second_of(t, hash)], key);
	return index;
}

/* Those that are not in their first bucket and may be in the second. */
static void
find_second(const struct cgn_table *t, const union cgn_key *const *key,
	const uint64_t *hash, uint64_t away, uint32_t *index)
{
	for (uint64_t m = away; m; m &= m - 1)
		cgn_touch(&t->bucket[second_of(t, hash[__builtin_ctzll(m)])]);
	for (uint64_t m = away; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctzll(m);

		index[i] = index_in(&t->bucket[second_of(t, hash[i])], key[i]);
	}
}

/* Addresses, fetching and comparing are loops of their own: the fetching one is so short
 * that all its misses are under way at once. */
uint64_t
cgn_table_find_bulk(const struct cgn_table *t, const union cgn_key *const *key,
	unsigned n, uint32_t *index)
{
	const struct bucket *bucket[CGN_BURST];
	uint64_t hash[CGN_BURST], hit = 0, away = 0;

	for (unsigned i = 0; i < n; i++) {
		hash[i] = cgn_key_hash(key[i], t->seed);
		bucket[i] = &t->bucket[first_of(t, hash[i])];
	}
	for (unsigned i = 0; i < n; i++)
		cgn_touch(bucket[i]);
	for (unsigned i = 0; i < n; i++) {
		index[i] = index_in(bucket[i], key[i]);
		away |= (uint64_t)(index[i] == CGN_NONE && bucket[i]->away) << i;
	}
	if (away)
		find_second(t, key, hash, away, index);
	for (unsigned i = 0; i < n; i++)
		hit |= (uint64_t)(index[i] != CGN_NONE) << i;
	return hit;
}

static bool
put(struct bucket *b, const union cgn_key *key, uint32_t index)
{
	for (unsigned k = 0; k < SLOTS; k++)
		if (b->index[k] == CGN_NONE) {
			b->key[k] = *key;
			b->index[k] = index;
			return true;
		}
	return false;
}

/* Moves the key in slot k of bucket `at` to its other bucket, if there is room. */
static bool
shift(struct cgn_table *t, uint32_t at, unsigned k, uint32_t *other)
{
	struct bucket *b = &t->bucket[at];
	uint64_t hash = cgn_key_hash(&b->key[k], t->seed);
	uint32_t one = first_of(t, hash);

	*other = at == one ? second_of(t, hash) : one;
	if (!put(&t->bucket[*other], &b->key[k], b->index[k]))
		return false;
	b->index[k] = CGN_NONE;
	t->bucket[one].away += at == one ? 1u : -1u;
	return true;
}

/* Frees a slot of a bucket by moving one of its keys, for which others may have to move,
 * `depth` deep. Every single move leaves the table right. */
static bool
make_room(struct cgn_table *t, uint32_t at, unsigned depth)
{
	uint32_t other[SLOTS], again;

	for (unsigned k = 0; k < SLOTS; k++)
		if (t->bucket[at].index[k] == CGN_NONE || shift(t, at, k, &other[k]))
			return true;
	for (unsigned k = 0; depth && k < SLOTS; k++)
		if (make_room(t, other[k], depth - 1) &&
			(t->bucket[at].index[k] == CGN_NONE || shift(t, at, k, &again)))
			return true;
	return false;
}

int
cgn_table_add(struct cgn_table *t, const union cgn_key *key, uint32_t index)
{
	uint64_t hash = cgn_key_hash(key, t->seed);
	uint32_t one = first_of(t, hash), two = second_of(t, hash);

	if (t->count == t->capacity)
		return -ENOSPC;
	if (!put(&t->bucket[one], key, index)) {
		if (!put(&t->bucket[two], key, index) &&
			(!make_room(t, two, DEPTH_MAX) ||
				!put(&t->bucket[two], key, index)))
			return -ENOSPC;
		t->bucket[one].away++;
	}
	t->count++;
	return 0;
}

static bool
take_out(struct bucket *b, const union cgn_key *key)
{
	for (unsigned k = 0; k < SLOTS; k++)
		if (b->index[k] != CGN_NONE && same(&b->key[k], key)) {
			b->index[k] = CGN_NONE;
			return true;
		}
	return false;
}

bool
cgn_table_del(struct cgn_table *t, const union cgn_key *key)
{
	uint64_t hash = cgn_key_hash(key, t->seed);
	struct bucket *one = &t->bucket[first_of(t, hash)];

	if (!take_out(one, key)) {
		if (!one->away || !take_out(&t->bucket[second_of(t, hash)], key))
			return false;
		one->away--;
	}
	t->count--;
	return true;
}

uint32_t
cgn_table_count(const struct cgn_table *t)
{
	return t->count;
}

bool
cgn_table_next(
	const struct cgn_table *t, uint32_t *cursor, union cgn_key *key, uint32_t *index)
{
	for (; *cursor / SLOTS < t->n; ++*cursor) {
		const struct bucket *b = &t->bucket[*cursor / SLOTS];
		unsigned k = *cursor % SLOTS;

		if (b->index[k] == CGN_NONE)
			continue;
		*key = b->key[k];
		*index = b->index[k];
		++*cursor;
		return true;
	}
	return false;
}

uint64_t
cgn_table_bytes(uint32_t capacity)
{
	return (uint64_t)buckets_for(capacity) * sizeof(struct bucket);
}
