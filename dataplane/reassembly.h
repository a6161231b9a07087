/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reassembly of fragments, IPv4 and IPv6 alike, in bounded memory. One per worker. */
#ifndef CGN_DATAPLANE_REASSEMBLY_H
#define CGN_DATAPLANE_REASSEMBLY_H

#include "dataplane/worker.h"

/* What fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5). For inner
 * packets of a softwire `from` is the B4, so that two users cannot meet. */
struct cgn_datagram {
	uint8_t from[16], to[16]; /* IPv4: to = source and destination */
	uint32_t id;
	uint16_t scope; /* VPN */
	uint8_t proto, version;
};

struct cgn_fragment {
	uint32_t offset;  /* bytes in the datagram's payload */
	uint16_t payload; /* where the payload starts in the packet's data */
	uint32_t len;	  /* bytes of payload */
	bool more;
	bool outside; /* from a sender that nobody knows */
};

struct cgn_reassembly;

/* Bytes of a table of this size. Pure. */
uint64_t cgn_reassembly_bytes(uint32_t datagrams);

/* Room for `datagrams` at once, of `packets` in all; NULL: out of memory. Half of it is
 * what the outside may use; a sender has 32 datagrams, and a sixteenth of the packets but
 * 64 at least. seed: of the hash. Start-up only. */
struct cgn_reassembly *cgn_reassembly_create(
	uint32_t datagrams, uint32_t packets, uint64_t seed, int socket);
void cgn_reassembly_destroy(struct cgn_reassembly *r);

/* Forgets all datagrams, and frees their fragments if told to. Owner. */
void cgn_reassembly_clear(struct cgn_reassembly *r, bool give_back);

/* Takes a fragment. *whole: the complete datagram, headers of the first fragment before
 * the payload of all, or NULL while parts are missing; the packet is then kept, or freed
 * when the result is a drop reason (CGN_DROP_REASONS: none). *dropped: how many packets
 * went with it. wait_ms: from the first fragment until the datagram is given up; it goes
 * no earlier than datagrams that began before it. Owner. */
enum cgn_drop cgn_reassembly_add(struct cgn_reassembly *r, const struct cgn_datagram *d,
	const struct cgn_fragment *f, struct rte_mbuf *m, uint64_t now_ms,
	uint32_t wait_ms, struct rte_mbuf **whole, uint32_t *dropped);

/* Gives up what has waited too long; returns how many packets were freed. Owner. */
uint32_t cgn_reassembly_expire(struct cgn_reassembly *r, uint64_t now_ms);

/* Packets that are held now. Owner, or a test. */
uint32_t cgn_reassembly_held(const struct cgn_reassembly *r);

#endif
