/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Many values of one measurement become two: the minimum says what the code can do, the
 * median what it did here. A mean would say how busy the machine was. */
#include "tests/bench/figure.h"

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct cgn_bench_figure
cgn_figure_of(double *value, unsigned n)
{
	qsort(value, n, sizeof(*value), compare);
	return (struct cgn_bench_figure){ value[0],
		n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2 };
}
