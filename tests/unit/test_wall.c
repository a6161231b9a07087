/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jumps of the wall clock: found once, both ways, and not where there is none. */
#include "control/wall.h"
#include "suite.h"

#define DAY 86400000

static void
test_jumps(void)
{
	struct cgn_wall wall = { 0 };

	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 5 * DAY, 1000), 0); /* the first look */
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 5 * DAY + 1000, 2000), 0);
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 6 * DAY + 2000, 3000), DAY);
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 6 * DAY + 3000, 4000), 0);
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 4 * DAY + 4000, 5000), -2 * DAY);
	/* a leap second, and a clock that is slewed by 500 ppm for a day */
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 4 * DAY + 4000, 6000), -1000);
	for (int i = 1; i < 86400; i++)
		CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 4 * DAY + 4000 + i * 1000 + i / 2,
					6000 + i * 1000),
			0);
	/* the thread itself was stopped: both have gone on */
	CU_ASSERT_EQUAL(cgn_wall_jump(&wall, 9 * DAY + 47200, 5 * DAY + 6000), 0);
}

static CU_TestInfo tests[] = { { "jumps", test_jumps }, CU_TEST_INFO_NULL };

int
main(void)
{
	return suite_run("wall", tests);
}
