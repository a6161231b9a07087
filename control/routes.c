/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the kernel's routing tables to the box's. A notice of the kernel starts a wait
 * until it has been quiet for a moment (or too long not been quiet), so that a table of
 * thousands of routes is one change; then all is read, and if the list is another one,
 * the same configuration is compiled with it: the path reads the old tables until the new
 * ones are complete.
 *
 *   QUIET --notice--> WAITS --quiet 30 ms, or 300 ms--> READS --end--> QUIET
 *                                                         | changed meanwhile
 *                                                         v
 *                                                       WAITS
 *
 * The box has what the kernel has. Who stops, and leaves its routes there, changes
 * nothing; routes that go there go here.
 *
 * Control lcore. */
#include "control/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/change.h"
#include "control/kernel.h"
#include "control/log.h"
#include "control/netlink.h"
#include "control/netlink_feed.h"

#define QUIET_MS 30    /* after a notice */
#define WAIT_MS	 300   /* at most */
#define AGAIN_MS 10000 /* after a change that failed: each is an event */

/* Of rtnetlink(7): what the kernel itself has made. */
#define PROTO_REDIRECT 1
#define PROTO_KERNEL   2
#define PROTO_RA       9

enum state { QUIET, WAITS, READS };

struct cgn_routes {
	struct cgn_feed *feed;	     /* NULL: not wanted */
	const struct cgn_conf *conf; /* that it follows */
	uint32_t *table; /* [taps] of the kernel that it is learnt from; 0: from none */
	struct cgn_learn learn;
	enum state state;
	bool dirty; /* something has changed while it is read */
	uint64_t first_ms, last_ms;
	uint64_t listed, used; /* generations of what was listed last, and is in use */
	uint64_t again_ms;
	bool told; /* of more than max_routes */
};

int
cgn_routes_init(struct cgn_daemon *d)
{
	d->routes = calloc(1, sizeof(*d->routes));
	return d->routes ? 0 : -ENOMEM;
}

void
cgn_routes_fini(struct cgn_daemon *d)
{
	cgn_feed_close(d->routes->feed);
	cgn_learn_fini(&d->routes->learn);
	free(d->routes->table);
	free(d->routes);
	d->routes = NULL;
}

/* ---- reading ---- */

static int32_t
port_of(const struct cgn_conf *conf, const char *name)
{
	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (strcmp(conf->ports[i].name, name) == 0)
			return (int32_t)i;
	return CGN_CONF_NONE;
}

uint32_t
cgn_routes_table(const struct cgn_conf *conf, const char *vpn)
{
	if (vpn[0] == '\0')
		return CGN_CONF_MAIN_TABLE;
	for (uint32_t i = 0; i < conf->routing.n_tables; i++)
		if (strcmp(conf->routing.tables[i].vpn.name, vpn) == 0)
			return conf->routing.tables[i].table;
	return 0;
}

static bool
is_wanted(const struct cgn_conf *conf, uint8_t protocol)
{
	const struct cgn_conf_routing *r = &conf->routing;

	if (protocol == PROTO_REDIRECT || protocol == PROTO_KERNEL ||
		protocol == PROTO_RA || protocol == CGN_NETLINK_PROTOCOL)
		return false;
	for (uint32_t i = 0; i < r->n_protocols; i++)
		if (r->protocols[i] == protocol)
			return true;
	return r->n_protocols == 0;
}

/* The tables of all taps. */
static int
note_tables(struct cgn_daemon *d)
{
	uint32_t n = cgn_kernel_taps(d);
	uint32_t *table = calloc(n + 1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		int32_t port = port_of(d->conf, cgn_kernel_port(d, i));

		if (port >= 0)
			table[i] =
				cgn_routes_table(d->conf, d->conf->ports[port].vpn.name);
	}
	free(d->routes->table);
	d->routes->table = table;
	return 0;
}

static void
visit(void *ctx, const struct cgn_feed_route *from)
{
	struct cgn_daemon *d = ctx;
	uint32_t tap = cgn_kernel_find(d, from->index);
	struct cgn_learn_route to;

	if (tap == CGN_NONE || from->unusable || !is_wanted(d->conf, from->protocol) ||
		from->table != d->routes->table[tap])
		return;
	memset(&to, 0, sizeof(to)); /* with its padding */
	to.table = from->table;
	memcpy(to.key, from->key, sizeof(to.key));
	memcpy(to.gw, from->gw, sizeof(to.gw));
	to.len = from->len;
	to.protocol = from->protocol;
	to.gateway = from->gateway;
	to.metric = from->metric;
	to.tap = (uint16_t)tap;
	cgn_learn_add(&d->routes->learn, &to);
}

static void
tell(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	cgn_log(LOG_INFO, "routes: %u learnt", r->learn.now.n);
	if (r->learn.left_out && !r->told)
		cgn_log_event(LOG_ERR,
			"routes: more than routing.max_routes = %u, %u are left out",
			r->learn.max, r->learn.left_out);
	r->told = r->learn.left_out != 0;
}

static void
wait_for_quiet(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	if (r->state == QUIET)
		r->first_ms = d->now_ms;
	r->last_ms = d->now_ms;
	r->state = WAITS;
}

static void
read_on(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	switch (cgn_feed_read(r->feed, visit, d)) {
	case CGN_FEED_MORE:
		break;
	case CGN_FEED_AGAIN:
		r->state = QUIET;
		wait_for_quiet(d);
		break;
	case CGN_FEED_END:
		r->state = QUIET;
		if (cgn_learn_end(&r->learn))
			tell(d);
		if (r->dirty)
			wait_for_quiet(d);
		break;
	}
}

static void
ask(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	if (d->now_ms - r->last_ms < QUIET_MS && d->now_ms - r->first_ms < WAIT_MS)
		return;
	r->dirty = false;
	cgn_learn_begin(&r->learn);
	if (note_tables(d) == 0 && cgn_feed_ask(r->feed) == 0)
		r->state = READS;
	else
		r->first_ms = r->last_ms = d->now_ms;
}

/* ---- wanted or not ---- */

static void
begin(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	if (r->feed == NULL) {
		r->feed = cgn_feed_open();
		if (r->feed == NULL) {
			r->again_ms = d->now_ms + AGAIN_MS;
			cgn_log_event(LOG_ERR, "routes: %s", strerror(errno));
			return;
		}
	}
	r->learn.max = d->conf->routing.max_routes;
	wait_for_quiet(d);
}

static void
end(struct cgn_daemon *d)
{
	struct cgn_routes *r = d->routes;

	cgn_feed_close(r->feed);
	r->feed = NULL;
	r->state = QUIET;
	cgn_learn_begin(&r->learn);
	cgn_learn_end(&r->learn);
}

void
cgn_routes_turn(struct cgn_daemon *d)
{
	static const struct cgn_change_ask same = {
		.kind = CGN_CHANGE_ROUTES, .verb = "routes", .path = ""
	};
	struct cgn_routes *r = d->routes;
	bool wanted = d->conf->routing.present && d->conf->routing.learn;

	if (d->now_ms < r->again_ms)
		return;
	if (wanted && (!r->feed || r->conf != d->conf))
		begin(d);
	else if (!wanted && r->feed)
		end(d);
	r->conf = d->conf;
	if (r->feed && cgn_feed_has_changed(r->feed)) {
		r->dirty = true;
		if (r->state != READS)
			wait_for_quiet(d);
	}
	if (r->state == WAITS)
		ask(d);
	else if (r->state == READS)
		read_on(d);
	if (r->learn.generation != r->used)
		cgn_change_put(cgn_change_start(d, &same));
}

/* ---- for the compiler ---- */

static void
list_one(struct cgn_compile_learnt *to, const struct cgn_learn_route *from, int32_t port)
{
	memcpy(to->key, from->key, sizeof(to->key));
	memcpy(to->gw, from->gw, sizeof(to->gw));
	to->len = from->len;
	to->gateway = from->gateway;
	to->port = (uint16_t)port;
}

struct cgn_compile_learnt *
cgn_routes_list(const struct cgn_daemon *d, const struct cgn_conf *conf, uint32_t *n)
{
	struct cgn_routes *r = d->routes;
	struct cgn_compile_learnt *list;
	int32_t *port;

	*n = 0;
	if (!r)
		return NULL;
	r->listed = r->learn.generation;
	if (!conf->routing.present || !conf->routing.learn)
		return NULL;
	port = calloc(cgn_kernel_taps(d) + 1, sizeof(*port));
	list = calloc(r->learn.now.n + 1, sizeof(*list));
	for (uint32_t i = 0; port && i < cgn_kernel_taps(d); i++)
		port[i] = port_of(conf, cgn_kernel_port(d, i));
	for (uint32_t i = 0; list && port && i < r->learn.now.n; i++)
		if (port[r->learn.now.route[i].tap] >= 0)
			list_one(&list[(*n)++], &r->learn.now.route[i],
				port[r->learn.now.route[i].tap]);
	free(port);
	return list;
}

void
cgn_routes_applied(struct cgn_daemon *d, bool used)
{
	struct cgn_routes *r = d->routes;

	if (used)
		r->used = r->listed;
	else if (r->used != r->learn.generation)
		r->again_ms = d->now_ms + AGAIN_MS;
}

const struct cgn_learn *
cgn_routes_learnt(const struct cgn_daemon *d)
{
	return d->routes ? &d->routes->learn : NULL;
}
