/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile_case.h"
#include "dataplane/neigh.h"
#include "dataplane/steer.h"
#include "dataplane/worker.h"
#include "eal_main.h"

/* Names keep their indices and addresses their slots and records, whatever the order. */
static void
stable(void)
{
	const struct cgn_snapshot *a, *b;
	uint32_t slots, grown = 0;

	setup();
	a = compile(USUAL);
	slots = a->n_addresses;
	b = compile(
		NODE BOARDS "service_locations: ( { id = 3; slot = 1; cpu = 1; }, { id = "
			    "7; slot = 1;\n"
			    "    cpu = 0; } );\n"
			    "ports: ( { name = \"new\"; device = \"net_null2\"; },\n"
			    "  { name = \"outside\"; device = \"net_null1\";\n"
			    "    addresses = [ \"198.51.100.1/24\" ]; },\n"
			    "  { name = \"inside\"; device = \"net_null0\"; mtu = 1600;\n"
			    "    addresses = [ " INSIDE " ]; } );\n" ROUTES("") GROUP(TWO)
				    POOLS("\"203.0.112.250-203.0.113.17\"") NAT);
	CU_ASSERT_STRING_EQUAL(b->iface[iface("outside")].name, "outside");
	CU_ASSERT_EQUAL(iface("inside"), 0);
	CU_ASSERT_EQUAL(iface("outside"), 1);
	CU_ASSERT_EQUAL(b->iface[iface("red")].port, CGN_NONE16);
	CU_ASSERT_PTR_EQUAL(a->iface[0].neigh, b->iface[0].neigh);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 3)].worker, 0);
	CU_ASSERT_EQUAL(b->location[cgn_compile_find_location(compiler, 7)].worker, 1);
	CU_ASSERT_EQUAL(
		b->location[cgn_compile_find_location(compiler, 9)].worker, CGN_NONE16);
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
	teardown(b);
}

/* The connected network is nearer than a route to it; a pool that is gone gives nothing.
 */
static void
order_of_sources(void)
{
	const struct cgn_snapshot *a, *b;

	setup();
	a = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES(
		", { prefix = \"10.0.0.0/24\"; next_hop = \"198.51.100.9\"; }") GROUP(TWO)
			POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_EQUAL(route(a, "", "10.0.0.77")->kind, CGN_NH_CONNECTED);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("")
			GROUP(TWO) "address_groups: ( { name = \"pool2\"; id = 2;\n"
				   "    addresses = [ \"198.51.100.64/29\" ]; } );\n"
				   "acls: ( { name = \"homes\"; permit = [ "
				   "\"10.0.0.0/8\" ]; } );\n" NAT);
	CU_ASSERT_FALSE(a->pool[cgn_compile_find_pool(compiler, "pool1")].locked);
	CU_ASSERT(b->pool[cgn_compile_find_pool(compiler, "pool1")].locked);
	CU_ASSERT_EQUAL(
		b->pool[cgn_compile_find_pool(compiler, "pool1")].overload, CGN_NONE16);
	CU_ASSERT_EQUAL(b->share[cgn_compile_find_pool(compiler, "pool1")].n, 0);
	cgn_snapshot_free(a);
	teardown(b);
}

/* A range that grew on both sides of its old slots is cut where they jump. */
static void
ranges_of_grown_pool(void)
{
	const struct cgn_snapshot *a, *b;

	setup();
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
	teardown(b);
}

/* A third location takes a third of the users, and nobody else moves. */
static void
new_location(void)
{
	const struct cgn_snapshot *a, *b;
	unsigned moved = 0, elsewhere = 0;
	uint32_t nine;

	setup();
	a = compile(USUAL);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(THREE)
			POOLS(POOL1) DS(REMOTES) NAT);
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
	teardown(b);
}

#define CENTRAL(keys)                                                                    \
	NODE BOARDS LOCATIONS PORTS(INSIDE)                                              \
		ROUTES(", { prefix = \"2001:db8::aaaa/128\"; next_hop = "                \
		       "\"2001:db8:0:1::b\"; }") GROUP(TWO)                              \
			POOLS(POOL1) "ds_lite_instances: ( { name = \"ds1\"; id = 4;\n"  \
				     "    service_instance_group = \"group1\"; "         \
				     "local_ipv6 = \"2001:db8::aaaa\";\n"                \
				     "    remote_ipv6 = [ \"2001:db8:100::/40\" ];\n"    \
				     "    outbound: ( { acl = \"any\"; address_group = " \
				     "\"pool1\"; } );\n"                                 \
				     "    centralized_backup: { enable = true; " keys    \
				     " }; } );\n" NAT

/* Where a switched instance sends its packets: to the redirect, or as the routing table
 * would without our own AFTR address. */
static void
central(const char *text, uint8_t last)
{
	const bool switched[2] = { true, false };
	const struct cgn_snapshot *a, *b = NULL;
	const struct cgn_instance *ds;
	uint32_t i;

	setup();
	a = compile(text);
	i = cgn_compile_find_instance(compiler, CGN_DS_LITE, "ds1");
	CU_ASSERT_FALSE(a->instance[i].switched);
	CU_ASSERT_EQUAL_FATAL(cgn_compile_rehost(compiler, hosts, switched, &b), 0);
	ds = &b->instance[i];
	CU_ASSERT_TRUE(ds->switched);
	CU_ASSERT_EQUAL(b->nexthop[ds->redirect].kind, CGN_NH_GATEWAY);
	CU_ASSERT_EQUAL(b->nexthop[ds->redirect].gw[15], last);
	CU_ASSERT_PTR_NOT_NULL(b->nexthop[ds->redirect].neigh);
	CU_ASSERT_FALSE(
		b->instance[cgn_compile_find_instance(compiler, CGN_NAT44, "nat1")]
			.switched);
	cgn_snapshot_free(a);
	teardown(b);
}

static void
centralized(void)
{
	central(CENTRAL("redirect: { port = \"inside\"; next_hop = \"2001:db8:0:1::c\"; "
			"};"),
		0x0c);
	central(CENTRAL(""), 0x0b);
}

static void
rehost(void)
{
	const struct cgn_compile_host moved[] = { { 3, 1, 3, 4 }, { 1, 1, 1, CGN_NONE16 },
		{ CGN_NONE16, 0, 0, CGN_NONE16 } };
	const struct cgn_snapshot *a, *b = NULL;
	uint32_t seven;

	setup();
	a = compile(USUAL);
	CU_ASSERT_EQUAL_FATAL(cgn_compile_rehost(compiler, moved, NULL, &b), 0);
	seven = cgn_compile_find_location(compiler, 7);
	CU_ASSERT_EQUAL(a->location[seven].worker, 0);
	CU_ASSERT_EQUAL(b->location[seven].worker, 3);
	CU_ASSERT_EQUAL(b->location[seven].cpu, 3);
	CU_ASSERT_EQUAL(a->location[seven].standby, CGN_NONE16);
	CU_ASSERT_EQUAL(b->location[seven].standby, 4);
	CU_ASSERT_EQUAL(
		b->location[cgn_compile_find_location(compiler, 9)].worker, CGN_NONE16);
	CU_ASSERT(b->generation > a->generation);
	CU_ASSERT_NOT_EQUAL(a->location[seven].epoch, b->location[seven].epoch);
	CU_ASSERT_EQUAL(a->location[cgn_compile_find_location(compiler, 3)].epoch,
		b->location[cgn_compile_find_location(compiler, 3)].epoch);
	CU_ASSERT_PTR_NOT_NULL(b->link[3][4]);
	CU_ASSERT_PTR_NOT_NULL(b->link[4][3]);
	CU_ASSERT_PTR_NULL(b->link[0][4]);
	CU_ASSERT_PTR_EQUAL(a->nexthop, b->nexthop);
	CU_ASSERT_PTR_EQUAL(a->instance, b->instance);
	for (uint32_t i = 0; i < b->n_addresses; i++) {
		bool of7 = b->address[i].location == seven;

		CU_ASSERT_EQUAL(b->state[3][i] != NULL, of7);
		CU_ASSERT_EQUAL(b->state[4][i] != NULL, of7);
		CU_ASSERT_EQUAL(b->state[0][i] != NULL, of7); /* kept */
		CU_ASSERT_PTR_NULL(a->state[3][i]);
	}
	cgn_snapshot_free(a); /* what both share stays */
	CU_ASSERT_EQUAL(route(b, "", "10.0.0.1")->kind, CGN_NH_LOCAL);
	teardown(b);
}

static void
routes_change(void)
{
	const struct cgn_snapshot *a, *b;

	setup();
	a = compile(USUAL);
	b = compile(NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES(
		", { prefix = \"192.0.2.0/24\"; next_hop = \"10.0.0.5\"; }") GROUP(TWO)
			POOLS(POOL1) DS(REMOTES) NAT);
	CU_ASSERT_PTR_NOT_EQUAL(a->vpn[0].fib4, b->vpn[0].fib4);
	CU_ASSERT_EQUAL(route(b, "", "192.0.2.1")->iface, iface("inside"));
	CU_ASSERT_EQUAL(route(a, "", "192.0.2.1")->iface, iface("outside"));
	cgn_snapshot_free(a);
	CU_ASSERT_EQUAL(route(b, "", "192.0.2.1")->iface, iface("inside"));
	teardown(b);
}

static void
refused(void)
{
	struct cgn_compile_port far[3] = { { .device = CGN_MAX_PORTS }, { .device = 1 } };
	const struct cgn_compile_inputs in = { .port = far, .host = hosts };
	const struct cgn_snapshot *none = NULL, *s;
	struct cgn_conf *conf = load(USUAL);

	setup();
	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &none), -ENOSPC);
	CU_ASSERT_PTR_NULL(none);
	cgn_conf_free(conf);
	s = compile(USUAL);
	teardown(s);
}

/* The address of a server must belong to the location that its user has. */
/* The configuration with other names of group, pool and instance. */
static const struct cgn_snapshot *
compile_named(unsigned n, bool settled)
{
	const struct cgn_compile_inputs in = {
		.port = ports, .host = hosts, .alive = 1, .settled = settled
	};
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf *conf;
	char text[4096];

	snprintf(text, sizeof(text),
		NODE BOARDS LOCATIONS PORTS(INSIDE)
			ROUTES("") "service_instance_groups: ( { name = \"g%u\";\n"
				   "    service_locations = ( " TWO " ); } );\n"
				   "address_groups: ( { name = \"p%u\"; id = 1;\n"
				   "    addresses = [ " POOL1 " ]; } );\n"
				   "nat_instances: ( { name = \"n%u\"; id = 4;\n"
				   "    service_instance_group = \"g%u\"; inside: { "
				   "ports = [ \"inside\" ]; };\n"
				   "    outbound: ( { acl = \"any\"; address_group = "
				   "\"p%u\"; } ); } );\n",
		n, n, n, n, n);
	conf = load(text);
	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(snap);
	return snap;
}

/* More names than there are indices, one after the other: those of what is gone are given
 * anew, but not before the users of it are. */
static void
names_come_and_go(void)
{
	const struct cgn_snapshot *s;
	char name[16];
	uint32_t i;

	setup();
	cgn_snapshot_free(compile_named(0, false));
	s = compile_named(1, false);
	CU_ASSERT(s->settling);
	CU_ASSERT_EQUAL(cgn_compile_find_instance(compiler, CGN_NAT44, "n1"), 1);
	cgn_snapshot_free(s);
	cgn_snapshot_free(compile_named(2, false));
	CU_ASSERT_EQUAL(cgn_compile_find_instance(compiler, CGN_NAT44, "n2"), 2);
	for (unsigned n = 3; n < CGN_MAX_INSTANCES + 10; n++) {
		cgn_snapshot_free(compile_named(n - 1, true));
		cgn_snapshot_free(compile_named(n, false));
	}
	snprintf(name, sizeof(name), "n%u", CGN_MAX_INSTANCES + 9);
	i = cgn_compile_find_instance(compiler, CGN_NAT44, name);
	s = compile_named(CGN_MAX_INSTANCES + 9, true);
	CU_ASSERT(i < 4);
	CU_ASSERT_STRING_EQUAL(s->instance[i].name, name);
	CU_ASSERT_FALSE(s->instance[i].gone);
	CU_ASSERT(s->n_instances <= 4 && s->n_pools <= 4 && s->n_groups <= 4);
	teardown(s);
}

static void
servers(void)
{
	const struct cgn_compile_inputs in = { .port = ports, .host = hosts };
	unsigned accepted = 0, refusals = 0;

	setup();
	for (unsigned i = 64; i < 72; i++) {
		const struct cgn_snapshot *s = NULL;
		struct cgn_conf *conf;
		char text[4096];
		int rc;

		snprintf(text, sizeof(text),
			NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(
				POOL1) "nat_instances: ( { name = \"nat1\"; id = 4;\n"
				       "service_instance_group = \"group1\"; inside: { "
				       "ports = [ "
				       "\"inside\" ]; };\n"
				       "outbound: ( { acl = \"homes\"; address_group = "
				       "\"pool2\"; } );\n"
				       "servers: ( { protocol = \"tcp\"; inside = "
				       "\"10.0.0.5:80\";\n"
				       "    outside = \"198.51.100.%u:8080\"; } ); } "
				       ");\n",
			i);
		conf = load(text);
		rc = cgn_compile(compiler, conf, &in, &s);
		if (rc == 0) {
			union cgn_key user;

			cgn_user_key4(&user, s->server[0].inside, 0);
			CU_ASSERT_EQUAL(s->n_servers, 1);
			CU_ASSERT_EQUAL(s->address[s->server[0].slot].location,
				s->group[0].bucket[cgn_steer_bucket(&user)]);
			cgn_snapshot_free(s);
			accepted++;
		} else {
			CU_ASSERT_EQUAL(rc, -EINVAL);
			refusals++;
		}
		cgn_conf_free(conf);
	}
	CU_ASSERT(accepted > 0 && refusals > 0);
	teardown(compile(USUAL));
}

const char *const eal_suite = "compile";
CU_TestInfo eal_tests[] = {
	{ "indices are stable", stable },
	{ "what is nearer, what is gone", order_of_sources },
	{ "a pool that grows", ranges_of_grown_pool },
	{ "a new location moves its share", new_location },
	{ "other hosts share everything else", rehost },
	{ "centralized backup", centralized },
	{ "a changed route changes new snapshots only", routes_change },
	{ "refused, then as before", refused },
	{ "servers at addresses of their users", servers },
	{ "names come and go", names_come_and_go },
	CU_TEST_INFO_NULL,
};
