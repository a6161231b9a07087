/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When a location joins a group or leaves it, or weights change, some users belong to
 * another location, and some public addresses do. Such a user begins anew there; what it
 * had here goes, as does all that an instance leaves behind. While the snapshot is
 * *settling* control sends messages that look at every session and every user, a few in
 * each tick, and open none for a stale user meanwhile; so the table is clean after one
 * round, and the copy at a standby as well.
 *
 * Static forwards go by their own list (server.c).
 *
 * Owner only. */
#include "dataplane/create.h"
#include "dataplane/stale.h"
#include "dataplane/steer.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

bool
cgn_stale_user(const struct cgn_worker *w, const struct cgn_user *u)
{
	const struct cgn_snapshot *snap = w->snap;
	const struct cgn_snap_address *a = &snap->address[u->address];

	if (snap->instance[u->instance].gone)
		return true;
	if (a->excluded || a->location != u->location)
		return true;
	return cgn_steer_user(snap, u->instance, u->inside, cgn_user_end_of(w, u)->b4) !=
	       u->location;
}

/* What a copy loses is its owner's news. */
static bool
is_copy(const struct cgn_worker *w, uint16_t location)
{
	return w->role[location] & (CGN_ROLE_STANDBY | CGN_ROLE_FOREIGN);
}

bool
cgn_stale_end_session(struct cgn_worker *w, uint32_t session)
{
	const struct cgn_session *s = cgn_session_at(w, session);

	if (s->state == CGN_STATE_FREE || !cgn_stale_user(w, cgn_user_at(w, s->user)))
		return false;
	w->sync->quiet = is_copy(w, s->location);
	cgn_session_del(w, session);
	w->sync->quiet = false;
	return true;
}

bool
cgn_stale_end_user(struct cgn_worker *w, uint32_t user)
{
	const struct cgn_user *u = cgn_user_at(w, user);

	if (!u->live || !cgn_stale_user(w, u))
		return false;
	if (u->mappings)
		return true;
	w->sync->quiet = is_copy(w, u->location);
	cgn_user_del(w, user);
	w->sync->quiet = false;
	return false;
}
