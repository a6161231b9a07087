/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A neighbour table: entries in one array, chained from hash buckets by index. The
 * control lcore is the only writer: it makes an entry complete before it links it, and
 * unlinks it with one store. A deleted entry keeps its chain, so that a reader standing
 * on it walks on; it becomes free for another address only at the second
 * cgn_neigh_reclaim() after that, when every reader has left it.
 *
 * The hash has a random seed: whoever fills the link's network with addresses of his
 * choice cannot make one long chain.
 *
 * Workers find and touch; the control lcore does all the rest. Not handled: timers and
 * probing, which are control/resolve.c. */
#include "dataplane/neigh.h"

#include <string.h>

#include <rte_malloc.h>
#include <rte_random.h>

#include "dataplane/table.h"

struct entry {
	struct cgn_neigh n; /* first */
	uint32_t next;	    /* atomic: index in the chain, or in the list of free ones */
	uint32_t gone;	    /* index in a list of deleted ones */
	bool live;
};

struct cgn_neigh_table {
	uint64_t seed;
	uint32_t mask; /* buckets - 1 */
	uint32_t max, top, used;
	uint32_t free;	  /* entries that may be used again */
	uint32_t deleted; /* since the last reclaim */
	uint32_t waiting; /* since the one before */
	uint16_t iface;
	uint32_t *bucket; /* atomic: index or CGN_NONE */
	struct entry *entry;
};

struct cgn_neigh_table *
cgn_neigh_create(const char *name, uint16_t iface, uint32_t max)
{
	uint32_t buckets = rte_align32pow2(max);
	struct cgn_neigh_table *t = rte_zmalloc(name, sizeof(*t), RTE_CACHE_LINE_SIZE);

	if (t == NULL)
		return NULL;
	t->bucket = rte_malloc(name, buckets * sizeof(*t->bucket), RTE_CACHE_LINE_SIZE);
	t->entry = rte_zmalloc(name, max * sizeof(*t->entry), RTE_CACHE_LINE_SIZE);
	if (t->bucket == NULL || t->entry == NULL) {
		cgn_neigh_destroy(t);
		return NULL;
	}
	memset(t->bucket, 0xff, buckets * sizeof(*t->bucket));
	t->seed = rte_rand();
	t->mask = buckets - 1;
	t->max = max;
	t->free = t->deleted = t->waiting = CGN_NONE;
	t->iface = iface;
	return t;
}

void
cgn_neigh_destroy(struct cgn_neigh_table *t)
{
	if (t == NULL)
		return;
	rte_free(t->bucket);
	rte_free(t->entry);
	rte_free(t);
}

static uint32_t *
bucket_of(const struct cgn_neigh_table *t, const uint8_t addr[16])
{
	union cgn_key key;

	memcpy(key.b, addr, sizeof(key.b));
	return &t->bucket[cgn_key_hash(&key, t->seed) & t->mask];
}

struct cgn_neigh *
cgn_neigh_find(const struct cgn_neigh_table *t, const uint8_t addr[16])
{
	uint32_t i = __atomic_load_n(bucket_of(t, addr), __ATOMIC_ACQUIRE);

	while (i != CGN_NONE) {
		struct entry *e = &t->entry[i];

		if (memcmp(e->n.addr, addr, sizeof(e->n.addr)) == 0)
			return &e->n;
		i = __atomic_load_n(&e->next, __ATOMIC_ACQUIRE);
	}
	return NULL;
}

static uint32_t
entry_take(struct cgn_neigh_table *t)
{
	uint32_t i = t->free;

	if (i != CGN_NONE)
		t->free = t->entry[i].next;
	else if (t->top < t->max)
		i = t->top++;
	return i;
}

struct cgn_neigh *
cgn_neigh_add(struct cgn_neigh_table *t, const uint8_t addr[16])
{
	struct cgn_neigh *known = cgn_neigh_find(t, addr);
	uint32_t *bucket = bucket_of(t, addr);
	struct entry *e;
	uint32_t i;

	if (known != NULL)
		return known;
	i = entry_take(t);
	if (i == CGN_NONE)
		return NULL;
	e = &t->entry[i];
	memset(&e->n, 0, sizeof(e->n));
	memcpy(e->n.addr, addr, sizeof(e->n.addr));
	e->n.iface = t->iface;
	e->live = true;
	__atomic_store_n(&e->next, *bucket, __ATOMIC_RELAXED);
	__atomic_store_n(bucket, i, __ATOMIC_RELEASE);
	t->used++;
	return &e->n;
}

void
cgn_neigh_del(struct cgn_neigh_table *t, const uint8_t addr[16])
{
	uint32_t *link = bucket_of(t, addr);
	struct entry *e;
	uint32_t i;

	while (*link != CGN_NONE &&
		memcmp(t->entry[*link].n.addr, addr, sizeof(e->n.addr)) != 0)
		link = &t->entry[*link].next;
	i = *link;
	if (i == CGN_NONE)
		return;
	e = &t->entry[i];
	__atomic_store_n(link, e->next, __ATOMIC_RELEASE);
	cgn_neigh_set(&e->n, NULL);
	e->live = false;
	e->gone = t->deleted;
	t->deleted = i;
	t->used--;
}

void
cgn_neigh_reclaim(struct cgn_neigh_table *t)
{
	while (t->waiting != CGN_NONE) {
		struct entry *e = &t->entry[t->waiting];
		uint32_t next = e->gone;

		e->next = t->free;
		t->free = t->waiting;
		t->waiting = next;
	}
	t->waiting = t->deleted;
	t->deleted = CGN_NONE;
}

struct cgn_neigh *
cgn_neigh_next(const struct cgn_neigh_table *t, uint32_t *cursor)
{
	while (*cursor < t->top) {
		struct entry *e = &t->entry[(*cursor)++];

		if (e->live)
			return &e->n;
	}
	return NULL;
}

uint32_t
cgn_neigh_count(const struct cgn_neigh_table *t)
{
	return t->used;
}

void
cgn_neigh_set(struct cgn_neigh *n, const struct rte_ether_addr *mac)
{
	uint64_t link = 0;

	if (mac != NULL) {
		for (unsigned i = 0; i < RTE_ETHER_ADDR_LEN; i++)
			link |= (uint64_t)mac->addr_bytes[i] << (8 * i);
		link |= CGN_NEIGH_VALID;
	}
	__atomic_store_n(&n->link, link, __ATOMIC_RELEASE);
}
