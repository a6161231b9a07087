/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show neighbours: what the box knows of the stations on its links.
 *
 * The neighbours are copied when the command begins, so the list is of one moment,
 * however slowly it is read. Control lcore.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/host.h"
#include "control/show.h"

struct neighbours {
	const struct cgn_daemon *daemon;
	size_t count, room;
	bool short_of_memory;
	struct cgn_resolve_view *view;
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct neighbours *all = ctx->state;

	free(all->view);
	free(all);
}

static void
collect(void *arg, const struct cgn_resolve_view *view)
{
	struct neighbours *all = arg;

	if (all->count == all->room) {
		size_t room = all->room == 0 ? 64 : all->room * 2;
		void *grown = realloc(all->view, room * sizeof(*view));

		if (grown == NULL) {
			all->short_of_memory = true;
			return;
		}
		all->view = grown;
		all->room = room;
	}
	all->view[all->count++] = *view;
}

static json_t *
neighbour_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct neighbours *all = ctx->state;
	const struct cgn_resolve_view *v = &all->view[index];
	const struct cgn_daemon *d = all->daemon;
	const struct cgn_snapshot *snap = d->snap;
	const struct cgn_iface *iface = &snap->iface[v->iface];
	/* One that was never confirmed has its time before the start. */
	bool confirmed = v->age_ms <= d->now_ms - d->start_ms;

	return json_pack("{s:o,s:o,s:s,s:s,s:s,s:o,s:b,s:I}", "address",
		cgn_show_addr16(v->addr), "mac",
		v->known ? cgn_show_mac(&v->mac) : json_null(), "port", iface->name,
		"vpn", snap->vpn[iface->vpn].name, "state",
		cgn_resolve_state_name(v->state), "age",
		confirmed ? json_integer((json_int_t)(v->age_ms / 1000)) : json_null(),
		"gateway", v->gateway, "held", (json_int_t)v->held);
}

int
cgn_show_neighbours(struct cgn_cmd_ctx *ctx)
{
	struct neighbours *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	ctx->state = all;
	ctx->release = release;
	all->daemon = ctx->app;
	cgn_resolve_foreach(
		cgn_host_resolver(all->daemon->host), all->daemon->now_ms, collect, all);
	if (all->short_of_memory)
		return -ENOMEM;
	return cgn_cmd_reply_list(ctx, all->count, neighbour_entry);
}
