/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What was measured, as tables for people and as lines of CSV; figures that speak against
 * the box (lost packets with their reasons, batches left out) are never hidden. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "tests/bench/options.h"
#include "tests/bench/report.h"

#define FLOOR(field, meaning)                                                            \
	{                                                                                \
#field, meaning, offsetof(struct cgn_floors, field)                      \
	}
const struct cgn_report_floor cgn_report_floors[] = {
	FLOOR(line, "random 64-byte line, 64 in flight"),
	FLOOR(hash, "rte_hash bulk look-up, 16-byte keys"),
	FLOOR(session, "and a 64-byte record touched, written"),
	FLOOR(user, "the same at the number of users"),
	FLOOR(mbuf, "mbuf alloc and free in bulk"),
	FLOOR(fib4, "rte_fib bulk look-up"),
	FLOOR(fib6, "rte_fib6 bulk look-up"),
	FLOOR(encap, "40 bytes in front"),
	FLOOR(checksum, "two checksums by a stored delta"),
};
_Static_assert(RTE_DIM(cgn_report_floors) == CGN_REPORT_FLOORS, "all of them");

const struct cgn_bench_figure *
cgn_report_floor(const struct cgn_point *p, unsigned i)
{
	return (const void *)((const char *)&p->floors + cgn_report_floors[i].offset);
}

void
cgn_report_processor(char *name, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256], *at;

	snprintf(name, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "model name", 10) != 0 || !(at = strchr(line, ':')))
			continue;
		snprintf(name, size, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
		break;
	}
	if (f)
		fclose(f);
}

double
cgn_report_load(void)
{
	double avg = 0;

	return getloadavg(&avg, 1) == 1 ? avg : -1;
}

static void
print_size(const struct cgn_bench_options *o, const char *unit)
{
	if (o->size == CGN_BENCH_IMIX)
		printf("imix");
	else
		printf("%u%s", o->size, unit);
}

static void
print_floors(const struct cgn_point *p, unsigned n)
{
	printf("\nfloors, cycles (median)              ");
	for (unsigned i = 0; i < n; i++)
		printf(" %10u", p[i].sessions);
	for (unsigned f = 0; f < CGN_REPORT_FLOORS; f++) {
		printf("\n  %-35s", cgn_report_floors[f].text);
		for (unsigned i = 0; i < n; i++)
			printf(" %10.1f", cgn_report_floor(&p[i], f)->median);
	}
	putchar('\n');
}

static void
print_stages(const struct cgn_point *p, unsigned n)
{
	printf("\nstages, cycles per packet            ");
	for (unsigned i = 0; i < n; i++)
		printf(" %10u", p[i].sessions);
	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++) {
		printf("\n  %-35s", cgn_stage_name((enum cgn_stage_id)s));
		for (unsigned i = 0; i < n; i++)
			printf(" %10.1f", p[i].stage[s]);
	}
	printf("\n  %-35s", "beside them: sweep, replication");
	for (unsigned i = 0; i < n; i++)
		printf(" %10.1f", p[i].tick);
	printf("\n  %-35s", "line card and its ring");
	for (unsigned i = 0; i < n; i++)
		printf(" %10.1f", p[i].card);
	putchar('\n');
}

/* Per second of a figure in cycles. */
static double
rate(const struct cgn_point *p, double cycles)
{
	return cycles > 0 ? p->tsc_hz / cycles : 0;
}

/* The rates of the table are those of the medians. */
static void
print_connections(const struct cgn_point *p, unsigned n)
{
	printf("\nRFC 9693  sessions  established/s  validated  through, pps  torn "
	       "down/s  "
	       "longest us  capacity\n");
	for (unsigned i = 0; i < n; i++, p++)
		printf("        %10u  %13.0f  %9llu  %12.0f  %11.0f  %10.1f  %8llu\n",
			p->sessions, rate(p, p->create.median),
			(unsigned long long)p->validated, rate(p, p->packet.median),
			rate(p, p->teardown.median), p->teardown_worst_us,
			(unsigned long long)p->capacity);
}

static void
print_trouble(const struct cgn_point *p)
{
	if (p->disturbed)
		printf("%u sessions: %llu batches left out, another thread ran here\n",
			p->sessions, (unsigned long long)p->disturbed);
	if (p->lost)
		printf("%u sessions: %llu of %llu packets lost\n", p->sessions,
			(unsigned long long)p->lost, (unsigned long long)p->packets);
	for (unsigned d = 0; d < CGN_DROP_REASONS; d++)
		if (p->drop[d])
			printf("  dropped: %s %llu\n", cgn_drop_name((enum cgn_drop)d),
				(unsigned long long)p->drop[d]);
}

static void
print_table(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n)
{
	char cpu[96];

	cgn_report_processor(cpu, sizeof(cpu));
	printf("%s, %.0f MHz TSC, %s, load %.1f\n", cpu, p[0].tsc_hz / 1e6, rte_version(),
		cgn_report_load());
	printf("%s %s, ", cgn_options_kind(o->kind), cgn_options_direction(o->direction));
	print_size(o, " B");
	printf(", %g %% new, %u %% handed over, %s accounting, logs %s%s, %u runs of %g "
	       "s; "
	       "cycles per packet of the box alone\n\n",
		o->new_percent, o->handover, o->accounting ? "with" : "without",
		cgn_options_logs(o->logs),
		o->dump	   ? ", listed meanwhile"
		: o->trace ? ", traced meanwhile"
			   : "",
		o->runs, o->seconds);
	printf("  sessions   ha    users  pages    min  median  floor  ratio    Mpps  "
	       "lost"
	       "  new min  new med  worst us  bytes/session\n");
	for (unsigned i = 0; i < n; i++, p++)
		printf("%10u %4s %8u  %5s %6.1f  %6.1f %6.1f  %5.2f  %6.2f %5llu  %7.0f  "
		       "%7.0f"
		       "  %8.1f  %13.0f\n",
			p->sessions, cgn_options_ha(p->ha), p->users,
			p->hugepages ? "2 MB" : "4 kB", p->packet.min, p->packet.median,
			p->floor_cycles, p->packet.median / p->floor_cycles,
			p->tsc_hz / p->packet.median / 1e6, (unsigned long long)p->lost,
			p->create.min, p->create.median, p->create_worst_us,
			p->bytes_resident);
	p -= n;
	print_stages(p, n);
	print_floors(p, n);
	if (o->rfc9693)
		print_connections(p, n);
	for (unsigned i = 0; i < n; i++)
		print_trouble(&p[i]);
}

static void
print_csv(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n)
{
	printf("instance,direction,sessions,size,new,ha,handover,logs,cycles_min,"
	       "cycles_median,floor,mpps,lost,new_min,new_median,bytes_per_session,"
	       "teardown_median,capacity,tick,card");
	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
		printf(",%s", cgn_stage_name((enum cgn_stage_id)s));
	for (unsigned i = 0; i < n; i++, p++) {
		printf("\n%s,%s,%u,", cgn_options_kind(o->kind),
			cgn_options_direction(o->direction), p->sessions);
		print_size(o, "");
		printf(",%g,%s,%u,%s,%.1f,%.1f,%.1f,%.2f,%llu,%.0f,%.0f,%.0f,%.0f,%llu,%."
		       "2f,"
		       "%.2f",
			o->new_percent, cgn_options_ha(p->ha), o->handover,
			cgn_options_logs(o->logs), p->packet.min, p->packet.median,
			p->floor_cycles, rate(p, p->packet.median) / 1e6,
			(unsigned long long)p->lost, p->create.min, p->create.median,
			p->bytes_resident, p->teardown.median,
			(unsigned long long)p->capacity, p->tick, p->card);
		for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
			printf(",%.2f", p->stage[s]);
	}
	putchar('\n');
}

int
cgn_report(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n)
{
	switch (o->format) {
	case CGN_BENCH_JSON:
		return cgn_report_json(o, p, n);
	case CGN_BENCH_CSV:
		print_csv(o, p, n);
		break;
	case CGN_BENCH_TABLE:
		print_table(o, p, n);
		break;
	}
	return 0;
}

int
cgn_report_wire(const struct cgn_bench_options *o, const struct cgn_wire_point *p)
{
	if (o->format == CGN_BENCH_JSON)
		return cgn_report_wire_json(o, p);
	printf("%s %s, ", cgn_options_kind(o->kind), cgn_options_direction(o->direction));
	print_size(o, " B");
	printf(", a box behind %s and %s, %u runs of %g s\n\n", o->port[CGN_UP],
		o->port[CGN_DOWN], o->runs, o->seconds);
	printf("  sessions      open    open/s  sent Mpps    min  median   lost %%  "
	       "lossless\n"
	       "%10u %9u %9.0f  %9.3f %6.3f  %6.3f  %7.3f  %8.3f\n",
		o->sessions[0], p->open, p->open_per_s, p->offered / 1e6,
		p->received.min / 1e6, p->received.median / 1e6, p->lost * 100,
		p->lossless / 1e6);
	return 0;
}
