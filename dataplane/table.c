/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_hash with 16-byte keys, 32-bit values and our own keyed hash. Created at start for
 * a fixed number of keys; afterwards one lcore, the owner, reads and writes without
 * locks. The signature is computed here and handed in, so rte_hash's own function pointer
 * is never called on the path. Extendable buckets make sure that a table sized for n keys
 * takes n keys whatever they are. */
#include <rte_hash.h>
#include <rte_malloc.h>

#include "dataplane/table.h"

struct cgn_table {
	struct rte_hash *hash;
	uint64_t seed;
};

struct cgn_table *
cgn_table_create(const char *name, uint32_t capacity, uint64_t seed, int socket)
{
	struct rte_hash_parameters p = {
		.name = name,
		.entries = capacity < 8 ? 8 : capacity,
		.key_len = sizeof(union cgn_key),
		.socket_id = socket,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	struct cgn_table *t = rte_zmalloc_socket(name, sizeof(*t), 0, socket);

	if (!t)
		return NULL;
	t->seed = seed | 1;
	t->hash = rte_hash_create(&p);
	if (!t->hash) {
		rte_free(t);
		return NULL;
	}
	return t;
}

void
cgn_table_destroy(struct cgn_table *t)
{
	if (!t)
		return;
	rte_hash_free(t->hash);
	rte_free(t);
}

uint32_t
cgn_table_find(const struct cgn_table *t, const union cgn_key *key)
{
	void *data;

	if (rte_hash_lookup_with_hash_data(
		    t->hash, key, cgn_key_hash(key, t->seed), &data) < 0)
		return CGN_NONE;
	return (uint32_t)(uintptr_t)data;
}

int
cgn_table_add(struct cgn_table *t, const union cgn_key *key, uint32_t index)
{
	return rte_hash_add_key_with_hash_data(
		t->hash, key, cgn_key_hash(key, t->seed), (void *)(uintptr_t)index);
}

bool
cgn_table_del(struct cgn_table *t, const union cgn_key *key)
{
	return rte_hash_del_key_with_hash(t->hash, key, cgn_key_hash(key, t->seed)) >= 0;
}

uint64_t
cgn_table_find_bulk(const struct cgn_table *t, const union cgn_key *const *key,
	unsigned n, uint32_t *index)
{
	hash_sig_t sig[CGN_BURST];
	void *data[CGN_BURST];
	uint64_t hit = 0;

	for (unsigned i = 0; i < n; i++)
		sig[i] = cgn_key_hash(key[i], t->seed);
	rte_hash_lookup_with_hash_bulk_data(
		t->hash, (const void **)(uintptr_t)key, sig, n, &hit, data);
	for (unsigned i = 0; i < n; i++)
		index[i] = hit >> i & 1 ? (uint32_t)(uintptr_t)data[i] : CGN_NONE;
	return hit;
}

uint32_t
cgn_table_count(const struct cgn_table *t)
{
	return (uint32_t)rte_hash_count(t->hash);
}

bool
cgn_table_next(
	const struct cgn_table *t, uint32_t *cursor, union cgn_key *key, uint32_t *index)
{
	const void *k;
	void *data;

	if (rte_hash_iterate(t->hash, &k, &data, cursor) < 0)
		return false;
	*key = *(const union cgn_key *)k;
	*index = (uint32_t)(uintptr_t)data;
	return true;
}

uint64_t
cgn_table_bytes(uint32_t capacity)
{
	uint64_t buckets = rte_align32pow2(capacity < 8 ? 8 : capacity) / 8;

	/* key slot of 32 bytes and its number in the ring of free slots; buckets of eight
	 * entries, and as many for overflow */
	return (uint64_t)capacity * 32 + rte_align32pow2(capacity + 1) * 4ull +
	       buckets * 2 * RTE_CACHE_LINE_SIZE;
}
