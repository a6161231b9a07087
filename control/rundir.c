/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The run directory: made if it is not there, and taken by a lock on the pid file, which
 * the kernel lets go of when the process ends, however it ends. Two daemons with the same
 * run directory would share a command socket and DPDK's files.
 *
 * Control lcore, first stage of the start and last of the end. The directory itself
 * stays: it may be systemd's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/stage.h"

#define PID_FILE "cgnd.pid"

/* mkdir -p, mode 0755 */
static int
make_directory(const char *path)
{
	char part[512];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* A lock on a file that its last owner removed meanwhile is no lock. */
static bool
is_current(int dir, int fd)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && fstatat(dir, PID_FILE, &named, 0) == 0 &&
	       mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

static int
lock_pid_file(int dir)
{
	for (;;) {
		int fd = openat(dir, PID_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			int rc = -errno;

			close(fd);
			return rc;
		}
		if (is_current(dir, fd))
			return fd;
		close(fd);
	}
}

static int
refuse(struct cgn_daemon *d, int rc)
{
	const char *dir = d->conf->node.run_dir;

	if (rc == -EWOULDBLOCK)
		snprintf(d->err, sizeof(d->err),
			"another cgnd uses the run directory %s: give this one its own "
			"by "
			"node.run_dir",
			dir);
	else
		snprintf(d->err, sizeof(d->err), "run directory %s: %s", dir,
			strerror(-rc));
	return rc;
}

int
cgn_rundir_init(struct cgn_daemon *d)
{
	const char *path = d->conf->node.run_dir;
	int rc = make_directory(path);

	if (rc)
		return refuse(d, rc);
	d->run_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->run_fd < 0)
		return refuse(d, -errno);
	d->lock_fd = lock_pid_file(d->run_fd);
	if (d->lock_fd < 0) {
		rc = refuse(d, d->lock_fd);
		close(d->run_fd);
		return rc;
	}
	if (ftruncate(d->lock_fd, 0) || dprintf(d->lock_fd, "%d\n", getpid()) < 0) {
		rc = refuse(d, -errno);
		cgn_rundir_fini(d);
	}
	return rc;
}

void
cgn_rundir_fini(struct cgn_daemon *d)
{
	unlinkat(d->run_fd, PID_FILE, 0);
	close(d->lock_fd);
	close(d->run_fd);
}
