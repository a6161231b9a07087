/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as text: escapes, numbers, endpoints, and no byte beyond the memory it has. */
#include <arpa/inet.h>
#include <string.h>

#include "control/json_text.h"
#include "tests/unit/suite.h"

static char buf[256];
static struct cgn_json_text text;

static const char *
written(void)
{
	CU_ASSERT_TRUE_FATAL(text.len < sizeof(buf));
	buf[text.len] = '\0';
	return buf;
}

static void
begin(size_t size)
{
	memset(buf, '#', sizeof(buf));
	text = (struct cgn_json_text){ .buf = buf, .size = size };
}

static void
test_strings(void)
{
	begin(sizeof(buf));
	cgn_json_text_string(&text, "");
	cgn_json_text_string(&text, "nat1");
	cgn_json_text_string(&text, "a\"b\\c\nd\x1f");
	cgn_json_text_string(&text, "caf\xc3\xa9");
	CU_ASSERT_STRING_EQUAL(written(),
		"\"\"\"nat1\"\"a\\u0022b\\u005cc\\u000ad\\u001f\"\"caf\xc3\xa9\"");
}

static void
test_numbers(void)
{
	begin(sizeof(buf));
	cgn_json_text_number(&text, 0);
	CGN_JSON_TEXT(&text, ",");
	cgn_json_text_number(&text, 10);
	CGN_JSON_TEXT(&text, ",");
	cgn_json_text_number(&text, UINT64_MAX);
	CU_ASSERT_STRING_EQUAL(written(), "0,10,18446744073709551615");
}

static void
test_endpoints(void)
{
	begin(sizeof(buf));
	cgn_json_text_endpoint4(&text, htonl(0xc0000250), htons(80));
	cgn_json_text_endpoint4(&text, 0, htons(65535));
	CU_ASSERT_STRING_EQUAL(written(), "\"192.0.2.80:80\"\"0.0.0.0:65535\"");
}

static void
test_room(void)
{
	begin(8);
	cgn_json_text_string(&text, "123456");
	CU_ASSERT_EQUAL(text.len, 8);
	CU_ASSERT_FALSE(text.full);
	cgn_json_text_number(&text, 1);
	CU_ASSERT_TRUE(text.full);
	CU_ASSERT_EQUAL(buf[8], '#');
	begin(8);
	cgn_json_text_string(&text, "1234567");
	CU_ASSERT_TRUE(text.full);
	CU_ASSERT_EQUAL(buf[8], '#');
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "strings", test_strings },
		{ "numbers", test_numbers },
		{ "endpoints", test_endpoints },
		{ "no more than there is room for", test_room },
		CU_TEST_INFO_NULL,
	};

	return suite_run("json_text", tests);
}
