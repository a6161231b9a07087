/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Builds and reads the frames of the model tests, with checksums computed over all bytes.
 * Stateless. */
#include "tests/model/packet.h"

#include <string.h>

#include "tests/cases/frame.h"

static const uint8_t aftr[16] = { 0x20, 1, 0xd, 0xb8, [14] = 0xaa, 0xaa };
static const uint8_t b4_net[16] = { 0x20, 1, 0xd, 0xb8, 1 };

static void
put32(uint8_t *p, uint32_t v)
{
	cgn_frame_put16(p, (uint16_t)(v >> 16));
	cgn_frame_put16(p + 2, (uint16_t)v);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)cgn_frame_get16(p) << 16 | cgn_frame_get16(p + 2);
}

static unsigned
build_l4(uint8_t *l4, const struct cgn_model_packet *p)
{
	unsigned n = p->proto == 6 ? 20 : 12;

	memset(l4, 0, n);
	if (p->proto == 1) {
		l4[0] = p->reply ? 0 : 8;
		cgn_frame_put16(l4 + 4, p->sport);
		return n;
	}
	cgn_frame_put16(l4, p->sport);
	cgn_frame_put16(l4 + 2, p->dport);
	if (p->proto == 17) {
		cgn_frame_put16(l4 + 4, (uint16_t)n);
	} else {
		put32(l4 + 4, p->seq);
		put32(l4 + 8, p->ack);
		l4[12] = 0x50;
		l4[13] = p->tcp_flags;
		memcpy(l4 + n, p->text ? p->text : "", p->len);
		n += p->len;
	}
	return n;
}

static unsigned
build_ip4(uint8_t *ip, const struct cgn_model_packet *p)
{
	unsigned n = 20 + build_l4(ip + 20, p);

	memset(ip, 0, 20);
	ip[0] = 0x45;
	cgn_frame_put16(ip + 2, (uint16_t)n);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = p->proto;
	put32(ip + 12, p->src);
	put32(ip + 16, p->dst);
	return n;
}

uint16_t
cgn_model_build(uint8_t *frame, int port, const struct cgn_model_packet *p)
{
	struct cgn_layer layer[CGN_LAYERS];
	unsigned at = 14, n;

	memset(frame, 0, 14 + 40);
	frame[0] = frame[6] = 2;
	frame[5] = (uint8_t)(port + 1);
	frame[11] = 0x99;
	cgn_frame_put16(frame + 12, p->b4 < 0 ? 0x0800 : 0x86dd);
	if (p->b4 >= 0)
		at += 40;
	n = build_ip4(frame + at, p);
	if (p->b4 >= 0) {
		frame[14] = 0x60;
		cgn_frame_put16(frame + 18, (uint16_t)n);
		frame[20] = 4;
		frame[21] = 64;
		memcpy(frame + 22, b4_net, 16);
		cgn_frame_put16(frame + 36, (uint16_t)(p->b4 + 1));
		memcpy(frame + 38, aftr, 16);
	}
	n += at;
	for (unsigned k = cgn_frame_walk(frame, (uint16_t)n, layer); k-- > 0;)
		if (cgn_frame_checksum_field(&layer[k]))
			cgn_frame_put16(frame + cgn_frame_checksum_field(&layer[k]),
				cgn_frame_checksum(frame, &layer[k]));
	return (uint16_t)n;
}

static bool
checksums_right(const uint8_t *frame, const struct cgn_layer *layer, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		uint16_t field = cgn_frame_checksum_field(&layer[k]);

		if (field && cgn_frame_get16(frame + field) !=
				     cgn_frame_checksum(frame, &layer[k]))
			return false;
	}
	return true;
}

bool
cgn_model_read(const uint8_t *frame, uint16_t len, struct cgn_model_packet *p)
{
	struct cgn_layer layer[CGN_LAYERS];
	unsigned n = cgn_frame_walk(frame, len, layer);
	const uint8_t *end = frame;

	memset(p, 0, sizeof(*p));
	p->b4 = -1;
	if (!n || !checksums_right(frame, layer, n))
		return false;
	for (unsigned k = 0; k < n; k++) {
		const uint8_t *at = frame + layer[k].off;

		switch (layer[k].type) {
		case CGN_LAYER_IP6:
			if (memcmp(at + 8, aftr, 16) != 0 ||
				memcmp(at + 24, b4_net, 14) != 0)
				return false;
			p->b4 = cgn_frame_get16(at + 38) - 1;
			break;
		case CGN_LAYER_IP4:
			p->proto = at[9];
			p->src = get32(at + 12);
			p->dst = get32(at + 16);
			end = at + cgn_frame_get16(at + 2);
			break;
		case CGN_LAYER_TCP:
			p->tcp_flags = at[13];
			p->seq = get32(at + 4);
			p->ack = get32(at + 8);
			p->text = (const char *)at + 20;
			p->len = (unsigned)(end - at) - 20;
			/* fall through */
		case CGN_LAYER_UDP:
			p->sport = cgn_frame_get16(at);
			p->dport = cgn_frame_get16(at + 2);
			break;
		case CGN_LAYER_ICMP:
			p->reply = at[0] == 0;
			p->sport = p->dport = cgn_frame_get16(at + 4);
			break;
		}
	}
	return p->proto != 0;
}
