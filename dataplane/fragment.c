/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fragmentation on the way out: IPv4 without DF, and the outer IPv6 packet of a softwire
 * (RFC 6333 5.3). The pieces are copies in buffers of the worker's own pool, all but the
 * last a multiple of 8 bytes and as large as the MTU allows behind the header of the
 * first. Options of an IPv4 header that do not ask to be copied stand in the first piece
 * only (RFC 791 3.1). Either all of them go into the outbox or none. */
#include <rte_ip.h>

#include "dataplane/block.h"
#include "dataplane/block_commit.h"
#include "dataplane/pipeline.h"

#define HEADER_MAX  60
#define OPTION_END  0
#define OPTION_NOP  1
#define OPTION_COPY 0x80 /* flag of an option's type */
#define PIECES_MAX  128
#define RESERVE	    (4 * CGN_BURST) /* places of the outbox that stay free for others */

/* The headers that every piece begins with, and where the payload starts. */
struct head {
	uint8_t bytes[HEADER_MAX];
	unsigned size;	  /* of a piece's headers */
	unsigned payload; /* offset in the original */
	uint8_t version;
};

static void
head4(const struct cgn_burst *b, uint64_t i, struct head *h)
{
	const struct cgn_pkt *p = &b->p[i];

	h->version = 4;
	h->size = (unsigned)(*cgn_at(b, i, p->l3) & 0xf) * 4;
	h->payload = p->l3 + h->size;
	memcpy(h->bytes, cgn_at(b, i, p->l3), h->size);
}

/* The options of `h` that later pieces carry too, padded to a multiple of 4 bytes; what
 * cannot be read is left out. */
static void
keep_copied(struct head *h)
{
	unsigned at = sizeof(struct rte_ipv4_hdr), to = at;

	while (at < h->size && h->bytes[at] != OPTION_END) {
		bool one = h->bytes[at] == OPTION_NOP;
		unsigned len = one ? 1 : at + 1 < h->size ? h->bytes[at + 1] : 0;

		if (!len || (!one && len < 2) || at + len > h->size)
			break;
		if (h->bytes[at] & OPTION_COPY) {
			memmove(h->bytes + to, h->bytes + at, len);
			to += len;
		}
		at += len;
	}
	while (to % 4)
		h->bytes[to++] = OPTION_END;
	h->size = to;
	h->bytes[0] = (uint8_t)(0x40 | to / 4);
}

static void
head6(const struct cgn_burst *b, uint64_t i, struct head *h)
{
	struct rte_ipv6_hdr *ip = (void *)h->bytes;
	struct rte_ipv6_fragment_ext *ext = (void *)(ip + 1);

	h->version = 6;
	h->size = sizeof(*ip) + sizeof(*ext);
	h->payload = b->p[i].l3 + (unsigned)sizeof(*ip);
	memcpy(ip, cgn_at(b, i, b->p[i].l3), sizeof(*ip));
	*ext = (struct rte_ipv6_fragment_ext){ .next_header = ip->proto,
		.id = (uint32_t)cgn_random(b->w) };
	ip->proto = CGN_IPPROTO_FRAG;
}

static void
finish4(uint8_t *header, unsigned size, unsigned offset, unsigned len, bool more)
{
	struct rte_ipv4_hdr *ip = (void *)header;
	unsigned at = (rte_be_to_cpu_16(ip->fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK) +
		      offset / 8;

	more = more || ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ip->total_length = rte_cpu_to_be_16((uint16_t)(size + len));
	ip->fragment_offset =
		rte_cpu_to_be_16((uint16_t)(at | (more ? RTE_IPV4_HDR_MF_FLAG : 0)));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, size);
}

static void
finish6(uint8_t *header, unsigned offset, unsigned len, bool more)
{
	struct rte_ipv6_hdr *ip = (void *)header;
	struct rte_ipv6_fragment_ext *ext = (void *)(ip + 1);

	ip->payload_len = rte_cpu_to_be_16((uint16_t)(sizeof(*ext) + len));
	ext->frag_data = rte_cpu_to_be_16((uint16_t)(offset | more));
}

/* Fills m with the piece [offset, offset + len) of the payload. */
static void
piece(const struct cgn_burst *b, uint64_t i, const struct head *h, struct rte_mbuf *m,
	unsigned offset, unsigned len, bool more)
{
	uint8_t *header = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(h->size + len));
	uint8_t *to = header + h->size;
	const void *from = rte_pktmbuf_read(b->pkt[i], h->payload + offset, len, to);

	memcpy(header, h->bytes, h->size);
	if (from != to)
		memcpy(to, from, len);
	if (h->version == 4)
		finish4(header, h->size, offset, len, more);
	else
		finish6(header, offset, len, more);
}

static void
send_piece(const struct cgn_burst *b, uint64_t i, struct rte_mbuf *m,
	const struct cgn_way *way)
{
	const struct cgn_iface *iface = &b->snap->iface[way->iface];

	cgn_frame(m, 0, b->p[i].version, iface, &way->mac);
	b->w->stats.flow[CGN_FLOW_TX].packets++;
	b->w->stats.flow[CGN_FLOW_TX].bytes += m->pkt_len;
	if (likely(!b->w->commit.on) || !cgn_block_commit_piece(b, i, m, iface->port))
		cgn_emit(b->w, m, CGN_OUT_TX, iface->port);
}

void
cgn_fragment(struct cgn_burst *b, uint64_t i, const struct cgn_way *way)
{
	struct rte_mbuf *m[PIECES_MAX];
	unsigned bytes, room, n;
	struct head h = { 0 };

	if (b->p[i].version == 4)
		head4(b, i, &h);
	else
		head6(b, i, &h);
	bytes = b->pkt[i]->pkt_len - h.payload;
	room = (way->mtu - h.size) & ~7u;
	n = (bytes + room - 1) / room;
	if (n > PIECES_MAX || b->w->out.n + n > CGN_OUTBOX - RESERVE) {
		cgn_drop(b, i, CGN_DROP_TX_FULL);
		return;
	}
	if (rte_pktmbuf_alloc_bulk(b->w->conf.pool, m, n)) {
		cgn_drop(b, i, CGN_DROP_NO_MBUF);
		return;
	}
	for (unsigned k = 0; k < n; k++) {
		unsigned offset = k * room, len = RTE_MIN(room, bytes - offset);

		piece(b, i, &h, m[k], offset, len, k + 1 < n);
		if (!k && h.version == 4)
			keep_copied(&h);
		if (way->known)
			send_piece(b, i, m[k], way);
		else
			cgn_wait(b->w, m[k], way);
	}
	b->w->stats.flow[CGN_FLOW_FRAGMENTED].packets++;
	b->w->stats.flow[CGN_FLOW_FRAGMENTED].bytes += b->p[i].len;
	b->dead[b->n_dead++] = b->pkt[i];
	cgn_leave(b, i);
}
