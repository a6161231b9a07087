/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is found before DPDK starts, and how it is said. */
#include "control/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/hugefiles.h"
#include "suite.h"

static char root[] = "/tmp/cgn-preflight-XXXXXX";
static char err[512];

static void
write_number(const char *dir, const char *file, unsigned n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", root, dir, file);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "%u\n", n);
	fclose(f);
}

static void
set_pages(unsigned total, unsigned free_pages, unsigned large)
{
	write_number("hugepages-2048kB", "nr_hugepages", total);
	write_number("hugepages-2048kB", "free_hugepages", free_pages);
	write_number("hugepages-1048576kB", "free_hugepages", large);
}

static void
test_hugepages(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	set_pages(512, 512, 0);
	CU_ASSERT_EQUAL(cgn_preflight_hugepages(root, 1024, err, sizeof(err)), 0);
	set_pages(0, 0, 1);
	CU_ASSERT_EQUAL(cgn_preflight_hugepages(root, 1024, err, sizeof(err)), 0);
	set_pages(0, 0, 0);
	CU_ASSERT_NOT_EQUAL(cgn_preflight_hugepages(root, 1023, err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "sysctl vm.nr_hugepages=512"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "dpdk.hugepages = false"));
	/* what others use has to be reserved beside it */
	set_pages(300, 100, 0);
	CU_ASSERT_NOT_EQUAL(cgn_preflight_hugepages(root, 1024, err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "sysctl vm.nr_hugepages=712"));
	CU_ASSERT_NOT_EQUAL(cgn_preflight_hugepages("/nowhere", 2, err, sizeof(err)), 0);
}

static void
test_cpus(void)
{
	CU_ASSERT_EQUAL(cgn_preflight_cpus("0@0", err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(cgn_preflight_cpus("0@0,1@0,(2-90)@(0)", err, sizeof(err)), 0);
	CU_ASSERT_NOT_EQUAL(cgn_preflight_cpus("0@0,1@1022", err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "CPU 1022"));
	CU_ASSERT_NOT_EQUAL(
		cgn_preflight_cpus("(0,1)@(0,1000-1001)", err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "CPU 1000"));
	/* without @ an lcore is the CPU of its number */
	CU_ASSERT_NOT_EQUAL(cgn_preflight_cpus("0,1021", err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "CPU 1021"));
	CU_ASSERT_NOT_EQUAL(cgn_preflight_cpus("0@99999", err, sizeof(err)), 0);
}

static int
check_port(const char *device)
{
	struct cgn_conf_port port = { .name = "inside", .device = device };

	err[0] = '\0';
	return cgn_preflight_port(&port, err, sizeof(err));
}

static void
test_ports(void)
{
	CU_ASSERT_EQUAL(check_port("net_null0"), 0);
	CU_ASSERT_EQUAL(check_port("net_af_packet0,iface=lo"), 0);
	CU_ASSERT_EQUAL(check_port("net_pcap0,rx_pcap=/a,tx_iface=lo"), 0);
	CU_ASSERT_EQUAL(
		check_port("net_tap0,iface=nosuch"), access("/dev/net/tun", F_OK));
	CU_ASSERT_NOT_EQUAL(check_port("net_af_packet0,iface=nosuch,qpairs=2"), 0);
	CU_ASSERT_STRING_EQUAL(err, "port inside: interface \"nosuch\" does not exist");
	CU_ASSERT_NOT_EQUAL(check_port("net_af_xdp0,iface=nosuch"), 0);
	CU_ASSERT_NOT_EQUAL(check_port("net_pcap0,rx_iface=lo,tx_iface=nosuch"), 0);
	CU_ASSERT_NOT_EQUAL(check_port("0000:fe:1f.7"), 0);
	CU_ASSERT_STRING_EQUAL(err, "port inside: there is no PCI device 0000:fe:1f.7");
	CU_ASSERT_NOT_EQUAL(check_port("fe:1f.7"), 0);
}

static void
remove_root(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", root);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
test_numbers(void)
{
	CU_ASSERT_EQUAL(cgn_preflight_numbers("2@0,3@1", 2, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(cgn_preflight_numbers("(100-102)@0", 64, err, sizeof(err)), 0);
	CU_ASSERT_NOT_EQUAL(cgn_preflight_numbers("2@0,1@1", 2, err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "lcore 1 has the number"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "\"2@0,3@1\""));
	CU_ASSERT_NOT_EQUAL(cgn_preflight_numbers("70@0", 96, err, sizeof(err)), 0);
}

/* Names of hugepages: found by the mounts, removed unless they are somebody's. */
static void
test_hugefiles(void)
{
	char mounts[64], file[192], path[128], line[96];
	FILE *f;
	int fd;

	snprintf(mounts, sizeof(mounts), "%s/mounts", root);
	snprintf(line, sizeof(line), "none /proc proc rw 0 0\n");
	f = fopen(mounts, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(line, f);
	fclose(f);
	CU_ASSERT_EQUAL(cgn_hugefiles_find(mounts, "/run/cgnd", path, 128), -ENODEV);
	f = fopen(mounts, "a");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "none %s hugetlbfs rw 0 0\n", root);
	fclose(f);
	CU_ASSERT_EQUAL(cgn_hugefiles_find(mounts, "/run/cgnd", path, 8), -ENAMETOOLONG);
	CU_ASSERT_EQUAL(cgn_hugefiles_find(mounts, "/run/cgnd", path, 128), 0);
	snprintf(line, sizeof(line), "%s/cgnd-run-cgnd", root);
	CU_ASSERT_STRING_EQUAL(path, line);

	CU_ASSERT_EQUAL(cgn_hugefiles_init(path, err, sizeof(err)), 0);
	snprintf(file, sizeof(file), "%s/cgnmap_0", path);
	fd = open(file, O_CREAT | O_RDWR, 0600);
	CU_ASSERT_EQUAL(flock(fd, LOCK_SH), 0);
	CU_ASSERT_EQUAL(cgn_hugefiles_init(path, err, sizeof(err)), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, path));
	CU_ASSERT_EQUAL(access(file, F_OK), 0);
	close(fd); /* its process was killed */
	CU_ASSERT_EQUAL(cgn_hugefiles_init(path, err, sizeof(err)), 0);
	CU_ASSERT_NOT_EQUAL(access(file, F_OK), 0);
	close(open(file, O_CREAT | O_RDWR, 0600));
	cgn_hugefiles_fini(path);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	unlink(mounts);
}

static CU_TestInfo tests[] = {
	{ "hugepages", test_hugepages },
	{ "numbers of lcores", test_numbers },
	{ "hugepages with names", test_hugefiles },
	{ "CPUs", test_cpus },
	{ "ports", test_ports },
	{ "clean up", remove_root },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("preflight", tests);
}
