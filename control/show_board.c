/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show board, service-location, service-instance-group.
 *
 * What is configured comes from the configuration, who hosts it from the snapshot, how
 * many from the tallies that each worker keeps; sums over workers may be a few apart from
 * each other. Control lcore.
 */
#include <stdlib.h>
#include <string.h>

#include "control/chassis.h"
#include "control/show.h"
#include "control/vrrp.h"
#include "dataplane/sync.h"

/* ---- boards ---- */

static json_t *
board_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_cpu *cpu;
	const struct cgn_worker *w;

	if (index >= d->n_cpus)
		return NULL;
	cpu = d->conf->cpus[index];
	w = d->worker[index];
	return json_pack("{s:i,s:i,s:s,s:i,s:I,s:I,s:f,s:i,s:i,s:i,s:i,s:i,s:i}", "slot",
		(int)cpu->slot, "cpu", (int)cpu->cpu, "state",
		cgn_show_cpu_state(d, (uint16_t)index), "lcore", (int)cpu->lcore,
		"heartbeat_age_ms", (json_int_t)cgn_lcore_age_ms(d->rt.lcore[index]),
		"heartbeat_longest_ms",
		(json_int_t)(CGN_SHOW_READ(d->rt.lcore[index]->beat.gap) /
			     d->rt.tsc_per_ms),
		"load", d->load[index], "sessions", (int)CGN_SHOW_READ(w->sessions.used),
		"sessions_licensed", (int)cpu->sessions, "sessions_most",
		(int)w->sessions.capacity, "users", (int)CGN_SHOW_READ(w->users.used),
		"users_licensed", (int)cpu->users, "users_most", (int)w->users.capacity);
}

int
cgn_show_board(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	return cgn_cmd_reply_list(ctx, d->n_cpus, board_entry);
}

/* ---- locations ---- */

static const char *
scene_of(const struct cgn_conf_location *location)
{
	if (location->remote_backup.present)
		return "inter-chassis";
	return location->backup.present ? "inter-board" : "none";
}

static json_t *
backup_of(const struct cgn_daemon *d, const struct cgn_conf_location *location)
{
	const struct cgn_conf_cpu_ref *backup = &location->backup;

	if (!backup->present)
		return json_null();
	return json_pack("{s:i,s:i,s:s}", "slot", (int)backup->slot, "cpu",
		(int)backup->cpu, "state",
		cgn_show_cpu_state(d, (uint16_t)backup->index));
}

static json_t *
vrrp_of(const struct cgn_daemon *d, const struct cgn_conf_location *location)
{
	if (!location->vrrp.present)
		return json_null();
	return json_pack("{s:s,s:i,s:s}", "port", location->vrrp.port.name, "vrid",
		(int)location->vrrp.vrid, "state",
		cgn_vrrp_state_name(
			cgn_vrrp_groups_state(d, (uint32_t)location->vrrp.index)));
}

static json_int_t
count_addresses(const struct cgn_snapshot *snap, uint32_t location)
{
	json_int_t count = 0;

	for (uint32_t i = 0; i < snap->n_pools && location != CGN_NONE; i++)
		count += snap->share[location * snap->n_pools + i].n;
	return count;
}

/* State of the copy; without a standby now, one that is to come has not started. */
static const char *
batch_of(const struct cgn_daemon *d, const struct cgn_conf_location *location,
	uint32_t index)
{
	const struct cgn_worker *host = cgn_show_host_of(d, index);

	if (location->remote_backup.present)
		return cgn_chassis_batch_name(
			d, (uint32_t)(location - d->conf->locations));
	if (!location->backup.present || !host)
		return location->backup.present ? "not-started" : "na";
	if (d->snap->location[index].standby == CGN_NONE16)
		return "not-started";
	return cgn_sync_batch_name(host, (uint16_t)index);
}

/* active; standby: the other box hosts it; down. */
static const char *
state_of(const struct cgn_location *l)
{
	if (l == NULL || l->worker == CGN_NONE16)
		return "down";
	if (l->worker == CGN_REMOTE)
		return l->standby == CGN_NONE16 ? "down" : "standby";
	return "active";
}

static json_t *
location_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_location *location = &d->conf->locations[number];
	const struct cgn_location *live;
	struct cgn_tally tally, standby;
	uint32_t index;
	bool hosted;

	if (number >= d->conf->n_locations)
		return NULL;
	index = cgn_show_find_location(d, location->id);
	live = index != CGN_NONE ? &d->snap->location[index] : NULL;
	hosted = strcmp(state_of(live), "down") != 0;
	tally = cgn_show_location_tally(d, index);
	standby = cgn_show_standby_tally(d, index);
	return json_pack("{s:i,s:s,s:{s:i,s:i},s:o,s:o,s:s,s:o,s:s,s:i,s:i,s:i,s:i,s:I}",
		"id", (int)location->id, "state", state_of(live), "configured", "slot",
		(int)location->active.slot, "cpu", (int)location->active.cpu, "current",
		hosted ? json_pack("{s:i,s:i}", "slot", live->slot, "cpu", live->cpu)
		       : json_null(),
		"backup", backup_of(d, location), "scene", scene_of(location), "vrrp",
		vrrp_of(d, location), "batch_backup", batch_of(d, location, index),
		"sessions", (int)tally.sessions, "users", (int)tally.users,
		"standby_sessions", (int)standby.sessions, "standby_users",
		(int)standby.users, "addresses", count_addresses(d->snap, index));
}

int
cgn_show_location(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	if (ctx->call.arg == NULL)
		return cgn_cmd_reply_list(ctx, d->conf->n_locations, location_entry);
	for (uint32_t i = 0; i < d->conf->n_locations; i++)
		if (d->conf->locations[i].id == strtoul(ctx->call.arg, NULL, 10))
			return cgn_cmd_reply_one(ctx, i, location_entry);
	return cgn_cmd_refuse(ctx, "no service-location %s", ctx->call.arg);
}

/* ---- groups ---- */

static const struct cgn_group *
find_group(const struct cgn_daemon *d, const char *name)
{
	for (uint32_t i = 0; i < d->snap->n_groups; i++)
		if (strcmp(d->snap->group[i].name, name) == 0)
			return &d->snap->group[i];
	return NULL;
}

/* Share of a group's users that steering gives to a location, 0..1. */
static double
share_of(const struct cgn_group *group, uint32_t location)
{
	unsigned buckets = 0;

	for (unsigned i = 0; group != NULL && i < CGN_BUCKETS; i++)
		buckets += group->bucket[i] == location;
	return (double)buckets / CGN_BUCKETS;
}

static json_t *
group_members(const struct cgn_daemon *d, const struct cgn_conf_group *group)
{
	const struct cgn_group *live = find_group(d, group->name);
	json_t *list = json_array();

	for (uint32_t i = 0; i < group->n_members; i++) {
		const struct cgn_conf_member *member = &group->members[i];
		uint32_t location = cgn_show_find_location(d, member->location.id);

		json_array_append_new(list,
			json_pack("{s:i,s:i,s:f,s:i}", "location",
				(int)member->location.id, "weight", (int)member->weight,
				"share", share_of(live, location), "users",
				(int)cgn_show_location_tally(d, location).users));
	}
	return list;
}

static json_t *
group_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_group *group = &d->conf->groups[number];
	json_t *instances = json_array();

	if (number >= d->conf->n_groups) {
		json_decref(instances);
		return NULL;
	}
	for (uint32_t i = 0; i < d->conf->n_instances; i++)
		if (d->conf->instances[i].group.index == (int32_t)number)
			json_array_append_new(
				instances, json_string(d->conf->instances[i].name));
	return json_pack("{s:s,s:o,s:o}", "name", group->name, "members",
		group_members(d, group), "instances", instances);
}

int
cgn_show_group(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	if (ctx->call.arg == NULL)
		return cgn_cmd_reply_list(ctx, d->conf->n_groups, group_entry);
	for (uint32_t i = 0; i < d->conf->n_groups; i++)
		if (strcmp(d->conf->groups[i].name, ctx->call.arg) == 0)
			return cgn_cmd_reply_one(ctx, i, group_entry);
	return cgn_cmd_refuse(ctx, "no service-instance-group %s", ctx->call.arg);
}
