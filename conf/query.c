/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions about a configuration that more than one consumer has: what an ACL permits,
 * which port an address is behind, how much memory the box will need. Pure functions, any
 * thread; not for the packet path.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/parse.h"

const char *
cgn_conf_kind_name(enum cgn_conf_kind kind)
{
	static const char *const names[] = {
		[CGN_CONF_DS_LITE] = "ds-lite",
		[CGN_CONF_NAT44] = "nat",
		[CGN_CONF_NAT64] = "nat64",
	};

	return names[kind];
}

int32_t
cgn_conf_connected_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr)
{
	int32_t best = CGN_CONF_NONE;
	int best_len = -1;

	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *port = &conf->ports[i];

		for (uint32_t j = 0; port->vpn.index == vpn && j < port->n_addresses;
			j++) {
			const struct cgn_conf_ifaddr *own = &port->addresses[j];

			if (own->len > best_len &&
				cgn_conf_addr_inside(addr, &own->addr, own->len)) {
				best = (int32_t)i;
				best_len = own->len;
			}
		}
	}
	return best;
}

int32_t
cgn_conf_own_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr)
{
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *port = &conf->ports[i];

		for (uint32_t j = 0; port->vpn.index == vpn && j < port->n_addresses;
			j++) {
			if (cgn_conf_addr_equal(&port->addresses[j].addr, addr))
				return (int32_t)i;
		}
	}
	return CGN_CONF_NONE;
}

bool
cgn_conf_on_network(const struct cgn_conf_port *port, const struct cgn_conf_addr *addr)
{
	for (uint32_t i = 0; i < port->n_addresses; i++)
		if (cgn_conf_addr_inside(
			    addr, &port->addresses[i].addr, port->addresses[i].len))
			return true;
	return false;
}

bool
cgn_conf_is_link_local(const struct cgn_conf_addr *addr)
{
	return addr->family == 6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

int32_t
cgn_conf_virtual_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr)
{
	for (uint32_t i = 0; i < conf->n_vrrp; i++) {
		const struct cgn_conf_vrrp *group = &conf->vrrp[i];
		int32_t port = group->port.index;

		for (uint32_t j = 0; port >= 0 && conf->ports[port].vpn.index == vpn &&
				     j < group->n_addresses;
			j++) {
			if (cgn_conf_addr_equal(&group->addresses[j], addr))
				return port;
		}
	}
	return CGN_CONF_NONE;
}

bool
cgn_conf_pool_holds(const struct cgn_conf_address_group *pool, uint32_t addr)
{
	for (uint32_t i = 0; i < pool->n_pool; i++) {
		if (addr >= pool->pool[i].first && addr <= pool->pool[i].last)
			return true;
	}
	return false;
}

const struct cgn_conf_address_group *
cgn_conf_pool_of(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr)
{
	for (uint32_t i = 0; addr->family == 4 && i < conf->n_address_groups; i++) {
		const struct cgn_conf_address_group *pool = &conf->address_groups[i];

		if (pool->vpn.index == vpn &&
			cgn_conf_pool_holds(pool, cgn_parse_ipv4(addr)))
			return pool;
	}
	return NULL;
}

bool
cgn_conf_acl_permits(
	const struct cgn_conf *conf, int32_t acl, const struct cgn_conf_addr *addr)
{
	const struct cgn_conf_acl *list;

	if (acl < 0)
		return true;
	list = &conf->acls[acl];
	for (uint32_t i = 0; i < list->n_deny; i++) {
		if (cgn_conf_addr_inside(addr, &list->deny[i].addr, list->deny[i].len))
			return false;
	}
	for (uint32_t i = 0; i < list->n_permit; i++) {
		if (cgn_conf_addr_inside(
			    addr, &list->permit[i].addr, list->permit[i].len))
			return true;
	}
	return !list->n_permit;
}

/* A kernel interface by net_af_packet has buffers for datagrams that the kernel has put
 * together. Bytes of one; 0: another kind of device. */
static uint64_t
whole_bytes(const struct cgn_conf_port *p)
{
	enum { FRAME = 15 << 10, EXTRA = 384 };
	const char *framesz = strstr(p->device, ",framesz=");
	unsigned long frame = framesz ? strtoul(framesz + 9, NULL, 10) : FRAME;

	if (strncmp(p->device, "net_af_packet", 13) != 0)
		return 0;
	return (p->mtu > frame ? p->mtu : frame) + EXTRA;
}

/* Packet buffers: every queue, ring and cache full at once, and those the box makes. */
static uint64_t
packet_bytes(const struct cgn_conf *conf)
{
	enum {
		DEPTH = 1024,
		SOCKET_DEPTH = 256,
		CACHES = 512,
		OWN = 4096,
		EXTRA = 512,
		PACKET = 2560,
		PAGE = 4096
	};
	uint64_t nodes = conf->n_cpus + conf->dpdk.n_io_lcores + 1;
	uint64_t largest = conf->dpdk.hugepages ? PACKET : PAGE, frame = 0;
	uint64_t queues = 0, sockets = 0, bytes = 0;

	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *p = &conf->ports[i];
		uint64_t whole = whole_bytes(p);

		if (whole)
			sockets += p->rx_queues;
		else if (p->device[0])
			queues += p->rx_queues + nodes;
		frame = whole > frame ? whole : frame;
		if (p->mtu + EXTRA > largest)
			largest = p->mtu + EXTRA;
	}
	if (queues)
		bytes += ((queues + nodes) * DEPTH + nodes * CACHES) * largest;
	if (sockets)
		bytes += (sockets * SOCKET_DEPTH + nodes * (DEPTH + CACHES)) * frame;
	return bytes + (OWN + nodes * CACHES) * largest;
}

#define VPN_BYTES (66ull << 20) /* forwarding tables of both families */

uint64_t
cgn_conf_memory_estimate(const struct cgn_conf *conf)
{
	/* What cgnd was seen to take: a session has a line, half a line of counters, its
	 * share of mappings, and four entries in hash tables. */
	enum { SESSION = 176, USER = 236 };
	uint64_t bytes = conf->n_vpns * VPN_BYTES + packet_bytes(conf);

	for (uint32_t i = 0; i < conf->n_cpus; i++)
		bytes += (uint64_t)conf->cpus[i]->sessions * SESSION +
			 (uint64_t)conf->cpus[i]->users * USER;
	return bytes + (16 << 20); /* the small things */
}

uint64_t
cgn_conf_memory_spare(const struct cgn_conf *conf)
{
	uint64_t all = (uint64_t)conf->dpdk.memory_mb << 20;
	uint64_t need = cgn_conf_memory_estimate(conf) + conf->n_vpns * VPN_BYTES;

	return all > need ? all - need : 0;
}

/* ---- EAL --lcores ---- */

static void
set_add(uint64_t set[2], unsigned long id)
{
	set[id / 64] |= 1ull << id % 64;
}

/* N or N-M, where a range may run down as well; ids up to max. */
static const char *
parse_span(const char *p, unsigned long max, uint64_t *set)
{
	unsigned long first, last;
	char *end;

	if (!isdigit((unsigned char)*p))
		return NULL;
	first = last = strtoul(p, &end, 10);
	if (*end == '-') {
		p = end + 1;
		if (!isdigit((unsigned char)*p))
			return NULL;
		last = strtoul(p, &end, 10);
	}
	if (first > max || last > max)
		return NULL;
	for (unsigned long id = first < last ? first : last;
		set && id <= (first < last ? last : first); id++)
		set_add(set, id);
	return end;
}

/* A span, or "( span, span ... )". */
static const char *
parse_set(const char *p, unsigned long max, uint64_t *set)
{
	if (*p != '(')
		return parse_span(p, max, set);
	do {
		p = parse_span(p + 1, max, set);
	} while (p && *p == ',');
	return p && *p == ')' ? p + 1 : NULL;
}

int
cgn_conf_lcores_parse(const char *text, uint64_t set[2])
{
	char plain[1024];
	const char *p = plain;
	size_t n = 0;

	for (; *text && n < sizeof(plain) - 1; text++) {
		if (!isspace((unsigned char)*text))
			plain[n++] = *text;
	}
	plain[n] = '\0';
	set[0] = set[1] = 0;
	for (;; p++) {
		p = parse_set(p, 127, set);
		if (p && *p == '@')
			p = parse_set(p + 1, 1023, NULL);
		if (!p || (*p && *p != ','))
			return -EINVAL;
		if (!*p)
			return 0;
	}
}
