/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For tests that need packet buffers or DPDK's tables: link eal_main.c, which starts EAL
 * without hugepages, devices and files, and runs these. */
#ifndef CGN_TESTS_UNIT_EAL_MAIN_H
#define CGN_TESTS_UNIT_EAL_MAIN_H

#include <CUnit/CUnit.h>

extern const char *const eal_suite;
extern CU_TestInfo eal_tests[];

#endif
