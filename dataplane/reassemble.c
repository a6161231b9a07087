/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages that take fragments out of a burst and put whole datagrams in: first the
 * outer packets of softwires (RFC 6333 5.3: before decapsulation) and the IPv4 packets of
 * NAT44 and of the outside, then, behind decap, the inner ones. Everything behind sees
 * whole packets only, in whatever order the pieces came (RFC 4787 REQ-14). Packets that
 * are only forwarded stay in pieces. */
#include <rte_ip.h>

#include "dataplane/pipeline.h"
#include "dataplane/reassembly.h"

/* Bytes that must be in the first segment: outer, inner, transport. */
#define HEADERS		192
#define OUTSIDE_WAIT_MS 2000 /* RFC 6146 4: FRAGMENT_MIN */

/* Moves bytes of later segments into the first until it holds `want`, or all. */
static void
pull_up(struct rte_mbuf *m, uint16_t want)
{
	while (m->next && m->data_len < want) {
		struct rte_mbuf *next = m->next;
		uint16_t n = (uint16_t)RTE_MIN(want - m->data_len, (int)next->data_len);

		if (n > rte_pktmbuf_tailroom(m))
			return;
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len),
			rte_pktmbuf_mtod(next, const void *), n);
		m->data_len = (uint16_t)(m->data_len + n);
		next->data_len = (uint16_t)(next->data_len - n);
		next->data_off = (uint16_t)(next->data_off + n);
		if (!next->data_len) {
			m->next = next->next;
			m->nb_segs--;
			next->next = NULL;
			next->nb_segs = 1;
			rte_pktmbuf_free_seg(next);
		}
	}
}

static void
name4(const struct cgn_burst *b, uint64_t i, struct cgn_datagram *d,
	struct cgn_fragment *f)
{
	const struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv4_hdr *ip = (const void *)cgn_at(b, i, p->l3);
	uint16_t frag = rte_be_to_cpu_16(ip->fragment_offset);

	if (b->softwire & CGN_BIT(i))
		memcpy(d->from, b->b4[i], 16);
	else
		memcpy(d->from + 12, &ip->src_addr, 4);
	memcpy(d->to, &ip->src_addr, 8);
	d->id = ip->packet_id;
	d->proto = ip->next_proto_id;
	f->offset = (frag & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
	f->more = frag & RTE_IPV4_HDR_MF_FLAG;
	f->payload = (uint16_t)(p->l4 - p->l3);
	f->len = (uint32_t)p->len - f->payload;
}

static void
name6(const struct cgn_burst *b, uint64_t i, struct cgn_datagram *d,
	struct cgn_fragment *f)
{
	const struct cgn_pkt *p = &b->p[i];
	const struct rte_ipv6_hdr *ip = (const void *)cgn_at(b, i, p->l3);
	const struct rte_ipv6_fragment_ext *ext = (const void *)cgn_at(b, i, p->l4);
	uint16_t frag = rte_be_to_cpu_16(ext->frag_data);

	memcpy(d->from, ip->src_addr, 16);
	memcpy(d->to, ip->dst_addr, 16);
	d->id = ext->id;
	d->proto = ext->next_header;
	f->offset = frag & 0xfff8;
	f->more = frag & 1;
	f->payload = (uint16_t)(p->l4 - p->l3 + sizeof(*ext));
	f->len = (uint32_t)p->len - f->payload;
}

/* The header of the whole datagram; fragments have no DF worth keeping. */
static enum cgn_drop
whole4(struct cgn_burst *b, uint64_t i)
{
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, 0);

	ip->total_length = rte_cpu_to_be_16((uint16_t)b->pkt[i]->pkt_len);
	ip->fragment_offset = 0;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, (ip->version_ihl & 0xfu) * 4);
	return cgn_parse_ip4(b, i, 0);
}

/* The outer header moves up to the payload: extension headers before the fragment header
 * were for the way, which has ended. */
static enum cgn_drop
whole6(struct cgn_burst *b, uint64_t i, const struct cgn_datagram *d)
{
	struct rte_mbuf *m = b->pkt[i];
	const struct rte_ipv6_fragment_ext *ext;
	struct rte_ipv6_hdr ip;
	unsigned at = sizeof(ip);

	memcpy(&ip, cgn_at(b, i, 0), sizeof(ip));
	for (uint8_t proto = ip.proto; proto != CGN_IPPROTO_FRAG;) {
		const uint8_t *h = cgn_at(b, i, at);

		proto = h[0];
		at += 8u * (h[1] + 1u);
	}
	at += (unsigned)sizeof(*ext);
	ip.proto = d->proto;
	ip.payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - at));
	rte_pktmbuf_adj(m, (uint16_t)(at - sizeof(ip)));
	memcpy(cgn_at(b, i, 0), &ip, sizeof(ip));
	return cgn_parse_ip6(b, i, 0);
}

static void
adopt(struct cgn_burst *b, uint64_t i, struct rte_mbuf *whole,
	const struct cgn_datagram *d)
{
	enum cgn_drop why;

	b->pkt[i] = whole;
	b->p[i].flags &= CGN_PKT_HAIRPIN;
	pull_up(whole, HEADERS);
	why = d->version == 4 ? whole4(b, i) : whole6(b, i, d);
	if (why != CGN_DROP_REASONS) {
		cgn_drop(b, i, why);
		return;
	}
	b->w->stats.flow[CGN_FLOW_REASSEMBLED].packets++;
	b->w->stats.flow[CGN_FLOW_REASSEMBLED].bytes += b->p[i].len;
}

/* From outside the instance is not known before the ports are. */
static uint32_t
wait_ms(const struct cgn_burst *b, uint64_t i)
{
	return b->up & CGN_BIT(i) ? b->snap->instance[b->p[i].instance].fragment_ms
				  : OUTSIDE_WAIT_MS;
}

static void
reassemble(struct cgn_burst *b, uint64_t i)
{
	struct cgn_datagram d = { .scope = b->p[i].vpn, .version = b->p[i].version };
	struct cgn_fragment f;
	struct rte_mbuf *whole;
	uint32_t dropped;
	enum cgn_drop why;

	if (d.version == 4)
		name4(b, i, &d, &f);
	else
		name6(b, i, &d, &f);
	f.outside = b->down & CGN_BIT(i);
	rte_pktmbuf_adj(b->pkt[i], b->p[i].l3);
	if (!f.offset && !f.more) { /* atomic (RFC 6946 4): no matter what waits */
		adopt(b, i, b->pkt[i], &d);
		return;
	}
	why = cgn_reassembly_add(b->w->reassembly, &d, &f, b->pkt[i], b->w->now_ms,
		wait_ms(b, i), &whole, &dropped);
	if (why != CGN_DROP_REASONS)
		b->w->stats.drop[why] += dropped;
	if (whole) {
		adopt(b, i, whole, &d);
	} else {
		b->why[i] = (uint8_t)why;
		cgn_leave(b, i);
	}
}

CGN_CLONES void
cgn_stage_reassemble(struct cgn_burst *b)
{
	CGN_FOREACH (i, (b->up | b->down) & b->fragments)
		reassemble(b, i);
	b->fragments = 0;
}

CGN_CLONES void
cgn_stage_reassemble_inner(struct cgn_burst *b)
{
	CGN_FOREACH (i, b->softwire & b->fragments)
		reassemble(b, i);
}
