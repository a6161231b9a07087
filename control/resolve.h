/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who has which link-layer address: asks, waits, holds packets meanwhile, keeps what it
 * knows fresh and forgets what nobody needs. Control lcore only. */
#ifndef CGN_CONTROL_RESOLVE_H
#define CGN_CONTROL_RESOLVE_H

#include "control/frame.h"
#include "dataplane/snapshot.h"

struct cgn_resolver;

#define CGN_RESOLVE_HELD     32	  /* packets held per neighbour */
#define CGN_RESOLVE_HELD_ALL 1024 /* and in total */

#define CGN_RESOLVE_RETRANS_MS 1000
#define CGN_RESOLVE_TRIES      3
#define CGN_RESOLVE_FRESH_MS   30000  /* after a confirmation */
#define CGN_RESOLVE_WATCH_MS   1000   /* the same, of a gateway that is watched */
#define CGN_RESOLVE_UNUSED_MS  600000 /* then a neighbour is forgotten */

enum cgn_resolve_state {
	CGN_PEER_INCOMPLETE, /* asked, no answer yet */
	CGN_PEER_REACHABLE,  /* confirmed within CGN_RESOLVE_FRESH_MS */
	CGN_PEER_STALE,	     /* known, not confirmed lately, not used since */
	CGN_PEER_PROBE,	     /* known, being asked for a confirmation */
	CGN_PEER_FAILED,     /* a gateway that does not answer; asked again and again */
};

struct cgn_resolve_stats {
	uint64_t asked;	     /* requests and solicitations sent */
	uint64_t resolved;   /* link-layer addresses learned or changed */
	uint64_t failed;     /* neighbours that never answered */
	uint64_t table_full; /* no room for a neighbour */
	uint64_t conflicts;  /* somebody else claims an address of the box */
	uint64_t held;	     /* packets held now */
};

/* How a link-layer address became known. */
#define CGN_LEARN_CREATE    0x1 /* make an entry: the neighbour talks to the box */
#define CGN_LEARN_OVERRIDE  0x2 /* replace a different address (RFC 4861 7.2.5) */
#define CGN_LEARN_CONFIRMED 0x4 /* it is an answer to a question of the box */

/* NULL: out of memory. wire is copied. */
struct cgn_resolver *cgn_resolve_create(const struct cgn_wire *wire);

/* Frees the resolver and the packets that it holds; the neighbours' tables remain. */
void cgn_resolve_destroy(struct cgn_resolver *r);

/* Goes on with a new snapshot: announces addresses that the one before did not have, asks
 * for its gateways and keeps them. Call it after cgn_compile() before anything else here,
 * while the snapshot before still exists. now_ms: monotonic. */
void cgn_resolve_snapshot(
	struct cgn_resolver *r, const struct cgn_snapshot *snap, uint64_t now_ms);

/* Asks again, gives up, ages: at most once in 100 ms there is something to do, then it
 * visits every neighbour. */
void cgn_resolve_tick(struct cgn_resolver *r, uint64_t now_ms);

/* Sends an IP packet (data starts at its header) to a neighbour of an interface, or holds
 * it until the neighbour has answered. key: IPv4 as ::ffff:a.b.c.d. Takes the packet;
 * what is not sent in the end counts as CGN_DROP_NEIGHBOUR. */
void cgn_resolve_send(struct cgn_resolver *r, uint16_t iface, const uint8_t key[16],
	struct rte_mbuf *m, uint64_t now_ms);

/* Learns from a packet of a neighbour. how: CGN_LEARN_*. Returns false when the address
 * is one of the box: a conflict, logged, and answered by an announcement. */
bool cgn_resolve_learn(struct cgn_resolver *r, uint16_t iface, const uint8_t key[16],
	const struct rte_ether_addr *mac, unsigned how, uint64_t now_ms);

/* Announces all addresses of all interfaces, by gratuitous ARP (RFC 5227 3) and
 * unsolicited advertisements (RFC 4861 7.2.6): when links came up. */
void cgn_resolve_announce(struct cgn_resolver *r);

/* Has a gateway of the snapshot not answered three questions in a row, and nothing since?
 * From the first call on it is watched: asked every second, so that it is known within
 * four. key: IPv4 as ::ffff:a.b.c.d. false for who is no gateway. */
bool cgn_resolve_is_silent(
	const struct cgn_resolver *r, uint16_t iface, const uint8_t key[16]);

const struct cgn_resolve_stats *cgn_resolve_stats(const struct cgn_resolver *r);

struct cgn_resolve_view {
	uint8_t addr[16];
	uint16_t iface;
	enum cgn_resolve_state state;
	bool known, gateway;
	struct rte_ether_addr mac;
	uint64_t age_ms; /* since the last confirmation */
	unsigned held;
};

/* Visits every neighbour. */
void cgn_resolve_foreach(const struct cgn_resolver *r, uint64_t now_ms,
	void (*visit)(void *ctx, const struct cgn_resolve_view *v), void *ctx);

/* "incomplete", "reachable".. */
const char *cgn_resolve_state_name(enum cgn_resolve_state state);

#endif
