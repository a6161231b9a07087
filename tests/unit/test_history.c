/* SPDX-License-Identifier: BSD-3-Clause */
/* The history of configurations, and what is left of a commit that is killed: the test
 * stops a commit before and behind each of its system calls, and starts from there. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/history.h"
#include "suite.h"

static char dir[64];
static struct cgn_history history;

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* Is this the text of the file? */
static bool
is(const char *text)
{
	char got[4096] = "";
	FILE *f = fopen(history.file, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	return strcmp(got, text) == 0;
}

static void
begin(const char *text)
{
	char path[128];

	strcpy(dir, "/tmp/test_history.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put("box.conf", text);
	snprintf(path, sizeof(path), "%s/box.conf", dir);
	cgn_history_init(&history, path, "");
}

static void
end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static uint32_t
commit(const char *running, const char *text, const char *comment)
{
	struct cgn_history_commit c = { .running = running,
		.text = text,
		.put = true,
		.when = 1700000000123,
		.who = "root",
		.comment = comment };
	uint32_t back = 0;

	CU_ASSERT_EQUAL(cgn_history_commit(&history, &c, &back), 0);
	return back;
}

static void
test_entries(void)
{
	struct cgn_history_list list;
	char hash[65], *text;

	begin("one\n");
	CU_ASSERT_EQUAL(cgn_history_read_list(&history, &list), 0);
	CU_ASSERT_EQUAL(list.n, 0);
	CU_ASSERT_EQUAL(commit("one\n", "two\n", "more\nof it"), 1);
	CU_ASSERT_EQUAL(commit("two\n", " three\n", ""), 2);
	CU_ASSERT(is(" three\n"));
	CU_ASSERT_EQUAL(cgn_history_read_list(&history, &list), 0);
	CU_ASSERT_EQUAL_FATAL(list.n, 3);
	cgn_history_hash("two\n", hash);
	CU_ASSERT_EQUAL(list.entry[1].number, 2);
	CU_ASSERT_EQUAL(list.entry[1].when, 1700000000123);
	CU_ASSERT_STRING_EQUAL(list.entry[1].hash, hash);
	CU_ASSERT_STRING_EQUAL(list.entry[1].who, "root");
	CU_ASSERT_STRING_EQUAL(list.entry[1].comment, "more_of it");
	CU_ASSERT_STRING_EQUAL(list.entry[0].comment, "");
	CU_ASSERT_STRING_EQUAL(list.entry[2].comment, "was running");
	for (uint32_t i = 0; i < 3; i++) {
		static const char *const texts[] = { " three\n", "two\n", "one\n" };

		CU_ASSERT_EQUAL_FATAL(
			cgn_history_read(&history, list.entry[i].number, &text), 0);
		CU_ASSERT_STRING_EQUAL(text, texts[i]);
		free(text);
	}
	CU_ASSERT(cgn_history_read(&history, 99, &text) < 0);
	free(list.entry);
	end();
}

/* An entry that is not what was written is not used. */
static void
test_damaged(void)
{
	char *text;

	begin("one\n");
	commit("one\n", "two\n", "");
	put("box.conf.history/00000002.conf", "# softboard-history 1 abc root \ntwo\n");
	put("box.conf.history/notes.conf", "mine");
	CU_ASSERT(cgn_history_read(&history, 2, &text) < 0);
	CU_ASSERT_EQUAL(cgn_history_read(&history, 1, &text), 0);
	free(text);
	end();
}

/* Mode and link of the file stay. */
static void
test_like_before(void)
{
	char real[128];
	struct stat st;

	begin("one\n");
	snprintf(real, sizeof(real), "%s/real.conf", dir);
	CU_ASSERT_EQUAL(rename(history.file, real), 0);
	CU_ASSERT_EQUAL(chmod(real, 0640), 0);
	CU_ASSERT_EQUAL(symlink("real.conf", history.file), 0);
	commit("one\n", "two\n", "");
	CU_ASSERT(is("two\n"));
	CU_ASSERT_EQUAL(lstat(history.file, &st), 0);
	CU_ASSERT(S_ISLNK(st.st_mode));
	CU_ASSERT_EQUAL(stat(real, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0640);
	end();
}

static void
test_kept(void)
{
	char old[16] = "0\n", new[16];
	struct cgn_history_list list;

	begin(old);
	for (int i = 1; i <= CGN_HISTORY_KEPT + 5; i++) {
		snprintf(new, sizeof(new), "%d\n", i);
		commit(old, new, "");
		strcpy(old, new);
	}
	CU_ASSERT_EQUAL(cgn_history_read_list(&history, &list), 0);
	CU_ASSERT(list.n <= CGN_HISTORY_KEPT);
	CU_ASSERT_EQUAL(list.entry[0].number, CGN_HISTORY_KEPT + 6);
	free(list.entry);
	end();
}

/* A commit that waits: a start goes back, unless it was confirmed. */
static void
test_pending(void)
{
	struct cgn_history_commit c = { .running = "one\n",
		.text = "two\n",
		.put = true,
		.confirm = true,
		.who = "root",
		.comment = "" };
	uint32_t back;

	begin("one\n");
	CU_ASSERT_EQUAL(cgn_history_recover(&history), 0);
	CU_ASSERT_EQUAL(cgn_history_commit(&history, &c, &back), 0);
	CU_ASSERT(is("two\n"));
	CU_ASSERT_EQUAL(cgn_history_recover(&history), 1);
	CU_ASSERT(is("one\n"));
	CU_ASSERT_EQUAL(cgn_history_recover(&history), 0);
	CU_ASSERT_EQUAL(cgn_history_commit(&history, &c, &back), 0);
	CU_ASSERT_EQUAL(cgn_history_confirm(&history), 0);
	CU_ASSERT_EQUAL(cgn_history_recover(&history), 0);
	CU_ASSERT(is("two\n"));
	end();
}

/* ---- killed ---- */

#define LINES 300

/* Two texts, longer than a page. */
static char text_old[LINES * 12 + 1], text_new[LINES * 12 + 1];

static void
fill_texts(void)
{
	text_old[0] = text_new[0] = '\0';
	for (int i = 0; i < LINES; i++) {
		sprintf(text_old + strlen(text_old), "old %d\n", i);
		sprintf(text_new + strlen(text_new), "new %d\n", i);
	}
}

static void
child(bool confirm)
{
	struct cgn_history_commit c = { .running = text_old,
		.text = text_new,
		.put = true,
		.confirm = confirm,
		.who = "root",
		.comment = "" };
	uint32_t back;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	_exit(cgn_history_commit(&history, &c, &back) != 0);
}

/* Lets a commit go on for so many stops, two for each system call. true: it was killed
 * then; false: it had ended. */
static bool
kill_at(unsigned stops, bool confirm)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child(confirm);
	waitpid(pid, &status, 0);
	for (unsigned i = 0; i < stops; i++) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status)) {
			CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
			return false;
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}

static void
kill_everywhere(bool confirm)
{
	bool killed = true, seen_old = false, seen_new = false;
	unsigned at;

	fill_texts();
	for (at = 0; killed; at++) {
		struct cgn_history_list list;

		begin(text_old);
		killed = kill_at(at, confirm);
		CU_ASSERT(cgn_history_recover(&history) >= 0);
		seen_old |= is(text_old);
		seen_new |= is(text_new);
		CU_ASSERT(is(text_old) || is(text_new));
		if (confirm)
			CU_ASSERT(is(text_old));
		/* and life goes on */
		CU_ASSERT_EQUAL(cgn_history_read_list(&history, &list), 0);
		free(list.entry);
		commit(is(text_old) ? text_old : text_new, "later\n", "");
		CU_ASSERT(is("later\n"));
		end();
	}
	CU_ASSERT(at > 40);
	CU_ASSERT(seen_old);
	CU_ASSERT(seen_new != confirm);
	printf("killed at %u places ", at - 1);
}

static void
test_killed(void)
{
	kill_everywhere(false);
}

/* Of a commit that waits to be confirmed the start always has the old one. */
static void
test_killed_waiting(void)
{
	kill_everywhere(true);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "entries", test_entries }, { "damaged", test_damaged },
		{ "like before", test_like_before }, { "kept", test_kept },
		{ "pending", test_pending }, { "killed", test_killed },
		{ "killed while waiting", test_killed_waiting }, CU_TEST_INFO_NULL };

	return suite_run("history", tests);
}
