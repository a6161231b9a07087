/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sending half of a stream, and its beginning and end.
 *
 * Records are packed into frames; a frame is what is numbered, acknowledged and sent
 * again. It is overdue when a frame that was sent after it has been acknowledged and a
 * round trip with some room for reordering is over, or else after a timeout that doubles
 * with each attempt. What has been sent often and for long is given up, and both ends
 * learn it: this one at once, the other by the number of the oldest frame that is still
 * held.
 *
 * Credit is the number of the first frame for which the other end has no room. It is in
 * acknowledgements and in greetings, so a lost one never stops a stream for ever.
 *
 * One owner. Not handled: congestion of a network; the link is the boxes' own, and the
 * channel's pace is configured. */
#include "ha/stream.h"

#include <stdlib.h>
#include <string.h>

#define RTO_FIRST   200000
#define RTO_MIN	    10000
#define RTO_MAX	    1000000
#define RTO_DOUBLES 4
#define REORDER_MIN 1000

static unsigned
slot(uint64_t seq)
{
	return seq % CGN_WIRE_WINDOW;
}

static struct cgn_stream_frame *
frame_take(struct cgn_stream_pool *pool)
{
	struct cgn_stream_frame *f = pool->free;

	if (f)
		pool->free = f->next;
	else
		f = malloc(sizeof(*f));
	if (f)
		memset(f, 0, offsetof(struct cgn_stream_frame, data));
	return f;
}

static void
frame_give(struct cgn_stream_pool *pool, struct cgn_stream_frame *f)
{
	f->next = pool->free;
	pool->free = f;
}

void
cgn_stream_init(struct cgn_stream *s, uint16_t location, uint32_t id)
{
	memset(s, 0, sizeof(*s));
	s->location = location;
	s->id = id;
	s->base = s->unsent = s->next = s->limit = CGN_STREAM_FIRST;
}

static void
clear(struct cgn_stream_frame **window, struct cgn_stream_pool *pool)
{
	for (unsigned k = 0; k < CGN_WIRE_WINDOW; k++)
		if (window[k]) {
			frame_give(pool, window[k]);
			window[k] = NULL;
		}
}

void
cgn_stream_fini(struct cgn_stream *s, struct cgn_stream_pool *pool)
{
	clear(s->out, pool);
	clear(s->in, pool);
	if (s->open)
		frame_give(pool, s->open);
	s->open = NULL;
}

void
cgn_stream_pool_fini(struct cgn_stream_pool *pool)
{
	while (pool->free) {
		struct cgn_stream_frame *f = pool->free;

		pool->free = f->next;
		free(f);
	}
}

uint64_t
cgn_stream_restart(struct cgn_stream *s, struct cgn_stream_pool *pool, uint32_t id)
{
	uint64_t lost = s->open ? s->open->records : 0;
	struct cgn_stream_count count = s->count;

	for (unsigned k = 0; k < CGN_WIRE_WINDOW; k++)
		lost += s->out[k] ? s->out[k]->records : 0;
	cgn_stream_fini(s, pool);
	cgn_stream_init(s, s->location, id);
	s->count = count;
	s->count.lost += lost;
	return lost;
}

/* ---- filling ---- */

static void
close_frame(struct cgn_stream *s)
{
	s->open->seq = s->next;
	s->out[slot(s->next++)] = s->open;
	s->open = NULL;
}

static bool
open_frame(struct cgn_stream *s, struct cgn_stream_pool *pool, uint64_t now_us)
{
	if (s->next - s->base >= CGN_WIRE_WINDOW)
		return false;
	s->open = frame_take(pool);
	if (!s->open)
		return false;
	s->open->put_us = now_us;
	memset(&s->packing, 0, sizeof(s->packing));
	return true;
}

bool
cgn_stream_put(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const uint8_t record[CGN_SYNCREC_BYTES], uint64_t now_us)
{
	struct cgn_compact before = s->packing;
	uint8_t packed[CGN_COMPACT_MAX];
	unsigned n = 0;

	if (s->open) {
		n = cgn_compact_put(&s->packing, record, packed);
		if (s->open->len + n > pool->frame) {
			s->packing = before;
			close_frame(s);
		}
	}
	if (!s->open) {
		if (!open_frame(s, pool, now_us)) {
			s->count.full++;
			return false;
		}
		n = cgn_compact_put(&s->packing, record, packed);
	}
	memcpy(s->open->data + s->open->len, packed, n);
	s->open->len = (uint16_t)(s->open->len + n);
	s->open->records++;
	return true;
}

/* ---- sending ---- */

struct cgn_stream_frame *
cgn_stream_next(struct cgn_stream *s)
{
	s->missed_from = RTE_MAX(s->missed_from, s->base);
	for (; s->missed && s->missed_from != s->unsent; s->missed_from++) {
		struct cgn_stream_frame *f = s->out[slot(s->missed_from)];

		if (f && f->state == CGN_STREAM_MISSED)
			return f;
	}
	return s->unsent != s->next && s->unsent < s->limit ? s->out[slot(s->unsent)]
							    : NULL;
}

void
cgn_stream_sent(struct cgn_stream *s, struct cgn_stream_frame *f, uint64_t now_us)
{
	if (f->state == CGN_STREAM_UNSENT) {
		s->unsent++;
		f->first_us = now_us;
		s->count.sent += f->records;
	} else {
		s->missed--;
		s->count.resent += f->records;
	}
	f->state = CGN_STREAM_FLIGHT;
	f->order = ++s->order;
	f->sent_us = now_us;
	f->tries++;
	s->check_us = RTE_MIN(s->check_us, now_us + RTO_MIN);
}

static void
forget(struct cgn_stream *s, struct cgn_stream_pool *pool, uint64_t seq)
{
	struct cgn_stream_frame *f = s->out[slot(seq)];

	s->missed -= f->state == CGN_STREAM_MISSED;
	s->out[slot(seq)] = NULL;
	frame_give(pool, f);
	while (s->base != s->unsent && !s->out[slot(s->base)])
		s->base++;
}

/* When a frame under way is overdue. */
static uint64_t
deadline(const struct cgn_stream *s, const struct cgn_stream_frame *f,
	const struct cgn_stream_rtt *rtt)
{
	uint64_t spread = RTE_MAX(rtt->smooth_us / 4, 2 * rtt->var_us);

	if (f->order < s->acked_order && rtt->smooth_us)
		return f->sent_us + rtt->smooth_us +
		       RTE_MAX(spread, (uint64_t)REORDER_MIN);
	return f->sent_us +
	       (cgn_stream_timeout(rtt) << RTE_MIN(f->tries - 1, RTO_DOUBLES));
}

static void
miss(struct cgn_stream *s, struct cgn_stream_frame *f)
{
	if (f->state != CGN_STREAM_FLIGHT)
		return;
	f->state = CGN_STREAM_MISSED;
	s->missed_from = s->missed ? RTE_MIN(s->missed_from, f->seq) : f->seq;
	s->missed++;
}

static bool
hopeless(const struct cgn_stream_frame *f, uint64_t now_us)
{
	return f->tries >= CGN_STREAM_TRIES &&
	       now_us - f->first_us >= CGN_STREAM_GIVE_UP_US;
}

uint64_t
cgn_stream_timer(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_stream_rtt *rtt, uint64_t now_us)
{
	uint64_t lost = 0, first = s->base;

	if (s->open && now_us - s->open->put_us >= CGN_STREAM_FLUSH_US)
		close_frame(s);
	if (now_us < s->check_us)
		return 0;
	s->check_us = UINT64_MAX;
	for (uint64_t q = first; q != s->unsent; q++) {
		struct cgn_stream_frame *f = s->out[slot(q)];
		uint64_t due;

		if (!f || f->state != CGN_STREAM_FLIGHT)
			continue;
		due = deadline(s, f, rtt);
		if (due > now_us) {
			s->check_us = RTE_MIN(s->check_us, due);
		} else if (hopeless(f, now_us)) {
			lost += f->records;
			forget(s, pool, q);
		} else {
			miss(s, f);
		}
	}
	s->count.lost += lost;
	return lost;
}

void
cgn_stream_resume(struct cgn_stream *s)
{
	for (uint64_t q = s->base; q != s->unsent; q++)
		if (s->out[slot(q)])
			miss(s, s->out[slot(q)]);
}

static void
arrived(struct cgn_stream *s, struct cgn_stream_pool *pool, uint64_t seq,
	struct cgn_stream_rtt *rtt, cgn_stream_lag lag, void *ctx, uint64_t now_us)
{
	struct cgn_stream_frame *f = s->out[slot(seq)];

	if (!f)
		return;
	if (f->tries == 1)
		cgn_stream_measure(rtt, now_us - f->sent_us);
	s->acked_order = RTE_MAX(s->acked_order, f->order);
	lag(ctx, now_us - f->put_us, f->records);
	forget(s, pool, seq);
}

bool
cgn_stream_acked(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_wire_ack *ack, struct cgn_stream_rtt *rtt, cgn_stream_lag lag,
	void *ctx, uint64_t now_us)
{
	uint64_t before = s->acked_order, first = s->base, unsent = s->unsent;

	if (ack->taken > unsent)
		return false;
	for (uint64_t q = first; q < ack->taken; q++)
		arrived(s, pool, q, rtt, lag, ctx, now_us);
	for (unsigned n = 0; n < ack->words * 64u; n++) {
		uint64_t q = ack->taken + n;

		if (ack->have[n / 64] >> n % 64 & 1 && q >= s->base && q < unsent)
			arrived(s, pool, q, rtt, lag, ctx, now_us);
	}
	s->limit = RTE_MAX(s->limit, ack->taken + ack->room);
	if (s->acked_order != before)
		s->check_us = now_us;
	return true;
}

bool
cgn_stream_drained(const struct cgn_stream *s)
{
	return !s->open && s->base == s->next;
}

uint64_t
cgn_stream_oldest(const struct cgn_stream *s)
{
	if (s->base != s->next)
		return s->out[slot(s->base)]->put_us;
	return s->open ? s->open->put_us : 0;
}

/* ---- receiving ---- */

void
cgn_stream_hear(
	struct cgn_stream *s, struct cgn_stream_pool *pool, uint32_t id, uint64_t base)
{
	if (s->heard != id) {
		clear(s->in, pool);
		s->heard = id;
		s->taken = s->skip = base;
		s->stored = s->at = 0;
		s->owe = true;
	}
	s->skip = RTE_MAX(s->skip, base);
}

void
cgn_stream_take(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_wire_records *r)
{
	struct cgn_stream_frame *f;

	s->owe = true;
	s->skip = RTE_MAX(s->skip, r->seq - r->held);
	if (r->seq < s->taken ||
		(r->seq - s->taken < CGN_WIRE_WINDOW && s->in[slot(r->seq)])) {
		s->count.duplicate++;
		return;
	}
	f = r->seq - s->taken < CGN_WIRE_WINDOW && r->len <= CGN_STREAM_FRAME_MAX
		    ? frame_take(pool)
		    : NULL;
	if (!f) {
		s->count.early++;
		return;
	}
	f->seq = r->seq;
	f->len = (uint16_t)r->len;
	memcpy(f->data, r->body, r->len);
	s->in[slot(r->seq)] = f;
	s->stored++;
}

/* Delivers what is left of a frame; false: the rest has to wait. */
static bool
give_frame(struct cgn_stream *s, const struct cgn_stream_frame *f,
	cgn_stream_deliver deliver, void *ctx)
{
	uint8_t record[CGN_SYNCREC_BYTES];

	while (s->at < f->len) {
		struct cgn_compact before = s->unpacking;
		unsigned n = cgn_compact_get(&s->unpacking, s->location, f->data + s->at,
			f->len - s->at, record);

		if (!n) {
			s->count.refused++;
			break;
		}
		if (!deliver(ctx, s->location, record)) {
			s->unpacking = before;
			return false;
		}
		s->at += n;
		s->count.received++;
	}
	s->at = 0;
	memset(&s->unpacking, 0, sizeof(s->unpacking));
	return true;
}

/* Frames that will not come: up to the next one that is here, or all. */
static uint64_t
pass(struct cgn_stream *s)
{
	uint64_t n = s->stored ? 1 : s->skip - s->taken;

	s->taken += n;
	s->count.gaps += n;
	return n;
}

uint64_t
cgn_stream_give(struct cgn_stream *s, struct cgn_stream_pool *pool,
	cgn_stream_deliver deliver, void *ctx)
{
	uint64_t gaps = 0, before = s->taken;

	for (;;) {
		struct cgn_stream_frame *f = s->in[slot(s->taken)];

		if (!f && s->taken >= s->skip)
			break;
		if (!f) {
			gaps += pass(s);
			continue;
		}
		if (!give_frame(s, f, deliver, ctx))
			break;
		s->in[slot(s->taken++)] = NULL;
		s->stored--;
		frame_give(pool, f);
	}
	s->owe |= s->taken != before;
	return gaps;
}

void
cgn_stream_tell(const struct cgn_stream *s, struct cgn_wire_ack *ack)
{
	unsigned left = s->stored;

	memset(ack, 0, sizeof(*ack));
	ack->location = s->location;
	ack->stream = s->heard;
	ack->taken = s->taken;
	ack->room = CGN_WIRE_WINDOW;
	for (unsigned n = 0; left && n < CGN_WIRE_WINDOW; n++)
		if (s->in[slot(s->taken + n)]) {
			ack->have[n / 64] |= 1ull << n % 64;
			ack->words = (uint16_t)(n / 64 + 1);
			left--;
		}
}

/* ---- round trips ---- */

void
cgn_stream_measure(struct cgn_stream_rtt *rtt, uint64_t us)
{
	uint64_t off = us > rtt->smooth_us ? us - rtt->smooth_us : rtt->smooth_us - us;

	us = RTE_MAX(us, 1ull);
	if (!rtt->smooth_us) {
		rtt->smooth_us = us;
		rtt->var_us = us / 2;
		return;
	}
	rtt->var_us = (3 * rtt->var_us + off) / 4;
	rtt->smooth_us = RTE_MAX((7 * rtt->smooth_us + us) / 8, 1ull);
}

uint64_t
cgn_stream_timeout(const struct cgn_stream_rtt *rtt)
{
	uint64_t us = rtt->smooth_us + 4 * rtt->var_us;

	if (!rtt->smooth_us)
		return RTO_FIRST;
	return RTE_MIN(RTE_MAX(us, (uint64_t)RTO_MIN), (uint64_t)RTO_MAX);
}
