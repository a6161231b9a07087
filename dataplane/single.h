/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports one by one, for users without blocks (mode single). Owned by one worker. */
#ifndef CGN_DATAPLANE_SINGLE_H
#define CGN_DATAPLANE_SINGLE_H

#include "dataplane/worker.h"

/* Takes a free port of an address (slot) for a transport, at random over all of it (RFC
 * 6056 3.3.1). 0: none is free. Host order. Owner; looks at a thousand words at worst. */
uint16_t cgn_single_take(struct cgn_worker *w, uint32_t slot, enum cgn_class class);

/* Takes this port (host order), if it is free. Owner. */
bool cgn_single_claim(
	struct cgn_worker *w, uint32_t slot, enum cgn_class class, uint16_t port);

/* Gives it back; to everybody after the quarantine (RFC 6888 REQ-8). Owner. */
void cgn_single_give(
	struct cgn_worker *w, uint32_t slot, enum cgn_class class, uint16_t port);

/* Ends the quarantine of ports whose time has come, of one address per call. Owner. */
void cgn_single_expire(struct cgn_worker *w);

#endif
