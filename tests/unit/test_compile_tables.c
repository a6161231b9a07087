/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "compile_case.h"
#include "dataplane/neigh.h"
#include "dataplane/session.h"
#include "eal_main.h"

static void
interfaces(void)
{
	static const uint8_t link_local[16] = { 0xfe, 0x80, [11] = 0xff, 0xfe, 0, 0,
		0xa };
	const struct cgn_snapshot *s;
	const struct cgn_iface *in, *red;
	const struct cgn_snap_port *port;

	setup();
	s = compile(USUAL);
	in = &s->iface[iface("inside")];
	red = &s->iface[iface("red")];
	port = &s->port[in->port];
	CU_ASSERT_STRING_EQUAL(port->name, "inside");
	CU_ASSERT_EQUAL(port->device, 5);
	CU_ASSERT_EQUAL(s->by_device[5], in->port);
	CU_ASSERT_EQUAL(s->by_device[2], s->iface[iface("outside")].port);
	CU_ASSERT_EQUAL(s->by_device[0], CGN_NONE16);
	CU_ASSERT_EQUAL(s->n_ports, 2);
	CU_ASSERT_EQUAL(port->iface, iface("inside"));
	CU_ASSERT_EQUAL(port->vlan[100], iface("red"));
	CU_ASSERT_EQUAL(port->vlan[0], iface("inside"));
	CU_ASSERT_EQUAL(port->vlan[101], CGN_NONE16);
	CU_ASSERT_PTR_NULL(s->port[s->iface[iface("outside")].port].vlan);
	CU_ASSERT_EQUAL(in->mtu, 1600);
	CU_ASSERT_EQUAL(in->addr4, inet_addr("10.0.0.1"));
	CU_ASSERT(memcmp(in->addr6, key("2001:db8:0:1::1"), 16) == 0);
	CU_ASSERT(memcmp(in->link_local, link_local, 16) == 0);
	CU_ASSERT(in->has4 && in->has6);
	CU_ASSERT_EQUAL(red->port, in->port);
	CU_ASSERT_EQUAL(red->vlan, 100);
	CU_ASSERT_EQUAL(red->vpn, cgn_compile_find_vpn(compiler, "red"));
	CU_ASSERT(red->has4 && !red->has6);
	CU_ASSERT_EQUAL(red->mtu, 1600);
	CU_ASSERT(rte_is_same_ether_addr(&red->mac, &in->mac));
	CU_ASSERT_EQUAL(in->n_nat, 1);
	CU_ASSERT_EQUAL(
		in->nat[0], cgn_compile_find_instance(compiler, CGN_NAT44, "nat1"));
	CU_ASSERT_EQUAL(red->n_nat, 0);
	CU_ASSERT_PTR_NOT_NULL(red->neigh);
	teardown(s);
}

static void
routes(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_nexthop *nh;

	setup();
	s = compile(USUAL);
	nh = route(s, "", "10.0.0.1");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_LOCAL);
	CU_ASSERT_EQUAL(nh->iface, iface("inside"));
	CU_ASSERT_EQUAL(route(s, "", "10.0.0.2")->kind, CGN_NH_CONNECTED);
	nh = route(s, "", "10.9.1.1");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(nh->iface, iface("inside"));
	CU_ASSERT(memcmp(nh->gw, key("10.0.0.9"), 16) == 0);
	CU_ASSERT_PTR_EQUAL(
		nh->neigh, cgn_neigh_find(s->iface[nh->iface].neigh, key("10.0.0.9")));
	nh = route(s, "", "8.8.8.8");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(nh->iface, iface("outside"));
	CU_ASSERT_EQUAL(route(s, "", "2001:db8:0:1::1")->kind, CGN_NH_LOCAL);
	CU_ASSERT_EQUAL(route(s, "", "fe80::ff:fe00:a")->kind, CGN_NH_LOCAL);
	CU_ASSERT_EQUAL(route(s, "", "fe80::1")->kind, CGN_NH_NONE);
	CU_ASSERT_EQUAL(route(s, "", "2001:db8:0:1::77")->kind, CGN_NH_CONNECTED);
	CU_ASSERT_EQUAL(route(s, "", "2001:db8:1ff::1")->kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(route(s, "", "2001:db8:200::1")->kind, CGN_NH_NONE);
	nh = route(s, "", "2001:db8::aaaa");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_AFTR);
	CU_ASSERT(memcmp(s->aftr[nh->index].addr, key("2001:db8::aaaa"), 16) == 0);
	CU_ASSERT_EQUAL(route(s, "red", "10.1.0.1")->kind, CGN_NH_LOCAL);
	CU_ASSERT_EQUAL(route(s, "red", "10.0.0.1")->kind, CGN_NH_NONE);
	CU_ASSERT_PTR_NULL(s->vpn[cgn_compile_find_vpn(compiler, "red")].fib6);
	teardown(s);
}

static void
pool_routes(void)
{
	const struct cgn_snapshot *s;

	setup();
	s = compile(USUAL);
	for (uint32_t host = 0; host < 18; host++) {
		char dst[32];
		const struct cgn_nexthop *nh;
		const struct cgn_pool_range *range;
		uint32_t ip = NET113 + host;

		snprintf(dst, sizeof(dst), "203.0.113.%u", host);
		nh = route(s, "", dst);
		if (host == 7 || host >= 16) { /* excluded, outside: the default route */
			CU_ASSERT_EQUAL(nh->kind, CGN_NH_GATEWAY);
			continue;
		}
		CU_ASSERT_EQUAL(nh->kind, CGN_NH_POOL);
		range = &s->range[nh->index];
		CU_ASSERT(range->first <= ip && ip <= range->last);
		CU_ASSERT_EQUAL(
			s->address[range->slot + ip - range->first].addr, inet_addr(dst));
	}
	CU_ASSERT_EQUAL(route(s, "", "198.51.100.63")->kind, CGN_NH_CONNECTED);
	CU_ASSERT_EQUAL(route(s, "", "198.51.100.64")->kind, CGN_NH_POOL);
	CU_ASSERT_EQUAL(route(s, "", "198.51.100.71")->kind, CGN_NH_POOL);
	CU_ASSERT_EQUAL(route(s, "", "198.51.100.72")->kind, CGN_NH_CONNECTED);
	CU_ASSERT(cgn_compile_proxies(s, iface("outside"), key("198.51.100.65")));
	CU_ASSERT_FALSE(cgn_compile_proxies(s, iface("outside"), key("198.51.100.72")));
	CU_ASSERT_FALSE(cgn_compile_proxies(s, iface("outside"), key("203.0.113.1")));
	CU_ASSERT_FALSE(cgn_compile_proxies(s, iface("inside"), key("198.51.100.65")));
	CU_ASSERT(cgn_compile_owns(s, iface("outside"), key("198.51.100.1")));
	CU_ASSERT_FALSE(cgn_compile_owns(s, iface("inside"), key("198.51.100.1")));
	teardown(s);
}

/* A static route more specific than a pool would take translated packets away. */
static void
pool_before_static(void)
{
	const struct cgn_snapshot *s;

	setup();
	s = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES(
		", { prefix = \"203.0.113.8/31\"; next_hop = \"198.51.100.9\"; }")
			GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_EQUAL(route(s, "", "203.0.113.8")->kind, CGN_NH_POOL);
	teardown(s);
}

static void
shares(void)
{
	const struct cgn_snapshot *s;
	uint32_t pool1, n = 0;

	setup();
	s = compile(USUAL);
	pool1 = cgn_compile_find_pool(compiler, "pool1");
	CU_ASSERT_EQUAL(
		s->pool[pool1].overload, cgn_compile_find_pool(compiler, "pool2"));
	for (uint32_t l = 0; l < s->n_locations; l++) {
		const struct cgn_share *share = &s->share[l * s->n_pools + pool1];

		n += share->n;
		CU_ASSERT_EQUAL(share->n > 0, s->location[l].id != 9);
		for (uint32_t i = 0; i < share->n; i++) {
			const struct cgn_snap_address *a = &s->address[share->slot[i]];

			CU_ASSERT_EQUAL(a->location, l);
			CU_ASSERT_EQUAL(a->pool, pool1);
			CU_ASSERT_FALSE(a->excluded);
			CU_ASSERT_NOT_EQUAL(a->addr, inet_addr("203.0.113.7"));
		}
	}
	CU_ASSERT_EQUAL(n, 15);
	teardown(s);
}

static void
records(void)
{
	const struct cgn_snapshot *s;

	setup();
	s = compile(USUAL);
	for (uint32_t i = 0; i < s->n_addresses; i++) {
		uint16_t w = s->location[s->address[i].location].worker;
		struct cgn_address *a = s->state[w][i];

		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->slot, i);
		CU_ASSERT_EQUAL(a->free, CGN_PORT_COUNT);
		CU_ASSERT_EQUAL(a->blocked[1023 / 64], UINT64_MAX);
		CU_ASSERT_EQUAL(a->blocked[1024 / 64], 0);
		CU_ASSERT_EQUAL(a->used[CGN_UDP][1023], 0);
		for (uint16_t other = 0; other < CGN_MAX_WORKERS; other++)
			CU_ASSERT(other == w || s->state[other][i] == NULL);
	}
	teardown(s);
}

static void
policy(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_instance *ds, *nat;
	const struct cgn_acl *acl;

	setup();
	s = compile(USUAL);
	ds = &s->instance[cgn_compile_find_instance(compiler, CGN_DS_LITE, "ds1")];
	nat = &s->instance[cgn_compile_find_instance(compiler, CGN_NAT44, "nat1")];
	CU_ASSERT_EQUAL(ds->kind, CGN_DS_LITE);
	CU_ASSERT_EQUAL(ds->id, 4);
	CU_ASSERT_EQUAL(ds->port_mode, CGN_MODE_STATIC);
	CU_ASSERT_EQUAL(ds->block_size, 128);
	CU_ASSERT_EQUAL(ds->prefix_length, 64);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_UDP], 3010);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_TCP_ESTABLISHED], 74400);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_TCP_TRANSITORY], 2400);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_TCP_CLOSING], 2400);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_TCP_SYN], 60);
	CU_ASSERT_EQUAL(ds->timer[CGN_TIMER_ICMP], 600);
	CU_ASSERT_EQUAL(ds->fragment_ms, 3000);
	CU_ASSERT(ds->eim && ds->eif);
	CU_ASSERT_EQUAL(ds->n_outbound, 1);
	CU_ASSERT_EQUAL(ds->outbound[0].acl, CGN_NONE16);
	CU_ASSERT_EQUAL(ds->outbound[0].pool, cgn_compile_find_pool(compiler, "pool1"));
	CU_ASSERT_EQUAL(ds->group, cgn_compile_find_group(compiler, "group1"));
	CU_ASSERT_EQUAL(nat->kind, CGN_NAT44);
	CU_ASSERT_EQUAL(nat->outbound[0].pool, cgn_compile_find_pool(compiler, "pool2"));
	acl = &s->acl[nat->outbound[0].acl];
	CU_ASSERT_EQUAL_FATAL(acl->n, 2);
	CU_ASSERT_FALSE(acl->rule[0].permit);
	CU_ASSERT_EQUAL(acl->rule[0].addr, inet_addr("10.9.0.0"));
	CU_ASSERT_EQUAL(acl->rule[0].mask, inet_addr("255.255.0.0"));
	CU_ASSERT(acl->rule[1].permit);
	CU_ASSERT_EQUAL(acl->rule[1].mask, inet_addr("255.0.0.0"));
	CU_ASSERT_EQUAL(s->quarantine_ms, 120000);
	CU_ASSERT_EQUAL(s->quarantine_ports, 64512);
	teardown(s);
}

static void
remotes(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_aftr *aftr;

	setup();
	s = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(
		POOL1) DS("\"2001:db8:100::/40\", \"2a00::/16\", \"2001:db8:200:4::/62\"")
			NAT);
	CU_ASSERT_EQUAL_FATAL(s->n_aftrs, 1);
	aftr = &s->aftr[0];
	CU_ASSERT_EQUAL_FATAL(aftr->n, 3);
	CU_ASSERT(memcmp(s->remote[0].addr, key("2001:db8:200:4::"), 16) == 0);
	CU_ASSERT(memcmp(s->remote[0].mask, key("ffff:ffff:ffff:fffc::"), 16) == 0);
	CU_ASSERT(memcmp(s->remote[1].mask, key("ffff:ffff:ff00::"), 16) == 0);
	CU_ASSERT_EQUAL(s->remote[0].scope, s->remote[1].scope);
	for (unsigned i = 0; i < aftr->n; i++)
		CU_ASSERT((s->remote[i].scope & 0xff) >= 4);
	CU_ASSERT(memcmp(s->remote[2].mask, key("ffff::"), 16) == 0);
	CU_ASSERT_NOT_EQUAL(s->remote[2].scope, s->remote[1].scope);
	teardown(s);
}

const char *const eal_suite = "compile: tables";
CU_TestInfo eal_tests[] = {
	{ "interfaces, VLANs, link-local addresses", interfaces },
	{ "routes of every kind", routes },
	{ "public addresses and holes in them", pool_routes },
	{ "a static route does not hide a pool", pool_before_static },
	{ "shares of locations", shares },
	{ "records of addresses", records },
	{ "instances and ACLs", policy },
	{ "B4 prefixes", remotes },
	CU_TEST_INFO_NULL,
};
