/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet is, and whose. */
#include <string.h>

#include <rte_arp.h>

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

static const struct out *
run6(const char *src, const char *dst, uint8_t next)
{
	uint8_t ip[PACKET_MAX], payload[64] = { 128 };

	return world_run_iface(INSIDE, ip,
		packet_ip6(ip, packet_addr6(src), packet_addr6(dst), next, payload, 64));
}

/* For the box: the frame as it came, and where its header is. */
static void
test_local(void)
{
	struct packet p = udp;
	uint8_t arp[14 + 28] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct out *out;

	world_open(64, 16, 0);
	p.dst = IP4(10, 0, 0, 1);
	out = world_nat_up(&p);
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	CU_ASSERT_EQUAL(out->data[14], 0x45);
	p.dst = IP4(198, 51, 100, 1);
	out = world_down(&p);
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	out = run6("2001:db8:0:1::9", "2001:db8:0:1::1", 58);
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	out = run6("2001:db8:0:1::9", "ff02::1", 58);
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	out = run6("2001:db8:0:1::9", AFTR, 58); /* echo to the AFTR address */
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	packet_put16(arp, 12, 0x0806);
	out = world_run(world_raw(0, arp, sizeof(arp)));
	CU_ASSERT_TRUE(out->kind == CGN_OUT_PUNT && out->op == CGN_MARK_LOCAL);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_PUNTED].packets, 6);
	world_close();
}

/* Who may use the AFTR address, and for what. */
static void
test_aftr(void)
{
	world_open(64, 16, 0);
	CU_ASSERT_EQUAL(run6(B4_1, AFTR, 17)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_SOFTWIRE_PROTOCOL), 1);
	CU_ASSERT_EQUAL(world_ds_up("2001:db8:200::1", &udp)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_SOFTWIRE_SOURCE), 1);
	CU_ASSERT_EQUAL(world_ds_up("2001:db8:ff:ffff::1", &udp)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_SOFTWIRE_SOURCE), 2);
	CU_ASSERT_EQUAL(world_ds_up("2001:db9:100::1", &udp)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_SOFTWIRE_SOURCE), 3);
	CU_ASSERT_EQUAL(world_ds_up("2001:db8:1ff:ffff::1", &udp)->kind, CGN_OUT_TX);
	world_close();
}

/* Two instances behind one AFTR address: the longer prefix has the user, and users of
 * different prefixes with the same lower bits do not meet. */
static void
test_longest_prefix(void)
{
	world_open(64, 16, 0);
	world.instance[REDNAT] = world.instance[DS];
	world.instance[REDNAT].vpn_in = VPN_0;
	world.remote[1] = world.remote[0];
	world.remote[0].instance = REDNAT;
	world.remote[0].scope = 5;
	memcpy(world.remote[0].addr, packet_addr6("2001:db8:100:1::"), 16);
	memcpy(world.remote[0].mask, packet_addr6("ffff:ffff:ffff:ffff::"), 16);
	world.aftr.n = 2;
	CU_ASSERT_EQUAL(world_ds_up("2001:db8:100:1::1", &udp)->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(world.w->instance[REDNAT].users, 1);
	CU_ASSERT_EQUAL(world_ds_up("2001:db8:100:2::1", &udp)->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(world.w->instance[DS].users, 1);
	world_close();
}

/* Sources that no instance serves, and destinations that one leaves alone, are forwarded.
 */
static void
test_plain(void)
{
	struct cgn_exempt exempt = { rte_cpu_to_be_32(REMOTE_HOST), ~0u, 17,
		RTE_BE16(53) };
	struct packet p = udp;
	const uint8_t *ip;

	world_open(64, 16, 0);
	p.src = IP4(10, 9, 0, 1);
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_TRUE_FATAL(ip && packet_right4(ip));
	CU_ASSERT_EQUAL(packet_get32(ip, 12), p.src);
	CU_ASSERT_EQUAL(ip[8], 63);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world.instance[NAT].exempt = &exempt;
	world.instance[NAT].n_exempt = 1;
	ip = world_ip(world_nat_up(&udp));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(packet_get32(ip, 12), NAT_HOST);
	p = udp;
	p.dport = 54;
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_NOT_EQUAL(packet_get32(ip, 12), NAT_HOST);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_FORWARDED].packets, 2);
	world_close();
}

/* A VPN has a table of its own: the same inside address, another user. */
static void
test_vpn(void)
{
	uint8_t in[PACKET_MAX];
	const uint8_t *ip;
	struct packet p = udp;

	world_open(64, 16, 0);
	CU_ASSERT_EQUAL(world_nat_up(&udp)->kind, CGN_OUT_TX);
	ip = world_ip(world_run_iface(RED, in, packet_ip4(in, &udp)));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(world.w->users.used, 2);
	CU_ASSERT_EQUAL(world.w->instance[REDNAT].users, 1);
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	p.src = REMOTE_HOST;
	p.sport = 53;
	/* and the way back leads into the VPN: tag 100, the VPN's gateway */
	const struct out *out = world_down(&p);

	CU_ASSERT_EQUAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(packet_get32(out->data, 12), 0x81000064);
	CU_ASSERT_EQUAL(out->data[5], 3);
	world_close();
}

/* Everything of another location goes to its CPU, as it came, with one hop more. */
static void
test_hand_over(void)
{
	struct packet p = udp;
	struct rte_mbuf *m;
	uint8_t ip[PACKET_MAX];
	unsigned n = packet_ip4(ip, &udp);

	world_open(64, 16, 0);
	for (unsigned k = 0; k < CGN_BUCKETS; k++)
		world.group.bucket[k] = 1;
	m = world_frame(INSIDE, ip, n);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_HAND);
	CU_ASSERT_EQUAL(world.w->out.arg[0], 1);
	CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_STEERED);
	CU_ASSERT_EQUAL(cgn_mark(m)->hops, 1);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(m, void *, 14), ip, n), 0);
	/* sent to and fro it ends by name */
	for (unsigned hops = 2; hops <= HOPS_MAX; hops++) {
		world.w->out.n = 0;
		cgn_pipeline_run(world.w, &m, 1, false);
		CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
		m = world.w->out.pkt[0];
		CU_ASSERT_EQUAL(cgn_mark(m)->hops, hops);
	}
	world.w->out.n = 0;
	cgn_pipeline_run(world.w, &m, 1, false);
	CU_ASSERT_EQUAL(world.w->out.n, 0);
	CU_ASSERT_EQUAL(drops(CGN_DROP_LOOP), 1);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_HANDED].packets, HOPS_MAX);
	p.src = REMOTE_HOST;
	p.dst = POOL_DS_FIRST + 3; /* of location 1 */
	CU_ASSERT_EQUAL(world_down(&p)->kind, CGN_OUT_HAND);
	world.location[1].worker = CGN_NONE16;
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	CU_ASSERT_EQUAL(world_ds_up(B4_1, &udp)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_LOCATION_DOWN), 2);
	world_close();
}

/* What was found out elsewhere holds as long as the snapshot does, for either direction.
 */
static void
test_found(void)
{
	uint8_t inner[PACKET_MAX], ip[PACKET_MAX];
	unsigned len = packet_ip4(inner, &udp);
	struct rte_mbuf *m;

	world_open(64, 16, 0);
	len = packet_ip6(ip, packet_addr6(B4_1), packet_addr6(AFTR), 4, inner, len);
	for (unsigned k = 0; k < CGN_BUCKETS; k++)
		world.group.bucket[k] = 1;
	m = world_frame(INSIDE, ip, len);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.kind[0], CGN_OUT_HAND);
	world.w->out.n = 0;
	for (unsigned k = 0; k < CGN_BUCKETS; k++)
		world.group.bucket[k] = 0;
	cgn_pipeline_run(world.w, &m, 1, false);
	CU_ASSERT_EQUAL_FATAL(world.w->out.kind[0], CGN_OUT_HAND);
	world.w->out.n = 0;
	world.snap.generation++;
	cgn_pipeline_run(world.w, &m, 1, false);
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_TX);
	world_empty_outbox();
	world.location[0].worker = 1;
	m = world_frame(INSIDE, ip, len);
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.kind[0], CGN_OUT_HAND);
	world.w->out.n = 0;
	world.location[0].worker = 0;
	cgn_pipeline_run(world.w, &m, 1, false); /* as the other CPU does */
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_TX);
	CU_ASSERT_EQUAL(world_empty_outbox(), 1);
	CU_ASSERT_EQUAL(world.w->users.used, 1);
	CU_ASSERT_EQUAL(world.w->sessions.used, 1);
	world_close();
}

/* An instance that is switched to another box makes no users: its packets are routed, to
 * the redirect or by the table. */
static void
test_switched(void)
{
	struct packet p = { .proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST };
	const struct out *out;

	world_open(64, 16, 0);
	world.instance[DS].switched = world.instance[NAT].switched = true;
	world.instance[DS].redirect = NH_GW_OUTSIDE;
	out = world_ds_up(B4_1, &udp);
	CU_ASSERT_EQUAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(out->arg, 1);
	CU_ASSERT_EQUAL(world_ip(out)[0] >> 4, 6); /* the tunnel packet as it came */
	world.instance[DS].redirect = 0;
	world_ds_up(B4_1, &udp);
	CU_ASSERT_EQUAL(drops(CGN_DROP_NO_ROUTE), 1);
	out = world_nat_up(&p);
	CU_ASSERT_EQUAL(out->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(memcmp(world_ip(out) + 12,
				&(rte_be32_t){ rte_cpu_to_be_32(NAT_HOST) }, 4),
		0);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	world.instance[DS].switched = world.instance[NAT].switched = false;
	CU_ASSERT_EQUAL(world_ds_up(B4_1, &udp)->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(world.w->users.used, 1);
	world_close();
}

/* A packet that another CPU received is treated as if it had come here. */
static void
test_taken_over(void)
{
	uint8_t ip[PACKET_MAX];
	struct rte_mbuf *m;

	world_open(64, 16, 0);
	m = world_frame(INSIDE, ip, packet_ip4(ip, &udp));
	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_RECEIVE, .hops = 1 };
	cgn_pipeline_run(world.w, &m, 1, false);
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_TX);
	CU_ASSERT_EQUAL(world_empty_outbox(), 1);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_TAKEN].packets, 1);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_RX].packets, 0);
	CU_ASSERT_EQUAL(world.w->users.used, 1);
	world_close();
}

/* Advertisements of VRRP go to the control lcore; of other groups nothing does, and the
 * group is never forwarded (RFC 9568 5.1.1.2, 5.1.2.2). */
static void
test_virtual_routers(void)
{
	static const struct {
		uint8_t proto;
		uint32_t group;
		bool punted;
	} to[] = { { 112, 0xe0000012, true }, { 112, 0xe0000013, false },
		{ 89, 0xe0000012, false } };
	uint8_t ip[PACKET_MAX], data[8] = { 0x31, 10, 100, 1 };

	world_open(64, 16, 0);
	for (unsigned k = 0; k < RTE_DIM(to); k++) {
		struct packet p = { .proto = to[k].proto,
			.src = NAT_HOST,
			.dst = to[k].group,
			.payload = 12 };

		CU_ASSERT_EQUAL(
			world_run(world_frame(INSIDE, ip, packet_ip4(ip, &p)))->kind ==
				CGN_OUT_PUNT,
			to[k].punted);
	}
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_MULTICAST], 2);
	for (unsigned k = 0; k < 2; k++) {
		unsigned len = packet_ip6(ip, packet_addr6("fe80::9"),
			packet_addr6("ff02::12"), k ? 89 : 112, data, sizeof(data));

		CU_ASSERT_EQUAL(
			world_run(world_frame(INSIDE, ip, len))->kind == CGN_OUT_PUNT,
			k == 0);
	}
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_MULTICAST], 3);
	world_close();
}

/* On a port with a tap groups of the link are for the kernel; others never. */
static void
test_tap(void)
{
	uint8_t ip[PACKET_MAX], data[8] = { 2, 1 };
	static const struct {
		uint32_t group;
		bool punted;
	} to[] = { { 0xe0000005, true }, { 0xe0000105, false }, { 0xefff0001, false } };

	world_open(64, 16, 0);
	world.iface[INSIDE].tap = true;
	for (unsigned k = 0; k < RTE_DIM(to); k++) {
		struct packet p = {
			.proto = 89, .src = NAT_HOST, .dst = to[k].group, .payload = 12
		};

		CU_ASSERT_EQUAL(
			world_run(world_frame(INSIDE, ip, packet_ip4(ip, &p)))->kind ==
				CGN_OUT_PUNT,
			to[k].punted);
	}
	for (unsigned k = 0; k < 2; k++) {
		unsigned len = packet_ip6(ip, packet_addr6("fe80::9"),
			packet_addr6(k ? "ff0e::5" : "ff02::5"), 89, data, sizeof(data));

		CU_ASSERT_EQUAL(
			world_run(world_frame(INSIDE, ip, len))->kind == CGN_OUT_PUNT,
			k == 0);
	}
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_MULTICAST], 3);
	world_close();
}

const char *const eal_suite = "route";
CU_TestInfo eal_tests[] = {
	{ "switched to another box", test_switched },
	{ "for the box", test_local },
	{ "the AFTR address", test_aftr },
	{ "longest prefix of B4s", test_longest_prefix },
	{ "what is only forwarded", test_plain },
	{ "VPNs", test_vpn },
	{ "virtual routers", test_virtual_routers },
	{ "groups for a tap", test_tap },
	{ "hand-over", test_hand_over },
	{ "hand-over, what was found out", test_found },
	{ "taken over", test_taken_over },
	CU_TEST_INFO_NULL,
};
