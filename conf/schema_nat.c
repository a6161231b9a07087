/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of translation: address_groups, acls and the three lists of instances.
 * Constant data; see conf/schema.h.
 */

#include "conf/schema.h"

#define S struct cgn_conf_address_group
static const struct cgn_schema_key address_group_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true, .help = "name of the pool" },
	{ CGN_VALUE("id", INT, id), .required = true, CGN_LIMITS(1, 65535),
		.help = "its number, the same on both boxes" },
	{ CGN_VALUE("vpn", REF, vpn), .ref = CGN_REF_VPN,
		.help = "VPN of the addresses; empty: the global one" },
	{ CGN_MANY("addresses", RANGE, addresses), .required = true,
		.help = "public addresses: A, A/LEN or A-B" },
	{ CGN_MANY("exclude", RANGE, exclude),
		.help = "addresses of these that are not used" },
	{ CGN_VALUE("locked", BOOL, locked), .help = "true: nothing new is given out" },
	{ CGN_VALUE("overload", REF, overload), .ref = CGN_REF_ADDRESS_GROUP,
		.help = "pool that is used when this one is exhausted" },
};
#undef S
const struct cgn_schema cgn_schema_address_group = { CGN_TABLE(address_group_keys),
	.names = "name", .has_src = true };

#define S struct cgn_conf_quarantine
static const struct cgn_schema_key quarantine_keys[] = {
	{ CGN_VALUE("time", INT, time), CGN_LIMITS(0, 3600), .def = 120,
		.help = "how long a block waits (RFC 6888 REQ-8), s; 0: not at all" },
	{ CGN_VALUE("ports", INT, ports), CGN_LIMITS(0, 64512), .def = 64512,
		.help = "of an address that may wait; more of them serve at once" },
};
#undef S
const struct cgn_schema cgn_schema_quarantine = { CGN_TABLE(quarantine_keys) };

#define S struct cgn_conf_thresholds
static const struct cgn_schema_key thresholds_keys[] = {
	{ CGN_VALUE("high", INT, high), CGN_LIMITS(0, 100), .def = 80,
		.help = "so much in use is told, per cent; 0: nothing is told" },
	{ CGN_VALUE("low", INT, low), CGN_LIMITS(0, 99), .def = 60,
		.help = "then no more in use than this is told, per cent" },
};
#undef S
const struct cgn_schema cgn_schema_thresholds = { CGN_TABLE(thresholds_keys) };

#define S struct cgn_conf_acl
static const struct cgn_schema_key acl_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true,
		.help = "name of the list, not \"any\"" },
	{ CGN_MANY("permit", PREFIX, permit), CGN_LIMITS(0, 128),
		.help = "inside addresses that match; none given: all" },
	{ CGN_MANY("deny", PREFIX, deny), CGN_LIMITS(0, 128), .help = "but not these" },
};
#undef S
const struct cgn_schema cgn_schema_acl = { CGN_TABLE(acl_keys), .names = "name",
	.has_src = true };

static const struct cgn_schema_word mode_words[] = {
	{ "dynamic", CGN_CONF_PORTS_DYNAMIC },
	{ "static", CGN_CONF_PORTS_STATIC },
	{ "semi-dynamic", CGN_CONF_PORTS_SEMI_DYNAMIC },
	{ "single", CGN_CONF_PORTS_SINGLE },
	{ "deterministic", CGN_CONF_PORTS_DETERMINISTIC },
	{ NULL, 0 },
};
static const struct cgn_schema_word behaviour_words[] = {
	{ "endpoint-independent", CGN_CONF_ENDPOINT_INDEPENDENT },
	{ "endpoint-dependent", CGN_CONF_ENDPOINT_DEPENDENT },
	{ NULL, 0 },
};
static const struct cgn_schema_word profile_words[] = {
	{ "rfc", CGN_CONF_PROFILE_RFC },
	{ "huawei", CGN_CONF_PROFILE_HUAWEI },
	{ NULL, 0 },
};
static const struct cgn_schema_word events_words[] = {
	{ "blocks", CGN_CONF_LOG_BLOCKS },
	{ "sessions", CGN_CONF_LOG_SESSIONS },
	{ "all", CGN_CONF_LOG_ALL },
	{ NULL, 0 },
};
static const struct cgn_schema_word alg_words[] = {
	{ "ftp", CGN_CONF_ALG_FTP },
	{ "pptp", CGN_CONF_ALG_PPTP },
	{ "rtsp", CGN_CONF_ALG_RTSP },
	{ "sip", CGN_CONF_ALG_SIP },
	{ NULL, 0 },
};
static const struct cgn_schema_word protocol_words[] = {
	{ "tcp", CGN_CONF_TCP },
	{ "udp", CGN_CONF_UDP },
	{ NULL, 0 },
};
static const struct cgn_schema_word any_protocol_words[] = {
	{ "any", CGN_CONF_ANY },
	{ "tcp", CGN_CONF_TCP },
	{ "udp", CGN_CONF_UDP },
	{ "icmp", CGN_CONF_ICMP },
	{ NULL, 0 },
};
static const struct cgn_schema_word other_words[] = {
	{ "gre", CGN_CONF_GRE },
	{ "esp", CGN_CONF_ESP },
	{ "sctp", CGN_CONF_SCTP },
	{ "udp-lite", CGN_CONF_UDP_LITE },
	{ "ipip", CGN_CONF_IPIP },
	{ NULL, 0 },
};
static const struct cgn_schema_word refusal_words[] = {
	{ "silent", CGN_CONF_REFUSE_SILENTLY },
	{ "host-unreachable", CGN_CONF_REFUSE_HOST },
	{ "admin-prohibited", CGN_CONF_REFUSE_ADMIN },
	{ NULL, 0 },
};
static const struct cgn_schema_word copy_words[] = {
	{ "copy", (uint32_t)-1 },
	{ NULL, 0 },
};

#define S struct cgn_conf_outbound
static const struct cgn_schema_key outbound_keys[] = {
	{ CGN_VALUE("acl", REF, acl), .ref = CGN_REF_ACL, .text = "any",
		.help = "whom the rule is for: an ACL, or \"any\"" },
	{ CGN_VALUE("address_group", REF, address_group), .required = true,
		.ref = CGN_REF_ADDRESS_GROUP, .help = "the pool they get" },
};
#undef S
static const struct cgn_schema outbound_schema = { CGN_TABLE(outbound_keys),
	.has_src = true };

#define S struct cgn_conf_port_range
static const struct cgn_schema_key port_range_keys[] = {
	{ CGN_VALUE("mode", WORD, mode), .words = mode_words,
		.def = CGN_CONF_PORTS_DYNAMIC, .help = "how ports are given to users" },
	{ CGN_VALUE("size", INT, size), CGN_LIMITS(1, 64512), .def = 64,
		.help = "ports in a block" },
	{ CGN_VALUE("extended_size", INT, extended_size), CGN_LIMITS(1, 64512),
		.text = "size", .help = "semi-dynamic: ports in a further block" },
	{ CGN_VALUE("extended_times", INT, extended_times), CGN_LIMITS(1, 8), .text = "3",
		.help = "semi-dynamic: further blocks a user may get" },
};
#undef S
static const struct cgn_schema port_range_schema = { CGN_TABLE(port_range_keys) };

#define S struct cgn_conf_session_limits
static const struct cgn_schema_key session_limit_keys[] = {
	{ CGN_VALUE("total", INT, total), CGN_LIMITS(1, 1048576), .def = 8192,
		.help = "all protocols" },
	{ CGN_VALUE("tcp", INT, tcp), CGN_LIMITS(1, 1048576), .def = 10240,
		.help = "TCP" },
	{ CGN_VALUE("udp", INT, udp), CGN_LIMITS(1, 1048576), .def = 10240,
		.help = "UDP" },
	{ CGN_VALUE("icmp", INT, icmp), CGN_LIMITS(1, 1048576), .def = 512,
		.help = "ICMP queries" },
};
#undef S
static const struct cgn_schema session_limit_schema = { CGN_TABLE(session_limit_keys) };

#define S struct cgn_conf_port_limits
static const struct cgn_schema_key port_limit_keys[] = {
	{ CGN_VALUE("tcp", INT, tcp), CGN_LIMITS(1, 65535), .def = 10240, .help = "TCP" },
	{ CGN_VALUE("udp", INT, udp), CGN_LIMITS(1, 65535), .def = 10240, .help = "UDP" },
	{ CGN_VALUE("icmp", INT, icmp), CGN_LIMITS(1, 65535), .def = 512,
		.help = "ICMP query identifiers" },
};
#undef S
static const struct cgn_schema port_limit_schema = { CGN_TABLE(port_limit_keys) };

#define S struct cgn_conf_limits
static const struct cgn_schema_key limits_keys[] = {
	{ CGN_VALUE("sessions", GROUP, sessions), .sub = &session_limit_schema,
		.help = "sessions of a user" },
	{ CGN_VALUE("reverse_sessions", GROUP, reverse_sessions),
		.sub = &session_limit_schema,
		.help = "sessions of a user that began outside" },
	{ CGN_VALUE("ports", GROUP, ports), .sub = &port_limit_schema,
		.help = "public ports of a user" },
	{ CGN_VALUE("create_rate", INT, create_rate), CGN_LIMITS(1, 1000000), .def = 4000,
		.help = "new sessions of a user per second" },
	{ CGN_VALUE("users_per_address", INT, users_per_address), CGN_LIMITS(1, 64512),
		.text = "no limit; 64 in mode single",
		.help = "users that share a public address" },
};
#undef S
static const struct cgn_schema limits_schema = { CGN_TABLE(limits_keys) };

#define S struct cgn_conf_timers
#define BY_PROFILE(field, rfc)                                                           \
	CGN_VALUE(#field, INT, field), CGN_LIMITS(1, 86400), .text = rfc
static const struct cgn_schema_key timers_keys[] = {
	{ CGN_VALUE("profile", WORD, profile), .words = profile_words,
		.def = CGN_CONF_PROFILE_RFC,
		.help = "the set of values not given alone" },
	{ BY_PROFILE(tcp_established, "7440 (rfc), 240 (huawei)"),
		.help = "TCP connection that is open, s" },
	{ BY_PROFILE(tcp_transitory, "240 (rfc), 40 (huawei)"),
		.help = "TCP connection that the inside opens, s" },
	{ BY_PROFILE(tcp_closing, "tcp_transitory"),
		.help = "TCP connection that closes or was reset, s" },
	{ BY_PROFILE(tcp_syn, "6 (rfc), 6 (huawei)"),
		.help = "TCP connection that the outside opens, s" },
	{ BY_PROFILE(udp, "300 (rfc), 240 (huawei)"), .help = "UDP, s" },
	{ BY_PROFILE(icmp, "60 (rfc), 20 (huawei)"), .help = "ICMP query, s" },
	{ BY_PROFILE(fragment, "2 (rfc), 5 (huawei)"),
		.help = "fragments that wait for others, s" },
};
#undef S
static const struct cgn_schema timers_schema = { CGN_TABLE(timers_keys) };

#define S struct cgn_conf_server
static const struct cgn_schema_key server_keys[] = {
	{ CGN_VALUE("protocol", WORD, protocol), .required = true,
		.words = protocol_words, .help = "protocol of the service" },
	{ CGN_VALUE("outside", ENDPOINT, outside), .required = true, .family = 4,
		CGN_SECOND(outside_port), .help = "public address and port" },
};
static const struct cgn_schema_key server44_keys[] = {
	{ CGN_VALUE("inside", ENDPOINT, inside), .required = true, .family = 4,
		CGN_SECOND(inside_port), .help = "inside address and port" },
};
static const struct cgn_schema_key server64_keys[] = {
	{ CGN_VALUE("inside", ENDPOINT, inside), .required = true, .family = 6,
		CGN_SECOND(inside_port), .help = "inside address and port" },
};
static const struct cgn_schema_key softwire_keys[] = {
	{ CGN_VALUE("softwire", ADDR, softwire), .required = true, .family = 6,
		.help = "the B4 it is behind" },
};
#undef S
#define SERVER_NAMES "protocol outside"
static const struct cgn_schema server_schema = { CGN_TABLE(server_keys) };
static const struct cgn_schema server44_schema = { CGN_TABLE(server44_keys),
	.base = &server_schema, .names = SERVER_NAMES, .has_src = true };
static const struct cgn_schema server64_schema = { CGN_TABLE(server64_keys),
	.base = &server_schema, .names = SERVER_NAMES, .has_src = true };
static const struct cgn_schema server_ds_lite_schema = { CGN_TABLE(softwire_keys),
	.base = &server44_schema, .names = SERVER_NAMES, .has_src = true };

#define S struct cgn_conf_exempt
static const struct cgn_schema_key exempt_keys[] = {
	{ CGN_VALUE("prefix", PREFIX, prefix), .required = true, .family = 4,
		CGN_LIMITS(0, 32), .help = "where to" },
	{ CGN_VALUE("protocol", WORD, protocol), .words = any_protocol_words,
		.def = CGN_CONF_ANY, .help = "of this protocol" },
	{ CGN_VALUE("port", INT, port), CGN_LIMITS(0, 65535), .def = 0,
		.help = "to this port; 0: any" },
};
#undef S
static const struct cgn_schema exempt_schema = { CGN_TABLE(exempt_keys),
	.names = "prefix protocol port", .has_src = true };

#define S struct cgn_conf_log
static const struct cgn_schema_key log_keys[] = {
	{ CGN_MANY("hosts", REF, hosts), .ref = CGN_REF_LOG_HOST,
		.help = "names of log_hosts" },
	{ CGN_VALUE("events", WORD, events), .words = events_words,
		.def = CGN_CONF_LOG_BLOCKS, .help = "what is logged" },
	{ CGN_VALUE("destinations", BOOL, destinations),
		.help = "sessions with the address and port of their far end" },
};
#undef S
static const struct cgn_schema log_schema = { CGN_TABLE(log_keys) };

#define S struct cgn_conf_redirect
static const struct cgn_schema_key redirect_keys[] = {
	{ CGN_VALUE("port", REF, port), .required = true, .ref = CGN_REF_PORT,
		.help = "port to the other box" },
	{ CGN_VALUE("next_hop", ADDR, next_hop), .required = true,
		.help = "its address, on a network of that port" },
};
#undef S
static const struct cgn_schema redirect_schema = { CGN_TABLE(redirect_keys) };

#define S struct cgn_conf_centralized_backup
static const struct cgn_schema_key centralized_keys[] = {
	{ CGN_VALUE("enable", BOOL, enable), .help = "centralized backup wanted" },
	{ CGN_VALUE("down_number", INT, down_number), CGN_LIMITS(1, 65535),
		.text = "all CPUs of the group",
		.help = "so many failed CPUs switch the instance" },
	{ CGN_VALUE("redirect", GROUP, redirect), CGN_SECOND(redirect.present),
		.sub = &redirect_schema,
		.help = "where traffic goes while switched; absent: by the routing "
			"table" },
	{ CGN_VALUE("auto_switchback", BOOL, auto_switchback), .def = true,
		.help = "return when no CPU is failed" },
	{ CGN_VALUE("switchback_delay", INT, switchback_delay), CGN_LIMITS(0, 86400),
		.help = "and wait this long, s" },
};
#undef S
static const struct cgn_schema centralized_schema = { CGN_TABLE(centralized_keys) };

#define S struct cgn_conf_allow_access
static const struct cgn_schema_key allow_access_keys[] = {
	{ CGN_VALUE("inside_vpn", REF, inside_vpn), .required = true, .ref = CGN_REF_VPN,
		.help = "VPN of the users" },
	{ CGN_VALUE("outside_vpn", REF, outside_vpn), .required = true,
		.ref = CGN_REF_VPN, .help = "VPN of the public addresses" },
};
#undef S
static const struct cgn_schema allow_access_schema = { CGN_TABLE(allow_access_keys) };

#define S struct cgn_conf_inside
static const struct cgn_schema_key inside_keys[] = {
	{ CGN_MANY("ports", REF, ports), .required = true, .ref = CGN_REF_PORT,
		.help = "ports where the users are" },
	{ CGN_VALUE("vpn", REF, vpn), .ref = CGN_REF_VPN, .help = "VPN of the users" },
};
static const struct cgn_schema_key inside64_keys[] = {
	{ CGN_MANY("prefixes", PREFIX, prefixes), .required = true, .family = 6,
		CGN_LIMITS(0, 128), .help = "IPv6 addresses of the users" },
};
#undef S
static const struct cgn_schema inside44_schema = { CGN_TABLE(inside_keys) };
static const struct cgn_schema inside64_schema = { CGN_TABLE(inside64_keys),
	.base = &inside44_schema };

#define S struct cgn_conf_instance
static const struct cgn_schema_key common_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true,
		.help = "name of the instance" },
	{ CGN_VALUE("id", INT, id), .required = true, CGN_LIMITS(1, 65535),
		.help = "its number, once per kind" },
	{ CGN_VALUE("service_instance_group", REF, group), .required = true,
		.ref = CGN_REF_GROUP, .help = "the one group that serves it" },
	{ CGN_MANY("outbound", LIST, outbound), .required = true, .sub = &outbound_schema,
		.most = CGN_CONF_MAX_OUTBOUND,
		.help = "who gets which pool; the first rule that matches decides" },
	{ CGN_VALUE("port_range", GROUP, port_range), .sub = &port_range_schema,
		.help = "how public ports are given out" },
	{ CGN_VALUE("mapping", WORD, mapping), .words = behaviour_words,
		.def = CGN_CONF_ENDPOINT_INDEPENDENT,
		.help = "RFC 4787: a public port per inside port, or per destination "
			"too" },
	{ CGN_VALUE("filtering", WORD, filtering), .words = behaviour_words,
		.def = CGN_CONF_ENDPOINT_INDEPENDENT,
		.help = "RFC 4787: who may reach a public port from outside" },
	{ CGN_VALUE("hairpin", BOOL, hairpin), .def = true,
		.help = "users reach each other by public addresses" },
	{ CGN_VALUE("accounting", BOOL, accounting), .def = true,
		.help = "packets and bytes are counted per session" },
	{ CGN_VALUE("limits", GROUP, limits), .sub = &limits_schema,
		.help = "what a user may have" },
	{ CGN_VALUE("timers", GROUP, timers), .sub = &timers_schema,
		.help = "idle times that end a session" },
	{ CGN_VALUE("tcp_mss", INT, tcp_mss), CGN_LIMITS(0, 9560),
		.help = "largest TCP segment allowed in SYN, from 536; 0: only as "
			"needed" },
	{ CGN_VALUE("alg", FLAG, alg), .words = alg_words,
		.help = "application gateways" },
	{ CGN_VALUE("protocols", FLAG, protocols), .words = other_words,
		.help = "other protocols that are translated, by address alone" },
	{ CGN_VALUE("refusal", WORD, refusal), .words = refusal_words,
		.def = CGN_CONF_REFUSE_SILENTLY,
		.help = "ICMP to the inside when limits or resources forbid a session" },
	{ CGN_VALUE("log", GROUP, log), .sub = &log_schema, .help = "logging" },
	{ CGN_VALUE("centralized_backup", GROUP, centralized_backup),
		CGN_SECOND(centralized_backup.present), .sub = &centralized_schema,
		.help = "cold backup by another box" },
};

#define SERVERS(schema)                                                                  \
	{                                                                                \
		CGN_MANY("servers", LIST, servers),                                      \
			.sub = &(schema),                                                \
			.help = "inside services that are reached from outside"          \
	}

static const struct cgn_schema_key ds_lite_keys[] = {
	SERVERS(server_ds_lite_schema),
	{ CGN_VALUE("local_ipv6", ADDR, local_ipv6), .required = true, .family = 6,
		.help = "address of the AFTR" },
	{ CGN_MANY("remote_ipv6", PREFIX, remote_ipv6), .required = true, .family = 6,
		CGN_LIMITS(16, 128), .help = "B4s that are served; others are dropped" },
	{ CGN_VALUE("prefix_length", INT, prefix_length), CGN_LIMITS(16, 128), .def = 128,
		.help = "bits of the B4's address that identify a user" },
	{ CGN_VALUE("mtu", INT, mtu), CGN_LIMITS(1280, 9600), .def = 1500,
		.help = "largest outer IPv6 packet, bytes" },
	{ CGN_VALUE("traffic_class", INT, traffic_class), CGN_LIMITS(0, 255), .def = -1,
		.words = copy_words, .help = "of outer packets; copy: the inner one's" },
	{ CGN_VALUE("encap_hop_limit", INT, encap_hop_limit), CGN_LIMITS(1, 255),
		.def = 64, .help = "hop limit of outer packets" },
};
static const struct cgn_schema_key nat44_keys[] = {
	SERVERS(server44_schema),
	{ CGN_MANY("exempt", LIST, exempt), .sub = &exempt_schema,
		.help = "destinations that pass untranslated (RFC 6888 REQ-6)" },
	{ CGN_VALUE("inside", GROUP, inside), .required = true, .sub = &inside44_schema,
		.help = "where the users are" },
	{ CGN_VALUE("allow_access", GROUP, allow_access),
		CGN_SECOND(allow_access.present), .sub = &allow_access_schema,
		.help = "from one VPN into another" },
};
static const struct cgn_schema_key nat64_keys[] = {
	SERVERS(server64_schema),
	{ CGN_VALUE("inside", GROUP, inside), .required = true, .sub = &inside64_schema,
		.help = "where the users are" },
	{ CGN_VALUE("prefix", PREFIX, prefix), .required = true, .family = 6,
		CGN_LIMITS(32, 96),
		.help = "IPv6 prefix of IPv4 destinations (RFC 6052)" },
};
#undef S

static const struct cgn_schema common_schema = { CGN_TABLE(common_keys) };

#define INSTANCE_TABLE(table)                                                            \
	CGN_TABLE(table), .base = &common_schema, .names = "name", .has_src = true,      \
			  .has_tag = true,                                               \
			  .tag_at = offsetof(struct cgn_conf_instance, kind)
const struct cgn_schema cgn_schema_ds_lite = { INSTANCE_TABLE(ds_lite_keys) };
const struct cgn_schema cgn_schema_nat44 = { INSTANCE_TABLE(nat44_keys) };
const struct cgn_schema cgn_schema_nat64 = { INSTANCE_TABLE(nat64_keys) };
