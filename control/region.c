/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Chunks of at least 64 KB, filled from the front. A zeroed struct cgn_region is empty.
 * Control lcore. Not handled: giving back a single piece. */
#include "control/region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#define CHUNK ((size_t)64 << 10)

struct cgn_region_chunk {
	struct cgn_region_chunk *next;
	size_t size, used; /* bytes, this head included */
};

static struct cgn_region_chunk *
chunk_add(struct cgn_region *r, size_t need)
{
	size_t head =
		RTE_ALIGN_CEIL(sizeof(struct cgn_region_chunk), RTE_CACHE_LINE_SIZE);
	size_t size = RTE_MAX(CHUNK, RTE_ALIGN_CEIL(need + head, RTE_CACHE_LINE_SIZE));
	struct cgn_region_chunk *c = aligned_alloc(RTE_CACHE_LINE_SIZE, size);

	if (c == NULL)
		return NULL;
	memset(c, 0, size);
	c->next = r->chunk;
	c->size = size;
	c->used = head;
	r->chunk = c;
	return c;
}

void *
cgn_region_take(struct cgn_region *r, size_t n, size_t size)
{
	struct cgn_region_chunk *c = r->chunk;
	size_t bytes;
	void *piece;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = RTE_ALIGN_CEIL(bytes, RTE_CACHE_LINE_SIZE);
	if (c == NULL || c->size - c->used < bytes)
		c = chunk_add(r, bytes);
	if (c == NULL)
		return NULL;
	piece = (uint8_t *)c + c->used;
	c->used += bytes;
	return piece;
}

void
cgn_region_fini(struct cgn_region *r)
{
	while (r->chunk != NULL) {
		struct cgn_region_chunk *c = r->chunk;

		r->chunk = c->next;
		free(c);
	}
}
