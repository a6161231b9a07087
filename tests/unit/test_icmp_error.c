/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors that the box makes: their bytes, and when there are none. */
#include <string.h>

#include "dataplane/reassembly.h"
#include "eal_main.h"
#include "world.h"

static const struct packet udp = { .proto = 17,
	.src = NAT_HOST,
	.dst = REMOTE_HOST,
	.sport = 5000,
	.dport = 53,
	.payload = 40 };

static uint64_t
drops(enum cgn_drop reason)
{
	return world.w->stats.drop[reason];
}

static uint64_t
errors(void)
{
	return world.w->stats.flow[CGN_FLOW_ICMP_SENT].packets;
}

/* The ICMPv4 error about a packet (RFC 792): 28 bytes of header, then what is quoted. */
static unsigned
error4(uint8_t *out, uint32_t from, const uint8_t *about, unsigned len, uint16_t kind,
	uint32_t info)
{
	unsigned quoted = len < 548 ? len : 548;

	memset(out, 0, 28);
	out[0] = 0x45;
	out[1] = 0xc0;
	packet_put16(out, 2, (uint16_t)(28 + quoted));
	out[8] = 64;
	out[9] = 1;
	packet_put32(out, 12, from);
	memcpy(out + 16, about + 12, 4);
	packet_put16(out, 20, kind);
	packet_put32(out, 24, info);
	memcpy(out + 28, about, quoted);
	packet_sums(out);
	return 28 + quoted;
}

/* TTL 1 (RFC 792 type 11) inside, outside, through the softwire and for plain packets. */
static void
test_ttl(void)
{
	uint8_t in[PACKET_MAX], outer[PACKET_MAX], expect[PACKET_MAX], back[PACKET_MAX];
	struct packet p = udp;
	const struct out *out;
	unsigned len, n;

	world_open(64, 16, 0);
	p.ttl = 1;
	len = packet_ip4(in, &p);
	out = world_run_iface(INSIDE, in, len);
	n = error4(expect, IP4(10, 0, 0, 1), in, len, 0x0b00, 0);
	CU_ASSERT_EQUAL(out->len, 14 + n);
	CU_ASSERT_EQUAL(memcmp(world_ip(out), expect, n), 0);
	CU_ASSERT_EQUAL(out->data[5], 2); /* to the inside gateway */
	p.src = IP4(192, 168, 1, 2);
	p.payload = 1200;
	len = packet_ip4(in, &p);
	out = world_run_iface(INSIDE, outer,
		packet_ip6(outer, packet_addr6(B4_1), packet_addr6(AFTR), 4, in, len));
	n = error4(expect, IP4(192, 0, 0, 1), in, len, 0x0b00, 0);
	n = packet_ip6(back, packet_addr6(AFTR), packet_addr6(B4_1), 4, expect, n);
	back[0] = 0x6c; /* traffic class of the error */
	CU_ASSERT_EQUAL(out->len, 14 + n);
	CU_ASSERT_EQUAL(memcmp(world_ip(out), back, n), 0);
	p.src = REMOTE_HOST;
	p.dst = POOL_NAT_FIRST;
	p.payload = 3;
	len = packet_ip4(in, &p);
	out = world_run_iface(OUTSIDE, in, len);
	n = error4(expect, IP4(198, 51, 100, 1), in, len, 0x0b00, 0);
	CU_ASSERT_EQUAL(memcmp(world_ip(out), expect, n), 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_TTL), 3);
	CU_ASSERT_EQUAL(errors(), 3);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world_close();
}

/* RFC 4443: the same for IPv6; no route is type 1 code 0. */
static void
test_ipv6(void)
{
	uint8_t in[PACKET_MAX], payload[1400] = { 0 };
	const struct out *out;
	const uint8_t *ip;
	unsigned len;

	world_open(64, 16, 0);
	len = packet_ip6(in, packet_addr6(B4_1), packet_addr6(B4_2), 17, payload, 1400);
	in[7] = 1;
	for (unsigned k = 0; k < 2; k++) {
		out = world_run_iface(INSIDE, in, len);
		ip = world_ip(out);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		CU_ASSERT_EQUAL(out->len, 14 + 1280);
		CU_ASSERT_EQUAL(packet_get16(ip, 4), 1240);
		CU_ASSERT_EQUAL(ip[6], 58);
		CU_ASSERT_EQUAL(memcmp(ip + 8, packet_addr6("2001:db8:0:1::1"), 16), 0);
		CU_ASSERT_EQUAL(memcmp(ip + 24, packet_addr6(B4_1), 16), 0);
		CU_ASSERT_EQUAL(packet_get16(ip, 40), k ? 0x0100 : 0x0300);
		CU_ASSERT_EQUAL(memcmp(ip + 48, in, 1232), 0);
		CU_ASSERT_TRUE(packet_right6(ip));
		in[7] = 64;
		memcpy(in + 24, packet_addr6("2001:db8:77::1"), 16);
	}
	CU_ASSERT_EQUAL(drops(CGN_DROP_TTL), 1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_NO_ROUTE), 1);
	world_close();
}

/* A translated packet that cannot go on is quoted as its sender knows it. */
static void
test_undone(void)
{
	uint8_t in[PACKET_MAX], outer[PACKET_MAX], expect[PACKET_MAX];
	struct packet p = udp;
	const struct out *out;
	unsigned len, n;

	world_open(64, 16, 0);
	p.payload = 1480;
	p.frag = 0x4000;
	len = packet_ip4(in, &p); /* 1508 bytes: more than the outside takes */
	out = world_run_iface(INSIDE, in, len);
	n = error4(expect, IP4(10, 0, 0, 1), in, len, 0x0304, 1500);
	CU_ASSERT_EQUAL(out->len, 14 + n);
	CU_ASSERT_EQUAL(memcmp(world_ip(out), expect, n), 0);
	out = world_run_iface(INSIDE, outer,
		packet_ip6(outer, packet_addr6(B4_1), packet_addr6(AFTR), 4, in, len));
	n = error4(expect, IP4(192, 0, 0, 1), in, len, 0x0304, 1500);
	CU_ASSERT_EQUAL(out->len, 54 + n);
	CU_ASSERT_EQUAL(memcmp(world_ip(out) + 40, expect, n), 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_MTU), 2);
	p = udp;
	p.dst = IP4(198, 19, 0, 1); /* explicitly nowhere */
	len = packet_ip4(in, &p);
	out = world_run_iface(INSIDE, in, len);
	n = error4(expect, IP4(10, 0, 0, 1), in, len, 0x0300, 0);
	CU_ASSERT_EQUAL(memcmp(world_ip(out), expect, n), 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_NO_ROUTE), 1);
	world_close();
}

/* RFC 1812 4.3.2.7: nothing is sent about these. */
static void
test_never(void)
{
	struct packet p = udp;
	uint8_t in[PACKET_MAX], payload[64] = { 1 };
	unsigned len;

	world_open(64, 16, 0);
	p.ttl = 1;
	p.src = IP4(10, 9, 0, 1); /* only forwarded */
	p.frag = 0x2001;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	p.frag = 0;
	p.proto = 1;
	p.icmp_type = 3;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	p.icmp_type = 11;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	len = packet_ip6(in, packet_addr6(B4_1), packet_addr6(B4_2), 58, payload, 64);
	in[7] = 1;
	CU_ASSERT_EQUAL(world_run_iface(INSIDE, in, len)->kind, -1);
	CU_ASSERT_EQUAL(errors(), 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_TTL), 4);
	p.frag = 0x2000; /* the first fragment has ports: it may be told */
	p.proto = 17;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX);
	p.frag = 0;
	p.proto = 1;
	p.icmp_type = 8; /* and so may a query */
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX);
	world.iface[INSIDE].addr4 = 0; /* nobody to speak */
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(errors(), 2);
	world_close();
}

/* The tunnel packet is ours: no error about it, and nothing of it is touched. */
static void
test_own_tunnel_packet(void)
{
	struct packet p = udp;
	const uint8_t *ip;

	world_open(64, 16, 0);
	ip = world_ip(world_ds_up(B4_1, &p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p.src = REMOTE_HOST;
	p.sport = 53;
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	world.nexthop[NH_GW_B4].kind = CGN_NH_NONE;
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_NO_ROUTE), 1);
	CU_ASSERT_EQUAL(errors(), 0);
	world_close();
}

/* RFC 1812 4.3.2.8: so many a tick, the rest only counted. */
static void
test_rate(void)
{
	struct packet p = udp;
	uint64_t first;

	world_open(64, 16, 4294967295ull * 100);
	p.ttl = 1;
	for (unsigned k = 0; k < 500; k++)
		world_nat_up(&p);
	first = errors();
	CU_ASSERT_TRUE(first > 10 && first < 500);
	CU_ASSERT_EQUAL(drops(CGN_DROP_TTL), 500);
	world_tick(100);
	world_nat_up(&p);
	CU_ASSERT_EQUAL(errors(), first + 1);
	world_close();
}

/* What is quoted of a datagram that came in pieces is no more than of others. */
static void
test_reassembled(void)
{
	uint8_t whole[PACKET_MAX], piece[PACKET_MAX];
	struct packet p = udp;
	const struct out *out = NULL;
	unsigned len, at = 20;

	world_open(64, 16, 0);
	world.instance[NAT].fragment_ms = 2000;
	p.payload = 2400;
	p.ttl = 1;
	len = packet_ip4(whole, &p);
	while (at < len) {
		unsigned n = RTE_MIN(800u, len - at);

		memcpy(piece, whole, 20);
		memcpy(piece + 20, whole + at, n);
		packet_put16(piece, 2, (uint16_t)(20 + n));
		packet_put16(piece, 6,
			(uint16_t)((at - 20) / 8 | (at + n < len ? 0x2000 : 0)));
		packet_sums(piece);
		at += n;
		out = world_run_iface(INSIDE, piece, 20 + n);
	}
	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->len, 14 + 576);
	CU_ASSERT_TRUE(packet_right4(world_ip(out)));
	CU_ASSERT_EQUAL(packet_get16(world_ip(out), 20), 0x0b00);
	CU_ASSERT_EQUAL(cgn_reassembly_held(world.w->reassembly), 0);
	world_close();
}

/* VPN over NAT: the red user sends to a pool address; the error about the hairpinned
 * packet finds the way back to that user's public address. */
static void
test_hairpin(void)
{
	struct packet p = udp;
	uint8_t in[PACKET_MAX];
	const uint8_t *ip;
	struct rte_mbuf *m;
	uint64_t ttl;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	p.ttl = 2; /* one hop up, none left down */
	m = world_frame(RED, in, packet_ip4(in, &p));
	cgn_pipeline_run(world.w, &m, 1, true);
	ttl = drops(CGN_DROP_TTL);
	CU_ASSERT_EQUAL(ttl, 1);
	CU_ASSERT_EQUAL(errors(), 1);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
	ip = rte_pktmbuf_mtod(world.w->out.pkt[0], uint8_t *);
	CU_ASSERT_EQUAL(packet_get32(ip, 12), 0x81000064); /* into the VPN */
	ip += 18;
	CU_ASSERT_TRUE(packet_right4(ip));
	CU_ASSERT_EQUAL(packet_get32(ip, 16), NAT_HOST);
	CU_ASSERT_EQUAL(packet_get32(ip, 28 + 12), NAT_HOST);
	CU_ASSERT_EQUAL(packet_get16(ip, 28 + 20), 5000);
	world_empty_outbox();
	world_close();
}

const char *const eal_suite = "icmp_error";
CU_TestInfo eal_tests[] = {
	{ "time to live", test_ttl },
	{ "IPv6", test_ipv6 },
	{ "translated packets", test_undone },
	{ "never", test_never },
	{ "tunnel packets", test_own_tunnel_packet },
	{ "rate", test_rate },
	{ "reassembled packets", test_reassembled },
	{ "hairpin from a VPN", test_hairpin },
	CU_TEST_INFO_NULL,
};
