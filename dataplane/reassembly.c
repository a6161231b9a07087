/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fragments wait here until their datagram is whole. A datagram is a slot: its name, and
 * its fragments as a chain of mbufs in order of offset. Slots are found by hash and aged
 * in the order in which they began. Datagrams and packets are bounded, in all and of one
 * sender, and the outside, where senders can be made up, has half of both; so a flood of
 * fragments costs its sender's share and nobody else's, and never the buffers that other
 * packets arrive in (RFC 4787 REQ-14a, RFC 6333 11).
 *
 * Fragments that overlap end their datagram (RFC 5722 4): the slot stays, poisoned, until
 * its time is up, so that what still comes is dropped as well. An exact duplicate is only
 * dropped itself. The bookkeeping of a waiting fragment lies in the mbuf's mark.
 *
 * The owner calls this from the reassembly stage and the sweep. */
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "dataplane/mark.h"
#include "dataplane/reassembly.h"

#define FRAGMENTS_MAX 64	   /* of a datagram */
#define SENDER_MAX    32	   /* datagrams of one sender */
#define SENDERS	      4096	   /* counters; senders that share one share the bound */
#define SENDER_SHARE  16	   /* part of the packets in all */
#define DATAGRAM_MAX  (65535 - 60) /* bytes of payload, whatever the header */

struct slot {
	struct cgn_datagram name;
	uint64_t deadline_ms;
	struct rte_mbuf *first; /* fragments by offset, linked by part()->next */
	uint32_t total;		/* bytes of payload; 0: the last fragment has not come */
	uint32_t have;
	uint32_t end;	       /* of the highest fragment so far */
	uint32_t next;	       /* of the bucket, or free */
	uint32_t older, newer; /* in order of birth */
	uint16_t n, sender;
	bool poisoned, outside;
};

/* What is known of a waiting fragment, in place of its mark. */
struct part {
	struct rte_mbuf *next;
	uint32_t offset, len;
	uint16_t payload;
};
_Static_assert(sizeof(struct part) <= CGN_MARK_SIZE, "fits in the private area");

struct cgn_reassembly {
	uint32_t mask; /* buckets - 1 */
	uint32_t seed;
	uint32_t free, oldest, newest;
	uint32_t held, held_outside, held_max; /* packets */
	uint32_t slots_outside;
	uint16_t sender[SENDERS]; /* datagrams */
	uint16_t sender_held[SENDERS], sender_max;
	uint32_t *bucket;
	struct slot slot[];
};

static struct part *
part(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

static void
make_empty(struct cgn_reassembly *r)
{
	memset(r->slot, 0, (r->mask + 1) * sizeof(r->slot[0]));
	memset(r->sender, 0, sizeof(r->sender));
	r->oldest = r->newest = CGN_NONE;
	r->free = r->held = 0;
	for (uint32_t k = 0; k <= r->mask; k++) {
		r->bucket[k] = CGN_NONE;
		r->slot[k].next = k < r->mask ? k + 1 : CGN_NONE;
	}
}

uint64_t
cgn_reassembly_bytes(uint32_t datagrams)
{
	return sizeof(struct cgn_reassembly) +
	       rte_align32pow2(datagrams) *
		       (uint64_t)(sizeof(struct slot) + sizeof(uint32_t));
}

struct cgn_reassembly *
cgn_reassembly_create(uint32_t datagrams, uint32_t packets, uint64_t seed, int socket)
{
	uint32_t n = rte_align32pow2(datagrams);
	struct cgn_reassembly *r = rte_zmalloc_socket("cgn-reassembly",
		cgn_reassembly_bytes(datagrams), RTE_CACHE_LINE_SIZE, socket);

	if (!r)
		return NULL;
	r->mask = n - 1;
	r->held_max = packets;
	r->sender_max = (uint16_t)RTE_MIN(
		RTE_MAX(packets / SENDER_SHARE, (uint32_t)FRAGMENTS_MAX), 65535u);
	r->seed = (uint32_t)(seed ^ seed >> 32);
	r->bucket = (uint32_t *)&r->slot[n];
	make_empty(r);
	return r;
}

/* Counts n packets of a slot in, or out. */
static void
count(struct cgn_reassembly *r, struct slot *s, int n)
{
	r->held += (uint32_t)n;
	if (s->outside)
		r->held_outside += (uint32_t)n;
	r->sender_held[s->sender] = (uint16_t)(r->sender_held[s->sender] + n);
	s->n = (uint16_t)(s->n + n);
}

static uint32_t
drop_parts(struct cgn_reassembly *r, struct slot *s)
{
	uint32_t n = 0;

	while (s->first) {
		struct rte_mbuf *m = s->first;

		s->first = part(m)->next;
		rte_pktmbuf_free(m);
		n++;
	}
	count(r, s, -(int)n);
	return n;
}

static uint32_t
hash_of(const struct cgn_reassembly *r, const struct cgn_datagram *d)
{
	return rte_jhash(d, sizeof(*d), r->seed);
}

static void
forget(struct cgn_reassembly *r, uint32_t index)
{
	struct slot *s = &r->slot[index];
	uint32_t *link = &r->bucket[hash_of(r, &s->name) & r->mask];

	while (*link != index)
		link = &r->slot[*link].next;
	*link = s->next;
	if (s->older != CGN_NONE)
		r->slot[s->older].newer = s->newer;
	else
		r->oldest = s->newer;
	if (s->newer != CGN_NONE)
		r->slot[s->newer].older = s->older;
	else
		r->newest = s->older;
	r->sender[s->sender]--;
	r->slots_outside -= s->outside;
	s->next = r->free;
	r->free = index;
}

void
cgn_reassembly_clear(struct cgn_reassembly *r, bool give_back)
{
	while (give_back && r->oldest != CGN_NONE) {
		drop_parts(r, &r->slot[r->oldest]);
		forget(r, r->oldest);
	}
	make_empty(r);
}

void
cgn_reassembly_destroy(struct cgn_reassembly *r)
{
	if (!r)
		return;
	cgn_reassembly_clear(r, true);
	rte_free(r);
}

static uint32_t
find(struct cgn_reassembly *r, const struct cgn_datagram *d)
{
	uint32_t k = r->bucket[hash_of(r, d) & r->mask];

	while (k != CGN_NONE && memcmp(&r->slot[k].name, d, sizeof(*d)) != 0)
		k = r->slot[k].next;
	return k;
}

static uint32_t
begin(struct cgn_reassembly *r, const struct cgn_datagram *d, bool outside,
	uint64_t deadline_ms)
{
	uint32_t index = r->free, hash = hash_of(r, d);
	uint16_t sender = (uint16_t)(rte_jhash(d->from, 16, r->seed) % SENDERS);
	struct slot *s;

	if (index == CGN_NONE || r->sender[sender] >= SENDER_MAX ||
		(outside && r->slots_outside > r->mask / 2))
		return CGN_NONE;
	s = &r->slot[index];
	r->free = s->next;
	r->sender[sender]++;
	r->slots_outside += outside;
	*s = (struct slot){ .name = *d,
		.deadline_ms = deadline_ms,
		.next = r->bucket[hash & r->mask],
		.older = r->newest,
		.newer = CGN_NONE,
		.sender = sender,
		.outside = outside };
	r->bucket[hash & r->mask] = index;
	if (r->newest != CGN_NONE)
		r->slot[r->newest].newer = index;
	else
		r->oldest = index;
	r->newest = index;
	return index;
}

enum verdict { KEPT, DUPLICATE, OVERLAP };

/* Puts a fragment in its place, if there is one. */
static enum verdict
insert(struct slot *s, struct rte_mbuf *m, const struct cgn_fragment *f)
{
	struct rte_mbuf **link = &s->first;
	uint32_t end = f->offset + f->len;

	while (*link && part(*link)->offset + part(*link)->len <= f->offset)
		link = &part(*link)->next;
	if (*link && part(*link)->offset == f->offset && part(*link)->len == f->len)
		return DUPLICATE;
	if ((*link && part(*link)->offset < end) || (s->total && end > s->total))
		return OVERLAP;
	*part(m) = (struct part){
		.next = *link, .offset = f->offset, .len = f->len, .payload = f->payload
	};
	*link = m;
	return KEPT;
}

/* Chains the fragments behind the headers of the first one. Each may be a chain already,
 * an inner fragment that came in fragments of the outer packet. */
static struct rte_mbuf *
join(struct cgn_reassembly *r, struct slot *s)
{
	struct rte_mbuf *head = s->first, *last = rte_pktmbuf_lastseg(head);
	struct rte_mbuf *m = part(head)->next;

	while (m) {
		struct rte_mbuf *next = part(m)->next;

		rte_pktmbuf_adj(m, part(m)->payload);
		last->next = m;
		last = rte_pktmbuf_lastseg(m);
		head->nb_segs = (uint16_t)(head->nb_segs + m->nb_segs);
		head->pkt_len += m->pkt_len;
		m = next;
	}
	count(r, s, -(int)s->n);
	s->first = NULL;
	return head;
}

static enum cgn_drop
refuse(struct rte_mbuf *m, enum cgn_drop why, uint32_t *dropped)
{
	rte_pktmbuf_free(m);
	*dropped += 1;
	return why;
}

static bool
full(const struct cgn_reassembly *r, const struct slot *s)
{
	return s->n == FRAGMENTS_MAX || r->held >= r->held_max ||
	       r->sender_held[s->sender] >= r->sender_max ||
	       (s->outside && r->held_outside >= r->held_max / 2);
}

static bool
impossible(const struct slot *s, const struct cgn_fragment *f)
{
	uint32_t end = f->offset + f->len;

	return !f->len || end > DATAGRAM_MAX || (f->more && f->len % 8) ||
	       (!f->more && (s->end > end || (s->total && s->total != end)));
}

enum cgn_drop
cgn_reassembly_add(struct cgn_reassembly *r, const struct cgn_datagram *d,
	const struct cgn_fragment *f, struct rte_mbuf *m, uint64_t now_ms,
	uint32_t wait_ms, struct rte_mbuf **whole, uint32_t *dropped)
{
	uint32_t index = find(r, d);
	enum verdict v;
	struct slot *s;

	*whole = NULL;
	*dropped = 0;
	if (index == CGN_NONE)
		index = begin(r, d, f->outside, now_ms + wait_ms);
	if (index == CGN_NONE)
		return refuse(m, CGN_DROP_FRAGMENT_SPACE, dropped);
	s = &r->slot[index];
	if (s->poisoned)
		return refuse(m, CGN_DROP_FRAGMENT_OVERLAP, dropped);
	if (full(r, s))
		return refuse(m, CGN_DROP_FRAGMENT_SPACE, dropped);
	v = impossible(s, f) ? OVERLAP : insert(s, m, f);
	if (v == DUPLICATE)
		return refuse(m, CGN_DROP_FRAGMENT, dropped);
	if (v == OVERLAP) {
		s->poisoned = true;
		*dropped = drop_parts(r, s);
		return refuse(m, CGN_DROP_FRAGMENT_OVERLAP, dropped);
	}
	count(r, s, 1);
	s->have += f->len;
	s->end = RTE_MAX(s->end, f->offset + f->len);
	if (!f->more)
		s->total = f->offset + f->len;
	if (s->total && s->have == s->total) {
		*whole = join(r, s);
		forget(r, index);
	}
	return CGN_DROP_REASONS;
}

uint32_t
cgn_reassembly_expire(struct cgn_reassembly *r, uint64_t now_ms)
{
	uint32_t n = 0;

	while (r->oldest != CGN_NONE && r->slot[r->oldest].deadline_ms <= now_ms) {
		uint32_t index = r->oldest;

		n += drop_parts(r, &r->slot[index]);
		forget(r, index);
	}
	return n;
}

uint32_t
cgn_reassembly_held(const struct cgn_reassembly *r)
{
	return r->held;
}
