/* SPDX-License-Identifier: BSD-3-Clause */
/* Rewriting, byte by byte: what must come out is made here from what went in, with
 * checksums computed in full. */
#include <stdlib.h>
#include <string.h>

#include <rte_tcp.h>

#include "eal_main.h"
#include "world.h"

#define DF 0x4000

/* Packets that differ in all that matters to the rewrite; `round` picks one. */
static struct packet
packet(unsigned round)
{
	static const uint8_t proto[] = { 6, 17, 1, 17 };
	static unsigned seed = 1;

	return (struct packet){ .proto = proto[round % 4],
		.no_sum = round % 4 == 3,
		.tcp_flags = RTE_TCP_SYN_FLAG,
		.icmp_type = 8,
		.src = NAT_HOST + (uint32_t)rand_r(&seed) % 4,
		.dst = (uint32_t)rand_r(&seed) % 0x20000000 + IP4(20, 0, 0, 0),
		.sport = (uint16_t)rand_r(&seed),
		.dport = (uint16_t)rand_r(&seed),
		.payload = (uint16_t)(round / 4 % 23),
		.options = round % 7 == 0 ? 8 : 0,
		.ttl = (uint8_t)(2 + round % 250),
		.tos = (uint8_t)rand_r(&seed),
		.id = (uint16_t)rand_r(&seed),
		.frag = round % 3 ? 0 : DF };
}

/* The packet with one end exchanged, one hop further. */
static void
translated(uint8_t *ip, bool source, uint32_t addr, uint16_t port)
{
	unsigned l4 = (ip[0] & 15) * 4u;
	bool none = ip[9] == 17 && !packet_get16(ip, l4 + 6);

	packet_put32(ip, source ? 12 : 16, addr);
	if (ip[9] == 1)
		packet_put16(ip, l4 + 4, port);
	else
		packet_put16(ip, l4 + (source ? 0 : 2), port);
	ip[8]--;
	packet_sums(ip);
	if (none)
		packet_put16(ip, l4 + 6, 0);
}

static uint16_t
port_of(const uint8_t *ip, bool source)
{
	unsigned l4 = (ip[0] & 15) * 4u;

	return packet_get16(ip, l4 + (ip[9] == 1 ? 4 : source ? 0 : 2));
}

/* A packet from outside that answers one that came out there. */
static unsigned
answer(uint8_t *ip, const struct packet *up, const uint8_t *out)
{
	struct packet p = *up;

	p.src = up->dst;
	p.sport = up->dport;
	p.dst = packet_get32(out, 12);
	p.dport = port_of(out, true);
	if (p.proto == 1) {
		p.icmp_type = 0;
		p.sport = p.dport;
		p.dport = 99;
	}
	p.tcp_flags = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;
	return packet_ip4(ip, &p);
}

/* Up and down, all protocols, odd lengths, options, sums of zero. */
static void
both_ways(bool softwire)
{
	world_open(4096, 64, 0);
	for (unsigned round = 0; round < 2000; round++) {
		struct packet p = packet(round);
		uint8_t in[PACKET_MAX], down[PACKET_MAX];
		unsigned len = packet_ip4(in, &p);
		const uint8_t *ip =
			world_ip(softwire ? world_ds_up(B4_1, &p) : world_nat_up(&p));

		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		CU_ASSERT_EQUAL_FATAL(packet_get16(ip, 2), len);
		if (!(p.frag & DF)) /* the identification is made new (RFC 6864) */
			packet_put16(in, 4, packet_get16(ip, 4));
		CU_ASSERT_EQUAL_FATAL(packet_get32(ip, 12) & ~3u,
			softwire ? POOL_DS_FIRST : POOL_NAT_FIRST);
		CU_ASSERT_FATAL(port_of(ip, true) >= 1024);
		translated(in, true, packet_get32(ip, 12), port_of(ip, true));
		CU_ASSERT_EQUAL_FATAL(memcmp(ip, in, len), 0);
		len = answer(down, &p, ip);
		ip = world_ip(world_run_iface(OUTSIDE, down, len));
		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		translated(down, false, p.src, p.sport);
		CU_ASSERT_EQUAL_FATAL(memcmp(ip + (softwire ? 40 : 0), down, len), 0);
	}
	world_close();
}

static void
test_nat44(void)
{
	both_ways(false);
}

static void
test_ds_lite(void)
{
	both_ways(true);
}

/* Runs the first packet of a burst through the stages up to rewriting. */
static void
run_stages(struct cgn_burst *b, struct rte_mbuf *m)
{
	static cgn_stage *const stage[] = { cgn_stage_parse, cgn_stage_route,
		cgn_stage_classify, cgn_stage_steer, cgn_stage_decap, cgn_stage_ttl,
		cgn_stage_user, cgn_stage_session_up, cgn_stage_create_up,
		cgn_stage_rewrite_up, cgn_stage_session_down, cgn_stage_create_down,
		cgn_stage_rewrite_down };

	world_burst(b);
	b->n = 1;
	b->live = 1;
	b->pkt[0] = m;
	for (unsigned k = 0; k < RTE_DIM(stage); k++)
		stage[k](b);
	CU_ASSERT_FATAL(b->live);
	CU_ASSERT_FATAL(b->p[0].flags & CGN_PKT_TRANSLATED);
}

static void
undone(unsigned iface, const uint8_t *ip, unsigned len)
{
	static struct cgn_burst b;
	struct rte_mbuf *m = world_frame(iface, ip, len);
	const uint8_t *there;

	run_stages(&b, m);
	there = rte_pktmbuf_mtod_offset(m, uint8_t *, b.p[0].l3);
	CU_ASSERT_NOT_EQUAL_FATAL(memcmp(there, ip, len), 0);
	CU_ASSERT_TRUE(packet_right4(there));
	cgn_flow_undo(&b, 0);
	CU_ASSERT_EQUAL_FATAL(memcmp(there, ip, len), 0);
	CU_ASSERT_FALSE(b.p[0].flags & CGN_PKT_TRANSLATED);
	rte_pktmbuf_free(m);
}

/* A translation that is taken back leaves not a bit behind. */
static void
test_undo(void)
{
	world_open(4096, 64, 0);
	for (unsigned round = 0; round < 1000; round++) {
		struct packet p = packet(round);
		uint8_t ip[PACKET_MAX], down[PACKET_MAX];
		unsigned len = packet_ip4(ip, &p);
		const uint8_t *out;

		undone(INSIDE, ip, len);
		out = world_ip(world_nat_up(&p));
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		len = answer(down, &p, out);
		undone(OUTSIDE, down, len);
	}
	world_close();
}

/* RFC 768: no checksum stays none; a checksum that comes to zero is sent as all ones. */
static void
test_udp_zero(void)
{
	struct packet p = { .proto = 17,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = 7,
		.dport = 53,
		.payload = 2,
		.frag = DF };
	const uint8_t *ip;
	uint8_t in[PACKET_MAX];
	unsigned len, ones = 0;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	/* the payload takes every value: one of them gives zero */
	for (uint32_t word = 0; word < 65536; word++) {
		len = packet_ip4(in, &p);
		packet_put16(in, 28, (uint16_t)word);
		packet_sums(in);
		ip = world_ip(world_run_iface(INSIDE, in, len));
		CU_ASSERT_FATAL(ip && packet_right4(ip) && packet_get16(ip, 26));
		ones += packet_get16(ip, 26) == 0xffff;
	}
	CU_ASSERT_TRUE(ones > 0);
	world_close();
}

/* RFC 6864: no identification twice in a row of packets of one address that may be
 * fragmented; what says DF keeps its own. */
static void
test_id(void)
{
	static uint8_t seen[65536];
	struct packet p = { .proto = 17,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = 7,
		.dport = 53,
		.id = 4242 };
	const uint8_t *ip;

	world_open(64, 16, 0);
	memset(seen, 0, sizeof(seen));
	for (unsigned k = 0; k < 5000; k++) {
		p.sport = (uint16_t)(7 + k % 8);
		ip = world_ip(world_nat_up(&p));
		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		CU_ASSERT_EQUAL_FATAL(seen[packet_get16(ip, 4)]++, 0);
	}
	p.frag = DF;
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(packet_get16(ip, 4), 4242);
	world_close();
}

/* The state follows the segments, and with it the timer; what comes behind a RST or both
 * FINs does not keep the session. */
static void
test_tcp_state(void)
{
	struct packet up = { .proto = 6,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = 7,
		.dport = 80,
		.tcp_flags = RTE_TCP_SYN_FLAG };
	struct packet down = up;
	const struct cgn_session *s;
	const uint8_t *ip;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&up));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	s = cgn_session_at(world.w, 0);
	CU_ASSERT_EQUAL(s->state, CGN_STATE_SYN_UP);
	down.src = REMOTE_HOST;
	down.sport = 80;
	down.dst = packet_get32(ip, 12);
	down.dport = packet_get16(ip, 20);
	down.tcp_flags = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;
	world_down(&down);
	CU_ASSERT_EQUAL(s->state, CGN_STATE_ESTABLISHED);
	CU_ASSERT_EQUAL(cgn_state_timer(s->state, s->proto), CGN_TIMER_TCP_ESTABLISHED);
	world_tick(1000);
	down.tcp_flags = RTE_TCP_ACK_FLAG;
	world_down(&down);
	CU_ASSERT_EQUAL(s->seen, 10); /* TCP: both directions refresh */
	down.tcp_flags = RTE_TCP_RST_FLAG;
	world_tick(1000);
	world_down(&down);
	CU_ASSERT_EQUAL(s->state, CGN_STATE_TRANSITORY);
	CU_ASSERT_EQUAL(cgn_state_timer(s->state, s->proto), CGN_TIMER_TCP_CLOSING);
	world_tick(1000);
	world_down(&down);
	CU_ASSERT_EQUAL(s->seen, 20);
	up.tcp_flags = RTE_TCP_ACK_FLAG;
	world_nat_up(&up);
	CU_ASSERT_EQUAL(s->state, CGN_STATE_ESTABLISHED);
	CU_ASSERT_EQUAL(s->seen, 30);
	up.tcp_flags = down.tcp_flags = RTE_TCP_FIN_FLAG | RTE_TCP_ACK_FLAG;
	world_nat_up(&up);
	world_down(&down);
	CU_ASSERT_EQUAL(s->state, CGN_STATE_FIN_BOTH);
	world_tick(1000);
	world_nat_up(&up);
	CU_ASSERT_EQUAL(s->seen, 30);
	world_close();
}

/* Counters of the session and of the instance's kind, in bytes of the inner packet. */
static void
test_accounting(void)
{
	struct packet p = { .proto = 17,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = 7,
		.dport = 53,
		.payload = 72 };
	const struct cgn_flow_count *flow;
	uint8_t down[PACKET_MAX];
	const uint8_t *ip;

	world_open(64, 16, 0);
	flow = world.w->stats.flow;
	for (unsigned k = 0; k < 3; k++)
		ip = world_ip(world_ds_up(B4_1, &p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	world_run_iface(OUTSIDE, down, answer(down, &p, ip));
	CU_ASSERT_EQUAL(flow[CGN_FLOW_DS_LITE_UP].packets, 3);
	CU_ASSERT_EQUAL(flow[CGN_FLOW_DS_LITE_UP].bytes, 300);
	CU_ASSERT_EQUAL(flow[CGN_FLOW_DS_LITE_DOWN].packets, 1);
	CU_ASSERT_EQUAL(flow[CGN_FLOW_DS_LITE_DOWN].bytes, 100);
	CU_ASSERT_EQUAL(cgn_session_counts(world.w, 0).packets[CGN_UP], 3);
	CU_ASSERT_EQUAL(cgn_session_counts(world.w, 0).bytes[CGN_DOWN], 100);
	world.instance[DS].accounting = false;
	world_ds_up(B4_1, &p);
	CU_ASSERT_EQUAL(cgn_session_counts(world.w, 0).packets[CGN_UP], 3);
	CU_ASSERT_EQUAL(flow[CGN_FLOW_DS_LITE_UP].packets, 4);
	world_close();
}

/* What no flow can be made of, by name. */
static void
test_refused(void)
{
	struct packet p = {
		.proto = 47, .src = NAT_HOST, .dst = REMOTE_HOST, .payload = 30
	};

	world_open(64, 16, 0);
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_PROTOCOL], 1);
	p.proto = 1;
	p.icmp_type = 13;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_ICMP_TYPE], 1);
	p.icmp_type = 3;
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, -1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_ICMP_NO_SESSION], 1);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world_close();
}

const char *const eal_suite = "flow";
CU_TestInfo eal_tests[] = {
	{ "NAT44, both ways", test_nat44 },
	{ "DS-Lite, both ways", test_ds_lite },
	{ "undo", test_undo },
	{ "UDP checksums of zero", test_udp_zero },
	{ "identification", test_id },
	{ "TCP states", test_tcp_state },
	{ "accounting", test_accounting },
	{ "no flow", test_refused },
	CU_TEST_INFO_NULL,
};
