/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The golden datagrams are what version 1 sends: whoever comes later must read them. */
#include "ha/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ha/seal.h"
#include "suite.h"

#define KEY "the golden key of 32 bytes, fine"

static const struct cgn_wire_hello hello = { .version = 1,
	.version_min = 1,
	.interval_ms = 50,
	.challenge = 0x1112131415161718,
	.heard_boot = 0x2122232425262728,
	.heard_challenge = 0x3132333435363738,
	.heard_number = 0x100000001,
	.heard_us = 12345,
	.print = 0x4142434445464748,
	.prints = 3,
	.node = "cgn-a" };
static const struct cgn_wire_location location = { .id = 7,
	.role = 2,
	.priority = 200,
	.flags = 1,
	.epoch = 0xfffffff8,
	.stream = 5,
	.base = 0xfffffff6,
	.next = 0x100000010,
	.heard_stream = 6,
	.taken = 77,
	.limit = 77 + CGN_WIRE_WINDOW,
	.sent = 1000,
	.received = 2000 };
static const struct cgn_wire_print print = {
	.index = 2, .kind = 4, .hash = 0x5152535455565758, .name = "pool1"
};
static const uint8_t body[] = { 1, 2, 3, 4, 5 };
static const struct cgn_wire_records records = { .location = 7,
	.stream = 5,
	.seq = 0xfffffff9,
	.held = 3,
	.body = body,
	.len = sizeof(body) };
static const struct cgn_wire_ack ack = { .location = 7,
	.stream = 6,
	.taken = 77,
	.room = 1000,
	.words = 2,
	.have = { 0x8000000000000001, 2 } };

static const char golden_greeting[] =
	"5342010104442b6461626364656667680000000000000009340aec4ad4e0290011ac6702a849"
	"9cbf533df3ea3a3092c78ce31a9e463774ab718ab4512802ffdb86317cc16ca52758f4e5bc4d"
	"95ca82e17f8a80d42414264f6802a38c1da8e46306acf256c48b19ef0aef85af34525a1055b1"
	"d107410600568d94bbd3fcf519ef6a77decebaec493dc07bdd13caac6f5e9d7cf329b9ebf61d"
	"b9de618da1a87dcab1b65f0adca43706b170223643f4b1ac9cb51021546eafa55138e027f20b"
	"a68904ead7d305f43c6ed0c4e0081dc58d648202cf011b5cdc735457";
static const char golden_data[] =
	"5342010204442b646162636465666768000000000000000928711949084e51b8239066b4e08e"
	"8a63c5c14d932b4737c3f60630920f4e1583181c6d1013e4affd657e41e1664a6aa435e33a24"
	"759a791ba2cc10489860dc03cb678aa30a6a5fa037d749";

static unsigned
unhex(const char *text, uint8_t *to)
{
	unsigned n = 0, v;

	for (; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
		to[n] = (uint8_t)v;
	return n;
}

static struct cgn_seal_key
key(void)
{
	struct cgn_seal_key k;

	cgn_seal_key_init(&k, (const uint8_t *)KEY);
	return k;
}

/* One of each section, of both kinds, sealed. */
static unsigned
make(uint8_t kind, uint8_t *to)
{
	struct cgn_seal_key k = key();
	struct cgn_wire_head head = {
		.kind = kind, .key = k.id, .boot = 0x6162636465666768, .number = 9
	};
	struct cgn_wire_out o = { .text = to + CGN_WIRE_HEAD, .size = 1000 };
	uint8_t session[CGN_SEAL_SECRET];

	cgn_wire_put_head(&head, to);
	if (kind == CGN_WIRE_GREETING) {
		cgn_wire_put_hello(&o, &hello);
		cgn_wire_put_location(&o, &location);
		cgn_wire_put_print(&o, &print);
		cgn_seal_hello(&k, head.boot, 9, to, CGN_WIRE_HEAD, o.text, o.len);
	} else {
		cgn_wire_put_records(&o, &records);
		cgn_wire_put_ack(&o, &ack);
		cgn_seal_session(&k, head.boot, hello.heard_boot, session);
		cgn_seal_data(session, 9, to, CGN_WIRE_HEAD, o.text, o.len);
	}
	return CGN_WIRE_HEAD + o.len + CGN_SEAL_TAG;
}

static void
check_greeting(struct cgn_wire_in *in)
{
	struct cgn_wire_location l;
	struct cgn_wire_hello h;
	struct cgn_wire_print p;
	const uint8_t *at;
	unsigned n;

	memset(&h, 0, sizeof(h));
	memset(&l, 0, sizeof(l));
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), CGN_WIRE_HELLO);
	CU_ASSERT_TRUE(cgn_wire_get_hello(at, n, &h));
	CU_ASSERT_EQUAL(h.version, 1);
	CU_ASSERT_EQUAL(h.challenge, hello.challenge);
	CU_ASSERT_EQUAL(h.heard_boot, hello.heard_boot);
	CU_ASSERT_EQUAL(h.heard_challenge, hello.heard_challenge);
	CU_ASSERT_EQUAL(h.heard_number, hello.heard_number);
	CU_ASSERT_EQUAL(h.heard_us, hello.heard_us);
	CU_ASSERT_EQUAL(h.print, hello.print);
	CU_ASSERT_EQUAL(h.prints, 3);
	CU_ASSERT_EQUAL(h.interval_ms, 50);
	CU_ASSERT_STRING_EQUAL(h.node, "cgn-a");
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), CGN_WIRE_LOCATION);
	CU_ASSERT_TRUE(cgn_wire_get_location(at, n, &l));
	CU_ASSERT_EQUAL(memcmp(&l, &location, sizeof(l)), 0);
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), CGN_WIRE_FINGERPRINT);
	CU_ASSERT_TRUE(cgn_wire_get_print(at, n, &p));
	CU_ASSERT_EQUAL(p.index, 2);
	CU_ASSERT_EQUAL(p.kind, 4);
	CU_ASSERT_EQUAL(p.hash, print.hash);
	CU_ASSERT_STRING_EQUAL(p.name, "pool1");
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), 0);
}

static void
check_data(struct cgn_wire_in *in)
{
	struct cgn_wire_records r;
	struct cgn_wire_ack a;
	const uint8_t *at;
	unsigned n;

	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), CGN_WIRE_RECORDS);
	CU_ASSERT_TRUE(cgn_wire_get_records(at, n, &r));
	CU_ASSERT_EQUAL(r.location, 7);
	CU_ASSERT_EQUAL(r.stream, 5);
	CU_ASSERT_EQUAL(r.seq, records.seq);
	CU_ASSERT_EQUAL(r.held, 3);
	CU_ASSERT_EQUAL(r.len, sizeof(body));
	CU_ASSERT_EQUAL(memcmp(r.body, body, sizeof(body)), 0);
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), CGN_WIRE_ACK);
	CU_ASSERT_TRUE(cgn_wire_get_ack(at, n, &a));
	CU_ASSERT_EQUAL(a.location, 7);
	CU_ASSERT_EQUAL(a.stream, 6);
	CU_ASSERT_EQUAL(a.taken, 77);
	CU_ASSERT_EQUAL(a.room, 1000);
	CU_ASSERT_EQUAL(a.words, 2);
	CU_ASSERT_EQUAL(a.have[0], ack.have[0]);
	CU_ASSERT_EQUAL(a.have[1], 2);
	CU_ASSERT_EQUAL(cgn_wire_next(in, &at, &n), 0);
}

static void
golden(uint8_t kind, const char *text)
{
	uint8_t made[1100], kept[1100], session[CGN_SEAL_SECRET];
	unsigned n = make(kind, made), len = unhex(text, kept);
	struct cgn_wire_in in = { kept + CGN_WIRE_HEAD, kept + len - CGN_SEAL_TAG };
	struct cgn_seal_key k = key();
	struct cgn_wire_head head;

	CU_ASSERT_EQUAL(n, len);
	CU_ASSERT_EQUAL(memcmp(made, kept, n), 0);
	CU_ASSERT_EQUAL_FATAL(cgn_wire_get_head(kept, len, &head), 0);
	CU_ASSERT_EQUAL(head.kind, kind);
	CU_ASSERT_EQUAL(head.key, k.id);
	CU_ASSERT_EQUAL(head.boot, 0x6162636465666768);
	CU_ASSERT_EQUAL(head.number, 9);
	cgn_seal_session(&k, head.boot, hello.heard_boot, session);
	if (kind == CGN_WIRE_GREETING)
		CU_ASSERT_TRUE_FATAL(cgn_seal_open_hello(&k, head.boot, 9, kept,
			CGN_WIRE_HEAD, kept + CGN_WIRE_HEAD, len - CGN_WIRE_HEAD))
	else
		CU_ASSERT_TRUE_FATAL(cgn_seal_open_data(session, 9, kept, CGN_WIRE_HEAD,
			kept + CGN_WIRE_HEAD, len - CGN_WIRE_HEAD))
	kind == CGN_WIRE_GREETING ? check_greeting(&in) : check_data(&in);
}

static void
test_golden_greeting(void)
{
	golden(CGN_WIRE_GREETING, golden_greeting);
}

static void
test_golden_data(void)
{
	golden(CGN_WIRE_DATA, golden_data);
}

static void
test_head(void)
{
	struct cgn_wire_head head = { CGN_WIRE_DATA, 1, 2, 3 }, read;
	uint8_t at[CGN_WIRE_HEAD];

	cgn_wire_put_head(&head, at);
	for (unsigned n = 0; n < sizeof(at); n++)
		CU_ASSERT_EQUAL(cgn_wire_get_head(at, n, &read), -EINVAL);
	CU_ASSERT_EQUAL(cgn_wire_get_head(at, sizeof(at), &read), 0);
	at[2]++;
	CU_ASSERT_EQUAL(cgn_wire_get_head(at, sizeof(at), &read), -EPROTO);
	at[2]--;
	at[3] = 3;
	CU_ASSERT_EQUAL(cgn_wire_get_head(at, sizeof(at), &read), -EINVAL);
	head.number = 0;
	cgn_wire_put_head(&head, at);
	CU_ASSERT_EQUAL(cgn_wire_get_head(at, sizeof(at), &read), -EINVAL);
}

/* A section of a later version is stepped over, and what it adds to a known one is. */
static void
test_later_version(void)
{
	uint8_t text[400] = { 200, 0, 3, 9, 9, 9 };
	struct cgn_wire_out o = { .text = text, .len = 6, .size = sizeof(text) };
	struct cgn_wire_in in = { text, text };
	struct cgn_wire_location l;
	const uint8_t *at;
	unsigned n;

	cgn_wire_put_location(&o, &location);
	text[6 + 2] += 4; /* its length */
	in.end = text + o.len + 4;
	CU_ASSERT_EQUAL(cgn_wire_next(&in, &at, &n), 200);
	CU_ASSERT_EQUAL(cgn_wire_next(&in, &at, &n), CGN_WIRE_LOCATION);
	CU_ASSERT_TRUE(cgn_wire_get_location(at, n, &l));
	CU_ASSERT_EQUAL(l.received, 2000);
	CU_ASSERT_EQUAL(cgn_wire_next(&in, &at, &n), 0);
}

/* Every length is checked. */
static void
test_cut_off(void)
{
	uint8_t text[1100];
	struct cgn_wire_out o = { .text = text, .size = sizeof(text) };
	struct cgn_wire_location l;
	struct cgn_wire_records r;
	struct cgn_wire_hello h;
	struct cgn_wire_print p;
	struct cgn_wire_ack a;
	unsigned good = 0;

	cgn_wire_put_hello(&o, &hello);
	for (unsigned n = 0; n < 88; n++)
		good += cgn_wire_get_hello(text + 3, n, &h);
	cgn_wire_put_location(&o, &location);
	for (unsigned n = 0; n < 64; n++)
		good += cgn_wire_get_location(text + 91 + 3, n, &l);
	for (unsigned n = 0; n <= 16; n++)
		good += cgn_wire_get_records(text + 91 + 3, n, &r);
	for (unsigned n = 0; n <= 12; n++)
		good += cgn_wire_get_print(text + 91 + 3, n, &p);
	for (unsigned n = 0; n < 400; n++)
		good += (n < 16 || n % 8 || n > 16 + 128) &&
			cgn_wire_get_ack(text + 91 + 3, n, &a);
	CU_ASSERT_EQUAL(good, 0);
	for (unsigned cut = 1; cut < o.len; cut++) {
		struct cgn_wire_in in = { text, text + cut };
		const uint8_t *at;
		unsigned n;
		int rc;

		while ((rc = cgn_wire_next(&in, &at, &n)) > 0)
			CU_ASSERT_TRUE(at + n <= in.end);
		CU_ASSERT_EQUAL(rc, cut == 91 ? 0 : -EINVAL);
	}
}

/* What does not fit is not begun. */
static void
test_room(void)
{
	uint8_t text[1100];

	for (unsigned size = 0; size < 300; size++) {
		struct cgn_wire_out o = { .text = text, .size = size };

		CU_ASSERT_EQUAL(cgn_wire_put_hello(&o, &hello), size >= 91);
		CU_ASSERT_EQUAL(cgn_wire_put_location(&o, &location),
			size >= (size < 91 ? 67 : 91 + 67));
		CU_ASSERT_TRUE(o.len <= size);
	}
}

static void
test_values(void)
{
	struct cgn_wire_hello h = hello, read;
	struct cgn_wire_location l = location;
	uint8_t text[400];
	struct cgn_wire_out o = { .text = text, .size = sizeof(text) };

	h.version_min = 2;
	cgn_wire_put_hello(&o, &h);
	CU_ASSERT_FALSE(cgn_wire_get_hello(text + 3, 88, &read));
	h = hello;
	memcpy(h.node, "a\nb", 4); /* would be in a log */
	o.len = 0;
	cgn_wire_put_hello(&o, &h);
	CU_ASSERT_FALSE(cgn_wire_get_hello(text + 3, 88, &read));
	l.limit = l.taken + CGN_WIRE_WINDOW + 1;
	o.len = 0;
	cgn_wire_put_location(&o, &l);
	CU_ASSERT_FALSE(cgn_wire_get_location(text + 3, 64, &l));
}

int
main(int argc, char **argv)
{
	CU_TestInfo tests[] = { { "golden greeting", test_golden_greeting },
		{ "golden data", test_golden_data }, { "header", test_head },
		{ "later version", test_later_version }, { "cut off", test_cut_off },
		{ "room", test_room }, { "values", test_values }, CU_TEST_INFO_NULL };
	uint8_t made[1100];

	if (cgn_seal_init() != 0)
		return 2;
	if (argc > 1) { /* prints what this version sends */
		for (uint8_t kind = CGN_WIRE_GREETING; kind <= CGN_WIRE_DATA; kind++) {
			unsigned n = make(kind, made);

			for (unsigned k = 0; k < n; k++)
				printf("%02x", made[k]);
			printf("\n");
		}
		return argv[1][0] == '\0';
	}
	return suite_run("wire", tests);
}
