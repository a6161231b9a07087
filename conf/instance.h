/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_INSTANCE_H
#define CGN_CONF_INSTANCE_H

/* The part of the configuration that is policy: DS-Lite, NAT44 and NAT64 instances, which
 * are one struct; conventions in conf/model.h. */

#include "conf/values.h"

enum cgn_conf_kind { CGN_CONF_DS_LITE, CGN_CONF_NAT44, CGN_CONF_NAT64 };

enum cgn_conf_port_mode {
	CGN_CONF_PORTS_DYNAMIC,
	CGN_CONF_PORTS_STATIC,
	CGN_CONF_PORTS_SEMI_DYNAMIC,
	CGN_CONF_PORTS_SINGLE,
	CGN_CONF_PORTS_DETERMINISTIC,
};

/* For mapping and for filtering. */
enum cgn_conf_behaviour { CGN_CONF_ENDPOINT_INDEPENDENT, CGN_CONF_ENDPOINT_DEPENDENT };

enum cgn_conf_profile { CGN_CONF_PROFILE_RFC, CGN_CONF_PROFILE_HUAWEI };

enum cgn_conf_log_events { CGN_CONF_LOG_BLOCKS, CGN_CONF_LOG_SESSIONS, CGN_CONF_LOG_ALL };

enum cgn_conf_protocol { CGN_CONF_TCP, CGN_CONF_UDP, CGN_CONF_ICMP, CGN_CONF_ANY };

/* Bits of cgn_conf_instance.protocols: translated by address alone. */
enum cgn_conf_other {
	CGN_CONF_GRE = 1 << 0,
	CGN_CONF_ESP = 1 << 1,
	CGN_CONF_SCTP = 1 << 2,
	CGN_CONF_UDP_LITE = 1 << 3,
	CGN_CONF_IPIP = 1 << 4,
};

/* What the inside hears when resources have ended. */
enum cgn_conf_refusal {
	CGN_CONF_REFUSE_SILENTLY,
	CGN_CONF_REFUSE_HOST,  /* ICMP 3/1 */
	CGN_CONF_REFUSE_ADMIN, /* ICMP 3/13 */
};

/* Bits of cgn_conf_instance.alg. */
enum cgn_conf_alg {
	CGN_CONF_ALG_FTP = 1 << 0,
	CGN_CONF_ALG_PPTP = 1 << 1,
	CGN_CONF_ALG_RTSP = 1 << 2,
	CGN_CONF_ALG_SIP = 1 << 3,
};

struct cgn_conf_outbound {
	struct cgn_conf_src src;
	struct cgn_conf_ref acl;	   /* acls[]; CGN_CONF_NONE: "any" */
	struct cgn_conf_ref address_group; /* address_groups[] */
};

struct cgn_conf_port_range {
	enum cgn_conf_port_mode mode;
	uint32_t size;
	uint32_t extended_size;
	uint32_t extended_times;
};

/* Per user. */
struct cgn_conf_session_limits {
	uint32_t total;
	uint32_t tcp;
	uint32_t udp;
	uint32_t icmp;
};

struct cgn_conf_port_limits {
	uint32_t tcp;
	uint32_t udp;
	uint32_t icmp;
};

struct cgn_conf_limits {
	struct cgn_conf_session_limits sessions;
	struct cgn_conf_session_limits reverse_sessions;
	struct cgn_conf_port_limits ports;
	uint32_t create_rate;	    /* new sessions per second and user */
	uint32_t users_per_address; /* 0: no limit */
};

/* Seconds; the profile's value where a timer is not set alone, so never 0. */
struct cgn_conf_timers {
	enum cgn_conf_profile profile;
	uint32_t tcp_established;
	uint32_t tcp_transitory;
	uint32_t tcp_closing; /* where not given: tcp_transitory */
	uint32_t tcp_syn;
	uint32_t udp;
	uint32_t icmp;
	uint32_t fragment;
};

struct cgn_conf_server {
	struct cgn_conf_src src;
	enum cgn_conf_protocol protocol;
	struct cgn_conf_addr outside;  /* IPv4 */
	uint16_t outside_port;	       /* host byte order */
	struct cgn_conf_addr softwire; /* the B4; family 0 except on DS-Lite */
	struct cgn_conf_addr inside;   /* IPv6 on NAT64, else IPv4 */
	uint16_t inside_port;	       /* host byte order */
};

/* A destination that passes untranslated. */
struct cgn_conf_exempt {
	struct cgn_conf_src src;
	struct cgn_conf_prefix prefix; /* IPv4 */
	enum cgn_conf_protocol protocol;
	uint32_t port; /* 0: any */
};

struct cgn_conf_log {
	struct cgn_conf_ref *hosts; /* log_hosts[] */
	uint32_t n_hosts;
	enum cgn_conf_log_events events;
	bool destinations; /* sessions with their far end (RFC 6888 REQ-12) */
};

struct cgn_conf_redirect {
	bool present;
	struct cgn_conf_ref port; /* ports[] */
	struct cgn_conf_addr next_hop;
};

struct cgn_conf_centralized_backup {
	bool present;
	bool enable;
	uint32_t down_number; /* 0: not set, all CPUs of the group */
	struct cgn_conf_redirect redirect;
	bool auto_switchback;
	uint32_t switchback_delay; /* s */
};

struct cgn_conf_allow_access {
	bool present;
	struct cgn_conf_ref inside_vpn;	 /* vpns[] */
	struct cgn_conf_ref outside_vpn; /* vpns[] */
};

/* Where the users of a NAT44 or NAT64 instance come from. */
struct cgn_conf_inside {
	struct cgn_conf_ref *ports; /* ports[] */
	uint32_t n_ports;
	struct cgn_conf_ref vpn;	  /* vpns[] */
	struct cgn_conf_prefix *prefixes; /* NAT64 only */
	uint32_t n_prefixes;
};

/* Keys that a kind does not have keep their default or are empty. */
struct cgn_conf_instance {
	struct cgn_conf_src src;
	enum cgn_conf_kind kind;
	char name[CGN_CONF_NAME_LEN];	    /* unique over all kinds */
	uint32_t id;			    /* unique in its kind */
	struct cgn_conf_ref group;	    /* groups[] */
	struct cgn_conf_outbound *outbound; /* the first whose ACL permits decides */
	uint32_t n_outbound;
	int32_t inside_vpn;  /* vpns[]: of the users; DS-Lite: of the tunnels */
	int32_t outside_vpn; /* vpns[]: of the public addresses */
	struct cgn_conf_port_range port_range;
	enum cgn_conf_behaviour mapping;
	enum cgn_conf_behaviour filtering;
	bool hairpin;
	bool accounting; /* per-session packet and byte counters */
	struct cgn_conf_limits limits;
	struct cgn_conf_timers timers;
	uint32_t tcp_mss; /* 0: only where the tunnel needs it */
	struct cgn_conf_server *servers;
	uint32_t n_servers;
	uint32_t alg;	    /* enum cgn_conf_alg bits */
	uint32_t protocols; /* enum cgn_conf_other bits */
	enum cgn_conf_refusal refusal;
	struct cgn_conf_log log;
	struct cgn_conf_centralized_backup centralized_backup;

	/* DS-Lite */
	struct cgn_conf_addr local_ipv6;
	struct cgn_conf_prefix *remote_ipv6;
	uint32_t n_remote_ipv6;
	uint32_t prefix_length;
	uint32_t mtu;	       /* of the outer IPv6 packet */
	int32_t traffic_class; /* -1: copied from the inner packet */
	uint32_t encap_hop_limit;

	/* NAT44, NAT64 */
	struct cgn_conf_inside inside;
	struct cgn_conf_allow_access allow_access; /* NAT44 */
	struct cgn_conf_exempt *exempt;		   /* NAT44 */
	uint32_t n_exempt;
	struct cgn_conf_prefix prefix; /* NAT64: RFC 6052 */
};

#endif
