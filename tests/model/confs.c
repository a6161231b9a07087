/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configurations of the model tests: both kinds of instance, endpoint-independent and
 * dependent, growing and static blocks, pools that suffice and pools that do not, one CPU
 * and two. Constant data. */
#include "tests/model/confs.h"

#include <stddef.h>
#include <string.h>

#define BOX                                                                              \
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"                                 \
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;"              \
	"  addresses = [ \"2001:db8:0:1::1/64\", \"10.0.0.1/24\" ]; },"                  \
	" { name = \"outside\"; device = \"net_null1\"; mtu = 1500;"                     \
	"  addresses = [ \"198.51.100.1/24\" ]; } );"                                    \
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; }," \
	" { prefix = \"10.1.0.0/16\"; next_hop = \"10.0.0.2\"; },"                       \
	" { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );"

#define LICENSE(slot)                                                                    \
	"{ slot = " slot "; sessions = 8192; users = 256; nat44 = true; ds_lite = "      \
	"true; }"

#define ONE_CPU                                                                          \
	"dpdk: { lcores = \"0@0,1@1\"; control_lcore = 0; hugepages = false; };"         \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );"                 \
	"license: ( " LICENSE(                                                           \
		"1") " );"                                                               \
		     "service_locations: ( { id = 1; slot = 1; cpu = 0; } );"            \
		     "service_instance_groups: ( { name = \"group1\";"                   \
		     " service_locations = ( { id = 1; weight = 1; } ); } );"

#define TWO_CPUS                                                                         \
	"dpdk: { lcores = \"0@0,1@1,2@1\"; control_lcore = 0; hugepages = false; };"     \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },"                   \
	" { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); } );"                          \
	"license: ( " LICENSE("1") ", " LICENSE(                                         \
		"2") " );"                                                               \
		     "service_locations: ( { id = 1; slot = 1; cpu = 0; }, { id = 2; "   \
		     "slot = 2; cpu = 0; } );"                                           \
		     "service_instance_groups: ( { name = \"group1\"; "                  \
		     "service_locations = ("                                             \
		     " { id = 1; weight = 1; }, { id = 2; weight = 1; } ); } );"

#define POOL(addresses)                                                                  \
	"address_groups: ( { name = \"pool1\"; id = 1;"                                  \
	" addresses = [ \"" addresses "\" ]; } );"

#define TIMERS                                                                           \
	"timers: { udp = 33; icmp = 23; tcp_transitory = 53; tcp_established = 93;"      \
	" tcp_syn = 6; };"

#define COMMON                                                                           \
	" service_instance_group = \"group1\";"                                          \
	" outbound: ( { acl = \"any\"; address_group = \"pool1\"; } ); " TIMERS

#define NAT44(more)                                                                      \
	"nat_instances: ( { name = \"nat1\"; id = 1; inside: { ports = [ \"inside\" ]; " \
	"};" COMMON more " } );"

#define DS_LITE(more)                                                                    \
	"ds_lite_instances: ( { name = \"ds1\"; id = 1;"                                 \
	" local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" "       \
	"];" COMMON more " } );"

#define PORT_PER_PEER	 "mapping = \"endpoint-dependent\"; "
#define DEPENDENT	 PORT_PER_PEER FILTERED
#define FILTERED	 "filtering = \"endpoint-dependent\";"
#define MODE(mode, size) "port_range: { mode = \"" mode "\"; size = " size "; };"

static const struct cgn_model_conf confs[] = {
	{ .name = "nat44",
		.eim = true,
		.eif = true,
		.block = 64,
		.grows = true,
		.ports = 150,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.0/30") NAT44(MODE("dynamic", "64")) },
	{ .name = "ds-lite",
		.ds_lite = true,
		.eim = true,
		.eif = true,
		.block = 64,
		.grows = true,
		.ports = 150,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.0/30")
			DS_LITE(MODE("dynamic", "64")) },
	{ .name = "dependent",
		.block = 16,
		.grows = false,
		.ports = 8,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.1")
			NAT44(DEPENDENT MODE("static", "16")) },
	{ .name = "unfiltered",
		.eif = true,
		.block = 16,
		.grows = true,
		.ports = 40,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.1")
			NAT44(PORT_PER_PEER MODE("dynamic", "16")) },
	{ .name = "filtered",
		.ds_lite = true,
		.eim = true,
		.block = 16,
		.grows = true,
		.ports = 60,
		.max_sessions = 16,
		.text = BOX ONE_CPU POOL("203.0.113.1") DS_LITE(FILTERED MODE(
			"dynamic", "16") "limits: { sessions: { total = 16; }; };") },
	{ .name = "exhausted",
		.eim = true,
		.eif = true,
		.block = 8192,
		.grows = true,
		.ports = 100,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.1") NAT44(MODE("dynamic", "8192")) },
	{ .name = "two-cpus",
		.ds_lite = true,
		.eim = true,
		.eif = true,
		.block = 64,
		.grows = true,
		.ports = 150,
		.max_sessions = 8192,
		.text = BOX TWO_CPUS POOL("203.0.113.0/30")
			DS_LITE(MODE("dynamic", "64")) },
	{ .name = "single",
		.eim = true,
		.eif = true,
		.block = 1,
		.grows = true,
		.single = true,
		.ports = 150,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.0/30") NAT44(MODE("single", "1")) },
	{ .name = "semi-dynamic",
		.ds_lite = true,
		.eim = true,
		.eif = true,
		.block = 4 + 2 * 6, /* at most */
		.ports = 80,
		.max_sessions = 8192,
		.text = BOX ONE_CPU POOL("203.0.113.1")
			DS_LITE("port_range: { mode = \"semi-dynamic\"; size = 4;"
				" extended_size = 6; extended_times = 2; };") },
	{ .name = "deterministic",
		.eim = true,
		.eif = true,
		.block = 5,
		.ports = 80,
		.max_sessions = 8192,
		.text = BOX TWO_CPUS POOL(
			"203.0.113.0/30") "acls: ( { name = \"users\"; permit = [ "
					  "\"10.1.0.0/27\" ]; } );"
					  "nat_instances: ( { name = \"nat1\"; id = 1; "
					  "inside: { ports = [ \"inside\" ]; };"
					  " service_instance_group = \"group1\"; "
					  "outbound: ( { "
					  "acl = \"users\"; address_group = \"pool1\"; } "
					  "); " TIMERS MODE(
						  "deterministic", "5") " } );" },
};

const struct cgn_model_conf *
cgn_confs_find(const char *name)
{
	for (size_t i = 0; i < sizeof(confs) / sizeof(confs[0]); i++)
		if (!strcmp(confs[i].name, name))
			return &confs[i];
	return NULL;
}
