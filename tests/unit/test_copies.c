/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of copies, as a row of looks. */
#include "control/copies.h"

#include "dataplane/types.h"
#include "suite.h"

static struct cgn_copies_state state;
static uint64_t now_ms;

static enum cgn_copies_news
see(uint16_t host, uint16_t standby, bool finished, bool filled, uint64_t refused)
{
	struct cgn_copies_sight now = { host, standby, finished, filled, refused };

	now_ms += 100;
	return cgn_copies_step(&state, &now, now_ms);
}

static void
begin(void)
{
	state = (struct cgn_copies_state){ 0 };
	now_ms = 5000;
}

/* In place, and quiet. */
static void
settle(uint64_t refused)
{
	begin();
	see(0, 1, false, false, refused);
	CU_ASSERT_EQUAL(see(0, 1, true, true, refused), CGN_COPIES_FINISHED);
	now_ms += 2000;
}

static void
test_batch(void)
{
	begin();
	CU_ASSERT_EQUAL(see(0, 1, false, false, 0), CGN_COPIES_BEGUN);
	CU_ASSERT_EQUAL(see(0, 1, false, false, 0), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_FINISHED);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_NONE);
	/* by hand */
	CU_ASSERT_EQUAL(see(0, 1, false, false, 0), CGN_COPIES_BEGUN);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_FINISHED);
	/* between two passes it is complete, as far as is known, or is not */
	CU_ASSERT_EQUAL(see(0, 1, true, false, 0), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_NONE);
}

static void
test_places(void)
{
	begin();
	CU_ASSERT_EQUAL(see(0, CGN_NONE16, false, false, 0), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(0, 1, false, false, 0), CGN_COPIES_BEGUN);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_FINISHED);
	CU_ASSERT_EQUAL(see(1, CGN_NONE16, false, false, 0), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(1, 0, false, false, 0), CGN_COPIES_BEGUN);
	/* a short one, between two looks */
	CU_ASSERT_EQUAL(see(0, 1, true, true, 0), CGN_COPIES_FINISHED);
}

static void
test_refused(void)
{
	settle(7);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 9), CGN_COPIES_REFUSED);
	CU_ASSERT_TRUE(state.lacks);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 12), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 12), CGN_COPIES_NONE);
	CU_ASSERT_TRUE(state.lacks);
	/* the digests differ, and it is tried in vain */
	CU_ASSERT_EQUAL(see(0, 1, true, false, 12), CGN_COPIES_NONE);
	CU_ASSERT_EQUAL(see(0, 1, true, false, 15), CGN_COPIES_NONE);
	CU_ASSERT_TRUE(state.lacks);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 15), CGN_COPIES_REPAIRED);
	CU_ASSERT_FALSE(state.lacks);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 16), CGN_COPIES_REFUSED);
}

/* What comes too late after a change of places, or in a batch, is no news. */
static void
test_quiet(void)
{
	begin();
	see(0, 1, true, true, 0);
	CU_ASSERT_EQUAL(see(0, 1, true, true, 3), CGN_COPIES_NONE);
	CU_ASSERT_FALSE(state.lacks);
	now_ms += 1000;
	CU_ASSERT_EQUAL(see(0, 1, false, false, 3), CGN_COPIES_BEGUN);
	CU_ASSERT_EQUAL(see(0, 1, false, false, 5), CGN_COPIES_NONE);
	CU_ASSERT_FALSE(state.lacks);
}

static CU_TestInfo tests[] = {
	{ "batch", test_batch },
	{ "other places", test_places },
	{ "refused and repaired", test_refused },
	{ "what is no news", test_quiet },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("copies", tests);
}
