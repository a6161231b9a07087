/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Looks at everything that the workers of a box own and compares: each session with the
 * model, every key table with the records it leads to, users with what they count, blocks
 * and ports with the bitmaps of their address. Slow on purpose. Single threaded, between
 * packets. */
#include "tests/model/check.h"

#include "dataplane/create.h"

#define FAIL(...)                                                                        \
	do {                                                                             \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		return false;                                                            \
	} while (0)

/* Number of the user in the model. */
static int
user_of(const struct cgn_model *m, const struct cgn_worker *w, uint32_t user)
{
	const uint8_t *b4 = w->user_end[user].b4;
	rte_be32_t inside = cgn_user_at(w, user)->inside;

	return m->conf->ds_lite ? b4[14] * 256 + b4[15] - 1
				: (int)(rte_be_to_cpu_32(inside) & 0xff) - 1;
}

static bool
check_session(const struct cgn_model *m, const struct cgn_worker *w,
	const struct cgn_session *s)
{
	int user = user_of(m, w, s->user);
	int i = cgn_model_find_up(m, user, s->proto, rte_be_to_cpu_16(s->inside_port),
		rte_be_to_cpu_32(s->remote), rte_be_to_cpu_16(s->remote_port));
	const struct cgn_model_mapping *p;

	if (i < 0)
		FAIL("user %d, protocol %u, port %u: a session that should not be", user,
			s->proto, rte_be_to_cpu_16(s->inside_port));
	p = &m->mapping[m->session[i].mapping];
	if (rte_be_to_cpu_32(s->outside) != p->addr ||
		rte_be_to_cpu_16(s->outside_port) != p->port)
		FAIL("user %d: session at public port %u, wanted %u", user,
			rte_be_to_cpu_16(s->outside_port), p->port);
	if ((s->from == CGN_DOWN) != m->session[i].reverse)
		FAIL("user %d: session opened from the wrong side", user);
	return true;
}

/* The session must be found by both keys, as the packets of either way make them. */
static bool
check_session_keys(
	const struct cgn_worker *w, const struct cgn_session *s, uint32_t index)
{
	uint16_t vpn = w->snap->instance[s->instance].vpn_out;
	union cgn_key up = { .owner = s->kind == CGN_DS_LITE
					      ? cgn_owner_user(s->proto, s->user)
					      : cgn_owner_scope(s->proto, s->instance),
		.local = s->inside,
		.remote = s->remote,
		.local_port = s->inside_port,
		.remote_port = s->remote_port };
	union cgn_key down = { .owner = cgn_owner_scope(s->proto, vpn),
		.local = s->outside,
		.remote = s->remote,
		.local_port = s->outside_port,
		.remote_port = s->remote_port };

	if (cgn_table_find(w->up, &up) != index ||
		cgn_table_find(w->down, &down) != index)
		FAIL("session %u is not found by its keys", index);
	return true;
}

static bool
check_sessions(const struct cgn_model *m, const struct cgn_worker *w, unsigned *n)
{
	unsigned here = 0;

	for (uint32_t i = 0; i < w->sessions.top; i++) {
		const struct cgn_session *s = cgn_session_at(w, i);

		if (s->state == CGN_STATE_FREE)
			continue;
		here++;
		if (!check_session(m, w, s) || !check_session_keys(w, s, i))
			return false;
	}
	if (here != w->sessions.used || cgn_table_count(w->up) != here ||
		cgn_table_count(w->down) != here)
		FAIL("%u sessions, %u slots, %u keys up, %u down", here, w->sessions.used,
			cgn_table_count(w->up), cgn_table_count(w->down));
	*n += here;
	return true;
}

static bool
check_mappings(const struct cgn_worker *w)
{
	unsigned here = 0, shared = 0;

	for (uint32_t i = 0; i < w->mappings.top; i++) {
		const struct cgn_mapping *p = cgn_mapping_at(w, i);
		const struct cgn_block *b;
		uint16_t port;

		if (!p->proto)
			continue;
		here++;
		shared += p->shared;
		if (p->block == CGN_NONE)
			continue;
		b = cgn_block_at(w, p->block);
		port = rte_be_to_cpu_16(p->outside_port);
		if (b->user != p->user || port < b->first || port >= b->first + b->size)
			FAIL("mapping %u at port %u outside its user's block", i, port);
	}
	if (here != w->mappings.used || cgn_table_count(w->map_down) != here ||
		cgn_table_count(w->map_up) != shared)
		FAIL("%u mappings, %u slots, %u keys down, %u up", here, w->mappings.used,
			cgn_table_count(w->map_down), cgn_table_count(w->map_up));
	return true;
}

/* ---- users ---- */

static bool
check_user_counts(const struct cgn_model *m, const struct cgn_worker *w, uint32_t at)
{
	const struct cgn_user *u = cgn_user_at(w, at);
	int user = user_of(m, w, at);
	static const uint8_t proto[CGN_CLASSES] = {
		[CGN_TCP] = 6, [CGN_UDP] = 17, [CGN_ICMP] = 1
	};
	unsigned reverse[CGN_SESSION_CLASSES] = { 0 }, sessions = 0;

	for (unsigned k = 0; k < CGN_CLASSES; k++) {
		sessions += u->sessions[k];
		if (u->ports[k] != cgn_model_count_mappings(m, user, proto[k]))
			FAIL("user %d: %u ports of protocol %u, wanted %u", user,
				u->ports[k], proto[k],
				cgn_model_count_mappings(m, user, proto[k]));
	}
	for (int i = 0; i < MODEL_SESSIONS; i++)
		if (m->session[i].live && m->session[i].reverse &&
			m->mapping[m->session[i].mapping].user == user)
			reverse[cgn_class_of(m->mapping[m->session[i].mapping].proto)]++;
	if (sessions != cgn_model_count_sessions(m, user))
		FAIL("user %d: %u sessions, wanted %u", user, sessions,
			cgn_model_count_sessions(m, user));
	if (memcmp(u->reverse, reverse, sizeof(reverse)) != 0)
		FAIL("user %d: not as many sessions from outside", user);
	return true;
}

/* Marks the block in map; its ports in use are counted right. */
static bool
check_block(const struct cgn_worker *w, const struct cgn_block *b, uint8_t *map)
{
	const struct cgn_address *a = w->snap->state[w->conf.index][b->address];

	for (uint32_t port = b->first; port < b->first + b->size; port++) {
		if (map[port])
			FAIL("port %u lies in two blocks", port);
		map[port] = 1;
	}
	for (unsigned k = 0; k < CGN_CLASSES; k++) {
		unsigned used = 0;

		for (uint32_t port = b->first; port < b->first + b->size; port++)
			used += a->used[k][port / 64] >> port % 64 & 1;
		if (used != b->used[k])
			FAIL("block at %u: %u ports in use, %u counted", b->first, used,
				b->used[k]);
	}
	return true;
}

static bool
check_users(const struct cgn_model *m, const struct cgn_worker *w, unsigned *n)
{
	unsigned here = 0;

	for (uint32_t i = 0; i < w->users.top; i++) {
		const struct cgn_user *u = cgn_user_at(w, i);

		if (!u->live)
			continue;
		here++;
		if (cgn_table_find(w->user_by_key, &w->user_end[i].key) != i)
			FAIL("user %u is not found by its key", i);
		if (m->addr[user_of(m, w, i)] !=
			rte_be_to_cpu_32(w->snap->address[u->address].addr))
			FAIL("user %d has another public address", user_of(m, w, i));
		if (!check_user_counts(m, w, i))
			return false;
	}
	if (here != w->users.used || here != cgn_table_count(w->user_by_key))
		FAIL("%u users, %u slots, %u keys", here, w->users.used,
			cgn_table_count(w->user_by_key));
	*n += here;
	return true;
}

/* ---- addresses ---- */

static bool
mark_blocks(const struct cgn_worker *w, uint32_t slot, uint8_t *map)
{
	uint32_t index = w->sweep.quarantine_head;

	for (uint32_t i = 0; i < w->users.top; i++) {
		const struct cgn_user *u = cgn_user_at(w, i);
		unsigned n = 0;

		if (!u->live || u->address != slot)
			continue;
		for (uint32_t k = u->block; k != CGN_NONE;
			k = cgn_block_at(w, k)->next, n++)
			if (!check_block(w, cgn_block_at(w, k), map))
				return false;
		if (n != u->blocks)
			FAIL("user %u: %u blocks, %u counted", i, n, u->blocks);
	}
	for (unsigned n = 0; n < w->sweep.quarantined; n++) {
		const struct cgn_block *b = cgn_block_at(w, index);

		if (b->address == slot && !check_block(w, b, map))
			return false;
		index = b->next;
	}
	return true;
}

/* Marks a port that was taken alone: it is in use or rests. */
static bool
mark_single(const struct cgn_address *a, uint32_t port, uint8_t *map)
{
	bool used = false, rests = false;

	if (!(a->single[port / 64] >> port % 64 & 1))
		return true;
	for (unsigned k = 0; k < CGN_CLASSES; k++) {
		used |= a->used[k][port / 64] >> port % 64 & 1;
		rests |=
			(a->rest.port[0][k][port / 64] | a->rest.port[1][k][port / 64]) >>
				port % 64 &
			1;
	}
	if (map[port] || !(used || rests))
		FAIL("port %u is taken alone, and %s", port,
			map[port] ? "in a block" : "not used");
	map[port] = 1;
	return true;
}

/* Every port is in one block, taken alone, in quarantine, or free; the bitmap says the
 * same. */
static bool
check_address(const struct cgn_worker *w, uint32_t slot)
{
	const struct cgn_address *a = w->snap->state[w->conf.index][slot];
	static uint8_t map[65536];
	unsigned taken = 0;

	memset(map, 0, sizeof(map));
	if (!mark_blocks(w, slot, map))
		return false;
	for (uint32_t port = CGN_PORT_FIRST; port < 65536; port++) {
		if (!mark_single(a, port, map))
			return false;
		taken += map[port];
		if (map[port] != (a->blocked[port / 64] >> port % 64 & 1))
			FAIL("port %u: %s a block", port,
				map[port] ? "lost by" : "leaked by");
	}
	if (a->free != CGN_PORT_COUNT - taken)
		FAIL("%u ports free, %u counted", CGN_PORT_COUNT - taken, a->free);
	return true;
}

bool
cgn_model_check(const struct cgn_model *m, const struct cgn_box *box)
{
	unsigned sessions = 0, users = 0, want_sessions = 0, want_users = 0;

	for (unsigned i = 0; i < box->n_workers; i++) {
		const struct cgn_worker *w = box->worker[i];

		if (!check_sessions(m, w, &sessions) || !check_mappings(w) ||
			!check_users(m, w, &users))
			return false;
		for (uint32_t slot = 0; slot < box->snap->n_addresses; slot++)
			if (box->snap->state[i][slot] && !check_address(w, slot))
				return false;
	}
	for (int i = 0; i < MODEL_SESSIONS; i++)
		want_sessions += m->session[i].live;
	for (int i = 0; i < MODEL_USERS; i++)
		want_users += m->addr[i] != 0;
	if (sessions != want_sessions || users != want_users)
		FAIL("%u sessions and %u users, wanted %u and %u", sessions, users,
			want_sessions, want_users);
	return true;
}

bool
cgn_model_check_empty(const struct cgn_box *box)
{
	for (unsigned i = 0; i < box->n_workers; i++) {
		const struct cgn_worker *w = box->worker[i];

		if (w->sessions.used || w->mappings.used || w->users.used ||
			w->blocks.used || w->sweep.quarantined || w->sweep.resting)
			FAIL("left: %u sessions, %u mappings, %u users, %u blocks, %u "
			     "waiting",
				w->sessions.used, w->mappings.used, w->users.used,
				w->blocks.used, w->sweep.quarantined);
		for (uint32_t slot = 0; slot < box->snap->n_addresses; slot++) {
			const struct cgn_address *a = box->snap->state[i][slot];

			if (a && (a->free != CGN_PORT_COUNT || a->users))
				FAIL("an address has %u ports free and %u users", a->free,
					a->users);
		}
	}
	return true;
}

bool
cgn_model_exhausted(const struct cgn_box *box, unsigned block)
{
	for (unsigned i = 0; i < box->n_workers; i++)
		for (uint32_t slot = 0; slot < box->snap->n_addresses; slot++) {
			const struct cgn_address *a = box->snap->state[i][slot];
			unsigned run = 0;

			if (!a)
				continue;
			for (uint32_t port = CGN_PORT_FIRST; port < 65536; port++) {
				if ((port - CGN_PORT_FIRST) % block == 0)
					run = 0;
				run += !(a->blocked[port / 64] >> port % 64 & 1);
				if (run == block)
					return false;
			}
		}
	return true;
}
