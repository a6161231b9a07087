/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What DPDK would stumble over, asked beforehand, so that it can be said clearly. */
#ifndef CGN_CONTROL_PREFLIGHT_H
#define CGN_CONTROL_PREFLIGHT_H

#include <stddef.h>

#include "conf/conf.h"

/* Hugepages free under sysfs ("/sys/kernel/mm/hugepages") suffice for memory_mb. 0, or
 * -ENOMEM with one line in err that says how to reserve them and how to do without. */
int cgn_preflight_hugepages(
	const char *sysfs, uint32_t memory_mb, char *err, size_t err_size);

/* Every CPU that an --lcores text names can be used. 0, or -ENODEV and a line in err. */
int cgn_preflight_cpus(const char *lcores, char *err, size_t err_size);

/* Programs that attach take the lcores with the numbers of processors, of which there are
 * n, and none may be the box's: caches of packet pools are an lcore's own.
 * 0 or -EINVAL. */
int cgn_preflight_numbers(const char *lcores, unsigned n, char *err, size_t err_size);

/* The interface or PCI device behind a port exists. 0, or -ENODEV and a line in err. */
int cgn_preflight_port(const struct cgn_conf_port *port, char *err, size_t err_size);

/* All of it. */
int cgn_preflight(const struct cgn_conf *conf, char *err, size_t err_size);

#endif
