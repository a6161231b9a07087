/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_UNIT_SUITE_H
#define CGN_TESTS_UNIT_SUITE_H

#include <CUnit/Basic.h>

/* Runs the tests of one file; its exit code is the result of main(). */
static inline int
suite_run(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = { { name, NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS ||
		CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}

#endif
