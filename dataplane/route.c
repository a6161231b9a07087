/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a packet is and who handles it. The routing table answers most of it: its next
 * hops say "address of the box", "AFTR", "public pool" as well as "gateway". `route`
 * looks up all destinations at once, `classify` sorts the burst into up, down and plain,
 * `steer` hands what belongs to another CPU over to it. `reroute` looks up where the
 * translated packets go. */
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "dataplane/pipeline.h"
#include "dataplane/softwire.h"
#include "dataplane/steer.h"

#define VRRP_ROUTERS RTE_BE32(0xe0000012) /* 224.0.0.18, RFC 9568 5.1.1.2 */

static inline bool
alike(const struct cgn_pkt *p, uint8_t version, uint16_t vpn)
{
	return p->vpn == vpn && p->version == version;
}

static inline void
take_nexthops(struct cgn_burst *b, const uint8_t *who, const uint64_t *nh, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		b->p[who[k]].nexthop = (uint16_t)nh[k];
}

/* Looks up those of the mask that are IPv4 and in this VPN, in most bursts all of one
 * kind; returns which they were. */
static uint64_t
lookup4(struct cgn_burst *b, uint64_t mask, uint16_t vpn)
{
	struct rte_fib *fib = b->snap->vpn[vpn].fib4;
	uint32_t dst[CGN_BURST];
	uint64_t nh[CGN_BURST], set = 0;
	uint8_t who[CGN_BURST];
	unsigned n = 0;

	CGN_FOREACH (i, mask) {
		const struct cgn_pkt *p = &b->p[i];
		const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, p->l3);

		if (unlikely(!alike(p, 4, vpn)))
			continue;
		set |= CGN_BIT(i);
		dst[n] = rte_be_to_cpu_32(ip->dst_addr);
		who[n++] = (uint8_t)i;
	}
	if (fib)
		rte_fib_lookup_bulk(fib, dst, nh, (int)n);
	else
		memset(nh, 0, sizeof(nh[0]) * n);
	take_nexthops(b, who, nh, n);
	return set;
}

/* Looks up n destinations; the worker remembers the last one. */
static void
ask6(struct cgn_worker *w, const struct cgn_snapshot *snap, uint16_t vpn,
	uint64_t (*dst)[2], uint64_t *nh, unsigned n)
{
	if (snap->vpn[vpn].fib6)
		rte_fib6_lookup_bulk(snap->vpn[vpn].fib6, (void *)dst, nh, (int)n);
	else
		memset(nh, 0, sizeof(nh[0]) * n);
	memcpy(w->route6.dst, dst[n - 1], sizeof(w->route6.dst));
	w->route6.nexthop = nh[n - 1];
	w->route6.vpn = vpn;
	w->route6.generation = snap->generation;
	w->route6.snap = snap;
}

/* What is remembered, if it is of this snapshot and VPN: how many (0 or 1). */
static unsigned
recall6(const struct cgn_worker *w, const struct cgn_snapshot *snap, uint16_t vpn,
	uint64_t dst[2], uint64_t *nh)
{
	memcpy(dst, w->route6.dst, sizeof(w->route6.dst));
	*nh = w->route6.nexthop;
	return w->route6.snap == snap && w->route6.generation == snap->generation &&
	       w->route6.vpn == vpn;
}

/* Packets in a row to one address, as all that come through the tunnel are, share a
 * look-up, over bursts too: a host route of IPv6 takes one step for each of its last 13
 * bytes. */
static uint64_t
lookup6(struct cgn_burst *b, uint64_t mask, uint16_t vpn)
{
	uint64_t dst[CGN_BURST + 1][2], nh[CGN_BURST + 1], set = 0;
	unsigned known = recall6(b->w, b->snap, vpn, dst[0], nh), n = known;

	CGN_FOREACH (i, mask) {
		struct cgn_pkt *p = &b->p[i];
		const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, p->l3);
		uint64_t to[2];

		if (unlikely(!alike(p, 6, vpn)))
			continue;
		set |= CGN_BIT(i);
		memcpy(to, ip->dst_addr, 16);
		if (!n || to[0] != dst[n - 1][0] || to[1] != dst[n - 1][1]) {
			dst[n][0] = to[0];
			dst[n++][1] = to[1];
		}
		p->nexthop = (uint16_t)(n - 1);
	}
	if (n > known)
		ask6(b->w, b->snap, vpn, dst + known, nh + known, n - known);
	CGN_FOREACH (i, set)
		b->p[i].nexthop = (uint16_t)nh[b->p[i].nexthop];
	return set;
}

void
cgn_route_lookup(struct cgn_burst *b, uint64_t mask)
{
	while (mask) {
		const struct cgn_pkt *first = &b->p[__builtin_ctzll(mask)];

		mask &= ~(first->version == 4 ? lookup4 : lookup6)(b, mask, first->vpn);
	}
}

CGN_CLONES void
cgn_stage_route(struct cgn_burst *b)
{
	cgn_route_lookup(b, b->live & ~b->unrouted & ~b->steered);
}

CGN_CLONES void
cgn_stage_reroute(struct cgn_burst *b)
{
	cgn_route_lookup(b, (b->up & b->moved) | b->down | b->made);
}

static void
punt_local(struct cgn_burst *b, uint64_t i)
{
	*cgn_mark(b->pkt[i]) = (struct cgn_mark){ .op = CGN_MARK_LOCAL,
		.iface = b->p[i].iface,
		.vpn = b->p[i].vpn,
		.l3 = b->p[i].l3 };
	cgn_punt(b, i);
}

/* Whose B4 is it? Prefixes of an AFTR are sorted, the longest first. */
static const struct cgn_remote *
find_remote(
	const struct cgn_snapshot *snap, const struct cgn_aftr *aftr, const uint8_t *src)
{
	const struct cgn_remote *r = &snap->remote[aftr->first];
	uint64_t a[2];

	memcpy(a, src, 16);
	for (uint32_t k = 0; k < aftr->n; k++, r++) {
		uint64_t addr[2], mask[2];

		memcpy(addr, r->addr, 16);
		memcpy(mask, r->mask, 16);
		if ((a[0] & mask[0]) == addr[0] && (a[1] & mask[1]) == addr[1])
			return r;
	}
	return NULL;
}

static void
classify_aftr(struct cgn_burst *b, uint64_t i, const struct cgn_nexthop *nh)
{
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);
	uint8_t proto = b->p[i].proto;
	const struct cgn_remote *r;

	memcpy(b->b4[i], ip->src_addr, 16);
	if (proto == CGN_IPPROTO_ICMPV6) {
		if (!cgn_tunnel_error(b, i, b->b4[i])) {
			punt_local(b, i);
			return;
		}
		b->p[i].flags |= CGN_PKT_TUNNEL_ERROR;
	} else if (proto != CGN_IPPROTO_IPIP && proto != CGN_IPPROTO_FRAG) {
		cgn_drop(b, i, CGN_DROP_SOFTWIRE_PROTOCOL);
		return;
	}
	r = find_remote(b->snap, &b->snap->aftr[nh->index], b->b4[i]);
	if (!r) {
		cgn_drop(b, i, CGN_DROP_SOFTWIRE_SOURCE);
		return;
	}
	if (b->snap->instance[r->instance].switched) {
		b->p[i].nexthop = b->snap->instance[r->instance].redirect;
		b->plain |= CGN_BIT(i);
		return;
	}
	b->p[i].instance = r->instance;
	b->p[i].scope = r->scope;
	b->up |= CGN_BIT(i);
	b->softwire |= CGN_BIT(i);
}

/* A group of the link, ff02::/16 and 224.0.0.0/24: what routing protocols speak to, and
 * the kernel beside the box listens to. */
static bool
is_for_routers6(const struct cgn_burst *b, uint64_t i)
{
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);

	return b->snap->iface[b->p[i].iface].tap && (ip->dst_addr[1] & 0xf) == 2;
}

static bool
is_for_routers4(const struct cgn_burst *b, uint64_t i)
{
	return b->snap->iface[b->p[i].iface].tap &&
	       (b->p[i].dst & RTE_BE32(0xffffff00)) == RTE_BE32(0xe0000000);
}

static void
classify6(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_nexthop *nh = &b->snap->nexthop[b->p[i].nexthop];

	if (b->p[i].flags & CGN_PKT_MULTICAST) {
		if (b->p[i].proto == CGN_IPPROTO_ICMPV6 ||
			b->p[i].proto == CGN_IPPROTO_VRRP || is_for_routers6(b, i))
			punt_local(b, i);
		else
			cgn_drop(b, i, CGN_DROP_MULTICAST);
		return;
	}
	if (nh->kind == CGN_NH_LOCAL)
		punt_local(b, i);
	else if (nh->kind == CGN_NH_AFTR)
		classify_aftr(b, i, nh);
	else
		b->plain |= CGN_BIT(i);
}

static bool
exempt(const struct cgn_instance *inst, const struct cgn_pkt *p)
{
	for (uint32_t k = 0; k < inst->n_exempt; k++) {
		const struct cgn_exempt *e = &inst->exempt[k];

		if ((p->dst & e->mask) == e->addr &&
			(!e->proto || e->proto == p->proto) &&
			(!e->port || e->port == p->dport))
			return true;
	}
	return false;
}

/* The NAT44 instance that serves a source on this interface. Interfaces without one are
 * most, and cost one look. */
static inline uint16_t
find_nat44(const struct cgn_snapshot *snap, const struct cgn_pkt *p)
{
	const struct cgn_iface *iface = &snap->iface[p->iface];

	for (unsigned k = 0; k < iface->n_nat; k++)
		if (cgn_instance_pool(snap, iface->nat[k], p->src) != CGN_NONE16)
			return exempt(&snap->instance[iface->nat[k]], p) ? CGN_NONE16
									 : iface->nat[k];
	return CGN_NONE16;
}

/* Multicast, which is not routed, or one that has been here before. */
static void
classify4_rare(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_pkt *p = &b->p[i];

	if (!(p->flags & CGN_PKT_MULTICAST)) {
		if (b->snap->nexthop[p->nexthop].kind == CGN_NH_POOL)
			b->down |= CGN_BIT(i);
		else
			cgn_drop(b, i, CGN_DROP_HAIRPIN);
	} else if ((p->proto == CGN_IPPROTO_VRRP && p->dst == VRRP_ROUTERS) ||
		   is_for_routers4(b, i)) {
		punt_local(b, i);
	} else {
		cgn_drop(b, i, CGN_DROP_MULTICAST);
	}
}

static inline void
classify4(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	uint8_t kind;

	if (unlikely(p->flags & (CGN_PKT_MULTICAST | CGN_PKT_HAIRPIN | CGN_PKT_HELD))) {
		classify4_rare(b, i);
		return;
	}
	kind = b->snap->nexthop[p->nexthop].kind;
	if (unlikely(kind == CGN_NH_LOCAL)) {
		punt_local(b, i);
	} else if ((p->instance = find_nat44(b->snap, p)) != CGN_NONE16) {
		const struct cgn_instance *inst = &b->snap->instance[p->instance];

		if (inst->switched && inst->redirect)
			p->nexthop = inst->redirect;
		*(inst->switched ? &b->plain : &b->up) |= CGN_BIT(i);
	} else if (kind == CGN_NH_POOL) {
		b->down |= CGN_BIT(i);
	} else {
		b->plain |= CGN_BIT(i);
	}
}

CGN_CLONES void
cgn_stage_classify(struct cgn_burst *b)
{
	CGN_FOREACH (i, b->live & ~b->steered)
		if (b->p[i].version == 4)
			classify4(b, i);
		else if (b->p[i].version == 6)
			classify6(b, i);
		else
			punt_local(b, i); /* ARP */
}

static inline uint32_t
slot_of(const struct cgn_burst *b, uint64_t i, rte_be32_t addr)
{
	const struct cgn_pool_range *r =
		&b->snap->range[b->snap->nexthop[b->p[i].nexthop].index];

	return r->slot + (rte_be_to_cpu_32(addr) - r->first);
}

void
cgn_steer_hand(struct cgn_burst *b, uint64_t i, uint16_t worker, uint8_t op)
{
	struct cgn_mark *mark = cgn_mark(b->pkt[i]);
	uint8_t hops = b->wire ? 1 : (uint8_t)(mark->hops + 1);

	if (worker == CGN_NONE16) {
		cgn_drop(b, i, CGN_DROP_LOCATION_DOWN);
	} else if (hops > HOPS_MAX) {
		cgn_drop(b, i, CGN_DROP_LOOP);
	} else {
		*mark = (struct cgn_mark){
			.op = op, .hops = hops, .iface = b->p[i].iface, .vpn = b->p[i].vpn
		};
		if (worker == b->w->conf.index) {
			b->again[b->n_again++] = b->pkt[i];
			cgn_leave(b, i);
			return;
		}
		b->w->stats.flow[CGN_FLOW_HANDED].packets++;
		b->w->stats.flow[CGN_FLOW_HANDED].bytes += b->pkt[i]->pkt_len;
		cgn_hand(b, i, worker);
	}
}

/* The location that a hairpinned packet goes down by, and its CPU. */
uint16_t
cgn_steer_down(const struct cgn_burst *b, uint64_t i)
{
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);

	return b->snap->address[slot_of(b, i, ip->dst_addr)].location;
}

/* The user is looked up behind the tunnel; its bucket comes from memory meanwhile. */
static inline void
prepare_user(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_instance *inst = &b->snap->instance[b->p[i].instance];

	cgn_user_key6(&b->user[i], b->b4[i], inst->prefix_length, b->p[i].scope);
	b->user_hash[i] = cgn_table_prefetch(b->w->user_by_key, &b->user[i]);
}

/* The other box translates for its location: it goes there as it came, but never back. */
static void
to_other_box(struct cgn_burst *b, uint64_t i, const struct cgn_location *l)
{
	if (b->wire && b->snap->nexthop[l->stray].iface == b->p[i].iface) {
		cgn_drop(b, i, CGN_DROP_STRAY);
		return;
	}
	if (b->p[i].flags & CGN_PKT_HELD) { /* for seconds, when the location was here */
		cgn_drop(b, i, CGN_DROP_STALE);
		return;
	}
	b->p[i].nexthop = l->stray;
	b->up &= ~CGN_BIT(i);
	b->down &= ~CGN_BIT(i);
	b->softwire &= ~CGN_BIT(i);
	b->plain |= CGN_BIT(i);
}

/* It waited in a port while the box was stopped. The other one may have taken over: what
 * is sent now would be sent twice or much too late, and a port that is given out now may
 * be that box's. */
static bool
is_stale(const struct cgn_burst *b, const struct cgn_location *l)
{
	return b->wire && l->takeover_ms && b->w->stalled_ms >= l->takeover_ms;
}

/* Gives packets to the CPUs that host their locations, with what is known of them. Those
 * that no CPU here hosts stay, and what has to be looked at again: what has lost its link
 * header, and errors of tunnels, whose user is not their sender. */
static void
hand_quickly(struct cgn_burst *b, uint64_t mask)
{
	struct cgn_outbox *o = &b->w->out;
	uint32_t n = o->n;
	uint64_t gone = 0, bytes = 0;

	CGN_FOREACH (i, mask) {
		const struct cgn_pkt *p = &b->p[i];
		uint16_t worker = b->snap->location[p->location].worker;
		struct cgn_mark *mark = cgn_mark(b->pkt[i]);
		uint8_t hops = b->wire ? 1 : (uint8_t)(mark->hops + 1);

		if (unlikely(worker >= CGN_REMOTE || hops > HOPS_MAX ||
			     p->flags & (CGN_PKT_TUNNEL_ERROR | CGN_PKT_HAIRPIN |
						CGN_PKT_HELD)))
			continue;
		mark->op = CGN_MARK_STEERED;
		mark->hops = hops;
		mark->sets = (uint8_t)((b->up >> i & 1) * CGN_FOUND_UP |
				       (b->softwire >> i & 1) * CGN_FOUND_SOFTWIRE |
				       (b->expiring >> i & 1) * CGN_FOUND_EXPIRING);
		mark->trace = 0;
		mark->found.generation = b->snap->generation;
		memcpy(mark->found.pkt, p, sizeof(mark->found.pkt));
		bytes += b->pkt[i]->pkt_len;
		o->pkt[n] = b->pkt[i];
		o->kind[n] = CGN_OUT_HAND;
		o->arg[n++] = worker;
		gone |= CGN_BIT(i);
	}
	o->n = n;
	cgn_leave_counted(b, gone, CGN_FLOW_HANDED, bytes);
}

/* How a packet looks to a CPU that knows nothing of it. */
static uint8_t
op_of(const struct cgn_pkt *p)
{
	if (p->flags & CGN_PKT_HELD)
		return CGN_MARK_HELD;
	return p->flags & CGN_PKT_HAIRPIN ? CGN_MARK_HAIRPIN : CGN_MARK_RECEIVE;
}

/* A packet whose location is not this CPU's, or that may have waited for long: it goes
 * where it belongs, which may be here. */
static void
pass_on(struct cgn_burst *b, uint64_t i, const struct cgn_location *l)
{
	if (unlikely(b->w->stalled_ms) && is_stale(b, l)) {
		cgn_drop(b, i, CGN_DROP_STALE);
	} else if (l->worker == b->w->conf.index) {
		return;
	} else if (l->worker == CGN_REMOTE) {
		to_other_box(b, i, l);
	} else {
		cgn_steer_hand(b, i, l->worker, op_of(&b->p[i]));
	}
}

CGN_CLONES void
cgn_stage_steer(struct cgn_burst *b)
{
	const struct cgn_snapshot *snap = b->snap;
	uint32_t here = b->w->stalled_ms ? CGN_NONE : b->w->conf.index;
	uint64_t away = 0;

	CGN_FOREACH (i, b->up & ~b->steered)
		b->p[i].location = (uint8_t)cgn_steer_user(
			snap, b->p[i].instance, b->p[i].src, b->b4[i]);
	CGN_FOREACH (i, b->down & ~b->steered) {
		b->p[i].slot = slot_of(b, i, b->p[i].dst);
		b->p[i].location = (uint8_t)snap->address[b->p[i].slot].location;
	}
	CGN_FOREACH (i, b->up | b->down)
		away |= (uint64_t)(snap->location[b->p[i].location].worker != here) << i;
	if (away && !b->w->stalled_ms)
		hand_quickly(b, away);
	CGN_FOREACH (i, away & b->live)
		pass_on(b, i, &snap->location[b->p[i].location]);
	CGN_FOREACH (i, b->softwire)
		prepare_user(b, i);
}
