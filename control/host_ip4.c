/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPv4 packets for an address of the box: echo is answered (RFC 1122 3.2.2.6), TCP and
 * UDP get port unreachable, other protocols protocol unreachable (RFC 1122 3.2.2.1), all
 * at a bounded rate. Options of a request do not come back. On a port with a tap all but
 * echo requests goes to the kernel, fragments too.
 *
 * Control lcore only. Not handled without a tap: fragments, other ICMP types. */
#include "control/host_int.h"

#include <rte_icmp.h>
#include <rte_ip.h>

#define TTL	  64
#define QUOTE_MAX (576 - 28) /* RFC 1812 4.3.2.3 */

#define UNREACHABLE	     3
#define UNREACHABLE_PROTOCOL 2
#define UNREACHABLE_PORT     3

static bool
martian(rte_be32_t addr)
{
	uint32_t a = rte_be_to_cpu_32(addr);

	return a >> 28 >= 0xe || a >> 24 == 127 || a >> 24 == 0;
}

static enum cgn_nh_kind
kind_of(const struct cgn_host *h, uint16_t vpn, rte_be32_t addr)
{
	uint8_t key[16];

	cgn_neigh_key4(key, addr);
	return cgn_compile_route(h->snap, vpn, key)->kind;
}

/* An address of the box which it answers for: not one of a virtual router in backup. */
static bool
is_answered(const struct cgn_host *h, const struct input *in, rte_be32_t addr)
{
	struct rte_ether_addr mac;
	uint8_t key[16];

	cgn_neigh_key4(key, addr);
	return cgn_host_find_virtual(h, in, key, false, &mac) != CGN_HOST_BACKUP;
}

static bool
is_advert(const struct input *in)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv4_hdr *);

	return rte_pktmbuf_data_len(in->m) >= sizeof(*ip) && in->multicast &&
	       ip->next_proto_id == CGN_IPPROTO_VRRP;
}

/* Checks a packet and cuts the padding; CGN_DROP_REASONS: all is well. */
static enum cgn_drop
check(struct cgn_host *h, const struct input *in, unsigned *header)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv4_hdr *);
	unsigned room = rte_pktmbuf_data_len(in->m), len;

	if (room < sizeof(*ip))
		return CGN_DROP_RUNT;
	*header = rte_ipv4_hdr_len(ip);
	len = rte_be_to_cpu_16(ip->total_length);
	if (ip->version_ihl >> 4 != 4 || *header < sizeof(*ip) || len < *header ||
		len > room)
		return CGN_DROP_IP4_HEADER;
	if (rte_raw_cksum(ip, *header) != 0xffff)
		return CGN_DROP_IP4_CHECKSUM;
	rte_pktmbuf_trim(in->m, (uint16_t)(room - len));
	if (martian(ip->src_addr) || kind_of(h, in->vpn, ip->src_addr) == CGN_NH_LOCAL)
		return CGN_DROP_MARTIAN;
	if (kind_of(h, in->vpn, ip->dst_addr) != CGN_NH_LOCAL)
		return CGN_DROP_MULTICAST;
	if (!is_answered(h, in, ip->dst_addr))
		return CGN_DROP_NOT_FOR_US;
	if (ip->fragment_offset &
		RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK))
		return CGN_DROP_FRAGMENT;
	return CGN_DROP_REASONS;
}

/* Writes the header of a packet of the box: all but the addresses is the same for all. */
static void
header_write(struct cgn_host *h, struct rte_mbuf *m, rte_be32_t src, rte_be32_t dst)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16((uint16_t)rte_pktmbuf_data_len(m));
	ip->packet_id = rte_cpu_to_be_16(h->ip_id++);
	ip->time_to_live = TTL;
	ip->next_proto_id = IPPROTO_ICMP;
	ip->src_addr = src;
	ip->dst_addr = dst;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
output(struct cgn_host *h, const struct input *in, struct rte_mbuf *m, rte_be32_t dst)
{
	uint8_t key[16];

	cgn_neigh_key4(key, dst);
	cgn_host_output(h, in, key, m);
}

static uint16_t
icmp_checksum(const void *icmp, unsigned len)
{
	return (uint16_t)~rte_raw_cksum(icmp, len);
}

/* Turns a request into its answer, in place. */
static void
echo(struct cgn_host *h, const struct input *in, unsigned header)
{
	struct rte_ipv4_hdr ip = *rte_pktmbuf_mtod(in->m, struct rte_ipv4_hdr *);
	unsigned len = rte_pktmbuf_data_len(in->m) - header;
	struct rte_icmp_hdr *icmp;

	if (!cgn_host_allow(h, &h->echo)) {
		refuse(h, in, CGN_DROP_HOST_RATE);
		return;
	}
	rte_pktmbuf_adj(in->m, (uint16_t)(header - sizeof(ip))); /* options */
	icmp = rte_pktmbuf_mtod_offset(in->m, struct rte_icmp_hdr *, sizeof(ip));
	icmp->icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = icmp_checksum(icmp, len);
	header_write(h, in->m, ip.dst_addr, ip.src_addr);
	h->stats.echo_replies++;
	output(h, in, in->m, ip.src_addr);
}

static void
icmp_input(struct cgn_host *h, const struct input *in, unsigned header)
{
	unsigned len = rte_pktmbuf_data_len(in->m) - header;
	const struct rte_icmp_hdr *icmp =
		rte_pktmbuf_mtod_offset(in->m, const struct rte_icmp_hdr *, header);

	if (len < sizeof(*icmp))
		refuse(h, in, CGN_DROP_L4_HEADER);
	else if (rte_raw_cksum(icmp, len) != 0xffff)
		refuse(h, in, CGN_DROP_ICMP_CHECKSUM);
	else if (icmp->icmp_type == RTE_IP_ICMP_ECHO_REQUEST && icmp->icmp_code == 0)
		echo(h, in, header);
	else if (!cgn_host_kernel_take(h, in, RTE_ETHER_TYPE_IPV4))
		refuse(h, in, CGN_DROP_HOST_PROTOCOL);
}

/* Says that nobody listens. The packet itself is dropped by the caller. */
static void
unreachable(struct cgn_host *h, const struct input *in, uint8_t code)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv4_hdr *);
	unsigned quote = RTE_MIN((unsigned)rte_pktmbuf_data_len(in->m), QUOTE_MAX);
	unsigned size = (unsigned)(sizeof(*ip) + sizeof(struct rte_icmp_hdr)) + quote;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->wire.pool);
	struct rte_icmp_hdr *icmp;

	if (m == NULL || rte_pktmbuf_append(m, (uint16_t)size) == NULL) {
		rte_pktmbuf_free(m);
		h->wire.stats->drop[CGN_DROP_NO_MBUF]++;
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, struct rte_icmp_hdr *, sizeof(*ip));
	memset(icmp, 0, sizeof(*icmp));
	icmp->icmp_type = UNREACHABLE;
	icmp->icmp_code = code;
	memcpy(icmp + 1, ip, quote);
	icmp->icmp_cksum = icmp_checksum(icmp, (unsigned)sizeof(*icmp) + quote);
	header_write(h, m, ip->dst_addr, ip->src_addr);
	h->stats.refusals++;
	output(h, in, m, ip->src_addr);
}

/* To the listener, if it is for it. */
static bool
udp(struct cgn_host *h, const struct input *in, unsigned header)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv4_hdr *);
	uint8_t src[16], dst[16];

	cgn_neigh_key4(src, ip->src_addr);
	cgn_neigh_key4(dst, ip->dst_addr);
	return cgn_host_udp_input(h, in, src, dst, header);
}

void
cgn_host_ip4(struct cgn_host *h, const struct input *in)
{
	unsigned header = 0;
	enum cgn_drop why;
	uint8_t proto;

	if (is_advert(in)) {
		cgn_host_advert(h, in);
		return;
	}
	why = check(h, in, &header);
	if ((why == CGN_DROP_MULTICAST || why == CGN_DROP_FRAGMENT) &&
		cgn_host_kernel_take(h, in, RTE_ETHER_TYPE_IPV4))
		return;
	if (why != CGN_DROP_REASONS) {
		refuse(h, in, why);
		return;
	}
	proto = rte_pktmbuf_mtod(in->m, const struct rte_ipv4_hdr *)->next_proto_id;
	if (proto == IPPROTO_ICMP) {
		icmp_input(h, in, header);
		return;
	}
	if ((proto == IPPROTO_UDP && udp(h, in, header)) ||
		cgn_host_kernel_take(h, in, RTE_ETHER_TYPE_IPV4))
		return;
	if (!in->multicast && !cgn_host_allow(h, &h->refuse)) {
		refuse(h, in, CGN_DROP_HOST_RATE);
		return;
	}
	if (!in->multicast)
		unreachable(h, in,
			proto == IPPROTO_TCP || proto == IPPROTO_UDP
				? UNREACHABLE_PORT
				: UNREACHABLE_PROTOCOL);
	refuse(h, in, CGN_DROP_HOST_PROTOCOL);
}
