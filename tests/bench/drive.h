/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clock and the hands of the measurement: batches of frames through the box, timed,
 * and the box's other duties beside them. */
#ifndef CGN_TESTS_BENCH_DRIVE_H
#define CGN_TESTS_BENCH_DRIVE_H

#include "dataplane/msg.h"
#include "tests/bench/box.h"

#define CGN_DRIVE_BATCH (16 * CGN_BURST)
#define CGN_DRIVE_PAGE	1000 /* sessions of a listing that are asked for at once */

struct cgn_drive {
	const struct cgn_bench_options *o;
	struct cgn_point *p;
	struct cgn_traffic t;
	struct cgn_box box;
	uint64_t base_ms; /* the box's time: this, */
	uint64_t worked;  /* and the cycles that it has worked */
	double ms_per_cycle;
	uint64_t longest; /* burst, cycles */
	uint64_t sent, good;
	uint64_t ticks, carded; /* cycles of the last batch: outside the stages, of the
				 * line card */
	uint64_t bursts;
	double stage[CGN_STAGE_COUNT], staged; /* cycles, and packets that were timed */
	bool disturbed;
	unsigned n_out;
	struct cgn_msg page; /* of the listing in progress */
	struct cgn_session_view view[CGN_DRIVE_PAGE];
	struct rte_mbuf *in[CGN_DRIVE_BATCH], *out[4 * CGN_DRIVE_BATCH];
};

/* The box's time in ms, with `more` cycles of work on top. */
uint64_t cgn_drive_ms(const struct cgn_drive *d, uint64_t more);

/* Fills d->in with n empty buffers. 0, or -1 with the reason on stderr. */
int cgn_drive_take(struct cgn_drive *d, unsigned n);

/* Runs the first n frames of d->in through the box, looks at what comes out and frees it;
 * the cycles that the box took. d->disturbed: another thread ran here meanwhile.
 * checksums: of the frames that come out are looked at too. */
uint64_t cgn_drive_pass(struct cgn_drive *d, unsigned n, bool checksums);

/* One turn of the box without a packet, `ms` later; the cycles. */
uint64_t cgn_drive_turn(struct cgn_drive *d, uint64_t ms);

#endif
