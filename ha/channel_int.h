/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the channel, and by nobody else. */
#ifndef CGN_HA_CHANNEL_INT_H
#define CGN_HA_CHANNEL_INT_H

#include "ha/channel.h"
#include "ha/stream.h"
#include "ha/wire.h"

#define CGN_CHANNEL_RETIRED 8  /* starts of the peer that are over */
#define CGN_CHANNEL_STAMPS  64 /* greetings whose time is known */
#define CGN_CHANNEL_LAGS    128

struct cgn_channel_entry {
	uint16_t id;
	struct cgn_channel_location ours, theirs;
	bool heard;    /* theirs is set, in this session */
	bool excluded; /* configurations differ in it */
	uint64_t heard_us, heard_number;
	struct cgn_stream stream;
	/* lags: four buckets for each power of two, us */
	uint32_t lag[CGN_CHANNEL_LAGS], lags;
	uint64_t lag_max_us;
};

/* What is known of who sends greetings. */
struct cgn_channel_voice {
	uint64_t boot, challenge, number;
	uint64_t heard_us;
};

struct cgn_channel_prints {
	struct cgn_channel_print *list; /* [CGN_CHANNEL_PRINTS] */
	unsigned n;
	uint64_t hash;
};

/* How far the comparison of configurations is. */
enum cgn_channel_compared { CGN_CHANNEL_UNKNOWN, CGN_CHANNEL_EQUAL, CGN_CHANNEL_LISTED };

struct cgn_channel {
	struct cgn_channel_conf conf;
	uint64_t now_us, turned_us;
	enum cgn_channel_state state;
	uint64_t changed;
	struct cgn_channel_count count;

	/* greetings */
	uint64_t greet_number, greet_due_us, greeted_us, reply_us;
	uint64_t stamp_us[CGN_CHANNEL_STAMPS];
	struct cgn_channel_voice voice; /* believed to be the peer; boot 0: none */
	struct cgn_channel_voice other; /* has yet to prove that it is of today */
	struct cgn_seal_window greet_window;
	uint64_t retired[CGN_CHANNEL_RETIRED];
	unsigned n_retired;
	struct cgn_channel_peer peer;
	uint32_t peer_ms;
	uint64_t odd_us; /* a version that is not understood */

	/* fingerprints */
	struct cgn_channel_prints ours, theirs;
	bool *have; /* of theirs.list[] */
	unsigned missing;
	enum cgn_channel_compared compared;
	unsigned print_next; /* of ours, to be told */
	struct cgn_channel_mismatch *mismatch;
	unsigned n_mismatch;

	/* data */
	uint8_t tx[CGN_SEAL_SECRET], rx[CGN_CHANNEL_KEYS][CGN_SEAL_SECRET];
	uint64_t data_number;
	struct cgn_seal_window data_window;
	int64_t tokens; /* bits */
	uint64_t filled_us;
	struct cgn_stream_rtt rtt;
	struct cgn_stream_pool pool;
	uint32_t streams; /* id of the last one */
	unsigned turn;	  /* entry that is served first */
	unsigned n;
	struct cgn_channel_entry *entry[CGN_CHANNEL_LOCATIONS];
	uint16_t index[UINT16_MAX + 1]; /* of entry[], plus one */
};

static inline struct cgn_channel_entry *
entry_of(const struct cgn_channel *ch, uint16_t location)
{
	unsigned k = ch->index[location];

	return k ? ch->entry[k - 1] : NULL;
}

/* Has the peer been heard lately? */
bool cgn_channel_alive(const struct cgn_channel *ch);
bool cgn_channel_linked(const struct cgn_channel *ch);

/* Works out the state, and what follows from a change. */
void cgn_channel_settle(struct cgn_channel *ch);

/* Begins a session with a peer that has started anew. */
void cgn_channel_session(struct cgn_channel *ch);

/* Keys of the session, from those that are configured. */
void cgn_channel_derive(struct cgn_channel *ch);

/* Seals text[0..len) behind a header and sends it. datagram has room for the header
 * before, and the tag behind the text. */
void cgn_channel_emit(
	struct cgn_channel *ch, uint8_t kind, uint8_t *datagram, unsigned len);

/* A greeting that was opened: len bytes of sections. */
void cgn_channel_hello_input(struct cgn_channel *ch, const struct cgn_wire_head *head,
	const uint8_t *text, unsigned len);
/* Greetings that are due. */
void cgn_channel_hello_turn(struct cgn_channel *ch);

/* Data of this session that was opened. */
void cgn_channel_data_input(struct cgn_channel *ch, const uint8_t *text, unsigned len);
void cgn_channel_data_turn(struct cgn_channel *ch);
void cgn_channel_ack(struct cgn_channel *ch, struct cgn_channel_entry *e,
	const struct cgn_wire_ack *ack);

/* What the peer has configured: the hash of all, then piece by piece. */
void cgn_channel_print_hello(struct cgn_channel *ch, uint64_t hash, unsigned n);
void cgn_channel_print_input(struct cgn_channel *ch, const struct cgn_wire_print *p);
void cgn_channel_print_compare(struct cgn_channel *ch);

#endif
