/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands in progress, without a socket: requests, producers, refusals. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cmd.h"
#include "tests/unit/suite.h"

static struct cgn_cmd_ctx ctx;
static int calls, released;
static size_t list_length;

static int
start_version(struct cgn_cmd_ctx *c)
{
	cgn_cmd_reply(c, json_string(c->app));
	return 0;
}

static int
start_refused(struct cgn_cmd_ctx *c)
{
	return cgn_cmd_refuse(c, "no instance %s", c->call.arg);
}

static int
start_failed(struct cgn_cmd_ctx *c)
{
	(void)c;
	return -ENOMEM;
}

/* Late, then a page, then the end of the worker it came from. */
static int
next_mixed(struct cgn_cmd_ctx *c)
{
	switch (calls++) {
	case 0:
		return CGN_CMD_AGAIN;
	case 1:
		cgn_cmd_reply(c, json_array());
		return CGN_CMD_MORE;
	default:
		return -EIO;
	}
}

static void
release(struct cgn_cmd_ctx *c)
{
	CU_ASSERT_PTR_EQUAL(c->state, &calls);
	released++;
}

static int
start_mixed(struct cgn_cmd_ctx *c)
{
	c->state = &calls;
	c->next = next_mixed;
	c->release = release;
	return 0;
}

static json_t *
entry(struct cgn_cmd_ctx *c, size_t index)
{
	(void)c;
	return index < list_length ? json_integer((json_int_t)index) : NULL;
}

static int
start_list(struct cgn_cmd_ctx *c)
{
	return cgn_cmd_reply_list(c, 100, entry);
}

static const struct cgn_cmd_handlers
	handlers = { .start = {
			     [CGN_CMD_SHOW_VERSION] = start_version,
			     [CGN_CMD_SHOW_NAT] = start_refused,
			     [CGN_CMD_SHOW_HA] = start_failed,
			     [CGN_CMD_SHOW_USER] = start_mixed,
			     [CGN_CMD_SHOW_PORTS] = start_list,
		     } };

static int
begin_bytes(const char *line, size_t len)
{
	static char app[] = "app";

	memset(&ctx, 0, sizeof(ctx));
	cgn_cmd_begin(&ctx, &handlers, app, line, len);
	return ctx.exit_code;
}

static int
begin(const char *line)
{
	return begin_bytes(line, strlen(line));
}

static void
test_answers(void)
{
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"version\"]}"), 0);
	CU_ASSERT_STRING_EQUAL(
		json_string_value(json_object_get(ctx.page, "version")), "app");
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
	cgn_cmd_finish(&ctx);
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"nat\",\"instance\",\"x\"]}"), 1);
	CU_ASSERT_STRING_EQUAL(ctx.error, "no instance x");
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
	cgn_cmd_finish(&ctx);
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"ha\"]}"), 1);
	CU_ASSERT_STRING_EQUAL(ctx.error, "show ha: Cannot allocate memory");
	cgn_cmd_finish(&ctx);
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"log\"]}"), 2);
	cgn_cmd_finish(&ctx);
}

static void
test_producer(void)
{
	calls = released = 0;
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"user\"]}"), 0);
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_AGAIN);
	CU_ASSERT_PTR_NULL(ctx.page);
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_MORE);
	CU_ASSERT_PTR_NOT_NULL(ctx.page);
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
	CU_ASSERT_EQUAL(ctx.exit_code, 1);
	CU_ASSERT_STRING_EQUAL(ctx.error, "show user: Input/output error");
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
	CU_ASSERT_EQUAL(calls, 3);
	cgn_cmd_finish(&ctx);
	CU_ASSERT_EQUAL(released, 1);
	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"user\"]}"), 0);
	cgn_cmd_finish(&ctx); /* the client went away at once */
	CU_ASSERT_EQUAL(released, 2);
}

static size_t
list_all(void)
{
	size_t entries = 0;
	enum cgn_cmd_step step;

	CU_ASSERT_EQUAL(begin("{\"argv\":[\"show\",\"ports\"]}"), 0);
	do {
		step = cgn_cmd_next(&ctx);
		entries += json_array_size(json_object_get(ctx.page, "ports"));
		json_decref(ctx.page);
		ctx.page = NULL;
	} while (step == CGN_CMD_MORE);
	cgn_cmd_finish(&ctx);
	return entries;
}

static void
test_list(void)
{
	list_length = 100;
	CU_ASSERT_EQUAL(list_all(), 100);
	list_length = 70; /* it has shrunk while it was printed */
	CU_ASSERT_EQUAL(list_all(), 70);
	list_length = 0;
	CU_ASSERT_EQUAL(list_all(), 0);
}

static void
test_malformed(void)
{
	static const char *const wrong[] = { "", "x", "{}", "[]", "{\"argv\":1}",
		"{\"argv\":[1]}", "{\"argv\":[]}", "{\"argv\":[\"show\"",
		"{\"argv\":[\"\\u0000\"]}", "{\"argv\":[\"\xff\"]}",
		"{\"argv\":[\"show\",\"version\"],\"argv\":[]}",
		"{\"argv\":[\"show\",\"version\"]} {}",
		"{\"argv\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CU_ASSERT_EQUAL(begin(wrong[i]), 2);
		CU_ASSERT_NOT_EQUAL(ctx.error[0], '\0');
		CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
		cgn_cmd_finish(&ctx);
	}
}

/* Random bytes, most of them near to JSON, are refused and leave nothing behind. */
static void
test_random_bytes(void)
{
	static const char near[] = "{}[]\":,argvshow session0123\\u\xff ";
	unsigned seed = 7;
	char line[128];

	for (int i = 0; i < 50000; i++) {
		size_t len = (size_t)rand_r(&seed) % sizeof(line);

		for (size_t c = 0; c < len; c++)
			line[c] =
				rand_r(&seed) % 4 != 0
					? near[(size_t)rand_r(&seed) % (sizeof(near) - 1)]
					: (char)rand_r(&seed);
		CU_ASSERT_EQUAL_FATAL(begin_bytes(line, len), 2);
		cgn_cmd_finish(&ctx);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "answers at once", test_answers },
		{ "producers", test_producer },
		{ "lists by number", test_list },
		{ "malformed requests", test_malformed },
		{ "random bytes", test_random_bytes },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd", tests);
}
