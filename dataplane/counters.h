/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The page doc/counters.md, from the lists that the counters themselves are made of. */
#ifndef CGN_DATAPLANE_COUNTERS_H
#define CGN_DATAPLANE_COUNTERS_H

#include <stdio.h>

/* Writes the page to a stream, whose errors are the caller's business. Any thread. */
void cgn_counters_describe(FILE *out);

#endif
