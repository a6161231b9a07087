/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Centralized backup at work: instances that leave for another box, and come back. */
#ifndef CGN_CONTROL_SWITCH_H
#define CGN_CONTROL_SWITCH_H

#include <time.h>

#include "control/central.h"
#include "control/daemon.h"
#include "control/query.h"

struct cgn_switch {
	struct cgn_central_state state;
	struct timespec since;	 /* wall clock; 0: never changed */
	bool aging;		 /* its users are to be ended */
	struct cgn_query *query; /* that does it */
	uint64_t aged;		 /* so far */
};

/* CPUs that an instance is bound to: those of its group's locations, their backups and
 * the group's backup_cpus, each once; and how many of them are not up. */
struct cgn_switch_cpus {
	uint32_t total, failed;
};
struct cgn_switch_cpus cgn_switch_count(
	const struct cgn_daemon *d, const struct cgn_conf_instance *instance);

/* 0 or -ENOMEM. */
int cgn_switch_init(struct cgn_daemon *d);
void cgn_switch_fini(struct cgn_daemon *d);

/* Lets every state machine take a step. true: the next snapshot is another one. */
bool cgn_switch_decide(struct cgn_daemon *d);

/* Which instances are switched, by the configuration's index; until the next call. */
const bool *cgn_switch_flags(const struct cgn_daemon *d);

/* The snapshot of the last decision is what all lcores read. */
void cgn_switch_settled(struct cgn_daemon *d);

/* Goes on with ending users. Once per millisecond. */
void cgn_switch_turn(struct cgn_daemon *d);

/* Index in the snapshot of an instance by that of the configuration, or CGN_NONE. */
uint32_t cgn_switch_index(const struct cgn_daemon *d, uint32_t i);

/* What an operator says, about an instance by the configuration's index. 0, or -EPERM
 * with the reason in err. */
int cgn_switch_word(struct cgn_daemon *d, uint32_t i, enum cgn_central_word word,
	char *err, size_t err_size);

#endif
