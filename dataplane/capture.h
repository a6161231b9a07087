/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of a port, copied as they come in and go out, for the control lcore. */
#ifndef CGN_DATAPLANE_CAPTURE_H
#define CGN_DATAPLANE_CAPTURE_H

#include <pcap/pcap.h>

#include "dataplane/port.h"
#include "dataplane/spool.h"

#define CGN_CAPTURE_SPOOL (2u << 20) /* bytes, for each queue and direction */

/* A frame. */
struct cgn_capture_record {
	uint64_t tsc; /* first: records are merged by it */
	uint32_t len; /* of the frame; bytes of data: what is left of the record */
	uint16_t queue;
	bool out;
	uint8_t data[];
};

/* How much of which frames. The filter is one that cgn_capture_check() has
 * found right, or none (no instructions). */
struct cgn_capture_conf {
	uint32_t snaplen;
	unsigned n_insns;
	const struct bpf_insn *insn; /* copied */
};

struct cgn_capture;

/* Is this a program that a frame can be given to? Pure. */
bool cgn_capture_check(const struct bpf_insn *insn, unsigned n);

/* A capture that has not begun; NULL: out of memory. Control lcore. */
struct cgn_capture *cgn_capture_create(
	const struct cgn_port *port, const struct cgn_capture_conf *conf);

/* Begins: from now on frames are copied. 0, or -ENOMEM or -ENOTSUP, and it has to be
 * stopped nevertheless. Control lcore. */
int cgn_capture_start(
	struct cgn_capture *c, const struct cgn_port *port, bool in, bool out);

/* Ends it; what was copied can still be read. It may be destroyed when all lcores have
 * reported a quiescent state. Control lcore. */
void cgn_capture_stop(struct cgn_capture *c);
void cgn_capture_destroy(struct cgn_capture *c);

/* The oldest frame not later than `until`, and the bytes of its data; NULL: there is
 * none. cgn_capture_release() when it has been read. Control lcore. */
const struct cgn_capture_record *cgn_capture_peek(
	struct cgn_capture *c, uint64_t until, uint32_t *bytes);
void cgn_capture_release(struct cgn_capture *c);

/* Frames that the filter wanted so far, and those among them that found no room. */
uint64_t cgn_capture_seen(const struct cgn_capture *c);
uint64_t cgn_capture_lost(const struct cgn_capture *c);

#endif
