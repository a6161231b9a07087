/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The plan of queues: pure, made by the control lcore at start-up and again when an lcore
 * fails or comes back.
 *
 * Both directions are dealt with in two steps. First every queue gets the owner that it
 * has when all lcores are well; that depends on the ports and the set of pollers only.
 * Then the queues of lcores that are not well are lent to others. So a plan and its
 * successor differ in the lent queues alone, and since a failed lcore is fenced before
 * its successor plan is published, no queue ever has two lcores.
 *
 * Not handled: the weight of a queue. A port with one queue and a port with sixteen are
 * dealt out alike. */
#include "dataplane/plan.h"

struct deal {
	uint64_t pollers, alive;
	unsigned control;    /* node: polls when no worker is left */
	unsigned next, lent; /* turn of the round robin, among all and among stand-ins */
};

static unsigned
nth_bit(uint64_t set, unsigned n)
{
	n %= (unsigned)__builtin_popcountll(set);
	while (n--)
		set &= set - 1;
	return (unsigned)__builtin_ctzll(set);
}

static uint64_t
first_bits(unsigned n)
{
	return n < 64 ? (1ull << n) - 1 : UINT64_MAX;
}

/* The node that polls the next queue. */
static unsigned
deal_rx(struct deal *d)
{
	unsigned worker = nth_bit(d->pollers, d->next++);
	uint64_t stand_in = d->pollers & d->alive ? d->pollers & d->alive : d->alive;

	if (d->alive >> worker & 1)
		return worker;
	return stand_in ? nth_bit(stand_in, d->lent++) : d->control;
}

static void
plan_rx(struct cgn_plan *plan, const struct cgn_plan_port *port, unsigned n_ports,
	struct deal deal)
{
	unsigned n = 0;

	/* one pass per node keeps the queues of a node together */
	for (unsigned node = 0; node < plan->n_nodes; node++) {
		struct deal d = deal;

		plan->node[node].first = (uint16_t)n;
		for (unsigned p = 0; p < n_ports; p++) {
			for (unsigned q = 0; q < port[p].n_rx; q++) {
				if (deal_rx(&d) != node)
					continue;
				plan->rx[n].device = port[p].device;
				plan->rx[n++].queue = (uint16_t)q;
			}
		}
		plan->node[node].n = (uint16_t)(n - plan->node[node].first);
	}
}

static bool
is_alive(const struct cgn_plan *plan, uint64_t alive, unsigned node)
{
	return node == plan->n_nodes - 1u || (alive >> node & 1);
}

/* Nodes in the order in which they get a transmit queue of their own: the lcores that
 * poll, the other workers, control. */
static void
order_tx(uint16_t order[CGN_MAX_NODES], unsigned n_nodes, uint64_t pollers)
{
	unsigned n = 0;

	for (unsigned i = 0; i + 1 < n_nodes; i++)
		if (pollers >> i & 1)
			order[n++] = (uint16_t)i;
	for (unsigned i = 0; i + 1 < n_nodes; i++)
		if (!(pollers >> i & 1))
			order[n++] = (uint16_t)i;
	order[n] = (uint16_t)(n_nodes - 1);
}

/* Lends the queue of a node that is not alive to one that has none. */
static void
lend_tx(const struct cgn_plan *plan, uint16_t *queue, uint16_t dead, uint64_t alive,
	const uint16_t *order)
{
	for (unsigned i = 0; i < plan->n_nodes; i++) {
		if (queue[order[i]] != CGN_NONE16 || !is_alive(plan, alive, order[i]))
			continue;
		queue[order[i]] = queue[dead];
		break;
	}
	queue[dead] = CGN_NONE16;
}

static void
plan_tx(struct cgn_plan *plan, const struct cgn_plan_port *port, const uint16_t *order,
	uint64_t alive)
{
	uint16_t *queue = plan->tx_queue[port->device],
		 *via = plan->tx_node[port->device];
	uint16_t owner[CGN_MAX_NODES];
	unsigned owners = 0;

	for (unsigned i = 0; i < plan->n_nodes; i++)
		queue[order[i]] = i < port->n_tx ? (uint16_t)i : CGN_NONE16;
	for (unsigned i = 0; i < plan->n_nodes; i++)
		if (queue[order[i]] != CGN_NONE16 && !is_alive(plan, alive, order[i]))
			lend_tx(plan, queue, order[i], alive, order);
	for (unsigned i = 0; i < plan->n_nodes; i++)
		if (queue[order[i]] != CGN_NONE16)
			owner[owners++] = order[i];
	for (unsigned i = 0; i < plan->n_nodes; i++)
		via[i] = owners ? owner[i % owners] : CGN_NONE16;
}

void
cgn_plan_make(struct cgn_plan *plan, const struct cgn_plan_port *port, unsigned n_ports,
	unsigned n_nodes, uint64_t pollers, uint64_t alive)
{
	uint64_t workers = first_bits(n_nodes - 1);
	struct deal deal = { .pollers = pollers & workers,
		.alive = alive & workers,
		.control = n_nodes - 1 };
	uint16_t order[CGN_MAX_NODES];

	plan->n_nodes = (uint16_t)n_nodes;
	if (!deal.pollers)
		deal.pollers = workers;
	for (unsigned p = 0; p < CGN_MAX_PORTS; p++)
		for (unsigned i = 0; i < CGN_MAX_NODES; i++)
			plan->tx_queue[p][i] = plan->tx_node[p][i] = CGN_NONE16;
	plan_rx(plan, port, n_ports, deal);
	order_tx(order, n_nodes, deal.pollers);
	for (unsigned p = 0; p < n_ports; p++)
		plan_tx(plan, &port[p], order, deal.alive);
}

static bool
has_rx(const struct cgn_plan *plan, unsigned node, const struct cgn_queue *q)
{
	const struct cgn_queue *mine = plan->rx + plan->node[node].first;

	for (unsigned i = 0; i < plan->node[node].n; i++)
		if (mine[i].device == q->device && mine[i].queue == q->queue)
			return true;
	return false;
}

/* Returns whether a living node loses a transmit queue. */
static bool
common_tx(struct cgn_plan *plan, const struct cgn_plan *next, unsigned device,
	uint64_t alive)
{
	uint16_t *queue = plan->tx_queue[device], owner = CGN_NONE16;
	bool lost = false;

	for (unsigned i = 0; i < plan->n_nodes; i++) {
		if (queue[i] != next->tx_queue[device][i]) {
			lost |= queue[i] != CGN_NONE16 && is_alive(plan, alive, i);
			queue[i] = CGN_NONE16;
		}
		if (queue[i] != CGN_NONE16)
			owner = (uint16_t)i;
	}
	for (unsigned i = 0; i < plan->n_nodes; i++)
		plan->tx_node[device][i] = owner;
	return lost;
}

bool
cgn_plan_common(struct cgn_plan *plan, const struct cgn_plan *old,
	const struct cgn_plan *next, uint64_t alive)
{
	bool lost = false;
	unsigned n = 0;

	*plan = *old;
	for (unsigned i = 0; i < old->n_nodes; i++) {
		const struct cgn_queue *mine = old->rx + old->node[i].first;

		plan->node[i].first = (uint16_t)n;
		for (unsigned k = 0; k < old->node[i].n; k++) {
			if (has_rx(next, i, &mine[k]))
				plan->rx[n++] = mine[k];
			else
				lost |= is_alive(old, alive, i);
		}
		plan->node[i].n = (uint16_t)(n - plan->node[i].first);
	}
	for (unsigned device = 0; device < CGN_MAX_PORTS; device++)
		lost |= common_tx(plan, next, device, alive);
	return lost;
}
