/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions to the workers.
 *
 * Sessions and users are in tables that their worker alone may touch, so the control
 * lcore sends it a message, one per worker and batch, and looks on later turns whether it
 * has been answered. Workers are asked one after the other: a query holds one batch of
 * records, whatever the size of the tables.
 *
 * The message belongs to the worker from the post until it is done, also when the client
 * has gone away meanwhile: such a query is kept aside and freed when a later one comes
 * by. A CPU that is not up is not asked: its tables are suspect. For one that fails while
 * it is asked, the watch answers that there is nothing more.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/query.h"

/* A CPU whose loop has not turned for so long will not answer. */
#define SILENT_MS 2000

static struct cgn_query *abandoned;

static bool
is_done(const struct cgn_query *q)
{
	return __atomic_load_n(&q->msg.done, __ATOMIC_ACQUIRE) != 0;
}

static void
reap(void)
{
	struct cgn_query **link = &abandoned;

	while (*link != NULL) {
		struct cgn_query *q = *link;

		if (is_done(q)) {
			*link = q->next;
			free(q->msg.out);
			free(q);
		} else {
			link = &q->next;
		}
	}
}

struct cgn_query *
cgn_query_create(struct cgn_daemon *d, size_t size, uint32_t batch)
{
	struct cgn_query *q = calloc(1, sizeof(*q));

	reap();
	if (q == NULL)
		return NULL;
	if (size > 0) {
		q->msg.out = aligned_alloc(RTE_CACHE_LINE_SIZE,
			RTE_ALIGN_CEIL(size * batch, RTE_CACHE_LINE_SIZE));
		if (q->msg.out == NULL) {
			free(q);
			return NULL;
		}
	}
	q->daemon = d;
	q->batch = batch;
	q->slot = CGN_NONE;
	q->msg.filter.instance = q->msg.filter.location = CGN_NONE;
	return q;
}

/* Moves on to the next worker that is to be asked; false: there is none. */
static bool
find_worker(struct cgn_query *q)
{
	const struct cgn_daemon *d = q->daemon;

	for (; q->at < d->n_cpus; q->at++, q->cursor = 0)
		if (cgn_watch_is_well(&d->watch, q->at) &&
			(q->slot == CGN_NONE || d->worker[q->at]->conf.slot == q->slot))
			return true;
	return false;
}

static int
wait_for(const struct cgn_query *q)
{
	const struct cgn_lcore *lcore = q->daemon->rt.lcore[q->at];

	return cgn_lcore_age_ms(lcore) > SILENT_MS ? -ETIMEDOUT : CGN_QUERY_WAIT;
}

static bool
post(struct cgn_query *q, uint32_t max)
{
	q->msg.cursor = q->cursor;
	q->msg.max = RTE_MIN(max, q->batch);
	q->msg.n = 0;
	q->msg.end = false;
	q->msg.done = 0;
	return cgn_lcore_post(q->daemon->rt.lcore[q->at], &q->msg);
}

int
cgn_query_step(struct cgn_query *q, uint32_t max)
{
	if (!q->posted) {
		if (!find_worker(q))
			return CGN_QUERY_END;
		q->posted = post(q, max);
	}
	if (!q->posted || !is_done(q))
		return wait_for(q);
	q->posted = false;
	q->worker = q->at;
	q->cursor = q->msg.cursor;
	if (q->msg.end) {
		q->at++;
		q->cursor = 0;
	}
	return CGN_QUERY_BATCH;
}

void
cgn_query_destroy(struct cgn_query *q)
{
	if (q == NULL)
		return;
	if (q->posted) {
		q->next = abandoned;
		abandoned = q;
	} else {
		free(q->msg.out);
		free(q);
	}
	reap();
}
