/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line of cgnbench. An option whose feature this version does not have is
 * known and refused by name, so that a script never takes a figure for what it is not. */
#include "tests/bench/options.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SESSIONS 33554432u

static const char *const kinds[CGN_KINDS] = { "ds-lite", "nat", "nat64" };
static const char *const modes[CGN_BENCH_MODES] = { "off", "warm", "hot" };
static const char *const log_words[CGN_BENCH_LOGS] = { "off", "blocks", "sessions" };
static const char *const directions[] = { "up", "down", "mix" };

static const char usage[] =
	"usage: cgnbench [--instance ds-lite|nat] [--direction up|down|mix]\n"
	"                [--sessions N[,N...]] [--size BYTES|imix] [--new PERCENT]\n"
	"                [--ha off|warm|hot[,...]] [--handover PERCENT] [--rfc9693]\n"
	"                [--logs off|blocks|sessions] [--dump] [--accounting on|off]\n"
	"                [--trace] [--seconds S] [--runs N] [--cpu N] [--progress]\n"
	"                [--json|--csv]\n"
	"                [--port DEVICE --port DEVICE [--rate PPS] [--config]]\n"
	"Measures the packet path of Softboard in this process, without ports; or a box "
	"behind\n"
	"two ports.\n"
	"  --sessions  established sessions, 63 per user (64512)\n"
	"  --size      Ethernet frame on the IPv4 side, 64..1518 (64); imix: 64, 594 "
	"and\n"
	"              1518 bytes, 7:4:1. A softwire packet is 40 bytes longer.\n"
	"  --new       percent of the packets that open a session (0)\n"
	"  --ha        backup to a second CPU: none, users and blocks, sessions too "
	"(off)\n"
	"  --handover  percent of the packets that arrive at a line card, which hands "
	"them\n"
	"              to the board (0); its cycles are in the figure\n"
	"  --rfc9693   also validation of all connections, table capacity, tear-down\n"
	"  --logs      what the box reports to a log host (off)\n"
	"  --dump      all sessions are listed, again and again, while traffic runs\n"
	"  --trace     an operator traces packets that nobody sends, while traffic runs\n"
	"  --accounting  packets and bytes counted per session (on, as by default)\n"
	"  --seconds   wall clock per run (1), --runs (5): minimum and median are shown\n"
	"  --port      DPDK devices that lead to the inside and the outside of a box "
	"elsewhere,\n"
	"              which is measured instead: packets per second, loss, connections\n"
	"  --rate      packets per second that are sent to it (as many as it takes)\n"
	"  --config    print a configuration for such a box, whose ports are those\n"
	"  --cpu       processor to run on (the last that is allowed)\n";

enum {
	OPT_INSTANCE = 256,
	OPT_DIRECTION,
	OPT_SESSIONS,
	OPT_SIZE,
	OPT_NEW,
	OPT_HA,
	OPT_HANDOVER,
	OPT_SECONDS,
	OPT_RUNS,
	OPT_PORT,
	OPT_ACCOUNTING,
	OPT_JSON,
	OPT_CSV,
	OPT_RATE,
	OPT_CONFIG,
	OPT_LOGS,
	OPT_DUMP,
	OPT_TRACE,
	OPT_RFC9693,
	OPT_CPU,
	OPT_PROGRESS,
	OPT_HELP
};

static const struct option longs[] = {
	{ "instance", required_argument, NULL, OPT_INSTANCE },
	{ "direction", required_argument, NULL, OPT_DIRECTION },
	{ "sessions", required_argument, NULL, OPT_SESSIONS },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "new", required_argument, NULL, OPT_NEW },
	{ "ha", required_argument, NULL, OPT_HA },
	{ "handover", required_argument, NULL, OPT_HANDOVER },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "runs", required_argument, NULL, OPT_RUNS },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "accounting", required_argument, NULL, OPT_ACCOUNTING },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "config", no_argument, NULL, OPT_CONFIG },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "logs", required_argument, NULL, OPT_LOGS },
	{ "dump", no_argument, NULL, OPT_DUMP },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "rfc9693", no_argument, NULL, OPT_RFC9693 },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

const char *
cgn_options_kind(enum cgn_kind kind)
{
	return kinds[kind];
}

const char *
cgn_options_direction(enum cgn_bench_direction direction)
{
	return directions[direction];
}

const char *
cgn_options_logs(enum cgn_bench_logs logs)
{
	return log_words[logs];
}

const char *
cgn_options_ha(enum cgn_bench_ha ha)
{
	return modes[ha];
}

static int
refuse(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "cgnbench: --%s %s: %s\n", option, value, why);
	return -1;
}

static int
word(const char *value, const char *const *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(value, words[i]) == 0)
			return (int)i;
	return -1;
}

/* A number in min..max, or -1. */
static double
number(const char *value, double min, double max)
{
	char *end;
	double v = strtod(value, &end);

	return end == value || *end || !(v >= min && v <= max) ? -1 : v;
}

static int
parse_sessions(struct cgn_bench_options *o, const char *value)
{
	char *end;

	o->n_sessions = 0;
	for (const char *p = value;; p = end + 1) {
		unsigned long v = strtoul(p, &end, 10);

		if (end == p || v < 1 || v > MAX_SESSIONS)
			return refuse("sessions", value, "numbers from 1 to 33554432");
		if (o->n_sessions == CGN_BENCH_POINTS)
			return refuse("sessions", value, "at most 16 numbers");
		o->sessions[o->n_sessions++] = (uint32_t)v;
		if (*end == '\0')
			return 0;
		if (*end != ',')
			return refuse("sessions", value, "numbers, separated by commas");
	}
}

static int
parse_size(struct cgn_bench_options *o, const char *value)
{
	double v = number(value, 64, 1518);

	if (strcmp(value, "imix") == 0) {
		o->size = CGN_BENCH_IMIX;
		return 0;
	}
	if (v != (unsigned)v)
		return refuse("size", value, "a number from 64 to 1518, or imix");
	o->size = (unsigned)v;
	return 0;
}

static int
parse_kind(struct cgn_bench_options *o, const char *value)
{
	int k = word(value, kinds, CGN_KINDS);

	if (k < 0)
		return refuse("instance", value, "one of ds-lite, nat, nat64");
	if (k == CGN_NAT64)
		return refuse("instance", value, "this version does not translate NAT64");
	o->kind = (enum cgn_kind)k;
	return 0;
}

static int
parse_direction(struct cgn_bench_options *o, const char *value)
{
	int d = word(value, directions, RTE_DIM(directions));

	if (d < 0)
		return refuse("direction", value, "one of up, down, mix");
	o->direction = (enum cgn_bench_direction)d;
	return 0;
}

/* One mode, or several that are measured one after the other. */
static int
parse_ha(struct cgn_bench_options *o, const char *value)
{
	char *copy = strdup(value), *rest = copy;
	int rc = copy ? 0 : -1;

	o->n_ha = 0;
	for (char *p; rc == 0 && (p = strsep(&rest, ",")) != NULL;) {
		int m = word(p, modes, CGN_BENCH_MODES);

		if (m < 0 || o->n_ha == CGN_BENCH_MODES)
			rc = refuse("ha", value,
				"one or more of off, warm, hot, separated by commas");
		else
			o->ha[o->n_ha++] = (enum cgn_bench_ha)m;
	}
	free(copy);
	return rc;
}

static int
parse_number(double *to, const char *option, const char *value, double min, double max)
{
	char why[64];

	*to = number(value, min, max);
	snprintf(why, sizeof(why), "a number from %g to %g", min, max);
	return *to < 0 ? refuse(option, value, why) : 0;
}

/* An option without a value; false: it has one. */
static bool
parse_flag(struct cgn_bench_options *o, int opt)
{
	switch (opt) {
	case OPT_DUMP:
		return o->dump = true;
	case OPT_TRACE:
		return o->trace = true;
	case OPT_CONFIG:
		return o->config = true;
	case OPT_RFC9693:
		return o->rfc9693 = true;
	case OPT_JSON:
		o->format = CGN_BENCH_JSON;
		return true;
	case OPT_CSV:
		o->format = CGN_BENCH_CSV;
		return true;
	case OPT_PROGRESS:
		return o->progress = true;
	}
	return false;
}

static int
parse_one(struct cgn_bench_options *o, int opt, const char *value)
{
	double v = 0;
	int rc = 0;

	switch (opt) {
	case OPT_INSTANCE:
		return parse_kind(o, value);
	case OPT_DIRECTION:
		return parse_direction(o, value);
	case OPT_SESSIONS:
		return parse_sessions(o, value);
	case OPT_SIZE:
		return parse_size(o, value);
	case OPT_NEW:
		return parse_number(&o->new_percent, "new", value, 0, 50);
	case OPT_HA:
		return parse_ha(o, value);
	case OPT_HANDOVER:
		rc = parse_number(&v, "handover", value, 0, 100);
		o->handover = (unsigned)v;
		return rc;
	case OPT_LOGS:
		rc = word(value, log_words, CGN_BENCH_LOGS);
		o->logs = (enum cgn_bench_logs)rc;
		return rc < 0 ? refuse("logs", value, "one of off, blocks, sessions") : 0;
	case OPT_SECONDS:
		return parse_number(&o->seconds, "seconds", value, 0.01, 3600);
	case OPT_RUNS:
		rc = parse_number(&v, "runs", value, 1, CGN_BENCH_RUNS);
		o->runs = (unsigned)v;
		return rc;
	case OPT_PORT:
		if (o->n_ports == CGN_DIRS)
			return refuse("port", value, "two: inside, outside");
		o->port[o->n_ports++] = value;
		return 0;
	case OPT_RATE:
		return parse_number(&o->rate, "rate", value, 1, 1e9);
	case OPT_ACCOUNTING:
		o->accounting = strcmp(value, "on") == 0;
		return o->accounting || strcmp(value, "off") == 0
			       ? 0
			       : refuse("accounting", value, "on or off");
	case OPT_CPU:
		rc = parse_number(&v, "cpu", value, 0, CPU_SETSIZE - 1);
		o->cpu = (int)v;
		return rc;
	}
	return -1;
}

/* The last one: interrupts and the control threads of a box like the first. */
static int
last_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &set))
				cpu = i;
	return cpu;
}

int
cgn_options_parse(int argc, char **argv, struct cgn_bench_options *o)
{
	*o = (struct cgn_bench_options){ .kind = CGN_NAT44,
		.sessions = { 64512 },
		.n_sessions = 1,
		.n_ha = 1,
		.size = 64,
		.seconds = 1,
		.runs = 5,
		.accounting = true,
		.cpu = last_cpu(),
		.progress = isatty(STDERR_FILENO) };

	opterr = 0;
	for (int opt; (opt = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (opt == OPT_HELP) {
			fputs(usage, stdout);
			return 1;
		}
		if (opt == '?')
			fprintf(stderr,
				"cgnbench: %s: not an option, or without its value\n",
				argv[optind - 1]);
		if (opt == '?' || (!parse_flag(o, opt) && parse_one(o, opt, optarg) != 0))
			goto wrong;
	}
	if (o->n_ha * o->n_sessions > CGN_BENCH_POINTS) {
		refuse("ha", "", "with so many numbers of sessions: at most 16 figures");
		goto wrong;
	}
	if (o->n_ports == 1 || (o->config && !o->n_ports)) {
		refuse("port", "", "two: inside, outside");
		goto wrong;
	}
	if (o->n_ports && (o->handover || o->new_percent > 0 || o->dump || o->trace)) {
		refuse("port", o->port[0],
			"goes without --new, --handover, --dump, --trace");
		goto wrong;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "cgnbench: %s: not an option\n", argv[optind]);
wrong:
	fputs("cgnbench: try --help\n", stderr);
	return -1;
}
