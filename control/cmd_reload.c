/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload, check, diff: a configuration is read and checked, and compared with the running
 * one, or put into effect. The answer comes when that is done; one that is refused is
 * refused with all its errors. While another change is under way the command waits.
 *
 * Control lcore.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/change.h"
#include "control/show.h"

struct asked {
	enum cgn_change_kind kind;
	const char *path;
	struct cgn_change *change; /* NULL: not begun */
};

static json_t *
show_changes(const struct cgn_diff *diff)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < diff->n; i++) {
		const struct cgn_diff_change *c = &diff->items[i];

		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s?,s:s?,s:b}", "change",
				cgn_diff_kind_name(c->kind), "path", c->path, "before",
				c->before[0] ? c->before : NULL, "after",
				c->after[0] ? c->after : NULL, "restart", c->restart));
	}
	return list;
}

static int
answer(struct cgn_cmd_ctx *ctx, const struct cgn_change *c)
{
	/* what needs a restart is a difference, too */
	if (c->why.n && !(ctx->call.def->id == CGN_CMD_DIFF && c->compared))
		return cgn_cmd_refuse_text(ctx, c->why.data);
	if (ctx->call.def->id == CGN_CMD_CHECK)
		cgn_cmd_reply(ctx, json_pack("{s:s,s:s}", "file", c->path, "result",
					   "right; it is the candidate"));
	else
		cgn_cmd_reply(ctx,
			json_pack("{s:s,s:I,s:I,s:o}", "file", c->path, "count",
				(json_int_t)c->diff.n, "took_ms", (json_int_t)c->took_ms,
				"changes", show_changes(&c->diff)));
	return CGN_CMD_DONE;
}

static int
wait_change(struct cgn_cmd_ctx *ctx)
{
	struct asked *asked = ctx->state;

	if (!asked->change)
		asked->change = cgn_change_start(ctx->app, asked->kind, asked->path);
	if (!asked->change || !asked->change->finished)
		return CGN_CMD_LATER;
	return answer(ctx, asked->change);
}

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct asked *asked = ctx->state;

	cgn_change_put(asked->change);
	free(asked);
}

static int
begin(struct cgn_cmd_ctx *ctx, enum cgn_change_kind kind)
{
	const struct cgn_daemon *d = ctx->app;
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked)
		return -ENOMEM;
	asked->kind = kind;
	asked->path = ctx->call.arg ? ctx->call.arg : d->conf_path;
	ctx->state = asked;
	ctx->release = release;
	ctx->next = wait_change;
	return 0;
}

int
cgn_reload(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_COMMIT);
}

int
cgn_check(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_CHECK);
}

int
cgn_diff(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_CHECK);
}
