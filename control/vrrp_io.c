/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual routers and packets. Out: advertisements and announcements, from the virtual
 * MAC address (RFC 9568 7.2), so that switches learn where it is. In: advertisements,
 * which are checked (RFC 9568 7.1) and given to the machine of their group. And what the
 * host asks: is an address virtual, and is it ours now?
 *
 * An IPv4 advertisement is summed as the other box does it, see ha/vrrp_wire.c.
 *
 * Control lcore. Not handled: advertisements to a unicast address. */
#include "control/vrrp_int.h"

#include <string.h>

#include <rte_arp.h>

#include "control/compile.h"
#include "control/frame.h"
#include "control/host.h"
#include "control/log.h"
#include "dataplane/neigh.h"

#define WARN_MS 60000 /* between two warnings about what another box is told */

static const struct cgn_iface *
iface_of(const struct cgn_daemon *d, const struct group *g)
{
	return &d->snap->iface[g->iface];
}

static struct rte_ether_addr
mac_of(const struct group *g, unsigned six)
{
	struct rte_ether_addr mac = { { 0 } };

	cgn_vrrp_wire_mac(mac.addr_bytes, six ? 6 : 4, g->vrid);
	return mac;
}

/* The interface as the virtual router has it. */
static struct cgn_iface
virtual_iface(const struct cgn_daemon *d, const struct group *g, unsigned six)
{
	struct cgn_iface f = *iface_of(d, g);

	f.mac = mac_of(g, six);
	return f;
}

void
cgn_vrrp_io_source(const struct cgn_daemon *d, const struct group *g, unsigned six,
	uint8_t source[16])
{
	const struct cgn_iface *f = iface_of(d, g);

	if (six)
		memcpy(source, f->link_local, 16);
	else
		cgn_neigh_key4(source, f->addr4);
}

/* Address i of a family as a key. */
static void
address_key(const struct group *g, unsigned six, unsigned i, uint8_t key[16])
{
	rte_be32_t ip;

	if (six) {
		memcpy(key, g->addr[1] + 16 * i, 16);
		return;
	}
	memcpy(&ip, g->addr[0] + 4 * i, sizeof(ip));
	cgn_neigh_key4(key, ip);
}

/* ---- out ---- */

static void
emit(struct cgn_daemon *d, const struct cgn_iface *f, struct rte_mbuf *m)
{
	if (m)
		cgn_daemon_send(d, f->port, m);
	else
		d->stats.drop[CGN_DROP_NO_MBUF]++;
}

static struct rte_mbuf *
make_advert(struct cgn_daemon *d, const struct group *g, unsigned six, uint8_t priority)
{
	struct cgn_iface f = virtual_iface(d, g, six);
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->own_pool);
	struct rte_ether_addr to;
	struct cgn_vrrp_advert advert = { .family = six ? 6 : 4,
		.vrid = g->vrid,
		.priority = priority,
		.n = g->n[six],
		.interval_cs = g->router.conf.interval_cs,
		.plain = g->plain,
		.addr = g->addr[six] };
	int len;

	if (!m)
		return NULL;
	cgn_vrrp_io_source(d, g, six, advert.src);
	len = cgn_vrrp_wire_encode(
		rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_tailroom(m), &advert);
	cgn_vrrp_wire_group(to.addr_bytes, advert.family);
	if (len > 0 && rte_pktmbuf_append(m, (uint16_t)len) &&
		cgn_frame_push(
			m, &f, &to, six ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

void
cgn_vrrp_io_advertise(struct cgn_daemon *d, struct group *g, uint8_t priority)
{
	for (unsigned six = 0; six < 2; six++) {
		if (!g->n[six])
			continue;
		emit(d, iface_of(d, g), make_advert(d, g, six, priority));
		*(priority ? &g->count.sent : &g->count.resigned) += 1;
	}
}

static struct rte_mbuf *
make_announcement(struct cgn_daemon *d, const struct group *g, unsigned six, unsigned i)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff } };
	struct cgn_iface f = virtual_iface(d, g, six);
	struct rte_ether_addr nodes;
	rte_be32_t ip;

	if (six) {
		cgn_frame_group(&nodes, cgn_frame_all_nodes);
		return cgn_frame_na(d->own_pool, &f, g->addr[1] + 16 * i,
			cgn_frame_all_nodes, &nodes, CGN_NA_ROUTER | CGN_NA_OVERRIDE);
	}
	memcpy(&ip, g->addr[0] + 4 * i, sizeof(ip));
	return cgn_frame_arp(d->own_pool, &f, RTE_ARP_OP_REQUEST, ip, &f.mac, ip, &all);
}

void
cgn_vrrp_io_announce(struct cgn_daemon *d, struct group *g)
{
	for (unsigned six = 0; six < 2; six++)
		for (unsigned i = 0; i < g->n[six]; i++) {
			emit(d, iface_of(d, g), make_announcement(d, g, six, i));
			g->count.announced++;
		}
}

void
cgn_vrrp_io_listen(struct cgn_daemon *d, const struct group *g, bool on)
{
	struct cgn_vmac *vmac = iface_of(d, g)->vmac;
	uint64_t bit = 1ull << g->vrid % 64;

	for (unsigned six = 0; six < 2; six++) {
		uint64_t *bits = &vmac->bits[six][g->vrid / 64];
		struct rte_ether_addr mac = mac_of(g, six);
		int rc;

		if (!g->n[six])
			continue;
		if (on)
			__atomic_or_fetch(bits, bit, __ATOMIC_RELAXED);
		else
			__atomic_and_fetch(bits, ~bit, __ATOMIC_RELAXED);
		rc = cgn_port_listen(&d->port[g->device], &mac, on);
		if (rc)
			cgn_log_event(LOG_ERR,
				"vrrp %s %u: the port does not %s the virtual MAC: %s",
				g->port, g->vrid, on ? "take" : "give up", strerror(-rc));
	}
}

/* ---- in ---- */

static struct group *
find_group(struct cgn_daemon *d, uint16_t iface, const struct cgn_vrrp_advert *advert)
{
	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		struct group *g = &d->vrrp->group[i];

		if (g->iface == iface && g->vrid == advert->vrid &&
			g->n[advert->family == 6])
			return g;
	}
	return NULL;
}

static bool
has_group(const struct cgn_daemon *d, uint16_t iface)
{
	for (uint32_t i = 0; i < d->vrrp->n; i++)
		if (d->vrrp->group[i].iface == iface)
			return true;
	return false;
}

static bool
may_warn(const struct cgn_daemon *d, struct group *g)
{
	if (g->warned_ms && d->now_ms - g->warned_ms < WARN_MS)
		return false;
	g->warned_ms = d->now_ms;
	return true;
}

/* Are they just those that the group has, in any order? */
static bool
same_addresses(const struct group *g, const struct cgn_vrrp_advert *advert)
{
	unsigned six = advert->family == 6, size = six ? 16 : 4, found = 0;

	for (unsigned i = 0; i < g->n[six]; i++)
		for (unsigned k = 0; k < advert->n; k++)
			if (!memcmp(g->addr[six] + i * size, advert->addr + k * size,
				    size)) {
				found++;
				break;
			}
	return found == g->n[six] && advert->n == g->n[six];
}

/* Both boxes should be configured alike (RFC 9568 7.1). */
static void
compare(struct cgn_daemon *d, struct group *g, const struct cgn_vrrp_advert *advert)
{
	bool addresses = !same_addresses(g, advert);
	bool interval = advert->interval_cs != g->router.conf.interval_cs;

	g->count.addresses += addresses;
	g->count.intervals += interval;
	if (addresses && may_warn(d, g))
		cgn_log_event(LOG_WARNING,
			"vrrp %s %u: the other box has other virtual addresses", g->port,
			g->vrid);
	else if (interval && may_warn(d, g))
		cgn_log_event(LOG_WARNING,
			"vrrp %s %u: the other box advertises every %u ms, this one "
			"every %u ms",
			g->port, g->vrid, advert->interval_cs * 10u,
			g->router.conf.interval_cs * 10u);
}

static void
hear(struct cgn_daemon *d, struct group *g, const struct cgn_vrrp_advert *advert,
	const uint8_t own[16])
{
	enum cgn_vrrp_state from = g->router.state;
	struct cgn_vrrp_heard heard = { .now_us = cgn_vrrp_now_us(d),
		.priority = advert->priority,
		.interval_cs = advert->interval_cs,
		.src = advert->src,
		.own = own };

	*(advert->priority ? &g->count.received : &g->count.resignations) += 1;
	if (advert->family == 4)
		g->plain = advert->plain;
	compare(d, g, advert);
	cgn_vrrp_apply(d, g, from, cgn_vrrp_hear(&g->router, &heard));
}

/* Which of the drops ends the packet; CGN_DROP_REASONS: it was heard. */
static enum cgn_drop
take(struct cgn_daemon *d, uint16_t iface, const struct rte_mbuf *m)
{
	struct cgn_vrrp_advert advert;
	enum cgn_vrrp_fault fault;
	struct group *g;
	uint8_t own[16];

	if (!has_group(d, iface))
		return CGN_DROP_MULTICAST;
	fault = cgn_vrrp_wire_decode(
		rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m), &advert);
	d->vrrp->faults[fault]++;
	g = fault == CGN_VRRP_FINE ? find_group(d, iface, &advert) : NULL;
	if (!g)
		return CGN_DROP_VRRP;
	cgn_vrrp_io_source(d, g, advert.family == 6, own);
	if (memcmp(own, advert.src, 16) == 0)
		return CGN_DROP_VRRP; /* our own, come back */
	hear(d, g, &advert, own);
	return CGN_DROP_REASONS;
}

static void
advert_in(void *ctx, uint16_t iface, struct rte_mbuf *m)
{
	struct cgn_daemon *d = ctx;
	enum cgn_drop why = take(d, iface, m);

	if (why != CGN_DROP_REASONS)
		d->stats.drop[why]++;
	rte_pktmbuf_free(m);
}

/* ---- what the host asks ---- */

static bool
is_of_group(const struct group *g, const uint8_t key[16], unsigned *six)
{
	for (*six = 0; *six < 2; ++*six)
		for (unsigned i = 0; i < g->n[*six]; i++) {
			uint8_t own[16];

			address_key(g, *six, i, own);
			if (memcmp(own, key, 16) == 0)
				return true;
		}
	return false;
}

/* The group whose state a location has, or CGN_NONE. */
static uint32_t
group_of_location(const struct cgn_daemon *d, uint16_t location)
{
	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		const struct cgn_conf_location *l = &d->conf->locations[i];

		if (l->id == d->snap->location[location].id)
			return l->vrrp.present ? (uint32_t)l->vrrp.index : CGN_NONE;
	}
	return CGN_NONE;
}

/* A group on the link with this leader (CGN_NONE: any); a master first. */
static const struct group *
group_on_link(const struct cgn_daemon *d, uint16_t iface, unsigned six, uint32_t leader)
{
	const struct group *found = NULL;

	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		const struct group *g = &d->vrrp->group[i];

		if (g->iface != iface || !g->n[six] ||
			(leader != CGN_NONE && cgn_vrrp_groups_leader(d, i) != leader))
			continue;
		if (!found || g->router.state == CGN_VRRP_MASTER)
			found = g;
	}
	return found;
}

/* Public and AFTR addresses inside the link's network are the master's, too (RFC 9568
 * 8.1.3): of the group that the public address's location is bound to; of any for an AFTR
 * address, which all locations share. */
static enum cgn_host_virtual
find_proxied(const struct cgn_daemon *d, uint16_t iface, const uint8_t key[16],
	struct rte_ether_addr *mac)
{
	const struct cgn_nexthop *nh =
		cgn_compile_route(d->snap, d->snap->iface[iface].vpn, key);
	uint32_t leader = CGN_NONE, ip;
	const struct group *g;

	if (nh->kind == CGN_NH_POOL) {
		const struct cgn_pool_range *range = &d->snap->range[nh->index];

		memcpy(&ip, key + 12, sizeof(ip));
		ip = range->slot + rte_be_to_cpu_32(ip) - range->first;
		leader = group_of_location(d, d->snap->address[ip].location);
		if (leader == CGN_NONE)
			return CGN_HOST_REAL;
		leader = cgn_vrrp_groups_leader(d, leader);
	} else if (nh->kind != CGN_NH_AFTR) {
		return CGN_HOST_REAL;
	}
	g = group_on_link(d, iface, nh->kind == CGN_NH_AFTR, leader);
	if (!g || !cgn_compile_proxies(d->snap, iface, key))
		return CGN_HOST_REAL;
	*mac = mac_of(g, nh->kind == CGN_NH_AFTR);
	return g->router.state == CGN_VRRP_MASTER ? CGN_HOST_MASTER : CGN_HOST_BACKUP;
}

static enum cgn_host_virtual
find(void *ctx, uint16_t iface, const uint8_t key[16], bool on_link,
	struct rte_ether_addr *mac)
{
	const struct cgn_daemon *d = ctx;
	bool same_link = on_link || (key[0] == 0xfe && (key[1] & 0xc0) == 0x80);
	unsigned six;

	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		const struct group *g = &d->vrrp->group[i];

		if (same_link ? g->iface != iface : g->vpn != d->snap->iface[iface].vpn)
			continue;
		if (!is_of_group(g, key, &six))
			continue;
		*mac = mac_of(g, six);
		return g->router.state == CGN_VRRP_MASTER ? CGN_HOST_MASTER
							  : CGN_HOST_BACKUP;
	}
	return on_link && d->vrrp->n ? find_proxied(d, iface, key, mac) : CGN_HOST_REAL;
}

/* The first link-local address, of a master if there is one. */
static enum cgn_host_virtual
router(void *ctx, uint16_t iface, uint8_t link_local[16], struct rte_ether_addr *mac)
{
	const struct cgn_daemon *d = ctx;
	enum cgn_host_virtual is = CGN_HOST_REAL;

	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		const struct group *g = &d->vrrp->group[i];
		const uint8_t *first = g->addr[1];

		if (g->iface != iface || !g->n[1] || first[0] != 0xfe)
			continue;
		if (g->router.state == CGN_VRRP_MASTER) {
			memcpy(link_local, first, 16);
			*mac = mac_of(g, 1);
			return CGN_HOST_MASTER;
		}
		is = CGN_HOST_BACKUP;
	}
	return is;
}

void
cgn_vrrp_io_attach(struct cgn_daemon *d)
{
	struct cgn_host_routers routers = {
		.find = find, .router = router, .advert = advert_in, .ctx = d
	};

	cgn_host_set_routers(d->host, &routers);
}

void
cgn_vrrp_io_detach(struct cgn_daemon *d)
{
	cgn_host_set_routers(d->host, NULL);
}
