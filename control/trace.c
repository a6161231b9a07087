/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command `trace`: packets that match, stage by stage, until the client has enough.
 *
 * It gives every worker a trace (dataplane/trace.h) and takes what they tell, in order of
 * time, when the client has read what it was given before. So a client that reads slowly
 * fills the spools, whose losses are counted, and nothing else. A packet whose story goes
 * on at another CPU is kept until that has told the rest, or for a second.
 *
 * CGN_TRACES at a time, each with its own spools. Control lcore. */
#include <stdlib.h>

#include <rte_cycles.h>

#include "control/select.h"
#include "control/show.h"
#include "control/trace_text.h"

#define TEXT	    (160u << 10) /* bytes of a page */
#define PENDING	    256		 /* packets whose rest is waited for */
#define WAIT_MS	    1000
#define SECONDS_MAX 1000000000ull
#define PLACES	    (CGN_MAX_WORKERS + 1)

/* A packet of which there is more to come. */
struct pending {
	uint32_t name;
	bool matches;
	uint8_t n; /* rounds; 0: free */
	uint64_t since_ms;
	struct cgn_trace_record *round[CGN_TRACE_ROUNDS];
};

struct tracer {
	unsigned place;			   /* among those of a worker */
	struct cgn_worker *worker[PLACES]; /* NULL: is not asked */
	struct cgn_trace *trace[PLACES];
	struct cgn_spool *spool[PLACES];
	bool running;
	uint64_t want, shown;
	uint64_t end_ms; /* UINT64_MAX: when the client has enough */
	struct pending pending[PENDING];
	struct cgn_json_text text;
};

static unsigned places; /* in use, a bit each */

/* ---- start and end ---- */

static void
stop(struct tracer *t, struct cgn_daemon *d)
{
	if (!t->running)
		return;
	for (unsigned i = 0; i < PLACES; i++)
		if (t->worker[i])
			cgn_trace_stop(t->worker[i], t->place);
	if (!d->rt.stop) /* else all lcores have left, and none will answer */
		cgn_daemon_quiesce(d);
	t->running = false;
}

static void
forget(struct pending *p)
{
	while (p->n)
		free(p->round[--p->n]);
}

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct tracer *t = ctx->state;

	stop(t, ctx->app);
	for (unsigned i = 0; i < PLACES; i++)
		cgn_trace_destroy(t->trace[i]);
	for (unsigned i = 0; i < PENDING; i++)
		forget(&t->pending[i]);
	places &= ~(1u << t->place);
	free(t->text.buf);
	free(t);
}

/* The workers that are meant: all that run packets, or those of a board. */
static void
choose_workers(struct tracer *t, struct cgn_daemon *d, uint32_t slot)
{
	for (uint16_t i = 0; i < d->rt.n_workers; i++)
		if (slot == CGN_NONE ||
			(i < d->n_cpus && d->worker[i]->conf.slot == slot))
			t->worker[i] = d->worker[i];
	if (slot == CGN_NONE)
		t->worker[CGN_MAX_WORKERS] = d->standin;
}

static int
start(struct tracer *t, const struct cgn_trace_filter *f)
{
	for (unsigned i = 0; i < PLACES; i++) {
		if (!t->worker[i])
			continue;
		t->trace[i] = cgn_trace_create(f);
		if (!t->trace[i])
			return -ENOMEM;
		t->spool[i] = t->trace[i]->spool;
	}
	for (unsigned i = 0; i < PLACES; i++)
		if (t->worker[i])
			cgn_trace_start(t->worker[i], t->place, t->trace[i]);
	t->running = true;
	return 0;
}

static bool
is_port(const struct cgn_snapshot *snap, const char *name)
{
	for (unsigned i = 0; i < snap->n_ifaces; i++)
		if (strcmp(snap->iface[i].name, name) == 0)
			return true;
	return false;
}

/* IPv4 as ::ffff:a.b.c.d. */
static void
select_address(struct cgn_trace_filter *f, const struct cgn_cmd_endpoint *e)
{
	f->addressed = true;
	f->addr_port = rte_cpu_to_be_16(e->port);
	if (e->family == 4) {
		memset(f->addr + 10, 0xff, 2);
		memcpy(f->addr + 12, e->addr, 4);
		f->addr_len = (uint8_t)(96 + e->prefix_len);
	} else if (e->family == 6) {
		memcpy(f->addr, e->addr, 16);
		f->addr_len = e->prefix_len;
	}
}

static int
make_filter(struct cgn_cmd_ctx *ctx, struct cgn_trace_filter *f, struct cgn_select *s)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_cmd_value *port = cgn_cmd_grammar_filter(&ctx->call, "port");
	const struct cgn_cmd_value *address =
		cgn_cmd_grammar_filter(&ctx->call, "address");
	int rc = cgn_select_init(s, ctx, d);

	if (rc)
		return rc;
	memset(f, 0, sizeof(*f));
	f->flow = s->filter;
	if (s->nothing)
		return cgn_cmd_refuse(
			ctx, "inside, outside, remote are IPv4; address= takes both");
	if (port && !is_port(d->snap, port->text))
		return cgn_cmd_refuse(ctx, "no port %s", port->text);
	if (port)
		snprintf(f->port, sizeof(f->port), "%s", port->text);
	if (address)
		select_address(f, &address->endpoint);
	return 0;
}

unsigned
cgn_trace_count(void)
{
	return (unsigned)__builtin_popcount(places);
}

/* ---- what the workers tell ---- */

static bool
goes_on(const struct cgn_trace_record *r)
{
	return r->end == CGN_TRACE_HANDED || r->end == CGN_TRACE_AGAIN;
}

/* The clock is read anew each time: the time stamp counter says only how long ago. */
static uint64_t
wall_ns(uint64_t tsc)
{
	struct timespec now;
	uint64_t age = rte_get_tsc_cycles() - tsc;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec -
	       (uint64_t)((double)age * 1e9 / (double)rte_get_tsc_hz());
}

static void
show(struct tracer *t, const struct cgn_daemon *d,
	const struct cgn_trace_record *const *round, unsigned n)
{
	if (t->shown == t->want)
		return;
	if (t->text.len)
		CGN_JSON_TEXT(&t->text, ",");
	cgn_trace_text(&t->text, d, round, n, ++t->shown, wall_ns(round[0]->tsc));
}

static void
finish(struct tracer *t, const struct cgn_daemon *d, struct pending *p)
{
	if (p->matches)
		show(t, d, (const struct cgn_trace_record *const *)p->round, p->n);
	forget(p);
}

/* The place of a packet, a free one, or that of the oldest, which is shown as it is. */
static struct pending *
find(struct tracer *t, const struct cgn_daemon *d, uint32_t name)
{
	struct pending *free_one = NULL, *oldest = &t->pending[0];

	for (unsigned i = 0; i < PENDING; i++) {
		struct pending *p = &t->pending[i];

		if (p->n && p->name == name)
			return p;
		if (!p->n)
			free_one = p;
		else if (p->since_ms < oldest->since_ms)
			oldest = p;
	}
	if (free_one)
		return free_one;
	finish(t, d, oldest);
	return oldest;
}

/* Puts a copy of a round to those before and after it. */
static void
insert(struct pending *p, const struct cgn_trace_record *r, uint32_t len)
{
	struct cgn_trace_record *copy = malloc(len);
	unsigned at = p->n;

	if (!copy)
		return;
	memcpy(copy, r, len);
	for (; at > 0 && p->round[at - 1]->hops > r->hops; at--)
		p->round[at] = p->round[at - 1];
	p->round[at] = copy;
	p->n++;
}

static bool
is_complete(const struct pending *p)
{
	const struct cgn_trace_record *first = p->round[0], *last = p->round[p->n - 1];

	return first->whole_story && !goes_on(last) &&
	       last->hops - first->hops == p->n - 1;
}

static void
take(struct tracer *t, const struct cgn_daemon *d, const struct cgn_trace_record *r,
	uint32_t len)
{
	struct pending *p;

	if (r->whole_story && !goes_on(r)) {
		if (r->matches)
			show(t, d, &r, 1);
		return;
	}
	p = find(t, d, r->name);
	if (!p->n) {
		p->name = r->name;
		p->matches = false;
		p->since_ms = d->now_ms;
	}
	if (p->n == CGN_TRACE_ROUNDS)
		return;
	p->matches |= r->matches;
	insert(p, r, len);
	if (p->n && is_complete(p))
		finish(t, d, p);
}

static bool
has_room(const struct tracer *t)
{
	return t->text.size - t->text.len >
	       2 * CGN_TRACE_TEXT; /* one may push another out */
}

/* Shows packets whose rest has not come in time; all: does not wait for any. */
static void
flush(struct tracer *t, const struct cgn_daemon *d, bool all)
{
	for (unsigned i = 0; i < PENDING && has_room(t); i++)
		if (t->pending[i].n &&
			(all || d->now_ms - t->pending[i].since_ms >= WAIT_MS))
			finish(t, d, &t->pending[i]);
}

/* As much as a page holds. False: the spools are empty. */
static bool
drain(struct tracer *t, const struct cgn_daemon *d)
{
	unsigned i;

	while (has_room(t) && t->shown < t->want) {
		const struct cgn_trace_record *r;
		uint32_t len;

		i = cgn_spool_oldest(t->spool, PLACES);
		if (i == PLACES)
			return false;
		r = cgn_spool_peek(t->spool[i], &len);
		take(t, d, r, len);
		cgn_spool_release(t->spool[i]);
	}
	return true;
}

/* ---- answering ---- */

static int
reply_end(struct cgn_cmd_ctx *ctx, const struct tracer *t)
{
	uint64_t lost = 0, passed = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		lost += t->spool[i] ? cgn_spool_lost(t->spool[i]) : 0;
		passed += t->trace[i] ? CGN_SHOW_READ(t->trace[i]->passed) : 0;
	}
	cgn_cmd_reply(ctx, json_array());
	cgn_cmd_reply_more(ctx, "traced", json_integer((json_int_t)t->shown));
	cgn_cmd_reply_more(ctx, "lost", json_integer((json_int_t)lost));
	cgn_cmd_reply_more(ctx, "not_looked_at", json_integer((json_int_t)passed));
	return CGN_CMD_DONE;
}

static int
next_page(struct cgn_cmd_ctx *ctx)
{
	struct tracer *t = ctx->state;
	struct cgn_daemon *d = ctx->app;
	bool more;

	if (ctx->stop || d->now_ms >= t->end_ms || t->shown == t->want)
		stop(t, d);
	t->text.len = 0;
	more = drain(t, d);
	flush(t, d, !t->running && !more);
	if (t->text.len) {
		cgn_cmd_reply_text(ctx, t->text.buf, t->text.len);
		return CGN_CMD_MORE;
	}
	if (t->running)
		return CGN_CMD_LATER;
	return reply_end(ctx, t);
}

/* A place that no trace has; CGN_TRACES: there is none. */
static unsigned
free_place(void)
{
	return (unsigned)__builtin_ctz(~places);
}

int
cgn_trace_command(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_cmd_value *count = cgn_cmd_grammar_filter(&ctx->call, "count");
	const struct cgn_cmd_value *seconds =
		cgn_cmd_grammar_filter(&ctx->call, "seconds");
	struct cgn_daemon *d = ctx->app;
	struct cgn_trace_filter filter;
	struct cgn_select select;
	struct tracer *t;
	int rc = make_filter(ctx, &filter, &select);

	if (rc)
		return rc;
	if (free_place() >= CGN_TRACES)
		return cgn_cmd_refuse(ctx, "%u traces are running", CGN_TRACES);
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->place = free_place();
	places |= 1u << t->place;
	t->text.size = TEXT;
	t->text.buf = malloc(TEXT);
	t->want = count ? count->number : UINT64_MAX;
	t->end_ms = seconds ? d->now_ms + RTE_MIN(seconds->number, SECONDS_MAX) * 1000
			    : UINT64_MAX;
	ctx->state = t;
	ctx->release = release;
	ctx->next = next_page;
	if (!t->text.buf)
		return -ENOMEM;
	choose_workers(t, d, select.slot);
	return start(t, &filter);
}
