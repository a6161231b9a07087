/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The show and clear commands: which function answers which, and the values they share.
 *
 * The handlers are in show_*.c and clear.c by subject. They run on the control lcore,
 * read the configuration, the snapshot and the counters of the workers, and never the
 * workers' tables (query.c asks for those). A key that has no value now is null, never
 * left out.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "control/show.h"

const struct cgn_cmd_handlers
	cgn_show_handlers = { .start = {
				      [CGN_CMD_SHOW_VERSION] = cgn_show_version,
				      [CGN_CMD_SHOW_HISTORY] = cgn_show_config_history,
				      [CGN_CMD_SHOW_CONFIG] = cgn_show_config,
				      [CGN_CMD_SHOW_PORTS] = cgn_show_ports,
				      [CGN_CMD_SHOW_ROUTES] = cgn_show_routes,
				      [CGN_CMD_SHOW_NEIGHBOURS] = cgn_show_neighbours,
				      [CGN_CMD_SHOW_BOARD] = cgn_show_board,
				      [CGN_CMD_SHOW_LOCATION] = cgn_show_location,
				      [CGN_CMD_SHOW_GROUP] = cgn_show_group,
				      [CGN_CMD_SHOW_DS_LITE] = cgn_show_ds_lite,
				      [CGN_CMD_SHOW_NAT] = cgn_show_nat,
				      [CGN_CMD_SHOW_NAT64] = cgn_show_nat64,
				      [CGN_CMD_SHOW_SESSION] = cgn_show_session,
				      [CGN_CMD_SHOW_USER] = cgn_show_user,
				      [CGN_CMD_SHOW_ADDRESS_GROUP] =
					      cgn_show_address_group,
				      [CGN_CMD_SHOW_HA] = cgn_show_ha,
				      [CGN_CMD_SHOW_VRRP] = cgn_show_vrrp,
				      [CGN_CMD_SHOW_STATISTICS] = cgn_show_statistics,
				      [CGN_CMD_SHOW_LOG] = cgn_show_log,
				      [CGN_CMD_CLEAR_SESSION] = cgn_clear_session,
				      [CGN_CMD_CLEAR_USER] = cgn_clear_user,
				      [CGN_CMD_WHO_HAD] = cgn_who_had,
				      [CGN_CMD_SHOW_RULES] = cgn_show_rules,
				      [CGN_CMD_BOARD_SHUTDOWN] = cgn_board_shutdown,
				      [CGN_CMD_BOARD_START] = cgn_board_start,
				      [CGN_CMD_HA_BATCH] = cgn_ha_batch_backup,
				      [CGN_CMD_HA_SWITCH] = cgn_ha_switch,
				      [CGN_CMD_SWITCH] = cgn_switch_away,
				      [CGN_CMD_SWITCH_BACK] = cgn_switch_back,
				      [CGN_CMD_RELOAD] = cgn_reload,
				      [CGN_CMD_CHECK] = cgn_check,
				      [CGN_CMD_DIFF] = cgn_diff,
				      [CGN_CMD_COMMIT] = cgn_commit,
				      [CGN_CMD_CONFIRM] = cgn_confirm,
				      [CGN_CMD_ROLLBACK] = cgn_rollback,
				      [CGN_CMD_TRACE] = cgn_trace_command,
				      [CGN_CMD_CAPTURE] = cgn_capture_command,
#ifdef CGN_FAULT_INJECTION
				      [CGN_CMD_DEBUG_CLOCK] = cgn_debug_clock,
				      [CGN_CMD_DEBUG_HANG] = cgn_debug_hang,
				      [CGN_CMD_DEBUG_CRASH] = cgn_debug_crash,
				      [CGN_CMD_DEBUG_KILL_COMMIT] = cgn_debug_kill_commit,
#endif
			      } };

json_t *
cgn_show_addr4(rte_be32_t addr)
{
	char text[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

json_t *
cgn_show_endpoint4(rte_be32_t addr, rte_be16_t port)
{
	char text[INET_ADDRSTRLEN + 8];

	inet_ntop(AF_INET, &addr, text, sizeof(text));
	snprintf(text + strlen(text), 8, ":%u", rte_be_to_cpu_16(port));
	return json_string(text);
}

json_t *
cgn_show_addr16(const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];
	bool v4 = memcmp(addr, mapped, sizeof(mapped)) == 0;

	return json_string(inet_ntop(
		v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, text, sizeof(text)));
}

json_t *
cgn_show_addr(const struct cgn_conf_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (addr->family == 0)
		return json_null();
	return json_string(cgn_conf_addr_format(addr, text));
}

json_t *
cgn_show_prefix(const struct cgn_conf_addr *addr, uint8_t len)
{
	char text[INET6_ADDRSTRLEN];

	return json_sprintf("%s/%u", cgn_conf_addr_format(addr, text), len);
}

json_t *
cgn_show_mac(const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;

	return json_sprintf(
		"%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

json_t *
cgn_show_proto(uint8_t proto)
{
	switch (proto) {
	case CGN_IPPROTO_TCP:
		return json_string("tcp");
	case CGN_IPPROTO_UDP:
		return json_string("udp");
	case CGN_IPPROTO_ICMP:
		return json_string("icmp");
	default:
		return json_sprintf("%u", proto);
	}
}

json_t *
cgn_show_time(const struct timespec *when)
{
	char day[32];
	struct tm tm;

	gmtime_r(&when->tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	return json_sprintf("%s.%03ldZ", day, when->tv_nsec / 1000000);
}

uint32_t
cgn_show_find_location(const struct cgn_daemon *d, uint64_t id)
{
	for (uint32_t i = 0; i < d->snap->n_locations; i++)
		if (d->snap->location[i].id == id)
			return i;
	return CGN_NONE;
}

uint32_t
cgn_show_find_instance(const struct cgn_daemon *d, const char *name)
{
	uint32_t found = CGN_NONE;

	for (uint32_t i = 0; i < d->snap->n_instances; i++) {
		if (strcmp(d->snap->instance[i].name, name) != 0)
			continue;
		found = i;
		if (!d->snap->instance[i].gone)
			break;
	}
	return found;
}

const char *
cgn_show_cpu_state(const struct cgn_daemon *d, uint16_t index)
{
	return cgn_watch_name(d->watch.cpu[index].state);
}

static struct cgn_tally
tally_at(const struct cgn_daemon *d, uint16_t worker, uint32_t location)
{
	struct cgn_tally t = { 0, 0 };

	if (worker >= d->n_cpus)
		return t;
	t.users = CGN_SHOW_READ(d->worker[worker]->location[location].users);
	t.sessions = CGN_SHOW_READ(d->worker[worker]->location[location].sessions);
	return t;
}

struct cgn_tally
cgn_show_location_tally(const struct cgn_daemon *d, uint32_t location)
{
	if (location >= d->snap->n_locations)
		return (struct cgn_tally){ 0, 0 };
	return tally_at(d, d->snap->location[location].worker, location);
}

struct cgn_tally
cgn_show_standby_tally(const struct cgn_daemon *d, uint32_t location)
{
	if (location >= d->snap->n_locations)
		return (struct cgn_tally){ 0, 0 };
	return tally_at(d, d->snap->location[location].standby, location);
}

struct cgn_worker *
cgn_show_host_of(const struct cgn_daemon *d, uint32_t location)
{
	uint16_t worker = location < d->snap->n_locations
				  ? d->snap->location[location].worker
				  : CGN_NONE16;

	return worker < d->n_cpus ? d->worker[worker] : NULL;
}

const char *
cgn_show_role(const struct cgn_daemon *d, uint32_t location, uint16_t worker)
{
	return d->snap->location[location].standby == worker ? "standby" : "active";
}

struct cgn_tally
cgn_show_instance_tally(const struct cgn_daemon *d, uint32_t instance)
{
	struct cgn_tally sum = { 0, 0 };

	for (uint16_t i = 0; i < d->n_cpus && instance < CGN_MAX_INSTANCES; i++) {
		sum.users += CGN_SHOW_READ(d->worker[i]->instance[instance].users);
		sum.sessions += CGN_SHOW_READ(d->worker[i]->instance[instance].sessions);
	}
	return sum;
}
