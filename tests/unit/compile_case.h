/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the compiler share: pieces of configurations, and short words. */
#ifndef CGN_TESTS_UNIT_COMPILE_CASE_H
#define CGN_TESTS_UNIT_COMPILE_CASE_H

#include <CUnit/CUnit.h>

#include "control/compile.h"

/* What the configurations of the tests have in common, and the parts in which they
 * differ. */
#define NODE                                                                             \
	"node: { name = \"t\"; };\n"                                                     \
	"dpdk: { lcores = \"0@0,1@0,2@0,3@0,4@0\"; control_lcore = 0; hugepages = "      \
	"false; };\n"
#define BOARDS                                                                           \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; }, { cpu = 1; lcore = 2; " \
	"},\n"                                                                           \
	"    { cpu = 2; lcore = 3; }, { cpu = 3; lcore = 4; } ); } );\n"                 \
	"license: ( { slot = 1; sessions = 65536; users = 4096; nat44 = true;\n"         \
	"    ds_lite = true; nat64 = false; } );\n"
#define LOCATIONS                                                                        \
	"service_locations: ( { id = 7; slot = 1; cpu = 0; },\n"                         \
	"    { id = 3; slot = 1; cpu = 1; }, { id = 9; slot = 1; cpu = 2; } );\n"
#define PORTS(inside_addresses)                                                          \
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;\n"            \
	"    addresses = [ " inside_addresses " ]; },\n"                                 \
	"  { name = \"outside\"; device = \"net_null1\"; mtu = 1500;\n"                  \
	"    addresses = [ \"198.51.100.1/24\" ]; },\n"                                  \
	"  { name = \"red\"; parent = \"inside\"; vlan = 100; vpn = \"red\";\n"          \
	"    addresses = [ \"10.1.0.1/24\" ]; } );\n"
#define INSIDE "\"2001:db8:0:1::1/64\", \"10.0.0.1/24\""
#define ROUTES(more)                                                                     \
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; "   \
	"},\n"                                                                           \
	"  { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; },\n"                \
	"  { prefix = \"10.9.0.0/16\"; next_hop = \"10.0.0.9\"; }" more " );\n"
#define GROUP(members)                                                                   \
	"service_instance_groups: ( { name = \"group1\";\n"                              \
	"    service_locations = ( " members " ); } );\n"
#define TWO   "{ id = 7; weight = 1; }, { id = 3; weight = 1; }"
#define THREE TWO ", { id = 9; weight = 1; }"
#define POOLS(first)                                                                     \
	"address_groups: ( { name = \"pool1\"; id = 1; addresses = [ " first " ];\n"     \
	"    exclude = [ \"203.0.113.7\" ]; overload = \"pool2\"; },\n"                  \
	"  { name = \"pool2\"; id = 2; addresses = [ \"198.51.100.64/29\" ]; } );\n"     \
	"acls: ( { name = \"homes\"; permit = [ \"10.0.0.0/8\" ];\n"                     \
	"    deny = [ \"10.9.0.0/16\" ]; } );\n"
#define POOL1 "\"203.0.113.0/28\""
#define DS(remotes)                                                                      \
	"ds_lite_instances: ( { name = \"ds1\"; id = 4;\n"                               \
	"    service_instance_group = \"group1\"; local_ipv6 = \"2001:db8::aaaa\";\n"    \
	"    remote_ipv6 = [ " remotes " ]; prefix_length = 64;\n"                       \
	"    outbound: ( { acl = \"any\"; address_group = \"pool1\"; } );\n"             \
	"    port_range: { mode = \"static\"; size = 128; };\n"                          \
	"    timers: { profile = \"rfc\"; udp = 301; fragment = 3; }; } );\n"
#define REMOTES "\"2001:db8:100::/40\""
#define NAT                                                                              \
	"nat_instances: ( { name = \"nat1\"; id = 4; service_instance_group = "          \
	"\"group1\";\n"                                                                  \
	"    inside: { ports = [ \"inside\" ]; };\n"                                     \
	"    outbound: ( { acl = \"homes\"; address_group = \"pool2\"; } ); } );\n"

#define USUAL                                                                            \
	NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(POOL1)           \
		DS(REMOTES) NAT

#define NET113 0xcb007100u /* 203.0.113.0 */

extern struct cgn_compiler *compiler;
extern const struct cgn_compile_port ports[];
extern const struct cgn_compile_host hosts[]; /* location i on worker i */

/* A configuration, which must be accepted. */
struct cgn_conf *load(const char *text);

/* A snapshot of it, by a compiler between setup() and teardown(). */
const struct cgn_snapshot *compile(const char *text);
void setup(void);

/* Frees the last snapshot and the compiler. */
void teardown(const struct cgn_snapshot *snap);

/* An address as a key (IPv4 as ::ffff:a.b.c.d), valid until the next call. */
const uint8_t *key(const char *text);

/* The next hop of a destination, in a VPN by name. */
const struct cgn_nexthop *route(
	const struct cgn_snapshot *snap, const char *vpn, const char *dst);

uint16_t iface(const char *name);

#endif
