/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The run directory: made, taken, refused to a second daemon, and left clean. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/stage.h"
#include "suite.h"

static char root[] = "/tmp/cgn-rundir-XXXXXX";
static char run_dir[64], pid_file[80];
static struct cgn_conf conf;
static struct cgn_daemon first, second;

static void
begin(void)
{
	static bool made;

	if (!made)
		CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	made = true;
	snprintf(run_dir, sizeof(run_dir), "%s/a/b", root);
	snprintf(pid_file, sizeof(pid_file), "%s/cgnd.pid", run_dir);
	conf.node.run_dir = run_dir;
	first.conf = second.conf = &conf;
}

static void
test_made(void)
{
	struct stat st;
	char text[32] = "", want[32];
	int fd;

	begin();
	CU_ASSERT_EQUAL_FATAL(cgn_rundir_init(&first), 0);
	CU_ASSERT_EQUAL(stat(run_dir, &st), 0);
	CU_ASSERT_TRUE(S_ISDIR(st.st_mode));
	fd = open(pid_file, O_RDONLY);
	CU_ASSERT_TRUE(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	snprintf(want, sizeof(want), "%d\n", getpid());
	CU_ASSERT_STRING_EQUAL(text, want);
	cgn_rundir_fini(&first);
	CU_ASSERT_NOT_EQUAL(access(pid_file, F_OK), 0);
	CU_ASSERT_EQUAL(access(run_dir, F_OK), 0);
}

static void
test_taken(void)
{
	begin();
	CU_ASSERT_EQUAL_FATAL(cgn_rundir_init(&first), 0);
	CU_ASSERT_NOT_EQUAL(cgn_rundir_init(&second), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(second.err, "another cgnd"));
	CU_ASSERT_PTR_NOT_NULL(strstr(second.err, run_dir));
	CU_ASSERT_EQUAL(access(pid_file, F_OK), 0);
	cgn_rundir_fini(&first);
	CU_ASSERT_EQUAL(cgn_rundir_init(&second), 0);
	cgn_rundir_fini(&second);
}

/* What a killed daemon left is no obstacle. */
static void
test_left(void)
{
	int fd;

	begin();
	fd = open(pid_file, O_WRONLY | O_CREAT, 0644);
	CU_ASSERT_EQUAL(write(fd, "123456789\n", 10), 10);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(cgn_rundir_init(&first), 0);
	fd = open(pid_file, O_RDONLY);
	CU_ASSERT_TRUE(lseek(fd, 0, SEEK_END) < 10);
	close(fd);
	cgn_rundir_fini(&first);
}

static void
test_refused(void)
{
	char command[80];

	begin();
	conf.node.run_dir = "/proc/cgnd";
	CU_ASSERT_NOT_EQUAL(cgn_rundir_init(&first), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(first.err, "/proc/cgnd"));
	snprintf(command, sizeof(command), "rm -r %s", root);
	CU_ASSERT_EQUAL(system(command), 0);
}

static CU_TestInfo tests[] = {
	{ "made with its parents, and left", test_made },
	{ "taken by one", test_taken },
	{ "left by one that was killed", test_left },
	{ "impossible", test_refused },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("rundir", tests);
}
