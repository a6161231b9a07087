/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Start and stop: a table of stages, run forward at the start, backward at the end, and
 * backward from where it broke when the start fails, so that the daemon is either whole
 * or not there. A stage that fails leaves one line in d->err, and that line is all that
 * is said (unless the stage has said it itself); what DPDK has to say meanwhile is kept
 * for debugging.
 *
 * Control lcore. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <rte_cycles.h>

#include "control/announcer.h"
#include "control/channel.h"
#include "control/change.h"
#include "control/chassis.h"
#include "control/cmd_server.h"
#include "control/commit.h"
#include "control/eal.h"
#include "control/host.h"
#include "control/hugefiles.h"
#include "control/kernel.h"
#include "control/log.h"
#include "control/log_export.h"
#include "control/log_rule.h"
#include "control/metric_http.h"
#include "control/pdump.h"
#include "control/preflight.h"
#include "control/privilege.h"
#include "control/routes.h"
#include "control/show.h"
#include "control/stage.h"
#include "control/telemetry.h"
#include "control/vrrp.h"

struct stage {
	int (*init)(struct cgn_daemon *d);
	void (*fini)(struct cgn_daemon *d);
};

/* What a daemon that was killed has left is removed before free pages are counted. */
static int
find_hugefiles(struct cgn_daemon *d)
{
	int rc;

	if (!d->conf->dpdk.multi_process)
		return 0;
	rc = cgn_hugefiles_find("/proc/self/mounts", d->conf->node.run_dir, d->huge_dir,
		sizeof(d->huge_dir));
	if (rc == 0)
		rc = cgn_hugefiles_init(d->huge_dir, d->err, sizeof(d->err));
	else
		snprintf(d->err, sizeof(d->err),
			"dpdk.multi_process needs a hugetlbfs: %s, mount one with "
			"\"mount "
			"-t hugetlbfs none /dev/hugepages\"",
			rc == -ENODEV ? "none is mounted" : strerror(-rc));
	if (rc)
		d->huge_dir[0] = '\0';
	return rc;
}

static int
init_dpdk(struct cgn_daemon *d)
{
	int rc = find_hugefiles(d);

	if (rc == 0)
		rc = cgn_preflight(d->conf, d->err, sizeof(d->err));
	if (rc == 0)
		rc = cgn_eal_init(d->conf, d->huge_dir, d->err, sizeof(d->err));
	if (rc && d->huge_dir[0])
		cgn_hugefiles_fini(d->huge_dir);
	return rc;
}

static void
fini_dpdk(struct cgn_daemon *d)
{
	cgn_eal_fini(d->conf->node.run_dir);
	if (d->huge_dir[0])
		cgn_hugefiles_fini(d->huge_dir);
}

static void
emit(void *ctx, struct rte_mbuf *m, uint16_t port)
{
	cgn_daemon_send(ctx, port, m);
}

static void
hand(void *ctx, struct rte_mbuf *m, uint16_t worker)
{
	cgn_daemon_hand(ctx, worker, m);
}

static int
init_host(struct cgn_daemon *d)
{
	struct cgn_wire wire = { .emit = emit,
		.hand = hand,
		.ctx = d,
		.pool = d->own_pool,
		.stats = &d->stats };

	d->host = cgn_host_create(&wire);
	if (!d->host) {
		snprintf(d->err, sizeof(d->err), "neighbours: out of memory");
		return -ENOMEM;
	}
	cgn_host_timer(d->host, cgn_runtime_ms(&d->rt, rte_get_tsc_cycles()));
	cgn_host_snapshot(d->host, d->snap);
	return 0;
}

static void
fini_host(struct cgn_daemon *d)
{
	cgn_host_destroy(d->host);
	d->host = NULL;
}

/* Owner group of the command socket; (gid_t)-1: the process's own. */
static int
find_group(struct cgn_daemon *d, gid_t *gid)
{
	const char *name = d->conf->node.group;
	struct group *group;

	*gid = (gid_t)-1;
	if (!name || !name[0])
		return 0;
	group = getgrnam(name);
	if (!group) {
		snprintf(d->err, sizeof(d->err), "node.group: there is no group \"%s\"",
			name);
		return -ENOENT;
	}
	*gid = group->gr_gid;
	return 0;
}

static int
init_commands(struct cgn_daemon *d)
{
	gid_t gid;
	int rc = find_group(d, &gid);

	if (rc)
		return rc;
	return cgn_cmd_server_create(d->conf->node.run_dir, gid, &cgn_show_handlers, d,
		&d->cmd, d->err, sizeof(d->err));
}

static void
fini_commands(struct cgn_daemon *d)
{
	cgn_cmd_server_destroy(d->cmd);
	d->cmd = NULL;
}

static int
init_logs(struct cgn_daemon *d)
{
	int rc = -ENOMEM;

	d->logs = cgn_log_export_create();
	if (d->logs)
		rc = cgn_log_export_configure(d->logs, d->conf, d->compiler);
	if (rc == 0) {
		cgn_log_rules(
			d->logs, d->snap, cgn_runtime_ms(&d->rt, rte_get_tsc_cycles()));
		return 0;
	}
	snprintf(d->err, sizeof(d->err), "log hosts: out of memory");
	cgn_log_export_destroy(d->logs);
	d->logs = NULL;
	return rc;
}

/* The workers have stopped. */
static void
fini_logs(struct cgn_daemon *d)
{
	cgn_log_export_finish(d->logs, d->snap, d->worker, d->rt.n_workers, d->now_ms);
	cgn_log_export_destroy(d->logs);
	d->logs = NULL;
}

static int
init_metrics(struct cgn_daemon *d)
{
	cgn_telemetry_init(d->conf->node.run_dir);
	return cgn_metric_http_create(&d->conf->metrics, &cgn_show_handlers, d,
		&d->metrics, d->err, sizeof(d->err));
}

static void
fini_metrics(struct cgn_daemon *d)
{
	cgn_metric_http_destroy(d->metrics);
	d->metrics = NULL;
}

static int
init_ready(struct cgn_daemon *d)
{
	cgn_privilege_hurry();
	cgn_privilege_drop(d->privileges);
	clock_gettime(CLOCK_REALTIME, &d->started);
	d->start_ms = d->now_ms = cgn_runtime_ms(&d->rt, rte_get_tsc_cycles());
	cgn_log_release(true);
	cgn_log_event(LOG_INFO, "started: %u ports, %u CPUs", d->n_ports, d->n_cpus);
	sd_notify(0, "READY=1");
	cgn_service_init(d);
	printf("cgnd: ready\n");
	fflush(stdout);
	return 0;
}

static void
fini_ready(struct cgn_daemon *d)
{
	(void)d;
	sd_notify(0, "STOPPING=1");
}

static const struct stage stages[] = {
	{ cgn_rundir_init, cgn_rundir_fini },
	{ cgn_commit_init, cgn_commit_fini },
	{ cgn_signals_init, cgn_signals_fini },
	{ cgn_privilege_init, NULL },
	{ init_dpdk, fini_dpdk },
	{ cgn_devices_init, cgn_devices_fini },
	{ cgn_pdump_init, cgn_pdump_fini },
	{ cgn_boards_init, cgn_boards_fini },
	{ cgn_publish_init, cgn_publish_fini },
	{ init_host, fini_host },
	{ cgn_kernel_init, cgn_kernel_fini },
	{ cgn_routes_init, cgn_routes_fini },
	{ cgn_channels_init, cgn_channels_fini },
	{ cgn_chassis_join, NULL },
	{ init_commands, fini_commands },
	{ init_logs, fini_logs },
	{ init_metrics, fini_metrics },
	{ cgn_announcer_init, cgn_announcer_fini },
	{ cgn_change_init, cgn_change_fini },
	{ cgn_launch_init, cgn_launch_fini },
	{ cgn_vrrp_groups_init, cgn_vrrp_groups_fini },
	{ init_ready, fini_ready },
};

static void
unwind(struct cgn_daemon *d, unsigned n)
{
	while (n-- > 0)
		if (stages[n].fini)
			stages[n].fini(d);
}

int
cgn_start(struct cgn_daemon *d)
{
	cgn_log_hold();
	for (unsigned i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		int rc = stages[i].init(d);

		if (rc == 0)
			continue;
		unwind(d, i);
		cgn_log_release(false);
		if (d->err[0])
			cgn_log(LOG_ERR, "%s", d->err);
		return rc;
	}
	return 0;
}

void
cgn_stop(struct cgn_daemon *d)
{
	unwind(d, sizeof(stages) / sizeof(stages[0]));
}
