/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show ha: backup as it is configured, between boards as it is, and channels to other
 * boxes; ha batch-backup. Control lcore.
 */
#include <stdlib.h>

#include "control/channel.h"
#include "control/copies.h"
#include "control/log.h"
#include "control/show.h"
#include "dataplane/sync.h"

static json_t *
place_of(const struct cgn_daemon *d, uint16_t worker)
{
	const struct cgn_worker_conf *conf;

	if (worker >= d->n_cpus)
		return json_null();
	conf = &d->worker[worker]->conf;
	return json_pack("{s:i,s:i}", "slot", conf->slot, "cpu", conf->cpu);
}

/* Records from the host to the standby: what one sent and the other got. */
static json_t *
show_board_pair(const struct cgn_daemon *d, uint16_t index)
{
	const struct cgn_location *l = &d->snap->location[index];
	struct cgn_sync_count host = { 0 }, standby = { 0 };
	const char *state = "down";

	if (l->worker < d->n_cpus) {
		host = cgn_sync_counts(d->worker[l->worker], index);
		state = cgn_sync_state_name(d->worker[l->worker], index);
	}
	if (l->standby < d->n_cpus)
		standby = cgn_sync_counts(d->worker[l->standby], index);
	return json_pack("{s:i,s:o,s:o,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I}", "location",
		l->id, "active", place_of(d, l->worker), "standby",
		place_of(d, l->standby), "state", state, "degraded",
		cgn_copies_lacks(index), "sent", (json_int_t)host.sent, "ring_full",
		(json_int_t)host.full, "resent", (json_int_t)host.resent, "received",
		(json_int_t)standby.received, "lost", (json_int_t)standby.lost,
		"rejected", (json_int_t)standby.rejected);
}

static json_t *
show_pairs(const struct cgn_daemon *d)
{
	json_t *pairs = json_array();

	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		uint32_t index = cgn_show_find_location(d, d->conf->locations[i].id);

		if (d->conf->locations[i].backup.present && index != CGN_NONE)
			json_array_append_new(pairs, show_board_pair(d, (uint16_t)index));
	}
	return pairs;
}

/* Of all locations that are hosted here, whichever way their copies go. */
static json_t *
show_commits(const struct cgn_daemon *d)
{
	json_int_t waits = 0, late = 0, degraded = 0;

	for (uint16_t l = 0; l < d->snap->n_locations; l++) {
		uint16_t host = d->snap->location[l].worker;
		struct cgn_sync_count count;

		if (host >= d->n_cpus)
			continue;
		count = cgn_sync_counts(d->worker[host], l);
		waits += (json_int_t)count.waits;
		late += (json_int_t)count.late;
		degraded += cgn_sync_late(d->worker[host], l);
	}
	return json_pack("{s:b,s:I,s:I,s:I}", "synchronous",
		d->conf->ha.block_commit == CGN_CONF_COMMIT_SYNCHRONOUS, "waits", waits,
		"late", late, "degraded", degraded);
}

/* Everything once more, for one location or all that have a standby now. */
int
cgn_ha_batch_backup(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	json_t *started = json_array();

	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		uint32_t id = d->conf->locations[i].id;
		uint32_t index = cgn_show_find_location(d, id);
		struct cgn_worker *host = cgn_show_host_of(d, index);

		if (ctx->call.arg && strtoul(ctx->call.arg, NULL, 10) != id)
			continue;
		if (!host || d->snap->location[index].standby == CGN_NONE16)
			continue;
		cgn_sync_ask(host, (uint16_t)index, CGN_SYNC_ASK_COPY);
		cgn_log_event(
			LOG_NOTICE, "service-location %u: batch backup by command", id);
		json_array_append_new(started, json_integer(id));
	}
	if (json_array_size(started) == 0) {
		json_decref(started);
		return ctx->call.arg ? cgn_cmd_refuse(ctx,
					       "service-location %s has no standby now",
					       ctx->call.arg)
				     : cgn_cmd_refuse(ctx,
					       "no service-location has a standby now");
	}
	cgn_cmd_reply(ctx, json_pack("{s:o}", "service_locations", started));
	return 0;
}

int
cgn_show_ha(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_ha *ha = &d->conf->ha;

	cgn_cmd_reply(ctx,
		json_pack("{s:b,s:i,s:i,s:b,s:i,s:i,s:o,s:o,s:o}", "hot_backup",
			ha->hot_backup, "delay_time", (int)ha->delay_time, "preempt_time",
			(int)ha->preempt_time, "batch_backup", ha->batch_backup,
			"batch_interval", (int)ha->batch_interval, "detect_ms",
			(int)ha->detect_ms, "block_commit", show_commits(d), "boards",
			show_pairs(d), "channels", cgn_channels_show(d)));
	return 0;
}
