/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A ring of bytes with one writer and one reader. A record is its length and its bytes,
 * in one piece: one that would run over the end of the ring begins at its beginning, and
 * what is left before the end is a record to be passed over.
 *
 * The writer publishes by one store, when all of a record is written. An lcore that is
 * stopped in the middle of one has therefore left nothing, and whoever writes next begins
 * where it began; no repair is needed, as rings of DPDK need one.
 *
 * Not handled: two writers, or two readers, at a time. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/spool.h"

struct header {
	uint32_t len;
	uint32_t skip; /* nothing but bytes before the end of the ring */
};
#define HEADER ((uint32_t)sizeof(struct header))

struct cgn_spool *
cgn_spool_create(uint32_t size)
{
	struct cgn_spool *s = aligned_alloc(RTE_CACHE_LINE_SIZE,
		RTE_ALIGN_CEIL(sizeof(*s) + size, RTE_CACHE_LINE_SIZE));

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->size = size;
	return s;
}

void
cgn_spool_destroy(struct cgn_spool *s)
{
	free(s);
}

static struct header *
header_at(const struct cgn_spool *s, uint64_t at)
{
	return (struct header *)(uintptr_t)(s->data + (at & (s->size - 1)));
}

void *
cgn_spool_reserve(struct cgn_spool *s, uint32_t len)
{
	uint64_t need = HEADER + RTE_ALIGN_CEIL((uint64_t)len, 8), at = s->head;
	uint64_t room = s->size - (at & (s->size - 1)); /* before the end of the ring */
	uint64_t used = at - __atomic_load_n(&s->tail, __ATOMIC_ACQUIRE);
	uint64_t skip = room < need ? room : 0;

	if (used + skip + need > s->size) {
		__atomic_store_n(&s->lost, s->lost + 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (skip)
		*header_at(s, at) = (struct header){ (uint32_t)skip - HEADER, 1 };
	*header_at(s, at + skip) = (struct header){ len, 0 };
	s->next = at + skip + need;
	return header_at(s, at + skip) + 1;
}

void
cgn_spool_commit(struct cgn_spool *s)
{
	__atomic_store_n(&s->head, s->next, __ATOMIC_RELEASE);
}

/* Where the oldest record is; head: there is none. */
static uint64_t
first(const struct cgn_spool *s, uint64_t head)
{
	uint64_t at = s->tail;

	if (at != head && header_at(s, at)->skip)
		at += HEADER + header_at(s, at)->len;
	return at;
}

const void *
cgn_spool_peek(const struct cgn_spool *s, uint32_t *len)
{
	uint64_t head = __atomic_load_n(&s->head, __ATOMIC_ACQUIRE);
	uint64_t at = first(s, head);

	if (at == head)
		return NULL;
	*len = header_at(s, at)->len;
	return header_at(s, at) + 1;
}

void
cgn_spool_release(struct cgn_spool *s)
{
	uint64_t at = first(s, __atomic_load_n(&s->head, __ATOMIC_ACQUIRE));

	at += HEADER + RTE_ALIGN_CEIL((uint64_t)header_at(s, at)->len, 8);
	__atomic_store_n(&s->tail, at, __ATOMIC_RELEASE);
}

unsigned
cgn_spool_oldest(struct cgn_spool *const *s, unsigned n)
{
	uint64_t best = UINT64_MAX, tsc;
	unsigned which = n;
	uint32_t len;

	for (unsigned i = 0; i < n; i++) {
		const void *r = s[i] ? cgn_spool_peek(s[i], &len) : NULL;

		if (!r)
			continue;
		memcpy(&tsc, r, sizeof(tsc));
		if (tsc < best || which == n) {
			best = tsc;
			which = i;
		}
	}
	return which;
}
