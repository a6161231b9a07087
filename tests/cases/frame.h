/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The layers of a frame, found without the help of the code under test: what the case
 * runner needs to read and write ports, addresses and checksums, and to name a byte. */
#ifndef CGN_TESTS_FRAME_H
#define CGN_TESTS_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum cgn_layer_type {
	CGN_LAYER_ETH,
	CGN_LAYER_VLAN,
	CGN_LAYER_ARP,
	CGN_LAYER_IP4,
	CGN_LAYER_IP6,
	CGN_LAYER_OPTIONS6, /* destination options */
	CGN_LAYER_FRAGMENT6,
	CGN_LAYER_TCP,
	CGN_LAYER_UDP,
	CGN_LAYER_ICMP,
	CGN_LAYER_ICMP6,
	CGN_LAYER_DATA,
};

struct cgn_layer {
	uint8_t type;  /* enum cgn_layer_type */
	uint8_t depth; /* 0 outermost; +1 inside a tunnel or an ICMP error */
	uint16_t off;  /* from the start of the frame */
	uint16_t
		end; /* behind the last byte of the layer and its payload, in the frame */
	uint16_t length; /* bytes that layer and payload should have; > end - off: cut off
			  */
	uint16_t ip;	 /* transport layers: offset of the IP header */
};

#define CGN_LAYERS 16

/* Finds up to CGN_LAYERS layers, outermost first; returns their number. Never reads
 * beyond len; a header that is cut off is not a layer. */
unsigned cgn_frame_walk(const uint8_t *frame, uint16_t len, struct cgn_layer *layer);

/* Offset of the checksum field of a layer (IP4, TCP, UDP, ICMP, ICMP6) or 0: none. */
uint16_t cgn_frame_checksum_field(const struct cgn_layer *l);

/* The checksum that the layer should carry, by a full computation with the field taken as
 * zero (RFC 1071; UDP: never 0). Wants the whole layer in the frame. */
uint16_t cgn_frame_checksum(const uint8_t *frame, const struct cgn_layer *l);

/* Prints both frames in rows of 16 bytes, what differs marked, and the name of the first
 * field that differs. */
void cgn_frame_diff(FILE *out, const uint8_t *want, uint16_t n_want, const uint8_t *got,
	uint16_t n_got);

static inline uint16_t
cgn_frame_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
cgn_frame_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#endif
