/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes that were learnt: a list of the kernel's, the best of each prefix, and whether
 * the next list is another one. Pure. */
#ifndef CGN_CONTROL_LEARN_H
#define CGN_CONTROL_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#define CGN_LEARN_HOPS 16 /* next hops of a prefix */

/* One route by one next hop. Keys: IPv4 as ::ffff:a.b.c.d, 96 added to the length. */
struct cgn_learn_route {
	uint32_t table;
	uint8_t key[16];
	uint8_t len, protocol;
	bool gateway; /* gw is there */
	uint8_t gw[16];
	uint16_t tap; /* whatever the caller counts by */
	uint32_t metric;
};

struct cgn_learn_list {
	uint32_t n, room;
	struct cgn_learn_route *route;
};

struct cgn_learn {
	struct cgn_learn_list now;  /* by table, prefix and length */
	struct cgn_learn_list next; /* being collected */
	uint32_t max;
	uint64_t generation; /* another one with each change of `now` */
	uint32_t left_out;   /* of the last list: more than max, or out of memory */
	uint32_t leaving_out;
};

/* Empty, for at most max routes. */
void cgn_learn_init(struct cgn_learn *l, uint32_t max);
void cgn_learn_fini(struct cgn_learn *l);

/* A new list begins; what was collected is forgotten. */
void cgn_learn_begin(struct cgn_learn *l);

/* One more of it. */
void cgn_learn_add(struct cgn_learn *l, const struct cgn_learn_route *route);

/* It is complete: of routes for one prefix the lowest metric wins, then the lower
 * protocol number; with all its next hops, up to CGN_LEARN_HOPS. true: it differs from
 * the one before. */
bool cgn_learn_end(struct cgn_learn *l);

/* "bgp", "ospf" and so on, of a protocol number of the kernel, or "kernel". */
const char *cgn_learn_origin(uint8_t protocol);

#endif
