/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The maximum segment size that a TCP SYN announces (RFC 9293 3.7.1) is lowered to what
 * the instance says, and to what fits into the softwire, so that neither side sends what
 * would be fragmented. It is never raised, and never put in where there is none. */
#include <rte_ip.h>
#include <rte_tcp.h>

#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define HEADERS	   (sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr))

/* 0: nothing to do. */
static uint16_t
limit_of(const struct cgn_instance *inst)
{
	uint16_t tunnel;

	if (inst->kind != CGN_DS_LITE)
		return inst->tcp_mss;
	tunnel = (uint16_t)(inst->mtu - sizeof(struct rte_ipv6_hdr) - HEADERS);
	return inst->tcp_mss && inst->tcp_mss < tunnel ? inst->tcp_mss : tunnel;
}

unsigned
cgn_tcp_option(const uint8_t *tcp, uint8_t kind, unsigned at)
{
	unsigned size = (tcp[offsetof(struct rte_tcp_hdr, data_off)] >> 4) * 4u;

	while (at < size && tcp[at] != OPTION_END) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= size || tcp[at + 1] < 2 || at + tcp[at + 1] > size)
			return 0;
		if (tcp[at] == kind)
			return at;
		at += tcp[at + 1];
	}
	return 0;
}

void
cgn_mss_clamp(struct cgn_burst *b, uint64_t i, const struct cgn_instance *inst)
{
	uint8_t *tcp = cgn_at(b, i, b->p[i].l4);
	uint16_t limit = limit_of(inst), delta;
	cgn_word16 *sum = (cgn_word16 *)(tcp + offsetof(struct rte_tcp_hdr, cksum)), *mss;
	unsigned at = limit ? cgn_tcp_option(tcp, OPTION_MSS, CGN_TCP_OPTIONS) : 0;

	if (!at || tcp[at + 1] != 4)
		return;
	at += 2;
	mss = (cgn_word16 *)(tcp + at);
	if (rte_be_to_cpu_16(*mss) <= limit)
		return;
	delta = cgn_delta16(*mss, rte_cpu_to_be_16(limit));
	/* a word at an odd offset stands in the sum with its bytes exchanged (RFC 1071
	 * 2B) */
	*sum = cgn_checksum_apply(*sum, at % 2 ? rte_bswap16(delta) : delta);
	*mss = rte_cpu_to_be_16(limit);
}
