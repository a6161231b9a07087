/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's environment: from the configuration to its arguments, its start and its end. */
#ifndef CGN_CONTROL_EAL_H
#define CGN_CONTROL_EAL_H

#include <stddef.h>

#include "conf/conf.h"

#define CGN_EAL_ARGS 128

/* Name of the daemon in DPDK (--file-prefix), and where DPDK's sockets are below the run
 * directory. Short, for the path of a socket is: with it a run directory may have 80
 * characters. It need not differ from daemon to daemon, since the run directory does, and
 * nothing else is named after it. */
#define CGN_EAL_PREFIX	  "cgn"
#define CGN_EAL_DIRECTORY "dpdk/" CGN_EAL_PREFIX

struct cgn_eal_args {
	int n;
	char *arg[CGN_EAL_ARGS + 1]; /* arg[n] is NULL */
};

/* The argument vector for rte_eal_init(). huge_dir: for dpdk.multi_process.
 * 0; -ENOMEM, -E2BIG: too many extra_args. To be freed in either case. */
int cgn_eal_args_make(
	struct cgn_eal_args *args, const struct cgn_conf *conf, const char *huge_dir);
void cgn_eal_args_free(struct cgn_eal_args *args);

/* True for a port that is a PCI device. */
bool cgn_eal_is_pci(const struct cgn_conf_port *port);

/* Starts DPDK; its files are kept below run_dir, and huge_dir if other processes may
 * attach. 0, or -errno with one line in err. */
int cgn_eal_init(
	const struct cgn_conf *conf, const char *huge_dir, char *err, size_t err_size);

/* Ends DPDK and removes its files. Ports, rings and memory were given back before. */
void cgn_eal_fini(const char *run_dir);

#endif
