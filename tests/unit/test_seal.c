/* SPDX-License-Identifier: BSD-3-Clause */
#include "ha/seal.h"

#include <string.h>

#include "suite.h"

static const uint8_t head[] = "what everybody may read";
static const uint8_t plain[] = "what only two may read, and nobody change";

static struct cgn_seal_key
key(const char *text)
{
	uint8_t secret[CGN_SEAL_SECRET];
	struct cgn_seal_key k;

	cgn_seal_secret(text, strlen(text), secret);
	cgn_seal_key_init(&k, secret);
	return k;
}

static void
test_secret(void)
{
	uint8_t raw[CGN_SEAL_SECRET], out[CGN_SEAL_SECRET];
	struct cgn_seal_key a = key("one"), b = key("two");

	memset(raw, 7, sizeof(raw));
	cgn_seal_secret(raw, sizeof(raw), out);
	CU_ASSERT_EQUAL(memcmp(raw, out, sizeof(raw)), 0);
	cgn_seal_secret(raw, sizeof(raw) - 1, out);
	CU_ASSERT_NOT_EQUAL(memcmp(raw, out, sizeof(raw)), 0);
	CU_ASSERT_NOT_EQUAL(a.id, b.id);
	CU_ASSERT_EQUAL(a.id, key("one").id);
	CU_ASSERT_NOT_EQUAL(cgn_seal_hash(&a, "x", 1), cgn_seal_hash(&b, "x", 1));
	CU_ASSERT_EQUAL(cgn_seal_digest("x", 1), cgn_seal_digest("x", 1));
	CU_ASSERT_NOT_EQUAL(cgn_seal_digest("x", 1), cgn_seal_digest("y", 1));
}

/* Every bit of header, text and tag counts, and so do key, start and number. */
static void
test_hello(void)
{
	struct cgn_seal_key a = key("one"), b = key("two");
	uint8_t sealed[sizeof(plain) + CGN_SEAL_TAG], text[sizeof(sealed)];
	uint8_t other[sizeof(head)];

	memcpy(sealed, plain, sizeof(plain));
	cgn_seal_hello(&a, 5, 6, head, sizeof(head), sealed, sizeof(plain));
	CU_ASSERT_NOT_EQUAL(memcmp(sealed, plain, sizeof(plain)), 0);
#define OPENS(k, boot, number, h)                                                        \
	(memcpy(text, sealed, sizeof(sealed)),                                           \
		cgn_seal_open_hello(                                                     \
			k, boot, number, h, sizeof(head), text, sizeof(text)))
	CU_ASSERT_TRUE(OPENS(&a, 5, 6, head));
	CU_ASSERT_EQUAL(memcmp(text, plain, sizeof(plain)), 0);
	CU_ASSERT_FALSE(OPENS(&b, 5, 6, head));
	CU_ASSERT_FALSE(OPENS(&a, 6, 6, head));
	CU_ASSERT_FALSE(OPENS(&a, 5, 7, head));
	for (unsigned k = 0; k < 8 * sizeof(head); k++) {
		memcpy(other, head, sizeof(head));
		other[k / 8] ^= (uint8_t)(1u << k % 8);
		CU_ASSERT_FALSE(OPENS(&a, 5, 6, other));
	}
	for (unsigned k = 0; k < 8 * sizeof(sealed); k++) {
		sealed[k / 8] ^= (uint8_t)(1u << k % 8);
		CU_ASSERT_FALSE(OPENS(&a, 5, 6, head));
		sealed[k / 8] ^= (uint8_t)(1u << k % 8);
	}
	/* shorter than a tag */
	CU_ASSERT_FALSE(cgn_seal_open_hello(
		&a, 5, 6, head, sizeof(head), text, CGN_SEAL_TAG - 1));
}

/* Another start, the other direction, another key: other keys. */
static void
test_session(void)
{
	struct cgn_seal_key a = key("one"), b = key("two");
	uint8_t s[4][CGN_SEAL_SECRET], text[sizeof(plain) + CGN_SEAL_TAG];

	cgn_seal_session(&a, 1, 2, s[0]);
	cgn_seal_session(&a, 2, 1, s[1]);
	cgn_seal_session(&a, 1, 3, s[2]);
	cgn_seal_session(&b, 1, 2, s[3]);
	for (unsigned k = 0; k < 4; k++) {
		memcpy(text, plain, sizeof(plain));
		cgn_seal_data(s[0], 9, head, sizeof(head), text, sizeof(plain));
		CU_ASSERT_EQUAL(cgn_seal_open_data(
					s[k], 9, head, sizeof(head), text, sizeof(text)),
			k == 0);
	}
	memcpy(text, plain, sizeof(plain));
	cgn_seal_data(s[0], 9, head, sizeof(head), text, sizeof(plain));
	CU_ASSERT_FALSE(
		cgn_seal_open_data(s[0], 10, head, sizeof(head), text, sizeof(text)));
}

/* The same as a naive list, over any order. */
static void
test_window(void)
{
	static uint8_t seen[200000];
	struct cgn_seal_window w = { 0 };
	uint64_t top = 0, r = 1, number;
	unsigned wrong = 0, old = 0;

	CU_ASSERT_TRUE(cgn_seal_seen(&w, 0));
	for (unsigned k = 0; k < 300000; k++) {
		r = r * 6364136223846793005ull + 1442695040888963407ull;
		number = top + 50 > (r >> 40) % 20000 ? top + 50 - (r >> 40) % 20000 : 1;
		if (number >= sizeof(seen) || number == 0)
			continue;
		if (top >= number + CGN_SEAL_WINDOW) { /* nothing is known */
			old++;
			wrong += !cgn_seal_seen(&w, number);
			continue;
		}
		if (top < number + CGN_SEAL_WINDOW - 64)
			wrong += cgn_seal_seen(&w, number) != seen[number];
		else if (seen[number])
			wrong += !cgn_seal_seen(&w, number);
		if (cgn_seal_seen(&w, number))
			continue;
		cgn_seal_see(&w, number);
		seen[number] = 1;
		top = number > top ? number : top;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(old > 100);
}

static void
test_window_jumps(void)
{
	struct cgn_seal_window w = { 0 };

	cgn_seal_see(&w, 0xfffffff0);
	cgn_seal_see(&w, 0x100000005); /* 32 bits are not enough */
	CU_ASSERT_TRUE(cgn_seal_seen(&w, 0xfffffff0));
	CU_ASSERT_FALSE(cgn_seal_seen(&w, 0xfffffff1));
	cgn_seal_see(&w, 1ull << 40);
	CU_ASSERT_TRUE(cgn_seal_seen(&w, 0xfffffff1)); /* too old to tell */
	CU_ASSERT_FALSE(cgn_seal_seen(&w, (1ull << 40) - 100));
	cgn_seal_begin(&w, 1000);
	CU_ASSERT_TRUE(cgn_seal_seen(&w, 999));
	CU_ASSERT_TRUE(cgn_seal_seen(&w, 1));
	CU_ASSERT_FALSE(cgn_seal_seen(&w, 1000));
	cgn_seal_see(&w, 1002);
	CU_ASSERT_FALSE(cgn_seal_seen(&w, 1001));
	CU_ASSERT_TRUE(cgn_seal_seen(&w, 1002));
}

int
main(void)
{
	CU_TestInfo tests[] = { { "secrets and ids", test_secret },
		{ "sealed greeting", test_hello }, { "sessions", test_session },
		{ "replay window", test_window }, { "window, jumps", test_window_jumps },
		CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("seal", tests);
}
