/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What follows from the state of the boards. The decisions are pure (moves.c, plan.c);
 * here they are applied, in an order in which no packet queue and no location ever has
 * two lcores: those that have failed are fenced before; a living lcore gives up what it
 * lends or gives back, everybody has seen that, and only then another takes it.
 *
 * Packets that were queued for an lcore that has left are handed on by control, to be
 * steered again; what the dead one had in its hands was counted when it was buried.
 *
 * Control lcore. */
#include "control/settle.h"

#include <errno.h>
#include <stdlib.h>

#include "control/chassis.h"
#include "control/compile.h"
#include "control/host.h"
#include "control/log.h"
#include "control/monitor.h"
#include "control/moves.h"
#include "control/stage.h"
#include "control/switch.h"
#include "dataplane/mark.h"
#include "dataplane/sync.h"

/* ---- locations ---- */

/* The arguments of a decision. */
struct input {
	struct cgn_moves moves;
	struct cgn_moves_cpu cpu[CGN_MAX_WORKERS];
	struct cgn_moves_location *location;
	uint16_t *spare; /* of all groups */
	struct cgn_moves_place *place;
};

static const struct cgn_conf_group *
group_of(const struct cgn_conf *conf, uint32_t location)
{
	for (uint32_t g = 0; g < conf->n_groups; g++)
		for (uint32_t m = 0; m < conf->groups[g].n_members; m++)
			if (conf->groups[g].members[m].location.index ==
				(int32_t)location)
				return &conf->groups[g];
	return NULL;
}

static uint32_t
count_spares(const struct cgn_conf *conf)
{
	uint32_t n = 1;

	for (uint32_t i = 0; i < conf->n_locations; i++) {
		const struct cgn_conf_group *group = group_of(conf, i);

		n += group ? group->n_backup_cpus : 0;
	}
	return n;
}

/* Has the standby all? Before the location goes home, also what came a moment ago. */
static bool
is_filled(const struct cgn_daemon *d, uint32_t location, uint16_t home)
{
	const struct cgn_compile_host *now = &d->where[location];
	const struct cgn_conf_location *l = &d->conf->locations[location];
	uint32_t index;

	if (now->worker >= CGN_REMOTE || now->standby >= CGN_REMOTE)
		return false;
	index = cgn_compile_find_location(d->compiler, (uint16_t)l->id);
	if (index == CGN_NONE ||
		!cgn_sync_filled(d->worker[now->worker], (uint16_t)index))
		return false;
	if (now->standby != home)
		return true;
	if (!now->hurry && d->now_ms - d->watch.cpu[home].since_ms <
				   d->conf->ha.preempt_time * 1000ull)
		return true;
	return cgn_sync_ready(d->worker[now->worker], d->snap, (uint16_t)index);
}

static void
describe(const struct cgn_daemon *d, struct input *in, uint32_t i, uint16_t **spare)
{
	const struct cgn_conf_location *from = &d->conf->locations[i];
	const struct cgn_conf_group *group = group_of(d->conf, i);
	struct cgn_moves_location *l = &in->location[i];

	l->configured = (uint16_t)from->active.index;
	l->backup = from->backup.present ? (uint16_t)from->backup.index : CGN_MOVES_NONE;
	if (d->where[i].swapped && from->backup.present) {
		l->configured = (uint16_t)from->backup.index;
		l->backup = (uint16_t)from->active.index;
	}
	l->filled = is_filled(d, i, l->configured);
	l->hurry = d->where[i].hurry;
	l->spare = *spare;
	for (uint32_t k = 0; group && k < group->n_backup_cpus; k++)
		*(*spare)++ = (uint16_t)group->backup_cpus[k].cpu.index;
	l->n_spare = (uint16_t)(*spare - l->spare);
	if (cgn_chassis_mirrors(d, i)) {
		l->backup = CGN_MOVES_NONE;
		l->n_spare = 0;
	}
	in->place[i] = d->place[i];
}

static void
input_fini(struct input *in)
{
	free(in->location);
	free(in->spare);
	free(in->place);
}

static int
input_init(const struct cgn_daemon *d, struct input *in)
{
	uint32_t n = d->conf->n_locations;
	uint16_t *spare;

	*in = (struct input){ .location = calloc(n + 1, sizeof(*in->location)),
		.spare = calloc(count_spares(d->conf), sizeof(*in->spare)),
		.place = calloc(n + 1, sizeof(*in->place)) };
	if (!in->location || !in->spare || !in->place) {
		input_fini(in);
		cgn_log(LOG_ERR, "moves of locations: out of memory");
		return -ENOMEM;
	}
	spare = in->spare;
	for (uint32_t i = 0; i < n; i++)
		describe(d, in, i, &spare);
	for (uint32_t i = 0; i < d->conf->n_cpus; i++) {
		in->cpu[i].well = cgn_watch_is_well(&d->watch, i);
		in->cpu[i].since_ms = d->watch.cpu[i].since_ms;
	}
	in->moves = (struct cgn_moves){ .now_ms = d->now_ms,
		.preempt_ms = d->conf->ha.preempt_time * 1000ull,
		.cpu = in->cpu,
		.n_cpus = (uint16_t)d->conf->n_cpus,
		.location = in->location,
		.n_locations = n };
	return 0;
}

static void
log_move(const struct cgn_daemon *d, uint32_t i, const struct cgn_compile_host *old)
{
	const struct cgn_compile_host *now = &d->where[i];
	uint32_t id = d->conf->locations[i].id;

	if (now->worker == old->worker || cgn_chassis_at(d, i) != NULL)
		return;
	if (now->worker == CGN_NONE16)
		cgn_log_event(LOG_CRIT, "service-location %u: down, no CPU is left", id);
	else
		cgn_log_event(LOG_WARNING, "service-location %u: moved to %s, %s", id,
			d->rt.lcore[now->worker]->name,
			now->worker == old->standby ? "which has its copy" : "cold");
}

/* Writes the outcome to d->place and d->where. */
static void
take_places(struct cgn_daemon *d, const struct input *in, bool quiet)
{
	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		struct cgn_compile_host old = d->where[i];
		uint16_t cpu = in->place[i].worker;

		d->place[i] = in->place[i];
		d->where[i].hurry &= cpu != in->location[i].configured;
		if (cpu != CGN_NONE16) {
			d->where[i].slot = (uint16_t)d->conf->cpus[cpu]->slot;
			d->where[i].cpu = (uint16_t)d->conf->cpus[cpu]->cpu;
		}
		cgn_chassis_place(d, i, &d->place[i], &d->where[i]);
		if (!quiet)
			log_move(d, i, &old);
	}
}

int
cgn_settle_places(struct cgn_daemon *d)
{
	struct input in;
	int rc = input_init(d, &in);

	if (rc)
		return rc;
	cgn_moves_decide(&in.moves, in.place);
	take_places(d, &in, true);
	input_fini(&in);
	return 0;
}

bool
cgn_settle_survives(const struct cgn_daemon *d, uint32_t location, uint64_t cpus)
{
	struct input in;
	bool survives;

	if (input_init(d, &in))
		return true;
	for (uint16_t i = 0; i < in.moves.n_cpus; i++)
		in.cpu[i].well &= !(cpus >> i & 1);
	cgn_moves_decide(&in.moves, in.place);
	survives = in.place[location].worker != CGN_MOVES_NONE;
	input_fini(&in);
	return survives;
}

int
cgn_settle_init(struct cgn_daemon *d)
{
	int rc;

	d->where = calloc(d->conf->n_locations + 1, sizeof(*d->where));
	d->place = calloc(d->conf->n_locations + 1, sizeof(*d->place));
	if (!d->where || !d->place)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		d->where[i] = (struct cgn_compile_host){ .worker = CGN_NONE16,
			.standby = CGN_NONE16 };
		d->place[i] = (struct cgn_moves_place){ CGN_MOVES_NONE, CGN_MOVES_NONE };
	}
	rc = cgn_chassis_init(d);
	if (rc == 0)
		rc = cgn_switch_init(d);
	return rc ? rc : cgn_settle_places(d);
}

void
cgn_settle_fini(struct cgn_daemon *d)
{
	cgn_switch_fini(d);
	cgn_chassis_fini(d);
	free(d->place);
	free(d->where);
	d->place = NULL;
	d->where = NULL;
}

/* ---- queues ---- */

static uint64_t
well_workers(const struct cgn_daemon *d)
{
	uint64_t set = 0;

	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		/* one that leaves is served by its own until it has parked */
		if (cgn_watch_is_well(&d->watch, i) || !d->watch.cpu[i].buried)
			set |= 1ull << i;
	return set;
}

static void
publish_plan(struct cgn_daemon *d, const struct cgn_plan *plan)
{
	cgn_sender_flush(&d->out);
	__atomic_store_n(&d->rt.plan, plan, __ATOMIC_RELEASE);
}

/* ---- packets ---- */

bool
cgn_settle_is_drained(const struct cgn_daemon *d, uint16_t worker)
{
	for (unsigned from = 0; from < d->rt.mesh->n_nodes; from++)
		if (from != worker && rte_ring_count(d->rt.mesh->ring[from][worker]))
			return false;
	return true;
}

static uint16_t
any_well(const struct cgn_daemon *d)
{
	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		if (cgn_watch_is_well(&d->watch, i))
			return i;
	return CGN_NONE16;
}

static void
hand_on(struct cgn_daemon *d, struct rte_mbuf *m)
{
	uint16_t to = any_well(d);

	if (cgn_mark(m)->op == CGN_MARK_TRANSMIT) {
		cgn_sender_send(&d->out, cgn_mark(m)->port, m);
	} else if (to == CGN_NONE16) {
		d->stats.drop[CGN_DROP_CPU_FAILED]++;
		rte_pktmbuf_free(m);
	} else {
		cgn_daemon_hand(d, to, m);
	}
}

/* Nobody gives to it any more. */
static void
rescue(struct cgn_daemon *d, uint16_t worker)
{
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned n, total = 0;

	for (unsigned from = 0; from < d->rt.mesh->n_nodes; from++) {
		if (from == worker)
			continue;
		while ((n = cgn_mesh_take(d->rt.mesh, from, worker, pkt, CGN_BURST))) {
			for (unsigned k = 0; k < n; k++)
				hand_on(d, pkt[k]);
			total += n;
		}
	}
	if (total)
		cgn_log_event(LOG_NOTICE, "%s: %u packets queued for it were handed on",
			d->rt.lcore[worker]->name, total);
}

/* ---- all of it ---- */

/* A new snapshot if a location has moved; NULL: none. */
static const struct cgn_snapshot *
move_locations(struct cgn_daemon *d)
{
	const struct cgn_snapshot *snap = NULL;
	struct input in;

	if (input_init(d, &in))
		return NULL;
	d->watch.owed |= cgn_moves_decide(&in.moves, in.place);
	take_places(d, &in, false);
	d->watch.owed |= cgn_switch_decide(d);
	if (d->watch.owed)
		d->watch.owed = cgn_compile_rehost(d->compiler, d->where,
					cgn_switch_flags(d), &snap) != 0;
	input_fini(&in);
	return snap;
}

/* Two plans where a living lcore has to give up a queue first. */
static void
change_plan(struct cgn_daemon *d, uint64_t alive, const struct cgn_plan **retired)
{
	struct cgn_plan *plan = cgn_boards_plan(d, alive);
	struct cgn_plan *between;

	if (!plan)
		return;
	retired[0] = d->rt.plan;
	between = malloc(sizeof(*between));
	if (between && cgn_plan_common(between, d->rt.plan, plan, alive)) {
		publish_plan(d, between);
		cgn_daemon_quiesce(d);
		retired[1] = between;
	} else {
		free(between);
	}
	publish_plan(d, plan);
}

void
cgn_settle(struct cgn_daemon *d)
{
	const struct cgn_plan *retired[2] = { NULL, NULL };
	const struct cgn_snapshot *snap = move_locations(d);
	uint64_t alive = well_workers(d);

	if (snap) {
		__atomic_store_n(&d->rt.snap, snap, __ATOMIC_RELEASE);
		cgn_host_snapshot(d->host, snap);
	}
	if (alive != d->planned)
		change_plan(d, alive, retired);
	if (snap)
		cgn_snapshot_free(cgn_daemon_publish(d, snap));
	else if (retired[0])
		cgn_daemon_quiesce(d);
	free((void *)(uintptr_t)retired[0]);
	free((void *)(uintptr_t)retired[1]);
	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		if (d->planned >> i & 1 && !(alive >> i & 1))
			rescue(d, i);
	d->planned = alive;
	if (snap)
		cgn_switch_settled(d);
	cgn_monitor_apply(d);
}
