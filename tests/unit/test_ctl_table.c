/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of cgnctl: there is one for every command that answers with a list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cmd_grammar.h"
#include "control/ctl_table.h"
#include "tests/unit/suite.h"

static void
test_layouts(void)
{
	const struct cgn_cmd_def *def = cgn_cmd_grammar_table();

	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		struct cgn_ctl_table *table;

		/* packets are printed by stages */
		if (def[i].shape == CGN_CMD_OBJECT || def[i].id == CGN_CMD_TRACE)
			continue;
		table = cgn_ctl_table_create(def[i].result, false, 0);
		if (table == NULL)
			fprintf(stderr, "\n%s: no table\n", def[i].words);
		CU_ASSERT_PTR_NOT_NULL(table);
		cgn_ctl_table_destroy(table);
	}
}

static void
test_history(void)
{
	struct cgn_ctl_table *table = cgn_ctl_table_create("history", false, 0);
	json_t *entries = json_pack("[{s:i,s:s,s:s,s:s,s:s,s:b,s:n}]", "rollback", 2,
		"time", "2026-01-31T12:00:00.000Z", "who", "root", "hash", "e3b0c442",
		"comment", "less time", "running", 1, "confirm_s");
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	cgn_ctl_table_print(table, out, entries);
	fclose(out);
	CU_ASSERT_EQUAL(strncmp(text, "NUMBER  TIME ", 13), 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "\n     2  2026-01-31T12:00:00.000Z  yes      -          "
			     "root      less time             e3b0c442\n"));
	free(text);
	json_decref(entries);
	cgn_ctl_table_destroy(table);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a table for each list", test_layouts },
		{ "history", test_history },
		CU_TEST_INFO_NULL,
	};

	return suite_run("ctl_table", tests);
}
