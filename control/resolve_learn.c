/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the resolver learns: from packets of neighbours (RFC 826, RFC 4861 7.2.5), and
 * from a new snapshot, whose gateways it takes on and whose new addresses it announces.
 * An entry is only made for who asks the box and is on the link; news about others change
 * what is known already. Who claims an address of the box is logged and contradicted
 * (RFC 5227 2.4(c)).
 *
 * Control lcore only. */
#include "control/resolve_int.h"

#include <arpa/inet.h>

#include <rte_arp.h>

#include "control/compile.h"
#include "control/log.h"

#define DEFEND_MS 10000

/* Somebody else says that he has an address of the box: defend it. */
static void
conflict(struct cgn_resolver *r, uint16_t iface, const uint8_t key[16],
	const struct rte_ether_addr *mac, uint64_t now_ms)
{
	const uint8_t *m = mac->addr_bytes;

	r->stats.conflicts++;
	if (r->defended_ms != 0 && now_ms - r->defended_ms < DEFEND_MS)
		return;
	r->defended_ms = now_ms;
	cgn_log_event(LOG_WARNING,
		"%s: %02x:%02x:%02x:%02x:%02x:%02x claims an address of this box, ending "
		"in "
		"%u.%u.%u.%u",
		r->snap->iface[iface].name, m[0], m[1], m[2], m[3], m[4], m[5], key[12],
		key[13], key[14], key[15]);
	cgn_resolve_announce(r);
}

void
cgn_resolve_hush(struct cgn_resolver *r, struct peer *p, bool silent)
{
	bool four = is_ip4(p->n->addr);
	char text[INET6_ADDRSTRLEN];

	if (p->silent == silent)
		return;
	p->silent = silent;
	inet_ntop(four ? AF_INET : AF_INET6, p->n->addr + (four ? 12 : 0), text,
		sizeof(text));
	cgn_log_event(silent ? LOG_WARNING : LOG_NOTICE, "%s: next hop %s %s",
		r->snap->iface[p->iface].name, text,
		silent ? "does not answer" : "answers again");
}

bool
cgn_resolve_is_silent(const struct cgn_resolver *r, uint16_t iface, const uint8_t key[16])
{
	const struct cgn_neigh *n =
		r->snap != NULL && iface < r->snap->n_ifaces
			? cgn_neigh_find(r->snap->iface[iface].neigh, key)
			: NULL;
	struct peer *p = n ? n->control : NULL;

	if (!p || !p->gateway)
		return false;
	if (!p->watched && p->state == CGN_PEER_REACHABLE)
		p->due_ms = 0;
	p->watched = true;
	return p->silent;
}

static void
confirmed(struct cgn_resolver *r, struct peer *p, uint64_t now_ms)
{
	cgn_resolve_enter(r, p, CGN_PEER_REACHABLE);
	cgn_resolve_hush(r, p, false);
	p->confirmed_ms = now_ms;
	p->due_ms = now_ms + (p->watched ? CGN_RESOLVE_WATCH_MS : CGN_RESOLVE_FRESH_MS);
}

/* RFC 4861 7.2.5 and appendix C, with the flags of an ARP packet by RFC 826. */
static void
update(struct cgn_resolver *r, struct peer *p, const struct rte_ether_addr *mac,
	unsigned how, uint64_t now_ms)
{
	struct rte_ether_addr old;
	bool known = cgn_neigh_mac(p->n, &old);
	bool same = known && rte_is_same_ether_addr(&old, mac);

	if (known && !same && !(how & CGN_LEARN_OVERRIDE)) {
		if (p->state == CGN_PEER_REACHABLE) {
			cgn_resolve_enter(r, p, CGN_PEER_STALE);
			p->due_ms = now_ms;
		}
		return;
	}
	if (!same) {
		r->stats.resolved++;
		cgn_neigh_set(p->n, mac);
	}
	if (how & CGN_LEARN_CONFIRMED) {
		confirmed(r, p, now_ms);
	} else if (!same) {
		cgn_resolve_enter(r, p, CGN_PEER_STALE);
		p->due_ms = now_ms;
	}
	cgn_resolve_release(r, p, mac);
}

bool
cgn_resolve_learn(struct cgn_resolver *r, uint16_t iface, const uint8_t key[16],
	const struct rte_ether_addr *mac, unsigned how, uint64_t now_ms)
{
	const struct cgn_iface *f = &r->snap->iface[iface];
	struct cgn_neigh *n;
	struct peer *p;

	if (rte_is_same_ether_addr(mac, &f->mac))
		return true; /* our own, come back */
	if (cgn_compile_owns(r->snap, iface, key) ||
		cgn_compile_proxies(r->snap, iface, key)) {
		conflict(r, iface, key, mac, now_ms);
		return false;
	}
	if (!rte_is_valid_assigned_ether_addr(mac))
		return true;
	if (cgn_compile_connected(r->snap, iface, key) == NULL)
		how &= ~(unsigned)CGN_LEARN_CREATE;
	n = how & CGN_LEARN_CREATE ? cgn_neigh_add(f->neigh, key)
				   : cgn_neigh_find(f->neigh, key);
	p = n ? cgn_resolve_peer(r, n, now_ms) : NULL;
	if (p != NULL)
		update(r, p, mac, how, now_ms);
	else
		r->stats.table_full += (how & CGN_LEARN_CREATE) != 0;
	return true;
}

/* ---- snapshots ---- */

static void
announce(struct cgn_resolver *r, const struct cgn_iface *f, const uint8_t key[16])
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff } };
	struct rte_ether_addr group;
	rte_be32_t addr = ip4(key);

	cgn_frame_group(&group, cgn_frame_all_nodes);
	if (is_ip4(key))
		cgn_resolve_emit(r,
			cgn_frame_arp(r->wire.pool, f, RTE_ARP_OP_REQUEST, addr, NULL,
				addr, &all),
			f);
	else
		cgn_resolve_emit(r,
			cgn_frame_na(r->wire.pool, f, key, cgn_frame_all_nodes, &group,
				CGN_NA_ROUTER | CGN_NA_OVERRIDE),
			f);
}

/* Announces what `before` (NULL: nothing) does not have. */
static void
announce_new(struct cgn_resolver *r, const struct cgn_snapshot *before)
{
	for (uint16_t i = 0; i < r->snap->n_ifaces; i++) {
		const struct cgn_iface *f = &r->snap->iface[i];
		uint32_t n = 0;
		const struct cgn_compile_addr *a = cgn_compile_addrs(r->snap, i, &n);

		for (uint32_t k = 0; f->port != CGN_NONE16 && k < n; k++)
			if (before == NULL || i >= before->n_ifaces ||
				!cgn_compile_owns(before, i, a[k].addr))
				announce(r, f, a[k].addr);
	}
}

void
cgn_resolve_announce(struct cgn_resolver *r)
{
	announce_new(r, NULL);
}

/* Takes on the gateways of a snapshot. */
static void
gateways(struct cgn_resolver *r, uint64_t now_ms)
{
	for (uint32_t i = 0; i < r->snap->n_nexthops; i++) {
		struct cgn_neigh *n = r->snap->nexthop[i].neigh;
		struct peer *p = n ? cgn_resolve_peer(r, n, now_ms) : NULL;
		struct rte_ether_addr mac;

		if (p == NULL)
			continue;
		p->gateway = true;
		if (p->state != CGN_PEER_INCOMPLETE && !cgn_neigh_mac(n, &mac))
			cgn_resolve_start(r, p, CGN_PEER_INCOMPLETE, now_ms);
	}
}

void
cgn_resolve_snapshot(
	struct cgn_resolver *r, const struct cgn_snapshot *snap, uint64_t now_ms)
{
	const struct cgn_snapshot *before = r->snap;
	struct peer *p, *next;

	r->snap = snap;
	for (p = TAILQ_FIRST(&r->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, all);
		p->gateway = p->watched = false;
		if (snap->iface[p->iface].port == CGN_NONE16)
			cgn_resolve_forget(r, p);
	}
	announce_new(r, before);
	gateways(r, now_ms);
	TAILQ_FOREACH(p, &r->peers, all)
	p->silent &= p->gateway;
}

/* ---- to be seen ---- */

const struct cgn_resolve_stats *
cgn_resolve_stats(const struct cgn_resolver *r)
{
	return &r->stats;
}

void
cgn_resolve_foreach(const struct cgn_resolver *r, uint64_t now_ms,
	void (*visit)(void *ctx, const struct cgn_resolve_view *v), void *ctx)
{
	for (const struct peer *p = TAILQ_FIRST(&r->peers); p != NULL;
		p = TAILQ_NEXT(p, all)) {
		struct cgn_resolve_view v = { .iface = p->iface,
			.state = p->state,
			.gateway = p->gateway,
			.age_ms = now_ms - p->confirmed_ms,
			.held = p->n_held };

		memcpy(v.addr, p->n->addr, sizeof(v.addr));
		v.known = cgn_neigh_mac(p->n, &v.mac);
		visit(ctx, &v);
	}
}

const char *
cgn_resolve_state_name(enum cgn_resolve_state state)
{
	static const char *const name[] = {
		[CGN_PEER_INCOMPLETE] = "incomplete",
		[CGN_PEER_REACHABLE] = "reachable",
		[CGN_PEER_STALE] = "stale",
		[CGN_PEER_PROBE] = "probe",
		[CGN_PEER_FAILED] = "failed",
	};

	return name[state];
}
