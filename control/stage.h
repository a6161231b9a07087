/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages of the daemon's start. Each init has 0 or -errno, with one line in d->err; a
 * fini undoes it and is called only after its init succeeded. Control lcore. */
#ifndef CGN_CONTROL_STAGE_H
#define CGN_CONTROL_STAGE_H

#include "control/daemon.h"

/* The run directory is there and nobody else's; holds the pid file. */
int cgn_rundir_init(struct cgn_daemon *d);
void cgn_rundir_fini(struct cgn_daemon *d);

/* SIGTERM, SIGINT and SIGHUP arrive at d->signal_fd. Before there are threads. */
int cgn_signals_init(struct cgn_daemon *d);
void cgn_signals_fini(struct cgn_daemon *d);

/* Keeps only the privileges that a start with these ports needs, for all threads. */
int cgn_privilege_init(struct cgn_daemon *d);

/* Packet pools and ports. */
int cgn_devices_init(struct cgn_daemon *d);
void cgn_devices_fini(struct cgn_daemon *d);

/* Workers with their tables, the mesh, the plan of queues; no threads yet. */
int cgn_boards_init(struct cgn_daemon *d);
void cgn_boards_fini(struct cgn_daemon *d);

/* A plan of queues that counts on the lcores of the set (a bit each), to be freed; NULL:
 * out of memory (logged). */
struct cgn_plan *cgn_boards_plan(struct cgn_daemon *d, uint64_t alive);

/* Launches an lcore again whose thread is back at EAL; its tables are emptied first. 0 or
 * -errno. */
int cgn_boards_relaunch(struct cgn_daemon *d, uint16_t worker);

/* The first snapshot. */
int cgn_publish_init(struct cgn_daemon *d);
void cgn_publish_fini(struct cgn_daemon *d);

/* The lcores turn. */
int cgn_launch_init(struct cgn_daemon *d);
void cgn_launch_fini(struct cgn_daemon *d);

/* All stages in order, up to and including the line that says ready. 0, or -errno after
 * one line in the log; nothing is left open then. */
int cgn_start(struct cgn_daemon *d);

/* All stages in reverse order: every port, page and file is given back. */
void cgn_stop(struct cgn_daemon *d);

#endif
