/* SPDX-License-Identifier: BSD-3-Clause
 *
 * doc/counters.md: every counter of `cgnctl show statistics` with its meaning, printed
 * from the lists in stats.h and drop.h, so that the page cannot differ from the program.
 * Used by countersdoc and by the test that compares the committed page. Any thread. */
#include "dataplane/counters.h"
#include "dataplane/stats.h"

static const char head[] =
	"# Counters\n"
	"\n"
	"What `cgnctl show statistics` counts, printed by `countersdoc` from the lists "
	"in\n"
	"`dataplane/stats.h` and `dataplane/drop.h`. Every lcore counts for itself; what "
	"is\n"
	"shown is the sum since the start. The names are the keys of the JSON document.\n"
	"[packet-path.md](packet-path.md) says where on its way a packet meets them.\n";

static void
begin(FILE *out, const char *title, const char *text, const char *columns)
{
	fprintf(out, "\n## %s\n\n%s\n\n%s\n", title, text, columns);
}

static void
describe_flows(FILE *out)
{
	begin(out, "Packets and bytes",
		"Bytes are those of the IP packet as it was translated or forwarded, "
		"and of the whole\nframe where it crosses a port or a ring.",
		"| name | what it counts |\n| --- | --- |");
	for (unsigned i = 0; i < CGN_FLOW_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", cgn_flow_name(i), cgn_flow_text(i));
}

static void
describe_drops(FILE *out)
{
	begin(out, "Drops", "Every reason for which a packet may disappear, in packets.",
		"| name | what happened | clause |\n| --- | --- | --- |");
	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		fprintf(out, "| `%s` | %s | %s |\n", cgn_drop_name(i), cgn_drop_text(i),
			cgn_drop_rfc(i));
}

static void
describe_stages(FILE *out)
{
	begin(out, "Stages",
		"Cycles per packet of each stage, in the order in which they run. Every "
		"61st burst is\ntimed; `null` until one was.",
		"| name | what it does |\n| --- | --- |");
	for (unsigned i = 0; i < CGN_STAGE_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", cgn_stage_name(i), cgn_stage_text(i));
}

static void
describe_events(FILE *out)
{
	begin(out, "Events", "Things that happened to tables.",
		"| name | what it counts |\n| --- | --- |");
	for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", cgn_event_name(i), cgn_event_text(i));
}

void
cgn_counters_describe(FILE *out)
{
	fputs(head, out);
	describe_flows(out);
	describe_drops(out);
	describe_stages(out);
	describe_events(out);
}
