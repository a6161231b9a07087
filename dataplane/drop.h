/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every reason for which a packet may disappear: one list gives the enum, the counter,
 * the text of `cgnctl show statistics` and the table in doc/. A packet that was received
 * is sent, handed over, given to the control lcore, held (bounded), or counted here. */
#ifndef CGN_DATAPLANE_DROP_H
#define CGN_DATAPLANE_DROP_H

/* X(NAME, "name", "what happened", "RFC clause or empty") */
#define CGN_DROPS(X)                                                                     \
	X(RUNT, "runt", "frame shorter than its headers", "")                            \
	X(ETHERTYPE, "ethertype", "neither ARP, IPv4 nor IPv6", "")                      \
	X(VLAN, "vlan_unknown", "VLAN without a sub-interface", "")                      \
	X(NOT_FOR_US, "not_for_us", "unicast frame for another station", "")             \
	X(IP4_HEADER, "ip4_header", "IPv4 version, header or total length lies", "")     \
	X(IP4_CHECKSUM, "ip4_checksum", "IPv4 header checksum wrong", "RFC 1812 5.2.2")  \
	X(IP6_HEADER, "ip6_header", "IPv6 version, length or extension header lies",     \
		"RFC 8200 4")                                                            \
	X(L4_HEADER, "l4_header", "transport header cut off or impossible", "")          \
	X(MARTIAN, "martian", "source address that no host may have", "RFC 1812 5.3.7")  \
	X(MULTICAST, "multicast", "multicast or broadcast that nothing listens to", "")  \
	X(VRRP, "vrrp", "VRRP advertisement that lies or is for no router here",         \
		"RFC 9568 7.1")                                                          \
	X(TTL, "ttl_exceeded", "time to live or hop limit used up", "RFC 1812 5.3.1")    \
	X(NO_ROUTE, "no_route", "no route to the destination", "")                       \
	X(BLACKHOLE, "blackhole", "route says discard", "")                              \
	X(MTU, "packet_too_big", "larger than the way out and not to be fragmented",     \
		"RFC 1191 4")                                                            \
	X(NEIGHBOUR, "neighbour_unresolved",                                             \
		"no answer, or too many held, for the next hop", "RFC 4861 7.2.2")       \
	X(ARP, "arp", "ARP packet that lies", "RFC 826")                                 \
	X(ND, "neighbour_discovery",                                                     \
		"hop limit, code or options of discovery are wrong", "RFC 4861 7.1")     \
	X(HOST_PROTOCOL, "host_protocol",                                                \
		"for the box itself, which does not speak this", "RFC 1122 3.2.2.1")     \
	X(HOST_RATE, "host_rate", "more for the box itself than it answers in a second", \
		"RFC 4443 2.4")                                                          \
	X(TAP, "tap",                                                                    \
		"the kernel did not take it from its tap, or the frame is too short",    \
		"")                                                                      \
	X(SOFTWIRE_SOURCE, "softwire_source", "B4 address outside remote_ipv6",          \
		"RFC 6333 11")                                                           \
	X(SOFTWIRE_PROTOCOL, "softwire_protocol",                                        \
		"packet for the AFTR that is no IPv4-in-IPv6", "RFC 6333 5")             \
	X(INNER_HEADER, "inner_header", "inner IPv4 header lies or is cut off", "")      \
	X(NESTED, "nested_tunnel", "inner packet is a tunnel packet again",              \
		"RFC 2473 8")                                                            \
	X(ECN, "tunnel_congestion",                                                      \
		"congestion in the softwire, and the inner packet knows no ECN",         \
		"RFC 6040 4.2")                                                          \
	X(TUNNEL_MTU, "tunnel_mtu_learnt", "packet too big from the softwire, noted",    \
		"RFC 2473 7.2")                                                          \
	X(FRAGMENT, "fragment", "fragment that cannot be matched to its first", "")      \
	X(FRAGMENT_SPACE, "fragment_space", "fragment memory or per-user share is full", \
		"RFC 4787 REQ-14a")                                                      \
	X(FRAGMENT_OVERLAP, "fragment_overlap", "fragments overlap", "RFC 5722 4")       \
	X(FRAGMENT_TIMEOUT, "fragment_timeout", "fragments never completed", "")         \
	X(ACL, "acl_denied", "user is denied by the instance's ACL", "")                 \
	X(PROTOCOL, "protocol", "transport that the instance does not translate", "")    \
	X(PROTOCOL_BUSY, "protocol_busy",                                                \
		"another user of the address has this protocol with that peer", "")      \
	X(ICMP_TYPE, "icmp_type", "ICMP type that is not translated", "RFC 5508 REQ-11") \
	X(ICMP_CHECKSUM, "icmp_checksum",                                                \
		"ICMP error with a wrong checksum, its own or the quoted header's",      \
		"RFC 5508 REQ-3")                                                        \
	X(ICMP_NO_SESSION, "icmp_no_session", "ICMP error about an unknown session",     \
		"RFC 5508 REQ-4")                                                        \
	X(NO_MAPPING, "no_mapping", "inbound packet to a port nobody holds", "")         \
	X(FILTERED, "filtered", "inbound packet from a peer the user never sent to",     \
		"RFC 4787 REQ-8")                                                        \
	X(TCP_NO_SYN, "tcp_no_syn", "TCP segment without a session that is no SYN", "")  \
	X(ALG_ORDER, "alg_order",                                                        \
		"segment of a followed control connection ahead of a missing one",       \
		"RFC 3022 4.4")                                                          \
	X(SYN_ANSWERED, "syn_answered", "held SYN whose flow the inside has opened",     \
		"RFC 5382 REQ-4")                                                        \
	X(HAIRPIN, "hairpin", "hairpin is off, or would loop", "RFC 4787 REQ-9")         \
	X(USERS_FULL, "users_full", "user table (licence) is full", "RFC 6888 REQ-11")   \
	X(SESSIONS_FULL, "sessions_full", "session table (licence) is full",             \
		"RFC 6888 REQ-11")                                                       \
	X(NO_ADDRESS, "no_address", "no public address has a free block",                \
		"RFC 6888 REQ-11")                                                       \
	X(NO_BLOCK, "no_block", "user's address has no free block left",                 \
		"RFC 6888 REQ-11")                                                       \
	X(NO_PORT, "no_port", "user's blocks are full and no more are allowed",          \
		"RFC 6888 REQ-11")                                                       \
	X(LIMIT_SESSIONS, "limit_sessions", "user's session limit", "RFC 6888 REQ-5")    \
	X(LIMIT_PORTS, "limit_ports", "user's port limit", "RFC 6888 REQ-4")             \
	X(LIMIT_RATE, "limit_create_rate", "user's session creation rate",               \
		"RFC 6888 REQ-4C")                                                       \
	X(LIMIT_BOARD_RATE, "limit_board_rate",                                          \
		"session creation rate of the board's CPU", "RFC 6888 REQ-5B")           \
	X(LIMIT_REVERSE, "limit_reverse", "user's inbound session limit",                \
		"RFC 6888 REQ-5")                                                        \
	X(LOCATION_DOWN, "location_down", "no CPU hosts the service location", "")       \
	X(STRAY, "stray", "came from the other box, which translates for its location",  \
		"")                                                                      \
	X(STALE, "stale",                                                                \
		"waited while this box was stopped, and the other may have taken over",  \
		"")                                                                      \
	X(MOVING, "user_moving", "a reload moves the user; what it had ends first", "")  \
	X(LICENSE, "no_license", "board lacks the licence for the instance", "")         \
	X(HANDOVER_FULL, "handover_full",                                                \
		"ring to the CPU that hosts the location is full", "")                   \
	X(PUNT_FULL, "punt_full", "ring to the control lcore is full", "")               \
	X(TX_FULL, "tx_full", "port took no more packets", "")                           \
	X(NO_MBUF, "no_mbuf", "out of packet buffers", "")                               \
	X(LOOP, "loop", "packet came back too often inside the box", "")                 \
	X(CPU_FAILED, "cpu_failed", "was in the hands of a CPU that failed", "")

enum cgn_drop {
#define X(id, name, text, rfc) CGN_DROP_##id,
	CGN_DROPS(X)
#undef X
		CGN_DROP_REASONS
};

/* Name, explanation and RFC clause of a reason; any lcore. */
const char *cgn_drop_name(enum cgn_drop reason);
const char *cgn_drop_text(enum cgn_drop reason);
const char *cgn_drop_rfc(enum cgn_drop reason);

#endif
