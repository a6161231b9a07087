/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A box of this version and one of a later one, which says more: it has a section that
 * this one does not know in every datagram, further fields behind those of greetings and
 * locations, and flags without a meaning here. What the channel of this version says is
 * opened on its way, and made into that. */
#include <string.h>

#include "ha/bytes.h"
#include "ha/wire.h"
#include "tests/ha/link.h"
#include "tests/unit/suite.h"

#define UNKNOWN 77 /* a type of section */
#define MORE	8  /* bytes of further fields */

static struct link l;
static bool later[2]; /* is the end of a later version? */

/* A section, as a later version says it. */
static void
put_section(struct cgn_wire_out *o, int type, const uint8_t *body, unsigned len)
{
	bool grows = type == CGN_WIRE_HELLO || type == CGN_WIRE_LOCATION;
	unsigned n = len + (grows ? MORE : 0);
	uint8_t *at = o->text + o->len;

	CU_ASSERT_FATAL(o->len + CGN_WIRE_SECTION + n <= o->size);
	at[0] = (uint8_t)type;
	put16(at + 1, (uint16_t)n);
	memset(at + CGN_WIRE_SECTION, 0xa5, n);
	memcpy(at + CGN_WIRE_SECTION, body, len);
	if (type == CGN_WIRE_HELLO)
		at[CGN_WIRE_SECTION] = CGN_WIRE_VERSION + 1;
	if (type == CGN_WIRE_LOCATION)
		at[CGN_WIRE_SECTION + 4] |= 0xe0;
	o->len += CGN_WIRE_SECTION + n;
}

static void
as_later(struct link *link, struct packet *p)
{
	struct end *from = &link->end[!p->to];
	uint8_t text[2 * CGN_CHANNEL_DATAGRAM], session[CGN_SEAL_SECRET];
	struct cgn_wire_out o = { .text = text, .size = sizeof(text) };
	const struct cgn_seal_key *key = &from->conf.key[0];
	uint8_t *sealed = p->data + CGN_WIRE_HEAD;
	unsigned len = p->len - CGN_WIRE_HEAD, n;
	struct cgn_wire_in in = { sealed, p->data + p->len - CGN_SEAL_TAG };
	struct cgn_wire_head h;
	struct packet was = *p;
	const uint8_t *body;
	int type;

	if (!later[!p->to])
		return;
	CU_ASSERT_EQUAL_FATAL(cgn_wire_get_head(p->data, p->len, &h), 0);
	cgn_seal_session(key, h.boot, cgn_channel_boot(link->end[p->to].ch), session);
	if (!(h.kind == CGN_WIRE_GREETING ? cgn_seal_open_hello(key, h.boot, h.number,
						    p->data, CGN_WIRE_HEAD, sealed, len)
					  : cgn_seal_open_data(session, h.number, p->data,
						    CGN_WIRE_HEAD, sealed, len))) {
		*p = was; /* of a session that is over */
		return;
	}
	while ((type = cgn_wire_next(&in, &body, &n)) > 0)
		put_section(&o, type, body, n);
	if (o.len + CGN_WIRE_SECTION + MORE <=
		CGN_CHANNEL_DATAGRAM - CGN_WIRE_HEAD - CGN_SEAL_TAG)
		put_section(&o, UNKNOWN, (const uint8_t *)"whatever", MORE);
	if (o.len > CGN_CHANNEL_DATAGRAM - CGN_WIRE_HEAD - CGN_SEAL_TAG) {
		*p = was;
		return;
	}
	memcpy(sealed, text, o.len);
	p->len = CGN_WIRE_HEAD + o.len + CGN_SEAL_TAG;
	if (h.kind == CGN_WIRE_GREETING)
		cgn_seal_hello(
			key, h.boot, h.number, p->data, CGN_WIRE_HEAD, sealed, o.len);
	else
		cgn_seal_data(session, h.number, p->data, CGN_WIRE_HEAD, sealed, o.len);
}

static void
goes_on(void)
{
	CU_ASSERT_TRUE_FATAL(link_up(&l, 2000));
	link_put(&l, 1000, 5);
	CU_ASSERT_NOT_EQUAL(link_drain(&l, 10000), UINT64_MAX);
	for (unsigned k = 0; k < 2; k++) {
		const struct cgn_channel_count *c = cgn_channel_counts(l.end[k].ch);

		CU_ASSERT_EQUAL(c->rejected.malformed + c->rejected.version, 0);
		CU_ASSERT_EQUAL(c->sections_skipped != 0, later[!k]);
		CU_ASSERT_EQUAL(l.end[k].wrong + l.end[k].again, 0);
	}
}

/* One box after the other is started with a later version; nothing is lost but what was
 * under way to a box that was stopped. */
static void
test_rolling(void)
{
	later[0] = later[1] = false;
	link_open(&l, 5);
	l.rewrite = as_later;
	goes_on();
	later[1] = true;
	link_restart(&l, 1);
	goes_on();
	CU_ASSERT_EQUAL(cgn_channel_peer(l.end[0].ch)->version, CGN_WIRE_VERSION + 1);
	CU_ASSERT_EQUAL(cgn_channel_peer(l.end[1].ch)->version, CGN_WIRE_VERSION);
	later[0] = true;
	link_restart(&l, 0);
	goes_on();
	link_close(&l);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "restarted one after the other", test_rolling },
		CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("versions", tests);
}
