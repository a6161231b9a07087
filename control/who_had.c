/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * who-had ADDRESS:PORT [at TIME]: whose a public address and port is.
 *
 * Asks all workers for users with a block that holds the port, then for sessions on it,
 * and adds the servers of the configuration, and who has the port by the rule of a
 * deterministic instance, which needs no table entry. Knows the present alone: a holder
 * is told with the time since when the block is its own, and what was before that is in
 * the logs that the box has sent. The same address may be in two VPNs, so there may be
 * two holders. Control lcore.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/query.h"
#include "control/show.h"

#define SESSIONS_MAX 100

struct who {
	struct cgn_query *query;
	bool about_sessions;
	bool timed;
	struct timespec now, at;
	rte_be32_t addr;
	uint16_t port; /* host order */
	json_t *users, *sessions;
	bool more;
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct who *who = ctx->state;

	cgn_query_destroy(who->query);
	json_decref(who->users);
	json_decref(who->sessions);
	free(who);
}

static struct timespec
ago(const struct who *who, uint32_t ticks)
{
	struct timespec then = who->now;

	then.tv_sec -= ticks / CGN_TICKS_PER_S;
	then.tv_nsec -= (long)(ticks % CGN_TICKS_PER_S) * (1000000000 / CGN_TICKS_PER_S);
	if (then.tv_nsec < 0) {
		then.tv_nsec += 1000000000;
		then.tv_sec--;
	}
	return then;
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* null: not asked; true: the holder had it then; false: not known who had. */
static json_t *
had(const struct who *who, const struct timespec *since)
{
	return who->timed ? json_boolean(!is_before(&who->at, since)) : json_null();
}

static json_t *
softwire_of(uint8_t kind, const uint8_t softwire[16])
{
	return kind == CGN_DS_LITE ? cgn_show_addr16(softwire) : json_null();
}

static json_t *
user_entry(
	const struct who *who, const struct cgn_daemon *d, const struct cgn_user_view *v)
{
	const struct cgn_instance *instance = &d->snap->instance[v->u.instance];
	struct timespec since = ago(who, v->held.age);

	return json_pack("{s:s,s:o,s:o,s:s,s:[i,i],s:o,s:o,s:I}", "instance",
		instance->name, "softwire", softwire_of(v->u.kind, v->softwire), "inside",
		v->u.kind == CGN_NAT44 ? cgn_show_addr4(v->u.inside) : json_null(), "vpn",
		d->snap->vpn[instance->vpn_in].name, "block", v->held.first, v->held.last,
		"since", cgn_show_time(&since), "had_it_then", had(who, &since),
		"location", (json_int_t)d->snap->location[v->u.location].id);
}

static json_t *
session_entry(const struct who *who, const struct cgn_daemon *d,
	const struct cgn_session_view *v)
{
	const struct cgn_session *s = &v->s;
	const struct cgn_instance *instance = &d->snap->instance[s->instance];
	struct timespec since = ago(who, v->age);
	bool any = s->remote == 0 && s->remote_port == 0;

	return json_pack("{s:s,s:o,s:o,s:s,s:o,s:o,s:s,s:o,s:o}", "instance",
		instance->name, "proto", cgn_show_proto(s->proto), "softwire",
		softwire_of(s->kind, v->softwire), "vpn",
		d->snap->vpn[instance->vpn_in].name, "inside",
		cgn_show_endpoint4(s->inside, s->inside_port), "remote",
		any ? json_string("*") : cgn_show_endpoint4(s->remote, s->remote_port),
		"state", cgn_state_name(s->state), "since", cgn_show_time(&since),
		"had_it_then", had(who, &since));
}

static json_t *
servers_of(const struct who *who, const struct cgn_daemon *d)
{
	const struct cgn_snapshot *snap = d->snap;
	json_t *list = json_array();

	for (uint32_t i = 0; i < snap->n_servers; i++) {
		const struct cgn_server *s = &snap->server[i];
		const struct cgn_instance *instance = &snap->instance[s->instance];

		if (s->outside_port != rte_cpu_to_be_16(who->port) ||
			snap->address[s->slot].addr != who->addr)
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:o,s:o,s:s,s:o}", "instance", instance->name,
				"proto", cgn_show_proto(s->proto), "softwire",
				softwire_of(instance->kind, s->softwire), "vpn",
				snap->vpn[instance->vpn_in].name, "inside",
				cgn_show_endpoint4(s->inside, s->inside_port)));
	}
	return list;
}

static int
finish(struct cgn_cmd_ctx *ctx, struct who *who)
{
	const struct cgn_daemon *d = ctx->app;

	cgn_cmd_reply(
		ctx, json_pack("{s:o,s:i,s:o,s:o,s:O,s:O,s:b,s:o,s:o}", "address",
			     cgn_show_addr4(who->addr), "port", who->port, "asked",
			     cgn_show_time(&who->now), "at",
			     who->timed ? cgn_show_time(&who->at) : json_null(), "users",
			     who->users, "sessions", who->sessions, "more_sessions",
			     who->more, "servers", servers_of(who, d), "deterministic",
			     cgn_show_rule_holders(d, who->addr, who->port)));
	return CGN_CMD_DONE;
}

static void
take_batch(struct who *who, const struct cgn_daemon *d)
{
	const struct cgn_msg *msg = &who->query->msg;

	for (uint32_t i = 0; i < msg->n; i++) {
		if (!who->about_sessions)
			json_array_append_new(who->users,
				user_entry(who, d,
					(const struct cgn_user_view *)msg->out + i));
		else if (json_array_size(who->sessions) < SESSIONS_MAX)
			json_array_append_new(who->sessions,
				session_entry(who, d,
					(const struct cgn_session_view *)msg->out + i));
		else
			who->more = true;
	}
}

/* A query about users, or after it about sessions. */
static bool
ask(struct who *who, struct cgn_daemon *d, bool sessions)
{
	size_t size =
		sessions ? sizeof(struct cgn_session_view) : sizeof(struct cgn_user_view);
	uint32_t batch = sessions ? SESSIONS_MAX + 1 : 4;

	cgn_query_destroy(who->query);
	who->about_sessions = sessions;
	who->query = cgn_query_create(d, size, batch);
	if (!who->query)
		return false;
	who->query->msg.op = sessions ? CGN_MSG_SESSIONS : CGN_MSG_USERS;
	who->query->msg.filter.role = CGN_ROLES_ACTIVE;
	who->query->msg.filter.outside = who->addr;
	who->query->msg.filter.outside_mask = UINT32_MAX;
	who->query->msg.filter.outside_port = rte_cpu_to_be_16(who->port);
	return true;
}

static int
next(struct cgn_cmd_ctx *ctx)
{
	struct who *who = ctx->state;
	struct cgn_daemon *d = ctx->app;
	int rc =
		who->more ? CGN_QUERY_END : cgn_query_step(who->query, who->query->batch);

	if (rc == CGN_QUERY_WAIT)
		return CGN_CMD_AGAIN;
	if (rc < 0)
		return cgn_cmd_refuse(ctx, "board %u/%u does not answer",
			d->worker[who->query->at]->conf.slot,
			d->worker[who->query->at]->conf.cpu);
	if (rc == CGN_QUERY_BATCH) {
		take_batch(who, d);
		return CGN_CMD_AGAIN;
	}
	if (who->about_sessions)
		return finish(ctx, who);
	return ask(who, d, true) ? CGN_CMD_AGAIN : -ENOMEM;
}

static int
read_call(struct cgn_cmd_ctx *ctx, struct who *who)
{
	const struct cgn_cmd_value *at = cgn_cmd_grammar_filter(&ctx->call, "at");
	struct cgn_cmd_value value;

	/* the grammar has seen that it is an IPv4 address with a port */
	if (cgn_cmd_value_parse(CGN_CMD_TYPE_ENDPOINT, ctx->call.arg, &value))
		return -EINVAL;
	memcpy(&who->addr, value.endpoint.addr, sizeof(who->addr));
	who->port = value.endpoint.port;
	clock_gettime(CLOCK_REALTIME, &who->now);
	if (!at)
		return 0;
	who->timed = true;
	who->at.tv_sec = (time_t)(at->number / 1000);
	who->at.tv_nsec = (long)(at->number % 1000) * 1000000;
	if (is_before(&who->now, &who->at))
		return cgn_cmd_refuse(ctx, "who-had: %s is in the future", at->text);
	return 0;
}

int
cgn_who_had(struct cgn_cmd_ctx *ctx)
{
	struct who *who = calloc(1, sizeof(*who));
	int rc;

	if (!who)
		return -ENOMEM;
	ctx->state = who;
	ctx->release = release;
	ctx->next = next;
	who->users = json_array();
	who->sessions = json_array();
	rc = read_call(ctx, who);
	if (rc)
		return rc;
	return ask(who, ctx->app, false) ? 0 : -ENOMEM;
}
