/* SPDX-License-Identifier: BSD-3-Clause
 *
 * SYNs from outside that nobody asked for, held before they are refused. */
#ifndef CGN_DATAPLANE_HELD_H
#define CGN_DATAPLANE_HELD_H

#include "dataplane/pipeline.h"

/* Holds a packet that found no session, if it is an unsolicited SYN, is here for the
 * first time, and there is room; it then leaves the burst. false: it stays. Worker. */
bool cgn_held_add(struct cgn_burst *b, uint64_t i);

/* Runs those whose time is up through the pipeline again. Worker, with its ticks. */
void cgn_held_release(struct cgn_worker *w);

/* Frees what is held. */
void cgn_held_fini(struct cgn_worker *w);

#endif
