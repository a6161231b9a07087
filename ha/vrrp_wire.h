/* SPDX-License-Identifier: BSD-3-Clause
 *
 * VRRP advertisements, version 3, as they are on the wire (RFC 9568 5): an IP header and
 * a message of 8 bytes with addresses behind it. Pure: bytes in, bytes out. Any lcore. */
#ifndef CGN_HA_VRRP_WIRE_H
#define CGN_HA_VRRP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGN_VRRP_PROTOCOL  112
#define CGN_VRRP_ADDRESSES 255 /* of one advertisement at most */
#define CGN_VRRP_WIRE_MAX  (40 + 8 + 16 * CGN_VRRP_ADDRESSES)

/* One advertisement. */
struct cgn_vrrp_advert {
	uint8_t family;	      /* 4 or 6 */
	uint8_t vrid;	      /* 1..255 */
	uint8_t priority;     /* 0: its sender resigns; 255: it owns the addresses */
	uint8_t n;	      /* addresses, 1..255 */
	uint16_t interval_cs; /* 1..4095, in hundredths of a second */
	/* IPv4: the checksum is over the message alone, as RFC 9568 5.2.8 has it, and not
	 * over a pseudo header too, as RFC 5798 was read by most */
	bool plain;
	uint8_t src[16];     /* IPv4: ::ffff:a.b.c.d */
	const uint8_t *addr; /* n times 4 or 16 bytes, network order */
};

/* Why an advertisement is not accepted (RFC 9568 7.1). X(NAME, "name") */
#define CGN_VRRP_FAULTS(X)                                                               \
	X(LENGTH, "length")                                                              \
	X(DESTINATION, "destination")                                                    \
	X(TTL, "ttl")                                                                    \
	X(VERSION, "version")                                                            \
	X(TYPE, "type")                                                                  \
	X(INTERVAL, "interval")                                                          \
	X(CHECKSUM, "checksum")

enum cgn_vrrp_fault {
	CGN_VRRP_FINE,
#define X(id, name) CGN_VRRP_BAD_##id,
	CGN_VRRP_FAULTS(X)
#undef X
		CGN_VRRP_FAULT_KINDS
};

/* The name of a fault; "" for CGN_VRRP_FINE. */
const char *cgn_vrrp_wire_fault_name(enum cgn_vrrp_fault fault);

/* Writes the packet, from the IP header on, with TTL or hop limit 255 and all checksums.
 * packet: room for `room` bytes. Returns its length, or -ENOSPC; -EINVAL when family, n
 * or interval are out of range. RFC 9568 5.1, 5.2. */
int cgn_vrrp_wire_encode(
	uint8_t *packet, size_t room, const struct cgn_vrrp_advert *advert);

/* Reads a packet of `len` bytes from the IP header on, padding allowed. advert->addr
 * points into it. Nothing of it is trusted; what is wrong is told, then *advert is
 * undefined. RFC 9568 7.1. */
enum cgn_vrrp_fault cgn_vrrp_wire_decode(
	const uint8_t *packet, size_t len, struct cgn_vrrp_advert *advert);

/* The virtual MAC address (RFC 9568 7.3) of a virtual router. */
void cgn_vrrp_wire_mac(uint8_t mac[6], uint8_t family, uint8_t vrid);

/* The link-layer address of the group that advertisements are sent to. */
void cgn_vrrp_wire_group(uint8_t mac[6], uint8_t family);

#endif
