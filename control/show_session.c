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
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/json_text.h"
#include "control/select.h"
#include "control/show.h"

#define BATCH	  (192u << 10) /* bytes of records per question: 1024 sessions */
#define PAGE	  64	       /* entries per page */
#define TEXT	  (96u << 10)  /* bytes of a page that is written as text: 300 sessions */
#define ENTRY	  2048	       /* bytes of an entry of it, at most */
#define UNLIMITED UINT64_MAX

struct dump {
	struct cgn_select select;
	struct cgn_query *query;
	uint64_t left; /* entries still wanted */
	uint32_t at;   /* next record of the batch at hand */
	uint32_t have; /* records in it */
	/* Makes an entry of a record of the batch; NULL: it is written into text. */
	json_t *(*entry)(
		const struct dump *dump, const struct cgn_daemon *d, uint32_t at);
	struct cgn_json_text text;
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct dump *dump = ctx->state;

	cgn_query_destroy(dump->query);
	free(dump->text.buf);
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

static void write_session(struct dump *dump, const struct cgn_daemon *d, uint32_t at);

static void
reply_text(struct cgn_cmd_ctx *ctx, struct dump *dump)
{
	struct cgn_json_text *t = &dump->text;

	t->len = 0;
	while (dump->at < dump->have && t->size - t->len >= ENTRY) {
		if (t->len != 0)
			CGN_JSON_TEXT(t, ",");
		write_session(dump, ctx->app, dump->at++);
	}
	cgn_cmd_reply_text(ctx, t->buf, t->len);
}

static void
reply_page(struct cgn_cmd_ctx *ctx, struct dump *dump)
{
	uint32_t before = dump->at;

	if (dump->entry == NULL) {
		reply_text(ctx, dump);
	} else {
		json_t *page = json_array();

		while (dump->at < dump->have && json_array_size(page) < PAGE)
			json_array_append_new(
				page, dump->entry(dump, ctx->app, dump->at++));
		cgn_cmd_reply(ctx, page);
	}
	/* A batch is never larger than what is left, so no entry is cut off. */
	if (dump->left != UNLIMITED)
		dump->left -= dump->at - before;
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
	dump->text.size = TEXT;
	dump->text.buf = entry == NULL ? malloc(TEXT) : NULL;
	if (entry == NULL && dump->text.buf == NULL)
		return -ENOMEM;
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

static void
write_proto(struct cgn_json_text *t, uint8_t proto)
{
	switch (proto) {
	case CGN_IPPROTO_TCP:
		CGN_JSON_TEXT(t, "\"tcp\"");
		break;
	case CGN_IPPROTO_UDP:
		CGN_JSON_TEXT(t, "\"udp\"");
		break;
	case CGN_IPPROTO_ICMP:
		CGN_JSON_TEXT(t, "\"icmp\"");
		break;
	default:
		CGN_JSON_TEXT(t, "\"");
		cgn_json_text_number(t, proto);
		CGN_JSON_TEXT(t, "\"");
	}
}

static void
write_softwire(struct cgn_json_text *t, const struct cgn_session_view *v)
{
	char softwire[INET6_ADDRSTRLEN];

	if (v->s.kind == CGN_DS_LITE)
		cgn_json_text_string(
			t, inet_ntop(AF_INET6, v->softwire, softwire, sizeof(softwire)));
	else
		CGN_JSON_TEXT(t, "null");
}

static void
write_ends(struct cgn_json_text *t, const struct cgn_session *s)
{
	CGN_JSON_TEXT(t, ",\"inside\":");
	cgn_json_text_endpoint4(t, s->inside, s->inside_port);
	CGN_JSON_TEXT(t, ",\"outside\":");
	cgn_json_text_endpoint4(t, s->outside, s->outside_port);
	CGN_JSON_TEXT(t, ",\"remote\":");
	if (s->remote == 0 && s->remote_port == 0)
		CGN_JSON_TEXT(t, "\"*\"");
	else
		cgn_json_text_endpoint4(t, s->remote, s->remote_port);
}

static void
write_count(struct cgn_json_text *t, bool counted, uint64_t n)
{
	if (counted)
		cgn_json_text_number(t, n);
	else
		CGN_JSON_TEXT(t, "null");
}

static void
write_counts(struct cgn_json_text *t, const struct cgn_session_view *v, bool counted)
{
	CGN_JSON_TEXT(t, ",\"packets_up\":");
	write_count(t, counted, v->count.packets[CGN_UP]);
	CGN_JSON_TEXT(t, ",\"bytes_up\":");
	write_count(t, counted, v->count.bytes[CGN_UP]);
	CGN_JSON_TEXT(t, ",\"packets_down\":");
	write_count(t, counted, v->count.packets[CGN_DOWN]);
	CGN_JSON_TEXT(t, ",\"bytes_down\":");
	write_count(t, counted, v->count.bytes[CGN_DOWN]);
}

/* A million of these are asked for at times: no value is made of them, only text. */
static void
write_session(struct dump *dump, const struct cgn_daemon *d, uint32_t at)
{
	const struct cgn_session_view *v =
		(const struct cgn_session_view *)dump->query->msg.out + at;
	const struct cgn_instance *instance = &d->snap->instance[v->s.instance];
	const struct cgn_worker_conf *where = &d->worker[v->worker]->conf;
	struct cgn_json_text *t = &dump->text;

	CGN_JSON_TEXT(t, "{\"instance\":");
	cgn_json_text_string(t, instance->name);
	CGN_JSON_TEXT(t, ",\"proto\":");
	write_proto(t, v->s.proto);
	CGN_JSON_TEXT(t, ",\"softwire\":");
	write_softwire(t, v);
	CGN_JSON_TEXT(t, ",\"vpn\":");
	cgn_json_text_string(t, d->snap->vpn[instance->vpn_in].name);
	write_ends(t, &v->s);
	CGN_JSON_TEXT(t, ",\"state\":");
	cgn_json_text_string(t, cgn_state_name(v->s.state));
	CGN_JSON_TEXT(t, ",\"age\":");
	cgn_json_text_number(t, v->age / CGN_TICKS_PER_S);
	CGN_JSON_TEXT(t, ",\"ttl\":");
	cgn_json_text_number(t, v->ttl / CGN_TICKS_PER_S);
	CGN_JSON_TEXT(t, ",\"location\":");
	cgn_json_text_number(t, d->snap->location[v->s.location].id);
	CGN_JSON_TEXT(t, ",\"slot\":");
	cgn_json_text_number(t, where->slot);
	CGN_JSON_TEXT(t, ",\"cpu\":");
	cgn_json_text_number(t, where->cpu);
	CGN_JSON_TEXT(t, ",\"role\":");
	cgn_json_text_string(t, cgn_show_role(d, v->s.location, v->worker));
	write_counts(t, v, instance->accounting);
	CGN_JSON_TEXT(t, "}");
}

int
cgn_show_session(struct cgn_cmd_ctx *ctx)
{
	return start_dump(ctx, CGN_MSG_SESSIONS, sizeof(struct cgn_session_view), NULL);
}

/* ---- users ---- */

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
	json_object_set_new(
		entry, "role", json_string(cgn_show_role(d, location, worker)));
}

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
	return json_pack("{s:I,s:o,s:o,s:I,s:o,s:I}", "sessions",
		(json_int_t)instance->max_sessions, "sessions_by_protocol",
		classes(instance->max_class), "ports", classes(instance->max_ports),
		"reverse_sessions", (json_int_t)instance->max_reverse,
		"reverse_sessions_by_protocol", classes(instance->max_reverse_class),
		"create_rate", (json_int_t)instance->create_rate);
}

static json_t *
user_discards(const struct cgn_user *u)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "sessions",
		(json_int_t)u->discards[CGN_DISCARD_SESSIONS], "ports",
		(json_int_t)u->discards[CGN_DISCARD_PORTS], "create_rate",
		(json_int_t)u->discards[CGN_DISCARD_RATE], "reverse_sessions",
		(json_int_t)u->discards[CGN_DISCARD_REVERSE]);
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
		instance->name, "softwire", softwire_of(u->kind, v->softwire), "inside",
		u->kind == CGN_NAT44 ? cgn_show_addr4(u->inside) : json_null(), "vpn",
		d->snap->vpn[instance->vpn_in].name, "outside",
		v->outside != 0 ? cgn_show_addr4(v->outside) : json_null(), "blocks",
		user_blocks(v), "sessions", (json_int_t)sum(u->sessions), "ports",
		(json_int_t)sum(u->ports), "age", (json_int_t)(v->age / CGN_TICKS_PER_S));
	add_place(entry, d, u->location, v->worker);
	json_object_set_new(entry, "sessions_by_protocol", classes(u->sessions));
	json_object_set_new(entry, "reverse_sessions_by_protocol", classes(u->reverse));
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
