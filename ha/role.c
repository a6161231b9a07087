/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The role of a box for a service-location.
 *
 * VRRP elects, because it sees what the neighbours see. The channel corrects it in two
 * ways. A box that is elected because it hears no adverts, while hellos of the master
 * keep coming over the channel, waits: what is lost are adverts, not the master. And of
 * two that translate at the same time, after a partition has healed, the lower rank
 * yields, whatever VRRP says: what still comes to it is passed on over the channel. A
 * location without VRRP is elected on both boxes, and these rules alone decide.
 *
 * An epoch names one master and one copy. It rises when a box becomes master and when a
 * copy has to begin anew; a backup takes over the master's. Records of another epoch are
 * refused (dataplane/sync_apply.c), so nothing an old master says does harm.
 *
 * A link that flaps changes nothing here: the copy goes on when it is back, and digests
 * find what is missing. Only another boot of the peer begins a new one; and that another
 * CPU of this box has kept the copy meanwhile, because the peer was silent for so long.
 *
 * No port has two owners: boxes that may both translate give out disjoint halves of the
 * ports. A master keeps to its own half from the moment in which the other one may begin:
 * that one says that it is poised (it is elected, or misses hellos), or two hellos of it
 * are missing, while it waits for three of ours. The master says so, and one that takes
 * over from a master that is heard waits for that. What remains is a datagram that is
 * lost alone, in the very milliseconds of an unplanned take-over.
 *
 * No state but the caller's; any lcore. */
#include "ha/role.h"

#include <stddef.h>

#define CROSS_MS                                                                         \
	10 /* on its way when we became master; says nothing about afterwards            \
	    */

static bool
outranks(const struct cgn_role_rank *a, const struct cgn_role_rank *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->name > b->name;
}

/* Epochs wrap; 0 is none. */
static bool
is_newer(uint32_t a, uint32_t b)
{
	return a && (!b || (int32_t)(a - b) > 0);
}

static bool
peer_is_master(const struct cgn_role_peer *p)
{
	return p->fresh && p->role == CGN_ROLE_MASTER;
}

static bool
is_near(const struct cgn_role_input *in)
{
	return in->peer.fresh && in->now_ms - in->peer.heard_ms <= in->near_ms;
}

/* Elected, and the peer knows it. */
static bool
may_become(const struct cgn_role_state *s, const struct cgn_role_input *in)
{
	if (!in->elected || !in->able || in->leaving)
		return false;
	if (!peer_is_master(&in->peer))
		return true;
	if (!outranks(&in->rank, &in->peer.rank))
		return false;
	return (in->peer.shares && in->peer.heard_ms > s->since_ms) ||
	       in->now_ms - s->since_ms >= in->hold_ms;
}

/* Why a master must not be one any more; NULL: it stays. */
static const char *
must_yield(const struct cgn_role_state *s, const struct cgn_role_input *in)
{
	bool waited = in->now_ms - s->since_ms >= in->hold_ms;
	bool other = peer_is_master(&in->peer) && is_newer(in->peer.epoch, s->epoch);

	if (!in->able)
		return "no CPU is left";
	if (in->leaving)
		return other ? "handed over" : NULL;
	if (!in->elected)
		return other || !in->peer.fresh || waited ? "the other box is elected"
							  : NULL;
	if (peer_is_master(&in->peer) && in->peer.heard_ms > s->since_ms &&
		outranks(&in->peer.rank, &in->rank))
		return "both translated, the other box has the higher rank";
	return NULL;
}

static bool
become(struct cgn_role_state *s, enum cgn_role role, const char *why)
{
	s->role = role;
	s->why = why;
	s->mirror = false;
	return true;
}

/* Never 0, nor what is 0 when one is added (control/chassis.c). */
static uint32_t
newer(uint32_t own, const struct cgn_role_peer *p)
{
	uint32_t epoch = (p->known && is_newer(p->epoch, own) ? p->epoch : own) + 1;

	return epoch + 1 > 1 ? epoch : 1;
}

/* The peer gets a copy once it has said that it waits for one of this epoch. */
static bool
feed(struct cgn_role_state *s, const struct cgn_role_input *in)
{
	const struct cgn_role_peer *p = &in->peer;
	bool waits = p->fresh && p->matches && p->role == CGN_ROLE_BACKUP;
	bool dead = in->spare && !p->fresh && in->now_ms - p->heard_ms >= in->adopt_ms;
	bool gone = dead || !p->known || !p->matches || p->boot != s->boot ||
		    (p->fresh && p->role != CGN_ROLE_BACKUP);

	bool old = p->known && is_newer(p->epoch, s->epoch);

	s->rival = old;
	if (old || (s->mirror && gone)) {
		s->mirror = false;
		s->epoch = newer(s->epoch, p);
		return true;
	}
	if (s->mirror || !waits || p->epoch != s->epoch)
		return false;
	s->mirror = true;
	s->boot = p->boot;
	return true;
}

bool
cgn_role_step(struct cgn_role_state *s, const struct cgn_role_input *in)
{
	const char *why;

	s->rival = false;
	if (in->elected != s->elected) {
		s->elected = in->elected;
		s->since_ms = in->now_ms;
	}
	if (s->role == CGN_ROLE_MASTER) {
		why = must_yield(s, in);
		return why ? become(s, CGN_ROLE_BACKUP, why) : feed(s, in);
	}
	if (may_become(s, in)) {
		s->epoch = newer(s->epoch, &in->peer);
		s->master_ms = in->now_ms;
		return become(s, CGN_ROLE_MASTER,
			in->peer.fresh ? "elected" : "elected, the other box is silent");
	}
	/* of an older one it hears from us that there was another master; then it begins
	 * a newer one, and a copy that replaces what we have */
	if (peer_is_master(&in->peer) && is_newer(in->peer.epoch, s->epoch)) {
		s->epoch = in->peer.epoch;
		return become(s, CGN_ROLE_BACKUP, "the other box translates");
	}
	return s->role == CGN_ROLE_NONE && become(s, CGN_ROLE_BACKUP, "not elected");
}

bool
cgn_role_has_all_ports(struct cgn_role_state *s, const struct cgn_role_input *in)
{
	const struct cgn_role_peer *p = &in->peer;
	uint64_t since = s->alone_ms > s->master_ms ? s->alone_ms : s->master_ms;

	if (s->role != CGN_ROLE_MASTER)
		return true;
	if (is_near(in) && p->role != CGN_ROLE_MASTER && !p->poised &&
		p->heard_ms > s->master_ms + CROSS_MS) {
		s->alone_ms = in->now_ms;
		return true;
	}
	return !p->fresh && in->now_ms - since >= in->adopt_ms;
}

bool
cgn_role_is_poised(const struct cgn_role_state *s, const struct cgn_role_input *in)
{
	return s->role != CGN_ROLE_MASTER && (in->elected || !is_near(in));
}

bool
cgn_role_may_preempt(const struct cgn_role_state *s, const struct cgn_role_peer *p)
{
	return s->role == CGN_ROLE_BACKUP && peer_is_master(p) && p->matches &&
	       p->epoch == s->epoch && p->ready;
}

const char *
cgn_role_name(enum cgn_role role)
{
	static const char *const name[] = { "none", "backup", "master" };

	return name[role];
}
