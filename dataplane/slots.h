/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An array of records handed out by index: a stack of freed slots threaded through the
 * records themselves (their first 32 bits), and a high-water mark, so that memory which
 * was never used is never touched. A record must not keep anything that is needed after
 * cgn_slots_give() in its first four bytes. Owned by one worker. */
#ifndef CGN_DATAPLANE_SLOTS_H
#define CGN_DATAPLANE_SLOTS_H

#include <rte_prefetch.h>

#include "dataplane/types.h"

struct cgn_slots {
	uint8_t *base;
	uint32_t size;	   /* bytes of a record */
	uint32_t capacity; /* records */
	uint32_t limit;	   /* of `used`; at most capacity */
	uint32_t top;	   /* records at and above were never handed out */
	uint32_t free;	   /* first freed record or CGN_NONE */
	uint32_t used;
};

/* 0 or -ENOMEM. name appears in memory dumps. Start-up only. */
int cgn_slots_init(struct cgn_slots *s, const char *name, uint32_t size,
	uint32_t capacity, int socket);
void cgn_slots_fini(struct cgn_slots *s);

/* All records are free, whatever they hold. Owner. */
void cgn_slots_clear(struct cgn_slots *s);

static inline void *
cgn_slots_at(const struct cgn_slots *s, uint32_t i)
{
	return s->base + (size_t)i * s->size;
}

/* So many may be in use from now on, or as many as there are. Fewer than are in use take
 * nothing away: the next ones are refused until enough have come back. Owner. */
static inline void
cgn_slots_limit(struct cgn_slots *s, uint32_t limit)
{
	s->limit = limit < s->capacity ? limit : s->capacity;
}

static inline bool
cgn_slots_full(const struct cgn_slots *s)
{
	return s->used >= s->limit;
}

/* An index, contents undefined, or CGN_NONE when as many as may be are in use. The record
 * that will be next is asked for, so that it is there when it is wanted. */
static inline uint32_t
cgn_slots_take(struct cgn_slots *s)
{
	uint32_t i = s->free;

	if (cgn_slots_full(s))
		return CGN_NONE;
	if (i != CGN_NONE)
		s->free = *(uint32_t *)cgn_slots_at(s, i);
	else
		i = s->top++;
	s->used++;
	rte_prefetch0(cgn_slots_at(s, s->free != CGN_NONE ? s->free : s->top));
	return i;
}

static inline void
cgn_slots_give(struct cgn_slots *s, uint32_t i)
{
	*(uint32_t *)cgn_slots_at(s, i) = s->free;
	s->free = i;
	s->used--;
}

#endif
