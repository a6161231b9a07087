/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <rte_hash.h>

#include "dataplane/table.h"
#include "eal_main.h"

#define N 100000

/* Keys as sessions have them: few owners, few addresses, ports in a row. */
static union cgn_key
key_of(uint32_t n)
{
	return (union cgn_key){ .owner = cgn_owner_user(CGN_IPPROTO_TCP, n / 1000),
		.local = rte_cpu_to_be_32(0xc0a80000u + n % 3),
		.remote = rte_cpu_to_be_32(0xc6336400u + n % 7),
		.local_port = rte_cpu_to_be_16((uint16_t)(1024 + n % 1000)),
		.remote_port = rte_cpu_to_be_16(443) };
}

/* Record n has key_of(n), or key_of(number[n]). */
static void
own_key(const void *owner, uint32_t index, union cgn_key *key)
{
	const uint32_t *number = owner;

	*key = key_of(number ? number[index] : index);
}

static const uint8_t fetched; /* in place of records */

static struct cgn_table *
filled(const char *name)
{
	struct cgn_table *t = cgn_table_create(
		name, N, 99, -1, &(struct cgn_records){ own_key, NULL, &fetched, 0 });

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (uint32_t n = 0; n < N; n++) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, n), 0);
	}
	CU_ASSERT_EQUAL(cgn_table_count(t), N);
	return t;
}

static void
test_add_find_del(void)
{
	struct cgn_table *t = filled("single");

	for (uint32_t n = 0; n < N; n++) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n);
		if (n % 2)
			CU_ASSERT_FATAL(cgn_table_del(t, &key, n));
	}
	CU_ASSERT_EQUAL(cgn_table_count(t), N / 2);
	for (uint32_t n = 0; n < N; n++) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n % 2 ? CGN_NONE : n);
		if (n % 2)
			CU_ASSERT_FALSE_FATAL(cgn_table_del(t, &key, n));
	}
	for (uint32_t n = 1; n < N; n += 2) {
		union cgn_key key = key_of(n);

		CU_ASSERT_FALSE_FATAL(cgn_table_del(t, &key, n));
		CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, n), 0);
		CU_ASSERT_FALSE_FATAL(cgn_table_del(t, &key, n + 1));
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n);
	}
	cgn_table_destroy(t);
}

/* Half of the keys asked for are not there. A guess may be wrong, but rarely, and never
 * misses what is there. */
static void
test_guess(void)
{
	struct cgn_table *t = filled("guess");
	unsigned seed = 5, wrong = 0, asked = 0;

	for (unsigned round = 0; round < 2000; round++) {
		union cgn_key key[CGN_BURST];
		uint32_t number[CGN_BURST], index[CGN_BURST];
		uint64_t hash[CGN_BURST];
		unsigned n = 1 + round % CGN_BURST;

		for (unsigned k = 0; k < n; k++) {
			number[k] = (uint32_t)rand_r(&seed) % (2 * N);
			key[k] = key_of(number[k]);
			hash[k] = cgn_table_prefetch(t, &key[k]);
		}
		cgn_table_guess(t, hash, n, index);
		for (unsigned k = 0; k < n; k++) {
			if (number[k] < N)
				CU_ASSERT_NOT_EQUAL_FATAL(index[k], CGN_NONE);
			wrong += index[k] != CGN_NONE && index[k] != number[k];
			CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key[k]),
				number[k] < N ? number[k] : CGN_NONE);
		}
		asked += n;
	}
	CU_ASSERT_TRUE(wrong * 1000 < asked);
	cgn_table_destroy(t);
}

/* What is sized for n takes n, then says so, and lives on. */
static void
test_full(void)
{
	struct cgn_table *t = filled("full");
	union cgn_key key;
	uint32_t extra = N;

	for (; extra < 2 * N; extra++) {
		key = key_of(extra);
		if (cgn_table_add(t, &key, extra))
			break;
	}
	CU_ASSERT_FATAL(extra < N + 64); /* a little more than asked for, at most */
	CU_ASSERT_EQUAL(cgn_table_find(t, &key), CGN_NONE);
	for (uint32_t n = 0; n < extra; n += 97) {
		key = key_of(n);
		CU_ASSERT_EQUAL(cgn_table_find(t, &key), n);
	}
	key = key_of(0);
	CU_ASSERT_TRUE(cgn_table_del(t, &key, 0));
	key = key_of(extra);
	CU_ASSERT_EQUAL(cgn_table_add(t, &key, extra), 0);
	CU_ASSERT_EQUAL(cgn_table_find(t, &key), extra);
	cgn_table_destroy(t);
}

/* Without the seed nobody can say which keys meet: other seeds, other hashes; and keys
 * that differ in one bit differ in about half of the hash. */
static void
test_hash(void)
{
	union cgn_key key = key_of(7);
	uint64_t first = cgn_key_hash(&key, 1);
	uint32_t bits = 0, same = 0;

	for (uint64_t seed = 2; seed < 1000; seed++)
		same += cgn_key_hash(&key, seed) == first;
	CU_ASSERT_EQUAL(same, 0);
	for (unsigned bit = 0; bit < 128; bit++) {
		union cgn_key other = key;

		other.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bits += (uint32_t)__builtin_popcountll(cgn_key_hash(&other, 1) ^ first);
	}
	CU_ASSERT_TRUE(bits > 128 * 28 && bits < 128 * 36);
}

/* Filled to the last key, emptied, and filled again with others: a table for n keys takes
 * n keys. */
static void
test_refilled(void)
{
	enum { FULL = 60000 };
	static uint32_t number[FULL];
	struct cgn_table *t = cgn_table_create("refilled", FULL, 99, -1,
		&(struct cgn_records){ own_key, number, (const uint8_t *)number, 0 });
	union cgn_key key;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t n = 0; n < FULL; n++) {
			number[n] = round * FULL + n;
			key = key_of(number[n]);
			CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, n), 0);
		}
		key = key_of(UINT32_MAX);
		CU_ASSERT_EQUAL(cgn_table_add(t, &key, 0), -ENOSPC);
		for (uint32_t n = 0; n < FULL; n++) {
			key = key_of(round * FULL + n);
			CU_ASSERT_EQUAL(cgn_table_find(t, &key), n);
			CU_ASSERT_TRUE(cgn_table_del(t, &key, n));
		}
		CU_ASSERT_EQUAL(cgn_table_count(t), 0);
	}
	cgn_table_destroy(t);
}

/* Random additions, removals and look-ups, against rte_hash. */
static void
test_reference(void)
{
	enum { KEYS = 3000 };
	const struct rte_hash_parameters p = {
		.name = "reference", .entries = 2 * KEYS, .key_len = sizeof(union cgn_key)
	};
	struct rte_hash *reference = rte_hash_create(&p);
	struct cgn_table *t = cgn_table_create("tested", KEYS, 5, -1,
		&(struct cgn_records){ own_key, NULL, &fetched, 0 });
	uint64_t random = 12345;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reference);
	for (uint32_t op = 0; op < 300000; op++) {
		uint32_t number;
		union cgn_key key;
		bool there;

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		number = (uint32_t)(random >> 33) % KEYS;
		key = key_of(number);
		there = rte_hash_lookup(reference, &key) >= 0;
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), there ? number : CGN_NONE);
		if (there) {
			CU_ASSERT_TRUE_FATAL(cgn_table_del(t, &key, number));
			rte_hash_del_key(reference, &key);
		} else if (random >> 60 & 1) {
			CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, number), 0);
			rte_hash_add_key(reference, &key);
		}
		CU_ASSERT_EQUAL_FATAL(
			(int32_t)cgn_table_count(t), rte_hash_count(reference));
	}
	cgn_table_destroy(t);
	rte_hash_free(reference);
}

/* Keys come and go, and are found, while the table moves into three times the room a
 * bucket at a time; then it takes three times as many. */
static void
test_grows(void)
{
	struct cgn_table *t = filled("grows");
	void *memory = cgn_table_memory(3 * N, -1);
	uint32_t first = 0, next = N, steps = 0;
	bool done = false;

	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	for (; !done; steps++) {
		union cgn_key key = key_of(first);

		cgn_table_grow(t, memory, 3 * N); /* any number of times */
		done = cgn_table_move(t, 1);
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), first);
		CU_ASSERT_TRUE_FATAL(cgn_table_del(t, &key, first));
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), CGN_NONE);
		first++;
		key = key_of(next);
		CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, next), 0);
		key = key_of(first + (next - first) / 2);
		CU_ASSERT_NOT_EQUAL_FATAL(cgn_table_find(t, &key), CGN_NONE);
		next++;
	}
	CU_ASSERT_TRUE(steps > N / 10);
	cgn_table_trim(t);
	CU_ASSERT_EQUAL(cgn_table_count(t), N);
	for (; next < first + 3 * N; next++) {
		union cgn_key key = key_of(next);

		CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, next), 0);
	}
	for (uint32_t n = first; n < next; n++) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n);
		CU_ASSERT_TRUE_FATAL(cgn_table_del(t, &key, n));
	}
	CU_ASSERT_EQUAL(cgn_table_count(t), 0);
	cgn_table_destroy(t);
}

/* Emptied in the middle of a move, as after a fault, it goes on with the new memory. */
static void
test_cleared_while_growing(void)
{
	struct cgn_table *t = filled("cleared");
	void *memory = cgn_table_memory(2 * N, -1);
	union cgn_key key = key_of(N - 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	cgn_table_grow(t, memory, 2 * N);
	CU_ASSERT_FALSE(cgn_table_move(t, N / 100));
	cgn_table_clear(t);
	CU_ASSERT_EQUAL(cgn_table_find(t, &key), CGN_NONE);
	cgn_table_grow(t, memory, 2 * N);
	CU_ASSERT_TRUE(cgn_table_move(t, 1));
	cgn_table_trim(t);
	CU_ASSERT_EQUAL(cgn_table_add(t, &key, N - 1), 0);
	CU_ASSERT_EQUAL(cgn_table_find(t, &key), N - 1);
	CU_ASSERT_EQUAL(cgn_table_count(t), 1);
	cgn_table_destroy(t);
}

static void
test_bytes(void)
{
	CU_ASSERT_TRUE(cgn_table_bytes(1u << 20) >= (1u << 20) * 8ull);
	CU_ASSERT_TRUE(cgn_table_bytes(1u << 20) <= (1u << 20) * 12ull);
	CU_ASSERT_TRUE(cgn_table_bytes(0) > 0);
	cgn_table_destroy(NULL);
}

const char *const eal_suite = "table";
CU_TestInfo eal_tests[] = {
	{ "a hundred thousand keys", test_add_find_del },
	{ "guesses", test_guess },
	{ "full", test_full },
	{ "refilled", test_refilled },
	{ "against rte_hash", test_reference },
	{ "hash", test_hash },
	{ "grows", test_grows },
	{ "cleared while it grows", test_cleared_while_growing },
	{ "memory", test_bytes },
	CU_TEST_INFO_NULL,
};
