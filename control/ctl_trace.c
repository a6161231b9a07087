/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How cgnctl prints traced packets as text. What the stages say comes in words from the
 * daemon; this lays it out. Pure.
 */
#include "control/ctl_trace.h"

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "-";
}

void
cgn_ctl_trace_print(FILE *out, const json_t *packet)
{
	const json_t *steps = json_object_get(packet, "stages"), *step;
	size_t i;

	fprintf(out, "#%lld  %s  in on %s\n",
		(long long)json_integer_value(json_object_get(packet, "packet")),
		text_of(packet, "time"), text_of(packet, "port"));
	json_array_foreach(steps, i, step)
	{
		fprintf(out, "  %-16s %-7s %s\n", text_of(step, "stage"),
			text_of(step, "worker"), text_of(step, "does"));
	}
	fprintf(out, "  = %s: %s\n", text_of(packet, "result"),
		text_of(packet, "reason"));
}
