/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The format of a datagram, all numbers in network order:
 *
 *     0 'S' 'B' | 2 format | 3 kind | 4 key | 8 boot (8) | 16 number (8)
 *    24 sealed: sections, each type (1), length of the body (2), body
 *       the tag of the sealing (16)
 *
 * Bodies:
 *
 *     hello        version, oldest version, 0 (2), interval in ms (4), challenge (8);
 *                  heard of the other end: boot (8), challenge (8), number (8), µs ago
 *                  (4); fingerprints: how many (2), 0 (2), hash of all (8); node (32)
 *     location     id (2), role, priority, flags, 0 (3), epoch (4), stream (4), base (8),
 *                  next (8), heard stream (4), room (4), taken (8), sent (8),
 *                  received (8)
 *     fingerprint  index (2), kind, 0, hash (8), name (up to 31, as long as the body is)
 *     records      location (2), held (2), stream (4), seq (8), records in compact form
 *     ack          location (2), room (2), stream (4), taken (8), words (up to 16 of 8)
 *
 * The reader trusts no length and no number. Pure functions; any lcore. */
#include "ha/wire.h"

#include <errno.h>

#include "ha/bytes.h"

#define HELLO_BODY    88
#define LOCATION_BODY 64
#define PRINT_BODY    12
#define RECORDS_BODY  16
#define ACK_BODY      16

static const uint8_t magic[2] = { 'S', 'B' };

void
cgn_wire_put_head(const struct cgn_wire_head *h, uint8_t at[CGN_WIRE_HEAD])
{
	memcpy(at, magic, sizeof(magic));
	at[2] = CGN_WIRE_FORMAT;
	at[3] = h->kind;
	put32(at + 4, h->key);
	put64(at + 8, h->boot);
	put64(at + 16, h->number);
}

int
cgn_wire_get_head(const uint8_t *datagram, size_t len, struct cgn_wire_head *h)
{
	if (len < CGN_WIRE_HEAD || memcmp(datagram, magic, sizeof(magic)) != 0)
		return -EINVAL;
	if (datagram[2] != CGN_WIRE_FORMAT)
		return -EPROTO;
	h->kind = datagram[3];
	h->key = get32(datagram + 4);
	h->boot = get64(datagram + 8);
	h->number = get64(datagram + 16);
	if (h->kind != CGN_WIRE_GREETING && h->kind != CGN_WIRE_DATA)
		return -EINVAL;
	return h->boot && h->number ? 0 : -EINVAL;
}

/* Room for a section of n bytes, which are zero; NULL: there is none. */
static uint8_t *
section(struct cgn_wire_out *o, enum cgn_wire_type type, unsigned n)
{
	uint8_t *at = o->text + o->len;

	if (o->len + CGN_WIRE_SECTION + n > o->size)
		return NULL;
	at[0] = (uint8_t)type;
	put16(at + 1, (uint16_t)n);
	memset(at + CGN_WIRE_SECTION, 0, n);
	o->len += CGN_WIRE_SECTION + n;
	return at + CGN_WIRE_SECTION;
}

bool
cgn_wire_put_hello(struct cgn_wire_out *o, const struct cgn_wire_hello *h)
{
	uint8_t *at = section(o, CGN_WIRE_HELLO, HELLO_BODY);

	if (!at)
		return false;
	at[0] = h->version;
	at[1] = h->version_min;
	put32(at + 4, h->interval_ms);
	put64(at + 8, h->challenge);
	put64(at + 16, h->heard_boot);
	put64(at + 24, h->heard_challenge);
	put64(at + 32, h->heard_number);
	put32(at + 40, h->heard_us);
	put16(at + 44, h->prints);
	put64(at + 48, h->print);
	memcpy(at + 56, h->node, strnlen(h->node, CGN_NAME - 1));
	return true;
}

bool
cgn_wire_put_location(struct cgn_wire_out *o, const struct cgn_wire_location *l)
{
	uint8_t *at = section(o, CGN_WIRE_LOCATION, LOCATION_BODY);

	if (!at)
		return false;
	put16(at, l->id);
	at[2] = l->role;
	at[3] = l->priority;
	at[4] = l->flags;
	put32(at + 8, l->epoch);
	put32(at + 12, l->stream);
	put64(at + 16, l->base);
	put64(at + 24, l->next);
	put32(at + 32, l->heard_stream);
	put32(at + 36, (uint32_t)(l->limit - l->taken));
	put64(at + 40, l->taken);
	put64(at + 48, l->sent);
	put64(at + 56, l->received);
	return true;
}

bool
cgn_wire_put_print(struct cgn_wire_out *o, const struct cgn_wire_print *p)
{
	unsigned n = (unsigned)strnlen(p->name, CGN_NAME - 1);
	uint8_t *at = section(o, CGN_WIRE_FINGERPRINT, PRINT_BODY + n);

	if (!at)
		return false;
	put16(at, p->index);
	at[2] = p->kind;
	put64(at + 4, p->hash);
	memcpy(at + PRINT_BODY, p->name, n);
	return true;
}

bool
cgn_wire_put_records(struct cgn_wire_out *o, const struct cgn_wire_records *r)
{
	uint8_t *at = section(o, CGN_WIRE_RECORDS, RECORDS_BODY + r->len);

	if (!at)
		return false;
	put16(at, r->location);
	put16(at + 2, r->held);
	put32(at + 4, r->stream);
	put64(at + 8, r->seq);
	memcpy(at + RECORDS_BODY, r->body, r->len);
	return true;
}

bool
cgn_wire_put_ack(struct cgn_wire_out *o, const struct cgn_wire_ack *a)
{
	uint8_t *at = section(o, CGN_WIRE_ACK, ACK_BODY + 8u * a->words);

	if (!at)
		return false;
	put16(at, a->location);
	put16(at + 2, a->room);
	put32(at + 4, a->stream);
	put64(at + 8, a->taken);
	for (unsigned k = 0; k < a->words; k++)
		put64(at + ACK_BODY + 8 * k, a->have[k]);
	return true;
}

int
cgn_wire_next(struct cgn_wire_in *in, const uint8_t **body, unsigned *len)
{
	const uint8_t *at = in->at;

	if (at == in->end)
		return 0;
	if (in->end - at < CGN_WIRE_SECTION)
		return -EINVAL;
	*len = get16(at + 1);
	*body = at + CGN_WIRE_SECTION;
	if (*len > (size_t)(in->end - *body) || !at[0])
		return -EINVAL;
	in->at = *body + *len;
	return at[0];
}

/* A name fills its place from the left; what follows is zero. */
static bool
get_name(const uint8_t *at, unsigned len, char name[CGN_NAME])
{
	size_t n = strnlen((const char *)at, len);

	if (!n || n >= CGN_NAME)
		return false;
	for (size_t k = 0; k < n; k++)
		if (at[k] < ' ' || at[k] > '~')
			return false;
	memset(name, 0, CGN_NAME);
	memcpy(name, at, n);
	return true;
}

bool
cgn_wire_get_hello(const uint8_t *body, unsigned len, struct cgn_wire_hello *h)
{
	if (len < HELLO_BODY)
		return false;
	h->version = body[0];
	h->version_min = body[1];
	h->interval_ms = get32(body + 4);
	h->challenge = get64(body + 8);
	h->heard_boot = get64(body + 16);
	h->heard_challenge = get64(body + 24);
	h->heard_number = get64(body + 32);
	h->heard_us = get32(body + 40);
	h->prints = get16(body + 44);
	h->print = get64(body + 48);
	return h->version && h->version_min <= h->version && h->version_min &&
	       get_name(body + 56, CGN_NAME, h->node);
}

bool
cgn_wire_get_location(const uint8_t *body, unsigned len, struct cgn_wire_location *l)
{
	uint32_t room;

	if (len < LOCATION_BODY)
		return false;
	l->id = get16(body);
	l->role = body[2];
	l->priority = body[3];
	l->flags = body[4];
	l->epoch = get32(body + 8);
	l->stream = get32(body + 12);
	l->base = get64(body + 16);
	l->next = get64(body + 24);
	l->heard_stream = get32(body + 32);
	room = get32(body + 36);
	l->taken = get64(body + 40);
	l->limit = l->taken + room;
	l->sent = get64(body + 48);
	l->received = get64(body + 56);
	return l->id && room <= CGN_WIRE_WINDOW && l->next - l->base <= CGN_WIRE_WINDOW;
}

bool
cgn_wire_get_print(const uint8_t *body, unsigned len, struct cgn_wire_print *p)
{
	if (len <= PRINT_BODY)
		return false;
	p->index = get16(body);
	p->kind = body[2];
	p->hash = get64(body + 4);
	return get_name(body + PRINT_BODY, len - PRINT_BODY, p->name);
}

bool
cgn_wire_get_records(const uint8_t *body, unsigned len, struct cgn_wire_records *r)
{
	if (len <= RECORDS_BODY)
		return false;
	r->location = get16(body);
	r->held = get16(body + 2);
	r->stream = get32(body + 4);
	r->seq = get64(body + 8);
	r->body = body + RECORDS_BODY;
	r->len = len - RECORDS_BODY;
	return r->location && r->held < CGN_WIRE_WINDOW && r->held <= r->seq;
}

bool
cgn_wire_get_ack(const uint8_t *body, unsigned len, struct cgn_wire_ack *a)
{
	if (len < ACK_BODY || (len - ACK_BODY) % 8 ||
		(len - ACK_BODY) / 8 > CGN_WIRE_WINDOW / 64)
		return false;
	a->location = get16(body);
	a->room = get16(body + 2);
	a->stream = get32(body + 4);
	a->taken = get64(body + 8);
	a->words = (uint16_t)((len - ACK_BODY) / 8);
	for (unsigned k = 0; k < a->words; k++)
		a->have[k] = get64(body + ACK_BODY + 8 * k);
	return a->location && a->room <= CGN_WIRE_WINDOW;
}
