/* SPDX-License-Identifier: BSD-3-Clause */
/* The pipeline as a whole: every buffer that goes in comes out or is counted as dropped.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/reassembly.h"
#include "eal_main.h"
#include "world.h"

static unsigned seed = 99;

static unsigned
pick(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* A frame of any kind, good more often than not. */
static struct rte_mbuf *
frame(void)
{
	static const uint8_t proto[] = { 6, 17, 1, 17, 6, 47 };
	struct packet p = { .proto = proto[pick(6)],
		.src = pick(4) ? NAT_HOST + pick(8) : REMOTE_HOST,
		.dst = pick(3) ? REMOTE_HOST + pick(8) : POOL_DS_FIRST + pick(256),
		.sport = (uint16_t)(pick(50) + 1024),
		.dport = (uint16_t)pick(3000),
		.tcp_flags = (uint8_t)(1u << pick(6)),
		.icmp_type = (uint8_t)(pick(2) * 8),
		.payload = (uint16_t)(pick(20) ? pick(300) : pick(2500)),
		.ttl = (uint8_t)(pick(10) ? 64 : 1),
		.frag = (uint16_t)(pick(8) ? 0 : rand_r(&seed)) };
	uint8_t ip[PACKET_MAX], outer[PACKET_MAX];
	unsigned len = packet_ip4(ip, &p);
	char b4[32];

	if (pick(2))
		return world_frame(pick(IFACES), ip, len);
	snprintf(b4, sizeof(b4), "2001:db8:100::%x", pick(9));
	len = packet_ip6(
		outer, packet_addr6(b4), packet_addr6(AFTR), pick(20) ? 4 : 58, ip, len);
	return world_frame(INSIDE, outer, len);
}

static void
spoil(struct rte_mbuf *m)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	for (unsigned n = pick(4); n; n--)
		data[12 + pick(60) % (m->data_len - 12)] = (uint8_t)rand_r(&seed);
	if (!pick(4))
		rte_pktmbuf_trim(m, (uint16_t)pick(m->data_len));
}

static uint64_t
dropped(void)
{
	uint64_t sum = 0;

	for (unsigned d = 0; d < CGN_DROP_REASONS; d++)
		sum += world.w->stats.drop[d];
	return sum;
}

/* Random bursts, some of them spoilt, from all sides; buffers are counted after each. */
static void
random_bursts(bool bad)
{
	unsigned sent = 0, handed = 0;

	world_open(512, 64, 4294967290ull * 100);
	for (unsigned round = 0; round < 600; round++) {
		struct rte_mbuf *m[CGN_BURST];
		unsigned n = 1 + pick(CGN_BURST), held;

		for (unsigned k = 0; k < n; k++) {
			m[k] = frame();
			if (bad && pick(2))
				spoil(m[k]);
		}
		cgn_pipeline_run(world.w, m, n, true);
		for (unsigned k = 0; k < world.w->out.n; k++) {
			CU_ASSERT_EQUAL_FATAL(
				rte_mbuf_refcnt_read(world.w->out.pkt[k]), 1);
			CU_ASSERT_EQUAL_FATAL(world.w->out.pkt[k]->nb_segs, 1);
			handed += world.w->out.kind[k] == CGN_OUT_HAND;
		}
		sent += world_empty_outbox();
		held = cgn_reassembly_held(world.w->reassembly) + world.w->held.n;
		CU_ASSERT_EQUAL_FATAL(
			rte_mempool_avail_count(world.pool), world.idle - held);
		world_tick(pick(200));
		sent += world_empty_outbox();
		if (round == 300)
			world_tick(200000);
	}
	CU_ASSERT_TRUE(sent > 5000 && handed > 10 && dropped() > 1000);
	CU_ASSERT_TRUE(world.w->sessions.used > 50);
	/* time ends everything */
	for (unsigned s = 0; s < 8000 && world.w->sessions.used; s++)
		world_tick(1000);
	world_tick(120000);
	world_empty_outbox();
	for (unsigned k = 0; k < 10; k++)
		world_tick(100);
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->up) + cgn_table_count(world.w->down) +
				cgn_table_count(world.w->map_up) +
				cgn_table_count(world.w->map_down) +
				cgn_table_count(world.w->user_by_key),
		0);
	world_empty_outbox();
	world_close();
}

static void
test_good(void)
{
	random_bursts(false);
}

static void
test_bad(void)
{
	random_bursts(true);
}

/* A packet alone and the same one among 63 others fare alike. */
static void
test_alone_or_not(void)
{
	static struct rte_mbuf *m[CGN_BURST];
	static unsigned kind[CGN_BURST];

	for (unsigned together = 0; together < 2; together++) {
		seed = 5;
		world_open(512, 64, 0);
		world.instance[DS].eif = world.instance[NAT].eif = false;
		for (unsigned k = 0; k < CGN_BURST; k++)
			m[k] = frame();
		if (together)
			cgn_pipeline_run(world.w, m, CGN_BURST, true);
		for (unsigned k = 0; !together && k < CGN_BURST; k++)
			cgn_pipeline_run(world.w, &m[k], 1, true);
		for (unsigned k = 0; k < 3; k++)
			kind[together * 3 + k] = 0;
		for (unsigned k = 0; k < world.w->out.n; k++)
			kind[together * 3 + world.w->out.kind[k]]++;
		world_empty_outbox();
		CU_ASSERT_TRUE(world.w->sessions.used > 20);
		kind[6 + together] = world.w->sessions.used;
		world_close();
	}
	for (unsigned k = 0; k < 3; k++)
		CU_ASSERT_EQUAL(kind[k], kind[3 + k]);
	CU_ASSERT_EQUAL(kind[6], kind[7]);
}

/* Packets and bytes in; cycles of the stages of some bursts. */
static void
test_counts(void)
{
	const struct packet p = {
		.proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST, .payload = 72
	};
	const struct cgn_stats *s;

	world_open(64, 16, 0);
	s = &world.w->stats;
	for (unsigned k = 0; k < 129; k++)
		world_nat_up(&p);
	CU_ASSERT_EQUAL(s->flow[CGN_FLOW_RX].packets, 129);
	CU_ASSERT_EQUAL(s->flow[CGN_FLOW_RX].bytes, 129 * 114);
	CU_ASSERT_EQUAL(s->flow[CGN_FLOW_TX].packets, 129);
	CU_ASSERT_EQUAL(s->flow[CGN_FLOW_TX].bytes, 129 * 114);
	for (unsigned k = 0; k < CGN_STAGE_COUNT; k++) {
		CU_ASSERT_EQUAL(s->stage_packets[k], 3); /* bursts 0, 64 and 128 */
		CU_ASSERT_TRUE(s->stage_cycles[k] > 0);
	}
	world_close();
}

/* A hairpin of two users here goes round behind the burst, also of a full one. */
static void
test_round(void)
{
	struct packet p = {
		.proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST, .sport = 9, .dport = 53
	};
	struct rte_mbuf *m[CGN_BURST];
	uint8_t in[PACKET_MAX];
	const uint8_t *ip;

	world_open(256, 16, 0);
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	p.src++;
	for (unsigned k = 0; k < CGN_BURST; k++) {
		p.sport = (uint16_t)(100 + k);
		m[k] = world_frame(INSIDE, in, packet_ip4(in, &p));
	}
	cgn_pipeline_run(world.w, m, CGN_BURST, true);
	CU_ASSERT_EQUAL(world.w->out.n, CGN_BURST);
	for (unsigned k = 0; k < world.w->out.n; k++) {
		ip = rte_pktmbuf_mtod_offset(world.w->out.pkt[k], uint8_t *, 14);
		CU_ASSERT_TRUE(packet_right4(ip));
		/* RFC 4787 REQ-9: the external source, the internal destination */
		CU_ASSERT_EQUAL(packet_get32(ip, 12) & ~3u, POOL_NAT_FIRST);
		CU_ASSERT_EQUAL(packet_get32(ip, 16), NAT_HOST);
		CU_ASSERT_EQUAL(packet_get16(ip, 22), 9);
	}
	world_empty_outbox();
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_HAIRPIN].packets, CGN_BURST);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_RX].packets, CGN_BURST + 1);
	world_close();
}

const char *const eal_suite = "pipeline";
CU_TestInfo eal_tests[] = {
	{ "random bursts", test_good },
	{ "spoilt bursts", test_bad },
	{ "alone or together", test_alone_or_not },
	{ "counters", test_counts },
	{ "round again", test_round },
	CU_TEST_INFO_NULL,
};
