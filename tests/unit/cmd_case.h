/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_UNIT_CMD_CASE_H
#define CGN_TESTS_UNIT_CMD_CASE_H

/* A command server with handlers that answer from nothing, and a client's side of the
 * socket, for one test program. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/cmd_server.h"
#include "tests/unit/suite.h"

#define PAGE 50

/* Freed memory that AddressSanitizer keeps aside would be taken for growth. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

static struct {	      /* what the fake handlers were asked for */
	long entries; /* length of the fake session table */
	long pages, released, waits;
} fake;

static struct cgn_cmd_server *server;
static char dir[] = "/tmp/cgn-cmd-XXXXXX";

static int
start_version(struct cgn_cmd_ctx *ctx)
{
	cgn_cmd_reply(ctx, json_pack("{s:s}", "version", "1"));
	return 0;
}

static int
next_sessions(struct cgn_cmd_ctx *ctx)
{
	long *at = ctx->state;
	json_t *page = json_array();

	for (int i = 0; i < PAGE && *at < fake.entries; i++)
		json_array_append_new(page, json_pack("{s:i}", "n", (int)(*at)++));
	cgn_cmd_reply(ctx, page);
	fake.pages++;
	return *at < fake.entries ? CGN_CMD_MORE : CGN_CMD_DONE;
}

static void
release_state(struct cgn_cmd_ctx *ctx)
{
	free(ctx->state);
	fake.released++;
}

static int
start_sessions(struct cgn_cmd_ctx *ctx)
{
	ctx->state = calloc(1, sizeof(long));
	ctx->next = next_sessions;
	ctx->release = release_state;
	return 0;
}

/* A worker that takes five turns to answer. */
static int
next_late(struct cgn_cmd_ctx *ctx)
{
	if (++fake.waits < 5)
		return CGN_CMD_AGAIN;
	cgn_cmd_reply(ctx, json_array());
	cgn_cmd_reply_next(ctx, "token");
	return CGN_CMD_DONE;
}

static int
start_late(struct cgn_cmd_ctx *ctx)
{
	ctx->next = next_late;
	return 0;
}

static int
start_refused(struct cgn_cmd_ctx *ctx)
{
	return cgn_cmd_refuse(ctx, "no instance %s", ctx->call.arg);
}

static int
start_huge(struct cgn_cmd_ctx *ctx)
{
	size_t size = 20u << 20;
	char *text = malloc(size);

	memset(text, 'x', size);
	cgn_cmd_reply(ctx, json_stringn(text, size));
	free(text);
	return 0;
}

/* An answer that has no end of its own. */
static int
next_stream(struct cgn_cmd_ctx *ctx)
{
	fake.pages++;
	cgn_cmd_reply(ctx, json_array());
	if (ctx->stop) {
		cgn_cmd_reply_more(ctx, "traced", json_integer(7));
		return CGN_CMD_DONE;
	}
	return fake.pages == 1 ? CGN_CMD_MORE : CGN_CMD_LATER;
}

static int
start_stream(struct cgn_cmd_ctx *ctx)
{
	ctx->next = next_stream;
	ctx->release = release_state;
	return 0;
}

static const struct cgn_cmd_handlers
	handlers = { .start = {
			     [CGN_CMD_SHOW_VERSION] = start_version,
			     [CGN_CMD_SHOW_SESSION] = start_sessions,
			     [CGN_CMD_SHOW_USER] = start_late,
			     [CGN_CMD_SHOW_NAT] = start_refused,
			     [CGN_CMD_SHOW_CONFIG] = start_huge,
			     [CGN_CMD_TRACE] = start_stream,
		     } };

static void
open_server(void)
{
	char err[256];

	memset(&fake, 0, sizeof(fake));
	CU_ASSERT_EQUAL_FATAL(cgn_cmd_server_create(dir, (gid_t)-1, &handlers, NULL,
				      &server, err, sizeof(err)),
		0);
}

static void
close_server(void)
{
	cgn_cmd_server_destroy(server);
	server = NULL;
}

static int
dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/cgnd.sock", dir);
	CU_ASSERT_EQUAL_FATAL(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
ask(int fd, const char *text)
{
	CU_ASSERT_EQUAL(
		send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One line of an answer, NULL when the server hung up or gave nothing in many turns. */
static char *
read_line(int fd)
{
	static char line[1 << 20];
	size_t len = 0;

	for (int turn = 0; turn < 1000;) {
		ssize_t n = recv(fd, line + len, sizeof(line) - 1 - len, MSG_PEEK);
		char *end = n > 0 ? memchr(line + len, '\n', (size_t)n) : NULL;

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return NULL;
		if (n < 0) {
			cgn_cmd_server_poll(server);
			turn++;
			continue;
		}
		if (end != NULL)
			n = end + 1 - (line + len);
		CU_ASSERT_EQUAL(recv(fd, line + len, (size_t)n, 0), n);
		len += (size_t)n;
		if (end != NULL) {
			*end = '\0';
			return line;
		}
	}
	return NULL;
}

/* The last frame's exit code; entries receives the length of the lists before it. */
static int
read_answer(int fd, long *entries)
{
	long count = 0;
	int code = -1;

	while (code < 0) {
		char *line = read_line(fd);
		json_t *frame, *page, *list = NULL;

		if (line == NULL)
			return -1;
		frame = json_loads(line, 0, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
		page = json_object_get(frame, "page");
		if (page != NULL)
			list = json_object_iter_value(json_object_iter(page));
		else
			code = (int)json_integer_value(json_object_get(frame, "exit"));
		count += (long)json_array_size(list);
		json_decref(frame);
	}
	if (entries != NULL)
		*entries = count;
	return code;
}

#endif
