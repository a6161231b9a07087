/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The compact form of a record:
 *
 *     0 type (4 bits), WHOLE, STAMP, EPOCH, INSTANCE
 *       [epoch (4)] [stamp (4)] [instance (2)]: where they are not those of the record
 *       before, the stamp not the next one
 *     of objects:
 *       kind (2 bits), SAME, 0, flags (4 bits)
 *       whose: 4 bytes of NAT44, else 16
 *       user:   outside (4), [B4 (16) unless SAME], mode, times, two sizes (4), age
 *       block:  first (2), size (2), age
 *       flow:   [inside (4) unless SAME], outside (4), remote (4), three ports (6),
 *               state (4 bits) and protocol (4 bits, 0: [the next byte]), idle, age
 *       gone:   [inside (4) unless SAME], remote (4), three ports (6), protocol in the
 *               place of the flags, [and the next byte]
 *     of digests: first (2), how many, sums (8 each)
 *     of copies:  id (4), [set of ranges (32) unless it asks or acknowledges]
 *
 * SAME: the B4 is the user's prefix, or the inside address that of a NAT44 user. Ages and
 * times without traffic have seven bits in a byte, the lowest first, and go on while the
 * eighth is set. A record that would not come out as it went in is put as a WHOLE: its
 * location left out, all else as it is.
 *
 * Pure functions; any lcore. */
#include "ha/compact.h"

#include "ha/bytes.h"

#define TYPE	 0x0f
#define WHOLE	 0x10
#define STAMP	 0x20
#define EPOCH	 0x40
#define INSTANCE 0x80

#define SAME 0x20

/* Newer types always travel whole: a reader that does not know one passes it on, where it
 * is counted and skipped, and goes on with the next. */
#define SHORT_MAX CGN_SYNCREC_ACK

/* Where the fields of a record are. */
enum {
	AT_LOCATION = 2,
	AT_EPOCH = 4,
	AT_STAMP = 8,
	AT_INSTANCE = 12,
	AT_KIND = 14,
	AT_FLAGS = 15,
	AT_WHO = 16,
	AT_BODY = 32
};

enum { FLOW_PROTO = AT_BODY + 18, FLOW_STATE, FLOW_IDLE, FLOW_AGE = FLOW_IDLE + 4 };

static const uint8_t protocols[] = { 0, CGN_IPPROTO_ICMP, CGN_IPPROTO_TCP,
	CGN_IPPROTO_UDP };
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_object(uint8_t type)
{
	return type >= CGN_SYNCREC_USER && type <= CGN_SYNCREC_SESSION_DEL;
}

/* Of those that are no objects and no digests. */
static bool
has_set(uint8_t type)
{
	return type != CGN_SYNCREC_ASK && type != CGN_SYNCREC_ACK;
}

static uint8_t
code_of(uint8_t proto)
{
	uint8_t k = RTE_DIM(protocols) - 1;

	while (k && protocols[k] != proto)
		k--;
	return k;
}

/* ---- writing ---- */

static uint8_t *
add(uint8_t *to, const uint8_t *from, unsigned n)
{
	memcpy(to, from, n);
	return to + n;
}

static uint8_t *
add_number(uint8_t *to, const uint8_t *from)
{
	uint32_t v = get32(from);

	for (; v > 0x7f; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

static uint8_t *
add_user(uint8_t *to, const uint8_t *r, bool same)
{
	to = add(to, r + AT_BODY, 4);
	if (!same)
		to = add(to, r + AT_BODY + 8, 16);
	to = add(to, r + AT_BODY + 24, 6);
	return add_number(to, r + AT_BODY + 4);
}

static uint8_t *
add_flow(uint8_t *to, const uint8_t *r, bool same)
{
	uint8_t code = code_of(r[FLOW_PROTO]);

	if (!same)
		to = add(to, r + AT_BODY, 4);
	to = add(to, r + AT_BODY + 4, 14);
	*to++ = (uint8_t)(r[FLOW_STATE] << 4 | code);
	if (!code)
		*to++ = r[FLOW_PROTO];
	to = add_number(to, r + FLOW_IDLE);
	return add_number(to, r + FLOW_AGE);
}

/* head: byte of kind and flags. */
static uint8_t *
add_gone(uint8_t *to, uint8_t *head, const uint8_t *r, bool same)
{
	uint8_t code = code_of(r[FLOW_PROTO]);

	*head = (uint8_t)((*head & 0xf0) | code);
	if (!same)
		to = add(to, r + AT_BODY, 4);
	to = add(to, r + AT_BODY + 8, 10);
	if (!code)
		*to++ = r[FLOW_PROTO];
	return to;
}

/* Has the record's address of its user, or the way to it, been said already? */
static bool
is_same(const uint8_t *r)
{
	if (r[0] == CGN_SYNCREC_USER && r[AT_KIND] != CGN_NAT44)
		return memcmp(r + AT_WHO, r + AT_BODY + 8, 16) == 0;
	if (r[0] == CGN_SYNCREC_USER)
		return true; /* has no B4 */
	return r[0] >= CGN_SYNCREC_SESSION && r[AT_KIND] == CGN_NAT44 &&
	       memcmp(r + AT_WHO + 12, r + AT_BODY, 4) == 0;
}

static uint8_t *
add_object(uint8_t *to, const uint8_t *r)
{
	bool same = is_same(r);
	uint8_t *head = to++;

	*head = (uint8_t)(r[AT_KIND] << 6 | (same ? SAME : 0) | (r[AT_FLAGS] & 0x0f));
	to = r[AT_KIND] == CGN_NAT44 ? add(to, r + AT_WHO + 12, 4)
				     : add(to, r + AT_WHO, 16);
	switch (r[0]) {
	case CGN_SYNCREC_USER:
		return add_user(to, r, same);
	case CGN_SYNCREC_BLOCK:
	case CGN_SYNCREC_BLOCK_DEL:
		to = add(to, r + AT_BODY, 4);
		return add_number(to, r + AT_BODY + 4);
	case CGN_SYNCREC_SESSION:
		return add_flow(to, r, same);
	case CGN_SYNCREC_SESSION_DEL:
		return add_gone(to, head, r, same);
	}
	return to; /* a user that is gone */
}

static uint8_t *
add_other(uint8_t *to, const uint8_t *r)
{
	if (r[0] == CGN_SYNCREC_DIGEST)
		return add(
			to, r + 12, 4u + 8u * RTE_MIN(r[14], (uint8_t)CGN_SYNCREC_SUMS));
	return add(to, r + 12, has_set(r[0]) ? 36 : 4);
}

static unsigned
put_short(const struct cgn_compact *c, const uint8_t *r, uint8_t *to)
{
	uint8_t *at = to + 1;

	*to = r[0] & TYPE;
	if (get32(r + AT_EPOCH) != c->epoch) {
		*to |= EPOCH;
		at = add(at, r + AT_EPOCH, 4);
	}
	if (get32(r + AT_STAMP) != c->stamp + 1) {
		*to |= STAMP;
		at = add(at, r + AT_STAMP, 4);
	}
	if (!is_object(r[0]))
		return (unsigned)(add_other(at, r) - to);
	if (get16(r + AT_INSTANCE) != c->instance) {
		*to |= INSTANCE;
		at = add(at, r + AT_INSTANCE, 2);
	}
	return (unsigned)(add_object(at, r) - to);
}

static unsigned
put_whole(struct cgn_compact *c, const uint8_t *r, uint8_t *to)
{
	*to = WHOLE;
	memcpy(to + 1, r, AT_LOCATION);
	memcpy(to + 1 + AT_LOCATION, r + AT_EPOCH, CGN_SYNCREC_BYTES - AT_EPOCH);
	c->epoch = get32(r + AT_EPOCH);
	c->stamp = get32(r + AT_STAMP);
	return 1 + CGN_SYNCREC_BYTES - (AT_EPOCH - AT_LOCATION);
}

/* As it will come out: what names a session is enough to end it. */
static void
reduce(uint8_t r[CGN_SYNCREC_BYTES])
{
	if (r[0] != CGN_SYNCREC_SESSION_DEL)
		return;
	r[AT_FLAGS] = 0;
	r[FLOW_STATE] = 0;
	memset(r + AT_BODY + 4, 0, 4);
}

unsigned
cgn_compact_put(struct cgn_compact *c, const uint8_t wire[CGN_SYNCREC_BYTES], uint8_t *to)
{
	uint8_t r[CGN_SYNCREC_BYTES], back[CGN_SYNCREC_BYTES];
	struct cgn_compact before = *c;
	unsigned n;

	memcpy(r, wire, sizeof(r));
	if (r[1] != CGN_SYNCREC_VERSION || r[0] > SHORT_MAX)
		return put_whole(c, r, to);
	reduce(r);
	n = put_short(c, r, to);
	if (cgn_compact_get(c, get16(r + AT_LOCATION), to, n, back) == n &&
		memcmp(r, back, sizeof(r)) == 0)
		return n;
	*c = before;
	return put_whole(c, wire, to);
}

/* ---- reading ---- */

/* What is left of a frame; NULL behind its end. */
struct rest {
	const uint8_t *at, *end;
};

static void
take(struct rest *f, uint8_t *to, unsigned n)
{
	if (!f->at || (size_t)(f->end - f->at) < n) {
		f->at = NULL;
		return;
	}
	memcpy(to, f->at, n);
	f->at += n;
}

static void
take_number(struct rest *f, uint8_t *to)
{
	uint64_t v = 0;
	uint8_t byte = 0x80;

	for (unsigned k = 0; byte & 0x80; k += 7) {
		if (k > 28) {
			f->at = NULL;
			return;
		}
		take(f, &byte, 1);
		if (!f->at)
			return;
		v |= (uint64_t)(byte & 0x7f) << k;
	}
	put32(to, (uint32_t)v);
}

static void
take_user(struct rest *f, uint8_t *r, bool same)
{
	take(f, r + AT_BODY, 4);
	if (!same)
		take(f, r + AT_BODY + 8, 16);
	else if (r[AT_KIND] != CGN_NAT44)
		memcpy(r + AT_BODY + 8, r + AT_WHO, 16);
	take(f, r + AT_BODY + 24, 6);
	take_number(f, r + AT_BODY + 4);
}

static void
take_inside(struct rest *f, uint8_t *r, bool same)
{
	if (same)
		memcpy(r + AT_BODY, r + AT_WHO + 12, 4);
	else
		take(f, r + AT_BODY, 4);
}

static void
take_proto(struct rest *f, uint8_t *r, uint8_t code)
{
	if (code >= RTE_DIM(protocols))
		f->at = NULL;
	else if (code)
		r[FLOW_PROTO] = protocols[code];
	else
		take(f, r + FLOW_PROTO, 1);
}

static void
take_flow(struct rest *f, uint8_t *r, bool same)
{
	uint8_t both = 0;

	take_inside(f, r, same);
	take(f, r + AT_BODY + 4, 14);
	take(f, &both, 1);
	take_proto(f, r, both & 0x0f);
	r[FLOW_STATE] = both >> 4;
	take_number(f, r + FLOW_IDLE);
	take_number(f, r + FLOW_AGE);
}

static void
take_gone(struct rest *f, uint8_t *r, bool same)
{
	uint8_t code = r[AT_FLAGS];

	r[AT_FLAGS] = 0;
	take_inside(f, r, same);
	take(f, r + AT_BODY + 8, 10);
	take_proto(f, r, code);
}

static void
take_object(struct rest *f, uint8_t *r)
{
	uint8_t head = 0;
	bool same;

	take(f, &head, 1);
	same = head & SAME;
	r[AT_KIND] = head >> 6;
	r[AT_FLAGS] = head & 0x0f;
	if (r[AT_KIND] == CGN_NAT44) {
		memcpy(r + AT_WHO, mapped, sizeof(mapped));
		take(f, r + AT_WHO + 12, 4);
	} else {
		take(f, r + AT_WHO, 16);
	}
	switch (r[0]) {
	case CGN_SYNCREC_USER:
		take_user(f, r, same);
		break;
	case CGN_SYNCREC_BLOCK:
	case CGN_SYNCREC_BLOCK_DEL:
		take(f, r + AT_BODY, 4);
		take_number(f, r + AT_BODY + 4);
		break;
	case CGN_SYNCREC_SESSION:
		take_flow(f, r, same);
		break;
	case CGN_SYNCREC_SESSION_DEL:
		take_gone(f, r, same);
		break;
	}
}

static void
take_other(struct rest *f, uint8_t *r)
{
	if (r[0] != CGN_SYNCREC_DIGEST) {
		take(f, r + 12, has_set(r[0]) ? 36 : 4);
		return;
	}
	take(f, r + 12, 4);
	if (r[14] > CGN_SYNCREC_SUMS)
		f->at = NULL;
	take(f, r + 16, 8u * r[14]);
}

static void
take_short(struct cgn_compact *c, struct rest *f, uint8_t head, uint8_t *r)
{
	r[0] = head & TYPE;
	r[1] = CGN_SYNCREC_VERSION;
	put32(r + AT_EPOCH, c->epoch);
	put32(r + AT_STAMP, c->stamp + 1);
	if (head & EPOCH)
		take(f, r + AT_EPOCH, 4);
	if (head & STAMP)
		take(f, r + AT_STAMP, 4);
	if (is_object(r[0])) {
		put16(r + AT_INSTANCE, c->instance);
		if (head & INSTANCE)
			take(f, r + AT_INSTANCE, 2);
		take_object(f, r);
		c->instance = get16(r + AT_INSTANCE);
	} else {
		take_other(f, r);
	}
}

unsigned
cgn_compact_get(struct cgn_compact *c, uint16_t location, const uint8_t *from, unsigned n,
	uint8_t wire[CGN_SYNCREC_BYTES])
{
	struct rest f = { from, from + n };
	uint8_t head = 0;

	memset(wire, 0, CGN_SYNCREC_BYTES);
	take(&f, &head, 1);
	if (head == WHOLE) {
		take(&f, wire, AT_LOCATION);
		take(&f, wire + AT_EPOCH, CGN_SYNCREC_BYTES - AT_EPOCH);
	} else if ((head & TYPE) && (head & TYPE) <= SHORT_MAX && !(head & WHOLE)) {
		take_short(c, &f, head, wire);
	} else {
		return 0;
	}
	if (!f.at)
		return 0;
	put16(wire + AT_LOCATION, location);
	c->epoch = get32(wire + AT_EPOCH);
	c->stamp = get32(wire + AT_STAMP);
	return (unsigned)(f.at - from);
}
