/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The record of a packet, in words and as JSON. */
#ifndef CGN_CONTROL_TRACE_TEXT_H
#define CGN_CONTROL_TRACE_TEXT_H

#include "control/daemon.h"
#include "control/json_text.h"
#include "dataplane/trace.h"

#define CGN_TRACE_TEXT (40u << 10) /* bytes of a packet, at most */

/* What a step says, in words. Names are those of the snapshot; where the record is of
 * another one (a change of the configuration came in between) ports are numbers. */
void cgn_trace_text_step(const struct cgn_daemon *d, const struct cgn_trace_record *r,
	const struct cgn_trace_step *s, char *out, size_t size);

/* Adds the JSON object of a packet. round: in order; number: of the packet, from 1; ns:
 * wall clock of the first round, nanoseconds since 1970. */
void cgn_trace_text(struct cgn_json_text *t, const struct cgn_daemon *d,
	const struct cgn_trace_record *const *round, unsigned n, uint64_t number,
	uint64_t ns);

#endif
