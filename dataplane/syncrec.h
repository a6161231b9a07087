/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of replication: what the host of a location tells the holder of its copy, in 64
 * bytes that name nothing but configured ids and addresses, so that they mean the same in
 * another process and in another box. See doc/ha.md. */
#ifndef CGN_DATAPLANE_SYNCREC_H
#define CGN_DATAPLANE_SYNCREC_H

#include "dataplane/types.h"

#define CGN_SYNCREC_BYTES   64
#define CGN_SYNCREC_VERSION 1
#define CGN_SYNCREC_SUMS    6 /* in a record of digests */

/* A location's users fall into ranges, with all that they have. */
#define CGN_SYNC_RANGES 256

/* Numbers are part of the format: only ever add. */
enum cgn_syncrec_type {
	CGN_SYNCREC_USER = 1,
	CGN_SYNCREC_USER_DEL = 2, /* with its blocks */
	CGN_SYNCREC_BLOCK = 3,
	CGN_SYNCREC_BLOCK_DEL = 4,
	CGN_SYNCREC_SESSION = 5, /* with its mapping */
	CGN_SYNCREC_SESSION_DEL = 6,
	CGN_SYNCREC_BEGIN = 7, /* of a copy of some ranges */
	CGN_SYNCREC_END = 8,   /* of it: what did not come is gone */
	CGN_SYNCREC_DIGEST = 9,
	CGN_SYNCREC_ASK = 10,	 /* behind all digests: which ranges differ? */
	CGN_SYNCREC_WANT = 11,	 /* the answer, from the standby */
	CGN_SYNCREC_ALG = 12,	 /* what a gateway knows of a session */
	CGN_SYNCREC_ACK = 13,	 /* from the standby: has all users and blocks before */
	CGN_SYNCREC_EXPECT = 14, /* a connection that a gateway waits for */
	CGN_SYNCREC_EXPECT_DEL = 15,
	CGN_SYNCREC_TYPES
};

/* A set of ranges. */
struct cgn_sync_set {
	uint64_t w[CGN_SYNC_RANGES / 64];
};

/* A record, read. Times are ticks, relative; what a type does not have is zero. */
struct cgn_syncrec {
	uint8_t type;	   /* enum cgn_syncrec_type */
	uint16_t location; /* configured id, 1..65535 */
	uint32_t epoch;	   /* of the location */
	uint32_t stamp;	   /* counts the records of an epoch; wraps */
	/* of all objects: whose */
	uint16_t instance; /* configured id */
	uint8_t kind;	   /* enum cgn_kind */
	uint8_t who[16];   /* prefix of the B4; of NAT44: ::ffff:a.b.c.d */
	union {
		struct {
			rte_be32_t outside;
			uint32_t age;
			uint8_t b4[16]; /* DS-Lite: answers go there */
			/* how it gets ports, as when it came */
			uint8_t port_mode; /* enum cgn_port_mode */
			uint8_t extended_times;
			uint16_t block_size, extended_size;
		} user;
		struct {
			uint16_t first, size; /* host order */
			bool served;
			uint32_t age;
		} block;
		struct {
			rte_be32_t inside, outside, remote;
			rte_be16_t inside_port, outside_port, remote_port;
			uint8_t proto;
			uint8_t state; /* enum cgn_state */
			uint8_t from;  /* enum cgn_dir of the first packet */
			bool shared, server;
			uint32_t idle, age;
		} flow; /* server: its mapping is a static forward */
		struct {
			/* its session, of TCP */
			rte_be32_t inside, remote;
			rte_be16_t inside_port, remote_port;
			uint32_t shift; /* of sequence numbers behind all edits */
			uint32_t next;	/* that has not been read */
			/* the last edit, as long as it is not acknowledged */
			uint8_t kind; /* enum cgn_alg_ftp_kind; 0: there is none */
			uint8_t delimiter;
			uint8_t was; /* bytes */
			uint32_t seq;
			rte_be32_t addr;
			uint16_t port; /* host order */
		} alg;
		struct {
			/* the session that has announced it, of TCP */
			rte_be32_t inside, remote;
			rte_be16_t inside_port, remote_port;
			/* the inside host's port, and the public end of it */
			rte_be16_t port, outside_port;
			rte_be32_t outside;
			bool shared;
			uint32_t age; /* since it was announced */
		} expect;
		struct {
			uint32_t id;
			struct cgn_sync_set ranges;
		} copy; /* BEGIN, END, ASK, WANT; ACK, whose id is a stamp */
		struct {
			uint16_t first; /* range */
			uint8_t n;
			uint64_t sum[CGN_SYNCREC_SUMS];
		} digest;
	};
};

/* Writes a record, which must be one that cgn_syncrec_decode() lets through. Any lcore;
 * some 20 ns. */
void cgn_syncrec_encode(const struct cgn_syncrec *r, uint8_t wire[CGN_SYNCREC_BYTES]);

/* Reads a record and checks every field. 0; -EPROTO: another version; -EINVAL: a field
 * has a value that it cannot have; *r is then undefined. -ENOTSUP: a type that only a
 * later version has, of which type, location, epoch and stamp have been read. Any lcore.
 */
int cgn_syncrec_decode(const uint8_t wire[CGN_SYNCREC_BYTES], struct cgn_syncrec *r);

/* The location's id of any record. */
static inline uint16_t
cgn_syncrec_location(const uint8_t wire[CGN_SYNCREC_BYTES])
{
	return (uint16_t)(wire[2] << 8 | wire[3]);
}

/* Keyed hash of an object's key and state, without its times: what two ends add up for
 * each range. wire: of a USER, BLOCK, SESSION, ALG or EXPECT. Any lcore. */
uint64_t cgn_syncrec_hash(const uint8_t wire[CGN_SYNCREC_BYTES], uint64_t seed);

/* Range of a user, 0..CGN_SYNC_RANGES-1. Any lcore. */
unsigned cgn_syncrec_range(const uint8_t who[16], uint64_t seed);

static inline bool
cgn_sync_set_has(const struct cgn_sync_set *set, unsigned range)
{
	return set->w[range / 64] >> range % 64 & 1;
}

static inline void
cgn_sync_set_add(struct cgn_sync_set *set, unsigned range)
{
	set->w[range / 64] |= 1ull << range % 64;
}

static inline unsigned
cgn_sync_set_count(const struct cgn_sync_set *set)
{
	unsigned n = 0;

	for (unsigned k = 0; k < RTE_DIM(set->w); k++)
		n += (unsigned)__builtin_popcountll(set->w[k]);
	return n;
}

#endif
