/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When an lcore counts as silent. The rest of the watch is tested in the laboratory, with
 * real threads that hang and crash. */
#include "control/watch.h"

#include "suite.h"

#define LIMIT  20
#define ENOUGH 5

struct look {
	bool turned;
	uint64_t elapsed;
	uint64_t silent; /* after it */
};

static void
run(const struct look *look, unsigned n)
{
	uint64_t silent = 0;

	for (unsigned i = 0; i < n; i++) {
		silent =
			cgn_watch_silence(silent, look[i].turned, look[i].elapsed, LIMIT);
		CU_ASSERT_EQUAL(silent, look[i].silent);
	}
}

static void
test_silence(void)
{
	static const struct look turning[] = { { true, 1, 0 }, { true, 1, 0 },
		{ true, 500, 0 } };
	static const struct look pause[] = { { false, 8, 8 }, { false, 9, 17 },
		{ true, 1, 0 }, { false, 3, 3 } };
	/* the watch itself was stopped: one long interval proves nothing */
	static const struct look stolen[] = { { false, 5000, 10 }, { true, 1, 0 } };
	/* but many of them do */
	static const struct look starved[] = { { false, 50, 10 }, { false, 50, 20 },
		{ false, 50, 30 } };

	run(turning, 3);
	run(pause, 4);
	run(stolen, 2);
	run(starved, 3);
}

static void
test_verdict(void)
{
	static const struct {
		struct cgn_watch_signs signs;
		enum cgn_watch_verdict verdict;
	} table[] = {
		{ { 0, 0, 0 }, CGN_WATCH_FINE },
		{ { LIMIT, LIMIT, ENOUGH }, CGN_WATCH_FINE },
		{ { LIMIT + 1, LIMIT, ENOUGH }, CGN_WATCH_DEAD }, /* spins */
		{ { LIMIT + 1, 0, 0 }, CGN_WATCH_WAITS }, /* no processor, blocked */
		{ { LIMIT + 1, LIMIT / 2, ENOUGH }, CGN_WATCH_WAITS }, /* half of one */
		/* the kernel's time, or the processor was taken from this machine */
		{ { LIMIT + 1, LIMIT + 1, ENOUGH - 1 }, CGN_WATCH_WAITS },
		{ { 2 * LIMIT, LIMIT, ENOUGH },
			CGN_WATCH_DEAD }, /* spun with half of one */
		{ { 5 * LIMIT, LIMIT - 1, ENOUGH }, CGN_WATCH_WAITS },
		{ { 5 * LIMIT, 5 * LIMIT, 0 }, CGN_WATCH_WAITS },
		{ { 5 * LIMIT + 1, 0, 0 }, CGN_WATCH_DEAD }, /* enough is enough */
		/* nobody could go on with the ring that it is at */
		{ { 5 * LIMIT + 1, 0, 0, true }, CGN_WATCH_WAITS },
		{ { 50 * LIMIT, 0, 0, true }, CGN_WATCH_WAITS },
		{ { 50 * LIMIT + 1, 0, 0, true }, CGN_WATCH_DEAD },
		{ { LIMIT + 1, LIMIT, ENOUGH, true }, CGN_WATCH_DEAD },
		/* fresh memory: the kernel is at work for it */
		{ { LIMIT + 1, LIMIT, ENOUGH, false, CGN_WATCH_PAGES - 1 },
			CGN_WATCH_DEAD },
		{ { LIMIT + 1, LIMIT, ENOUGH, false, CGN_WATCH_PAGES }, CGN_WATCH_WAITS },
		{ { 5 * LIMIT, 5 * LIMIT, 5 * ENOUGH, false, 1000 }, CGN_WATCH_WAITS },
		{ { 5 * LIMIT + 1, 5 * LIMIT, 5 * ENOUGH, false, 1000 }, CGN_WATCH_DEAD },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		CU_ASSERT_EQUAL(cgn_watch_judge(&table[i].signs, LIMIT, ENOUGH,
					CGN_WATCH_PATIENCE),
			table[i].verdict);
}

static void
test_names(void)
{
	CU_ASSERT_STRING_EQUAL(cgn_watch_name(CGN_WATCH_UP), "up");
	CU_ASSERT_STRING_EQUAL(cgn_watch_name(CGN_WATCH_DOWN), "down");
	CU_ASSERT_STRING_EQUAL(cgn_watch_name(CGN_WATCH_FAILED), "failed");
	CU_ASSERT_STRING_EQUAL(cgn_watch_name(CGN_WATCH_FENCED), "fenced");
}

static CU_TestInfo tests[] = {
	{ "silence", test_silence },
	{ "verdict", test_verdict },
	{ "names", test_names },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("watch", tests);
}
