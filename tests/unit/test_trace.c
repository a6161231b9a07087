/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.c: what is told of packets is what happened to them, and telling it changes
 * nothing. */
#include <stdlib.h>
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/mark.h"
#include "dataplane/trace.h"
#include "eal_main.h"
#include "world.h"

static struct cgn_trace *trace;
static unsigned seed;

static struct cgn_trace_filter
everything(void)
{
	struct cgn_trace_filter f = { .flow = { .instance = CGN_NONE,
					      .location = CGN_NONE } };

	return f;
}

static void
begin(const struct cgn_trace_filter *f)
{
	trace = cgn_trace_create(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	cgn_trace_start(world.w, 1, trace);
}

static void
end(void)
{
	cgn_trace_stop(world.w, 1);
	cgn_trace_destroy(trace);
	world_close();
}

/* The next record; NULL: none. It stays until the one after it is asked for. */
static const struct cgn_trace_record *
next(void)
{
	static uint64_t copy[512];
	uint32_t len;
	const void *r = cgn_spool_peek(trace->spool, &len);

	if (!r)
		return NULL;
	CU_ASSERT_TRUE_FATAL(len <= sizeof(copy));
	memcpy(copy, r, len);
	cgn_spool_release(trace->spool);
	return (const void *)copy;
}

static const struct cgn_trace_step *
step(const struct cgn_trace_record *r, enum cgn_stage_id stage, enum cgn_trace_what what)
{
	for (unsigned i = 0; r && i < r->n; i++)
		if (r->step[i].stage == stage && r->step[i].what == what)
			return &r->step[i];
	return NULL;
}

static bool
has(const struct cgn_trace_record *r, enum cgn_stage_id stage, enum cgn_trace_what what)
{
	return step(r, stage, what) != NULL;
}

static bool
is4(const uint8_t a[16], uint32_t addr)
{
	return packet_get32(a, 12) == addr && packet_get16(a, 10) == 0xffff;
}

static const struct packet udp = {
	.proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST, .sport = 99, .dport = 53
};

static void
test_up(void)
{
	struct cgn_trace_filter f = everything();
	const struct cgn_trace_record *r;
	const struct cgn_trace_step *s;

	world_open(64, 16, 0);
	begin(&f);
	world_nat_up(&udp);
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_TRUE(r->matches && r->whole_story);
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_SENT);
	CU_ASSERT_EQUAL(r->facts.instance, NAT);
	CU_ASSERT_EQUAL(r->facts.inside, rte_cpu_to_be_32(NAT_HOST));
	CU_ASSERT_EQUAL(r->facts.remote_port, rte_cpu_to_be_16(53));
	s = step(r, CGN_STAGE_PARSE, CGN_TRACE_HEADER);
	CU_ASSERT_TRUE(s && is4(s->from, NAT_HOST) && is4(s->to, REMOTE_HOST));
	CU_ASSERT_EQUAL(s->sport, rte_cpu_to_be_16(99));
	CU_ASSERT_EQUAL(s->n, 28);
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_ROUTE, CGN_TRACE_ROUTE)->a, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_CLASSIFY, CGN_TRACE_CLASS)->a, CGN_TRACE_UP);
	CU_ASSERT_TRUE(has(r, CGN_STAGE_STEER, CGN_TRACE_STEER));
	CU_ASSERT_TRUE(has(r, CGN_STAGE_SESSION_UP, CGN_TRACE_NO_SESSION));
	s = step(r, CGN_STAGE_CREATE_UP, CGN_TRACE_SESSION);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->b, 1);
	CU_ASSERT_EQUAL(packet_get32(s->to, 12), rte_be_to_cpu_32(r->facts.outside));
	s = step(r, CGN_STAGE_REWRITE_UP, CGN_TRACE_HEADER);
	CU_ASSERT_TRUE(s && is4(s->from, rte_be_to_cpu_32(r->facts.outside)));
	CU_ASSERT_EQUAL(s->sport, r->facts.outside_port);
	s = step(r, CGN_STAGE_FORWARD, CGN_TRACE_END);
	CU_ASSERT_TRUE(s && s->a == CGN_TRACE_SENT && s->b == OUTSIDE);

	world_nat_up(&udp); /* the second one has a session */
	r = next();
	CU_ASSERT_TRUE(has(r, CGN_STAGE_SESSION_UP, CGN_TRACE_SESSION));
	CU_ASSERT_FALSE(has(r, CGN_STAGE_CREATE_UP, CGN_TRACE_SESSION));
	CU_ASSERT_PTR_NULL(next());
	end();
}

static void
test_softwire(void)
{
	struct cgn_trace_filter f = everything();
	struct packet p = udp;
	const struct cgn_trace_record *r;

	world_open(64, 16, 0);
	f.flow.has_softwire = true;
	f.flow.softwire_len = 128;
	memcpy(f.flow.softwire, packet_addr6(B4_1), 16);
	begin(&f);
	world_ds_up(B4_2, &p);
	world_nat_up(&p);
	world_ds_up(B4_1, &p);
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(memcmp(r->facts.b4, packet_addr6(B4_1), 16), 0);
	CU_ASSERT_TRUE(has(r, CGN_STAGE_DECAP, CGN_TRACE_HEADER));
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_USER, CGN_TRACE_USER)->n, CGN_NONE);
	p.src = REMOTE_HOST;
	p.sport = 53;
	p.dst = rte_be_to_cpu_32(r->facts.outside);
	p.dport = rte_be_to_cpu_16(r->facts.outside_port);
	CU_ASSERT_PTR_NULL(next());

	world_down(&p); /* whose it is, is known behind its session only */
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_CLASSIFY, CGN_TRACE_CLASS)->a, CGN_TRACE_DOWN);
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_ENCAP, CGN_TRACE_HEADER)->proto, 4);
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_SENT);
	end();
}

static struct cgn_filter
of_inside(uint32_t addr)
{
	return (struct cgn_filter){ .instance = CGN_NONE,
		.location = CGN_NONE,
		.inside = rte_cpu_to_be_32(addr),
		.inside_mask = UINT32_MAX };
}

static void
test_drops(void)
{
	struct cgn_trace_filter f = everything();
	struct packet p = udp;
	const struct cgn_trace_record *r;

	world_open(64, 16, 0);
	begin(&f);
	world.instance[NAT].max_sessions = 0;
	world_nat_up(&p);
	r = next();
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_DROPPED);
	CU_ASSERT_EQUAL(
		step(r, CGN_STAGE_CREATE_UP, CGN_TRACE_END)->b, CGN_DROP_LIMIT_SESSIONS);
	p.ttl = 1;
	world_nat_up(&p);
	r = next();
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_TTL, CGN_TRACE_ERROR)->a, CGN_DROP_TTL);
	CU_ASSERT_TRUE(has(r, CGN_STAGE_TTL, CGN_TRACE_HEADER));
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_SENT); /* the error, back */
	CU_ASSERT_EQUAL(step(r, CGN_STAGE_FORWARD, CGN_TRACE_END)->b, INSIDE);
	p = udp;
	p.proto = 6;
	p.tcp_flags = RTE_TCP_SYN_FLAG;
	p.src = REMOTE_HOST;
	p.dst = POOL_NAT_FIRST;
	world_down(&p);
	r = next();
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_HELD);
	end();

	world_open(64, 16, 0); /* refused on its way down: whose port it was */
	world.instance[NAT].eif = false;
	world_nat_up(&udp);
	p = (struct packet){ .proto = 17, .src = REMOTE_HOST + 1, .sport = 1 };
	p.dst = rte_be_to_cpu_32(cgn_session_at(world.w, 0)->outside);
	p.dport = rte_be_to_cpu_16(cgn_session_at(world.w, 0)->outside_port);
	f.flow = of_inside(NAT_HOST);
	begin(&f);
	world_down(&p);
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(
		step(r, CGN_STAGE_CREATE_DOWN, CGN_TRACE_END)->b, CGN_DROP_FILTERED);
	end();
}

/* Two rounds of one packet, of which only the second is the wanted user's. */
static void
test_hairpin(void)
{
	struct cgn_trace_filter f = everything();
	struct packet p = udp;
	const struct cgn_trace_record *r;
	uint32_t name;
	const uint8_t *ip;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	p.src++;
	f.flow = of_inside(NAT_HOST);
	begin(&f);
	world_nat_up(&p);
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_AGAIN);
	CU_ASSERT_FALSE(r->matches);
	CU_ASSERT_EQUAL(r->hops, 0);
	name = r->name;
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->name, name);
	CU_ASSERT_TRUE(r->matches && !r->whole_story);
	CU_ASSERT_EQUAL(r->hops, 1);
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_SENT);
	CU_ASSERT_PTR_NULL(next());
	end();
}

/* A packet for an address of location 1: it may be the wanted user's, who knows. */
static void
test_hand(void)
{
	struct cgn_trace_filter f = everything();
	struct packet p = udp;
	const struct cgn_trace_record *r;
	struct rte_mbuf *m;
	uint8_t ip[PACKET_MAX];

	world_open(64, 16, 0);
	f.flow = of_inside(NAT_HOST);
	begin(&f);
	p.src = REMOTE_HOST;
	p.dst = POOL_NAT_FIRST + 3;
	m = world_frame(OUTSIDE, ip, packet_ip4(ip, &p));
	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_HAND);
	r = next();
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->end, CGN_TRACE_HANDED);
	CU_ASSERT_FALSE(r->matches);
	CU_ASSERT_TRUE(has(r, CGN_STAGE_STEER, CGN_TRACE_STEER));
	CU_ASSERT_EQUAL(cgn_mark(world.w->out.pkt[0])->trace, r->name << 4);
	world_empty_outbox();
	end();
}

static void
test_ports_and_ends(void)
{
	struct cgn_trace_filter f = everything();
	struct packet p = udp;

	world_open(64, 16, 0);
	strcpy(f.port, world.iface[OUTSIDE].name);
	begin(&f);
	world_nat_up(&udp);
	CU_ASSERT_PTR_NULL(next());
	p.src = REMOTE_HOST;
	p.dst = POOL_NAT_FIRST;
	world_down(&p);
	CU_ASSERT_PTR_NOT_NULL(next());
	cgn_trace_stop(world.w, 1);
	cgn_trace_destroy(trace);

	f = everything();
	f.addressed = true;
	f.addr_len = 128;
	memset(f.addr + 10, 0xff, 2);
	packet_put32(f.addr, 12, REMOTE_HOST);
	begin(&f);
	world_down(&p);
	CU_ASSERT_PTR_NOT_NULL(next());
	p.src++;
	world_down(&p);
	CU_ASSERT_PTR_NULL(next());
	end();
}

/* ---- what is true of any packets ---- */

static unsigned
pick(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static struct rte_mbuf *
any_frame(void)
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
	struct rte_mbuf *m;
	char b4[32];

	if (pick(2)) {
		m = world_frame(pick(IFACES), ip, len);
	} else {
		snprintf(b4, sizeof(b4), "2001:db8:100::%x", pick(9));
		len = packet_ip6(outer, packet_addr6(b4), packet_addr6(AFTR),
			pick(20) ? 4 : 58, ip, len);
		m = world_frame(INSIDE, outer, len);
	}
	if (!pick(4))
		rte_pktmbuf_mtod(m, uint8_t *)[12 + pick(60) % (m->data_len - 12)] =
			(uint8_t)rand_r(&seed);
	return m;
}

/* Reads all records; adds up ends and reasons. Returns packets that were told to their
 * end. */
static unsigned
read_all(uint64_t drop[CGN_DROP_REASONS], unsigned ends[CGN_TRACE_HELD + 1])
{
	const struct cgn_trace_record *r;
	unsigned n = 0;

	while ((r = next()) != NULL) {
		const struct cgn_trace_step *last = &r->step[r->n - 1];

		CU_ASSERT_TRUE_FATAL(r->n > 0 && last->what == CGN_TRACE_END);
		CU_ASSERT_TRUE_FATAL(r->end != CGN_TRACE_NOWHERE && r->matches);
		CU_ASSERT_TRUE(r->n < CGN_TRACE_STEPS);
		ends[r->end]++;
		if (r->end == CGN_TRACE_DROPPED)
			drop[last->b]++;
		for (unsigned i = 0; i < r->n; i++)
			if (r->step[i].what == CGN_TRACE_ERROR)
				drop[r->step[i].a]++;
		n += r->end != CGN_TRACE_AGAIN;
	}
	return n;
}

/* The same bursts with and without a trace: the same counters, and every packet and
 * reason told. */
static void
test_same(void)
{
	static struct cgn_stats stats[2];
	uint64_t drop[CGN_DROP_REASONS] = { 0 };
	unsigned ends[CGN_TRACE_HELD + 1] = { 0 }, told = 0, in = 0;
	struct cgn_trace_filter f = everything();

	for (unsigned traced = 0; traced < 2; traced++) {
		seed = 17;
		world_open(512, 64, 0);
		if (traced)
			begin(&f);
		for (unsigned round = 0; round < 200; round++) {
			struct rte_mbuf *m[CGN_BURST];
			unsigned n = 1 + pick(CGN_BURST);

			for (unsigned k = 0; k < n; k++)
				m[k] = any_frame();
			cgn_pipeline_run(world.w, m, n, true);
			world_empty_outbox();
			in += traced ? n : 0;
			told += traced ? read_all(drop, ends) : 0;
		}
		stats[traced] = world.w->stats;
		if (traced)
			end();
		else
			world_close();
	}
	CU_ASSERT_EQUAL(told, in);
	CU_ASSERT_EQUAL(memcmp(stats[0].flow, stats[1].flow, sizeof(stats[0].flow)), 0);
	CU_ASSERT_EQUAL(memcmp(stats[0].drop, stats[1].drop, sizeof(stats[0].drop)), 0);
	/* one fragment too many takes others along, whose end has been told */
	drop[CGN_DROP_FRAGMENT_OVERLAP] = stats[1].drop[CGN_DROP_FRAGMENT_OVERLAP];
	for (unsigned k = 0; k < CGN_DROP_REASONS; k++)
		CU_ASSERT_EQUAL(drop[k], stats[1].drop[k]);
	for (unsigned k = 1; k <= CGN_TRACE_HELD; k++)
		if (k != CGN_TRACE_FRAGMENTS && k != CGN_TRACE_HELD)
			CU_ASSERT_TRUE(ends[k] > 0);
}

/* More than the spool holds: the path goes on, and what was not seen is counted. */
static void
test_full(void)
{
	struct cgn_trace_filter f = everything();
	uint64_t sent = 0, told = 0;

	world_open(64, 16, 0);
	begin(&f);
	for (; sent < 20000; sent++)
		CU_ASSERT_EQUAL_FATAL(world_nat_up(&udp)->kind, CGN_OUT_TX);
	while (next())
		told++;
	CU_ASSERT_TRUE(told > 1000 && told < sent);
	CU_ASSERT_EQUAL(told + trace->passed + cgn_spool_lost(trace->spool), sent);
	world_nat_up(&udp);
	CU_ASSERT_PTR_NOT_NULL(next());
	end();
}

const char *const eal_suite = "trace";
CU_TestInfo eal_tests[] = {
	{ "up", test_up },
	{ "softwire", test_softwire },
	{ "drops", test_drops },
	{ "hairpin", test_hairpin },
	{ "hand-over", test_hand },
	{ "ports and ends", test_ports_and_ends },
	{ "nothing changes", test_same },
	{ "full", test_full },
	CU_TEST_INFO_NULL,
};
