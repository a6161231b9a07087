/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * board shutdown, board start: CPUs out of service and back. The answer comes when it is
 * done. Before a shutdown, what nobody else would take over is no longer announced; then
 * the locations of the CPUs are drained, so that their copies
 * lack nothing; one that takes too long is moved with what its copy has. In builds with
 * fault injection also debug hang and debug crash, which do to a CPU what it should never
 * do by itself, and answer at once.
 *
 * Control lcore.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/announcer.h"
#include "control/log.h"
#include "control/show.h"
#include "dataplane/sync.h"

/* Two laps of the sweep take two to six seconds, more under load. */
#define DRAIN_MS 10000

/* The CPUs that a command names: a board, or one CPU of it. */
struct named {
	uint64_t cpus; /* a bit each */
	uint64_t until_ms;
	bool draining;
};

static int
find_cpus(struct cgn_cmd_ctx *ctx, uint64_t *cpus)
{
	const struct cgn_daemon *d = ctx->app;
	unsigned long slot = strtoul(ctx->call.arg, NULL, 10);

	*cpus = 0;
	for (uint16_t i = 0; i < d->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = d->conf->cpus[i];

		if (cpu->slot == slot && (!ctx->call.arg2 || strtoul(ctx->call.arg2, NULL,
								     10) == cpu->cpu))
			*cpus |= 1ull << i;
	}
	if (*cpus)
		return 0;
	if (ctx->call.arg2)
		return cgn_cmd_refuse(
			ctx, "board %s has no CPU %s", ctx->call.arg, ctx->call.arg2);
	return cgn_cmd_refuse(ctx, "no board %s", ctx->call.arg);
}

static void
reply(struct cgn_cmd_ctx *ctx, uint64_t cpus)
{
	const struct cgn_daemon *d = ctx->app;
	json_t *list = json_array();

	for (uint16_t i = 0; i < d->n_cpus; i++)
		if (cpus >> i & 1)
			json_array_append_new(
				list, json_pack("{s:i,s:i,s:s}", "slot",
					      (int)d->conf->cpus[i]->slot, "cpu",
					      (int)d->conf->cpus[i]->cpu, "state",
					      cgn_show_cpu_state(d, i)));
	cgn_cmd_reply(ctx, json_pack("{s:o}", "cpus", list));
}

/* Do these CPUs host that location, and is there somebody who can take it over? */
static bool
is_to_move(const struct cgn_daemon *d, const struct named *named, uint16_t location)
{
	const struct cgn_location *l = &d->snap->location[location];

	return l->worker < d->n_cpus && named->cpus >> l->worker & 1 &&
	       cgn_watch_is_well(&d->watch, l->worker) && l->standby < d->n_cpus &&
	       cgn_watch_is_well(&d->watch, l->standby);
}

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct cgn_daemon *d = ctx->app;
	const struct named *named = ctx->state;

	cgn_announcer_hold_cpus(d, named->cpus, false);
	for (uint16_t i = 0; named->draining && i < d->snap->n_locations; i++)
		if (is_to_move(d, named, i))
			cgn_sync_ask(d->worker[d->snap->location[i].worker], i,
				CGN_SYNC_ASK_GO_ON);
	free(ctx->state);
}

static int
wait_steady(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	const struct named *named = ctx->state;

	for (uint16_t i = 0; i < d->n_cpus; i++)
		if (named->cpus >> i & 1 && d->watch.cpu[i].step != CGN_WATCH_STEADY)
			return CGN_CMD_AGAIN;
	reply(ctx, named->cpus);
	return CGN_CMD_DONE;
}

static int
name_cpus(struct cgn_cmd_ctx *ctx)
{
	struct named *named = calloc(1, sizeof(*named));

	if (!named)
		return -ENOMEM;
	ctx->state = named;
	ctx->release = release;
	return find_cpus(ctx, &named->cpus);
}

/* Does it to all CPUs named; one that refuses is told, unless another took it. */
static int
change(struct cgn_cmd_ctx *ctx,
	int (*what)(struct cgn_daemon *d, uint16_t cpu, char *err, size_t err_size))
{
	struct cgn_daemon *d = ctx->app;
	const struct named *named = ctx->state;
	char err[256] = "";
	unsigned done = 0;

	for (uint16_t i = 0; i < d->n_cpus; i++)
		if (named->cpus >> i & 1)
			done += what(d, i, err, sizeof(err)) == 0;
	if (!done)
		return cgn_cmd_refuse(ctx, "%s", err);
	ctx->next = wait_steady;
	return 0;
}

/* All copies are asked for, whatever the first ones say. */
static int
wait_drained(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	struct named *named = ctx->state;
	bool ready = true;
	int rc;

	if (!cgn_announcer_is_gone(d))
		return CGN_CMD_AGAIN;
	for (uint16_t i = 0; i < d->snap->n_locations; i++)
		if (is_to_move(d, named, i))
			ready &= cgn_sync_ready(
				d->worker[d->snap->location[i].worker], d->snap, i);
	if (!ready && d->now_ms < named->until_ms)
		return CGN_CMD_AGAIN;
	if (!ready)
		cgn_log_event(LOG_WARNING,
			"board %s: a copy is not complete after %u s; it moves without",
			ctx->call.arg, DRAIN_MS / 1000);
	named->draining = false;
	rc = change(ctx, cgn_watch_shutdown);
	return rc ? rc : CGN_CMD_AGAIN;
}

int
cgn_board_shutdown(struct cgn_cmd_ctx *ctx)
{
	struct cgn_daemon *d = ctx->app;
	int rc = name_cpus(ctx);
	struct named *named = ctx->state;

	if (rc)
		return rc;
	named->draining = true;
	named->until_ms = d->now_ms + d->conf->routing.withdraw_ms + DRAIN_MS;
	cgn_announcer_hold_cpus(d, named->cpus, true);
	ctx->next = wait_drained;
	return 0;
}

int
cgn_board_start(struct cgn_cmd_ctx *ctx)
{
	int rc = name_cpus(ctx);

	return rc ? rc : change(ctx, cgn_watch_start);
}

#ifdef CGN_FAULT_INJECTION
static int
harm(struct cgn_cmd_ctx *ctx, enum cgn_lcore_fault fault)
{
	struct cgn_daemon *d = ctx->app;
	uint64_t cpus;
	int rc = find_cpus(ctx, &cpus);

	if (rc)
		return rc;
	for (uint16_t i = 0; i < d->n_cpus; i++)
		if (cpus >> i & 1)
			__atomic_store_n(&d->rt.lcore[i]->fault, fault, __ATOMIC_RELAXED);
	cgn_log_event(LOG_WARNING, "%s %s %s", ctx->call.def->words, ctx->call.arg,
		ctx->call.arg2 ? ctx->call.arg2 : "");
	reply(ctx, cpus);
	return 0;
}

int
cgn_debug_hang(struct cgn_cmd_ctx *ctx)
{
	return harm(ctx, CGN_LCORE_HANG);
}

int
cgn_debug_crash(struct cgn_cmd_ctx *ctx)
{
	return harm(ctx, CGN_LCORE_CRASH);
}
#endif
