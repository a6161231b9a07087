/* SPDX-License-Identifier: BSD-3-Clause */
/* spool.c: records come out as they went in, whatever their lengths; what finds no room
 * is counted; a writer that stops in the middle leaves nothing. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/spool.h"
#include "suite.h"

static bool
put(struct cgn_spool *s, uint8_t value, uint32_t len)
{
	void *at = cgn_spool_reserve(s, len);

	if (!at)
		return false;
	memset(at, value, len);
	cgn_spool_commit(s);
	return true;
}

static bool
take(struct cgn_spool *s, uint8_t value, uint32_t want)
{
	uint32_t len;
	const uint8_t *at = cgn_spool_peek(s, &len);
	bool right = at && len == want && (uintptr_t)at % 8 == 0;

	for (uint32_t i = 0; right && i < len; i++)
		right = at[i] == value;
	if (at)
		cgn_spool_release(s);
	return right;
}

static bool
is_empty(struct cgn_spool *s)
{
	uint32_t len;

	return !cgn_spool_peek(s, &len);
}

static void
test_order(void)
{
	struct cgn_spool *s = cgn_spool_create(1024);
	uint8_t in = 0, out = 0;
	unsigned seed = 7, put_all = 0;
	uint32_t len[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_TRUE(is_empty(s));
	while (put_all < 20000) {
		uint32_t want = (uint32_t)rand_r(&seed) % 300;

		if (put(s, in, want)) {
			len[in++] = want;
			put_all++;
		} else {
			CU_ASSERT_TRUE_FATAL(take(s, out, len[out]));
			out++;
		}
	}
	while (out != in) {
		CU_ASSERT_TRUE_FATAL(take(s, out, len[out]));
		out++;
	}
	CU_ASSERT_TRUE(is_empty(s));
	cgn_spool_destroy(s);
}

static void
test_full(void)
{
	struct cgn_spool *s = cgn_spool_create(64);

	CU_ASSERT_TRUE(put(s, 1, 24));
	CU_ASSERT_TRUE(put(s, 2, 24));
	CU_ASSERT_FALSE(put(s, 3, 0));
	CU_ASSERT_FALSE(put(s, 3, 4000));
	CU_ASSERT_EQUAL(cgn_spool_lost(s), 2);
	CU_ASSERT_TRUE(take(s, 1, 24));
	CU_ASSERT_TRUE(put(s, 4, 17));
	CU_ASSERT_TRUE(take(s, 2, 24));
	CU_ASSERT_TRUE(take(s, 4, 17));
	CU_ASSERT_TRUE(put(s, 5, 24)); /* to the end of the ring */
	CU_ASSERT_TRUE(put(s, 6, 24));
	CU_ASSERT_FALSE(put(s, 7, 0));
	CU_ASSERT_TRUE(take(s, 5, 24));
	CU_ASSERT_TRUE(take(s, 6, 24));
	CU_ASSERT_EQUAL(cgn_spool_lost(s), 3);
	cgn_spool_destroy(s);
}

/* A board that fails in the middle of a record. */
static void
test_half(void)
{
	struct cgn_spool *s = cgn_spool_create(256);

	CU_ASSERT_TRUE(put(s, 1, 8));
	CU_ASSERT_PTR_NOT_NULL(cgn_spool_reserve(s, 100));
	CU_ASSERT_TRUE(take(s, 1, 8));
	CU_ASSERT_TRUE(is_empty(s));
	CU_ASSERT_TRUE(put(s, 2, 200));
	CU_ASSERT_TRUE(take(s, 2, 200));
	CU_ASSERT_TRUE(is_empty(s));
	cgn_spool_destroy(s);
}

static void
put_tsc(struct cgn_spool *s, uint64_t tsc)
{
	*(uint64_t *)cgn_spool_reserve(s, sizeof(tsc)) = tsc;
	cgn_spool_commit(s);
}

static void
test_oldest(void)
{
	struct cgn_spool *s[3] = { cgn_spool_create(256), NULL, cgn_spool_create(256) };

	CU_ASSERT_EQUAL(cgn_spool_oldest(s, 3), 3);
	put_tsc(s[0], 5);
	put_tsc(s[0], 9);
	put_tsc(s[2], 7);
	CU_ASSERT_EQUAL(cgn_spool_oldest(s, 3), 0);
	cgn_spool_release(s[0]);
	CU_ASSERT_EQUAL(cgn_spool_oldest(s, 3), 2);
	cgn_spool_release(s[2]);
	CU_ASSERT_EQUAL(cgn_spool_oldest(s, 3), 0);
	cgn_spool_release(s[0]);
	CU_ASSERT_EQUAL(cgn_spool_oldest(s, 3), 3);
	cgn_spool_destroy(s[0]);
	cgn_spool_destroy(s[2]);
}

#define PASSED 200000

static void *
write_all(void *arg)
{
	struct cgn_spool *s = arg;
	unsigned seed = 3;

	for (uint64_t n = 0; n < PASSED;) {
		uint64_t *at = cgn_spool_reserve(s, 8 + (uint32_t)rand_r(&seed) % 100);

		if (!at)
			continue;
		*at = n++;
		cgn_spool_commit(s);
	}
	return NULL;
}

static void
test_threads(void)
{
	struct cgn_spool *s = cgn_spool_create(4096);
	pthread_t writer;
	uint32_t len;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_all, s), 0);
	for (uint64_t n = 0; n < PASSED;) {
		const uint64_t *at = cgn_spool_peek(s, &len);

		if (!at)
			continue;
		CU_ASSERT_EQUAL_FATAL(*at, n);
		n++;
		cgn_spool_release(s);
	}
	pthread_join(writer, NULL);
	CU_ASSERT_TRUE(is_empty(s));
	cgn_spool_destroy(s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "order", test_order },
		{ "full", test_full },
		{ "a writer that stopped", test_half },
		{ "the oldest of several", test_oldest },
		{ "two threads", test_threads },
		CU_TEST_INFO_NULL,
	};

	return suite_run("spool", tests);
}
