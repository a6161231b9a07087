/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * centralized-backup switch, switch-back: by hand, when the rules allow it.
 *
 * Control lcore.
 */
#include <string.h>

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

int
cgn_switch_away(struct cgn_cmd_ctx *ctx)
{
	return give_word(ctx, CGN_CENTRAL_SWITCH);
}

int
cgn_switch_back(struct cgn_cmd_ctx *ctx)
{
	return give_word(ctx, CGN_CENTRAL_BACK);
}
