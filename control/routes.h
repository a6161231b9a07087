/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes that routing programs beside the box have put into the kernel become routes of
 * the box. Control lcore. */
#ifndef CGN_CONTROL_ROUTES_H
#define CGN_CONTROL_ROUTES_H

#include "control/compile.h"
#include "control/daemon.h"
#include "control/learn.h"

struct cgn_routes;

/* Stage of the start, behind the taps. 0 or -ENOMEM. */
int cgn_routes_init(struct cgn_daemon *d);
void cgn_routes_fini(struct cgn_daemon *d);

/* Follows the kernel a step further, and begins a change when routes have changed. Once
 * per millisecond. */
void cgn_routes_turn(struct cgn_daemon *d);

/* What has been learnt, for a run of the compiler with this configuration: to be freed.
 * NULL: nothing. */
struct cgn_compile_learnt *cgn_routes_list(
	const struct cgn_daemon *d, const struct cgn_conf *conf, uint32_t *n);

/* The routes of the last list are in use, or (used false) they are not and have to be
 * compiled again: the change failed. */
void cgn_routes_applied(struct cgn_daemon *d, bool used);

/* The kernel's table for a VPN by name; 0: there is none. */
uint32_t cgn_routes_table(const struct cgn_conf *conf, const char *vpn);

/* What was learnt; NULL: nothing ever. Its taps are those of the kernel beside the box.
 */
const struct cgn_learn *cgn_routes_learnt(const struct cgn_daemon *d);

#endif
