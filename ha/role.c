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
 * No port has two owners, whatever is cut and when. Each box has a reserve in every
 * address (dataplane/own.h), which the other one never touches. The ports between the
 * reserves are the master's. Another master gets them when that one says that it is
 * backup, and has found that it has nothing that the new one does not know; until then
 * the new one gives out of its reserve. Nobody has to say or hear anything in time. What
 * remains is a box that was silent for adopt_ms: it is taken for dead.
 *
 * No state but the caller's; any lcore. */
#include "ha/role.h"

#include <stddef.h>

/* A hello was on its way when we became master; it says nothing about afterwards. */
#define CROSS_MS 10

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

/* Elected, and none of higher rank translates. */
static bool
may_become(const struct cgn_role_input *in)
{
	if (!in->elected || !in->able || in->leaving)
		return false;
	return !peer_is_master(&in->peer) || outranks(&in->rank, &in->peer.rank);
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

	/* both may have begun alone, with one epoch */
	s->rival = p->known && (is_newer(p->epoch, s->epoch) ||
				       (peer_is_master(p) && p->epoch == s->epoch));
	if (s->rival || (s->mirror && gone)) {
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
	if (may_become(in)) {
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

/* Does the other one give out nothing, and is what it has known to us, or no more? One
 * whose copy does not become complete holds nobody up for ever. */
static bool
has_left(const struct cgn_role_state *s, const struct cgn_role_input *in)
{
	const struct cgn_role_peer *p = &in->peer;

	return p->fresh && p->role == CGN_ROLE_BACKUP && p->epoch == s->epoch &&
	       p->heard_ms > s->master_ms + CROSS_MS &&
	       ((s->mirror && in->filled) || in->now_ms - s->master_ms >= in->adopt_ms);
}

bool
cgn_role_has_most(struct cgn_role_state *s, const struct cgn_role_input *in)
{
	const struct cgn_role_peer *p = &in->peer;
	uint64_t since = p->heard_ms > s->master_ms ? p->heard_ms : s->master_ms;
	bool dead = !p->fresh && in->now_ms - since >= in->adopt_ms;

	s->most = s->role == CGN_ROLE_MASTER && (s->most || dead || has_left(s, in));
	return s->most;
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
