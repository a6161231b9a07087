/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The case runner: `runner [--seed N] DIR...` plays packet cases (casefile.h) through the
 * real pipeline and compares what leaves byte by byte and millisecond by millisecond,
 * then all counters, then the tables, and counts the packet buffers. One line per case;
 * exit 0 when all pass. The clock is the time stamps of the frames; nothing sleeps.
 * Single threaded: the workers of a box take turns. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "tests/box/box.h"
#include "tests/cases/casefile.h"
#include "tests/cases/frame.h"

struct run {
	struct cgn_case c;
	struct cgn_box box;
	unsigned failures;
};

#define FAIL(r, ...)                                                                     \
	do {                                                                             \
		(r)->failures++;                                                         \
		fprintf(stderr, "  " __VA_ARGS__);                                       \
		fputc('\n', stderr);                                                     \
	} while (0)

/* ---- what leaves ---- */

static void
compare(struct run *r, const struct cgn_case_stream *s, const uint8_t *got, uint16_t len)
{
	const struct cgn_case_frame *want = &s->frame[s->next];
	uint8_t *filled = malloc(want->len + 1u);

	if (!filled)
		abort();
	memcpy(filled, want->data, want->len);
	if (!cgn_marks_learn(&r->c.marks, want->data, want->len, got, len, stderr))
		FAIL(r, "%s frame %u: the choice of the box does not fit", s->port,
			s->next + 1);
	if (!cgn_marks_fill(&r->c.marks, filled, want->len, stderr)) {
		FAIL(r, "%s frame %u: cannot be filled in", s->port, s->next + 1);
	} else if (want->len != len || memcmp(filled, got, len) != 0) {
		FAIL(r, "%s frame %u differs:", s->port, s->next + 1);
		cgn_frame_diff(stderr, filled, want->len, got, len);
	}
	if (want->ms != r->box.now_ms)
		FAIL(r, "%s frame %u left at %" PRIu64 " ms, wanted %" PRIu64, s->port,
			s->next + 1, r->box.now_ms, want->ms);
	free(filled);
}

static void
sent(void *arg, const char *port, const uint8_t *frame, uint16_t len)
{
	struct run *r = arg;
	struct cgn_case_stream *s = cgn_case_out(&r->c, port);

	/* what the box says when it starts, unless the case is about that */
	if (!r->box.now_ms && !(s && s->next < s->n && !s->frame[s->next].ms))
		return;
	if (!s || s->next == s->n) {
		FAIL(r, "%s: a frame too many at %" PRIu64 " ms:", port, r->box.now_ms);
		cgn_frame_diff(stderr, NULL, 0, frame, len);
		return;
	}
	compare(r, s, frame, len);
	s->next++;
}

/* ---- what arrives ---- */

static struct rte_mbuf *
make_frame(struct run *r, int port, struct cgn_case_frame *f)
{
	struct rte_mbuf *m;

	if (!cgn_marks_fill(&r->c.marks, f->data, f->len, stderr)) {
		FAIL(r, "a frame that arrives at %" PRIu64 " ms cannot be filled in",
			f->ms);
		return NULL;
	}
	m = cgn_box_frame(&r->box, port, f->data, f->len);
	if (!m)
		FAIL(r, "no buffer for a frame");
	return m;
}

/* All frames of a stream that have the same time. */
static void
deliver_burst(struct run *r, struct cgn_case_stream *s)
{
	struct rte_mbuf *pkt[CGN_BURST];
	uint64_t ms = s->frame[s->next].ms;
	int port = cgn_box_port(&r->box, s->port);
	unsigned n = 0;

	if (port < 0 || s->worker >= r->box.n_workers) {
		FAIL(r, "%s: no such port or worker", s->port);
		s->next = s->n;
		return;
	}
	while (s->next < s->n && s->frame[s->next].ms == ms && n < CGN_BURST) {
		pkt[n] = make_frame(r, port, &s->frame[s->next++]);
		if (pkt[n])
			n++;
	}
	if (n)
		cgn_box_receive(&r->box, s->worker, pkt, n);
}

/* ---- state ---- */

static uint64_t
count(const struct cgn_box *box, const char *what)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < box->n_workers; i++) {
		const struct cgn_worker *w = box->worker[i];

		if (!strcmp(what, "users"))
			n += w->users.used;
		else if (!strcmp(what, "sessions"))
			n += w->sessions.used;
		else if (!strcmp(what, "mappings"))
			n += w->mappings.used;
		else if (!strcmp(what, "blocks"))
			n += w->blocks.used - w->sweep.quarantined;
		else if (!strcmp(what, "quarantined"))
			n += w->sweep.quarantined;
		else
			return UINT64_MAX;
	}
	return n;
}

/* Checks what is wanted up to a time, moving the clock along. */
static void
check_states(struct run *r, unsigned *next, uint64_t until)
{
	for (; *next < r->c.n_states && r->c.state[*next].ms < until; (*next)++) {
		const struct cgn_case_state *s = &r->c.state[*next];
		uint64_t n;

		if (s->ms > r->box.now_ms)
			cgn_box_advance(&r->box, s->ms);
		n = count(&r->box, s->what);
		if (n != s->n)
			FAIL(r, "at %" PRIu64 " ms: %s %" PRId64 ", wanted %" PRIu64,
				s->ms, s->what, (int64_t)n, s->n);
	}
}

/* ---- counters ---- */

static void
check_counter(
	struct run *r, const char *kind, const char *name, uint64_t got, uint64_t want)
{
	if (got != want)
		FAIL(r, "%s %s: %" PRIu64 ", wanted %" PRIu64, kind, name, got, want);
}

static void
check_counters(struct run *r)
{
	const struct cgn_stats *want = &r->c.counters;
	struct cgn_stats got;

	cgn_box_stats(&r->box, &got);
	for (unsigned i = 0; i < CGN_FLOW_COUNT; i++) {
		const char *name = cgn_flow_name((enum cgn_flow_id)i);

		check_counter(
			r, "packets", name, got.flow[i].packets, want->flow[i].packets);
		check_counter(r, "bytes", name, got.flow[i].bytes, want->flow[i].bytes);
	}
	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		check_counter(r, "drop", cgn_drop_name((enum cgn_drop)i), got.drop[i],
			want->drop[i]);
	for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
		check_counter(r, "event", cgn_event_name((enum cgn_event_id)i),
			got.event[i], want->event[i]);
}

/* ---- one case ---- */

static void
introduce_neighbours(struct run *r)
{
	for (unsigned i = 0; i < r->c.n_neighbours; i++) {
		const struct cgn_case_neighbour *n = &r->c.neighbour[i];
		struct rte_ether_addr mac;

		if (rte_ether_unformat_addr(n->mac, &mac) ||
			!cgn_box_neighbour(&r->box, n->iface, n->addr, &mac))
			FAIL(r, "neighbour %s %s is not understood", n->iface, n->addr);
	}
}

static void
play(struct run *r)
{
	struct cgn_case_stream *s;
	unsigned state = 0;

	introduce_neighbours(r);
	while ((s = cgn_case_earliest(&r->c))) {
		uint64_t ms = s->frame[s->next].ms;

		check_states(r, &state, ms);
		if (ms > r->box.now_ms)
			cgn_box_advance(&r->box, ms);
		deliver_burst(r, s);
	}
	check_states(r, &state, UINT64_MAX);
	if (r->c.end_ms > r->box.now_ms)
		cgn_box_advance(&r->box, r->c.end_ms);
	for (unsigned i = 0; i < r->c.n_out; i++)
		if (r->c.out[i].next < r->c.out[i].n)
			FAIL(r, "%s: %u of %u frames have not left", r->c.out[i].port,
				r->c.out[i].n - r->c.out[i].next, r->c.out[i].n);
	check_counters(r);
}

static bool
run_case(const char *dir, uint64_t seed)
{
	struct run *r = calloc(1, sizeof(*r));
	char conf[1024];
	unsigned lost;
	bool good;

	if (!r)
		return false;
	if (cgn_case_load(&r->c, dir, stderr)) {
		r->failures++;
	} else {
		snprintf(conf, sizeof(conf), "%s/case.conf", dir);
		r->box.sent = sent;
		r->box.arg = r;
		if (cgn_box_open(&r->box, conf, NULL, seed, 0, stderr)) {
			r->failures++;
		} else {
			play(r);
			lost = cgn_box_close(&r->box);
			if (lost)
				FAIL(r, "%u packet buffers did not come back", lost);
		}
	}
	good = !r->failures;
	printf("%s %s\n", good ? "ok  " : "FAIL", dir);
	fflush(stdout);
	cgn_case_free(&r->c);
	free(r);
	return good;
}

int
main(int argc, char **argv)
{
	uint64_t seed = 1;
	unsigned failed = 0, n = 0;
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "--seed")) {
		seed = strtoull(argv[2], NULL, 0);
		first = 3;
	}
	if (first >= argc) {
		fprintf(stderr, "usage: %s [--seed N] DIR...\n", argv[0]);
		return 2;
	}
	if (cgn_box_start_eal())
		return 1;
	for (int i = first; i < argc; i++, n++)
		failed += !run_case(argv[i], seed);
	if (n > 1)
		printf("%u passed, %u failed\n", n - failed, failed);
	rte_eal_cleanup();
	return failed ? 1 : 0;
}
