/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What follows from the state of the boards. */
#ifndef CGN_CONTROL_SETTLE_H
#define CGN_CONTROL_SETTLE_H

#include "control/daemon.h"

#define CGN_SETTLE_MS 100 /* between two looks at things that only time brings about */

/* Moves locations, lends receive and transmit queues, rescues what is queued for those
 * that have left. Control lcore; waits for quiescent states. */
void cgn_settle(struct cgn_daemon *d);

/* Nothing is queued for the lcore. Control lcore. */
bool cgn_settle_is_drained(const struct cgn_daemon *d, uint16_t worker);

/* Would a location (index in the configuration) be hosted by a CPU of ours if these CPUs,
 * a bit each, were not well? Control lcore. */
bool cgn_settle_survives(const struct cgn_daemon *d, uint32_t location, uint64_t cpus);

/* Where the locations are at the start: every CPU is well. Fills d->where. 0 or -ENOMEM.
 */
int cgn_settle_init(struct cgn_daemon *d);

/* Fills d->where for the locations of a configuration that has just become d->conf: those
 * that have a host keep it. 0 or -ENOMEM. Control lcore. */
int cgn_settle_places(struct cgn_daemon *d);
void cgn_settle_fini(struct cgn_daemon *d);

#endif
