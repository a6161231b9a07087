/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real cgnctl against a real command server whose handlers are made up: documents,
 * tables, exit codes, and an answer of a million entries in constant memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/cmd_server.h"
#include "tests/unit/suite.h"

/* Freed memory that AddressSanitizer keeps aside would be taken for growth. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

static struct cgn_cmd_server *server;
static char dir[] = "/tmp/cgn-ctl-XXXXXX";
static const char *cgnctl;
static long session_count;

static int
start_board(struct cgn_cmd_ctx *ctx)
{
	cgn_cmd_reply(
		ctx, json_pack("[{s:i,s:i,s:s,s:f,s:n},{s:i,s:i,s:s,s:f,s:i}]", "slot", 1,
			     "cpu", 0, "state", "up", "load", 0.25, "sessions", "slot", 2,
			     "cpu", 0, "state", "down", "load", 0.0, "sessions", 12345));
	return 0;
}

static int
start_location(struct cgn_cmd_ctx *ctx)
{
	cgn_cmd_reply(ctx,
		json_pack("[{s:i,s:{s:i,s:i},s:{s:i,s:i,s:s},s:{s:s,s:i,s:s},s:[s,s]}]",
			"id", 1, "configured", "slot", 1, "cpu", 0, "backup", "slot", 2,
			"cpu", 1, "state", "up", "vrrp", "port", "inside", "vrid", 10,
			"state", "master", "addresses", "192.0.2.1", "192.0.2.2"));
	return 0;
}

static int
start_empty(struct cgn_cmd_ctx *ctx)
{
	(void)ctx;
	return 0;
}

/* Entries that the daemon wrote as text: cgnctl does not read them to print JSON. */
static int
next_text(struct cgn_cmd_ctx *ctx)
{
	static const char *const entries[] = { "{\"address\":\"x},{\\\"y\\\\\"}",
		"{\"address\":\"2\",\"held\":[1,{\"c\":2}]},{\"address\":\"]}}\"}" };
	long *at = ctx->state;

	cgn_cmd_reply_text(ctx, entries[*at], strlen(entries[*at]));
	return ++*at < 2 ? CGN_CMD_MORE : CGN_CMD_DONE;
}

static int
start_statistics(struct cgn_cmd_ctx *ctx)
{
	cgn_cmd_reply(ctx, json_pack("{s:{s:i},s:{s:i,s:b}}", "drops", "no_route", 7,
				   "flows", "received", 9, "exact", 1));
	return 0;
}

static int
start_ha(struct cgn_cmd_ctx *ctx)
{
	cgn_cmd_reply(ctx, json_pack("{s:b,s:[{s:i,s:s}],s:[{s:s,s:[[i,i]]}]}",
				   "hot_backup", 0, "channels", "location", 1, "state",
				   "down", "others", "name", "x", "ranges", 5, 9));
	return 0;
}

static int
start_refused(struct cgn_cmd_ctx *ctx)
{
	return cgn_cmd_refuse(ctx, "no instance \"%s\"", ctx->call.arg);
}

static int
next_sessions(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_cmd_value *limit = cgn_cmd_grammar_filter(&ctx->call, "limit");
	long end = limit != NULL ? (long)limit->number : session_count;
	long *at = ctx->state;
	json_t *page = json_array();

	for (int i = 0; i < 64 && *at < end; i++, ++*at)
		json_array_append_new(page,
			json_pack("{s:s,s:i}", "instance", "nat1", "age", (int)*at));
	cgn_cmd_reply(ctx, page);
	if (*at < end)
		return CGN_CMD_MORE;
	cgn_cmd_reply_next(ctx, limit != NULL ? "w0-77" : NULL);
	return CGN_CMD_DONE;
}

static void
release_state(struct cgn_cmd_ctx *ctx)
{
	free(ctx->state);
}

static int
start_sessions(struct cgn_cmd_ctx *ctx)
{
	ctx->state = calloc(1, sizeof(long));
	ctx->next = next_sessions;
	ctx->release = release_state;
	return 0;
}

static int
start_text(struct cgn_cmd_ctx *ctx)
{
	start_sessions(ctx);
	ctx->next = next_text;
	return 0;
}

static int
next_death(struct cgn_cmd_ctx *ctx)
{
	(void)ctx;
	return -ESHUTDOWN;
}

static const struct cgn_cmd_handlers
	handlers = { .start = {
			     [CGN_CMD_SHOW_BOARD] = start_board,
			     [CGN_CMD_SHOW_LOCATION] = start_location,
			     [CGN_CMD_SHOW_ROUTES] = start_empty,
			     [CGN_CMD_SHOW_USER] = start_empty,
			     [CGN_CMD_SHOW_STATISTICS] = start_statistics,
			     [CGN_CMD_SHOW_HA] = start_ha,
			     [CGN_CMD_SHOW_NAT] = start_refused,
			     [CGN_CMD_SHOW_SESSION] = start_sessions,
			     [CGN_CMD_SHOW_LOG] = next_death,
			     [CGN_CMD_SHOW_NEIGHBOURS] = start_text,
		     } };

/* What a run of cgnctl gave. Output beyond the buffers is passed to eat() alone. */
static struct {
	int code;
	long rss_kb;
	size_t out_len, err_len;
	char out[65536], err[4096];
} run;

static void (*eat)(const char *bytes, size_t len);

static pid_t
spawn(const char *command, int *out, int *err)
{
	char copy[256],
		*argv[32] = { (char *)(uintptr_t) "cgnctl",
			(char *)(uintptr_t) "--run-dir", dir },
		*save = NULL;
	int outs[2], errs[2], argc = 3;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", command);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	CU_ASSERT_EQUAL_FATAL(pipe2(outs, O_CLOEXEC) | pipe2(errs, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(outs[1], 1);
		dup2(errs[1], 2);
		execv(cgnctl, argv);
		_exit(127);
	}
	close(outs[1]);
	close(errs[1]);
	*out = outs[0];
	*err = errs[0];
	return pid;
}

static void
take(char *buffer, size_t size, size_t *len, const char *bytes, size_t n)
{
	if (*len + n < size)
		memcpy(buffer + *len, bytes, n);
	*len += n;
}

/* Reads what the child printed; false at the end of the pipe. */
static bool
drain(int fd, bool is_err)
{
	char bytes[16384];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n <= 0)
		return false;
	if (is_err)
		take(run.err, sizeof(run.err), &run.err_len, bytes, (size_t)n);
	else
		take(run.out, sizeof(run.out), &run.out_len, bytes, (size_t)n);
	if (!is_err && eat != NULL)
		eat(bytes, (size_t)n);
	return true;
}

/* Runs cgnctl, and the server meanwhile, until both its pipes are closed. */
static int
ctl(const char *command)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct rusage usage;
	int status, open = 2;
	pid_t pid;

	memset(&run, 0, sizeof(run));
	pid = spawn(command, &fds[0].fd, &fds[1].fd);
	while (open > 0) {
		unsigned busy = server != NULL ? cgn_cmd_server_poll(server) : 0;

		poll(fds, 2, busy > 0 ? 0 : 1);
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents != 0 && !drain(fds[i].fd, i == 1)) {
				close(fds[i].fd);
				fds[i].fd = -1;
				open--;
			}
		}
	}
	CU_ASSERT_EQUAL_FATAL(wait4(pid, &status, 0, &usage), pid);
	run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	run.rss_kb = usage.ru_maxrss;
	return run.code;
}

static json_t *
ctl_json(const char *command)
{
	json_t *document;

	CU_ASSERT_EQUAL(ctl(command), 0);
	CU_ASSERT_EQUAL(run.err_len, 0);
	document = json_loads(run.out, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(document);
	return document;
}

static void
test_usage(void)
{
	static const char *const wrong[] = { "", "show", "show sessions", "--bogus",
		"show version --bogus", "show session color=red",
		"show session limit=none", "show service-location x", "reload",
		"debug hang 1" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CU_ASSERT_EQUAL(ctl(wrong[i]), 2);
		CU_ASSERT_EQUAL(run.out_len, 0);
		CU_ASSERT_NOT_EQUAL(run.err_len, 0);
	}
	CU_ASSERT_EQUAL(ctl("show session color=red"), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "remote, location, slot, role"));
	CU_ASSERT_EQUAL(ctl("help"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "show nat instance [NAME]"));
	json_decref(ctl_json("--json help"));
}

static void
test_exit_codes(void)
{
	CU_ASSERT_EQUAL(ctl("show nat instance n9"), 1);
	CU_ASSERT_STRING_EQUAL(run.err, "cgnctl: no instance \"n9\"\n");
	CU_ASSERT_EQUAL(run.out_len, 0);
	CU_ASSERT_EQUAL(ctl("--json show nat instance n9"), 1);
	CU_ASSERT_EQUAL(run.out_len, 0);
	CU_ASSERT_EQUAL(ctl("show vrrp"), 2); /* the daemon does not know it */
	CU_ASSERT_EQUAL(ctl("show log"), 1);
	CU_ASSERT_EQUAL(ctl("--run-dir /nonexistent show board"), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "no daemon at /nonexistent"));
	CU_ASSERT_EQUAL(ctl("show session limit=5 --json"), 0);
}

static void
test_documents(void)
{
	json_t *d = ctl_json("--json show board");

	CU_ASSERT_EQUAL(json_array_size(json_object_get(d, "boards")), 2);
	CU_ASSERT_EQUAL(json_object_size(d), 1);
	json_decref(d);
	d = ctl_json("--json show routes");
	CU_ASSERT_TRUE(json_is_array(json_object_get(d, "routes")));
	json_decref(d);
	d = ctl_json("--json show user");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(d, "users")), 0);
	CU_ASSERT_TRUE(json_is_null(json_object_get(d, "next")));
	json_decref(d);
	d = ctl_json("--json show session limit=100");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(d, "sessions")), 100);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(d, "next")), "w0-77");
	json_decref(d);
	d = ctl_json("--json show neighbours");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(d, "neighbours")), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\n{\"address\":\"2\","));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "},\n{\"address\":\"]}}\"}\n]}"));
	json_decref(d);
	d = ctl_json("--json show statistics");
	CU_ASSERT_TRUE(json_is_object(
		json_object_get(json_object_get(d, "statistics"), "drops")));
	json_decref(d);
}

static void
test_tables(void)
{
	CU_ASSERT_EQUAL(ctl("show board"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "SLOT  CPU"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\n   1    0"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "  0.25         -  "));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "  0.00     12345  "));
	CU_ASSERT_EQUAL(ctl("show neighbours"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\nx},{\"y\\ "));
	CU_ASSERT_EQUAL(ctl("show service-location"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, " 1/0 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, " 2/1 up "));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, " inside/10 master "));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "192.0.2.1,192.0.2.2\n"));
	CU_ASSERT_EQUAL(ctl("show service-location 1"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "id: 1\nconfigured:\n  slot: 1\n"));
	CU_ASSERT_EQUAL(ctl("show routes"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "PREFIX "));
	CU_ASSERT_PTR_EQUAL(strchr(run.out, '\n') + 1, run.out + run.out_len);
	CU_ASSERT_EQUAL(ctl("show session limit=100"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\nnext: w0-77\n"));
}

static void
test_objects(void)
{
	CU_ASSERT_EQUAL(ctl("show statistics"), 0);
	CU_ASSERT_STRING_EQUAL(run.out, "drops:\n  no_route: 7\nflows:\n  received: 9\n"
					"  exact: yes\n");
	CU_ASSERT_EQUAL(ctl("show ha"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "hot_backup: no\nchannels:\n  LOCATION"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(run.out, "others:\n  #1\n    name: x\n    ranges: 5-9\n"));
}

/* Counts the entries of a document that does not fit, and checks that they are in
 * order and each a JSON text of its own. */
static struct {
	long entries, wrong;
	size_t len;
	char line[4096];
} seen;

static void
check_line(char *line, size_t len)
{
	json_t *entry;

	if (line[0] != '{' || strncmp(line, "{\"sessions", 10) == 0)
		return;
	if (line[len - 1] == ',')
		len--;
	entry = json_loadb(line, len, 0, NULL);
	if (json_integer_value(json_object_get(entry, "age")) != seen.entries++)
		seen.wrong++;
	json_decref(entry);
}

static void
count_entries(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			seen.line[seen.len] = '\0';
			if (seen.len > 0)
				check_line(seen.line, seen.len);
			seen.len = 0;
		} else if (seen.len < sizeof(seen.line) - 1) {
			seen.line[seen.len++] = bytes[i];
		}
	}
}

static void
test_million(void)
{
	struct rusage usage;
	long before;

	CU_ASSERT_EQUAL(ctl("--json show session limit=1000"), 0);
	getrusage(RUSAGE_SELF, &usage);
	before = usage.ru_maxrss;
	memset(&seen, 0, sizeof(seen));
	session_count = 1000000;
	eat = count_entries;
	CU_ASSERT_EQUAL(ctl("--json show session"), 0);
	eat = NULL;
	CU_ASSERT_EQUAL(seen.entries, 1000000);
	CU_ASSERT_EQUAL(seen.wrong, 0);
	CU_ASSERT_EQUAL(strncmp(run.out, "{\"sessions\":[\n{\"", 16), 0);
	getrusage(RUSAGE_SELF, &usage);
	printf(" [cgnctl %ld KB, server grew %ld KB] ", run.rss_kb,
		usage.ru_maxrss - before);
	CU_ASSERT_TRUE(run.rss_kb < 64 * 1024);
	CU_ASSERT_TRUE(usage.ru_maxrss - before < 16 * 1024);
}

/* A daemon that sends these bytes and dies. */
static int
ctl_against(const char *command, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), code;
	char request[512];
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/cgnd.sock", dir);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0) {
		int client = accept(fd, NULL, NULL);

		(void)!read(client, request, sizeof(request));
		(void)!write(client, answer, strlen(answer));
		_exit(0);
	}
	close(fd);
	code = ctl(command);
	waitpid(pid, NULL, 0);
	unlink(address.sun_path);
	return code;
}

static void
test_daemon_dies(void)
{
	static const char *const answers[] = { "",
		"{\"page\":{\"sessions\":[{\"age\":1}]}}\n",
		"{\"page\":{\"sessions\":[{\"age\"", "{\"exit\":0}" };

	cgn_cmd_server_destroy(server);
	server = NULL;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		CU_ASSERT_EQUAL(ctl_against("--json show session", answers[i]), 3);
		CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "gone away"));
		CU_ASSERT_PTR_NULL(strstr(run.out, "]"));
	}
	CU_ASSERT_EQUAL(ctl_against("show session", "HTTP/1.1 400\n"), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "not understood"));
	CU_ASSERT_EQUAL(ctl("show board"), 3);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "usage", test_usage },
		{ "exit codes", test_exit_codes },
		{ "JSON documents", test_documents },
		{ "tables", test_tables },
		{ "objects as text", test_objects },
		{ "a million entries", test_million },
		{ "a daemon that dies", test_daemon_dies },
		CU_TEST_INFO_NULL,
	};
	char err[256];
	int rc = 2;

	cgnctl = getenv("CGNCTL");
	setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 0);
	if (cgnctl != NULL && mkdtemp(dir) != NULL &&
		cgn_cmd_server_create(
			dir, (gid_t)-1, &handlers, NULL, &server, err, sizeof(err)) == 0)
		rc = suite_run("cgnctl", tests);
	cgn_cmd_server_destroy(server);
	rmdir(dir);
	return rc;
}
