/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show statistics: the counters of all lcores and of the control lcore, summed.
 *
 * Each counter has one writer; they are read one after the other while traffic runs, so
 * sums that belong together may be a few packets apart. Every reason for a drop is there,
 * also those that never happened. Control lcore.
 */
#include <rte_mempool.h>

#include "control/host.h"
#include "control/log_export.h"
#include "control/show.h"
#include "control/vrrp.h"

static void
add_stats(struct cgn_stats *sum, const struct cgn_stats *stats)
{
	for (unsigned i = 0; i < CGN_FLOW_COUNT; i++) {
		sum->flow[i].packets += CGN_SHOW_READ(stats->flow[i].packets);
		sum->flow[i].bytes += CGN_SHOW_READ(stats->flow[i].bytes);
	}
	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		sum->drop[i] += CGN_SHOW_READ(stats->drop[i]);
	for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
		sum->event[i] += CGN_SHOW_READ(stats->event[i]);
	for (unsigned i = 0; i < CGN_STAGE_COUNT; i++) {
		sum->stage_cycles[i] += CGN_SHOW_READ(stats->stage_cycles[i]);
		sum->stage_packets[i] += CGN_SHOW_READ(stats->stage_packets[i]);
	}
}

static json_t *
show_flows(const struct cgn_stats *sum)
{
	json_t *flows = json_object();

	for (unsigned i = 0; i < CGN_FLOW_COUNT; i++)
		json_object_set_new(flows, cgn_flow_name((enum cgn_flow_id)i),
			json_pack("{s:I,s:I}", "packets",
				(json_int_t)sum->flow[i].packets, "bytes",
				(json_int_t)sum->flow[i].bytes));
	return flows;
}

static json_t *
show_drops(const struct cgn_stats *sum)
{
	json_t *drops = json_object();

	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		json_object_set_new(drops, cgn_drop_name((enum cgn_drop)i),
			json_integer((json_int_t)sum->drop[i]));
	return drops;
}

/* Cycles per packet of each stage, of the bursts that were timed; null: none yet. */
static json_t *
show_stages(const struct cgn_stats *sum)
{
	json_t *stages = json_object();

	for (unsigned i = 0; i < CGN_STAGE_COUNT; i++) {
		double packets = (double)sum->stage_packets[i];

		json_object_set_new(stages, cgn_stage_name((enum cgn_stage_id)i),
			json_pack("{s:I,s:o}", "packets_timed",
				(json_int_t)sum->stage_packets[i], "cycles_per_packet",
				packets > 0 ? json_real((double)sum->stage_cycles[i] /
							packets)
					    : json_null()));
	}
	return stages;
}

static json_t *
show_events(const struct cgn_stats *sum)
{
	json_t *events = json_object();

	for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
		json_object_set_new(events, cgn_event_name((enum cgn_event_id)i),
			json_integer((json_int_t)sum->event[i]));
	return events;
}

/* What the control lcore did as a host on its links. */
static json_t *
show_host(const struct cgn_daemon *d)
{
	const struct cgn_host_stats *host = cgn_host_stats(d->host);
	const struct cgn_resolve_stats *resolve =
		cgn_resolve_stats(cgn_host_resolver(d->host));

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		"arp_replies", (json_int_t)host->arp_replies, "nd_replies",
		(json_int_t)host->nd_replies, "router_adverts",
		(json_int_t)host->router_adverts, "echo_replies",
		(json_int_t)host->echo_replies, "refusals", (json_int_t)host->refusals,
		"to_kernel", (json_int_t)host->to_kernel, "neighbours_asked",
		(json_int_t)resolve->asked, "neighbours_resolved",
		(json_int_t)resolve->resolved, "neighbours_failed",
		(json_int_t)resolve->failed, "neighbours_table_full",
		(json_int_t)resolve->table_full, "address_conflicts",
		(json_int_t)resolve->conflicts, "packets_held",
		(json_int_t)resolve->held);
}

static json_t *
show_log_hosts(const struct cgn_daemon *d)
{
	struct cgn_log_host_view v;
	json_t *list = json_array();

	for (uint32_t i = 0; cgn_log_export_host(d->logs, i, &v); i++)
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:I,s:I,s:I}", "name", v.name, "state",
				      v.state, "sent", (json_int_t)v.sent, "lost",
				      (json_int_t)v.lost, "messages_waiting",
				      (json_int_t)v.waiting));
	return list;
}

/* Advertisements that were refused, by what is wrong with them. */
static json_t *
show_vrrp(const struct cgn_daemon *d)
{
	json_t *faults = json_object();

	for (unsigned i = CGN_VRRP_FINE + 1; i < CGN_VRRP_FAULT_KINDS; i++)
		json_object_set_new(faults,
			cgn_vrrp_wire_fault_name((enum cgn_vrrp_fault)i),
			json_integer((json_int_t)cgn_vrrp_groups_faults(d, i)));
	return faults;
}

/* A pool of packet buffers. What lcores keep at hand counts as free, so that in a box at
 * rest the rest is what ports have taken to receive into, and what is held or lost. The
 * sum over lcores is made without stopping them: a burst may be missed. */
static json_t *
show_pool(const struct rte_mempool *pool)
{
	unsigned used = rte_mempool_in_use_count(pool);

	return json_pack("{s:s,s:I,s:I,s:I}", "pool", pool->name, "size",
		(json_int_t)pool->size, "in_use", (json_int_t)used, "free",
		(json_int_t)(pool->size - used));
}

static json_t *
show_buffers(const struct cgn_daemon *d)
{
	json_t *pools = json_array();

	if (d->port_pool)
		json_array_append_new(pools, show_pool(d->port_pool));
	if (d->whole_pool)
		json_array_append_new(pools, show_pool(d->whole_pool));
	json_array_append_new(pools, show_pool(d->own_pool));
	return pools;
}

int
cgn_show_statistics(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	struct cgn_stats sum = { 0 };

	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		add_stats(&sum, &d->worker[i]->stats);
	add_stats(&sum, &d->stats);
	if (d->standin)
		add_stats(&sum, &d->standin->stats);
	cgn_cmd_reply(
		ctx, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i}", "flows",
			     show_flows(&sum), "stages", show_stages(&sum), "drops",
			     show_drops(&sum), "events", show_events(&sum), "host",
			     show_host(d), "log_hosts", show_log_hosts(d), "buffers",
			     show_buffers(d), "vrrp_refused", show_vrrp(d), "streams",
			     (int)(cgn_trace_count() + cgn_capture_count())));
	return 0;
}
