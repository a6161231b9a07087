/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks before DPDK starts. Its own words for a missing interface, CPU or hugepage are
 * either many or none; here each is one line that names the thing and the way out.
 *
 * Control lcore, once, before rte_eal_init(); nothing is changed.
 *
 * Not handled: what only the device itself can tell, such as permissions. */
#include "control/preflight.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/eal.h"

#define SYS_HUGEPAGES "/sys/kernel/mm/hugepages"
#define SYS_PCI	      "/sys/bus/pci/devices"

#define FAIL(err, size, code, ...) (snprintf(err, size, __VA_ARGS__), (code))

/* ---- hugepages ---- */

static uint64_t
read_number(const char *dir, const char *sub, const char *file)
{
	char path[600];
	unsigned long long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, file);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

int
cgn_preflight_hugepages(const char *sysfs, uint32_t memory_mb, char *err, size_t err_size)
{
	uint64_t free_mb = 0, kb, small_kb = 2048, small_total = 0;
	DIR *dir = opendir(sysfs);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (sscanf(e->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		free_mb += kb * read_number(sysfs, e->d_name, "free_hugepages") / 1024;
		if (kb == small_kb)
			small_total = read_number(sysfs, e->d_name, "nr_hugepages");
	}
	if (dir)
		closedir(dir);
	if (free_mb >= memory_mb)
		return 0;
	return FAIL(err, err_size, -ENOMEM,
		"%u MB of hugepages are needed, %lu MB are free: reserve them with "
		"\"sysctl vm.nr_hugepages=%lu\", or set dpdk.hugepages = false to run "
		"without",
		memory_mb, free_mb,
		small_total + ((memory_mb - free_mb) * 1024 + small_kb - 1) / small_kb);
}

/* ---- CPUs ---- */

static bool
can_use(unsigned cpu)
{
	cpu_set_t before, one;
	bool ok;

	if (cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(before), &before))
		return false;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ok = sched_setaffinity(0, sizeof(one), &one) == 0;
	sched_setaffinity(0, sizeof(before), &before);
	return ok;
}

/* Checks the numbers and ranges of one CPU set: "3", "0-3", "(0,2-3)". */
static int
check_set(const char *set, size_t len, char *err, size_t err_size)
{
	for (const char *p = set; p < set + len;) {
		unsigned long first, last;
		char *end;

		if (*p < '0' || *p > '9') {
			p++;
			continue;
		}
		first = last = strtoul(p, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long cpu = first; cpu <= last; cpu++)
			if (!can_use((unsigned)cpu))
				return FAIL(err, err_size, -ENODEV,
					"dpdk.lcores: CPU %lu does not exist or may not "
					"be used",
					cpu);
		p = end;
	}
	return 0;
}

/* Length of the first element of a list whose commas inside parentheses do not count. */
static size_t
element_length(const char *text)
{
	unsigned depth = 0;
	size_t n = 0;

	for (; text[n] && (depth || text[n] != ','); n++) {
		if (text[n] == '(')
			depth++;
		else if (text[n] == ')' && depth)
			depth--;
	}
	return n;
}

int
cgn_preflight_cpus(const char *lcores, char *err, size_t err_size)
{
	int rc = 0;

	while (rc == 0 && *lcores) {
		size_t len = element_length(lcores);
		const char *at = memchr(lcores, '@', len);
		const char *set = at ? at + 1 : lcores;

		rc = check_set(set, len - (size_t)(set - lcores), err, err_size);
		lcores += len + (lcores[len] == ',');
	}
	return rc;
}

int
cgn_preflight_numbers(const char *lcores, unsigned n, char *err, size_t err_size)
{
	uint64_t set[2] = { 0 };

	cgn_conf_lcores_parse(lcores, set);
	for (unsigned i = 0; i < n && i < 128; i++)
		if (set[i / 64] >> i % 64 & 1)
			return FAIL(err, err_size, -EINVAL,
				"dpdk.multi_process: lcore %u has the number of a "
				"processor, as the lcores of programs that attach: "
				"number "
				"dpdk.lcores from %u on, as in \"%u@0,%u@1\"",
				i, n, n, n + 1);
	return 0;
}

/* ---- ports ---- */

static int
check_interface(
	const struct cgn_conf_port *port, const char *key, char *err, size_t err_size)
{
	const char *p = strstr(port->device, key);
	char name[256];
	size_t len;

	if (!p)
		return 0;
	p += strlen(key);
	len = strcspn(p, ",");
	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, p, len);
	name[len] = '\0';
	if (if_nametoindex(name))
		return 0;
	return FAIL(err, err_size, -ENODEV, "port %s: interface \"%s\" does not exist",
		port->name, name);
}

static int
check_pci(const struct cgn_conf_port *port, char *err, size_t err_size)
{
	const char *colon = strchr(port->device, ':');
	char path[128];

	snprintf(path, sizeof(path), SYS_PCI "/%s%.12s",
		colon && strchr(colon + 1, ':') ? "" : "0000:", port->device);
	path[strcspn(path, ",")] = '\0';
	if (access(path, F_OK) == 0)
		return 0;
	return FAIL(err, err_size, -ENODEV, "port %s: there is no PCI device %s",
		port->name, port->device);
}

int
cgn_preflight_port(const struct cgn_conf_port *port, char *err, size_t err_size)
{
	const char *d = port->device;
	int rc;

	if (cgn_eal_is_pci(port))
		return check_pci(port, err, err_size);
	if (strncmp(d, "net_tap", 7) == 0 && access("/dev/net/tun", F_OK))
		return FAIL(err, err_size, -ENODEV,
			"port %s: /dev/net/tun does not exist: \"modprobe tun\"",
			port->name);
	if (strncmp(d, "net_af_", 7) == 0)
		return check_interface(port, ",iface=", err, err_size);
	if (strncmp(d, "net_pcap", 8) != 0)
		return 0;
	rc = check_interface(port, ",iface=", err, err_size);
	if (rc == 0)
		rc = check_interface(port, ",rx_iface=", err, err_size);
	return rc ? rc : check_interface(port, ",tx_iface=", err, err_size);
}

int
cgn_preflight(const struct cgn_conf *conf, char *err, size_t err_size)
{
	int rc = cgn_preflight_cpus(conf->dpdk.lcores, err, err_size);

	if (rc == 0 && conf->dpdk.multi_process)
		rc = cgn_preflight_numbers(conf->dpdk.lcores,
			(unsigned)sysconf(_SC_NPROCESSORS_CONF), err, err_size);
	for (uint32_t i = 0; rc == 0 && i < conf->n_ports; i++)
		rc = cgn_preflight_port(&conf->ports[i], err, err_size);
	if (rc == 0 && conf->dpdk.hugepages)
		rc = cgn_preflight_hugepages(
			SYS_HUGEPAGES, conf->dpdk.memory_mb, err, err_size);
	return rc;
}
