/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/user.h"
#include "eal_main.h"
#include "world.h"

static struct cgn_burst burst;

/* NAT user n. */
static struct cgn_user *
add(uint32_t n)
{
	uint32_t user;

	world_burst(&burst);
	burst.p[0] = (struct cgn_pkt){ .instance = NAT,
		.src = rte_cpu_to_be_32(NAT_HOST + n) };
	if (world_add_user(&burst, &user) != CGN_DROP_REASONS)
		return NULL;
	return cgn_user_at(world.w, user);
}

static enum cgn_drop
admit(struct cgn_user *u, enum cgn_class class, enum cgn_dir dir)
{
	return cgn_user_admit(world.w, u, class, dir);
}

static void
test_limits(void)
{
	struct cgn_instance *inst = &world.instance[NAT];
	struct cgn_user *u;

	world_open(64, 16, 0);
	inst->max_sessions = 10;
	inst->max_class[CGN_ICMP] = 3;
	inst->max_reverse = 4;
	u = add(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	u->sessions[CGN_TCP] = 4;
	u->sessions[CGN_ICMP] = 3;
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_UP), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(admit(u, CGN_ICMP, CGN_UP), CGN_DROP_LIMIT_SESSIONS);
	u->sessions[CGN_UDP] = 3;
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_UP), CGN_DROP_LIMIT_SESSIONS);
	CU_ASSERT_EQUAL(u->discards[CGN_DISCARD_SESSIONS], 2);
	u->sessions[CGN_UDP] = 2;
	u->reverse[CGN_TCP] = 1;
	u->reverse[CGN_OTHER] = 3;
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_DOWN), CGN_DROP_LIMIT_REVERSE);
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_UP), CGN_DROP_REASONS);
	u->reverse[CGN_OTHER] = 2;
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_DOWN), CGN_DROP_REASONS);
	inst->max_reverse_class[CGN_TCP] = 1; /* of its own, beside that of all */
	CU_ASSERT_EQUAL(admit(u, CGN_TCP, CGN_DOWN), CGN_DROP_LIMIT_REVERSE);
	CU_ASSERT_EQUAL(admit(u, CGN_UDP, CGN_DOWN), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(admit(u, CGN_OTHER, CGN_DOWN), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(u->discards[CGN_DISCARD_REVERSE], 2);
	CU_ASSERT_EQUAL(u->discards[CGN_DISCARD_SESSIONS], 2);
	CU_ASSERT_EQUAL(u->discards[CGN_DISCARD_RATE], 0);
	world_close();
}

/* So many of 10000 tries in 100 seconds are let through, at any rate; the first second's
 * worth may come at once. */
static void
test_rate(void)
{
	static const uint32_t rate[] = { 1, 3, 15, 19, 50 };

	for (unsigned k = 0; k < RTE_DIM(rate); k++) {
		uint32_t passed = 0, tries = 0;
		struct cgn_user *u;

		world_open(64, 16, 42949672000ull * 10 - 50000); /* wraps on the way */
		world.instance[NAT].create_rate = rate[k];
		u = add(1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(u);
		while (tries < 99 && admit(u, CGN_TCP, CGN_UP) == CGN_DROP_REASONS)
			tries++;
		CU_ASSERT_EQUAL(tries, rate[k]);
		for (unsigned tick = 0; tick < 1000; tick++) {
			world_tick(100);
			for (unsigned n = 0; n < 10; n++)
				passed += admit(u, CGN_TCP, CGN_UP) == CGN_DROP_REASONS;
		}
		CU_ASSERT_EQUAL(passed, rate[k] * 100);
		CU_ASSERT_EQUAL(u->discards[CGN_DISCARD_RATE], 10001 - passed);
		world_tick(3600000); /* an hour saves up one second */
		for (tries = 0; tries < 99; tries++)
			if (admit(u, CGN_TCP, CGN_UP) != CGN_DROP_REASONS)
				break;
		CU_ASSERT_EQUAL(tries, rate[k]);
		world_close();
	}
}

/* All users of a CPU together get its rate; one beyond its own takes nothing of it. */
static void
test_board_rate(void)
{
	uint32_t *rate = &world.snap.license[0].create_rate, passed[2] = { 0 }, slow;
	struct cgn_user *u[2];

	world_open(64, 16, 42949672000ull * 10 - 50000); /* wraps on the way */
	*rate = 100000000;
	world.instance[NAT].create_rate = 5;
	for (unsigned k = 0; k < 2; k++) {
		u[k] = add(1 + k);
		CU_ASSERT_PTR_NOT_NULL_FATAL(u[k]);
		CU_ASSERT_EQUAL(admit(u[k], CGN_TCP, CGN_UP), CGN_DROP_REASONS);
	}
	*rate = 8;
	for (unsigned tick = 0; tick < 1000; tick++) {
		world_tick(100);
		for (unsigned n = 0; n < 10; n++)
			for (unsigned k = 0; k < 2; k++)
				passed[k] +=
					admit(u[k], CGN_TCP, n & 1) == CGN_DROP_REASONS;
	}
	CU_ASSERT_TRUE(passed[0] + passed[1] >= 800 && passed[0] + passed[1] <= 816);
	CU_ASSERT_TRUE(passed[0] <= 505);
	world_tick(10000);
	for (slow = 0; admit(u[0], CGN_TCP, CGN_UP) == CGN_DROP_REASONS;)
		slow++;
	CU_ASSERT_EQUAL(slow, 5);
	CU_ASSERT_EQUAL(admit(u[0], CGN_TCP, CGN_UP), CGN_DROP_LIMIT_RATE);
	for (slow = 0; admit(u[1], CGN_UDP, CGN_DOWN) == CGN_DROP_REASONS;)
		slow++;
	CU_ASSERT_EQUAL(slow, 3);
	CU_ASSERT_EQUAL(admit(u[1], CGN_UDP, CGN_DOWN), CGN_DROP_LIMIT_BOARD_RATE);
	*rate = 0;
	CU_ASSERT_EQUAL(admit(u[1], CGN_UDP, CGN_DOWN), CGN_DROP_REASONS);
	world_close();
}

const char *const eal_suite = "admit";
CU_TestInfo eal_tests[] = {
	{ "limits by name", test_limits },
	{ "creation rate", test_rate },
	{ "creation rate of a board", test_board_rate },
	CU_TEST_INFO_NULL,
};
