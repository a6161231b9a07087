/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/compile.h"
#include "dataplane/neigh.h"
#include "dataplane/session.h"
#include "dataplane/steer.h"
#include "eal_main.h"

/* What the configurations of the tests have in common, and the parts in which they
 * differ. */
#define NODE                                                                              \
	"node: { name = \"t\"; };\n"                                                      \
	"dpdk: { lcores = \"0@0,1@0,2@0,3@0,4@0\"; control_lcore = 0; hugepages = false; };\n"
#define BOARDS                                                                            \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; }, { cpu = 1; lcore = 2; },\n" \
	"    { cpu = 2; lcore = 3; }, { cpu = 3; lcore = 4; } ); } );\n"                  \
	"license: ( { slot = 1; sessions = 65536; users = 4096; nat44 = true;\n"          \
	"    ds_lite = true; nat64 = false; } );\n"
#define LOCATIONS                                                                         \
	"service_locations: ( { id = 7; slot = 1; cpu = 0; },\n"                          \
	"    { id = 3; slot = 1; cpu = 1; }, { id = 9; slot = 1; cpu = 2; } );\n"
#define PORTS(inside_addresses)                                                           \
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;\n"             \
	"    addresses = [ " inside_addresses " ]; },\n"                                  \
	"  { name = \"outside\"; device = \"net_null1\"; mtu = 1500;\n"                   \
	"    addresses = [ \"198.51.100.1/24\" ]; },\n"                                   \
	"  { name = \"red\"; parent = \"inside\"; vlan = 100; vpn = \"red\";\n"           \
	"    addresses = [ \"10.1.0.1/24\" ]; } );\n"
#define INSIDE "\"2001:db8:0:1::1/64\", \"10.0.0.1/24\""
#define ROUTES(more)                                                                      \
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; },\n" \
	"  { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; },\n"                 \
	"  { prefix = \"10.9.0.0/16\"; next_hop = \"10.0.0.9\"; }" more " );\n"
#define GROUP(members)                                                                    \
	"service_instance_groups: ( { name = \"group1\";\n"                               \
	"    service_locations = ( " members " ); } );\n"
#define TWO "{ id = 7; weight = 1; }, { id = 3; weight = 1; }"
#define THREE TWO ", { id = 9; weight = 1; }"
#define POOLS(first)                                                                      \
	"address_groups: ( { name = \"pool1\"; id = 1; addresses = [ " first " ];\n"      \
	"    exclude = [ \"203.0.113.7\" ]; overload = \"pool2\"; },\n"                   \
	"  { name = \"pool2\"; id = 2; addresses = [ \"198.51.100.64/29\" ]; } );\n"      \
	"acls: ( { name = \"homes\"; permit = [ \"10.0.0.0/8\" ];\n"                      \
	"    deny = [ \"10.9.0.0/16\" ]; } );\n"
#define POOL1 "\"203.0.113.0/28\""
#define DS(remotes)                                                                       \
	"ds_lite_instances: ( { name = \"ds1\"; id = 4;\n"                                \
	"    service_instance_group = \"group1\"; local_ipv6 = \"2001:db8::aaaa\";\n"     \
	"    remote_ipv6 = [ " remotes " ]; prefix_length = 64;\n"                        \
	"    outbound: ( { acl = \"any\"; address_group = \"pool1\"; } );\n"              \
	"    port_range: { mode = \"static\"; size = 128; };\n"                           \
	"    timers: { profile = \"rfc\"; udp = 301; fragment = 3; }; } );\n"
#define REMOTES "\"2001:db8:100::/40\""
#define NAT                                                                               \
	"nat_instances: ( { name = \"nat1\"; id = 4; service_instance_group = \"group1\";\n" \
	"    inside: { ports = [ \"inside\" ]; };\n"                                      \
	"    outbound: ( { acl = \"homes\"; address_group = \"pool2\"; } ); } );\n"

#define USUAL                                                                             \
	NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT

#define NET113 0xcb007100u /* 203.0.113.0 */

static struct cgn_compiler *compiler;
static const struct cgn_compile_port ports[] = {
	{ .device = 5, .mac = { { 2, 0, 0, 0, 0, 0xa } } },
	{ .device = 2, .mac = { { 2, 0, 0, 0, 0, 0xb } } },
	{ .device = 0 },
	{ .device = 0 },
};
static const struct cgn_compile_host hosts[] = { { 0, 1, 0 }, { 1, 1, 1 }, { 2, 1, 2 } };

static struct cgn_conf *
load(const char *text)
{
	struct cgn_conf_errors errors;
	struct cgn_conf *conf = NULL;

	cgn_conf_errors_init(&errors);
	if (cgn_conf_load_string(text, "test", &conf, &errors) < 0)
		cgn_conf_errors_print(&errors, stderr);
	cgn_conf_errors_fini(&errors);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	return conf;
}

static const struct cgn_snapshot *
compile(const char *text)
{
	const struct cgn_compile_inputs in = { .port = ports, .host = hosts };
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf *conf = load(text);

	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(snap);
	return snap;
}

static void
begin(void)
{
	compiler = cgn_compile_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(compiler);
}

static void
end(const struct cgn_snapshot *snap)
{
	cgn_snapshot_free(snap);
	cgn_compile_destroy(compiler);
}

static const uint8_t *
key(const char *text)
{
	static uint8_t k[16];
	rte_be32_t addr;

	if (inet_pton(AF_INET, text, &addr) == 1)
		cgn_neigh_key4(k, addr);
	else
		CU_ASSERT_EQUAL(inet_pton(AF_INET6, text, k), 1);
	return k;
}

/* The next hop of a destination, in a VPN by name. */
static const struct cgn_nexthop *
route(const struct cgn_snapshot *snap, const char *vpn, const char *dst)
{
	return cgn_compile_route(snap, (uint16_t)cgn_compile_find_vpn(compiler, vpn),
		key(dst));
}

static uint16_t
iface(const char *name)
{
	return (uint16_t)cgn_compile_find_iface(compiler, name);
}

static void
interfaces(void)
{
	static const uint8_t link_local[16] = { 0xfe, 0x80, [11] = 0xff, 0xfe, 0, 0, 0xa };
	const struct cgn_snapshot *s;
	const struct cgn_iface *in, *red;
	const struct cgn_snap_port *port;

	begin();
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
	CU_ASSERT_EQUAL(in->nat[0],
		cgn_compile_find_instance(compiler, CGN_NAT44, "nat1"));
	CU_ASSERT_EQUAL(red->n_nat, 0);
	CU_ASSERT_PTR_NOT_NULL(red->neigh);
	end(s);
}

static void
routes(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_nexthop *nh;

	begin();
	s = compile(USUAL);
	nh = route(s, "", "10.0.0.1");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_LOCAL);
	CU_ASSERT_EQUAL(nh->iface, iface("inside"));
	CU_ASSERT_EQUAL(route(s, "", "10.0.0.2")->kind, CGN_NH_CONNECTED);
	nh = route(s, "", "10.9.1.1");
	CU_ASSERT_EQUAL(nh->kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(nh->iface, iface("inside"));
	CU_ASSERT(memcmp(nh->gw, key("10.0.0.9"), 16) == 0);
	CU_ASSERT_PTR_EQUAL(nh->neigh,
		cgn_neigh_find(s->iface[nh->iface].neigh, key("10.0.0.9")));
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
	end(s);
}

static void
pool_routes(void)
{
	const struct cgn_snapshot *s;

	begin();
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
		CU_ASSERT_EQUAL(s->address[range->slot + ip - range->first].addr,
			inet_addr(dst));
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
	end(s);
}

/* A static route more specific than a pool would take translated packets away. */
static void
pool_before_static(void)
{
	const struct cgn_snapshot *s;

	begin();
	s = compile(NODE BOARDS LOCATIONS PORTS(INSIDE)
		ROUTES(", { prefix = \"203.0.113.8/31\"; next_hop = \"198.51.100.9\"; }")
		GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_EQUAL(route(s, "", "203.0.113.8")->kind, CGN_NH_POOL);
	end(s);
}

static void
shares(void)
{
	const struct cgn_snapshot *s;
	uint32_t pool1, n = 0;

	begin();
	s = compile(USUAL);
	pool1 = cgn_compile_find_pool(compiler, "pool1");
	CU_ASSERT_EQUAL(s->pool[pool1].overload, cgn_compile_find_pool(compiler, "pool2"));
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
	end(s);
}

static void
records(void)
{
	const struct cgn_snapshot *s;

	begin();
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
	end(s);
}

static void
policy(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_instance *ds, *nat;
	const struct cgn_acl *acl;

	begin();
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
	end(s);
}

static void
remotes(void)
{
	const struct cgn_snapshot *s;
	const struct cgn_aftr *aftr;

	begin();
	s = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(POOL1)
		DS("\"2001:db8:100::/40\", \"2a00::/16\", \"2001:db8:200:4::/62\"") NAT);
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
	end(s);
}

/* Names keep their indices and addresses their slots and records, whatever the order. */
static void
stable(void)
{
	const struct cgn_snapshot *a, *b;
	uint32_t slots, grown = 0;

	begin();
	a = compile(USUAL);
	slots = a->n_addresses;
	b = compile(NODE BOARDS
		"service_locations: ( { id = 3; slot = 1; cpu = 1; }, { id = 7; slot = 1;\n"
		"    cpu = 0; } );\n"
		"ports: ( { name = \"new\"; device = \"net_null2\"; },\n"
		"  { name = \"outside\"; device = \"net_null1\";\n"
		"    addresses = [ \"198.51.100.1/24\" ]; },\n"
		"  { name = \"inside\"; device = \"net_null0\"; mtu = 1600;\n"
		"    addresses = [ " INSIDE " ]; } );\n"
		ROUTES("") GROUP(TWO) POOLS("\"203.0.112.250-203.0.113.17\"") NAT);
	CU_ASSERT_STRING_EQUAL(b->iface[iface("outside")].name, "outside");
	CU_ASSERT_EQUAL(iface("inside"), 0);
	CU_ASSERT_EQUAL(iface("outside"), 1);
	CU_ASSERT_EQUAL(b->iface[iface("red")].port, CGN_NONE16);
	CU_ASSERT_PTR_EQUAL(a->iface[0].neigh, b->iface[0].neigh);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 3)].worker, 0);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 7)].worker, 1);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 9)].worker,
		CGN_NONE16);
	/* ds1 is gone: nothing leads to it, its timers stay */
	CU_ASSERT_EQUAL(b->n_aftrs, 0);
	CU_ASSERT_EQUAL(b->n_instances, 2);
	CU_ASSERT_STRING_EQUAL(b->instance[0].name, "ds1");
	CU_ASSERT_EQUAL(b->instance[0].n_outbound, 0);
	CU_ASSERT_EQUAL(b->instance[0].timer[CGN_TIMER_UDP], 3010);
	CU_ASSERT_EQUAL(route(b, "", "2001:db8::aaaa")->kind, CGN_NH_NONE);
	CU_ASSERT_EQUAL(route(a, "", "2001:db8::aaaa")->kind, CGN_NH_AFTR);
	/* no instance uses pool1 any more: its addresses stay, and give nothing */
	for (uint32_t i = 0; i < slots; i++) {
		CU_ASSERT_EQUAL(a->address[i].addr, b->address[i].addr);
		for (unsigned w = 0; w < 3; w++)
			CU_ASSERT(a->state[w][i] == NULL ||
				a->state[w][i] == b->state[w][i]);
	}
	for (uint32_t i = slots; i < b->n_addresses; i++)
		grown += b->address[i].addr != 0;
	CU_ASSERT_EQUAL(grown, 8);
	cgn_snapshot_free(a);
	end(b);
}

/* The connected network is nearer than a route to it; a pool that is gone gives nothing. */
static void
order_of_sources(void)
{
	const struct cgn_snapshot *a, *b;

	begin();
	a = compile(NODE BOARDS LOCATIONS PORTS(INSIDE)
		ROUTES(", { prefix = \"10.0.0.0/24\"; next_hop = \"198.51.100.9\"; }")
		GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_EQUAL(route(a, "", "10.0.0.77")->kind, CGN_NH_CONNECTED);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO)
		"address_groups: ( { name = \"pool2\"; id = 2;\n"
		"    addresses = [ \"198.51.100.64/29\" ]; } );\n"
		"acls: ( { name = \"homes\"; permit = [ \"10.0.0.0/8\" ]; } );\n" NAT);
	CU_ASSERT_FALSE(a->pool[cgn_compile_find_pool(compiler, "pool1")].locked);
	CU_ASSERT(b->pool[cgn_compile_find_pool(compiler, "pool1")].locked);
	CU_ASSERT_EQUAL(b->pool[cgn_compile_find_pool(compiler, "pool1")].overload,
		CGN_NONE16);
	CU_ASSERT_EQUAL(b->share[cgn_compile_find_pool(compiler, "pool1")].n, 0);
	cgn_snapshot_free(a);
	end(b);
}

/* A range that grew on both sides of its old slots is cut where they jump. */
static void
ranges_of_grown_pool(void)
{
	const struct cgn_snapshot *a, *b;

	begin();
	a = compile(USUAL);
	cgn_snapshot_free(a);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO)
		POOLS("\"203.0.112.250-203.0.113.17\"") DS(REMOTES) NAT);
	for (uint32_t ip = NET113 - 6; ip <= NET113 + 17; ip++) {
		uint8_t k[16];
		const struct cgn_nexthop *nh;
		const struct cgn_pool_range *range;

		if (ip == NET113 + 7)
			continue;
		cgn_neigh_key4(k, rte_cpu_to_be_32(ip));
		nh = cgn_compile_route(b, 0, k);
		CU_ASSERT_EQUAL_FATAL(nh->kind, CGN_NH_POOL);
		range = &b->range[nh->index];
		CU_ASSERT_EQUAL(b->address[range->slot + ip - range->first].addr,
			rte_cpu_to_be_32(ip));
	}
	end(b);
}

/* A third location takes a third of the users, and nobody else moves. */
static void
new_location(void)
{
	const struct cgn_snapshot *a, *b;
	unsigned moved = 0, elsewhere = 0;
	uint32_t nine;

	begin();
	a = compile(USUAL);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(THREE) POOLS(POOL1)
		DS(REMOTES) NAT);
	nine = cgn_compile_find_location(compiler, 9);
	for (unsigned i = 0; i < CGN_BUCKETS; i++) {
		uint16_t to = b->group[0].bucket[i];

		moved += a->group[0].bucket[i] != to;
		elsewhere += a->group[0].bucket[i] != to && to != nine;
	}
	CU_ASSERT(moved > CGN_BUCKETS / 5 && moved * 3 <= CGN_BUCKETS * 13 / 10);
	CU_ASSERT_EQUAL(elsewhere, 0);
	CU_ASSERT_PTR_EQUAL(a->vpn[0].fib4, b->vpn[0].fib4);
	cgn_snapshot_free(a);
	end(b);
}

static void
rehost(void)
{
	const struct cgn_compile_host moved[] = { { 3, 1, 3 }, { 1, 1, 1 },
		{ CGN_NONE16, 0, 0 } };
	const struct cgn_snapshot *a, *b = NULL;
	uint32_t seven;

	begin();
	a = compile(USUAL);
	CU_ASSERT_EQUAL_FATAL(cgn_compile_rehost(compiler, moved, &b), 0);
	seven = cgn_compile_find_location(compiler, 7);
	CU_ASSERT_EQUAL(a->location[seven].worker, 0);
	CU_ASSERT_EQUAL(b->location[seven].worker, 3);
	CU_ASSERT_EQUAL(b->location[seven].cpu, 3);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 9)].worker,
		CGN_NONE16);
	CU_ASSERT(b->generation > a->generation);
	CU_ASSERT_PTR_EQUAL(a->nexthop, b->nexthop);
	CU_ASSERT_PTR_EQUAL(a->instance, b->instance);
	for (uint32_t i = 0; i < b->n_addresses; i++) {
		bool of7 = b->address[i].location == seven;

		CU_ASSERT_EQUAL(b->state[3][i] != NULL, of7);
		CU_ASSERT_EQUAL(b->state[0][i] != NULL, of7); /* kept */
		CU_ASSERT_PTR_NULL(a->state[3][i]);
	}
	cgn_snapshot_free(a); /* what both share stays */
	CU_ASSERT_EQUAL(route(b, "", "10.0.0.1")->kind, CGN_NH_LOCAL);
	end(b);
}

static void
routes_change(void)
{
	const struct cgn_snapshot *a, *b;

	begin();
	a = compile(USUAL);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE)
		ROUTES(", { prefix = \"192.0.2.0/24\"; next_hop = \"10.0.0.5\"; }")
		GROUP(TWO) POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_PTR_NOT_EQUAL(a->vpn[0].fib4, b->vpn[0].fib4);
	CU_ASSERT_EQUAL(route(b, "", "192.0.2.1")->iface, iface("inside"));
	CU_ASSERT_EQUAL(route(a, "", "192.0.2.1")->iface, iface("outside"));
	cgn_snapshot_free(a);
	CU_ASSERT_EQUAL(route(b, "", "192.0.2.1")->iface, iface("inside"));
	end(b);
}

static void
refused(void)
{
	struct cgn_compile_port far[3] = { { .device = CGN_MAX_PORTS }, { .device = 1 } };
	const struct cgn_compile_inputs in = { .port = far, .host = hosts };
	const struct cgn_snapshot *none = NULL, *s;
	struct cgn_conf *conf = load(USUAL);

	begin();
	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &none), -ENOSPC);
	CU_ASSERT_PTR_NULL(none);
	cgn_conf_free(conf);
	s = compile(USUAL);
	end(s);
}

const char *const eal_suite = "compile";
CU_TestInfo eal_tests[] = {
	{ "interfaces, VLANs, link-local addresses", interfaces },
	{ "routes of every kind", routes },
	{ "public addresses and holes in them", pool_routes },
	{ "a static route does not hide a pool", pool_before_static },
	{ "shares of locations", shares },
	{ "records of addresses", records },
	{ "instances and ACLs", policy },
	{ "B4 prefixes", remotes },
	{ "indices are stable", stable },
	{ "what is nearer, what is gone", order_of_sources },
	{ "a pool that grows", ranges_of_grown_pool },
	{ "a new location moves its share", new_location },
	{ "other hosts share everything else", rehost },
	{ "a changed route changes new snapshots only", routes_change },
	{ "refused, then as before", refused },
	CU_TEST_INFO_NULL,
};
