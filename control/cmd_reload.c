/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload, check, diff, commit, confirm, rollback: a configuration is read and checked,
 * and compared with the running one, or put into effect. The answer comes when that is
 * done; one that is refused is refused with all its errors. While another change is under
 * way the command waits; what it is about (the candidate, an entry of the history) is
 * looked up when its turn has come.
 *
 * Control lcore.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "control/commit.h"
#include "control/show.h"

/* What a command wants of the change, as far as it is known before it begins. */
struct asked {
	struct cgn_change_ask ask;
	bool (*choose)(struct asked *asked, const struct cgn_daemon *d);
	uint32_t back;		   /* rollback: so many commits */
	struct cgn_change *change; /* NULL: not begun */
	char called[40];	   /* name of a text from the history */
	const char *none;	   /* choose: why there is nothing to do */
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

static json_t *
show_confirm(const struct cgn_change *c)
{
	return c->ask.confirm_s ? json_integer(c->ask.confirm_s) : json_null();
}

static void
show_outcome(struct cgn_cmd_ctx *ctx, const struct cgn_change *c)
{
	json_t *out = json_pack("{s:s,s:I,s:I}", "file", c->path, "count",
		(json_int_t)c->diff.n, "took_ms", (json_int_t)c->took_ms);

	if (c->ask.kind == CGN_CHANGE_COMMIT) {
		json_object_set_new(out, "hash", json_string(c->hash));
		json_object_set_new(out, "confirm_s", show_confirm(c));
	}
	json_object_set_new(out, "changes", show_changes(&c->diff));
	cgn_cmd_reply(ctx, out);
}

static int
answer(struct cgn_cmd_ctx *ctx, const struct cgn_change *c)
{
	if (c->why.n)
		return cgn_cmd_refuse_text(ctx, c->why.data);
	if (ctx->call.def->id == CGN_CMD_CHECK)
		cgn_cmd_reply(ctx, json_pack("{s:s,s:s}", "file", c->path, "result",
					   "right; it is the candidate"));
	else if (ctx->call.def->id == CGN_CMD_CONFIRM)
		cgn_cmd_reply(ctx, json_pack("{s:s}", "result", "the last commit stays"));
	else
		show_outcome(ctx, c);
	return CGN_CMD_DONE;
}

static int
wait_change(struct cgn_cmd_ctx *ctx)
{
	struct asked *asked = ctx->state;

	if (!asked->change) {
		if (asked->choose && !asked->choose(asked, ctx->app))
			return cgn_cmd_refuse(ctx, "%s", asked->none);
		asked->change = cgn_change_start(ctx->app, &asked->ask);
	}
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

/* The daemon's own file is not written where it is what is read. */
static bool
is_own(const struct cgn_daemon *d, const char *path)
{
	struct stat one, other;

	return stat(path, &one) == 0 && stat(d->conf_path, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static struct asked *
begin(struct cgn_cmd_ctx *ctx, enum cgn_change_kind kind)
{
	const struct cgn_cmd_value *comment =
		cgn_cmd_grammar_filter(&ctx->call, "comment");
	const struct cgn_daemon *d = ctx->app;
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked)
		return NULL;
	asked->ask = (struct cgn_change_ask){ .kind = kind,
		.verb = ctx->call.def->words,
		.path = ctx->call.arg ? ctx->call.arg : d->conf_path,
		.uid = ctx->uid,
		.comment = comment ? comment->text : NULL };
	asked->ask.put = !is_own(d, asked->ask.path);
	ctx->state = asked;
	ctx->release = release;
	ctx->next = wait_change;
	return asked;
}

int
cgn_reload(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_COMMIT) ? 0 : -ENOMEM;
}

int
cgn_check(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_CHECK) ? 0 : -ENOMEM;
}

int
cgn_diff(struct cgn_cmd_ctx *ctx)
{
	return begin(ctx, CGN_CHANGE_CHECK) ? 0 : -ENOMEM;
}

/* The candidate as it was checked; the daemon's own file as it is now, which is all that
 * there is without one. */
static bool
choose_candidate(struct asked *asked, const struct cgn_daemon *d)
{
	const struct cgn_conf *candidate = cgn_change_candidate(d);

	asked->ask.path = d->conf_path;
	asked->ask.text = NULL;
	asked->ask.put = false;
	if (candidate && !is_own(d, candidate->path)) {
		asked->ask.path = candidate->path;
		asked->ask.text = candidate->text;
		asked->ask.put = true;
	}
	return true;
}

int
cgn_commit(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_cmd_value *confirmed =
		cgn_cmd_grammar_filter(&ctx->call, "confirmed");
	struct asked *asked;

	asked = begin(ctx, CGN_CHANGE_COMMIT);
	if (!asked)
		return -ENOMEM;
	asked->ask.confirm_s = confirmed ? (uint32_t)confirmed->number : 0;
	asked->choose = choose_candidate;
	return 0;
}

static bool
choose_waiting(struct asked *asked, const struct cgn_daemon *d)
{
	asked->none = "no commit waits to be confirmed";
	return d->commits->waiting;
}

int
cgn_confirm(struct cgn_cmd_ctx *ctx)
{
	struct asked *asked = begin(ctx, CGN_CHANGE_CONFIRM);

	if (!asked)
		return -ENOMEM;
	asked->choose = choose_waiting;
	return 0;
}

/* Of a commit that waits to be confirmed, the configuration before it; else an entry. */
static bool
choose_entry(struct asked *asked, const struct cgn_daemon *d)
{
	const struct cgn_history_list *list = &d->commits->list;

	snprintf(asked->called, sizeof(asked->called), "rollback %u", asked->back);
	asked->ask.path = asked->called;
	asked->ask.put = true;
	if (d->commits->waiting && asked->back == 1) {
		asked->ask.text = d->commits->back;
		return true;
	}
	asked->none = "there are not so many configurations in \"show config history\"";
	if (asked->back >= list->n)
		return false;
	asked->ask.entry = list->entry[asked->back].number;
	return true;
}

int
cgn_rollback(struct cgn_cmd_ctx *ctx)
{
	struct asked *asked = begin(ctx, CGN_CHANGE_COMMIT);

	if (!asked)
		return -ENOMEM;
	asked->back = ctx->call.arg ? (uint32_t)strtoul(ctx->call.arg, NULL, 10) : 1;
	asked->choose = choose_entry;
	return 0;
}
