/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box as a host: sorts the packets that the path gives to the control lcore, answers
 * ARP, and sends what the box says itself. IPv4, IPv6, neighbour discovery and UDP have
 * files of their own.
 *
 * An answer is routed like any packet of the box; where there is no route it goes back to
 * the link-layer address that asked, so that a host can be diagnosed before routes are
 * right. An answer to a public address of the box belongs to a user behind it and is
 * given to the worker that owns the address, as if it had come round a hairpin.
 *
 * What the box does not speak goes to the kernel beside it, where a port has a tap
 * (host_kernel.c); else it is refused.
 *
 * Control lcore only; time comes by cgn_host_timer(). Not handled: reassembly (an echo
 * request in fragments is not answered), services on TCP without a tap. */
#include "control/host_int.h"

#include <stdlib.h>

#include <rte_arp.h>

struct cgn_host *
cgn_host_create(const struct cgn_wire *wire)
{
	struct cgn_host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->resolver = cgn_resolve_create(wire);
	if (h->resolver == NULL) {
		free(h);
		return NULL;
	}
	h->wire = *wire;
	h->echo = (struct bucket){ .rate = CGN_HOST_ECHO_RATE,
		.burst = CGN_HOST_ECHO_BURST,
		.milli = CGN_HOST_ECHO_BURST * 1000 };
	h->refuse = (struct bucket){ .rate = CGN_HOST_REFUSE_RATE,
		.burst = CGN_HOST_REFUSE_BURST,
		.milli = CGN_HOST_REFUSE_BURST * 1000 };
	h->routing = (struct bucket){ .rate = CGN_HOST_ROUTING_RATE,
		.burst = CGN_HOST_ROUTING_BURST,
		.milli = CGN_HOST_ROUTING_BURST * 1000 };
	h->other = (struct bucket){ .rate = CGN_HOST_KERNEL_RATE,
		.burst = CGN_HOST_KERNEL_BURST,
		.milli = CGN_HOST_KERNEL_BURST * 1000 };
	return h;
}

void
cgn_host_set_routers(struct cgn_host *h, const struct cgn_host_routers *routers)
{
	h->routers = routers ? *routers : (struct cgn_host_routers){ .find = NULL };
}

enum cgn_host_virtual
cgn_host_find_virtual(const struct cgn_host *h, const struct input *in,
	const uint8_t key[16], bool on_link, struct rte_ether_addr *mac)
{
	if (!h->routers.find)
		return CGN_HOST_REAL;
	return h->routers.find(h->routers.ctx, in->iface, key, on_link, mac);
}

void
cgn_host_advert(struct cgn_host *h, const struct input *in)
{
	if (h->routers.advert)
		h->routers.advert(h->routers.ctx, in->iface, in->m);
	else
		refuse(h, in, CGN_DROP_MULTICAST);
}

void
cgn_host_destroy(struct cgn_host *h)
{
	if (h == NULL)
		return;
	cgn_resolve_destroy(h->resolver);
	free(h);
}

void
cgn_host_snapshot(struct cgn_host *h, const struct cgn_snapshot *snap)
{
	cgn_resolve_snapshot(h->resolver, snap, h->now_ms);
	h->snap = snap;
}

void
cgn_host_timer(struct cgn_host *h, uint64_t now_ms)
{
	h->now_ms = now_ms;
	cgn_resolve_tick(h->resolver, now_ms);
}

struct cgn_resolver *
cgn_host_resolver(struct cgn_host *h)
{
	return h->resolver;
}

const struct cgn_host_stats *
cgn_host_stats(const struct cgn_host *h)
{
	return &h->stats;
}

bool
cgn_host_allow(struct cgn_host *h, struct bucket *b)
{
	uint64_t full = (uint64_t)b->burst * 1000;

	b->milli = RTE_MIN(full, b->milli + (h->now_ms - b->filled_ms) * b->rate);
	b->filled_ms = h->now_ms;
	if (b->milli < 1000)
		return false;
	b->milli -= 1000;
	return true;
}

void
cgn_host_emit(struct cgn_host *h, struct rte_mbuf *m, const struct cgn_iface *f)
{
	if (m == NULL)
		h->wire.stats->drop[CGN_DROP_NO_MBUF]++;
	else
		h->wire.emit(h->wire.ctx, m, f->port);
}

bool
cgn_host_ip4_key(const uint8_t key[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(key, mapped, sizeof(mapped)) == 0;
}

/* To a user of the box: the owner of the public address goes on. */
static void
to_pool(struct cgn_host *h, const struct input *in, const struct cgn_nexthop *nh,
	const uint8_t dst[16], struct rte_mbuf *m)
{
	const struct cgn_pool_range *range = &h->snap->range[nh->index];
	const struct cgn_snap_address *a;
	uint16_t worker;
	rte_be32_t ip;

	memcpy(&ip, dst + 12, sizeof(ip));
	a = &h->snap->address[range->slot + rte_be_to_cpu_32(ip) - range->first];
	worker = h->snap->location[a->location].worker;
	if (worker >= CGN_REMOTE) {
		cgn_frame_drop(&h->wire, m, CGN_DROP_LOCATION_DOWN);
		return;
	}
	*cgn_mark(m) = (struct cgn_mark){
		.op = CGN_MARK_HAIRPIN, .iface = in->iface, .vpn = a->vpn
	};
	h->wire.hand(h->wire.ctx, m, worker);
}

/* Back to where the question came from. */
static void
to_sender(struct cgn_host *h, const struct input *in, const uint8_t dst[16],
	struct rte_mbuf *m)
{
	const struct cgn_iface *f = &h->snap->iface[in->iface];

	if (!in->framed)
		cgn_frame_drop(&h->wire, m, CGN_DROP_NO_ROUTE);
	else if (cgn_frame_push(m, f, &in->from,
			 cgn_host_ip4_key(dst) ? RTE_ETHER_TYPE_IPV4
					       : RTE_ETHER_TYPE_IPV6))
		h->wire.emit(h->wire.ctx, m, f->port);
	else
		cgn_frame_drop(&h->wire, m, CGN_DROP_NO_MBUF);
}

void
cgn_host_output(struct cgn_host *h, const struct input *in, const uint8_t dst[16],
	struct rte_mbuf *m)
{
	const struct cgn_nexthop *nh = cgn_compile_route(h->snap, in->vpn, dst);

	if (dst[0] == 0xfe && (dst[1] & 0xc0) == 0x80) { /* link-local: the same link */
		cgn_resolve_send(h->resolver, in->iface, dst, m, h->now_ms);
		return;
	}
	switch (nh->kind) {
	case CGN_NH_CONNECTED:
		cgn_resolve_send(h->resolver, nh->iface, dst, m, h->now_ms);
		break;
	case CGN_NH_GATEWAY:
		cgn_resolve_send(h->resolver, nh->iface, nh->gw, m, h->now_ms);
		break;
	case CGN_NH_POOL:
		to_pool(h, in, nh, dst, m);
		break;
	default:
		to_sender(h, in, dst, m);
	}
}

static bool
arp_right(const struct rte_arp_hdr *arp, unsigned len)
{
	return len >= sizeof(*arp) && arp->arp_hardware == RTE_BE16(RTE_ARP_HRD_ETHER) &&
	       arp->arp_protocol == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       arp->arp_hlen == RTE_ETHER_ADDR_LEN &&
	       arp->arp_plen == sizeof(rte_be32_t) &&
	       rte_is_valid_assigned_ether_addr(&arp->arp_data.arp_sha);
}

/* mac: of the address that was asked for. The frame itself comes from the port's own, for
 * a virtual address too (RFC 9568 8.1.2). */
static void
arp_reply(struct cgn_host *h, const struct input *in, const struct rte_arp_ipv4 *a,
	const struct rte_ether_addr *mac)
{
	const struct cgn_iface *f = &h->snap->iface[in->iface];
	struct rte_mbuf *m = cgn_frame_arp(h->wire.pool, f, RTE_ARP_OP_REPLY, a->arp_tip,
		&a->arp_sha, a->arp_sip, &a->arp_sha);

	if (m != NULL)
		rte_pktmbuf_mtod_offset(m, struct rte_arp_hdr *,
			rte_pktmbuf_data_len(m) - sizeof(struct rte_arp_hdr))
			->arp_data.arp_sha = *mac;
	cgn_host_emit(h, m, f);
	h->stats.arp_replies++;
}

bool
cgn_host_is_ours(const struct cgn_host *h, const struct input *in, const uint8_t key[16],
	struct rte_ether_addr *mac)
{
	enum cgn_host_virtual is = cgn_host_find_virtual(h, in, key, true, mac);

	if (is != CGN_HOST_REAL)
		return is == CGN_HOST_MASTER;
	*mac = h->snap->iface[in->iface].mac;
	return cgn_compile_owns(h->snap, in->iface, key) ||
	       cgn_compile_proxies(h->snap, in->iface, key);
}

/* RFC 826, with the probes of RFC 5227, whose sender has no address yet. */
void
cgn_host_arp(struct cgn_host *h, const struct input *in)
{
	const struct rte_arp_hdr *arp =
		rte_pktmbuf_mtod(in->m, const struct rte_arp_hdr *);
	const struct rte_arp_ipv4 *a = &arp->arp_data;
	struct rte_ether_addr mac, other;
	uint8_t sender[16], target[16];
	unsigned how = CGN_LEARN_OVERRIDE;
	bool request, ours;

	if (!arp_right(arp, rte_pktmbuf_data_len(in->m))) {
		refuse(h, in, CGN_DROP_ARP);
		return;
	}
	cgn_neigh_key4(sender, a->arp_sip);
	cgn_neigh_key4(target, a->arp_tip);
	request = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST);
	ours = cgn_host_is_ours(h, in, target, &mac);
	if (ours)
		how |= request ? CGN_LEARN_CREATE : CGN_LEARN_CONFIRMED;
	/* the other box announces it, or it is an address of ours, which is said already
	 */
	if (cgn_host_find_virtual(h, in, sender, true, &other) != CGN_HOST_REAL ||
		(a->arp_sip != 0 && !cgn_resolve_learn(h->resolver, in->iface, sender,
					    &a->arp_sha, how, h->now_ms)))
		ours = false;
	if (ours && request)
		arp_reply(h, in, a, &mac);
	else if (ours || a->arp_sip == a->arp_tip)
		cgn_host_kernel_show(h, in, RTE_ETHER_TYPE_ARP);
	rte_pktmbuf_free(in->m);
}

/* Reads what is before the network header, takes it off, and tells the kind of packet:
 * 0 if it is none for the box. */
static uint16_t
strip(struct input *in, unsigned l3)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(in->m, const void *);
	uint16_t type;

	if (rte_pktmbuf_data_len(in->m) <= l3)
		return 0;
	if (l3 < sizeof(*eth)) { /* came out of a tunnel */
		type = *rte_pktmbuf_mtod_offset(in->m, const uint8_t *, l3) >> 4 == 4
			       ? RTE_ETHER_TYPE_IPV4
			       : RTE_ETHER_TYPE_IPV6;
		rte_pktmbuf_adj(in->m, (uint16_t)l3);
		return type;
	}
	in->framed = true;
	in->from = eth->src_addr;
	in->multicast = rte_is_multicast_ether_addr(&eth->dst_addr);
	memcpy(&type, rte_pktmbuf_mtod_offset(in->m, const void *, l3 - 2), sizeof(type));
	rte_pktmbuf_adj(in->m, (uint16_t)l3);
	return rte_is_valid_assigned_ether_addr(&in->from) ? rte_be_to_cpu_16(type) : 0;
}

static void
local(struct cgn_host *h, struct rte_mbuf *m, const struct cgn_mark *mark)
{
	struct input in = { .m = m, .iface = mark->iface, .vpn = mark->vpn };

	if (rte_pktmbuf_linearize(m) != 0) {
		refuse(h, &in, CGN_DROP_NO_MBUF);
		return;
	}
	switch (strip(&in, mark->l3)) {
	case RTE_ETHER_TYPE_ARP:
		cgn_host_arp(h, &in);
		break;
	case RTE_ETHER_TYPE_IPV4:
		cgn_host_ip4(h, &in);
		break;
	case RTE_ETHER_TYPE_IPV6:
		cgn_host_ip6(h, &in);
		break;
	default:
		refuse(h, &in, CGN_DROP_RUNT);
	}
}

void
cgn_host_input(struct cgn_host *h, struct rte_mbuf *m)
{
	struct cgn_mark mark = *cgn_mark(m);

	if (mark.iface >= h->snap->n_ifaces ||
		h->snap->iface[mark.iface].port == CGN_NONE16)
		cgn_frame_drop(&h->wire, m, CGN_DROP_VLAN);
	else if (mark.op == CGN_MARK_NEIGHBOUR)
		cgn_resolve_send(h->resolver, mark.iface, mark.gw, m, h->now_ms);
	else
		local(h, m, &mark);
}
