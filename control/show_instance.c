/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show ds-lite instance, nat instance, nat64 instance.
 *
 * Control lcore.
 */
#include <string.h>

#include "control/compile.h"
#include "control/show.h"
#include "control/switch.h"

/* True when all address groups of an instance have this to say. */
static bool
all_groups(const struct cgn_daemon *d, const struct cgn_conf_instance *instance,
	bool (*what)(const struct cgn_conf_address_group *group))
{
	for (uint32_t i = 0; i < instance->n_outbound; i++) {
		int32_t group = instance->outbound[i].address_group.index;

		if (!what(&d->conf->address_groups[group]))
			return false;
	}
	return true;
}

static bool
is_locked(const struct cgn_conf_address_group *group)
{
	return group->locked;
}

static bool
is_empty(const struct cgn_conf_address_group *group)
{
	return group->size == 0;
}

/* Does the other box translate for all of its users? */
static bool
is_elsewhere(const struct cgn_daemon *d, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf_group *group = &d->conf->groups[instance->group.index];

	for (uint32_t m = 0; m < group->n_members; m++)
		if (d->where[group->members[m].location.index].worker != CGN_REMOTE)
			return false;
	return group->n_members != 0;
}

static const char *
state_of(const struct cgn_daemon *d, const struct cgn_conf_instance *instance,
	struct cgn_switch_cpus cpus, bool switched)
{
	if (switched)
		return "switched";
	if (is_elsewhere(d, instance))
		return "standby";
	if (cpus.failed == cpus.total || all_groups(d, instance, is_empty))
		return "no-resource";
	return all_groups(d, instance, is_locked) ? "locked" : "active";
}

static json_t *
centralized_of(const struct cgn_conf_instance *instance, const struct cgn_switch *s)
{
	bool changed = s->since.tv_sec != 0;

	if (!instance->centralized_backup.enable)
		return json_null();
	return json_pack("{s:s,s:o,s:o}", "state",
		s->state.switched ? "switched" : "normal", "reason",
		changed ? json_string(cgn_central_text(s->state.reason)) : json_null(),
		"since", changed ? cgn_show_time(&s->since) : json_null());
}

static json_t *
instance_entry(struct cgn_cmd_ctx *ctx, size_t number, enum cgn_conf_kind kind)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_instance *instance = &d->conf->instances[number];
	struct cgn_tally tally;
	struct cgn_switch_cpus cpus;
	uint32_t down;

	if (number >= d->conf->n_instances)
		return NULL;
	if (instance->kind != kind)
		return json_null();
	cpus = cgn_switch_count(d, instance);
	tally = cgn_show_instance_tally(d, cgn_show_find_instance(d, instance->name));
	down = instance->centralized_backup.down_number;
	return json_pack("{s:s,s:i,s:s,s:i,s:i,s:o,s:o,s:i,s:i,s:s}", "name",
		instance->name, "id", (int)instance->id, "state",
		state_of(d, instance, cpus, d->instances[number].state.switched),
		"cpus_total", (int)cpus.total, "cpus_failed", (int)cpus.failed,
		"down_number", down != 0 ? json_integer(down) : json_null(),
		"centralized_backup", centralized_of(instance, &d->instances[number]),
		"users", (int)tally.users, "sessions", (int)tally.sessions,
		"service_instance_group", instance->group.name);
}

static json_t *
ds_lite_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	return instance_entry(ctx, number, CGN_CONF_DS_LITE);
}

static json_t *
nat_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	return instance_entry(ctx, number, CGN_CONF_NAT44);
}

static json_t *
nat64_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	return instance_entry(ctx, number, CGN_CONF_NAT64);
}

static int
show_instances(struct cgn_cmd_ctx *ctx, enum cgn_conf_kind kind, cgn_cmd_entry_fn *entry)
{
	const struct cgn_daemon *d = ctx->app;

	if (ctx->call.arg == NULL)
		return cgn_cmd_reply_list(ctx, d->conf->n_instances, entry);
	for (uint32_t i = 0; i < d->conf->n_instances; i++) {
		const struct cgn_conf_instance *instance = &d->conf->instances[i];

		if (instance->kind == kind && strcmp(instance->name, ctx->call.arg) == 0)
			return cgn_cmd_reply_one(ctx, i, entry);
	}
	return cgn_cmd_refuse(
		ctx, "no %s instance %s", cgn_conf_kind_name(kind), ctx->call.arg);
}

int
cgn_show_ds_lite(struct cgn_cmd_ctx *ctx)
{
	return show_instances(ctx, CGN_CONF_DS_LITE, ds_lite_entry);
}

int
cgn_show_nat(struct cgn_cmd_ctx *ctx)
{
	return show_instances(ctx, CGN_CONF_NAT44, nat_entry);
}

int
cgn_show_nat64(struct cgn_cmd_ctx *ctx)
{
	return show_instances(ctx, CGN_CONF_NAT64, nat64_entry);
}
