/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which capabilities are kept for which ports, and that the others are gone. */
#include "control/privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define CAP(name) (1ull << CAP_##name)

static uint64_t
running(const char *device)
{
	struct cgn_conf_port port = { .device = device };
	struct cgn_conf conf = { .ports = &port, .n_ports = 1 };
	uint64_t run = cgn_privilege_set(&conf, true),
		 start = cgn_privilege_set(&conf, false);

	CU_ASSERT_EQUAL(run & ~start, 0); /* what was given away does not come back */
	return run;
}

static void
test_ports(void)
{
	uint64_t files = CAP(DAC_READ_SEARCH), net = CAP(NET_RAW) | CAP(NET_ADMIN);

	CU_ASSERT_EQUAL(running("net_null0"), files);
	CU_ASSERT_EQUAL(running("net_pcap0,rx_pcap=a.pcap"), files);
	CU_ASSERT_EQUAL(running("net_pcap0,iface=a"), files | net);
	CU_ASSERT_EQUAL(running("net_af_packet0,iface=a"), files | net);
	CU_ASSERT_EQUAL(running("net_tap0"), files | net);
	CU_ASSERT_EQUAL(running("0000:03:00.0"), files | CAP(IPC_LOCK));
	CU_ASSERT_EQUAL(running("net_af_xdp0,iface=a") & (files | net), files | net);
	CU_ASSERT_EQUAL(running("net_af_xdp0,iface=a") & CAP(SYS_PTRACE), 0);
}

/* The kernel's addresses and routes are changed while running, where there is a tap. */
static void
test_tap(void)
{
	struct cgn_conf_port port = { .device = "net_null0", .tap = "" };
	struct cgn_conf conf = { .ports = &port, .n_ports = 1 };

	CU_ASSERT_EQUAL(cgn_privilege_set(&conf, true) & CAP(NET_ADMIN), 0);
	port.tap = "cgn0";
	CU_ASSERT_EQUAL(cgn_privilege_set(&conf, true) & CAP(NET_ADMIN), CAP(NET_ADMIN));
	CU_ASSERT_EQUAL(cgn_privilege_set(&conf, false) & CAP(NET_ADMIN), CAP(NET_ADMIN));
}

static void
test_drop(void)
{
	struct cgn_conf conf = { .n_ports = 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		cgn_privilege_drop(cgn_privilege_set(&conf, true));
		/* root or not: the bounding set is for those who could change it */
		_exit(geteuid() == 0 &&
			prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 1);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

static CU_TestInfo tests[] = {
	{ "what each kind of port needs", test_ports },
	{ "what a tap needs", test_tap },
	{ "the rest is gone", test_drop },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("privilege", tests);
}
