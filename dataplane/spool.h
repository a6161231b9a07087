/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A spool: records of any length from one lcore to another, in the order in which they
 * were put there. Bounded; what does not fit is lost and counted, and nobody waits. */
#ifndef CGN_DATAPLANE_SPOOL_H
#define CGN_DATAPLANE_SPOOL_H

#include <rte_common.h>

#include "dataplane/types.h"

struct cgn_spool {
	uint32_t size; /* of data, a power of two */
	uint64_t head
		__rte_cache_aligned; /* atomic, of the writer: end of what is there */
	uint64_t next;		     /* where it will be after the commit */
	uint64_t lost;		     /* atomic: records that found no room */
	uint64_t tail __rte_cache_aligned; /* atomic, of the reader: begin of it */
	uint8_t data[] __rte_cache_aligned;
};

/* An empty spool of so many bytes, a power of two from 64 on; NULL: out of memory. Any
 * lcore; the memory is the heap's, so never one of the path. */
struct cgn_spool *cgn_spool_create(uint32_t size);

/* NULL is allowed. Neither end is in use any more. */
void cgn_spool_destroy(struct cgn_spool *s);

/* Room for a record of len bytes, aligned to 8, which is there at least when half of the
 * spool is empty and holds it; NULL: there is none, the record counts as lost. Nothing is
 * there before cgn_spool_commit(); a writer that stops in between leaves no trace.
 * Writer. */
void *cgn_spool_reserve(struct cgn_spool *s, uint32_t len);

/* The record that was reserved last is there. Writer. */
void cgn_spool_commit(struct cgn_spool *s);

/* The oldest record and its length; NULL: there is none. Reader. */
const void *cgn_spool_peek(const struct cgn_spool *s, uint32_t *len);

/* That record is read, its room is free. Reader. */
void cgn_spool_release(struct cgn_spool *s);

/* Which of n spools has the oldest record, where records begin with a time stamp in 64
 * bits; n: all are empty. Reader. */
unsigned cgn_spool_oldest(struct cgn_spool *const *s, unsigned n);

/* Bytes that are free, headers of records included. Writer. */
static inline uint64_t
cgn_spool_free(const struct cgn_spool *s)
{
	return s->size - (s->head - __atomic_load_n(&s->tail, __ATOMIC_RELAXED));
}

/* Records lost so far. Reader. */
static inline uint64_t
cgn_spool_lost(const struct cgn_spool *s)
{
	return __atomic_load_n(&s->lost, __ATOMIC_RELAXED);
}

#endif
