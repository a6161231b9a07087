/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A single port is a bit of the transport's `used` bitmap, as any other; so that no block
 * is made of it, it is in `blocked` too, and in `single`, which tells it from ports of
 * blocks and servers: another transport may still use it.
 *
 * A UDP port or an ICMP identifier that comes back rests for 120 to 240 seconds, in the
 * younger of two bitmaps; each 120 s the older one is emptied and they change places. So
 * any number of resting ports costs no list. A TCP port does not rest: it comes back when
 * the connection has been closed for its closing time already (RFC 6888 REQ-8 (a)), and a
 * flood of SYNs would put addresses out of use. For the same reason no more than a
 * quarter of an address rests; what comes back beyond is free at once.
 *
 * Addresses with resting ports are in a ring that the sweep goes around. */
#include "dataplane/single.h"
#include "dataplane/block.h"

#define WORDS	  (65536 / 64)
#define FIRST	  (CGN_PORT_FIRST / 64)
#define REST_MOST (CGN_PORT_COUNT / 4)

static uint64_t
used_by_any(const struct cgn_address *a, uint32_t word)
{
	return a->used[CGN_TCP][word] | a->used[CGN_UDP][word] | a->used[CGN_ICMP][word];
}

static uint64_t
resting(const struct cgn_address *a, enum cgn_class class, uint32_t word)
{
	return a->rest.port[0][class][word] | a->rest.port[1][class][word];
}

static uint64_t
resting_any(const struct cgn_address *a, uint32_t word)
{
	return resting(a, CGN_TCP, word) | resting(a, CGN_UDP, word) |
	       resting(a, CGN_ICMP, word);
}

/* Ports of a word that a transport may take. */
static uint64_t
available(const struct cgn_address *a, enum cgn_class class, uint32_t word)
{
	return ~(a->used[class][word] | resting(a, class, word) |
		 (a->blocked[word] & ~a->single[word]));
}

/* Those of a range that begins and ends with a word. */
static uint64_t
offered(const struct cgn_address *a, enum cgn_class class, uint32_t word,
	const struct cgn_own_range *r)
{
	return word * 64 >= r->first && word * 64 + 64 <= r->end
		       ? available(a, class, word)
		       : 0;
}

/* A port from a random one on, and round; 0: none. */
static uint32_t
find_within(struct cgn_worker *w, const struct cgn_address *a, enum cgn_class class,
	const struct cgn_own_range *r)
{
	uint32_t start = CGN_PORT_FIRST + (uint32_t)(cgn_random(w) % CGN_PORT_COUNT);
	uint32_t word = start / 64;
	uint64_t clear = offered(a, class, word, r) & ~0ull << start % 64;

	for (uint32_t k = FIRST; !clear && k <= WORDS; k++) {
		word = word + 1 < WORDS ? word + 1 : FIRST;
		clear = offered(a, class, word, r);
	}
	return clear ? word * 64 + (uint32_t)__builtin_ctzll(clear) : 0;
}

static uint32_t
find(struct cgn_worker *w, const struct cgn_address *a, enum cgn_class class)
{
	const struct cgn_location *l =
		&w->snap->location[w->snap->address[a->slot].location];
	struct cgn_own_range r;
	uint32_t port = 0;

	for (unsigned k = 0; !port && cgn_own_range(l->own, l->reserve, k, &r); k++)
		port = find_within(w, a, class, &r);
	return port;
}

static void
use(struct cgn_address *a, enum cgn_class class, uint32_t port)
{
	uint64_t bit = 1ull << port % 64;
	uint32_t word = port / 64;

	if (!(a->single[word] & bit)) {
		a->single[word] |= bit;
		a->blocked[word] |= bit;
		a->free--;
	} else if (!(used_by_any(a, word) & bit)) {
		a->quarantined--; /* of another transport */
	}
	a->used[class][word] |= bit;
}

uint16_t
cgn_single_take(struct cgn_worker *w, uint32_t slot, enum cgn_class class)
{
	struct cgn_address *a = w->snap->state[w->conf.index][slot];
	uint32_t port = find(w, a, class);

	if (port)
		use(a, class, port);
	return (uint16_t)port;
}

bool
cgn_single_claim(struct cgn_worker *w, uint32_t slot, enum cgn_class class, uint16_t port)
{
	struct cgn_address *a = w->snap->state[w->conf.index][slot];

	if (port < CGN_PORT_FIRST || !(available(a, class, port / 64) >> port % 64 & 1))
		return false;
	use(a, class, port);
	return true;
}

/* Ports of a word that nobody uses and that do not rest are free for blocks again. */
static void
release(struct cgn_address *a, uint32_t word, uint64_t mask)
{
	uint64_t gone =
		mask & a->single[word] & ~used_by_any(a, word) & ~resting_any(a, word);

	a->single[word] &= ~gone;
	a->blocked[word] &= ~gone;
	a->free += (uint32_t)__builtin_popcountll(gone);
}

/* Puts the address into the ring of those to be looked at. */
static void
enlist(struct cgn_worker *w, struct cgn_address *a)
{
	struct cgn_address *const *state = w->snap->state[w->conf.index];

	if (a->rest.listed)
		return;
	a->rest.listed = true;
	a->rest.since = w->now;
	if (w->sweep.resting++) {
		a->rest.next = state[w->sweep.rest_tail]->rest.next;
		state[w->sweep.rest_tail]->rest.next = a->slot;
	} else {
		a->rest.next = a->slot;
	}
	w->sweep.rest_tail = a->slot;
}

/* Time and number are the operator's, as those of blocks. */
static bool
may_rest(const struct cgn_worker *w, const struct cgn_address *a)
{
	return w->snap->quarantine_ms && a->quarantined < w->snap->quarantine_ports &&
	       a->rest.n[0] + a->rest.n[1] < REST_MOST;
}

void
cgn_single_give(struct cgn_worker *w, uint32_t slot, enum cgn_class class, uint16_t port)
{
	struct cgn_address *a = w->snap->state[w->conf.index][slot];
	uint64_t bit = 1ull << port % 64;
	uint32_t word = port / 64;

	a->used[class][word] &= ~bit;
	if (class != CGN_TCP && may_rest(w, a)) {
		enlist(w, a);
		a->rest.port[a->rest.young][class][word] |= bit;
		a->rest.n[a->rest.young]++;
	}
	if (used_by_any(a, word) & bit)
		return;
	if (resting_any(a, word) & bit)
		a->quarantined++;
	else
		release(a, word, bit);
}

/* The older ports have rested long enough; the younger ones are the older ones now. */
static void
turn(struct cgn_address *a, cgn_tick now)
{
	unsigned old = !a->rest.young;

	for (uint32_t word = FIRST; a->rest.n[old] && word < WORDS; word++) {
		uint64_t done = 0, rested;

		for (unsigned c = 0; c < CGN_CLASSES; c++) {
			done |= a->rest.port[old][c][word];
			a->rest.port[old][c][word] = 0;
		}
		rested = done & ~used_by_any(a, word) & ~resting_any(a, word);
		a->quarantined -= (uint32_t)__builtin_popcountll(rested);
		release(a, word, rested);
	}
	a->rest.n[old] = 0;
	a->rest.young = (uint8_t)old;
	a->rest.since = now;
}

void
cgn_single_expire(struct cgn_worker *w)
{
	cgn_tick wait = w->snap->quarantine_ms / CGN_MS_PER_TICK;
	struct cgn_address *const *state = w->snap->state[w->conf.index];
	struct cgn_address *tail, *a;

	if (!w->sweep.resting)
		return;
	tail = state[w->sweep.rest_tail];
	a = state[tail->rest.next];
	w->sweep.rest_tail = a->slot;
	if (cgn_tick_age(w->now, a->rest.since) < wait)
		return;
	turn(a, w->now);
	if (a->rest.n[0] + a->rest.n[1])
		return;
	tail->rest.next = a->rest.next;
	a->rest.listed = false;
	w->sweep.rest_tail = tail->slot;
	w->sweep.resting--;
}
