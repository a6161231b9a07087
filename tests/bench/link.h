/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The generator as a neighbour: on each side of the box it is the router that the routes
 * of the box lead to. */
#ifndef CGN_TESTS_BENCH_LINK_H
#define CGN_TESTS_BENCH_LINK_H

#include "tests/bench/traffic.h"

struct cgn_link {
	struct cgn_side *side; /* box: what has been learnt; peer: our own address */
	rte_be32_t own4, box4;
	uint8_t own6[16], box6[16];
	bool six;   /* asks by neighbour discovery, not by ARP */
	bool known; /* side->box is the address of the box */
};

/* The inside or the outside end, for this kind of instance. */
void cgn_link_init(
	struct cgn_link *l, struct cgn_side *side, enum cgn_kind kind, bool inside);

/* Writes a question for the link-layer address of the box into an empty mbuf. */
void cgn_link_ask(const struct cgn_link *l, struct rte_mbuf *m);

/* Looks at a received frame that is no traffic: learns from it; true: m is the answer to
 * it now, to be sent. */
bool cgn_link_take(struct cgn_link *l, struct rte_mbuf *m);

#endif
