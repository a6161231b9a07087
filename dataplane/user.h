/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Users: who holds a public address, port blocks and counts against limits. */
#ifndef CGN_DATAPLANE_USER_H
#define CGN_DATAPLANE_USER_H

#include "dataplane/pipeline.h"

/* The user of a packet on its way up; CGN_NONE: not known yet. Owner. */
uint32_t cgn_user_find(const struct cgn_burst *b, uint64_t i);

/* Makes the user of a packet on its way up: a public address of its location and the first
 * block. CGN_DROP_REASONS, or why not; then nothing has changed. Owner. */
enum cgn_drop cgn_user_add(struct cgn_burst *b, uint64_t i, uint32_t *user);

/* Removes a user without mappings; its blocks go into quarantine. Owner. */
void cgn_user_del(struct cgn_worker *w, uint32_t user);

/* Lets the user take one more session of this class, or names the limit that forbids it
 * (and counts the discard). Changes nothing but the rate's bucket. Owner. */
enum cgn_drop cgn_user_admit(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	enum cgn_dir from);

/* Takes a port for the user, with another block if its mode allows. 0 and *why, or the
 * port in host order and *block. Owner. */
uint16_t cgn_user_port(struct cgn_worker *w, uint32_t user, enum cgn_class class,
	uint32_t *block, enum cgn_drop *why);

#endif
