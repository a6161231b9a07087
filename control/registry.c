/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A registry is an array of keys in order of their index and a hash index over it, both
 * grown by doubling. Sessions, users and packets under way name things by index, so an
 * index must not come to mean another thing while one of them is left: when that is, its
 * owner says (compile_change.c). `max` bounds what is there at a time.
 *
 * Control lcore. */
#include "control/registry.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

void
cgn_registry_init(struct cgn_registry *r, uint32_t key_size, uint32_t max)
{
	memset(r, 0, sizeof(*r));
	r->key_size = key_size;
	r->max = max;
}

void
cgn_registry_fini(struct cgn_registry *r)
{
	free(r->keys);
	free(r->bucket);
	free(r->dead);
	cgn_registry_init(r, r->key_size, r->max);
}

/* FNV-1a */
static uint32_t
hash(const struct cgn_registry *r, const uint8_t *key)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (uint32_t i = 0; i < r->key_size; i++)
		h = (h ^ key[i]) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 32);
}

/* The bucket that holds the key, or the empty one where it belongs. */
static uint32_t *
seek(const struct cgn_registry *r, const void *key)
{
	uint32_t at = hash(r, key) & (r->n_buckets - 1);

	while (r->bucket[at] &&
		memcmp(cgn_registry_key(r, r->bucket[at] - 1), key, r->key_size) != 0)
		at = (at + 1) & (r->n_buckets - 1);
	return &r->bucket[at];
}

uint32_t
cgn_registry_find(const struct cgn_registry *r, const void *key)
{
	if (r->n == 0)
		return CGN_NONE;
	return *seek(r, key) - 1; /* 0 - 1 is CGN_NONE */
}

/* Into empty buckets. */
static void
fill_buckets(struct cgn_registry *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (!r->dead[i])
			*seek(r, cgn_registry_key(r, i)) = i + 1;
}

static bool
grow(struct cgn_registry *r)
{
	uint32_t room = r->room ? r->room * 2 : FIRST_ROOM;
	uint32_t *bucket = calloc((size_t)room * 2, sizeof(*bucket));
	uint8_t *keys = bucket ? realloc(r->keys, (size_t)room * r->key_size) : NULL;
	bool *dead;

	if (keys)
		r->keys = keys;
	dead = keys ? realloc(r->dead, room * sizeof(*dead)) : NULL;
	if (dead == NULL) {
		free(bucket);
		return false;
	}
	memset(dead + r->room, 0, (room - r->room) * sizeof(*dead));
	free(r->bucket);
	r->dead = dead;
	r->bucket = bucket;
	r->room = room;
	r->n_buckets = room * 2;
	fill_buckets(r);
	return true;
}

/* The index that was another's, or a new one. */
static uint32_t
take_index(struct cgn_registry *r)
{
	uint32_t i = 0;

	if (r->n_dead == 0)
		return r->n++;
	while (!r->dead[i])
		i++;
	r->dead[i] = false;
	r->n_dead--;
	return i;
}

uint32_t
cgn_registry_add(struct cgn_registry *r, const void *key)
{
	uint32_t found = cgn_registry_find(r, key);

	if (found != CGN_NONE)
		return found;
	if (r->n_dead == 0 && (r->n == r->max || (r->n == r->room && !grow(r))))
		return CGN_NONE;
	found = take_index(r);
	*seek(r, key) = found + 1;
	memcpy(r->keys + (size_t)found * r->key_size, key, r->key_size);
	return found;
}

void
cgn_registry_remove(struct cgn_registry *r, uint32_t index)
{
	if (r->dead[index])
		return;
	r->dead[index] = true;
	r->n_dead++;
	memset(r->bucket, 0, r->n_buckets * sizeof(*r->bucket));
	fill_buckets(r);
}
