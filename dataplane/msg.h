/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages from the control lcore to a worker: a page of a dump, or entries to clear. The
 * worker looks at a bounded number of slots per loop, so a table of millions never delays
 * a packet. The sender owns the message and its output array until `done` is set. */
#ifndef CGN_DATAPLANE_MSG_H
#define CGN_DATAPLANE_MSG_H

#include "dataplane/session.h"

enum cgn_msg_op {
	CGN_MSG_SESSIONS,	/* out: struct cgn_session_view */
	CGN_MSG_USERS,		/* out: struct cgn_user_view */
	CGN_MSG_ADDRESSES,	/* out: struct cgn_address_view; filter ignored */
	CGN_MSG_CLEAR_SESSIONS, /* n: how many were cleared */
	CGN_MSG_CLEAR_USERS,	/* with their sessions */
	CGN_MSG_STALE_SESSIONS, /* ends those of stale users; n: how many */
	CGN_MSG_STALE_USERS,	/* ends them; n: how many stay, for they have sessions */
};

enum cgn_role_filter { CGN_ROLES_ANY, CGN_ROLES_ACTIVE, CGN_ROLES_STANDBY };

/* Which entries are meant: all fields that are given must agree. */
struct cgn_filter {
	uint32_t instance; /* index or CGN_NONE */
	uint32_t location; /* index or CGN_NONE */
	uint8_t proto;	   /* 0: any */
	uint8_t role;	   /* enum cgn_role_filter */
	bool has_softwire;
	uint8_t softwire_len; /* bits; no more than identify the user are compared */
	uint8_t softwire[16];
	rte_be32_t inside, inside_mask; /* mask 0: any */
	rte_be32_t outside, outside_mask;
	rte_be32_t remote, remote_mask;
	/* 0: any; of users: outside_port is in one of the blocks, the others are ignored
	 */
	rte_be16_t inside_port, outside_port, remote_port;
};

struct cgn_session_view {
	struct cgn_session s;
	uint8_t softwire[16]; /* DS-Lite */
	uint32_t age, ttl;    /* ticks: since creation, until expiry if nothing comes */
	uint16_t worker;
	struct cgn_session_count count;
};

#define CGN_VIEW_BLOCKS 64

struct cgn_user_view {
	struct cgn_user u;
	uint8_t softwire[16]; /* DS-Lite: the B4 */
	uint32_t age;	      /* ticks */
	rte_be32_t outside;
	uint16_t worker;
	uint16_t n_blocks; /* shown; u.blocks may be more */
	struct cgn_block_view {
		uint16_t first, last; /* host order */
		uint32_t age;	      /* ticks since it was taken */
	} block[CGN_VIEW_BLOCKS];
	struct cgn_block_view held; /* with the filter's outside_port; first 0: none */
};

struct cgn_address_view {
	uint32_t slot, users, ports_blocked, ports_quarantined, blocks;
};

struct cgn_msg {
	uint8_t op; /* enum cgn_msg_op */
	struct cgn_filter filter;
	uint32_t cursor; /* in: where to start (0: beginning); out: where to go on */
	uint32_t max;	 /* records that out holds; a clear stops after max entries */
	uint32_t n;	 /* out: records written or entries cleared */
	bool end;	 /* out: the table has been seen to its end */
	void *out;
	uint32_t done; /* atomic: set with release when the worker has finished */
};

#endif
