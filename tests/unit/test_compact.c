/* SPDX-License-Identifier: BSD-3-Clause */
#include "ha/compact.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/session.h"
#include "ha/bytes.h"
#include "ha/seal.h"
#include "ha/wire.h"
#include "suite.h"

static const uint8_t b4[16] = { 0x20, 0x01, 0x0d, 0xb8, 1, 0, 0, 1, [15] = 1 };

static struct cgn_syncrec
record(uint8_t type, uint8_t kind, uint32_t stamp)
{
	struct cgn_syncrec r = { .type = type,
		.location = 7,
		.epoch = 3,
		.stamp = stamp,
		.instance = 1,
		.kind = kind };

	if (kind == CGN_NAT44)
		memcpy(r.who, (uint8_t[16]){ [10] = 0xff, 0xff, 10, 0, 0, 2 }, 16);
	else
		memcpy(r.who, b4, 16);
	return r;
}

static struct cgn_syncrec
flow(uint8_t type, uint8_t kind, uint32_t stamp)
{
	struct cgn_syncrec r = record(type, kind, stamp);

	r.flow.inside = RTE_BE32(kind == CGN_NAT44 ? 0x0a000002 : 0xc0a8010a);
	r.flow.outside = RTE_BE32(0xcb007105);
	r.flow.remote = RTE_BE32(0xc0000250);
	r.flow.inside_port = RTE_BE16(40000);
	r.flow.outside_port = RTE_BE16(20304);
	r.flow.remote_port = RTE_BE16(443);
	r.flow.proto = CGN_IPPROTO_TCP;
	if (type == CGN_SYNCREC_SESSION_DEL)
		return r;
	r.flow.state = CGN_STATE_ESTABLISHED;
	r.flow.idle = 12;
	r.flow.age = 36000; /* an hour */
	return r;
}

/* There and back, behind a record of the same instance. Returns bytes. */
static unsigned
round_trip(const struct cgn_syncrec *r, uint8_t out[CGN_SYNCREC_BYTES])
{
	struct cgn_compact put = { .epoch = 3, .stamp = r->stamp - 1, .instance = 1 };
	struct cgn_compact get = put;
	uint8_t wire[CGN_SYNCREC_BYTES], packed[CGN_COMPACT_MAX];
	struct cgn_syncrec read;
	unsigned n;

	cgn_syncrec_encode(r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &read), 0);
	n = cgn_compact_put(&put, wire, packed);
	CU_ASSERT_EQUAL(cgn_compact_get(&get, 7, packed, n, out), n);
	CU_ASSERT_EQUAL(memcmp(&put, &get, sizeof(put)), 0);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(out, &read), 0);
	for (unsigned k = 0; k < n; k++) { /* no shorter one can be read */
		struct cgn_compact cut = { .epoch = 3, .stamp = r->stamp - 1 };
		uint8_t any[CGN_SYNCREC_BYTES];

		CU_ASSERT_EQUAL(cgn_compact_get(&cut, 7, packed, k, any), 0);
	}
	return n;
}

static unsigned
same(const struct cgn_syncrec *r)
{
	uint8_t in[CGN_SYNCREC_BYTES], out[CGN_SYNCREC_BYTES];
	unsigned n = round_trip(r, out);

	cgn_syncrec_encode(r, in);
	CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
	return n;
}

/* At most 40 bytes for a session of NAT44, 56 of DS-Lite, 16 for the end of one of NAT44;
 * that of DS-Lite has the 16 bytes of its B4 alone. */
static void
test_sizes(void)
{
	uint8_t out[CGN_SYNCREC_BYTES];
	struct cgn_syncrec nat = flow(CGN_SYNCREC_SESSION, CGN_NAT44, 9);
	struct cgn_syncrec lite = flow(CGN_SYNCREC_SESSION, CGN_DS_LITE, 9);
	struct cgn_syncrec nat_del = flow(CGN_SYNCREC_SESSION_DEL, CGN_NAT44, 9);
	struct cgn_syncrec lite_del = flow(CGN_SYNCREC_SESSION_DEL, CGN_DS_LITE, 9);
	unsigned n[4] = { same(&nat), same(&lite), round_trip(&nat_del, out),
		round_trip(&lite_del, out) };
	/* what a full datagram adds to each record, IPv6 and UDP included */
	double head = CGN_WIRE_HEAD + CGN_SEAL_TAG + CGN_WIRE_RECORDS_HEAD + 48 + 10;

	printf("\n  bytes: session NAT44 %u, DS-Lite %u; end NAT44 %u, DS-Lite %u ", n[0],
		n[1], n[2], n[3]);
	CU_ASSERT_TRUE(n[0] + head * n[0] / (1280 - head) <= 40);
	CU_ASSERT_TRUE(n[1] + head * n[1] / (1280 - head) <= 56);
	CU_ASSERT_TRUE(n[2] <= 16);
	CU_ASSERT_TRUE(n[3] <= 16 + 16);
}

/* The end of a session keeps what finds it. */
static void
test_end(void)
{
	struct cgn_syncrec r = flow(CGN_SYNCREC_SESSION_DEL, CGN_DS_LITE, 9), read;
	uint8_t out[CGN_SYNCREC_BYTES];

	r.flow.state = CGN_STATE_FIN_BOTH;
	r.flow.from = CGN_DOWN;
	round_trip(&r, out);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(out, &read), 0);
	CU_ASSERT_EQUAL(memcmp(read.who, b4, 16), 0);
	CU_ASSERT_EQUAL(read.instance, 1);
	CU_ASSERT_EQUAL(read.flow.proto, CGN_IPPROTO_TCP);
	CU_ASSERT_EQUAL(read.flow.inside, r.flow.inside);
	CU_ASSERT_EQUAL(read.flow.inside_port, r.flow.inside_port);
	CU_ASSERT_EQUAL(read.flow.remote, r.flow.remote);
	CU_ASSERT_EQUAL(read.flow.remote_port, r.flow.remote_port);
	CU_ASSERT_EQUAL(read.flow.outside_port, r.flow.outside_port);
}

/* Of a published server, with a public port below 1024, and of a protocol by address. */
static void
test_end_others(void)
{
	struct cgn_syncrec r = flow(CGN_SYNCREC_SESSION_DEL, CGN_NAT44, 9);
	uint8_t out[CGN_SYNCREC_BYTES];

	r.flow.server = true;
	r.flow.outside_port = RTE_BE16(80);
	CU_ASSERT_EQUAL(round_trip(&r, out), 16);
	r = flow(CGN_SYNCREC_SESSION_DEL, CGN_NAT44, 9);
	r.flow.proto = 47;
	r.flow.inside_port = r.flow.outside_port = r.flow.remote_port = 0;
	r.flow.state = CGN_STATE_OPEN;
	CU_ASSERT_EQUAL(round_trip(&r, out), 17);
	CU_ASSERT_EQUAL(out[32 + 18], 47);
}

static void
test_objects(void)
{
	for (uint8_t kind = CGN_DS_LITE; kind <= CGN_NAT44; kind++) {
		struct cgn_syncrec r = record(CGN_SYNCREC_USER, kind, 9);

		r.user.outside = RTE_BE32(0xcb007105);
		r.user.age = INT32_MAX;
		r.user.block_size = 64;
		if (kind == CGN_DS_LITE)
			memcpy(r.user.b4, b4, 16);
		same(&r);
		if (kind == CGN_DS_LITE) {
			r.user.b4[15] = 77; /* its prefix is shorter */
			same(&r);
		}
		r = record(CGN_SYNCREC_USER_DEL, kind, 9);
		same(&r);
		r = record(CGN_SYNCREC_BLOCK, kind, 9);
		r.block.first = 20288;
		r.block.size = 64;
		r.block.served = true;
		r.block.age = 127;
		same(&r);
		r.type = CGN_SYNCREC_BLOCK_DEL;
		r.block.age = 0;
		same(&r);
		r = flow(CGN_SYNCREC_SESSION, kind, 9);
		r.flow.proto = 132;
		r.flow.state = CGN_STATE_OPEN;
		r.flow.inside_port = r.flow.outside_port = r.flow.remote_port = 0;
		r.flow.from = CGN_DOWN;
		same(&r);
	}
}

static void
test_copies(void)
{
	struct cgn_syncrec r = {
		.type = CGN_SYNCREC_BEGIN, .location = 7, .epoch = 3, .stamp = 9
	};

	r.copy.id = 0x01020304;
	r.copy.ranges.w[2] = 0x8000000000000001;
	same(&r);
	r.type = CGN_SYNCREC_WANT;
	same(&r);
	r = (struct cgn_syncrec){
		.type = CGN_SYNCREC_ASK, .location = 7, .epoch = 3, .stamp = 9
	};
	CU_ASSERT_TRUE(same(&r) < 10);
	r.type = CGN_SYNCREC_DIGEST;
	r.digest.first = 250;
	for (uint8_t n = 1; n <= CGN_SYNCREC_SUMS; n++) {
		r.digest.n = n;
		r.digest.sum[n - 1] = ~0ull;
		same(&r);
	}
}

/* Epochs, stamps that jump and wrap, instances: with what each record changes. */
static void
test_runs(void)
{
	struct cgn_compact put = { 0 }, get = { 0 };
	uint8_t frame[40 * CGN_COMPACT_MAX], in[40][CGN_SYNCREC_BYTES];
	uint8_t out[CGN_SYNCREC_BYTES];
	unsigned n = 0, at = 0;

	for (unsigned k = 0; k < 40; k++) {
		struct cgn_syncrec r = flow(CGN_SYNCREC_SESSION, k & 1, 0xfffffff0 + k);

		r.epoch = 0xfffffff8 + k / 4;
		r.stamp += k % 7 == 0 ? 1000 : 0;
		r.instance = (uint16_t)(1 + k / 3);
		cgn_syncrec_encode(&r, in[k]);
		n += cgn_compact_put(&put, in[k], frame + n);
	}
	for (unsigned k = 0; k < 40; k++) {
		at += cgn_compact_get(&get, 7, frame + at, n - at, out);
		CU_ASSERT_EQUAL(memcmp(in[k], out, sizeof(out)), 0);
	}
	CU_ASSERT_EQUAL(at, n);
}

/* A type that not every version knows has all its bytes, so that its end is found. */
static void
test_newer(void)
{
	struct cgn_syncrec r = record(CGN_SYNCREC_EXPECT, CGN_NAT44, 9);
	struct cgn_compact c = { .epoch = 3, .stamp = 8, .instance = 1 };
	const unsigned whole = CGN_SYNCREC_BYTES - 1; /* but for its location */
	uint8_t wire[CGN_SYNCREC_BYTES], packed[CGN_COMPACT_MAX];

	r.expect.inside = RTE_BE32(0x0a000002);
	r.expect.remote = RTE_BE32(0xc0000250);
	r.expect.port = RTE_BE16(5001);
	r.expect.outside = RTE_BE32(0xcb007105);
	r.expect.outside_port = RTE_BE16(20304);
	CU_ASSERT_EQUAL(same(&r), whole);
	r.type = CGN_SYNCREC_EXPECT_DEL;
	CU_ASSERT_EQUAL(same(&r), whole);
	cgn_syncrec_encode(&r, wire);
	wire[0] = CGN_SYNCREC_TYPES;
	memset(wire + 48, 0, 16);
	CU_ASSERT_EQUAL(cgn_compact_put(&c, wire, packed), whole);
}

/* Whatever the 64 bytes are, they come out: a later version's too. */
static void
test_whole(void)
{
	uint8_t in[CGN_SYNCREC_BYTES], out[CGN_SYNCREC_BYTES], packed[CGN_COMPACT_MAX];

	for (unsigned k = 0; k < 20000; k++) {
		struct cgn_compact put = { .stamp = k }, get = put;
		unsigned n;

		cgn_seal_random(in, sizeof(in));
		in[2] = 0;
		in[3] = 7;
		if (k & 1)
			in[1] = CGN_SYNCREC_VERSION;
		if (k & 2)
			in[0] %= 16;
		if (in[0] == CGN_SYNCREC_SESSION_DEL && in[1] == CGN_SYNCREC_VERSION)
			continue;
		n = cgn_compact_put(&put, in, packed);
		CU_ASSERT_TRUE(n <= CGN_COMPACT_MAX);
		CU_ASSERT_EQUAL(cgn_compact_get(&get, 7, packed, n, out), n);
		CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = { { "bytes for each record", test_sizes },
		{ "end of a session", test_end },
		{ "end of a server's, of GRE", test_end_others },
		{ "users and blocks", test_objects },
		{ "copies and digests", test_copies }, { "runs, wrapping", test_runs },
		{ "newer types", test_newer }, { "any 64 bytes", test_whole },
		CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("compact", tests);
}
