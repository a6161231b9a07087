/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An address is a bitmap of ports in blocks and, per transport, a bitmap of ports in use.
 * A block is an aligned range of the first, in the list of one user; a port is a bit of
 * the second, inside a block. A block that comes back waits in a queue, oldest first,
 * before its ports can be given to somebody else; one that never carried a session,
 * because its user's first packet was refused, does not wait, or a flood of such packets
 * would empty the pool.
 *
 * A port of a server belongs to no block: it is taken out of the ports that blocks are
 * made of, so that a block's log line stays true. */
#include "dataplane/block.h"
#include "dataplane/journal.h"
#include "dataplane/sync.h"

/* Bits [first, first + size) of a bitmap, one word at a time. */
#define FOREACH_WORD(word, mask, first, size)                                            \
	for (uint32_t at_ = (first), end_ = at_ + (size), word, n_;                      \
		at_ < end_ &&                                                            \
		(word = at_ / 64, n_ = RTE_MIN(64 - at_ % 64, end_ - at_),               \
		mask = (n_ == 64 ? ~0ull : (1ull << n_) - 1) << at_ % 64, 1);            \
		at_ += n_)

static bool
range_clear(const uint64_t *map, uint32_t first, uint32_t size)
{
	uint64_t mask;

	FOREACH_WORD(word, mask, first, size)
	{
		if (map[word] & mask)
			return false;
	}
	return true;
}

static void
range_set(uint64_t *map, uint32_t first, uint32_t size, bool on)
{
	uint64_t mask;

	FOREACH_WORD(word, mask, first, size)
	{
		if (on)
			map[word] |= mask;
		else
			map[word] &= ~mask;
	}
}

void
cgn_address_fresh(struct cgn_address *a, uint32_t slot)
{
	a->slot = slot;
	a->free = CGN_PORT_COUNT;
	range_set(a->blocked, 0, CGN_PORT_FIRST, true);
}

void
cgn_address_init(struct cgn_address *a, uint32_t slot)
{
	memset(a, 0, sizeof(*a));
	cgn_address_fresh(a, slot);
}

bool
cgn_address_is_used(const struct cgn_address *a)
{
	return a->free != CGN_PORT_COUNT || a->quarantined || a->blocks || a->users;
}

/* First port of a free range of the grid of this size, or 0: looked for from a random
 * cell on, so that nobody can foresee it (RFC 6056). */
static uint32_t
find_within(struct cgn_worker *w, const struct cgn_address *a, uint32_t size,
	const struct cgn_own_range *r)
{
	uint32_t cells = CGN_PORT_COUNT / size, cell = (uint32_t)(cgn_random(w) % cells);

	for (uint32_t k = 0; k < cells; k++) {
		uint32_t first = CGN_PORT_FIRST + cell * size;

		cell = cell + 1 < cells ? cell + 1 : 0;
		if (first >= r->first && first + size <= r->end &&
			range_clear(a->blocked, first, size))
			return first;
	}
	return 0;
}

static uint32_t
find_range(struct cgn_worker *w, const struct cgn_address *a, uint32_t size)
{
	const struct cgn_location *l =
		&w->snap->location[w->snap->address[a->slot].location];
	struct cgn_own_range r;
	uint32_t first = 0;

	if (a->free < size)
		return 0;
	for (unsigned k = 0; !first && cgn_own_range(l->own, l->reserve, k, &r); k++)
		first = find_within(w, a, size, &r);
	return first;
}

/* Has a server of another transport this port? */
static bool
shared_port(const struct cgn_address *a, enum cgn_class class, uint16_t port)
{
	for (unsigned c = 0; c < CGN_CLASSES; c++)
		if (c != class && a->fixed[c][port / 64] >> port % 64 & 1)
			return true;
	return false;
}

bool
cgn_port_reserve(struct cgn_address *a, enum cgn_class class, uint16_t port)
{
	if (port >= CGN_PORT_FIRST && !shared_port(a, class, port)) {
		if (!range_clear(a->blocked, port, 1))
			return false;
		range_set(a->blocked, port, 1, true);
		a->free--;
	}
	range_set(a->fixed[class], port, 1, true);
	return true;
}

void
cgn_port_unreserve(struct cgn_address *a, enum cgn_class class, uint16_t port)
{
	range_set(a->fixed[class], port, 1, false);
	if (port >= CGN_PORT_FIRST && !shared_port(a, class, port)) {
		range_set(a->blocked, port, 1, false);
		a->free++;
	}
}

/* Takes a range that is free. */
static enum cgn_drop
take(struct cgn_worker *w, uint32_t user, uint32_t first, uint16_t size)
{
	struct cgn_user *u = cgn_user_at(w, user);
	struct cgn_address *a = w->snap->state[w->conf.index][u->address];
	struct cgn_block *blk;
	uint32_t index = cgn_slots_take(&w->blocks);

	if (index == CGN_NONE)
		return CGN_DROP_NO_BLOCK;
	blk = cgn_block_at(w, index);
	*blk = (struct cgn_block){ .next = u->block,
		.user = user,
		.address = u->address,
		.first = (uint16_t)first,
		.size = size,
		.ruled = u->port_mode == CGN_MODE_DETERMINISTIC,
		.given = w->now };
	range_set(a->blocked, first, size, true);
	a->free -= size;
	a->blocks++;
	u->block = index;
	u->blocks++;
	u->spare++;
	w->stats.event[CGN_EVENT_BLOCK_TAKE]++;
	if (!blk->ruled)
		cgn_journal_block(w, CGN_RECORD_BLOCK_TAKE, u, blk);
	cgn_sync_block(w, u, blk);
	return CGN_DROP_REASONS;
}

enum cgn_drop
cgn_block_take(struct cgn_worker *w, uint32_t user, uint16_t size)
{
	uint32_t slot = cgn_user_at(w, user)->address, first;

	if (w->snap->address[slot].locked)
		return CGN_DROP_NO_BLOCK;
	first = find_range(w, w->snap->state[w->conf.index][slot], size);
	return first ? take(w, user, first, size) : CGN_DROP_NO_BLOCK;
}

enum cgn_drop
cgn_block_take_at(struct cgn_worker *w, uint32_t user, uint16_t first)
{
	const struct cgn_user *u = cgn_user_at(w, user);
	const struct cgn_address *a = w->snap->state[w->conf.index][u->address];

	if (w->snap->address[u->address].locked ||
		!range_clear(a->blocked, first, u->block_size))
		return CGN_DROP_NO_BLOCK;
	return take(w, user, first, u->block_size);
}

static bool
overlap(const struct cgn_block *blk, uint32_t address, uint32_t first, uint32_t size)
{
	return blk->address == address && blk->first < first + size &&
	       first < (uint32_t)blk->first + blk->size;
}

static void release(struct cgn_worker *w, uint32_t index);

/* Ends the quarantine of ports that their owner has given out again already: its clock
 * decides. */
static void
release_waiting(struct cgn_worker *w, uint32_t address, uint32_t first, uint32_t size)
{
	uint32_t index = w->sweep.quarantine_head, before = CGN_NONE;

	for (uint32_t left = w->sweep.quarantined; left--;) {
		const struct cgn_block *blk = cgn_block_at(w, index);
		uint32_t next = blk->next;

		if (!overlap(blk, address, first, size)) {
			before = index;
		} else {
			w->snap->state[w->conf.index][address]->quarantined -= blk->size;
			if (before == CGN_NONE)
				w->sweep.quarantine_head = next;
			else
				cgn_block_at(w, before)->next = next;
			if (index == w->sweep.quarantine_tail)
				w->sweep.quarantine_tail = before;
			w->sweep.quarantined--;
			release(w, index);
		}
		index = next;
	}
}

bool
cgn_block_copy(struct cgn_worker *w, uint32_t user, uint16_t first, uint16_t size,
	cgn_tick age, uint32_t *index)
{
	struct cgn_user *u = cgn_user_at(w, user);
	struct cgn_address *a = w->snap->state[w->conf.index][u->address];
	uint32_t *link = &u->block;

	if (!range_clear(a->blocked, first, size))
		release_waiting(w, u->address, first, size);
	if (!range_clear(a->blocked, first, size))
		return false;
	*index = cgn_slots_take(&w->blocks);
	if (*index == CGN_NONE)
		return false;
	while (*link != CGN_NONE &&
		cgn_tick_age(w->now, cgn_block_at(w, *link)->given) <= age)
		link = &cgn_block_at(w, *link)->next;
	*cgn_block_at(w, *index) = (struct cgn_block){ .next = *link,
		.user = user,
		.address = u->address,
		.first = first,
		.size = size,
		.ruled = u->port_mode == CGN_MODE_DETERMINISTIC,
		.given = w->now - age };
	*link = *index;
	range_set(a->blocked, first, size, true);
	a->free -= size;
	a->blocks++;
	u->extended = (uint16_t)u->blocks++;
	u->spare++;
	return true;
}

static void
release(struct cgn_worker *w, uint32_t index)
{
	const struct cgn_block *blk = cgn_block_at(w, index);
	struct cgn_address *a = w->snap->state[w->conf.index][blk->address];

	range_set(a->blocked, blk->first, blk->size, false);
	a->free += blk->size;
	cgn_slots_give(&w->blocks, index);
}

static void
quarantine(struct cgn_worker *w, uint32_t index)
{
	struct cgn_block *blk = cgn_block_at(w, index);

	w->snap->state[w->conf.index][blk->address]->quarantined += blk->size;
	blk->next = CGN_NONE;
	blk->user = CGN_NONE;
	blk->given = w->now;
	if (w->sweep.quarantined++)
		cgn_block_at(w, w->sweep.quarantine_tail)->next = index;
	else
		w->sweep.quarantine_head = index;
	w->sweep.quarantine_tail = index;
}

/* Time and number of the ports that wait are the operator's (RFC 6888 REQ-8). */
static bool
may_wait(const struct cgn_worker *w, const struct cgn_block *blk)
{
	const struct cgn_address *a = w->snap->state[w->conf.index][blk->address];

	return w->snap->quarantine_ms &&
	       a->quarantined + blk->size <= w->snap->quarantine_ports;
}

/* Takes a block, already out of the user's list, from the user. One that never carried a
 * session could not be traced to anybody, and one that a rule gives is nobody else's:
 * they need no quarantine (RFC 6888 REQ-8). */
static void
give(struct cgn_worker *w, const struct cgn_user *u, uint32_t index)
{
	const struct cgn_block *blk = cgn_block_at(w, index);

	w->snap->state[w->conf.index][blk->address]->blocks--;
	cgn_count(w, CGN_EVENT_BLOCK_GIVE);
	cgn_sync_block_gone(w, u, blk);
	if (!blk->ruled)
		cgn_journal_block(w, CGN_RECORD_BLOCK_GIVE, u, blk);
	if (blk->served && !blk->ruled && may_wait(w, blk))
		quarantine(w, index);
	else
		release(w, index);
}

void
cgn_block_give_all(struct cgn_worker *w, struct cgn_user *u)
{
	while (u->block != CGN_NONE) {
		uint32_t index = u->block;

		u->block = cgn_block_at(w, index)->next;
		give(w, u, index);
	}
	u->blocks = 0;
	u->spare = 0;
}

#define EXPIRE_MAX 32 /* blocks per call */

void
cgn_block_expire(struct cgn_worker *w)
{
	cgn_tick wait = w->snap->quarantine_ms / CGN_MS_PER_TICK;

	for (unsigned k = 0; k < EXPIRE_MAX && w->sweep.quarantined; k++) {
		uint32_t index = w->sweep.quarantine_head;
		const struct cgn_block *blk = cgn_block_at(w, index);

		if (cgn_tick_age(w->now, blk->given) < wait)
			return;
		w->snap->state[w->conf.index][blk->address]->quarantined -= blk->size;
		w->sweep.quarantine_head = blk->next;
		w->sweep.quarantined--;
		release(w, index);
	}
}

/* A clear bit of [first, first + size), looked for from `start` on and round. */
static uint32_t
find_clear(const uint64_t *map, uint32_t first, uint32_t size, uint32_t start)
{
	uint32_t from[2] = { start, first };
	uint32_t length[2] = { first + size - start, start - first };
	uint64_t mask;

	for (unsigned half = 0; half < 2; half++)
		FOREACH_WORD(word, mask, from[half], length[half])
		{
			uint64_t clear = ~map[word] & mask;

			if (clear)
				return word * 64 + (uint32_t)__builtin_ctzll(clear);
		}
	return 0;
}

static bool
in_use(const struct cgn_block *blk)
{
	return blk->used[CGN_TCP] || blk->used[CGN_UDP] || blk->used[CGN_ICMP];
}

/* Takes a block out of the user's list. */
static void
unlink_block(struct cgn_worker *w, struct cgn_user *u, uint32_t index)
{
	uint32_t *link = &u->block;

	while (*link != index)
		link = &cgn_block_at(w, *link)->next;
	*link = cgn_block_at(w, index)->next;
	u->blocks--;
	if (u->extended)
		u->extended--;
}

void
cgn_block_drop(struct cgn_worker *w, struct cgn_user *u, uint32_t index)
{
	unlink_block(w, u, index);
	u->spare--;
	give(w, u, index);
}

/* A block that has become empty stays as the user's spare one, so that a user at the edge
 * of a block does not make a log line with every flow; a second empty block goes back.
 * The oldest, last in the list, stays as long as the user does. */
static void
give_spare(struct cgn_worker *w, uint32_t index)
{
	struct cgn_block *blk = cgn_block_at(w, index);
	struct cgn_user *u = cgn_user_at(w, blk->user);

	/* of a copy, its owner says which go */
	if (!u->spare || blk->next == CGN_NONE ||
		w->role[u->location] & CGN_ROLE_STANDBY) {
		u->spare++;
		return;
	}
	unlink_block(w, u, index);
	give(w, u, index);
}

bool
cgn_port_claim(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	uint16_t port, uint32_t *block)
{
	struct cgn_address *a = w->snap->state[w->conf.index][u->address];

	for (uint32_t k = u->block; k != CGN_NONE; k = cgn_block_at(w, k)->next) {
		struct cgn_block *blk = cgn_block_at(w, k);

		if (port < blk->first || port - blk->first >= blk->size)
			continue;
		if (a->used[class][port / 64] >> port % 64 & 1)
			return false;
		a->used[class][port / 64] |= 1ull << port % 64;
		if (!in_use(blk))
			u->spare--;
		blk->used[class]++;
		*block = k;
		return true;
	}
	return false;
}

uint16_t
cgn_port_guess(const struct cgn_worker *w, const struct cgn_block *blk,
	enum cgn_class class, uint32_t draw)
{
	const struct cgn_address *a = w->snap->state[w->conf.index][blk->address];
	uint32_t start = blk->first + (uint32_t)((uint64_t)draw * blk->size >> 32);

	return (uint16_t)find_clear(a->used[class], blk->first, blk->size, start);
}

uint16_t
cgn_port_take(struct cgn_worker *w, struct cgn_user *u, enum cgn_class class,
	uint32_t draw, uint32_t *block)
{
	struct cgn_address *a = w->snap->state[w->conf.index][u->address];

	for (uint32_t index = u->block; index != CGN_NONE;) {
		struct cgn_block *blk = cgn_block_at(w, index);

		if (blk->used[class] < blk->size) {
			uint16_t port = cgn_port_guess(w, blk, class, draw);

			a->used[class][port / 64] |= 1ull << port % 64;
			if (!in_use(blk))
				u->spare--;
			blk->used[class]++;
			*block = index;
			return port;
		}
		index = blk->next;
	}
	return 0;
}

void
cgn_port_give(struct cgn_worker *w, uint32_t block, enum cgn_class class, uint16_t port)
{
	struct cgn_block *blk = cgn_block_at(w, block);
	struct cgn_address *a = w->snap->state[w->conf.index][blk->address];

	a->used[class][port / 64] &= ~(1ull << port % 64);
	blk->used[class]--;
	if (!in_use(blk))
		give_spare(w, block);
}
