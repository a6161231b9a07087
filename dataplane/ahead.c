/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening a session goes along a chain: the user says which block, the block which word
 * of the address's bitmap. One packet after the other would wait for each link of it in
 * turn. Here the chain is walked link by link for all packets of the burst that may open
 * one, so that their misses overlap. What is found is a hint only: the packets before may
 * change all of it, and who opens looks again.
 *
 * Owner. Not handled: packets from outside, which seldom open a session. */
#include <rte_prefetch.h>

#include "dataplane/ahead.h"
#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/steer.h"
#include "dataplane/table.h"
#include "dataplane/user.h"

struct ahead {
	uint64_t known; /* set of packets whose user is known */
	uint32_t user[CGN_BURST];
};

/* Softwires have had this done where the tunnel ended. */
static void
ask_tables(const struct cgn_burst *b, uint64_t mask)
{
	CGN_FOREACH (i, mask & ~b->softwire) {
		union cgn_key key;

		cgn_user_key4(&key, b->p[i].src, b->p[i].instance);
		cgn_table_prefetch(b->w->user_by_key, &key);
	}
}

static void
find_users(const struct cgn_burst *b, uint64_t mask, struct ahead *a)
{
	a->known = 0;
	CGN_FOREACH (i, mask) {
		struct cgn_who who;
		const struct cgn_user *u;

		a->user[i] = b->p[i].user;
		if (a->user[i] == CGN_NONE) {
			cgn_who_up(b, i, &who);
			a->user[i] = cgn_user_find(b->w, &who);
		}
		if (a->user[i] == CGN_NONE)
			continue;
		a->known |= CGN_BIT(i);
		u = cgn_user_at(b->w, a->user[i]);
		rte_prefetch0(u);
		rte_prefetch0((const uint8_t *)(u + 1) - 1);
	}
}

/* The mapping that the inside port may have. */
static void
ask_mappings(const struct cgn_burst *b, const struct ahead *a)
{
	CGN_FOREACH (i, a->known) {
		const struct cgn_pkt *p = &b->p[i];
		union cgn_key key = {
			.owner =
				cgn_inside_owner(b->w, p->instance, p->proto, a->user[i]),
			.local = p->flow.local,
			.local_port = p->flow.local_port,
		};

		cgn_table_prefetch(b->w->map_up, &key);
	}
}

/* Who has no block, or needs no port, is not known any more. */
static void
ask_blocks(const struct cgn_burst *b, struct ahead *a)
{
	CGN_FOREACH (i, a->known) {
		uint32_t block = cgn_user_at(b->w, a->user[i])->block;

		if (block == CGN_NONE || cgn_class_of(b->p[i].proto) == CGN_OTHER)
			a->known &= ~CGN_BIT(i);
		else
			rte_prefetch0(cgn_block_at(b->w, block));
	}
}

static const struct cgn_block *
block_of(const struct cgn_burst *b, const struct ahead *a, uint64_t i)
{
	return cgn_block_at(b->w, cgn_user_at(b->w, a->user[i])->block);
}

static void
ask_ports(const struct cgn_burst *b, const struct ahead *a)
{
	CGN_FOREACH (i, a->known) {
		const struct cgn_block *blk = block_of(b, a, i);

		rte_prefetch0(
			&b->snap->state[b->w->conf.index][blk->address]
				 ->used[cgn_class_of(b->p[i].proto)][blk->first / 64]);
	}
}

/* Places of the outside keys, if the port is what it looks like now. */
static void
ask_outside(const struct cgn_burst *b, const struct ahead *a, const uint32_t *draw)
{
	CGN_FOREACH (i, a->known) {
		const struct cgn_pkt *p = &b->p[i];
		const struct cgn_block *blk = block_of(b, a, i);
		union cgn_key key = {
			.owner = cgn_outside_owner(b->w, p->instance, p->proto),
			.local = b->snap->address[blk->address].addr,
			.local_port = rte_cpu_to_be_16(cgn_port_guess(
				b->w, blk, cgn_class_of(p->proto), draw[i])),
		};

		cgn_table_prefetch(b->w->map_down, &key);
		key.remote = p->flow.remote;
		key.remote_port = p->flow.remote_port;
		cgn_table_prefetch(b->w->down, &key);
	}
}

void
cgn_ahead_up(const struct cgn_burst *b, uint64_t mask, uint32_t draw[CGN_BURST])
{
	struct ahead a;

	CGN_FOREACH (i, mask)
		draw[i] = (uint32_t)cgn_random(b->w);
	ask_tables(b, mask);
	find_users(b, mask, &a);
	ask_mappings(b, &a);
	ask_blocks(b, &a);
	ask_ports(b, &a);
	ask_outside(b, &a, draw);
}
