/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Neighbours as the path sees them: one table per interface, written by the control lcore
 * alone, read by every worker without a lock. The link-layer address and its validity are
 * one 64-bit word, so a reader never sees half of a change. */
#ifndef CGN_DATAPLANE_NEIGH_H
#define CGN_DATAPLANE_NEIGH_H

#include <rte_ether.h>

#include "dataplane/types.h"

#define CGN_NEIGH_VALID (1ull << 63)

struct cgn_neigh {
	uint64_t link; /* atomic: CGN_NEIGH_VALID | MAC, first byte lowest; 0: unresolved
			*/
	uint32_t used; /* atomic flag: set by workers, cleared by the control lcore */
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t iface;
	void *control; /* what the control lcore keeps with it */
};

struct cgn_neigh_table;

/* A table for up to max neighbours; NULL: out of memory. Control lcore. */
struct cgn_neigh_table *cgn_neigh_create(const char *name, uint16_t iface, uint32_t max);
void cgn_neigh_destroy(struct cgn_neigh_table *t);

/* Finds a neighbour, NULL if unknown. Any lcore; does not lock. */
struct cgn_neigh *cgn_neigh_find(const struct cgn_neigh_table *t, const uint8_t addr[16]);

/* Finds or adds (unresolved); NULL when the table is full. Control lcore. A deleted
 * entry's memory stays readable; the caller lets workers pass a quiescent state before
 * it deletes an entry that a snapshot's next hop refers to. */
struct cgn_neigh *cgn_neigh_add(struct cgn_neigh_table *t, const uint8_t addr[16]);
void cgn_neigh_del(struct cgn_neigh_table *t, const uint8_t addr[16]);

/* Makes room for new neighbours of entries that were deleted before the last call: by now
 * every worker has passed a quiescent state since then. Control lcore. */
void cgn_neigh_reclaim(struct cgn_neigh_table *t);

/* Neighbours in the table. Control lcore. */
uint32_t cgn_neigh_count(const struct cgn_neigh_table *t);

/* Visits every entry: *cursor starts at 0; NULL at the end. Control lcore. */
struct cgn_neigh *cgn_neigh_next(const struct cgn_neigh_table *t, uint32_t *cursor);

/* Sets (or, with NULL, clears) the link-layer address. Control lcore. */
void cgn_neigh_set(struct cgn_neigh *n, const struct rte_ether_addr *mac);

/* Reads it; false: unresolved. Any lcore. */
static inline bool
cgn_neigh_mac(const struct cgn_neigh *n, struct rte_ether_addr *mac)
{
	uint64_t link = __atomic_load_n(&n->link, __ATOMIC_ACQUIRE);
	uint64_t bytes = rte_cpu_to_le_64(link);

	__builtin_memcpy(mac, &bytes, sizeof(*mac));
	return link & CGN_NEIGH_VALID;
}

/* Says that a packet was sent to it, so that it is kept fresh. Any lcore. */
static inline void
cgn_neigh_touch(struct cgn_neigh *n)
{
	if (!__atomic_load_n(&n->used, __ATOMIC_RELAXED))
		__atomic_store_n(&n->used, 1, __ATOMIC_RELAXED);
}

/* IPv4 address (network order) as a neighbour key. */
static inline void
cgn_neigh_key4(uint8_t key[16], rte_be32_t addr)
{
	__builtin_memset(key, 0, 10);
	key[10] = key[11] = 0xff;
	__builtin_memcpy(key + 12, &addr, 4);
}

#endif
