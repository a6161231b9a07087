/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the resolver, and by nobody else. */
#ifndef CGN_CONTROL_RESOLVE_INT_H
#define CGN_CONTROL_RESOLVE_INT_H

#include <string.h>
#include <sys/queue.h>

#include "control/resolve.h"
#include "dataplane/neigh.h"

struct held {
	STAILQ_ENTRY(held) next;
	struct rte_mbuf *m;
};

STAILQ_HEAD(held_list, held);

struct peer {
	TAILQ_ENTRY(peer) all;
	struct cgn_neigh *n;
	uint16_t iface;
	uint8_t state; /* enum cgn_resolve_state */
	uint8_t tries;
	bool gateway;
	bool silent;  /* a gateway: does not answer */
	bool watched; /* a gateway: its answers matter to somebody */
	bool used;    /* since it was confirmed or asked */
	unsigned n_held;
	uint64_t due_ms;       /* something is to be done then */
	uint64_t confirmed_ms; /* 0: never */
	uint64_t used_ms;
	struct held_list held;
};

struct cgn_resolver {
	struct cgn_wire wire;
	const struct cgn_snapshot *snap;
	TAILQ_HEAD(peer_list, peer) peers;
	unsigned incomplete; /* peers in that state */
	uint64_t next_ms, reclaim_ms, defended_ms;
	struct cgn_resolve_stats stats;
	struct held_list free;
	struct held place[CGN_RESOLVE_HELD_ALL];
};

/* Changes the state; nothing is asked. */
void cgn_resolve_enter(
	struct cgn_resolver *r, struct peer *p, enum cgn_resolve_state state);

/* Changes to a state in which the neighbour is asked, and asks. */
void cgn_resolve_start(struct cgn_resolver *r, struct peer *p,
	enum cgn_resolve_state state, uint64_t now_ms);

/* A gateway does not answer any more, or answers again: an event. */
void cgn_resolve_hush(struct cgn_resolver *r, struct peer *p, bool silent);

/* The peer of an entry, made when it is first needed; NULL: out of memory. */
struct peer *cgn_resolve_peer(
	struct cgn_resolver *r, struct cgn_neigh *n, uint64_t now_ms);

/* Drops what waits for a peer, and forgets it. */
void cgn_resolve_forget(struct cgn_resolver *r, struct peer *p);

/* Sends what waits for a peer. */
void cgn_resolve_release(
	struct cgn_resolver *r, struct peer *p, const struct rte_ether_addr *mac);

/* Transmits a frame that may not have been made for want of a buffer. */
void cgn_resolve_emit(
	struct cgn_resolver *r, struct rte_mbuf *m, const struct cgn_iface *f);

static inline bool
is_ip4(const uint8_t key[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(key, mapped, sizeof(mapped)) == 0;
}

static inline rte_be32_t
ip4(const uint8_t key[16])
{
	rte_be32_t addr;

	memcpy(&addr, key + 12, sizeof(addr));
	return addr;
}

#endif
