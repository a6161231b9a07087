/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Moves of locations, as a table: health, where they are, where they go. */
#include "control/moves.h"

#include "suite.h"

#define NO	CGN_MOVES_NONE
#define PREEMPT 1000
#define CPUS	4
#define MOST	3

static const uint16_t spares[] = { 2, 3 };

struct move {
	const char *name;
	unsigned well;	      /* a bit for each CPU */
	uint64_t since[CPUS]; /* of 5000 ms that have passed */
	unsigned n;
	struct cgn_moves_location location[MOST];
	struct cgn_moves_place was[MOST], is[MOST];
};

#define ONE(b, f)                                                                        \
	{                                                                                \
		.configured = 0, .backup = b, .filled = f                                \
	}
#define SPARED(c)                                                                        \
	{                                                                                \
		.configured = c, .backup = NO, .spare = spares, .n_spare = 2             \
	}
#define CROSSED(a, b)                                                                    \
	{                                                                                \
		.configured = a, .backup = b, .filled = true                             \
	}

static const struct move table[] = {
	{ "start, no backup", 0xf, { 0 }, 1, { ONE(NO, 0) }, { { NO, NO } },
		{ { 0, NO } } },
	{ "start, backup", 0xf, { 0 }, 1, { ONE(1, 0) }, { { NO, NO } }, { { 0, 1 } } },
	{ "start, configured one is not well", 0xe, { 0 }, 1, { ONE(1, 0) },
		{ { NO, NO } }, { { 1, NO } } },
	{ "nothing happens", 0xf, { 0 }, 1, { ONE(1, 1) }, { { 0, 1 } }, { { 0, 1 } } },
	{ "no backup: down", 0xe, { 0 }, 1, { ONE(NO, 0) }, { { 0, NO } },
		{ { NO, NO } } },
	{ "and back at once", 0xf, { 5000 }, 1, { ONE(NO, 0) }, { { NO, NO } },
		{ { 0, NO } } },
	{ "to the standby", 0xe, { 0 }, 1, { ONE(1, 0) }, { { 0, 1 } }, { { 1, NO } } },
	{ "the standby fails", 0xd, { 0 }, 1, { ONE(1, 1) }, { { 0, 1 } },
		{ { 0, NO } } },
	{ "the standby is back", 0xf, { 0 }, 1, { ONE(1, 1) }, { { 0, NO } },
		{ { 0, 1 } } },
	{ "home: too early", 0xf, { 4001 }, 1, { ONE(1, 1) }, { { 1, 0 } },
		{ { 1, 0 } } },
	{ "home: now", 0xf, { 4000 }, 1, { ONE(1, 1) }, { { 1, 0 } }, { { 0, 1 } } },
	{ "home: at once, by hand", 0xf, { 5000 }, 1,
		{ { .configured = 0, .backup = 1, .filled = true, .hurry = true } },
		{ { 1, 0 } }, { { 0, 1 } } },
	{ "home: by hand, but not without its copy", 0xf, { 5000 }, 1,
		{ { .configured = 0, .backup = 1, .hurry = true } }, { { 1, 0 } },
		{ { 1, 0 } } },
	{ "home: not without its copy", 0xf, { 0 }, 1, { ONE(1, 0) }, { { 1, 0 } },
		{ { 1, 0 } } },
	{ "home: it becomes the standby first", 0xf, { 0 }, 1, { ONE(1, 1) },
		{ { 1, NO } }, { { 1, 0 } } },
	{ "home early, when the host fails", 0xd, { 4999 }, 1, { ONE(1, 0) },
		{ { 1, 0 } }, { { 0, NO } } },
	{ "both fail: cold to a spare", 0xc, { 0 }, 1, { { 0, 1, spares, 2, false } },
		{ { 0, 1 } }, { { 2, NO } } },
	{ "the backup returns: it is the standby of the spare", 0xe, { 0 }, 1,
		{ { 0, 1, spares, 2, false } }, { { 2, NO } }, { { 2, 1 } } },
	{ "the spare fails too", 0x8, { 0 }, 1, { { 0, 1, spares, 2, false } },
		{ { 2, NO } }, { { 3, NO } } },
	{ "nobody is left", 0, { 0 }, 1, { { 0, 1, spares, 2, false } }, { { 3, NO } },
		{ { NO, NO } } },
	{ "from a spare home, by a copy", 0xf, { 0 }, 1, { { 0, NO, spares, 2, true } },
		{ { 2, 0 } }, { { 0, NO } } },
	{ "two to the spares: one each", 0xc, { 0 }, 2, { SPARED(0), SPARED(1) },
		{ { 0, NO }, { 1, NO } }, { { 2, NO }, { 3, NO } } },
	{ "a spare that hosts already is the last choice", 0xe, { 0 }, 2,
		{ CROSSED(2, NO), SPARED(0) }, { { 2, NO }, { 0, NO } },
		{ { 2, NO }, { 3, NO } } },
	{ "1+1: the survivor carries both", 0xe, { 0 }, 2,
		{ CROSSED(0, 1), CROSSED(1, 0) }, { { 0, 1 }, { 1, 0 } },
		{ { 1, NO }, { 1, NO } } },
	{ "1+1: and gives one back", 0xf, { 0 }, 2, { CROSSED(0, 1), CROSSED(1, 0) },
		{ { 1, 0 }, { 1, 0 } }, { { 0, 1 }, { 1, 0 } } },
	{ "N:1: two fail", 0xc, { 0 }, 2, { CROSSED(0, 2), CROSSED(1, 2) },
		{ { 0, 2 }, { 1, 2 } }, { { 2, NO }, { 2, NO } } },
	{ "a CPU that is not there", 0xf, { 0 }, 1, { ONE(9, 0) }, { { 0, NO } },
		{ { 0, NO } } },
};

static void
run(const struct move *t)
{
	struct cgn_moves_cpu cpu[CPUS];
	struct cgn_moves_place place[MOST];
	struct cgn_moves m = { .now_ms = 5000,
		.preempt_ms = PREEMPT,
		.cpu = cpu,
		.n_cpus = CPUS,
		.location = t->location,
		.n_locations = t->n };
	bool same = true;

	for (unsigned i = 0; i < CPUS; i++)
		cpu[i] = (struct cgn_moves_cpu){ t->well >> i & 1, t->since[i] };
	for (unsigned i = 0; i < t->n; i++) {
		place[i] = t->was[i];
		same &= t->was[i].worker == t->is[i].worker &&
			t->was[i].standby == t->is[i].standby;
	}
	CU_ASSERT_EQUAL(cgn_moves_decide(&m, place), !same);
	for (unsigned i = 0; i < t->n; i++) {
		CU_ASSERT_EQUAL(place[i].worker, t->is[i].worker);
		CU_ASSERT_EQUAL(place[i].standby, t->is[i].standby);
		if (place[i].worker != t->is[i].worker ||
			place[i].standby != t->is[i].standby)
			printf("\n    %s: location %u is at %u/%u", t->name, i,
				place[i].worker, place[i].standby);
	}
}

static void
test_table(void)
{
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		run(&table[i]);
}

/* Whatever fails and returns: a location is down only when everybody it may be on is not
 * well, and never is on a CPU that is not. */
static void
test_all(void)
{
	static const struct cgn_moves_location location[] = { { 0, 1, spares, 2, true },
		{ 1, 0, spares, 2, true }, { 2, NO, spares, 2, true } };
	struct cgn_moves_place place[MOST] = { { NO, NO }, { NO, NO }, { NO, NO } };
	struct cgn_moves_cpu cpu[CPUS] = { { 0 } };
	struct cgn_moves m = { .now_ms = 1,
		.cpu = cpu,
		.n_cpus = CPUS,
		.location = location,
		.n_locations = MOST };

	for (unsigned step = 0; step < 2000; step++, m.now_ms++) {
		unsigned who = step * 2654435761u >> 30, well = 0;

		cpu[who].well = !cpu[who].well;
		cpu[who].since_ms = m.now_ms;
		cgn_moves_decide(&m, place);
		for (unsigned i = 0; i < CPUS; i++)
			well |= (unsigned)cpu[i].well << i;
		for (unsigned i = 0; i < MOST; i++) {
			unsigned may = i < 2 ? 0xf : 0xc;

			CU_ASSERT_EQUAL(place[i].worker == NO, (well & may) == 0);
			CU_ASSERT_TRUE(
				place[i].worker == NO || cpu[place[i].worker].well);
			CU_ASSERT_TRUE(
				place[i].standby == NO || cpu[place[i].standby].well);
			CU_ASSERT_TRUE(place[i].standby == NO ||
				       place[i].standby != place[i].worker);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "the table", test_table },
	{ "any failures and recoveries", test_all },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("moves", tests);
}
