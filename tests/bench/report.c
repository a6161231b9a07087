/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What was measured, as tables for people and as JSON for scripts; figures that speak
 * against the box (lost packets with their reasons, batches left out) are never hidden.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <jansson.h>
#include <rte_version.h>

#include "tests/bench/options.h"
#include "tests/bench/report.h"

struct floor_name {
	const char *name, *text;
	size_t offset;
};

#define FLOOR(field, meaning)                                                            \
	{                                                                                \
#field, meaning, offsetof(struct cgn_floors, field)                      \
	}
static const struct floor_name floor_names[] = {
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

static const struct cgn_bench_figure *
floor_of(const struct cgn_point *p, unsigned i)
{
	return (const void *)((const char *)&p->floors + floor_names[i].offset);
}

static void
processor(char *name, size_t size)
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

static double
load(void)
{
	double avg = 0;

	return getloadavg(&avg, 1) == 1 ? avg : -1;
}

static void
print_size(const struct cgn_bench_options *o)
{
	if (o->size == CGN_BENCH_IMIX)
		printf("imix");
	else
		printf("%u B", o->size);
}

static void
print_floors(const struct cgn_point *p, unsigned n)
{
	printf("\nfloors, cycles (median)              ");
	for (unsigned i = 0; i < n; i++)
		printf(" %10u", p[i].sessions);
	for (unsigned f = 0; f < RTE_DIM(floor_names); f++) {
		printf("\n  %-35s", floor_names[f].text);
		for (unsigned i = 0; i < n; i++)
			printf(" %10.1f", floor_of(&p[i], f)->median);
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
	putchar('\n');
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

void
cgn_report_table(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n)
{
	char cpu[96];

	processor(cpu, sizeof(cpu));
	printf("%s, %.0f MHz TSC, %s, load %.1f\n", cpu, p[0].tsc_hz / 1e6, rte_version(),
		load());
	printf("%s %s, ", cgn_options_kind(o->kind), cgn_options_direction(o->direction));
	print_size(o);
	printf(", %g %% new, %s accounting, %u runs of %g s; cycles per packet of the box"
	       " alone\n\n",
		o->new_percent, o->accounting ? "with" : "without", o->runs, o->seconds);
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
	for (unsigned i = 0; i < n; i++)
		print_trouble(&p[i]);
}

/* Two digits are more than repeat. */
static json_t *
real(double v)
{
	return json_real((double)(int64_t)(v * 100 + 0.5) / 100);
}

static json_t *
figure(const struct cgn_bench_figure *f)
{
	return json_pack("{s:o,s:o}", "min", real(f->min), "median", real(f->median));
}

static json_t *
machine(const struct cgn_point *p)
{
	struct utsname u;
	char cpu[96];

	processor(cpu, sizeof(cpu));
	if (uname(&u) != 0)
		u.release[0] = '\0';
	return json_pack("{s:s,s:o,s:s,s:s,s:b,s:o}", "cpu", cpu, "tsc_mhz",
		real(p->tsc_hz / 1e6), "kernel", u.release, "dpdk", rte_version(),
		"hugepages", p->hugepages, "load", real(load()));
}

static json_t *
stages(const struct cgn_point *p)
{
	json_t *o = json_object();

	for (unsigned s = 0; s < CGN_STAGE_COUNT; s++)
		json_object_set_new(
			o, cgn_stage_name((enum cgn_stage_id)s), real(p->stage[s]));
	return o;
}

static json_t *
floors(const struct cgn_point *p)
{
	json_t *o = json_object();

	for (unsigned f = 0; f < RTE_DIM(floor_names); f++)
		json_object_set_new(o, floor_names[f].name, figure(floor_of(p, f)));
	return o;
}

static json_t *
drops(const struct cgn_point *p)
{
	json_t *o = json_object();

	for (unsigned d = 0; d < CGN_DROP_REASONS; d++)
		if (p->drop[d])
			json_object_set_new(o, cgn_drop_name((enum cgn_drop)d),
				json_integer((json_int_t)p->drop[d]));
	return o;
}

static json_t *
result(const struct cgn_bench_options *o, const struct cgn_point *p)
{
	json_t *size = o->size == CGN_BENCH_IMIX ? json_string("imix")
						 : json_integer((json_int_t)o->size);
	json_t *r = json_pack("{s:s,s:s,s:I,s:o,s:o,s:s}", "instance",
		cgn_options_kind(o->kind), "direction",
		cgn_options_direction(o->direction), "sessions", (json_int_t)p->sessions,
		"size", size, "new", real(o->new_percent), "ha", cgn_options_ha(p->ha));
	json_t *more = json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:o}", "cycles_per_packet",
		figure(&p->packet), "floor_cycles", real(p->floor_cycles), "ratio",
		real(p->packet.median / p->floor_cycles), "stages", stages(p), "mpps",
		real(p->tsc_hz / p->packet.median / 1e6), "lost", (json_int_t)p->lost,
		"cycles_per_new_session", figure(&p->create), "bytes_per_session",
		real(p->bytes_resident));
	json_t *rest = json_pack("{s:I,s:b,s:I,s:I,s:o,s:o,s:o,s:o}", "users",
		(json_int_t)p->users, "accounting", (int)o->accounting, "packets",
		(json_int_t)p->packets, "disturbed", (json_int_t)p->disturbed,
		"worst_new_burst_us", real(p->create_worst_us),
		"bytes_allocated_per_session", real(p->bytes_allocated), "floors",
		floors(p), "drops", drops(p));

	json_object_update(r, more);
	json_object_update(r, rest);
	json_decref(more);
	json_decref(rest);
	return r;
}

int
cgn_report_json(const struct cgn_bench_options *o, const struct cgn_point *p, unsigned n)
{
	json_t *list = json_array();
	json_t *doc = json_pack("{s:o,s:o}", "machine", machine(p), "results", list);

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, result(o, &p[i]));
	if (!doc || json_dumpf(doc, stdout, JSON_INDENT(1)) != 0)
		return -ENOMEM;
	putchar('\n');
	json_decref(doc);
	return 0;
}
