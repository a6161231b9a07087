/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Datagrams of the channel between two boxes: a clear header, and sealed sections of a
 * type and a length. A section of an unknown type is skipped, and so is what a later
 * version puts behind the fields of a known one. Pure functions; any lcore. */
#ifndef CGN_HA_WIRE_H
#define CGN_HA_WIRE_H

#include "dataplane/types.h"

#define CGN_WIRE_FORMAT	     1	  /* of header and sealing */
#define CGN_WIRE_VERSION     1	  /* of what is said */
#define CGN_WIRE_VERSION_MIN 1	  /* the oldest that is understood */
#define CGN_WIRE_HEAD	     24	  /* bytes */
#define CGN_WIRE_SECTION     3	  /* bytes before a section: type, length */
#define CGN_WIRE_WINDOW	     1024 /* frames of a stream that are under way */

/* Numbers are part of the format: only ever add. */
enum cgn_wire_kind { CGN_WIRE_GREETING = 1, CGN_WIRE_DATA = 2 };

enum cgn_wire_type {
	CGN_WIRE_HELLO = 1,
	CGN_WIRE_LOCATION = 2,
	CGN_WIRE_FINGERPRINT = 3,
	CGN_WIRE_RECORDS = 4,
	CGN_WIRE_ACK = 5,
};

struct cgn_wire_head {
	uint8_t kind; /* enum cgn_wire_kind */
	uint32_t key;
	uint64_t boot;	 /* random, of the sender's start */
	uint64_t number; /* of the datagram, from 1; greetings and data count apart */
};

struct cgn_wire_hello {
	uint8_t version, version_min;
	uint32_t interval_ms;
	uint64_t challenge; /* to be repeated by who wants to be believed */
	/* the newest that was heard of the other end; 0: nothing */
	uint64_t heard_boot, heard_challenge, heard_number;
	uint32_t heard_us; /* so long ago */
	uint64_t print;	   /* hash of all fingerprints */
	uint16_t prints;
	char node[CGN_NAME];
};

struct cgn_wire_location {
	uint16_t id;
	uint8_t role, priority, flags;
	uint32_t epoch;
	/* the sender's stream: which one, what it still has to give, what comes next */
	uint32_t stream;
	uint64_t base, next;
	/* the other's stream: which one, what has been taken, up to where there is room
	 */
	uint32_t heard_stream;
	uint64_t taken, limit;
	uint64_t sent, received; /* records */
};

struct cgn_wire_print {
	uint16_t index; /* in the list that the hash of all is of */
	uint8_t kind;
	uint64_t hash;
	char name[CGN_NAME];
};

/* A frame of a stream. */
struct cgn_wire_records {
	uint16_t location;
	uint32_t stream;
	uint64_t seq;
	uint16_t held; /* seq - held is the oldest that the sender still has */
	const uint8_t *body;
	unsigned len;
};

struct cgn_wire_ack {
	uint16_t location;
	uint32_t stream;
	uint64_t taken; /* all before it have been delivered */
	uint16_t room;	/* taken + room is the first that finds no room */
	uint16_t words;
	uint64_t have[CGN_WIRE_WINDOW / 64]; /* bit n: taken + n is here */
};

/* Bytes that a section takes, with type and length. */
#define CGN_WIRE_RECORDS_HEAD (CGN_WIRE_SECTION + 16)

/* A datagram being written: text[0..len) of at most size bytes. */
struct cgn_wire_out {
	uint8_t *text;
	unsigned len, size;
};

/* Reads sections one by one. */
struct cgn_wire_in {
	const uint8_t *at, *end;
};

void cgn_wire_put_head(const struct cgn_wire_head *h, uint8_t at[CGN_WIRE_HEAD]);

/* 0; -EINVAL: none of ours; -EPROTO: of another format. */
int cgn_wire_get_head(const uint8_t *datagram, size_t len, struct cgn_wire_head *h);

/* Each writes a section; false: there is no room, and nothing was written. */
bool cgn_wire_put_hello(struct cgn_wire_out *o, const struct cgn_wire_hello *h);
bool cgn_wire_put_location(struct cgn_wire_out *o, const struct cgn_wire_location *l);
bool cgn_wire_put_print(struct cgn_wire_out *o, const struct cgn_wire_print *p);
bool cgn_wire_put_records(struct cgn_wire_out *o, const struct cgn_wire_records *r);
bool cgn_wire_put_ack(struct cgn_wire_out *o, const struct cgn_wire_ack *a);

/* The next section: its type (also one that is unknown), with its body; 0: there is none;
 * -EINVAL: it reaches beyond the end. */
int cgn_wire_next(struct cgn_wire_in *in, const uint8_t **body, unsigned *len);

/* Each reads the body of a section; false: a field has a value that it cannot have. */
bool cgn_wire_get_hello(const uint8_t *body, unsigned len, struct cgn_wire_hello *h);
bool cgn_wire_get_location(
	const uint8_t *body, unsigned len, struct cgn_wire_location *l);
bool cgn_wire_get_print(const uint8_t *body, unsigned len, struct cgn_wire_print *p);
bool cgn_wire_get_records(const uint8_t *body, unsigned len, struct cgn_wire_records *r);
bool cgn_wire_get_ack(const uint8_t *body, unsigned len, struct cgn_wire_ack *a);

#endif
