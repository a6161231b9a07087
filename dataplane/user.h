/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Users: who holds a public address, port blocks and counts against limits. */
#ifndef CGN_DATAPLANE_USER_H
#define CGN_DATAPLANE_USER_H

#include "dataplane/pipeline.h"

/* Who a user is, before it is one. */
struct cgn_who {
	uint16_t instance, location;
	uint16_t scope;	   /* DS-Lite: see cgn_user_key6() */
	uint8_t b4[16];	   /* DS-Lite */
	rte_be32_t inside; /* the ACLs of the outbound rules look at it */
	uint32_t slot;	   /* public address that it must have; CGN_NONE: any */
};

/* The sender of a packet on its way up. */
void cgn_who_up(const struct cgn_burst *b, uint64_t i, struct cgn_who *who);

/* The key of a user, for the worker's table (struct cgn_records; owner: the worker).
 * Owner. */
void cgn_user_key(const void *owner, uint32_t index, union cgn_key *key);

/* CGN_NONE: not known yet. Owner. */
uint32_t cgn_user_find(const struct cgn_worker *w, const struct cgn_who *who);

/* Makes a user: a public address of its location and the first block. CGN_DROP_REASONS,
 * or why not; then nothing has changed. Owner. */
enum cgn_drop cgn_user_add(
	struct cgn_worker *w, const struct cgn_who *who, uint32_t *user);

/* Makes a user that another worker has: with this public address, without blocks.
 * CGN_DROP_REASONS, or CGN_DROP_USERS_FULL. Standby. */
enum cgn_drop cgn_user_copy(
	struct cgn_worker *w, const struct cgn_who *who, uint32_t *user);

/* Removes a user without mappings; its blocks go into quarantine. Owner. */
void cgn_user_del(struct cgn_worker *w, uint32_t user);

/* Lets the user take one more session of this class, or names the limit that forbids it
 * (and counts the discard). Changes nothing but the buckets of the rates, the user's and
 * the board's. Owner. */
enum cgn_drop cgn_user_admit(struct cgn_worker *w, struct cgn_user *u,
	enum cgn_class class, enum cgn_dir from);

/* Takes a port for the user, with another block if its mode allows. draw: a random
 * number, by which it is chosen. 0 and *why, or the port in host order and *block. Owner.
 */
uint16_t cgn_user_port(struct cgn_worker *w, uint32_t user, enum cgn_class class,
	uint32_t draw, uint32_t *block, enum cgn_drop *why);

#endif
