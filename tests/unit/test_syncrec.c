/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of replication: what is written is read again, and every field that is wrong is
 * refused. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "dataplane/alg_ftp.h"
#include "dataplane/session.h"
#include "dataplane/snapshot.h"
#include "dataplane/syncrec.h"
#include "eal_main.h"

#define SEED 0x1234567890abcdefull

static const struct cgn_syncrec head = { .location = 65535,
	.epoch = 0xfffffffe,
	.stamp = 0xffffffff,
	.instance = 4711,
	.kind = CGN_DS_LITE,
	.who = { 0x20, 1, 0xd, 0xb8, [15] = 7 } };

static struct cgn_syncrec
expected(uint8_t type)
{
	struct cgn_syncrec r = head;

	r.type = type;
	r.expect.inside = RTE_BE32(0xc0a80101);
	r.expect.remote = RTE_BE32(0xc0000201);
	r.expect.inside_port = RTE_BE16(5000);
	r.expect.remote_port = RTE_BE16(21);
	r.expect.port = RTE_BE16(5001);
	r.expect.outside_port = RTE_BE16(1024);
	r.expect.outside = RTE_BE32(0xcb007101);
	r.expect.shared = true;
	r.expect.age = type == CGN_SYNCREC_EXPECT ? INT32_MAX : 0;
	return r;
}

static struct cgn_syncrec
object(uint8_t type)
{
	struct cgn_syncrec r = head;

	r.type = type;
	switch (type) {
	case CGN_SYNCREC_USER:
		r.user.outside = RTE_BE32(0xcb007101);
		r.user.age = 12345678;
		memcpy(r.user.b4, head.who, 16);
		r.user.port_mode = CGN_MODE_SEMI_DYNAMIC;
		r.user.extended_times = 3;
		r.user.block_size = 256;
		r.user.extended_size = 64;
		break;
	case CGN_SYNCREC_BLOCK:
		r.block.age = 77;
		/* fall through */
	case CGN_SYNCREC_BLOCK_DEL:
		r.block.first = 65024;
		r.block.size = 512;
		r.block.served = true;
		break;
	case CGN_SYNCREC_ALG:
		r.alg.inside = RTE_BE32(0xc0a80101);
		r.alg.remote = RTE_BE32(0xc0000201);
		r.alg.inside_port = RTE_BE16(5000);
		r.alg.remote_port = RTE_BE16(21);
		r.alg.shift = 0xfffffffe;
		r.alg.next = 4000000000;
		r.alg.seq = 3999999980;
		r.alg.was = 25;
		r.alg.kind = CGN_ALG_FTP_EPRT;
		r.alg.delimiter = '|';
		r.alg.addr = RTE_BE32(0xcb007101);
		r.alg.port = 65535;
		break;
	case CGN_SYNCREC_SESSION:
		r.flow.idle = INT32_MAX - 1;
		r.flow.age = INT32_MAX;
		/* fall through */
	case CGN_SYNCREC_SESSION_DEL:
		r.flow.remote = RTE_BE32(0xc0000201);
		r.flow.remote_port = RTE_BE16(80);
		r.flow.state = CGN_STATE_FIN_BOTH;
		r.flow.from = CGN_DOWN;
		r.flow.shared = true;
		r.flow.inside = RTE_BE32(0xc0a80101);
		r.flow.outside = RTE_BE32(0xcb007101);
		r.flow.inside_port = RTE_BE16(5000);
		r.flow.outside_port = RTE_BE16(1024);
		r.flow.proto = CGN_IPPROTO_TCP;
		break;
	}
	return r;
}

static struct cgn_syncrec
control(uint8_t type)
{
	struct cgn_syncrec r = { .type = type, .location = 1, .epoch = 1, .stamp = 0 };

	if (type == CGN_SYNCREC_DIGEST) {
		r.digest.first = CGN_SYNC_RANGES - CGN_SYNCREC_SUMS;
		r.digest.n = CGN_SYNCREC_SUMS;
		for (unsigned k = 0; k < CGN_SYNCREC_SUMS; k++)
			r.digest.sum[k] = ~0ull - k;
		return r;
	}
	r.copy.id = UINT32_MAX;
	if (type != CGN_SYNCREC_ASK && type != CGN_SYNCREC_ACK) {
		cgn_sync_set_add(&r.copy.ranges, 0);
		cgn_sync_set_add(&r.copy.ranges, CGN_SYNC_RANGES - 1);
	}
	return r;
}

static struct cgn_syncrec
sample(uint8_t type)
{
	if (type >= CGN_SYNCREC_EXPECT)
		return expected(type);
	return type < CGN_SYNCREC_BEGIN || type == CGN_SYNCREC_ALG ? object(type)
								   : control(type);
}

static void
test_round_trip(void)
{
	for (uint8_t type = 1; type < CGN_SYNCREC_TYPES; type++) {
		struct cgn_syncrec in = sample(type), out;
		uint8_t wire[CGN_SYNCREC_BYTES], again[CGN_SYNCREC_BYTES];

		cgn_syncrec_encode(&in, wire);
		CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
		CU_ASSERT_EQUAL(out.type, type);
		CU_ASSERT_EQUAL(out.location, in.location);
		CU_ASSERT_EQUAL(out.epoch, in.epoch);
		CU_ASSERT_EQUAL(out.stamp, in.stamp);
		cgn_syncrec_encode(&out, again);
		CU_ASSERT_EQUAL(memcmp(wire, again, sizeof(wire)), 0);
	}
}

static void
test_fields(void)
{
	struct cgn_syncrec in = sample(CGN_SYNCREC_SESSION), out;
	uint8_t wire[CGN_SYNCREC_BYTES];

	cgn_syncrec_encode(&in, wire);
	CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
	CU_ASSERT_EQUAL(out.instance, 4711);
	CU_ASSERT_EQUAL(out.kind, CGN_DS_LITE);
	CU_ASSERT_EQUAL(memcmp(out.who, head.who, 16), 0);
	CU_ASSERT_EQUAL(out.flow.inside, in.flow.inside);
	CU_ASSERT_EQUAL(out.flow.outside, in.flow.outside);
	CU_ASSERT_EQUAL(out.flow.remote, in.flow.remote);
	CU_ASSERT_EQUAL(out.flow.inside_port, in.flow.inside_port);
	CU_ASSERT_EQUAL(out.flow.outside_port, in.flow.outside_port);
	CU_ASSERT_EQUAL(out.flow.remote_port, in.flow.remote_port);
	CU_ASSERT_EQUAL(out.flow.proto, CGN_IPPROTO_TCP);
	CU_ASSERT_EQUAL(out.flow.state, CGN_STATE_FIN_BOTH);
	CU_ASSERT_EQUAL(out.flow.from, CGN_DOWN);
	CU_ASSERT_EQUAL(out.flow.idle, in.flow.idle);
	CU_ASSERT_EQUAL(out.flow.age, in.flow.age);
	CU_ASSERT(out.flow.shared && !out.flow.server);
	in = sample(CGN_SYNCREC_USER);
	cgn_syncrec_encode(&in, wire);
	CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
	CU_ASSERT_EQUAL(out.user.outside, in.user.outside);
	CU_ASSERT_EQUAL(out.user.age, in.user.age);
	CU_ASSERT_EQUAL(out.user.port_mode, CGN_MODE_SEMI_DYNAMIC);
	CU_ASSERT_EQUAL(out.user.extended_times, 3);
	CU_ASSERT_EQUAL(out.user.block_size, 256);
	CU_ASSERT_EQUAL(out.user.extended_size, 64);
	in = sample(CGN_SYNCREC_ALG);
	cgn_syncrec_encode(&in, wire);
	CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
	CU_ASSERT_EQUAL(memcmp(&in.alg, &out.alg, sizeof(in.alg)), 0);
	in = expected(CGN_SYNCREC_EXPECT);
	cgn_syncrec_encode(&in, wire);
	CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
	CU_ASSERT_EQUAL(memcmp(&in.expect, &out.expect, sizeof(in.expect)), 0);
	in = sample(CGN_SYNCREC_BLOCK);
	cgn_syncrec_encode(&in, wire);
	CU_ASSERT_EQUAL_FATAL(cgn_syncrec_decode(wire, &out), 0);
	CU_ASSERT_EQUAL(out.block.first, 65024);
	CU_ASSERT_EQUAL(out.block.size, 512);
	CU_ASSERT_EQUAL(out.block.age, 77);
	CU_ASSERT(out.block.served);
}

/* One byte of a good record, changed. */
static const struct {
	uint8_t type, at, value;
	int rc;
} wrong[] = {
	{ CGN_SYNCREC_USER, 0, 0, -EPROTO },
	{ CGN_SYNCREC_USER, 0, CGN_SYNCREC_TYPES, -ENOTSUP },
	{ CGN_SYNCREC_USER, 0, 255, -ENOTSUP },
	{ CGN_SYNCREC_USER, 1, 0, -EPROTO },
	{ CGN_SYNCREC_USER, 1, CGN_SYNCREC_VERSION + 1, -EPROTO },
	{ CGN_SYNCREC_USER, 14, CGN_KINDS, -EINVAL },
	{ CGN_SYNCREC_USER, 14, CGN_NAT44, -EINVAL }, /* whose owner is IPv4 */
	{ CGN_SYNCREC_USER, 15, 1, -EINVAL },
	{ CGN_SYNCREC_USER, 36, 0x80, -EINVAL }, /* age */
	{ CGN_SYNCREC_USER, 56, CGN_MODE_DETERMINISTIC + 1, -EINVAL },
	{ CGN_SYNCREC_USER, 58, 0, -EINVAL }, /* blocks without ports */
	{ CGN_SYNCREC_USER, 62, 1, -EINVAL },
	{ CGN_SYNCREC_USER, 63, 1, -EINVAL },
	{ CGN_SYNCREC_USER_DEL, 15, 1, -EINVAL },
	{ CGN_SYNCREC_USER_DEL, 32, 1, -EINVAL },
	{ CGN_SYNCREC_USER_DEL, 63, 1, -EINVAL },
	{ CGN_SYNCREC_ALG, 63, CGN_ALG_FTP_BAD, -EINVAL },
	{ CGN_SYNCREC_ALG, 63, CGN_ALG_FTP_OTHER, -EINVAL }, /* and yet an edit */
	{ CGN_SYNCREC_ALG, 63, CGN_ALG_FTP_PASV, -EINVAL },  /* with a delimiter */
	{ CGN_SYNCREC_ALG, 62, 0, -EINVAL },		     /* of no bytes */
	{ CGN_SYNCREC_ALG, 15, 0, -EINVAL },
	{ CGN_SYNCREC_EXPECT, 15, 0x01, -EINVAL },
	{ CGN_SYNCREC_EXPECT, 46, 3, -EINVAL },	   /* public port below 1024 */
	{ CGN_SYNCREC_EXPECT, 52, 0x80, -EINVAL }, /* age */
	{ CGN_SYNCREC_EXPECT, 63, 1, -EINVAL },
	{ CGN_SYNCREC_EXPECT_DEL, 55, 1, -EINVAL },
	{ CGN_SYNCREC_BLOCK, 15, 0x10, -EINVAL },
	{ CGN_SYNCREC_BLOCK, 15, 1, -EINVAL },
	{ CGN_SYNCREC_BLOCK, 32, 3, -EINVAL },	 /* below 1024 */
	{ CGN_SYNCREC_BLOCK, 32, 255, -EINVAL }, /* beyond 65535 */
	{ CGN_SYNCREC_BLOCK, 34, 0, -EINVAL },	 /* no ports */
	{ CGN_SYNCREC_BLOCK, 36, 0x80, -EINVAL },
	{ CGN_SYNCREC_BLOCK, 40, 1, -EINVAL },
	{ CGN_SYNCREC_BLOCK_DEL, 39, 1, -EINVAL },
	{ CGN_SYNCREC_SESSION, 15, 0x08, -EINVAL },
	{ CGN_SYNCREC_SESSION, 46, 0, -EINVAL }, /* outside port below 1024 */
	{ CGN_SYNCREC_SESSION, 50, 0, -EINVAL }, /* protocol */
	{ CGN_SYNCREC_SESSION, 50, CGN_IPPROTO_ICMP, -EINVAL }, /* with a port */
	{ CGN_SYNCREC_SESSION, 50, CGN_IPPROTO_UDP, -EINVAL },	/* with TCP's state */
	{ CGN_SYNCREC_SESSION, 50, 47, -EINVAL },		/* GRE with ports */
	{ CGN_SYNCREC_SESSION, 51, CGN_STATE_FREE, -EINVAL },
	{ CGN_SYNCREC_SESSION, 51, CGN_STATE_OPEN, -EINVAL },
	{ CGN_SYNCREC_SESSION, 51, CGN_STATES, -EINVAL },
	{ CGN_SYNCREC_SESSION, 52, 0x80, -EINVAL }, /* idle for longer than it lives */
	{ CGN_SYNCREC_SESSION, 56, 0x80, -EINVAL },
	{ CGN_SYNCREC_SESSION, 60, 1, -EINVAL },
	{ CGN_SYNCREC_SESSION_DEL, 59, 1, -EINVAL },
	{ CGN_SYNCREC_BEGIN, 48, 1, -EINVAL },
	{ CGN_SYNCREC_END, 63, 1, -EINVAL },
	{ CGN_SYNCREC_ASK, 16, 1, -EINVAL },
	{ CGN_SYNCREC_WANT, 60, 1, -EINVAL },
	{ CGN_SYNCREC_DIGEST, 12, 1, -EINVAL }, /* beyond the last range */
	{ CGN_SYNCREC_DIGEST, 13, 255, -EINVAL },
	{ CGN_SYNCREC_DIGEST, 14, 0, -EINVAL },
	{ CGN_SYNCREC_DIGEST, 14, CGN_SYNCREC_SUMS + 1, -EINVAL },
	{ CGN_SYNCREC_DIGEST, 14, CGN_SYNCREC_SUMS - 1, -EINVAL }, /* one sum too many */
	{ CGN_SYNCREC_DIGEST, 15, 1, -EINVAL },
};

static void
test_malformed(void)
{
	for (unsigned k = 0; k < RTE_DIM(wrong); k++) {
		struct cgn_syncrec r = sample(wrong[k].type), out;
		uint8_t wire[CGN_SYNCREC_BYTES];
		int rc;

		cgn_syncrec_encode(&r, wire);
		wire[wrong[k].at] = wrong[k].value;
		rc = cgn_syncrec_decode(wire, &out);
		if (rc != wrong[k].rc)
			fprintf(stderr, "type %u byte %u = %u: %d\n", wrong[k].type,
				wrong[k].at, wrong[k].value, rc);
		CU_ASSERT_EQUAL(rc, wrong[k].rc);
	}
}

/* Fields of several bytes, all zero. */
static void
test_missing(void)
{
	static const struct {
		uint8_t type, at, n;
	} field[] = { { CGN_SYNCREC_USER, 2, 2 }, { CGN_SYNCREC_USER, 16, 16 },
		{ CGN_SYNCREC_USER, 32, 4 }, { CGN_SYNCREC_USER, 40, 16 },
		{ CGN_SYNCREC_SESSION, 32, 4 }, { CGN_SYNCREC_SESSION, 36, 4 },
		{ CGN_SYNCREC_SESSION, 40, 4 }, { CGN_SYNCREC_BEGIN, 16, 32 },
		{ CGN_SYNCREC_END, 16, 32 } };

	for (unsigned k = 0; k < RTE_DIM(field); k++) {
		struct cgn_syncrec r = sample(field[k].type), out;
		uint8_t wire[CGN_SYNCREC_BYTES];

		cgn_syncrec_encode(&r, wire);
		memset(wire + field[k].at, 0, field[k].n);
		CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), -EINVAL);
	}
}

/* Other protocols have no ports; a server may have a low one; a NAT44 user is IPv4. */
static void
test_kinds(void)
{
	struct cgn_syncrec r = sample(CGN_SYNCREC_SESSION), out;
	uint8_t wire[CGN_SYNCREC_BYTES];

	r.flow.proto = 47;
	r.flow.state = CGN_STATE_OPEN;
	r.flow.inside_port = r.flow.outside_port = r.flow.remote_port = 0;
	r.flow.shared = false;
	cgn_syncrec_encode(&r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), 0);
	r = sample(CGN_SYNCREC_SESSION);
	r.flow.server = true;
	r.flow.outside_port = RTE_BE16(80);
	cgn_syncrec_encode(&r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), 0);
	r.flow.outside_port = 0;
	cgn_syncrec_encode(&r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), -EINVAL);
	r = sample(CGN_SYNCREC_USER);
	r.kind = CGN_NAT44;
	memset(r.who, 0, 16);
	memset(r.user.b4, 0, 16);
	r.who[10] = r.who[11] = 0xff;
	cgn_syncrec_encode(&r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), -EINVAL);
	r.who[12] = 10;
	cgn_syncrec_encode(&r, wire);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(wire, &out), 0);
}

/* Times, epoch and stamp are not in a hash, all else is. */
static void
test_hash(void)
{
	static const uint8_t own[] = { 13, 14, 16, 31, 32, 36, 40, 44, 46, 48, 50, 51 };
	static const uint8_t other[] = { 2, 4, 8, 11, 52, 59 };
	struct cgn_syncrec r = sample(CGN_SYNCREC_SESSION);
	uint8_t wire[CGN_SYNCREC_BYTES];
	uint64_t h;

	cgn_syncrec_encode(&r, wire);
	h = cgn_syncrec_hash(wire, SEED);
	CU_ASSERT_NOT_EQUAL(h, cgn_syncrec_hash(wire, SEED + 1));
	for (unsigned k = 0; k < RTE_DIM(own); k++) {
		wire[own[k]] ^= 1;
		CU_ASSERT_NOT_EQUAL(cgn_syncrec_hash(wire, SEED), h);
		wire[own[k]] ^= 1;
	}
	for (unsigned k = 0; k < RTE_DIM(other); k++)
		wire[other[k]] ^= 1;
	CU_ASSERT_EQUAL(cgn_syncrec_hash(wire, SEED), h);
}

/* Users spread over the ranges, and the seed decides how. */
static void
test_range(void)
{
	unsigned n[CGN_SYNC_RANGES] = { 0 }, same = 0;
	uint8_t who[16] = { 0x20, 1, 0xd, 0xb8 };

	for (unsigned k = 0; k < 64 * CGN_SYNC_RANGES; k++) {
		memcpy(who + 12, &k, sizeof(k));
		n[cgn_syncrec_range(who, SEED)]++;
		same += cgn_syncrec_range(who, SEED) == cgn_syncrec_range(who, ~SEED);
	}
	for (unsigned k = 0; k < CGN_SYNC_RANGES; k++)
		CU_ASSERT(n[k] > 16 && n[k] < 160);
	CU_ASSERT(same < 256);
}

const char *const eal_suite = "syncrec";
CU_TestInfo eal_tests[] = {
	{ "written and read", test_round_trip },
	{ "every field", test_fields },
	{ "every byte that is wrong", test_malformed },
	{ "every field that is missing", test_missing },
	{ "kinds and protocols", test_kinds },
	{ "hash", test_hash },
	{ "ranges", test_range },
	CU_TEST_INFO_NULL,
};
