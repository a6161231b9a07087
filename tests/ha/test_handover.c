/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts change more than once: switch back, hand-overs in a row, second failures. */
#include "flows.h"
#include "tests/unit/eal_main.h"

static const struct pair_options hot = { .locations = ONE_TO_ONE, .ha = HOT };

/* The worker that failed comes back, is filled, and hosts again: nothing is lost, not
 * even what was opened a moment before. keepalived #1076: never before it knows the
 * sessions. */
static void
switch_back(unsigned old)
{
	unsigned k = 0;

	pair_back(0, old);
	CU_ASSERT_FALSE(cgn_sync_filled(pair_host(0), pair_location(0)));
	while (!cgn_sync_filled(pair_host(0), pair_location(0)) && k++ < 30)
		pair_run(1);
	CU_ASSERT(k < 12);
	SAME(0);
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_DRAIN);
	for (k = 0; k < 200 &&
		    !cgn_sync_drained(pair_host(0), pair.box.snap, pair_location(0));
		k++)
		cgn_box_advance(&pair.box, pair.box.now_ms + 20);
	CU_ASSERT(k < 200);
}

static void
test_switch_back(void)
{
	uint32_t addr;
	uint16_t port;
	unsigned old;

	pair_open(&hot);
	open_flows();
	pair_run(4);
	old = pair_fail(0);
	pair_run(2);
	switch_back(old);
	port = pair_connect(4, 7000, 5, &addr);
	pair_swap(0);
	CU_ASSERT_EQUAL(pair.host[0].worker, old);
	CU_ASSERT_TRUE(pair_down(4, 6, 7000, 5, MODEL_ACK, addr, port));
	flows_go_on();
	/* the other one becomes its standby, with what it has */
	pair_settle();
	CU_ASSERT_TRUE(cgn_sync_filled(pair_host(0), pair_location(0)));
	SAME(0);
	pair_run(400);
	CU_ASSERT_EQUAL(pair_host(0)->users.used + pair_standby(0)->users.used, 0);
	CU_ASSERT_EQUAL(pair_host(0)->blocks.used + pair_standby(0)->blocks.used, 0);
	pair_close();
}

/* conntrackd: old entries clash on two hand-overs in a row. */
static void
test_two_in_a_row(void)
{
	pair_open(&hot);
	open_flows();
	pair_run(4);
	for (unsigned k = 0; k < 4; k++) {
		pair_swap(0);
		pair_settle();
		flows_go_on();
		pair_run(3);
		SAME(0);
	}
	/* and without any time between them */
	for (unsigned k = 0; k < 8; k++)
		pair_swap(0);
	pair_settle();
	SAME(0);
	flows_go_on();
	pair_close();
}

/* A board is shut down: nothing is lost, though sessions are too young to have been told
 * and nobody asked before. */
static void
test_shutdown(void)
{
	struct pair_options o = hot;

	for (unsigned k = 0; k < 2; k++) {
		o.ds_lite = k;
		pair_open(&o);
		open_flows();
		pair_swap(0);
		pair_run(1);
		flows_go_on();
		open_flows();
		pair_swap(0);
		pair_run(1);
		flows_go_on();
		pair_settle();
		flows_go_on();
		pair_run(3);
		SAME(0);
		pair_close();
	}
}

/* Died, taken over, back, filled, and then the survivor dies. */
static void
test_two_failures(void)
{
	unsigned first, second;

	pair_open(&hot);
	open_flows();
	pair_run(4);
	first = pair_fail(0);
	pair_run(5);
	flows_go_on();
	pair_back(0, first);
	pair_settle();
	flows_go_on();
	pair_run(3);
	second = pair_fail(0);
	CU_ASSERT_NOT_EQUAL(first, second);
	flows_go_on();
	pair_close();
}

/* 1+1: the survivor carries both; N:1: the standby of two hosts takes one of them. */
static void
test_crossed(void)
{
	struct pair_options o = hot;
	unsigned old;

	for (unsigned k = 0; k < 2; k++) {
		o.locations = k ? N_TO_1 : CROSSED;
		pair_open(&o);
		open_flows();
		pair_run(4);
		old = pair_fail(0);
		flows_go_on();
		pair_run(5);
		pair_back(0, old);
		if (!k)
			pair_back(1, old);
		pair_settle();
		SAME(0);
		SAME(1);
		flows_go_on();
		pair_run(5);
		pair_swap(0);
		flows_go_on();
		pair_close();
	}
}

const char *const eal_suite = "handover";
CU_TestInfo eal_tests[] = {
	{ "switch back without loss", test_switch_back },
	{ "conntrackd: two hand-overs in a row", test_two_in_a_row },
	{ "shut down", test_shutdown },
	{ "two failures", test_two_failures },
	{ "1+1 and N:1", test_crossed },
	CU_TEST_INFO_NULL,
};
