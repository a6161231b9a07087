/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets for the tests, made and checked without any code of the data path: checksums
 * are computed in full, byte by byte. Addresses and ports are in host order here. */
#ifndef CGN_TESTS_UNIT_PACKET_H
#define CGN_TESTS_UNIT_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define PACKET_MAX 4096

/* An IPv4 packet; ICMP: sport is the identifier, dport the sequence number. */
struct packet {
	uint8_t proto, tcp_flags, ttl, tos, icmp_type, icmp_code; /* ttl 0: 64 */
	bool no_sum; /* UDP without a checksum */
	uint32_t src, dst;
	uint16_t sport, dport, payload, id;
	uint16_t frag;	 /* flags and offset as in the header */
	uint8_t options; /* bytes of IPv4 options, a multiple of 4 */
};

/* Writes the packet; returns its length. */
unsigned packet_ip4(uint8_t *out, const struct packet *p);

/* Writes an IPv6 packet around `len` bytes; returns the length of it all. */
unsigned packet_ip6(uint8_t *out, const uint8_t src[16], const uint8_t dst[16],
	uint8_t next, const void *payload, unsigned len);

/* Writes 16 bytes from text. */
const uint8_t *packet_addr6(const char *text);

/* One's complement sum over bytes, in host order. */
uint16_t packet_sum(const void *data, unsigned len, uint32_t start);

/* Are the checksums of an IPv4 packet what a full computation gives? A UDP checksum of
 * zero is right. */
bool packet_right4(const void *ip);

/* The same of an ICMPv6 packet without extension headers. */
bool packet_right6(const void *ip);

/* Makes the checksums of a packet right, from nothing. */
void packet_sums(void *ip);

uint16_t packet_get16(const void *data, unsigned offset);
void packet_put16(void *data, unsigned offset, uint16_t value);
uint32_t packet_get32(const void *data, unsigned offset);
void packet_put32(void *data, unsigned offset, uint32_t value);

#endif
