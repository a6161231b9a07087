/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that lie, each dropped by its own name, and what is read from those that do not.
 */
#include <string.h>

#include "eal_main.h"
#include "world.h"

static const struct packet udp = { .proto = 17,
	.src = NAT_HOST,
	.dst = REMOTE_HOST,
	.sport = 5000,
	.dport = 53,
	.payload = 40 };

static uint8_t frame[PACKET_MAX];
static unsigned len;

enum base { IP_UDP, IP_TCP, IP_ICMP, IP6, TUNNEL, VLAN_UDP, ARP, BASES };

/* A good frame for port 0. */
static void
make(enum base base)
{
	struct packet p = udp;
	uint8_t ip[PACKET_MAX], outer[PACKET_MAX];
	struct rte_mbuf *m;

	p.proto = base == IP_TCP ? 6 : base == IP_ICMP ? 1 : 17;
	p.tcp_flags = 2;
	p.icmp_type = 8;
	len = packet_ip4(ip, &p);
	if (base == IP6)
		len = packet_ip6(outer, packet_addr6("2001:db8:0:1::9"),
			packet_addr6("2001:db8:100::1"), 17, ip + 20, len - 20);
	else if (base == TUNNEL)
		len = packet_ip6(
			outer, packet_addr6(B4_1), packet_addr6(AFTR), 4, ip, len);
	m = world_frame(base == VLAN_UDP ? RED : INSIDE,
		base == IP6 || base == TUNNEL ? outer : ip, len);
	len = m->pkt_len;
	memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	if (base == ARP) {
		packet_put16(frame, 12, 0x0806);
		len = 14 + 28;
	}
}

/* What is changed in the frame: a byte at `at` (and the next one), or its length. */
static const struct lie {
	const char *what;
	enum base base;
	int at;		/* -1: nothing */
	uint32_t value; /* 16 bits */
	int cut;	/* bytes that stay; 0: all */
	bool fix;	/* make the IPv4 checksum right again */
	enum cgn_drop drop;
} lies[] = {
	{ "no frame at all", IP_UDP, -1, 0, 1, false, CGN_DROP_RUNT },
	{ "half a link header", IP_UDP, -1, 0, 13, false, CGN_DROP_RUNT },
	{ "half a tag", VLAN_UDP, -1, 0, 17, false, CGN_DROP_RUNT },
	{ "half an IPv4 header", IP_UDP, -1, 0, 33, false, CGN_DROP_RUNT },
	{ "half an IPv6 header", IP6, -1, 0, 53, false, CGN_DROP_RUNT },
	{ "half an ARP packet", ARP, -1, 0, 41, false, CGN_DROP_RUNT },
	{ "LLDP", IP_UDP, 12, 0x88cc, 0, false, CGN_DROP_ETHERTYPE },
	{ "IEEE 802.3 length", IP_UDP, 12, 0x0064, 0, false, CGN_DROP_ETHERTYPE },
	{ "two tags", VLAN_UDP, 16, 0x8100, 0, false, CGN_DROP_ETHERTYPE },
	{ "unknown VLAN", VLAN_UDP, 14, 101, 0, false, CGN_DROP_VLAN },
	{ "another station", IP_UDP, 4, 0x7777, 0, false, CGN_DROP_NOT_FOR_US },
	{ "another station's ARP", ARP, 4, 0x7777, 0, false, CGN_DROP_NOT_FOR_US },
	{ "IPv4 of version 5", IP_UDP, 14, 0x5500, 0, true, CGN_DROP_IP4_HEADER },
	{ "IPv6 in IPv4's place", IP_UDP, 14, 0x6500, 0, true, CGN_DROP_IP4_HEADER },
	{ "header of 16 bytes", IP_UDP, 14, 0x4400, 0, true, CGN_DROP_IP4_HEADER },
	{ "header longer than the packet", IP_UDP, 16, 19, 0, true, CGN_DROP_IP4_HEADER },
	{ "longer than the frame", IP_UDP, 16, 69, 0, true, CGN_DROP_IP4_HEADER },
	{ "options beyond the packet", IP_UDP, 14, 0x4f00, 14 + 50, false,
		CGN_DROP_IP4_HEADER },
	{ "header checksum", IP_UDP, 24, 0x1234, 0, false, CGN_DROP_IP4_CHECKSUM },
	{ "loopback source", IP_UDP, 26, 0x7f00, 0, true, CGN_DROP_MARTIAN },
	{ "multicast source", IP_UDP, 26, 0xe000, 0, true, CGN_DROP_MARTIAN },
	{ "class E source", IP_UDP, 26, 0xf000, 0, true, CGN_DROP_MARTIAN },
	{ "source of network 0", IP_UDP, 26, 0x0001, 0, true, CGN_DROP_MARTIAN },
	{ "multicast", IP_UDP, 30, 0xe000, 0, true, CGN_DROP_MULTICAST },
	{ "link broadcast of a unicast", IP_UDP, 0, 0xffff, 0, false,
		CGN_DROP_MULTICAST },
	{ "UDP shorter than its header", IP_UDP, 38, 7, 0, false, CGN_DROP_L4_HEADER },
	{ "UDP longer than the packet", IP_UDP, 38, 49, 0, false, CGN_DROP_L4_HEADER },
	{ "TCP header of 16 bytes", IP_TCP, 46, 0x4002, 0, false, CGN_DROP_L4_HEADER },
	{ "TCP options beyond the packet", IP_TCP, 16, 42, 0, true, CGN_DROP_REASONS },
	{ "half a TCP header", IP_TCP, 16, 39, 0, true, CGN_DROP_L4_HEADER },
	{ "half a UDP header", IP_UDP, 16, 27, 0, true, CGN_DROP_L4_HEADER },
	{ "half an ICMP header", IP_ICMP, 16, 27, 0, true, CGN_DROP_L4_HEADER },
	{ "IPv6 of version 4", IP6, 14, 0x4000, 0, false, CGN_DROP_IP6_HEADER },
	{ "IPv6 longer than the frame", IP6, 18, 49, 0, false, CGN_DROP_IP6_HEADER },
	{ "multicast IPv6 source", IP6, 22, 0xff02, 0, false, CGN_DROP_MARTIAN },
	{ "multicast IPv6", IP6, 38, 0xff02, 0, false, CGN_DROP_MULTICAST },
	{ "options longer than the packet", IP6, 20, 0x3c40, 0, false,
		CGN_DROP_IP6_HEADER },
};

static void
test_lies(void)
{
	world_open(64, 16, 0);
	for (unsigned k = 0; k < RTE_DIM(lies); k++) {
		const struct lie *l = &lies[k];
		uint64_t before, sum = 0;

		make(l->base);
		if (l->at >= 0)
			packet_put16(frame, (unsigned)l->at, (uint16_t)l->value);
		if (l->cut)
			len = (unsigned)l->cut;
		if (l->fix) {
			packet_put16(frame, 24, 0);
			packet_put16(frame, 24,
				(uint16_t)~packet_sum(
					frame + 14, (frame[14] & 15) * 4u, 0));
		}
		before = l->drop == CGN_DROP_REASONS ? 0 : world.w->stats.drop[l->drop];
		if (l->drop == CGN_DROP_REASONS) {
			CU_ASSERT_EQUAL(
				world_run(world_raw(0, frame, len))->kind, CGN_OUT_TX);
			continue;
		}
		if (world_run(world_raw(0, frame, len))->kind != -1 ||
			world.w->stats.drop[l->drop] != before + 1)
			CU_FAIL(l->what);
		for (unsigned d = 0; d < CGN_DROP_REASONS; d++)
			sum += world.w->stats.drop[d];
		CU_ASSERT_TRUE(sum >= before + 1);
	}
	world_close();
}

/* Runs the parser alone over one frame. */
static struct cgn_pkt *
parse(struct cgn_burst *b, struct rte_mbuf *m)
{
	world_burst(b);
	b->n = 1;
	b->live = 1;
	b->pkt[0] = m;
	cgn_stage_parse(b);
	CU_ASSERT_EQUAL_FATAL(b->live, 1);
	return &b->p[0];
}

static void
test_fields(void)
{
	static struct cgn_burst b;
	struct packet p = udp;
	uint8_t ip[PACKET_MAX];
	struct rte_mbuf *m;
	struct cgn_pkt *k;

	world_open(64, 16, 0);
	p.options = 12;
	m = world_frame(INSIDE, ip, packet_ip4(ip, &p));
	rte_pktmbuf_append(m, 9); /* padding of the link */
	k = parse(&b, m);
	CU_ASSERT_EQUAL(k->l3, 14);
	CU_ASSERT_EQUAL(k->l4, 14 + 32);
	CU_ASSERT_EQUAL(k->len, 32 + 48);
	CU_ASSERT_EQUAL(m->pkt_len, 14 + 32 + 48);
	CU_ASSERT_EQUAL(k->version, 4);
	CU_ASSERT_EQUAL(k->proto, 17);
	CU_ASSERT_EQUAL(k->iface, INSIDE);
	CU_ASSERT_EQUAL(k->vpn, VPN_0);
	CU_ASSERT_EQUAL(k->src, rte_cpu_to_be_32(NAT_HOST));
	CU_ASSERT_EQUAL(k->dport, RTE_BE16(53));
	CU_ASSERT_EQUAL(k->flags, 0);
	CU_ASSERT_EQUAL(k->user, CGN_NONE);
	rte_pktmbuf_free(m);
	p.options = 0;
	p.proto = 1;
	p.icmp_type = 8;
	m = world_frame(RED, ip, packet_ip4(ip, &p));
	k = parse(&b, m);
	CU_ASSERT_EQUAL(k->l3, 18);
	CU_ASSERT_EQUAL(k->iface, RED);
	CU_ASSERT_EQUAL(k->vpn, VPN_RED);
	CU_ASSERT_EQUAL(k->flags, CGN_PKT_QUERY);
	CU_ASSERT_EQUAL(k->sport, rte_cpu_to_be_16(5000));
	CU_ASSERT_EQUAL(k->dport, rte_cpu_to_be_16(5000));
	rte_pktmbuf_free(m);
	p.icmp_type = 11;
	m = world_frame(INSIDE, ip, packet_ip4(ip, &p));
	CU_ASSERT_EQUAL(parse(&b, m)->flags, CGN_PKT_ICMP_ERROR);
	rte_pktmbuf_free(m);
	world_close();
}

/* RFC 9568 6.4.2, 6.4.3: frames to a virtual MAC address are a master's, and nobody
 * else's. */
static void
test_virtual_mac(void)
{
	static const struct {
		uint8_t mac[6];
		bool ours;
	} to[] = { { { 0, 0, 0x5e, 0, 1, 10 }, true },
		{ { 0, 0, 0x5e, 0, 2, 255 }, true }, { { 0, 0, 0x5e, 0, 1, 11 }, false },
		{ { 0, 0, 0x5e, 0, 2, 10 }, false }, { { 0, 0, 0x5e, 0, 3, 10 }, false },
		{ { 0, 0, 0x5e, 1, 1, 10 }, false },
		{ { 2, 0, 0x5e, 0, 1, 10 }, false } };
	struct cgn_vmac vmac = { .bits = { { 1ull << 10 }, { [3] = 1ull << 63 } } };

	world_open(64, 16, 0);
	for (unsigned k = 0; k < 2 * RTE_DIM(to); k++) {
		bool master = k < RTE_DIM(to);
		bool ours = master && to[k % RTE_DIM(to)].ours;

		world.iface[INSIDE].vmac = master ? &vmac : NULL;
		make(IP_UDP);
		memcpy(frame, to[k % RTE_DIM(to)].mac, 6);
		CU_ASSERT_EQUAL(
			world_run(world_raw(0, frame, len))->kind == CGN_OUT_TX, ours);
	}
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_NOT_FOR_US], 2 * RTE_DIM(to) - 2);
	world_close();
}

/* VLAN 0 is no VLAN: a tag for the priority alone. */
static void
test_priority_tag(void)
{
	static struct cgn_burst b;
	struct rte_mbuf *m;

	world_open(64, 16, 0);
	make(VLAN_UDP);
	packet_put16(frame, 14, 0xe000);
	m = world_raw(0, frame, len);
	CU_ASSERT_EQUAL(parse(&b, m)->iface, INSIDE);
	CU_ASSERT_EQUAL(b.p[0].l3, 18);
	rte_pktmbuf_free(m);
	world_close();
}

/* RFC 4291 2.5.2 and 2.5.3: sources that are nobody. */
static void
test_nobody(void)
{
	static const struct {
		const char *src, *dst;
		int kind;
	} from[] = {
		{ "::", "2001:db8:100::1", -1 },
		{ "::1", "2001:db8:100::1", -1 },
		{ "::1", "ff02::1", -1 },
		{ "::", "ff02::1", CGN_OUT_PUNT },
		{ "::2", "2001:db8:100::1", CGN_OUT_TX },
	};
	uint8_t ip[PACKET_MAX], solicitation[24] = { 135 };
	unsigned dropped = 0;

	world_open(64, 16, 0);
	for (unsigned k = 0; k < RTE_DIM(from); k++) {
		unsigned n = packet_ip6(ip, packet_addr6(from[k].src),
			packet_addr6(from[k].dst), 58, solicitation, 24);

		CU_ASSERT_EQUAL(world_run_iface(INSIDE, ip, n)->kind, from[k].kind);
		dropped += from[k].kind < 0;
	}
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_MARTIAN], dropped);
	world_close();
}

static uint16_t
fragment_flags(uint16_t frag)
{
	static struct cgn_burst b;
	struct packet p = udp;
	uint8_t ip[PACKET_MAX];
	struct rte_mbuf *m;
	uint16_t flags;

	p.frag = frag;
	m = world_frame(INSIDE, ip, packet_ip4(ip, &p));
	flags = parse(&b, m)->flags;
	rte_pktmbuf_free(m);
	return flags;
}

static void
test_fragments(void)
{
	world_open(64, 16, 0);
	CU_ASSERT_EQUAL(fragment_flags(0x4000), 0);
	CU_ASSERT_EQUAL(fragment_flags(0x2000), CGN_PKT_FRAGMENT);
	CU_ASSERT_EQUAL(fragment_flags(0x2001), CGN_PKT_FRAGMENT | CGN_PKT_NOT_FIRST);
	CU_ASSERT_EQUAL(fragment_flags(0x0001), CGN_PKT_FRAGMENT | CGN_PKT_NOT_FIRST);
	world_close();
}

/* Extension headers are walked, up to eight. */
static void
test_extension_headers(void)
{
	static struct cgn_burst b;
	uint8_t chain[200] = { 0 }, ip[PACKET_MAX];
	struct rte_mbuf *m;

	world_open(64, 16, 0);
	for (unsigned n = 0; n <= 8; n++) {
		for (unsigned k = 0; k < n; k++) {
			chain[8 * k] = k + 1 < n ? 60 : 17;
			chain[8 * k + 1] = 0;
		}
		m = world_frame(INSIDE, ip,
			packet_ip6(ip, packet_addr6(B4_1), packet_addr6(AFTR),
				n ? (n > 1 ? 0 : 60) : 17, chain, 8 * n + 16));
		if (n == 8) {
			CU_ASSERT_EQUAL(world_run(m)->kind, -1);
			CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_IP6_HEADER], 1);
			continue;
		}
		CU_ASSERT_EQUAL(parse(&b, m)->proto, 17);
		CU_ASSERT_EQUAL(b.p[0].l4, 54 + 8 * n);
		rte_pktmbuf_free(m);
	}
	world_close();
}

/* Cut anywhere, every frame ends by name or goes on, and its buffer comes back. */
static void
test_cut_anywhere(void)
{
	world_open(64, 16, 0);
	for (unsigned base = 0; base < BASES; base++) {
		make(base);
		for (unsigned n = len; n; n--)
			world_run(world_raw(0, frame, n));
	}
	world_close();
}

const char *const eal_suite = "parse";
CU_TestInfo eal_tests[] = {
	{ "virtual MAC addresses", test_virtual_mac },
	{ "lies, by name", test_lies },
	{ "what is read", test_fields },
	{ "priority tags", test_priority_tag },
	{ "nobody's addresses", test_nobody },
	{ "fragments", test_fragments },
	{ "extension headers", test_extension_headers },
	{ "cut anywhere", test_cut_anywhere },
	CU_TEST_INFO_NULL,
};
