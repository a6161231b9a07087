/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stable numbers for things that have names: a key gets a free index when it is first
 * seen and keeps it until it is removed. Control lcore only. */
#ifndef CGN_CONTROL_REGISTRY_H
#define CGN_CONTROL_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/types.h"

struct cgn_registry {
	uint32_t key_size; /* bytes; all keys have it, padding is part of the key */
	uint32_t max;
	uint32_t n;	    /* indices ever given */
	uint32_t n_dead;    /* of them those that may be given anew */
	uint32_t room;	    /* keys that `keys` holds */
	bool *dead;	    /* [room] */
	uint8_t *keys;	    /* in order of index */
	uint32_t *bucket;   /* index + 1; 0: empty */
	uint32_t n_buckets; /* a power of two, or 0 */
};

/* An empty registry of at most max keys; takes no memory yet. */
void cgn_registry_init(struct cgn_registry *r, uint32_t key_size, uint32_t max);
void cgn_registry_fini(struct cgn_registry *r);

/* Index of a key or CGN_NONE. O(1). */
uint32_t cgn_registry_find(const struct cgn_registry *r, const void *key);

/* Index of a key, a free one if it has none; CGN_NONE: full or out of memory. O(1), or
 * O(n) where it is an index that was another's. */
uint32_t cgn_registry_add(struct cgn_registry *r, const void *key);

/* The index, below r->n, may be given anew: nobody knows it any more. Nothing happens
 * when that is said twice. O(n). */
void cgn_registry_remove(struct cgn_registry *r, uint32_t index);

/* The key of an index below r->n; valid until the next cgn_registry_add(). */
static inline const void *
cgn_registry_key(const struct cgn_registry *r, uint32_t index)
{
	return r->keys + (size_t)index * r->key_size;
}

#endif
