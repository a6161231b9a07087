/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters of `show session`, `show user` and `clear`.
 *
 * An instance or location that does not exist is refused: an empty answer would hide the
 * slip of the pen. A B4 may be named by any of its addresses: the worker compares no more
 * than the prefix that identifies its user. Control lcore.
 */
#include <string.h>

#include "control/select.h"
#include "control/show.h"

static int
select_names(struct cgn_select *s, struct cgn_cmd_ctx *ctx, const struct cgn_daemon *d)
{
	const struct cgn_cmd_value *instance, *location;

	instance = cgn_cmd_grammar_filter(&ctx->call, "instance");
	if (instance != NULL) {
		s->filter.instance = cgn_show_find_instance(d, instance->text);
		if (s->filter.instance == CGN_NONE)
			return cgn_cmd_refuse(ctx, "no instance %s", instance->text);
	}
	location = cgn_cmd_grammar_filter(&ctx->call, "location");
	if (location != NULL) {
		s->filter.location = cgn_show_find_location(d, location->number);
		if (s->filter.location == CGN_NONE)
			return cgn_cmd_refuse(
				ctx, "no service-location %s", location->text);
	}
	return 0;
}

/* An IPv4 address, mask and port; IPv6 is nothing that these tables hold. */
static void
select_endpoint(struct cgn_select *s, const struct cgn_cmd_call *call, const char *key,
	rte_be32_t *addr, rte_be32_t *mask, rte_be16_t *port)
{
	const struct cgn_cmd_value *value = cgn_cmd_grammar_filter(call, key);

	if (value == NULL)
		return;
	if (value->endpoint.family == 6)
		s->nothing = true;
	if (value->endpoint.prefix_len > 0)
		*mask = rte_cpu_to_be_32(
			UINT32_MAX << (32 - value->endpoint.prefix_len % 33));
	memcpy(addr, value->endpoint.addr, sizeof(*addr));
	*addr &= *mask;
	*port = rte_cpu_to_be_16(value->endpoint.port);
}

static void
select_softwire(struct cgn_select *s, const struct cgn_cmd_call *call)
{
	const struct cgn_cmd_value *value = cgn_cmd_grammar_filter(call, "softwire");

	if (value == NULL)
		return;
	s->filter.has_softwire = true;
	s->filter.softwire_len = value->endpoint.prefix_len;
	memcpy(s->filter.softwire, value->endpoint.addr, 16);
}

int
cgn_select_init(struct cgn_select *s, struct cgn_cmd_ctx *ctx, const struct cgn_daemon *d)
{
	const struct cgn_cmd_call *call = &ctx->call;
	const struct cgn_cmd_value *value;
	struct cgn_filter *f = &s->filter;
	int rc;

	memset(s, 0, sizeof(*s));
	f->instance = f->location = s->slot = CGN_NONE;
	rc = select_names(s, ctx, d);
	if (rc != 0)
		return rc;
	value = cgn_cmd_grammar_filter(call, "proto");
	if (value != NULL) {
		f->proto = (uint8_t)value->number;
		s->nothing = value->number == 0;
	}
	value = cgn_cmd_grammar_filter(call, "slot");
	if (value != NULL)
		s->slot = (uint32_t)value->number;
	value = cgn_cmd_grammar_filter(call, "role");
	if (value != NULL)
		f->role = value->number ? CGN_ROLES_STANDBY : CGN_ROLES_ACTIVE;
	select_softwire(s, call);
	select_endpoint(s, call, "inside", &f->inside, &f->inside_mask, &f->inside_port);
	select_endpoint(
		s, call, "outside", &f->outside, &f->outside_mask, &f->outside_port);
	select_endpoint(s, call, "remote", &f->remote, &f->remote_mask, &f->remote_port);
	return 0;
}
