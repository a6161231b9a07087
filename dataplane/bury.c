/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of an lcore whose thread has been parked. Burying makes everything that it
 * shared fit for the survivors: a thread may stop at any instruction, so a ring of which
 * it was the only producer or consumer may be half-way through an operation, which is
 * then undone: what it had not published was never there, what it had not finished taking
 * is still there. Its tables are suspect; before it is launched again they are emptied,
 * never looked at.
 *
 * Control lcore, with the thread parked; the reset may be left to the new thread, since
 * clearing tables of millions takes a while. */
#include "dataplane/lcore.h"

#include <rte_rcu_qsbr.h>

#include "dataplane/block.h"
#include "dataplane/msg.h"
#include "dataplane/sync.h"

/* Its producer stopped: entries beyond the tail were not complete. */
static void
undo_enqueue(struct rte_ring *r)
{
	__atomic_store_n(&r->prod.head, r->prod.tail, __ATOMIC_RELEASE);
}

/* Its consumer stopped: entries beyond the tail were copied at most, never used. */
static void
undo_dequeue(struct rte_ring *r)
{
	__atomic_store_n(&r->cons.head, r->cons.tail, __ATOMIC_RELEASE);
}

static void
repair_mesh(struct cgn_mesh *mesh, unsigned node)
{
	for (unsigned other = 0; other < mesh->n_nodes; other++) {
		if (other == node)
			continue;
		undo_enqueue(mesh->ring[node][other]);
		undo_dequeue(mesh->ring[other][node]);
	}
}

static void
answer(struct cgn_msg *msg)
{
	if (!msg)
		return;
	msg->n = 0;
	msg->end = true;
	__atomic_store_n(&msg->done, 1, __ATOMIC_RELEASE);
}

static unsigned
count_frames(const struct cgn_sender *s)
{
	unsigned n = 0;

	for (unsigned device = 0; device < CGN_MAX_PORTS; device++)
		n += s->tx[device].n;
	return n;
}

unsigned
cgn_lcore_bury(struct cgn_lcore *lc)
{
	struct cgn_worker *w = lc->worker;

	rte_rcu_qsbr_thread_offline(lc->rt->qsbr, lc->out.node);
	rte_rcu_qsbr_thread_unregister(lc->rt->qsbr, lc->out.node);
	repair_mesh(lc->rt->mesh, lc->out.node);
	if (lc->rt->snap)
		cgn_sync_bury(lc->rt->snap, lc->out.node);
	undo_enqueue(w->journal);
	answer(w->msg);
	answer(lc->inbox);
	w->msg = lc->inbox = NULL;
	/* packets of the burst that are done are in the outbox */
	return RTE_MAX(lc->burst, w->out.n) + count_frames(&lc->out);
}

unsigned
cgn_lcore_reset(struct cgn_lcore *lc)
{
	unsigned lost = count_frames(&lc->out) + RTE_MAX(lc->burst, lc->worker->out.n);

	for (unsigned device = 0; device < CGN_MAX_PORTS; device++)
		lc->out.tx[device].n = 0;
	lc->out.pending = 0;
	lc->burst = 0;
	lc->fault = CGN_LCORE_WELL;
	for (uint32_t i = 0; i < lc->n_stale; i++)
		cgn_address_init(lc->stale[i], lc->stale[i]->slot);
	lc->n_stale = 0;
	return lost + cgn_worker_reset(lc->worker, lc->park.clean);
}
