/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counters of one worker: written by that worker alone, read by the control lcore at any
 * time (aligned 64-bit words; a sum over workers may be a few packets apart). */
#ifndef CGN_DATAPLANE_STATS_H
#define CGN_DATAPLANE_STATS_H

#include "dataplane/drop.h"
#include "dataplane/types.h"

/* X(id, "name", "what it does"): the stages of the path, in the order in which they run
 */
#define CGN_STAGES(X)                                                                    \
	X(PARSE, "parse", "link header, IPv4 and IPv6 headers, transport ports")         \
	X(ROUTE, "route", "the destination is looked up in the VPN of the packet")       \
	X(CLASSIFY, "classify",                                                          \
		"up, down or plain; what is for the box itself goes to control")         \
	X(STEER, "steer",                                                                \
		"the location, and the CPU that hosts it; others get theirs by ring")    \
	X(REASSEMBLE, "reassemble",                                                      \
		"outer fragments of softwires, fragments of NAT44 and from outside")     \
	X(DECAP, "decap", "the outer header off, the inner one read")                    \
	X(REASSEMBLE_INNER, "reassemble_inner", "fragments inside softwires")            \
	X(TTL, "ttl", "time to live or hop limit used up")                               \
	X(USER, "user", "the user behind a softwire")                                    \
	X(SESSION_UP, "session_up", "sessions of packets from users")                    \
	X(CREATE_UP, "create_up",                                                        \
		"first packets: limits, user, block, port, mapping, session")            \
	X(REWRITE_UP, "rewrite_up",                                                      \
		"new source, checksums, TTL; state and counters of the session")         \
	X(SESSION_DOWN, "session_down", "sessions of packets to public addresses")       \
	X(CREATE_DOWN, "create_down",                                                    \
		"first packets from outside, where a mapping lets them in")              \
	X(REWRITE_DOWN, "rewrite_down",                                                  \
		"new destination, checksums, TTL; state and counters")                   \
	X(ENCAP, "encap", "the tunnel header of the user on")                            \
	X(REROUTE, "reroute", "the new destination is looked up")                        \
	X(FORWARD, "forward", "neighbour, MTU, fragments, hairpin, link header")         \
	X(FINISH, "finish", "dropped packets are freed")

enum cgn_stage_id {
#define X(id, name, text) CGN_STAGE_##id,
	CGN_STAGES(X)
#undef X
		CGN_STAGE_COUNT
};

/* X(id, "name", "what it counts"): packets and bytes by what became of them; bytes of the
 * IP packet as it was translated or forwarded, of the whole frame where it crosses a port
 * or a ring */
#define CGN_FLOWS(X)                                                                     \
	X(RX, "received", "frames from ports")                                           \
	X(TX, "sent", "frames to ports")                                                 \
	X(DS_LITE_UP, "ds_lite_up", "from softwires, translated")                        \
	X(DS_LITE_DOWN, "ds_lite_down", "to softwires, translated")                      \
	X(NAT44_UP, "nat44_up", "from NAT44 users, translated")                          \
	X(NAT44_DOWN, "nat44_down", "to NAT44 users, translated")                        \
	X(FORWARDED, "forwarded", "routed, not translated")                              \
	X(HAIRPIN, "hairpin",                                                            \
		"translated packets to a public address of the box itself")              \
	X(HANDED, "handed_over", "given to the CPU that hosts the location")             \
	X(TAKEN, "taken_over", "taken from another CPU, or run a second time")           \
	X(PUNTED, "to_control",                                                          \
		"given to the control lcore: for the box, or waiting for a neighbour")   \
	X(ICMP_SENT, "icmp_errors_sent", "ICMP errors made by the path")                 \
	X(REASSEMBLED, "reassembled", "datagrams put together from fragments")           \
	X(FRAGMENTED, "fragmented", "packets sent in fragments")

enum cgn_flow_id {
#define X(id, name, text) CGN_FLOW_##id,
	CGN_FLOWS(X)
#undef X
		CGN_FLOW_COUNT
};

/* X(id, "name", "what it counts"): things that happened to tables */
#define CGN_EVENTS(X)                                                                    \
	X(USER_ADD, "users_created", "users that appeared")                              \
	X(USER_DEL, "users_removed", "users that are gone")                              \
	X(BLOCK_TAKE, "blocks_taken", "port blocks given to users")                      \
	X(BLOCK_GIVE, "blocks_returned", "port blocks that came back")                   \
	X(MAPPING_ADD, "mappings_created", "public ports given to inside ports")         \
	X(MAPPING_DEL, "mappings_removed", "public ports that came back")                \
	X(SESSION_ADD, "sessions_created", "sessions opened")                            \
	X(SESSION_DEL, "sessions_removed", "sessions ended")                             \
	X(TABLE_FULL, "table_insert_failures", "entries that found no room in a table")  \
	X(ALG_OPENED, "alg_opened", "control connections that a gateway follows")        \
	X(ALG_FULL, "alg_full",                                                          \
		"control or data connections that found no slot, port or limit left")    \
	X(ALG_UNREADABLE, "alg_unreadable",                                              \
		"segments too large for a gateway, or damaged, passed as they came")     \
	X(ALG_EXPECTED, "alg_expected", "data connections that were announced")          \
	X(ALG_EXPIRED, "alg_expired", "data connections that never came")                \
	X(FTP_TRANSLATED, "ftp_translated", "lines of FTP with a new address or port")   \
	X(FTP_REFUSED, "ftp_refused",                                                    \
		"lines that name an end of somebody else, a port below 1024, or none")   \
	X(FTP_SPLIT, "ftp_split", "lines in more than one segment, passed as they came") \
	X(RECORD, "log_records", "records queued for the log")                           \
	X(RECORD_LOST, "log_records_lost", "records that found the queue full")

enum cgn_event_id {
#define X(id, name, text) CGN_EVENT_##id,
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

/* Names, as keys of documents, and explanations; any lcore. */
const char *cgn_stage_name(enum cgn_stage_id id);
const char *cgn_stage_text(enum cgn_stage_id id);
const char *cgn_flow_name(enum cgn_flow_id id);
const char *cgn_flow_text(enum cgn_flow_id id);
const char *cgn_event_name(enum cgn_event_id id);
const char *cgn_event_text(enum cgn_event_id id);

#endif
