/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK for a benchmark: one lcore, no devices, no files left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "dataplane/types.h"
#include "tests/bench/eal.h"

#define FREE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"

static bool started;

static uint64_t
free_huge_bytes(void)
{
	FILE *f = fopen(FREE_PAGES, "r");
	unsigned long long pages = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages << 21;
}

bool
cgn_eal_has(uint64_t bytes)
{
	return free_huge_bytes() >= bytes;
}

/* "0000:03:00.0" and the like. */
static bool
is_pci(const char *device)
{
	return strspn(device, "0123456789abcdefABCDEF") == strcspn(device, ":,") &&
	       strchr(device, ':');
}

/* Options for the devices; none is looked for that is not named. */
static int
add_devices(char **argv, int n, const char *const *port)
{
	int first = n;

	for (unsigned d = 0; port && d < CGN_DIRS; d++)
		if (is_pci(port[d])) {
			argv[n++] = "-a";
			argv[n++] = (char *)(uintptr_t)port[d];
		}
	if (n == first) {
		argv[n++] = "--no-pci";
		argv[n++] = "--iova-mode=va";
	}
	return n;
}

int
cgn_eal_start(int cpu, uint64_t bytes, const char *const *port, bool *hugepages)
{
	char lcores[32], prefix[48], memory[24];
	char *argv[24] = { "cgnbench", lcores, prefix, "--no-telemetry",
		"--log-level=error" };
	int n = 5;

	*hugepages = cgn_eal_has(bytes);
	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", cpu);
	snprintf(prefix, sizeof(prefix), "--file-prefix=cgnbench%d", getpid());
	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)(bytes >> 20) + 1);
	if (*hugepages) {
		argv[n++] = "--in-memory";
		argv[n++] = "--single-file-segments";
	} else {
		argv[n++] = "--no-huge";
		argv[n++] = "--no-shconf";
		argv[n++] = "-m";
		argv[n++] = memory;
	}
	n = add_devices(argv, n, port);
	started = rte_eal_init(n, argv) >= 0;
	if (started)
		return 0;
	fprintf(stderr, "cgnbench: DPDK does not start on cpu %d with %s MB %s: %s\n",
		cpu, memory, *hugepages ? "of huge pages" : "(no huge pages)",
		rte_strerror(rte_errno));
	return -1;
}

void
cgn_eal_stop(void)
{
	if (started)
		rte_eal_cleanup();
	started = false;
}

uint64_t
cgn_eal_resident(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long kb, sum = 0;
	char line[128];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %llu kB", &kb) == 1 ||
			sscanf(line, "HugetlbPages: %llu kB", &kb) == 1)
			sum += kb;
	fclose(f);
	return sum << 10;
}

uint64_t
cgn_eal_allocated(void)
{
	struct rte_malloc_socket_stats s;
	uint64_t sum = 0;

	for (int i = 0; i < RTE_MAX_NUMA_NODES; i++)
		if (rte_malloc_get_socket_stats(i, &s) == 0)
			sum += s.heap_allocsz_bytes;
	return sum;
}
