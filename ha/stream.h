/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stream of records of one location, in each direction: frames with a sequence of 64
 * bits, acknowledged cumulatively and one by one, sent again after the time that a round
 * trip takes, delivered once and in order, never more under way than the other end has
 * room for. Pure functions over the time that they are told (µs, monotonic). One owner.
 */
#ifndef CGN_HA_STREAM_H
#define CGN_HA_STREAM_H

#include "dataplane/syncrec.h"
#include "ha/compact.h"
#include "ha/wire.h"

#define CGN_STREAM_FRAME_MAX 1408 /* bytes of records */

/* A frame is given up when it was sent so often, over so long a time. */
#define CGN_STREAM_TRIES      20
#define CGN_STREAM_GIVE_UP_US 5000000

/* An open frame waits so long for further records. */
#define CGN_STREAM_FLUSH_US 1000

/* The first frame, so that what counts in 32 bits is found out at once. */
#define CGN_STREAM_FIRST 0xfffffff6ull

enum cgn_stream_state { CGN_STREAM_UNSENT, CGN_STREAM_FLIGHT, CGN_STREAM_MISSED };

struct cgn_stream_frame {
	struct cgn_stream_frame *next; /* of the free ones */
	uint64_t seq, order;
	uint64_t put_us, first_us, sent_us;
	uint16_t len, records, tries;
	uint8_t state; /* enum cgn_stream_state */
	uint8_t data[CGN_STREAM_FRAME_MAX];
};

/* Free frames of all streams of a channel. */
struct cgn_stream_pool {
	struct cgn_stream_frame *free;
	unsigned frame; /* bytes of records in one */
};

/* Round-trip time as in RFC 6298, but with the bounds of a link between two boxes. */
struct cgn_stream_rtt {
	uint64_t smooth_us, var_us; /* 0: not measured yet */
};

struct cgn_stream_count {
	uint64_t sent, received; /* records, each once */
	uint64_t resent;	 /* records in frames that were sent once more */
	uint64_t lost;		 /* records given up here */
	uint64_t gaps;		 /* frames given up at the other end */
	uint64_t duplicate;	 /* frames that came again */
	uint64_t early;		 /* frames for which there was no room */
	uint64_t refused;	 /* records that do not read as such */
	uint64_t full;		 /* records that found no room */
};

struct cgn_stream {
	uint16_t location;
	struct cgn_stream_count count;
	/* to the other end: [base, unsent) is under way, [unsent, next) waits */
	uint32_t id;
	uint64_t base, unsent, next, limit;
	uint64_t order, acked_order;
	unsigned missed;      /* frames to be sent again, */
	uint64_t missed_from; /* none of them before it */
	uint64_t check_us;    /* when a frame may be overdue */
	struct cgn_stream_frame *out[CGN_WIRE_WINDOW];
	struct cgn_stream_frame *open; /* is being filled */
	struct cgn_compact packing;
	/* from the other end */
	uint32_t heard; /* stream that is read; 0: none */
	uint64_t taken, skip;
	bool owe; /* an acknowledgement */
	unsigned stored, at;
	struct cgn_stream_frame *in[CGN_WIRE_WINDOW];
	struct cgn_compact unpacking;
};

/* Takes a record; false: no room now, try again later. */
typedef bool (*cgn_stream_deliver)(
	void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES]);
/* What has been acknowledged, us after it was put. */
typedef void (*cgn_stream_lag)(void *ctx, uint64_t us, unsigned records);

void cgn_stream_init(struct cgn_stream *s, uint16_t location, uint32_t id);
/* Gives all frames back. */
void cgn_stream_fini(struct cgn_stream *s, struct cgn_stream_pool *pool);
void cgn_stream_pool_fini(struct cgn_stream_pool *pool);

/* Forgets what is under way, counts it as lost, and begins a stream with another id.
 * Returns how many records were lost. */
uint64_t cgn_stream_restart(
	struct cgn_stream *s, struct cgn_stream_pool *pool, uint32_t id);

/* ---- sending ---- */

/* Takes a record; false: the window is full. */
bool cgn_stream_put(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const uint8_t record[CGN_SYNCREC_BYTES], uint64_t now_us);

/* Marks what is overdue and gives up what is hopeless; closes the open frame when it has
 * waited long enough. Returns records given up. */
uint64_t cgn_stream_timer(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_stream_rtt *rtt, uint64_t now_us);

/* The frame that is to be sent next, or NULL: what is missing first. */
struct cgn_stream_frame *cgn_stream_next(struct cgn_stream *s);
/* It has been. */
void cgn_stream_sent(struct cgn_stream *s, struct cgn_stream_frame *f, uint64_t now_us);

/* Applies an acknowledgement of this stream; false: it cannot be one. */
bool cgn_stream_acked(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_wire_ack *ack, struct cgn_stream_rtt *rtt, cgn_stream_lag lag,
	void *ctx, uint64_t now_us);

/* The link is there again: all that was under way is sent again. */
void cgn_stream_resume(struct cgn_stream *s);

/* Has all that was put been taken at the other end? */
bool cgn_stream_drained(const struct cgn_stream *s);

/* When the oldest record that is not acknowledged was put; 0: there is none. */
uint64_t cgn_stream_oldest(const struct cgn_stream *s);

/* ---- receiving ---- */

/* What the other end says of its stream: another one is read from its base; what is
 * before its base does not come any more. */
void cgn_stream_hear(
	struct cgn_stream *s, struct cgn_stream_pool *pool, uint32_t id, uint64_t base);

/* Stores a frame of the stream that is read. */
void cgn_stream_take(struct cgn_stream *s, struct cgn_stream_pool *pool,
	const struct cgn_wire_records *r);

/* Delivers what is in order, as far as it is taken. Returns frames that never came. */
uint64_t cgn_stream_give(struct cgn_stream *s, struct cgn_stream_pool *pool,
	cgn_stream_deliver deliver, void *ctx);

/* What has come, for the other end. */
void cgn_stream_tell(const struct cgn_stream *s, struct cgn_wire_ack *ack);

/* ---- round trips ---- */

void cgn_stream_measure(struct cgn_stream_rtt *rtt, uint64_t us);
uint64_t cgn_stream_timeout(const struct cgn_stream_rtt *rtt); /* us */

#endif
