/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A data connection that has been announced: the inside port has a mapping before there
 * is a session, and the peer of the control connection may open one on it, whatever the
 * filtering. It is given up when the connection has come, when it has not come within
 * CGN_EXPECT_S, and when its control connection has ended; the port then returns as that
 * of any mapping without sessions. One of many is found by its mapping, which has a list
 * of them (a host may announce one port to several servers). A standby has a copy
 * (sync_alg.c), which lets the connection in when its host has failed before it came.
 *
 * Worker only: made by the gateway, used by the create stage, swept with the ticks. */
#include "dataplane/create.h"
#include "dataplane/block.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"

#define SLOTS_PER_SWEEP 32

uint16_t
cgn_expect_find(const struct cgn_worker *w, uint32_t mapping, rte_be32_t remote)
{
	uint16_t slot = cgn_mapping_at(w, mapping)->expected;

	while (slot && cgn_expect_at(w, slot)->remote != remote)
		slot = cgn_expect_at(w, slot)->next;
	return slot;
}

/* Takes the slot out of its control connection's list; the order stays. */
static void
leave_control(struct cgn_worker *w, uint16_t slot)
{
	uint16_t *list = cgn_alg_control_at(w, cgn_expect_at(w, slot)->control)->expected;
	unsigned n = 0;

	for (unsigned k = 0; k < CGN_ALG_EXPECTED; k++)
		if (list[k] != slot)
			list[n++] = list[k];
	while (n < CGN_ALG_EXPECTED)
		list[n++] = 0;
}

void
cgn_expect_del(struct cgn_worker *w, uint16_t slot)
{
	struct cgn_expect *x = cgn_expect_at(w, slot);
	uint32_t mapping = x->mapping;
	struct cgn_mapping *m = cgn_mapping_at(w, mapping);
	uint16_t *link = &m->expected;

	cgn_sync_expect_gone(w, x);
	while (*link != slot)
		link = &cgn_expect_at(w, *link)->next;
	*link = x->next;
	leave_control(w, slot);
	x->control = 0;
	cgn_slots_give(&w->alg.expected, slot - 1u);
	cgn_user_at(w, m->user)->expected--;
	cgn_mapping_release(w, mapping);
}

void
cgn_expect_clear(struct cgn_worker *w, uint16_t control)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(w, control);

	while (c->expected[0])
		cgn_expect_del(w, c->expected[0]);
}

static uint16_t
enter(struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping)
{
	struct cgn_mapping *m = cgn_mapping_at(w, mapping);
	uint16_t *list = cgn_alg_control_at(w, s->alg)->expected, slot;

	slot = (uint16_t)(cgn_slots_take(&w->alg.expected) + 1);
	*cgn_expect_at(w, slot) = (struct cgn_expect){ .mapping = mapping,
		.remote = s->remote,
		.made = w->now,
		.next = m->expected,
		.control = s->alg,
		.inside_port = s->inside_port,
		.remote_port = s->remote_port };
	m->expected = slot;
	cgn_user_at(w, s->user)->expected++;
	while (*list)
		list++;
	*list = slot;
	cgn_count(w, CGN_EVENT_ALG_EXPECTED);
	return slot;
}

uint16_t
cgn_expect_of(const struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping)
{
	uint16_t slot = cgn_mapping_at(w, mapping)->expected;

	while (slot && cgn_expect_at(w, slot)->control != s->alg)
		slot = cgn_expect_at(w, slot)->next;
	return slot;
}

static bool
renew(struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping)
{
	uint16_t slot = cgn_expect_of(w, s, mapping);

	if (slot)
		cgn_expect_at(w, slot)->made = w->now;
	return slot;
}

void
cgn_expect_forget(struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping)
{
	uint16_t slot = cgn_expect_of(w, s, mapping);

	if (slot)
		cgn_expect_del(w, slot);
}

uint32_t
cgn_expect_add(struct cgn_worker *w, const struct cgn_session *s, rte_be16_t inside_port)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);
	struct cgn_flow f = { .user = s->user,
		.draw = (uint32_t)cgn_random(w),
		.inside = s->inside,
		.inside_port = inside_port,
		.proto = s->proto };
	uint32_t mapping = cgn_mapping_find(w, s->instance, &f);

	if (mapping != CGN_NONE &&
		(cgn_mapping_at(w, mapping)->server || renew(w, s, mapping)))
		return mapping;
	if (c->expected[CGN_ALG_EXPECTED - 1])
		cgn_expect_del(w, c->expected[0]);
	/* what was given up may have been the last of the mapping */
	mapping = cgn_mapping_find(w, s->instance, &f);
	if (cgn_slots_full(&w->alg.expected) ||
		cgn_user_at(w, s->user)->expected >= CGN_EXPECT_USER)
		return CGN_NONE;
	if (mapping == CGN_NONE && cgn_mapping_add(w, &f, &mapping) != CGN_DROP_REASONS)
		return CGN_NONE;
	enter(w, s, mapping);
	return mapping;
}

uint16_t
cgn_expect_copy(
	struct cgn_worker *w, const struct cgn_session *s, uint32_t mapping, cgn_tick age)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);
	uint16_t slot = cgn_expect_of(w, s, mapping);

	if (!slot) {
		if (c->expected[CGN_ALG_EXPECTED - 1])
			cgn_expect_del(w, c->expected[0]);
		if (cgn_slots_full(&w->alg.expected))
			return 0;
		slot = enter(w, s, mapping);
	}
	cgn_expect_at(w, slot)->made = w->now - age;
	return slot;
}

/* Nobody has come for it. A standby's host says when it is. */
static bool
is_over(const struct cgn_worker *w, const struct cgn_expect *x)
{
	return x->control &&
	       cgn_tick_age(w->now, x->made) >= CGN_EXPECT_S * CGN_TICKS_PER_S &&
	       !(w->role[cgn_user_at(w, cgn_mapping_at(w, x->mapping)->user)->location] &
		       CGN_ROLE_STANDBY);
}

void
cgn_expect_sweep(struct cgn_worker *w)
{
	uint32_t top = w->alg.expected.top;

	for (uint32_t k = 0; k < RTE_MIN(top, (uint32_t)SLOTS_PER_SWEEP); k++) {
		uint16_t slot;

		if (w->alg.swept >= top)
			w->alg.swept = 0;
		slot = (uint16_t)(++w->alg.swept);
		if (!is_over(w, cgn_expect_at(w, slot)))
			continue;
		w->stats.event[CGN_EVENT_ALG_EXPIRED]++;
		cgn_expect_del(w, slot);
	}
}
