/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clear session, clear user: what matches is removed by its worker, some per question, so
 * that traffic goes on. The answer is how many there were; it is given when all are gone.
 * A client that leaves early stops the clearing where it is. Control lcore.
 */
#include <stdlib.h>

#include "control/log.h"
#include "control/select.h"
#include "control/show.h"

#define BATCH 1024 /* entries that one question clears */

struct clear {
	struct cgn_query *query;
	json_int_t cleared;
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct clear *clear = ctx->state;

	cgn_query_destroy(clear->query);
	free(clear);
}

static int
next_batch(struct cgn_cmd_ctx *ctx)
{
	struct clear *clear = ctx->state;
	struct cgn_query *q = clear->query;
	int rc = cgn_query_step(q, BATCH);

	if (rc == -ETIMEDOUT)
		return cgn_cmd_refuse(ctx,
			"board %u/%u does not answer; cleared %" JSON_INTEGER_FORMAT,
			q->daemon->worker[q->at]->conf.slot,
			q->daemon->worker[q->at]->conf.cpu, clear->cleared);
	if (rc == CGN_QUERY_BATCH)
		clear->cleared += q->msg.n;
	if (rc != CGN_QUERY_END)
		return CGN_CMD_AGAIN;
	cgn_log_event(LOG_NOTICE, "%s: %" JSON_INTEGER_FORMAT " by command",
		ctx->call.def->words, clear->cleared);
	cgn_cmd_reply(ctx, json_integer(clear->cleared));
	return CGN_CMD_DONE;
}

static int
start_clear(struct cgn_cmd_ctx *ctx, enum cgn_msg_op op)
{
	struct cgn_select select;
	struct clear *clear;
	int rc = cgn_select_init(&select, ctx, ctx->app);

	if (rc != 0)
		return rc;
	if (select.nothing) {
		cgn_cmd_reply(ctx, json_integer(0));
		return 0;
	}
	clear = calloc(1, sizeof(*clear));
	if (clear == NULL)
		return -ENOMEM;
	ctx->state = clear;
	ctx->release = release;
	ctx->next = next_batch;
	clear->query = cgn_query_create(ctx->app, 0, BATCH);
	if (clear->query == NULL)
		return -ENOMEM;
	clear->query->msg.op = (uint8_t)op;
	clear->query->msg.filter = select.filter;
	clear->query->msg.filter.role = CGN_ROLES_ACTIVE; /* copies follow */
	clear->query->slot = select.slot;
	return 0;
}

int
cgn_clear_session(struct cgn_cmd_ctx *ctx)
{
	return start_clear(ctx, CGN_MSG_CLEAR_SESSIONS);
}

int
cgn_clear_user(struct cgn_cmd_ctx *ctx)
{
	return start_clear(ctx, CGN_MSG_CLEAR_USERS);
}
