/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that is taken piece by piece and given back all at once. Control lcore only. */
#ifndef CGN_CONTROL_REGION_H
#define CGN_CONTROL_REGION_H

#include <stddef.h>

struct cgn_region_chunk;

struct cgn_region {
	struct cgn_region_chunk *chunk; /* newest first; NULL: empty */
};

/* n * size bytes of zeros, aligned to a cache line; NULL: out of memory. Nothing (n 0)
 * gets an address, too. */
void *cgn_region_take(struct cgn_region *r, size_t n, size_t size);

/* Gives everything back; the region is empty and may be used again. */
void cgn_region_fini(struct cgn_region *r);

#endif
