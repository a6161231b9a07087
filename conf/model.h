/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_MODEL_H
#define CGN_CONF_MODEL_H

/*
 * The configuration of the box as plain data.
 *
 * A file becomes one struct cgn_conf: read, completed with defaults, its references
 * resolved to indices and everything checked, or refused as a whole. The struct is
 * immutable from then on and owns all it points to; cgn_conf_free() gives everything back
 * at once.
 *
 * Conventions: a list `things` has its length in `n_things`. An index that refers to
 * nothing is CGN_CONF_NONE. Addresses are in network byte order, IPv4 ranges in host byte
 * order. `src` is where the object begins in the configuration, and always the first
 * member. Every object is defaulted: a consumer never asks whether a key was present,
 * except by the `present` member of optional groups.
 */

#include <stdbool.h>
#include <stdint.h>

#define CGN_CONF_NONE	  (-1)
#define CGN_CONF_NAME_LEN 32 /* names are 1..31 characters and a terminating zero */

struct cgn_conf_src {
	const char *file;
	int line;
};

/* family is 4 or 6 (0: not set); an IPv4 address uses bytes[0..3]. */
struct cgn_conf_addr {
	uint8_t family;
	uint8_t bytes[16];
};

/* A network: the bits behind len are zero. */
struct cgn_conf_prefix {
	struct cgn_conf_addr addr;
	uint8_t len;
};

/* IPv4 addresses first..last inclusive, host byte order. */
struct cgn_conf_range {
	uint32_t first;
	uint32_t last;
};

/* A reference to a named object of the list that the member's comment tells. */
struct cgn_conf_ref {
	char name[CGN_CONF_NAME_LEN];
	int32_t index;
};

/* ---- node, dpdk ---- */

struct cgn_conf_node {
	char name[CGN_CONF_NAME_LEN];
	const char *run_dir; /* control socket, pid file, telemetry */
	const char *group;   /* unix group that may use the control socket; "" none */
};

enum cgn_conf_idle { CGN_CONF_IDLE_SLEEP, CGN_CONF_IDLE_POLL };
enum cgn_conf_on_crash { CGN_CONF_CRASH_ISOLATE, CGN_CONF_CRASH_EXIT };

struct cgn_conf_dpdk {
	const char *lcores; /* EAL --lcores, as written */
	uint32_t control_lcore;
	uint32_t *io_lcores; /* line cards; none: board CPUs poll the ports */
	uint32_t n_io_lcores;
	bool hugepages;
	uint32_t memory_mb;
	enum cgn_conf_idle idle;
	enum cgn_conf_on_crash on_crash;
	const char **extra_args;
	uint32_t n_extra_args;
};

/* ---- ports, routes ---- */

/* An address of the box with the length of its connected network. */
struct cgn_conf_ifaddr {
	struct cgn_conf_addr addr;
	uint8_t len;
};

struct cgn_conf_port {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	const char *device; /* PCI address or vdev string; "" on a sub-interface */
	struct cgn_conf_ref
		parent; /* port whose VLAN this is; index CGN_CONF_NONE: physical */
	uint32_t vlan;	/* 1..4094 on a sub-interface, else 0 */
	struct cgn_conf_ref vpn; /* vpns[] */
	uint32_t mtu;		 /* of the IP packet */
	uint32_t rx_queues;
	struct cgn_conf_ifaddr *addresses;
	uint32_t n_addresses;
};

struct cgn_conf_route {
	struct cgn_conf_src src;
	struct cgn_conf_prefix prefix;
	struct cgn_conf_addr next_hop;
	struct cgn_conf_ref vpn; /* vpns[] */
	int32_t port;		 /* ports[]: where next_hop is connected */
};

/* ---- boards, licence, locations, groups ---- */

/* sessions and users are this CPU's even share of the licence of its slot. */
struct cgn_conf_cpu {
	struct cgn_conf_src src;
	uint32_t cpu;
	uint32_t lcore;
	uint32_t slot;
	int32_t board; /* boards[] */
	uint32_t sessions;
	uint32_t users;
};

struct cgn_conf_board {
	struct cgn_conf_src src;
	uint32_t slot;
	struct cgn_conf_cpu *cpus;
	uint32_t n_cpus;
	int32_t license; /* license[] */
};

struct cgn_conf_license {
	struct cgn_conf_src src;
	uint32_t slot;
	uint32_t sessions;
	uint32_t users;
	bool nat44;
	bool ds_lite;
	bool nat64;
	int32_t board; /* boards[] */
};

/* A place on a board; index into the flat list cgn_conf.cpus. */
struct cgn_conf_cpu_ref {
	bool present;
	uint32_t slot;
	uint32_t cpu;
	int32_t index;
};

/* The VRRP group (port, vrid); index into vrrp[]. */
struct cgn_conf_vrrp_ref {
	bool present;
	struct cgn_conf_ref port; /* ports[] */
	uint32_t vrid;
	int32_t index;
};

struct cgn_conf_remote_backup {
	bool present;
	struct cgn_conf_ref port; /* ports[] */
	struct cgn_conf_addr peer;
	const char *key_file;
};

struct cgn_conf_location {
	struct cgn_conf_src src;
	uint32_t id;
	struct cgn_conf_cpu_ref active; /* always present */
	struct cgn_conf_cpu_ref backup; /* inter-board */
	struct cgn_conf_remote_backup remote_backup;
	struct cgn_conf_vrrp_ref vrrp;
};

/* A reference to a service-location by its id. */
struct cgn_conf_location_ref {
	uint32_t id;
	int32_t index; /* locations[] */
};

struct cgn_conf_member {
	struct cgn_conf_src src;
	struct cgn_conf_location_ref location;
	uint32_t weight;
};

struct cgn_conf_backup_cpu {
	struct cgn_conf_src src;
	struct cgn_conf_cpu_ref cpu;
};

struct cgn_conf_group {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	struct cgn_conf_member *members; /* service_locations */
	uint32_t n_members;
	struct cgn_conf_backup_cpu *backup_cpus;
	uint32_t n_backup_cpus;
};

/* ---- ha, vrrp ---- */

enum cgn_conf_block_commit { CGN_CONF_COMMIT_ASYNCHRONOUS, CGN_CONF_COMMIT_SYNCHRONOUS };

struct cgn_conf_ha {
	bool hot_backup;
	uint32_t delay_time;   /* s */
	uint32_t preempt_time; /* s */
	bool batch_backup;
	uint32_t batch_interval; /* s */
	uint32_t detect_ms;
	enum cgn_conf_block_commit block_commit;
	uint32_t adopt_delay; /* s */
	uint32_t switchover_timeout_percent;
	uint32_t pacing_mbps;
};

/* One tracked thing: a location or a port, the other index is CGN_CONF_NONE. */
struct cgn_conf_track {
	struct cgn_conf_src src;
	struct cgn_conf_location_ref location;
	struct cgn_conf_ref port; /* ports[] */
	uint32_t reduced;
};

struct cgn_conf_vrrp {
	struct cgn_conf_src src;
	struct cgn_conf_ref port; /* ports[] */
	uint32_t vrid;
	bool admin;
	uint32_t priority;
	uint32_t peer_priority; /* what the other box has; 0: not told */
	uint32_t advert_ms;
	struct cgn_conf_addr *addresses;
	uint32_t n_addresses;
	bool preempt;
	uint32_t preempt_delay; /* s */
	uint32_t recover_delay; /* s */
	struct cgn_conf_track *track;
	uint32_t n_track;
	struct cgn_conf_vrrp_ref follow; /* vrrp[]: the admin group this one moves with */
};

/* ---- address groups, ACLs ---- */

struct cgn_conf_address_group {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	uint32_t id;
	struct cgn_conf_ref vpn; /* vpns[]: the outside VPN of its addresses */
	struct cgn_conf_range *addresses;
	uint32_t n_addresses;
	struct cgn_conf_range *exclude;
	uint32_t n_exclude;
	bool locked; /* nothing new is given out */
	struct cgn_conf_ref
		overload; /* address_groups[]: used when this one is exhausted */
	/* addresses without exclude: ascending, disjoint, never adjacent */
	struct cgn_conf_range *pool;
	uint32_t n_pool;
	uint64_t size;	       /* addresses in pool */
	int32_t service_group; /* groups[]: the group whose instances use it */
};

/* Permitted: inside any permit prefix (none given: any) and inside no deny prefix. */
struct cgn_conf_acl {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	struct cgn_conf_prefix *permit;
	uint32_t n_permit;
	struct cgn_conf_prefix *deny;
	uint32_t n_deny;
};

/* ---- instances ---- */

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
	uint32_t alg; /* enum cgn_conf_alg bits */
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
	struct cgn_conf_prefix prefix;		   /* NAT64: RFC 6052 */
};

/* ---- log hosts, monitoring ---- */

enum cgn_conf_log_format { CGN_CONF_FORMAT_SYSLOG, CGN_CONF_FORMAT_IPFIX };

struct cgn_conf_log_host {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	struct cgn_conf_addr address;
	uint32_t port;
	enum cgn_conf_log_format format;
};

struct cgn_conf_monitor_group {
	struct cgn_conf_src src;
	char name[CGN_CONF_NAME_LEN];
	struct cgn_conf_location_ref *locations;
	uint32_t n_locations;
	uint32_t down_number;
	struct cgn_conf_ref *ports; /* ports[] */
	uint32_t n_ports;
};

/* ---- the whole ---- */

struct cgn_conf_arena;

struct cgn_conf {
	const char *path;
	struct cgn_conf_node node;
	struct cgn_conf_dpdk dpdk;
	struct cgn_conf_ha ha;
	const char **vpns; /* vpns[0] is "", the global one */
	uint32_t n_vpns;
	struct cgn_conf_port *ports;
	uint32_t n_ports;
	struct cgn_conf_route *routes;
	uint32_t n_routes;
	struct cgn_conf_board *boards;
	uint32_t n_boards;
	struct cgn_conf_cpu **cpus; /* all boards' CPUs, in order of boards[] */
	uint32_t n_cpus;
	struct cgn_conf_license *license;
	uint32_t n_license;
	struct cgn_conf_location *locations;
	uint32_t n_locations;
	struct cgn_conf_group *groups;
	uint32_t n_groups;
	struct cgn_conf_vrrp *vrrp;
	uint32_t n_vrrp;
	struct cgn_conf_address_group *address_groups;
	uint32_t n_address_groups;
	struct cgn_conf_acl *acls;
	uint32_t n_acls;
	struct cgn_conf_instance *instances; /* all kinds */
	uint32_t n_instances;
	struct cgn_conf_log_host *log_hosts;
	uint32_t n_log_hosts;
	struct cgn_conf_monitor_group *monitor_groups;
	uint32_t n_monitor_groups;
	struct cgn_conf_arena *arena;
};

#endif
