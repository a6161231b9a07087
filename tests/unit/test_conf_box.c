/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals of dpdk, boards, license, ports, routes and routing. */

#include "conf_case.h"
#include "suite.h"

#define OUT_DEVICE "device = \"net_null1\";"
#define RED_PARENT "parent = \"in\"; vlan = 100;"

static const struct conf_case dpdk_cases[] = {
	{ { { "\"0-3\"", "\"0-\"" } }, "2: dpdk.lcores",
		"is not a list such as 0@0,1@1" },
	{ { { "\"0-3\"", "\"0-128\"" } }, "2: dpdk.lcores", "lcores 0..127" },
	{ { { "memory_mb = 1024;", "control_lcore = 9;" } }, "2: dpdk.control_lcore",
		"lcore 9 is not in dpdk.lcores \"0-3\"" },
	{ { { "memory_mb = 1024;", "io_lcores = [ 4 ];" } }, "2: dpdk.io_lcores[0]",
		"lcore 4 is not in dpdk.lcores" },
	{ { { "memory_mb = 1024;", "io_lcores = [ 0 ];" } }, "2: dpdk.io_lcores[0]",
		"lcore 0 is the control_lcore" },
	{ { { "memory_mb = 1024;", "io_lcores = [ 3, 3 ];" } }, "2: dpdk.io_lcores[1]",
		"lcore 3 is listed twice" },
	{ { { "memory_mb = 1024;", "io_lcores = [ 2 ];" } }, "8: boards[1].cpus[0].lcore",
		"lcore 2 is one of io_lcores" },
	{ { { "memory_mb = 1024;", "memory_mb = 200;" } }, "2: dpdk.memory_mb",
		"200 MB do not hold 131072 licensed sessions, " },
	{ { { "memory_mb = 1024;", "memory_mb = 63;" } }, "2: dpdk.memory_mb",
		"63 is out of range, allowed is 64..1048576" },
	{ { { "memory_mb = 1024;", "idle = \"nap\";" } }, "2: dpdk.idle",
		"\"nap\" is not allowed, allowed is sleep, poll" },
	{ { { "memory_mb = 1024;", "on_crash = \"pray\";" } }, "2: dpdk.on_crash",
		"allowed is isolate, exit" },
	{ { { "memory_mb = 1024;", "hugepages = false; multi_process = true;" } },
		"2: dpdk.multi_process", "other processes can attach to hugepages only" },
	{ { { "lcores = \"0-3\";", "" } }, "2: dpdk.lcores", "is missing" },
	{ .place = NULL },
};

static const struct conf_case board_cases[] = {
	{ { { "lcore = 2;", "lcore = 1;" } }, "8: boards[1].cpus[0].lcore",
		"lcore 1 is already slot 1 cpu 0" },
	{ { { "lcore = 2;", "lcore = 0;" } }, "8: boards[1].cpus[0].lcore",
		"lcore 0 is the control_lcore" },
	{ { { "lcore = 2;", "lcore = 7;" } }, "8: boards[1].cpus[0].lcore",
		"lcore 7 is not in dpdk.lcores \"0-3\"" },
	{ { { "cpu = 0; lcore = 1; } );",
		  "cpu = 0; lcore = 1; }, { cpu = 0; lcore = 3; } );" } },
		"7: boards[0].cpus[1].cpu", "cpu 0 is twice on the board of slot 1" },
	{ { { "lcore = 2; } ); } );", "lcore = 2; } ); }, { slot = 2; cpus = ( { cpu = "
				      "1; lcore = 3; } ); } );" } },
		"8: boards[2].slot", "slot 2 is already at line 8" },
	{ { { "lcore = 2; } ); } );", "lcore = 2; } ); }, { slot = 256; cpus = ( { cpu = "
				      "1; lcore = 3; } ); } );" } },
		"8: boards[2].slot", "256 is out of range, allowed is 1..255" },
	{ { { "lcore = 2; } ); } );", "lcore = 2; } ); }, { slot = 3; cpus = ( { cpu = "
				      "64; lcore = 3; } ); } );" } },
		"8: boards[2].cpus[0].cpu", "64 is out of range, allowed is 0..63" },
	{ { { "lcore = 2; } ); } );",
		  "lcore = 2; } ); }, { slot = 3; cpus = ( ); } );" } },
		"8: boards[2].cpus", "at least one is needed" },
	{ { { "license: (", "license: ( { slot = 3; }," } }, "9: license[0].slot",
		"there is no board with slot 3" },
	{ { { "license: (", "license: ( { slot = 2; nat64 = true; }," } },
		"10: license[2].slot", "slot 2 has a licence already, at line 9" },
	{ { { "slot = 1; sessions = 65536;", "slot = 1; sessions = 1000;" } },
		"9: license[0].sessions",
		"1000 is out of range, allowed is 1024..1073741824" },
	{ { { "license: (", "thresholds: { high = 70; low = 70; }; license: (" } },
		"9: thresholds.low", "70 is not below high, which is 70" },
	{ .place = NULL },
};

static const struct conf_case port_cases[] = {
	{ { { "name = \"red\"", "name = \"out\"" } }, "5: ports[2].name",
		"\"out\" is already a port, at line 4" },
	{ { { OUT_DEVICE, "" } }, "4: ports[1].device",
		"is missing, a port has a device, or a parent and a vlan" },
	{ { { OUT_DEVICE, "device = \"\";" } }, "4: ports[1].device",
		"0 characters, allowed is 1..255" },
	{ { { "device = \"net_null0\"", "device = \"net_af_packet0,iface=a,qpairs=1\"" },
		  { OUT_DEVICE, "device = \"net_af_packet1,iface=a\";" } },
		"4: ports[1].device", "is over the interface of port \"in\"" },
	{ { { OUT_DEVICE, "device = \"net_null0,x=y\";" } }, "4: ports[1].device",
		"is already port \"in\"" },
	{ { { OUT_DEVICE, OUT_DEVICE " vlan = 7;" } }, "4: ports[1].vlan",
		"a vlan needs a parent" },
	{ { { OUT_DEVICE, OUT_DEVICE " rx_queues = 65;" } }, "4: ports[1].rx_queues",
		"65 is out of range, allowed is 1..64" },
	{ { { OUT_DEVICE, OUT_DEVICE " mtu = 67;" } }, "4: ports[1].mtu",
		"67 is out of range, allowed is 68..9600" },
	{ { { OUT_DEVICE, OUT_DEVICE " mtu = 9601;" } }, "4: ports[1].mtu",
		"9601 is out of range, allowed is 68..9600" },
	{ { { "mtu = 1600;", "mtu = 1279;" } }, "3: ports[0].mtu",
		"1279 is too small for IPv6, allowed is 1280..9600" },
	{ { { RED_PARENT, "parent = \"inn\"; vlan = 100;" } }, "5: ports[2].parent",
		"there is no port \"inn\", there is: in, out, red" },
	{ { { RED_PARENT, "parent = \"red\"; vlan = 100;" } }, "5: ports[2].parent",
		"\"red\" is not a port with a device" },
	{ { { RED_PARENT, "parent = \"in\";" } }, "5: ports[2].vlan",
		"is missing, a port with a parent has a vlan" },
	{ { { RED_PARENT, "parent = \"in\"; vlan = 4095;" } }, "5: ports[2].vlan",
		"4095 is out of range, allowed is 1..4094" },
	{ { { RED_PARENT, RED_PARENT " device = \"net_null2\";" } }, "5: ports[2].device",
		"a port with a parent has no device" },
	{ { { RED_PARENT, RED_PARENT " rx_queues = 2;" } }, "5: ports[2].rx_queues",
		"has the parent's queues" },
	{ { { RED_PARENT, RED_PARENT " mtu = 1601;" } }, "5: ports[2].mtu",
		"1601 is more than 1600, the mtu of the parent" },
	{ { { "10.1.0.1/24\" ]; } );", "10.1.0.1/24\" ]; }, { name = \"b\"; parent = "
				       "\"in\"; vlan = 100; } );" } },
		"5: ports[3].vlan", "vlan 100 of \"in\" is already port \"red\"" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"10.0.0.1/8\"" } },
		"4: ports[1].addresses[1]", "10.0.0.1 is already on port \"in\"" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"198.51.100.0/24\"" } },
		"4: ports[1].addresses[1]", "is the address of the network" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"192.0.2.255/24\"" } },
		"4: ports[1].addresses[1]", "is the broadcast address" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"192.0.2.1\"" } },
		"4: ports[1].addresses[1]", "has no length: write ADDRESS/LENGTH" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"192.0.2.1/33\"" } },
		"4: ports[1].addresses[1]", "has a bad length, allowed is /0../32" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"192.0.2.1/0\"" } },
		"4: ports[1].addresses[1]", "has length 0, allowed is 1..128" },
	{ { { "198.51.100.1/24\"", "198.51.100.1/24\", \"224.0.0.1/24\"" } },
		"4: ports[1].addresses[1]", "is not an address that a box can have" },
	{ { { OUT_DEVICE, OUT_DEVICE " tap = \"a/b\";" } }, "4: ports[1].tap",
		"\"a/b\" is no name for an interface" },
	{ { { OUT_DEVICE, OUT_DEVICE " tap = \"sixteen-letters-\";" } },
		"4: ports[1].tap", "16 characters, allowed is 1..15" },
	{ { { OUT_DEVICE, OUT_DEVICE " tap = \"t0\";" },
		  { RED_PARENT, RED_PARENT " tap = \"t0\";" } },
		"5: ports[2].tap", "\"t0\" is already that of port \"out\"" },
	{ { { OUT_DEVICE, "device = \"net_af_packet0,iface=e0\"; tap = \"e0\";" } },
		"4: ports[1].tap", "\"e0\" is the device of port \"out\"" },
	{ .place = NULL },
};

#define TAP                                                                              \
	{                                                                                \
		OUT_DEVICE, OUT_DEVICE " tap = \"t0\";"                                  \
	}
#define ROUTING(keys)                                                                    \
	{                                                                                \
		"routes: (", "routing: { " keys " }; routes: ("                          \
	}

static const struct conf_case routing_cases[] = {
	{ { ROUTING("") }, "6: routing", "no port has a tap" },
	{ { TAP, ROUTING("device = \"t0\";") }, "6: routing.device",
		"\"t0\" is an interface of port \"out\"" },
	{ { TAP, ROUTING("withdraw_ms = 10001;") }, "6: routing.withdraw_ms",
		"10001 is out of range" },
	{ { TAP, ROUTING("protocols = [ 2 ];") }, "6: routing.protocols[0]",
		"2 is out of range, allowed is 3..255" },
	{ { TAP, ROUTING("max_routes = 0;") }, "6: routing.max_routes",
		"0 is out of range" },
	{ { TAP, ROUTING("tables = ( { vpn = \"blue\"; table = 10; } );") },
		"6: routing.tables[0].vpn", "no port is in VPN \"blue\"" },
	{ { TAP, ROUTING("tables = ( { vpn = \"\"; table = 10; } );") },
		"6: routing.tables[0].vpn", "is the global VPN" },
	{ { TAP, ROUTING("tables = ( { vpn = \"red\"; table = 254; } );") },
		"6: routing.tables[0].table", "254 is a table of the kernel itself" },
	{ { TAP, ROUTING("tables = ( { vpn = \"red\"; table = 9; }, "
			 "{ vpn = \"red\"; table = 10; } );") },
		"6: routing.tables[1].vpn", "\"red\" has a table already" },
	{ .place = NULL },
};

static const struct conf_case route_cases[] = {
	{ { { "\"198.51.100.2\"", "\"198.51.101.2\"" } }, "6: routes[0].next_hop",
		"198.51.101.2 is on no connected network of a port in VPN \"\"" },
	{ { { "\"198.51.100.2\"", "\"10.1.0.2\"" } }, "6: routes[0].next_hop",
		"10.1.0.2 is on no connected network" },
	{ { { "\"198.51.100.2\"", "\"198.51.100.1\"" } }, "6: routes[0].next_hop",
		"198.51.100.1 is an address of this box" },
	{ { { "\"198.51.100.2\"", "\"2001:db8:1::2\"" } }, "6: routes[0].next_hop",
		"is not of the family of the prefix" },
	{ { { "\"198.51.100.2\"", "\"198.51.100\"" } }, "6: routes[0].next_hop",
		"\"198.51.100\" is not an address such as" },
	{ { { "\"198.51.100.2\";", "\"198.51.100.2\"; vpn = \"blue\";" } },
		"6: routes[0].vpn", "no port is in VPN \"blue\"" },
	{ { { "0.0.0.0/0", "10.0.0.1/8" } }, "6: routes[0].prefix",
		"\"10.0.0.1/8\" is not a network: bits behind the length are set" },
	{ { { "100.2\"; } );", "100.2\"; }, { prefix = \"0.0.0.0/0\"; next_hop = "
			       "\"10.0.0.7\"; } );" } },
		"6: routes[1].prefix", "has a route already, at line 6" },
	{ { { "\"198.51.100.2\";", "\"198.51.100.2\"; distance = 256;" } },
		"6: routes[0].distance", "256 is out of range, allowed is 1..255" },
	{ .place = NULL },
};

static void
test_dpdk(void)
{
	conf_case_run(dpdk_cases, false);
}

static void
test_boards(void)
{
	conf_case_run(board_cases, false);
}

static void
test_ports(void)
{
	conf_case_run(port_cases, false);
}

static void
test_routes(void)
{
	conf_case_run(route_cases, false);
}

static void
test_routing(void)
{
	conf_case_run(routing_cases, false);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "dpdk", test_dpdk },
		{ "boards and licences", test_boards },
		{ "ports", test_ports },
		{ "routes", test_routes },
		{ "routing beside the box", test_routing },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf_box", tests);
}
