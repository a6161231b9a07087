/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Neighbours (RFC 826, RFC 1122 2.3.2, RFC 4861 7): one `peer` of the control lcore
 * beside each entry of the tables that the path reads, tied to it by neigh.control.
 *
 *   INCOMPLETE --answer--> REACHABLE --30 s, used--> PROBE --answer--> REACHABLE
 *       |                      | unused                | no answer
 *       | 3 questions          v                       v
 *       v                    STALE --used--> PROBE   INCOMPLETE (used, or a gateway)
 *   forgotten, or FAILED       | 10 min
 *   (gateway: asked again)     v forgotten
 *
 * The path sends to whoever has a link-layer address and says so by a flag; it gives
 * packets for others to the control lcore, where they wait in a queue of 32, of which the
 * newest are kept (RFC 4861 7.2.2). Gateways of the snapshot are asked for before anybody
 * needs them, kept fresh, and never forgotten.
 *
 * A stranger who makes the box look for many absent hosts fills at most half a table with
 * questions and what is left of them; the rest is for those who answer.
 *
 * Time is a parameter. Control lcore only. Not handled: duplicate address detection (the
 * box logs a conflict and defends its address). */
#include "control/resolve_int.h"

#include <stdlib.h>

#include <rte_arp.h>

#include "control/compile.h"

#define STEP_MS	       100
#define RECLAIM_MS     1000
#define FAILED_WAIT_MS 1000 /* packets for a silent gateway are refused so long */
#define FAILED_ASK_MS  3000 /* then it is asked again */
#define INCOMPLETE_MAX 2048 /* as many again may wait to be reclaimed */

struct cgn_resolver *
cgn_resolve_create(const struct cgn_wire *wire)
{
	struct cgn_resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->wire = *wire;
	TAILQ_INIT(&r->peers);
	STAILQ_INIT(&r->free);
	for (unsigned i = 0; i < CGN_RESOLVE_HELD_ALL; i++)
		STAILQ_INSERT_TAIL(&r->free, &r->place[i], next);
	return r;
}

void
cgn_resolve_emit(struct cgn_resolver *r, struct rte_mbuf *m, const struct cgn_iface *f)
{
	if (m == NULL)
		r->wire.stats->drop[CGN_DROP_NO_MBUF]++;
	else
		r->wire.emit(r->wire.ctx, m, f->port);
}

/* ---- packets that wait ---- */

static struct rte_mbuf *
unhold(struct cgn_resolver *r, struct peer *p)
{
	struct held *h = STAILQ_FIRST(&p->held);

	STAILQ_REMOVE_HEAD(&p->held, next);
	STAILQ_INSERT_HEAD(&r->free, h, next);
	p->n_held--;
	r->stats.held--;
	return h->m;
}

static void
drop_held(struct cgn_resolver *r, struct peer *p)
{
	while (p->n_held > 0)
		cgn_frame_drop(&r->wire, unhold(r, p), CGN_DROP_NEIGHBOUR);
}

static void
hold(struct cgn_resolver *r, struct peer *p, struct rte_mbuf *m)
{
	struct held *h;

	if (p->n_held == CGN_RESOLVE_HELD)
		cgn_frame_drop(&r->wire, unhold(r, p), CGN_DROP_NEIGHBOUR);
	h = STAILQ_FIRST(&r->free);
	if (h == NULL) {
		cgn_frame_drop(&r->wire, m, CGN_DROP_NEIGHBOUR);
		return;
	}
	STAILQ_REMOVE_HEAD(&r->free, next);
	h->m = m;
	STAILQ_INSERT_TAIL(&p->held, h, next);
	p->n_held++;
	r->stats.held++;
}

/* An IP packet to a known neighbour. */
static void
transmit(struct cgn_resolver *r, struct peer *p, struct rte_mbuf *m,
	const struct rte_ether_addr *mac)
{
	const struct cgn_iface *f = &r->snap->iface[p->iface];

	if (cgn_frame_push(m, f, mac,
		    is_ip4(p->n->addr) ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6))
		cgn_resolve_emit(r, m, f);
	else
		cgn_frame_drop(&r->wire, m, CGN_DROP_NO_MBUF);
}

void
cgn_resolve_release(
	struct cgn_resolver *r, struct peer *p, const struct rte_ether_addr *mac)
{
	while (p->n_held > 0)
		transmit(r, p, unhold(r, p), mac);
}

/* ---- questions ---- */

/* The sender's address of a question: one of the network that the neighbour is in. */
static bool
source4(const struct cgn_resolver *r, const struct peer *p, rte_be32_t *addr)
{
	const struct cgn_compile_addr *a =
		cgn_compile_connected(r->snap, p->iface, p->n->addr);

	*addr = a != NULL ? ip4(a->addr) : r->snap->iface[p->iface].addr4;
	return *addr != 0;
}

/* Asks one time: everybody, or (to confirm it) the neighbour itself. */
static void
ask(struct cgn_resolver *r, struct peer *p, uint64_t now_ms)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff } };
	const struct cgn_iface *f = &r->snap->iface[p->iface];
	struct rte_ether_addr mac;
	bool probe = p->state == CGN_PEER_PROBE && cgn_neigh_mac(p->n, &mac);
	rte_be32_t src;

	p->tries++;
	p->due_ms = now_ms + CGN_RESOLVE_RETRANS_MS;
	if (!is_ip4(p->n->addr)) {
		if (!f->has6)
			return;
		cgn_resolve_emit(r,
			cgn_frame_ns(r->wire.pool, f, f->link_local, p->n->addr,
				probe ? &mac : NULL),
			f);
	} else if (source4(r, p, &src)) {
		cgn_resolve_emit(r,
			cgn_frame_arp(r->wire.pool, f, RTE_ARP_OP_REQUEST, src, NULL,
				ip4(p->n->addr), probe ? &mac : &all),
			f);
	} else {
		return;
	}
	r->stats.asked++;
}

void
cgn_resolve_enter(struct cgn_resolver *r, struct peer *p, enum cgn_resolve_state state)
{
	r->incomplete -= p->state == CGN_PEER_INCOMPLETE;
	r->incomplete += state == CGN_PEER_INCOMPLETE;
	p->state = (uint8_t)state;
	p->tries = 0;
	p->used = false;
}

void
cgn_resolve_start(struct cgn_resolver *r, struct peer *p, enum cgn_resolve_state state,
	uint64_t now_ms)
{
	cgn_resolve_enter(r, p, state);
	ask(r, p, now_ms);
}

/* ---- peers ---- */

struct peer *
cgn_resolve_peer(struct cgn_resolver *r, struct cgn_neigh *n, uint64_t now_ms)
{
	struct peer *p = n->control;

	if (p != NULL)
		return p;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->n = n;
	p->iface = n->iface;
	p->state = CGN_PEER_STALE;
	p->used_ms = now_ms;
	STAILQ_INIT(&p->held);
	n->control = p;
	TAILQ_INSERT_TAIL(&r->peers, p, all);
	return p;
}

void
cgn_resolve_forget(struct cgn_resolver *r, struct peer *p)
{
	uint8_t addr[16];

	drop_held(r, p);
	cgn_resolve_enter(r, p, CGN_PEER_STALE);
	TAILQ_REMOVE(&r->peers, p, all);
	memcpy(addr, p->n->addr, sizeof(addr));
	p->n->control = NULL;
	cgn_neigh_del(r->snap->iface[p->iface].neigh, addr);
	free(p);
}

void
cgn_resolve_destroy(struct cgn_resolver *r)
{
	struct peer *p;

	if (r == NULL)
		return;
	while ((p = TAILQ_FIRST(&r->peers)) != NULL) {
		while (p->n_held > 0)
			rte_pktmbuf_free(unhold(r, p));
		TAILQ_REMOVE(&r->peers, p, all);
		p->n->control = NULL;
		free(p);
	}
	free(r);
}

/* Nobody answers: a gateway is asked again later, others are forgotten. */
static void
give_up(struct cgn_resolver *r, struct peer *p, uint64_t now_ms)
{
	r->stats.failed++;
	if (!p->gateway) {
		cgn_resolve_forget(r, p);
		return;
	}
	drop_held(r, p);
	cgn_resolve_hush(r, p, true);
	cgn_resolve_enter(r, p, CGN_PEER_FAILED);
	p->due_ms = now_ms + FAILED_ASK_MS;
}

/* The peer's time has come. */
static void
step(struct cgn_resolver *r, struct peer *p, uint64_t now_ms)
{
	switch ((enum cgn_resolve_state)p->state) {
	case CGN_PEER_INCOMPLETE:
		if (p->tries < CGN_RESOLVE_TRIES)
			ask(r, p, now_ms);
		else
			give_up(r, p, now_ms);
		break;
	case CGN_PEER_REACHABLE:
	case CGN_PEER_STALE:
		if (p->used || p->gateway)
			cgn_resolve_start(r, p, CGN_PEER_PROBE, now_ms);
		else if (now_ms - p->used_ms >= CGN_RESOLVE_UNUSED_MS)
			cgn_resolve_forget(r, p);
		else
			p->state = CGN_PEER_STALE;
		break;
	case CGN_PEER_PROBE:
		if (p->tries < CGN_RESOLVE_TRIES) {
			ask(r, p, now_ms);
			break;
		}
		cgn_neigh_set(p->n, NULL);
		cgn_resolve_hush(r, p, p->gateway);
		cgn_resolve_start(r, p, CGN_PEER_INCOMPLETE, now_ms);
		break;
	case CGN_PEER_FAILED:
		cgn_resolve_start(r, p, CGN_PEER_INCOMPLETE, now_ms);
		break;
	}
}

/* Says that the neighbours deleted a while ago have no readers any more. */
static void
reclaim(struct cgn_resolver *r, uint64_t now_ms)
{
	if (now_ms < r->reclaim_ms)
		return;
	r->reclaim_ms = now_ms + RECLAIM_MS;
	for (unsigned i = 0; i < r->snap->n_ifaces; i++)
		cgn_neigh_reclaim(r->snap->iface[i].neigh);
}

void
cgn_resolve_tick(struct cgn_resolver *r, uint64_t now_ms)
{
	struct peer *p, *next;

	if (r->snap == NULL || now_ms < r->next_ms)
		return;
	r->next_ms = now_ms + STEP_MS;
	reclaim(r, now_ms);
	for (p = TAILQ_FIRST(&r->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, all);
		if (__atomic_load_n(&p->n->used, __ATOMIC_RELAXED)) {
			__atomic_store_n(&p->n->used, 0, __ATOMIC_RELAXED);
			p->used_ms = now_ms;
			p->used = true;
		}
		if (now_ms >= p->due_ms)
			step(r, p, now_ms);
	}
}

/* ---- packets ---- */

/* True when a packet may wait for this peer; starts the questions. */
static bool
may_wait(struct cgn_resolver *r, struct peer *p, uint64_t now_ms)
{
	if (p->state == CGN_PEER_INCOMPLETE)
		return true;
	if (p->state == CGN_PEER_FAILED &&
		now_ms < p->due_ms - FAILED_ASK_MS + FAILED_WAIT_MS)
		return false;
	cgn_resolve_start(r, p, CGN_PEER_INCOMPLETE, now_ms);
	return true;
}

void
cgn_resolve_send(struct cgn_resolver *r, uint16_t iface, const uint8_t key[16],
	struct rte_mbuf *m, uint64_t now_ms)
{
	const struct cgn_iface *f = &r->snap->iface[iface];
	struct cgn_neigh *n = cgn_neigh_find(f->neigh, key);
	struct rte_ether_addr mac;
	struct peer *p;

	if (n == NULL && f->port != CGN_NONE16 && r->incomplete < INCOMPLETE_MAX)
		n = cgn_neigh_add(f->neigh, key);
	p = n ? cgn_resolve_peer(r, n, now_ms) : NULL;
	if (p == NULL) {
		r->stats.table_full += f->port != CGN_NONE16;
		cgn_frame_drop(&r->wire, m, CGN_DROP_NEIGHBOUR);
		return;
	}
	p->used_ms = now_ms;
	if (cgn_neigh_mac(n, &mac)) {
		p->used = true;
		transmit(r, p, m, &mac);
		return;
	}
	if (may_wait(r, p, now_ms))
		hold(r, p, m);
	else
		cgn_frame_drop(&r->wire, m, CGN_DROP_NEIGHBOUR);
}
