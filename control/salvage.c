/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every lcore has a cache of free packet buffers, a stack, in front of a pool. If the
 * cache of each thread that fails were given up, a box whose boards fail a few dozen
 * times would have none left.
 *
 * A thread may have stopped in the middle of a call. Taking buffers out lowers the count
 * first, so the rest is right at any instruction. Adding raises the count before the
 * pointers are there: the uppermost burst may be old ones, whose buffers are somebody
 * else's. A cache that would overflow is first given to the pool, with the count as it
 * was: so full a cache may have been given already. Neither is touched. A thread may also
 * have written where it should not: what is no buffer of this pool, or there twice, does
 * not go back.
 *
 * Not handled: buffers outside the cache, at most a burst and what waits for a port. */
#include "control/salvage.h"

#include <stdlib.h>

#include "dataplane/types.h"

struct heap {
	void *entry[RTE_MEMPOOL_CACHE_MAX_SIZE * 2]; /* in order */
	unsigned n;
	void *found[RTE_MEMPOOL_CACHE_MAX_SIZE * 2]; /* those that are of the pool */
	unsigned n_found;
};

static int
by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (void *const *)a, y = (uintptr_t) * (void *const *)b;

	return x < y ? -1 : x > y;
}

static void
look(struct rte_mempool *pool, void *opaque, void *object, unsigned index)
{
	struct heap *h = opaque;

	RTE_SET_USED(pool);
	RTE_SET_USED(index);
	if (bsearch(&object, h->entry, h->n, sizeof(object), by_address))
		h->found[h->n_found++] = object;
}

/* How many entries, from the lowest, are certain to be the cache's alone. */
static unsigned
certain(const struct rte_mempool_cache *cache)
{
	if (cache->len <= CGN_BURST || cache->len + CGN_BURST > cache->flushthresh)
		return 0;
	return cache->len - CGN_BURST;
}

unsigned
cgn_salvage_cache(struct rte_mempool *pool, unsigned lcore, bool clean)
{
	struct rte_mempool_cache *cache =
		pool ? rte_mempool_default_cache(pool, lcore) : NULL;
	struct heap h = { .n = 0 };
	unsigned len;

	if (!cache)
		return 0;
	if (clean) {
		rte_mempool_cache_flush(cache, pool);
		return 0;
	}
	len = RTE_MIN(cache->len, cache->flushthresh);
	h.n = certain(cache);
	memcpy(h.entry, cache->objs, h.n * sizeof(h.entry[0]));
	cache->len = 0;
	qsort(h.entry, h.n, sizeof(h.entry[0]), by_address);
	rte_mempool_obj_iter(pool, look, &h);
	if (h.n_found && rte_mempool_ops_enqueue_bulk(pool, h.found, h.n_found))
		h.n_found = 0;
	return len - h.n_found;
}
