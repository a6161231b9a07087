/* SPDX-License-Identifier: BSD-3-Clause */
/* pcapng.c: the bytes of a small file, and tshark's opinion of it is in the laboratory.
 */
#include <string.h>

#include "control/pcapng.h"
#include "tests/unit/suite.h"

static const struct cgn_pcapng_info info = { .program = "Softboard",
	.comment = "cgn",
	.port = "inside",
	.device = "net_null0",
	.mac = { 2, 0, 0, 0, 0, 1 },
	.bits_per_second = 1000000000,
	.snaplen = 65535 };

static uint32_t
word(const uint8_t *at)
{
	uint32_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

static uint16_t
half(const uint8_t *at)
{
	uint16_t h;

	memcpy(&h, at, sizeof(h));
	return h;
}

/* The value of an option among those from `at` on; NULL: there is none. */
static const uint8_t *
option(const uint8_t *at, uint16_t code, uint16_t *len)
{
	for (; half(at); at += 4 + ((half(at + 2) + 3) & ~3)) {
		*len = half(at + 2);
		if (half(at) == code)
			return at + 4;
	}
	return NULL;
}

static bool
is_text(const uint8_t *at, uint16_t code, const char *text)
{
	uint16_t len;
	const uint8_t *value = option(at, code, &len);

	return value && len == strlen(text) && memcmp(value, text, len) == 0;
}

static void
test_begin(void)
{
	uint8_t b[CGN_PCAPNG_HEAD];
	size_t n = cgn_pcapng_begin(b, sizeof(b), &info);
	const uint8_t *i = b + word(b + 4), *v;
	uint16_t len;

	CU_ASSERT_EQUAL(word(b), 0x0a0d0d0a);
	CU_ASSERT_EQUAL(word(b + 8), 0x1a2b3c4d);
	CU_ASSERT_EQUAL(word(b + 12), 1);
	CU_ASSERT_EQUAL(word(b + 16) & word(b + 20), UINT32_MAX);
	CU_ASSERT_TRUE(is_text(b + 24, 4, "Softboard") && is_text(b + 24, 1, "cgn"));
	CU_ASSERT_EQUAL(word(i - 4), word(b + 4));
	CU_ASSERT_EQUAL(word(i), 1);
	CU_ASSERT_EQUAL(half(i + 8), 1);
	CU_ASSERT_EQUAL(word(i + 12), 65535);
	CU_ASSERT_TRUE(is_text(i + 16, 2, "inside") && is_text(i + 16, 3, "net_null0"));
	v = option(i + 16, 9, &len);
	CU_ASSERT_TRUE(v && len == 1 && *v == 9);
	v = option(i + 16, 6, &len);
	CU_ASSERT_TRUE(v && len == 6 && memcmp(v, info.mac, 6) == 0);
	CU_ASSERT_EQUAL(word(b + 4) + word(i + 4), n);
	CU_ASSERT_EQUAL(cgn_pcapng_begin(b, n - 1, &info), 0);
}

static void
test_frame(void)
{
	static const uint8_t data[61] = { 1, 2, 3 };
	struct cgn_pcapng_frame f = { .ns = 0x123456789abcdef0,
		.data = data,
		.bytes = sizeof(data),
		.len = 1500,
		.out = true,
		.queue = 3 };
	uint8_t b[sizeof(data) + CGN_PCAPNG_FRAME];
	size_t n = cgn_pcapng_frame(b, sizeof(b), &f);
	const uint8_t *v;
	uint16_t len;

	CU_ASSERT_TRUE_FATAL(n > 0 && n % 4 == 0);
	CU_ASSERT_EQUAL(word(b), 6);
	CU_ASSERT_EQUAL(word(b + 4), n);
	CU_ASSERT_EQUAL(word(b + n - 4), n);
	CU_ASSERT_EQUAL(word(b + 12), 0x12345678);
	CU_ASSERT_EQUAL(word(b + 16), 0x9abcdef0);
	CU_ASSERT_EQUAL(word(b + 20), 61);
	CU_ASSERT_EQUAL(word(b + 24), 1500);
	CU_ASSERT_EQUAL(memcmp(b + 28, data, sizeof(data)), 0);
	v = option(b + 28 + 64, 2, &len);
	CU_ASSERT_TRUE(v && len == 4 && word(v) == 2);
	v = option(b + 28 + 64, 6, &len);
	CU_ASSERT_TRUE(v && word(v) == 3);
	f.out = false;
	CU_ASSERT_EQUAL(cgn_pcapng_frame(b, sizeof(b), &f), n);
	CU_ASSERT_EQUAL(word(option(b + 28 + 64, 2, &len)), 1);
	for (size_t room = 0; room < n; room++)
		CU_ASSERT_EQUAL(cgn_pcapng_frame(b, room, &f), 0);
}

static void
test_end(void)
{
	uint8_t b[CGN_PCAPNG_TAIL];
	size_t n = cgn_pcapng_end(b, sizeof(b), 1, 2, 10, 3);
	const uint8_t *v;
	uint16_t len;

	CU_ASSERT_TRUE_FATAL(n > 0);
	CU_ASSERT_EQUAL(word(b), 5);
	v = option(b + 20, 5, &len);
	CU_ASSERT_TRUE(v && len == 8 && word(v) == 3);
	v = option(b + 20, 6, &len);
	CU_ASSERT_TRUE(v && len == 8 && word(v) == 10);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "section and interface", test_begin },
		{ "frame", test_frame },
		{ "statistics", test_end },
		CU_TEST_INFO_NULL,
	};

	return suite_run("pcapng", tests);
}
