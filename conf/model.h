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

#include "conf/instance.h"
#include "conf/values.h"

/* ---- node, dpdk ---- */

struct cgn_conf_node {
	char name[CGN_CONF_NAME_LEN];
	const char *run_dir;   /* control socket, pid file, telemetry */
	const char *state_dir; /* what outlives a restart; "": beside the file, or that of
				* the service manager */
	const char *group;     /* unix group that may use the control socket; "" none */
};

enum cgn_conf_idle { CGN_CONF_IDLE_SLEEP, CGN_CONF_IDLE_POLL };
enum cgn_conf_on_crash { CGN_CONF_CRASH_ISOLATE, CGN_CONF_CRASH_EXIT };

struct cgn_conf_dpdk {
	const char *lcores; /* EAL --lcores, as written */
	uint32_t control_lcore;
	uint32_t *io_lcores; /* line cards; none: board CPUs poll the ports */
	uint32_t n_io_lcores;
	bool hugepages;
	bool multi_process; /* other DPDK processes may attach; hugepages are files */
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
	const char *tap; /* interface of the kernel beside the port; "" none */
};

struct cgn_conf_route {
	struct cgn_conf_src src;
	struct cgn_conf_prefix prefix;
	struct cgn_conf_addr next_hop;
	struct cgn_conf_ref vpn; /* vpns[] */
	uint32_t distance;	 /* a learnt route has CGN_CONF_LEARNT_DISTANCE */
	int32_t port;		 /* ports[]: where next_hop is connected */
};

/* Of routes for the same prefix the one with the lowest distance is used; between two of
 * them the static one. */
#define CGN_CONF_LEARNT_DISTANCE 20

/* The kernel's routing table for a VPN. */
struct cgn_conf_routing_table {
	struct cgn_conf_src src;
	struct cgn_conf_ref vpn; /* vpns[] */
	uint32_t table;
};

#define CGN_CONF_MAIN_TABLE 254 /* of the kernel, for the global VPN */

/* Routing beside the box; off unless the group is there. */
struct cgn_conf_routing {
	bool present;
	bool learn, announce;
	const char *device;   /* of the kernel, for what is announced */
	uint32_t withdraw_ms; /* between taking back and ending */
	uint32_t *protocols;  /* of the kernel's routes that are learnt; none: all */
	uint32_t n_protocols;
	uint32_t max_routes;
	struct cgn_conf_routing_table *tables;
	uint32_t n_tables;
};

/* ---- boards, licence, locations, groups ---- */

/* sessions, users and create_rate are this CPU's even share of the licence of its slot.
 */
struct cgn_conf_cpu {
	struct cgn_conf_src src;
	uint32_t cpu;
	uint32_t lcore;
	uint32_t slot;
	int32_t board; /* boards[] */
	uint32_t sessions;
	uint32_t users;
	uint32_t create_rate; /* 0: no limit */
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
	uint32_t create_rate;
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

/* When pools and licences are told to fill up, per cent of what there is. */
struct cgn_conf_thresholds {
	uint32_t high; /* 0: never */
	uint32_t low;
};

/* Ports that have come back (RFC 6888 REQ-8). */
struct cgn_conf_quarantine {
	uint32_t time;	/* s before another user gets them; 0: at once */
	uint32_t ports; /* of a public address that may wait, the rest is free at once */
};

/* Prometheus metrics over HTTP; off unless the group is there. */
struct cgn_conf_metrics {
	bool present;
	struct cgn_conf_addr address;
	uint32_t port;
};

/* One tracked thing: a location, a port (the indices of others are CGN_CONF_NONE), or the
 * next hop of a route, in the VPN of the group's port. */
struct cgn_conf_track {
	struct cgn_conf_src src;
	struct cgn_conf_location_ref location;
	struct cgn_conf_ref port; /* ports[] */
	struct cgn_conf_addr next_hop;
	int32_t next_port; /* ports[] that it is behind */
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

/* ---- log hosts, monitoring ---- */

enum cgn_conf_log_format {
	CGN_CONF_FORMAT_SYSLOG,
	CGN_CONF_FORMAT_IPFIX,
	CGN_CONF_FORMAT_NETFLOW9,
};

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
	const char *text; /* of the file, with what it includes in its place */
	struct cgn_conf_node node;
	struct cgn_conf_dpdk dpdk;
	struct cgn_conf_ha ha;
	struct cgn_conf_quarantine quarantine;
	struct cgn_conf_thresholds thresholds;
	struct cgn_conf_metrics metrics;
	const char **vpns; /* vpns[0] is "", the global one */
	uint32_t n_vpns;
	struct cgn_conf_port *ports;
	uint32_t n_ports;
	struct cgn_conf_route *routes;
	uint32_t n_routes;
	struct cgn_conf_routing routing;
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
	const struct cgn_reader_mark *marks; /* for cgn_conf_place() */
	uint32_t n_marks;
	struct cgn_conf_arena *arena;
};

#endif
