/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters of `show session`, `show user` and `clear`.
 *
 * An instance or location that does not exist is refused: an empty answer would hide the
 * slip of the pen. A B4 is named by any of its addresses, while a user is kept under the
 * prefix that identifies it, whose length is the instance's; so, where lengths differ or
 * a shorter prefix is asked for, B4s are compared here and not by the worker. Control
 * lcore.
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

/* The length of the prefix that identifies a B4's user, if it is the same in all
 * instances that are asked about; else 0. */
static uint8_t
common_length(const struct cgn_select *s, const struct cgn_snapshot *snap)
{
	uint8_t length = 0;

	for (uint32_t i = 0; i < snap->n_instances; i++) {
		const struct cgn_instance *inst = &snap->instance[i];

		if (inst->kind != CGN_DS_LITE ||
			(s->filter.instance != CGN_NONE && s->filter.instance != i))
			continue;
		if (length != 0 && length != inst->prefix_length)
			return 0;
		length = inst->prefix_length;
	}
	return length;
}

static void
select_softwire(
	struct cgn_select *s, const struct cgn_cmd_call *call, const struct cgn_daemon *d)
{
	const struct cgn_cmd_value *value = cgn_cmd_grammar_filter(call, "softwire");
	uint8_t length = common_length(s, d->snap);

	if (value == NULL)
		return;
	s->softwire = value->endpoint;
	s->softwire_here = length == 0 || value->endpoint.prefix_len < length;
	if (s->softwire_here)
		return;
	s->filter.has_softwire = true;
	memcpy(s->filter.softwire, value->endpoint.addr, 16);
	for (unsigned bit = length; bit < 128; bit++)
		s->filter.softwire[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
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
	if (value != NULL && value->number == 1)
		s->nothing = true;
	select_softwire(s, call, d);
	select_endpoint(s, call, "inside", &f->inside, &f->inside_mask, &f->inside_port);
	select_endpoint(
		s, call, "outside", &f->outside, &f->outside_mask, &f->outside_port);
	select_endpoint(s, call, "remote", &f->remote, &f->remote_mask, &f->remote_port);
	return 0;
}

bool
cgn_select_softwire(const struct cgn_select *s, const struct cgn_daemon *d,
	uint32_t instance, const uint8_t softwire[16])
{
	const struct cgn_instance *inst = &d->snap->instance[instance];
	struct cgn_cmd_endpoint want = s->softwire;

	if (!s->softwire_here)
		return true;
	if (instance >= d->snap->n_instances || inst->kind != CGN_DS_LITE)
		return false;
	want.prefix_len = RTE_MIN(want.prefix_len, inst->prefix_length);
	return cgn_cmd_value_match(&want, 6, softwire, 0);
}
