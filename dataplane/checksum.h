/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Incremental Internet checksums (RFC 1624): a change of words is one 16-bit delta, kept
 * with the session; the way back is its complement. Words are in network order as they
 * stand in memory; one's complement sums do not mind. */
#ifndef CGN_DATAPLANE_CHECKSUM_H
#define CGN_DATAPLANE_CHECKSUM_H

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

static inline uint16_t
cgn_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* Delta of replacing a 32-bit word. */
static inline uint16_t
cgn_delta32(rte_be32_t from, rte_be32_t to)
{
	return cgn_sum_fold(
		(~from & 0xffff) + (~from >> 16) + (to & 0xffff) + (to >> 16));
}

/* One's complement sum of two words. */
static inline uint16_t
cgn_delta_add(uint16_t a, uint16_t b)
{
	uint16_t sum = (uint16_t)(a + b);

	return (uint16_t)(sum + (sum < a));
}

static inline uint16_t
cgn_delta16(rte_be16_t from, rte_be16_t to)
{
	return cgn_delta_add((uint16_t)~from, to);
}

/* One's complement sum of bytes of a packet, which are there: 0 if not. */
static inline uint16_t
cgn_sum_packet(const struct rte_mbuf *m, uint32_t offset, uint32_t bytes)
{
	uint16_t sum = 0;

	return rte_raw_cksum_mbuf(m, offset, bytes, &sum) ? 0 : sum;
}

/* The checksum field after a change (RFC 1624 eqn. 3). */
static inline uint16_t
cgn_checksum_apply(uint16_t field, uint16_t delta)
{
	return (uint16_t)~cgn_delta_add((uint16_t)~field, delta);
}

#endif
