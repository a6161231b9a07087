/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control lcore as the last line card. */
#ifndef CGN_CONTROL_STANDIN_H
#define CGN_CONTROL_STANDIN_H

#include "control/daemon.h"

/* A worker without tables for the control lcore. 0 or -ENOMEM (then there is none). After
 * the workers. */
int cgn_standin_init(struct cgn_daemon *d);
void cgn_standin_fini(struct cgn_daemon *d);

/* Polls the queues that the plan gives to the control lcore, if any; returns how many
 * packets there were. Once per turn. */
unsigned cgn_standin_turn(struct cgn_daemon *d);

#endif
