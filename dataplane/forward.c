/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The way out: what reroute found decides. A neighbour that is known gets the frame; one
 * that is not makes the packet wait at the control lcore; an address of the box goes
 * there too; a public address of the pool turns the packet round (hairpin, RFC 4787
 * REQ-9): the CPU that owns the address takes it down like any other, with its translated
 * source. */
#include <rte_ether.h>
#include <rte_ip.h>

#include "dataplane/checksum.h"
#include "dataplane/neigh.h"
#include "dataplane/pipeline.h"
#include "dataplane/softwire.h"

static void
count(struct cgn_burst *b, enum cgn_flow_id flow, uint32_t bytes)
{
	b->w->stats.flow[flow].packets++;
	b->w->stats.flow[flow].bytes += bytes;
}

/* Start of the data = start of the IP header. */
static void
strip(struct cgn_burst *b, uint64_t i)
{
	rte_pktmbuf_adj(b->pkt[i], b->p[i].l3);
	b->p[i].l3 = 0;
}

static void
to_box(struct cgn_burst *b, uint64_t i)
{
	strip(b, i);
	*cgn_mark(b->pkt[i]) = (struct cgn_mark){
		.op = CGN_MARK_LOCAL, .iface = b->p[i].iface, .vpn = b->p[i].vpn
	};
	cgn_punt(b, i);
}

void
cgn_wait(struct cgn_worker *w, struct rte_mbuf *m, const struct cgn_way *way)
{
	struct cgn_mark *mark = cgn_mark(m);

	*mark = (struct cgn_mark){ .op = CGN_MARK_NEIGHBOUR, .iface = way->iface };
	mark->vpn = w->snap->iface[way->iface].vpn;
	memcpy(mark->gw, way->gw, 16);
	w->stats.flow[CGN_FLOW_PUNTED].packets++;
	w->stats.flow[CGN_FLOW_PUNTED].bytes += m->pkt_len;
	cgn_emit(w, m, CGN_OUT_PUNT, 0);
}

static void
lower_ttl(struct cgn_burst *b, uint64_t i)
{
	if (b->p[i].version == 4) {
		struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, b->p[i].l3);

		ip->time_to_live--;
		ip->hdr_checksum =
			cgn_checksum_apply(ip->hdr_checksum, (uint16_t)~RTE_BE16(0x0100));
	} else {
		((struct rte_ipv6_hdr *)cgn_at(b, i, b->p[i].l3))->hop_limits--;
	}
	count(b, CGN_FLOW_FORWARDED, b->p[i].len);
}

/* What stands before an IP packet on a link. */
struct link_header {
	unsigned n;
	uint8_t at[sizeof(struct rte_ether_hdr) + sizeof(struct rte_vlan_hdr)];
};

static void
fill_header(struct link_header *h, uint8_t version, const struct cgn_iface *iface,
	const struct rte_ether_addr *to)
{
	rte_be16_t type = version == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4)
				       : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	struct rte_ether_hdr eth = {
		.dst_addr = *to, .src_addr = iface->mac, .ether_type = type
	};
	struct rte_vlan_hdr tag = { rte_cpu_to_be_16(iface->vlan), type };

	h->n = sizeof(eth);
	if (iface->vlan) {
		eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
		memcpy(h->at + h->n, &tag, sizeof(tag));
		h->n += (unsigned)sizeof(tag);
	}
	memcpy(h->at, &eth, sizeof(eth));
}

/* The packet starts at l3 of the data; there is room for the header (of this size). */
static inline void
put_header(struct rte_mbuf *m, unsigned l3, const struct link_header *h, unsigned n)
{
	m->data_off = (uint16_t)(m->data_off + l3 - n);
	m->data_len = (uint16_t)(m->data_len + n - l3);
	m->pkt_len += n - l3;
	memcpy(rte_pktmbuf_mtod(m, void *), h->at, n);
}

void
cgn_frame(struct rte_mbuf *m, unsigned l3, uint8_t version, const struct cgn_iface *iface,
	const struct rte_ether_addr *to)
{
	struct link_header h;

	fill_header(&h, version, iface, to);
	put_header(m, l3, &h, h.n);
}

/* Who the frame goes to: the gateway, or the destination itself on a connected network.
 */
static struct cgn_neigh *
neighbour(struct cgn_burst *b, uint64_t i, const struct cgn_nexthop *nh, uint8_t key[16])
{
	const uint8_t *ip = cgn_at(b, i, b->p[i].l3);
	rte_be32_t addr;

	if (nh->kind == CGN_NH_GATEWAY) {
		memcpy(key, nh->gw, 16);
		return nh->neigh;
	}
	if (b->p[i].version == 4) {
		memcpy(&addr, ip + offsetof(struct rte_ipv4_hdr, dst_addr), 4);
		cgn_neigh_key4(key, addr);
	} else {
		memcpy(key, ip + offsetof(struct rte_ipv6_hdr, dst_addr), 16);
	}
	return cgn_neigh_find(b->snap->iface[nh->iface].neigh, key);
}

/* How large a packet may be on its way out: a softwire has an MTU of its own. */
static uint16_t
mtu_of(const struct cgn_burst *b, uint64_t i, const struct cgn_iface *iface)
{
	const struct cgn_session *s;
	uint16_t mtu;

	if (!(b->down & CGN_BIT(i)) || b->p[i].version != 6)
		return iface->mtu;
	s = cgn_session_at(b->w, b->p[i].session);
	mtu = cgn_softwire_mtu(b->w, &b->snap->instance[s->instance], s->user);
	return (uint16_t)RTE_MIN(mtu, iface->mtu);
}

/* Fragments are for IPv4 without DF, and for the tunnel packets that are made here
 * (RFC 6333 5.3): the outer packet is fragmented, never the inner one. */
static bool
may_fragment(const struct cgn_burst *b, uint64_t i)
{
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);

	if (b->p[i].version == 6)
		return b->down & CGN_BIT(i);
	return !(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
}

/* One packet in one segment, or none. */
static bool
in_one_piece(struct cgn_burst *b, uint64_t i)
{
	if (b->pkt[i]->nb_segs == 1 || rte_pktmbuf_linearize(b->pkt[i]) == 0)
		return true;
	cgn_drop(b, i, CGN_DROP_NO_MBUF);
	return false;
}

static void
transmit(struct cgn_burst *b, uint64_t i, const struct cgn_way *way)
{
	const struct cgn_iface *iface = &b->snap->iface[way->iface];

	if (!in_one_piece(b, i))
		return;
	if (!way->known) {
		strip(b, i);
		cgn_wait(b->w, b->pkt[i], way);
		cgn_leave(b, i);
		return;
	}
	cgn_frame(b->pkt[i], b->p[i].l3, b->p[i].version, iface, &way->mac);
	count(b, CGN_FLOW_TX, b->pkt[i]->pkt_len);
	cgn_send(b, i, iface->port);
}

static void
to_link(struct cgn_burst *b, uint64_t i, const struct cgn_nexthop *nh)
{
	const struct cgn_iface *iface = &b->snap->iface[nh->iface];
	struct cgn_way way = { .iface = nh->iface, .mtu = mtu_of(b, i, iface) };
	bool big = b->p[i].len > way.mtu;
	struct cgn_neigh *neigh;

	if (big && !may_fragment(b, i)) {
		if (b->made & CGN_BIT(i))
			cgn_drop(b, i, CGN_DROP_MTU);
		else
			cgn_icmp_error(
				b, i, CGN_DROP_MTU, 3, 4, rte_cpu_to_be_32(way.mtu));
		return;
	}
	if (b->plain & CGN_BIT(i))
		lower_ttl(b, i);
	neigh = neighbour(b, i, nh, way.gw);
	way.known = neigh && cgn_neigh_mac(neigh, &way.mac);
	if (way.known)
		cgn_neigh_touch(neigh);
	if (big)
		cgn_fragment(b, i, &way);
	else
		transmit(b, i, &way);
}

static void
to_pool(struct cgn_burst *b, uint64_t i)
{
	bool up = b->up & CGN_BIT(i);
	const struct cgn_location *l = &b->snap->location[cgn_steer_down(b, i)];

	if ((up && !b->snap->instance[b->p[i].instance].hairpin) ||
		!((b->up | b->made) & CGN_BIT(i))) {
		cgn_drop(b, i, CGN_DROP_HAIRPIN);
		return;
	}
	count(b, CGN_FLOW_HAIRPIN, b->p[i].len);
	if (l->worker == CGN_REMOTE) {
		to_link(b, i, &b->snap->nexthop[l->stray]);
		return;
	}
	strip(b, i);
	cgn_steer_hand(b, i, l->worker, CGN_MARK_HAIRPIN);
}

/* The same for all packets of a flow, as they leave: addresses, and of IPv4 protocol and
 * ports where no packet of the datagram lacks them. */
static uint64_t
flow_hash(const struct cgn_burst *b, uint64_t i)
{
	const uint64_t odd = 0x9e3779b97f4a7c15;
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, b->p[i].l3);
	uint64_t word[4], h = 0;
	uint32_t ports = 0;

	if (b->p[i].version == 6) {
		memcpy(word, ((const struct rte_ipv6_hdr *)(const void *)ip)->src_addr,
			sizeof(word));
		for (unsigned k = 0; k < 4; k++)
			h = (h ^ word[k]) * odd;
		return h ^ h >> 32;
	}
	if (!(ip->fragment_offset &
		    RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) &&
		(ip->next_proto_id == IPPROTO_TCP || ip->next_proto_id == IPPROTO_UDP))
		memcpy(&ports, (const uint8_t *)ip + rte_ipv4_hdr_len(ip), 4);
	h = ((uint64_t)ip->src_addr << 32 | ip->dst_addr) * odd;
	h = (h ^ h >> 32 ^ ports ^ (uint64_t)ip->next_proto_id << 32) * odd;
	return h ^ h >> 32;
}

/* The next hop of a packet; of several the one that its flow has. */
static const struct cgn_nexthop *
nexthop_of(const struct cgn_burst *b, uint64_t i)
{
	const struct cgn_nexthop *nh = &b->snap->nexthop[b->p[i].nexthop];

	if (likely(nh->kind != CGN_NH_SEVERAL))
		return nh;
	return &b->snap->nexthop[nh->index + flow_hash(b, i) % nh->n];
}

/* The last gateway that a packet of the burst was sent to: most packets of a burst that
 * go one way have the same. */
struct hop {
	uint32_t nexthop; /* CGN_NONE: none yet */
	uint16_t mtu;	  /* 0: packets need more than a header */
	uint16_t port;
	struct link_header header;
};

static void
remember(const struct cgn_burst *b, uint64_t i, struct hop *h)
{
	const struct cgn_pkt *p = &b->p[i];
	const struct cgn_nexthop *nh = nexthop_of(b, i);
	bool only = nh == &b->snap->nexthop[p->nexthop];
	const struct cgn_iface *iface = &b->snap->iface[nh->iface];
	struct rte_ether_addr mac;

	h->nexthop = only ? p->nexthop : CGN_NONE;
	h->mtu = 0;
	if (nh->kind != CGN_NH_GATEWAY || !nh->neigh || !cgn_neigh_mac(nh->neigh, &mac))
		return;
	cgn_neigh_touch(nh->neigh);
	h->mtu = iface->mtu;
	h->port = iface->port;
	fill_header(&h->header, p->version, iface, &mac);
}

/* Sends what needs nothing but a header for its gateway; the rest stays in the burst. */
static void
forward_quickly(struct cgn_burst *b, uint64_t mask)
{
	struct cgn_outbox *o = &b->w->out;
	struct hop h = { .nexthop = CGN_NONE };
	uint64_t sent = 0, bytes = 0;
	uint32_t n = o->n;

	CGN_FOREACH (i, mask) {
		const struct cgn_pkt *p = &b->p[i];
		struct rte_mbuf *m = b->pkt[i];

		if (unlikely(p->nexthop != h.nexthop))
			remember(b, i, &h);
		if (unlikely(p->len > h.mtu || m->nb_segs != 1))
			continue;
		if (likely(h.header.n == sizeof(struct rte_ether_hdr)))
			put_header(m, p->l3, &h.header, sizeof(struct rte_ether_hdr));
		else
			put_header(m, p->l3, &h.header, sizeof(h.header.at));
		bytes += m->pkt_len;
		o->pkt[n] = m;
		o->kind[n] = CGN_OUT_TX;
		o->arg[n++] = h.port;
		sent |= CGN_BIT(i);
	}
	o->n = n;
	cgn_leave_counted(b, sent, CGN_FLOW_TX, bytes);
}

static void
to_nowhere(struct cgn_burst *b, uint64_t i, enum cgn_drop why)
{
	if (b->made & CGN_BIT(i))
		cgn_drop(b, i, why);
	else
		cgn_icmp_error(b, i, why, 3, 0, 0);
}

static void
forward(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_nexthop *nh = nexthop_of(b, i);

	switch (nh->kind) {
	case CGN_NH_CONNECTED:
	case CGN_NH_GATEWAY:
		to_link(b, i, nh);
		break;
	case CGN_NH_POOL:
		to_pool(b, i);
		break;
	case CGN_NH_LOCAL:
	case CGN_NH_AFTR:
		to_box(b, i);
		break;
	case CGN_NH_BLACKHOLE:
		cgn_drop(b, i, CGN_DROP_BLACKHOLE);
		break;
	default:
		to_nowhere(b, i, CGN_DROP_NO_ROUTE);
	}
}

/* Packets first, then the errors that they have become: an error is never the cause of
 * another, so the second round is the last. */
CGN_CLONES void
cgn_stage_forward(struct cgn_burst *b)
{
	uint64_t errors;

	if (likely(!b->w->commit.on)) {
		forward_quickly(b, b->up & ~b->big);
		forward_quickly(b, b->down & ~b->big);
	}
	CGN_FOREACH (i, b->plain | b->up | b->down | b->made)
		forward(b, i);
	errors = b->made;
	cgn_route_lookup(b, errors);
	CGN_FOREACH (i, errors)
		forward(b, i);
}

CGN_CLONES void
cgn_stage_finish(struct cgn_burst *b)
{
	if (b->n_dead)
		rte_pktmbuf_free_bulk(b->dead, b->n_dead);
}
