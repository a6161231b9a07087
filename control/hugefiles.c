/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hugepages with names. Without dpdk.multi_process they have none, and are free again
 * however the daemon ends. With it they are files of a hugetlbfs, which outlive a daemon
 * that is killed and hold its memory until somebody removes them: the next start, or
 * the program that makes the machine ready for it, or the end.
 *
 * Each daemon has a directory of its own, named after its run directory, since names of
 * DPDK's files are alike in all. DPDK locks its files while it lives, so those of another
 * daemon are told from those of a dead one.
 *
 * Control lcore, before DPDK starts and when it has ended. */
#include "control/hugefiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SYS_FREE "/sys/kernel/mm/hugepages/hugepages-%ldkB/free_hugepages"

/* Bytes that are free for files of this mount. */
static unsigned long
free_bytes(const char *mount)
{
	struct statfs fs;
	char path[128];
	unsigned long n = 0;
	FILE *f;

	if (statfs(mount, &fs))
		return 0;
	snprintf(path, sizeof(path), SYS_FREE, fs.f_bsize / 1024);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return n * (unsigned long)fs.f_bsize;
}

/* MOUNT/cgnd-run-cgnd */
static int
name_directory(const char *mount, const char *run_dir, char *path, size_t size)
{
	size_t len = strlen(mount);
	int n = snprintf(
		path, size, "%s/cgnd%s%s", mount, run_dir[0] == '/' ? "" : "-", run_dir);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	for (char *p = path + len + 1; *p; p++)
		if (*p == '/')
			*p = '-';
	return 0;
}

int
cgn_hugefiles_find(const char *mounts, const char *run_dir, char *path, size_t size)
{
	FILE *f = setmntent(mounts, "re");
	unsigned long most = 0;
	struct mntent *m;
	int rc = -ENODEV;

	while (f && (m = getmntent(f))) {
		unsigned long n;

		if (strcmp(m->mnt_type, "hugetlbfs") != 0)
			continue;
		n = free_bytes(m->mnt_dir);
		if (rc == 0 && n <= most)
			continue;
		most = n;
		rc = name_directory(m->mnt_dir, run_dir, path, size);
	}
	if (f)
		endmntent(f);
	return rc;
}

/* Whoever uses the file holds a lock on it. */
static bool
in_use(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	bool used;

	if (fd < 0)
		return false;
	used = flock(fd, LOCK_EX | LOCK_NB) != 0;
	close(fd);
	return used;
}

/* 0; -EBUSY: files that are in use were left, if that was asked for. */
static int
empty(const char *path, bool spare)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = 0;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (spare && in_use(dirfd(dir), e->d_name))
			rc = -EBUSY;
		else
			unlinkat(dirfd(dir), e->d_name, 0);
	}
	if (dir)
		closedir(dir);
	return rc;
}

int
cgn_hugefiles_init(const char *path, char *err, size_t err_size)
{
	int rc = mkdir(path, 0700) && errno != EEXIST ? -errno : empty(path, true);

	if (rc == -EBUSY)
		snprintf(err, err_size,
			"dpdk.multi_process: another process uses the hugepages in %s: "
			"end it (\"fuser %s/*\" says which)",
			path, path);
	else if (rc)
		snprintf(
			err, err_size, "dpdk.multi_process: %s: %s", path, strerror(-rc));
	return rc;
}

void
cgn_hugefiles_fini(const char *path)
{
	empty(path, false);
	rmdir(path);
}
