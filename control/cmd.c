/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands in progress: from one line of JSON to pages of an answer.
 *
 * A handler is a start function. It answers at once (cgn_cmd_reply), or names a list
 * whose entries are built a few per turn (cgn_cmd_reply_list), or becomes a producer by
 * setting next and release. Nobody waits here: a producer whose data come from a worker
 * says CGN_CMD_AGAIN and is asked on a later turn of the control loop. No transport is
 * known in this file. All of it runs on the control lcore.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cmd.h"

/* Words of one request: the longest command with every filter. */
#define ARGV_MAX (CGN_CMD_WORDS_MAX + CGN_CMD_FILTERS_MAX)

/* Entries per page of cgn_cmd_reply_list(): about 0.2 ms of work. */
#define LIST_PAGE 32

__attribute__((format(printf, 3, 4))) static void
fail(struct cgn_cmd_ctx *ctx, int exit_code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ctx->error, sizeof(ctx->error), format, args);
	va_end(args);
	ctx->exit_code = exit_code;
}

static int
read_argv(struct cgn_cmd_ctx *ctx, const char *line, size_t len, const char **argv)
{
	json_error_t error;
	json_t *words, *word;
	size_t i;

	ctx->request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (ctx->request == NULL) {
		fail(ctx, 2, "malformed request: %s", error.text);
		return -EINVAL;
	}
	words = json_object_get(ctx->request, "argv");
	if (!json_is_array(words)) {
		fail(ctx, 2, "malformed request: no \"argv\" array");
		return -EINVAL;
	}
	if (json_array_size(words) > ARGV_MAX) {
		fail(ctx, 2, "malformed request: more than %d words", ARGV_MAX);
		return -E2BIG;
	}
	json_array_foreach(words, i, word)
	{
		if (!json_is_string(word)) {
			fail(ctx, 2, "malformed request: word %zu is not a string", i);
			return -EINVAL;
		}
		argv[i] = json_string_value(word);
	}
	return (int)i;
}

void
cgn_cmd_begin(struct cgn_cmd_ctx *ctx, const struct cgn_cmd_handlers *handlers, void *app,
	const char *line, size_t len)
{
	const char *argv[ARGV_MAX];
	int argc, rc;

	ctx->app = app;
	argc = read_argv(ctx, line, len, argv);
	if (argc < 0)
		return;
	if (cgn_cmd_grammar_parse(
		    argc, argv, &ctx->call, ctx->error, sizeof(ctx->error)) != 0) {
		ctx->exit_code = 2;
		return;
	}
	if (handlers->start[ctx->call.def->id] == NULL) {
		fail(ctx, 2, "%s: not a command of the daemon", ctx->call.def->words);
		return;
	}
	rc = handlers->start[ctx->call.def->id](ctx);
	if (rc < 0 && ctx->exit_code == 0)
		fail(ctx, 1, "%s: %s", ctx->call.def->words, strerror(-rc));
}

enum cgn_cmd_step
cgn_cmd_next(struct cgn_cmd_ctx *ctx)
{
	int rc;

	if (ctx->next == NULL || ctx->exit_code != 0)
		return CGN_CMD_DONE;
	rc = ctx->next(ctx);
	if (rc < 0 && ctx->exit_code == 0)
		fail(ctx, 1, "%s: %s", ctx->call.def->words, strerror(-rc));
	return rc < 0 ? CGN_CMD_DONE : (enum cgn_cmd_step)rc;
}

bool
cgn_cmd_is_stream(const struct cgn_cmd_ctx *ctx)
{
	return ctx->next != NULL && ctx->exit_code == 0 && ctx->call.def->stream;
}

void
cgn_cmd_finish(struct cgn_cmd_ctx *ctx)
{
	if (ctx->release != NULL)
		ctx->release(ctx);
	free(ctx->reason);
	json_decref(ctx->page);
	json_decref(ctx->request);
	memset(ctx, 0, sizeof(*ctx));
}

void
cgn_cmd_reply(struct cgn_cmd_ctx *ctx, json_t *result)
{
	if (ctx->page == NULL)
		ctx->page = json_object();
	json_object_set_new(ctx->page, ctx->call.def->result, result);
}

void
cgn_cmd_reply_text(struct cgn_cmd_ctx *ctx, const char *entries, size_t len)
{
	ctx->text = entries;
	ctx->text_len = len;
}

void
cgn_cmd_reply_next(struct cgn_cmd_ctx *ctx, const char *token)
{
	cgn_cmd_reply_more(ctx, "next", token != NULL ? json_string(token) : json_null());
}

void
cgn_cmd_reply_more(struct cgn_cmd_ctx *ctx, const char *key, json_t *value)
{
	if (ctx->page == NULL)
		ctx->page = json_object();
	json_object_set_new(ctx->page, key, value);
}

static int
next_entries(struct cgn_cmd_ctx *ctx)
{
	json_t *entries = json_array();

	for (int i = 0; i < LIST_PAGE && ctx->entry_index < ctx->entry_count; i++) {
		json_t *entry = ctx->entry(ctx, ctx->entry_index);

		if (entry == NULL) {
			ctx->entry_count = ctx->entry_index;
			break;
		}
		if (json_is_null(entry))
			json_decref(entry);
		else
			json_array_append_new(entries, entry);
		ctx->entry_index++;
	}
	cgn_cmd_reply(ctx, entries);
	return ctx->entry_index < ctx->entry_count ? CGN_CMD_MORE : CGN_CMD_DONE;
}

int
cgn_cmd_reply_list(struct cgn_cmd_ctx *ctx, size_t count, cgn_cmd_entry_fn *entry)
{
	ctx->entry = entry;
	ctx->entry_index = 0;
	ctx->entry_count = count;
	ctx->next = next_entries;
	return 0;
}

int
cgn_cmd_reply_one(struct cgn_cmd_ctx *ctx, size_t index, cgn_cmd_entry_fn *entry)
{
	int rc = cgn_cmd_reply_list(ctx, index + 1, entry);

	ctx->entry_index = index;
	return rc;
}

int
cgn_cmd_refuse(struct cgn_cmd_ctx *ctx, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ctx->error, sizeof(ctx->error), format, args);
	va_end(args);
	ctx->exit_code = 1;
	return -EPERM;
}

int
cgn_cmd_refuse_text(struct cgn_cmd_ctx *ctx, const char *reason)
{
	size_t n = strlen(reason);

	while (n > 0 && reason[n - 1] == '\n')
		n--;
	free(ctx->reason);
	ctx->reason = strndup(reason, n);
	return cgn_cmd_refuse(ctx, "%s", reason);
}
