/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual routers. Once in a millisecond each group's machine (ha/vrrp.c) is told the
 * facts (vrrp_track.c) and the time, and what it wants to be done is done (vrrp_io.c).
 * Leaders come first, so that those who follow move in the same turn. Every transition is
 * an event with its reason, and the last ones are kept for `show vrrp`.
 *
 * The virtual MAC addresses are the port's only while the group is master: some NICs drop
 * what arrives from an address of their own, and that is how a backup would lose the
 * master's advertisements. But one that has given way to another goes on taking what
 * comes to them until nothing is translated here any more and the switches have heard
 * the new master; silence does not count meanwhile.
 *
 * Life: made when the lcores turn; the masters resign before those are stopped. Control
 * lcore. Not handled: what a location does with its group's state. */
#include "control/vrrp_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "control/compile.h"
#include "control/log.h"

#define LAST_WORD_MS 20	 /* until a worker has sent what it was given */
#define LINGER_MS    500 /* until every switch has heard the new master */

uint64_t
cgn_vrrp_now_us(const struct cgn_daemon *d)
{
	return (rte_get_tsc_cycles() - d->vrrp->begin) * 1000 / d->rt.tsc_per_ms;
}

/* ---- what is done ---- */

static void
note_change(struct group *g, enum cgn_vrrp_state from)
{
	const struct cgn_vrrp *v = &g->router;
	uint64_t number = g->count.transitions++;
	struct cgn_vrrp_transition *t = &g->transition[number % CGN_VRRP_TRANSITIONS];

	clock_gettime(CLOCK_REALTIME, &t->when);
	t->from = from;
	t->to = v->state;
	t->why = v->why;
	cgn_log_event(LOG_WARNING, "vrrp %s %u: %s, was %s: %s; priority %u", g->port,
		g->vrid, cgn_vrrp_state_name(v->state), cgn_vrrp_state_name(from),
		cgn_vrrp_why_text(v->why), v->priority);
}

static void
note_rival(struct group *g)
{
	g->count.rivals++;
	cgn_log_event(LOG_WARNING,
		"vrrp %s %u: another master is there, of lower priority or address; "
		"this one stays",
		g->port, g->vrid);
}

static void
stop_lingering(struct cgn_daemon *d, struct group *g)
{
	g->lingers = false;
	cgn_vrrp_io_listen(d, g, false);
}

/* It has become master, or is not any more. */
static void
change_hands(struct cgn_daemon *d, struct group *g)
{
	g->lingers = g->router.state == CGN_VRRP_BACKUP;
	g->linger_ms = d->now_ms + LINGER_MS;
	if (!g->lingers)
		cgn_vrrp_io_listen(d, g, g->router.state == CGN_VRRP_MASTER);
}

static void
say(struct cgn_daemon *d, struct group *g, unsigned todo)
{
	if (todo & CGN_VRRP_DO_SEND)
		cgn_vrrp_io_advertise(d, g, g->router.priority);
	if (todo & CGN_VRRP_DO_ANNOUNCE)
		cgn_vrrp_io_announce(d, g);
}

static void
linger(struct cgn_daemon *d, struct group *g)
{
	const struct group *leader =
		g->leader == CGN_NONE ? g : &d->vrrp->group[g->leader];

	if (leader->busy)
		g->linger_ms = d->now_ms + LINGER_MS;
	else if (g->lingers && d->now_ms >= g->linger_ms)
		stop_lingering(d, g);
}

void
cgn_vrrp_apply(
	struct cgn_daemon *d, struct group *g, enum cgn_vrrp_state from, unsigned todo)
{
	const struct cgn_vrrp *v = &g->router;
	bool master = v->state == CGN_VRRP_MASTER;

	if (todo & CGN_VRRP_DO_CHANGE)
		note_change(g, from);
	if (todo & CGN_VRRP_DO_PRIORITY)
		cgn_log_event(LOG_NOTICE, "vrrp %s %u: running priority %u of %u",
			g->port, g->vrid, v->priority, v->conf.priority);
	if (todo & CGN_VRRP_DO_RIVAL)
		note_rival(g);
	if (todo & CGN_VRRP_DO_RESIGN)
		cgn_vrrp_io_advertise(d, g, 0);
	if (master != (from == CGN_VRRP_MASTER))
		change_hands(d, g);
	else if (g->lingers && v->state == CGN_VRRP_INITIALIZE)
		stop_lingering(d, g);
	if (todo & CGN_VRRP_DO_CHANGE)
		g->unsaid = todo;
	else
		say(d, g, todo);
}

void
cgn_vrrp_groups_speak(struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->vrrp->n; i++) {
		struct group *g = &d->vrrp->group[i];

		if (g->unsaid && g->router.state == CGN_VRRP_MASTER)
			say(d, g, g->unsaid);
		g->unsaid = 0;
	}
}

static void
step(struct cgn_daemon *d, uint32_t group)
{
	struct group *g = &d->vrrp->group[group];
	enum cgn_vrrp_state from = g->router.state;
	struct cgn_vrrp_facts facts;

	linger(d, g);
	cgn_vrrp_track_facts(d, group, &facts);
	if (g->leader != CGN_NONE) {
		cgn_vrrp_apply(d, g, from,
			cgn_vrrp_follow(&g->router,
				d->vrrp->group[g->leader].router.state, facts.now_us));
		from = g->router.state;
	}
	cgn_vrrp_apply(d, g, from, cgn_vrrp_step(&g->router, &facts));
}

void
cgn_vrrp_groups_turn(struct cgn_daemon *d)
{
	if (!d->vrrp->n)
		return;
	cgn_vrrp_track_links(d);
	for (unsigned pass = 0; pass < 2; pass++) /* leaders, those who follow */
		for (uint32_t i = 0; i < d->vrrp->n; i++)
			if ((d->vrrp->group[i].leader != CGN_NONE) == (pass == 1))
				step(d, i);
}

/* ---- configuration ---- */

static void
groups_free(struct group *group, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(group[i].addr[0]);
		free(group[i].addr[1]);
	}
	free(group);
}

static bool
is_link_local(const struct cgn_conf_addr *a)
{
	return a->family == 6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* The addresses of a family in the order of the file, link-local ones first: RFC 9568
 * 5.2.9. */
static int
take_addresses(struct group *g, const struct cgn_conf_vrrp *conf, unsigned six)
{
	uint8_t family = six ? 6 : 4;
	size_t size = six ? 16 : 4;

	g->addr[six] = malloc(conf->n_addresses * size + 1);
	if (!g->addr[six])
		return -ENOMEM;
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < conf->n_addresses; i++) {
			const struct cgn_conf_addr *a = &conf->addresses[i];

			if (a->family == family && is_link_local(a) == (pass == 0))
				memcpy(g->addr[six] + g->n[six]++ * size, a->bytes, size);
		}
	return 0;
}

static const struct group *
find_old(const struct cgn_vrrp_groups *all, const struct group *like)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (all->group[i].vrid == like->vrid &&
			strcmp(all->group[i].port, like->port) == 0)
			return &all->group[i];
	return NULL;
}

/* A group as configured, with the state of what it was before. */
static int
take_group(const struct cgn_daemon *d, struct group *g, const struct cgn_conf_vrrp *conf)
{
	const struct group *old;
	struct cgn_vrrp_conf vc = {
		.priority = (uint8_t)conf->priority,
		.interval_cs = (uint16_t)(conf->advert_ms / 10),
		.preempt = conf->preempt,
		.follows = conf->follow.present,
		.preempt_delay = conf->preempt_delay,
		.recover_delay = conf->recover_delay,
	};

	snprintf(g->port, sizeof(g->port), "%s", conf->port.name);
	g->vrid = (uint8_t)conf->vrid;
	old = find_old(d->vrrp, g);
	if (old) {
		*g = *old;
		cgn_vrrp_configure(&g->router, &vc);
	} else {
		cgn_vrrp_init(&g->router, &vc);
		g->ready = g->living = true;
	}
	g->n[0] = g->n[1] = 0;
	g->addr[0] = g->addr[1] = NULL;
	g->leader = conf->follow.present ? (uint32_t)conf->follow.index : CGN_NONE;
	g->iface = (uint16_t)cgn_compile_find_iface(d->compiler, conf->port.name);
	g->vpn = d->snap->iface[g->iface].vpn;
	g->device = cgn_vrrp_track_device(d, conf->port.index);
	return take_addresses(g, conf, 0) || take_addresses(g, conf, 1) ? -ENOMEM : 0;
}

/* Ends a group that `kept` does not have. */
static void
retire(struct cgn_daemon *d, const struct group *kept, uint32_t n)
{
	struct cgn_vrrp_groups *all = d->vrrp;

	for (uint32_t i = 0; i < all->n; i++) {
		struct group *g = &all->group[i];
		struct cgn_vrrp_groups now = { .n = n,
			.group = (struct group *)(uintptr_t)kept };
		enum cgn_vrrp_state from = g->router.state;

		if (!find_old(&now, g))
			cgn_vrrp_apply(d, g, from, cgn_vrrp_stop(&g->router));
	}
}

int
cgn_vrrp_groups_configure(struct cgn_daemon *d)
{
	uint32_t n = d->conf->n_vrrp;
	struct group *group = calloc(n + 1, sizeof(*group));
	int rc = group ? 0 : -ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = take_group(d, &group[i], &d->conf->vrrp[i]);
	if (rc) {
		cgn_log(LOG_ERR, "vrrp: out of memory");
		if (group)
			groups_free(group, n);
		return rc;
	}
	retire(d, group, n);
	groups_free(d->vrrp->group, d->vrrp->n);
	d->vrrp->group = group;
	d->vrrp->n = n;
	return 0;
}

/* ---- start and end ---- */

int
cgn_vrrp_groups_init(struct cgn_daemon *d)
{
	int rc;

	d->vrrp = calloc(1, sizeof(*d->vrrp));
	if (!d->vrrp)
		return -ENOMEM;
	d->vrrp->begin = rte_get_tsc_cycles();
	rc = cgn_vrrp_groups_configure(d);
	if (rc) {
		free(d->vrrp);
		d->vrrp = NULL;
		return rc;
	}
	cgn_vrrp_io_attach(d);
	return 0;
}

static bool
has_master(const struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->vrrp->n; i++)
		if (d->vrrp->group[i].router.state == CGN_VRRP_MASTER)
			return true;
	return false;
}

static bool
is_given(const struct cgn_daemon *d)
{
	for (unsigned to = 0; to < d->rt.n_workers; to++)
		if (rte_ring_count(d->rt.mesh->ring[d->out.node][to]))
			return false;
	return true;
}

static void
say_last_word(struct cgn_daemon *d)
{
	cgn_sender_begin(&d->out);
	retire(d, NULL, 0);
	cgn_sender_flush(&d->out);
	for (unsigned ms = 0; ms < LAST_WORD_MS && !is_given(d); ms++)
		rte_delay_us_sleep(1000);
}

void
cgn_vrrp_groups_fini(struct cgn_daemon *d)
{
	if (has_master(d))
		say_last_word(d);
	cgn_vrrp_io_detach(d);
	groups_free(d->vrrp->group, d->vrrp->n);
	free(d->vrrp);
	d->vrrp = NULL;
}

/* ---- for others ---- */

static struct group *
at(const struct cgn_daemon *d, uint32_t group)
{
	return d->vrrp && group < d->vrrp->n ? &d->vrrp->group[group] : NULL;
}

enum cgn_vrrp_state
cgn_vrrp_groups_state(const struct cgn_daemon *d, uint32_t group)
{
	const struct group *g = at(d, group);

	return g ? g->router.state : CGN_VRRP_INITIALIZE;
}

void
cgn_vrrp_groups_set_ready(struct cgn_daemon *d, uint32_t group, bool ready)
{
	struct group *g = at(d, group);

	if (g)
		g->ready = ready;
}

void
cgn_vrrp_groups_set_busy(struct cgn_daemon *d, uint32_t group, bool busy)
{
	struct group *g = at(d, group);

	if (g)
		g->busy = busy;
}

bool
cgn_vrrp_groups_wants(const struct cgn_daemon *d, uint32_t group)
{
	const struct group *g = at(d, group);

	return g && cgn_vrrp_wants(&g->router);
}

int
cgn_vrrp_groups_yield(
	struct cgn_daemon *d, uint32_t group, bool hold, char *err, size_t err_size)
{
	struct group *g = at(d, group);
	enum cgn_vrrp_state from;

	if (g && g->leader != CGN_NONE) {
		group = g->leader;
		g = at(d, group);
	}
	from = g ? g->router.state : CGN_VRRP_INITIALIZE;
	if (from != CGN_VRRP_MASTER) {
		snprintf(err, err_size, "the VRRP group is not master, it is %s",
			cgn_vrrp_state_name(from));
		return -EINVAL;
	}
	cgn_vrrp_apply(d, g, from, cgn_vrrp_yield(&g->router, hold));
	return 0;
}

void
cgn_vrrp_groups_announce(struct cgn_daemon *d, uint32_t group)
{
	uint32_t leader = cgn_vrrp_groups_leader(d, group);

	for (uint32_t i = 0; i < d->vrrp->n; i++)
		if (cgn_vrrp_groups_leader(d, i) == leader &&
			d->vrrp->group[i].router.state == CGN_VRRP_MASTER)
			cgn_vrrp_io_announce(d, &d->vrrp->group[i]);
}

bool
cgn_vrrp_groups_view(
	const struct cgn_daemon *d, uint32_t group, struct cgn_vrrp_view *view)
{
	const struct group *g = at(d, group);
	const struct group *leader;

	if (!g)
		return false;
	leader = g->leader != CGN_NONE ? at(d, g->leader) : g;
	*view = (struct cgn_vrrp_view){ .router = &g->router,
		.count = &g->count,
		.transition = g->transition,
		.has = { g->n[0] != 0, g->n[1] != 0 },
		.ready = leader->ready,
		.alive = g->living };
	cgn_vrrp_io_source(d, g, 0, view->source[0]);
	cgn_vrrp_io_source(d, g, 1, view->source[1]);
	return true;
}

uint64_t
cgn_vrrp_groups_faults(const struct cgn_daemon *d, enum cgn_vrrp_fault fault)
{
	return d->vrrp ? d->vrrp->faults[fault] : 0;
}
