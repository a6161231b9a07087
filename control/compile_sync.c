/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a snapshot says of backup between boards: how state is copied, and the rings over
 * which records go from the host of a location to its standby and back. A ring is made
 * when a snapshot first pairs two workers and stays until the end, because a worker may
 * still read an older snapshot.
 *
 * Control lcore; each ring has one producer and one consumer. Not handled: a ring that a
 * parked worker left half-written; whoever parks it repairs its rings. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ring_elem.h>

#include "control/compile_int.h"
#include "dataplane/syncrec.h"

#define LINK_RECORDS 4096

void
cgn_compile_sync(struct cgn_compile_run *r)
{
	const struct cgn_conf_ha *ha = &r->conf->ha;

	r->snap->sync = (struct cgn_sync_conf){ .hot = ha->hot_backup,
		.batch = ha->batch_backup,
		.commit = ha->block_commit == CGN_CONF_COMMIT_SYNCHRONOUS,
		.switchover_percent = (uint8_t)ha->switchover_timeout_percent,
		.delay = ha->delay_time * CGN_TICKS_PER_S,
		.batch_interval = ha->batch_interval };
	r->snap->link = (struct rte_ring *const(*)[CGN_MAX_WORKERS])r->c->link;
}

static int
link_add(struct cgn_compiler *c, uint16_t from, uint16_t to)
{
	struct rte_ring *ring;
	char name[32];
	ssize_t size;

	if (c->link[from][to] != NULL)
		return 0;
	size = rte_ring_get_memsize_elem(CGN_SYNCREC_BYTES, LINK_RECORDS);
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE,
		RTE_ALIGN_CEIL((size_t)size, (size_t)RTE_CACHE_LINE_SIZE));
	if (ring == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), "sync_%u_%u", from, to);
	rte_ring_init(ring, name, LINK_RECORDS, RING_F_SP_ENQ | RING_F_SC_DEQ);
	c->link[from][to] = ring;
	return 0;
}

int
cgn_compile_links(struct cgn_compiler *c, const struct cgn_snapshot *snap)
{
	for (uint16_t i = 0; i < snap->n_locations; i++) {
		const struct cgn_location *l = &snap->location[i];
		bool pair = l->worker < CGN_MAX_WORKERS && l->standby < CGN_MAX_WORKERS &&
			    l->worker != l->standby;

		if (pair && (link_add(c, l->worker, l->standby) ||
				    link_add(c, l->standby, l->worker))) {
			cgn_log(LOG_ERR, "out of memory for rings between boards");
			return -ENOMEM;
		}
	}
	return 0;
}

void
cgn_compile_unlink(struct cgn_compiler *c)
{
	for (unsigned from = 0; from < CGN_MAX_WORKERS; from++)
		for (unsigned to = 0; to < CGN_MAX_WORKERS; to++)
			free(c->link[from][to]);
}
