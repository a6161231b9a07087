/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The root of the schema: the sections of the configuration. Constant data, and the
 * search in a table; see conf/schema.h.
 */

#include <string.h>

#include "conf/schema.h"

#define S struct cgn_conf
static const struct cgn_schema_key root_keys[] = {
	{ CGN_VALUE("node", GROUP, node), .sub = &cgn_schema_node, .restart = true,
		.help = "this box" },
	{ CGN_VALUE("dpdk", GROUP, dpdk), .sub = &cgn_schema_dpdk, .restart = true,
		.required = true, .help = "processors and memory" },
	{ CGN_MANY("ports", LIST, ports), .sub = &cgn_schema_port,
		.help = "network ports and VLAN sub-interfaces" },
	{ CGN_MANY("routes", LIST, routes), .sub = &cgn_schema_route,
		.help = "static routes" },
	{ CGN_VALUE("routing", GROUP, routing), CGN_SECOND(routing.present),
		.sub = &cgn_schema_routing,
		.help = "routing programs beside the box, by the kernel's tables" },
	{ CGN_MANY("boards", LIST, boards), .sub = &cgn_schema_board, .required = true,
		.restart = true, .help = "service boards and their CPUs" },
	{ CGN_MANY("license", LIST, license), .sub = &cgn_schema_license,
		.help = "what a board may use" },
	{ CGN_MANY("service_locations", LIST, locations), .sub = &cgn_schema_location,
		.most = CGN_CONF_MAX_LOCATIONS,
		.help = "units of redundancy: what owns users, addresses and sessions" },
	{ CGN_MANY("service_instance_groups", LIST, groups), .sub = &cgn_schema_group,
		.most = CGN_CONF_MAX_GROUPS, .help = "load-balancing sets of locations" },
	{ CGN_VALUE("ha", GROUP, ha), .sub = &cgn_schema_ha,
		.help = "backup, for all locations" },
	{ CGN_MANY("vrrp", LIST, vrrp), .sub = &cgn_schema_vrrp,
		.help = "VRRP groups (RFC 9568)" },
	{ CGN_MANY("address_groups", LIST, address_groups),
		.sub = &cgn_schema_address_group, .most = CGN_CONF_MAX_POOLS,
		.help = "pools of public addresses" },
	{ CGN_VALUE("quarantine", GROUP, quarantine), .sub = &cgn_schema_quarantine,
		.help = "ports that have come back, before others get them" },
	{ CGN_VALUE("thresholds", GROUP, thresholds), .sub = &cgn_schema_thresholds,
		.help = "when it is told that pools and licences fill up" },
	{ CGN_MANY("acls", LIST, acls), .sub = &cgn_schema_acl,
		.help = "lists of inside addresses" },
	{ CGN_MANY("ds_lite_instances", LIST, instances), .sub = &cgn_schema_ds_lite,
		.tag = CGN_CONF_DS_LITE, .most = CGN_CONF_MAX_INSTANCES,
		.help = "DS-Lite (RFC 6333)" },
	{ CGN_MANY("nat_instances", LIST, instances), .sub = &cgn_schema_nat44,
		.tag = CGN_CONF_NAT44, .most = CGN_CONF_MAX_INSTANCES,
		.help = "NAT44 (RFC 4787, RFC 6888)" },
	{ CGN_MANY("nat64_instances", LIST, instances), .sub = &cgn_schema_nat64,
		.tag = CGN_CONF_NAT64, .most = CGN_CONF_MAX_INSTANCES,
		.help = "NAT64 (RFC 6146)" },
	{ CGN_MANY("log_hosts", LIST, log_hosts), .sub = &cgn_schema_log_host,
		.help = "receivers of logs" },
	{ CGN_VALUE("metrics", GROUP, metrics), CGN_SECOND(metrics.present),
		.sub = &cgn_schema_metrics, .help = "Prometheus metrics over HTTP" },
	{ CGN_MANY("monitor_location_groups", LIST, monitor_groups),
		.sub = &cgn_schema_monitor_group,
		.help = "locations whose failure takes ports down" },
};
#undef S
const struct cgn_schema cgn_schema_root = { CGN_TABLE(root_keys) };

uint32_t
cgn_schema_count(const struct cgn_schema *schema)
{
	return schema->n_keys + (schema->base ? cgn_schema_count(schema->base) : 0);
}

const struct cgn_schema_key *
cgn_schema_key(const struct cgn_schema *schema, uint32_t index)
{
	uint32_t inherited = schema->base ? cgn_schema_count(schema->base) : 0;

	if (index < inherited)
		return cgn_schema_key(schema->base, index);
	return &schema->keys[index - inherited];
}

const struct cgn_schema_key *
cgn_schema_find(const struct cgn_schema *schema, const char *name)
{
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);

		if (!strcmp(key->name, name))
			return key;
	}
	return NULL;
}
