/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop around a worker: the box of world.h with net_ring ports, which give back what
 * is sent on them, and turned by hand. */
#include "dataplane/lcore.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "dataplane/msg.h"
#include "dataplane/port.h"
#include "eal_main.h"
#include "world.h"

#define TSC_PER_MS 1000
#define CONTROL	   1 /* node */

static struct {
	struct cgn_port port[2];
	struct cgn_plan plan;
	struct cgn_runtime rt;
	struct cgn_lcore *lc;
	struct rte_mempool *pool;
} t;

static void
open_port(unsigned i, const char *device)
{
	struct cgn_port_conf conf = { .name = "p",
		.device = device,
		.mtu = 1500,
		.rx_queues = 1,
		.tx_queues = 2,
		.pool = t.pool };
	char err[256] = "";

	CU_ASSERT_EQUAL_FATAL(cgn_port_init(&t.port[i], &conf, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(t.port[i].id, i); /* as world.h numbers them */
}

static void
begin(void)
{
	struct cgn_plan_port pp[2] = { { 0, 1, 1 }, { 1, 1, 1 } };
	size_t size = RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);

	memset(&t, 0, sizeof(t));
	t.pool = rte_pktmbuf_pool_create(
		"rings", 63, 0, CGN_MARK_SIZE, 2176, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.pool);
	open_port(0, "net_ring_in");
	open_port(1, "net_ring_out");
	world_open(1000, 100, 1000);
	cgn_plan_make(&t.plan, pp, 2, 2, 1, 1);
	t.rt = (struct cgn_runtime){ .snap = &world.snap,
		.plan = &t.plan,
		.mesh = cgn_mesh_create(2, 64, SOCKET_ID_ANY),
		.qsbr = aligned_alloc(RTE_CACHE_LINE_SIZE, size),
		.n_workers = 1,
		.poll = true,
		.tsc_per_ms = TSC_PER_MS };
	CU_ASSERT_EQUAL(rte_rcu_qsbr_init(t.rt.qsbr, 1), 0);
	t.lc = cgn_lcore_create(&t.rt, world.w, 0, "cgn-1-0");
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.lc);
}

static void
end(void)
{
	cgn_lcore_destroy(t.lc);
	cgn_mesh_destroy(t.rt.mesh);
	free(t.rt.qsbr);
	world_close();
	cgn_port_fini(&t.port[1]);
	cgn_port_fini(&t.port[0]);
	rte_mempool_free(t.pool);
}

static unsigned
turn(void)
{
	return cgn_lcore_turn(t.lc, world.ms * TSC_PER_MS);
}

/* Takes the next frame that was sent on a device; NULL: none. */
static struct rte_mbuf *
sent(uint16_t device)
{
	struct rte_mbuf *m;

	return rte_eth_rx_burst(device, 0, &m, 1) ? m : NULL;
}

static struct rte_mbuf *
nat_frame(void)
{
	struct packet p = { .proto = 17,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = 4000,
		.dport = 53,
		.payload = 20 };
	uint8_t ip[PACKET_MAX];
	unsigned len = packet_ip4(ip, &p);

	return world_frame(INSIDE, ip, len);
}

/* In by one port, translated, out by the other; the driver's word on the port is not
 * taken. */
static void
test_through(void)
{
	struct rte_mbuf *m;

	begin();
	m = nat_frame();
	m->port = UINT16_MAX;
	CU_ASSERT_EQUAL(rte_eth_tx_burst(0, 0, &m, 1), 1);
	CU_ASSERT_EQUAL(turn(), 1);
	CU_ASSERT_EQUAL(world.w->now_ms, world.ms);
	CU_ASSERT_EQUAL(world.w->sessions.used, 1);
	CU_ASSERT_PTR_NULL(sent(0));
	m = sent(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(turn(), 0);
	end();
}

static void
test_for_control(void)
{
	static const uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0,
		0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1 };
	uint8_t frame[60] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6 };
	struct rte_mbuf *m;

	begin();
	memcpy(frame + 14, arp, sizeof(arp));
	m = world_raw(0, frame, sizeof(frame));
	CU_ASSERT_EQUAL(rte_eth_tx_burst(0, 0, &m, 1), 1);
	CU_ASSERT_EQUAL(turn(), 1);
	CU_ASSERT_EQUAL_FATAL(cgn_mesh_take(t.rt.mesh, 0, CONTROL, &m, 1), 1);
	CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_LOCAL);
	CU_ASSERT_EQUAL(cgn_mark(m)->iface, INSIDE);
	rte_pktmbuf_free(m);
	end();
}

/* From control: a frame to transmit, and one to run through the path. */
static void
test_from_control(void)
{
	struct rte_mbuf *m[2];

	begin();
	m[0] = nat_frame();
	cgn_mark(m[0])->op = CGN_MARK_TRANSMIT;
	cgn_mark(m[0])->port = 0;
	m[1] = nat_frame();
	cgn_mark(m[1])->op = CGN_MARK_RECEIVE;
	m[1]->port = 0;
	CU_ASSERT_EQUAL(cgn_mesh_give(t.rt.mesh, CONTROL, 0, m, 2), 2);
	CU_ASSERT_EQUAL(turn(), 2);
	CU_ASSERT_PTR_EQUAL(sent(0), m[0]); /* as it was */
	rte_pktmbuf_free(m[0]);
	m[1] = sent(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m[1]);
	rte_pktmbuf_free(m[1]);
	CU_ASSERT_EQUAL(world.w->sessions.used, 1);
	end();
}

static void
test_message(void)
{
	struct cgn_session_view view[4];
	struct cgn_msg first = { .op = CGN_MSG_SESSIONS,
		.out = view,
		.max = 4,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE } };
	struct cgn_msg second = first;

	begin();
	CU_ASSERT_TRUE(cgn_lcore_post(t.lc, &first));
	CU_ASSERT_FALSE(cgn_lcore_post(t.lc, &second)); /* the first has not been taken */
	CU_ASSERT_TRUE(turn() > 0);			/* not idle: somebody waits */
	for (unsigned i = 0; i < 100 && !__atomic_load_n(&first.done, __ATOMIC_ACQUIRE);
		i++)
		turn();
	CU_ASSERT_TRUE(first.done);
	CU_ASSERT_TRUE(first.end);
	CU_ASSERT_EQUAL(turn(), 0);
	CU_ASSERT_TRUE(cgn_lcore_post(t.lc, &second));
	for (unsigned i = 0; i < 100 && !__atomic_load_n(&second.done, __ATOMIC_ACQUIRE);
		i++)
		turn();
	CU_ASSERT_TRUE(second.done);
	end();
}

/* Stopped before its first turn: leaves, and nobody waits for it. */
static void
test_stop(void)
{
	uint64_t token;

	begin();
	t.rt.stop = true;
	CU_ASSERT_EQUAL(cgn_lcore_main(t.lc), 0);
	token = rte_rcu_qsbr_start(t.rt.qsbr);
	CU_ASSERT_EQUAL(rte_rcu_qsbr_check(t.rt.qsbr, token, false), 1);
	end();
}

static void
test_age(void)
{
	begin();
	t.rt.tsc_per_ms = rte_get_tsc_hz() / 1000;
	t.lc->beat.tsc = rte_get_tsc_cycles() - 5000 * t.rt.tsc_per_ms;
	CU_ASSERT_TRUE(cgn_lcore_age_ms(t.lc) >= 5000);
	t.lc->beat.tsc = rte_get_tsc_cycles() + 5000 * t.rt.tsc_per_ms;
	CU_ASSERT_EQUAL(cgn_lcore_age_ms(t.lc), 0);
	end();
}

/* A thread that was stopped in the middle of everything. */
static void
test_bury(void)
{
	struct rte_ring *to, *from;
	struct cgn_msg msg = { .op = CGN_MSG_SESSIONS, .n = 3 };
	struct rte_mbuf *m;
	unsigned n;

	begin();
	to = t.rt.mesh->ring[0][CONTROL];
	from = t.rt.mesh->ring[CONTROL][0];
	m = nat_frame();
	CU_ASSERT_EQUAL(cgn_mesh_give(t.rt.mesh, CONTROL, 0, &m, 1), 1);
	to->prod.head = to->prod.tail + 5;     /* giving */
	from->cons.head = from->cons.tail + 1; /* taking */
	t.lc->burst = 7;
	t.lc->inbox = &msg;
	t.lc->out.tx[1].n = 2;
	rte_rcu_qsbr_thread_register(t.rt.qsbr, 0);
	rte_rcu_qsbr_thread_online(t.rt.qsbr, 0);
	CU_ASSERT_EQUAL(cgn_lcore_bury(t.lc), 9);
	CU_ASSERT_EQUAL(
		rte_rcu_qsbr_check(t.rt.qsbr, rte_rcu_qsbr_start(t.rt.qsbr), false), 1);
	CU_ASSERT_TRUE(msg.done && msg.end && msg.n == 0);
	CU_ASSERT_TRUE(cgn_lcore_post(t.lc, &msg));
	t.lc->inbox = NULL;
	n = cgn_mesh_take(t.rt.mesh, CONTROL, 0, &m, 1);
	CU_ASSERT_EQUAL_FATAL(n, 1); /* what it had not taken is still there */
	CU_ASSERT_EQUAL(cgn_mesh_give(t.rt.mesh, 0, CONTROL, &m, 1), 1);
	CU_ASSERT_EQUAL(cgn_mesh_take(t.rt.mesh, 0, CONTROL, &m, 1), 1);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(cgn_lcore_reset(t.lc), 9);
	CU_ASSERT_EQUAL(t.lc->burst, 0);
	CU_ASSERT_EQUAL(t.lc->out.tx[1].n, 0);
	end();
}

static unsigned
turn_after(unsigned ms)
{
	uint64_t now = rte_get_tsc_cycles();

	t.lc->beat.tsc = now - ms * t.rt.tsc_per_ms;
	return cgn_lcore_turn(t.lc, now);
}

static void
queue_frames(unsigned n)
{
	while (n--) {
		struct rte_mbuf *m = nat_frame();

		CU_ASSERT_EQUAL(rte_eth_tx_burst(0, 0, &m, 1), 1);
	}
}

static unsigned
sent_all(void)
{
	struct rte_mbuf *m;
	unsigned n = 0;

	for (; (m = sent(1)); n++)
		rte_pktmbuf_free(m);
	return n;
}

/* A box that was stopped wakes up: another may have taken over. What waited in the port
 * is not sent seconds later; what comes then is. */
static void
test_stale(void)
{
	const uint64_t *stale = &world.w->stats.drop[CGN_DROP_STALE];

	begin();
	t.rt.tsc_per_ms = rte_get_tsc_hz() / 1000;
	stale = &world.w->stats.drop[CGN_DROP_STALE];
	world.location[0].takeover_ms = 300;
	queue_frames(2);
	turn_after(0);
	CU_ASSERT_EQUAL(sent_all(), 2);
	queue_frames(CGN_BURST + 3);
	turn_after(5000);
	turn_after(0); /* the rest of what waited */
	CU_ASSERT_EQUAL(sent_all(), 0);
	CU_ASSERT_EQUAL(*stale, CGN_BURST + 3);
	queue_frames(3);
	turn_after(200); /* nobody has taken over so soon */
	CU_ASSERT_EQUAL(sent_all(), 3);
	queue_frames(3);
	world.location[0].takeover_ms = 0; /* no other box */
	turn_after(5000);
	CU_ASSERT_EQUAL(sent_all(), 3);
	CU_ASSERT_EQUAL(*stale, CGN_BURST + 3);
	end();
}

const char *const eal_suite = "lcore";
CU_TestInfo eal_tests[] = {
	{ "a packet in by one port, out by another", test_through },
	{ "a packet for control", test_for_control },
	{ "packets from control", test_from_control },
	{ "messages, one at a time", test_message },
	{ "stopped", test_stop },
	{ "age of the last turn", test_age },
	{ "stopped anywhere", test_bury },
	{ "dpservice #663: stale packets are sent seconds later", test_stale },
	CU_TEST_INFO_NULL,
};
