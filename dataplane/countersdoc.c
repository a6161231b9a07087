/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints doc/counters.md. Run: build/dataplane/countersdoc > doc/counters.md */

#include "dataplane/counters.h"

int
main(void)
{
	cgn_counters_describe(stdout);
	return 0;
}
