/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sender: where the packets of an outbox go. The ports are net_ring, which gives back
 * what is sent on it. */
#include "dataplane/sender.h"

#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/mark.h"
#include "dataplane/port.h"
#include "eal_main.h"

#define WORKERS 2 /* the control lcore is node 2 */
#define RING	16

static struct {
	struct rte_mempool *pool;
	struct cgn_port port[2];
	struct cgn_snap_port snap_port[2];
	struct cgn_snapshot snap;
	struct cgn_plan plan;
	struct cgn_runtime rt;
	struct cgn_sender s;
	struct cgn_outbox out;
	uint64_t drop[CGN_DROP_REASONS];
} t;

static void
add_port(unsigned i, const char *device)
{
	struct cgn_port_conf conf = { .name = "p",
		.device = device,
		.mtu = 1500,
		.rx_queues = 1,
		.tx_queues = WORKERS + 1,
		.pool = t.pool };
	char err[256] = "";

	CU_ASSERT_EQUAL_FATAL(cgn_port_init(&t.port[i], &conf, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(t.port[i].n_tx, 1);
	/* in the snapshot the ports are the other way round */
	t.snap_port[1 - i].device = t.port[i].id;
}

/* Sender of a node. Worker 0 polls and sends on the first device, worker 1 on the second;
 * each has the one transmit queue of its device. */
static void
begin(uint16_t node)
{
	struct cgn_plan_port pp[2];

	memset(&t, 0, sizeof(t));
	t.pool = rte_pktmbuf_pool_create(
		"sender", 4095, 0, CGN_MARK_SIZE, 2176, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.pool);
	add_port(0, "net_ring_a");
	add_port(1, "net_ring_b");
	for (unsigned i = 0; i < 2; i++)
		pp[i] = (struct cgn_plan_port){ t.port[i].id, 1, 1 };
	cgn_plan_make(&t.plan, pp, 2, WORKERS + 1, 3, 3);
	t.plan.tx_queue[t.port[1].id][0] = CGN_NONE16;
	t.plan.tx_node[t.port[1].id][0] = 1;
	t.plan.tx_queue[t.port[1].id][1] = 0;
	t.snap.port = t.snap_port;
	t.snap.n_ports = 2;
	t.rt = (struct cgn_runtime){ .snap = &t.snap,
		.plan = &t.plan,
		.n_workers = WORKERS,
		.mesh = cgn_mesh_create(WORKERS + 1, RING, SOCKET_ID_ANY) };
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.rt.mesh);
	t.s = (struct cgn_sender){ .rt = &t.rt, .node = node, .drop = t.drop };
	cgn_sender_begin(&t.s);
}

static void
end(void)
{
	cgn_mesh_destroy(t.rt.mesh);
	cgn_port_fini(&t.port[1]);
	cgn_port_fini(&t.port[0]);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(t.pool), 0);
	rte_mempool_free(t.pool);
}

static void
put(enum cgn_out_kind kind, uint16_t arg, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(t.pool);

		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		CU_ASSERT_PTR_NOT_NULL(rte_pktmbuf_append(m, 60));
		cgn_mark(m)->op = CGN_MARK_HAIRPIN;
		t.out.pkt[t.out.n] = m;
		t.out.kind[t.out.n] = (uint8_t)kind;
		t.out.arg[t.out.n++] = arg;
	}
}

static unsigned
sent_on(unsigned port)
{
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned n, all = 0;

	while ((n = rte_eth_rx_burst(t.port[port].id, 0, pkt, CGN_BURST))) {
		rte_pktmbuf_free_bulk(pkt, n);
		all += n;
	}
	return all;
}

/* How many packets with this mark went from one node to another. */
static unsigned
given(unsigned from, unsigned to, enum cgn_mark_op op)
{
	struct rte_mbuf *m;
	unsigned n = 0;

	while (cgn_mesh_take(t.rt.mesh, from, to, &m, 1)) {
		n += cgn_mark(m)->op == op;
		if (op == CGN_MARK_TRANSMIT)
			CU_ASSERT_EQUAL(cgn_mark(m)->port, 0);
		rte_pktmbuf_free(m);
	}
	return n;
}

static void
test_own_queue(void)
{
	begin(0);
	put(CGN_OUT_TX, 1, 5); /* snapshot port 1 is the first device */
	cgn_sender_empty(&t.s, &t.out);
	CU_ASSERT_EQUAL(t.out.n, 0);
	CU_ASSERT_EQUAL(sent_on(0), 0); /* waits for the end of the turn */
	cgn_sender_flush(&t.s);
	CU_ASSERT_EQUAL(sent_on(0), 5);
	CU_ASSERT_EQUAL(sent_on(1), 0);
	put(CGN_OUT_TX, 1, 64); /* a full buffer does not */
	cgn_sender_empty(&t.s, &t.out);
	CU_ASSERT_EQUAL(sent_on(0), 64);
	end();
}

static void
test_foreign_queue(void)
{
	begin(0);
	put(CGN_OUT_TX, 0, 3);
	cgn_sender_empty(&t.s, &t.out);
	cgn_sender_flush(&t.s);
	CU_ASSERT_EQUAL(sent_on(1), 0);
	CU_ASSERT_EQUAL(given(0, 1, CGN_MARK_TRANSMIT), 3);
	put(CGN_OUT_TX, 0, RING + 4);
	cgn_sender_empty(&t.s, &t.out);
	CU_ASSERT_EQUAL(given(0, 1, CGN_MARK_TRANSMIT), RING - 1);
	CU_ASSERT_EQUAL(t.drop[CGN_DROP_TX_FULL], 5);
	end();
}

static void
test_hand_and_punt(void)
{
	begin(1);
	put(CGN_OUT_HAND, 0, 2);
	put(CGN_OUT_PUNT, 0, 1);
	put(CGN_OUT_TX, 0, 1);
	put(CGN_OUT_HAND, 0, 1);
	cgn_sender_empty(&t.s, &t.out);
	cgn_sender_flush(&t.s);
	CU_ASSERT_EQUAL(given(1, 0, CGN_MARK_HAIRPIN), 3);
	CU_ASSERT_EQUAL(given(1, 2, CGN_MARK_HAIRPIN), 1);
	CU_ASSERT_EQUAL(sent_on(1), 1);
	end();
}

static void
test_full_rings(void)
{
	begin(0);
	put(CGN_OUT_HAND, 1, RING);
	put(CGN_OUT_PUNT, 0, RING + 2);
	put(CGN_OUT_HAND, 77, 2); /* no such worker */
	put(CGN_OUT_HAND, 0, 1);  /* itself */
	cgn_sender_empty(&t.s, &t.out);
	CU_ASSERT_EQUAL(t.drop[CGN_DROP_HANDOVER_FULL], 4);
	CU_ASSERT_EQUAL(t.drop[CGN_DROP_PUNT_FULL], 3);
	CU_ASSERT_EQUAL(given(0, 1, CGN_MARK_HAIRPIN), RING - 1);
	CU_ASSERT_EQUAL(given(0, 2, CGN_MARK_HAIRPIN), RING - 1);
	end();
}

static void
test_full_port(void)
{
	begin(0);
	for (unsigned i = 0; i < 20; i++) { /* more than the 1023 that net_ring holds */
		put(CGN_OUT_TX, 1, 64);
		cgn_sender_empty(&t.s, &t.out);
	}
	CU_ASSERT_EQUAL(sent_on(0), 1023);
	CU_ASSERT_EQUAL(t.drop[CGN_DROP_TX_FULL], 20 * 64 - 1023);
	end();
}

const char *const eal_suite = "sender";
CU_TestInfo eal_tests[] = {
	{ "frames for a queue of its own wait for the turn's end", test_own_queue },
	{ "frames for a queue of another lcore", test_foreign_queue },
	{ "other workers and control", test_hand_and_punt },
	{ "full rings are counted", test_full_rings },
	{ "a full port is counted", test_full_port },
	CU_TEST_INFO_NULL,
};
