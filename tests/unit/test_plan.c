/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The plan of queues: every queue has one lcore, transmit queues are not shared, and
 * without a failed lcore nothing else moves. */
#include "dataplane/plan.h"

#include <string.h>

#include "suite.h"

static struct cgn_plan plan, other;

/* Who polls a queue; CGN_NONE: nobody; more than one: -1. */
static unsigned
poller(const struct cgn_plan *p, unsigned device, unsigned queue)
{
	unsigned found = CGN_NONE;

	for (unsigned node = 0; node < p->n_nodes; node++) {
		for (unsigned i = 0; i < p->node[node].n; i++) {
			const struct cgn_queue *q = &p->rx[p->node[node].first + i];

			if (q->device != device || q->queue != queue)
				continue;
			CU_ASSERT_EQUAL(found, CGN_NONE);
			found = node;
		}
	}
	return found;
}

/* No transmit queue has two nodes, all are below n_tx, and whoever has none gives to a
 * node that has one. */
static void
check_tx(const struct cgn_plan *p, unsigned device, unsigned n_tx, uint64_t alive)
{
	uint64_t seen = 0;

	for (unsigned node = 0; node < p->n_nodes; node++) {
		bool lives = node == p->n_nodes - 1u || (alive >> node & 1);
		uint16_t q = p->tx_queue[device][node];

		if (q == CGN_NONE16) {
			uint16_t via = p->tx_node[device][node];

			CU_ASSERT_NOT_EQUAL_FATAL(via, CGN_NONE16);
			CU_ASSERT_NOT_EQUAL(via, node);
			CU_ASSERT_NOT_EQUAL(p->tx_queue[device][via], CGN_NONE16);
			continue;
		}
		CU_ASSERT_TRUE(lives);
		CU_ASSERT_TRUE(q < n_tx);
		CU_ASSERT_FALSE(seen >> q & 1);
		seen |= 1ull << q;
	}
}

static void
test_one_board(void)
{
	struct cgn_plan_port port[] = { { 0, 1, 1 }, { 1, 1, 1 } };

	cgn_plan_make(&plan, port, 2, 2, 1, 1);
	CU_ASSERT_EQUAL(poller(&plan, 0, 0), 0);
	CU_ASSERT_EQUAL(poller(&plan, 1, 0), 0);
	CU_ASSERT_EQUAL(plan.node[1].n, 0);
	CU_ASSERT_EQUAL(plan.tx_queue[0][0], 0);
	CU_ASSERT_EQUAL(plan.tx_queue[0][1], CGN_NONE16);
	CU_ASSERT_EQUAL(plan.tx_node[0][1], 0);
	CU_ASSERT_EQUAL(plan.tx_queue[5][0], CGN_NONE16);
	CU_ASSERT_EQUAL(plan.tx_node[5][0], CGN_NONE16);
}

static void
test_ports_are_spread(void)
{
	struct cgn_plan_port port[] = { { 3, 1, 1 }, { 7, 1, 1 }, { 9, 1, 1 } };

	cgn_plan_make(&plan, port, 3, 3, 3, 3);
	CU_ASSERT_EQUAL(poller(&plan, 3, 0), 0);
	CU_ASSERT_EQUAL(poller(&plan, 7, 0), 1);
	CU_ASSERT_EQUAL(poller(&plan, 9, 0), 0);
	CU_ASSERT_EQUAL(plan.node[0].n, 2);
}

static void
test_queues_are_spread(void)
{
	struct cgn_plan_port port[] = { { 0, 4, 3 }, { 1, 4, 8 } };

	cgn_plan_make(&plan, port, 2, 4, 7, 7);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(poller(&plan, i / 4, i % 4), i % 3);
	check_tx(&plan, 0, 3, 7);
	check_tx(&plan, 1, 8, 7);
	CU_ASSERT_EQUAL(
		plan.tx_queue[0][3], CGN_NONE16); /* control is the last to get one */
	CU_ASSERT_EQUAL(plan.tx_queue[1][3], 3);
}

static void
test_line_cards(void)
{
	struct cgn_plan_port port[] = { { 0, 2, 2 } };

	/* workers 0 and 1 are boards, 2 and 3 line cards */
	cgn_plan_make(&plan, port, 1, 5, 0xc, 0xf);
	CU_ASSERT_EQUAL(poller(&plan, 0, 0), 2);
	CU_ASSERT_EQUAL(poller(&plan, 0, 1), 3);
	CU_ASSERT_EQUAL(plan.tx_queue[0][2], 0);
	CU_ASSERT_EQUAL(plan.tx_queue[0][3], 1);
	check_tx(&plan, 0, 2, 0xf);
}

/* What a living lcore has is the same with and without the dead one. */
static void
check_unmoved(unsigned n_ports, const struct cgn_plan_port *port, unsigned dead)
{
	for (unsigned p = 0; p < n_ports; p++) {
		unsigned d = port[p].device;

		for (unsigned q = 0; q < port[p].n_rx; q++) {
			unsigned before = poller(&plan, d, q),
				 after = poller(&other, d, q);

			if (before == dead)
				CU_ASSERT_TRUE(after != dead && after != CGN_NONE);
			if (before != dead)
				CU_ASSERT_EQUAL(before, after);
		}
		for (unsigned node = 0; node < plan.n_nodes; node++)
			if (node != dead && plan.tx_queue[d][node] != CGN_NONE16)
				CU_ASSERT_EQUAL(
					plan.tx_queue[d][node], other.tx_queue[d][node]);
	}
}

static void
test_one_fails(void)
{
	struct cgn_plan_port port[] = { { 0, 4, 2 }, { 1, 1, 1 }, { 2, 3, 16 } };

	cgn_plan_make(&plan, port, 3, 5, 0xf, 0xf);
	for (unsigned dead = 0; dead < 4; dead++) {
		uint64_t alive = 0xf & ~(1ull << dead);

		cgn_plan_make(&other, port, 3, 5, 0xf, alive);
		CU_ASSERT_EQUAL(other.node[dead].n, 0);
		check_unmoved(3, port, dead);
		for (unsigned p = 0; p < 3; p++)
			check_tx(&other, port[p].device, port[p].n_tx, alive);
	}
}

static void
test_line_card_fails(void)
{
	struct cgn_plan_port port[] = { { 0, 1, 1 } };

	/* with the only line card gone, a board polls */
	cgn_plan_make(&plan, port, 1, 4, 4, 3);
	CU_ASSERT_TRUE(poller(&plan, 0, 0) < 2);
	check_tx(&plan, 0, 1, 3);
}

static void
test_all_fail(void)
{
	struct cgn_plan_port port[] = { { 0, 2, 1 } };

	cgn_plan_make(&plan, port, 1, 3, 3, 0);
	CU_ASSERT_EQUAL(poller(&plan, 0, 0), 2); /* control */
	CU_ASSERT_EQUAL(poller(&plan, 0, 1), 2);
	check_tx(&plan, 0, 1, 0);
}

static void
test_largest(void)
{
	static struct cgn_plan_port port[CGN_MAX_PORTS];
	uint64_t all = UINT64_MAX;

	for (unsigned i = 0; i < CGN_MAX_PORTS; i++)
		port[i] = (struct cgn_plan_port){ (uint16_t)i, CGN_MAX_QUEUES, 65 };
	cgn_plan_make(&plan, port, CGN_MAX_PORTS, CGN_MAX_NODES, all, all);
	for (unsigned i = 0; i < CGN_MAX_PORTS * CGN_MAX_QUEUES; i++)
		CU_ASSERT_EQUAL(
			poller(&plan, i / CGN_MAX_QUEUES, i % CGN_MAX_QUEUES), i % 64);
	CU_ASSERT_EQUAL(plan.tx_queue[63][64], 64);
}

/* Between two plans nobody polls what somebody else still may. */
static void
test_common(void)
{
	struct cgn_plan_port port[] = { { 0, 4, 2 }, { 1, 1, 1 } };
	static struct cgn_plan between;

	cgn_plan_make(&plan, port, 2, 4, 7, 7);
	cgn_plan_make(&other, port, 2, 4, 7, 5);
	/* worker 1 has gone: who lives loses nothing */
	CU_ASSERT_FALSE(cgn_plan_common(&between, &plan, &other, 5));
	for (unsigned q = 0; q < 4; q++)
		CU_ASSERT_EQUAL(poller(&between, 0, q),
			poller(&plan, 0, q) == 1 ? CGN_NONE : poller(&plan, 0, q));
	/* it comes back: who helped out gives up first */
	CU_ASSERT_TRUE(cgn_plan_common(&between, &other, &plan, 7));
	for (unsigned q = 0; q < 4; q++)
		CU_ASSERT_EQUAL(poller(&between, 0, q),
			poller(&plan, 0, q) == 1 ? CGN_NONE : poller(&plan, 0, q));
	CU_ASSERT_EQUAL(poller(&between, 1, 0),
		poller(&plan, 1, 0) == poller(&other, 1, 0) ? poller(&plan, 1, 0)
							    : CGN_NONE);
	for (unsigned node = 0; node < 4; node++)
		if (between.tx_queue[0][node] != CGN_NONE16) {
			CU_ASSERT_EQUAL(
				between.tx_queue[0][node], plan.tx_queue[0][node]);
			CU_ASSERT_EQUAL(
				between.tx_queue[0][node], other.tx_queue[0][node]);
		}
}

static CU_TestInfo tests[] = {
	{ "one board polls all ports", test_one_board },
	{ "ports with one queue are spread over boards", test_ports_are_spread },
	{ "queues are spread over boards", test_queues_are_spread },
	{ "line cards poll, boards do not", test_line_cards },
	{ "without a failed lcore nothing else moves", test_one_fails },
	{ "without the last line card a board polls", test_line_card_fails },
	{ "nobody is left", test_all_fail },
	{ "the largest box", test_largest },
	{ "between two plans", test_common },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("plan", tests);
}
