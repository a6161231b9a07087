/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which lcore polls which receive queue, and which transmit queue it writes to: a table
 * made by the control lcore, immutable once published. A queue has exactly one lcore at
 * any time, and making the plan again without a failed lcore moves nothing but what the
 * failed one had, so that two lcores with different plans never meet on a queue.
 *
 * A node is a place in the mesh of lcores: worker i is node i, the control lcore is the
 * last one. */
#ifndef CGN_DATAPLANE_PLAN_H
#define CGN_DATAPLANE_PLAN_H

#include "dataplane/types.h"

#define CGN_MAX_NODES  (CGN_MAX_WORKERS + 1)
#define CGN_MAX_QUEUES 16 /* receive queues of a port */

struct cgn_plan_port {
	uint16_t device;     /* below CGN_MAX_PORTS */
	uint16_t n_rx, n_tx; /* queues that it has; n_rx up to CGN_MAX_QUEUES */
};

struct cgn_queue {
	uint16_t device, queue;
};

struct cgn_plan {
	uint16_t n_nodes;
	struct {
		uint16_t first, n; /* in rx[] */
	} node[CGN_MAX_NODES];
	struct cgn_queue rx[CGN_MAX_PORTS * CGN_MAX_QUEUES];
	/* [device][node]: transmit queue, or CGN_NONE16: give the packet to tx_node */
	uint16_t tx_queue[CGN_MAX_PORTS][CGN_MAX_NODES];
	uint16_t tx_node[CGN_MAX_PORTS][CGN_MAX_NODES];
};

/* Fills plan for n_nodes nodes (2..CGN_MAX_NODES). pollers, alive: sets of workers, one
 * bit each; the control lcore always lives. Queues go round robin over the pollers in the
 * order of port[]; those of a poller that is not alive go round robin over the pollers
 * that are, or if there is none over any living worker, or to the control lcore. Pure. */
void cgn_plan_make(struct cgn_plan *plan, const struct cgn_plan_port *port,
	unsigned n_ports, unsigned n_nodes, uint64_t pollers, uint64_t alive);

/* Fills plan with what `old` and `next` have in common, for the time between the two: a
 * living node polls and sends by queues that it has in both. alive: as for `next`. true:
 * some living node has less than in `old`, so the plan has to be seen by all before
 * `next` is published. Pure. */
bool cgn_plan_common(struct cgn_plan *plan, const struct cgn_plan *old,
	const struct cgn_plan *next, uint64_t alive);

#endif
