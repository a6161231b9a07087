/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the rings of the workers to the log hosts: reads records, gives each to the hosts
 * of its instance in their format, and keeps every stream honest about what is missing.
 *
 * Life-cycle: created at the start, configured with each configuration, turned by the
 * control lcore's loop, finished when the workers have stopped. Time is a parameter: the
 * monotonic clock decides when something is sent, the wall clock is only written down, so
 * that a step of it moves time stamps and nothing else.
 *
 * Not handled: hosts behind the box's own ports; they are reached as the host is. */
#include "control/log_export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/log_event.h"
#include "control/log_ipfix.h"
#include "control/log_syslog.h"
#include "control/log_udp.h"

#define BATCH	 128 /* records of a worker per turn */
#define LINGER	 200 /* ms that a message waits for more records */
#define PER_TURN 256 /* datagrams to a host at a time */
#define DOMAIN	 1   /* observation domain: the box */

struct host {
	char name[CGN_CONF_NAME_LEN];
	struct cgn_conf_addr address;
	uint32_t port;
	enum cgn_conf_log_format format;
	struct cgn_log_udp udp;
	struct cgn_log_ipfix ipfix;
	bool open; /* a message is being put together */
	uint64_t opened_ms;
	uint64_t announced; /* of udp.lost: syslog has been told so many */
};

/* Where the records of an instance go. */
struct route {
	uint16_t *host; /* index */
	uint32_t n;
	bool destinations;
};

struct cgn_log_export {
	char node[CGN_CONF_NAME_LEN];
	struct host **host;
	uint32_t n_hosts;
	struct route route[CGN_MAX_INSTANCES];
	struct cgn_log_event_state events;
	uint64_t missed; /* by the rings, so far */
};

struct cgn_log_export *
cgn_log_export_create(void)
{
	return calloc(1, sizeof(struct cgn_log_export));
}

static void
destroy_host(struct host *h)
{
	if (h)
		cgn_log_udp_fini(&h->udp);
	free(h);
}

static void
clear_routes(struct route *route)
{
	for (unsigned i = 0; i < CGN_MAX_INSTANCES; i++)
		free(route[i].host);
	memset(route, 0, CGN_MAX_INSTANCES * sizeof(*route));
}

void
cgn_log_export_destroy(struct cgn_log_export *x)
{
	if (!x)
		return;
	for (uint32_t i = 0; i < x->n_hosts; i++)
		destroy_host(x->host[i]);
	clear_routes(x->route);
	free(x->host);
	free(x);
}

static struct host *
create_host(const struct cgn_conf_log_host *conf)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	memcpy(h->name, conf->name, sizeof(h->name));
	h->address = conf->address;
	h->port = conf->port;
	h->format = conf->format;
	cgn_log_ipfix_init(&h->ipfix, conf->format == CGN_CONF_FORMAT_NETFLOW9, DOMAIN);
	if (cgn_log_udp_init(&h->udp, conf->address.family, conf->address.bytes,
		    (uint16_t)conf->port)) {
		free(h);
		return NULL;
	}
	return h;
}

static bool
is_same(const struct host *h, const struct cgn_conf_log_host *conf)
{
	return strcmp(h->name, conf->name) == 0 && h->port == conf->port &&
	       h->format == conf->format && h->address.family == conf->address.family &&
	       memcmp(h->address.bytes, conf->address.bytes,
		       conf->address.family == 4 ? 4 : 16) == 0;
}

/* Index in x->host of the host that is as configured, or x->n_hosts. */
static uint32_t
find_same(const struct cgn_log_export *x, const struct cgn_conf_log_host *conf)
{
	uint32_t i = 0;

	while (i < x->n_hosts && !(x->host[i] && is_same(x->host[i], conf)))
		i++;
	return i;
}

/* The hosts of a configuration: those that stay move over from x. */
static int
change_hosts(struct cgn_log_export *x, const struct cgn_conf *conf)
{
	struct host **host = calloc(conf->n_log_hosts + 1, sizeof(struct host *));

	for (uint32_t i = 0; host && i < conf->n_log_hosts; i++) {
		if (find_same(x, &conf->log_hosts[i]) < x->n_hosts)
			continue;
		host[i] = create_host(&conf->log_hosts[i]);
		if (host[i])
			continue;
		while (i-- > 0)
			destroy_host(host[i]);
		free(host);
		host = NULL;
	}
	if (!host)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->n_log_hosts; i++) {
		uint32_t old = host[i] ? x->n_hosts : find_same(x, &conf->log_hosts[i]);

		if (old < x->n_hosts) {
			host[i] = x->host[old];
			x->host[old] = NULL;
		}
	}
	for (uint32_t i = 0; i < x->n_hosts; i++)
		destroy_host(x->host[i]);
	free(x->host);
	x->host = host;
	x->n_hosts = conf->n_log_hosts;
	return 0;
}

static int
fill_route(struct route *to, const struct cgn_conf_log *log)
{
	to->destinations = log->destinations;
	to->host = calloc(log->n_hosts + 1, sizeof(*to->host));
	if (!to->host)
		return -ENOMEM;
	for (uint32_t i = 0; i < log->n_hosts; i++)
		to->host[to->n++] = (uint16_t)log->hosts[i].index;
	return 0;
}

/* An instance that is gone still gives its blocks back: to those of its hosts that stay.
 */
static int
keep_route(const struct cgn_log_export *x, const struct cgn_conf *conf,
	const struct route *old, struct route *to)
{
	to->destinations = old->destinations;
	to->host = calloc(old->n + 1, sizeof(*to->host));
	if (!to->host)
		return -ENOMEM;
	for (uint32_t i = 0; i < old->n; i++)
		for (uint32_t k = 0; k < conf->n_log_hosts; k++)
			if (is_same(x->host[old->host[i]], &conf->log_hosts[k]))
				to->host[to->n++] = (uint16_t)k;
	return 0;
}

int
cgn_log_export_configure(struct cgn_log_export *x, const struct cgn_conf *conf,
	const struct cgn_compiler *compiler)
{
	struct route *route = calloc(CGN_MAX_INSTANCES, sizeof(*route));
	int rc = route ? 0 : -ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < conf->n_instances; i++) {
		const struct cgn_conf_instance *from = &conf->instances[i];
		uint32_t k = cgn_compile_find_instance(
			compiler, (enum cgn_kind)from->kind, from->name);

		if (k < CGN_MAX_INSTANCES && !route[k].host)
			rc = fill_route(&route[k], &from->log);
	}
	for (uint32_t k = 0; rc == 0 && k < CGN_MAX_INSTANCES; k++)
		if (x->route[k].host && !route[k].host)
			rc = keep_route(x, conf, &x->route[k], &route[k]);
	if (rc == 0)
		rc = change_hosts(x, conf);
	if (rc == 0) {
		memcpy(x->node, conf->node.name, sizeof(x->node));
		clear_routes(x->route);
		memcpy(x->route, route, sizeof(x->route));
	} else if (route) {
		clear_routes(route);
	}
	free(route);
	return rc;
}

/* ---- streams ---- */

static void
lose(struct host *h, uint64_t n)
{
	cgn_log_udp_lose(&h->udp, n);
	cgn_log_ipfix_lose(&h->ipfix, n, false);
}

/* Ends the message that is being put together. */
static void
close_message(struct host *h, const struct cgn_log_clock *clock)
{
	size_t len;

	if (!h->open)
		return;
	len = cgn_log_ipfix_end(&h->ipfix, clock->now_ms, clock->wall_ms);
	cgn_log_udp_put(&h->udp, len, h->ipfix.events);
	h->open = false;
}

static bool
open_message(struct host *h, const struct cgn_log_clock *clock)
{
	uint8_t *buf = cgn_log_udp_room(&h->udp);

	if (!buf)
		return false;
	if (h->udp.error) /* a collector that begins anew knows no template */
		cgn_log_ipfix_repeat(&h->ipfix);
	cgn_log_ipfix_begin(&h->ipfix, buf, CGN_LOG_DATAGRAM, clock->now_ms);
	h->open = true;
	h->opened_ms = clock->now_ms;
	return true;
}

static void
give_message(struct host *h, const struct cgn_log_item *item,
	const struct cgn_log_clock *clock)
{
	if (h->open && cgn_log_ipfix_add(&h->ipfix, item))
		return;
	close_message(h, clock);
	if (!open_message(h, clock) || !cgn_log_ipfix_add(&h->ipfix, item))
		lose(h, 1);
}

/* The line that says what is missing before it. */
static void
announce(const struct cgn_log_export *x, struct host *h, uint64_t wall_ms)
{
	uint8_t *buf = cgn_log_udp_room(&h->udp);

	if (!buf || h->announced == h->udp.lost)
		return;
	cgn_log_udp_put(&h->udp,
		cgn_log_syslog_lost((char *)buf, CGN_LOG_DATAGRAM, x->node, wall_ms,
			h->udp.lost - h->announced, h->udp.lost),
		0);
	h->announced = h->udp.lost;
}

static void
give_line(const struct cgn_log_export *x, struct host *h, const struct cgn_log_item *item,
	const struct cgn_log_clock *clock)
{
	uint8_t *buf;

	announce(x, h, clock->wall_ms);
	buf = cgn_log_udp_room(&h->udp);
	if (!buf) {
		lose(h, 1);
		return;
	}
	cgn_log_udp_put(&h->udp,
		cgn_log_syslog_encode((char *)buf, CGN_LOG_SYSLOG_MAX, x->node, item), 1);
}

static void
give(const struct cgn_log_export *x, struct host *h, const struct cgn_log_item *item,
	const struct cgn_log_clock *clock)
{
	if (h->format == CGN_CONF_FORMAT_SYSLOG)
		give_line(x, h, item, clock);
	else if (cgn_log_ipfix_knows(item->record))
		give_message(h, item, clock);
}

void
cgn_log_export_record(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	const struct cgn_worker_conf *from, const struct cgn_record *r,
	const struct cgn_log_clock *clock)
{
	const struct cgn_instance *inst = &snap->instance[r->instance];
	const struct route *to = &x->route[r->instance];
	bool pool = r->pool < snap->n_pools;
	struct cgn_log_item item = { .record = r,
		.wall_ms = clock->wall_ms - (clock->now_ms - r->ms),
		.instance = inst->name,
		.instance_id = inst->id,
		.vpn = snap->vpn[r->vpn_in].name,
		.pool = pool ? snap->pool[r->pool].name : "",
		.pool_id = pool ? snap->pool[r->pool].id : 0,
		.limit = cgn_log_item_limit(snap, from, r),
		.destinations = to->destinations };

	cgn_log_event_record(&x->events, &item, clock->now_ms);
	for (uint32_t i = 0; i < to->n; i++)
		give(x, x->host[to->host[i]], &item, clock);
}

void
cgn_log_export_note(struct cgn_log_export *x, uint32_t instance, const char *msgid,
	const char *parameters, const struct cgn_log_clock *clock)
{
	const struct route *to = &x->route[instance];

	for (uint32_t i = 0; i < to->n; i++) {
		struct host *h = x->host[to->host[i]];
		uint8_t *buf = cgn_log_udp_room(&h->udp);

		if (h->format != CGN_CONF_FORMAT_SYSLOG)
			continue;
		if (buf)
			cgn_log_udp_put(&h->udp,
				cgn_log_syslog_note((char *)buf, CGN_LOG_SYSLOG_MAX,
					x->node, clock->wall_ms, msgid, parameters),
				1);
		else
			lose(h, 1);
	}
}

void
cgn_log_export_missed(struct cgn_log_export *x, uint64_t total)
{
	uint64_t n = total - x->missed;

	x->missed = total;
	for (uint32_t i = 0; n > 0 && i < x->n_hosts; i++)
		lose(x->host[i], n);
}

static void
flush_host(struct cgn_log_export *x, struct host *h, const struct cgn_log_clock *clock,
	bool all)
{
	struct cgn_log_refused refused;

	if (h->format == CGN_CONF_FORMAT_SYSLOG)
		announce(x, h, clock->wall_ms);
	else if (!h->open && h->ipfix.tell_lost && !h->udp.error)
		open_message(h, clock);
	if (h->open && (all || clock->now_ms - h->opened_ms >= LINGER))
		close_message(h, clock);
	refused = cgn_log_udp_flush(&h->udp, PER_TURN, clock->now_ms);
	if (refused.datagrams)
		cgn_log_ipfix_lose(&h->ipfix, refused.records, true);
}

void
cgn_log_export_flush(
	struct cgn_log_export *x, const struct cgn_log_clock *clock, bool all)
{
	for (uint32_t i = 0; i < x->n_hosts; i++)
		flush_host(x, x->host[i], clock, all);
}

bool
cgn_log_export_host(
	const struct cgn_log_export *x, uint32_t i, struct cgn_log_host_view *out)
{
	const struct host *h;

	if (i >= x->n_hosts)
		return false;
	h = x->host[i];
	*out = (struct cgn_log_host_view){ .name = h->name,
		.state = cgn_log_udp_state(&h->udp),
		.sent = h->udp.sent,
		.lost = h->udp.lost,
		.waiting = h->udp.tail - h->udp.head };
	return true;
}

/* ---- the workers ---- */

static unsigned
read_worker(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *w, const struct cgn_log_clock *clock)
{
	struct cgn_record record[BATCH];
	unsigned n = w->journal ? cgn_journal_read(w, record, BATCH) : 0;

	for (unsigned i = 0; i < n; i++)
		cgn_log_export_record(x, snap, &w->conf, &record[i], clock);
	return n;
}

static unsigned
read_all(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *const *worker, unsigned n, const struct cgn_log_clock *clock)
{
	uint64_t missed = 0;
	unsigned work = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned n_read = read_worker(x, snap, worker[i], clock);

		if (n_read > 0) /* the queues do not hold what all workers have */
			cgn_log_export_flush(x, clock, false);
		work += n_read;
		missed += __atomic_load_n(
			&worker[i]->stats.event[CGN_EVENT_RECORD_LOST], __ATOMIC_RELAXED);
	}
	cgn_log_export_missed(x, missed);
	return work;
}

static struct cgn_log_clock
clock_at(uint64_t now_ms)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct cgn_log_clock){ now_ms,
		(uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000 };
}

void
cgn_log_export_box(struct cgn_log_export *x, struct cgn_log_item *item, uint64_t now_ms)
{
	struct cgn_log_clock clock = clock_at(now_ms);

	item->wall_ms = clock.wall_ms;
	for (uint32_t i = 0; i < x->n_hosts; i++)
		give(x, x->host[i], item, &clock);
}

unsigned
cgn_log_export_turn(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *const *worker, unsigned n, uint64_t now_ms)
{
	struct cgn_log_clock clock = clock_at(now_ms);
	unsigned work = read_all(x, snap, worker, n, &clock);

	cgn_log_export_flush(x, &clock, false);
	return work;
}

void
cgn_log_export_finish(struct cgn_log_export *x, const struct cgn_snapshot *snap,
	struct cgn_worker *const *worker, unsigned n, uint64_t now_ms)
{
	struct cgn_log_clock clock = clock_at(now_ms);

	/* a turn empties at most one batch of each ring */
	for (unsigned i = 0; i <= CGN_JOURNAL / BATCH; i++) {
		if (read_all(x, snap, worker, n, &clock) == 0)
			break;
		cgn_log_export_flush(x, &clock, false);
	}
	for (unsigned i = 0; i <= CGN_LOG_QUEUE / PER_TURN; i++)
		cgn_log_export_flush(x, &clock, true);
}
