/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stream of TCP in which some bytes have been replaced by others, not always as many:
 * where its numbers are now, and what its segments look like. */
#ifndef CGN_DATAPLANE_EDITS_H
#define CGN_DATAPLANE_EDITS_H

#include "dataplane/types.h"

#define CGN_EDITS     4 /* that are kept; more only when the peer has acknowledged some */
#define CGN_EDIT_TEXT 24 /* bytes */

struct cgn_edit {
	uint32_t seq;	 /* of the first byte, as its sender counts */
	uint8_t was, is; /* bytes replaced, and by how many */
	char text[CGN_EDIT_TEXT];
};

/* Sequence numbers are those of the sender ("before") or of the receiver ("behind"), in
 * host order. */
struct cgn_edits {
	uint32_t shift; /* behind - before, in front of the first edit that is kept */
	uint32_t acked; /* behind: the receiver has all up to here */
	unsigned n;
	struct cgn_edit edit[CGN_EDITS]; /* by place */
};

/* A new stream whose first byte has this number. Pure, like all that follow. */
void cgn_edits_begin(struct cgn_edits *e, uint32_t seq);

/* Is there room for one more? Forgets those that the receiver has acknowledged. */
bool cgn_edits_room(struct cgn_edits *e);

/* Replaces `was` bytes (1..255) at seq (before), behind all earlier edits, by `is` bytes
 * of text (1..CGN_EDIT_TEXT). There must be room. */
void cgn_edits_add(
	struct cgn_edits *e, uint32_t seq, unsigned was, const char *text, unsigned is);

/* The receiver acknowledges this number (behind). */
void cgn_edits_ack(struct cgn_edits *e, uint32_t ack);

/* Number of a byte behind, from the number before. */
uint32_t cgn_edits_forward(const struct cgn_edits *e, uint32_t seq);

/* Number before, from the number behind. Of a byte inside an edit: one that claims no
 * byte which the receiver does not have. */
uint32_t cgn_edits_back(const struct cgn_edits *e, uint32_t seq);

/* The same for the first byte of a range that the receiver has beyond its acknowledgement
 * (RFC 2018 3). */
uint32_t cgn_edits_back_left(const struct cgn_edits *e, uint32_t seq);

/* behind - before, behind all edits. */
uint32_t cgn_edits_shift(const struct cgn_edits *e);

/* The last edit if the receiver has not acknowledged it, or NULL. */
const struct cgn_edit *cgn_edits_open(const struct cgn_edits *e);

/* Does a segment of len bytes at seq (before) hold a part of an edit? */
bool cgn_edits_touch(const struct cgn_edits *e, uint32_t seq, unsigned len);

/* The most bytes by which the edits can make a segment longer. */
#define CGN_EDITS_GROWTH (CGN_EDITS * CGN_EDIT_TEXT)

/* Replaces what of the edits lies in a segment of len bytes at seq (before), in place;
 * returns the new length. The same bytes become the same, however the sender cuts them
 * into segments. data has room for CGN_EDITS_GROWTH bytes more. */
unsigned cgn_edits_apply(
	const struct cgn_edits *e, uint32_t seq, uint8_t *data, unsigned len);

#endif
