/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Buckets of one cache line with ten entries: a mark, which is 15 bits of the key's hash,
 * and the index of the record that has the key. All marks of a bucket are compared at
 * once; a look-up costs the miss of the bucket and the one of the record, which its
 * caller needs anyway, and the tables of a million sessions are small enough to stay in
 * the caches and in the reach of the TLB.
 *
 * A key lives in one of two buckets; the second follows from the first and the mark, and
 * the other way round, so that an entry can move without its key being read. A bucket
 * counts how many of its keys had to go to their second one, and only then that one is
 * looked at. An insertion that finds both full moves entries to their other bucket, a
 * bounded number of times; at the load that capacity allows (LOAD_PERCENT) that does not
 * fail in practice, and if it did the caller would get an error, and counts it.
 *
 * The number of buckets need not be a power of two: a hash is scaled to it by a
 * multiplication. Created at start; afterwards one lcore, the owner, reads and writes
 * without locks. tests/unit/test_table.c holds it against rte_hash.
 *
 * A table grows while it is in use. Control takes memory for more buckets; from then on
 * keys are added there only, and looked for there first. The owner empties the former
 * buckets a few at a time, in the order of memory, and reads the key of each record for
 * it. In between a guess knows the new half alone: what it misses, a look-up finds. */
#include <errno.h>

#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <rte_vect.h>

#include "dataplane/table.h"

#define SLOTS	     10
#define LOAD_PERCENT 62 /* of the slots, when the table is full */
#define DEPTH_MAX    4	/* moves that one insertion may lead to, in a row */

#define MARK_FREE   0
#define MARK_SECOND 0x8000u /* the entry lives in the second bucket of its key */

struct bucket {
	uint16_t mark[SLOTS]; /* MARK_FREE, or 1..0x7fff and perhaps MARK_SECOND */
	uint32_t away;	      /* keys whose first bucket this is, in their second */
	uint32_t index[SLOTS];
} __rte_cache_aligned;
_Static_assert(sizeof(struct bucket) == RTE_CACHE_LINE_SIZE, "one miss a look-up");

struct half {
	struct bucket *bucket;
	uint32_t n; /* buckets */
};

struct cgn_table {
	struct half now;
	struct cgn_records records;
	uint64_t seed;
	uint32_t count, capacity;
	struct half old; /* n: 0 when nothing is in it */
	uint32_t moved;	 /* its buckets that are empty */
};

static uint32_t
buckets_for(uint32_t capacity)
{
	return (uint32_t)((uint64_t)capacity * 100 / (SLOTS * LOAD_PERCENT)) + 8;
}

void *
cgn_table_memory(uint32_t capacity, int socket)
{
	return rte_zmalloc_socket("cgn-table",
		buckets_for(capacity) * sizeof(struct bucket), RTE_CACHE_LINE_SIZE,
		socket);
}

struct cgn_table *
cgn_table_create(const char *name, uint32_t capacity, uint64_t seed, int socket,
	const struct cgn_records *records)
{
	struct cgn_table *t = rte_zmalloc_socket(name, sizeof(*t), 0, socket);

	if (!t)
		return NULL;
	t->seed = seed | 1;
	t->records = *records;
	t->now.n = buckets_for(capacity);
	t->capacity = capacity;
	t->now.bucket = cgn_table_memory(capacity, socket);
	if (!t->now.bucket) {
		rte_free(t);
		return NULL;
	}
	return t;
}

void
cgn_table_clear(struct cgn_table *t)
{
	memset(t->now.bucket, 0, t->now.n * sizeof(struct bucket));
	t->old.n = 0;
	t->count = 0;
}

void
cgn_table_destroy(struct cgn_table *t)
{
	if (!t)
		return;
	rte_free(t->old.bucket);
	rte_free(t->now.bucket);
	rte_free(t);
}

static inline uint16_t
mark_of(uint64_t hash)
{
	uint16_t mark = (uint16_t)(hash >> 48) & 0x7fff;

	return mark ? mark : 1;
}

static inline uint32_t
first_of(const struct half *h, uint64_t hash)
{
	return (uint32_t)((uint64_t)(uint32_t)hash * h->n >> 32);
}

/* The other bucket of an entry with this mark in bucket `at`: both add up to a number
 * that the mark alone decides. */
static inline uint32_t
other_of(const struct half *h, uint16_t mark, uint32_t at)
{
	uint32_t spread = (mark & 0x7fffu) * 0x9e3779b1u;
	uint32_t sum = (uint32_t)((uint64_t)spread * h->n >> 32);

	return sum >= at ? sum - at : sum + h->n - at;
}

/* Set of the slots of a bucket that have this mark. */
static inline unsigned
slots_with(const struct bucket *b, uint16_t mark)
{
	const __m128i *marks = (const void *)b->mark;
	__m128i want = _mm_set1_epi16((short)mark);
	__m128i low = _mm_cmpeq_epi16(_mm_load_si128(&marks[0]), want);
	__m128i high = _mm_cmpeq_epi16(_mm_load_si128(&marks[1]), want);

	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high)) &
	       ((1u << SLOTS) - 1);
}

static uint32_t
find_at(const struct cgn_table *t, const struct bucket *b, uint16_t mark,
	const union cgn_key *key)
{
	union cgn_key own;

	for (unsigned slots = slots_with(b, mark); slots; slots &= slots - 1) {
		uint32_t index = b->index[__builtin_ctz(slots)];

		t->records.key(t->records.owner, index, &own);
		if (((own.w[0] ^ key->w[0]) | (own.w[1] ^ key->w[1])) == 0)
			return index;
	}
	return CGN_NONE;
}

static uint32_t
find_in(const struct cgn_table *t, const struct half *h, uint64_t hash,
	const union cgn_key *key)
{
	uint32_t at = first_of(h, hash), index;
	uint16_t mark = mark_of(hash);

	index = find_at(t, &h->bucket[at], mark, key);
	if (index == CGN_NONE && h->bucket[at].away)
		index = find_at(
			t, &h->bucket[other_of(h, mark, at)], mark | MARK_SECOND, key);
	return index;
}

uint32_t
cgn_table_find(const struct cgn_table *t, const union cgn_key *key)
{
	uint64_t hash = cgn_key_hash(key, t->seed);
	uint32_t index = find_in(t, &t->now, hash, key);

	if (unlikely(index == CGN_NONE && t->old.n))
		index = find_in(t, &t->old, hash, key);
	return index;
}

static inline const void *
record_at(const struct cgn_table *t, uint32_t index)
{
	return t->records.base + (size_t)index * t->records.size;
}

/* Those that are not in their first bucket and may be in the second. */
static void
guess_second(
	const struct cgn_table *t, const uint64_t *hash, uint64_t away, uint32_t *index)
{
	const struct bucket *bucket[CGN_BURST];

	for (uint64_t m = away; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctzll(m);

		bucket[i] = &t->now.bucket[other_of(
			&t->now, mark_of(hash[i]), first_of(&t->now, hash[i]))];
		cgn_touch(bucket[i]);
	}
	for (uint64_t m = away; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctzll(m);
		unsigned slots = slots_with(bucket[i], mark_of(hash[i]) | MARK_SECOND);

		if (!slots)
			continue;
		index[i] = bucket[i]->index[__builtin_ctz(slots)];
		rte_prefetch0(record_at(t, index[i]));
	}
}

uint64_t
cgn_table_prefetch(const struct cgn_table *t, const union cgn_key *key)
{
	uint64_t hash = cgn_key_hash(key, t->seed);

	rte_prefetch0(&t->now.bucket[first_of(&t->now, hash)]);
	return hash;
}

void
cgn_table_ask(
	const struct cgn_table *t, const union cgn_key *key, unsigned n, uint64_t *hash)
{
	const struct half now = t->now;
	uint64_t seed = t->seed;

	for (unsigned i = 0; i < n; i++) {
		hash[i] = cgn_key_hash(&key[i], seed);
		rte_prefetch0(&now.bucket[first_of(&now, hash[i])]);
	}
}

/* The buckets are under way since cgn_table_prefetch(); each record is asked for as soon
 * as its bucket has come. */
void
cgn_table_guess(
	const struct cgn_table *t, const uint64_t *hash, unsigned n, uint32_t *index)
{
	const struct bucket *bucket[CGN_BURST];
	const struct half now = t->now;
	const uint8_t *base = t->records.base;
	size_t size = t->records.size;
	uint64_t away = 0;

	for (unsigned i = 0; i < n; i++) {
		bucket[i] = &now.bucket[first_of(&now, hash[i])];
		cgn_touch(bucket[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct bucket *b = bucket[i];
		unsigned slots = slots_with(b, mark_of(hash[i]));

		if (likely(slots)) {
			index[i] = b->index[__builtin_ctz(slots)];
			rte_prefetch0(base + index[i] * size);
		} else {
			index[i] = CGN_NONE;
			away |= (uint64_t)(b->away != 0) << i;
		}
	}
	if (away)
		guess_second(t, hash, away, index);
}

static bool
put(struct bucket *b, uint16_t mark, uint32_t index)
{
	unsigned slots = slots_with(b, MARK_FREE);

	if (!slots)
		return false;
	b->mark[__builtin_ctz(slots)] = mark;
	b->index[__builtin_ctz(slots)] = index;
	return true;
}

/* Moves the entry in slot k of bucket `at` to its other bucket, if there is room. */
static bool
shift(const struct half *h, uint32_t at, unsigned k, uint32_t *other)
{
	struct bucket *b = &h->bucket[at];
	uint16_t mark = b->mark[k] ^ MARK_SECOND;

	*other = other_of(h, mark, at);
	if (*other == at || !put(&h->bucket[*other], mark, b->index[k]))
		return false;
	b->mark[k] = MARK_FREE;
	if (mark & MARK_SECOND)
		b->away++;
	else
		h->bucket[*other].away--;
	return true;
}

/* Frees a slot of a bucket by moving one of its entries, for which others may have to
 * move, `depth` deep. Every single move leaves the table right. */
static bool
make_room(const struct half *h, uint32_t at, unsigned depth)
{
	uint32_t other[SLOTS], again;

	for (unsigned k = 0; k < SLOTS; k++)
		if (h->bucket[at].mark[k] == MARK_FREE || shift(h, at, k, &other[k]))
			return true;
	for (unsigned k = 0; depth && k < SLOTS; k++)
		if (other[k] != at && make_room(h, other[k], depth - 1) &&
			(h->bucket[at].mark[k] == MARK_FREE || shift(h, at, k, &again)))
			return true;
	return false;
}

static bool
add_to(const struct half *h, uint64_t hash, uint32_t index)
{
	uint16_t mark = mark_of(hash);
	uint32_t one = first_of(h, hash), two = other_of(h, mark, one);

	if (put(&h->bucket[one], mark, index))
		return true;
	if (!put(&h->bucket[two], mark | MARK_SECOND, index) &&
		(!make_room(h, two, DEPTH_MAX) ||
			!put(&h->bucket[two], mark | MARK_SECOND, index)))
		return false;
	h->bucket[one].away++;
	return true;
}

int
cgn_table_add(struct cgn_table *t, const union cgn_key *key, uint32_t index)
{
	if (t->count == t->capacity ||
		!add_to(&t->now, cgn_key_hash(key, t->seed), index))
		return -ENOSPC;
	t->count++;
	return 0;
}

static bool
take_out(struct bucket *b, uint16_t mark, uint32_t index)
{
	for (unsigned slots = slots_with(b, mark); slots; slots &= slots - 1) {
		unsigned k = (unsigned)__builtin_ctz(slots);

		if (b->index[k] == index) {
			b->mark[k] = MARK_FREE;
			return true;
		}
	}
	return false;
}

static bool
del_from(const struct half *h, uint64_t hash, uint32_t index)
{
	uint16_t mark = mark_of(hash);
	uint32_t one = first_of(h, hash), two = other_of(h, mark, one);

	if (take_out(&h->bucket[one], mark, index))
		return true;
	if (!h->bucket[one].away || !take_out(&h->bucket[two], mark | MARK_SECOND, index))
		return false;
	h->bucket[one].away--;
	return true;
}

bool
cgn_table_del(struct cgn_table *t, const union cgn_key *key, uint32_t index)
{
	uint64_t hash = cgn_key_hash(key, t->seed);

	if (!del_from(&t->now, hash, index) &&
		!(t->old.n && del_from(&t->old, hash, index)))
		return false;
	t->count--;
	return true;
}

/* ---- growing ---- */

void
cgn_table_grow(struct cgn_table *t, void *memory, uint32_t capacity)
{
	if (t->now.bucket != memory) {
		t->moved = 0;
		t->old = t->now;
		/* whoever is parked here finds a table, and may begin again */
		rte_compiler_barrier();
		t->now.bucket = memory;
		rte_compiler_barrier();
	}
	t->now.n = buckets_for(capacity);
	t->capacity = capacity;
}

/* Empties a bucket of the former half; false: the new one has no place for an entry. */
static bool
move_bucket(struct cgn_table *t, uint32_t at)
{
	struct bucket *b = &t->old.bucket[at];

	for (unsigned k = 0; k < SLOTS; k++) {
		uint16_t mark = b->mark[k];
		union cgn_key key;

		if (mark == MARK_FREE)
			continue;
		t->records.key(t->records.owner, b->index[k], &key);
		if (!add_to(&t->now, cgn_key_hash(&key, t->seed), b->index[k]))
			return false;
		b->mark[k] = MARK_FREE;
		if (mark & MARK_SECOND)
			t->old.bucket[other_of(&t->old, mark, at)].away--;
	}
	return true;
}

bool
cgn_table_move(struct cgn_table *t, uint32_t n)
{
	while (n-- && t->moved < t->old.n && move_bucket(t, t->moved))
		t->moved++;
	if (t->moved < t->old.n)
		return false;
	t->old.n = 0;
	return true;
}

void
cgn_table_trim(struct cgn_table *t)
{
	rte_free(t->old.bucket);
	t->old.bucket = NULL;
}

uint32_t
cgn_table_count(const struct cgn_table *t)
{
	return t->count;
}

uint64_t
cgn_table_bytes(uint32_t capacity)
{
	return (uint64_t)buckets_for(capacity) * sizeof(struct bucket);
}
