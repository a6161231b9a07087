/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NAT events from the workers to the log hosts of their instances, and what concerns the
 * operator at once to the daemon's own events. */
#ifndef CGN_CONTROL_LOG_EXPORT_H
#define CGN_CONTROL_LOG_EXPORT_H

#include "conf/conf.h"
#include "control/compile.h"
#include "control/log_item.h"
#include "dataplane/journal.h"

struct cgn_log_export;

/* What is shown of a log host. */
struct cgn_log_host_view {
	const char *name, *state; /* see cgn_log_udp_state() */
	uint64_t sent, lost;	  /* records; lost: with what the workers' rings lost */
	uint32_t waiting;	  /* datagrams */
};

/* Both clocks, read at the same time. */
struct cgn_log_clock {
	uint64_t now_ms;  /* monotonic, that of the records */
	uint64_t wall_ms; /* since 1970, UTC */
};

/* NULL: out of memory. Control lcore, as all of these. */
struct cgn_log_export *cgn_log_export_create(void);
void cgn_log_export_destroy(struct cgn_log_export *x);

/* Takes hosts and instances from a configuration that has been compiled. A host that is
 * as before keeps its stream and counters. Refers to neither argument afterwards. 0 or
 * -ENOMEM; then nothing has changed. */
int cgn_log_export_configure(struct cgn_log_export *x, const struct cgn_conf *conf,
	const struct cgn_compiler *compiler);

/* Gives a record of a worker to the hosts of its instance; snap: one that knows it. */
void cgn_log_export_record(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	const struct cgn_worker_conf *from, const struct cgn_record *r,
	const struct cgn_log_clock *clock);

/* Gives what concerns the box to all hosts, as far as their format has it; wall_ms of the
 * item is filled in. now_ms: monotonic. */
void cgn_log_export_box(
	struct cgn_log_export *x, struct cgn_log_item *item, uint64_t now_ms);

/* Writes a line of its own to the syslog hosts of an instance; see cgn_log_syslog_note().
 */
void cgn_log_export_note(struct cgn_log_export *x, uint32_t instance, const char *msgid,
	const char *parameters, const struct cgn_log_clock *clock);

/* Marks records that the workers' rings had no room for: total since the start. They may
 * have been any host's, so every stream says so. */
void cgn_log_export_missed(struct cgn_log_export *x, uint64_t total);

/* Sends what is due: a message that is 200 ms old, or all when `all`. Bounded. */
void cgn_log_export_flush(
	struct cgn_log_export *x, const struct cgn_log_clock *clock, bool all);

/* A host by its number; false: there is none. */
bool cgn_log_export_host(
	const struct cgn_log_export *x, uint32_t i, struct cgn_log_host_view *out);

/* Reads the records of all workers, at most so many of each that the control lcore is
 * not held up, and sends what is due. Returns how many there were. */
unsigned cgn_log_export_turn(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *const *worker, unsigned n, uint64_t now_ms);

/* The same at the end, when the workers have stopped: all of it, as far as it goes. */
void cgn_log_export_finish(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *const *worker, unsigned n, uint64_t now_ms);

#endif
