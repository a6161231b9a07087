/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/slots.h"
#include "eal_main.h"

#define N 1000

struct record {
	uint32_t link; /* free for the slots when the record is not in use */
	uint32_t name;
	uint8_t rest[40];
};

static struct cgn_slots slots;

static struct record *
at(uint32_t i)
{
	return cgn_slots_at(&slots, i);
}

static void
test_all_of_them(void)
{
	CU_ASSERT_EQUAL_FATAL(
		cgn_slots_init(&slots, "slots", sizeof(struct record), N, -1), 0);
	CU_ASSERT_EQUAL(slots.top, 0);
	for (uint32_t k = 0; k < N; k++) {
		uint32_t i = cgn_slots_take(&slots);

		CU_ASSERT_FATAL(i < N);
		memset(at(i), 0xff, sizeof(struct record));
		at(i)->name = i;
	}
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
	CU_ASSERT_EQUAL(slots.used, N);
	for (uint32_t i = 0; i < N; i++)
		CU_ASSERT_EQUAL(at(i)->name, i);
	cgn_slots_fini(&slots);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
}

/* Fewer than are in use may be allowed: then none is given until enough have come back.
 */
static void
test_limit(void)
{
	uint32_t got[3];

	CU_ASSERT_EQUAL_FATAL(
		cgn_slots_init(&slots, "slots", sizeof(struct record), N, -1), 0);
	cgn_slots_limit(&slots, 2);
	for (unsigned k = 0; k < 2; k++) {
		got[k] = cgn_slots_take(&slots);
		CU_ASSERT_NOT_EQUAL_FATAL(got[k], CGN_NONE);
	}
	CU_ASSERT_TRUE(cgn_slots_full(&slots));
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
	cgn_slots_limit(&slots, N + 1); /* there are no more than N */
	CU_ASSERT_EQUAL(slots.limit, N);
	got[2] = cgn_slots_take(&slots);
	CU_ASSERT_NOT_EQUAL_FATAL(got[2], CGN_NONE);
	cgn_slots_limit(&slots, 1);
	CU_ASSERT_EQUAL(slots.used, 3);
	for (unsigned k = 0; k < 3; k++) {
		CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
		cgn_slots_give(&slots, got[k]);
	}
	CU_ASSERT_NOT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
	cgn_slots_fini(&slots);
}

/* Taking and giving at random: no index is out twice, none is lost. */
static void
test_random(void)
{
	static bool out[N];
	unsigned seed = 3;
	uint32_t n = 0;

	CU_ASSERT_EQUAL_FATAL(
		cgn_slots_init(&slots, "slots", sizeof(struct record), N, -1), 0);
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t i = (uint32_t)rand_r(&seed) % N;

		if (out[i]) {
			CU_ASSERT_EQUAL_FATAL(at(i)->name, i);
			cgn_slots_give(&slots, i);
			out[i] = false;
			n--;
		} else {
			i = cgn_slots_take(&slots);
			CU_ASSERT_FATAL(i < N && !out[i]);
			at(i)->name = i;
			out[i] = true;
			n++;
		}
		CU_ASSERT_EQUAL_FATAL(slots.used, n);
	}
	CU_ASSERT_FATAL(slots.top <= N);
	while (n++ < N)
		CU_ASSERT_NOT_EQUAL_FATAL(cgn_slots_take(&slots), CGN_NONE);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
	cgn_slots_fini(&slots);
}

/* The last one given is the next one taken: it is still in the cache. */
static void
test_last_first(void)
{
	CU_ASSERT_EQUAL_FATAL(
		cgn_slots_init(&slots, "slots", sizeof(struct record), N, -1), 0);
	for (unsigned k = 0; k < 10; k++)
		cgn_slots_take(&slots);
	cgn_slots_give(&slots, 4);
	cgn_slots_give(&slots, 7);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), 7);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), 4);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), 10); /* memory is touched in order */
	cgn_slots_fini(&slots);
}

static void
test_edges(void)
{
	CU_ASSERT_EQUAL(cgn_slots_init(&slots, "none", sizeof(struct record), 0, -1), 0);
	CU_ASSERT_EQUAL(cgn_slots_take(&slots), CGN_NONE);
	cgn_slots_fini(&slots);
	CU_ASSERT_EQUAL(cgn_slots_init(&slots, "huge", 1u << 20, 1u << 20, -1), -ENOMEM);
}

const char *const eal_suite = "slots";
CU_TestInfo eal_tests[] = {
	{ "every slot once", test_all_of_them },
	{ "a limit", test_limit },
	{ "random order", test_random },
	{ "last freed, first taken", test_last_first },
	{ "none, and too many", test_edges },
	CU_TEST_INFO_NULL,
};
