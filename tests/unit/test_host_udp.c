/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_main.h"
#include "host_case.h"

#include <string.h>

/* From 10.0.0.77 and 2001:db8:0:1::77, port 6785 to 6785, "abcd". */
#define UDP4 "4500002000000000401166800a00004d0a0000011a811a81000c000061626364"
#define UDP6                                                                             \
	"60000000000c114020010db80000000100000000000000772001"                           \
	"0db80000000100000000000000011a811a81000c000061626364"

static struct cgn_host_udp seen;
static uint8_t seen_src[16], seen_data[64];
static unsigned calls;
static bool wants;

static bool
take(void *ctx, const struct cgn_host_udp *d)
{
	CU_ASSERT_PTR_EQUAL(ctx, &calls);
	calls++;
	seen = *d;
	memcpy(seen_src, d->src, 16);
	memcpy(seen_data, d->data, RTE_MIN(d->len, sizeof(seen_data)));
	return wants;
}

static void
begin(void)
{
	setup();
	calls = 0;
	wants = true;
	cgn_host_listen(h, 6785, take, &calls);
}

static void
arrives(void)
{
	begin();
	input("inside", 14, INSIDE PEER IP4 UDP4);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(seen.iface, box_iface("inside"));
	CU_ASSERT_EQUAL(memcmp(seen_src, box_key("10.0.0.77"), 16), 0);
	CU_ASSERT_EQUAL(seen.len, 4);
	CU_ASSERT_EQUAL(memcmp(seen_data, "abcd", 4), 0);
	input("inside", 14, INSIDE PEER IP6 UDP6);
	CU_ASSERT_EQUAL(calls, 2);
	CU_ASSERT_EQUAL(memcmp(seen_src, box_key("2001:db8:0:1::77"), 16), 0);
	CU_ASSERT_EQUAL(seen.len, 4);
	CU_ASSERT_EQUAL(box.n, 0);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, 0);
	teardown();
}

/* No limit of rate is before the listener: 50,000 in one millisecond. */
static void
many(void)
{
	begin();
	for (unsigned k = 0; k < 50000; k++)
		input("inside", 14, INSIDE PEER IP4 UDP4);
	CU_ASSERT_EQUAL(calls, 50000);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HOST_RATE), 0);
	teardown();
}

/* What nobody wants is refused like anything else, and so are other ports and lengths
 * that lie. */
static void
refused(void)
{
	begin();
	wants = false;
	input("inside", 14, INSIDE PEER IP4 UDP4);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, 1);
	wants = true;
	input("inside", 14,
		INSIDE PEER IP4
		"4500002000000000401166800a00004d0a0000011a811a82000c000061626364");
	input("inside", 14,
		INSIDE PEER IP4
		"4500002000000000401166800a00004d0a0000011a811a81000d000061626364");
	input("inside", 14,
		INSIDE PEER IP4
		"4500002000000000401166800a00004d0a0000011a811a810007000061626364");
	cgn_host_listen(h, 6785, NULL, NULL);
	input("inside", 14, INSIDE PEER IP4 UDP4);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(cgn_host_stats(h)->refusals, 5);
	teardown();
}

/* What is sent is received again, with its addresses turned round. */
static void
leaves(void)
{
	static const char text[] = "hello";
	uint8_t own[16], peer[16];
	struct cgn_host_udp d = { .src = own,
		.dst = peer,
		.data = (const uint8_t *)text,
		.len = sizeof(text) };

	begin();
	d.iface = box_iface("inside");
	memcpy(own, box_key("10.0.0.1"), 16);
	memcpy(peer, box_key("10.0.0.77"), 16);
	cgn_host_udp_send(h, &d);
	CU_ASSERT_EQUAL(box.n, 1);
	memcpy(own, box_key("2001:db8:0:1::1"), 16);
	memcpy(peer, box_key("2001:db8:0:1::77"), 16);
	cgn_host_udp_send(h, &d);
	CU_ASSERT_EQUAL(box.n, 2);
	/* to another network: by the routing table, to a neighbour that is asked for */
	memcpy(own, box_key("10.0.0.1"), 16);
	memcpy(peer, box_key("192.0.2.9"), 16);
	cgn_host_udp_send(h, &d);
	CU_ASSERT_EQUAL(cgn_resolve_stats(cgn_host_resolver(h))->held, 1);
	teardown();
}

const char *const eal_suite = "host: UDP";
CU_TestInfo eal_tests[] = {
	{ "to the listener", arrives },
	{ "50,000 at once", many },
	{ "not for the listener", refused },
	{ "from the box", leaves },
	CU_TEST_INFO_NULL,
};
