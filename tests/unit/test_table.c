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

static struct cgn_table *
filled(const char *name)
{
	struct cgn_table *t = cgn_table_create(name, N, 99, -1);

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
			CU_ASSERT_FATAL(cgn_table_del(t, &key));
	}
	CU_ASSERT_EQUAL(cgn_table_count(t), N / 2);
	for (uint32_t n = 0; n < N; n++) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n % 2 ? CGN_NONE : n);
		if (n % 2)
			CU_ASSERT_FALSE_FATAL(cgn_table_del(t, &key));
	}
	for (uint32_t n = 1; n < N; n += 2) {
		union cgn_key key = key_of(n);

		CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, n + N), 0);
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key), n + N);
	}
	cgn_table_destroy(t);
}

/* Half of the keys asked for are not there. */
static void
test_bulk(void)
{
	struct cgn_table *t = filled("bulk");
	unsigned seed = 5;

	for (unsigned round = 0; round < 2000; round++) {
		union cgn_key key[CGN_BURST];
		const union cgn_key *ask[CGN_BURST];
		uint32_t index[CGN_BURST];
		unsigned n = 1 + round % CGN_BURST;
		uint64_t hit;

		for (unsigned k = 0; k < n; k++) {
			key[k] = key_of((uint32_t)rand_r(&seed) % (2 * N));
			ask[k] = &key[k];
		}
		hit = cgn_table_find_bulk(t, ask, n, index);
		CU_ASSERT_FATAL(n == 64 || hit >> n == 0);
		for (unsigned k = 0; k < n; k++) {
			CU_ASSERT_EQUAL_FATAL(index[k], cgn_table_find(t, &key[k]));
			CU_ASSERT_EQUAL_FATAL(hit >> k & 1, index[k] != CGN_NONE);
		}
	}
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
	CU_ASSERT_TRUE(cgn_table_del(t, &key));
	key = key_of(extra);
	CU_ASSERT_EQUAL(cgn_table_add(t, &key, extra), 0);
	CU_ASSERT_EQUAL(cgn_table_find(t, &key), extra);
	cgn_table_destroy(t);
}

static void
test_next(void)
{
	struct cgn_table *t = cgn_table_create("next", 100, 1, -1);
	uint32_t cursor = 0, index, seen[100] = { 0 };
	union cgn_key key, same;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (uint32_t n = 0; n < 100; n++) {
		key = key_of(n);
		CU_ASSERT_EQUAL(cgn_table_add(t, &key, n), 0);
	}
	while (cgn_table_next(t, &cursor, &key, &index)) {
		CU_ASSERT_FATAL(index < 100);
		same = key_of(index);
		CU_ASSERT_EQUAL(memcmp(&key, &same, sizeof(key)), 0);
		seen[index]++;
	}
	for (uint32_t n = 0; n < 100; n++)
		CU_ASSERT_EQUAL(seen[n], 1);
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
	struct cgn_table *t = cgn_table_create("refilled", FULL, 99, -1);
	union cgn_key key;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t n = 0; n < FULL; n++) {
			key = key_of(round * FULL + n);
			CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, n), 0);
		}
		key = key_of(UINT32_MAX);
		CU_ASSERT_EQUAL(cgn_table_add(t, &key, 0), -ENOSPC);
		for (uint32_t n = 0; n < FULL; n++) {
			key = key_of(round * FULL + n);
			CU_ASSERT_EQUAL(cgn_table_find(t, &key), n);
			CU_ASSERT_TRUE(cgn_table_del(t, &key));
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
	struct cgn_table *t = cgn_table_create("tested", KEYS, 5, -1);
	uint64_t random = 12345;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reference);
	for (uint32_t op = 0; op < 300000; op++) {
		union cgn_key key;
		void *data;
		bool there;

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		key = key_of((uint32_t)(random >> 33) % KEYS);
		there = rte_hash_lookup_data(reference, &key, &data) >= 0;
		CU_ASSERT_EQUAL_FATAL(cgn_table_find(t, &key),
			there ? (uint32_t)(uintptr_t)data : CGN_NONE);
		if (there) {
			CU_ASSERT_TRUE_FATAL(cgn_table_del(t, &key));
			rte_hash_del_key(reference, &key);
		} else if (random >> 60 & 1) {
			CU_ASSERT_EQUAL_FATAL(cgn_table_add(t, &key, op), 0);
			rte_hash_add_key_data(reference, &key, (void *)(uintptr_t)op);
		}
		CU_ASSERT_EQUAL_FATAL(
			(int32_t)cgn_table_count(t), rte_hash_count(reference));
	}
	cgn_table_destroy(t);
	rte_hash_free(reference);
}

static void
test_bytes(void)
{
	CU_ASSERT_TRUE(cgn_table_bytes(1u << 20) >= (1u << 20) * 40ull);
	CU_ASSERT_TRUE(cgn_table_bytes(1u << 20) <= (1u << 20) * 64ull);
	CU_ASSERT_TRUE(cgn_table_bytes(0) > 0);
	cgn_table_destroy(NULL);
}

const char *const eal_suite = "table";
CU_TestInfo eal_tests[] = {
	{ "a hundred thousand keys", test_add_find_del },
	{ "bulk equals single", test_bulk },
	{ "full", test_full },
	{ "refilled", test_refilled },
	{ "against rte_hash", test_reference },
	{ "every entry once", test_next },
	{ "hash", test_hash },
	{ "memory", test_bytes },
	CU_TEST_INFO_NULL,
};
