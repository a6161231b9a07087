/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ha switch: a location changes places with its copy, by hand. It drains first, so
 * nothing is lost.
 *
 * Between boards it stays where it is put: its home and its backup have changed roles
 * until the next such word, or a restart. The answer comes when it has moved. Between
 * chassis it is handed to the other box; that begins with the answer, and its end is an
 * event.
 *
 * Control lcore.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/chassis.h"
#include "control/compile.h"
#include "control/log.h"
#include "control/show.h"
#include "dataplane/sync.h"

#define MOVE_MS 10000

struct move {
	uint32_t location; /* of conf->locations[] */
	uint16_t from, to; /* workers */
	uint64_t until_ms;
	bool under_way, swapped; /* as it was */
};

/* It stays where it is after all. */
static void
give_up(const struct cgn_daemon *d, const struct move *move)
{
	struct cgn_compile_host *where = &d->where[move->location];
	uint32_t index = cgn_show_find_location(d, d->conf->locations[move->location].id);

	where->swapped = move->swapped;
	where->hurry = false;
	if (index != CGN_NONE && d->snap->location[index].worker == move->from)
		cgn_sync_ask(d->worker[move->from], (uint16_t)index, CGN_SYNC_ASK_GO_ON);
}

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct move *move = ctx->state;

	if (move->under_way)
		give_up(ctx->app, move);
	free(move);
}

static int
wait_moved(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	struct move *move = ctx->state;
	const struct cgn_compile_host *where = &d->where[move->location];
	const struct cgn_worker_conf *cpu = &d->worker[move->to]->conf;

	if (where->worker == move->from && d->now_ms < move->until_ms)
		return CGN_CMD_AGAIN;
	if (where->worker != move->to)
		return cgn_cmd_refuse(ctx,
			"service-location %s has not moved within %u s", ctx->call.arg,
			MOVE_MS / 1000);
	move->under_way = false;
	cgn_cmd_reply(ctx, json_pack("{s:i,s:{s:i,s:i}}", "id",
				   (int)d->conf->locations[move->location].id, "current",
				   "slot", cpu->slot, "cpu", cpu->cpu));
	return CGN_CMD_DONE;
}

/* May it move? Fills in where from and where to. */
static int
find(struct cgn_cmd_ctx *ctx, uint32_t i, struct move *move)
{
	const struct cgn_daemon *d = ctx->app;
	uint32_t index = cgn_show_find_location(d, d->conf->locations[i].id);

	*move = (struct move){ .location = i,
		.from = d->where[i].worker,
		.to = d->where[i].standby,
		.until_ms = d->now_ms + MOVE_MS,
		.swapped = d->where[i].swapped };
	if (!d->conf->locations[i].backup.present)
		return cgn_cmd_refuse(
			ctx, "service-location %s has no backup", ctx->call.arg);
	if (index == CGN_NONE || move->from >= d->n_cpus || move->to >= d->n_cpus)
		return cgn_cmd_refuse(
			ctx, "service-location %s has no standby now", ctx->call.arg);
	if (!cgn_sync_filled(d->worker[move->from], (uint16_t)index))
		return cgn_cmd_refuse(ctx,
			"the copy of service-location %s is not complete yet",
			ctx->call.arg);
	return 0;
}

static int
switch_board(struct cgn_cmd_ctx *ctx, uint32_t i)
{
	struct cgn_daemon *d = ctx->app;
	struct move *move = calloc(1, sizeof(*move));
	int rc;

	if (!move)
		return -ENOMEM;
	ctx->state = move;
	ctx->release = release;
	rc = find(ctx, i, move);
	if (rc)
		return rc;
	d->where[i].swapped = move->to == (uint16_t)d->conf->locations[i].backup.index;
	d->where[i].hurry = true;
	move->under_way = true;
	d->watch.changed = true;
	cgn_log_event(LOG_NOTICE, "service-location %u: switched to %s by command",
		d->conf->locations[i].id, d->rt.lcore[move->to]->name);
	ctx->next = wait_moved;
	return 0;
}

static int
switch_chassis(struct cgn_cmd_ctx *ctx, uint32_t i)
{
	struct cgn_daemon *d = ctx->app;
	char err[256];

	if (cgn_chassis_switch(d, i, err, sizeof(err)) != 0)
		return cgn_cmd_refuse(ctx, "service-location %s: %s", ctx->call.arg, err);
	cgn_cmd_reply(ctx, json_pack("{s:i,s:s}", "id", (int)d->conf->locations[i].id,
				   "state", "draining"));
	return 0;
}

int
cgn_ha_switch(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_location *l = d->conf->locations;
	uint32_t i = 0;

	while (i < d->conf->n_locations && l[i].id != strtoul(ctx->call.arg, NULL, 10))
		i++;
	if (i == d->conf->n_locations)
		return cgn_cmd_refuse(ctx, "no service-location %s", ctx->call.arg);
	return l[i].remote_backup.present ? switch_chassis(ctx, i) : switch_board(ctx, i);
}
