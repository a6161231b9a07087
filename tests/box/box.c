/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A box of real parts without ports and threads, for the packet cases, the model tests
 * and the fuzzer. cgn_box_open() reads a configuration, compiles it and makes one worker
 * for each CPU of its boards; cgn_box_receive() and cgn_box_advance() drive it; after
 * cgn_box_close() every packet buffer must be back. Everything runs on the calling
 * thread, so that the order of events is the same in every run.
 *
 * Not here: receive queues (the caller says which worker polls), line cards, reload. */
#include "tests/box/box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#include "dataplane/block.h"
#include "dataplane/mark.h"

#define BUFFERS	  4095
#define FRAME_MAX 9600
#define STEP_MS	  CGN_MS_PER_TICK

/* Packets on their way to a worker. */
struct cgn_box_queue {
	unsigned n;
	struct rte_mbuf *pkt[BUFFERS];
};

int
cgn_box_start_eal(void)
{
	static char arg[][16] = { "test", "--no-huge", "-m", "1024", "--no-pci",
		"--no-shconf", "--no-telemetry", "--iova-mode=va", "--lcores=0",
		"--log-level=4" };
	char *argv[RTE_DIM(arg)];

	for (unsigned i = 0; i < RTE_DIM(arg); i++)
		argv[i] = arg[i];
	if (rte_eal_init(RTE_DIM(arg), argv) < 0) {
		fprintf(stderr, "EAL: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

/* ---- what leaves ---- */

static void
leave(struct cgn_box *box, uint16_t port, struct rte_mbuf *m)
{
	uint8_t copy[FRAME_MAX];
	uint16_t len = (uint16_t)RTE_MIN(m->pkt_len, sizeof(copy));
	const uint8_t *frame = rte_pktmbuf_read(m, 0, len, copy);

	if (box->sent)
		box->sent(box->arg, box->snap->port[port].name, frame, len);
	rte_pktmbuf_free(m);
}

static void
queue_to(struct cgn_box *box, uint16_t worker, struct rte_mbuf *m)
{
	struct cgn_box_queue *q = &box->queue[worker];

	if (worker >= box->n_workers || q->n == BUFFERS)
		rte_panic("a packet for worker %u, of %u\n", worker, box->n_workers);
	if (box->parked >> worker & 1) {
		rte_pktmbuf_free(m);
		return;
	}
	q->pkt[q->n++] = m;
}

static void
empty_outbox(struct cgn_box *box, struct cgn_worker *w)
{
	struct cgn_outbox *o = &w->out;

	for (uint32_t i = 0; i < o->n; i++) {
		switch ((enum cgn_out_kind)o->kind[i]) {
		case CGN_OUT_TX:
			leave(box, o->arg[i], o->pkt[i]);
			break;
		case CGN_OUT_HAND:
			queue_to(box, o->arg[i], o->pkt[i]);
			break;
		case CGN_OUT_PUNT:
			cgn_host_input(box->host, o->pkt[i]);
			break;
		}
	}
	o->n = 0;
}

/* Runs what the workers have handed to each other until nothing is left. */
static void
settle(struct cgn_box *box)
{
	for (unsigned i = 0; i < box->n_workers;) {
		struct cgn_box_queue *q = &box->queue[i];
		unsigned n = RTE_MIN(q->n, (unsigned)CGN_BURST);
		struct rte_mbuf *pkt[CGN_BURST];

		if (!n) {
			i++;
			continue;
		}
		memcpy(pkt, q->pkt, n * sizeof(struct rte_mbuf *));
		q->n -= n;
		memmove(q->pkt, q->pkt + n, q->n * sizeof(struct rte_mbuf *));
		cgn_pipeline_run(box->worker[i], pkt, n, false);
		empty_outbox(box, box->worker[i]);
		i = 0;
	}
}

/* ---- host code ---- */

static void
host_emit(void *ctx, struct rte_mbuf *m, uint16_t port)
{
	struct cgn_box *box = ctx;

	if (cgn_box_asks_station(box, port, rte_pktmbuf_mtod(m, const uint8_t *),
		    rte_pktmbuf_data_len(m)))
		rte_pktmbuf_free(m);
	else
		leave(box, port, m);
}

static void
host_hand(void *ctx, struct rte_mbuf *m, uint16_t worker)
{
	queue_to(ctx, worker, m);
}

/* ---- birth ---- */

static uint16_t
standby_of(const struct cgn_conf_location *l)
{
	return l->backup.present ? (uint16_t)l->backup.index : CGN_NONE16;
}

static int
compile(struct cgn_box *box)
{
	const struct cgn_conf *conf = box->conf;
	struct cgn_compile_port *port = calloc(conf->n_ports + 1, sizeof(*port));
	struct cgn_compile_host *host = calloc(conf->n_locations + 1, sizeof(*host));
	struct cgn_compile_inputs in = { .port = port, .host = host };
	uint8_t device = 0;
	int rc;

	if (!port || !host)
		rte_panic("out of memory\n");
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		if (conf->ports[i].parent.index != CGN_CONF_NONE)
			continue;
		port[i].device = device++;
		port[i].mac.addr_bytes[0] = 2;
		port[i].mac.addr_bytes[5] = device;
	}
	for (uint32_t i = 0; i < conf->n_locations; i++) {
		const struct cgn_conf_cpu_ref *at = &conf->locations[i].active;

		host[i] = (struct cgn_compile_host){ .worker = (uint16_t)at->index,
			.standby = standby_of(&conf->locations[i]),
			.slot = (uint16_t)at->slot,
			.cpu = (uint16_t)at->cpu };
	}
	rc = cgn_compile(box->compiler, conf, &in, &box->snap);
	free(port);
	free(host);
	return rc;
}

static struct cgn_worker *
create_worker(const struct cgn_box *box, uint32_t i)
{
	const struct cgn_conf_cpu *cpu = box->conf->cpus[i];
	struct cgn_worker_conf wc = { .index = (uint16_t)i,
		.slot = (uint16_t)cpu->slot,
		.cpu = (uint16_t)cpu->cpu,
		.sessions = cpu->sessions,
		.users = cpu->users,
		.seed = box->seed + i,
		.socket = -1,
		.pool = box->pool };

	return cgn_worker_create(&wc);
}

static int
create_workers(struct cgn_box *box, uint64_t seed)
{
	uint32_t n = box->conf->n_cpus;

	box->seed = seed;
	box->queue = calloc(n, sizeof(*box->queue));
	if (!box->queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		box->worker[i] = create_worker(box, i);
		if (!box->worker[i])
			return -ENOMEM;
		box->n_workers++;
	}
	return 0;
}

static int
build(struct cgn_box *box, uint64_t seed)
{
	static unsigned n_pools;
	struct cgn_wire wire;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "box-%u", n_pools++);
	box->pool = rte_pktmbuf_pool_create(name, BUFFERS, 0, CGN_MARK_SIZE,
		RTE_PKTMBUF_HEADROOM + FRAME_MAX, SOCKET_ID_ANY);
	box->compiler = cgn_compile_create();
	if (!box->pool || !box->compiler)
		return -ENOMEM;
	rc = compile(box);
	if (rc)
		return rc;
	wire = (struct cgn_wire){ .emit = host_emit,
		.hand = host_hand,
		.ctx = box,
		.pool = box->pool,
		.stats = &box->host_stats };
	box->host = cgn_host_create(&wire);
	if (!box->host)
		return -ENOMEM;
	cgn_host_timer(box->host, box->now_ms);
	cgn_host_snapshot(box->host, box->snap);
	return create_workers(box, seed);
}

int
cgn_box_open(struct cgn_box *box, const char *path, const char *text, uint64_t seed,
	uint64_t now_ms, FILE *err)
{
	struct cgn_conf_errors errs = { 0 };
	cgn_box_sent *sent = box->sent;
	void *arg = box->arg;
	int rc;

	memset(box, 0, sizeof(*box));
	box->sent = sent;
	box->arg = arg;
	box->now_ms = now_ms;
	box->step_ms = STEP_MS;
	rc = path ? cgn_conf_load(path, &box->conf, &errs)
		  : cgn_conf_load_string(text, "box", &box->conf, &errs);
	if (rc)
		cgn_conf_errors_print(&errs, err);
	cgn_conf_errors_fini(&errs);
	if (rc)
		return rc;
	rc = build(box, seed);
	if (rc) {
		fprintf(err, "  the box cannot be built: %s\n", strerror(-rc));
		cgn_box_close(box);
		return rc;
	}
	cgn_box_advance(box, now_ms);
	return 0;
}

unsigned
cgn_box_buffers_out(const struct cgn_box *box)
{
	return BUFFERS - rte_mempool_avail_count(box->pool);
}

unsigned
cgn_box_close(struct cgn_box *box)
{
	unsigned lost = 0;

	cgn_host_destroy(box->host);
	for (unsigned i = 0; i < box->n_workers; i++) {
		rte_pktmbuf_free_bulk(box->queue[i].pkt, box->queue[i].n);
		cgn_worker_destroy(box->worker[i]);
	}
	free(box->queue);
	cgn_snapshot_free(box->snap);
	if (box->compiler)
		cgn_compile_destroy(box->compiler);
	if (box->pool)
		lost = cgn_box_buffers_out(box);
	rte_mempool_free(box->pool);
	cgn_conf_free(box->conf);
	return lost;
}

/* ---- life ---- */

int
cgn_box_port(const struct cgn_box *box, const char *name)
{
	for (unsigned i = 0; i < box->snap->n_ports; i++)
		if (!strcmp(box->snap->port[i].name, name))
			return box->snap->port[i].device;
	return -1;
}

struct rte_mbuf *
cgn_box_frame(struct cgn_box *box, int port, const uint8_t *data, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(box->pool);
	char *room = m ? rte_pktmbuf_append(m, len) : NULL;

	if (!room) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(room, data, len);
	m->port = (uint16_t)port;
	return m;
}

void
cgn_box_receive(struct cgn_box *box, unsigned worker, struct rte_mbuf **pkt, unsigned n)
{
	cgn_pipeline_run(box->worker[worker], pkt, n, true);
	empty_outbox(box, box->worker[worker]);
	settle(box);
	cgn_box_stations_answer(box);
}

void
cgn_box_advance(struct cgn_box *box, uint64_t now_ms)
{
	do {
		box->now_ms = RTE_MIN(box->now_ms + box->step_ms, now_ms);
		for (unsigned i = 0; i < box->n_workers; i++) {
			if (box->parked >> i & 1)
				continue;
			cgn_worker_tick(box->worker[i], box->snap, box->now_ms);
			empty_outbox(box, box->worker[i]);
		}
		cgn_host_timer(box->host, box->now_ms);
		cgn_box_stations_answer(box);
		settle(box);
	} while (box->now_ms < now_ms);
}

void
cgn_box_rehost(struct cgn_box *box, const struct cgn_compile_host *host)
{
	const struct cgn_snapshot *old = box->snap;

	if (cgn_compile_rehost(box->compiler, host, NULL, &box->snap))
		rte_panic("no other hosts\n");
	cgn_host_snapshot(box->host, box->snap);
	cgn_box_advance(box, box->now_ms);
	for (unsigned i = 0; i < box->n_workers; i++)
		if (box->worker[i]->snap == old)
			box->worker[i]->snap = box->snap; /* parked: looked at by tests */
	cgn_snapshot_free(old);
}

void
cgn_box_park(struct cgn_box *box, unsigned worker)
{
	box->parked |= 1ull << worker;
}

void
cgn_box_restart(struct cgn_box *box, unsigned worker)
{
	cgn_worker_destroy(box->worker[worker]);
	for (uint32_t k = 0; k < box->snap->n_addresses; k++)
		if (box->snap->state[worker][k])
			cgn_address_init(box->snap->state[worker][k], k);
	box->worker[worker] = create_worker(box, worker);
	if (!box->worker[worker])
		rte_panic("no memory for a worker\n");
	box->parked &= ~(1ull << worker);
}

static void
add_stats(struct cgn_stats *sum, const struct cgn_stats *s)
{
	for (unsigned k = 0; k < CGN_FLOW_COUNT; k++) {
		sum->flow[k].packets += s->flow[k].packets;
		sum->flow[k].bytes += s->flow[k].bytes;
	}
	for (unsigned k = 0; k < CGN_DROP_REASONS; k++)
		sum->drop[k] += s->drop[k];
	for (unsigned k = 0; k < CGN_EVENT_COUNT; k++)
		sum->event[k] += s->event[k];
}

void
cgn_box_stats(const struct cgn_box *box, struct cgn_stats *sum)
{
	*sum = box->host_stats;
	for (unsigned i = 0; i < box->n_workers; i++)
		add_stats(sum, &box->worker[i]->stats);
}
