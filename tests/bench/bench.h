/* SPDX-License-Identifier: BSD-3-Clause
 *
 * cgnbench: the words that its files share. One scale point (a number of sessions) runs
 * in a child process of its own and comes back as a plain struct cgn_point. */
#ifndef CGN_TESTS_BENCH_BENCH_H
#define CGN_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/stats.h"
#include "dataplane/types.h"

#define CGN_BENCH_POINTS 16  /* figures of one command */
#define CGN_BENCH_RUNS	 101 /* at most */
#define CGN_BENCH_PORTS	 63  /* sessions per user: of the public performance labs */

enum cgn_bench_direction { CGN_BENCH_UP, CGN_BENCH_DOWN, CGN_BENCH_MIX };

/* Backup of the box's state to a second CPU: none, users and blocks, sessions too. */
enum cgn_bench_ha { CGN_BENCH_OFF, CGN_BENCH_WARM, CGN_BENCH_HOT, CGN_BENCH_MODES };

/* What the box reports to a log host. */
enum cgn_bench_logs {
	CGN_BENCH_QUIET,
	CGN_BENCH_BLOCKS,
	CGN_BENCH_SESSIONS,
	CGN_BENCH_LOGS
};

/* Frame size that stands for 64, 594 and 1518 bytes in the ratio 7:4:1. */
#define CGN_BENCH_IMIX 0

struct cgn_bench_options {
	enum cgn_kind kind;
	enum cgn_bench_direction direction;
	uint32_t sessions[CGN_BENCH_POINTS];
	unsigned n_sessions;
	enum cgn_bench_ha ha[CGN_BENCH_MODES];
	unsigned n_ha;
	unsigned size; /* of the IPv4 side's Ethernet frame with FCS; or CGN_BENCH_IMIX */
	double new_percent;
	unsigned handover; /* percent of the bursts that arrive at a line card */
	enum cgn_bench_logs logs;
	bool dump;	/* all sessions are listed all the time */
	bool trace;	/* one runs, of packets that nobody sends */
	bool rfc9693;	/* the tests of connections, behind the others */
	double seconds; /* of wall clock, per run */
	unsigned runs;
	int cpu; /* to run on */
	/* of a box elsewhere, by the direction of what comes in there; NULL: the box is
	 * in this process */
	const char *port[CGN_DIRS];
	unsigned n_ports;
	double rate; /* packets per second that are sent to it; 0: all it takes */
	bool config; /* its configuration is wanted, not figures */
	bool accounting;
	enum cgn_bench_format { CGN_BENCH_TABLE, CGN_BENCH_JSON, CGN_BENCH_CSV } format;
	bool progress;
};

struct cgn_bench_figure {
	double min, median;
};

/* Primitives, cycles per packet (or key, or line). */
struct cgn_floors {
	struct cgn_bench_figure line;	 /* random 64-byte line, 64 in flight */
	struct cgn_bench_figure hash;	 /* rte_hash_lookup_bulk_data, 16-byte keys */
	struct cgn_bench_figure session; /* the same, a 64-byte record touched, written */
	struct cgn_bench_figure
		user; /* the same as session, as many as there are users */
	struct cgn_bench_figure mbuf; /* alloc and free in bulk */
	struct cgn_bench_figure fib4, fib6;
	struct cgn_bench_figure encap;	  /* 40 bytes in front, by copy */
	struct cgn_bench_figure checksum; /* stored delta on two checksums */
};

struct cgn_point {
	uint32_t sessions, users;
	enum cgn_bench_ha ha;
	struct cgn_bench_figure packet; /* cycles per packet */
	struct cgn_bench_figure create; /* cycles per new session */
	double create_worst_us;		/* longest burst while the table was filled */
	double stage[CGN_STAGE_COUNT];	/* cycles per packet that enters the box */
	double tick; /* of these, outside the stages: sweep, replication, messages */
	double card; /* of these, on the line card and for its ring */
	uint64_t packets, lost, disturbed;
	uint64_t records, listed; /* log records, sessions in listings */
	/* RFC 9693; 0: not asked for */
	uint64_t validated;		  /* sessions that carry a packet each way */
	struct cgn_bench_figure teardown; /* cycles per session */
	double teardown_worst_us;	  /* longest turn meanwhile */
	uint64_t capacity;		  /* sessions when the first one was refused */
	uint64_t drop[CGN_DROP_REASONS];
	double bytes_resident, bytes_allocated; /* per session */
	double tsc_hz;
	struct cgn_floors floors;
	double floor_cycles; /* sum of the minima of what the case needs */
	bool hugepages;
};

/* A box behind ports. */
struct cgn_wire_point {
	uint32_t users, open; /* sessions that could be opened */
	double open_per_s;
	double offered, best;		  /* packets per second, most of all runs */
	struct cgn_bench_figure received; /* packets per second */
	double lost;			  /* share of what was sent, mean of the runs */
	double lossless;		  /* packets per second; 0: not asked for */
};

#endif
