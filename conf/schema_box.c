/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of the box itself: node, dpdk, ports, routes, routing, boards, license,
 * log_hosts, metrics. Constant data; see conf/schema.h.
 */

#include "conf/schema.h"

#define S struct cgn_conf_node
static const struct cgn_schema_key node_keys[] = {
	{ CGN_VALUE("name", NAME, name), .text = "cgn",
		.help = "name of this box in logs and commands" },
	{ CGN_VALUE("run_dir", STRING, run_dir), .text = "/run/cgnd", CGN_LIMITS(1, 80),
		.help = "directory of the control socket, the pid file and telemetry" },
	{ CGN_VALUE("state_dir", STRING, state_dir), .text = "", CGN_LIMITS(0, 200),
		.help = "directory of what outlives a restart: the history of "
			"configurations; empty: that of the service manager "
			"(`/var/lib/cgnd`), else FILE.history beside the file" },
	{ CGN_VALUE("group", STRING, group), .text = "", CGN_LIMITS(0, 31),
		.help = "unix group that may use the control socket" },
};
#undef S
const struct cgn_schema cgn_schema_node = { CGN_TABLE(node_keys) };

static const struct cgn_schema_word idle_words[] = {
	{ "sleep", CGN_CONF_IDLE_SLEEP },
	{ "poll", CGN_CONF_IDLE_POLL },
	{ NULL, 0 },
};
static const struct cgn_schema_word crash_words[] = {
	{ "isolate", CGN_CONF_CRASH_ISOLATE },
	{ "exit", CGN_CONF_CRASH_EXIT },
	{ NULL, 0 },
};

#define S struct cgn_conf_dpdk
static const struct cgn_schema_key dpdk_keys[] = {
	{ CGN_VALUE("lcores", STRING, lcores), .required = true, CGN_LIMITS(1, 1000),
		.text = "",
		.help = "lcores and their processors, in EAL --lcores syntax" },
	{ CGN_VALUE("control_lcore", INT, control_lcore), CGN_LIMITS(0, 127), .def = 0,
		.help = "lcore of the control plane" },
	{ CGN_MANY("io_lcores", INT, io_lcores), CGN_LIMITS(0, 127),
		.help = "lcores that only receive, classify and hand over (line cards); "
			"none: board CPUs poll the ports themselves" },
	{ CGN_VALUE("hugepages", BOOL, hugepages), .def = true,
		.help = "false: runs without huge pages, for laptops and containers" },
	{ CGN_VALUE("multi_process", BOOL, multi_process), .def = false,
		.help = "true: other DPDK programs, as `dpdk-dumpcap`, may attach; needs "
			"hugepages and a mounted hugetlbfs" },
	{ CGN_VALUE("memory_mb", INT, memory_mb), CGN_LIMITS(64, 1048576), .def = 1024,
		.help = "memory for packets and tables, MB" },
	{ CGN_VALUE("idle", WORD, idle), .words = idle_words, .def = CGN_CONF_IDLE_SLEEP,
		.help = "what an lcore without work does: back off, or poll on" },
	{ CGN_VALUE("on_crash", WORD, on_crash), .words = crash_words,
		.def = CGN_CONF_CRASH_ISOLATE,
		.help = "a fault in a board thread: lose that CPU, or leave" },
	{ CGN_MANY("extra_args", STRING, extra_args), CGN_LIMITS(1, 1000),
		.help = "further EAL arguments" },
};
#undef S
const struct cgn_schema cgn_schema_dpdk = { CGN_TABLE(dpdk_keys) };

#define S struct cgn_conf_port
static const struct cgn_schema_key port_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true, .help = "name of the port" },
	{ CGN_VALUE("device", STRING, device), CGN_LIMITS(1, 255), .text = "",
		.restart = true, .help = "PCI address or DPDK virtual device" },
	{ CGN_VALUE("parent", REF, parent), .ref = CGN_REF_PORT,
		.help = "instead of device: the port whose VLAN this is" },
	{ CGN_VALUE("vlan", INT, vlan), CGN_LIMITS(1, 4094), .text = "none",
		.help = "VLAN id, with parent" },
	{ CGN_VALUE("vpn", REF, vpn), .ref = CGN_REF_VPN,
		.help = "VPN of the port; empty: the global one" },
	{ CGN_VALUE("mtu", INT, mtu), CGN_LIMITS(68, 9600),
		.text = "1500, or the parent's",
		.help = "largest IP packet, bytes; from 1280 with an IPv6 address, "
			"up to the parent's" },
	{ CGN_VALUE("rx_queues", INT, rx_queues), CGN_LIMITS(1, 64), .def = 1,
		.restart = true, .help = "receive queues, with device" },
	{ CGN_MANY("addresses", IFADDR, addresses), CGN_LIMITS(1, 128),
		.help = "addresses of the box with the length of the network" },
	{ CGN_VALUE("tap", STRING, tap), .text = "", CGN_LIMITS(1, 15), .restart = true,
		.help = "name of a network interface that is made for the kernel, with "
			"the addresses of the port, for routing programs beside the "
			"box" },
};
#undef S
const struct cgn_schema cgn_schema_port = { CGN_TABLE(port_keys), .names = "name",
	.has_src = true };

#define S struct cgn_conf_route
static const struct cgn_schema_key route_keys[] = {
	{ CGN_VALUE("prefix", PREFIX, prefix), .required = true, CGN_LIMITS(0, 128),
		.help = "destination" },
	{ CGN_VALUE("next_hop", ADDR, next_hop), .required = true,
		.help = "router, on a connected network of the same VPN" },
	{ CGN_VALUE("vpn", REF, vpn), .ref = CGN_REF_VPN,
		.help = "VPN of the route; empty: the global one" },
	{ CGN_VALUE("distance", INT, distance), CGN_LIMITS(1, 255), .def = 1,
		.help = "from 21 on a learnt route for the same prefix, which has 20, "
			"comes before it" },
};
#undef S
const struct cgn_schema cgn_schema_route = { CGN_TABLE(route_keys), .names = "prefix vpn",
	.has_src = true };

#define S struct cgn_conf_routing_table
static const struct cgn_schema_key table_keys[] = {
	{ CGN_VALUE("vpn", REF, vpn), .required = true, .ref = CGN_REF_VPN,
		.help = "VPN whose table this is" },
	{ CGN_VALUE("table", INT, table), .required = true, CGN_LIMITS(1, 4294967295),
		.help = "number of the kernel's table, as that of its VRF" },
};
#undef S
static const struct cgn_schema table_schema = { CGN_TABLE(table_keys), .names = "vpn",
	.has_src = true };

#define S struct cgn_conf_routing
static const struct cgn_schema_key routing_keys[] = {
	{ CGN_VALUE("learn", BOOL, learn), .def = true,
		.help = "the kernel's routes over taps are routes of the box" },
	{ CGN_MANY("protocols", INT, protocols), CGN_LIMITS(3, 255),
		.help = "numbers of rt_protos(5) of what is learnt, as 186 (BGP by FRR) "
			"or 12 (BIRD); none: all but the kernel's own" },
	{ CGN_VALUE("max_routes", INT, max_routes), CGN_LIMITS(1, 2000000), .def = 100000,
		.help = "routes that are learnt at most" },
	{ CGN_VALUE("announce", BOOL, announce), .def = true,
		.help = "public prefixes and AFTR addresses of what works here are "
			"routes of the kernel, of protocol 200" },
	{ CGN_VALUE("device", STRING, device), .text = "cgnd", CGN_LIMITS(1, 15),
		.help = "name of the interface that is made for these routes" },
	{ CGN_VALUE("withdraw_ms", INT, withdraw_ms), CGN_LIMITS(0, 10000), .def = 1000,
		.help = "ms between taking such a route back and ending what it leads to "
			"(stop, shutdown, switch by hand)" },
	{ CGN_MANY("tables", LIST, tables), .sub = &table_schema,
		.help = "tables of VPNs; that of the global VPN is main (254)" },
};
#undef S
const struct cgn_schema cgn_schema_routing = { CGN_TABLE(routing_keys) };

#define S struct cgn_conf_cpu
static const struct cgn_schema_key cpu_keys[] = {
	{ CGN_VALUE("cpu", INT, cpu), .required = true, CGN_LIMITS(0, 63),
		.help = "number of the CPU on its board" },
	{ CGN_VALUE("lcore", INT, lcore), .required = true, CGN_LIMITS(0, 127),
		.help = "the lcore it is; one of dpdk.lcores, for nothing else" },
};
#undef S
static const struct cgn_schema cpu_schema = { CGN_TABLE(cpu_keys), .has_src = true };

#define S struct cgn_conf_board
static const struct cgn_schema_key board_keys[] = {
	{ CGN_VALUE("slot", INT, slot), .required = true, CGN_LIMITS(1, 255),
		.help = "number of the board" },
	{ CGN_MANY("cpus", LIST, cpus), .required = true, .sub = &cpu_schema,
		.help = "CPUs of the board" },
};
#undef S
const struct cgn_schema cgn_schema_board = { CGN_TABLE(board_keys), .has_src = true };

#define S struct cgn_conf_license
static const struct cgn_schema_key license_keys[] = {
	{ CGN_VALUE("slot", INT, slot), .required = true, CGN_LIMITS(1, 255),
		.help = "the board it is for" },
	{ CGN_VALUE("sessions", INT, sessions), CGN_LIMITS(1024, 1073741824),
		.def = 1048576,
		.help = "sessions the board may have, shared evenly by its CPUs" },
	{ CGN_VALUE("users", INT, users), CGN_LIMITS(16, 16777216), .def = 65536,
		.help = "users the board may have, shared evenly by its CPUs" },
	{ CGN_VALUE("create_rate", INT, create_rate), CGN_LIMITS(0, 100000000), .def = 0,
		.help = "new sessions of the board per second, shared evenly by its "
			"CPUs; 0: no limit" },
	{ CGN_VALUE("nat44", BOOL, nat44), .help = "NAT44 allowed" },
	{ CGN_VALUE("ds_lite", BOOL, ds_lite), .help = "DS-Lite allowed" },
	{ CGN_VALUE("nat64", BOOL, nat64), .help = "NAT64 allowed" },
};
#undef S
const struct cgn_schema cgn_schema_license = { CGN_TABLE(license_keys), .names = "slot",
	.has_src = true };

static const struct cgn_schema_word format_words[] = {
	{ "syslog", CGN_CONF_FORMAT_SYSLOG },
	{ "ipfix", CGN_CONF_FORMAT_IPFIX },
	{ "netflow9", CGN_CONF_FORMAT_NETFLOW9 },
	{ NULL, 0 },
};

#define S struct cgn_conf_log_host
static const struct cgn_schema_key log_host_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true, .help = "name of the host" },
	{ CGN_VALUE("address", ADDR, address), .required = true, .help = "its address" },
	{ CGN_VALUE("port", INT, port), CGN_LIMITS(1, 65535),
		.text = "4739 (ipfix), 514 (syslog), 2055 (netflow9)",
		.help = "its UDP port" },
	{ CGN_VALUE("format", WORD, format), .words = format_words,
		.def = CGN_CONF_FORMAT_IPFIX,
		.help = "RFC 5424 syslog, IPFIX (RFC 8158), or the same in NetFlow v9" },
};
#undef S
const struct cgn_schema cgn_schema_log_host = { CGN_TABLE(log_host_keys), .names = "name",
	.has_src = true };

#define S struct cgn_conf_metrics
static const struct cgn_schema_key metrics_keys[] = {
	{ CGN_VALUE("address", ADDR, address), .text = "127.0.0.1",
		.help = "own address of the machine to listen at; \"::\": all" },
	{ CGN_VALUE("port", INT, port), CGN_LIMITS(1024, 65535), .def = 9464,
		.help = "TCP port to listen at" },
};
#undef S
const struct cgn_schema cgn_schema_metrics = { CGN_TABLE(metrics_keys) };
