/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists of learnt routes: the best of a prefix, and when two lists are the same. */
#include "control/learn.h"

#include <string.h>

#include "suite.h"

static struct cgn_learn_route
route(uint32_t table, uint8_t last, uint8_t len, uint32_t metric, uint8_t protocol)
{
	struct cgn_learn_route r;

	memset(&r, 0, sizeof(r));
	r.table = table;
	r.key[15] = last;
	r.len = len;
	r.metric = metric;
	r.protocol = protocol;
	return r;
}

static void
add(struct cgn_learn *l, uint8_t last, uint8_t len, uint32_t metric, uint8_t protocol)
{
	struct cgn_learn_route r = route(254, last, len, metric, protocol);

	cgn_learn_add(l, &r);
}

static void
test_best(void)
{
	struct cgn_learn l;

	cgn_learn_init(&l, 100);
	cgn_learn_begin(&l);
	add(&l, 2, 128, 20, 186);
	add(&l, 1, 128, 30, 186);
	add(&l, 1, 128, 20, 188);
	add(&l, 1, 127, 20, 188);
	CU_ASSERT(cgn_learn_end(&l));
	CU_ASSERT_EQUAL_FATAL(l.now.n, 3);
	CU_ASSERT_EQUAL(l.now.route[0].len, 127);
	CU_ASSERT_EQUAL(l.now.route[1].metric, 20);
	CU_ASSERT_EQUAL(l.now.route[1].protocol, 188);
	CU_ASSERT_EQUAL(l.now.route[2].key[15], 2);
	cgn_learn_fini(&l);
}

/* All next hops of the best one, each once, and no more than there is room for. */
static void
test_several(void)
{
	struct cgn_learn l;

	cgn_learn_init(&l, 100);
	cgn_learn_begin(&l);
	for (unsigned i = 0; i < CGN_LEARN_HOPS + 4; i++) {
		struct cgn_learn_route r = route(254, 1, 128, 20, 186);

		r.gateway = true;
		r.gw[15] = (uint8_t)(i < 2 ? 0 : i);
		cgn_learn_add(&l, &r);
	}
	add(&l, 1, 128, 20, 188); /* of another protocol, of another metric */
	add(&l, 1, 128, 30, 186);
	add(&l, 2, 128, 20, 186);
	CU_ASSERT(cgn_learn_end(&l));
	CU_ASSERT_EQUAL_FATAL(l.now.n, CGN_LEARN_HOPS + 1);
	for (unsigned i = 0; i < CGN_LEARN_HOPS; i++) {
		CU_ASSERT_EQUAL(l.now.route[i].key[15], 1);
		CU_ASSERT_EQUAL(l.now.route[i].protocol, 186);
		CU_ASSERT_EQUAL(l.now.route[i].gw[15], i ? i + 1 : 0);
	}
	CU_ASSERT_EQUAL(l.now.route[CGN_LEARN_HOPS].key[15], 2);
	cgn_learn_fini(&l);
}

/* In another order it is the same; with another metric, which alone does not count for
 * the path but for the next choice, it is not. */
static void
test_same(void)
{
	struct cgn_learn_route other = route(10, 1, 128, 20, 186);
	struct cgn_learn l;
	uint64_t generation;

	cgn_learn_init(&l, 100);
	cgn_learn_begin(&l);
	CU_ASSERT_FALSE(cgn_learn_end(&l));
	add(&l, 1, 128, 20, 186);
	add(&l, 2, 128, 20, 186);
	CU_ASSERT(cgn_learn_end(&l));
	generation = l.generation;
	cgn_learn_begin(&l);
	add(&l, 2, 128, 20, 186);
	add(&l, 1, 128, 20, 186);
	CU_ASSERT_FALSE(cgn_learn_end(&l));
	CU_ASSERT_EQUAL(l.generation, generation);
	cgn_learn_begin(&l);
	add(&l, 2, 128, 20, 186);
	cgn_learn_add(&l, &other); /* of another table */
	CU_ASSERT(cgn_learn_end(&l));
	CU_ASSERT_EQUAL(l.now.n, 2);
	cgn_learn_begin(&l);
	CU_ASSERT(cgn_learn_end(&l));
	CU_ASSERT_EQUAL(l.now.n, 0);
	CU_ASSERT(l.generation > generation);
	cgn_learn_fini(&l);
}

static void
test_limit(void)
{
	struct cgn_learn l;

	cgn_learn_init(&l, 1000);
	cgn_learn_begin(&l);
	for (unsigned i = 0; i < 1100; i++) {
		struct cgn_learn_route r = route(254, 0, 128, 20, 186);

		r.key[14] = (uint8_t)(i >> 8);
		r.key[15] = (uint8_t)i;
		cgn_learn_add(&l, &r);
	}
	CU_ASSERT(cgn_learn_end(&l));
	CU_ASSERT_EQUAL(l.now.n, 1000);
	CU_ASSERT_EQUAL(l.left_out, 100);
	cgn_learn_fini(&l);
}

static void
test_origin(void)
{
	CU_ASSERT_STRING_EQUAL(cgn_learn_origin(186), "bgp");
	CU_ASSERT_STRING_EQUAL(cgn_learn_origin(12), "bird");
	CU_ASSERT_STRING_EQUAL(cgn_learn_origin(99), "kernel");
}

static CU_TestInfo tests[] = {
	{ "the best of a prefix", test_best },
	{ "several next hops", test_several },
	{ "the same list", test_same },
	{ "the limit", test_limit },
	{ "origins", test_origin },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("learn", tests);
}
