/* SPDX-License-Identifier: BSD-3-Clause */
/* Incremental checksums against full ones, where the arithmetic is at its edges too. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/checksum.h"
#include "tests/unit/packet.h"
#include "tests/unit/suite.h"

static unsigned seed = 11;

/* A random word that is often all zeros or all ones. */
static uint16_t
word(void)
{
	unsigned r = (unsigned)rand_r(&seed);

	return r % 8 == 0 ? 0 : r % 8 == 1 ? 0xffff : (uint16_t)(r >> 4);
}

static uint16_t
full(const uint8_t *data)
{
	return (uint16_t)~packet_sum(data, 32, 0);
}

/* The field as it stands in memory. */
static uint16_t
apply(uint16_t sum, uint16_t delta)
{
	return rte_be_to_cpu_16(cgn_checksum_apply(rte_cpu_to_be_16(sum), delta));
}

static void
test_words(void)
{
	uint8_t data[32];

	for (unsigned round = 0; round < 20000; round++) {
		uint16_t before, there, delta, old16, new16;
		uint32_t old32, new32;

		for (unsigned k = 0; k < 32; k += 2)
			packet_put16(data, k, word());
		data[31] |= 1; /* a sum of zero comes from nothing but zeros */
		before = full(data);
		memcpy(&old32, data + 4, 4);
		memcpy(&old16, data + 10, 2);
		packet_put32(data, 4, (uint32_t)word() << 16 | word());
		packet_put16(data, 10, word());
		memcpy(&new32, data + 4, 4);
		memcpy(&new16, data + 10, 2);
		delta = cgn_delta_add(
			cgn_delta32(old32, new32), cgn_delta16(old16, new16));
		there = apply(before, delta);
		CU_ASSERT_EQUAL_FATAL(there, full(data));
		/* and back, by the complement */
		CU_ASSERT_EQUAL_FATAL(apply(there, (uint16_t)~delta), before);
	}
}

static void
test_fold(void)
{
	CU_ASSERT_EQUAL(cgn_sum_fold(0), 0);
	CU_ASSERT_EQUAL(cgn_sum_fold(0xffff), 0xffff);
	CU_ASSERT_EQUAL(cgn_sum_fold(0x10000), 1);
	CU_ASSERT_EQUAL(cgn_sum_fold(0x1ffff), 1);
	CU_ASSERT_EQUAL(cgn_sum_fold(4 * 0xffff), 0xffff);
	CU_ASSERT_EQUAL(cgn_sum_fold(0xffffffff), 0xffff);
}

/* RFC 1624 4: the example that eqn. 2 of RFC 1141 got wrong. */
static void
test_rfc1624(void)
{
	uint16_t delta = cgn_delta16(RTE_BE16(0x5555), RTE_BE16(0x3285));

	CU_ASSERT_EQUAL(apply(0xdd2f, delta), 0x0000);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "random words", test_words },
		{ "folding", test_fold },
		{ "example of RFC 1624", test_rfc1624 },
		CU_TEST_INFO_NULL,
	};

	return suite_run("checksum", tests);
}
