/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the control lcore does all day: packets that workers gave it, neighbours,
 * commands, signals, and a look at how busy the workers are. It never waits for anything
 * but the quiescent state of workers after a change of the snapshot. One per process. */
#include "control/daemon.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "control/announcer.h"
#include "control/change.h"
#include "control/channel.h"
#include "control/chassis.h"
#include "control/cmd_server.h"
#include "control/commit.h"
#include "control/copies.h"
#include "control/host.h"
#include "control/kernel.h"
#include "control/log.h"
#include "control/log_export.h"
#include "control/metric_http.h"
#include "control/routes.h"
#include "control/standin.h"
#include "control/vrrp.h"
#include "dataplane/mark.h"

#define IDLE_US	  1000
#define SAMPLE_MS 1000

void
cgn_daemon_quiesce(struct cgn_daemon *d)
{
	uint64_t token = rte_rcu_qsbr_start(d->rt.qsbr);

	/* workers may share this processor */
	while (!rte_rcu_qsbr_check(d->rt.qsbr, token, false)) {
		rte_delay_us_sleep(20);
		cgn_watch_look(d);
	}
	cgn_sender_begin(&d->out);
}

const struct cgn_snapshot *
cgn_daemon_publish(struct cgn_daemon *d, const struct cgn_snapshot *snap)
{
	const struct cgn_snapshot *old = d->snap;

	d->snap = snap;
	__atomic_store_n(&d->rt.snap, snap, __ATOMIC_RELEASE);
	cgn_daemon_quiesce(d);
	return old;
}

void
cgn_daemon_hand(struct cgn_daemon *d, uint16_t worker, struct rte_mbuf *m)
{
	cgn_sender_give(&d->out, worker, &m, 1, CGN_DROP_HANDOVER_FULL);
}

static void
take_packet(struct cgn_daemon *d, struct rte_mbuf *m)
{
	if (cgn_mark(m)->op == CGN_MARK_TRANSMIT)
		cgn_sender_send(&d->out, cgn_mark(m)->port, m);
	else
		cgn_host_input(d->host, m);
}

static unsigned
drain_mesh(struct cgn_daemon *d)
{
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned work = 0;

	for (unsigned from = 0; from < d->rt.n_workers; from++) {
		unsigned n = cgn_mesh_take(d->rt.mesh, from, d->out.node, pkt, CGN_BURST);

		for (unsigned i = 0; i < n; i++)
			take_packet(d, pkt[i]);
		work += n;
	}
	return work;
}

/* What is announced and the other box can take over is handed to it, so that there is
 * always one that announces it. */
static void
begin_leaving(struct cgn_daemon *d)
{
	char err[CGN_ERR];

	d->leaving = true;
	for (uint32_t i = 0; cgn_announcer_list(d)->n && i < d->conf->n_locations; i++)
		if (cgn_chassis_mirrors(d, i) && !cgn_chassis_is_leaving(d, i))
			cgn_chassis_switch(d, i, err, sizeof(err));
}

/* Goes on with it: then the rest is taken back, and the daemon stops. */
static void
go_on_leaving(struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->conf->n_locations; i++)
		if (cgn_chassis_is_leaving(d, i))
			return;
	cgn_announcer_hold_all(d);
	cgn_announcer_turn(d);
	d->stop |= cgn_announcer_is_gone(d);
}

static void
take_signals(struct cgn_daemon *d)
{
	struct signalfd_siginfo si;

	while (read(d->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP) {
			cgn_change_hangup(d);
			continue;
		}
		cgn_log(LOG_NOTICE, "stopping: %s",
			si.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
		if (d->leaving) /* the second one does not wait */
			d->stop = true;
		else
			begin_leaving(d);
	}
}

static void
sample_load(struct cgn_daemon *d, uint64_t tsc)
{
	if (d->now_ms - d->sampled.ms < SAMPLE_MS)
		return;
	for (unsigned i = 0; i < d->rt.n_workers; i++) {
		uint64_t busy =
			__atomic_load_n(&d->rt.lcore[i]->beat.busy, __ATOMIC_RELAXED);

		d->load[i] = (double)(busy - d->sampled.busy[i]) /
			     (double)(tsc - d->sampled.tsc);
		d->sampled.busy[i] = busy;
	}
	d->sampled.ms = d->now_ms;
	d->sampled.tsc = tsc;
}

/* Things that need not be done more than a thousand times per second. */
static void
every_ms(struct cgn_daemon *d, uint64_t tsc, uint64_t now_ms)
{
	if (now_ms == d->now_ms)
		return;
	d->now_ms = now_ms;
	take_signals(d);
	cgn_host_timer(d->host, now_ms);
	sample_load(d, tsc);
	cgn_vrrp_groups_turn(d);
	cgn_chassis_decide(d);
	cgn_watch_turn(d);
	cgn_vrrp_groups_speak(d);
	cgn_service_turn(d);
	cgn_announcer_turn(d);
	if (d->leaving)
		go_on_leaving(d);
	cgn_wall_turn(&d->wall, now_ms);
	cgn_chassis_say(d);
	cgn_copies_turn(d);
	cgn_routes_turn(d);
	cgn_change_turn(d);
	cgn_commit_turn(d);
	cgn_rest_turn(d);
	cgn_pdump_turn(d);
	cgn_threshold_turn(&d->thresholds, d->logs, d->snap, d->worker, d->n_cpus,
		&d->conf->thresholds, now_ms);
}

static unsigned
turn(struct cgn_daemon *d)
{
	uint64_t tsc = rte_get_tsc_cycles();
	unsigned work;

	cgn_sender_begin(&d->out);
	every_ms(d, tsc, cgn_runtime_ms(&d->rt, tsc));
	work = drain_mesh(d) + cgn_standin_turn(d);
	work += cgn_kernel_turn(d);
	work += cgn_chassis_pump(d);
	cgn_channels_turn(d);
	work += cgn_log_export_turn(
		d->logs, d->snap, d->worker, d->rt.n_workers, d->now_ms);
	work += cgn_cmd_server_poll(d->cmd);
	work += cgn_metric_http_turn(d->metrics, d->now_ms);
	cgn_sender_flush(&d->out);
	return work;
}

void
cgn_daemon_run(struct cgn_daemon *d)
{
	uint64_t worked = rte_get_tsc_cycles();

	while (!d->stop)
		if (turn(d))
			worked = rte_get_tsc_cycles();
		else
			cgn_lcore_idle(&d->rt, worked, IDLE_US);
}
