/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is added to a device string, and what is left alone. */
#include "dataplane/port.h"

#include <errno.h>
#include <string.h>

#include "suite.h"

static void
check(const char *device, unsigned mtu, unsigned queues, const char *want)
{
	struct cgn_port_conf conf = {
		.device = device, .mtu = (uint16_t)mtu, .rx_queues = (uint16_t)queues
	};
	char out[128];

	CU_ASSERT_EQUAL(cgn_port_device(out, sizeof(out), &conf), 0);
	CU_ASSERT_STRING_EQUAL(out, want);
}

static void
test_plain(void)
{
	check("net_af_xdp0,iface=a", 1500, 1, "net_af_xdp0,iface=a");
	check("net_memif0", 1500, 4, "net_memif0");
	check("net_tap0", 9000, 4, "net_tap0");
}

static void
test_queues(void)
{
	check("net_af_packet0,iface=a", 1500, 4,
		"net_af_packet0,iface=a,qpairs=4,framesz=15360,blocksz=61440");
	check("net_af_packet0,qpairs=2,iface=a", 1500, 4,
		"net_af_packet0,qpairs=2,iface=a,framesz=15360,blocksz=61440");
	check("net_af_xdp0,iface=a", 1500, 2, "net_af_xdp0,iface=a,queue_count=2");
	check("net_af_xdp0,iface=a,queue_count=3", 1500, 2,
		"net_af_xdp0,iface=a,queue_count=3");
}

static void
test_jumbo(void)
{
	check("net_memif0", 9000, 1, "net_memif0,bsize=9216");
}

/* The kernel puts the fragments of a datagram together before this driver sees them. */
static void
test_whole_datagrams(void)
{
	check("net_af_packet0,iface=a", 1500, 1,
		"net_af_packet0,iface=a,framesz=15360,blocksz=61440");
	check("net_af_packet0,iface=a,blocksz=122880", 1500, 1,
		"net_af_packet0,iface=a,blocksz=122880,framesz=15360");
	check("net_af_packet0,framesz=2048,iface=a", 1500, 1,
		"net_af_packet0,framesz=2048,iface=a");
	CU_ASSERT_TRUE(cgn_port_whole("net_af_packet7,iface=a"));
	CU_ASSERT_FALSE(cgn_port_whole("net_af_xdp0,iface=a"));
	CU_ASSERT_FALSE(cgn_port_whole("0000:03:00.0"));
	CU_ASSERT_EQUAL(cgn_port_frame("net_af_packet0,iface=a", 1500), 15360);
	CU_ASSERT_EQUAL(
		cgn_port_frame("net_af_packet0,iface=a,framesz=2048", 1500), 2048);
	CU_ASSERT_EQUAL(
		cgn_port_frame("net_af_packet0,iface=a,framesz=2048", 9000), 9216);
	CU_ASSERT_EQUAL(cgn_port_frame("net_af_packet0,framesz=32768", 1500), 32768);
	CU_ASSERT_EQUAL(cgn_port_frame("net_af_packet0,framesz=9999999", 1500), 64512);
	CU_ASSERT_EQUAL(cgn_port_frame("net_af_xdp0,iface=a", 1500), 2048);
}

/* A key is a key only at the beginning of an argument. */
static void
test_lookalike(void)
{
	check("net_af_packet0,iface=qpairs=", 1500, 2,
		"net_af_packet0,iface=qpairs=,qpairs=2,framesz=15360,blocksz=61440");
}

static void
test_room(void)
{
	for (unsigned mtu = 68; mtu <= 9600; mtu++) {
		unsigned room = cgn_port_room((uint16_t)mtu);

		CU_ASSERT_TRUE(
			room >= mtu + 22 + 66); /* VLAN frame behind a slot's header */
		CU_ASSERT_EQUAL(4 * room % 4096, 0);
	}
	CU_ASSERT_EQUAL(cgn_port_room(1500), 2048);
}

static void
test_too_long(void)
{
	struct cgn_port_conf conf = {
		.device = "net_af_packet0,iface=a", .mtu = 9000, .rx_queues = 4
	};
	char out[40]; /* too short for what is added, then for the name */

	CU_ASSERT_EQUAL(cgn_port_device(out, sizeof(out), &conf), -ENAMETOOLONG);
	CU_ASSERT_EQUAL(cgn_port_device(out, 10, &conf), -ENAMETOOLONG);
}

static CU_TestInfo tests[] = {
	{ "nothing to add", test_plain },
	{ "queues", test_queues },
	{ "jumbo frames", test_jumbo },
	{ "datagrams that the kernel has put together", test_whole_datagrams },
	{ "an argument that looks like a key", test_lookalike },
	{ "room for frames", test_room },
	{ "too long", test_too_long },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("port_device", tests);
}
