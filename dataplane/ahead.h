/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that first packets will need, asked for before it is. */
#ifndef CGN_DATAPLANE_AHEAD_H
#define CGN_DATAPLANE_AHEAD_H

#include "dataplane/pipeline.h"

/* Asks for what opening a session for each of these packets (a set, on their way up, with
 * their flows) will read: user, block, ports in use, and the places of the keys. draw:
 * gets for each of them the random number by which its port shall be chosen
 * (cgn_port_take). Changes nothing else. Owner; costs some 100 cycles a packet, and hides
 * six misses of each behind those of the others. */
void cgn_ahead_up(const struct cgn_burst *b, uint64_t mask, uint32_t draw[CGN_BURST]);

#endif
