/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_main.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "suite.h"

int
main(int argc, char **argv)
{
	char *eal[] = { argv[0], (char *)(uintptr_t) "--no-huge",
		(char *)(uintptr_t) "-m", (char *)(uintptr_t) "512",
		(char *)(uintptr_t) "--no-pci", (char *)(uintptr_t) "--no-shconf",
		(char *)(uintptr_t) "--no-telemetry",
		(char *)(uintptr_t) "--iova-mode=va", (char *)(uintptr_t) "--lcores=0" };
	int rc;

	RTE_SET_USED(argc);
	if (rte_eal_init(RTE_DIM(eal), eal) < 0) {
		fprintf(stderr, "EAL: %s\n", rte_strerror(rte_errno));
		return 2;
	}
	rc = suite_run(eal_suite, eal_tests);
	rte_eal_cleanup();
	return rc;
}
