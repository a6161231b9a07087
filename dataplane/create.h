/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening and closing of mappings and sessions. */
#ifndef CGN_DATAPLANE_CREATE_H
#define CGN_DATAPLANE_CREATE_H

#include "dataplane/worker.h"

/* A flow to be: addresses and ports in network order, of which the outside is not known.
 */
struct cgn_flow {
	uint32_t user;
	rte_be32_t inside, remote;
	rte_be16_t inside_port, remote_port;
	uint8_t proto;
	uint8_t state; /* enum cgn_state after its first packet */
	uint32_t draw; /* a random number, by which a new mapping's port is chosen */
	enum cgn_dir from;
};

enum cgn_class cgn_class_of(uint8_t proto);

/* Owner in the inside keys of a flow or a mapping. Owner. */
uint32_t cgn_inside_owner(
	const struct cgn_worker *w, uint16_t instance, uint8_t proto, uint32_t user);

/* A mapping for the flow's inside port: takes a public port of the user's blocks.
 * CGN_DROP_REASONS, or why not; then nothing has changed. Owner. */
enum cgn_drop cgn_mapping_add(
	struct cgn_worker *w, const struct cgn_flow *f, uint32_t *index);

/* The mapping that an inside port has, if others may share it (a server's always), or
 * CGN_NONE. Owner. */
uint32_t cgn_mapping_find(
	const struct cgn_worker *w, uint16_t instance, const struct cgn_flow *f);

/* A mapping for a server of this user, which stays until `fixed` is cleared and the
 * mapping released. CGN_DROP_REASONS; CGN_DROP_NO_PORT while a user's block has the port;
 * or CGN_DROP_SESSIONS_FULL. Owner. */
enum cgn_drop cgn_mapping_fix(
	struct cgn_worker *w, uint32_t user, const struct cgn_server *s, uint32_t *index);

/* The mapping of a flow that another worker has: with this public port (network order).
 * CGN_DROP_REASONS; CGN_DROP_NO_PORT: the user's blocks do not have the port, or an
 * inside port has another mapping; or CGN_DROP_SESSIONS_FULL. Standby. */
enum cgn_drop cgn_mapping_copy(struct cgn_worker *w, const struct cgn_flow *f,
	rte_be16_t port, bool shared, uint32_t *index);

/* The session of another worker on such a mapping. As cgn_session_add(). Standby. */
enum cgn_drop cgn_session_copy(struct cgn_worker *w, const struct cgn_flow *f,
	uint32_t mapping, uint32_t *index);

/* Removes the mapping, and with the last one its user, unless it has sessions, is fixed,
 * or a connection to it is expected. Owner. */
void cgn_mapping_release(struct cgn_worker *w, uint32_t index);

/* A session on a mapping. CGN_DROP_REASONS, or CGN_DROP_SESSIONS_FULL. Owner. */
enum cgn_drop cgn_session_add(struct cgn_worker *w, const struct cgn_flow *f,
	uint32_t mapping, uint32_t *index);

/* The keys of a record, for the worker's tables (struct cgn_records; owner: the worker).
 * Owner. */
void cgn_session_key_up(const void *owner, uint32_t index, union cgn_key *key);
void cgn_session_key_down(const void *owner, uint32_t index, union cgn_key *key);
void cgn_mapping_key_up(const void *owner, uint32_t index, union cgn_key *key);
void cgn_mapping_key_down(const void *owner, uint32_t index, union cgn_key *key);

/* Ends a session, and what lived only by it. Owner. */
void cgn_session_del(struct cgn_worker *w, uint32_t index);

#endif
