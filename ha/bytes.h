/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers in network order, wherever they stand. Any lcore. */
#ifndef CGN_HA_BYTES_H
#define CGN_HA_BYTES_H

#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

static inline void
put16(uint8_t *at, uint16_t v)
{
	v = rte_cpu_to_be_16(v);
	memcpy(at, &v, sizeof(v));
}

static inline void
put32(uint8_t *at, uint32_t v)
{
	v = rte_cpu_to_be_32(v);
	memcpy(at, &v, sizeof(v));
}

static inline void
put64(uint8_t *at, uint64_t v)
{
	v = rte_cpu_to_be_64(v);
	memcpy(at, &v, sizeof(v));
}

static inline uint16_t
get16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return rte_be_to_cpu_16(v);
}

static inline uint32_t
get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return rte_be_to_cpu_32(v);
}

static inline uint64_t
get64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return rte_be_to_cpu_64(v);
}

#endif
