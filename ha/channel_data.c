/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records over the channel: frames of the streams and acknowledgements, within the pace
 * that is configured. What has come is acknowledged in the next turn, with the next
 * datagram. Locations take turns, frame by frame. Owner only. */
#include "ha/channel_int.h"

#include <string.h>

#define TURN_DATAGRAMS 256  /* in one turn */
#define BURST_US       5000 /* of the pace, at once */
#define OVERHEAD       46   /* bytes: Ethernet with its checksum, IPv4, UDP */
#define LAGS_KEPT      100000

/* A datagram that is being filled. */
struct parcel {
	uint8_t datagram[CGN_CHANNEL_DATAGRAM];
	struct cgn_wire_out out;
	unsigned sent;
};

/* ---- input ---- */

static void
give(struct cgn_channel *ch, struct cgn_channel_entry *e)
{
	uint64_t gaps =
		cgn_stream_give(&e->stream, &ch->pool, ch->conf.deliver, ch->conf.ctx);

	if (gaps && ch->conf.lost)
		ch->conf.lost(ch->conf.ctx, e->id, true, gaps);
}

static void
lag(void *ctx, uint64_t us, unsigned records)
{
	struct cgn_channel_entry *e = ctx;
	unsigned high = us < 4 ? 0 : 61u - (unsigned)__builtin_clzll(us);
	unsigned k =
		us < 4 ? (unsigned)us : (high + 1) * 4 + ((unsigned)(us >> high) & 3);

	if (e->lags > LAGS_KEPT) {
		e->lags = 0;
		for (unsigned j = 0; j < CGN_CHANNEL_LAGS; j++)
			e->lags += e->lag[j] /= 2;
	}
	e->lag[RTE_MIN(k, CGN_CHANNEL_LAGS - 1u)] += records;
	e->lags += records;
	e->lag_max_us = RTE_MAX(e->lag_max_us, us);
}

void
cgn_channel_ack(struct cgn_channel *ch, struct cgn_channel_entry *e,
	const struct cgn_wire_ack *ack)
{
	if (ack->stream != e->stream.id)
		return;
	if (!cgn_stream_acked(&e->stream, &ch->pool, ack, &ch->rtt, lag, e, ch->now_us))
		ch->count.rejected.malformed++;
}

static bool
take_records(struct cgn_channel *ch, const uint8_t *body, unsigned len)
{
	struct cgn_wire_records r;
	struct cgn_channel_entry *e;

	if (!cgn_wire_get_records(body, len, &r))
		return false;
	e = entry_of(ch, r.location);
	if (!e || e->excluded || !e->stream.heard || e->stream.heard != r.stream)
		return true;
	cgn_stream_take(&e->stream, &ch->pool, &r);
	give(ch, e);
	return true;
}

static bool
take_ack(struct cgn_channel *ch, const uint8_t *body, unsigned len)
{
	struct cgn_wire_ack ack;
	struct cgn_channel_entry *e;

	if (!cgn_wire_get_ack(body, len, &ack))
		return false;
	e = entry_of(ch, ack.location);
	if (e)
		cgn_channel_ack(ch, e, &ack);
	return true;
}

void
cgn_channel_data_input(struct cgn_channel *ch, const uint8_t *text, unsigned len)
{
	struct cgn_wire_in in = { text, text + len };
	const uint8_t *body;
	unsigned n;
	int type;

	ch->voice.heard_us = ch->now_us;
	while ((type = cgn_wire_next(&in, &body, &n)) > 0) {
		bool good = true;

		if (type == CGN_WIRE_RECORDS)
			good = take_records(ch, body, n);
		else if (type == CGN_WIRE_ACK)
			good = take_ack(ch, body, n);
		else
			ch->count.sections_skipped++;
		ch->count.rejected.malformed += !good;
	}
	ch->count.rejected.malformed += type < 0;
}

/* ---- output ---- */

static void
ship(struct cgn_channel *ch, struct parcel *p)
{
	if (!p->out.len)
		return;
	ch->tokens -= 8ll * (CGN_WIRE_HEAD + p->out.len + CGN_SEAL_TAG + OVERHEAD);
	cgn_channel_emit(ch, CGN_WIRE_DATA, p->datagram, p->out.len);
	p->out.len = 0;
	p->sent++;
}

static void
fill_tokens(struct cgn_channel *ch)
{
	uint32_t mbps = ch->conf.pacing_mbps;
	int64_t most = RTE_MAX((int64_t)mbps * BURST_US, 16ll * CGN_CHANNEL_DATAGRAM);
	uint64_t us = ch->now_us - ch->filled_us;

	ch->filled_us = ch->now_us;
	if (!mbps || us > 1000000)
		ch->tokens = most;
	else
		ch->tokens = RTE_MIN(most, ch->tokens + (int64_t)us * mbps);
}

static void
put_ack(struct cgn_channel *ch, struct parcel *p, struct cgn_channel_entry *e)
{
	struct cgn_wire_ack ack;

	cgn_stream_tell(&e->stream, &ack);
	if (!cgn_wire_put_ack(&p->out, &ack)) {
		ship(ch, p);
		cgn_wire_put_ack(&p->out, &ack);
	}
	e->stream.owe = false;
}

/* The next frame of a location; false: it has none. */
static bool
put_frame(struct cgn_channel *ch, struct parcel *p, struct cgn_channel_entry *e)
{
	struct cgn_stream_frame *f = cgn_stream_next(&e->stream);
	struct cgn_wire_records r;

	if (!f || !e->heard || e->excluded)
		return false;
	r = (struct cgn_wire_records){ .location = e->id,
		.stream = e->stream.id,
		.seq = f->seq,
		.held = (uint16_t)(f->seq - e->stream.base),
		.body = f->data,
		.len = f->len };
	if (!cgn_wire_put_records(&p->out, &r)) {
		ship(ch, p);
		cgn_wire_put_records(&p->out, &r);
	}
	cgn_stream_sent(&e->stream, f, ch->now_us);
	return true;
}

static void
put_frames(struct cgn_channel *ch, struct parcel *p)
{
	unsigned idle = 0;

	while (idle < ch->n && p->sent < TURN_DATAGRAMS) {
		if (ch->conf.pacing_mbps && ch->tokens < 8ll * CGN_CHANNEL_DATAGRAM) {
			ch->count.paced++;
			return;
		}
		if (ch->turn >= ch->n)
			ch->turn = 0;
		idle = put_frame(ch, p, ch->entry[ch->turn++]) ? 0 : idle + 1;
	}
}

void
cgn_channel_data_turn(struct cgn_channel *ch)
{
	struct parcel p;

	fill_tokens(ch);
	if (ch->state < CGN_CHANNEL_MISMATCH)
		return;
	p.sent = 0;
	p.out = (struct cgn_wire_out){ .text = p.datagram + CGN_WIRE_HEAD,
		.size = ch->conf.datagram - CGN_WIRE_HEAD - CGN_SEAL_TAG };
	for (unsigned k = 0; k < ch->n; k++) {
		struct cgn_channel_entry *e = ch->entry[k];
		uint64_t lost =
			cgn_stream_timer(&e->stream, &ch->pool, &ch->rtt, ch->now_us);

		if (lost && ch->conf.lost)
			ch->conf.lost(ch->conf.ctx, e->id, false, lost);
		if (e->stream.stored || e->stream.taken < e->stream.skip)
			give(ch, e);
		if (e->stream.owe && e->stream.heard)
			put_ack(ch, &p, e);
	}
	put_frames(ch, &p);
	ship(ch, &p);
}
