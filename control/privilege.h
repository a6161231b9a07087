/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which capabilities of Linux the daemon keeps. */
#ifndef CGN_CONTROL_PRIVILEGE_H
#define CGN_CONTROL_PRIVILEGE_H

#include "conf/conf.h"

/* The capabilities, one bit each, that a start with this configuration needs, or,
 * running, that are needed from then on. Pure. */
uint64_t cgn_privilege_set(const struct cgn_conf *conf, bool running);

/* The calling thread comes before ordinary ones where it shares a processor with them;
 * not allowed, it goes on without. Before cgn_privilege_drop(). */
void cgn_privilege_hurry(void);

/* Keeps only what running needs. Each thread for itself. */
void cgn_privilege_drop(uint64_t set);

#endif
