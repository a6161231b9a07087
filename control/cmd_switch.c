/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * centralized-backup switch, switch-back: by hand, when the rules allow it. Before an
 * instance is switched, its prefixes are no longer announced.
 *
 * Control lcore.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/announcer.h"
#include "control/show.h"
#include "control/switch.h"

static int
give_word(struct cgn_cmd_ctx *ctx, enum cgn_central_word word)
{
	struct cgn_daemon *d = ctx->app;
	char err[256];

	for (uint32_t i = 0; i < d->conf->n_instances; i++) {
		if (strcmp(d->conf->instances[i].name, ctx->call.arg) != 0)
			continue;
		if (cgn_switch_word(d, i, word, err, sizeof(err)) != 0)
			return cgn_cmd_refuse(ctx, "%s", err);
		cgn_cmd_reply(ctx,
			json_pack("{s:s,s:s}", "instance", ctx->call.arg, "state",
				d->instances[i].state.switched ? "switched" : "normal"));
		return 0;
	}
	return cgn_cmd_refuse(ctx, "no instance %s", ctx->call.arg);
}

/* The instance that is held until the command ends. */
struct held {
	uint32_t instance;
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	const struct held *held = ctx->state;
	struct cgn_daemon *d = ctx->app;

	if (held->instance < d->conf->n_instances)
		cgn_announcer_hold_instance(d, held->instance, false);
	free(ctx->state);
}

static int
wait_gone(struct cgn_cmd_ctx *ctx)
{
	int rc;

	if (!cgn_announcer_is_gone(ctx->app))
		return CGN_CMD_AGAIN;
	rc = give_word(ctx, CGN_CENTRAL_SWITCH);
	return rc ? rc : CGN_CMD_DONE;
}

int
cgn_switch_away(struct cgn_cmd_ctx *ctx)
{
	struct cgn_daemon *d = ctx->app;
	struct held *held;
	uint32_t i = 0;

	while (i < d->conf->n_instances &&
		strcmp(d->conf->instances[i].name, ctx->call.arg) != 0)
		i++;
	if (i == d->conf->n_instances ||
		!d->conf->instances[i].centralized_backup.enable ||
		d->instances[i].state.switched)
		return give_word(ctx, CGN_CENTRAL_SWITCH); /* which refuses, or is done */
	held = calloc(1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	held->instance = i;
	ctx->state = held;
	ctx->release = release;
	ctx->next = wait_gone;
	cgn_announcer_hold_instance(d, i, true);
	return 0;
}

int
cgn_switch_back(struct cgn_cmd_ctx *ctx)
{
	return give_word(ctx, CGN_CENTRAL_BACK);
}
