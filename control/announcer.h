/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Prefixes of what works here are routes of the kernel, for routing programs beside the
 * box to tell the world. Control lcore. */
#ifndef CGN_CONTROL_ANNOUNCER_H
#define CGN_CONTROL_ANNOUNCER_H

#include "control/announce.h"
#include "control/daemon.h"

struct cgn_announcer;

/* Stage of the start: nothing is announced yet. 0 or -ENOMEM. */
int cgn_announcer_init(struct cgn_daemon *d);

/* Takes back whatever is announced. */
void cgn_announcer_fini(struct cgn_daemon *d);

/* Announces what has become ready, and takes back what has gone or is held. Once per
 * millisecond, when locations have been settled. */
void cgn_announcer_turn(struct cgn_daemon *d);

/* Whoever is about to end something says so first, then waits until that is gone from the
 * world: held prefixes are taken back as if the thing had ended already. CPUs: a bit
 * each; what other CPUs would take over stays. instance: by the configuration's index. */
void cgn_announcer_hold_all(struct cgn_daemon *d);
void cgn_announcer_hold_cpus(struct cgn_daemon *d, uint64_t cpus, bool hold);
void cgn_announcer_hold_instance(struct cgn_daemon *d, uint32_t instance, bool hold);

/* Has all that is held been taken back, and routing.withdraw_ms passed since? */
bool cgn_announcer_is_gone(const struct cgn_daemon *d);

/* What is announced now; NULL: nothing ever. VPNs are those of d->snap. */
const struct cgn_announce_list *cgn_announcer_list(const struct cgn_daemon *d);

#endif
