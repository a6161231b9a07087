/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "eal_main.h"
#include "host_case.h"

static void
arp_answered(void)
{
	setup();
	input("inside", 14,
		ALL "020000000078 0806 0001080006040001 020000000078 0a00004e"
		    "000000000000 0a000001 000000000000000000000000000000000000");
	CU_ASSERT_EQUAL(box.n, 1);
	box_expect(0, 0,
		"020000000078" INSIDE "0806 0001080006040002" INSIDE "0a000001"
		"020000000078 0a00004e");
	CU_ASSERT(knows("inside", "10.0.0.78"));
	/* in a VLAN; a public address on the outside link; a probe without an address */
	input("red", 18,
		ALL PEER "8100 0064 0806 0001080006040001" PEER "0a01004d"
			 "000000000000 0a010001");
	box_expect(1, 0,
		PEER INSIDE "8100 0064 0806 0001080006040002" INSIDE "0a010001" PEER
			    "0a01004d");
	input("outside", 14,
		ALL PEER "0806 0001080006040001" PEER "c63364fe"
			 "000000000000 c6336441");
	box_expect(2, 1,
		PEER "02000000000b 0806 0001080006040002 02000000000b c6336441" PEER
		     "c63364fe");
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "00000000"
			 "000000000000 0a000001");
	box_expect(3, 0,
		PEER INSIDE "0806 0001080006040002" INSIDE "0a000001" PEER "00000000");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->arp_replies, 4);
	teardown();
}

static void
arp_not_answered(void)
{
	setup();
	/* for others; for an address of another interface; outside the connected network
	 */
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a00004f"
			 "000000000000 0a000002");
	CU_ASSERT_FALSE(knows("inside", "10.0.0.79"));
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a00004d"
			 "000000000000 c6336401");
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a00004d"
			 "000000000000 c6336441");
	/* an answer nobody waits for */
	input("inside", 14,
		INSIDE PEER "0806 0001080006040002" PEER "0a00004f" INSIDE "0a000001");
	CU_ASSERT_FALSE(knows("inside", "10.0.0.79"));
	CU_ASSERT_EQUAL(box.n, 0);
	/* lies: other protocol, cut off, a group as the sender */
	input("inside", 14,
		ALL PEER "0806 0001080106040001" PEER "0a00004d"
			 "000000000000 0a000001");
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a00004d");
	input("inside", 14,
		ALL PEER "0806 0001080006040001 010000000077 0a00004d"
			 "000000000000 0a000001");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ARP), 3);
	CU_ASSERT_EQUAL(box.n, 0);
	teardown();
}

static void
arp_conflict(void)
{
	setup();
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a000001"
			 "000000000000 0a000001");
	CU_ASSERT_EQUAL(cgn_resolve_stats(cgn_host_resolver(h))->conflicts, 1);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->arp_replies, 0);
	box_expect(0, 0,
		ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
			   "000000000000 0a000001");
	teardown();
}

/* A packet of the path waits for its neighbour; the ARP reply releases it. */
static void
waiting(void)
{
	struct rte_mbuf *m;

	setup();
	m = box_packet("45aabb");
	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_NEIGHBOUR,
		.iface = box_iface("inside") };
	memcpy(cgn_mark(m)->gw, box_key("10.0.0.5"), 16);
	cgn_host_input(h, m);
	CU_ASSERT_EQUAL(box.n, 1);
	input("inside", 14,
		INSIDE "020000000005 0806 0001080006040002 020000000005 0a000005" INSIDE
		       "0a000001");
	box_expect(1, 0, "020000000005" INSIDE IP4 "45aabb");
	teardown();
}

static void
echo4(void)
{
	setup();
	input("inside", 14,
		INSIDE PEER IP4 "45000021424240000301214d0a00004d0a0000010800a1f2"
				"1234000768656c6c6f 00000000000000000000000000");
	box_expect(0, 0,
		PEER INSIDE IP4 "45000021000000004001668f0a0000010a00004d0000a9f2"
				"1234000768656c6c6f");
	/* options stay here; the next packet has the next identification */
	input("inside", 14,
		INSIDE PEER IP4 "46000025000000004001638a0a00004d0a00000101010100"
				"0800a1f21234000768656c6c6f");
	box_expect(1, 0,
		PEER INSIDE IP4 "45000021000100004001668e0a0000010a00004d0000a9f2"
				"1234000768656c6c6f");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->echo_replies, 2);
	teardown();
}

/* By the default gateway, once it is known; without a route to where it came from; to a
 * public address of the box by the worker that has it. */
static void
echo4_routed(void)
{
	setup();
	input("outside", 14,
		"02000000000b" PEER IP4
		"45000021000000004001409808080808c63364010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(box.n, 0); /* held: the gateway has been asked for */
	input("outside", 14,
		"02000000000b 0200000000fe 0806 0001080006040002 0200000000fe"
		"c63364fe 02000000000b c6336401");
	box_expect(0, 1,
		"0200000000fe 02000000000b" IP4
		"450000210000000040014098c6336401080808080000a9f21234000768656c6c6f");
	input("red", 18,
		INSIDE PEER
		"8100 0064" IP4
		"450000210000000040015fcd0a0707070a0100010800a1f21234000768656c6c6f");
	box_expect(1, 0,
		PEER INSIDE
		"8100 0064" IP4
		"450000210001000040015fcc0a0100010a0707070000a9f21234000768656c6c6f");
	input("inside", 0, /* out of a softwire, translated */
		"450000210000000040012633c6336441c63364010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL_FATAL(box.n, 3);
	CU_ASSERT(box.sent[2].handed);
	CU_ASSERT_EQUAL(box.sent[2].to, 0);
	CU_ASSERT_EQUAL(cgn_mark(box.sent[2].m)->op, CGN_MARK_HAIRPIN);
	CU_ASSERT_EQUAL(cgn_mark(box.sent[2].m)->iface, box_iface("inside"));
	box.sent[2].handed = false;
	box_expect(2, 0,
		"450000210002000040012631c6336401c63364410000a9f21234000768656c6c6f");
	teardown();
}

static void
refused4(void)
{
	setup();
	input("inside", 14,
		INSIDE PEER IP4
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	box_expect(0, 0,
		PEER INSIDE IP4
		"4500003c00000000400166740a0000010a00004d0303285500000000"
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	input("inside", 14,
		INSIDE PEER IP4
		"4500001c00000000402f66660a00004d0a0000013132333435363738");
	box_expect(1, 0,
		PEER INSIDE IP4
		"4500003800010000400166770a0000010a00004d03022c2900000000"
		"4500001c00000000402f66660a00004d0a0000013132333435363738");
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 2);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, 2);
	/* never about a broadcast frame (RFC 1122 3.2.2) */
	input("inside", 14,
		ALL PEER IP4
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	CU_ASSERT_EQUAL(box.n, 2);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 3);
	teardown();
}

static void
dropped4(void)
{
	setup();
	input("inside", 14,
		INSIDE PEER IP4 /* in fragments */
		"45000021000020004001468f0a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_FRAGMENT), 1);
	input("inside", 14,
		INSIDE PEER IP4 /* ICMP checksum */
		"45000021000000004001668f0a00004d0a000001080000001234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ICMP_CHECKSUM), 1);
	input("inside", 14,
		ALL PEER IP4 /* echo by broadcast */
		"4500002100000000400170900a00004dffffffff0800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_MULTICAST), 1);
	input("inside", 14,
		INSIDE PEER IP4 /* from ourselves */
		"4500002100000000400166db0a0000010a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_MARTIAN), 1);
	input("inside", 14,
		INSIDE PEER IP4 /* header checksum */
		"4500002100000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_IP4_CHECKSUM), 1);
	input("inside", 14,
		INSIDE PEER IP4 /* longer than the frame */
		"4500002200000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	input("inside", 14,
		INSIDE PEER IP4 /* header length */
		"4400002100000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_IP4_HEADER), 2);
	input("inside", 14, INSIDE PEER IP4 "4500");
	input("inside", 14, INSIDE PEER IP4);
	CU_ASSERT_EQUAL(drops(CGN_DROP_RUNT), 2);
	CU_ASSERT_EQUAL(box.n, 0);
	teardown();
}

/* So many at once, then so many per second; the rest is counted. */
static void
rate(void)
{
	const char *request = INSIDE PEER IP4 "45000021424240000301214d0a00004d0a000001"
					      "0800a1f21234000768656c6c6f";

	setup();
	for (unsigned i = 0; i < CGN_HOST_ECHO_BURST + 50; i++)
		input("inside", 14, request);
	CU_ASSERT_EQUAL(box.n, CGN_HOST_ECHO_BURST);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_RATE), 50);
	cgn_host_timer(h, 1010);
	for (unsigned i = 0; i < 50; i++)
		input("inside", 14, request);
	CU_ASSERT_EQUAL(box.n, CGN_HOST_ECHO_BURST + 10);
	for (unsigned i = 0; i < CGN_HOST_REFUSE_BURST + 5; i++)
		input("inside", 14,
			INSIDE PEER IP4 "4500002000000000401166800a00004d0a0000010fa00035"
					"000c000061626364");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, CGN_HOST_REFUSE_BURST);
	teardown();
}

const char *const eal_suite = "host: ARP and IPv4";
CU_TestInfo eal_tests[] = {
	{ "ARP is answered", arp_answered },
	{ "ARP for others, and lies", arp_not_answered },
	{ "ARP: another with our address", arp_conflict },
	{ "packets that wait", waiting },
	{ "IPv4 echo", echo4 },
	{ "IPv4 echo is routed", echo4_routed },
	{ "IPv4: nobody listens", refused4 },
	{ "IPv4: dropped by name", dropped4 },
	{ "bounded rates", rate },
	CU_TEST_INFO_NULL,
};
