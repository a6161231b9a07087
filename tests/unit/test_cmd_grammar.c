/* SPDX-License-Identifier: BSD-3-Clause */
/* The grammar: the table is sound, and command lines are read or refused by it. */
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>

#include "control/cmd_grammar.h"
#include "tests/unit/suite.h"

static struct cgn_cmd_call call;
static char error[512], line[256];

static int
parse(const char *command)
{
	const char *argv[24];
	char *save = NULL;
	int argc = 0;

	error[0] = '\0';
	snprintf(line, sizeof(line), "%s", command);
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return cgn_cmd_grammar_parse(argc, argv, &call, error, sizeof(error));
}

static void
test_table(void)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();

	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		unsigned keys = 0, words = 1;

		CU_ASSERT_EQUAL((int)table[i].id, i);
		CU_ASSERT_PTR_NOT_NULL(table[i].result);
		CU_ASSERT_PTR_NOT_NULL(table[i].help);
		for (const char *c = table[i].words; *c != '\0'; c++)
			words += *c == ' ';
		CU_ASSERT_TRUE(words <= CGN_CMD_WORDS_MAX);
		while (table[i].keys != NULL && table[i].keys[keys].name != NULL)
			keys++;
		CU_ASSERT_TRUE(keys <= CGN_CMD_FILTERS_MAX);
		CU_ASSERT_EQUAL(parse(table[i].words), table[i].needs ? -EINVAL : 0);
		CU_ASSERT_EQUAL((int)call.def->id, i);
	}
}

static void
test_arguments(void)
{
	CU_ASSERT_EQUAL(parse("show ds-lite instance ds1"), 0);
	CU_ASSERT_EQUAL(call.def->id, CGN_CMD_SHOW_DS_LITE);
	CU_ASSERT_STRING_EQUAL(call.arg, "ds1");
	CU_ASSERT_EQUAL(parse("show nat instance"), 0);
	CU_ASSERT_PTR_NULL(call.arg);
	CU_ASSERT_EQUAL(parse("show nat instance a=b"), 0);
	CU_ASSERT_STRING_EQUAL(call.arg, "a=b");
	CU_ASSERT_EQUAL(parse("show config candidate"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show config candid"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "running|candidate"));
	CU_ASSERT_EQUAL(parse("show service-location 7"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show service-location seven"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show nat instance a b"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show version x"), 0);
}

static void
test_unknown(void)
{
	CU_ASSERT_NOT_EQUAL(parse(""), 0);
	CU_ASSERT_NOT_EQUAL(parse("show"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show sessions"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "show session,"));
	CU_ASSERT_NOT_EQUAL(parse("show nat"), 0);
	CU_ASSERT_NOT_EQUAL(parse("sh session"), 0);
	CU_ASSERT_NOT_EQUAL(parse("clear users"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "clear user"));
	CU_ASSERT_PTR_NULL(strstr(error, "show"));
}

static void
test_words_with_values(void)
{
	CU_ASSERT_EQUAL(parse("who-had 203.0.113.1:1024 at 2026-01-31T12:00:00.5Z"), 0);
	CU_ASSERT_STRING_EQUAL(call.arg, "203.0.113.1:1024");
	CU_ASSERT_EQUAL(cgn_cmd_grammar_filter(&call, "at")->number, 1769860800500ull);
	CU_ASSERT_EQUAL(parse("who-had at=1769860800 203.0.113.1:1024"), 0);
	CU_ASSERT_EQUAL(cgn_cmd_grammar_filter(&call, "at")->number, 1769860800000ull);
	CU_ASSERT_EQUAL(parse("who-had 203.0.113.1:1024"), 0);
	CU_ASSERT_NOT_EQUAL(parse("who-had 203.0.113.1:1024 at noon"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "2026-01-31T12:00:00Z"));
	CU_ASSERT_NOT_EQUAL(parse("who-had 203.0.113.1:1024 at"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "at has no value: expected a time as"));
	CU_ASSERT_NOT_EQUAL(parse("commit confirmed"), 0);
	CU_ASSERT_STRING_EQUAL(
		error, "commit: confirmed has no value: expected seconds, 1..86400");
	CU_ASSERT_NOT_EQUAL(parse("commit confirmed 60 comment"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "comment has no value: expected a line"));
	CU_ASSERT_EQUAL(parse("commit confirmed 86400 comment x"), 0);
	CU_ASSERT_NOT_EQUAL(parse("commit confirmed 86401"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "expected seconds, 1..86400"));
	CU_ASSERT_NOT_EQUAL(parse("who-had 203.0.113.1"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "expected IPV4-ADDRESS:PORT"));
	CU_ASSERT_NOT_EQUAL(parse("who-had"), 0);
	CU_ASSERT_NOT_EQUAL(parse("who-had :80"), 0);
	CU_ASSERT_NOT_EQUAL(parse("who-had [2001:db8::1]:80"), 0);
	CU_ASSERT_NOT_EQUAL(parse("who-had example.com:80"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show session limit 5"), 0);
}

static void
test_filters(void)
{
	CU_ASSERT_EQUAL(parse("show session proto=tcp remote=:443 limit=10"), 0);
	CU_ASSERT_EQUAL(call.filter_count, 3);
	CU_ASSERT_EQUAL(cgn_cmd_grammar_filter(&call, "proto")->number, 6);
	CU_ASSERT_EQUAL(cgn_cmd_grammar_filter(&call, "remote")->endpoint.port, 443);
	CU_ASSERT_EQUAL(cgn_cmd_grammar_filter(&call, "limit")->number, 10);
	CU_ASSERT_PTR_NULL(cgn_cmd_grammar_filter(&call, "slot"));
	CU_ASSERT_NOT_EQUAL(parse("show session color=red"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "softwire"));
	CU_ASSERT_NOT_EQUAL(parse("show session proto=tcp proto=udp"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show session limit=0"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show session =x"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show session tcp"), 0);
	CU_ASSERT_NOT_EQUAL(parse("show user proto=tcp"), 0);
	CU_ASSERT_NOT_EQUAL(parse("clear session limit=1"), 0);
}

static void
test_errors_are_bounded(void)
{
	char words[20][400], small[16];
	const char *argv[20];

	for (int i = 0; i < 20; i++) {
		memset(words[i], 'x', sizeof(words[i]) - 1);
		words[i][sizeof(words[i]) - 1] = '\0';
		argv[i] = words[i];
	}
	CU_ASSERT_NOT_EQUAL(
		cgn_cmd_grammar_parse(20, argv, &call, small, sizeof(small)), 0);
	CU_ASSERT_EQUAL(strlen(small), sizeof(small) - 1);
	argv[0] = "show";
	argv[1] = "session";
	CU_ASSERT_NOT_EQUAL(
		cgn_cmd_grammar_parse(20, argv, &call, small, sizeof(small)), 0);
	CU_ASSERT_EQUAL(strlen(small), sizeof(small) - 1);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the table is sound", test_table },
		{ "arguments", test_arguments },
		{ "unknown commands name the known ones", test_unknown },
		{ "keys that are words", test_words_with_values },
		{ "key=value filters", test_filters },
		{ "error texts are bounded", test_errors_are_bounded },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd_grammar", tests);
}
