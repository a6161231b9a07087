/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show deterministic: the rules of deterministic instances (RFC 7422) with all that is
 * needed to compute them elsewhere, and their application in both directions.
 *
 * Everything comes from the snapshot, nothing from the tables of the workers, so a user
 * who has never sent a packet has an answer too. Control lcore.
 */
#include <string.h>

#include "control/show.h"
#include "dataplane/rule.h"

/* ---- a user ---- */

static json_t *
holder_entry(const struct cgn_snapshot *snap, uint32_t instance,
	const struct cgn_rule *rule, uint32_t number)
{
	const struct cgn_instance *inst = &snap->instance[instance];
	struct cgn_place place = cgn_rule_place(rule, number);
	const struct cgn_snap_address *address = &snap->address[place.slot];
	bool ds_lite = inst->kind == CGN_DS_LITE;
	uint8_t addr[16];
	rte_be32_t inside;

	cgn_rule_address(rule, number, addr);
	memcpy(&inside, addr, sizeof(inside));
	return json_pack("{s:s,s:o,s:o,s:s,s:I,s:o,s:[i,i],s:I}", "instance", inst->name,
		"softwire", ds_lite ? cgn_show_addr16(addr) : json_null(), "inside",
		ds_lite ? json_null() : cgn_show_addr4(inside), "vpn",
		snap->vpn[inst->vpn_in].name, "number", (json_int_t)number, "outside",
		cgn_show_addr4(address->addr), "ports", place.first,
		place.first + rule->size - 1, "location",
		(json_int_t)snap->location[address->location].id);
}

/* Adds the user with this inside address, if the instance has one. */
static void
add_inside(json_t *list, const struct cgn_snapshot *snap, uint32_t instance,
	const struct cgn_cmd_endpoint *who)
{
	bool ds_lite = snap->instance[instance].kind == CGN_DS_LITE;
	const struct cgn_rule *rule;
	rte_be32_t inside;
	uint32_t number;

	if ((who->family == 6) != ds_lite)
		return;
	memcpy(&inside, who->addr, sizeof(inside));
	rule = cgn_rule_of(snap, (uint16_t)instance, inside);
	if (rule && cgn_rule_number(rule, who->addr, &number))
		json_array_append_new(list, holder_entry(snap, instance, rule, number));
}

/* The same of a public address and port; an earlier rule may want the same user. */
static void
add_outside(json_t *list, const struct cgn_snapshot *snap, uint32_t instance,
	rte_be32_t outside, uint16_t port)
{
	const struct cgn_instance *inst = &snap->instance[instance];

	for (unsigned k = 0; k < inst->n_outbound; k++) {
		const struct cgn_rule *rule = inst->outbound[k].rule;
		uint32_t number, i = 0;
		uint8_t addr[16];
		rte_be32_t inside;

		while (rule && i < rule->n_addresses &&
			snap->address[rule->slot[i]].addr != outside)
			i++;
		if (!rule || i == rule->n_addresses ||
			!cgn_rule_holder(rule, rule->slot[i], port, &number))
			continue;
		cgn_rule_address(rule, number, addr);
		memcpy(&inside, addr, sizeof(inside));
		if (cgn_rule_of(snap, (uint16_t)instance, inside) == rule)
			json_array_append_new(
				list, holder_entry(snap, instance, rule, number));
	}
}

json_t *
cgn_show_rule_holders(const struct cgn_daemon *d, rte_be32_t outside, uint16_t port)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < d->snap->n_instances; i++)
		if (d->snap->instance[i].port_mode == CGN_MODE_DETERMINISTIC)
			add_outside(list, d->snap, i, outside, port);
	return list;
}

/* ---- the rules ---- */

static json_t *
inside_of(const struct cgn_rule *rule, bool ds_lite)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < rule->n_prefixes; i++) {
		struct cgn_conf_addr addr = { .family = ds_lite ? 6 : 4 };

		memcpy(addr.bytes, rule->prefix[i].addr, sizeof(addr.bytes));
		json_array_append_new(list, cgn_show_prefix(&addr, rule->prefix[i].len));
	}
	return list;
}

/* Runs of consecutive addresses, as "A-B". */
static json_t *
outside_of(const struct cgn_snapshot *snap, const struct cgn_rule *rule)
{
	json_t *list = json_array();

	for (uint32_t i = 0, end; i < rule->n_addresses; i = end) {
		uint32_t first = rte_be_to_cpu_32(snap->address[rule->slot[i]].addr);
		json_t *from, *to;

		for (end = i + 1; end < rule->n_addresses; end++)
			if (rte_be_to_cpu_32(snap->address[rule->slot[end]].addr) !=
				first + (end - i))
				break;
		from = cgn_show_addr4(rte_cpu_to_be_32(first));
		to = cgn_show_addr4(snap->address[rule->slot[end - 1]].addr);
		json_array_append_new(list, json_sprintf("%s-%s", json_string_value(from),
						    json_string_value(to)));
		json_decref(from);
		json_decref(to);
	}
	return list;
}

static json_t *
rule_entry(
	const struct cgn_snapshot *snap, uint32_t instance, const struct cgn_outbound *o)
{
	const struct cgn_instance *inst = &snap->instance[instance];
	const struct cgn_rule *rule = o->rule;
	uint32_t n = rule->n_addresses;

	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:i,s:i,s:I,s:I,s:I,s:o,s:o}",
		"instance", inst->name, "pool", snap->pool[o->pool].name, "algorithm",
		"sequential", "users", (json_int_t)rule->n_users, "addresses",
		(json_int_t)n, "size", (json_int_t)rule->size, "first_port",
		CGN_PORT_FIRST, "user_bits", rule->length, "blocks_per_address",
		(json_int_t)(CGN_PORT_COUNT / rule->size), "users_per_address",
		(json_int_t)((rule->n_users + n - 1) / n), "blocks",
		(json_int_t)(CGN_PORT_COUNT / rule->size) * n, "inside",
		inside_of(rule, inst->kind == CGN_DS_LITE), "outside",
		outside_of(snap, rule));
}

static void
add_rules(json_t *list, const struct cgn_snapshot *snap, uint32_t instance)
{
	const struct cgn_instance *inst = &snap->instance[instance];

	for (unsigned k = 0; k < inst->n_outbound; k++)
		json_array_append_new(
			list, rule_entry(snap, instance, &inst->outbound[k]));
}

/* What was asked with key=value, or -errno when it makes no sense. */
static int
check_call(struct cgn_cmd_ctx *ctx, const struct cgn_cmd_value *name,
	const struct cgn_cmd_value *inside, const struct cgn_cmd_value *outside)
{
	if (name && cgn_show_find_instance(ctx->app, name->text) == CGN_NONE)
		return cgn_cmd_refuse(ctx, "no instance %s", name->text);
	if (inside && (inside->endpoint.has_port || !inside->endpoint.family ||
			      (inside->endpoint.family == 4 &&
				      inside->endpoint.prefix_len != 32)))
		return cgn_cmd_refuse(ctx,
			"show deterministic: inside=%s: expected the address of a user",
			inside->text);
	if (outside && (outside->endpoint.family != 4 || !outside->endpoint.has_port))
		return cgn_cmd_refuse(ctx,
			"show deterministic: outside=%s: expected IPV4-ADDRESS:PORT",
			outside->text);
	return 0;
}

int
cgn_show_rules(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_cmd_value *name = cgn_cmd_grammar_filter(&ctx->call, "instance"),
				   *inside = cgn_cmd_grammar_filter(&ctx->call, "inside"),
				   *outside =
					   cgn_cmd_grammar_filter(&ctx->call, "outside");
	const struct cgn_daemon *d = ctx->app;
	int rc = check_call(ctx, name, inside, outside);
	json_t *rules, *holders;
	rte_be32_t addr = 0;

	if (rc)
		return rc;
	rules = json_array();
	holders = json_array();
	if (outside)
		memcpy(&addr, outside->endpoint.addr, sizeof(addr));
	for (uint32_t i = 0; i < d->snap->n_instances; i++) {
		const struct cgn_instance *inst = &d->snap->instance[i];

		if (inst->port_mode != CGN_MODE_DETERMINISTIC ||
			(name && strcmp(inst->name, name->text) != 0))
			continue;
		if (!inside && !outside)
			add_rules(rules, d->snap, i);
		if (inside)
			add_inside(holders, d->snap, i, &inside->endpoint);
		if (outside)
			add_outside(holders, d->snap, i, addr, outside->endpoint.port);
	}
	cgn_cmd_reply(ctx, json_pack("{s:o,s:o}", "rules", rules, "holders", holders));
	return 0;
}
