/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mesh: packets arrive from whom they were given by, in order; a full ring takes no
 * more. */
#include "dataplane/mesh.h"

#include <rte_mbuf.h>

#include "dataplane/mark.h"
#include "eal_main.h"

static struct rte_mempool *pool;

static void
with_pool(void)
{
	pool = rte_pktmbuf_pool_create("mesh", 255, 0, CGN_MARK_SIZE, 256, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void
test_pairs(void)
{
	struct cgn_mesh *m;
	struct rte_mbuf *pkt, *got;

	with_pool();
	m = cgn_mesh_create(4, 8, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	for (unsigned from = 0; from < 4; from++) {
		for (unsigned to = 0; to < 4; to++) {
			if (from == to)
				continue;
			pkt = rte_pktmbuf_alloc(pool);
			CU_ASSERT_EQUAL(cgn_mesh_give(m, from, to, &pkt, 1), 1);
			for (unsigned i = 0; i < 4; i++)
				if (i != to && i != from)
					CU_ASSERT_EQUAL(
						cgn_mesh_take(m, from, i, &got, 1), 0);
			CU_ASSERT_EQUAL(cgn_mesh_take(m, from, to, &got, 1), 1);
			CU_ASSERT_PTR_EQUAL(got, pkt);
			rte_pktmbuf_free(got);
		}
	}
	cgn_mesh_destroy(m);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

static void
test_full(void)
{
	struct cgn_mesh *m;
	struct rte_mbuf *pkt[16], *got[16];

	with_pool();
	m = cgn_mesh_create(2, 8, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_alloc_bulk(pool, pkt, 16), 0);
	CU_ASSERT_EQUAL(cgn_mesh_give(m, 0, 1, pkt, 16), 7);
	CU_ASSERT_EQUAL(cgn_mesh_take(m, 0, 1, got, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_PTR_EQUAL(got[i], pkt[i]);
	rte_pktmbuf_free_bulk(got, 4);
	rte_pktmbuf_free_bulk(pkt + 7, 9);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 3);
	cgn_mesh_destroy(m); /* with three packets in it */
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

static void
test_refused(void)
{
	/* not a power of two */
	CU_ASSERT_PTR_NULL(cgn_mesh_create(3, 9, SOCKET_ID_ANY));
	cgn_mesh_destroy(NULL);
}

const char *const eal_suite = "mesh";
CU_TestInfo eal_tests[] = {
	{ "every pair has a ring of its own", test_pairs },
	{ "a full ring takes no more; what is left is freed", test_full },
	{ "rings that cannot be made", test_refused },
	CU_TEST_INFO_NULL,
};
