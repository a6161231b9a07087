/* SPDX-License-Identifier: BSD-3-Clause
 *
 * doc/metrics.md from the list of metrics. Pure. */
#include <stdbool.h>
#include <string.h>

#include "control/metric.h"

static const char head[] =
	"# Metrics\n"
	"\n"
	"Made by `build/control/metricsdoc > doc/metrics.md` from "
	"`control/metric_table.c`. "
	"What each\n"
	"value is taken from can be seen with the command, or below the same words at "
	"the\n"
	"telemetry socket. How to have them collected is in the\n"
	"[operator's guide](operator.md#metrics).\n"
	"\n"
	"A value that is not known now, as the lag of a channel that is down, has no\n"
	"sample. A metric `..._state` has a sample for each state, which is 1 for the\n"
	"present one.\n"
	"The values of `reason`, `flow`, `stage` and `event` are in\n"
	"[counters.md](counters.md).\n";

static void
describe_labels(const struct cgn_metric_set *set, FILE *out)
{
	bool first = true;

	for (const char *p = set->labels; *p != '\0';) {
		size_t len;

		p += *p == '^';
		len = strcspn(p, "= ");
		fprintf(out, "%s`%.*s`", first ? "" : ", ", (int)len, p);
		first = false;
		p += strcspn(p, " ");
		p += *p == ' ';
	}
}

static void
describe_set(const struct cgn_metric_set *set, FILE *out)
{
	if (!set->commands[0])
		fputs("\n## The page itself", out);
	for (unsigned i = 0; i < 3 && set->commands[i]; i++)
		fprintf(out, "%s`%s`", i == 0 ? "\n## " : ", ", set->commands[i]);
	if (set->path[0] || set->inner)
		fprintf(out, ": `%s`", set->inner ? set->inner : set->path);
	fputs("\n\n", out);
	if (set->labels[0]) {
		fputs("Labels: ", out);
		describe_labels(set, out);
		fputs("\n\n", out);
	}
	fputs("| metric | type | unit | what it is |\n| --- | --- | --- | --- |\n", out);
}

void
cgn_metric_describe(FILE *out)
{
	const struct cgn_metric_set *set;
	const struct cgn_metric *m;

	fputs(head, out);
	for (set = cgn_metric_sets(); set->id; set++) {
		describe_set(set, out);
		for (m = cgn_metric_table(); m->name; m++)
			if (cgn_metric_set_of(m) == set)
				fprintf(out, "| `%s` | %s | %s | %s |\n", m->name,
					m->type == CGN_METRIC_COUNTER ? "counter"
								      : "gauge",
					m->unit, m->help);
	}
}
