/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPv6 packets for the box: echo to its addresses and groups is answered (RFC 4443 4.2),
 * TCP and UDP get port unreachable, other headers a parameter problem (RFC
 * 4443 3.1, 3.4), at a bounded rate; neighbour discovery goes on to host_nd.c. Hop-by-hop
 * and destination options are stepped over.
 *
 * On a port with a tap, all but echo requests and discovery goes to the kernel.
 *
 * Control lcore only. Not handled without a tap: fragments, multicast listener discovery.
 */
#include "control/host_int.h"

#include <rte_icmp.h>
#include <rte_ip.h>

#define HOP_LIMIT   64
#define HEADERS_MAX 4
#define QUOTE_MAX   (1280 - 48) /* RFC 4443 2.4(c) */

#define ECHO_REQUEST 128
#define ECHO_REPLY   129
#define RS	     133
#define NA	     136

#define UNREACHABLE	 1
#define UNREACHABLE_PORT 4
#define PARAMETER	 4
#define PARAMETER_HEADER 1

/* What is behind the extension headers. */
struct upper {
	uint8_t proto;
	unsigned offset, len;
	unsigned pointer; /* offset of the byte that named proto */
};

static bool
walk(const struct rte_mbuf *m, struct upper *u)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned end = rte_pktmbuf_data_len(m);

	u->pointer = offsetof(struct rte_ipv6_hdr, proto);
	u->offset = sizeof(struct rte_ipv6_hdr);
	for (unsigned i = 0; i <= HEADERS_MAX; i++) {
		u->proto = data[u->pointer];
		u->len = end - u->offset;
		if (u->proto != IPPROTO_HOPOPTS && u->proto != IPPROTO_DSTOPTS)
			return true;
		if (u->len < 8 || u->len < 8u * (data[u->offset + 1] + 1u))
			return false;
		u->pointer = u->offset;
		u->offset += 8u * (data[u->offset + 1] + 1u);
	}
	return false;
}

static enum cgn_nh_kind
kind_of(const struct cgn_host *h, uint16_t vpn, const uint8_t addr[16])
{
	return cgn_compile_route(h->snap, vpn, addr)->kind;
}

/* Checks a packet and cuts the padding; CGN_DROP_REASONS: all is well. */
static enum cgn_drop
check(struct cgn_host *h, const struct input *in, struct upper *u)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	unsigned room = rte_pktmbuf_data_len(in->m), len;
	struct rte_ether_addr mac;
	enum cgn_nh_kind to;

	if (room < sizeof(*ip))
		return CGN_DROP_RUNT;
	len = rte_be_to_cpu_16(ip->payload_len) + (unsigned)sizeof(*ip);
	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000) || len > room)
		return CGN_DROP_IP6_HEADER;
	rte_pktmbuf_trim(in->m, (uint16_t)(room - len));
	if (!walk(in->m, u))
		return CGN_DROP_IP6_HEADER;
	if (ip->src_addr[0] == 0xff || kind_of(h, in->vpn, ip->src_addr) == CGN_NH_LOCAL)
		return CGN_DROP_MARTIAN;
	if (cgn_host_find_virtual(h, in, ip->dst_addr, false, &mac) == CGN_HOST_BACKUP)
		return CGN_DROP_NOT_FOR_US;
	to = kind_of(h, in->vpn, ip->dst_addr);
	if (ip->dst_addr[0] != 0xff && to != CGN_NH_LOCAL && to != CGN_NH_AFTR)
		return CGN_DROP_NOT_FOR_US;
	if (u->proto == IPPROTO_FRAGMENT)
		return CGN_DROP_FRAGMENT;
	return CGN_DROP_REASONS;
}

/* True for an address that an answer can be sent to. */
static bool
specified(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return memcmp(addr, none, sizeof(none)) != 0;
}

/* Turns a request into its answer, in place. */
static void
echo(struct cgn_host *h, const struct input *in, const struct upper *u)
{
	struct rte_ipv6_hdr ip = *rte_pktmbuf_mtod(in->m, struct rte_ipv6_hdr *);
	const struct cgn_iface *f = &h->snap->iface[in->iface];
	const uint8_t *src = ip.dst_addr;
	struct rte_icmp_hdr *icmp;

	if (src[0] == 0xff) /* to a group: from an address of the link */
		src = ip.src_addr[0] == 0xfe ? f->link_local : f->addr6;
	if (!specified(ip.src_addr) || !specified(src)) {
		refuse(h, in, CGN_DROP_MARTIAN);
		return;
	}
	if (!cgn_host_allow(h, &h->echo)) {
		refuse(h, in, CGN_DROP_HOST_RATE);
		return;
	}
	rte_pktmbuf_adj(in->m, (uint16_t)(u->offset - sizeof(ip)));
	icmp = rte_pktmbuf_mtod_offset(in->m, struct rte_icmp_hdr *, sizeof(ip));
	icmp->icmp_type = ECHO_REPLY;
	cgn_frame_icmp6(in->m, src, ip.src_addr, HOP_LIMIT);
	h->stats.echo_replies++;
	cgn_host_output(h, in, ip.src_addr, in->m);
}

/* The sum over the pseudo header of the message, whatever headers are before it. */
static bool
checksum_right(const struct input *in, const struct upper *u)
{
	struct rte_ipv6_hdr ip = *rte_pktmbuf_mtod(in->m, struct rte_ipv6_hdr *);
	uint32_t sum;

	ip.proto = IPPROTO_ICMPV6;
	ip.payload_len = rte_cpu_to_be_16((uint16_t)u->len);
	sum = rte_ipv6_phdr_cksum(&ip, 0);
	sum += rte_raw_cksum(
		rte_pktmbuf_mtod_offset(in->m, const void *, u->offset), u->len);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* What the box does not speak, the kernel may. */
static void
refuse_unless_taken(struct cgn_host *h, const struct input *in, enum cgn_drop why)
{
	if (!cgn_host_kernel_take(h, in, RTE_ETHER_TYPE_IPV6))
		refuse(h, in, why);
}

static void
icmp_input(struct cgn_host *h, const struct input *in, const struct upper *u)
{
	const uint8_t *message =
		rte_pktmbuf_mtod_offset(in->m, const uint8_t *, u->offset);
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);

	if (u->len < sizeof(struct rte_icmp_hdr))
		refuse(h, in, CGN_DROP_L4_HEADER);
	else if (!checksum_right(in, u))
		refuse(h, in, CGN_DROP_ICMP_CHECKSUM);
	else if (message[0] == ECHO_REQUEST && message[1] == 0)
		echo(h, in, u);
	else if (message[0] < RS || message[0] > NA)
		refuse_unless_taken(h, in, CGN_DROP_HOST_PROTOCOL);
	else if (message[1] != 0 || ip->hop_limits != 255 || !in->framed)
		refuse(h, in, CGN_DROP_ND);
	else
		cgn_host_nd(h, in, message, u->len);
}

/* Says that nobody listens. The packet itself is dropped by the caller. */
static void
unreachable(struct cgn_host *h, const struct input *in, const struct upper *u)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	bool port = u->proto == IPPROTO_TCP || u->proto == IPPROTO_UDP;
	unsigned quote = RTE_MIN((unsigned)rte_pktmbuf_data_len(in->m), QUOTE_MAX);
	unsigned size = (unsigned)(sizeof(*ip) + sizeof(struct rte_icmp_hdr)) + quote;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->wire.pool);
	rte_be32_t pointer = rte_cpu_to_be_32(port ? 0 : u->pointer);
	uint8_t *icmp;

	if (m == NULL || rte_pktmbuf_append(m, (uint16_t)size) == NULL) {
		rte_pktmbuf_free(m);
		h->wire.stats->drop[CGN_DROP_NO_MBUF]++;
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, uint8_t *, sizeof(*ip));
	icmp[0] = port ? UNREACHABLE : PARAMETER;
	icmp[1] = port ? UNREACHABLE_PORT : PARAMETER_HEADER;
	memcpy(icmp + 4, &pointer, sizeof(pointer));
	memcpy(icmp + 8, ip, quote);
	cgn_frame_icmp6(m, ip->dst_addr, ip->src_addr, HOP_LIMIT);
	h->stats.refusals++;
	cgn_host_output(h, in, ip->src_addr, m);
}

static bool
is_advert(const struct input *in)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);

	return rte_pktmbuf_data_len(in->m) >= sizeof(*ip) && ip->dst_addr[0] == 0xff &&
	       ip->proto == CGN_IPPROTO_VRRP;
}

void
cgn_host_ip6(struct cgn_host *h, const struct input *in)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	struct upper u;
	enum cgn_drop why;
	bool answer;

	if (is_advert(in)) {
		cgn_host_advert(h, in);
		return;
	}
	why = check(h, in, &u);
	if (why == CGN_DROP_FRAGMENT) {
		refuse_unless_taken(h, in, why);
		return;
	}
	if (why != CGN_DROP_REASONS) {
		refuse(h, in, why);
		return;
	}
	if (u.proto == IPPROTO_ICMPV6) {
		icmp_input(h, in, &u);
		return;
	}
	if (ip->dst_addr[0] == 0xff) {
		refuse_unless_taken(h, in, CGN_DROP_MULTICAST);
		return;
	}
	if ((u.proto == IPPROTO_UDP &&
		    cgn_host_udp_input(h, in, ip->src_addr, ip->dst_addr, u.offset)) ||
		cgn_host_kernel_take(h, in, RTE_ETHER_TYPE_IPV6))
		return;
	answer = !in->multicast && specified(ip->src_addr) && u.proto != IPPROTO_NONE;
	if (answer && !cgn_host_allow(h, &h->refuse)) {
		refuse(h, in, CGN_DROP_HOST_RATE);
		return;
	}
	if (answer)
		unreachable(h, in, &u);
	refuse(h, in, CGN_DROP_HOST_PROTOCOL);
}
