/* SPDX-License-Identifier: BSD-3-Clause */
/* The pace of the sweep, with a clock that the test turns. Sessions are slots without
 * keys where only the pace matters: the sweep is told that they expired by their being
 * gone. */
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/create.h"
#include "eal_main.h"
#include "world.h"

static const struct packet up = { .proto = 17,
	.src = NAT_HOST,
	.dst = REMOTE_HOST,
	.sport = 5000,
	.dport = 53,
	.payload = 20 };

/* n UDP sessions of one user, all of this moment. */
static void
open_sessions(uint32_t n)
{
	struct packet p = up;

	world_open(n, 16, 0);
	for (uint32_t k = 0; k < n; k++) {
		p.sport = (uint16_t)(5000 + k);
		CU_ASSERT_PTR_NOT_NULL_FATAL(world_ip(world_nat_up(&p)));
	}
	CU_ASSERT_EQUAL(world.w->sessions.used, n);
}

/* Looks in steps of `ms` until all idle sessions are gone; how long that took. */
static unsigned
time_to_see_all(uint32_t n, unsigned ms)
{
	unsigned passed = 0;

	open_sessions(n);
	world_tick(299900);
	for (unsigned k = 0; k < 5000 / 256 + 1; k++)
		world_tick(0); /* what was due before */
	CU_ASSERT_EQUAL(world.w->sessions.used, n);
	world.ms += 100; /* now their time has come */
	while (world.w->sessions.used && passed < 10000) {
		world_tick(ms);
		passed += ms;
	}
	world_close();
	return passed;
}

/* Whatever the size and the rate of calls, all is seen in about a second. */
static void
test_pace(void)
{
	static const uint32_t sizes[] = { 1, 10, 999, 1001, 1999, 5000 };

	for (unsigned k = 0; k < RTE_DIM(sizes); k++) {
		CU_ASSERT(time_to_see_all(sizes[k], 1) <= 1100);
		CU_ASSERT(time_to_see_all(sizes[k], 10) <= 1100);
	}
	CU_ASSERT(time_to_see_all(5000, 1) >= 500);
}

/* A large table takes longer, so that looking at it costs no more; but not for ever. */
static void
test_lap(void)
{
	CU_ASSERT_EQUAL(cgn_sweep_lap_ms(0), 1000);
	CU_ASSERT_EQUAL(cgn_sweep_lap_ms(4500000), 1000);
	CU_ASSERT_EQUAL(cgn_sweep_lap_ms(9000000), 2000);
	CU_ASSERT_EQUAL(cgn_sweep_lap_ms(UINT32_MAX), 3000);
	/* in a millisecond nine million slots come to be due by one part in 2000; a call
	 * looks at 256 */
	open_sessions(4096);
	world.w->sessions.top = 9000000;
	world.w->sweep.due = world.w->sweep.next = world.w->sweep.asked = 0;
	world_tick(1);
	CU_ASSERT_EQUAL(world.w->sweep.due, 9000000 - 256 * 2000);
	world.w->sessions.top = 4096;
	world_close();
}

/* One call looks at a bounded number of slots however late it is; what is left is done by
 * the calls that follow, though the clock stands still. */
static void
test_bounded(void)
{
	uint32_t left = 5000;

	open_sessions(5000);
	world.ms += 1000000;
	for (unsigned calls = 1; left; calls++) {
		uint32_t before = left;

		CU_ASSERT_FATAL(calls < 100);
		world_tick(0);
		left = world.w->sessions.used;
		CU_ASSERT_FATAL(left < before && before - left <= 256);
	}
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world_close();
}

/* A session that is used does not end; its time counts from the last packet up. */
static void
test_refresh(void)
{
	struct packet p = up;
	const uint8_t *ip;

	open_sessions(1);
	for (unsigned k = 0; k < 4; k++) {
		for (unsigned s = 0; s < 295; s++)
			world_tick(1000);
		CU_ASSERT_EQUAL_FATAL(world.w->sessions.used, 1);
		ip = world_ip(world_nat_up(&p));
		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	}
	p.src = REMOTE_HOST;
	p.sport = 53;
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	for (unsigned s = 0; s < 298; s++)
		world_tick(1000);
	/* RFC 4787 REQ-6: what comes from outside does not keep it */
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_down(&p)));
	for (unsigned s = 0; s < 4; s++)
		world_tick(1000);
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_NO_MAPPING], 1);
	world_close();
}

/* Idle for exactly its time, by class. */
static void
expires(const struct packet *p, unsigned seconds)
{
	uint64_t then;

	world_open(16, 16, 4294967296ull * 100 - 30000); /* wraps on the way */
	CU_ASSERT_PTR_NOT_NULL_FATAL(world_ip(world_nat_up(p)));
	then = world.ms;
	for (unsigned s = 1; s < seconds; s++)
		world_tick(1000);
	CU_ASSERT_EQUAL(world.w->sessions.used, 1);
	while (world.w->sessions.used && world.ms < then + 20000000)
		world_tick(100);
	CU_ASSERT(world.ms >= then + seconds * 1000ull);
	CU_ASSERT(world.ms <= then + seconds * 1000ull + 1100);
	world_close();
}

static void
test_timers(void)
{
	struct packet p = up;

	expires(&p, 300);
	p.proto = 1;
	p.icmp_type = 8;
	expires(&p, 60);
	p.proto = 6;
	p.tcp_flags = RTE_TCP_SYN_FLAG;
	expires(&p, 240);
}

/* Quarantine goes on while there are no sessions at all. */
static void
test_quarantine(void)
{
	open_sessions(1);
	world.ms += 300000;
	world_tick(1000);
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	CU_ASSERT_EQUAL(world.w->blocks.used, 1);
	world_tick(119900);
	CU_ASSERT_EQUAL(world.w->blocks.used, 1);
	world_tick(100);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	world_close();
}

/* Counters of 32 bits do not run over: the sweep moves them on. */
static void
test_counts(void)
{
	struct cgn_session *s;

	open_sessions(1);
	s = cgn_session_at(world.w, 0);
	for (unsigned k = 0; k < 20; k++) {
		s->bytes[CGN_UP] += 1u << 30;
		s->packets[CGN_UP] += 1u << 20;
		world_tick(1000);
	}
	CU_ASSERT_TRUE(s->spilled);
	CU_ASSERT(cgn_session_counts(world.w, 0).bytes[CGN_UP] >= 20ull << 30);
	CU_ASSERT(cgn_session_counts(world.w, 0).packets[CGN_UP] >= 20u << 20);
	CU_ASSERT_EQUAL(cgn_session_counts(world.w, 0).bytes[CGN_DOWN], 0);
	world_close();
}

const char *const eal_suite = "sweep";
CU_TestInfo eal_tests[] = {
	{ "all within a second", test_pace },
	{ "a lap", test_lap },
	{ "bounded per call", test_bounded },
	{ "packets keep a session", test_refresh },
	{ "timers to the second", test_timers },
	{ "quarantine", test_quarantine },
	{ "counters", test_counts },
	CU_TEST_INFO_NULL,
};
