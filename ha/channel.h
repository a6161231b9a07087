/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channel between two boxes: greetings that say who is there and what it has
 * configured, and for each location a stream of records in each direction. Datagrams of
 * UDP, sealed; whoever owns the channel sends and receives them. See doc/ha.md.
 *
 * One owner. Time is a parameter: µs, monotonic, never 0. */
#ifndef CGN_HA_CHANNEL_H
#define CGN_HA_CHANNEL_H

#include "dataplane/syncrec.h"
#include "ha/role.h"
#include "ha/seal.h"

#define CGN_CHANNEL_UDP	      6785 /* port, both of the sender and of the receiver */
#define CGN_CHANNEL_KEYS      4	   /* the first seals, all open */
#define CGN_CHANNEL_LOCATIONS 256
#define CGN_CHANNEL_PRINTS    1024

/* Payload of the largest datagram: passes wherever IPv6 does (RFC 8200 5), so that no
 * path has to be probed and none can swallow only the large ones. */
#define CGN_CHANNEL_DATAGRAM	 1232
#define CGN_CHANNEL_DATAGRAM_MIN 508 /* of a port with an MTU of 576 or less */

enum cgn_channel_state {
	CGN_CHANNEL_DOWN,	/* nothing is heard */
	CGN_CHANNEL_CONNECTING, /* something is, but not both ways, or not understood */
	CGN_CHANNEL_MISMATCH,	/* both ways, and configurations differ */
	CGN_CHANNEL_UP
};

/* Whose fingerprint. Numbers are part of the format: only ever add. */
enum cgn_channel_kind {
	CGN_CHANNEL_PRINT_LOCATION = 1, /* all that a location needs; name: its id */
	CGN_CHANNEL_PRINT_GROUP = 2,
	CGN_CHANNEL_PRINT_INSTANCE = 3,
	CGN_CHANNEL_PRINT_POOL = 4,
	CGN_CHANNEL_PRINT_GLOBAL = 5,
};

/* What is said of a location. */
struct cgn_channel_location {
	uint8_t role; /* enum cgn_role */
	uint8_t priority;
	bool ready;	/* may become master without loss */
	bool asks;	/* the other one is to give way */
	bool drains;	/* gives way as soon as all of it is sent */
	uint32_t epoch; /* of the records */
};

struct cgn_channel_print {
	uint8_t kind; /* enum cgn_channel_kind */
	char name[CGN_NAME];
	uint64_t hash;
};

/* A thing that is not the same at both ends. */
struct cgn_channel_mismatch {
	uint8_t kind;
	char name[CGN_NAME];
	bool here, there; /* where it is configured; both: it differs */
};

/* Why datagrams were rejected. */
struct cgn_channel_rejected {
	uint64_t auth;	    /* another key, forged or damaged */
	uint64_t replay;    /* seen before, or of a session that is over */
	uint64_t version;   /* not understood */
	uint64_t malformed; /* cut off, or genuine and wrong */
};

struct cgn_channel_count {
	uint64_t datagrams_sent, datagrams_received, bytes_sent, bytes_received;
	uint64_t sections_skipped; /* of types that a later version has */
	uint64_t paced;		   /* turns in which the pace stopped sending */
	uint64_t restarts;	   /* of the peer, that were noticed */
	struct cgn_channel_rejected rejected;
};

/* Records of a location. */
struct cgn_channel_records {
	uint64_t sent, received, resent;
	uint64_t lost; /* given up here, frames that were given up there */
	uint64_t duplicate, rejected, full;
};

/* From put to acknowledged. */
struct cgn_channel_lag {
	uint64_t now_us; /* age of the oldest that is not acknowledged */
	uint64_t p50_us, p99_us, max_us;
};

struct cgn_channel_peer {
	char node[CGN_NAME]; /* "": never heard */
	uint64_t boot;	     /* another one after each start; 0: never up */
	uint8_t version;
	uint64_t rtt_us;
	bool hears_us;
};

struct cgn_channel_conf {
	struct cgn_seal_key key[CGN_CHANNEL_KEYS];
	unsigned keys;
	uint64_t boot; /* random, another one for each create; not 0 */
	char node[CGN_NAME];
	uint32_t hello_ms;    /* between greetings; 100 if 0 */
	uint32_t dead_hellos; /* so many missed: down; 3 if 0 */
	uint32_t pacing_mbps; /* of all datagrams with records; no bound if 0 */
	uint16_t datagram;    /* payload; CGN_CHANNEL_DATAGRAM if 0 */

	void *ctx;
	/* Sends a datagram; what does not go out counts as lost on the way. */
	void (*send)(void *ctx, const void *datagram, size_t len);
	/* Takes a record that has come; false: no room, it is offered again in a later
	 * turn, and the peer is held back. Each once, in the order of the peer's puts. */
	bool (*deliver)(
		void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES]);
	/* n records of ours (here false) or frames of the peer (here true) are lost. May
	 * be NULL. */
	void (*lost)(void *ctx, uint16_t location, bool here, uint64_t n);
};

struct cgn_channel;

/* A channel that is down and says nothing of any location; conf is copied. NULL: out of
 * memory, or a field of conf is out of range. cgn_seal_init() must have succeeded. */
struct cgn_channel *cgn_channel_create(const struct cgn_channel_conf *conf);
void cgn_channel_destroy(struct cgn_channel *ch);

/* Takes a datagram from the peer's address. */
void cgn_channel_input(
	struct cgn_channel *ch, const void *datagram, size_t len, uint64_t now_us);

/* Does what is due: greetings, acknowledgements, records, what has to be sent again. At
 * least every few ms; time in which it is not called does not count as the peer's
 * silence. */
void cgn_channel_turn(struct cgn_channel *ch, uint64_t now_us);

/* Puts a record of a location; false: try again later. It was said, and the peer has been
 * heard of it. */
bool cgn_channel_put(struct cgn_channel *ch, uint16_t location,
	const uint8_t record[CGN_SYNCREC_BYTES], uint64_t now_us);

/* Says something of a location, with the next greeting, which is soon when this is news.
 * 0, -ENOSPC or -ENOMEM. l NULL: nothing any more; its stream ends. */
int cgn_channel_say(
	struct cgn_channel *ch, uint16_t location, const struct cgn_channel_location *l);

/* What the peer says of a location that is said here too; NULL: nothing is heard. Valid
 * until the next input or turn. */
const struct cgn_channel_location *cgn_channel_heard(
	const struct cgn_channel *ch, uint16_t location);

/* When it was heard last, µs; 0: never. */
uint64_t cgn_channel_heard_us(const struct cgn_channel *ch, uint16_t location);

/* Says what is configured: at most CGN_CHANNEL_PRINTS. 0 or -E2BIG. */
int cgn_channel_print(
	struct cgn_channel *ch, const struct cgn_channel_print *print, unsigned n);

/* Other keys, the first to seal with. The session goes on when the peer has that. */
int cgn_channel_rekey(
	struct cgn_channel *ch, const struct cgn_seal_key *key, unsigned keys);

void cgn_channel_pace(struct cgn_channel *ch, uint32_t mbps);

enum cgn_channel_state cgn_channel_state(const struct cgn_channel *ch);
/* down, connecting, config-mismatch, up. */
const char *cgn_channel_state_name(enum cgn_channel_state state);

/* May records of a location be sent: are both ends there, and of one mind about it? */
bool cgn_channel_usable(const struct cgn_channel *ch, uint16_t location);

/* Has the peer taken all that was put? */
bool cgn_channel_drained(const struct cgn_channel *ch, uint16_t location);

/* Does one of the keys open datagrams that say that they are sealed with this one? */
bool cgn_channel_has_key(const struct cgn_channel *ch, uint32_t key);

/* Our own start, as the peer sees it in its cgn_channel_peer(). */
uint64_t cgn_channel_boot(const struct cgn_channel *ch);
const struct cgn_channel_peer *cgn_channel_peer(const struct cgn_channel *ch);
const struct cgn_channel_count *cgn_channel_counts(const struct cgn_channel *ch);
struct cgn_channel_records cgn_channel_records(
	const struct cgn_channel *ch, uint16_t location);
struct cgn_channel_lag cgn_channel_lag(
	const struct cgn_channel *ch, uint16_t location, uint64_t now_us);

/* What differs, n of them; valid until the next input. */
const struct cgn_channel_mismatch *cgn_channel_mismatches(
	const struct cgn_channel *ch, unsigned *n);

/* Location, group, instance, pool, global. */
const char *cgn_channel_kind_name(uint8_t kind);

/* Another number whenever state, peer, mismatches, or what the peer says of a location
 * may be another. */
uint64_t cgn_channel_changed(const struct cgn_channel *ch);

#endif
