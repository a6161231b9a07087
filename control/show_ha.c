/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show ha, show vrrp: backup as it is configured.
 *
 * No channel and no VRRP instance runs: channels are down, VRRP groups in their state
 * before the start (RFC 9568 6.4.1, Initialize), and what only a running one has is null.
 * Control lcore.
 */
#include "control/show.h"

static json_t *
show_channels(const struct cgn_conf *conf)
{
	json_t *channels = json_array();

	for (uint32_t i = 0; i < conf->n_locations; i++) {
		const struct cgn_conf_location *location = &conf->locations[i];

		if (!location->remote_backup.present)
			continue;
		json_array_append_new(
			channels, json_pack("{s:i,s:o,s:s,s:n,s:n,s:n,s:n,s:n,s:n}",
					  "location", (int)location->id, "peer",
					  cgn_show_addr(&location->remote_backup.peer),
					  "state", "down", "sent", "received", "lost",
					  "resent", "rejected", "lag_ms"));
	}
	return channels;
}

int
cgn_show_ha(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_ha *ha = &d->conf->ha;

	cgn_cmd_reply(ctx,
		json_pack("{s:b,s:i,s:i,s:b,s:i,s:i,s:o}", "hot_backup", ha->hot_backup,
			"delay_time", (int)ha->delay_time, "preempt_time",
			(int)ha->preempt_time, "batch_backup", ha->batch_backup,
			"batch_interval", (int)ha->batch_interval, "detect_ms",
			(int)ha->detect_ms, "channels", show_channels(d->conf)));
	return 0;
}

static json_t *
vrrp_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_vrrp *vrrp = &d->conf->vrrp[index];
	json_t *addresses;

	if (index >= d->conf->n_vrrp)
		return NULL;
	addresses = json_array();
	for (uint32_t i = 0; i < vrrp->n_addresses; i++)
		json_array_append_new(addresses, cgn_show_addr(&vrrp->addresses[i]));
	return json_pack("{s:s,s:i,s:s,s:i,s:n,s:n,s:o,s:b,s:o,s:{s:i,s:i,s:i},s:[]}",
		"port", vrrp->port.name, "vrid", (int)vrrp->vrid, "state", "initialize",
		"priority_config", (int)vrrp->priority, "priority_run", "master",
		"addresses", addresses, "admin", vrrp->admin, "follow",
		vrrp->follow.present
			? json_pack("{s:s,s:i}", "port", vrrp->follow.port.name, "vrid",
				  (int)vrrp->follow.vrid)
			: json_null(),
		"timers", "advert_ms", (int)vrrp->advert_ms, "preempt_delay",
		(int)vrrp->preempt_delay, "recover_delay", (int)vrrp->recover_delay,
		"transitions");
}

int
cgn_show_vrrp(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	return cgn_cmd_reply_list(ctx, d->conf->n_vrrp, vrrp_entry);
}
