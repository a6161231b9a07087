/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "dataplane/block.h"
#include "dataplane/single.h"
#include "eal_main.h"
#include "world.h"

#define SLOT 4 /* an address of location 0 */

static struct cgn_address *
address(void)
{
	return world.state[0][SLOT];
}

/* Takes n ports of a transport; they are all different and of the right class. */
static void
take(enum cgn_class class, uint16_t *port, unsigned n)
{
	static uint8_t seen[65536];

	memset(seen, 0, sizeof(seen));
	for (unsigned k = 0; k < n; k++) {
		port[k] = cgn_single_take(world.w, SLOT, class);
		CU_ASSERT_FATAL(port[k] >= 1024);
		CU_ASSERT_EQUAL_FATAL(seen[port[k]]++, 0);
	}
}

static void
give(enum cgn_class class, const uint16_t *port, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		cgn_single_give(world.w, SLOT, class, port[k]);
}

static bool
is_empty(void)
{
	static const uint64_t none[65536 / 64];
	const struct cgn_address *a = address();
	bool empty = a->free == CGN_PORT_COUNT && !a->quarantined && !a->rest.listed &&
		     !world.w->sweep.resting;

	for (unsigned c = 0; c < CGN_CLASSES; c++)
		empty &= memcmp(a->used[c], none, sizeof(none)) == 0 &&
			 memcmp(a->rest.port[0][c], none, sizeof(none)) == 0 &&
			 memcmp(a->rest.port[1][c], none, sizeof(none)) == 0;
	for (unsigned port = CGN_PORT_FIRST; port < 65536; port++)
		empty &= !(a->blocked[port / 64] >> port % 64 & 1);
	return empty && memcmp(a->single, none, sizeof(none)) == 0;
}

/* All 64512 ports can be given, for each transport, and no more. */
static void
test_all(void)
{
	uint16_t *port = malloc(CGN_CLASSES * CGN_PORT_COUNT * sizeof(*port));

	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	world_open(64, 16, 0);
	for (unsigned c = 0; c < CGN_CLASSES; c++) {
		take(c, port + c * CGN_PORT_COUNT, CGN_PORT_COUNT);
		CU_ASSERT_EQUAL(cgn_single_take(world.w, SLOT, c), 0);
	}
	CU_ASSERT_EQUAL(address()->free, 0);
	for (unsigned c = 0; c < CGN_CLASSES; c++)
		give(c, port + c * CGN_PORT_COUNT, CGN_PORT_COUNT);
	world_tick(120000);
	world_tick(120000);
	CU_ASSERT_TRUE(is_empty());
	world_close();
	free(port);
}

/* RFC 6056: any port is as likely as any other, and the next one cannot be told. */
static void
test_random(void)
{
	unsigned bin[64] = { 0 }, near = 0;
	uint16_t last = 0;

	world_open(64, 16, 0);
	for (unsigned n = 0; n < 64000; n++) {
		uint16_t port = cgn_single_take(world.w, SLOT, CGN_TCP);

		bin[(port - CGN_PORT_FIRST) / 1008]++;
		near += abs(port - last) < 64;
		last = port;
		cgn_single_give(world.w, SLOT, CGN_TCP, port);
	}
	for (unsigned k = 0; k < 64; k++)
		CU_ASSERT(bin[k] > 850 && bin[k] < 1150);
	CU_ASSERT(near < 64000 * 3 * 128 / 65536);
	CU_ASSERT_TRUE(is_empty());
	world_close();
}

/* RFC 6888 REQ-8: a port that rests is not given, and the others are. */
static void
test_rest(void)
{
	static bool rests[65536];
	uint16_t port[2000];

	world_open(64, 16, 0);
	take(CGN_UDP, port, 2000);
	give(CGN_UDP, port, 1000);
	world_tick(60000);
	give(CGN_UDP, port + 1000, 1000);
	CU_ASSERT_EQUAL(address()->quarantined, 2000);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT - 2000);
	for (unsigned k = 0; k < 2000; k++)
		rests[port[k]] = true;
	world_tick(59900);
	for (unsigned n = 0; n < CGN_PORT_COUNT - 2000; n++) {
		uint16_t p = cgn_single_take(world.w, SLOT, CGN_UDP);

		CU_ASSERT_FATAL(p && !rests[p]);
	}
	CU_ASSERT_EQUAL(cgn_single_take(world.w, SLOT, CGN_UDP), 0);
	world_close();
}

/* Two minutes at least, four at most; TCP has waited already, and may have the others'
 * ports meanwhile. */
static void
test_rest_time(void)
{
	uint16_t port[2000], other[2000];

	world_open(64, 16, 0);
	take(CGN_UDP, port, 2000);
	give(CGN_UDP, port, 1000);
	world_tick(119900);
	give(CGN_UDP, port + 1000, 1000);
	world_tick(100);
	CU_ASSERT_EQUAL(address()->quarantined, 2000);
	CU_ASSERT_FALSE(cgn_single_claim(world.w, SLOT, CGN_UDP, port[0]));
	CU_ASSERT_TRUE(cgn_single_claim(world.w, SLOT, CGN_TCP, port[0]));
	CU_ASSERT_FALSE(cgn_single_claim(world.w, SLOT, CGN_TCP, port[0]));
	CU_ASSERT_FALSE(cgn_single_claim(world.w, SLOT, CGN_TCP, 1023));
	cgn_single_give(world.w, SLOT, CGN_TCP, port[0]);
	take(CGN_TCP, other, 2000);
	give(CGN_TCP, other, 2000);
	CU_ASSERT_EQUAL(address()->quarantined, 2000);
	world_tick(119900);
	CU_ASSERT_EQUAL(address()->quarantined, 2000);
	world_tick(100);
	CU_ASSERT_EQUAL(address()->quarantined, 0);
	CU_ASSERT_TRUE(is_empty());
	world_close();
}

/* Blocks are not made of single ports, nor single ports of blocks and servers'. */
static void
test_blocks(void)
{
	uint16_t port[3000];
	struct cgn_burst burst;
	uint32_t user;

	world_open(64, 64, 0);
	world.instance[NAT].block_size = 1000;
	for (unsigned slot = 4; slot < 7; slot++)
		world.address[slot].locked = slot != SLOT;
	for (uint32_t n = 0; n < 20; n++) {
		world_burst(&burst);
		burst.p[0] = (struct cgn_pkt){ .instance = NAT,
			.src = rte_cpu_to_be_32(NAT_HOST + n) };
		CU_ASSERT_EQUAL_FATAL(world_add_user(&burst, &user), CGN_DROP_REASONS);
	}
	CU_ASSERT_TRUE(cgn_port_reserve(address(), CGN_TCP, 65535));
	take(CGN_UDP, port, 3000);
	for (unsigned k = 0; k < 3000; k++) {
		CU_ASSERT_NOT_EQUAL(port[k], 65535);
		CU_ASSERT_FALSE(cgn_port_reserve(address(), CGN_TCP, port[k]));
		for (uint32_t u = 0; u < 20; u++) {
			const struct cgn_block *b =
				cgn_block_at(world.w, cgn_user_at(world.w, u)->block);

			CU_ASSERT(port[k] < b->first || port[k] >= b->first + 1000);
		}
	}
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT - 20000 - 3000 - 1);
	world.instance[NAT].block_size = 16;
	for (uint32_t n = 20; n < 60; n++) {
		const struct cgn_block *b;

		world_burst(&burst);
		burst.p[0] = (struct cgn_pkt){ .instance = NAT,
			.src = rte_cpu_to_be_32(NAT_HOST + n) };
		CU_ASSERT_EQUAL_FATAL(world_add_user(&burst, &user), CGN_DROP_REASONS);
		b = cgn_block_at(world.w, cgn_user_at(world.w, user)->block);
		for (unsigned k = 0; k < 3000; k++)
			CU_ASSERT(port[k] < b->first || port[k] >= b->first + 16);
	}
	world_close();
}

/* A flood of short flows does not put an address out of use: a quarter may rest. */
static void
test_most(void)
{
	uint16_t *port = malloc(CGN_PORT_COUNT * sizeof(*port));

	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	world_open(64, 16, 0);
	take(CGN_UDP, port, CGN_PORT_COUNT);
	give(CGN_UDP, port, CGN_PORT_COUNT);
	CU_ASSERT_EQUAL(address()->quarantined, CGN_PORT_COUNT / 4);
	CU_ASSERT_EQUAL(address()->free, CGN_PORT_COUNT - CGN_PORT_COUNT / 4);
	world_close();
	free(port);
}

/* Many addresses take turns; each gets all its ports back. */
static void
test_ring(void)
{
	uint16_t port[3][100];

	world_open(64, 16, 0);
	for (uint32_t s = 0; s < 3; s++)
		for (unsigned k = 0; k < 100; k++)
			port[s][k] = cgn_single_take(world.w, s + 4, CGN_ICMP);
	for (unsigned round = 0; round < 3; round++)
		for (uint32_t s = 0; s < 3; s++)
			for (unsigned k = 0; k < 100; k++) {
				cgn_single_give(world.w, s + 4, CGN_ICMP, port[s][k]);
				port[s][k] = cgn_single_take(world.w, s + 4, CGN_ICMP);
			}
	CU_ASSERT_EQUAL(world.w->sweep.resting, 3);
	for (uint32_t s = 0; s < 3; s++)
		for (unsigned k = 0; k < 100; k++)
			cgn_single_give(world.w, s + 4, CGN_ICMP, port[s][k]);
	for (unsigned tick = 0; tick < 10; tick++)
		world_tick(60000);
	CU_ASSERT_EQUAL(world.w->sweep.resting, 0);
	for (uint32_t s = 0; s < 3; s++)
		CU_ASSERT_EQUAL(world.state[0][s + 4]->free, CGN_PORT_COUNT);
	CU_ASSERT_TRUE(is_empty());
	world_close();
}

/* What is between the reserves first, then the own one. */
static void
test_own(void)
{
	const uint32_t most = CGN_PORT_COUNT - CGN_OWN_RESERVE;

	world_open(64, 16, 0);
	world.location[0].own = CGN_OWN_HIGH_MOST;
	world.location[0].reserve = CGN_OWN_RESERVE;
	for (uint32_t k = 0; k < most; k++) {
		uint32_t port = cgn_single_take(world.w, SLOT, CGN_UDP);

		CU_ASSERT_FATAL(port >= CGN_PORT_FIRST + CGN_OWN_RESERVE);
		CU_ASSERT_EQUAL(
			port >= 65536 - CGN_OWN_RESERVE, k >= most - CGN_OWN_RESERVE);
	}
	CU_ASSERT_EQUAL(cgn_single_take(world.w, SLOT, CGN_UDP), 0);
	world_close();
}

const char *const eal_suite = "single";
CU_TestInfo eal_tests[] = {
	{ "all ports", test_all },
	{ "random", test_random },
	{ "reserves of two boxes", test_own },
	{ "rest", test_rest },
	{ "how long", test_rest_time },
	{ "beside blocks", test_blocks },
	{ "a quarter rests", test_most },
	{ "several addresses", test_ring },
	CU_TEST_INFO_NULL,
};
