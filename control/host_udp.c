/* SPDX-License-Identifier: BSD-3-Clause
 *
 * UDP of the box itself, for the one thing in it that speaks UDP over its own ports: the
 * channel to another box. What arrives for its port goes there before any rate counts
 * it; what nobody wants is refused like everything else (host_ip4.c, host_ip6.c).
 *
 * Checksums are written, and not verified: what comes is authenticated.
 *
 * Control lcore only. Not handled: fragments, several listeners. */
#include "control/host_int.h"

#include <rte_ip.h>
#include <rte_udp.h>

#define TTL	      64
#define NETWORK_CLASS 0xc0 /* CS6, RFC 4594 3.1 */

void
cgn_host_listen(struct cgn_host *h, uint16_t port, cgn_host_listener take, void *ctx)
{
	h->port = rte_cpu_to_be_16(port);
	h->take = take;
	h->take_ctx = ctx;
}

bool
cgn_host_udp_input(struct cgn_host *h, const struct input *in, const uint8_t src[16],
	const uint8_t dst[16], unsigned offset)
{
	unsigned room = rte_pktmbuf_data_len(in->m) - offset, len;
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(in->m, const struct rte_udp_hdr *, offset);
	struct cgn_host_udp d = { .iface = in->iface, .src = src, .dst = dst };

	if (!h->take || in->multicast || room < sizeof(*udp) || udp->dst_port != h->port)
		return false;
	len = rte_be_to_cpu_16(udp->dgram_len);
	if (len < sizeof(*udp) || len > room)
		return false;
	d.data = (const uint8_t *)(udp + 1);
	d.len = len - (unsigned)sizeof(*udp);
	if (!h->take(h->take_ctx, &d))
		return false;
	rte_pktmbuf_free(in->m);
	return true;
}

static void
put_udp(struct cgn_host *h, struct rte_udp_hdr *udp, const void *data, unsigned len)
{
	udp->src_port = udp->dst_port = h->port;
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + len));
	udp->dgram_cksum = 0;
	memcpy(udp + 1, data, len);
}

static void
put_ip4(struct cgn_host *h, uint8_t *at, const struct cgn_host_udp *d)
{
	struct rte_ipv4_hdr *ip = (void *)at;
	struct rte_udp_hdr *udp = (void *)(ip + 1);

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->type_of_service = NETWORK_CLASS;
	ip->total_length =
		rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + sizeof(*udp) + d->len));
	ip->packet_id = rte_cpu_to_be_16(h->ip_id++);
	ip->time_to_live = TTL;
	ip->next_proto_id = IPPROTO_UDP;
	memcpy(&ip->src_addr, d->src + 12, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, d->dst + 12, sizeof(ip->dst_addr));
	put_udp(h, udp, d->data, d->len);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

static void
put_ip6(struct cgn_host *h, uint8_t *at, const struct cgn_host_udp *d)
{
	struct rte_ipv6_hdr *ip = (void *)at;
	struct rte_udp_hdr *udp = (void *)(ip + 1);

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(0x60000000 | NETWORK_CLASS << 20);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + d->len));
	ip->proto = IPPROTO_UDP;
	ip->hop_limits = TTL;
	memcpy(ip->src_addr, d->src, 16);
	memcpy(ip->dst_addr, d->dst, 16);
	put_udp(h, udp, d->data, d->len);
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
}

void
cgn_host_udp_send(struct cgn_host *h, const struct cgn_host_udp *d)
{
	bool ip4 = cgn_host_ip4_key(d->dst);
	unsigned head = ip4 ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
	unsigned size = head + (unsigned)sizeof(struct rte_udp_hdr) + d->len;
	struct input in = { .iface = d->iface, .vpn = h->snap->iface[d->iface].vpn };
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->wire.pool);
	uint8_t *at = m ? (void *)rte_pktmbuf_append(m, (uint16_t)size) : NULL;

	if (at == NULL) {
		rte_pktmbuf_free(m);
		h->wire.stats->drop[CGN_DROP_NO_MBUF]++;
		return;
	}
	if (ip4)
		put_ip4(h, at, d);
	else
		put_ip6(h, at, d);
	if (cgn_compile_connected(h->snap, d->iface, d->dst))
		cgn_resolve_send(h->resolver, d->iface, d->dst, m, h->now_ms);
	else
		cgn_host_output(h, &in, d->dst, m);
}
