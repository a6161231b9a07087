/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's arguments from a configuration. */
#include "control/eal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct cgn_conf_port ports[3];
static struct cgn_conf conf;
static struct cgn_eal_args args;

static void
begin(const char *device0, const char *device1)
{
	memset(&conf, 0, sizeof(conf));
	memset(ports, 0, sizeof(ports));
	ports[0].device = device0;
	ports[1].device = device1;
	ports[2].device = ""; /* a VLAN of another */
	conf.ports = ports;
	conf.n_ports = 3;
	conf.dpdk.lcores = "0@0,1@1";
	conf.dpdk.control_lcore = 1;
	conf.dpdk.memory_mb = 512;
}

static void
check(const char *want)
{
	char line[512] = "";

	CU_ASSERT_EQUAL(cgn_eal_args_make(&args, &conf, "/huge/cgnd-run"), 0);
	for (int i = 0; i < args.n; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s",
			i ? " " : "", args.arg[i]);
	CU_ASSERT_STRING_EQUAL(line, want);
	CU_ASSERT_PTR_NULL(args.arg[args.n]);
	cgn_eal_args_free(&args);
	CU_ASSERT_EQUAL(args.n, 0);
}

static void
test_no_hugepages(void)
{
	begin("net_null0", "net_tap0,iface=a");
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 --no-huge "
	      "--no-shconf --no-pci --iova-mode=va");
}

static void
test_hugepages(void)
{
	begin("net_null0", "net_null1");
	conf.dpdk.hugepages = true;
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 --in-memory "
	      "--no-pci --iova-mode=va");
}

static void
test_multi_process(void)
{
	begin("net_null0", "net_null1");
	conf.dpdk.hugepages = conf.dpdk.multi_process = true;
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 "
	      "--single-file-segments --huge-dir /huge/cgnd-run --no-pci --iova-mode=va");
}

static void
test_pci(void)
{
	begin("0000:03:00.1", "net_null1");
	conf.dpdk.hugepages = true;
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 --in-memory "
	      "-a 0000:03:00.1");
	ports[1].device = "04:00.0";
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 --in-memory "
	      "-a 0000:03:00.1 -a 04:00.0");
}

static void
test_extra(void)
{
	const char *extra[CGN_EAL_ARGS];

	begin("net_null0", "net_null1");
	extra[0] = "--log-level=lib.eal:debug";
	extra[1] = "--match-allocations";
	conf.dpdk.extra_args = extra;
	conf.dpdk.n_extra_args = 2;
	check("cgnd --lcores 0@0,1@1 --main-lcore 1 --file-prefix cgn -m 512 --no-huge "
	      "--no-shconf --no-pci --iova-mode=va --log-level=lib.eal:debug "
	      "--match-allocations");
	for (unsigned i = 0; i < CGN_EAL_ARGS; i++)
		extra[i] = "x";
	conf.dpdk.n_extra_args = CGN_EAL_ARGS;
	CU_ASSERT_EQUAL(cgn_eal_args_make(&args, &conf, "/huge/cgnd-run"), -E2BIG);
	cgn_eal_args_free(&args);
}

static void
test_is_pci(void)
{
	static const struct {
		const char *device;
		bool pci;
	} table[] = {
		{ "0000:03:00.1", true },
		{ "03:00.1", true },
		{ "00ff:ff:1f.7", true },
		{ "net_null0", false },
		{ "net_memif0,socket=a:b", false },
		{ "cafe", false },
		{ "", false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cgn_conf_port port = { .device = table[i].device };

		CU_ASSERT_EQUAL(cgn_eal_is_pci(&port), table[i].pci);
	}
}

static CU_TestInfo tests[] = {
	{ "without hugepages", test_no_hugepages },
	{ "with hugepages", test_hugepages },
	{ "other processes may attach", test_multi_process },
	{ "PCI devices", test_pci },
	{ "extra arguments", test_extra },
	{ "what a PCI address is", test_is_pci },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("eal", tests);
}
