/* SPDX-License-Identifier: BSD-3-Clause */
/* When a box gives signs of life. */
#include "control/service.h"
#include "tests/unit/suite.h"

static bool
alive(enum cgn_watch_state a, uint64_t age_a, enum cgn_watch_state b, uint64_t age_b)
{
	struct cgn_watch_cpu cpu[2] = { { .state = a }, { .state = b } };
	uint64_t age[2] = { age_a, age_b };

	return cgn_service_alive(cpu, age, 2, 1000);
}

static void
test_alive(void)
{
	CU_ASSERT(alive(CGN_WATCH_UP, 0, CGN_WATCH_UP, 0));
	/* one that fails is no reason to restart the box */
	CU_ASSERT(alive(CGN_WATCH_FENCED, 9999, CGN_WATCH_UP, 999));
	CU_ASSERT(alive(CGN_WATCH_UP, 3, CGN_WATCH_FAILED, 9999));
	CU_ASSERT(alive(CGN_WATCH_DOWN, 9999, CGN_WATCH_UP, 3));
	/* nobody turns, though somebody should */
	CU_ASSERT_FALSE(alive(CGN_WATCH_FENCED, 9999, CGN_WATCH_FAILED, 9999));
	CU_ASSERT_FALSE(alive(CGN_WATCH_FENCED, 9999, CGN_WATCH_DOWN, 9999));
	CU_ASSERT_FALSE(alive(CGN_WATCH_UP, 1000, CGN_WATCH_UP, 1000));
	/* taken out of service by command, both */
	CU_ASSERT(alive(CGN_WATCH_DOWN, 9999, CGN_WATCH_DOWN, 9999));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "alive", test_alive },
		CU_TEST_INFO_NULL,
	};

	return suite_run("service", tests);
}
