/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Generator and sink for a box in another process, or another machine: the traffic of
 * cgnbench through two ports. It finds the box by ARP and neighbour discovery, opens all
 * sessions, sends what is lost again, and then as much as the ports take (or at a given
 * rate) for each of the runs. One lcore sends and receives in turn.
 *
 * The box is any that has the addresses of `cgnbench --config`; what it gives out as
 * public addresses is learnt. Losses inside the box and at its ports look the same from
 * here. */
#include "tests/bench/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "dataplane/port.h"
#include "tests/bench/box.h"
#include "tests/bench/eal.h"
#include "tests/bench/figure.h"
#include "tests/bench/link.h"
#include "tests/bench/progress.h"

#define MBUFS	    16383
#define WINDOW	    1024 /* first packets that are under way at once */
#define PATIENCE_MS 20	 /* for the rest of them */
#define FIND_S	    10	 /* for the box to answer */
#define ROUNDS	    20	 /* in which sessions are opened */
#define DRAIN_MS    50
#define TRIALS	    8 /* of the search for the rate without loss */
#define LOSSLESS    1e-5

struct wire {
	const struct cgn_bench_options *o;
	struct cgn_wire_point *p;
	struct cgn_traffic t;
	struct cgn_port port[CGN_DIRS]; /* where packets of a direction come in */
	struct cgn_link link[CGN_DIRS];
	struct rte_mempool *pool;
	uint64_t hz, sent, good;
};

static void
transmit(struct wire *w, enum cgn_dir dir, struct rte_mbuf **pkt, unsigned n)
{
	unsigned sent = rte_eth_tx_burst(w->port[dir].id, 0, pkt, (uint16_t)n);

	w->sent += sent;
	rte_pktmbuf_free_bulk(pkt + sent, n - sent);
}

/* Receives what is there. */
static void
poll_ports(struct wire *w)
{
	struct rte_mbuf *pkt[CGN_BURST];

	for (enum cgn_dir d = CGN_UP; d < CGN_DIRS; d++) {
		unsigned n = rte_eth_rx_burst(w->port[d].id, 0, pkt, CGN_BURST);

		for (unsigned i = 0; i < n; i++) {
			bool ours = cgn_traffic_sink(&w->t, pkt[i], false);

			w->good += ours;
			if (!ours && cgn_link_take(&w->link[d], pkt[i]) &&
				rte_eth_tx_burst(w->port[d].id, 0, &pkt[i], 1) == 1)
				continue;
			rte_pktmbuf_free(pkt[i]);
		}
	}
}

static void
poll_for(struct wire *w, unsigned ms)
{
	uint64_t end = rte_rdtsc() + w->hz * ms / 1000;

	while (rte_rdtsc() < end)
		poll_ports(w);
}

static int
find_box(struct wire *w)
{
	static const char *const side[] = { "inside", "outside" };
	uint64_t end = rte_rdtsc() + w->hz * FIND_S;

	for (enum cgn_dir d = CGN_UP; d < CGN_DIRS; d++) {
		while (!w->link[d].known && rte_rdtsc() < end) {
			struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

			if (!m)
				return -1;
			cgn_link_ask(&w->link[d], m);
			if (rte_eth_tx_burst(w->port[d].id, 0, &m, 1) == 0)
				rte_pktmbuf_free(m);
			poll_for(w, DRAIN_MS);
		}
		if (w->link[d].known)
			continue;
		fprintf(stderr, "cgnbench: the box does not answer on port %s (%s)\n",
			w->port[d].device, side[d]);
		return -1;
	}
	return 0;
}

/* Sends the first packets of up to n sessions from *s on that have none yet. */
static void
open_some(struct wire *w, uint32_t *s, unsigned n)
{
	struct rte_mbuf *pkt[CGN_BURST];
	unsigned k = 0;

	for (; *s < w->t.sessions && k < n; ++*s) {
		if (w->t.flow[*s].outside)
			continue;
		pkt[k] = rte_pktmbuf_alloc(w->pool);
		if (!pkt[k])
			break;
		cgn_traffic_write(&w->t, pkt[k++], *s, CGN_UP);
	}
	transmit(w, CGN_UP, pkt, k);
}

static uint32_t
count_open(const struct wire *w)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < w->t.sessions; s++)
		n += w->t.flow[s].outside != 0;
	return n;
}

/* RFC 9693, with a window in place of a rate. */
static int
open_all(struct wire *w)
{
	uint64_t start = rte_rdtsc(), end = start;
	uint32_t open = 0;

	for (unsigned round = 0; round < ROUNDS && open < w->t.sessions; round++) {
		uint64_t last = rte_rdtsc(), good = w->good, sent = w->sent;

		for (uint32_t s = 0; s < w->t.sessions;) {
			bool stuck = rte_rdtsc() - last > w->hz * PATIENCE_MS / 1000;
			uint64_t before = w->good;

			if (w->sent - sent < w->good - good + WINDOW || stuck)
				open_some(w, &s, CGN_BURST);
			poll_ports(w);
			if (w->good != before)
				end = last = rte_rdtsc();
			cgn_progress_show("opening sessions", (double)s / w->t.sessions);
		}
		poll_for(w, PATIENCE_MS);
		open = count_open(w);
	}
	w->p->open = open;
	w->p->open_per_s = open / ((double)(end - start) / (double)w->hz);
	if (open)
		return 0;
	fputs("cgnbench: no session could be opened\n", stderr);
	return -1;
}

static unsigned
fill_burst(struct wire *w, enum cgn_dir dir, struct rte_mbuf **pkt)
{
	if (rte_pktmbuf_alloc_bulk(w->pool, pkt, CGN_BURST) != 0)
		return 0;
	for (unsigned i = 0; i < CGN_BURST; i++) {
		uint32_t s;

		do
			s = cgn_figure_below(
				cgn_figure_random(&w->t.random), w->t.sessions);
		while (!w->t.flow[s].outside);
		cgn_traffic_write(&w->t, pkt[i], s, dir);
	}
	return CGN_BURST;
}

/* What came of a run. */
struct flow {
	double offered, received; /* packets per second */
	double lost;		  /* share of what was sent */
};

static struct flow
run_once(struct wire *w, double seconds, double rate)
{
	uint64_t start = rte_rdtsc(), now = start, sent = w->sent, good = w->good;
	uint64_t end = start + (uint64_t)(seconds * (double)w->hz), until;
	enum cgn_bench_direction way = w->o->direction;
	struct rte_mbuf *pkt[CGN_BURST];
	enum cgn_dir dir = way == CGN_BENCH_DOWN ? CGN_DOWN : CGN_UP;
	double s;

	for (; now < end; now = rte_rdtsc()) {
		double due = (double)(now - start) / (double)w->hz * rate;

		if (rate == 0 || (double)(w->sent - sent) < due) {
			transmit(w, dir, pkt, fill_burst(w, dir, pkt));
			if (way == CGN_BENCH_MIX)
				dir = dir == CGN_UP ? CGN_DOWN : CGN_UP;
		}
		poll_ports(w);
	}
	until = rte_rdtsc();
	s = (double)(until - start) / (double)w->hz;
	sent = w->sent - sent;
	poll_for(w, DRAIN_MS);
	good = RTE_MIN(w->good - good, sent);
	return (struct flow){ (double)sent / s, (double)good / s,
		sent ? (double)(sent - good) / (double)sent : 0 };
}

/* RFC 2544 26.1 by halves: the highest rate of which nothing is lost. */
static double
search_lossless(struct wire *w, double high)
{
	double low = 0;

	for (unsigned k = 0; k < TRIALS; k++) {
		double rate = k ? (low + high) / 2 : high;
		struct flow f = run_once(w, w->o->seconds, rate);

		cgn_progress_show("rate without loss", (double)k / TRIALS);
		if (f.lost <= LOSSLESS)
			low = RTE_MIN(rate, f.received);
		else
			high = rate;
		if (low >= high)
			break;
	}
	return low;
}

static int
run_phases(struct wire *w)
{
	double rate[CGN_BENCH_RUNS], lost = 0;

	if (find_box(w) != 0 || open_all(w) != 0)
		return -1;
	run_once(w, w->o->seconds / 10, w->o->rate);
	for (unsigned i = 0; i < w->o->runs; i++) {
		struct flow f = run_once(w, w->o->seconds, w->o->rate);

		cgn_progress_show("established traffic", (double)i / w->o->runs);
		rate[i] = f.received;
		lost += f.lost / w->o->runs;
		w->p->offered = RTE_MAX(w->p->offered, f.offered);
	}
	w->p->received = cgn_figure_of(rate, w->o->runs);
	w->p->best = rate[w->o->runs - 1];
	w->p->lost = lost;
	if (w->o->rfc9693)
		w->p->lossless = search_lossless(w, w->p->best);
	return 0;
}

static int
open_ports(struct wire *w)
{
	struct cgn_side *side[CGN_DIRS] = { &w->t.inside, &w->t.outside };
	char err[256];

	for (enum cgn_dir d = CGN_UP; d < CGN_DIRS; d++) {
		struct cgn_port_conf conf = { .name = d == CGN_UP ? "inside" : "outside",
			.device = w->o->port[d],
			.mtu = d == CGN_UP ? 1600 : 1500,
			.rx_queues = 1,
			.tx_queues = 1,
			.pool = w->pool };

		if (cgn_port_init(&w->port[d], &conf, err, sizeof(err)) != 0) {
			fprintf(stderr, "cgnbench: %s\n", err);
			return -1;
		}
		side[d]->device = w->port[d].id;
		side[d]->peer = w->port[d].mac;
		cgn_link_init(&w->link[d], side[d], w->o->kind, d == CGN_UP);
	}
	return 0;
}

static int
run_all(struct wire *w)
{
	bool pages;
	int rc;

	if (cgn_eal_start(w->o->cpu, 256ull << 20, w->o->port, &pages) != 0 ||
		cgn_traffic_init(&w->t, w->o, w->o->sessions[0]) != 0)
		return -1;
	cgn_box_aftr(w->t.aftr);
	w->hz = rte_get_tsc_hz();
	w->p->users = w->t.users;
	w->pool = rte_pktmbuf_pool_create(
		"wire", MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!w->pool) {
		fprintf(stderr, "cgnbench: packet buffers: %s\n",
			rte_strerror(rte_errno));
		return -1;
	}
	rc = open_ports(w);
	if (rc == 0)
		rc = run_phases(w);
	for (enum cgn_dir d = CGN_UP; d < CGN_DIRS; d++)
		if (w->port[d].device)
			cgn_port_fini(&w->port[d]);
	return rc;
}

int
cgn_wire_run(const struct cgn_bench_options *o, struct cgn_wire_point *p)
{
	struct wire *w = calloc(1, sizeof(*w));
	int rc = -1;

	memset(p, 0, sizeof(*p));
	if (w) {
		w->o = o;
		w->p = p;
		rc = run_all(w);
		cgn_traffic_fini(&w->t);
	}
	cgn_eal_stop();
	cgn_progress_clear();
	free(w);
	return rc;
}
