/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The show and clear commands of the daemon, and how they put values into JSON. */
#ifndef CGN_CONTROL_SHOW_H
#define CGN_CONTROL_SHOW_H

#include "control/cmd.h"
#include "control/daemon.h"

/* What cgn_cmd_server_create() is given; app is a struct cgn_daemon. */
extern const struct cgn_cmd_handlers cgn_show_handlers;

/* Start functions of the commands, see cgn_cmd_fn. Control lcore. */
cgn_cmd_fn cgn_show_version, cgn_show_ports, cgn_show_routes, cgn_show_neighbours,
	cgn_show_log, cgn_show_config, cgn_show_board, cgn_show_location, cgn_show_group,
	cgn_show_ds_lite, cgn_show_nat, cgn_show_nat64, cgn_show_session, cgn_show_user,
	cgn_show_address_group, cgn_show_ha, cgn_show_vrrp, cgn_show_statistics,
	cgn_clear_session, cgn_clear_user, cgn_who_had, cgn_show_rules,
	cgn_board_shutdown, cgn_board_start, cgn_ha_switch, cgn_switch_away,
	cgn_switch_back;
cgn_cmd_fn cgn_reload, cgn_check, cgn_diff, cgn_commit, cgn_confirm, cgn_rollback,
	cgn_show_config_history;
cgn_cmd_fn cgn_trace_command, cgn_capture_command;

/* How many of these two are in progress. */
unsigned cgn_trace_count(void);
unsigned cgn_capture_count(void);

#ifdef CGN_FAULT_INJECTION
cgn_cmd_fn cgn_debug_clock, cgn_debug_hang, cgn_debug_crash, cgn_debug_kill_commit;
#endif

/* ---- values ---- */

/* "192.0.2.1"; addr in network order. */
json_t *cgn_show_addr4(rte_be32_t addr);

/* "192.0.2.1:80"; both in network order. */
json_t *cgn_show_endpoint4(rte_be32_t addr, rte_be16_t port);

/* "2001:db8::1", and ::ffff:a.b.c.d as "a.b.c.d". */
json_t *cgn_show_addr16(const uint8_t addr[16]);

/* An address of the configuration; one that is not set is null. */
json_t *cgn_show_addr(const struct cgn_conf_addr *addr);

/* "2001:db8::/32" */
json_t *cgn_show_prefix(const struct cgn_conf_addr *addr, uint8_t len);

/* "02:00:00:00:00:01" */
json_t *cgn_show_mac(const struct rte_ether_addr *mac);

/* "tcp", "udp", "icmp", or the number as a string. */
json_t *cgn_show_proto(uint8_t proto);

/* UTC with milliseconds, "2026-01-31T12:00:00.000Z". */
json_t *cgn_show_time(const struct timespec *when);

/* A list of the users to whom deterministic instances give this port of this address,
 * table entries or not: one at most in each outside VPN. port: host order. */
json_t *cgn_show_rule_holders(
	const struct cgn_daemon *d, rte_be32_t outside, uint16_t port);

/* ---- what is asked about ---- */

/* Reads a number that its worker is writing. */
#define CGN_SHOW_READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* Index in the snapshot of the location with that id, or CGN_NONE. */
uint32_t cgn_show_find_location(const struct cgn_daemon *d, uint64_t id);

/* Index in the snapshot of the instance with that name, or CGN_NONE. */
uint32_t cgn_show_find_instance(const struct cgn_daemon *d, const char *name);

/* "up", "down", "failed" or "fenced": the board CPU that is worker `index`. */
const char *cgn_show_cpu_state(const struct cgn_daemon *d, uint16_t index);

/* Sum of a tally over all board CPUs. */
struct cgn_tally cgn_show_location_tally(const struct cgn_daemon *d, uint32_t location);

/* The same of its copy. */
struct cgn_tally cgn_show_standby_tally(const struct cgn_daemon *d, uint32_t location);

/* Worker that hosts a location, or NULL. */
struct cgn_worker *cgn_show_host_of(const struct cgn_daemon *d, uint32_t location);

/* active or standby: what a worker is to a location. */
const char *cgn_show_role(const struct cgn_daemon *d, uint32_t location, uint16_t worker);

int cgn_ha_batch_backup(struct cgn_cmd_ctx *ctx);
struct cgn_tally cgn_show_instance_tally(const struct cgn_daemon *d, uint32_t instance);

#endif
