/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions, mappings, users, port blocks and public addresses: the state that a worker
 * owns, and the calls that change it. */
#ifndef CGN_DATAPLANE_SESSION_H
#define CGN_DATAPLANE_SESSION_H

#include "dataplane/types.h"

struct cgn_worker;

/* States of RFC 6146 3.5.2 for TCP, with the closing states of RFC 7857 2; UDP and ICMP
 * sessions are CGN_STATE_OPEN. A free slot is CGN_STATE_FREE. */
enum cgn_state {
	CGN_STATE_FREE,
	CGN_STATE_OPEN,
	CGN_STATE_SYN_UP,   /* the inside sent a SYN */
	CGN_STATE_SYN_DOWN, /* the outside did */
	CGN_STATE_ESTABLISHED,
	CGN_STATE_FIN_UP,
	CGN_STATE_FIN_DOWN,
	CGN_STATE_FIN_BOTH,
	CGN_STATE_TRANSITORY, /* after a RST */
	CGN_STATES
};

/* The state after a segment with these TCP flags. Pure. */
uint8_t cgn_tcp_next(uint8_t state, enum cgn_dir dir, uint8_t tcp_flags);

/* Whether a segment that took a session from state `before` to `now` begins its idle time
 * anew: always when the state changes or the connection is open, the user's own SYN as
 * well; never what strangers can repeat, or what follows the end. Pure. */
bool cgn_tcp_refreshes(uint8_t before, uint8_t now, enum cgn_dir dir);

/* Which of the instance's timers a state runs on. Pure. */
enum cgn_timer cgn_state_timer(uint8_t state, uint8_t proto);
const char *cgn_state_name(uint8_t state);

/* What the other end of replication knows of an object; see dataplane/sync.h. */
struct cgn_told {
	uint8_t era; /* of the location, in which it got to know; 0: never */
	/* host: when a session was last seen, as was told (of a user: the copy it went
	 * with); standby: the copy with which it came */
	uint8_t mark;
};
#define CGN_TOLD_COPY 15 /* instead of a state: came from the host */

/* One flow, both ways: everything that the rewrite needs, in one cache line. */
struct cgn_session {
	uint32_t mapping; /* first: overwritten when the slot is freed */
	rte_be32_t inside, outside, remote;
	rte_be16_t inside_port, outside_port,
		remote_port; /* ICMP: identifier, remote 0 */
	uint8_t proto;
	uint8_t state; /* enum cgn_state */
	uint32_t user;
	cgn_tick seen; /* last packet that refreshes */
	cgn_tick created;
	/* one's complement sums to add to the checksum of the IP header and of the
	 * transport for UP; DOWN takes the complements */
	uint16_t delta3, delta4;
	uint16_t instance;
	uint8_t location;
	uint8_t kind : 2;	/* enum cgn_kind */
	uint8_t from : 1;	/* enum cgn_dir of the first packet */
	uint8_t spilled : 1;	/* struct cgn_session_count holds a part of the counts */
	uint8_t told_state : 4; /* enum cgn_state, as the standby knows it; CGN_TOLD_COPY
				 */
	/* since the last spill; see cgn_session_counts() */
	uint32_t packets[CGN_DIRS], bytes[CGN_DIRS];
	struct cgn_told told;
	uint16_t alg; /* slot + 1 of its gateway's state; 0: it has none */
} __rte_cache_aligned;
_Static_assert(sizeof(struct cgn_session) == RTE_CACHE_LINE_SIZE, "one line a session");

/* Beside each session: what its own counters could not hold for ever. The sweep, which
 * reads every session each few seconds, moves them here before they run over; a short
 * flow never touches this. */
struct cgn_session_count {
	uint64_t packets[CGN_DIRS], bytes[CGN_DIRS];
};

/* An inside address and port bound to a public one: exists while it has sessions. */
struct cgn_mapping {
	/* of a server: slot of its public address; of other protocols, and of a port that
	 * was taken alone: CGN_NONE; first:
	 * overwritten when the slot is freed */
	uint32_t block;
	rte_be32_t inside, outside;
	rte_be16_t inside_port, outside_port;
	uint32_t user;
	uint32_t sessions;
	uint16_t instance;
	uint8_t proto;
	bool shared; /* endpoint-independent: found by later flows of the inside port */
	bool server; /* a static forward: filters nothing */
	bool fixed : 1;	   /* stays without sessions: a server, while it is configured */
	bool reported : 1; /* its port was taken alone, and that has been reported */
	uint16_t expected; /* slot + 1 of the first connection that is waited for; 0: none
			    */
};

/* A range of ports of one address in the hands of one user. */
struct cgn_block {
	uint32_t next; /* of the user, or in quarantine, or free */
	uint32_t user;
	uint32_t address;     /* slot in the snapshot */
	uint16_t first, size; /* host order */
	uint16_t used[CGN_CLASSES];
	bool served; /* a session has used one of its ports */
	bool ruled;  /* follows from configuration: not reported, no quarantine */
	struct cgn_told told;
	cgn_tick given; /* since when the user has it; later, when quarantine began */
};

/* What a worker keeps of a public address: which ports are in blocks, which in use. */
struct cgn_address {
	uint32_t slot;
	uint32_t free;	      /* ports in no block, and not taken one by one */
	uint32_t quarantined; /* ports that wait, in blocks or one by one */
	uint32_t blocks;      /* of users */
	uint32_t users;
	uint64_t blocked[65536 / 64];
	uint64_t used[CGN_CLASSES][65536 / 64];
	uint64_t fixed[CGN_CLASSES][65536 / 64]; /* of servers */
	/* Ports one by one (mode single); see dataplane/single.c. */
	uint64_t single[65536 / 64];
	struct {
		cgn_tick since; /* the younger ones have been collected */
		uint32_t next;	/* slot, in the ring of addresses with such ports */
		uint32_t n[2];
		uint8_t young; /* which of the two are the younger ones */
		bool listed;
		uint64_t port[2][CGN_CLASSES][65536 / 64];
	} rest;
};

/* Why something was refused to a user. */
enum cgn_discard {
	CGN_DISCARD_SESSIONS,
	CGN_DISCARD_PORTS,
	CGN_DISCARD_RATE,
	CGN_DISCARD_REVERSE,
	CGN_DISCARDS
};

struct cgn_user {
	uint32_t block; /* first of its blocks; first: overwritten when the slot is freed
			 */
	uint16_t instance, location;
	rte_be32_t inside; /* NAT44 */
	uint32_t address;  /* slot of its public address */
	uint32_t sessions[CGN_SESSION_CLASSES], ports[CGN_CLASSES];
	uint32_t mappings, blocks;
	uint32_t reverse[CGN_SESSION_CLASSES]; /* of the sessions: opened from outside */
	uint32_t tokens; /* creation rate: tenths of sessions that may be created now */
	cgn_tick refilled, created;
	uint16_t extended; /* blocks beyond the first */
	uint16_t spare;	   /* blocks without a port in use */
	uint16_t expected; /* data connections that gateways wait for */
	uint8_t kind;
	bool live;
	/* of the instance, when the user came: a change touches new users only */
	uint8_t port_mode, extended_times;
	uint16_t block_size, extended_size;
	uint8_t told_state; /* 1: with all its blocks; CGN_TOLD_COPY */
	struct cgn_told told;
	uint32_t discards[CGN_DISCARDS]; /* they wrap */
	cgn_tick learnt; /* DS-Lite: when the MTU of the way to the B4 was */
	uint32_t commit; /* stamp behind its newest block */
	bool committing; /* its packets wait until the standby has that */
};

/* What packets of established flows need of a user, in an array of its own that is small
 * enough to stay in reach of caches and TLB. */
struct cgn_user_end {
	union cgn_key key;
	uint8_t b4[16]; /* DS-Lite: address of the B4 that was heard last */
} __rte_aligned(32);

#endif
