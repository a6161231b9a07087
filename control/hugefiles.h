/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The files of hugepages that other processes of DPDK can attach to: where they are, and
 * that none is left behind. */
#ifndef CGN_CONTROL_HUGEFILES_H
#define CGN_CONTROL_HUGEFILES_H

#include <stddef.h>

/* Where the daemon with this run directory keeps them: a directory of its own in the
 * hugetlbfs that has most room. mounts: a file as /proc/self/mounts.
 * 0; -ENODEV: no hugetlbfs is mounted; -ENAMETOOLONG. Before DPDK starts; no lcore. */
int cgn_hugefiles_find(const char *mounts, const char *run_dir, char *path, size_t size);

/* Makes the directory, for root alone, and removes files of a daemon that was killed.
 * 0; -EBUSY: a living process has them; another -errno. With one line in err. */
int cgn_hugefiles_init(const char *path, char *err, size_t err_size);

/* Removes the directory with what is in it, whoever has it. */
void cgn_hugefiles_fini(const char *path);

#endif
