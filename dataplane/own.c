/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two boxes may both translate for a location while they cannot hear each other, and what
 * one gives out then the other one does not know. So each has ports of every address that
 * the other one never gives out: its reserve. The rest, between the reserves, belongs to
 * the box that translates, and to the other one when this one has said that it does not
 * any more. A box keeps its reserve for the moment in which it has nothing else, and
 * takes from it last.
 *
 * Pure; any lcore. */
#include "dataplane/own.h"

#include <rte_common.h>

#define END (CGN_PORT_FIRST + CGN_PORT_COUNT)

/* The grid begins with the ports, and need not end with them. */
uint16_t
cgn_own_reserve(uint32_t size)
{
	uint32_t ports = RTE_ALIGN_CEIL(size + CGN_PORT_COUNT % size, 64u);

	return (uint16_t)RTE_MIN(
		RTE_MAX(ports, (uint32_t)CGN_OWN_RESERVE), (uint32_t)CGN_PORT_COUNT / 2);
}

bool
cgn_own_range(enum cgn_own own, uint16_t reserve, unsigned k, struct cgn_own_range *out)
{
	uint32_t low = CGN_PORT_FIRST + reserve, high = END - reserve;
	bool most = own == CGN_OWN_LOW_MOST || own == CGN_OWN_HIGH_MOST;

	*out = (struct cgn_own_range){ CGN_PORT_FIRST, END };
	if (own == CGN_OWN_LOW)
		out->end = low;
	if (own == CGN_OWN_HIGH)
		out->first = high;
	if (own == CGN_OWN_LOW_MOST || (most && k == 0))
		out->end = high;
	if (own == CGN_OWN_HIGH_MOST || (most && k == 0))
		out->first = low;
	return k < (most ? 2 : 1);
}
