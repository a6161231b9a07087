/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads a frame from the outside in: Ethernet, VLAN tags, ARP, IPv4, IPv6 with
 * destination options and fragment header, tunnels, TCP, UDP, ICMP and the packet that an
 * ICMP error quotes. Written apart from the data path on purpose, and slow: checksums are
 * always computed over all bytes. Stateless; any thread. Other extension headers, and
 * transports behind them, stay data. */
#include "tests/cases/frame.h"

#include <string.h>

struct walk {
	const uint8_t *f;
	struct cgn_layer *layer;
	unsigned n;
};

static void walk_ip(struct walk *w, uint16_t off, uint16_t end, uint8_t depth);

static struct cgn_layer *
add(struct walk *w, enum cgn_layer_type type, uint16_t off, uint16_t end, uint8_t depth)
{
	struct cgn_layer *l;

	if (w->n == CGN_LAYERS || off > end)
		return NULL;
	l = &w->layer[w->n++];
	*l = (struct cgn_layer){ .type = (uint8_t)type,
		.off = off,
		.end = end,
		.depth = depth,
		.length = (uint16_t)(end - off) };
	return l;
}

/* ICMP errors, of either version, quote a packet. */
static bool
quotes(uint8_t proto, uint8_t type)
{
	if (proto == 58)
		return type < 128;
	return proto == 1 &&
	       (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

/* What follows an IP header; want: bytes that it should have. */
static void
walk_transport(struct walk *w, uint8_t proto, const struct cgn_layer *ip, uint16_t off,
	uint16_t want)
{
	static const struct {
		uint8_t proto, type, header;
	} known[] = { { 6, CGN_LAYER_TCP, 8 }, { 17, CGN_LAYER_UDP, 8 },
		{ 1, CGN_LAYER_ICMP, 8 }, { 58, CGN_LAYER_ICMP6, 8 } };
	uint16_t end = ip->end, at = ip->off;
	uint8_t depth = ip->depth;
	struct cgn_layer *l;

	if (proto == 4 || proto == 41) {
		walk_ip(w, off, end, (uint8_t)(depth + 1));
		return;
	}
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].proto != proto || off + known[i].header > end)
			continue;
		l = add(w, known[i].type, off, end, depth);
		if (!l)
			return;
		l->length = want;
		l->ip = at;
		if (quotes(proto, w->f[off]))
			walk_ip(w, (uint16_t)(off + 8), end, (uint8_t)(depth + 1));
		return;
	}
	add(w, CGN_LAYER_DATA, off, end, depth);
}

static void
walk_ip4(struct walk *w, uint16_t off, uint16_t end, uint8_t depth)
{
	const uint8_t *h = w->f + off;
	uint16_t header = (uint16_t)((h[0] & 15) * 4), total = cgn_frame_get16(h + 2);
	struct cgn_layer *l;

	if (header < 20 || off + header > end)
		return;
	if (total >= header && off + total < end)
		end = (uint16_t)(off + total);
	l = add(w, CGN_LAYER_IP4, off, end, depth);
	if (!l)
		return;
	l->length = total;
	if (cgn_frame_get16(h + 6) & 0x1fff)
		add(w, CGN_LAYER_DATA, (uint16_t)(off + header), end, depth);
	else
		walk_transport(
			w, h[9], l, (uint16_t)(off + header), (uint16_t)(total - header));
}

static void
walk_ip6(struct walk *w, uint16_t off, uint16_t end, uint8_t depth)
{
	const uint8_t *f = w->f;
	uint16_t payload = cgn_frame_get16(f + off + 4), at = (uint16_t)(off + 40);
	uint8_t next = f[off + 6];
	struct cgn_layer *l;
	uint16_t n;

	if (at + payload < end)
		end = (uint16_t)(at + payload);
	l = add(w, CGN_LAYER_IP6, off, end, depth);
	if (!l)
		return;
	l->length = (uint16_t)(40 + payload);
	while ((next == 60 || next == 44) && at + 8 <= end) {
		add(w, next == 60 ? CGN_LAYER_OPTIONS6 : CGN_LAYER_FRAGMENT6, at, end,
			depth);
		n = next == 60 ? (uint16_t)((f[at + 1] + 1) * 8) : 8;
		if (next == 44 && cgn_frame_get16(f + at + 2) & 0xfff8)
			return;
		next = f[at];
		at = (uint16_t)(at + n);
	}
	walk_transport(w, next, l, at, (uint16_t)(off + 40 + payload - at));
}

static void
walk_ip(struct walk *w, uint16_t off, uint16_t end, uint8_t depth)
{
	if (off + 20 <= end && w->f[off] >> 4 == 4)
		walk_ip4(w, off, end, depth);
	else if (off + 40 <= end && w->f[off] >> 4 == 6)
		walk_ip6(w, off, end, depth);
	else
		add(w, CGN_LAYER_DATA, off, end, depth);
}

unsigned
cgn_frame_walk(const uint8_t *frame, uint16_t len, struct cgn_layer *layer)
{
	struct walk w = { .f = frame, .layer = layer };
	uint16_t off = 12, type;

	if (len < 14)
		return 0;
	add(&w, CGN_LAYER_ETH, 0, len, 0);
	type = cgn_frame_get16(frame + off);
	off = 14;
	while ((type == 0x8100 || type == 0x88a8) && off + 4 <= len) {
		add(&w, CGN_LAYER_VLAN, off, len, 0);
		type = cgn_frame_get16(frame + off + 2);
		off = (uint16_t)(off + 4);
	}
	if (type == 0x0800 || type == 0x86dd)
		walk_ip(&w, off, len, 0);
	else if (type == 0x0806 && off + 28 <= len)
		add(&w, CGN_LAYER_ARP, off, len, 0);
	else
		add(&w, CGN_LAYER_DATA, off, len, 0);
	return w.n;
}

/* ---- checksums ---- */

static uint32_t
sum(const uint8_t *p, uint32_t n, uint32_t s)
{
	for (uint32_t i = 0; i + 1 < n; i += 2)
		s += cgn_frame_get16(p + i);
	if (n & 1)
		s += (uint32_t)p[n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

uint16_t
cgn_frame_checksum_field(const struct cgn_layer *l)
{
	switch (l->type) {
	case CGN_LAYER_IP4:
		return (uint16_t)(l->off + 10);
	case CGN_LAYER_TCP:
		return l->off + 18 <= l->end ? (uint16_t)(l->off + 16) : 0;
	case CGN_LAYER_UDP:
		return (uint16_t)(l->off + 6);
	case CGN_LAYER_ICMP:
	case CGN_LAYER_ICMP6:
		return (uint16_t)(l->off + 2);
	default:
		return 0;
	}
}

uint16_t
cgn_frame_checksum(const uint8_t *frame, const struct cgn_layer *l)
{
	const uint8_t *ip = frame + l->ip;
	uint16_t field = cgn_frame_checksum_field(l);
	uint32_t n = l->length, s = 0;

	if (l->type == CGN_LAYER_IP4)
		n = (frame[l->off] & 15u) * 4;
	else if (l->type != CGN_LAYER_ICMP) {
		s = n + (l->type == CGN_LAYER_TCP	   ? 6
				: l->type == CGN_LAYER_UDP ? 17
							   : 58);
		s = ip[0] >> 4 == 4 ? sum(ip + 12, 8, s) : sum(ip + 8, 32, s);
	}
	s = sum(frame + l->off, n, s);
	s = sum((uint8_t[]){ (uint8_t)~frame[field], (uint8_t)~frame[field + 1] }, 2, s);
	s = ~s & 0xffff;
	return (uint16_t)(s == 0 && l->type == CGN_LAYER_UDP ? 0xffff : s);
}

/* ---- differences ---- */

struct field {
	uint16_t off;
	const char *name;
};

static const struct field eth_fields[] = { { 0, "destination" }, { 6, "source" },
	{ 12, "type" }, { 14, NULL } };
static const struct field vlan_fields[] = { { 0, "tag" }, { 2, "type" }, { 4, NULL } };
static const struct field arp_fields[] = { { 0, "hardware type" }, { 2, "protocol type" },
	{ 4, "lengths" }, { 6, "operation" }, { 8, "sender MAC" },
	{ 14, "sender address" }, { 18, "target MAC" }, { 24, "target address" },
	{ 28, NULL } };
static const struct field ip4_fields[] = { { 0, "version, header length" }, { 1, "TOS" },
	{ 2, "total length" }, { 4, "identification" }, { 6, "flags, offset" },
	{ 8, "TTL" }, { 9, "protocol" }, { 10, "checksum" }, { 12, "source" },
	{ 16, "destination" }, { 20, NULL } };
static const struct field ip6_fields[] = { { 0, "version, traffic class, flow label" },
	{ 4, "payload length" }, { 6, "next header" }, { 7, "hop limit" },
	{ 8, "source" }, { 24, "destination" }, { 40, NULL } };
static const struct field tcp_fields[] = { { 0, "source port" },
	{ 2, "destination port" }, { 4, "sequence" }, { 8, "acknowledgement" },
	{ 12, "offset, flags" }, { 14, "window" }, { 16, "checksum" },
	{ 18, "urgent pointer" }, { 20, NULL } };
static const struct field udp_fields[] = { { 0, "source port" },
	{ 2, "destination port" }, { 4, "length" }, { 6, "checksum" }, { 8, NULL } };
static const struct field icmp_fields[] = { { 0, "type" }, { 1, "code" },
	{ 2, "checksum" }, { 4, "identifier or rest of header" },
	{ 6, "sequence or next-hop MTU" }, { 8, NULL } };
static const struct field no_fields[] = { { 0, NULL } };

static const struct {
	const char *name;
	const struct field *field;
} layer_names[] = {
	[CGN_LAYER_ETH] = { "Ethernet", eth_fields },
	[CGN_LAYER_VLAN] = { "VLAN", vlan_fields },
	[CGN_LAYER_ARP] = { "ARP", arp_fields },
	[CGN_LAYER_IP4] = { "IPv4", ip4_fields },
	[CGN_LAYER_IP6] = { "IPv6", ip6_fields },
	[CGN_LAYER_OPTIONS6] = { "IPv6 destination options", no_fields },
	[CGN_LAYER_FRAGMENT6] = { "IPv6 fragment header", no_fields },
	[CGN_LAYER_TCP] = { "TCP", tcp_fields },
	[CGN_LAYER_UDP] = { "UDP", udp_fields },
	[CGN_LAYER_ICMP] = { "ICMP", icmp_fields },
	[CGN_LAYER_ICMP6] = { "ICMPv6", icmp_fields },
	[CGN_LAYER_DATA] = { "data", no_fields },
};

static void
name_byte(FILE *out, const uint8_t *frame, uint16_t len, uint16_t off)
{
	struct cgn_layer layer[CGN_LAYERS];
	unsigned n = cgn_frame_walk(frame, len, layer), i = 0;
	const struct field *f;
	const char *field = "payload";

	for (unsigned k = 0; k < n; k++)
		if (layer[k].off <= off)
			i = k;
	f = layer_names[layer[i].type].field;
	for (; f->name && n; f++)
		if (off >= layer[i].off + f[0].off && off < layer[i].off + f[1].off)
			field = f->name;
	if (n && off < layer[i].end)
		fprintf(out, "    first difference at byte %u: %s%s, %s\n", off,
			layer[i].depth ? "inner " : "", layer_names[layer[i].type].name,
			field);
	else
		fprintf(out, "    first difference at byte %u: beyond the packet\n", off);
}

static void
print_row(FILE *out, const char *title, uint16_t at, const uint8_t *a, uint16_t n_a,
	const uint8_t *b, uint16_t n_b)
{
	fprintf(out, "    %-6s %4u ", title, at);
	for (uint16_t i = at; i < at + 16 && i < n_a; i++)
		fprintf(out, "%c%02x", i < n_b && a[i] == b[i] ? ' ' : '*', a[i]);
	fputc('\n', out);
}

void
cgn_frame_diff(FILE *out, const uint8_t *want, uint16_t n_want, const uint8_t *got,
	uint16_t n_got)
{
	uint16_t most = n_want > n_got ? n_want : n_got, off = 0;

	while (off < n_want && off < n_got && want[off] == got[off])
		off++;
	if (n_want != n_got)
		fprintf(out, "    length %u, wanted %u\n", n_got, n_want);
	name_byte(out, want, n_want, off);
	for (uint16_t at = 0; at < most; at = (uint16_t)(at + 16)) {
		uint16_t a = at + 16 < n_want ? 16
			     : at < n_want    ? (uint16_t)(n_want - at)
					      : 0;
		uint16_t b = at + 16 < n_got ? 16
			     : at < n_got    ? (uint16_t)(n_got - at)
					     : 0;

		if (a == b && !memcmp(want + at, got + at, a))
			continue;
		print_row(out, "wanted", at, want, n_want, got, n_got);
		print_row(out, "got", at, got, n_got, want, n_want);
	}
}
