/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packet pools and ports. There is a pool that ports receive into; one of larger buffers
 * for those whose driver hands over datagrams larger than the MTU; and one for packets
 * that the box makes itself, so that a flood cannot silence it. All hold their frames in
 * one segment, and use the lock-free stack: whoever is stopped in the middle of an
 * operation stops nobody else.
 *
 * Control lcore, at the start and at the end; no lcore polls at either time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "control/log.h"
#include "control/stage.h"
#include "dataplane/mark.h"

#define POOL_OPS     "lf_stack"
#define CACHE	     256
#define QUEUE_DEPTH  1024
#define SOCKET_DEPTH 256
#define OWN_PACKETS  4096
#define PAGE	     4096u
#define POOL_SHARE   4 /* at most a quarter of the memory is packets */

static bool
is_physical(const struct cgn_conf_port *port)
{
	return port->parent.index == CGN_CONF_NONE;
}

static uint32_t
count_nodes(const struct cgn_conf *conf)
{
	return conf->n_cpus + conf->dpdk.n_io_lcores + 1;
}

/* One segment holds the largest frame of any port. */
static uint16_t
data_room(const struct cgn_conf *conf)
{
	uint16_t room = cgn_port_room(0);

	for (uint32_t i = 0; i < conf->n_ports; i++)
		room = RTE_MAX(room, cgn_port_room((uint16_t)conf->ports[i].mtu));
	return (uint16_t)(room + RTE_PKTMBUF_HEADROOM);
}

/* And of ports whose datagrams arrive whole. */
static uint16_t
whole_room(const struct cgn_conf *conf)
{
	uint16_t room = data_room(conf) - RTE_PKTMBUF_HEADROOM;

	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (is_physical(&conf->ports[i]))
			room = RTE_MAX(room, cgn_port_frame(conf->ports[i].device,
						     (uint16_t)conf->ports[i].mtu));
	return (uint16_t)(room + RTE_PKTMBUF_HEADROOM);
}

/* How many packets a pool of ports should have, and how many it cannot do without: what
 * fills all queues, rings and caches at once, and the queues and caches alone. A driver
 * over sockets takes packets for a burst, not for a queue. None for no ports. */
static uint32_t
count_packets(const struct cgn_conf *conf, bool whole, uint32_t *least)
{
	uint32_t nodes = count_nodes(conf), n = 0;

	*least = 0;
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *p = &conf->ports[i];

		if (!is_physical(p) || cgn_port_whole(p->device) != whole)
			continue;
		n += whole ? p->rx_queues * SOCKET_DEPTH
			   : (p->rx_queues + nodes) * QUEUE_DEPTH;
		*least += p->rx_queues * (whole ? CGN_BURST : QUEUE_DEPTH);
	}
	if (n == 0)
		return 0;
	*least += nodes * CACHE * 2;
	return n + nodes * (CACHE * 2 + QUEUE_DEPTH);
}

/* Without hugepages DPDK lets no packet cross a page of 4096 bytes, so that smaller ones
 * leave gaps. They are made as large as the page: it costs nothing, and net_af_xdp counts
 * on packets that lie side by side. */
static uint16_t
fill_page(uint16_t room, unsigned flags)
{
	uint32_t all = rte_mempool_calc_obj_size(
		sizeof(struct rte_mbuf) + CGN_MARK_SIZE + room, flags, NULL);

	return (uint16_t)(all < PAGE ? room + PAGE - all : room);
}

static struct rte_mempool *
create_pool(const struct cgn_conf *conf, const char *name, uint32_t n, uint16_t room)
{
	unsigned flags = conf->dpdk.hugepages ? 0 : RTE_MEMPOOL_F_NO_SPREAD;
	struct rte_pktmbuf_pool_private priv = { .mbuf_priv_size = CGN_MARK_SIZE };
	struct rte_mempool *pool;

	if (!conf->dpdk.hugepages)
		room = fill_page(room, flags);
	priv.mbuf_data_room_size = room;
	pool = rte_mempool_create_empty(name, n,
		(unsigned)(sizeof(struct rte_mbuf) + CGN_MARK_SIZE + room), CACHE,
		sizeof(priv), SOCKET_ID_ANY, flags);
	if (!pool)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, POOL_OPS, NULL)) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &priv);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* Makes the pool of the ports of a kind, if there are any, within *budget, from which it
 * takes what it needs. */
static int
create_port_pool(struct cgn_daemon *d, bool whole, uint64_t *budget)
{
	uint16_t room = whole ? whole_room(d->conf) : data_room(d->conf);
	uint64_t each = RTE_MAX(room + 320u, d->conf->dpdk.hugepages ? 0u : PAGE);
	struct rte_mempool **pool = whole ? &d->whole_pool : &d->port_pool;
	uint32_t least, n = count_packets(d->conf, whole, &least);

	if (n == 0)
		return 0;
	n = (uint32_t)RTE_MIN((uint64_t)n, *budget / each);
	if (n >= least)
		*pool = create_pool(d->conf, whole ? "whole" : "ports", n, room);
	if (*pool) {
		*budget -= n * each;
		return 0;
	}
	snprintf(d->err, sizeof(d->err),
		"dpdk.memory_mb = %u does not hold the packet buffers: the ports need "
		"%lu more",
		d->conf->dpdk.memory_mb,
		((least * each - RTE_MIN(*budget, least * each)) * POOL_SHARE >> 20) + 1);
	return -ENOMEM;
}

static int
create_pools(struct cgn_daemon *d)
{
	uint64_t budget = ((uint64_t)d->conf->dpdk.memory_mb << 20) / POOL_SHARE;
	int rc = create_port_pool(d, false, &budget);

	if (rc == 0)
		rc = create_port_pool(d, true, &budget);
	if (rc)
		return rc;
	d->own_pool = create_pool(d->conf, "own",
		OWN_PACKETS + count_nodes(d->conf) * CACHE * 2, data_room(d->conf));
	if (d->own_pool)
		return 0;
	snprintf(d->err, sizeof(d->err),
		"dpdk.memory_mb = %u does not hold the packets that the box makes",
		d->conf->dpdk.memory_mb);
	return -ENOMEM;
}

static int
start_port(struct cgn_daemon *d, const struct cgn_conf_port *conf)
{
	struct cgn_port *p = &d->port[d->n_ports];
	struct cgn_port_conf pc = {
		.name = conf->name,
		.device = conf->device,
		.mtu = (uint16_t)conf->mtu,
		.rx_queues = (uint16_t)conf->rx_queues,
		.tx_queues = (uint16_t)count_nodes(d->conf),
		.pool = cgn_port_whole(conf->device) ? d->whole_pool : d->port_pool,
	};
	int rc = cgn_port_init(p, &pc, d->err, sizeof(d->err));

	if (rc) {
		size_t len = strlen(d->err);

		if (cgn_log_held()[0])
			snprintf(d->err + len, sizeof(d->err) - len, ": %s",
				cgn_log_held());
		return rc;
	}
	d->n_ports++;
	if (p->n_rx < conf->rx_queues)
		cgn_log(LOG_WARNING, "port %s: %s has %u of the %u rx_queues", p->name,
			p->driver, p->n_rx, conf->rx_queues);
	return 0;
}

int
cgn_devices_init(struct cgn_daemon *d)
{
	int rc = create_pools(d);

	d->port = calloc(d->conf->n_ports + 1, sizeof(*d->port));
	if (rc == 0 && !d->port)
		rc = -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < d->conf->n_ports; i++)
		if (is_physical(&d->conf->ports[i]))
			rc = start_port(d, &d->conf->ports[i]);
	if (rc)
		cgn_devices_fini(d);
	return rc;
}

void
cgn_devices_fini(struct cgn_daemon *d)
{
	while (d->n_ports)
		cgn_port_fini(&d->port[--d->n_ports]);
	free(d->port);
	d->port = NULL;
	rte_mempool_free(d->port_pool);
	rte_mempool_free(d->whole_pool);
	rte_mempool_free(d->own_pool);
	d->port_pool = d->whole_pool = d->own_pool = NULL;
}
