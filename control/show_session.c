/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show session, show user: tables of millions, page by page.
 *
 * A dump asks one worker after the other for a batch of records (query.c), turns them
 * into entries a few per turn, and asks for the next batch when the client has read
 * those. The cursor that is printed when `limit` ends a dump early is WORKER-PLACE; an
 * entry that was there all the time is shown once, one that came or went meanwhile once
 * or not at all. Control lcore.
 */
#include <stdio.h>
#include <stdlib.h>

#include "control/select.h"
#include "control/show.h"

#define BATCH	  (192u << 10) /* bytes of records per question: 1024 sessions */
#define PAGE	  64	       /* entries per page */
#define UNLIMITED UINT64_MAX

struct dump {
	struct cgn_select select;
	struct cgn_query *query;
	uint64_t left; /* entries still wanted */
	uint32_t at;   /* next record of the batch at hand */
	uint32_t have; /* records in it */
	/* Makes an entry of a record of the batch. */
	json_t *(*entry)(
		const struct dump *dump, const struct cgn_daemon *d, uint32_t at);
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct dump *dump = ctx->state;

	cgn_query_destroy(dump->query);
	free(dump);
}

/* Ends a dump; with a cursor if there may be more. */
static int
finish(struct cgn_cmd_ctx *ctx, const struct dump *dump, bool more)
{
	const struct cgn_query *q = dump->query;
	char token[32];

	snprintf(token, sizeof(token), "%u-%u", q->at, q->cursor);
	cgn_cmd_reply_next(ctx, more && q->at < q->daemon->n_cpus ? token : NULL);
	return CGN_CMD_DONE;
}

static void
reply_page(struct cgn_cmd_ctx *ctx, struct dump *dump)
{
	json_t *page = json_array();

	while (dump->at < dump->have && json_array_size(page) < PAGE) {
		json_array_append_new(page, dump->entry(dump, ctx->app, dump->at++));
	}
	/* A batch is never larger than what is left, so no entry is cut off. */
	if (dump->left != UNLIMITED)
		dump->left -= json_array_size(page);
	cgn_cmd_reply(ctx, page);
}

static int
next_page(struct cgn_cmd_ctx *ctx)
{
	struct dump *dump = ctx->state;
	struct cgn_query *q = dump->query;
	int rc;

	if (dump->at == dump->have) {
		if (dump->select.nothing || dump->left == 0)
			return finish(ctx, dump, dump->left == 0);
		rc = cgn_query_step(q, (uint32_t)RTE_MIN(dump->left, q->batch));
		if (rc == CGN_QUERY_WAIT)
			return CGN_CMD_AGAIN;
		if (rc == CGN_QUERY_END)
			return finish(ctx, dump, false);
		if (rc < 0)
			return cgn_cmd_refuse(ctx, "board %u/%u does not answer",
				q->daemon->worker[q->at]->conf.slot,
				q->daemon->worker[q->at]->conf.cpu);
		dump->at = 0;
		dump->have = q->msg.n;
		if (dump->have == 0)
			return CGN_CMD_AGAIN;
	}
	reply_page(ctx, dump);
	return CGN_CMD_MORE;
}

static int
read_cursor(struct cgn_cmd_ctx *ctx, struct cgn_query *query)
{
	const struct cgn_cmd_value *cursor = cgn_cmd_grammar_filter(&ctx->call, "cursor");
	unsigned worker, place;
	int used = 0;

	if (cursor == NULL)
		return 0;
	if (sscanf(cursor->text, "%5u-%10u%n", &worker, &place, &used) != 2 ||
		cursor->text[used] != '\0' || worker >= query->daemon->n_cpus)
		return cgn_cmd_refuse(ctx, "%s: cursor=%s is not one of ours",
			ctx->call.def->words, cursor->text);
	query->at = (uint16_t)worker;
	query->cursor = place;
	return 0;
}

static int
start_dump(struct cgn_cmd_ctx *ctx, enum cgn_msg_op op, size_t size,
	json_t *(*entry)(const struct dump *, const struct cgn_daemon *, uint32_t))
{
	const struct cgn_cmd_value *limit = cgn_cmd_grammar_filter(&ctx->call, "limit");
	struct dump *dump = calloc(1, sizeof(*dump));
	int rc;

	if (dump == NULL)
		return -ENOMEM;
	ctx->state = dump;
	ctx->release = release;
	ctx->next = next_page;
	dump->entry = entry;
	dump->left = limit != NULL ? limit->number : UNLIMITED;
	dump->query = cgn_query_create(ctx->app, size, BATCH / (uint32_t)size);
	if (dump->query == NULL)
		return -ENOMEM;
	rc = cgn_select_init(&dump->select, ctx, ctx->app);
	if (rc != 0)
		return rc;
	dump->query->msg.op = (uint8_t)op;
	dump->query->msg.filter = dump->select.filter;
	dump->query->slot = dump->select.slot;
	return read_cursor(ctx, dump->query);
}

/* ---- sessions ---- */

static json_t *
softwire_of(uint8_t kind, const uint8_t softwire[16])
{
	return kind == CGN_DS_LITE ? cgn_show_addr16(softwire) : json_null();
}

static void
add_place(json_t *entry, const struct cgn_daemon *d, uint16_t location, uint16_t worker)
{
	const struct cgn_worker_conf *conf = &d->worker[worker]->conf;

	json_object_set_new(
		entry, "location", json_integer(d->snap->location[location].id));
	json_object_set_new(entry, "slot", json_integer(conf->slot));
	json_object_set_new(entry, "cpu", json_integer(conf->cpu));
	json_object_set_new(entry, "role", json_string("active"));
}

static void
add_counts(json_t *entry, const struct cgn_session_view *v, bool counted)
{
	static const char *const keys[CGN_DIRS][2] = { { "packets_up", "bytes_up" },
		{ "packets_down", "bytes_down" } };

	for (unsigned dir = 0; dir < CGN_DIRS; dir++) {
		json_object_set_new(entry, keys[dir][0],
			counted ? json_integer((json_int_t)v->count.packets[dir])
				: json_null());
		json_object_set_new(entry, keys[dir][1],
			counted ? json_integer((json_int_t)v->count.bytes[dir])
				: json_null());
	}
}

static json_t *
session_entry(const struct dump *dump, const struct cgn_daemon *d, uint32_t at)
{
	const struct cgn_session_view *v =
		(const struct cgn_session_view *)dump->query->msg.out + at;
	const struct cgn_session *s = &v->s;
	const struct cgn_instance *instance = &d->snap->instance[s->instance];
	bool any = s->remote == 0 && s->remote_port == 0;
	json_t *entry;

	entry = json_pack("{s:s,s:o,s:o,s:s,s:o,s:o,s:o,s:s,s:I,s:I}", "instance",
		instance->name, "proto", cgn_show_proto(s->proto), "softwire",
		softwire_of(s->kind, v->softwire), "vpn",
		d->snap->vpn[instance->vpn_in].name, "inside",
		cgn_show_endpoint4(s->inside, s->inside_port), "outside",
		cgn_show_endpoint4(s->outside, s->outside_port), "remote",
		any ? json_string("*") : cgn_show_endpoint4(s->remote, s->remote_port),
		"state", cgn_state_name(s->state), "age",
		(json_int_t)(v->age / CGN_TICKS_PER_S), "ttl",
		(json_int_t)(v->ttl / CGN_TICKS_PER_S));
	add_place(entry, d, s->location, v->worker);
	add_counts(entry, v, instance->accounting);
	return entry;
}

int
cgn_show_session(struct cgn_cmd_ctx *ctx)
{
	return start_dump(
		ctx, CGN_MSG_SESSIONS, sizeof(struct cgn_session_view), session_entry);
}

/* ---- users ---- */

static uint32_t
sum(const uint32_t of[CGN_CLASSES])
{
	return of[CGN_TCP] + of[CGN_UDP] + of[CGN_ICMP];
}

static json_t *
classes(const uint32_t of[CGN_CLASSES])
{
	return json_pack("{s:I,s:I,s:I}", "tcp", (json_int_t)of[CGN_TCP], "udp",
		(json_int_t)of[CGN_UDP], "icmp", (json_int_t)of[CGN_ICMP]);
}

static json_t *
user_blocks(const struct cgn_user_view *v)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < v->n_blocks; i++)
		json_array_append_new(
			list, json_pack("[i,i]", v->block[i].first, v->block[i].last));
	return list;
}

static json_t *
user_limits(const struct cgn_instance *instance)
{
	return json_pack("{s:I,s:o,s:o,s:I,s:I}", "sessions",
		(json_int_t)instance->max_sessions, "sessions_by_protocol",
		classes(instance->max_class), "ports", classes(instance->max_ports),
		"reverse_sessions", (json_int_t)instance->max_reverse, "create_rate",
		(json_int_t)instance->create_rate);
}

static json_t *
user_discards(const struct cgn_user *u)
{
	return json_pack("{s:I,s:I,s:I}", "sessions",
		(json_int_t)u->discards[CGN_DISCARD_SESSIONS], "ports",
		(json_int_t)u->discards[CGN_DISCARD_PORTS], "create_rate",
		(json_int_t)u->discards[CGN_DISCARD_RATE]);
}

static json_t *
user_entry(const struct dump *dump, const struct cgn_daemon *d, uint32_t at)
{
	const struct cgn_user_view *v =
		(const struct cgn_user_view *)dump->query->msg.out + at;
	const struct cgn_user *u = &v->u;
	const struct cgn_instance *instance = &d->snap->instance[u->instance];
	json_t *entry;

	entry = json_pack("{s:s,s:o,s:o,s:s,s:o,s:o,s:I,s:I,s:I}", "instance",
		instance->name, "softwire", softwire_of(u->kind, u->softwire), "inside",
		u->kind == CGN_NAT44 ? cgn_show_addr4(u->inside) : json_null(), "vpn",
		d->snap->vpn[instance->vpn_in].name, "outside",
		v->outside != 0 ? cgn_show_addr4(v->outside) : json_null(), "blocks",
		user_blocks(v), "sessions", (json_int_t)sum(u->sessions), "ports",
		(json_int_t)sum(u->ports), "age", (json_int_t)(v->age / CGN_TICKS_PER_S));
	add_place(entry, d, u->location, v->worker);
	json_object_set_new(entry, "sessions_by_protocol", classes(u->sessions));
	json_object_set_new(entry, "ports_by_protocol", classes(u->ports));
	json_object_set_new(entry, "limits", user_limits(instance));
	json_object_set_new(entry, "discards", user_discards(u));
	return entry;
}

int
cgn_show_user(struct cgn_cmd_ctx *ctx)
{
	return start_dump(ctx, CGN_MSG_USERS, sizeof(struct cgn_user_view), user_entry);
}
