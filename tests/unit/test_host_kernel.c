/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the host leaves to the kernel beside the box, on a port with a tap. */
#include <string.h>

#include "eal_main.h"
#include "host_case.h"

static struct {
	unsigned n;
	uint16_t iface;
	struct rte_ether_hdr eth;
	uint8_t data[256];
	unsigned len;
	bool full;
} given;

static bool
give(void *ctx, uint16_t iface, const struct rte_ether_hdr *eth, const void *data,
	unsigned len)
{
	CU_ASSERT_PTR_EQUAL(ctx, &given);
	CU_ASSERT_FATAL(len <= sizeof(given.data));
	if (given.full)
		return false;
	given.n++;
	given.iface = iface;
	given.eth = *eth;
	given.len = len;
	memcpy(given.data, data, len);
	return true;
}

/* A host with a kernel beside it; tap: of this interface. */
static void
begin(const char *tap)
{
	setup();
	memset(&given, 0, sizeof(given));
	((struct cgn_iface *)(uintptr_t)box.snap->iface)[box_iface(tap)].tap = true;
	cgn_host_set_kernel(h, &(struct cgn_host_kernel){ .give = give, .ctx = &given });
}

#define BGP_TO_BOX                                                                       \
	"450000280000400040062683 0a00004d 0a000001"                                     \
	"c00000b3 00000001 00000000 5002ffff 00000000"
#define BGP_ELSEWHERE                                                                    \
	"45000028000040004006064f 0a00004d c6336401"                                     \
	"c00000b3 00000001 00000000 5002ffff 00000000"

static void
bgp(void)
{
	static const struct rte_ether_addr inside = { { 2, 0, 0, 0, 0, 0xa } };
	static const struct rte_ether_addr peer = { { 2, 0, 0, 0, 0, 0x77 } };

	begin("inside");
	input("inside", 14, INSIDE PEER IP4 BGP_TO_BOX "0000");
	CU_ASSERT_EQUAL(given.n, 1);
	CU_ASSERT_EQUAL(given.iface, box_iface("inside"));
	CU_ASSERT_EQUAL(given.len, 40); /* without the padding */
	CU_ASSERT(rte_is_same_ether_addr(&given.eth.dst_addr, &inside));
	CU_ASSERT(rte_is_same_ether_addr(&given.eth.src_addr, &peer));
	CU_ASSERT_EQUAL(given.eth.ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	CU_ASSERT_EQUAL(given.data[23 - 2], 0); /* source port 0xc000 */
	CU_ASSERT_EQUAL(cgn_host_stats(h)->to_kernel, 1);
	CU_ASSERT_EQUAL(box.n, 0);
	/* an address of a port without a tap is not the kernel's */
	input("inside", 14, INSIDE PEER IP4 BGP_ELSEWHERE);
	CU_ASSERT_EQUAL(given.n, 1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 1);
	/* nor is a packet that a user sent through the box */
	input("inside", 0, BGP_TO_BOX);
	CU_ASSERT_EQUAL(given.n, 1);
	/* the kernel takes no more */
	given.full = true;
	input("inside", 14, INSIDE PEER IP4 BGP_TO_BOX);
	CU_ASSERT_EQUAL(drops(CGN_DROP_TAP), 1);
	teardown();
}

/* The address of another port that has a tap, by the port that it came in on or, without
 * one there, by that one. */
static void
other_port(void)
{
	begin("outside");
	input("inside", 14, INSIDE PEER IP4 BGP_ELSEWHERE);
	CU_ASSERT_EQUAL(given.iface, box_iface("outside"));
	CU_ASSERT_EQUAL(given.n, 1);
	((struct cgn_iface *)(uintptr_t)box.snap->iface)[box_iface("inside")].tap = true;
	input("inside", 14, INSIDE PEER IP4 BGP_ELSEWHERE);
	CU_ASSERT_EQUAL(given.iface, box_iface("inside"));
	teardown();
}

static void
echo_is_the_boxs(void)
{
	begin("inside");
	input("inside", 14,
		INSIDE PEER IP4 "45000021424240000301214d0a00004d0a0000010800a1f2"
				"1234000768656c6c6f 00000000000000000000000000");
	CU_ASSERT_EQUAL(given.n, 0);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->echo_replies, 1);
	/* the answer to a ping of the kernel's */
	input("inside", 14,
		INSIDE PEER IP4 "45000021424240000301214d0a00004d0a0000010000a9f2"
				"1234000768656c6c6f 00000000000000000000000000");
	CU_ASSERT_EQUAL(given.n, 1);
	teardown();
}

static void
groups(void)
{
	static const struct rte_ether_addr all = { { 1, 0, 0x5e, 0, 0, 5 } };
	static const char hello[] = "01005e000005" PEER IP4
				    "45000018000000000159cf3b 0a00004d e0000005 02010004";

	begin("inside");
	input("inside", 14, hello);
	CU_ASSERT_EQUAL(given.n, 1);
	CU_ASSERT(rte_is_same_ether_addr(&given.eth.dst_addr, &all));
	teardown();
	begin("outside");
	input("inside", 14, hello);
	CU_ASSERT_EQUAL(given.n, 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_MULTICAST), 1);
	teardown();
}

/* An answer about a neighbour is for both; a question is the box's alone. */
static void
neighbours(void)
{
	begin("inside");
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a00004d"
			 "000000000000 0a000001");
	CU_ASSERT_EQUAL(given.n, 0);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->arp_replies, 1);
	input("inside", 14,
		INSIDE PEER "0806 0001080006040002" PEER "0a00004d" INSIDE "0a000001");
	CU_ASSERT_EQUAL(given.n, 1);
	CU_ASSERT_EQUAL(given.eth.ether_type, RTE_BE16(RTE_ETHER_TYPE_ARP));
	CU_ASSERT_EQUAL(given.len, 28);
	teardown();
}

/* A flood of what is no routing protocol leaves BGP its share. */
static void
flood(void)
{
	begin("inside");
	for (unsigned i = 0; i < 2 * CGN_HOST_KERNEL_BURST; i++)
		input("inside", 14,
			INSIDE PEER IP4 "450000280000400040062683 0a00004d 0a000001"
					"c0000016 00000001 00000000 5002ffff 00000000");
	CU_ASSERT_EQUAL(given.n, CGN_HOST_KERNEL_BURST);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_RATE), CGN_HOST_KERNEL_BURST);
	input("inside", 14, INSIDE PEER IP4 BGP_TO_BOX);
	CU_ASSERT_EQUAL(given.n, CGN_HOST_KERNEL_BURST + 1);
	teardown();
}

const char *const eal_suite = "host: the kernel beside it";
CU_TestInfo eal_tests[] = {
	{ "BGP", bgp },
	{ "address of another port", other_port },
	{ "echo", echo_is_the_boxs },
	{ "groups of the link", groups },
	{ "neighbours", neighbours },
	{ "flood", flood },
	CU_TEST_INFO_NULL,
};
