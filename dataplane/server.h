/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Servers: inside hosts that the configuration publishes at a public address and port. */
#ifndef CGN_DATAPLANE_SERVER_H
#define CGN_DATAPLANE_SERVER_H

#include "dataplane/worker.h"

/* Makes the mappings of the snapshot's servers stand, and takes down those it does not
 * have any more; looks at a bounded number per call. Worker, with its ticks. */
void cgn_server_step(struct cgn_worker *w);

#endif
