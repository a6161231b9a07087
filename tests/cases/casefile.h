/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet case as it lies in its directory:
 *
 *   case.conf            configuration of the box
 *   in-PORT[@W].pcap     frames that arrive at PORT, polled by worker W (0); the time of
 * a frame is the clock of the box; frames of equal time are one burst out-PORT.pcap
 * frames that must leave, byte by byte, at their time counters             `flow NAME
 * PACKETS BYTES`, `drop NAME N`, `event NAME N`: all others are zero state `at SECONDS
 * users|sessions|mappings|blocks|quarantined N`, and `end SECONDS` vars what the box may
 * choose (marks.h) neighbours           `IFACE ADDRESS MAC`: resolved before the first
 * frame */
#ifndef CGN_TESTS_CASEFILE_H
#define CGN_TESTS_CASEFILE_H

#include <stdint.h>
#include <stdio.h>

#include "dataplane/stats.h"
#include "tests/cases/marks.h"

struct cgn_case_frame {
	uint64_t ms;
	uint16_t len;
	uint8_t *data;
};

struct cgn_case_stream {
	char port[32];
	unsigned worker;
	unsigned n, next;
	struct cgn_case_frame *frame;
};

struct cgn_case_state {
	uint64_t ms;
	char what[16];
	uint64_t n;
};

struct cgn_case_neighbour {
	char iface[32], addr[64], mac[32];
};

#define CGN_CASE_STREAMS 16

struct cgn_case {
	char dir[512];
	unsigned n_in, n_out, n_states, n_neighbours;
	struct cgn_case_stream in[CGN_CASE_STREAMS], out[CGN_CASE_STREAMS];
	struct cgn_case_state state[64];
	struct cgn_case_neighbour neighbour[64];
	struct cgn_marks marks;
	struct cgn_stats counters;
	uint64_t end_ms;
};

/* Reads a directory; 0, or -errno with lines on err. Free with cgn_case_free(). */
int cgn_case_load(struct cgn_case *c, const char *dir, FILE *err);
void cgn_case_free(struct cgn_case *c);

/* The earliest frame that has not been taken yet: its stream, or NULL at the end. */
struct cgn_case_stream *cgn_case_earliest(struct cgn_case *c);

/* The stream of frames that must leave at a port; NULL: none must. */
struct cgn_case_stream *cgn_case_out(struct cgn_case *c, const char *port);

#endif
