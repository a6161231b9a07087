/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP errors that the box itself sends about a packet it cannot pass on. The packet's
 * own mbuf becomes the error: headers are put before what is quoted. A packet that was
 * already translated is first taken back, so that its sender reads its own addresses.
 * Errors are never sent about errors, later fragments or multicast (RFC 1812 4.3.2.7),
 * and not more than ERRORS_PER_TICK of them per worker (RFC 1812 4.3.2.8). */
#include <rte_icmp.h>
#include <rte_ip.h>

#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"
#include "dataplane/softwire.h"

#define ERRORS_PER_TICK 100	    /* 1000 a second */
#define QUOTE4		548	    /* IPv4: 576 bytes in all (RFC 1812 4.3.2.3) */
#define QUOTE6		1232	    /* IPv6: 1280 in all (RFC 4443 2.4c) */
#define TOS_CONTROL	0xc0	    /* RFC 1812 4.3.2.5 */
#define AFTR_SIDE	0xc0000001u /* 192.0.0.1 (RFC 6333 5.7) */

static bool
worth_an_error(struct cgn_burst *b, uint64_t i)
{
	const struct cgn_pkt *p = &b->p[i];
	struct cgn_worker *w = b->w;

	if (p->flags & (CGN_PKT_NOT_FIRST | CGN_PKT_ICMP_ERROR | CGN_PKT_MULTICAST))
		return false;
	/* a tunnel packet that was made here: its source is this box */
	if (p->flags & CGN_PKT_TRANSLATED && p->version == 6)
		return false;
	if (p->proto == CGN_IPPROTO_ICMP && p->version == 4 &&
		!(p->flags & CGN_PKT_QUERY))
		return false;
	if (p->proto == CGN_IPPROTO_ICMPV6 && p->version == 6 &&
		*cgn_at(b, i, p->l4) < 128)
		return false;
	if (w->icmp.tick != b->now) {
		w->icmp.tick = b->now;
		w->icmp.sent = 0;
	}
	return w->icmp.sent++ < ERRORS_PER_TICK;
}

/* Cuts the packet to what is quoted and makes room for `room` bytes before it; NULL:
 * there is none. */
static void *
quote(struct cgn_burst *b, uint64_t i, unsigned limit, unsigned room)
{
	struct rte_mbuf *m = b->pkt[i];

	rte_pktmbuf_adj(m, b->p[i].l3);
	cgn_cut(m, limit);
	return rte_pktmbuf_prepend(m, (uint16_t)room);
}

static rte_be32_t
source4(const struct cgn_burst *b, uint64_t i, uint8_t type)
{
	if (b->softwire & CGN_BIT(i))
		return rte_cpu_to_be_32(AFTR_SIDE);
	if (b->down & CGN_BIT(i) && type == 3)
		return b->p[i].dst;
	return b->snap->iface[b->p[i].iface].addr4;
}

static bool
make4(struct cgn_burst *b, uint64_t i, uint8_t type, uint8_t code, uint32_t info)
{
	struct cgn_pkt *p = &b->p[i];
	rte_be32_t source = source4(b, i, type);
	struct rte_ipv4_hdr *ip;
	uint8_t *icmp;
	uint16_t sum, bytes;

	if (!source)
		return false;
	ip = quote(b, i, QUOTE4, sizeof(*ip) + 8);
	if (!ip)
		return false;
	icmp = (uint8_t *)(ip + 1);
	bytes = (uint16_t)b->pkt[i]->pkt_len;
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = TOS_CONTROL,
		.total_length = rte_cpu_to_be_16(bytes),
		.time_to_live = 64,
		.next_proto_id = CGN_IPPROTO_ICMP,
		.src_addr = source,
		.dst_addr = p->src };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	icmp[0] = type;
	icmp[1] = code;
	memset(icmp + 2, 0, 2);
	memcpy(icmp + 4, &info, 4);
	sum = (uint16_t)~cgn_sum_packet(
		b->pkt[i], sizeof(*ip), bytes - (uint32_t)sizeof(*ip));
	memcpy(icmp + 2, &sum, 2);
	p->len = bytes;
	p->dst = p->src;
	return true;
}

/* ICMPv4 type and code → ICMPv6 (RFC 7915 4.2, as far as the box sends them). */
static void
to_icmpv6(uint8_t *type, uint8_t *code)
{
	if (*type == 11) {
		*type = 3;
	} else if (*code == 4) {
		*type = 2;
		*code = 0;
	} else {
		*type = 1;
		*code = 0;
	}
}

static bool
make6(struct cgn_burst *b, uint64_t i, uint8_t type, uint8_t code, uint32_t info)
{
	struct cgn_pkt *p = &b->p[i];
	const struct cgn_iface *iface = &b->snap->iface[p->iface];
	struct rte_ipv6_hdr *ip;
	uint8_t *icmp, to[16];
	uint16_t sum, pseudo;

	if (!iface->has6)
		return false;
	memcpy(to, cgn_at(b, i, p->l3) + offsetof(struct rte_ipv6_hdr, src_addr), 16);
	to_icmpv6(&type, &code);
	ip = quote(b, i, QUOTE6, sizeof(*ip) + 8);
	if (!ip)
		return false;
	icmp = (uint8_t *)(ip + 1);
	memset(ip, 0, sizeof(*ip) + 8);
	ip->vtc_flow = rte_cpu_to_be_32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(b->pkt[i]->pkt_len - sizeof(*ip)));
	ip->proto = CGN_IPPROTO_ICMPV6;
	ip->hop_limits = 64;
	memcpy(ip->src_addr, iface->addr6, 16);
	memcpy(ip->dst_addr, to, 16);
	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 4, &info, 4);
	sum = cgn_sum_packet(
		b->pkt[i], sizeof(*ip), b->pkt[i]->pkt_len - (uint32_t)sizeof(*ip));
	pseudo = rte_ipv6_phdr_cksum(ip, 0);
	sum = (uint16_t)~__rte_raw_cksum_reduce((uint32_t)sum + pseudo);
	memcpy(icmp + 2, &sum, 2);
	p->len = (uint16_t)b->pkt[i]->pkt_len;
	return true;
}

/* The error for a softwire user travels in the softwire it came from. */
static void
into_softwire(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	const struct cgn_instance *inst = &b->snap->instance[p->instance];

	cgn_softwire_push(b->pkt[i], b->b4[i], inst);
	p->version = 6;
	p->len = (uint16_t)(p->len + sizeof(struct rte_ipv6_hdr));
	p->vpn = inst->vpn_in;
}

void
cgn_icmp_error(struct cgn_burst *b, uint64_t i, enum cgn_drop reason, uint8_t type,
	uint8_t code, uint32_t info)
{
	struct cgn_pkt *p = &b->p[i];
	bool softwire = b->softwire & CGN_BIT(i);

	if (!worth_an_error(b, i)) {
		cgn_drop(b, i, reason);
		return;
	}
	if (p->flags & CGN_PKT_TRANSLATED)
		cgn_flow_undo(b, i);
	/* who sent it: behind the interface, or (hairpin) a user of the address's VPN */
	p->vpn = b->down & CGN_BIT(i) ? b->snap->address[p->slot].vpn
				      : b->snap->iface[p->iface].vpn;
	if (!(p->version == 4 ? make4 : make6)(b, i, type, code, info)) {
		cgn_drop(b, i, reason);
		return;
	}
	b->w->stats.drop[reason]++;
	b->why[i] = (uint8_t)reason;
	p->l3 = 0;
	p->flags = 0;
	if (softwire)
		into_softwire(b, i);
	cgn_leave(b, i);
	b->live |= CGN_BIT(i);
	b->made |= CGN_BIT(i);
	b->w->stats.flow[CGN_FLOW_ICMP_SENT].packets++;
	b->w->stats.flow[CGN_FLOW_ICMP_SENT].bytes += p->len;
}
