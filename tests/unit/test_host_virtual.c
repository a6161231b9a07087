/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The host and virtual routers: a master answers for its virtual addresses with the
 * virtual MAC address, a backup answers nothing; advertisements are passed on. */
#include <string.h>

#include "eal_main.h"
#include "host_case.h"

#define VMAC4 "00005e00010a"

static enum cgn_host_virtual state;
static unsigned adverts;

/* 10.0.0.254 and fe80::fe are virtual, on inside. */
static enum cgn_host_virtual
find(void *ctx, uint16_t iface, const uint8_t key[16], bool on_link,
	struct rte_ether_addr *mac)
{
	bool four = memcmp(key, box_key("10.0.0.254"), 16) == 0;

	CU_ASSERT_PTR_EQUAL(ctx, &state);
	if ((on_link && iface != box_iface("inside")) ||
		(!four && memcmp(key, box_key("fe80::fe"), 16) != 0))
		return CGN_HOST_REAL;
	*mac = (struct rte_ether_addr){ { 0, 0, 0x5e, 0, four ? 1 : 2, 10 } };
	return state;
}

static void
take(void *ctx, uint16_t iface, struct rte_mbuf *m)
{
	CU_ASSERT_PTR_EQUAL(ctx, &state);
	CU_ASSERT_EQUAL(iface, box_iface("inside"));
	adverts++;
	rte_pktmbuf_free(m);
}

static enum cgn_host_virtual
router(void *ctx, uint16_t iface, uint8_t link_local[16], struct rte_ether_addr *mac)
{
	CU_ASSERT_PTR_EQUAL(ctx, &state);
	if (iface != box_iface("inside"))
		return CGN_HOST_REAL;
	if (state == CGN_HOST_MASTER) {
		memcpy(link_local, box_key("fe80::fe"), 16);
		*mac = (struct rte_ether_addr){ { 0, 0, 0x5e, 0, 2, 10 } };
	}
	return state;
}

static void
open_host(enum cgn_host_virtual is)
{
	struct cgn_host_routers routers = { find, router, take, &state };

	setup();
	cgn_host_set_routers(h, &routers);
	state = is;
	adverts = 0;
}

static void
ask_arp(void)
{
	input("inside", 14,
		ALL PEER "0806 0001080006040001" PEER "0a00004d 000000000000 0a0000fe");
}

static void
ask_nd(void)
{
	input("inside", 14,
		"3333ff0000fe" PEER IP6
		"6000000000203afffe800000000000000000000000000077ff0200000000000000000001"
		"ff0000fe870077b300000000fe8000000000000000000000000000fe010102000000007"
		"7");
}

static void
ping(void)
{
	input("inside", 14,
		"00005e00010a" PEER IP4
		"45000020123400004001535f0a00004d0a0000fe080033360001000261626364");
	input("inside", 14,
		"00005e00020a" PEER IP6
		"60000000000c3a40fe800000000000000000000000000077fe80000000000000000000"
		"00000000fe8000bc780001000261626364");
}

/* The frame of an ARP answer comes from the port's own address, RFC 9568 8.1.2. */
static void
master(void)
{
	open_host(CGN_HOST_MASTER);
	ask_arp();
	box_expect(0, 0,
		PEER INSIDE "0806 0001080006040002" VMAC4 "0a0000fe" PEER "0a00004d");
	ask_nd();
	box_expect(1, 0,
		PEER
		"00005e00020a" IP6
		"6000000000203afffe8000000000000000000000000000fefe8000000000000000000000"
		"0000007788003"
		"7a3e0000000fe8000000000000000000000000000fe020100005e00020a");
	ping();
	box_expect(2, 0,
		PEER INSIDE IP4
		"4500002000000000400165930a0000fe0a00004d00003b360001000261626364");
	CU_ASSERT_EQUAL(box.n, 4);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->echo_replies, 2);
	teardown();
}

static void
backup(void)
{
	open_host(CGN_HOST_BACKUP);
	ask_arp();
	ask_nd();
	ping();
	CU_ASSERT_EQUAL(box.n, 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_NOT_FOR_US), 2);
	teardown();
}

/* Routers are asked for: the master answers, as the virtual router. */
static void
solicited(void)
{
	const char *ask = "333300000002" PEER IP6
			  "6000000000103afffe800000000000000000000000000077ff020000000000"
			  "00000000000000000285007940000000000101020000000077";
	const uint8_t *frame;

	open_host(CGN_HOST_BACKUP);
	input("inside", 14, ask);
	CU_ASSERT_EQUAL(box.n, 0);
	state = CGN_HOST_MASTER;
	input("inside", 14, ask);
	CU_ASSERT_EQUAL_FATAL(box.n, 1);
	frame = rte_pktmbuf_mtod(box.sent[0].m, const uint8_t *);
	CU_ASSERT_EQUAL(memcmp(frame + 6, "\0\0\x5e\0\2\x0a", 6), 0);
	CU_ASSERT_EQUAL(memcmp(frame + 22, box_key("fe80::fe"), 16), 0);
	CU_ASSERT_EQUAL(memcmp(frame + 54 + 18, "\0\0\x5e\0\2\x0a", 6), 0);
	teardown();
}

/* As it happens when a link flaps: backup, master, backup. */
static void
frr_16995(void)
{
	open_host(CGN_HOST_BACKUP);
	ask_arp();
	state = CGN_HOST_MASTER;
	ask_arp();
	CU_ASSERT_EQUAL(box.n, 1);
	state = CGN_HOST_BACKUP;
	ask_arp();
	ask_nd();
	CU_ASSERT_EQUAL(box.n, 1);
	teardown();
}

/* What the other box announces is no conflict, and no neighbour to be learnt. */
static void
announced(void)
{
	open_host(CGN_HOST_BACKUP);
	input("inside", 14,
		ALL VMAC4 "0806 0001080006040001" VMAC4 "0a0000fe" VMAC4 "0a0000fe");
	input("inside", 14,
		"333300000001"
		"00005e00020a" IP6
		"6000000000203afffe80000000000000000000000000000bff0200000000000000000000"
		"00000001"
		"8800788aa0000000fe8000000000000000000000000000fe020100005e00020a");
	CU_ASSERT_EQUAL(cgn_resolve_stats(cgn_host_resolver(h))->conflicts, 0);
	CU_ASSERT_FALSE(knows("inside", "10.0.0.254"));
	CU_ASSERT_EQUAL(box.n, 0);
	teardown();
}

static void
advertisements(void)
{
	const char *four =
		"01005e000012" VMAC4 IP4
		"45c00020000c0000ff70d08d0a000002e0000012310a9601000a435b0a0000"
		"fe";
	const char *six = "333300000012"
			  "00005e00020a" IP6 "6c0000000014"
			  "70fffe80000000000000d41a1bfffedfd5b6ff02000000000000"
			  "0000000000000012"
			  "310a9601000a000020010db8000000000000fe00";

	open_host(CGN_HOST_BACKUP);
	input("inside", 14, four);
	input("inside", 14, six);
	CU_ASSERT_EQUAL(adverts, 2);
	/* to one address: nobody speaks that here */
	input("inside", 14,
		INSIDE PEER IP4 "45c00020000c0000ff70b0ac0a00004d0a000001310a9601000a435b"
				"0a0000fe");
	CU_ASSERT_EQUAL(adverts, 2);
	cgn_host_set_routers(h, NULL);
	input("inside", 14, four);
	CU_ASSERT_EQUAL(drops(CGN_DROP_MULTICAST), 1);
	CU_ASSERT_EQUAL(adverts, 2);
	teardown();
}

const char *const eal_suite = "host: virtual routers";
CU_TestInfo eal_tests[] = {
	{ "a master answers", master },
	{ "a backup answers nothing", backup },
	{ "routers are solicited", solicited },
	{ "FRR #16995: a backup that answers ARP after a flap", frr_16995 },
	{ "announced by the other box", announced },
	{ "advertisements", advertisements },
	CU_TEST_INFO_NULL,
};
