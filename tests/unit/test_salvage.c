/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Caches of threads that are no more: nobody gets a packet buffer twice, few are lost. */
#include "control/salvage.h"

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/types.h"
#include "eal_main.h"
#include "suite.h"

#define BUFFERS 1024
#define CACHE	256

static struct rte_mempool *pool;
static struct rte_mempool_cache *cache;

/* A pool whose cache for this lcore holds `n` buffers. */
static void
open_pool(unsigned n)
{
	struct rte_mbuf *m[BUFFERS];

	pool = rte_pktmbuf_pool_create_by_ops(
		"salvage", BUFFERS, CACHE, 0, 256, SOCKET_ID_ANY, "lf_stack");
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	cache = rte_mempool_default_cache(pool, rte_lcore_id());
	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_alloc_bulk(pool, m, n), 0);
	rte_mempool_cache_flush(cache, pool);
	for (unsigned k = 0; k < n; k++)
		rte_pktmbuf_free(m[k]);
	CU_ASSERT_EQUAL_FATAL(cache->len, n);
}

/* As many buffers as are not lost, each once. */
static void
close_pool(unsigned lost)
{
	void *all[BUFFERS];

	CU_ASSERT_EQUAL(cache->len, 0);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(pool), BUFFERS - lost);
	CU_ASSERT_EQUAL_FATAL(rte_mempool_ops_dequeue_bulk(pool, all, BUFFERS - lost), 0);
	for (unsigned a = 0; a < BUFFERS - lost; a++)
		for (unsigned b = 0; b < a; b++)
			CU_ASSERT_PTR_NOT_EQUAL_FATAL(all[a], all[b]);
	rte_mempool_free(pool);
}

static void
test_clean(void)
{
	open_pool(300);
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), true), 0);
	close_pool(0);
}

/* All but what the last call may have been adding. */
static void
test_anywhere(void)
{
	open_pool(300);
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), false), CGN_BURST);
	close_pool(CGN_BURST);
}

/* The count is raised before the buffers are there: old ones, which others have. */
static void
test_adding(void)
{
	void *taken[CGN_BURST];

	open_pool(200);
	CU_ASSERT_EQUAL(rte_mempool_get_bulk(pool, taken, CGN_BURST), 0);
	cache->len += CGN_BURST;
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), false), CGN_BURST);
	CU_ASSERT_EQUAL(rte_mempool_ops_enqueue_bulk(pool, taken, CGN_BURST), 0);
	close_pool(0);
}

/* The cache has been given to the pool, and the count does not say so yet. */
static void
test_overflowing(void)
{
	open_pool(350);
	CU_ASSERT_EQUAL(rte_mempool_ops_enqueue_bulk(pool, cache->objs, 350), 0);
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), false), 350);
	close_pool(0);
}

/* The thread wrote where it should not. */
static void
test_damaged(void)
{
	int other;

	open_pool(200);
	cache->objs[0] = &other;
	cache->objs[1] = NULL;
	cache->objs[2] = (uint8_t *)cache->objs[3] + 8;
	cache->objs[4] = cache->objs[5];
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), false), CGN_BURST + 4);
	close_pool(CGN_BURST + 4);
}

static void
test_nothing(void)
{
	open_pool(10);
	CU_ASSERT_EQUAL(cgn_salvage_cache(NULL, rte_lcore_id(), false), 0);
	CU_ASSERT_EQUAL(cgn_salvage_cache(pool, rte_lcore_id(), false), 10);
	close_pool(10);
}

const char *const eal_suite = "salvage";
CU_TestInfo eal_tests[] = {
	{ "left between two turns", test_clean },
	{ "stopped anywhere", test_anywhere },
	{ "stopped while it added", test_adding },
	{ "stopped while it overflowed", test_overflowing },
	{ "damaged", test_damaged },
	{ "no pool, and hardly any", test_nothing },
	CU_TEST_INFO_NULL,
};
