/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Synchronous commit: what is new is used when the standby has it. */
#ifndef CGN_DATAPLANE_COMMIT_H
#define CGN_DATAPLANE_COMMIT_H

#include "dataplane/pipeline.h"
#include "dataplane/sync.h"

/* User and blocks as they are now have been sent; told: all of them found room in the
 * ring. Host of the location. */
void cgn_block_commit_begin(struct cgn_worker *w, struct cgn_user *u, bool told);

/* As cgn_block_commit_hold(), of a fragment of a packet, which stays in the burst. */
bool cgn_block_commit_piece(
	const struct cgn_burst *b, uint64_t i, struct rte_mbuf *m, uint16_t port);

/* The standby has all records before this stamp. Host. */
void cgn_block_commit_acked(struct cgn_worker *w, uint16_t location, uint32_t stamp);

/* Lets go what waits no longer. Owner, with each tick. */
void cgn_block_commit_release(struct cgn_worker *w);

/* Frees what waits. */
void cgn_block_commit_forget(struct cgn_worker *w);

#endif
