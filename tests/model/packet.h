/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of the model tests: a flow's packet, with or without a softwire around it. */
#ifndef CGN_TESTS_MODEL_PACKET_H
#define CGN_TESTS_MODEL_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_SYN 0x02
#define MODEL_FIN 0x01
#define MODEL_RST 0x04
#define MODEL_ACK 0x10

/* Addresses and ports in host order. */
struct cgn_model_packet {
	uint8_t proto; /* 1, 6 or 17 */
	uint8_t tcp_flags;
	bool reply; /* ICMP: echo reply */
	uint32_t src, dst;
	uint16_t sport, dport; /* ICMP: the identifier in both */
	int b4;		       /* number of the B4, or -1: plain IPv4 */
	/* TCP; text: behind the header, at most 80 bytes, without a zero when read */
	uint32_t seq, ack;
	const char *text; /* NULL: none */
	unsigned len;
};

/* Builds the frame that arrives at a port (0 inside, 1 outside); returns its length. */
uint16_t cgn_model_build(uint8_t *frame, int port, const struct cgn_model_packet *p);

/* Reads a frame that left; false: it is no such packet, or a checksum is wrong. */
bool cgn_model_read(const uint8_t *frame, uint16_t len, struct cgn_model_packet *p);

#endif
