/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory of an array of records. Everything is reserved at start and nothing is touched
 * until it is handed out, so room for millions of sessions costs memory only when they
 * exist (without huge pages) and start-up stays quick. */
#include <errno.h>

#include <rte_malloc.h>

#include "dataplane/slots.h"

int
cgn_slots_init(struct cgn_slots *s, const char *name, uint32_t size, uint32_t capacity,
	int socket)
{
	*s = (struct cgn_slots){
		.size = size, .capacity = capacity, .limit = capacity, .free = CGN_NONE
	};
	if (!capacity)
		return 0;
	s->base = rte_malloc_socket(
		name, (size_t)size * capacity, RTE_CACHE_LINE_SIZE, socket);
	return s->base ? 0 : -ENOMEM;
}

void
cgn_slots_clear(struct cgn_slots *s)
{
	s->top = s->used = 0;
	s->free = CGN_NONE;
}

void
cgn_slots_fini(struct cgn_slots *s)
{
	rte_free(s->base);
	*s = (struct cgn_slots){ .free = CGN_NONE };
}
