/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records between workers and channels: the same that travel between two boards. A worker
 * whose peer is CGN_REMOTE has rings to and from the control lcore, which puts into a
 * channel what comes out of one, and back. A channel that takes no more holds up the
 * ring, the sweep finds that full, and so on as between boards (doc/ha.md).
 *
 * Control lcore only. */
#include <rte_ring_elem.h>

#include "control/chassis_int.h"
#include "control/log.h"

#define TURNS 16 /* full hands in one call, so that the watch has its millisecond */

/* Puts what is held; false: some of it has to wait. */
static bool
put_held(struct cgn_daemon *d, struct cgn_chassis_held *h, uint64_t now_us)
{
	while (h->at < h->n) {
		const uint8_t *record = h->record[h->at];
		uint16_t id = cgn_syncrec_location(record);
		struct cgn_channel *channel = cgn_channels_find(d, id);

		if (!channel)
			d->chassis->unknown++;
		else if (!cgn_channel_put(channel, id, record, now_us))
			return false;
		h->at++;
	}
	return true;
}

static unsigned
pump_worker(struct cgn_daemon *d, uint16_t worker, uint64_t now_us)
{
	struct rte_ring *ring = cgn_sync_link(d->snap, worker, CGN_REMOTE);
	struct cgn_chassis_held *h = &d->chassis->held[worker];
	unsigned n = 0;

	if (!ring)
		return 0;
	for (unsigned k = 0; k < TURNS && put_held(d, h, now_us); k++) {
		h->at = 0;
		h->n = rte_ring_sc_dequeue_burst_elem(
			ring, h->record, CGN_SYNCREC_BYTES, CGN_CHASSIS_PUMP, NULL);
		if (!h->n)
			break;
		n += h->n;
	}
	return n;
}

unsigned
cgn_chassis_pump(struct cgn_daemon *d)
{
	uint64_t now_us;
	unsigned n = 0;

	if (!d->chassis->any)
		return 0;
	now_us = cgn_channels_now(d);
	for (uint16_t w = 0; w < d->n_cpus; w++)
		n += pump_worker(d, w, now_us);
	return n;
}

static uint32_t
find(const struct cgn_daemon *d, uint16_t id)
{
	uint32_t i = 0;

	while (i < d->chassis->n && cgn_chassis_conf(d, i)->id != id)
		i++;
	return i;
}

static bool
deliver(void *ctx, uint16_t id, const uint8_t record[CGN_SYNCREC_BYTES])
{
	struct cgn_daemon *d = ctx;
	uint32_t i = cgn_compile_find_location(d->compiler, id);
	const struct cgn_location *l;
	struct rte_ring *ring;

	if (i == CGN_NONE || cgn_syncrec_location(record) != id) {
		d->chassis->unknown++;
		return true;
	}
	l = &d->snap->location[i];
	ring = cgn_sync_link(
		d->snap, CGN_REMOTE, l->worker == CGN_REMOTE ? l->standby : l->worker);
	return !ring || rte_ring_sp_enqueue_elem(
				ring, (void *)(uintptr_t)record, CGN_SYNCREC_BYTES) == 0;
}

/* What the peer did not get, the sweep does not know: only digests find it. */
static void
on_lost(void *ctx, uint16_t id, bool here, uint64_t n)
{
	struct cgn_daemon *d = ctx;
	uint32_t i = find(d, id);
	struct cgn_worker *host = i < d->chassis->n ? cgn_chassis_host(d, i) : NULL;

	if (!here && host)
		cgn_sync_ask(host, cgn_chassis_index(d, i), CGN_SYNC_ASK_CHECK);
	cgn_log_event(LOG_WARNING, "service-location %u: %lu %s lost on the channel", id,
		n, here ? "datagrams of the other box are" : "records are");
}

static const char *
phase(void *ctx, uint16_t id)
{
	const struct cgn_daemon *d = ctx;
	uint32_t i = find(d, id);

	return i < d->chassis->n && cgn_chassis_is_complete(d, i) ? "realtime" : "batch";
}

int
cgn_chassis_join(struct cgn_daemon *d)
{
	cgn_channels_use(d,
		&(struct cgn_channels_user){
			.ctx = d, .deliver = deliver, .lost = on_lost, .phase = phase });
	return 0;
}
