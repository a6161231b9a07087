/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * debug …: what tests do to a running box. Built with -Dfault_injection=true alone; in
 * other builds there is no such command.
 *
 * debug clock SECONDS turns the clock of the path and of the control lcore on, so that a
 * test of a timer of two hours does not last as long. Wall clock, heartbeats and the
 * other end of a connection do not notice. It is never turned back.
 *
 * debug kill-commit N ends the process where a commit has done N steps
 * (control/change.c).
 */
#include <stdlib.h>

#include "control/change.h"
#include "control/log.h"
#include "control/show.h"

int
cgn_debug_clock(struct cgn_cmd_ctx *ctx)
{
	struct cgn_daemon *d = ctx->app;
	uint64_t seconds = ctx->call.arg != NULL ? strtoull(ctx->call.arg, NULL, 10) : 0;
	uint64_t turned = d->rt.turned_ms + seconds * 1000;

	__atomic_store_n(&d->rt.turned_ms, turned, __ATOMIC_RELAXED);
	if (seconds != 0)
		cgn_log_event(
			LOG_WARNING, "debug: the clock is turned by %lu s", seconds);
	cgn_cmd_reply(ctx, json_pack("{s:I}", "turned_s", (json_int_t)(turned / 1000)));
	return 0;
}

int
cgn_debug_kill_commit(struct cgn_cmd_ctx *ctx)
{
	unsigned step = (unsigned)strtoul(ctx->call.arg, NULL, 10);

	cgn_change_kill(ctx->app, step);
	cgn_cmd_reply(ctx, json_pack("{s:I}", "step", (json_int_t)step));
	return 0;
}
