/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines with their prefix, events, and what DPDK says while it is held back. */
#include "control/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_log.h>

#include "suite.h"

static char text[16384];

/* Runs f with stderr in a file; what it wrote is in text. */
static void
capture(void (*f)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	dup2(fileno(file), STDERR_FILENO);
	f();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(file), text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	fclose(file);
}

static void
two_lines(void)
{
	cgn_log(LOG_ERR, "port %s: gone", "a");
	cgn_log(LOG_DEBUG, "detail");
}

static void
test_line(void)
{
	capture(two_lines);
	CU_ASSERT_STRING_EQUAL(text, "<3>cgnd: port a: gone\n<7>cgnd: detail\n");
	CU_ASSERT_EQUAL(cgn_log_events(), 0);
}

static void
many_events(void)
{
	for (unsigned i = 0; i < CGN_LOG_EVENTS + 10; i++)
		cgn_log_event(LOG_NOTICE, "event %u", i);
}

static void
test_events(void)
{
	const struct cgn_log_event *e;
	char first[256];

	capture(many_events);
	CU_ASSERT_EQUAL(strncmp(text, "<5>cgnd: event 0\n", 17), 0);
	CU_ASSERT_EQUAL(cgn_log_events(), CGN_LOG_EVENTS + 10);
	CU_ASSERT_PTR_NULL(cgn_log_event_at(9)); /* overwritten */
	CU_ASSERT_PTR_NULL(cgn_log_event_at(CGN_LOG_EVENTS + 10));
	e = cgn_log_event_at(10);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	snprintf(first, sizeof(first), "%.255s", e->text);
	CU_ASSERT_STRING_EQUAL(first, "event 10");
	CU_ASSERT_EQUAL(e->priority, LOG_NOTICE);
	CU_ASSERT_TRUE(e->when.tv_sec > 0);
}

static void
dpdk_speaks(void)
{
	FILE *stream = cgn_log_stream();

	rte_openlog_stream(stream);
	cgn_log_hold();
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "first\n");
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "se");
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "cond\n\n");
	CU_ASSERT_STRING_EQUAL(cgn_log_held(), "second");
	cgn_log_release(false);
	CU_ASSERT_STRING_EQUAL(cgn_log_held(), "");
	cgn_log_hold();
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "third\n");
	cgn_log_release(true);
	rte_log(RTE_LOG_WARNING, RTE_LOGTYPE_USER1, "fourth\n");
	rte_openlog_stream(NULL);
	fclose(stream);
}

static void
test_stream(void)
{
	capture(dpdk_speaks);
	CU_ASSERT_STRING_EQUAL(text, "<7>cgnd: dpdk: third\n<4>cgnd: dpdk: fourth\n");
}

/* A reader that does not read costs lines, and no time; the next line says how many. */
static void
test_nobody_reads(void)
{
	int fd[2], saved = dup(STDERR_FILENO);
	unsigned lines = 0, lost = 0;
	char *gap;
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	fcntl(fd[0], F_SETPIPE_SZ, 8192);
	dup2(fd[1], STDERR_FILENO);
	for (unsigned i = 0; i < 1000; i++)
		cgn_log(LOG_NOTICE, "line %u", i);
	n = read(fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	cgn_log(LOG_NOTICE, "again");
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	gap = strstr(text, "<4>cgnd: ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(gap);
	CU_ASSERT_EQUAL(sscanf(gap, "<4>cgnd: %u lines are missing", &lost), 1);
	CU_ASSERT_EQUAL(lines + lost, 1000);
	CU_ASSERT(lines > 0 && lost > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(gap, "<5>cgnd: again\n"));
	close(fd[0]);
	close(fd[1]);
}

static CU_TestInfo tests[] = {
	{ "a line has its priority", test_line },
	{ "the last events are kept", test_events },
	{ "DPDK is held back", test_stream },
	{ "nobody reads", test_nobody_reads },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("log", tests);
}
