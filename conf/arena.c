/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory with one owner: everything that belongs to a configuration is allocated from its
 * arena and given back in one go, so that no part of the reader has a clean-up path.
 *
 * Each piece is an allocation of its own, which keeps the sanitizers' sight sharp; a
 * configuration has a few thousand pieces at most. Running out of memory ends the process
 * with one line: libconfig, which runs first and on the same sizes, could not go on
 * either. Control lcore only.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"

struct piece {
	struct piece *next;
	_Alignas(16) unsigned char data[];
};

struct cgn_conf_arena {
	struct piece *pieces;
};

static void *
must(void *memory)
{
	if (!memory) {
		fputs("configuration: out of memory\n", stderr);
		abort();
	}
	return memory;
}

struct cgn_conf_arena *
cgn_arena_create(void)
{
	return must(calloc(1, sizeof(struct cgn_conf_arena)));
}

void
cgn_arena_destroy(struct cgn_conf_arena *arena)
{
	if (!arena)
		return;
	while (arena->pieces) {
		struct piece *next = arena->pieces->next;

		free(arena->pieces);
		arena->pieces = next;
	}
	free(arena);
}

void *
cgn_arena_alloc(struct cgn_conf_arena *arena, size_t size)
{
	struct piece *piece = must(calloc(1, sizeof(*piece) + size));

	piece->next = arena->pieces;
	arena->pieces = piece;
	return piece->data;
}

void *
cgn_arena_array(struct cgn_conf_arena *arena, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		must(NULL);
	return cgn_arena_alloc(arena, bytes);
}

const char *
cgn_arena_strdup(struct cgn_conf_arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(cgn_arena_alloc(arena, size), text, size);
}
