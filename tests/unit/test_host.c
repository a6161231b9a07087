/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "box.h"
#include "control/host.h"
#include "dataplane/neigh.h"
#include "eal_main.h"

#define ALL    "ffffffffffff"
#define INSIDE "02000000000a"
#define PEER   "020000000077"
#define IP4    "0800"
#define IP6    "86dd"

static struct cgn_host *h;

static void
begin(void)
{
	box_init();
	h = cgn_host_create(&box.wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	cgn_host_timer(h, 1000);
	cgn_host_snapshot(h, box.snap);
	cgn_resolve_learn(cgn_host_resolver(h), box_iface("inside"), box_key("10.0.0.77"),
		&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 0x77 } },
		CGN_LEARN_CREATE | CGN_LEARN_CONFIRMED, 1000);
	cgn_resolve_learn(cgn_host_resolver(h), box_iface("inside"),
		box_key("2001:db8:0:1::77"),
		&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 0x77 } },
		CGN_LEARN_CREATE | CGN_LEARN_CONFIRMED, 1000);
	box_clear();
}

static void
end(void)
{
	cgn_host_destroy(h);
	box_fini();
}

/* A frame for the box, as the path gives it. l3: where the network header starts. */
static void
input(const char *iface, unsigned l3, const char *hex)
{
	struct rte_mbuf *m = box_packet(hex);
	uint16_t i = box_iface(iface);

	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_LOCAL, .iface = i,
		.vpn = box.snap->iface[i].vpn, .l3 = (uint16_t)l3 };
	cgn_host_input(h, m);
}

static uint64_t
drops(enum cgn_drop reason)
{
	return box.stats.drop[reason];
}

static bool
knows(const char *iface, const char *addr)
{
	return cgn_neigh_find(box.snap->iface[box_iface(iface)].neigh, box_key(addr)) != NULL;
}

static void
arp_answered(void)
{
	begin();
	input("inside", 14, ALL "020000000078 0806 0001080006040001 020000000078 0a00004e"
		"000000000000 0a000001 000000000000000000000000000000000000");
	CU_ASSERT_EQUAL(box.n, 1);
	box_expect(0, 0, "020000000078" INSIDE "0806 0001080006040002" INSIDE "0a000001"
		"020000000078 0a00004e");
	CU_ASSERT(knows("inside", "10.0.0.78"));
	/* in a VLAN; a public address on the outside link; a probe without an address */
	input("red", 18, ALL PEER "8100 0064 0806 0001080006040001" PEER "0a01004d"
		"000000000000 0a010001");
	box_expect(1, 0, PEER INSIDE "8100 0064 0806 0001080006040002" INSIDE "0a010001"
		PEER "0a01004d");
	input("outside", 14, ALL PEER "0806 0001080006040001" PEER "c63364fe"
		"000000000000 c6336441");
	box_expect(2, 1, PEER "02000000000b 0806 0001080006040002 02000000000b c6336441"
		PEER "c63364fe");
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "00000000"
		"000000000000 0a000001");
	box_expect(3, 0, PEER INSIDE "0806 0001080006040002" INSIDE "0a000001"
		PEER "00000000");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->arp_replies, 4);
	end();
}

static void
arp_not_answered(void)
{
	begin();
	/* for others; for an address of another interface; outside the connected network */
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a00004f"
		"000000000000 0a000002");
	CU_ASSERT_FALSE(knows("inside", "10.0.0.79"));
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a00004d"
		"000000000000 c6336401");
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a00004d"
		"000000000000 c6336441");
	/* an answer nobody waits for */
	input("inside", 14, INSIDE PEER "0806 0001080006040002" PEER "0a00004f"
		INSIDE "0a000001");
	CU_ASSERT_FALSE(knows("inside", "10.0.0.79"));
	CU_ASSERT_EQUAL(box.n, 0);
	/* lies: other protocol, cut off, a group as the sender */
	input("inside", 14, ALL PEER "0806 0001080106040001" PEER "0a00004d"
		"000000000000 0a000001");
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a00004d");
	input("inside", 14, ALL PEER "0806 0001080006040001 010000000077 0a00004d"
		"000000000000 0a000001");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ARP), 3);
	CU_ASSERT_EQUAL(box.n, 0);
	end();
}

static void
arp_conflict(void)
{
	begin();
	input("inside", 14, ALL PEER "0806 0001080006040001" PEER "0a000001"
		"000000000000 0a000001");
	CU_ASSERT_EQUAL(cgn_resolve_stats(cgn_host_resolver(h))->conflicts, 1);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->arp_replies, 0);
	box_expect(0, 0, ALL INSIDE "0806 0001080006040001" INSIDE "0a000001"
		"000000000000 0a000001");
	end();
}

/* A packet of the path waits for its neighbour; the ARP reply releases it. */
static void
waiting(void)
{
	struct rte_mbuf *m;

	begin();
	m = box_packet("45aabb");
	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_NEIGHBOUR,
		.iface = box_iface("inside") };
	memcpy(cgn_mark(m)->gw, box_key("10.0.0.5"), 16);
	cgn_host_input(h, m);
	CU_ASSERT_EQUAL(box.n, 1);
	input("inside", 14, INSIDE "020000000005 0806 0001080006040002 020000000005 0a000005"
		INSIDE "0a000001");
	box_expect(1, 0, "020000000005" INSIDE IP4 "45aabb");
	end();
}

#define NS_FOR_1                                                                          \
	"6000000000203afffe800000000000000000000000000077ff0200000000000000000001ff000001" \
	"87004a740000000020010db80000000100000000000000010101020000000077"

static void
solicited(void)
{
	begin();
	input("inside", 14, "3333ff000001" PEER IP6 NS_FOR_1);
	box_expect(0, 0, PEER INSIDE IP6
		"6000000000203aff20010db8000000010000000000000001fe8000000000000000000000"
		"000000778800392be000000020010db8000000010000000000000001020102000000000a");
	CU_ASSERT(knows("inside", "fe80::77"));
	/* is the address free? */
	input("inside", 14, "3333ff000001" PEER IP6
		"6000000000183aff00000000000000000000000000000000ff0200000000000000000001"
		"ff00000187004cec0000000020010db8000000010000000000000001");
	box_expect(1, 0, "333300000001" INSIDE IP6
		"6000000000203aff20010db8000000010000000000000001ff0200000000000000000000"
		"000000018800791fa000000020010db8000000010000000000000001020102000000000a");
	/* an AFTR address on the link, by a unicast question without an option */
	input("inside", 14, INSIDE PEER IP6
		"6000000000183aff20010db800000001000000000000007720010db80000000100000000"
		"0000aaaa870099b20000000020010db800000001000000000000aaaa");
	box_expect(2, 0, PEER INSIDE IP6
		"6000000000203aff20010db800000001000000000000aaaa20010db80000000100000000"
		"000000778800b49ee000000020010db800000001000000000000aaaa020102000000000a");
	/* somebody else's */
	input("inside", 14, "3333ff000005" PEER IP6
		"6000000000203afffe800000000000000000000000000077ff0200000000000000000001"
		"ff00000587004a6c0000000020010db80000000100000000000000050101020000000077");
	CU_ASSERT_EQUAL(box.n, 3);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->nd_replies, 3);
	end();
}

static void
solicitation_lies(void)
{
	begin();
	/* hop limit 254, from beyond the link */
	input("inside", 14, "3333ff000001" PEER IP6
		"6000000000203afefe800000000000000000000000000077ff0200000000000000000001"
		"ff00000187004a740000000020010db80000000100000000000000010101020000000077");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ND), 1);
	/* a checksum that is wrong */
	input("inside", 14, "3333ff000001" PEER IP6
		"6000000000203afffe800000000000000000000000000077ff0200000000000000000001"
		"ff00000187004a750000000020010db80000000100000000000000010101020000000077");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ICMP_CHECKSUM), 1);
	/* an option of no length (its checksum is right) */
	input("inside", 14, "3333ff000001" PEER IP6
		"6000000000203afffe800000000000000000000000000077ff0200000000000000000001"
		"ff00000187004a750000000020010db80000000100000000000000010100020000000077");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ND), 2);
	CU_ASSERT_EQUAL(box.n, 0);
	end();
}

static void
advertised(void)
{
	struct rte_ether_addr mac;

	begin();
	input("inside", 14, INSIDE PEER IP6
		"6000000000203aff20010db8000000010000000000000002fe80000000000000000000ff"
		"fe00000a8800ba296000000020010db80000000100000000000000020201020000000077");
	CU_ASSERT(cgn_neigh_mac(cgn_neigh_find(box.snap->iface[0].neigh,
		box_key("2001:db8:0:1::2")), &mac));
	CU_ASSERT_EQUAL(mac.addr_bytes[5], 0x77);
	CU_ASSERT_EQUAL(box.n, 0);
	end();
}

static void
router(void)
{
	begin();
	input("inside", 14, "333300000002" PEER IP6
		"6000000000103afffe800000000000000000000000000077ff0200000000000000000000"
		"0000000285007940000000000101020000000077");
	box_expect(0, 0, PEER INSIDE IP6
		"6000000000403afffe80000000000000000000fffe00000afe8000000000000000000000"
		"000000778600ef22400007080000000000000000010102000000000a05010000000005dc"
		"0304408000278d0000093a800000000020010db8000000010000000000000000");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->router_adverts, 1);
	end();
}

static void
echo4(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP4 "45000021424240000301214d0a00004d0a0000010800a1f2"
		"1234000768656c6c6f 00000000000000000000000000");
	box_expect(0, 0, PEER INSIDE IP4 "45000021000000004001668f0a0000010a00004d0000a9f2"
		"1234000768656c6c6f");
	/* options stay here; the next packet has the next identification */
	input("inside", 14, INSIDE PEER IP4 "46000025000000004001638a0a00004d0a00000101010100"
		"0800a1f21234000768656c6c6f");
	box_expect(1, 0, PEER INSIDE IP4 "45000021000100004001668e0a0000010a00004d0000a9f2"
		"1234000768656c6c6f");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->echo_replies, 2);
	end();
}

/* By the default gateway, once it is known; without a route to where it came from; to a
 * public address of the box by the worker that has it. */
static void
echo4_routed(void)
{
	begin();
	input("outside", 14, "02000000000b" PEER IP4
		"45000021000000004001409808080808c63364010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(box.n, 0); /* held: the gateway has been asked for */
	input("outside", 14, "02000000000b 0200000000fe 0806 0001080006040002 0200000000fe"
		"c63364fe 02000000000b c6336401");
	box_expect(0, 1, "0200000000fe 02000000000b" IP4
		"450000210000000040014098c6336401080808080000a9f21234000768656c6c6f");
	input("red", 18, INSIDE PEER "8100 0064" IP4
		"450000210000000040015fcd0a0707070a0100010800a1f21234000768656c6c6f");
	box_expect(1, 0, PEER INSIDE "8100 0064" IP4
		"450000210001000040015fcc0a0100010a0707070000a9f21234000768656c6c6f");
	input("inside", 0, /* out of a softwire, translated */
		"450000210000000040012633c6336441c63364010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL_FATAL(box.n, 3);
	CU_ASSERT(box.sent[2].handed);
	CU_ASSERT_EQUAL(box.sent[2].to, 0);
	CU_ASSERT_EQUAL(cgn_mark(box.sent[2].m)->op, CGN_MARK_HAIRPIN);
	CU_ASSERT_EQUAL(cgn_mark(box.sent[2].m)->iface, box_iface("inside"));
	box.sent[2].handed = false;
	box_expect(2, 0, "450000210002000040012631c6336401c63364410000a9f21234000768656c6c6f");
	end();
}

static void
refused4(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP4
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	box_expect(0, 0, PEER INSIDE IP4
		"4500003c00000000400166740a0000010a00004d0303285500000000"
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	input("inside", 14, INSIDE PEER IP4
		"4500001c00000000402f66660a00004d0a0000013132333435363738");
	box_expect(1, 0, PEER INSIDE IP4
		"4500003800010000400166770a0000010a00004d03022c2900000000"
		"4500001c00000000402f66660a00004d0a0000013132333435363738");
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 2);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, 2);
	/* never about a broadcast frame (RFC 1122 3.2.2) */
	input("inside", 14, ALL PEER IP4
		"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	CU_ASSERT_EQUAL(box.n, 2);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 3);
	end();
}

static void
dropped4(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP4 /* in fragments */
		"45000021000020004001468f0a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_FRAGMENT), 1);
	input("inside", 14, INSIDE PEER IP4 /* ICMP checksum */
		"45000021000000004001668f0a00004d0a000001080000001234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_ICMP_CHECKSUM), 1);
	input("inside", 14, ALL PEER IP4 /* echo by broadcast */
		"4500002100000000400170900a00004dffffffff0800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_MULTICAST), 1);
	input("inside", 14, INSIDE PEER IP4 /* from ourselves */
		"4500002100000000400166db0a0000010a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_MARTIAN), 1);
	input("inside", 14, INSIDE PEER IP4 /* header checksum */
		"4500002100000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_IP4_CHECKSUM), 1);
	input("inside", 14, INSIDE PEER IP4 /* longer than the frame */
		"4500002200000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	input("inside", 14, INSIDE PEER IP4 /* header length */
		"4400002100000000400166900a00004d0a0000010800a1f21234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_IP4_HEADER), 2);
	input("inside", 14, INSIDE PEER IP4 "4500");
	input("inside", 14, INSIDE PEER IP4);
	CU_ASSERT_EQUAL(drops(CGN_DROP_RUNT), 2);
	CU_ASSERT_EQUAL(box.n, 0);
	end();
}

static void
echo6(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP6
		"60000000000d3a0920010db800000001000000000000007720010db80000000100000000"
		"000000018000cdbe1234000768656c6c6f");
	box_expect(0, 0, PEER INSIDE IP6
		"60000000000d3a4020010db800000001000000000000000120010db80000000100000000"
		"000000778100ccbe1234000768656c6c6f");
	input("inside", 14, INSIDE PEER IP6 /* between link-local addresses */
		"60000000000d3a09fe800000000000000000000000000077fe80000000000000000000ff"
		"fe00000a80002d281234000768656c6c6f");
	CU_ASSERT_EQUAL(box.n, 2); /* the neighbour is asked for */
	input("inside", 14, INSIDE PEER IP6 /* behind destination options */
		"6000000000153c0920010db800000001000000000000007720010db80000000100000000"
		"000000013a000104000000008000cdbe1234000768656c6c6f");
	box_expect(2, 0, PEER INSIDE IP6
		"60000000000d3a4020010db800000001000000000000000120010db80000000100000000"
		"000000778100ccbe1234000768656c6c6f");
	input("inside", 14, "3333ff000001" PEER IP6 NS_FOR_1);
	box_expect(3, 0, PEER INSIDE IP6
		"60000000000d3a40fe80000000000000000000fffe00000afe8000000000000000000000"
		"0000007781002c281234000768656c6c6f");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->echo_replies, 3);
	end();
}

/* The AFTR's address answers, by the route to the B4. */
static void
echo6_aftr(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP6
		"6000000000203aff20010db8000000010000000000000002fe80000000000000000000ff"
		"fe00000a8800ba296000000020010db80000000100000000000000020201020000000077");
	input("inside", 14, INSIDE "020000000099" IP6
		"60000000000d3a0920010db801000000000000000000000520010db80000000000000000"
		"0000aaaa800022891234000768656c6c6f");
	box_expect(0, 0, PEER INSIDE IP6
		"60000000000d3a4020010db800000000000000000000aaaa20010db80100000000000000"
		"00000005810021891234000768656c6c6f");
	end();
}

static void
refused6(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP6
		"600000000008110920010db800000001000000000000007720010db80000000100000000"
		"000000010fa0003500080000");
	box_expect(0, 0, PEER INSIDE IP6
		"6000000000383a4020010db800000001000000000000000120010db80000000100000000"
		"000000770104c5c200000000600000000008110920010db8000000010000000000000077"
		"20010db80000000100000000000000010fa0003500080000");
	input("inside", 14, INSIDE PEER IP6 /* points at the next header of the options */
		"6000000000103c0920010db800000001000000000000007720010db80000000100000000"
		"000000012f000104000000003132333435363738");
	box_expect(1, 0, PEER INSIDE IP6
		"6000000000403a4020010db800000001000000000000000120010db80000000100000000"
		"000000770401a691000000286000000000103c0920010db8000000010000000000000077"
		"20010db80000000100000000000000012f000104000000003132333435363738");
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_PROTOCOL), 2);
	end();
}

static void
dropped6(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP6 /* not ours */
		"60000000000d3a0920010db800000001000000000000007720010db80000000100000000"
		"000000028000cdbd1234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_NOT_FOR_US), 1);
	input("inside", 14, INSIDE PEER IP6 /* options longer than the packet */
		"6000000000083c0920010db800000001000000000000007720010db80000000100000000"
		"000000013a01010400000000");
	input("inside", 14, INSIDE PEER IP6 /* payload longer than the frame */
		"60000000000e3a0920010db800000001000000000000007720010db80000000100000000"
		"000000018000cdbe1234000768656c6c6f");
	CU_ASSERT_EQUAL(drops(CGN_DROP_IP6_HEADER), 2);
	input("inside", 14, INSIDE PEER IP6 /* a fragment */
		"6000000000082c0920010db800000001000000000000007720010db80000000100000000"
		"000000013a00000100000000");
	CU_ASSERT_EQUAL(drops(CGN_DROP_FRAGMENT), 1);
	input("inside", 14, INSIDE PEER IP6 /* ICMPv6 without its header */
		"6000000000043a0920010db800000001000000000000007720010db80000000100000000"
		"0000000180000000");
	CU_ASSERT_EQUAL(drops(CGN_DROP_L4_HEADER), 1);
	CU_ASSERT_EQUAL(box.n, 0);
	end();
}

/* So many at once, then so many per second; the rest is counted. */
static void
rate(void)
{
	const char *request = INSIDE PEER IP4 "45000021424240000301214d0a00004d0a000001"
		"0800a1f21234000768656c6c6f";

	begin();
	for (unsigned i = 0; i < CGN_HOST_ECHO_BURST + 50; i++)
		input("inside", 14, request);
	CU_ASSERT_EQUAL(box.n, CGN_HOST_ECHO_BURST);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_RATE), 50);
	cgn_host_timer(h, 1010);
	for (unsigned i = 0; i < 50; i++)
		input("inside", 14, request);
	CU_ASSERT_EQUAL(box.n, CGN_HOST_ECHO_BURST + 10);
	for (unsigned i = 0; i < CGN_HOST_REFUSE_BURST + 5; i++)
		input("inside", 14, INSIDE PEER IP4
			"4500002000000000401166800a00004d0a0000010fa00035000c000061626364");
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, CGN_HOST_REFUSE_BURST);
	end();
}

const char *const eal_suite = "host";
CU_TestInfo eal_tests[] = {
	{ "ARP is answered", arp_answered },
	{ "ARP for others, and lies", arp_not_answered },
	{ "ARP: another with our address", arp_conflict },
	{ "packets that wait", waiting },
	{ "solicitations are answered", solicited },
	{ "solicitations that lie", solicitation_lies },
	{ "advertisements", advertised },
	{ "router solicitation", router },
	{ "IPv4 echo", echo4 },
	{ "IPv4 echo is routed", echo4_routed },
	{ "IPv4: nobody listens", refused4 },
	{ "IPv4: dropped by name", dropped4 },
	{ "IPv6 echo", echo6 },
	{ "IPv6 echo of the AFTR", echo6_aftr },
	{ "IPv6: nobody listens", refused6 },
	{ "IPv6: dropped by name", dropped6 },
	{ "bounded rates", rate },
	CU_TEST_INFO_NULL,
};
