/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One line on stderr that shows how far the work is. */
#include "tests/bench/progress.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 40

static bool enabled;
static int last = -1;

void
cgn_progress_enable(bool on)
{
	enabled = on;
}

void
cgn_progress_show(const char *what, double share)
{
	static const char full[] = "########################################";
	int percent = (int)(share * 100);
	int n = (int)(share * WIDTH);

	if (!enabled || percent == last)
		return;
	last = percent;
	fprintf(stderr, "\r\033[K[%-*.*s] %3d%%  %s", WIDTH, n, full, percent, what);
	fflush(stderr);
}

void
cgn_progress_clear(void)
{
	if (!enabled || last < 0)
		return;
	last = -1;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
