/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records over a link with the faults of a bad one, each a test: all that was put comes
 * once and in order, or is reported lost. Figures are printed. CHANNEL_SEED repeats a
 * run. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ha/link.h"
#include "tests/unit/suite.h"

#define RECORDS 30000

static uint64_t
seed(void)
{
	const char *text = getenv("CHANNEL_SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

/* All that end 0 has put is at end 1, once and in order. */
static void
all_there(const struct link *l)
{
	CU_ASSERT_EQUAL(l->end[1].came, l->end[0].put);
	CU_ASSERT_EQUAL(l->end[1].wrong, 0);
	CU_ASSERT_EQUAL(l->end[1].again, 0);
	CU_ASSERT_EQUAL(l->end[0].lost_there, 0);
	CU_ASSERT_EQUAL(l->end[1].lost_here, 0);
}

static void
figures(const char *what, const struct link *l, uint64_t ms)
{
	struct cgn_channel_lag lag =
		cgn_channel_lag(l->end[0].ch, LINK_LOCATION, l->now_us);
	struct cgn_channel_records r = cgn_channel_records(l->end[0].ch, LINK_LOCATION);

	printf("\n  %-22s seed %llu: %llu records in %llu ms, %.1f Mb/s on the wire, "
	       "resent %.1f %%, lag ms p50 %.1f p99 %.1f max %.1f ",
		what, (unsigned long long)seed(), (unsigned long long)l->end[1].came,
		(unsigned long long)ms,
		(double)l->end[0].bytes * 8 / 1000 / (double)RTE_MAX(ms, 1ull),
		100.0 * (double)r.resent / (double)RTE_MAX(r.sent, 1ull),
		(double)lag.p50_us / 1000, (double)lag.p99_us / 1000,
		(double)lag.max_us / 1000);
}

/* Live set-ups at a rate, then quiet. */
static void
through(const char *what, const struct fault *f)
{
	struct link l;
	uint64_t ms, rest;

	link_open(&l, seed());
	CU_ASSERT_TRUE(link_up(&l, 1000));
	link_fault(&l, f);
	link_run(&l, 500);
	ms = link_put(&l, RECORDS, 30);
	rest = link_drain(&l, 60000);
	CU_ASSERT_NOT_EQUAL(rest, UINT64_MAX);
	all_there(&l);
	figures(what, &l, ms + rest);
	link_close(&l);
}

static void
test_clean(void)
{
	through("clean", &(struct fault){ 0 });
}

static void
test_loss_1(void)
{
	through("loss 1 %", &(struct fault){ .loss = 0.01 });
}

static void
test_loss_10(void)
{
	through("loss 10 %", &(struct fault){ .loss = 0.1 });
}

static void
test_loss_30(void)
{
	through("loss 30 %", &(struct fault){ .loss = 0.3 });
}

static void
test_reorder(void)
{
	through("reorder 50 % in 100 ms",
		&(struct fault){ .reorder = 0.5, .late_us = 100000 });
}

static void
test_duplicate(void)
{
	through("duplicate 20 %", &(struct fault){ .duplicate = 0.2 });
}

static void
test_delay(void)
{
	through("delay 500 + 100 ms",
		&(struct fault){ .delay_us = 500000, .jitter_us = 100000 });
}

static void
test_corrupt(void)
{
	through("corruption 10 %", &(struct fault){ .corrupt = 0.1 });
}

static void
test_truncate(void)
{
	through("truncation 10 %", &(struct fault){ .truncate = 0.1 });
}

static void
test_all_at_once(void)
{
	through("all of them", &(struct fault){ .loss = 0.1,
				       .duplicate = 0.1,
				       .corrupt = 0.05,
				       .truncate = 0.05,
				       .reorder = 0.3,
				       .late_us = 50000,
				       .delay_us = 20000,
				       .jitter_us = 10000 });
}

int
main(void)
{
	CU_TestInfo tests[] = { { "clean link", test_clean }, { "loss 1 %", test_loss_1 },
		{ "loss 10 %", test_loss_10 }, { "loss 30 %", test_loss_30 },
		{ "reorder 50 % in 100 ms", test_reorder },
		{ "duplicates 20 %", test_duplicate },
		{ "delay 500 ms, jitter 100 ms", test_delay },
		{ "corruption", test_corrupt }, { "truncation", test_truncate },
		{ "all faults at once", test_all_at_once }, CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("channel", tests);
}
