/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show config history: the configurations that were in effect, the newest first, with the
 * number that rollback takes. What is on the disk is in memory, too: nothing is read
 * here.
 *
 * Control lcore.
 */
#include <string.h>

#include "control/commit.h"
#include "control/show.h"

static json_t *
show_confirm_left(const struct cgn_daemon *d)
{
	if (!d->commits->waiting)
		return json_null();
	return json_integer(
		(json_int_t)(d->commits->until_ms > d->now_ms
				     ? (d->commits->until_ms - d->now_ms + 999) / 1000
				     : 0));
}

/* Of entries with the same text the newest. */
static bool
is_running(const struct cgn_commits *commits, size_t index)
{
	size_t first = 0;

	while (first < index &&
		strcmp(commits->list.entry[first].hash, commits->running) != 0)
		first++;
	return first == index &&
	       strcmp(commits->list.entry[index].hash, commits->running) == 0;
}

static json_t *
show_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_commits *commits = d->commits;
	const struct cgn_history_entry *e;
	struct timespec when;

	if (index >= commits->list.n)
		return NULL;
	e = &commits->list.entry[index];
	when.tv_sec = (time_t)(e->when / 1000);
	when.tv_nsec = (long)(e->when % 1000 * 1000000);
	return json_pack("{s:I,s:o,s:s,s:s,s:s?,s:b,s:o}", "rollback", (json_int_t)index,
		"time", cgn_show_time(&when), "who", e->who, "hash", e->hash, "comment",
		e->comment[0] ? e->comment : NULL, "running", is_running(commits, index),
		"confirm_s", index == 0 ? show_confirm_left(d) : json_null());
}

int
cgn_show_config_history(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	return cgn_cmd_reply_list(ctx, d->commits->list.n, show_entry);
}
