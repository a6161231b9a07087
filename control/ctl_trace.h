/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_TRACE_H
#define CGN_CONTROL_CTL_TRACE_H

#include <jansson.h>
#include <stdio.h>

/** Prints a traced packet: a line of its own, one for each stage, one for its end. */
void cgn_ctl_trace_print(FILE *out, const json_t *packet);

#endif
