/* SPDX-License-Identifier: BSD-3-Clause */
/* The command server over a real socket, turned by hand: nothing here waits or sleeps. */
#include "cmd_case.h"

#include <signal.h>
#include <sys/wait.h>

static int
exchange(const char *request)
{
	int fd = dial(), code;

	ask(fd, request);
	code = read_answer(fd, NULL);
	close(fd);
	return code;
}

static void
test_socket(void)
{
	char err[256], path[128], long_dir[200];
	struct cgn_cmd_server *other = NULL;
	struct stat st;

	open_server();
	snprintf(path, sizeof(path), "%s/cgnd.sock", dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(cgn_cmd_server_create(dir, (gid_t)-1, &handlers, NULL, &other,
				err, sizeof(err)),
		-EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "another cgnd"));
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	close_server();
	CU_ASSERT_NOT_EQUAL(stat(path, &st), 0);
	memset(long_dir, 'd', sizeof(long_dir));
	long_dir[sizeof(long_dir) - 1] = '\0';
	CU_ASSERT_EQUAL(cgn_cmd_server_create(long_dir, (gid_t)-1, &handlers, NULL,
				&other, err, sizeof(err)),
		-ENAMETOOLONG);
	CU_ASSERT_EQUAL(cgn_cmd_server_create("/nonexistent", (gid_t)-1, &handlers, NULL,
				&other, err, sizeof(err)),
		-ENOENT);
}

/* A socket left by a daemon that was killed is replaced. */
static void
test_stale_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/cgnd.sock", dir);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	open_server();
	CU_ASSERT_EQUAL(exchange("{\"argv\":[\"show\",\"version\"]}\n"), 0);
	close_server();
}

static void
test_answers(void)
{
	int fd;

	open_server();
	fd = dial();
	ask(fd, "{\"argv\":[\"show\",\"version\"]}\n");
	CU_ASSERT_STRING_EQUAL(
		read_line(fd), "{\"page\":{\"version\":{\"version\":\"1\"}}}");
	CU_ASSERT_STRING_EQUAL(read_line(fd), "{\"exit\":0}");
	ask(fd, "{\"argv\":[\"show\",\"nat\",\"instance\",\"n9\"]}\n");
	CU_ASSERT_STRING_EQUAL(
		read_line(fd), "{\"exit\":1,\"error\":\"no instance n9\"}");
	ask(fd, "{\"argv\":[\"show\",\"user\"]}\n");
	cgn_cmd_server_poll(server);
	CU_ASSERT_EQUAL(cgn_cmd_server_poll(server), 1); /* nothing but waiting */
	CU_ASSERT_STRING_EQUAL(
		read_line(fd), "{\"page\":{\"users\":[],\"next\":\"token\"}}");
	CU_ASSERT_STRING_EQUAL(read_line(fd), "{\"exit\":0}");
	CU_ASSERT_EQUAL(fake.waits, 5);
	ask(fd, "{\"argv\":[\"show\",\"config\"]}\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(read_line(fd), "does not fit"));
	ask(fd, "{\"argv\":[\"show\",\"ha\"]}\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(read_line(fd), "{\"exit\":2,"));
	close(fd);
	close_server();
}

/* Requests in one piece, byte by byte, and with nothing to follow. */
static void
test_arrival(void)
{
	static const char request[] = "{\"argv\":[\"show\",\"version\"]}\n";
	int fd;

	open_server();
	fd = dial();
	ask(fd, "{\"argv\":[\"show\",\"version\"]}\n{\"argv\":[\"show\",\"version\"]}\n");
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 0);
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 0);
	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		CU_ASSERT_EQUAL(send(fd, request + i, 1, 0), 1);
		cgn_cmd_server_poll(server);
	}
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 0);
	ask(fd, request);
	shutdown(fd, SHUT_WR);
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 0);
	CU_ASSERT_PTR_NULL(read_line(fd));
	close(fd);
	close_server();
}

static void
test_malformed(void)
{
	static const char *const wrong[] = { "\n", "x\n", "{\"argv\":[\"show\"\n",
		"{\"argv\":[\"show\",\"session\",\"limit=x\"]}\n",
		/* cut in the middle of a character when it is quoted */
		"{\"argv\":[\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xc3\xa9\"]}\n" };
	int fd;

	open_server();
	fd = dial();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ask(fd, wrong[i]);
		CU_ASSERT_EQUAL(read_answer(fd, NULL), 2);
	}
	close(fd);
	close_server();
}

static void
test_long_request(void)
{
	size_t size = CGN_CMD_SERVER_REQUEST_MAX;
	char *text = malloc(size + 1);
	int fd;

	open_server();
	fd = dial();
	memset(text, ' ', size);
	text[size] = '\n';
	for (size_t sent = 0; sent <= size;) {
		ssize_t n = send(fd, text + sent, size + 1 - sent, 0);

		if (n > 0)
			sent += (size_t)n;
		cgn_cmd_server_poll(server);
	}
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 2); /* a long line of blanks is read */
	text[size] = ' ';
	for (int i = 0; i < 1000; i++) {
		(void)!send(fd, text, size + 1, MSG_NOSIGNAL);
		cgn_cmd_server_poll(server);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(read_line(fd), "longer than 65536"));
	CU_ASSERT_PTR_NULL(read_line(fd));
	close(fd);
	free(text);
	close_server();
}

/* A reader that stops costs one page; others are served meanwhile; later it gets all. */
static void
test_slow_reader(void)
{
	long entries, pages, before;
	struct rusage usage;
	int slow;

	open_server();
	fake.entries = 200000;
	slow = dial();
	ask(slow, "{\"argv\":[\"show\",\"session\"]}\n");
	for (int i = 0; i < 1000; i++)
		cgn_cmd_server_poll(server);
	pages = fake.pages;
	getrusage(RUSAGE_SELF, &usage);
	before = usage.ru_maxrss;
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL_FATAL(cgn_cmd_server_poll(server), 0);
	CU_ASSERT_EQUAL(fake.pages, pages); /* stalled on the reader, not on us */
	CU_ASSERT_TRUE(pages < fake.entries / PAGE);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(exchange("{\"argv\":[\"show\",\"version\"]}\n"), 0);
	CU_ASSERT_EQUAL(read_answer(slow, &entries), 0);
	CU_ASSERT_EQUAL(entries, fake.entries);
	CU_ASSERT_EQUAL(fake.released, 1);
	getrusage(RUSAGE_SELF, &usage);
	CU_ASSERT_TRUE(usage.ru_maxrss - before < 8192);
	close(slow);
	close_server();
}

static void
test_vanishing_client(void)
{
	open_server();
	fake.entries = 1000000;
	for (int i = 0; i < 300; i++) {
		int fd = dial();

		ask(fd, "{\"argv\":[\"show\",\"session\"]}\n");
		for (int turn = 0; turn < 3 + i % 50; turn++)
			cgn_cmd_server_poll(server);
		CU_ASSERT_EQUAL(fake.released, i);
		close(fd);
		cgn_cmd_server_poll(server);
		CU_ASSERT_EQUAL_FATAL(fake.released, i + 1);
	}
	close_server();
}

/* A process that has copies of all descriptors, as the one that leaves a core file, does
 * not keep a client alive. */
static void
test_copied_client(void)
{
	int fd, ready[2];
	pid_t child;
	char any;

	open_server();
	fd = dial();
	ask(fd, "{\"argv\":[\"show\",\"version\"]}\n");
	CU_ASSERT_EQUAL(read_answer(fd, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		close(fd);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	CU_ASSERT_EQUAL(read(ready[0], &any, 1), 1);
	close(fd);
	for (unsigned k = 0; k < 3; k++)
		cgn_cmd_server_poll(server);
	CU_ASSERT_EQUAL(exchange("{\"argv\":[\"show\",\"version\"]}\n"), 0);
	CU_ASSERT_EQUAL(exchange("{\"argv\":[\"show\",\"version\"]}\n"), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	close_server();
}

static void
test_many_clients(void)
{
	int fds[CGN_CMD_SERVER_CLIENTS], extra;
	long entries;

	open_server();
	fake.entries = 2000;
	for (int i = 0; i < CGN_CMD_SERVER_CLIENTS; i++) {
		fds[i] = dial();
		ask(fds[i], "{\"argv\":[\"show\",\"session\"]}\n");
		cgn_cmd_server_poll(server);
	}
	extra = dial();
	CU_ASSERT_PTR_NOT_NULL(strstr(read_line(extra), "too many clients"));
	CU_ASSERT_PTR_NULL(read_line(extra));
	close(extra);
	for (int i = CGN_CMD_SERVER_CLIENTS - 1; i >= 0; i--) {
		CU_ASSERT_EQUAL(read_answer(fds[i], &entries), 0);
		CU_ASSERT_EQUAL(entries, fake.entries);
	}
	for (int i = 0; i < CGN_CMD_SERVER_CLIENTS; i++)
		close(fds[i]);
	cgn_cmd_server_poll(server);
	close_server();
}

/* Clients that only connect make room for those that ask, the oldest first. */
static void
test_idle_clients(void)
{
	int fds[CGN_CMD_SERVER_CLIENTS + 50], late;
	long entries;

	open_server();
	fake.entries = 3;
	for (int i = 0; i < CGN_CMD_SERVER_CLIENTS + 50; i++) {
		fds[i] = dial();
		cgn_cmd_server_poll(server);
		if (i == CGN_CMD_SERVER_CLIENTS - 1) { /* no more the oldest */
			ask(fds[0], "{\"argv\":[\"show\",\"session\"]}\n");
			CU_ASSERT_EQUAL(read_answer(fds[0], &entries), 0);
		}
	}
	late = dial();
	ask(late, "{\"argv\":[\"show\",\"session\"]}\n");
	CU_ASSERT_EQUAL(read_answer(late, &entries), 0);
	CU_ASSERT_EQUAL(entries, 3);
	CU_ASSERT_PTR_NULL(read_line(fds[1])); /* gone */
	CU_ASSERT_PTR_NULL(read_line(fds[51]));
	ask(fds[0], "{\"argv\":[\"show\",\"session\"]}\n");
	CU_ASSERT_EQUAL(read_answer(fds[0], &entries), 0);
	ask(fds[52], "{\"argv\":[\"show\",\"session\"]}\n");
	CU_ASSERT_EQUAL(read_answer(fds[52], &entries), 0);
	close(late);
	for (int i = 0; i < CGN_CMD_SERVER_CLIENTS + 50; i++)
		close(fds[i]);
	cgn_cmd_server_poll(server);
	close_server();
}

/* One turn does a bounded amount of work, however many commands are in progress. */
static void
test_turn_is_bounded(void)
{
	int fds[100];

	open_server();
	fake.entries = 1000000;
	for (int i = 0; i < 100; i++) {
		fds[i] = dial();
		ask(fds[i], "{\"argv\":[\"show\",\"session\"]}\n");
	}
	for (int turn = 0; turn < 200; turn++) {
		long before = fake.pages;

		cgn_cmd_server_poll(server);
		CU_ASSERT_TRUE(fake.pages - before <= 4);
	}
	for (int i = 0; i < 100; i++) { /* and each has had its share */
		char byte;

		CU_ASSERT_EQUAL(recv(fds[i], &byte, 1, 0), 1);
		close(fds[i]);
	}
	close_server();
	CU_ASSERT_EQUAL(fake.released, 100);
}

/* An answer without an end goes on until its client shuts its end down, and then says
 * what is left to say; one whose client vanishes is released. */
static void
test_stream(void)
{
	int fd;

	open_server();
	fd = dial();
	ask(fd, "{\"argv\":[\"trace\"]}\n");
	CU_ASSERT_STRING_EQUAL(read_line(fd), "{\"page\":{\"packets\":[]}}");
	for (int turn = 0; turn < 100; turn++)
		cgn_cmd_server_poll(server);
	CU_ASSERT_TRUE(fake.pages > 50 && fake.released == 0);
	shutdown(fd, SHUT_WR);
	CU_ASSERT_STRING_EQUAL(read_line(fd), "{\"page\":{\"packets\":[],\"traced\":7}}");
	CU_ASSERT_STRING_EQUAL(read_line(fd), "{\"exit\":0}");
	CU_ASSERT_PTR_NULL(read_line(fd));
	CU_ASSERT_EQUAL(fake.released, 1);
	close(fd);
	fd = dial();
	ask(fd, "{\"argv\":[\"trace\"]}\n");
	cgn_cmd_server_poll(server);
	cgn_cmd_server_poll(server);
	close(fd);
	for (int turn = 0; turn < 5; turn++)
		cgn_cmd_server_poll(server);
	CU_ASSERT_EQUAL(fake.released, 2);
	close_server();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "socket file, mode, second daemon", test_socket },
		{ "socket of a dead daemon", test_stale_socket },
		{ "answers, refusals, late producers", test_answers },
		{ "requests in pieces, in a row, half-closed", test_arrival },
		{ "malformed requests", test_malformed },
		{ "requests beyond the limit", test_long_request },
		{ "slow reader", test_slow_reader },
		{ "client that vanishes", test_vanishing_client },
		{ "client whose descriptor another process has", test_copied_client },
		{ "as many clients as there are places, and one", test_many_clients },
		{ "idle clients", test_idle_clients },
		{ "work of a turn", test_turn_is_bounded },
		{ "an answer without an end", test_stream },
		CU_TEST_INFO_NULL,
	};
	int rc;

	if (mkdtemp(dir) == NULL)
		return 2;
	rc = suite_run("cmd_server", tests);
	rmdir(dir);
	return rc;
}
