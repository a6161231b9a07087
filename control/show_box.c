/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show version, ports, routes, log: the box itself.
 *
 * Control lcore. Routes are those of the configuration, of the connected networks, and
 * those that were learnt; a list of these that changes while it is read shows some twice
 * or not at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_version.h>

#include "control/announcer.h"
#include "control/kernel.h"
#include "control/log.h"
#include "control/routes.h"
#include "control/show.h"

int
cgn_show_version(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	cgn_cmd_reply(
		ctx, json_pack("{s:s,s:s,s:s,s:s,s:o,s:I,s:i}", "product", "Softboard",
			     "version", CGN_VERSION, "dpdk", rte_version(), "node",
			     d->conf->node.name, "started", cgn_show_time(&d->started),
			     "uptime_s", (json_int_t)((d->now_ms - d->start_ms) / 1000),
			     "pid", (int)getpid()));
	return 0;
}

/* The physical port that a port of the configuration is or belongs to. */
static const struct cgn_port *
find_device(const struct cgn_daemon *d, const struct cgn_conf_port *port)
{
	uint16_t device = 0;

	if (port->parent.index != CGN_CONF_NONE)
		port = &d->conf->ports[port->parent.index];
	for (const struct cgn_conf_port *p = d->conf->ports; p < port; p++)
		device += p->parent.index == CGN_CONF_NONE;
	return device < d->n_ports ? &d->port[device] : NULL;
}

static json_t *
port_addresses(const struct cgn_conf_port *port)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < port->n_addresses; i++)
		json_array_append_new(list, cgn_show_prefix(&port->addresses[i].addr,
						    port->addresses[i].len));
	return list;
}

/* Counters of a device; a sub-interface has none of its own. */
static void
add_counters(json_t *entry, const struct cgn_port_state *state, bool physical)
{
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {
		{ "rx_packets", state->rx_packets },
		{ "rx_bytes", state->rx_bytes },
		{ "tx_packets", state->tx_packets },
		{ "tx_bytes", state->tx_bytes },
		{ "rx_missed", state->rx_missed },
		{ "rx_errors", state->rx_errors },
		{ "rx_no_mbuf", state->rx_no_mbuf },
		{ "tx_errors", state->tx_errors },
	};

	for (size_t i = 0; i < RTE_DIM(counters); i++)
		json_object_set_new(entry, counters[i].key,
			physical ? json_integer((json_int_t)counters[i].value)
				 : json_null());
}

/* The interface of the kernel beside the port; null: there is none. */
static json_t *
port_tap(const struct cgn_daemon *d, const struct cgn_conf_port *port)
{
	struct cgn_kernel_tap view;

	if (!cgn_kernel_tap_view(d, port->name, &view))
		return json_null();
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "name", port->tap, "state",
		view.up ? "up" : "down", "from_kernel_packets", (json_int_t)view.in,
		"from_kernel_bytes", (json_int_t)view.in_bytes, "to_kernel_packets",
		(json_int_t)view.out, "to_kernel_bytes", (json_int_t)view.out_bytes);
}

static json_t *
port_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_port *port = &d->conf->ports[index];
	bool physical = port->parent.index == CGN_CONF_NONE;
	struct cgn_port_state state = { 0 };
	const struct cgn_port *device;
	json_t *entry;

	if (index >= d->conf->n_ports || (device = find_device(d, port)) == NULL)
		return NULL;
	cgn_port_read(device, &state);
	entry = json_pack("{s:s,s:s,s:s?,s:s?,s:o,s:o,s:i,s:s,s:o,s:o,s:s?,s:o,s:o}",
		"name", port->name, "state", state.up ? "up" : "down", "device",
		physical ? port->device : NULL, "parent",
		physical ? NULL : port->parent.name, "vlan",
		physical ? json_null() : json_integer(port->vlan), "mac",
		cgn_show_mac(&device->mac), "mtu", (int)port->mtu, "vpn", port->vpn.name,
		"addresses", port_addresses(port), "speed_mbps",
		state.speed_mbps == UINT32_MAX ? json_null()
					       : json_integer(state.speed_mbps),
		"driver", physical ? device->driver : NULL, "rx_queues",
		physical ? json_integer(device->n_rx) : json_null(), "tx_queues",
		physical ? json_integer(device->n_tx) : json_null());
	add_counters(entry, &state, physical);
	json_object_set_new(entry, "tap", port_tap(d, port));
	return entry;
}

int
cgn_show_ports(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	return cgn_cmd_reply_list(ctx, d->conf->n_ports, port_entry);
}

/* Is the prefix of a static route routed as it was learnt? */
static bool
uses_learnt(const struct cgn_daemon *d, const char *vpn, const struct cgn_conf_prefix *p)
{
	bool ip4 = p->addr.family == 4;
	uint8_t key[16] = { [10] = ip4 ? 0xff : 0, [11] = ip4 ? 0xff : 0 };
	uint32_t index = cgn_compile_find_vpn(d->compiler, vpn);

	memcpy(key + (ip4 ? 12 : 0), p->addr.bytes, ip4 ? 4 : 16);
	return index != CGN_NONE && cgn_compile_uses_learnt(d->compiler, (uint16_t)index,
					    key, (uint8_t)(p->len + (ip4 ? 96 : 0)));
}

static json_t *
static_route(const struct cgn_daemon *d, const struct cgn_conf_route *route)
{
	const struct cgn_conf *conf = d->conf;

	return json_pack("{s:o,s:o,s:s?,s:s,s:s,s:b}", "prefix",
		cgn_show_prefix(&route->prefix.addr, route->prefix.len), "next_hop",
		cgn_show_addr(&route->next_hop), "port",
		route->port == CGN_CONF_NONE ? NULL : conf->ports[route->port].name,
		"vpn", route->vpn.name, "origin", "static", "used",
		!uses_learnt(d, route->vpn.name, &route->prefix));
}

/* IPv4 as ::ffff:a.b.c.d, its length with 96 added. */
static json_t *
key_prefix(const uint8_t key[16], unsigned len)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct cgn_conf_addr addr = { .family = memcmp(key, mapped, 12) == 0 ? 4 : 6 };

	memcpy(addr.bytes, key + (addr.family == 4 ? 12 : 0), addr.family == 4 ? 4 : 16);
	return cgn_show_prefix(&addr, (uint8_t)(addr.family == 4 ? len - 96 : len));
}

static json_t *
learnt_route(const struct cgn_daemon *d, const struct cgn_learn_route *route)
{
	const char *port = cgn_kernel_port(d, route->tap);
	uint32_t iface = cgn_compile_find_iface(d->compiler, port);
	uint16_t vpn = d->snap->iface[iface].vpn;

	return json_pack("{s:o,s:o,s:s,s:s,s:s,s:b}", "prefix",
		key_prefix(route->key, route->len), "next_hop",
		route->gateway ? cgn_show_addr16(route->gw) : json_null(), "port", port,
		"vpn", d->snap->vpn[vpn].name, "origin",
		cgn_learn_origin(route->protocol), "used",
		cgn_compile_uses_learnt(d->compiler, vpn, route->key, route->len));
}

static json_t *
connected_route(const struct cgn_conf_port *port, const struct cgn_conf_ifaddr *address)
{
	struct cgn_conf_addr net = address->addr;

	for (unsigned bit = address->len; bit < (net.family == 4 ? 32 : 128); bit++)
		net.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return json_pack("{s:o,s:n,s:s,s:s,s:s,s:b}", "prefix",
		cgn_show_prefix(&net, address->len), "next_hop", "port", port->name,
		"vpn", port->vpn.name, "origin", "connected", "used", true);
}

static uint32_t
count_learnt(const struct cgn_daemon *d)
{
	const struct cgn_learn *learn = cgn_routes_learnt(d);

	return learn ? learn->now.n : 0;
}

/* Of the box itself, as the world is told. */
static json_t *
announced_route(const struct cgn_daemon *d, const struct cgn_announce_prefix *p)
{
	return json_pack("{s:o,s:n,s:n,s:s,s:s,s:b}", "prefix",
		key_prefix(p->key, p->len), "next_hop", "port", "vpn",
		d->snap->vpn[p->vpn].name, "origin", "announced", "used", true);
}

static uint32_t
count_announced(const struct cgn_daemon *d)
{
	const struct cgn_announce_list *list = cgn_announcer_list(d);

	return list ? list->n : 0;
}

/* First the connected networks, port by port, then the static routes, then what is
 * announced, then what was learnt. */
static json_t *
route_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf *conf = d->conf;

	for (uint32_t p = 0; p < conf->n_ports; p++) {
		const struct cgn_conf_port *port = &conf->ports[p];

		if (index < port->n_addresses)
			return connected_route(port, &port->addresses[index]);
		index -= port->n_addresses;
	}
	if (index < conf->n_routes)
		return static_route(d, &conf->routes[index]);
	index -= conf->n_routes;
	if (index < count_announced(d))
		return announced_route(d, &cgn_announcer_list(d)->prefix[index]);
	index -= count_announced(d);
	return index < count_learnt(d)
		       ? learnt_route(d, &cgn_routes_learnt(d)->now.route[index])
		       : NULL;
}

int
cgn_show_routes(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	size_t count = d->conf->n_routes + count_announced(d) + count_learnt(d);

	for (uint32_t p = 0; p < d->conf->n_ports; p++)
		count += d->conf->ports[p].n_addresses;
	return cgn_cmd_reply_list(ctx, count, route_entry);
}

static void
free_state(struct cgn_cmd_ctx *ctx)
{
	free(ctx->state);
}

static json_t *
log_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	static const char *const severities[] = { "emergency", "alert", "critical",
		"error", "warning", "notice", "info", "debug" };
	uint64_t first = *(uint64_t *)ctx->state;
	const struct cgn_log_event *event = cgn_log_event_at(first + index);

	if (event == NULL)
		return json_pack("{s:n,s:n,s:s}", "time", "severity", "reason",
			"overwritten while it was printed");
	return json_pack("{s:o,s:s,s:s}", "time", cgn_show_time(&event->when), "severity",
		severities[event->priority & 7], "reason", event->text);
}

int
cgn_show_log(struct cgn_cmd_ctx *ctx)
{
	uint64_t *first = malloc(sizeof(*first)), count = cgn_log_events();

	if (first == NULL)
		return -ENOMEM;
	*first = count > CGN_LOG_EVENTS ? count - CGN_LOG_EVENTS : 0;
	ctx->state = first;
	ctx->release = free_state;
	return cgn_cmd_reply_list(ctx, (size_t)(count - *first), log_entry);
}
