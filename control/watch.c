/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The watch. Once per millisecond the control lcore compares how often each lcore has
 * turned with what it was. One that executes and stands still for ha.detect_ms hangs and
 * is fenced (dataplane/park.c); one that does not execute has some more time. One that
 * has faulted is parked already. What a failed one shared is put in order
 * at once (bury.c); what follows from its failure, settle.c does.
 *
 * A CPU that is shut down loses its locations first, while it still turns and passes on
 * what comes, and then parks between two turns, so nothing is lost. One that is started
 * is let go out of its handler back to EAL, is launched again, empties its tables itself
 * and is up with its first turn.
 *
 * Control lcore. Not handled: the control lcore itself; who watches that is systemd. */
#include "control/watch.h"

#include <errno.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>

#include "control/daemon.h"
#include "control/log.h"
#include "control/settle.h"
#include "control/stage.h"
#include "control/switch.h"

#define LEAVE_MS  10 /* until what is queued for a CPU that leaves has been passed on */
#define ANSWER_MS 4  /* of ha.detect_ms, for each answer that proves that it executes */

uint64_t
cgn_watch_silence(uint64_t silent, bool turned, uint64_t elapsed, uint64_t limit)
{
	return turned ? 0 : silent + RTE_MIN(elapsed, limit / 2);
}

enum cgn_watch_verdict
cgn_watch_judge(const struct cgn_watch_signs *signs, uint64_t limit, unsigned enough,
	unsigned patience)
{
	if (signs->silent <= limit)
		return CGN_WATCH_FINE;
	if (signs->ran >= limit && signs->answers >= enough &&
		signs->faults < CGN_WATCH_PAGES)
		return CGN_WATCH_DEAD;
	if (signs->in_driver)
		patience *= CGN_WATCH_PATIENCE_RING;
	return signs->silent <= patience * limit ? CGN_WATCH_WAITS : CGN_WATCH_DEAD;
}

const char *
cgn_watch_name(enum cgn_watch_state state)
{
	static const char *const name[] = { "up", "down", "failed", "fenced" };

	return name[state];
}

/* ---- failure ---- */

/* Where it was when it faulted, or was fenced. */
static void
log_frames(const struct cgn_lcore *lc)
{
	const struct cgn_park_fault *f = &lc->park.fault;
	char **symbol = backtrace_symbols(f->frame, f->frames);

	for (int i = 0; symbol && i < f->frames; i++)
		cgn_log(LOG_CRIT, "%s: #%d %s", lc->name, i, symbol[i]);
	free(symbol);
}

/* It does nothing any more; what it shared is whole again. */
static void
leave_service(struct cgn_daemon *d, uint16_t i, enum cgn_watch_state state)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	unsigned lost = cgn_lcore_bury(d->rt.lcore[i]);

	d->stats.drop[CGN_DROP_CPU_FAILED] += lost;
	c->buried = true;
	c->step = CGN_WATCH_STEADY;
	if (c->state != state)
		c->since_ms = d->now_ms;
	c->state = state;
	d->watch.changed = true;
	if (lost)
		cgn_log_event(LOG_WARNING, "%s: %u packets in its hands are lost",
			d->rt.lcore[i]->name, lost);
}

static void
fail(struct cgn_daemon *d, uint16_t i, bool crashed)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_lcore *lc = d->rt.lcore[i];

	c->reported = cgn_park_seize(&lc->park);
	if (crashed || lc->park.fault.signal) {
		cgn_log(LOG_CRIT, "%s: %s at %p", lc->name,
			strsignal(lc->park.fault.signal), lc->park.fault.address);
		log_frames(lc);
		cgn_log_event(LOG_CRIT, "%s: failed: %s", lc->name,
			strsignal(lc->park.fault.signal));
		leave_service(d, i, CGN_WATCH_FAILED);
		return;
	}
	cgn_log_event(LOG_CRIT, "%s: failed: silent for %lu ms, %s", lc->name,
		c->silent / d->rt.tsc_per_ms,
		c->reported ? "fenced" : "it does not execute, fenced when it wakes up");
	if (c->reported)
		log_frames(lc);
	leave_service(d, i, CGN_WATCH_FENCED);
}

/* ---- steps ---- */

static bool
took_longer(const struct cgn_daemon *d, const struct cgn_watch_cpu *c, unsigned ms)
{
	return rte_get_tsc_cycles() - c->asked > ms * d->rt.tsc_per_ms;
}

static void
begin_step(struct cgn_watch_cpu *c, enum cgn_watch_step step)
{
	c->step = step;
	c->asked = rte_get_tsc_cycles();
}

static void
park(struct cgn_daemon *d, uint16_t i)
{
	d->watch.cpu[i].reported = true;
	cgn_log_event(LOG_NOTICE, "%s: out of service", d->rt.lcore[i]->name);
	leave_service(d, i, CGN_WATCH_DOWN);
}

static void
launch(struct cgn_daemon *d, uint16_t i)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_lcore *lc = d->rt.lcore[i];
	int rc;

	if (rte_eal_get_lcore_state(lc->id) != WAIT)
		return;
	rc = cgn_boards_relaunch(d, i);
	begin_step(c, rc ? CGN_WATCH_STEADY : CGN_WATCH_STARTING);
	c->turns = lc->beat.turns;
	if (rc)
		cgn_log_event(
			LOG_ERR, "%s: cannot be started: %s", lc->name, strerror(-rc));
}

static void
arrive(struct cgn_daemon *d, uint16_t i)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_lcore *lc = d->rt.lcore[i];

	if (cgn_park_is_parked(&lc->park)) {
		fail(d, i, true);
		return;
	}
	if (__atomic_load_n(&lc->beat.turns, __ATOMIC_RELAXED) == c->turns)
		return;
	c->step = CGN_WATCH_STEADY;
	c->state = CGN_WATCH_UP;
	c->since_ms = d->now_ms;
	c->silent = 0;
	c->buried = false;
	d->watch.changed = true;
	cgn_log_event(LOG_NOTICE, "%s: up, with empty tables", lc->name);
}

static void
follow_steps(struct cgn_daemon *d, uint16_t i)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];

	switch (c->step) {
	case CGN_WATCH_STEADY:
		break;
	case CGN_WATCH_LEAVING:
		if (d->watch.changed)
			break; /* its locations are still here */
		if (!cgn_settle_is_drained(d, i) && !took_longer(d, c, LEAVE_MS))
			break;
		cgn_park_ask(&d->rt.lcore[i]->park);
		begin_step(c, CGN_WATCH_PARKING);
		break;
	case CGN_WATCH_PARKING:
		break; /* seen when it is looked at */
	case CGN_WATCH_LETTING:
		launch(d, i);
		break;
	case CGN_WATCH_STARTING:
		arrive(d, i);
		break;
	}
}

/* ---- looking ---- */

/* Processor time that a thread has had, in nanoseconds. */
static uint64_t
ran_ns(const struct cgn_lcore *lc)
{
	clockid_t clock = (clockid_t)(~(unsigned)lc->park.tid << 3 | 6);
	struct timespec ts = { 0, 0 };

	clock_gettime(clock, &ts); /* of a thread: see clock_getcpuclockid(3) */
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* To fence one that only waits helps nobody where nothing takes over. */
static unsigned
patience(const struct cgn_conf *conf)
{
	bool follows = conf->n_monitor_groups;

	for (uint32_t i = 0; i < conf->n_locations; i++)
		follows |= conf->locations[i].backup.present;
	for (uint32_t i = 0; i < conf->n_groups; i++)
		follows |= conf->groups[i].n_backup_cpus != 0;
	for (uint32_t i = 0; i < conf->n_instances; i++)
		follows |= conf->instances[i].centralized_backup.enable;
	return follows ? CGN_WATCH_PATIENCE : CGN_WATCH_PATIENCE_ALONE;
}

/* What one that is silent has done since it fell silent. */
static void
read_signs(struct cgn_daemon *d, uint16_t i, struct cgn_watch_signs *signs)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	const struct cgn_park *park = &d->rt.lcore[i]->park;
	unsigned before = c->answered;

	c->answered = cgn_park_answers(park) - c->answers;
	if (!before)
		c->faults = cgn_park_faults(park);
	signs->silent = c->silent;
	signs->ran = (ran_ns(d->rt.lcore[i]) - c->ran_ns) * d->rt.tsc_per_ms / 1000000;
	signs->answers = c->answered;
	signs->faults = cgn_park_faults(park) - c->faults;
	signs->in_driver = cgn_park_in_driver(park);
}

/* Looks closer at one that has been silent for a while. */
static bool
is_dead(struct cgn_daemon *d, uint16_t i, uint64_t limit)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_park *park = &d->rt.lcore[i]->park;
	unsigned enough = RTE_MAX(2u, d->conf->ha.detect_ms / ANSWER_MS);
	struct cgn_watch_signs signs;

	if (c->silent == 0) {
		c->ran_ns = 0;
		return false;
	}
	if (!c->ran_ns) {
		c->ran_ns = ran_ns(d->rt.lcore[i]);
		c->answers = cgn_park_answers(park);
		c->answered = 0;
	}
	if (c->silent <= limit / 2)
		return false;
	cgn_park_probe(park);
	read_signs(d, i, &signs);
	return cgn_watch_judge(&signs, limit, enough, patience(d->conf)) ==
	       CGN_WATCH_DEAD;
}

static void
look_at(struct cgn_daemon *d, uint16_t i, uint64_t elapsed, uint64_t limit)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_lcore *lc = d->rt.lcore[i];
	uint64_t turns = __atomic_load_n(&lc->beat.turns, __ATOMIC_RELAXED);

	if (c->buried || c->step >= CGN_WATCH_LETTING)
		return;
	c->silent = cgn_watch_silence(c->silent, turns != c->turns, elapsed, limit);
	c->turns = turns;
	if (!cgn_park_is_parked(&lc->park)) {
		if (is_dead(d, i, limit))
			fail(d, i, false);
	} else if (c->step == CGN_WATCH_PARKING && !lc->park.fault.signal) {
		park(d, i);
	} else {
		fail(d, i, true);
	}
}

/* The child that dies in place of a crashed lcore. */
static void
reap_core(struct cgn_daemon *d, uint16_t i)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[i];
	struct cgn_lcore *lc = d->rt.lcore[i];
	pid_t pid = __atomic_load_n(&lc->park.fault.core, __ATOMIC_RELAXED);
	int status;

	if (!pid || c->state != CGN_WATCH_FAILED || c->core == pid)
		return;
	if (waitpid(pid, &status, WNOHANG) == 0)
		return;
	c->core = pid;
	cgn_log_event(LOG_NOTICE, "%s: %s, process %d", lc->name,
		WIFSIGNALED(status) && WCOREDUMP(status) ? "left a core file"
							 : "left no core file",
		pid);
}

void
cgn_watch_look(struct cgn_daemon *d)
{
	uint64_t now = rte_get_tsc_cycles(), elapsed = now - d->watch.looked;
	uint64_t limit = d->conf->ha.detect_ms * d->rt.tsc_per_ms;

	if (!d->watch.looked)
		elapsed = 0;
	d->watch.looked = now;
	for (uint16_t i = 0; i < d->rt.n_workers; i++) {
		look_at(d, i, elapsed, limit);
		reap_core(d, i);
	}
}

void
cgn_watch_turn(struct cgn_daemon *d)
{
	cgn_switch_turn(d);
	cgn_watch_look(d);
	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		follow_steps(d, i);
	if (d->watch.changed || d->now_ms - d->watch.settled_ms >= CGN_SETTLE_MS) {
		d->watch.changed = false;
		d->watch.settled_ms = d->now_ms;
		cgn_settle(d);
	}
}

/* ---- commands ---- */

int
cgn_watch_shutdown(struct cgn_daemon *d, uint16_t cpu, char *err, size_t err_size)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[cpu];

	if (c->state != CGN_WATCH_UP) {
		snprintf(err, err_size, "%s is not up, it is %s", d->rt.lcore[cpu]->name,
			cgn_watch_name(c->state));
		return -EALREADY;
	}
	c->state = CGN_WATCH_DOWN;
	c->since_ms = d->now_ms;
	begin_step(c, CGN_WATCH_LEAVING);
	d->watch.changed = true;
	cgn_log_event(LOG_NOTICE, "%s: shut down by command", d->rt.lcore[cpu]->name);
	return 0;
}

int
cgn_watch_start(struct cgn_daemon *d, uint16_t cpu, char *err, size_t err_size)
{
	struct cgn_watch_cpu *c = &d->watch.cpu[cpu];
	struct cgn_lcore *lc = d->rt.lcore[cpu];

	if (c->state == CGN_WATCH_UP || c->step != CGN_WATCH_STEADY) {
		snprintf(err, err_size, "%s is %s", lc->name,
			c->state == CGN_WATCH_UP ? "up" : "on its way");
		return -EALREADY;
	}
	if (!cgn_park_release(&lc->park)) {
		snprintf(err, err_size,
			"%s has not executed since it was fenced; try again when it has",
			lc->name);
		return -EBUSY;
	}
	begin_step(c, CGN_WATCH_LETTING);
	cgn_log_event(LOG_NOTICE, "%s: started by command", lc->name);
	return 0;
}
