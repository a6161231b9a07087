/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Thresholds: the two waters as a pure function, and that each crossing is told once, of
 * boards and of pools. */
#include "control/threshold.h"

#include <stdlib.h>

#include "compile_case.h"
#include "control/log.h"
#include "eal_main.h"

static const struct cgn_conf_thresholds water = { .high = 80, .low = 60 };
static struct cgn_threshold_state state;
static struct cgn_worker *worker;
static struct cgn_log_export *x;
static const struct cgn_snapshot *snap;
static struct cgn_snapshot *licensed; /* the same */
static uint64_t now_ms, told;

static void
test_waters(void)
{
	static const struct {
		uint64_t used;
		bool above;
	} walk[] = { { 0, false }, { 79, false }, { 80, true }, { 79, true },
		{ 100, true }, { 61, true }, { 60, false }, { 61, false }, { 79, false },
		{ 80, true }, { 0, false } };
	const struct cgn_conf_thresholds never = { 0, 0 }, full = { 100, 0 };
	bool above = false;

	for (unsigned i = 0; i < RTE_DIM(walk); i++) {
		above = cgn_threshold_above(above, walk[i].used, 100, &water);
		CU_ASSERT_EQUAL(above, walk[i].above);
	}
	CU_ASSERT_FALSE(cgn_threshold_above(true, 100, 100, &never));
	CU_ASSERT_FALSE(cgn_threshold_above(true, 0, 0, &water));
	CU_ASSERT_FALSE(cgn_threshold_above(false, 99, 100, &full));
	CU_ASSERT_TRUE(cgn_threshold_above(false, 100, 100, &full));
	CU_ASSERT_TRUE(cgn_threshold_above(true, 1, 100, &full));
}

/* Events after the next look, of which the last is `text`. */
static void
expect(unsigned events, const char *text)
{
	now_ms += 1000;
	for (unsigned turn = 0; turn < 10; turn++)
		cgn_threshold_turn(&state, x, snap, &worker, 1, &water, now_ms);
	CU_ASSERT_EQUAL(cgn_log_events(), told + events);
	told = cgn_log_events();
	if (events)
		CU_ASSERT_STRING_EQUAL(cgn_log_event_at(told - 1)->text, text);
}

static void
begin(void)
{
	setup();
	snap = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO)
			POOLS(POOL1) NAT);
	x = cgn_log_export_create();
	worker = calloc(1, sizeof(*worker));
	CU_ASSERT_FATAL(x && worker);
	worker->conf.slot = 3;
	licensed = (struct cgn_snapshot *)(uintptr_t)snap;
	licensed->license[0].sessions = 1000;
	licensed->license[0].users = 10;
	state = (struct cgn_threshold_state){ 0 };
	told = cgn_log_events();
}

static void
end(void)
{
	free(worker);
	cgn_log_export_destroy(x);
	teardown(snap);
}

static void
test_boards(void)
{
	begin();
	expect(0, NULL);
	worker->sessions.used = 800;
	expect(1, "board 3/0: 800 of 1000 licensed sessions are in use, the threshold is "
		  "80 %");
	worker->sessions.used = 700;
	expect(0, NULL);
	worker->users.used = 9;
	expect(1, "board 3/0: 9 of 10 licensed users are in use, the threshold is 80 %");
	worker->sessions.used = 600;
	expect(1, "board 3/0: 600 of 1000 licensed sessions are in use, back at 60 %");
	end();
}

/* Takes so many per cent of the ports of every address; returns how many in all. */
static uint64_t
take_ports(unsigned percent)
{
	uint64_t taken = 0;

	for (uint32_t i = 0; i < snap->n_addresses; i++) {
		uint16_t location = snap->address[i].location;
		struct cgn_address *a = NULL;

		if (!snap->address[i].excluded && location < snap->n_locations)
			a = snap->state[snap->location[location].worker][i];
		if (!a)
			continue;
		a->free = CGN_PORT_COUNT - CGN_PORT_COUNT / 100 * percent;
		taken += CGN_PORT_COUNT - a->free;
	}
	return taken;
}

static void
test_pools(void)
{
	begin();
	CU_ASSERT_TRUE_FATAL(take_ports(50) > 0);
	expect(0, NULL);
	take_ports(85);
	expect(1, "address-group pool2: 438600 of 516096 ports are in use, the threshold "
		  "is 80 %");
	take_ports(70);
	expect(0, NULL);
	take_ports(10);
	now_ms -= 1000; /* not before a second has passed */
	expect(0, NULL);
	now_ms += 1000;
	cgn_threshold_turn(&state, x, snap, &worker, 1, &water, now_ms);
	CU_ASSERT_EQUAL(cgn_log_events(), told + 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(cgn_log_event_at(told)->text, "are in use, back at 60 %"));
	take_ports(0);
	end();
}

const char *const eal_suite = "threshold";
CU_TestInfo eal_tests[] = {
	{ "two waters", test_waters },
	{ "boards", test_boards },
	{ "pools", test_pools },
	CU_TEST_INFO_NULL,
};
