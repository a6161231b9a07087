/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of redundancy: service_locations, service_instance_groups, ha, vrrp,
 * monitor_location_groups. Constant data; see conf/schema.h.
 */

#include "conf/schema.h"

#define S struct cgn_conf_cpu_ref
static const struct cgn_schema_key place_keys[] = {
	{ CGN_VALUE("slot", INT, slot), .required = true, CGN_LIMITS(1, 255),
		.help = "slot of the board" },
	{ CGN_VALUE("cpu", INT, cpu), CGN_LIMITS(0, 63), .help = "CPU of the board" },
};
#undef S
static const struct cgn_schema place_schema = { CGN_TABLE(place_keys) };

#define S struct cgn_conf_backup_cpu
static const struct cgn_schema_key backup_cpu_keys[] = {
	{ CGN_VALUE("slot", INT, cpu.slot), .required = true, CGN_LIMITS(1, 255),
		.help = "slot of the board" },
	{ CGN_VALUE("cpu", INT, cpu.cpu), CGN_LIMITS(0, 63), .help = "CPU of the board" },
};
#undef S
static const struct cgn_schema backup_cpu_schema = { CGN_TABLE(backup_cpu_keys),
	.names = "slot cpu", .has_src = true };

#define S struct cgn_conf_remote_backup
static const struct cgn_schema_key remote_backup_keys[] = {
	{ CGN_VALUE("port", REF, port), .required = true, .ref = CGN_REF_PORT,
		.help = "port of the channel" },
	{ CGN_VALUE("peer", ADDR, peer), .required = true,
		.help = "address of the other box" },
	{ CGN_VALUE("key_file", STRING, key_file), .required = true, CGN_LIMITS(1, 1000),
		.text = "",
		.help = "file with the channel's key, not readable by others; a relative "
			"name counts from the directory of this configuration file" },
};
#undef S
static const struct cgn_schema remote_backup_schema = { CGN_TABLE(remote_backup_keys) };

#define S struct cgn_conf_vrrp_ref
static const struct cgn_schema_key vrrp_ref_keys[] = {
	{ CGN_VALUE("port", REF, port), .required = true, .ref = CGN_REF_PORT,
		.help = "port of the VRRP group" },
	{ CGN_VALUE("vrid", INT, vrid), .required = true, CGN_LIMITS(1, 255),
		.help = "its virtual router id" },
};
#undef S
static const struct cgn_schema vrrp_ref_schema = { CGN_TABLE(vrrp_ref_keys) };

#define S struct cgn_conf_location
static const struct cgn_schema_key location_keys[] = {
	{ CGN_VALUE("id", INT, id), .required = true, CGN_LIMITS(1, 65535),
		.help = "id, the same on both boxes" },
	{ CGN_VALUE("slot", INT, active.slot), .required = true, CGN_LIMITS(1, 255),
		.help = "slot of the board that hosts it" },
	{ CGN_VALUE("cpu", INT, active.cpu), CGN_LIMITS(0, 63),
		.help = "CPU of that board" },
	{ CGN_VALUE("backup", GROUP, backup), CGN_SECOND(backup.present),
		.sub = &place_schema, .help = "inter-board backup: the standby CPU" },
	{ CGN_VALUE("remote_backup", GROUP, remote_backup),
		CGN_SECOND(remote_backup.present), .sub = &remote_backup_schema,
		.help = "inter-chassis backup: the channel to the other box" },
	{ CGN_VALUE("vrrp", GROUP, vrrp), CGN_SECOND(vrrp.present),
		.sub = &vrrp_ref_schema,
		.help = "the VRRP group whose state is the location's role" },
};
#undef S
const struct cgn_schema cgn_schema_location = { CGN_TABLE(location_keys), .names = "id",
	.has_src = true };

#define S struct cgn_conf_member
static const struct cgn_schema_key member_keys[] = {
	{ CGN_VALUE("id", LOCATION, location), .required = true, .ref = CGN_REF_LOCATION,
		CGN_LIMITS(1, 65535), .help = "id of the service-location" },
	{ CGN_VALUE("weight", INT, weight), CGN_LIMITS(1, 65535), .def = 1,
		.help = "its share of the users" },
};
#undef S
static const struct cgn_schema member_schema = { CGN_TABLE(member_keys), .names = "id",
	.has_src = true };

#define S struct cgn_conf_group
static const struct cgn_schema_key group_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true, .help = "name of the group" },
	{ CGN_MANY("service_locations", LIST, members), .sub = &member_schema,
		.most = CGN_CONF_MAX_OF_GROUP,
		.help = "the locations that share the users" },
	{ CGN_MANY("backup_cpus", LIST, backup_cpus), .sub = &backup_cpu_schema,
		.help = "CPUs that take locations whose active and standby CPUs failed" },
};
#undef S
const struct cgn_schema cgn_schema_group = { CGN_TABLE(group_keys), .names = "name",
	.has_src = true };

static const struct cgn_schema_word commit_words[] = {
	{ "asynchronous", CGN_CONF_COMMIT_ASYNCHRONOUS },
	{ "synchronous", CGN_CONF_COMMIT_SYNCHRONOUS },
	{ NULL, 0 },
};

#define S struct cgn_conf_ha
static const struct cgn_schema_key ha_keys[] = {
	{ CGN_VALUE("hot_backup", BOOL, hot_backup),
		.help = "true: session tables too; false: users, blocks and pool "
			"entries" },
	{ CGN_VALUE("delay_time", INT, delay_time), CGN_LIMITS(1, 300), .def = 1,
		.help = "a session is copied once it has lived this long, s" },
	{ CGN_VALUE("preempt_time", INT, preempt_time), CGN_LIMITS(0, 86400), .def = 300,
		.help = "inter-board switch-back after the CPU has recovered, s" },
	{ CGN_VALUE("batch_backup", BOOL, batch_backup), .def = true,
		.help = "periodic consistency pass" },
	{ CGN_VALUE("batch_interval", INT, batch_interval), CGN_LIMITS(1, 604800),
		.def = 3600, .help = "time between two passes, s" },
	{ CGN_VALUE("detect_ms", INT, detect_ms), CGN_LIMITS(1, 10000), .def = 20,
		.help = "a CPU silent for this long has failed, ms" },
	{ CGN_VALUE("block_commit", WORD, block_commit), .words = commit_words,
		.def = CGN_CONF_COMMIT_ASYNCHRONOUS,
		.help = "a new port block is used at once, or when the standby has it" },
	{ CGN_VALUE("adopt_delay", INT, adopt_delay), CGN_LIMITS(0, 3600), .def = 10,
		.help = "wait before new blocks come from addresses of a lost peer, s" },
	{ CGN_VALUE("switchover_timeout_percent", INT, switchover_timeout_percent),
		CGN_LIMITS(1, 100), .def = 50,
		.help = "share of its lifetime a session keeps at a switch-over, %" },
	{ CGN_VALUE("pacing_mbps", INT, pacing_mbps), CGN_LIMITS(1, 400000), .def = 1000,
		.help = "upper bound of the channel's rate, Mbit/s" },
};
#undef S
const struct cgn_schema cgn_schema_ha = { CGN_TABLE(ha_keys) };

#define S struct cgn_conf_track
static const struct cgn_schema_key track_keys[] = {
	{ CGN_VALUE("service_location", LOCATION, location), .ref = CGN_REF_LOCATION,
		CGN_LIMITS(1, 65535), .help = "the location that is tracked, or" },
	{ CGN_VALUE("port", REF, port), .ref = CGN_REF_PORT,
		.help = "the port that is tracked, or" },
	{ CGN_VALUE("next_hop", ADDR, next_hop),
		.help = "the next hop of a route: it is asked once a second" },
	{ CGN_VALUE("reduced", INT, reduced), CGN_LIMITS(1, 254), .def = 10,
		.help = "what the priority loses while it is down" },
};
#undef S
static const struct cgn_schema track_schema = { CGN_TABLE(track_keys), .has_src = true };

#define S struct cgn_conf_vrrp
static const struct cgn_schema_key vrrp_keys[] = {
	{ CGN_VALUE("port", REF, port), .required = true, .ref = CGN_REF_PORT,
		.help = "port of the group" },
	{ CGN_VALUE("vrid", INT, vrid), .required = true, CGN_LIMITS(1, 255),
		.help = "virtual router id, once per port" },
	{ CGN_VALUE("admin", BOOL, admin), .help = "a group that others may follow" },
	{ CGN_VALUE("priority", INT, priority), CGN_LIMITS(1, 255), .def = 100,
		.help = "configured priority" },
	{ CGN_VALUE("peer_priority", INT, peer_priority), CGN_LIMITS(1, 255),
		.text = "not told",
		.help = "priority of the other box, to check reductions; when not told, "
			"150 is assumed below a priority above 150, else 100" },
	{ CGN_VALUE("advert_ms", INT, advert_ms), CGN_LIMITS(10, 40950), .def = 1000,
		.help = "advertisement interval, ms" },
	{ CGN_MANY("addresses", ADDR, addresses), .required = true,
		.help = "virtual addresses" },
	{ CGN_VALUE("preempt", BOOL, preempt), .def = true,
		.help = "a higher priority takes over from a lower one" },
	{ CGN_VALUE("preempt_delay", INT, preempt_delay), CGN_LIMITS(0, 3600),
		.help = "and waits this long, s" },
	{ CGN_VALUE("recover_delay", INT, recover_delay), CGN_LIMITS(0, 3600),
		.help = "wait after a port comes up, s" },
	{ CGN_MANY("track", LIST, track), .sub = &track_schema,
		.help = "what reduces the priority when it fails" },
	{ CGN_VALUE("follow", GROUP, follow), CGN_SECOND(follow.present),
		.sub = &vrrp_ref_schema, .help = "the admin group whose state it takes" },
};
#undef S
const struct cgn_schema cgn_schema_vrrp = { CGN_TABLE(vrrp_keys), .names = "port vrid",
	.has_src = true };

#define S struct cgn_conf_monitor_group
static const struct cgn_schema_key monitor_keys[] = {
	{ CGN_VALUE("name", NAME, name), .required = true, .help = "name of the group" },
	{ CGN_MANY("service_locations", LOCATION, locations), .required = true,
		.ref = CGN_REF_LOCATION, CGN_LIMITS(1, 65535),
		.help = "ids of the locations that are watched" },
	{ CGN_VALUE("down_number", INT, down_number), CGN_LIMITS(1, 65535), .def = 1,
		.help = "so many down take the ports down" },
	{ CGN_MANY("ports", REF, ports), .required = true, .ref = CGN_REF_PORT,
		.help = "the ports that go down" },
};
#undef S
const struct cgn_schema cgn_schema_monitor_group = { CGN_TABLE(monitor_keys),
	.names = "name", .has_src = true };
