/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What gateways know of sessions, as objects of replication, at the host's end: what one
 * has changed of a control connection (a record ALG), and each data connection that was
 * announced and has not come yet (a record EXPECT), which the new host lets in when the
 * old one fails before it comes. They go behind their session, at once when the gateway
 * has news, and whenever the session goes. All that a control connection expects goes
 * with each news of it: there are few, and one that is announced again begins its time
 * anew. One that has come or that nobody came for is told to be gone; the end of a
 * control connection needs no word beside that of its session.
 *
 * Owner only. */
#include "dataplane/alg.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"

struct cgn_syncrec
cgn_sync_of_alg(const struct cgn_worker *w, const struct cgn_session *s, uint32_t shift)
{
	struct cgn_syncrec r =
		cgn_sync_of_anything(w, cgn_user_at(w, s->user), CGN_SYNCREC_ALG);

	cgn_alg_describe(w, s, &r);
	r.alg.shift = shift;
	return r;
}

struct cgn_syncrec
cgn_sync_of_expect(const struct cgn_worker *w, const struct cgn_expect *x)
{
	const struct cgn_mapping *m = cgn_mapping_at(w, x->mapping);
	struct cgn_syncrec r =
		cgn_sync_of_anything(w, cgn_user_at(w, m->user), CGN_SYNCREC_EXPECT);

	r.expect.inside = m->inside;
	r.expect.remote = x->remote;
	r.expect.inside_port = x->inside_port;
	r.expect.remote_port = x->remote_port;
	r.expect.port = m->inside_port;
	r.expect.outside_port = m->outside_port;
	r.expect.outside = m->outside;
	r.expect.shared = m->shared;
	r.expect.age = RTE_MIN(cgn_tick_age(w->now, x->made), (uint32_t)INT32_MAX);
	return r;
}

static bool
put_expected(struct cgn_worker *w, const struct cgn_session *s,
	const struct cgn_alg_control *c)
{
	bool whole = true;

	for (unsigned k = 0; k < CGN_ALG_EXPECTED && c->expected[k]; k++) {
		struct cgn_expect *x = cgn_expect_at(w, c->expected[k]);
		struct cgn_syncrec r = cgn_sync_of_expect(w, x);

		whole &= cgn_sync_put_object(w, s->location, &r, &x->told, 0);
	}
	return whole;
}

bool
cgn_sync_put_alg(struct cgn_worker *w, const struct cgn_session *s)
{
	struct cgn_alg_control *c = s->alg ? cgn_alg_control_at(w, s->alg) : NULL;
	struct cgn_syncrec r;

	if (!c || !c->edited)
		return true;
	cgn_sync_alg_untold(w, s);
	c->told_shift = cgn_edits_shift(&c->edits);
	r = cgn_sync_of_alg(w, s, c->told_shift);
	return cgn_sync_put_object(w, s->location, &r, &c->told, 0) &&
	       put_expected(w, s, c);
}

bool
cgn_sync_alg_due(const struct cgn_worker *w, const struct cgn_session *s)
{
	const struct cgn_alg_control *c = s->alg ? cgn_alg_control_at(w, s->alg) : NULL;
	const struct cgn_sync_location *l = &w->sync->location[s->location];

	if (!c || !c->edited)
		return false;
	for (unsigned k = 0; k < CGN_ALG_EXPECTED && c->expected[k]; k++)
		if (!cgn_sync_told(l, &cgn_expect_at(w, c->expected[k])->told))
			return true;
	return !cgn_sync_told(l, &c->told) || c->told_shift != cgn_edits_shift(&c->edits);
}

/* The ports of what was announced may be of a new block. */
void
cgn_sync_alg(struct cgn_worker *w, const struct cgn_session *s)
{
	if (w->role[s->location] & CGN_ROLE_HOST &&
		cgn_sync_told(&w->sync->location[s->location], &s->told) &&
		cgn_sync_put_user(w, s->user))
		cgn_sync_put_alg(w, s);
}

void
cgn_sync_alg_untold(struct cgn_worker *w, const struct cgn_session *s)
{
	struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);
	struct cgn_syncrec r;

	if (!cgn_sync_known(w, s->location, &c->told))
		return;
	r = cgn_sync_of_alg(w, s, c->told_shift);
	cgn_sync_sub(w, s->location, &r);
	c->told.era = 0;
}

/* The end of its session tells the standby. */
void
cgn_sync_alg_gone(struct cgn_worker *w, const struct cgn_session *s)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);

	cgn_sync_alg_untold(w, s);
	for (unsigned k = 0; k < CGN_ALG_EXPECTED && c->expected[k]; k++) {
		struct cgn_expect *x = cgn_expect_at(w, c->expected[k]);
		struct cgn_syncrec r;

		if (!cgn_sync_known(w, s->location, &x->told))
			continue;
		r = cgn_sync_of_expect(w, x);
		cgn_sync_sub(w, s->location, &r);
		x->told.era = 0;
	}
}

void
cgn_sync_expect_gone(struct cgn_worker *w, const struct cgn_expect *x)
{
	const struct cgn_user *u = cgn_user_at(w, cgn_mapping_at(w, x->mapping)->user);
	struct cgn_syncrec r;

	if (!cgn_sync_known(w, u->location, &x->told))
		return;
	r = cgn_sync_of_expect(w, x);
	cgn_sync_put_gone(w, u->location, &r, CGN_SYNCREC_EXPECT_DEL);
}
