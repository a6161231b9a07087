/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What was measured as one JSON document, for scripts. */
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <jansson.h>
#include <rte_version.h>

#include "tests/bench/options.h"
#include "tests/bench/report.h"

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

	cgn_report_processor(cpu, sizeof(cpu));
	if (uname(&u) != 0)
		u.release[0] = '\0';
	return json_pack("{s:s,s:o,s:s,s:s,s:b,s:o}", "cpu", cpu, "tsc_mhz",
		real(p->tsc_hz / 1e6), "kernel", u.release, "dpdk", rte_version(),
		"hugepages", p->hugepages, "load", real(cgn_report_load()));
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

	for (unsigned f = 0; f < CGN_REPORT_FLOORS; f++)
		json_object_set_new(
			o, cgn_report_floors[f].name, figure(cgn_report_floor(p, f)));
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
connections(const struct cgn_point *p)
{
	return json_pack("{s:o,s:I,s:o,s:o,s:o,s:I}", "established_per_s",
		real(p->tsc_hz / p->create.median), "validated", (json_int_t)p->validated,
		"torn_down_per_s", real(p->tsc_hz / p->teardown.median),
		"cycles_per_teardown", figure(&p->teardown), "worst_teardown_us",
		real(p->teardown_worst_us), "capacity", (json_int_t)p->capacity);
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
	json_t *beside = json_pack("{s:I,s:s,s:b,s:b,s:o,s:o,s:I,s:I}", "handover",
		(json_int_t)o->handover, "logs", cgn_options_logs(o->logs), "dump",
		(int)o->dump, "trace", (int)o->trace, "tick", real(p->tick), "card",
		real(p->card), "log_records", (json_int_t)p->records, "listed",
		(json_int_t)p->listed);

	json_object_update_new(r, more);
	json_object_update_new(r, rest);
	json_object_update_new(r, beside);
	if (o->rfc9693)
		json_object_set_new(r, "rfc9693", connections(p));
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

int
cgn_report_wire_json(const struct cgn_bench_options *o, const struct cgn_wire_point *p)
{
	json_t *doc = json_pack("{s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}",
		"instance", cgn_options_kind(o->kind), "direction",
		cgn_options_direction(o->direction), "sessions",
		(json_int_t)o->sessions[0], "users", (json_int_t)p->users, "open",
		(json_int_t)p->open, "established_per_s", real(p->open_per_s),
		"offered_pps", real(p->offered), "best_pps", real(p->best),
		"received_pps", figure(&p->received), "lost", json_real(p->lost),
		"lossless_pps", real(p->lossless));

	if (!doc || json_dumpf(doc, stdout, JSON_INDENT(1)) != 0)
		return -ENOMEM;
	putchar('\n');
	json_decref(doc);
	return 0;
}
