/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The routes of the kernel, as they are, and that they have changed. Control lcore;
 * nothing here waits. */
#ifndef CGN_CONTROL_NETLINK_FEED_H
#define CGN_CONTROL_NETLINK_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct cgn_feed;

/* A unicast route. Addresses are keys, IPv4 as ::ffff:a.b.c.d with 96 added to the
 * length; of several next hops it is the first. */
struct cgn_feed_route {
	uint8_t key[16], gw[16];
	uint8_t len, protocol;
	bool gateway;	/* gw is there */
	bool unusable;	/* its next hop is of the other family, or an object only */
	unsigned index; /* of the interface; 0: none */
	uint32_t table, metric;
};

typedef void (*cgn_feed_visit)(void *ctx, const struct cgn_feed_route *route);

/* From now on changes are seen. NULL with errno. */
struct cgn_feed *cgn_feed_open(void);
void cgn_feed_close(struct cgn_feed *f);

/* Have routes, or what they depend on, changed since the last call, or may they have? */
bool cgn_feed_has_changed(struct cgn_feed *f);

/* Asks for all routes, of all tables and both families. 0 or -errno. */
int cgn_feed_ask(struct cgn_feed *f);

enum cgn_feed_state {
	CGN_FEED_MORE,	/* read on; perhaps later */
	CGN_FEED_END,	/* these were all */
	CGN_FEED_AGAIN, /* they changed meanwhile, or there was an error: ask again */
};

/* Reads some of the answer. */
enum cgn_feed_state cgn_feed_read(struct cgn_feed *f, cgn_feed_visit visit, void *ctx);

#endif
