/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream with edits, by hand and against the whole stream written out: whatever the
 * sender's segments are, the receiver's stream is the same. */
#include <string.h>

#include "dataplane/edits.h"
#include "tests/unit/suite.h"

#define BEGIN 0xfffffff0u /* numbers run over soon */

static struct cgn_edits
one_edit(unsigned was, const char *text)
{
	struct cgn_edits e;

	cgn_edits_begin(&e, BEGIN);
	CU_ASSERT_TRUE(cgn_edits_room(&e));
	cgn_edits_add(&e, BEGIN + 10, was, text, (unsigned)strlen(text));
	return e;
}

static void
test_longer(void)
{
	struct cgn_edits e = one_edit(2, "abcde");

	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN), BEGIN);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 10), BEGIN + 10);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 11), BEGIN + 11);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 12), BEGIN + 15);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 100), BEGIN + 103);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 10), BEGIN + 10);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 11), BEGIN + 11);
	for (unsigned k = 12; k < 15; k++) { /* never the end: there is more to come */
		CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + k), BEGIN + 11);
		CU_ASSERT_EQUAL(cgn_edits_back_left(&e, BEGIN + k), BEGIN + 12);
	}
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 15), BEGIN + 12);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 103), BEGIN + 100);
}

static void
test_shorter(void)
{
	struct cgn_edits e = one_edit(5, "ab");

	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 11), BEGIN + 11);
	for (unsigned k = 12; k <= 15; k++)
		CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + k), BEGIN + 12);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 16), BEGIN + 13);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 11), BEGIN + 11);
	CU_ASSERT_EQUAL(cgn_edits_back_left(&e, BEGIN + 11), BEGIN + 15);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 12), BEGIN + 15);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 13), BEGIN + 16);
}

/* A fifth edit has to wait until the first is acknowledged, all of it. */
static void
test_room(void)
{
	struct cgn_edits e;

	cgn_edits_begin(&e, BEGIN);
	for (unsigned k = 0; k < CGN_EDITS; k++) {
		CU_ASSERT_TRUE(cgn_edits_room(&e));
		cgn_edits_add(&e, BEGIN + 10 * k, 2, "abc", 3);
	}
	CU_ASSERT_FALSE(cgn_edits_room(&e));
	cgn_edits_ack(&e, BEGIN + 2);
	CU_ASSERT_FALSE(cgn_edits_room(&e));
	cgn_edits_ack(&e, BEGIN + 3);
	cgn_edits_ack(&e, BEGIN + 1); /* late */
	CU_ASSERT_TRUE(cgn_edits_room(&e));
	CU_ASSERT_EQUAL(e.n, CGN_EDITS - 1);
	/* what was behind it stays shifted */
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 10), BEGIN + 11);
	CU_ASSERT_EQUAL(cgn_edits_back(&e, BEGIN + 11), BEGIN + 10);
	CU_ASSERT_EQUAL(cgn_edits_forward(&e, BEGIN + 100), BEGIN + 104);
}

static void
test_touch(void)
{
	struct cgn_edits e = one_edit(5, "ab");

	CU_ASSERT_FALSE(cgn_edits_touch(&e, BEGIN, 10));
	CU_ASSERT_TRUE(cgn_edits_touch(&e, BEGIN, 11));
	CU_ASSERT_TRUE(cgn_edits_touch(&e, BEGIN + 14, 1));
	CU_ASSERT_FALSE(cgn_edits_touch(&e, BEGIN + 15, 100));
	CU_ASSERT_FALSE(cgn_edits_touch(&e, BEGIN + 12, 0));
}

#define STREAM 200

/* A stream as its sender and as its receiver has it. */
struct stream {
	struct cgn_edits edits;
	uint8_t before[STREAM], behind[STREAM + CGN_EDITS_GROWTH];
	unsigned len;
};

static unsigned
below(unsigned n)
{
	static uint64_t state = 7;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(state >> 33) % n;
}

static void
make(struct stream *s)
{
	unsigned at = 0, behind = 0;

	memset(s, 0, sizeof(*s));
	cgn_edits_begin(&s->edits, BEGIN);
	for (unsigned k = 0; k < STREAM; k++)
		s->before[k] = (uint8_t)(k + 1);
	for (unsigned k = 0; k < CGN_EDITS; k++) {
		char text[CGN_EDIT_TEXT];
		unsigned gap = below(10), was = 1 + below(24);
		unsigned is = 1 + below(CGN_EDIT_TEXT);

		memset(text, (int)('A' + k), sizeof(text));
		memcpy(s->behind + behind, s->before + at, gap);
		memcpy(s->behind + behind + gap, text, is);
		cgn_edits_add(&s->edits, BEGIN + at + gap, was, text, is);
		at += gap + was;
		behind += gap + is;
	}
	memcpy(s->behind + behind, s->before + at, STREAM - at);
	s->len = behind + STREAM - at;
}

/* Any piece of the stream becomes the piece of the other stream that it maps to. */
static void
check_segment(const struct stream *s, unsigned from, unsigned len)
{
	uint8_t data[STREAM + CGN_EDITS_GROWTH];
	uint32_t seq = BEGIN + from;
	unsigned to = cgn_edits_forward(&s->edits, seq) - BEGIN, n;

	memcpy(data, s->before + from, len);
	n = cgn_edits_apply(&s->edits, seq, data, len);
	CU_ASSERT_EQUAL_FATAL(to + n, cgn_edits_forward(&s->edits, seq + len) - BEGIN);
	CU_ASSERT_EQUAL_FATAL(memcmp(data, s->behind + to, n), 0);
	if (!cgn_edits_touch(&s->edits, seq, len)) {
		CU_ASSERT_EQUAL_FATAL(n, len);
		CU_ASSERT_EQUAL_FATAL(memcmp(data, s->before + from, len), 0);
	}
}

/* An acknowledgement never claims what the receiver does not have, and never takes one
 * back; a sender that begins again there sends all that is missing. */
static void
check_acks(const struct stream *s)
{
	uint32_t last = BEGIN;

	for (unsigned k = 0; k <= s->len; k++) {
		uint32_t back = cgn_edits_back(&s->edits, BEGIN + k);
		uint32_t again = cgn_edits_forward(&s->edits, back);
		uint32_t left = cgn_edits_back_left(&s->edits, BEGIN + k);

		CU_ASSERT_TRUE_FATAL((int32_t)(back - last) >= 0);
		CU_ASSERT_TRUE_FATAL((int32_t)(again - (BEGIN + k)) <= 0);
		CU_ASSERT_TRUE_FATAL((int32_t)(left - back) >= 0);
		CU_ASSERT_TRUE_FATAL(
			(int32_t)(cgn_edits_forward(&s->edits, left) - (BEGIN + k)) >= 0);
		last = back;
	}
	CU_ASSERT_EQUAL_FATAL(last, BEGIN + STREAM);
}

static void
test_any_segments(void)
{
	struct stream s;

	for (unsigned round = 0; round < 200; round++) {
		make(&s);
		check_segment(&s, 0, STREAM);
		for (unsigned k = 0; k < 100; k++) {
			unsigned from = below(STREAM);

			check_segment(&s, from, below(STREAM - from + 1));
		}
		check_acks(&s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "longer", test_longer },
		{ "shorter", test_shorter },
		{ "acknowledged edits make room", test_room },
		{ "segments with a part of an edit", test_touch },
		{ "any segments", test_any_segments },
		CU_TEST_INFO_NULL,
	};

	return suite_run("edits", tests);
}
