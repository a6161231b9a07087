/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can be asked of the compiler (indices of names) and of a snapshot (addresses of
 * interfaces, routes). The former belongs to the control lcore, the latter is read-only
 * and open to all. Not handled: bulk look-ups, which are the path's own. */
#include "control/compile_int.h"

#include <string.h>

#include <rte_fib.h>
#include <rte_fib6.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

void
cgn_compile_key(uint8_t key[16], const struct cgn_conf_addr *addr)
{
	if (addr->family == 4) {
		memcpy(key, mapped, sizeof(mapped));
		memcpy(key + 12, addr->bytes, 4);
	} else {
		memcpy(key, addr->bytes, 16);
	}
}

void
cgn_compile_mask(uint8_t out[16], const uint8_t key[16], uint8_t len)
{
	memmove(out, key, 16);
	for (unsigned i = len / 8; i < 16; i++) {
		out[i] &= (uint8_t)(0xff00 >> len % 8);
		len = (uint8_t)(i * 8 + 8); /* only the first byte is cut inside */
	}
}

bool
cgn_compile_match(const uint8_t a[16], const uint8_t b[16], uint8_t len)
{
	unsigned rest = len % 8;

	if (memcmp(a, b, len / 8) != 0)
		return false;
	return rest == 0 || ((a[len / 8] ^ b[len / 8]) & (0xff00 >> rest) & 0xff) == 0;
}

void
cgn_compile_name(char out[CGN_NAME], const char *name)
{
	size_t n = strnlen(name, CGN_NAME - 1);

	memcpy(out, name, n);
	memset(out + n, 0, CGN_NAME - n);
}

static uint32_t
find(const struct cgn_registry *reg, const char *name)
{
	char key[CGN_NAME] = "";

	cgn_compile_name(key, name);
	return cgn_registry_find(reg, key);
}

uint32_t
cgn_compile_find_port(const struct cgn_compiler *c, const char *name)
{
	return find(&c->ports, name);
}

uint32_t
cgn_compile_find_iface(const struct cgn_compiler *c, const char *name)
{
	return find(&c->ifaces, name);
}

uint32_t
cgn_compile_find_vpn(const struct cgn_compiler *c, const char *name)
{
	return find(&c->vpns, name);
}

uint32_t
cgn_compile_find_group(const struct cgn_compiler *c, const char *name)
{
	return find(&c->groups, name);
}

uint32_t
cgn_compile_find_pool(const struct cgn_compiler *c, const char *name)
{
	return find(&c->pools, name);
}

uint32_t
cgn_compile_find_instance(
	const struct cgn_compiler *c, enum cgn_kind kind, const char *name)
{
	uint32_t found = CGN_NONE;

	for (uint32_t i = 0; c->base != NULL && i < c->base->snap.n_instances; i++) {
		const struct cgn_instance *in = &c->base->snap.instance[i];

		if (in->kind != kind || strncmp(in->name, name, CGN_NAME - 1) != 0)
			continue;
		found = i;
		if (!in->gone)
			break;
	}
	return found;
}

uint32_t
cgn_compile_find_location(const struct cgn_compiler *c, uint16_t id)
{
	return cgn_registry_find(&c->locations, &id);
}

static const struct cgn_compile_base *
base_of(const struct cgn_snapshot *snap)
{
	return ((const struct cgn_compile_image *)snap)->base;
}

bool
cgn_compile_uses_learnt(
	const struct cgn_compiler *c, uint16_t vpn, const uint8_t key[16], uint8_t len)
{
	const struct cgn_compile_entry *e =
		cgn_compile_find_entry(c->base->routing, vpn, key, len);

	return e != NULL && e->source == CGN_FROM_LEARNT;
}

const struct cgn_compile_addr *
cgn_compile_addrs(const struct cgn_snapshot *snap, uint16_t iface, uint32_t *n)
{
	*n = base_of(snap)->n_addrs[iface];
	return base_of(snap)->addrs[iface];
}

bool
cgn_compile_owns(const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16])
{
	uint32_t n;
	const struct cgn_compile_addr *a = cgn_compile_addrs(snap, iface, &n);

	for (uint32_t i = 0; i < n; i++)
		if (memcmp(a[i].addr, key, 16) == 0)
			return true;
	return false;
}

const struct cgn_compile_addr *
cgn_compile_connected(
	const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16])
{
	uint32_t n;
	const struct cgn_compile_addr *a = cgn_compile_addrs(snap, iface, &n);

	for (uint32_t i = 0; i < n; i++)
		if (cgn_compile_match(a[i].addr, key, a[i].len))
			return &a[i];
	return NULL;
}

static bool
is_ours(const struct cgn_snapshot *snap, uint16_t location)
{
	return snap->location[location].worker != CGN_REMOTE;
}

static bool
pool_is_ours(const struct cgn_snapshot *snap, const struct cgn_nexthop *nh,
	const uint8_t key[16])
{
	const struct cgn_pool_range *range = &snap->range[nh->index];
	rte_be32_t addr;

	memcpy(&addr, key + 12, sizeof(addr));
	addr = rte_be_to_cpu_32(addr) - range->first;
	return is_ours(snap, snap->address[range->slot + addr].location);
}

/* While this box translates for any of its users. */
static bool
aftr_is_ours(const struct cgn_snapshot *snap, const struct cgn_aftr *aftr)
{
	for (uint32_t i = 0; i < aftr->n; i++) {
		uint16_t instance = snap->remote[aftr->first + i].instance;
		const struct cgn_group *group =
			&snap->group[snap->instance[instance].group];

		for (uint16_t k = 0; k < group->n; k++)
			if (is_ours(snap, group->location[k]))
				return true;
	}
	return false;
}

bool
cgn_compile_proxies(
	const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16])
{
	const struct cgn_nexthop *nh;

	if (cgn_compile_connected(snap, iface, key) == NULL)
		return false;
	nh = cgn_compile_route(snap, snap->iface[iface].vpn, key);
	if (nh->kind == CGN_NH_POOL)
		return pool_is_ours(snap, nh, key);
	return nh->kind == CGN_NH_AFTR && aftr_is_ours(snap, &snap->aftr[nh->index]);
}

const struct cgn_nexthop *
cgn_compile_route(const struct cgn_snapshot *snap, uint16_t vpn, const uint8_t key[16])
{
	const struct cgn_vpn *v = &snap->vpn[vpn];
	uint64_t nh = 0;

	if (memcmp(key, mapped, sizeof(mapped)) == 0) {
		rte_be32_t addr;
		uint32_t ip;

		memcpy(&addr, key + 12, sizeof(addr));
		ip = rte_be_to_cpu_32(addr);
		if (v->fib4 != NULL)
			rte_fib_lookup_bulk(v->fib4, &ip, &nh, 1);
	} else if (v->fib6 != NULL) {
		uint8_t ip[1][16];

		memcpy(ip[0], key, 16);
		rte_fib6_lookup_bulk(v->fib6, ip, &nh, 1);
	}
	if (snap->nexthop[nh].kind == CGN_NH_SEVERAL)
		nh = snap->nexthop[nh].index;
	return &snap->nexthop[nh];
}
