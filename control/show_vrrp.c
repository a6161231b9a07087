/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show vrrp: the virtual routers with what they hear, their timers and how they came to
 * be what they are. Control lcore.
 */
#include <string.h>

#include "control/show.h"
#include "control/vrrp.h"

/* Who is master: this box by the address that it advertises from, the other one as long
 * as it is heard. */
static json_t *
master_of(const struct cgn_vrrp_view *v)
{
	const struct cgn_vrrp *r = v->router;

	if (r->state == CGN_VRRP_MASTER)
		return cgn_show_addr16(v->source[!v->has[0]]);
	if (r->state == CGN_VRRP_BACKUP && r->master.known && r->master.priority)
		return cgn_show_addr16(r->master.src);
	return json_null();
}

static json_t *
timers_of(const struct cgn_conf_vrrp *conf, const struct cgn_vrrp *r)
{
	bool backup = r->state == CGN_VRRP_BACKUP;

	return json_pack("{s:i,s:i,s:i,s:o,s:f,s:f,s:o}", "advert_ms",
		(int)conf->advert_ms, "preempt_delay", (int)conf->preempt_delay,
		"recover_delay", (int)conf->recover_delay, "master_advert_ms",
		r->master.known ? json_integer(r->master.interval_cs * 10) : json_null(),
		"skew_ms", (double)cgn_vrrp_skew_us(r) / 1000, "master_down_ms",
		(double)cgn_vrrp_down_us(r) / 1000, "master_down_left_ms",
		backup ? json_real((double)r->down_us / 1000) : json_null());
}

static json_t *
transitions_of(const struct cgn_vrrp_view *v)
{
	uint64_t n = v->count->transitions;
	uint64_t first = n > CGN_VRRP_TRANSITIONS ? n - CGN_VRRP_TRANSITIONS : 0;
	json_t *list = json_array();

	for (uint64_t i = first; i < n; i++) {
		const struct cgn_vrrp_transition *t =
			&v->transition[i % CGN_VRRP_TRANSITIONS];

		json_array_append_new(list,
			json_pack("{s:o,s:s,s:s,s:s}", "time", cgn_show_time(&t->when),
				"from", cgn_vrrp_state_name(t->from), "to",
				cgn_vrrp_state_name(t->to), "reason",
				cgn_vrrp_why_text(t->why)));
	}
	return list;
}

static json_t *
statistics_of(const struct cgn_vrrp_count *c)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "adverts_sent",
		(json_int_t)c->sent, "priority_zero_sent", (json_int_t)c->resigned,
		"adverts_received", (json_int_t)c->received, "priority_zero_received",
		(json_int_t)c->resignations, "announcements", (json_int_t)c->announced,
		"rivals", (json_int_t)c->rivals, "other_addresses",
		(json_int_t)c->addresses, "other_interval", (json_int_t)c->intervals,
		"transitions", (json_int_t)c->transitions);
}

static json_t *
addresses_of(const struct cgn_conf_vrrp *conf)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < conf->n_addresses; i++)
		json_array_append_new(list, cgn_show_addr(&conf->addresses[i]));
	return list;
}

static json_t *
macs_of(const struct cgn_conf_vrrp *conf, const struct cgn_vrrp_view *v)
{
	json_t *list = json_array();

	for (unsigned six = 0; six < 2; six++) {
		struct rte_ether_addr mac;

		cgn_vrrp_wire_mac(mac.addr_bytes, six ? 6 : 4, (uint8_t)conf->vrid);
		if (v->has[six])
			json_array_append_new(list, cgn_show_mac(&mac));
	}
	return list;
}

static json_t *
follow_of(const struct cgn_conf_vrrp *conf)
{
	if (!conf->follow.present)
		return json_null();
	return json_pack("{s:s,s:i}", "port", conf->follow.port.name, "vrid",
		(int)conf->follow.vrid);
}

static json_t *
vrrp_entry(struct cgn_cmd_ctx *ctx, size_t index)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_conf_vrrp *conf = &d->conf->vrrp[index];
	struct cgn_vrrp_view v;
	const struct cgn_vrrp *r;

	if (!cgn_vrrp_groups_view(d, (uint32_t)index, &v))
		return NULL;
	r = v.router;
	return json_pack("{s:s,s:i,s:s,s:i,s:i,s:o,s:o,s:o,s:o,s:b,s:o,s:b,s:b,s:b,s:b,s:"
			 "o,s:o,s:o}",
		"port", conf->port.name, "vrid", (int)conf->vrid, "state",
		cgn_vrrp_state_name(r->state), "priority_config", (int)conf->priority,
		"priority_run", (int)r->priority, "master", master_of(&v),
		"master_priority",
		r->state == CGN_VRRP_BACKUP && r->master.known
			? json_integer(r->master.priority)
			: json_null(),
		"addresses", addresses_of(conf), "virtual_macs", macs_of(conf, &v),
		"admin", conf->admin, "follow", follow_of(conf), "preempt", conf->preempt,
		"ready", v.ready, "alive", v.alive, "held", r->held, "timers",
		timers_of(conf, r), "transitions", transitions_of(&v), "statistics",
		statistics_of(v.count));
}

int
cgn_show_vrrp(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	return cgn_cmd_reply_list(ctx, d->conf->n_vrrp, vrrp_entry);
}
