/* SPDX-License-Identifier: BSD-3-Clause */
/* Names are keys of JSON documents and metrics: all there, all different, all plain. */
#include <ctype.h>
#include <string.h>

#include "dataplane/stats.h"
#include "tests/unit/suite.h"

static const char *
drop(unsigned id)
{
	return cgn_drop_name(id);
}

static const char *
stage(unsigned id)
{
	return cgn_stage_name(id);
}

static const char *
flow(unsigned id)
{
	return cgn_flow_name(id);
}

static const char *
event(unsigned id)
{
	return cgn_event_name(id);
}

static void
check(const char *(*name)(unsigned id), unsigned n)
{
	for (unsigned a = 0; a < n; a++) {
		const char *s = name(a);

		CU_ASSERT_FATAL(s && islower(s[0]) && strlen(s) < 32);
		for (; *s; s++)
			CU_ASSERT(islower(*s) || isdigit(*s) || *s == '_');
		for (unsigned b = 0; b < a; b++)
			CU_ASSERT_STRING_NOT_EQUAL(name(a), name(b));
	}
}

static void
test_names(void)
{
	check(drop, CGN_DROP_REASONS);
	check(stage, CGN_STAGE_COUNT);
	check(flow, CGN_FLOW_COUNT);
	check(event, CGN_EVENT_COUNT);
}

static void
test_texts(void)
{
	for (unsigned a = 0; a < CGN_DROP_REASONS; a++) {
		const char *text = cgn_drop_text(a), *rfc = cgn_drop_rfc(a);

		CU_ASSERT_FATAL(text && rfc && strlen(text) > 8);
		CU_ASSERT(!rfc[0] || strncmp(rfc, "RFC ", 4) == 0);
	}
	CU_ASSERT_STRING_EQUAL(cgn_drop_name(CGN_DROP_NO_MAPPING), "no_mapping");
	CU_ASSERT_STRING_EQUAL(cgn_drop_rfc(CGN_DROP_FILTERED), "RFC 4787 REQ-8");
	CU_ASSERT_STRING_EQUAL(cgn_stage_name(CGN_STAGE_FINISH), "finish");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "names", test_names },
		{ "texts", test_texts },
		CU_TEST_INFO_NULL,
	};

	return suite_run("names", tests);
}
