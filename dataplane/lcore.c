/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lcore loop. A board CPU or a line card is a worker, which knows no ports and no
 * threads, with an lcore around it: the lcore reads the clock, takes packets from the
 * mesh and from the receive queues that the plan gives it, runs them through the worker's
 * path, and sends what is in its outbox.
 *
 * The thread is EAL's; control creates the lcore, launches cgn_lcore_main() on it, and
 * destroys it after rt->stop and rte_eal_wait_lcore(). Whatever an lcore shares is
 * published to it (snapshot, plan) or has one writer (beat, statistics, rings, inbox).
 *
 * An lcore that hangs or faults is parked (park.c) and buried by control, which watches
 * the beat; cgn_lcore_reset() gives it a new life. */
#include "dataplane/lcore.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include "dataplane/mark.h"

#define PAUSE_US 10 /* without work before the processor is offered to others */
#define YIELD_US 50 /* and before the thread sleeps */
#define IDLE_US	 500
#define STALL_MS 30 /* between two turns: we were stopped */

struct cgn_lcore *
cgn_lcore_create(
	struct cgn_runtime *rt, struct cgn_worker *w, unsigned id, const char *name)
{
	struct cgn_lcore *lc = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*lc));

	if (!lc)
		return NULL;
	memset(lc, 0, sizeof(*lc));
	lc->rt = rt;
	lc->worker = w;
	lc->id = id;
	lc->out.rt = rt;
	lc->out.node = w->conf.index;
	lc->out.drop = w->stats.drop;
	snprintf(lc->name, sizeof(lc->name), "%s", name);
	return lc;
}

void
cgn_lcore_destroy(struct cgn_lcore *lc)
{
	if (!lc)
		return;
	for (unsigned device = 0; device < CGN_MAX_PORTS; device++)
		rte_pktmbuf_free_bulk(lc->out.tx[device].pkt, lc->out.tx[device].n);
	free(lc->stale);
	free(lc);
}

/* Takes the frames that other nodes ask to transmit out of pkt; returns what is left. */
static unsigned
transmit_marked(struct cgn_lcore *lc, struct rte_mbuf **pkt, unsigned n)
{
	unsigned left = 0;

	for (unsigned i = 0; i < n; i++) {
		if (cgn_mark(pkt[i])->op == CGN_MARK_TRANSMIT)
			cgn_sender_send(&lc->out, cgn_mark(pkt[i])->port, pkt[i]);
		else
			pkt[left++] = pkt[i];
	}
	return left;
}

static void
run(struct cgn_lcore *lc, struct rte_mbuf **pkt, unsigned n, bool wire)
{
	lc->burst = n;
	if (n)
		cgn_pipeline_run(lc->worker, pkt, n, wire);
	lc->burst = 0;
	cgn_sender_empty(&lc->out, &lc->worker->out);
}

static unsigned
drain_mesh(struct cgn_lcore *lc)
{
	struct cgn_mesh *mesh = lc->rt->mesh;
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned work = 0;

	for (unsigned from = 0; from < mesh->n_nodes; from++) {
		if (from == lc->out.node)
			continue;
		unsigned n = cgn_mesh_take(mesh, from, lc->out.node, pkt, CGN_BURST);

		if (!n)
			continue;
		work += n;
		run(lc, pkt, transmit_marked(lc, pkt, n), false);
	}
	return work;
}

/* from: of this turn, or the one before. */
static void
note_stall(struct cgn_lcore *lc, uint64_t from, uint64_t to)
{
	uint64_t ms = to > from ? (to - from) / lc->rt->tsc_per_ms : 0;

	if (unlikely(ms >= STALL_MS))
		lc->worker->stalled_ms = (uint32_t)RTE_MIN(ms, (uint64_t)UINT32_MAX);
}

/* from: when the turn began. What waited meanwhile has been taken when no queue gives a
 * whole burst. */
static unsigned
poll_queues(struct cgn_lcore *lc, uint64_t from)
{
	const struct cgn_plan *plan = lc->out.plan;
	const struct cgn_queue *queue = plan->rx + plan->node[lc->out.node].first;
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned work = 0;
	bool more = false;

	for (unsigned i = 0; i < plan->node[lc->out.node].n; i++) {
		unsigned n;

		cgn_park_hold();
		n = rte_eth_rx_burst(queue[i].device, queue[i].queue, pkt, CGN_BURST);
		lc->burst = n;
		cgn_park_unhold();
		if (!n)
			continue;
		more |= n == CGN_BURST;
		note_stall(lc, from, rte_get_tsc_cycles());
		/* some drivers leave what the last owner wrote */
		for (unsigned k = 0; k < n; k++)
			pkt[k]->port = queue[i].device;
		work += n;
		run(lc, pkt, n, true);
	}
	if (!more)
		lc->worker->stalled_ms = 0;
	return work;
}

/* Work, too, while a message is in progress: the sender waits for it. */
static unsigned
take_message(struct cgn_lcore *lc)
{
	struct cgn_msg *msg = __atomic_load_n(&lc->inbox, __ATOMIC_ACQUIRE);

	if (msg && cgn_worker_message(lc->worker, msg))
		__atomic_store_n(&lc->inbox, NULL, __ATOMIC_RELEASE);
	return msg || lc->worker->msg;
}

unsigned
cgn_lcore_turn(struct cgn_lcore *lc, uint64_t now)
{
	struct cgn_worker *w = lc->worker;
	unsigned work;

	cgn_sender_begin(&lc->out);
	note_stall(lc, lc->beat.tsc, now);
	cgn_worker_tick(w, lc->out.snap, cgn_runtime_ms(lc->rt, now));
	work = take_message(lc) + w->out.n;
	cgn_sender_empty(&lc->out, &w->out);
	work += drain_mesh(lc);
	work += poll_queues(lc, now);
	cgn_sender_flush(&lc->out);
	return work;
}

bool
cgn_lcore_post(struct cgn_lcore *lc, struct cgn_msg *msg)
{
	if (__atomic_load_n(&lc->inbox, __ATOMIC_ACQUIRE))
		return false;
	__atomic_store_n(&lc->inbox, msg, __ATOMIC_RELEASE);
	return true;
}

uint64_t
cgn_lcore_age_ms(const struct cgn_lcore *lc)
{
	uint64_t then = __atomic_load_n(&lc->beat.tsc, __ATOMIC_RELAXED);
	uint64_t now = rte_get_tsc_cycles();

	/* counters of two processors may differ by a few cycles */
	return now > then ? (now - then) / lc->rt->tsc_per_ms : 0;
}

void
cgn_lcore_idle(const struct cgn_runtime *rt, uint64_t worked, unsigned max_us)
{
	uint64_t idle_us = (rte_get_tsc_cycles() - worked) * 1000 / rt->tsc_per_ms;

	if (idle_us < PAUSE_US)
		rte_pause();
	else if (idle_us < YIELD_US)
		sched_yield();
	else
		rte_delay_us_sleep((unsigned)RTE_MIN(idle_us / 8, (uint64_t)max_us));
}

static void
set_beat(struct cgn_beat *beat, uint64_t now, uint64_t busy)
{
	if (now - beat->tsc > beat->gap)
		__atomic_store_n(&beat->gap, now - beat->tsc, __ATOMIC_RELAXED);
	__atomic_store_n(&beat->busy, beat->busy + busy, __ATOMIC_RELAXED);
	__atomic_store_n(&beat->turns, beat->turns + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&beat->tsc, now, __ATOMIC_RELAXED);
}

#ifdef CGN_FAULT_INJECTION
static void
misbehave(struct cgn_lcore *lc)
{
	uint32_t fault = __atomic_load_n(&lc->fault, __ATOMIC_RELAXED);

	if (fault == CGN_LCORE_HANG)
		for (;;)
			rte_pause();
	if (fault == CGN_LCORE_CRASH) {
		volatile uint64_t *page = mmap(NULL, sizeof(*page), PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		*page = 1;
	}
}
#else
static void
misbehave(struct cgn_lcore *lc)
{
	(void)lc;
}
#endif

static void
loop(struct cgn_lcore *lc)
{
	struct rte_rcu_qsbr *qsbr = lc->rt->qsbr;
	uint64_t now = rte_get_tsc_cycles(), worked = now, end;
	unsigned node = lc->out.node, work;

	rte_rcu_qsbr_thread_register(qsbr, node);
	rte_rcu_qsbr_thread_online(qsbr, node);
	lc->beat.start = lc->beat.tsc = now;
	while (!__atomic_load_n(&lc->rt->stop, __ATOMIC_RELAXED)) {
		cgn_park_turn(&lc->park);
		misbehave(lc);
		work = cgn_lcore_turn(lc, now);
		rte_rcu_qsbr_quiescent(qsbr, node);
		end = rte_get_tsc_cycles();
		set_beat(&lc->beat, now, work ? end - now : 0);
		now = end;
		if (work) {
			worked = now;
		} else if (!lc->rt->poll) {
			cgn_lcore_idle(lc->rt, worked, IDLE_US);
			now = rte_get_tsc_cycles();
		}
	}
	rte_rcu_qsbr_thread_offline(qsbr, node);
	rte_rcu_qsbr_thread_unregister(qsbr, node);
}

int
cgn_lcore_main(void *arg)
{
	struct cgn_lcore *lc = arg;

	pthread_setname_np(pthread_self(), lc->name);
	prctl(PR_SET_TIMERSLACK, 1000ul);
	if (cgn_park_enter(&lc->park))
		return -ENOMEM;
	if (sigsetjmp(lc->park.home, 1) == 0)
		loop(lc);
	cgn_park_leave(&lc->park);
	return 0;
}
