/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_ARENA_H
#define CGN_CONF_ARENA_H

#include <stddef.h>

struct cgn_conf_arena;

/* Makes an empty arena. Never NULL. */
struct cgn_conf_arena *cgn_arena_create(void);

/* Frees the arena and all that came from it; NULL is allowed. */
void cgn_arena_destroy(struct cgn_conf_arena *arena);

/* size zeroed bytes, aligned for any type, that live as long as the arena. Never NULL. */
void *cgn_arena_alloc(struct cgn_conf_arena *arena, size_t size);

/* A zeroed array; n may be 0. Never NULL. */
void *cgn_arena_array(struct cgn_conf_arena *arena, size_t n, size_t size);

/* A copy of the string that lives as long as the arena. */
const char *cgn_arena_strdup(struct cgn_conf_arena *arena, const char *text);

#endif
