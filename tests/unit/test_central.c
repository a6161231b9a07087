/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Centralized backup: T of 1 to 4 CPUs, every N and F, automatic, by hand, with a delay.
 * What must happen is said here in the words of the requirement, not of the machine. */
#include "control/central.h"

#include <string.h>

#include "suite.h"

/* N <= T: F >= N switches; N > T and N not set: F = T. */
static bool
must_switch(uint32_t f, uint32_t t, uint32_t n)
{
	if (n == 0 || n > t)
		return f == t;
	return f >= n;
}

/* By hand: F < N (N <= T), F < T (N > T). */
static bool
may_return(uint32_t f, uint32_t t, uint32_t n)
{
	if (n == 0 || n > t)
		return f < t;
	return f < n;
}

static struct cgn_central_state state;
static enum cgn_central_reason reason;

static bool
step(struct cgn_central_input in)
{
	return cgn_central_step(&state, &in, &reason);
}

static struct cgn_central_input
at(uint32_t f, uint32_t t, uint32_t n, uint64_t now_ms)
{
	return (struct cgn_central_input){ .failed = f,
		.total = t,
		.down_number = n,
		.automatic = true,
		.now_ms = now_ms };
}

static void
begin(bool switched)
{
	state = (struct cgn_central_state){ .switched = switched };
}

static void
automatic_switch(uint32_t f, uint32_t t, uint32_t n)
{
	bool want = must_switch(f, t, n);

	begin(false);
	CU_ASSERT_EQUAL(step(at(f, t, n, 1)), want);
	CU_ASSERT_EQUAL(state.switched, want);
	if (want)
		CU_ASSERT_EQUAL(reason,
			f == t ? CGN_CENTRAL_ALL_FAILED : CGN_CENTRAL_DOWN_NUMBER);
	CU_ASSERT_FALSE(step(at(f, t, n, 2)));
	CU_ASSERT_EQUAL(state.switched, want);
}

/* Only F = 0 brings it back by itself. */
static void
automatic_return(uint32_t f, uint32_t t, uint32_t n)
{
	struct cgn_central_input in = at(f, t, n, 1);

	begin(true);
	CU_ASSERT_EQUAL(step(in), f == 0);
	CU_ASSERT_EQUAL(state.switched, f != 0);
	if (f == 0)
		CU_ASSERT_EQUAL(reason, CGN_CENTRAL_RECOVERED);
	begin(true);
	in.automatic = false;
	CU_ASSERT_FALSE(step(in));
	CU_ASSERT_TRUE(state.switched);
}

static void
delayed_return(uint32_t t, uint32_t n)
{
	struct cgn_central_input in = at(0, t, n, 1000);

	begin(true);
	in.delay_ms = 500;
	CU_ASSERT_FALSE(step(in));
	in.now_ms = 1499;
	CU_ASSERT_FALSE(step(in));
	in.failed = 1; /* begins anew */
	CU_ASSERT_FALSE(step(in));
	in.failed = 0;
	in.now_ms = 1600;
	CU_ASSERT_FALSE(step(in));
	in.now_ms = 2099;
	CU_ASSERT_FALSE(step(in));
	in.now_ms = 2100;
	CU_ASSERT_TRUE(step(in));
	CU_ASSERT_FALSE(state.switched);
}

static void
return_by_hand(uint32_t f, uint32_t t, uint32_t n)
{
	struct cgn_central_input in = at(f, t, n, 1);
	bool may = may_return(f, t, n);

	in.word = CGN_CENTRAL_BACK;
	in.automatic = false;
	for (int by_hand = 0; by_hand < 2; by_hand++) {
		begin(true);
		state.by_hand = by_hand;
		CU_ASSERT_EQUAL(step(in), may);
		CU_ASSERT_EQUAL(state.switched, !may);
		CU_ASSERT_EQUAL(reason, may ? CGN_CENTRAL_BY_HAND : CGN_CENTRAL_TOO_MANY);
	}
	/* and stays, for F alone has not changed */
	in.word = CGN_CENTRAL_NONE;
	if (may)
		CU_ASSERT_FALSE(step(in));
	begin(false);
	in.word = CGN_CENTRAL_BACK;
	CU_ASSERT_FALSE(step(in));
	CU_ASSERT_EQUAL(reason, CGN_CENTRAL_IS_NOT_SWITCHED);
}

/* Whatever the CPUs do; and it holds until a hand ends it. */
static void
switch_by_hand(uint32_t f, uint32_t t, uint32_t n)
{
	struct cgn_central_input in = at(f, t, n, 1);

	begin(false);
	in.word = CGN_CENTRAL_SWITCH;
	CU_ASSERT_TRUE(step(in));
	CU_ASSERT_EQUAL(reason, CGN_CENTRAL_BY_HAND);
	CU_ASSERT_FALSE(step(in));
	CU_ASSERT_EQUAL(reason, CGN_CENTRAL_IS_SWITCHED);
	in.word = CGN_CENTRAL_NONE;
	in.failed = 0;
	in.now_ms = 100000;
	CU_ASSERT_FALSE(step(in));
	CU_ASSERT_TRUE(state.switched);
	/* one that switched by itself is held by a word, too */
	begin(true);
	in.word = CGN_CENTRAL_SWITCH;
	CU_ASSERT_FALSE(step(in));
	in.word = CGN_CENTRAL_NONE;
	CU_ASSERT_FALSE(step(in));
	CU_ASSERT_TRUE(state.switched);
}

static void
test_table(void)
{
	for (uint32_t t = 1; t <= 4; t++) {
		const uint32_t numbers[] = { 0, 1, 2, t, t + 1 };

		for (unsigned k = 0; k < 5; k++) {
			delayed_return(t, numbers[k]);
			for (uint32_t f = 0; f <= t; f++) {
				automatic_switch(f, t, numbers[k]);
				automatic_return(f, t, numbers[k]);
				return_by_hand(f, t, numbers[k]);
				switch_by_hand(f, t, numbers[k]);
			}
		}
	}
}

/* Down to less than N and up again: no flapping. */
static void
test_hysteresis(void)
{
	begin(false);
	CU_ASSERT_FALSE(step(at(1, 4, 2, 1)));
	CU_ASSERT_TRUE(step(at(2, 4, 2, 2)));
	CU_ASSERT_FALSE(step(at(1, 4, 2, 3)));
	CU_ASSERT_FALSE(step(at(2, 4, 2, 4)));
	CU_ASSERT_TRUE(state.switched);
	CU_ASSERT_TRUE(step(at(0, 4, 2, 5)));
	CU_ASSERT_FALSE(state.switched);
}

static void
test_texts(void)
{
	for (int r = CGN_CENTRAL_START; r <= CGN_CENTRAL_IS_NOT_SWITCHED; r++)
		CU_ASSERT_TRUE(strlen(cgn_central_text((enum cgn_central_reason)r)) > 4);
}

static CU_TestInfo tests[] = {
	{ "T, N and F", test_table },
	{ "hysteresis", test_hysteresis },
	{ "texts", test_texts },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("central", tests);
}
