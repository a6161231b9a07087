/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stable numbers for things that have names: a key gets the next free index when it is
 * first seen and keeps it for ever. Control lcore only. */
#ifndef CGN_CONTROL_REGISTRY_H
#define CGN_CONTROL_REGISTRY_H

#include <stdint.h>

#include "dataplane/types.h"

struct cgn_registry {
	uint32_t key_size; /* bytes; all keys have it, padding is part of the key */
	uint32_t max;
	uint32_t n;
	uint32_t room;	    /* keys that `keys` holds */
	uint8_t *keys;	    /* in order of index */
	uint32_t *bucket;   /* index + 1; 0: empty */
	uint32_t n_buckets; /* a power of two, or 0 */
};

/* An empty registry of at most max keys; takes no memory yet. */
void cgn_registry_init(struct cgn_registry *r, uint32_t key_size, uint32_t max);
void cgn_registry_fini(struct cgn_registry *r);

/* Index of a key or CGN_NONE. O(1). */
uint32_t cgn_registry_find(const struct cgn_registry *r, const void *key);

/* Index of a key, new if it was never seen; CGN_NONE: full or out of memory. O(1). */
uint32_t cgn_registry_add(struct cgn_registry *r, const void *key);

/* The key of an index below r->n; valid until the next cgn_registry_add(). */
static inline const void *
cgn_registry_key(const struct cgn_registry *r, uint32_t index)
{
	return r->keys + (size_t)index * r->key_size;
}

#endif
