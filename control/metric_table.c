/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The list of metrics: constant data. A value that `show` prints becomes a metric by a
 * row here; the text for Prometheus, doc/metrics.md and the tests follow from it. A name
 * has its unit at its end as Prometheus wants it, so milliseconds become seconds.
 *
 * Left out on purpose: users, sessions, single public addresses, routes and neighbours,
 * which are too many to be kept as time series. Any thread. */
#include <string.h>

#include "control/metric.h"

static const struct cgn_metric_set sets[] = {
	{ "version", { "show version" }, "", CGN_METRIC_ONE, NULL, "" },
	{ "build", { "show version" }, "", CGN_METRIC_ONE, NULL,
		"product version dpdk node" },
	{ "port", { "show ports" }, "", CGN_METRIC_LIST, NULL, "port=name" },
	{ "route", { "show routes" }, "", CGN_METRIC_COUNT, NULL, "" },
	{ "neighbour", { "show neighbours" }, "", CGN_METRIC_COUNT, NULL, "" },
	{ "board", { "show board" }, "", CGN_METRIC_LIST, NULL, "slot cpu" },
	{ "location", { "show service-location" }, "", CGN_METRIC_LIST, NULL,
		"location=id" },
	{ "member", { "show service-instance-group" }, "", CGN_METRIC_MEMBER, "members",
		"^group=name location" },
	{ "instance",
		{ "show ds-lite instance", "show nat instance", "show nat64 instance" },
		"", CGN_METRIC_LIST, NULL, "nat_instance=name" },
	{ "pool", { "show address-group" }, "", CGN_METRIC_LIST, NULL, "pool=name vpn" },
	{ "vrrp", { "show vrrp" }, "", CGN_METRIC_LIST, NULL, "port vrid" },
	{ "vrrp_event", { "show vrrp" }, "", CGN_METRIC_MEMBER, "statistics",
		"event ^port ^vrid" },
	{ "ha", { "show ha" }, "", CGN_METRIC_ONE, NULL, "" },
	{ "pair", { "show ha" }, "boards", CGN_METRIC_LIST, NULL, "location" },
	{ "channel", { "show ha" }, "channels", CGN_METRIC_LIST, NULL, "location peer" },
	{ "refused", { "show ha" }, "channels", CGN_METRIC_MEMBER, "rejected_by",
		"cause ^location ^peer" },
	{ "flow", { "show statistics" }, "flows", CGN_METRIC_MAP, NULL, "flow" },
	{ "stage", { "show statistics" }, "stages", CGN_METRIC_MAP, NULL, "stage" },
	{ "drop", { "show statistics" }, "drops", CGN_METRIC_MAP, NULL, "reason" },
	{ "event", { "show statistics" }, "events", CGN_METRIC_MAP, NULL, "event" },
	{ "vrrp_refused", { "show statistics" }, "vrrp_refused", CGN_METRIC_MAP, NULL,
		"cause" },
	{ "host", { "show statistics" }, "host", CGN_METRIC_MAP, NULL, "event" },
	{ "log", { "show statistics" }, "log_hosts", CGN_METRIC_LIST, NULL,
		"log_host=name" },
	{ "statistics", { "show statistics" }, "", CGN_METRIC_ONE, NULL, "" },
	{ "buffer", { "show statistics" }, "buffers", CGN_METRIC_LIST, NULL, "pool" },
	{ "scrape", { NULL }, "", CGN_METRIC_ONE, NULL, "" },
	{ NULL },
};

#define COUNTER(set, name, unit, key, scale, help)                                       \
	{                                                                                \
		set, "cgn_" name, CGN_METRIC_COUNTER, unit, key, scale, NULL, help       \
	}
#define GAUGE(set, name, unit, key, scale, help)                                         \
	{                                                                                \
		set, "cgn_" name, CGN_METRIC_GAUGE, unit, key, scale, NULL, help         \
	}
/* 1 when the value is the word; a sample for each word if there are several */
#define STATE(set, name, key, words, help)                                               \
	{                                                                                \
		set, "cgn_" name, CGN_METRIC_GAUGE, "", key, 1, words, help              \
	}

static const struct cgn_metric table[] = {
	GAUGE("build", "build_info", "", "1", 1, "1; the labels say what runs"),
	GAUGE("version", "uptime_seconds", "seconds", "uptime_s", 1,
		"since the daemon was ready"),

	STATE("port", "port_up", "state", "up", "1 when the link is up"),
	GAUGE("port", "port_mtu_bytes", "bytes", "mtu", 1, "largest IP packet"),
	GAUGE("port", "port_speed_bytes_per_second", "bytes/s", "speed_mbps", 125e3,
		"speed of the link, where the device tells"),
	GAUGE("port", "port_rx_queues", "queues", "rx_queues", 1, "receive queues"),
	GAUGE("port", "port_tx_queues", "queues", "tx_queues", 1, "transmit queues"),
	COUNTER("port", "port_receive_packets_total", "packets", "rx_packets", 1,
		"frames received"),
	COUNTER("port", "port_receive_bytes_total", "bytes", "rx_bytes", 1,
		"bytes received"),
	COUNTER("port", "port_transmit_packets_total", "packets", "tx_packets", 1,
		"frames sent"),
	COUNTER("port", "port_transmit_bytes_total", "bytes", "tx_bytes", 1,
		"bytes sent"),
	COUNTER("port", "port_receive_missed_total", "packets", "rx_missed", 1,
		"frames that the device dropped, because nobody fetched them in time"),
	COUNTER("port", "port_receive_errors_total", "packets", "rx_errors", 1,
		"frames received with errors"),
	COUNTER("port", "port_receive_no_buffer_total", "packets", "rx_no_mbuf", 1,
		"frames for which there was no packet buffer"),
	COUNTER("port", "port_transmit_errors_total", "packets", "tx_errors", 1,
		"frames that the device did not send"),

	GAUGE("route", "routes", "routes", "", 1, "connected, static and learnt routes"),
	GAUGE("neighbour", "neighbours", "neighbours", "", 1,
		"entries of ARP and neighbour discovery"),

	STATE("board", "board_up", "state", "up", "1 when the CPU is in service"),
	STATE("board", "board_state", "state", "up|down|failed|fenced",
		"state of the CPU: 1 for the present one"),
	GAUGE("board", "board_heartbeat_age_seconds", "seconds", "heartbeat_age_ms", 1e-3,
		"since the CPU turned last"),
	GAUGE("board", "board_heartbeat_longest_seconds", "seconds",
		"heartbeat_longest_ms", 1e-3, "longest time between two turns"),
	GAUGE("board", "board_load_ratio", "0..1", "load", 1,
		"share of busy cycles in the last second"),
	GAUGE("board", "board_sessions", "sessions", "sessions", 1, "sessions in use"),
	GAUGE("board", "board_sessions_licensed", "sessions", "sessions_licensed", 1,
		"sessions that the licence allows"),
	GAUGE("board", "board_sessions_most", "sessions", "sessions_most", 1,
		"sessions up to which a reload may raise the licence"),
	GAUGE("board", "board_users", "users", "users", 1, "users in the table"),
	GAUGE("board", "board_users_licensed", "users", "users_licensed", 1,
		"users that the licence allows"),
	GAUGE("board", "board_users_most", "users", "users_most", 1,
		"users up to which a reload may raise the licence"),

	STATE("location", "location_state", "state", "active|standby|down",
		"state of the service-location: 1 for the present one"),
	STATE("location", "location_batch_backup_state", "batch_backup",
		"not-started|running|finished|na",
		"copy of all state to the standby: 1 for the present state"),
	GAUGE("location", "location_sessions", "sessions", "sessions", 1,
		"sessions of the active side"),
	GAUGE("location", "location_users", "users", "users", 1,
		"users of the active side"),
	GAUGE("location", "location_standby_sessions", "sessions", "standby_sessions", 1,
		"sessions that the standby holds"),
	GAUGE("location", "location_standby_users", "users", "standby_users", 1,
		"users that the standby holds"),
	GAUGE("location", "location_addresses", "addresses", "addresses", 1,
		"public addresses of the location"),

	GAUGE("member", "group_member_weight", "", "weight", 1,
		"weight of a location in its group"),
	GAUGE("member", "group_member_share_ratio", "0..1", "share", 1,
		"share of the group's users that is steered to the location"),
	GAUGE("member", "group_member_users", "users", "users", 1,
		"users of the location"),

	STATE("instance", "instance_state", "state",
		"active|standby|switched|no-resource|locked",
		"state of the instance: 1 for the present one"),
	GAUGE("instance", "instance_cpus", "CPUs", "cpus_total", 1,
		"CPUs bound to its group"),
	GAUGE("instance", "instance_cpus_failed", "CPUs", "cpus_failed", 1,
		"of them, those out of service"),
	GAUGE("instance", "instance_down_number", "CPUs", "down_number", 1,
		"failed CPUs that switch the instance to another box"),
	STATE("instance", "instance_switched", "centralized_backup.state", "switched",
		"1 while another box does the instance's work"),
	GAUGE("instance", "instance_users", "users", "users", 1, "users"),
	GAUGE("instance", "instance_sessions", "sessions", "sessions", 1, "sessions"),

	GAUGE("pool", "pool_locked", "", "locked", 1, "1 when nothing new is given out"),
	GAUGE("pool", "pool_users", "users", "users", 1, "users with an address of it"),
	GAUGE("pool", "pool_blocks_used", "blocks", "blocks_used", 1,
		"port blocks given out"),
	GAUGE("pool", "pool_blocks", "blocks", "blocks_total", 1,
		"port blocks that there are"),
	GAUGE("pool", "pool_ports_held", "ports", "ports_held", 1,
		"public ports that are not free"),
	GAUGE("pool", "pool_ports_quarantined", "ports", "ports_quarantined", 1,
		"of them, those that wait to be free again"),
	GAUGE("pool", "pool_addresses", "addresses", "addresses#", 1,
		"public addresses in use"),

	STATE("vrrp", "vrrp_master", "state", "master", "1 when this box is the master"),
	STATE("vrrp", "vrrp_state", "state", "initialize|backup|master",
		"state of the VRRP group: 1 for the present one"),
	GAUGE("vrrp", "vrrp_priority_configured", "", "priority_config", 1,
		"priority of the configuration"),
	GAUGE("vrrp", "vrrp_priority", "", "priority_run", 1,
		"priority less what is tracked and down"),
	GAUGE("vrrp", "vrrp_master_priority", "", "master_priority", 1,
		"priority of the other box while it is the master"),
	GAUGE("vrrp", "vrrp_ready", "", "ready", 1,
		"1 when this box may become the master: the copy is complete"),
	GAUGE("vrrp", "vrrp_alive", "", "alive", 1,
		"1 when the port and what the group serves work"),
	GAUGE("vrrp", "vrrp_held", "", "held", 1, "1 while preemption waits"),
	COUNTER("vrrp_event", "vrrp_events_total", "", "", 1,
		"advertisements, announcements, transitions and rivals"),
	COUNTER("vrrp_refused", "vrrp_refused_total", "packets", "", 1,
		"advertisements refused, by cause"),

	GAUGE("ha", "ha_hot_backup", "", "hot_backup", 1, "1 when sessions are copied"),
	GAUGE("ha", "ha_batch_backup", "", "batch_backup", 1,
		"1 when all state is sent again from time to time"),
	GAUGE("ha", "ha_delay_seconds", "seconds", "delay_time", 1,
		"age from which a session is copied"),
	GAUGE("ha", "ha_preempt_seconds", "seconds", "preempt_time", 1,
		"before a recovered CPU takes over again"),
	GAUGE("ha", "ha_batch_interval_seconds", "seconds", "batch_interval", 1,
		"between two copies of all state"),
	GAUGE("ha", "ha_detect_seconds", "seconds", "detect_ms", 1e-3,
		"silence from which a CPU has failed"),
	GAUGE("ha", "ha_commit_synchronous", "", "block_commit.synchronous", 1,
		"1 when new blocks are used when the standby has them"),
	COUNTER("ha", "ha_commit_waits_total", "packets", "block_commit.waits", 1,
		"packets that waited until the standby had their block"),
	COUNTER("ha", "ha_commit_late_total", "", "block_commit.late", 1,
		"times that a standby did not have one within 50 ms"),
	GAUGE("ha", "ha_commit_degraded", "locations", "block_commit.degraded", 1,
		"locations that do not wait for their standby because it is late"),
	STATE("pair", "backup_state", "state", "down|connecting|batch|realtime",
		"copy from board to board: 1 for the present state"),
	GAUGE("pair", "backup_degraded", "", "degraded", 1,
		"1 while the copy is known not to be whole"),
	COUNTER("pair", "backup_records_sent_total", "records", "sent", 1,
		"records sent to the standby board"),
	COUNTER("pair", "backup_ring_full_total", "records", "ring_full", 1,
		"records that found the ring full; they are sent again"),
	COUNTER("pair", "backup_records_resent_total", "records", "resent", 1,
		"records sent again"),
	COUNTER("pair", "backup_records_received_total", "records", "received", 1,
		"records that the standby took"),
	COUNTER("pair", "backup_records_lost_total", "records", "lost", 1,
		"records that did not arrive"),
	COUNTER("pair", "backup_records_rejected_total", "records", "rejected", 1,
		"records that the standby could not use"),
	STATE("channel", "channel_up", "state", "realtime",
		"1 when the other box has all and is told what changes"),
	STATE("channel", "channel_state", "state",
		"down|connecting|config-mismatch|batch|realtime",
		"channel to the other box: 1 for the present state"),
	COUNTER("channel", "channel_records_sent_total", "records", "sent", 1,
		"records sent to the other box"),
	COUNTER("channel", "channel_records_received_total", "records", "received", 1,
		"records from the other box"),
	COUNTER("channel", "channel_records_lost_total", "records", "lost", 1,
		"records that did not arrive"),
	COUNTER("channel", "channel_records_resent_total", "records", "resent", 1,
		"records sent again"),
	COUNTER("channel", "channel_records_rejected_total", "records", "rejected", 1,
		"records refused"),
	GAUGE("channel", "channel_lag_seconds", "seconds", "lag_ms", 1e-3,
		"how far the other box is behind"),
	GAUGE("channel", "channel_lag_median_seconds", "seconds", "lag_p50_ms", 1e-3,
		"half of all records were taken within this time"),
	GAUGE("channel", "channel_lag_99_seconds", "seconds", "lag_p99_ms", 1e-3,
		"99 of 100 records were taken within this time"),
	GAUGE("channel", "channel_lag_longest_seconds", "seconds", "lag_max_ms", 1e-3,
		"all records were taken within this time"),
	GAUGE("channel", "channel_round_trip_seconds", "seconds", "rtt_us", 1e-6,
		"time to the other box and back"),
	GAUGE("channel", "channel_alarm", "", "alarm", 1,
		"1 while the channel is not up, or was not for the last ten seconds"),
	GAUGE("channel", "channel_mismatches", "", "mismatches#", 1,
		"things in which the two configurations differ"),
	COUNTER("channel", "channel_datagrams_sent_total", "datagrams", "datagrams_sent",
		1, "datagrams sent to the other box"),
	COUNTER("channel", "channel_datagrams_received_total", "datagrams",
		"datagrams_received", 1, "datagrams from the other box"),
	COUNTER("channel", "channel_bytes_sent_total", "bytes", "bytes_sent", 1,
		"bytes sent to the other box"),
	COUNTER("channel", "channel_bytes_received_total", "bytes", "bytes_received", 1,
		"bytes from the other box"),
	COUNTER("channel", "channel_sections_skipped_total", "", "sections_skipped", 1,
		"what a later version of the other box has said and this one does not "
		"know"),
	COUNTER("channel", "channel_restarts_total", "", "restarts", 1,
		"times that the channel began anew"),
	GAUGE("channel", "channel_peer_priority", "", "peer_says.priority", 1,
		"priority that the other box has for the location"),
	GAUGE("channel", "channel_peer_ready", "", "peer_says.ready", 1,
		"1 when the other box could take over"),
	COUNTER("refused", "channel_refused_total", "datagrams", "", 1,
		"datagrams refused, by cause"),

	COUNTER("flow", "packets_total", "packets", "packets", 1,
		"packets by what became of them; see counters.md"),
	COUNTER("flow", "bytes_total", "bytes", "bytes", 1, "the same in bytes"),
	COUNTER("drop", "drops_total", "packets", "", 1,
		"packets dropped, by reason; see counters.md"),
	COUNTER("event", "events_total", "", "", 1,
		"what happened to tables; see counters.md"),
	COUNTER("host", "host_events_total", "", "", 1,
		"what the box did as a host on its links"),
	GAUGE("stage", "stage_cycles_per_packet", "cycles", "cycles_per_packet", 1,
		"cycles of a stage of the path, of the bursts that were timed"),
	COUNTER("stage", "stage_packets_timed_total", "packets", "packets_timed", 1,
		"packets in those bursts"),

	STATE("log", "log_host_state", "state", "idle|up|refused|unreachable",
		"state of the log host: 1 for the present one"),
	COUNTER("log", "log_records_sent_total", "records", "sent", 1,
		"records sent to the log host"),
	COUNTER("log", "log_records_lost_total", "records", "lost", 1,
		"records that could not be sent"),
	GAUGE("log", "log_messages_waiting", "messages", "messages_waiting", 1,
		"messages that wait to be sent"),
	GAUGE("statistics", "streams", "", "streams", 1,
		"traces and captures in progress"),
	GAUGE("buffer", "buffers", "buffers", "size", 1, "packet buffers of the pool"),
	GAUGE("buffer", "buffers_in_use", "buffers", "in_use", 1, "of them, those used"),
	GAUGE("buffer", "buffers_free", "buffers", "free", 1, "of them, those free"),

	GAUGE("scrape", "scrape_seconds", "seconds", "seconds", 1,
		"time that these values took to come together"),
	GAUGE("scrape", "scrape_failures", "", "failures", 1,
		"kinds of things that did not answer, and are missing here"),
	{ NULL },
};

const struct cgn_metric *
cgn_metric_table(void)
{
	return table;
}

const struct cgn_metric_set *
cgn_metric_sets(void)
{
	return sets;
}

const struct cgn_metric_set *
cgn_metric_set_of(const struct cgn_metric *metric)
{
	const struct cgn_metric_set *set = sets;

	while (strcmp(set->id, metric->set) != 0)
		set++;
	return set;
}
