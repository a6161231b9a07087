/* SPDX-License-Identifier: BSD-3-Clause
 *
 * With ha.block_commit = "synchronous" no packet leaves the box with a public address and
 * port that the standby does not know to be its user's: when a user comes, or gets
 * another block, what it sends through the box waits where it would have left, until the
 * standby has acknowledged the record. Everything else of the user goes on: its session
 * is made, and what comes later queues up behind, so that nothing is reordered.
 *
 * Nobody waits for longer than 50 ms. The pair is degraded then: it is counted, control
 * tells of it, and nothing waits any more until the standby has caught up. A user or a
 * block that a standby refuses, or that was lost on the way, it does not acknowledge, nor
 * anything behind it, until both ends have been compared and found to be the same. So the
 * host compares soon when nobody acknowledges.
 *
 * The standby acknowledges once per tick, by a record of its own over the same way, ring
 * or channel; the path of users that have what they need is one test of a flag of the
 * worker. Owner only. */
#include "dataplane/block_commit.h"

#define WAIT_MS 50

static void
be_late(struct cgn_sync_location *l)
{
	if (l->late)
		return;
	l->late_stamp = l->stamp;
	l->count.late++;
	l->doubt = true;
	__atomic_store_n(&l->late, true, __ATOMIC_RELAXED);
}

/* Has nobody of this location to wait for the stamp? */
static bool
settled(const struct cgn_worker *w, uint16_t location, uint32_t stamp)
{
	const struct cgn_sync_location *l = &w->sync->location[location];

	return !(w->role[location] & CGN_ROLE_HOST) || l->late ||
	       cgn_sync_reached(l->acked, stamp);
}

void
cgn_block_commit_begin(struct cgn_worker *w, struct cgn_user *u, bool told)
{
	struct cgn_sync_location *l = &w->sync->location[u->location];

	if (!w->snap->sync.commit || l->late)
		return;
	if (!told) {
		be_late(l);
		return;
	}
	u->commit = l->stamp;
	u->committing = true;
	w->commit.on = true;
	w->commit.until_ms = w->now_ms + WAIT_MS;
}

static bool
enqueue(struct cgn_worker *w, struct rte_mbuf *m, uint16_t port, const struct cgn_user *u)
{
	struct cgn_commit *c = &w->commit;
	uint32_t at = (c->first + c->n) % CGN_COMMIT_WAITS;

	if (c->n == CGN_COMMIT_WAITS)
		return false;
	c->wait[at].pkt = m;
	c->wait[at].until_ms = w->now_ms + WAIT_MS;
	c->wait[at].stamp = u->commit;
	c->wait[at].location = u->location;
	c->wait[at].port = port;
	c->n++;
	w->sync->location[u->location].count.waits++;
	return true;
}

bool
cgn_block_commit_hold(struct cgn_burst *b, uint64_t i, uint16_t port)
{
	if (!cgn_block_commit_piece(b, i, b->pkt[i], port))
		return false;
	cgn_leave(b, i);
	return true;
}

bool
cgn_block_commit_piece(
	const struct cgn_burst *b, uint64_t i, struct rte_mbuf *m, uint16_t port)
{
	const struct cgn_pkt *p = &b->p[i];
	struct cgn_worker *w = b->w;
	struct cgn_user *u;

	if (!(b->up & CGN_BIT(i)) || p->session == CGN_NONE)
		return false;
	u = cgn_user_at(w, cgn_session_at(w, p->session)->user);
	if (!u->committing)
		return false;
	if (!settled(w, u->location, u->commit)) {
		if (enqueue(w, m, port, u))
			return true;
		be_late(&w->sync->location[u->location]);
	}
	u->committing = false;
	return false;
}

void
cgn_block_commit_acked(struct cgn_worker *w, uint16_t location, uint32_t stamp)
{
	struct cgn_sync_location *l = &w->sync->location[location];

	if (cgn_sync_reached(l->acked, stamp) || !cgn_sync_reached(l->stamp, stamp))
		return;
	l->acked = stamp;
	if (l->late && cgn_sync_reached(stamp, l->late_stamp))
		__atomic_store_n(&l->late, false, __ATOMIC_RELAXED);
}

void
cgn_block_commit_release(struct cgn_worker *w)
{
	struct cgn_commit *c = &w->commit;

	if (likely(!c->on))
		return;
	for (; c->n; c->n--, c->first = (c->first + 1) % CGN_COMMIT_WAITS) {
		uint16_t location = c->wait[c->first].location;

		if (!settled(w, location, c->wait[c->first].stamp)) {
			if (w->now_ms < c->wait[c->first].until_ms)
				return;
			be_late(&w->sync->location[location]);
		}
		cgn_emit(w, c->wait[c->first].pkt, CGN_OUT_TX, c->wait[c->first].port);
	}
	c->on = w->now_ms < c->until_ms;
}

void
cgn_block_commit_forget(struct cgn_worker *w)
{
	for (; w->commit.n; w->commit.n--) {
		rte_pktmbuf_free(w->commit.wait[w->commit.first].pkt);
		w->commit.first = (w->commit.first + 1) % CGN_COMMIT_WAITS;
	}
}
