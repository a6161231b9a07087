/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture by the callbacks that ethdev has for receive and transmit queues: they cost
 * nothing where there are none, work with every driver, and run on whichever lcore polls
 * the queue or sends by it. A queue has one lcore at any time, so each queue and
 * direction has a spool of its own.
 *
 * The filter runs here, by libpcap's interpreter, before the copy: what is not wanted
 * costs neither memory nor the control lcore. It is interpreted and not compiled to
 * instructions of the processor, since the daemon may not make memory executable.
 *
 * A full spool loses frames, counted; nobody waits. Frames are seen on their way out
 * before the driver takes them: one that it does not take (tx_full) is in the capture
 * nevertheless.
 *
 * Not handled: a filter that looks beyond the first buffer of a chained frame; it sees
 * the frame as cut off there. */
#include "dataplane/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

struct tap {
	struct cgn_capture *capture;
	const struct rte_eth_rxtx_callback *callback;
	uint16_t queue;
	bool out;
	uint64_t seen; /* atomic: frames that the filter wanted */
};

struct cgn_capture {
	uint16_t device;
	uint32_t snaplen;
	bool running;
	struct bpf_insn *insn; /* NULL: every frame */
	unsigned n;	       /* taps, and spools */
	unsigned at;	       /* spool of the frame that was peeked at last */
	struct tap *tap;
	struct cgn_spool **spool;
};

bool
cgn_capture_check(const struct bpf_insn *insn, unsigned n)
{
	return bpf_validate(insn, (int)n);
}

/* ---- on the lcores of the path ---- */

static bool
is_wanted(const struct cgn_capture *c, const struct rte_mbuf *m)
{
	return !c->insn || bpf_filter(c->insn, rte_pktmbuf_mtod(m, const uint8_t *),
				   m->pkt_len, m->data_len) != 0;
}

static void
copy(struct tap *t, const struct rte_mbuf *m, uint64_t tsc)
{
	const struct cgn_capture *c = t->capture;
	struct cgn_spool *spool = c->spool[t - c->tap];
	uint32_t bytes = RTE_MIN(m->pkt_len, c->snaplen);
	struct cgn_capture_record *r;
	const void *data;

	if (!is_wanted(c, m))
		return;
	__atomic_store_n(&t->seen, t->seen + 1, __ATOMIC_RELAXED);
	r = cgn_spool_reserve(spool, (uint32_t)sizeof(*r) + bytes);
	if (!r)
		return;
	*r = (struct cgn_capture_record){
		.tsc = tsc, .len = m->pkt_len, .queue = t->queue, .out = t->out
	};
	data = rte_pktmbuf_read(m, 0, bytes, r->data);
	if (data != r->data)
		memcpy(r->data, data, bytes);
	cgn_spool_commit(spool);
}

static uint16_t
on_receive(uint16_t port, uint16_t queue, struct rte_mbuf **pkt, uint16_t n,
	uint16_t most, void *arg)
{
	uint64_t tsc = rte_rdtsc();

	(void)port;
	(void)queue;
	(void)most;
	for (uint16_t i = 0; i < n; i++)
		copy(arg, pkt[i], tsc);
	return n;
}

static uint16_t
on_transmit(uint16_t port, uint16_t queue, struct rte_mbuf **pkt, uint16_t n, void *arg)
{
	return on_receive(port, queue, pkt, n, n, arg);
}

/* ---- control ---- */

static int
add_tap(struct cgn_capture *c, uint16_t queue, bool out)
{
	struct tap *t = &c->tap[c->n];

	*t = (struct tap){ .capture = c, .queue = queue, .out = out };
	c->spool[c->n] = cgn_spool_create(CGN_CAPTURE_SPOOL);
	c->n++;
	if (!c->spool[c->n - 1])
		return -ENOMEM;
	t->callback = out ? rte_eth_add_tx_callback(c->device, queue, on_transmit, t)
			  : rte_eth_add_rx_callback(c->device, queue, on_receive, t);
	return t->callback ? 0 : -ENOTSUP;
}

struct cgn_capture *
cgn_capture_create(const struct cgn_port *port, const struct cgn_capture_conf *conf)
{
	struct cgn_capture *c = calloc(1, sizeof(*c));
	unsigned most = (unsigned)port->n_rx + port->n_tx;

	if (!c)
		return NULL;
	c->device = port->id;
	c->snaplen = conf->snaplen;
	c->tap = calloc(most, sizeof(*c->tap));
	c->spool = calloc(most, sizeof(*c->spool));
	if (conf->n_insns)
		c->insn = calloc(conf->n_insns, sizeof(*c->insn));
	if (!c->tap || !c->spool || (conf->n_insns && !c->insn)) {
		cgn_capture_destroy(c);
		return NULL;
	}
	if (c->insn)
		memcpy(c->insn, conf->insn, conf->n_insns * sizeof(*c->insn));
	return c;
}

int
cgn_capture_start(struct cgn_capture *c, const struct cgn_port *port, bool in, bool out)
{
	int rc = 0;

	c->running = true;
	for (uint16_t q = 0; rc == 0 && in && q < port->n_rx; q++)
		rc = add_tap(c, q, false);
	for (uint16_t q = 0; rc == 0 && out && q < port->n_tx; q++)
		rc = add_tap(c, q, true);
	return rc;
}

void
cgn_capture_stop(struct cgn_capture *c)
{
	for (unsigned i = 0; c->running && i < c->n; i++) {
		struct tap *t = &c->tap[i];

		if (!t->callback)
			continue;
		if (t->out)
			rte_eth_remove_tx_callback(c->device, t->queue, t->callback);
		else
			rte_eth_remove_rx_callback(c->device, t->queue, t->callback);
	}
	c->running = false;
}

void
cgn_capture_destroy(struct cgn_capture *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++) {
		cgn_spool_destroy(c->spool[i]);
		rte_free((void *)(uintptr_t)c->tap[i].callback);
	}
	free(c->spool);
	free(c->tap);
	free(c->insn);
	free(c);
}

const struct cgn_capture_record *
cgn_capture_peek(struct cgn_capture *c, uint64_t until, uint32_t *bytes)
{
	const struct cgn_capture_record *r;
	uint32_t len;

	c->at = cgn_spool_oldest(c->spool, c->n);
	if (c->at == c->n)
		return NULL;
	r = cgn_spool_peek(c->spool[c->at], &len);
	*bytes = len - (uint32_t)sizeof(*r);
	return r->tsc <= until ? r : NULL;
}

void
cgn_capture_release(struct cgn_capture *c)
{
	cgn_spool_release(c->spool[c->at]);
}

uint64_t
cgn_capture_seen(const struct cgn_capture *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += __atomic_load_n(&c->tap[i].seen, __ATOMIC_RELAXED);
	return sum;
}

uint64_t
cgn_capture_lost(const struct cgn_capture *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += cgn_spool_lost(c->spool[i]);
	return sum;
}
