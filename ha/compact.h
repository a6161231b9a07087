/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of dataplane/syncrec.h in the frames of a channel: what they have in common is
 * left out. What comes out is what went in, but for the end of a session, which keeps
 * only what names it. Pure functions; any lcore. */
#ifndef CGN_HA_COMPACT_H
#define CGN_HA_COMPACT_H

#include "dataplane/syncrec.h"

/* Most bytes that a record takes. */
#define CGN_COMPACT_MAX (CGN_SYNCREC_BYTES + 1)

/* What the record before had, in a frame; all zero at the beginning of one. */
struct cgn_compact {
	uint32_t epoch, stamp;
	uint16_t instance;
};

/* Writes a record, whose location goes without saying, and returns how many bytes that
 * took: at most CGN_COMPACT_MAX. */
unsigned cgn_compact_put(
	struct cgn_compact *c, const uint8_t wire[CGN_SYNCREC_BYTES], uint8_t *to);

/* Reads a record of a location from n bytes, and returns how many it took; 0: it is cut
 * off, or not one. Whether its fields make sense is for cgn_syncrec_decode(). */
unsigned cgn_compact_get(struct cgn_compact *c, uint16_t location, const uint8_t *from,
	unsigned n, uint8_t wire[CGN_SYNCREC_BYTES]);

#endif
