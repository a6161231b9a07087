/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When no lcore of the path is left, nobody would poll the ports: no echo would be
 * answered, nothing be routed, and what another box is to translate would never get
 * there. Then the plan gives the queues to the control lcore, which runs what comes
 * through the same stages, with a worker that has no tables: it hosts nothing, so it
 * routes, answers and drops by name.
 *
 * It is slow, for it does this beside all else. Control lcore only. */
#include "control/standin.h"

#include <errno.h>

#include <rte_ethdev.h>

#include "control/host.h"
#include "control/log.h"

int
cgn_standin_init(struct cgn_daemon *d)
{
	struct cgn_worker_conf conf = { .index = d->rt.n_workers,
		.seed = 1,
		.socket = SOCKET_ID_ANY,
		.pool = d->own_pool };

	if (d->rt.n_workers >= CGN_REMOTE)
		return 0;
	d->standin = cgn_worker_create(&conf);
	return d->standin ? 0 : -ENOMEM;
}

void
cgn_standin_fini(struct cgn_daemon *d)
{
	cgn_worker_destroy(d->standin);
	d->standin = NULL;
}

/* What is for the control lcore is here already. */
static void
empty_outbox(struct cgn_daemon *d, struct cgn_outbox *out)
{
	unsigned left = 0;

	for (unsigned i = 0; i < out->n; i++) {
		if (out->kind[i] == CGN_OUT_PUNT) {
			cgn_host_input(d->host, out->pkt[i]);
			continue;
		}
		out->pkt[left] = out->pkt[i];
		out->kind[left] = out->kind[i];
		out->arg[left++] = out->arg[i];
	}
	out->n = left;
	cgn_sender_empty(&d->out, out);
}

unsigned
cgn_standin_turn(struct cgn_daemon *d)
{
	const struct cgn_plan *plan = d->out.plan;
	const struct cgn_queue *queue = plan->rx + plan->node[d->out.node].first;
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned work = 0;

	if (!plan->node[d->out.node].n || !d->standin)
		return 0;
	cgn_worker_tick(d->standin, d->out.snap, d->now_ms);
	for (unsigned i = 0; i < plan->node[d->out.node].n; i++) {
		unsigned n =
			rte_eth_rx_burst(queue[i].device, queue[i].queue, pkt, CGN_BURST);

		for (unsigned k = 0; k < n; k++)
			pkt[k]->port = queue[i].device;
		if (n)
			cgn_pipeline_run(d->standin, pkt, n, true);
		empty_outbox(d, &d->standin->out);
		work += n;
	}
	return work;
}
