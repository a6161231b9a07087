/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A location, and all that share its virtual router, leave for the other box, by command
 * or because that one has the higher priority and all of their state. Everything that it
 * lacks is sent; then the router resigns and this box says that it gives way; it goes on
 * translating until the other one says that it does. Packets that still come here pass
 * over the channel's port. So nothing is lost.
 *
 * A box that has lost something (its running priority is reduced) does not drain: what
 * comes meanwhile would be lost.
 *
 * Control lcore only. */
#include "control/chassis_int.h"

#include <errno.h>
#include <stdio.h>

#include "control/log.h"
#include "control/vrrp.h"

#define DRAIN_MS 10000
#define LEAVE_MS 3000
#define AGAIN_MS 1000 /* after an attempt that came to nothing */

static void
stay(struct cgn_daemon *d, uint32_t i, const char *why)
{
	struct cgn_worker *host = cgn_chassis_host(d, i);

	d->chassis->location[i].leaving = CGN_CHASSIS_STAYS;
	d->chassis->location[i].stayed_ms = d->now_ms;
	if (host)
		cgn_sync_ask(host, cgn_chassis_index(d, i), CGN_SYNC_ASK_GO_ON);
	cgn_log_event(LOG_WARNING, "service-location %u: not switched: %s",
		cgn_chassis_conf(d, i)->id, why);
}

static bool
is_reduced(const struct cgn_daemon *d, uint32_t i)
{
	struct cgn_vrrp_view view;

	return cgn_vrrp_groups_view(d, cgn_chassis_router(d, i), &view) &&
	       view.router->priority < view.router->conf.priority;
}

bool
cgn_chassis_may_leave(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_worker *host = cgn_chassis_host(d, i);
	uint16_t index = cgn_chassis_index(d, i);

	/* what is left of a link that is down is worth less than a repair of some ranges
	 */
	return host && (is_reduced(d, i) ? cgn_sync_finished(host, index)
					 : cgn_sync_filled(host, index));
}

static bool
has_drained(struct cgn_daemon *d, uint32_t i)
{
	struct cgn_worker *host = cgn_chassis_host(d, i);
	uint16_t id = (uint16_t)cgn_chassis_conf(d, i)->id;
	const struct cgn_channel *channel = cgn_channels_find(d, id);
	const struct cgn_chassis_held *held;

	if (!host || !channel || !cgn_sync_ready(host, d->snap, cgn_chassis_index(d, i)))
		return false;
	held = &d->chassis->held[host->conf.index];
	return held->at == held->n && cgn_channel_drained(channel, id);
}

static bool
same_router(const struct cgn_daemon *d, uint32_t a, uint32_t b)
{
	uint32_t x = cgn_chassis_router(d, a), y = cgn_chassis_router(d, b);

	if (a == b)
		return true;
	return x != CGN_NONE && y != CGN_NONE &&
	       cgn_vrrp_groups_leader(d, x) == cgn_vrrp_groups_leader(d, y);
}

/* All that share a router have drained: it resigns. */
static void
leave(struct cgn_daemon *d, uint32_t i)
{
	char err[CGN_ERR];

	for (uint32_t k = 0; k < d->chassis->n; k++)
		if (d->chassis->location[k].leaving && same_router(d, i, k) &&
			!is_reduced(d, k) && !has_drained(d, k))
			return;
	if (cgn_chassis_router(d, i) != CGN_NONE &&
		cgn_vrrp_groups_yield(d, cgn_chassis_router(d, i),
			d->chassis->location[i].told, err, sizeof(err))) {
		stay(d, i, err);
		return;
	}
	for (uint32_t k = 0; k < d->chassis->n; k++)
		if (d->chassis->location[k].leaving && same_router(d, i, k))
			d->chassis->location[k].leaving = CGN_CHASSIS_LEAVES;
}

/* Everything that shares its router leaves with it. told: by command. */
static void
begin_leaving(struct cgn_daemon *d, uint32_t i, bool told)
{
	for (uint32_t k = 0; k < d->chassis->n; k++) {
		struct cgn_chassis_location *l = &d->chassis->location[k];

		if (!cgn_chassis_mirrors(d, k) || !same_router(d, i, k) || l->leaving)
			continue;
		l->leaving = CGN_CHASSIS_DRAINS;
		l->told = told;
		l->asked_ms = d->now_ms;
		cgn_log_event(LOG_NOTICE, "service-location %u: to be switched %s",
			cgn_chassis_conf(d, k)->id,
			told ? "by command" : "to the box of higher priority");
	}
}

/* The other box has all of it and a higher priority. */
static bool
is_wanted(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_chassis_location *l = &d->chassis->location[i];

	return l->peer.fresh && l->peer.asks && l->role.elected && l->role.mirror &&
	       cgn_chassis_may_leave(d, i) && d->now_ms - l->stayed_ms >= AGAIN_MS;
}

void
cgn_chassis_leave_turn(struct cgn_daemon *d, uint32_t i)
{
	struct cgn_chassis_location *l = &d->chassis->location[i];
	uint64_t waited = d->now_ms - l->asked_ms;

	if (l->role.role != CGN_ROLE_MASTER)
		l->leaving = CGN_CHASSIS_STAYS; /* done */
	else if (l->leaving == CGN_CHASSIS_STAYS && is_wanted(d, i))
		begin_leaving(d, i, false);
	else if (l->leaving == CGN_CHASSIS_STAYS)
		return;
	else if (!l->role.mirror)
		stay(d, i, "the other box does not answer");
	else if (l->leaving == CGN_CHASSIS_DRAINS && waited > DRAIN_MS)
		stay(d, i, "its state could not be copied in time");
	else if (l->leaving == CGN_CHASSIS_LEAVES && waited > DRAIN_MS + LEAVE_MS)
		stay(d, i, "the other box did not take over");
	else if (l->leaving == CGN_CHASSIS_DRAINS)
		leave(d, i);
}

int
cgn_chassis_switch(struct cgn_daemon *d, uint32_t location, char *err, size_t err_size)
{
	const struct cgn_chassis_location *l = cgn_chassis_at(d, location);
	struct cgn_worker *host = cgn_chassis_host(d, location);

	err[0] = '\0';
	if (!l)
		snprintf(err, err_size, "it has no remote_backup");
	else if (l->role.role != CGN_ROLE_MASTER)
		snprintf(err, err_size, "it is %s here, only the master is switched",
			cgn_role_name(l->role.role));
	else if (!host || !cgn_sync_filled(host, cgn_chassis_index(d, location)))
		snprintf(err, err_size, "the other box does not have a complete copy");
	if (err[0])
		return -EINVAL;
	begin_leaving(d, location, true);
	return 0;
}
