/* SPDX-License-Identifier: BSD-3-Clause */
/* The committed page is the one that the program prints, and names every counter. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/counters.h"
#include "dataplane/stats.h"
#include "tests/unit/suite.h"

static char *
read_page(void)
{
	const char *root = getenv("SOURCE_ROOT");
	char path[512], *text = NULL;
	FILE *in, *out;
	size_t size;
	int c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	snprintf(path, sizeof(path), "%s/doc/counters.md", root);
	in = fopen(path, "r");
	out = open_memstream(&text, &size);
	CU_ASSERT_FATAL(in && out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* countersdoc > doc/counters.md makes it again */
static void
test_current(void)
{
	char *committed = read_page(), *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	cgn_counters_describe(out);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(committed, printed);
	free(committed);
	free(printed);
}

static void
check_row(const char *page, const char *name, const char *text)
{
	char row[256];

	CU_ASSERT_FATAL(text && strlen(text) > 8);
	snprintf(row, sizeof(row), "\n| `%s` | %s |", name, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(page, row));
}

static void
test_complete(void)
{
	char *page = read_page();

	for (unsigned i = 0; i < CGN_FLOW_COUNT; i++)
		check_row(page, cgn_flow_name(i), cgn_flow_text(i));
	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		check_row(page, cgn_drop_name(i), cgn_drop_text(i));
	for (unsigned i = 0; i < CGN_STAGE_COUNT; i++)
		check_row(page, cgn_stage_name(i), cgn_stage_text(i));
	for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
		check_row(page, cgn_event_name(i), cgn_event_text(i));
	free(page);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "current", test_current },
		{ "complete", test_complete },
		CU_TEST_INFO_NULL,
	};

	return suite_run("counters", tests);
}
