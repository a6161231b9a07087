/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When bytes of a TCP stream are replaced, the stream that the receiver sees is one of
 * its own, with its own numbers. Each edit is a range before and a range behind; every
 * number maps monotonously: in front of an edit, behind it, and inside (the n-th byte of
 * one range is the n-th of the other, or its end). Segments are cut and rebuilt by that
 * map alone, so a repeated segment, whole, in parts or joined with others, always carries
 * the same bytes at the same numbers.
 *
 * An edit is kept until the receiver has acknowledged it; then its sender does not repeat
 * it, and only its change of length remains. Pure: no packets, no sessions. */
#include <string.h>

#include "dataplane/edits.h"

static int32_t
distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

void
cgn_edits_begin(struct cgn_edits *e, uint32_t seq)
{
	*e = (struct cgn_edits){ .acked = seq };
}

bool
cgn_edits_room(struct cgn_edits *e)
{
	while (e->n) {
		const struct cgn_edit *first = &e->edit[0];

		if (distance(first->seq + e->shift + first->is, e->acked) < 0)
			break;
		e->shift += (uint32_t)first->is - first->was;
		e->n--;
		memmove(&e->edit[0], &e->edit[1], e->n * sizeof(e->edit[0]));
	}
	return e->n < CGN_EDITS;
}

void
cgn_edits_add(
	struct cgn_edits *e, uint32_t seq, unsigned was, const char *text, unsigned is)
{
	struct cgn_edit *edit = &e->edit[e->n++];

	edit->seq = seq;
	edit->was = (uint8_t)was;
	edit->is = (uint8_t)is;
	memcpy(edit->text, text, is);
}

void
cgn_edits_ack(struct cgn_edits *e, uint32_t ack)
{
	if (distance(e->acked, ack) > 0)
		e->acked = ack;
}

uint32_t
cgn_edits_shift(const struct cgn_edits *e)
{
	uint32_t shift = e->shift;

	for (unsigned k = 0; k < e->n; k++)
		shift += (uint32_t)e->edit[k].is - e->edit[k].was;
	return shift;
}

const struct cgn_edit *
cgn_edits_open(const struct cgn_edits *e)
{
	const struct cgn_edit *last = e->edit + e->n - (e->n > 0);

	if (!e->n || distance(last->seq + last->was + cgn_edits_shift(e), e->acked) >= 0)
		return NULL;
	return last;
}

uint32_t
cgn_edits_forward(const struct cgn_edits *e, uint32_t seq)
{
	uint32_t shift = e->shift;

	for (unsigned k = 0; k < e->n; k++) {
		const struct cgn_edit *edit = &e->edit[k];
		int32_t offset = distance(edit->seq, seq);

		if (offset <= 0)
			break;
		if (offset < edit->was)
			return edit->seq + shift + (uint32_t)RTE_MIN(offset, edit->is);
		shift += (uint32_t)edit->is - edit->was;
	}
	return seq + shift;
}

/* inside: how far inside an edit the number before is, from how far it is behind. */
static uint32_t
back(const struct cgn_edits *e, uint32_t seq,
	uint32_t (*inside)(const struct cgn_edit *, uint32_t))
{
	uint32_t shift = e->shift;

	for (unsigned k = 0; k < e->n; k++) {
		const struct cgn_edit *edit = &e->edit[k];
		int32_t offset = distance(edit->seq + shift, seq);

		if (offset <= 0)
			break;
		if (offset < edit->is)
			return edit->seq + inside(edit, (uint32_t)offset);
		shift += (uint32_t)edit->is - edit->was;
	}
	return seq - shift;
}

/* Not the last byte: behind it there may be more text than before. */
static uint32_t
not_the_end(const struct cgn_edit *edit, uint32_t offset)
{
	return RTE_MIN(offset, edit->was - 1u);
}

static uint32_t
the_end(const struct cgn_edit *edit, uint32_t offset)
{
	RTE_SET_USED(offset);
	return edit->was;
}

uint32_t
cgn_edits_back(const struct cgn_edits *e, uint32_t seq)
{
	return back(e, seq, not_the_end);
}

uint32_t
cgn_edits_back_left(const struct cgn_edits *e, uint32_t seq)
{
	return back(e, seq, the_end);
}

/* The part of an edit in [0, len) of a segment at seq; false: none. */
static bool
overlap(const struct cgn_edit *edit, uint32_t seq, unsigned len, int32_t *from,
	int32_t *to)
{
	int32_t at = distance(seq, edit->seq);

	*from = RTE_MAX(at, 0);
	*to = RTE_MIN(at + edit->was, (int32_t)len);
	return *from < *to;
}

bool
cgn_edits_touch(const struct cgn_edits *e, uint32_t seq, unsigned len)
{
	int32_t from, to;

	for (unsigned k = 0; k < e->n; k++)
		if (overlap(&e->edit[k], seq, len, &from, &to))
			return true;
	return false;
}

/* Replaces the bytes [from, to) of the segment by their part of the edit's text. */
static unsigned
replace(const struct cgn_edit *edit, uint32_t seq, uint8_t *data, unsigned len,
	unsigned from, unsigned to)
{
	unsigned first = from - (unsigned)distance(seq, edit->seq);
	unsigned last = to - (unsigned)distance(seq, edit->seq);

	first = RTE_MIN(first, (unsigned)edit->is);
	last = last == edit->was ? edit->is : RTE_MIN(last, (unsigned)edit->is);
	memmove(data + from + (last - first), data + to, len - to);
	memcpy(data + from, edit->text + first, last - first);
	return len - (to - from) + (last - first);
}

/* From the last to the first, so that the places of those before stay what they were. */
unsigned
cgn_edits_apply(const struct cgn_edits *e, uint32_t seq, uint8_t *data, unsigned len)
{
	unsigned now = len;
	int32_t from, to;

	for (unsigned k = e->n; k--;)
		if (overlap(&e->edit[k], seq, len, &from, &to))
			now = replace(&e->edit[k], seq, data, now, (unsigned)from,
				(unsigned)to);
	return now;
}
