/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly by itself: order, overlaps, time, and that what one sender, the outside, or
 * all together may hold is bounded (RFC 4787 REQ-14a). */
#include <string.h>

#include "dataplane/reassembly.h"
#include "eal_main.h"
#include "world.h"

#define DATAGRAMS 64
#define PACKETS	  128
#define HEADER	  20
#define WAIT_MS	  2000

static struct rte_mempool *pool;
static struct cgn_reassembly *r;
static struct rte_mbuf *whole;
static uint32_t dropped;

static void
setup(void)
{
	if (!pool)
		pool = rte_pktmbuf_pool_create(
			"fragments", 1023, 0, CGN_MARK_SIZE, 256, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	r = cgn_reassembly_create(DATAGRAMS, PACKETS, 1, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
}

static void
teardown(void)
{
	cgn_reassembly_destroy(r);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(pool), 1023);
}

/* Byte `at` of the payload of every datagram here. */
static uint8_t
byte(uint32_t at)
{
	return (uint8_t)(at * 7 + at / 256);
}

static enum cgn_drop
add(uint32_t sender, uint32_t id, uint32_t offset, uint32_t len, bool more, bool outside,
	uint64_t now_ms)
{
	struct cgn_datagram d = { .id = id, .proto = 17, .version = 4 };
	struct cgn_fragment f = { .offset = offset,
		.payload = HEADER,
		.len = len,
		.more = more,
		.outside = outside };
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *data;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	data = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(HEADER + len));
	memset(data, 0xaa, HEADER);
	for (uint32_t k = 0; k < len; k++)
		data[HEADER + k] = byte(offset + k);
	memcpy(d.from, &sender, sizeof(sender));
	return cgn_reassembly_add(r, &d, &f, m, now_ms, WAIT_MS, &whole, &dropped);
}

static void
check_whole(uint32_t len)
{
	uint8_t copy[512];
	const uint8_t *data;

	CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
	CU_ASSERT_EQUAL_FATAL(whole->pkt_len, HEADER + len);
	data = rte_pktmbuf_read(whole, 0, HEADER + len, copy);
	CU_ASSERT_EQUAL(data[0], 0xaa);
	for (uint32_t k = 0; k < len; k++)
		CU_ASSERT_EQUAL_FATAL(data[HEADER + k], byte(k));
	rte_pktmbuf_free(whole);
	CU_ASSERT_EQUAL(cgn_reassembly_held(r), 0);
}

/* All orders of four fragments. */
static void
test_any_order(void)
{
	static const uint32_t from[] = { 0, 64, 128, 200, 211 };

	setup();
	for (unsigned order = 0; order < 256; order++) {
		unsigned at[4] = { order & 3, order >> 2 & 3, order >> 4 & 3,
			order >> 6 };
		unsigned seen = 0;

		for (unsigned k = 0; k < 4; k++)
			seen |= 1u << at[k];
		if (seen != 15)
			continue;
		for (unsigned k = 0; k < 4; k++) {
			uint32_t offset = from[at[k]], len = from[at[k] + 1] - offset;

			CU_ASSERT_EQUAL(add(1, order, offset, len, at[k] < 3, false, 0),
				CGN_DROP_REASONS);
			CU_ASSERT_EQUAL(whole != NULL, k == 3);
		}
		check_whole(211);
	}
	teardown();
}

/* A copy is dropped alone; an overlap ends the datagram, and what still comes of it. */
static void
test_overlaps(void)
{
	setup();
	CU_ASSERT_EQUAL(add(1, 1, 0, 64, true, false, 0), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(add(1, 1, 0, 64, true, false, 0), CGN_DROP_FRAGMENT);
	CU_ASSERT_EQUAL(dropped, 1);
	CU_ASSERT_EQUAL(add(1, 1, 56, 16, true, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(dropped, 2);
	CU_ASSERT_EQUAL(add(1, 1, 64, 8, false, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(cgn_reassembly_held(r), 0);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, WAIT_MS), 0);
	CU_ASSERT_EQUAL(add(1, 1, 0, 64, true, false, WAIT_MS), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(add(1, 1, 64, 8, false, false, WAIT_MS), CGN_DROP_REASONS);
	check_whole(72);
	teardown();
}

/* Lengths that no datagram has: two ends, an end before the rest, no multiple of 8. */
static void
test_lies(void)
{
	setup();
	CU_ASSERT_EQUAL(add(1, 1, 0, 20, true, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(add(1, 2, 64, 8, false, false, 0), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(add(1, 2, 128, 8, false, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(add(1, 3, 64, 8, false, false, 0), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(add(1, 3, 72, 8, true, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(add(1, 4, 65528, 8, false, false, 0), CGN_DROP_FRAGMENT_OVERLAP);
	CU_ASSERT_EQUAL(cgn_reassembly_held(r), 0);
	teardown();
}

static void
test_time(void)
{
	setup();
	CU_ASSERT_EQUAL(add(1, 1, 0, 64, true, false, 100), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(add(2, 1, 0, 64, true, false, 600), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, 100 + WAIT_MS - 1), 0);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, 100 + WAIT_MS), 1);
	CU_ASSERT_EQUAL(add(1, 1, 64, 8, false, false, 2200), CGN_DROP_REASONS);
	CU_ASSERT_PTR_NULL(whole);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, 600 + WAIT_MS), 1);
	CU_ASSERT_EQUAL(cgn_reassembly_held(r), 1);
	teardown();
}

/* How many first fragments of new datagrams, each of its own sender, find room. */
static unsigned
fill(uint32_t first, unsigned n, bool outside)
{
	unsigned kept = 0;

	for (uint32_t k = 0; k < n; k++)
		kept += add(first + k, 1, 0, 8, true, outside, 0) == CGN_DROP_REASONS;
	return kept;
}

static void
test_bounds(void)
{
	unsigned kept = 0;

	setup();
	for (uint32_t k = 0; k < 100; k++) /* one sender */
		kept += add(7, k, 0, 8, true, false, 0) == CGN_DROP_REASONS;
	CU_ASSERT_EQUAL(kept, 32);
	CU_ASSERT_EQUAL(fill(100, 100, true), 32); /* half of all is not the outside's */
	CU_ASSERT_EQUAL(fill(300, 100, false), 0);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, WAIT_MS), DATAGRAMS);
	CU_ASSERT_EQUAL(fill(100, 100, true), 32);
	CU_ASSERT_EQUAL(fill(300, 100, false), 32);
	CU_ASSERT_EQUAL(add(300, 1, 8, 8, false, false, 0), CGN_DROP_REASONS);
	rte_pktmbuf_free(whole);
	CU_ASSERT_EQUAL(fill(500, 2, false), 1);
	teardown();
}

/* Packets: 64 of one sender, whatever it fills them with, and half are not for outside.
 */
static void
test_bounds_of_packets(void)
{
	unsigned kept = 0;

	setup();
	for (uint32_t id = 0; id < 4; id++)
		for (uint32_t k = 0; k < 40; k++)
			kept += add(7, id, k * 16, 8, true, true, 0) == CGN_DROP_REASONS;
	CU_ASSERT_EQUAL(kept, 64);
	CU_ASSERT_EQUAL(add(8, 1, 0, 8, true, true, 0), CGN_DROP_FRAGMENT_SPACE);
	CU_ASSERT_EQUAL(add(8, 2, 0, 8, true, false, 0), CGN_DROP_REASONS);
	for (uint32_t k = 1; k < 100; k++)
		kept += add(9, 1, k * 16, 8, true, false, 0) == CGN_DROP_REASONS;
	CU_ASSERT_EQUAL(kept, PACKETS - 1);
	CU_ASSERT_EQUAL(cgn_reassembly_held(r), PACKETS);
	CU_ASSERT_EQUAL(add(10, 1, 0, 8, true, false, 0), CGN_DROP_FRAGMENT_SPACE);
	CU_ASSERT_EQUAL(cgn_reassembly_expire(r, WAIT_MS), PACKETS);
	CU_ASSERT_EQUAL(fill(20, 10, true), 10);
	teardown();
}

const char *const eal_suite = "reassembly";
CU_TestInfo eal_tests[] = {
	{ "any order", test_any_order },
	{ "overlaps", test_overlaps },
	{ "lies", test_lies },
	{ "time", test_time },
	{ "bounds", test_bounds },
	{ "bounds of packets", test_bounds_of_packets },
	CU_TEST_INFO_NULL,
};
