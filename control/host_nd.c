/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Neighbour discovery (RFC 4861): solicitations for addresses of the box, and for AFTR
 * addresses inside the link's network, are answered; advertisements go to the resolver;
 * router solicitations get an advertisement. It says that the box is a router for half an
 * hour if it leads further (a default route, or an AFTR address), else that it is none;
 * the prefixes are on the link; hosts are not numbered by it (no A, M or O flag). Where
 * there is a virtual router, it is the one that advertises: its master answers in its
 * name, a backup does not (RFC 9568 6.4).
 *
 * The caller has checked hop limit, checksum and code (RFC 4861 6.1, 7.1). Control lcore
 * only. Not handled: unsolicited router advertisements, those of others, redirects. */
#include "control/host_int.h"

#include <rte_ip.h>

#define RS 133
#define NS 135
#define NA 136

#define OPT_SOURCE_LINK 1
#define OPT_TARGET_LINK 2

#define ND_LEN	   24 /* of a solicitation or advertisement, without options */
#define RS_LEN	   8
#define LIFETIME_S 1800 /* RFC 4861 6.2.1 */
#define PREFIXES   16

/* Finds a link-layer address among options; false: an option lies. */
static bool
link_option(const uint8_t *option, unsigned len, uint8_t type,
	const struct rte_ether_addr **mac)
{
	*mac = NULL;
	while (len > 0) {
		unsigned size = len < 2 ? 0 : option[1] * 8u;

		if (size == 0 || size > len)
			return false;
		if (option[0] == type && size == 8)
			*mac = (const void *)(option + 2);
		option += size;
		len -= size;
	}
	return true;
}

static bool
specified(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return memcmp(addr, none, sizeof(none)) != 0;
}

static void
advertise(struct cgn_host *h, const struct input *in, const uint8_t target[16],
	const struct rte_ether_addr *own, const uint8_t src[16],
	const struct rte_ether_addr *mac)
{
	struct cgn_iface as = h->snap->iface[in->iface]; /* with the address asked for */
	uint8_t flags = CGN_NA_ROUTER | CGN_NA_OVERRIDE;
	struct rte_ether_addr group;

	if (specified(src)) {
		flags |= CGN_NA_SOLICITED;
	} else { /* somebody about to take an address asks whether it is free */
		src = cgn_frame_all_nodes;
		cgn_frame_group(&group, src);
		mac = &group;
	}
	as.mac = *own;
	cgn_host_emit(h, cgn_frame_na(h->wire.pool, &as, target, src, mac, flags), &as);
	h->stats.nd_replies++;
}

/* RFC 4861 7.1.1, 7.2.3 and 7.2.4. */
static enum cgn_drop
solicitation(
	struct cgn_host *h, const struct input *in, const uint8_t *message, unsigned len)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	const uint8_t *target = message + 8;
	const struct rte_ether_addr *mac;
	struct rte_ether_addr own;

	if (len < ND_LEN || target[0] == 0xff ||
		!link_option(message + ND_LEN, len - ND_LEN, OPT_SOURCE_LINK, &mac) ||
		(!specified(ip->src_addr) && (mac != NULL || ip->dst_addr[0] != 0xff)))
		return CGN_DROP_ND;
	if (!cgn_host_is_ours(h, in, target, &own))
		return CGN_DROP_REASONS;
	if (mac != NULL && !cgn_resolve_learn(h->resolver, in->iface, ip->src_addr, mac,
				   CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE, h->now_ms))
		return CGN_DROP_REASONS;
	advertise(h, in, target, &own, ip->src_addr, mac != NULL ? mac : &in->from);
	return CGN_DROP_REASONS;
}

/* RFC 4861 7.1.2 and 7.2.5. */
static enum cgn_drop
advertisement(
	struct cgn_host *h, const struct input *in, const uint8_t *message, unsigned len)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	const uint8_t *target = message + 8;
	const struct rte_ether_addr *mac;
	struct rte_ether_addr known;
	unsigned how = 0;

	if (len < ND_LEN || target[0] == 0xff ||
		!link_option(message + ND_LEN, len - ND_LEN, OPT_TARGET_LINK, &mac) ||
		(ip->dst_addr[0] == 0xff && (message[4] & CGN_NA_SOLICITED)))
		return CGN_DROP_ND;
	if (cgn_host_find_virtual(h, in, target, true, &known) != CGN_HOST_REAL)
		return CGN_DROP_REASONS; /* the other box announces it */
	if (mac == NULL) {		 /* allowed in the answer to a unicast question */
		const struct cgn_neigh *n =
			cgn_neigh_find(h->snap->iface[in->iface].neigh, target);

		if (n == NULL || !cgn_neigh_mac(n, &known))
			return CGN_DROP_REASONS;
		mac = &known;
	}
	if (message[4] & CGN_NA_SOLICITED)
		how |= CGN_LEARN_CONFIRMED;
	if (message[4] & CGN_NA_OVERRIDE)
		how |= CGN_LEARN_OVERRIDE;
	cgn_resolve_learn(h->resolver, in->iface, target, mac, how, h->now_ms);
	return CGN_DROP_REASONS;
}

/* True when packets can get further than the link through the box. */
static bool
leads_further(const struct cgn_snapshot *s, uint16_t vpn)
{
	static const uint8_t anywhere[16];

	if (cgn_compile_route(s, vpn, anywhere)->kind == CGN_NH_GATEWAY)
		return true;
	for (uint32_t i = 0; i < s->n_aftrs; i++)
		if (cgn_compile_route(s, vpn, s->aftr[i].addr)->kind == CGN_NH_AFTR)
			return true;
	return false;
}

static unsigned
prefixes(const struct cgn_snapshot *s, uint16_t iface,
	struct cgn_frame_prefix prefix[PREFIXES])
{
	uint32_t n_addrs;
	const struct cgn_compile_addr *a = cgn_compile_addrs(s, iface, &n_addrs);
	unsigned n = 0;

	for (uint32_t i = 0; i < n_addrs && n < PREFIXES; i++) {
		bool ip4 = a[i].addr[10] == 0xff && a[i].len >= 96 && a[i].addr[0] == 0;
		bool link_local = a[i].addr[0] == 0xfe && (a[i].addr[1] & 0xc0) == 0x80;

		if (ip4 || link_local || a[i].len == 128)
			continue;
		prefix[n].len = a[i].len;
		cgn_compile_mask(prefix[n].addr, a[i].addr, a[i].len);
		n++;
	}
	return n;
}

/* RFC 4861 6.1.1 and 6.2.6. */
static enum cgn_drop
router_solicitation(
	struct cgn_host *h, const struct input *in, const uint8_t *message, unsigned len)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod(in->m, const struct rte_ipv6_hdr *);
	struct cgn_iface f = h->snap->iface[in->iface];
	struct cgn_frame_prefix prefix[PREFIXES];
	const struct rte_ether_addr *mac;
	struct rte_ether_addr group;
	const uint8_t *to = ip->src_addr;

	if (len < RS_LEN ||
		!link_option(message + RS_LEN, len - RS_LEN, OPT_SOURCE_LINK, &mac) ||
		(!specified(to) && mac != NULL))
		return CGN_DROP_ND;
	if (!f.has6 ||
		(h->routers.router && h->routers.router(h->routers.ctx, in->iface,
					      f.link_local, &f.mac) == CGN_HOST_BACKUP))
		return CGN_DROP_REASONS;
	if (!cgn_host_allow(h, &h->refuse))
		return CGN_DROP_HOST_RATE;
	if (mac != NULL)
		cgn_resolve_learn(h->resolver, in->iface, to, mac,
			CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE, h->now_ms);
	if (!specified(to) || mac == NULL) {
		to = cgn_frame_all_nodes;
		cgn_frame_group(&group, to);
		mac = &group;
	}
	cgn_host_emit(h,
		cgn_frame_ra(h->wire.pool, &f, to, mac,
			leads_further(h->snap, in->vpn) ? LIFETIME_S : 0, prefix,
			prefixes(h->snap, in->iface, prefix)),
		&f);
	h->stats.router_adverts++;
	return CGN_DROP_REASONS;
}

void
cgn_host_nd(
	struct cgn_host *h, const struct input *in, const uint8_t *message, unsigned len)
{
	enum cgn_drop why = CGN_DROP_HOST_PROTOCOL; /* another router's advertisement */

	if (message[0] == NS)
		why = solicitation(h, in, message, len);
	else if (message[0] == NA)
		why = advertisement(h, in, message, len);
	else if (message[0] == RS)
		why = router_solicitation(h, in, message, len);
	if (why == CGN_DROP_REASONS && message[0] == NA)
		cgn_host_kernel_show(h, in, RTE_ETHER_TYPE_IPV6);
	if (why != CGN_DROP_REASONS)
		refuse(h, in, why);
	else
		rte_pktmbuf_free(in->m);
}
