/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Port blocks and ports of public addresses: who may use which. Owned by one worker. */
#ifndef CGN_DATAPLANE_BLOCK_H
#define CGN_DATAPLANE_BLOCK_H

#include "dataplane/worker.h"

/* Makes an address record empty: ports below 1024 are never given. Control lcore, before
 * it is published, or its owner. */
void cgn_address_init(struct cgn_address *a, uint32_t slot);

/* The same of zeroed memory, most of which is not touched. */
void cgn_address_fresh(struct cgn_address *a, uint32_t slot);

/* Has anything been taken of it since? Owner. */
bool cgn_address_is_used(const struct cgn_address *a);

/* Takes a port (host order, 1..65535) for a server. false: a block has it now. Owner. */
bool cgn_port_reserve(struct cgn_address *a, enum cgn_class class, uint16_t port);
void cgn_port_unreserve(struct cgn_address *a, enum cgn_class class, uint16_t port);

/* Takes a block of `size` ports (1..64512) of a user's address and puts it first in the
 * user's list, unless the address is locked. CGN_DROP_REASONS, or CGN_DROP_NO_BLOCK.
 * Owner. */
enum cgn_drop cgn_block_take(struct cgn_worker *w, uint32_t user, uint16_t size);

/* The same of the block at `first`, of the user's block_size ports, and of no other. */
enum cgn_drop cgn_block_take_at(struct cgn_worker *w, uint32_t user, uint16_t first);

/* Gives the user a block that another worker has chosen, in its place by age (ticks).
 * false: some of its ports are taken, or there is no memory. Standby. */
bool cgn_block_copy(struct cgn_worker *w, uint32_t user, uint16_t first, uint16_t size,
	cgn_tick age, uint32_t *index);

/* Takes a block without ports in use from its user, who stays. Standby. */
void cgn_block_drop(struct cgn_worker *w, struct cgn_user *u, uint32_t index);

/* Gives all blocks of a user back, into quarantine (RFC 6888 REQ-8) unless no session
 * ever used them. All their ports must have been given back. Owner. */
void cgn_block_give_all(struct cgn_worker *w, struct cgn_user *u);

/* Ends the quarantine of blocks whose time has come; a bounded number. Owner. */
void cgn_block_expire(struct cgn_worker *w);

/* Takes a free port of one of the user's blocks: the first from a place on that `draw`, a
 * random number, says (RFC 6056). *block: where it was found. 0: none is free. Host
 * order. Owner. */
uint16_t cgn_port_take(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	uint32_t draw, uint32_t *block);

/* The port that cgn_port_take() would find in this block now; 0: none. Changes nothing.
 * Owner. */
uint16_t cgn_port_guess(const struct cgn_worker *w, const struct cgn_block *blk,
	enum cgn_class class, uint32_t draw);

/* Takes this very port (host order) if one of the user's blocks has it free. Standby. */
bool cgn_port_claim(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	uint16_t port, uint32_t *block);

/* Gives a port back to its block, and the block too when the user has an empty one
 * already. Owner. */
void cgn_port_give(
	struct cgn_worker *w, uint32_t block, enum cgn_class class, uint16_t port);

/* A pseudo-random number; not for keys. Owner. */
static inline uint64_t
cgn_random(struct cgn_worker *w)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

#endif
