/* SPDX-License-Identifier: BSD-3-Clause */
/* The last step: frames, neighbours, MTU, hairpins. */
#include <string.h>

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

/* A packet that no instance wants. */
static struct packet
plain(uint32_t dst)
{
	struct packet p = udp;

	p.src = IP4(10, 9, 0, 1);
	p.dst = dst;
	return p;
}

/* Link header for the way out; the packet one hop further. */
static void
test_frame(void)
{
	static const uint8_t head[14] = { 2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	struct packet p = plain(REMOTE_HOST);
	uint8_t in[PACKET_MAX];
	const struct out *out;
	unsigned len;

	world_open(64, 16, 0);
	len = packet_ip4(in, &p);
	out = world_run_iface(INSIDE, in, len);
	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->arg, 1);
	CU_ASSERT_EQUAL(out->len, 14 + len);
	CU_ASSERT_EQUAL(memcmp(out->data, head, 14), 0);
	in[8]--;
	packet_sums(in);
	CU_ASSERT_EQUAL(memcmp(out->data + 14, in, len), 0);
	world_close();
}

/* Where a packet with this source port, or fragment of it, leaves. */
static unsigned
port_of(uint16_t sport, bool fragment)
{
	struct packet p = plain(REMOTE_HOST);
	uint8_t in[PACKET_MAX];
	unsigned len;

	p.sport = sport;
	len = packet_ip4(in, &p);
	if (fragment)
		in[6] |= 0x20; /* MF */
	packet_sums(in);
	return world_run_iface(INSIDE, in, len)->arg;
}

/* Of several next hops each has its part of the flows, and a flow always the same. */
static void
test_several(void)
{
	struct cgn_nexthop *nh = world.nexthop;
	unsigned n[2] = { 0 };

	world_open(64, 16, 0);
	nh[NH_BLACKHOLE] = nh[NH_GW_OUTSIDE];
	nh[NH_BLACKHOLE + 1] = nh[NH_GW_INSIDE];
	nh[NH_GW_OUTSIDE] = (struct cgn_nexthop){
		.kind = CGN_NH_SEVERAL, .n = 2, .index = NH_BLACKHOLE
	};
	for (uint16_t k = 0; k < 256; k++) {
		unsigned port = port_of((uint16_t)(5000 + k), false);

		n[port & 1]++;
		CU_ASSERT_EQUAL(port_of((uint16_t)(5000 + k), false), port);
		CU_ASSERT_EQUAL(port_of((uint16_t)(5000 + k), true), port_of(1, true));
	}
	CU_ASSERT(n[0] > 96 && n[1] > 96);
	world_close();
}

/* From untagged to tagged, from tagged to untagged, and among tagged ones. */
static void
test_vlan(void)
{
	static const uint8_t head[18] = { 2, 0, 0, 0, 1, 3, 2, 0, 0, 0, 0, 1, 0x81, 0, 0,
		100, 8, 0 };
	struct packet p = udp;
	uint8_t in[PACKET_MAX];
	const struct out *out;

	world_open(64, 16, 0);
	world.iface[RED].n_nat = 0;
	p.dst = IP4(10, 200, 0, 1);
	out = world_run_iface(RED, in, packet_ip4(in, &p));
	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->arg, 0);
	CU_ASSERT_EQUAL(out->len, 18 + 68);
	CU_ASSERT_EQUAL(memcmp(out->data, head, 18), 0);
	CU_ASSERT_TRUE(packet_right4(out->data + 18));
	world.iface[RED].n_nat = 1;
	p.dst = REMOTE_HOST;
	out = world_run_iface(RED, in, packet_ip4(in, &p));
	CU_ASSERT_EQUAL(out->len, 14 + 68);
	CU_ASSERT_EQUAL(packet_get16(out->data, 12), 0x0800);
	world_close();
}

/* On a connected network the destination is the neighbour; without its link-layer address
 * the packet waits at the control lcore, from its IP header on. */
static void
test_neighbour(void)
{
	const struct rte_ether_addr mac = { { 2, 9, 9, 9, 9, 9 } };
	struct packet p = plain(IP4(198, 51, 100, 9));
	uint8_t in[PACKET_MAX], key[16];
	struct cgn_neigh *n;
	const struct out *out;
	struct rte_mbuf *m;
	unsigned len = packet_ip4(in, &p);

	world_open(64, 16, 0);
	cgn_neigh_key4(key, rte_cpu_to_be_32(IP4(198, 51, 100, 9)));
	for (unsigned k = 0; k < 2; k++) { /* unknown, then known but unresolved */
		m = world_frame(INSIDE, in, len);
		cgn_pipeline_run(world.w, &m, 1, true);
		CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
		CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_PUNT);
		CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_NEIGHBOUR);
		CU_ASSERT_EQUAL(cgn_mark(m)->iface, OUTSIDE);
		CU_ASSERT_EQUAL(cgn_mark(m)->vpn, VPN_0);
		CU_ASSERT_EQUAL(memcmp(cgn_mark(m)->gw, key, 16), 0);
		CU_ASSERT_EQUAL(m->pkt_len, len);
		CU_ASSERT_TRUE(packet_right4(rte_pktmbuf_mtod(m, void *)));
		world_empty_outbox();
		n = cgn_neigh_add(world.iface[OUTSIDE].neigh, key);
	}
	CU_ASSERT_EQUAL(n->used, 0);
	cgn_neigh_set(n, &mac);
	out = world_run_iface(INSIDE, in, len);
	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(memcmp(out->data, &mac, 6), 0);
	CU_ASSERT_EQUAL(n->used, 1);
	cgn_neigh_set(world.nexthop[NH_GW_OUTSIDE].neigh, NULL);
	p = udp;
	m = world_frame(INSIDE, in, packet_ip4(in, &p));
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_NEIGHBOUR);
	CU_ASSERT_EQUAL(memcmp(cgn_mark(m)->gw, world.nexthop[NH_GW_OUTSIDE].gw, 16), 0);
	CU_ASSERT_EQUAL(world_empty_outbox(), 1);
	world_close();
}

static void
test_nowhere(void)
{
	struct packet p = plain(IP4(198, 18, 0, 1));

	world_open(64, 16, 0);
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_BLACKHOLE), 1);
	p = plain(IP4(198, 19, 0, 1));
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX); /* an ICMP error */
	CU_ASSERT_EQUAL(drops(CGN_DROP_NO_ROUTE), 1);
	world_close();
}

/* RFC 791 2.3: without DF, in pieces that fit and say where they belong. */
static void
test_fragments(void)
{
	struct packet p = plain(REMOTE_HOST);
	uint8_t in[PACKET_MAX], joined[PACKET_MAX];
	struct rte_mbuf *m;
	unsigned len, at = 0;

	world_open(64, 16, 0);
	p.payload = 1560 - 28;
	len = packet_ip4(in, &p);
	m = world_frame(INSIDE, in, len);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 2);
	for (unsigned k = 0; k < 2; k++) {
		const uint8_t *ip =
			rte_pktmbuf_mtod_offset(world.w->out.pkt[k], uint8_t *, 14);
		unsigned n = packet_get16(ip, 2) - 20u;

		CU_ASSERT_TRUE_FATAL(n <= 1480 && n + 34 == world.w->out.pkt[k]->pkt_len);
		CU_ASSERT_TRUE(packet_right4(ip));
		CU_ASSERT_EQUAL(packet_get16(ip, 6), at / 8 | (k ? 0 : 0x2000));
		CU_ASSERT_EQUAL(packet_get32(ip, 16), REMOTE_HOST);
		memcpy(joined + at, ip + 20, n);
		at += n;
	}
	CU_ASSERT_EQUAL(at, len - 20);
	CU_ASSERT_EQUAL(memcmp(joined, in + 20, at), 0);
	world_empty_outbox();
	p.frag = 0x4000;
	CU_ASSERT_EQUAL(world_nat_up(&p)->arg, 0); /* an ICMP error, back inside */
	CU_ASSERT_EQUAL(drops(CGN_DROP_MTU), 1);
	world_close();
}

/* IPv6 is never fragmented on the way: packet too big, with the MTU (RFC 8200 5). */
static void
test_too_big6(void)
{
	uint8_t in[PACKET_MAX], payload[1500] = { 0 };
	const uint8_t *ip;

	world_open(64, 16, 0);
	world.iface[INSIDE].mtu = 1400;
	ip = world_ip(world_run_iface(INSIDE, in,
		packet_ip6(
			in, packet_addr6(B4_1), packet_addr6(B4_2), 17, payload, 1361)));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(packet_get16(ip, 40), 0x0200);
	CU_ASSERT_EQUAL(packet_get32(ip, 44), 1400);
	CU_ASSERT_TRUE(packet_right6(ip));
	CU_ASSERT_EQUAL(drops(CGN_DROP_MTU), 1);
	world_close();
}

/* A pool address of another CPU: the translated packet goes there without link header. */
static void
test_hairpin(void)
{
	struct packet p = udp;
	struct rte_mbuf *m;
	uint8_t in[PACKET_MAX];
	unsigned len;

	world_open(64, 16, 0);
	p.dst = POOL_NAT_FIRST + 3;
	len = packet_ip4(in, &p);
	m = world_frame(INSIDE, in, len);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_HAND);
	CU_ASSERT_EQUAL(world.w->out.arg[0], 1);
	CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_HAIRPIN);
	CU_ASSERT_EQUAL(cgn_mark(m)->iface, INSIDE);
	CU_ASSERT_EQUAL(cgn_mark(m)->vpn, VPN_0);
	CU_ASSERT_EQUAL(m->pkt_len, len);
	CU_ASSERT_TRUE(packet_right4(rte_pktmbuf_mtod(m, void *)));
	CU_ASSERT_EQUAL(
		packet_get32(rte_pktmbuf_mtod(m, void *), 12) & ~3u, POOL_NAT_FIRST);
	world_empty_outbox();
	world.instance[NAT].hairpin = false;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_HAIRPIN), 1);
	world_close();
}

/* A translated packet to an address of the box goes to the box. */
static void
test_to_box(void)
{
	struct packet p = udp;
	const struct out *out;

	world_open(64, 16, 0);
	p.dst = IP4(198, 51, 100, 1);
	out = world_ds_up(B4_1, &p);
	CU_ASSERT_EQUAL_FATAL(out->kind, CGN_OUT_PUNT);
	CU_ASSERT_EQUAL(out->op, CGN_MARK_LOCAL);
	CU_ASSERT_TRUE(packet_right4(out->data));
	CU_ASSERT_EQUAL(packet_get32(out->data, 12) & ~3u, POOL_DS_FIRST);
	world_close();
}

const char *const eal_suite = "forward";
CU_TestInfo eal_tests[] = {
	{ "frames", test_frame },
	{ "several next hops", test_several },
	{ "VLANs", test_vlan },
	{ "neighbours", test_neighbour },
	{ "nowhere", test_nowhere },
	{ "fragments", test_fragments },
	{ "IPv6 too big", test_too_big6 },
	{ "hairpin", test_hairpin },
	{ "to the box", test_to_box },
	CU_TEST_INFO_NULL,
};
