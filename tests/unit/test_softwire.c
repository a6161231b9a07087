/* SPDX-License-Identifier: BSD-3-Clause */
/* Into the softwire and out of it, byte by byte. */
#include <string.h>

#include <rte_ip.h>

#include "dataplane/softwire.h"
#include "eal_main.h"
#include "world.h"

static const struct packet udp = { .proto = 17,
	.src = IP4(192, 0, 0, 2),
	.dst = REMOTE_HOST,
	.sport = 5000,
	.dport = 53,
	.payload = 41,
	.tos = 0x28 };

static uint64_t
drops(enum cgn_drop reason)
{
	return world.w->stats.drop[reason];
}

/* Opens a flow from the B4; returns what answers it. */
static struct packet
opened(const char *b4)
{
	const uint8_t *ip = world_ip(world_ds_up(b4, &udp));
	struct packet p = udp;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(packet_get32(ip, 12) & ~3u, POOL_DS_FIRST);
	p.src = REMOTE_HOST;
	p.sport = 53;
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	return p;
}

/* The tunnel packet to a B4 with these fields (RFC 2473 3.1, 6). */
static void
tunnel_is(const struct out *out, const char *b4, uint8_t tc, uint8_t hops, unsigned inner)
{
	const uint8_t *ip = out->data + 14;

	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->arg, 0);
	CU_ASSERT_EQUAL(packet_get16(out->data, 12), 0x86dd);
	CU_ASSERT_EQUAL(packet_get32(ip, 0), 0x60000000u | (uint32_t)tc << 20);
	CU_ASSERT_EQUAL(packet_get16(ip, 4), inner);
	CU_ASSERT_EQUAL(ip[6], 4);
	CU_ASSERT_EQUAL(ip[7], hops);
	CU_ASSERT_EQUAL(memcmp(ip + 8, packet_addr6(AFTR), 16), 0);
	CU_ASSERT_EQUAL(memcmp(ip + 24, packet_addr6(b4), 16), 0);
	CU_ASSERT_EQUAL(out->len, 14 + 40 + inner);
	CU_ASSERT_TRUE(packet_right4(ip + 40));
}

static void
test_down(void)
{
	struct packet p, q;

	world_open(64, 16, 0);
	p = opened(B4_1);
	q = opened(B4_2);
	tunnel_is(world_down(&p), B4_1, 0x28, 64, 69);
	tunnel_is(world_down(&q), B4_2, 0x28, 64, 69);
	world.instance[DS].traffic_class = 0xb8;
	world_close();
	world_open(64, 16, 0);
	world.instance[DS].traffic_class = 0xb8;
	world.instance[DS].hop_limit = 17;
	p = opened(B4_1);
	tunnel_is(world_down(&p), B4_1, 0xb8, 17, 69);
	world_close();
}

/* The user is the outer source, never the inner address. */
static void
test_user_is_b4(void)
{
	struct packet p = udp;

	world_open(64, 16, 0);
	opened(B4_1);
	opened(B4_2);
	CU_ASSERT_EQUAL(world.w->users.used, 2);
	CU_ASSERT_EQUAL(world.w->sessions.used, 2);
	p.src = IP4(10, 1, 2, 3); /* another host behind the same B4 */
	CU_ASSERT_EQUAL(world_ds_up(B4_1, &p)->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(world.w->users.used, 2);
	CU_ASSERT_EQUAL(world.w->sessions.used, 3);
	world_close();
}

/* What is in the tunnel, and must not be. */
static void
test_inner(void)
{
	static const struct {
		unsigned at;
		uint16_t value;
		enum cgn_drop drop;
	} lies[] = {
		{ 0, 0x6500, CGN_DROP_INNER_HEADER },
		{ 0, 0x4400, CGN_DROP_INNER_HEADER },
		{ 2, 70, CGN_DROP_INNER_HEADER },
		{ 10, 0x1234, CGN_DROP_INNER_HEADER },
		{ 8, 0x4004, CGN_DROP_NESTED },
		{ 8, 0x4029, CGN_DROP_NESTED },
		{ 16, 0xe000, CGN_DROP_MULTICAST },
		{ 12, 0x7f00, CGN_DROP_INNER_HEADER },
		{ 24, 7, CGN_DROP_L4_HEADER },
		{ 8, 0x402f, CGN_DROP_PROTOCOL },
	};

	world_open(64, 16, 0);
	for (unsigned k = 0; k < RTE_DIM(lies); k++) {
		uint64_t before = drops(lies[k].drop);
		uint8_t in[PACKET_MAX], outer[PACKET_MAX];
		unsigned len = packet_ip4(in, &udp);

		packet_put16(in, lies[k].at, lies[k].value);
		if (lies[k].at != 10) {
			packet_put16(in, 10, 0);
			packet_put16(in, 10, (uint16_t)~packet_sum(in, 20, 0));
		}
		len = packet_ip6(
			outer, packet_addr6(B4_1), packet_addr6(AFTR), 4, in, len);
		CU_ASSERT_EQUAL(world_run_iface(INSIDE, outer, len)->kind, -1);
		CU_ASSERT_EQUAL(drops(lies[k].drop), before + 1);
	}
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world_close();
}

/* RFC 2473 4.1.1: a tunnel encapsulation limit does not bind the end of the tunnel. What
 * is behind the inner packet is padding, and does not go out. */
static void
test_options_and_padding(void)
{
	uint8_t in[PACKET_MAX] = { 4, 0, 4, 1, 0, 1, 0, 0 }, outer[PACKET_MAX];
	unsigned len = packet_ip4(in + 8, &udp);
	const struct out *out;

	world_open(64, 16, 0);
	len = packet_ip6(
		outer, packet_addr6(B4_1), packet_addr6(AFTR), 60, in, len + 8 + 5);
	out = world_run_iface(INSIDE, outer, len);
	CU_ASSERT_EQUAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->len, 14 + 69);
	CU_ASSERT_TRUE(packet_right4(out->data + 14));
	world_close();
}

static void
header_of(const struct cgn_instance *inst, uint8_t tos, uint8_t header[40])
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(world.pool);
	struct rte_ipv4_hdr *ip;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	ip = (void *)rte_pktmbuf_append(m, sizeof(*ip));
	ip->type_of_service = tos;
	cgn_softwire_push(m, packet_addr6(B4_1), inst);
	memcpy(header, rte_pktmbuf_mtod(m, void *), 40);
	rte_pktmbuf_free(m);
}

/* The traffic class is configured, or that of the inner packet. */
static void
test_header(void)
{
	struct cgn_instance inst = { .hop_limit = 9, .traffic_class = 0x12 };
	uint8_t header[40], expect[60];
	const uint8_t inner[20] = { 0 };

	world_open(64, 16, 0);
	memcpy(inst.local_ipv6, packet_addr6(AFTR), 16);
	packet_ip6(expect, packet_addr6(AFTR), packet_addr6(B4_1), 4, inner, 20);
	packet_put32(expect, 0, 0x61200000);
	expect[7] = 9;
	header_of(&inst, 0xb8, header);
	CU_ASSERT_EQUAL(memcmp(header, expect, 40), 0);
	inst.traffic_class = -1;
	packet_put32(expect, 0, 0x6b800000);
	header_of(&inst, 0xb8, header);
	CU_ASSERT_EQUAL(memcmp(header, expect, 40), 0);
	world_close();
}

/* DF and too big for the softwire: ICMP 3/4 with its MTU - 40, from the pool address,
 * about the packet as its sender knows it. Without DF the outer packet goes in pieces. */
static void
test_mtu(void)
{
	uint8_t in[PACKET_MAX];
	struct rte_mbuf *m;
	const uint8_t *ip;
	struct packet p;
	unsigned len;

	world_open(64, 16, 0);
	p = opened(B4_1);
	p.payload = 1460 - 28;
	p.frag = 0x4000;
	CU_ASSERT_EQUAL(world_down(&p)->kind, CGN_OUT_TX);
	p.payload++;
	len = packet_ip4(in, &p);
	ip = world_ip(world_run_iface(OUTSIDE, in, len));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_TRUE(packet_right4(ip));
	CU_ASSERT_EQUAL(packet_get16(ip, 20), 0x0304);
	CU_ASSERT_EQUAL(packet_get32(ip, 24), 1460);
	CU_ASSERT_EQUAL(packet_get32(ip, 12), p.dst);
	CU_ASSERT_EQUAL(packet_get32(ip, 16), REMOTE_HOST);
	CU_ASSERT_EQUAL(memcmp(ip + 28, in, 548), 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_MTU), 1);
	p.frag = 0;
	len = packet_ip4(in, &p);
	m = world_frame(OUTSIDE, in, len);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 2);
	for (unsigned k = 0; k < 2; k++) {
		ip = rte_pktmbuf_mtod_offset(world.w->out.pkt[k], uint8_t *, 14);
		CU_ASSERT_EQUAL(ip[6], 44);
		CU_ASSERT_EQUAL(ip[40], 4);
		CU_ASSERT_TRUE(world.w->out.pkt[k]->pkt_len <= 1514);
	}
	CU_ASSERT_EQUAL(world_empty_outbox(), 2);
	world_close();
}

const char *const eal_suite = "softwire";
CU_TestInfo eal_tests[] = {
	{ "into the softwire", test_down },
	{ "the user is the B4", test_user_is_b4 },
	{ "lies inside", test_inner },
	{ "options and padding", test_options_and_padding },
	{ "headers", test_header },
	{ "MTU of the softwire", test_mtu },
	CU_TEST_INFO_NULL,
};
