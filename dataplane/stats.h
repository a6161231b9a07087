/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counters of one worker: written by that worker alone, read by the control lcore at any
 * time (aligned 64-bit words; a sum over workers may be a few packets apart). */
#ifndef CGN_DATAPLANE_STATS_H
#define CGN_DATAPLANE_STATS_H

#include "dataplane/drop.h"
#include "dataplane/types.h"

/* X(id, "name"): the stages of the path, in the order in which they run. */
#define CGN_STAGES(X)                                                                     \
	X(PARSE, "parse")                                                                 \
	X(ROUTE, "route")                                                                 \
	X(CLASSIFY, "classify")                                                           \
	X(STEER, "steer")                                                                 \
	X(REASSEMBLE, "reassemble")                                                       \
	X(DECAP, "decap")                                                                 \
	X(REASSEMBLE_INNER, "reassemble_inner")                                           \
	X(TTL, "ttl")                                                                     \
	X(USER, "user")                                                                   \
	X(SESSION_UP, "session_up")                                                       \
	X(CREATE_UP, "create_up")                                                         \
	X(REWRITE_UP, "rewrite_up")                                                       \
	X(SESSION_DOWN, "session_down")                                                   \
	X(CREATE_DOWN, "create_down")                                                     \
	X(REWRITE_DOWN, "rewrite_down")                                                   \
	X(ENCAP, "encap")                                                                 \
	X(REROUTE, "reroute")                                                             \
	X(FORWARD, "forward")                                                             \
	X(FINISH, "finish")

enum cgn_stage_id {
#define X(id, name) CGN_STAGE_##id,
	CGN_STAGES(X)
#undef X
		CGN_STAGE_COUNT
};

/* X(id, "name"): packets and bytes by what became of them; bytes of the IP packet as it
 * was translated or forwarded, of the whole frame where it crosses a port or a ring */
#define CGN_FLOWS(X)                                                                      \
	X(RX, "received")                                                                 \
	X(TX, "sent")                                                                     \
	X(DS_LITE_UP, "ds_lite_up")                                                       \
	X(DS_LITE_DOWN, "ds_lite_down")                                                   \
	X(NAT44_UP, "nat44_up")                                                           \
	X(NAT44_DOWN, "nat44_down")                                                       \
	X(FORWARDED, "forwarded")                                                         \
	X(HAIRPIN, "hairpin")                                                             \
	X(HANDED, "handed_over")                                                          \
	X(TAKEN, "taken_over")                                                            \
	X(PUNTED, "to_control")                                                           \
	X(ICMP_SENT, "icmp_errors_sent")                                                  \
	X(REASSEMBLED, "reassembled")                                                     \
	X(FRAGMENTED, "fragmented")

enum cgn_flow_id {
#define X(id, name) CGN_FLOW_##id,
	CGN_FLOWS(X)
#undef X
		CGN_FLOW_COUNT
};

/* X(id, "name"): things that happened to tables */
#define CGN_EVENTS(X)                                                                     \
	X(USER_ADD, "users_created")                                                      \
	X(USER_DEL, "users_removed")                                                      \
	X(BLOCK_TAKE, "blocks_taken")                                                     \
	X(BLOCK_GIVE, "blocks_returned")                                                  \
	X(MAPPING_ADD, "mappings_created")                                                \
	X(MAPPING_DEL, "mappings_removed")                                                \
	X(SESSION_ADD, "sessions_created")                                                \
	X(SESSION_DEL, "sessions_removed")                                                \
	X(TABLE_FULL, "table_insert_failures")                                            \
	X(RECORD, "log_records")                                                          \
	X(RECORD_LOST, "log_records_lost")

enum cgn_event_id {
#define X(id, name) CGN_EVENT_##id,
	CGN_EVENTS(X)
#undef X
		CGN_EVENT_COUNT
};

struct cgn_flow_count {
	uint64_t packets, bytes;
};

struct cgn_stats {
	struct cgn_flow_count flow[CGN_FLOW_COUNT];
	uint64_t drop[CGN_DROP_REASONS];
	uint64_t event[CGN_EVENT_COUNT];
	/* every 64th burst is timed */
	uint64_t stage_cycles[CGN_STAGE_COUNT], stage_packets[CGN_STAGE_COUNT];
};

const char *cgn_stage_name(enum cgn_stage_id id);
const char *cgn_flow_name(enum cgn_flow_id id);
const char *cgn_event_name(enum cgn_event_id id);

#endif
