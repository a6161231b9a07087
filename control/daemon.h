/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The running daemon: everything that the control lcore owns. One per process; all of it
 * is used on the control lcore alone, except what dataplane/sender.h shares with the
 * workers. */
#ifndef CGN_CONTROL_DAEMON_H
#define CGN_CONTROL_DAEMON_H

#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "control/rest.h"
#include "control/pdump.h"
#include "control/service.h"
#include "control/threshold.h"
#include "control/wall.h"
#include "control/watch.h"
#include "dataplane/lcore.h"
#include "dataplane/port.h"

struct cgn_announcer;
struct cgn_channels;
struct cgn_chassis;
struct cgn_changer;
struct cgn_cmd_server;
struct cgn_commits;
struct cgn_compile_host;
struct cgn_compiler;
struct cgn_host;
struct cgn_kernel;
struct cgn_log_export;
struct cgn_metric_http;
struct cgn_moves_place;
struct cgn_routes;
struct cgn_switch;
struct cgn_vrrp_groups;

#define CGN_ERR 512 /* bytes of a line that says why */

struct cgn_daemon {
	struct cgn_conf *conf;	     /* running */
	const char *conf_path;	     /* of the file that it was started with, absolute */
	struct cgn_changer *changer; /* of conf */
	struct cgn_commits *commits; /* what of it is on the disk */
	struct cgn_rest rest;	     /* of the last change */
	struct cgn_compiler *compiler;
	const struct cgn_snapshot *snap; /* what the workers read */
	struct cgn_compile_host *where;	 /* of conf->locations[] */
	struct cgn_moves_place *place;	 /* of the same, among our own CPUs */
	struct cgn_chassis *chassis;	 /* what the other box makes of them */
	struct cgn_runtime rt;

	/* Worker i is conf->cpus[i] for i < n_cpus, then line card i - n_cpus, which is
	 * conf->dpdk.io_lcores[i - n_cpus]. rt.lcore[i]->worker == worker[i]. */
	struct cgn_worker *worker[CGN_MAX_WORKERS];
	uint16_t n_cpus;
	double load[CGN_MAX_WORKERS]; /* share of busy cycles in the last second, 0..1 */

	/* Physical ports in the order of conf->ports[]; sub-interfaces are left out. */
	struct cgn_port *port;
	uint16_t n_ports;
	struct rte_mempool *port_pool; /* of received packets; NULL: no port needs it */
	struct rte_mempool
		*whole_pool;	      /* of those of drivers of which cgn_port_whole() */
	struct rte_mempool *own_pool; /* of packets that the box makes */

	struct cgn_host *host;		 /* neighbours and what is for the box itself */
	struct cgn_kernel *kernel;	 /* beside the box: taps */
	struct cgn_routes *routes;	 /* learnt from it … */
	struct cgn_announcer *announcer; /* … and told to it */
	struct cgn_channels *channels;	 /* to other boxes */
	struct cgn_cmd_server *cmd;
	struct cgn_log_export *logs;	 /* NAT events to log hosts */
	struct cgn_metric_http *metrics; /* NULL: not wanted */
	struct cgn_threshold_state thresholds;

	struct cgn_worker *standin; /* of the control lcore, when no other is left */
	struct cgn_sender out;	    /* the control lcore as a node of the mesh */
	struct cgn_stats stats;	    /* its own counters */
	struct timespec started;    /* wall clock */
	uint64_t start_ms;	    /* monotonic, when it was ready */
	uint64_t now_ms;	    /* monotonic; of this turn */

	struct cgn_watch watch; /* over the lcores */
	struct cgn_service service;
	struct cgn_pdump pdump;
	struct cgn_wall wall;
	struct cgn_switch *instances; /* centralized backup: of conf->instances[] */
	struct cgn_vrrp_groups *vrrp; /* virtual routers: of conf->vrrp[] */
	uint64_t ports_down;	      /* by monitor groups; bits of port[] */
	uint64_t planned; /* lcores that the plan of queues counts on, a bit each */

	uint64_t privileges; /* that threads keep while running */
	int run_fd, lock_fd, signal_fd;
	char huge_dir[256]; /* of dpdk.multi_process; "": none */
	bool leaving;	    /* a signal has come; what is announced is taken back first */
	bool stop;
	char err[CGN_ERR]; /* why a stage of the start failed */
	struct {
		uint64_t ms, tsc, busy[CGN_MAX_WORKERS];
	} sampled; /* for load[] */
};

/* Puts a new snapshot before the workers, waits until none reads the old one, and returns
 * that one for the caller to free. Control lcore. */
const struct cgn_snapshot *cgn_daemon_publish(
	struct cgn_daemon *d, const struct cgn_snapshot *snap);

/* Waits until every lcore has seen what is published; fences those that never would.
 * Control lcore. */
void cgn_daemon_quiesce(struct cgn_daemon *d);

/* Sends a frame made by the control lcore to a port (index in the snapshot). Takes the
 * packet. Control lcore. */
static inline void
cgn_daemon_send(struct cgn_daemon *d, uint16_t port, struct rte_mbuf *m)
{
	cgn_sender_send(&d->out, port, m);
}

/* Gives a packet with its mark filled to a worker; counted as handover_full when there is
 * no room. Takes the packet. Control lcore. */
void cgn_daemon_hand(struct cgn_daemon *d, uint16_t worker, struct rte_mbuf *m);

/* Runs the control lcore until a signal stops it. */
void cgn_daemon_run(struct cgn_daemon *d);

/* Place in d->port[] of the physical port with this name; d->n_ports: there is none. */
static inline uint16_t
cgn_daemon_port(const struct cgn_daemon *d, const char *name)
{
	uint16_t i = 0;

	while (i < d->n_ports && strcmp(d->port[i].name, name) != 0)
		i++;
	return i;
}

#endif
