/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A server is a mapping that stands without sessions, and a user that stands with it.
 * With every new snapshot the list is worked off again, a few per tick: servers of
 * locations hosted here get their mapping
 * (and of those whose copy is here, once their user has come), those that stand already
 * keep it with all its sessions, those that have gone from the list lose it. A port that
 * a user's block has at the moment is asked for again with every tick until it is free.
 *
 * Worker only. */
#include "dataplane/create.h"
#include "dataplane/server.h"
#include "dataplane/stale.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

#define STEPS 64 /* servers looked at per call */

static uint32_t
user_of(struct cgn_worker *w, const struct cgn_server *s)
{
	struct cgn_who who = { .instance = s->instance,
		.location = w->snap->address[s->slot].location,
		.scope = s->scope,
		.inside = s->inside,
		.slot = s->slot };
	uint32_t user;

	memcpy(who.b4, s->softwire, sizeof(who.b4));
	user = cgn_user_find(w, &who);
	if (user != CGN_NONE && w->snap->settling &&
		cgn_stale_user(w, cgn_user_at(w, user)))
		return CGN_NONE;
	if (w->role[who.location] & CGN_ROLE_STANDBY)
		return user != CGN_NONE && cgn_user_at(w, user)->address == s->slot
			       ? user
			       : CGN_NONE;
	if (user == CGN_NONE && cgn_user_add(w, &who, &user) != CGN_DROP_REASONS)
		return CGN_NONE;
	return user;
}

/* The mapping that has the server's public port, if it is this server's. */
static uint32_t
standing(const struct cgn_worker *w, const struct cgn_server *s)
{
	const struct cgn_snap_address *a = &w->snap->address[s->slot];
	union cgn_key key = { .owner = cgn_owner_scope(s->proto, a->vpn),
		.local = a->addr,
		.local_port = s->outside_port };
	uint32_t index = cgn_table_find(w->map_down, &key);
	const struct cgn_mapping *m;

	if (index == CGN_NONE)
		return CGN_NONE;
	m = cgn_mapping_at(w, index);
	if (!m->server || m->inside != s->inside || m->inside_port != s->inside_port ||
		m->instance != s->instance ||
		cgn_user_at(w, m->user)->location != a->location ||
		(cgn_user_at(w, m->user)->kind == CGN_DS_LITE &&
			memcmp(w->user_end[m->user].b4, s->softwire, 16) != 0))
		return CGN_NONE;
	return index;
}

static void
want(struct cgn_worker *w, uint32_t index)
{
	struct cgn_fixed *f = &w->fixed;

	for (uint32_t k = 0; k < f->n; k++)
		if (f->mapping[k] == index) {
			f->wanted[k] = w->snap->generation;
			return;
		}
	f->mapping[f->n] = index;
	f->wanted[f->n++] = w->snap->generation;
	cgn_mapping_at(w, index)->fixed = true;
}

/* false: to be tried again. */
static bool
stand(struct cgn_worker *w, const struct cgn_server *s)
{
	uint16_t location = w->snap->address[s->slot].location;
	uint32_t index, user;
	bool fresh;

	if (w->snap->instance[s->instance].switched)
		return true;
	if (w->snap->location[location].worker != w->conf.index &&
		!(w->role[location] & CGN_ROLE_STANDBY))
		return true;
	index = standing(w, s);
	if (index == CGN_NONE) {
		if (w->fixed.n == CGN_MAX_SERVERS)
			return false;
		user = user_of(w, s);
		if (user == CGN_NONE)
			return false;
		fresh = !cgn_user_at(w, user)->mappings &&
			!(w->role[location] & CGN_ROLE_STANDBY);
		if (cgn_mapping_fix(w, user, s, &index) != CGN_DROP_REASONS) {
			if (fresh)
				cgn_user_del(w, user);
			return false;
		}
	}
	want(w, index);
	return true;
}

static void
take_down(struct cgn_worker *w)
{
	struct cgn_fixed *f = &w->fixed;

	for (uint32_t k = 0; k < f->n;) {
		uint32_t index = f->mapping[k];

		if (f->wanted[k] == w->snap->generation) {
			k++;
			continue;
		}
		f->n--;
		f->mapping[k] = f->mapping[f->n];
		f->wanted[k] = f->wanted[f->n];
		cgn_mapping_at(w, index)->fixed = false;
		cgn_mapping_release(w, index);
	}
}

void
cgn_server_step(struct cgn_worker *w)
{
	struct cgn_fixed *f = &w->fixed;
	uint32_t end = RTE_MIN(f->next + STEPS, w->snap->n_servers);

	if (f->generation == w->snap->generation || !w->sessions.capacity)
		return;
	for (; f->next < end; f->next++)
		f->failed += !stand(w, &w->snap->server[f->next]);
	if (f->next < w->snap->n_servers)
		return;
	take_down(w);
	if (!f->failed)
		f->generation = w->snap->generation;
	f->next = f->failed = 0;
}
