/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mesh of rings between lcores. Made once at start-up for all nodes, the control
 * lcore included; each ring belongs to one producer and one consumer. Packets are given
 * and taken by the inline functions of the header.
 *
 * Not handled: rings that a parked lcore left half-written are repaired by whoever parks
 * it. */
#include "dataplane/mesh.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>

static struct rte_ring *
create_ring(unsigned from, unsigned to, unsigned size, int socket)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "mesh_%u_%u", from, to);
	return rte_ring_create(name, size, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

struct cgn_mesh *
cgn_mesh_create(unsigned n_nodes, unsigned size, int socket)
{
	struct cgn_mesh *m = calloc(1, sizeof(*m));

	if (!m) {
		rte_errno = ENOMEM;
		return NULL;
	}
	m->n_nodes = n_nodes;
	for (unsigned from = 0; from < n_nodes; from++) {
		for (unsigned to = 0; to < n_nodes; to++) {
			if (from == to)
				continue;
			m->ring[from][to] = create_ring(from, to, size, socket);
			if (!m->ring[from][to]) {
				cgn_mesh_destroy(m);
				return NULL;
			}
		}
	}
	return m;
}

static void
drain(struct rte_ring *r)
{
	void *m;

	while (rte_ring_sc_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
}

void
cgn_mesh_destroy(struct cgn_mesh *m)
{
	if (!m)
		return;
	for (unsigned from = 0; from < m->n_nodes; from++) {
		for (unsigned to = 0; to < m->n_nodes; to++) {
			if (!m->ring[from][to])
				continue;
			drain(m->ring[from][to]);
			rte_ring_free(m->ring[from][to]);
		}
	}
	free(m);
}
