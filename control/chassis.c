/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The roles of this box and the other one. Facts come from the virtual routers
 * (control/vrrp.c), from the hellos of the channels (ha/channel.c) and from the boards
 * (control/moves.c); ha/role.c decides; here the outcome goes into the snapshot, and then
 * into our hellos, so that the other box hears of a role or an epoch only when every
 * worker has it.
 *
 * Planned switches are chassis_leave.c's.
 *
 * Control lcore only. */
#include "control/chassis_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/log.h"
#include "control/vrrp.h"

#define FRESH_MS 60 /* three hellos */
#define HOLD_MS	 60
#define ALONE_MS 3000 /* without a virtual router: so long nobody has answered */
#define PRIORITY 100  /* of a location without a virtual router */

const struct cgn_chassis_location *
cgn_chassis_at(const struct cgn_daemon *d, uint32_t location)
{
	return cgn_chassis_conf(d, location)->remote_backup.present
		       ? &d->chassis->location[location]
		       : NULL;
}

/* ---- life ---- */

int
cgn_chassis_init(struct cgn_daemon *d)
{
	d->chassis = calloc(1, sizeof(*d->chassis));
	return d->chassis ? cgn_chassis_configure(d) : -ENOMEM;
}

void
cgn_chassis_fini(struct cgn_daemon *d)
{
	if (d->chassis)
		free(d->chassis->location);
	free(d->chassis);
	d->chassis = NULL;
}

int
cgn_chassis_configure(struct cgn_daemon *d)
{
	struct cgn_chassis *c = d->chassis;
	struct cgn_chassis_location *location =
		calloc(d->conf->n_locations + 1, sizeof(*location));

	if (!location)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		location[i].id = (uint16_t)cgn_chassis_conf(d, i)->id;
		for (uint32_t k = 0; k < c->n; k++)
			if (c->location[k].id == location[i].id)
				location[i] = c->location[k];
	}
	free(c->location);
	c->location = location;
	c->n = d->conf->n_locations;
	c->any = false;
	for (uint32_t i = 0; i < c->n; i++)
		c->any |= cgn_chassis_conf(d, i)->remote_backup.present;
	return 0;
}

/* ---- where things are ---- */

void
cgn_chassis_place(const struct cgn_daemon *d, uint32_t location,
	const struct cgn_moves_place *place, struct cgn_compile_host *host)
{
	const struct cgn_chassis_location *l = cgn_chassis_at(d, location);

	host->worker = place->worker;
	host->standby = place->standby;
	host->epoch = 0;
	host->own = CGN_OWN_ALL;
	if (!l)
		return;
	host->own = l->own;
	host->epoch = l->role.epoch + 1; /* never 0 */
	if (l->role.role != CGN_ROLE_MASTER) {
		host->worker = CGN_REMOTE;
		host->standby = place->worker;
	} else if (l->role.mirror) {
		host->standby = CGN_REMOTE;
	}
}

bool
cgn_chassis_mirrors(const struct cgn_daemon *d, uint32_t location)
{
	const struct cgn_chassis_location *l = cgn_chassis_at(d, location);

	return l && l->role.role == CGN_ROLE_MASTER && l->role.mirror;
}

/* ---- copies ---- */

bool
cgn_chassis_is_complete(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_chassis_location *l = &d->chassis->location[i];
	struct cgn_worker *host = cgn_chassis_host(d, i);

	if (l->role.role == CGN_ROLE_MASTER)
		return host && cgn_sync_filled(host, cgn_chassis_index(d, i));
	return cgn_role_may_preempt(&l->role, &l->peer);
}

bool
cgn_chassis_is_leaving(const struct cgn_daemon *d, uint32_t location)
{
	return d->chassis->location[location].leaving != CGN_CHASSIS_STAYS;
}

const char *
cgn_chassis_batch_name(const struct cgn_daemon *d, uint32_t location)
{
	const struct cgn_chassis_location *l = &d->chassis->location[location];
	struct cgn_worker *host = cgn_chassis_host(d, location);

	if (cgn_chassis_is_complete(d, location))
		return "finished";
	if (host)
		return cgn_sync_batch_name(host, cgn_chassis_index(d, location));
	return l->peer.fresh && l->peer.role == CGN_ROLE_MASTER &&
			       l->peer.epoch == l->role.epoch
		       ? "running"
		       : "not-started";
}

/* ---- facts ---- */

static void
see_peer(struct cgn_daemon *d, uint32_t i)
{
	struct cgn_chassis_location *l = &d->chassis->location[i];
	uint16_t id = (uint16_t)cgn_chassis_conf(d, i)->id;
	const struct cgn_channel *channel = cgn_channels_find(d, id);
	const struct cgn_channel_location *said = NULL;
	struct cgn_role_peer *p = &l->peer;
	const struct cgn_channel_peer *peer;
	uint64_t heard;

	p->fresh = false;
	if (!channel)
		return;
	if (cgn_channel_state(channel) >= CGN_CHANNEL_MISMATCH)
		said = cgn_channel_heard(channel, id);
	if (!said)
		return;
	peer = cgn_channel_peer(channel);
	heard = cgn_channel_heard_us(channel, id);
	if (heard != l->heard_us) {
		l->heard_us = heard;
		p->heard_ms = d->now_ms;
	}
	p->fresh = d->now_ms - p->heard_ms <= FRESH_MS;
	p->known = true;
	p->matches = cgn_channel_usable(channel, id);
	p->ready = said->ready;
	p->asks = said->asks;
	p->drains = said->drains;
	p->role = (enum cgn_role)said->role;
	p->epoch = said->epoch;
	p->boot = peer->boot;
	p->rank = (struct cgn_role_rank){ said->priority, peer->boot };
}

/* Without a virtual router whoever translates goes on, and whoever finds nobody begins.
 */
static bool
is_elected(const struct cgn_daemon *d, uint32_t i, const struct cgn_chassis_location *l)
{
	uint32_t router = cgn_chassis_router(d, i);

	if (router != CGN_NONE)
		return cgn_vrrp_groups_state(d, router) == CGN_VRRP_MASTER;
	if (l->role.role == CGN_ROLE_MASTER)
		return true;
	if (l->peer.fresh)
		return l->peer.role != CGN_ROLE_MASTER || !l->peer.rank.priority;
	return d->now_ms - d->start_ms > ALONE_MS;
}

static struct cgn_role_rank
rank_of(const struct cgn_daemon *d, uint32_t i, const struct cgn_chassis_location *l)
{
	const struct cgn_channel *channel =
		cgn_channels_find(d, (uint16_t)cgn_chassis_conf(d, i)->id);
	struct cgn_role_rank rank = { PRIORITY, channel ? cgn_channel_boot(channel) : 0 };
	struct cgn_vrrp_view view;

	if (cgn_vrrp_groups_view(d, cgn_chassis_router(d, i), &view))
		rank.priority = view.router->doubt_us ? 0 : view.router->priority;
	if (l->leaving == CGN_CHASSIS_LEAVES)
		rank.priority = 0;
	return rank;
}

/* As the workers have it, not before. */
static bool
is_filled(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_worker *host = cgn_chassis_host(d, i);

	return host && !d->watch.owed && cgn_sync_filled(host, cgn_chassis_index(d, i));
}

static struct cgn_role_input
facts_of(const struct cgn_daemon *d, uint32_t i, const struct cgn_chassis_location *l)
{
	return (struct cgn_role_input){ .now_ms = d->now_ms,
		.hold_ms = HOLD_MS,
		.adopt_ms = d->conf->ha.adopt_delay * 1000ull,
		.elected = is_elected(d, i, l),
		.able = d->place[i].worker != CGN_NONE16,
		.spare = cgn_chassis_conf(d, i)->backup.present,
		.leaving = l->leaving == CGN_CHASSIS_LEAVES,
		.filled = is_filled(d, i),
		.rank = rank_of(d, i, l),
		.peer = l->peer };
}

/* ---- roles ---- */

static uint8_t
own_of(const struct cgn_daemon *d, uint32_t i, const struct cgn_role_input *in)
{
	bool lower = cgn_channels_is_lower(d, (uint16_t)cgn_chassis_conf(d, i)->id);

	if (cgn_role_has_most(&d->chassis->location[i].role, in))
		return lower ? CGN_OWN_LOW_MOST : CGN_OWN_HIGH_MOST;
	return lower ? CGN_OWN_LOW : CGN_OWN_HIGH;
}

/* Neighbours may still believe the other box, which worked too and has given way. */
static void
go_on_alone(struct cgn_daemon *d, uint32_t i)
{
	uint32_t router = cgn_chassis_router(d, i);

	cgn_log_event(LOG_WARNING,
		"service-location %u: the other box worked too, its state is replaced",
		cgn_chassis_conf(d, i)->id);
	if (router != CGN_NONE)
		cgn_vrrp_groups_announce(d, router);
}

static void
decide(struct cgn_daemon *d, uint32_t i)
{
	struct cgn_chassis_location *l = &d->chassis->location[i];
	enum cgn_role before = l->role.role;
	struct cgn_role_input in;
	bool changed;
	uint8_t own;

	see_peer(d, i);
	in = facts_of(d, i, l);
	changed = cgn_role_step(&l->role, &in);
	own = own_of(d, i, &in);
	if (changed || own != l->own)
		d->watch.changed = d->watch.owed = true;
	l->own = own;
	if (l->role.rival)
		go_on_alone(d, i);
	if (l->role.role != before)
		cgn_log_event(LOG_WARNING, "service-location %u: %s, epoch %u: %s",
			cgn_chassis_conf(d, i)->id, cgn_role_name(l->role.role),
			l->role.epoch, l->role.why);
	cgn_chassis_leave_turn(d, i);
}

/* Is nothing lost when this box takes over? Nothing at all is when the other one has just
 * lost its last CPU, and says so; then waiting would help nobody. */
static bool
may_take(const struct cgn_chassis_location *l)
{
	return l->role.role == CGN_ROLE_MASTER ||
	       cgn_role_may_preempt(&l->role, &l->peer) ||
	       (l->peer.fresh && l->peer.role == CGN_ROLE_BACKUP);
}

/* What the locations of a router, or of those that follow it, have to say together. */
struct gate {
	bool ready;	 /* nothing would be lost */
	bool drains;	 /* the other box sends us the rest first */
	bool translates; /* one of them does, here */
};

static bool
is_bound(const struct cgn_daemon *d, uint32_t i, uint32_t router)
{
	return cgn_chassis_at(d, i) && cgn_chassis_router(d, i) != CGN_NONE &&
	       cgn_vrrp_groups_leader(d, cgn_chassis_router(d, i)) == router;
}

static struct gate
gate_of(const struct cgn_daemon *d, uint32_t router)
{
	struct gate gate = { .ready = true };

	for (uint32_t i = 0; i < d->chassis->n; i++) {
		const struct cgn_chassis_location *l = &d->chassis->location[i];

		if (!is_bound(d, i, router))
			continue;
		gate.ready &= may_take(l);
		gate.drains |= l->peer.fresh && l->peer.drains;
		gate.translates |= l->role.role == CGN_ROLE_MASTER;
	}
	return gate;
}

/* A router may preempt when all of its locations may; then the other box is asked first,
 * and if it answers that it drains, we wait for that. */
static void
set_gates(struct cgn_daemon *d)
{
	for (uint32_t g = 0; g < d->conf->n_vrrp; g++) {
		struct gate gate = gate_of(d, g);

		for (uint32_t i = 0; i < d->chassis->n; i++)
			if (is_bound(d, i, g))
				d->chassis->location[i].asks =
					gate.ready && cgn_vrrp_groups_wants(d, g);
		cgn_vrrp_groups_set_ready(d, g, gate.ready && !gate.drains);
		cgn_vrrp_groups_set_busy(d, g, gate.translates);
	}
}

void
cgn_chassis_decide(struct cgn_daemon *d)
{
	if (!d->chassis->any)
		return;
	for (uint32_t i = 0; i < d->chassis->n; i++)
		if (cgn_chassis_at(d, i))
			decide(d, i);
	set_gates(d);
}

void
cgn_chassis_say(struct cgn_daemon *d)
{
	for (uint32_t i = 0; d->chassis->any && i < d->chassis->n; i++) {
		const struct cgn_chassis_location *l = cgn_chassis_at(d, i);
		uint16_t id = (uint16_t)cgn_chassis_conf(d, i)->id;
		struct cgn_channel *channel = l ? cgn_channels_find(d, id) : NULL;

		if (!channel || d->watch.owed)
			continue;
		cgn_channel_say(channel, id,
			&(struct cgn_channel_location){ .role = (uint8_t)l->role.role,
				.priority = rank_of(d, i, l).priority,
				/* of the box that is there, not of one before it */
				.ready = l->peer.fresh &&
					 (l->role.role == CGN_ROLE_MASTER
							 ? cgn_chassis_may_leave(d, i)
							 : cgn_chassis_is_complete(d, i)),
				.asks = l->asks,
				.drains = l->leaving != CGN_CHASSIS_STAYS,
				.epoch = l->role.epoch });
	}
}
