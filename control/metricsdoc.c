/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints doc/metrics.md. Run: build/control/metricsdoc > doc/metrics.md */

#include "control/metric.h"

int
main(void)
{
	cgn_metric_describe(stdout);
	return 0;
}
