/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals of address groups, ACLs, instances and what they are bound to. */

#include "conf_case.h"
#include "suite.h"

#define POOL1	     "[ \"203.0.113.0/28\" ];"
#define POOL2	     "[ \"203.0.113.32-203.0.113.40\" ];"
#define GROUP1	     "service_instance_group = \"g1\";"
#define GROUP2_NAT44 "service_instance_group = \"g2\"; inside: { ports = [ \"in\" ]; };"
#define RANGE	     "{ mode = \"dynamic\"; size = 128; };"
#define DS_LITE(more)                                                                    \
	"mtu = 1540; }, { id = 2; service_instance_group = \"g1\"; "                     \
	"outbound: ( { address_group = \"p1\"; } ); " more " } );"
#define SERVER(more) "mtu = 1540; servers: ( { protocol = \"tcp\"; " more " } );"

static const struct conf_case pool_cases[] = {
	{ { { "name = \"p2\"; id = 2;", "name = \"p2\"; id = 1;" } },
		"19: address_groups[1].id", "1 is already \"p1\"" },
	{ { { POOL2,
		  POOL2 " }, { name = \"p2\"; id = 3; addresses = [ \"192.0.2.1\" ];" } },
		"19: address_groups[2].name", "\"p2\" exists already, at line 19" },
	{ { { POOL2, "[ \"203.0.113.40-203.0.113.32\" ];" } },
		"19: address_groups[1].addresses[0]", "ends before it starts" },
	{ { { POOL2, "[ \"203.0.113.40-\" ];" } }, "19: address_groups[1].addresses[0]",
		"is not FIRST-LAST" },
	{ { { POOL2, "[ \"203.0.113.1/28\" ];" } }, "19: address_groups[1].addresses[0]",
		"is not a network" },
	{ { { POOL2, "[ \"203.0.113.256\" ];" } }, "19: address_groups[1].addresses[0]",
		"is not an IPv4 address" },
	{ { { POOL2, "[ \"203.0.113.15-203.0.113.16\" ];" } },
		"19: address_groups[1].addresses",
		"203.0.113.15 is also in address group \"p1\"" },
	{ { { POOL2, "[ \"192.0.2.0/30\", \"192.0.2.3\" ];" } },
		"19: address_groups[1].addresses[1]", "192.0.2.3 is listed twice" },
	{ { { POOL2, "[ \"223.255.255.254-224.0.0.1\" ];" } },
		"19: address_groups[1].addresses[0]",
		"224.0.0.0 is not an address of a host" },
	{ { { POOL2, "[ \"192.0.2.4\" ]; exclude = [ \"192.0.2.0/24\" ];" } },
		"19: address_groups[1].addresses", "no address is left after exclude" },
	{ { { POOL2, "[ \"9.0.0.0/8\" ];" } }, "19: address_groups[1].addresses",
		"16777216 addresses, allowed is 1..1048576" },
	{ { { POOL2, "[ \"198.51.100.0/29\" ];" } }, "19: address_groups[1].addresses",
		"198.51.100.1 is an address of port \"out\"" },
	{ { { POOL2, "[ \"198.51.100.8/29\" ];" } }, "19: address_groups[1].addresses",
		"198.51.100.9 is a VRRP address of port \"out\"" },
	{ { { POOL2, POOL2 " overload = \"p2\";" } }, "19: address_groups[1].overload",
		"\"p2\" overflows into itself" },
	{ { { POOL2, POOL2 " overload = \"p9\";" } }, "19: address_groups[1].overload",
		"there is no address group \"p9\", there is: p1, p2" },
	{ { { POOL2,
		  POOL2 " }, { name = \"p3\"; id = 3; vpn = \"red\"; overload = \"p2\"; "
			"addresses = [ \"192.0.2.1\" ];" } },
		"19: address_groups[2].overload",
		"\"p2\" is in VPN \"\", not in \"red\"" },
	{ { { POOL2, POOL2 " vpn = \"blue\";" },
		  { "outbound: ( { acl = \"home\"; address_group = \"p2\"; }",
			  "outbound: ( { acl = \"home\"; address_group = \"p1\"; }" },
		  { "/96\"; outbound: ( { address_group = \"p2\"; }",
			  "/96\"; outbound: ( { address_group = \"p1\"; }" },
		  { GROUP1, "service_instance_group = \"g2\";" } },
		"19: address_groups[1].vpn", "no port is in VPN \"blue\"" },
	{ { { "name = \"home\";", "name = \"any\";" }, { "acl = \"home\";", "" } },
		"20: acls[0].name", "\"any\" stands for everybody" },
	{ { { "acl = \"home\";", "acl = \"work\";" } },
		"23: nat_instances[0].outbound[0].acl",
		"there is no ACL \"work\", there is: home" },
	{ .place = NULL },
};

static const struct conf_case instance_cases[] = {
	{ { { "name = \"nat1\"", "name = \"ds1\"" } }, "23: nat_instances[0].name",
		"\"ds1\" is already a ds-lite instance, at line 21" },
	{ { { "name = \"nat1\"", "name = \"a123456789b123456789c123456789d1\"" } },
		"23: nat_instances[0].name",
		"a name of 32 characters, allowed is 1..31" },
	{ { { "name = \"nat1\"", "name = \"\"" } }, "23: nat_instances[0].name",
		"a name of 0 characters, allowed is 1..31" },
	{ { { "name = \"nat1\"", "name = \"nat 1\"" } }, "23: nat_instances[0].name",
		"a name has letters, digits" },
	{ .place = NULL },
};

static const struct conf_case twice_cases[] = {
	{ { { "mtu = 1540; } );", DS_LITE("name = \"ds2\"; local_ipv6 = \"2001:db8::a\"; "
					  "remote_ipv6 = [ \"2001:db8:300::/40\", "
					  "\"2001:db8:1ff::/48\" ];") },
		  { "name = \"ds1\"; id = 1;", "name = \"ds1\"; id = 3;" } },
		"22: ds_lite_instances[1].remote_ipv6[1]",
		"overlaps the users of instance \"ds1\", which has the same local_ipv6" },
	{ { { "mtu = 1540; } );", DS_LITE("name = \"ds2\"; local_ipv6 = \"2001:db8::b\"; "
					  "remote_ipv6 = [ \"2001:db8:300::/40\" ];") },
		  { "name = \"ds1\"; id = 1;", "name = \"ds1\"; id = 2;" } },
		"22: ds_lite_instances[1].id", "2 is already ds-lite instance \"ds1\"" },
	{ { { "mtu = 1540; } );",
		  DS_LITE("name = \"ds2\"; local_ipv6 = \"2001:db8:100::b\"; "
			  "remote_ipv6 = [ \"2001:db8:300::/40\" ];") } },
		"22: ds_lite_instances[1].local_ipv6",
		"2001:db8:100::b is inside a remote_ipv6 prefix of instance \"ds1\"" },
	{ .place = NULL },
};

static const struct conf_case ds_lite_cases[] = {
	{ { { "\"2001:db8::a\"", "\"2001:db8:1::1\"" } },
		"21: ds_lite_instances[0].local_ipv6",
		"2001:db8:1::1 is an address of port \"in\"" },
	{ { { "[ \"10.0.0.9\" ]", "[ \"10.0.0.9\", \"2001:db8:1::a\" ]" },
		  { "\"2001:db8::a\"", "\"2001:db8:1::a\"" } },
		"21: ds_lite_instances[0].local_ipv6",
		"2001:db8:1::a is a VRRP address of port \"in\"" },
	{ { { "\"2001:db8::a\"", "\"2001:db8:100::1\"" } },
		"21: ds_lite_instances[0].local_ipv6", "is inside a remote_ipv6 prefix" },
	{ { { "\"2001:db8::a\"", "\"ff02::1\"" } }, "21: ds_lite_instances[0].local_ipv6",
		"ff02::1 is not an address of a box" },
	{ { { "\"2001:db8::a\"", "\"192.0.2.1\"" } },
		"21: ds_lite_instances[0].local_ipv6", "is not an IPv6 address" },
	{ { { "local_ipv6 = \"2001:db8::a\";", "" } },
		"21: ds_lite_instances[0].local_ipv6", "is missing" },
	{ { { "[ \"2001:db8:100::/40\" ]", "[ \"2000::/15\" ]" } },
		"21: ds_lite_instances[0].remote_ipv6[0]",
		"has length 15, allowed is 16..128" },
	{ { { "[ \"2001:db8:100::/40\" ]", "[ ]" } },
		"21: ds_lite_instances[0].remote_ipv6", "is empty" },
	{ { { "mtu = 1540;", "prefix_length = 15;" } },
		"22: ds_lite_instances[0].prefix_length",
		"15 is out of range, allowed is 16..128" },
	{ { { "mtu = 1540;", "mtu = 1279;" } }, "22: ds_lite_instances[0].mtu",
		"1279 is out of range, allowed is 1280..9600" },
	{ { { "mtu = 1540;", "traffic_class = 256;" } },
		"22: ds_lite_instances[0].traffic_class",
		"256 is out of range, allowed is 0..255" },
	{ { { "mtu = 1540;", "traffic_class = \"move\";" } },
		"22: ds_lite_instances[0].traffic_class", "allowed is copy or 0..255" },
	{ { { "mtu = 1540;", "encap_hop_limit = 0;" } },
		"22: ds_lite_instances[0].encap_hop_limit", "allowed is 1..255" },
	{ { { "mtu = 1540;", "tcp_mss = 535;" } }, "22: ds_lite_instances[0].tcp_mss",
		"535 is out of range, allowed is 0 or 536..9560" },
	{ { { "mtu = 1540;", "limits: { sessions: { tcp = 0; }; };" } },
		"22: ds_lite_instances[0].limits.sessions.tcp", "allowed is 1..1048576" },
	{ { { "mtu = 1540;", "timers: { profile = \"fast\"; };" } },
		"22: ds_lite_instances[0].timers.profile", "allowed is rfc, huawei" },
	{ { { "mtu = 1540;", "alg = [ \"ftp\", \"irc\" ];" } },
		"22: ds_lite_instances[0].alg[1]",
		"\"irc\" is not allowed, allowed is ftp, pptp, rtsp, sip" },
	{ { { "mtu = 1540;", "log: { hosts = [ \"c2\" ]; };" } },
		"22: ds_lite_instances[0].log.hosts[0]", "there is no log host \"c2\"" },
	{ { { "mtu = 1540;",
		  "centralized_backup: { enable = true; down_number = 0; };" } },
		"22: ds_lite_instances[0].centralized_backup.down_number",
		"0 is out of range, allowed is 1..65535" },
	{ { { "mtu = 1540;", "centralized_backup: { enable = true; redirect: "
			     "{ port = \"out\"; next_hop = \"2001:db8:1::2\"; }; };" } },
		"22: ds_lite_instances[0].centralized_backup.redirect.next_hop",
		"2001:db8:1::2 is on no network of port \"out\"" },
	{ { { "mtu = 1540;", "centralized_backup: { enable = true; redirect: "
			     "{ port = \"out\"; next_hop = \"198.51.100.2\"; }; };" } },
		"22: ds_lite_instances[0].centralized_backup.redirect.next_hop",
		"198.51.100.2 is an IPv4 address, softwires need an IPv6 one" },
	{ .place = NULL },
};

static const struct conf_case range_cases[] = {
	{ { { RANGE, "{ size = 64513; };" } }, "22: ds_lite_instances[0].port_range.size",
		"64513 is out of range, allowed is 1..64512" },
	{ { { RANGE, "{ mode = \"semi-dynamic\"; size = 64000; extended_size = 513; "
		     "extended_times = 1; };" } },
		"22: ds_lite_instances[0].port_range.extended_size",
		"64000 + 1 x 513 ports do not fit 1024..65535, allowed is 64512 in all" },
	{ { { RANGE, "{ mode = \"static\"; extended_size = 64; };" } },
		"22: ds_lite_instances[0].port_range.extended_size",
		"only mode semi-dynamic has further blocks" },
	{ { { RANGE, "{ extended_times = 2; };" } },
		"22: ds_lite_instances[0].port_range.extended_times",
		"only mode semi-dynamic has further blocks" },
	{ { { RANGE, "{ mode = \"wild\"; };" } },
		"22: ds_lite_instances[0].port_range.mode",
		"allowed is dynamic, static, semi-dynamic, single, deterministic" },
	{ .place = NULL },
};

static const struct conf_case inside_cases[] = {
	{ { { GROUP2_NAT44, "service_instance_group = \"g2\";" } },
		"23: nat_instances[0].inside", "is missing" },
	{ { { GROUP2_NAT44, "service_instance_group = \"g2\"; inside: { ports = [ "
			    "\"red\" ]; };" } },
		"23: nat_instances[0].inside.ports[0]",
		"\"red\" is in VPN \"red\", not in \"\"" },
	{ { { GROUP2_NAT44, "service_instance_group = \"g2\"; "
			    "inside: { ports = [ \"red\" ]; vpn = \"red\"; };" } },
		"23: nat_instances[0].outbound[0].address_group",
		"\"p2\" is in VPN \"\", not in \"red\": allow_access leads" },
	{ { { GROUP2_NAT44, "service_instance_group = \"g2\"; "
			    "allow_access: { inside_vpn = \"\"; outside_vpn = \"\"; }; "
			    "inside: { ports = [ \"in\" ]; vpn = \"red\"; };" } },
		"23: nat_instances[0].inside.vpn",
		"\"red\" is not allow_access.inside_vpn \"\"" },
	{ { { "64:ff9b::/96", "64:ff9b::/95" } }, "24: nat64_instances[0].prefix",
		"length 95, allowed is 32, 40, 48, 56, 64 or 96" },
	{ { { "64:ff9b::/96", "2001:db8:200::/96" } }, "24: nat64_instances[0].prefix",
		"overlaps inside.prefixes" },
	{ { { "64:ff9b::/96", "64:ff00::/24" } }, "24: nat64_instances[0].prefix",
		"has length 24, allowed is 32..96" },
	{ .place = NULL },
};

static const struct conf_case binding_cases[] = {
	{ { { GROUP1, "" } }, "21: ds_lite_instances[0].service_instance_group",
		"is missing" },
	{ { { GROUP1, "service_instance_group = [ \"g1\", \"g2\" ];" } },
		"21: ds_lite_instances[0].service_instance_group",
		"an instance is bound to one group, not to several" },
	{ { { GROUP1, "service_instance_group = \"g3\";" } },
		"21: ds_lite_instances[0].service_instance_group",
		"there is no service-instance-group \"g3\", there is: g1, g2" },
	{ { { "\"p2\"; } ); } );\nnat64", "\"p1\"; } ); } );\nnat64" } },
		"23: nat_instances[0].outbound[0].address_group",
		"address group \"p1\" is used by group \"g1\" already" },
	{ { { POOL2, POOL2 " overload = \"p1\";" },
		  { "/96\"; outbound: ( { address_group = \"p2\"; }",
			  "/96\"; outbound: ( { address_group = \"p3\"; }" },
		  { "{ name = \"p2\";", "{ name = \"p3\"; id = 3; addresses = [ "
					"\"192.0.2.1\" ]; }, { name = \"p2\";" } },
		"23: nat_instances[0].outbound[0].address_group",
		"address group \"p1\" is used by group \"g1\" already" },
	{ .place = NULL },
};

static const struct conf_case licence_cases[] = {
	{ { { "65536; ds_lite = true; nat44 = true; },", "65536; nat44 = true; }," } },
		"21: ds_lite_instances[0].service_instance_group",
		"group \"g1\" has slot 1 as active board, whose licence lacks ds_lite = "
		"true" },
	{ { { "nat64 = true;", "" } }, "24: nat64_instances[0].service_instance_group",
		"slot 2 as active board, whose licence lacks nat64 = true" },
	{ { { "{ slot = 1; sessions = 65536; ds_lite = true; nat44 = true; },", "" } },
		"21: ds_lite_instances[0].service_instance_group",
		"group \"g1\" has slot 1 as active board, which has no licence" },
	{ { { "backup: { slot = 2; };", "" },
		  { "{ id = 2; } ); } );",
			  "{ id = 2; } ); backup_cpus = ( { slot = 1; } ); } );" } },
		"24: nat64_instances[0].service_instance_group",
		"slot 1 as one of backup_cpus, whose licence lacks nat64 = true" },
	{ { { POOL1, "[ \"203.0.113.1\" ];" } },
		"21: ds_lite_instances[0].outbound[0].address_group",
		"address group \"p1\" has 1 addresses for the 2 locations of group "
		"\"g1\"" },
	{ .place = NULL },
};

static const struct conf_case server_cases[] = {
	{ { { "mtu = 1540;",
		  SERVER("outside = \"192.0.2.1:80\"; inside = \"10.0.0.2:80\"; "
			 "softwire = \"2001:db8:100::1\";") } },
		"22: ds_lite_instances[0].servers[0].outside",
		"192.0.2.1 is in no address group, allowed is an address of a pool of "
		"group \"g1\"" },
	{ { { POOL1, POOL1 " exclude = [ \"203.0.113.3\" ];" },
		  { "mtu = 1540;",
			  SERVER("outside = \"203.0.113.3:80\"; inside = "
				 "\"10.0.0.2:80\"; softwire = \"2001:db8:100::1\";") } },
		"22: ds_lite_instances[0].servers[0].outside",
		"203.0.113.3 is excluded from address group \"p1\"" },
	{ { { "mtu = 1540;",
		  SERVER("outside = \"203.0.113.33:80\"; inside = \"10.0.0.2:80\"; "
			 "softwire = \"2001:db8:100::1\";") } },
		"22: ds_lite_instances[0].servers[0].outside",
		"203.0.113.33 is in address group \"p2\" of group \"g2\"" },
	/* one location is no other case */
	{ { { GROUP2_NAT44,
		  GROUP2_NAT44 " servers: ( { protocol = \"tcp\"; outside = "
			       "\"192.0.2.1:80\"; inside = \"10.0.0.2:80\"; } );" } },
		"23: nat_instances[0].servers[0].outside",
		"192.0.2.1 is in no address group" },
	{ { { GROUP2_NAT44,
		    GROUP2_NAT44 " servers: ( { protocol = \"tcp\"; outside = "
				 "\"192.0.2.1:80\"; inside = \"10.0.0.2:80\"; } );" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"23: nat_instances[0].servers[0].outside",
		"192.0.2.1 is in address group \"p3\", which no instance uses" },
	{ { { "mtu = 1540;",
		  SERVER("outside = \"203.0.113.1:80\"; inside = \"10.0.0.2:80\"; "
			 "softwire = \"2001:db8:300::1\";") } },
		"22: ds_lite_instances[0].servers[0].softwire",
		"2001:db8:300::1 is inside no remote_ipv6 prefix" },
	{ { { "mtu = 1540;",
		  SERVER("outside = \"203.0.113.1:80\"; inside = \"10.0.0.2:80\";") } },
		"22: ds_lite_instances[0].servers[0].softwire", "is missing" },
	{ { { "mtu = 1540;",
		  SERVER("outside = \"203.0.113.1:0\"; inside = \"10.0.0.2:80\"; "
			 "softwire = \"2001:db8:100::1\";") } },
		"22: ds_lite_instances[0].servers[0].outside", "has a bad port" },
	{ { { "mtu = 1540;",
		  SERVER("outside = \"203.0.113.1\"; inside = \"10.0.0.2:80\"; "
			 "softwire = \"2001:db8:100::1\";") } },
		"22: ds_lite_instances[0].servers[0].outside", "is not ADDRESS:PORT" },
	{ { { GROUP2_NAT44,
		  GROUP2_NAT44 " servers: ( "
			       "{ protocol = \"udp\"; outside = \"203.0.113.33:53\"; "
			       "inside = \"10.0.0.2:53\"; }, "
			       "{ protocol = \"udp\"; outside = \"203.0.113.33:53\"; "
			       "inside "
			       "= \"10.0.0.3:53\"; } );" } },
		"23: nat_instances[0].servers[1].outside",
		"is already a server, at line 23" },
	{ { { GROUP2_NAT44, GROUP2_NAT44
		  " servers: ( { protocol = \"tcp\"; "
		  "outside = \"198.51.100.1:80\"; inside = \"10.0.0.2:80\"; } );" } },
		"23: nat_instances[0].servers[0].outside",
		"198.51.100.1 is an address of port \"out\"" },
	{ .place = NULL },
};

static const struct conf_case warning_cases[] = {
	{ { { "mtu = 1540;", "prefix_length = 32;" } },
		"22: ds_lite_instances[0].prefix_length",
		"32 is shorter than a prefix of remote_ipv6" },
	{ { { "[ \"10.0.0.0/8\" ]", "[ \"2001:db8::/32\" ]" } },
		"23: nat_instances[0].outbound[0].acl",
		"\"home\" permits IPv6 alone and matches nobody" },
	{ { { "outbound: ( { address_group = \"p1\"",
		    "outbound: ( { acl = \"v6\"; address_group = \"p1\"" },
		  { "acls: (", "acls: ( { name = \"v6\"; permit = [ \"2001:db8::/32\" "
			       "]; }," } },
		"21: ds_lite_instances[0].outbound[0].acl",
		"\"v6\" permits IPv6 alone and matches nobody" },
	{ .place = NULL },
};

static void
test_warnings(void)
{
	conf_case_run(warning_cases, true);
}

static void
test_pools(void)
{
	conf_case_run(pool_cases, false);
}

static void
test_instances(void)
{
	conf_case_run(instance_cases, false);
	conf_case_run(twice_cases, false);
}

#define RULE(size) "{ mode = \"deterministic\"; size = " size "; };"
static const struct conf_case rule_cases[] = {
	{ { { RANGE, RULE("128") } }, "22: ds_lite_instances[0].port_range.size",
		"at least 2147483648 users with 128 ports each do not fit address group "
		"\"p1\", whose 16 addresses hold 8064" },
	{ { { RANGE, RULE("128") },
		  { "mtu = 1540;", "mtu = 1540; prefix_length = 53;" } },
		"22: ds_lite_instances[0].port_range.size",
		"8192 users with 128 ports each do not fit" },
	{ { { RANGE, RULE("128") },
		  { "mtu = 1540;", "mtu = 1540; prefix_length = 32;" } },
		"22: ds_lite_instances[0].prefix_length",
		"32 is shorter than a prefix of remote_ipv6" },
	{ { { RANGE, RULE("128") },
		  { "mtu = 1540;", "mtu = 1540; prefix_length = 52; limits: { "
				   "users_per_address = 255; };" } },
		"22: ds_lite_instances[0].limits.users_per_address",
		"255 is less than the 256 users that the rule gives to an address" },
	{ { { RANGE, RULE("128") }, { "mtu = 1540;", "mtu = 1540; prefix_length = 52;" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " },
		  { "outbound: ( { address_group = \"p1\"; }",
			  "outbound: ( { address_group = \"p1\"; }, { address_group = "
			  "\"p3\"; }" } },
		"21: ds_lite_instances[0].outbound[1].address_group",
		"a DS-Lite instance has one rule" },
	{ { { RANGE, RULE("128") }, { "mtu = 1540;", "mtu = 1540; prefix_length = 52;" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " },
		  { POOL1, POOL1 " overload = \"p3\";" } },
		"21: ds_lite_instances[0].outbound[0].address_group",
		"\"p1\" has an overload pool" },
	{ { { RANGE, RULE("128") }, { "mtu = 1540;", "mtu = 1540; prefix_length = 52;" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; overload = \"p1\";" } },
		"21: ds_lite_instances[0].outbound[0].address_group",
		"\"p1\" is the overload pool of \"p3\"" },
	{ { { "permit = [ \"10.0.0.0/8\" ]", "permit = [ \"10.0.0.0/24\" ]" },
		  { "inside: { ports = [ \"in\" ]; }; outbound: ( { acl = \"home\"; "
		    "address_group = \"p2\"; } );",
			  "inside: { ports = [ \"in\" ]; }; port_range: { mode = "
			  "\"deterministic\"; size = 1000; }; outbound: ( { acl = "
			  "\"home\"; address_group = \"p2\"; } ); " } },
		"23: nat_instances[0].outbound[0].address_group",
		"\"p2\" is also used by a rule of instance \"n64\"" },
	{ { { "permit = [ \"10.0.0.0/8\" ]",
		    "permit = [ \"10.0.0.0/24\", \"10.0.1.0/32\" ]" },
		  { "inside: { ports = [ \"in\" ]; }; outbound: ( { acl = \"home\"; "
		    "address_group = \"p2\"; } );",
			  "inside: { ports = [ \"in\" ]; }; port_range: { mode = "
			  "\"deterministic\"; size = 1000; }; outbound: ( { acl = "
			  "\"home\"; address_group = \"p3\"; } ); " },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"23: nat_instances[0].port_range.size",
		"257 users with 1000 ports each do not fit address group \"p3\", whose 4 "
		"addresses hold 256" },
	{ { { "inside: { ports = [ \"in\" ]; }; outbound: ( { acl = \"home\"; "
	      "address_group = \"p2\"; } );",
		    "inside: { ports = [ \"in\" ]; }; port_range: { mode = "
		    "\"deterministic\"; size = 1000; }; outbound: ( { acl = \"any\"; "
		    "address_group = \"p3\"; } ); " },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"23: nat_instances[0].outbound[0].acl", "an ACL with permit is needed" },
	{ { { "permit = [ \"10.0.0.0/8\" ]", "permit = [ \"2001:db8::/64\" ]" },
		  { "inside: { ports = [ \"in\" ]; }; outbound: ( { acl = \"home\"; "
		    "address_group = \"p2\"; } );",
			  "inside: { ports = [ \"in\" ]; }; port_range: { mode = "
			  "\"deterministic\"; size = 1000; }; outbound: ( { acl = "
			  "\"home\"; address_group = \"p3\"; } ); " },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"23: nat_instances[0].outbound[0].acl", "\"home\" permits IPv6" },
	{ { { "permit = [ \"10.0.0.0/8\" ]", "permit = [ \"10.0.0.0/24\" ]" },
		  { "inside: { ports = [ \"in\" ]; }; outbound: ( { acl = \"home\"; "
		    "address_group = \"p2\"; } );",
			  "inside: { ports = [ \"in\" ]; }; port_range: { mode = "
			  "\"deterministic\"; size = 1000; }; outbound: ( { acl = "
			  "\"home\"; address_group = \"p3\"; } ); servers: ( { protocol "
			  "= \"tcp\"; outside = \"192.0.2.1:65023\"; inside = "
			  "\"10.0.0.1:80\"; } );" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"23: nat_instances[0].servers[0].outside",
		"port 65023 is in a user's block" },
	{ { { "inside: { ports = [ \"in\" ]; prefixes",
		    "port_range: { mode = \"deterministic\"; }; inside: { ports = [ "
		    "\"in\" ]; prefixes" },
		  { "prefix = \"64:ff9b::/96\"; outbound: ( { address_group = \"p2\"; }",
			  "prefix = \"64:ff9b::/96\"; outbound: ( { address_group = "
			  "\"p3\"; }" },
		  { POOL2, POOL2 " }, { name = \"p3\"; id = 3; addresses = [ "
				 "\"192.0.2.0/30\" ]; " } },
		"24: nat64_instances[0].port_range.mode",
		"deterministic ports are for DS-Lite and NAT44" },
	{ .place = NULL },
};

static void
test_rules(void)
{
	conf_case_run(rule_cases, false);
}

static void
test_ds_lite(void)
{
	conf_case_run(ds_lite_cases, false);
	conf_case_run(range_cases, false);
}

static void
test_inside(void)
{
	conf_case_run(inside_cases, false);
}

static void
test_bindings(void)
{
	conf_case_run(binding_cases, false);
	conf_case_run(licence_cases, false);
}

static void
test_servers(void)
{
	conf_case_run(server_cases, false);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "address groups and ACLs", test_pools },
		{ "instances", test_instances },
		{ "DS-Lite", test_ds_lite },
		{ "inside", test_inside },
		{ "bindings", test_bindings },
		{ "servers", test_servers },
		{ "warnings", test_warnings },
		{ "deterministic ports", test_rules },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf_nat", tests);
}
