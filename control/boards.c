/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Boards and line cards: a worker with its tables and an lcore for every CPU of a board
 * and for every line card, the mesh between them and the plan of queues; then their
 * threads. Worker i is conf->cpus[i], the line cards follow; the node of the mesh is the
 * same number, control is the last.
 *
 * Control lcore: at the start and at the end; and again when the watch launches a board
 * that it has taken out of service. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "control/log.h"
#include "control/memory.h"
#include "control/privilege.h"
#include "control/standin.h"
#include "control/salvage.h"
#include "control/stage.h"
#include "dataplane/block.h"

#define MESH_RING 1024

static int
fail(struct cgn_daemon *d, int rc, const char *what, const char *name)
{
	snprintf(d->err, sizeof(d->err), "%s: %s", name, what);
	return rc;
}

static void
describe_cpu(const struct cgn_daemon *d, const struct cgn_conf_cpu *cpu,
	struct cgn_worker_conf *wc)
{
	struct cgn_memory_most most = cgn_memory_most(d->conf, cpu);

	wc->slot = (uint16_t)cpu->slot;
	wc->cpu = (uint16_t)cpu->cpu;
	wc->sessions = cpu->sessions;
	wc->users = cpu->users;
	wc->most_sessions = most.sessions;
	wc->most_users = most.users;
}

/* Fragments wait in the buffers that all packets arrive in: a quarter of those is as much
 * as the CPUs together may hold. */
static uint32_t
fragments_of(const struct cgn_daemon *d)
{
	const struct rte_mempool *pool[] = { d->port_pool, d->whole_pool };
	uint32_t least = UINT32_MAX;

	for (unsigned k = 0; k < RTE_DIM(pool); k++)
		if (pool[k])
			least = RTE_MIN(least, pool[k]->size);
	return RTE_MIN(RTE_MAX(least / 4 / RTE_MAX(d->conf->n_cpus, 1u), 64u), 8192u);
}

/* The worker of an lcore and the lcore around it; cpu: NULL for a line card. */
static int
create_worker(struct cgn_daemon *d, unsigned lcore, const struct cgn_conf_cpu *cpu,
	const char *name)
{
	uint16_t i = d->rt.n_workers;
	struct cgn_worker_conf wc = {
		.index = i, .pool = d->own_pool, .fragments = fragments_of(d)
	};

	if (!rte_lcore_is_enabled(lcore) || lcore == rte_get_main_lcore())
		return fail(d, -EINVAL,
			"its lcore is not in dpdk.lcores, or is control's", name);
	if (getrandom(&wc.seed, sizeof(wc.seed), 0) != sizeof(wc.seed))
		return fail(d, -errno, "no random numbers", name);
	wc.socket = (int)rte_lcore_to_socket_id(lcore);
	if (cpu)
		describe_cpu(d, cpu, &wc);
	d->worker[i] = cgn_worker_create(&wc);
	if (d->worker[i])
		d->rt.lcore[i] = cgn_lcore_create(&d->rt, d->worker[i], lcore, name);
	if (!d->rt.lcore[i])
		return fail(d, -ENOMEM,
			"dpdk.memory_mb does not hold the tables of its licence", name);
	d->rt.n_workers++;
	return 0;
}

static int
create_workers(struct cgn_daemon *d)
{
	const struct cgn_conf *conf = d->conf;
	char name[32];
	int rc = 0;

	if (conf->n_cpus + conf->dpdk.n_io_lcores > CGN_REMOTE)
		return fail(d, -E2BIG, "more than 63 CPUs and line cards", "boards");
	for (uint32_t i = 0; rc == 0 && i < conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = conf->cpus[i];

		snprintf(name, sizeof(name), "cgn-%u-%u", cpu->slot, cpu->cpu);
		rc = create_worker(d, cpu->lcore, cpu, name);
	}
	d->n_cpus = d->rt.n_workers;
	for (uint32_t i = 0; rc == 0 && i < conf->dpdk.n_io_lcores; i++) {
		snprintf(name, sizeof(name), "cgn-io-%u", i);
		rc = create_worker(d, conf->dpdk.io_lcores[i], NULL, name);
	}
	if (rc == 0 && !d->rt.n_workers)
		return fail(d, -EINVAL, "no CPU would poll the ports", "boards");
	return rc;
}

static uint64_t
first_bits(unsigned n)
{
	return n < 64 ? (1ull << n) - 1 : UINT64_MAX;
}

struct cgn_plan *
cgn_boards_plan(struct cgn_daemon *d, uint64_t alive)
{
	struct cgn_plan_port port[CGN_MAX_PORTS];
	uint64_t all = first_bits(d->rt.n_workers), boards = first_bits(d->n_cpus);
	struct cgn_plan *plan = malloc(sizeof(*plan));

	if (!plan) {
		cgn_log(LOG_ERR, "plan of queues: out of memory");
		return NULL;
	}
	for (uint16_t i = 0; i < d->n_ports; i++) {
		port[i].device = d->port[i].id;
		port[i].n_rx = d->port[i].n_rx;
		port[i].n_tx = d->port[i].n_tx;
	}
	cgn_plan_make(plan, port, d->n_ports, d->rt.n_workers + 1u,
		all == boards ? boards : all & ~boards, alive);
	return plan;
}

static int
create_shared(struct cgn_daemon *d)
{
	size_t size = rte_rcu_qsbr_get_memsize(d->rt.n_workers);

	size = RTE_ALIGN_CEIL(size, (size_t)RTE_CACHE_LINE_SIZE);
	d->rt.qsbr = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (!d->rt.qsbr || rte_rcu_qsbr_init(d->rt.qsbr, d->rt.n_workers))
		return fail(d, -ENOMEM, "memory", "boards");
	d->rt.mesh = cgn_mesh_create(d->rt.n_workers + 1u, MESH_RING, SOCKET_ID_ANY);
	if (!d->rt.mesh)
		return fail(d, -rte_errno, "memory", "rings between CPUs");
	d->planned = first_bits(d->rt.n_workers);
	d->rt.plan = cgn_boards_plan(d, d->planned);
	return d->rt.plan ? 0 : -ENOMEM;
}

int
cgn_boards_init(struct cgn_daemon *d)
{
	int rc;

	d->rt.tsc_per_ms = rte_get_tsc_hz() / 1000;
	d->rt.poll = d->conf->dpdk.idle == CGN_CONF_IDLE_POLL;
	rc = create_workers(d);
	if (rc == 0)
		rc = create_shared(d);
	if (rc == 0 && cgn_standin_init(d))
		rc = fail(d, -ENOMEM, "memory", "control lcore");
	if (rc)
		cgn_boards_fini(d);
	d->out.rt = &d->rt;
	d->out.node = cgn_runtime_control(&d->rt);
	d->out.drop = d->stats.drop;
	return rc;
}

void
cgn_boards_fini(struct cgn_daemon *d)
{
	cgn_standin_fini(d);
	free((void *)(uintptr_t)d->rt.plan);
	d->rt.plan = NULL;
	cgn_mesh_destroy(d->rt.mesh);
	d->rt.mesh = NULL;
	free(d->rt.qsbr);
	d->rt.qsbr = NULL;
	for (unsigned i = CGN_MAX_WORKERS; i-- > 0;) {
		cgn_lcore_destroy(d->rt.lcore[i]);
		if (d->worker[i])
			cgn_worker_leave(d->worker[i]);
		d->rt.lcore[i] = NULL;
		d->worker[i] = NULL;
	}
	d->rt.n_workers = d->n_cpus = 0;
}

static int
run_lcore(void *arg)
{
	struct cgn_lcore *lc = arg;
	struct cgn_daemon *d = RTE_PTR_SUB(lc->rt, offsetof(struct cgn_daemon, rt));

	cgn_privilege_hurry();
	cgn_privilege_drop(d->privileges);
	if (lc->beat.turns) {
		unsigned lost = cgn_lcore_reset(lc);

		if (lost)
			cgn_log(LOG_NOTICE, "%s: %u packet buffers given up", lc->name,
				lost);
	}
	return cgn_lcore_main(lc);
}

/* Nobody notices a single one; their number tells how often that may happen. */
static void
salvage(struct cgn_daemon *d, const struct cgn_lcore *lc)
{
	struct rte_mempool *pool[] = { d->port_pool, d->whole_pool, d->own_pool };
	unsigned lost = 0;

	for (unsigned k = 0; k < RTE_DIM(pool); k++)
		lost += cgn_salvage_cache(pool[k], lc->id, lc->park.clean);
	if (lost)
		cgn_log(LOG_NOTICE, "%s: %u packet buffers of its caches given up",
			lc->name, lost);
}

/* Records of public addresses that have been used by the lcore, for it to empty. */
static int
collect_stale(struct cgn_daemon *d, struct cgn_lcore *lc)
{
	struct cgn_address *const *record = d->snap->state[lc->worker->conf.index];
	uint32_t n = 0;

	free(lc->stale);
	lc->n_stale = 0;
	for (uint32_t i = 0; i < d->snap->n_addresses; i++)
		n += record[i] && cgn_address_is_used(record[i]);
	lc->stale = calloc(n + 1, sizeof(*lc->stale));
	if (!lc->stale)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->snap->n_addresses; i++)
		if (record[i] && cgn_address_is_used(record[i]))
			lc->stale[lc->n_stale++] = record[i];
	return 0;
}

int
cgn_boards_relaunch(struct cgn_daemon *d, uint16_t worker)
{
	struct cgn_lcore *lc = d->rt.lcore[worker];

	if (collect_stale(d, lc))
		return -ENOMEM;
	salvage(d, lc);
	__atomic_store_n(&lc->park.state, CGN_PARK_RUN, __ATOMIC_RELEASE);
	return rte_eal_remote_launch(run_lcore, lc, lc->id);
}

int
cgn_launch_init(struct cgn_daemon *d)
{
	int rc = cgn_park_init(d->conf->dpdk.on_crash == CGN_CONF_CRASH_ISOLATE);

	for (unsigned i = 0; rc == 0 && i < d->rt.n_workers; i++)
		rc = rte_eal_remote_launch(run_lcore, d->rt.lcore[i], d->rt.lcore[i]->id);
	if (rc) {
		cgn_launch_fini(d);
		return fail(d, rc, "the thread cannot be started", "boards");
	}
	return 0;
}

void
cgn_launch_fini(struct cgn_daemon *d)
{
	__atomic_store_n(&d->rt.stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < d->rt.n_workers; i++) {
		struct cgn_lcore *lc = d->rt.lcore[i];

		if (d->watch.cpu[i].buried && !cgn_park_release(&lc->park)) {
			d->rt.lcore[i] = NULL; /* it may still wake up and park */
			continue;
		}
		rte_eal_wait_lcore(lc->id);
	}
	cgn_park_fini();
}
