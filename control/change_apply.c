/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A draft takes effect. What the daemon keeps by the place of a thing in the
 * configuration (where locations are, which instances are switched) is kept by its name;
 * then all that is left is what follows from any change of boards or hosts: a snapshot,
 * neighbours, log hosts.
 *
 * Control lcore; waits for quiescent states. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/change.h"
#include "control/channel.h"
#include "control/chassis.h"
#include "control/compile.h"
#include "control/host.h"
#include "control/kernel.h"
#include "control/license.h"
#include "control/log.h"
#include "control/log_export.h"
#include "control/log_rule.h"
#include "control/metric_http.h"
#include "control/monitor.h"
#include "control/settle.h"
#include "control/show.h"
#include "control/switch.h"
#include "control/vrrp.h"

/* What stands beside a configuration, in its order. */
struct beside {
	struct cgn_conf *conf;
	struct cgn_compile_host *where;
	struct cgn_moves_place *place;
	struct cgn_switch *instances;
};

static struct beside
of_daemon(const struct cgn_daemon *d)
{
	return (struct beside){ d->conf, d->where, d->place, d->instances };
}

static void
put_in(struct cgn_daemon *d, const struct beside *b)
{
	d->conf = b->conf;
	d->where = b->where;
	d->place = b->place;
	d->instances = b->instances;
}

/* A location keeps its hosts. */
static void
keep_host(const struct beside *old, const struct beside *new, uint32_t i)
{
	new->where[i] =
		(struct cgn_compile_host){ .worker = CGN_NONE16, .standby = CGN_NONE16 };
	new->place[i] = (struct cgn_moves_place){ CGN_MOVES_NONE, CGN_MOVES_NONE };
	for (uint32_t k = 0; k < old->conf->n_locations; k++)
		if (old->conf->locations[k].id == new->conf->locations[i].id) {
			new->where[i] = old->where[k];
			new->place[i] = old->place[k];
		}
}

/* The state of an instance goes on under its new place. Where it is not configured any
 * more, or not to be switched, it ends. */
static struct cgn_switch *
find_switch(const struct beside *old, const struct cgn_conf_instance *in)
{
	for (uint32_t i = 0; i < old->conf->n_instances; i++)
		if (old->conf->instances[i].kind == in->kind &&
			strcmp(old->conf->instances[i].name, in->name) == 0)
			return &old->instances[i];
	return NULL;
}

static void
drop_beside(const struct beside *b)
{
	free(b->where);
	free(b->place);
	free(b->instances);
}

static int
make_beside(const struct beside *old, struct cgn_conf *conf, struct beside *new)
{
	*new = (struct beside){ conf, calloc(conf->n_locations + 1, sizeof(*new->where)),
		calloc(conf->n_locations + 1, sizeof(*new->place)),
		calloc(conf->n_instances + 1, sizeof(*new->instances)) };
	if (!new->where || !new->place || !new->instances) {
		drop_beside(new);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < conf->n_locations; i++)
		keep_host(old, new, i);
	for (uint32_t i = 0; i < conf->n_instances; i++) {
		const struct cgn_switch *s = find_switch(old, &conf->instances[i]);

		if (s && conf->instances[i].centralized_backup.enable)
			new->instances[i] = *s;
	}
	return 0;
}

/* Frees what the new one has not taken over. */
static void
free_beside(struct beside *old, const struct beside *new)
{
	for (uint32_t i = 0; i < old->conf->n_instances; i++) {
		bool taken = false;

		for (uint32_t k = 0; k < new->conf->n_instances; k++)
			taken |= new->instances[k].query == old->instances[i].query;
		if (!taken)
			cgn_query_destroy(old->instances[i].query);
	}
	drop_beside(old);
}

/* All who have something of the configuration of their own; one that cannot follow is no
 * reason to go back. */
static void
tell_others(struct cgn_daemon *d)
{
	cgn_kernel_configure(d);
	if (cgn_vrrp_groups_configure(d))
		cgn_log_event(LOG_ERR, "VRRP: groups are as before");
	if (cgn_channels_configure(d, d->conf))
		cgn_log_event(LOG_ERR, "channels: not all are as configured");
	if (cgn_log_export_configure(d->logs, d->conf, d->compiler))
		cgn_log_event(LOG_ERR, "log hosts: out of memory, they are as before");
	cgn_log_rules(d->logs, d->snap, d->now_ms);
}

static bool
same_address(const struct cgn_conf_metrics *a, const struct cgn_conf_metrics *b)
{
	return a->present == b->present && a->port == b->port &&
	       a->address.family == b->address.family &&
	       memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes)) == 0;
}

int
cgn_change_listen(struct cgn_change *c)
{
	struct cgn_daemon *d = c->daemon;
	char err[CGN_ERR];
	int rc;

	if (same_address(&d->conf->metrics, &c->conf->metrics))
		return 0;
	rc = cgn_metric_http_create(
		&c->conf->metrics, &cgn_show_handlers, d, &c->metrics, err, sizeof(err));
	if (rc)
		cgn_text_add(&c->why, "%s\n", err);
	c->moves_metrics = rc == 0;
	return rc;
}

static void
move_metrics(struct cgn_change *c)
{
	struct cgn_metric_http *old = c->daemon->metrics;

	if (!c->moves_metrics)
		return;
	c->daemon->metrics = c->metrics;
	c->metrics = NULL;
	cgn_metric_http_destroy(old);
}

static void
publish(struct cgn_change *c, const struct cgn_snapshot *snap)
{
	struct cgn_daemon *d = c->daemon;

	cgn_compile_end(c->draft);
	c->draft = NULL;
	__atomic_store_n(&d->rt.snap, snap, __ATOMIC_RELEASE);
	cgn_host_snapshot(d->host, snap);
	c->retired = cgn_daemon_publish(d, snap);
}

static void
go_back(struct cgn_daemon *d, const struct beside *old)
{
	put_in(d, old);
	if (cgn_chassis_configure(d))
		cgn_log_event(LOG_ERR, "roles of locations: out of memory");
}

int
cgn_change_apply(struct cgn_change *c)
{
	struct cgn_daemon *d = c->daemon;
	struct beside old = of_daemon(d), new = old;
	const struct cgn_snapshot *snap = NULL;
	int rc = c->conf ? make_beside(&old, c->conf, &new) : 0;

	if (rc)
		return rc;
	put_in(d, &new);
	rc = c->conf ? cgn_chassis_configure(d) : 0;
	if (rc == 0 && c->conf)
		rc = cgn_settle_places(d);
	if (rc == 0)
		rc = cgn_compile_image(c->draft, d->where, cgn_switch_flags(d), &snap);
	if (rc) {
		go_back(d, &old);
		if (c->conf)
			drop_beside(&new);
		return rc;
	}
	cgn_license_apply(c);
	publish(c, snap);
	cgn_rest_begin(d);
	if (!c->conf)
		return 0;
	tell_others(d);
	move_metrics(c);
	cgn_monitor_apply(d);
	free_beside(&old, &new);
	c->retired_conf = old.conf;
	c->conf = NULL;
	return 0;
}
