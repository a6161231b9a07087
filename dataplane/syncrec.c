/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The format of a record, all numbers in network order:
 *
 *     0 type | 1 version | 2 location  | 4 epoch
 *     8 stamp                          | 12 instance | 14 kind | 15 flags
 *    16 whose: 16 bytes
 *    32 user:  outside, age, B4 (16)
 *                                       port mode, extended times, two sizes
 *       block: first (2), size (2), age
 *       flow:  inside, outside, remote, three ports, protocol, state, idle, age
 *       alg:   inside, remote, two ports, shift, next, number and address of the edit,
 *              its port, bytes and kind; the delimiter in the place of flags
 *       expect: inside, remote, two ports of the control connection, inside port and
 *              public port of what it has announced, public address, age
 *    12 copy:  id (4), set of ranges (32)
 *    12 digest: first range (2), how many (1), 0, six sums of 8 bytes
 *
 * What is not named is zero and must be. Pure functions; any lcore. The reader trusts
 * nothing: what it lets through can be put into the tables without another look at
 * numbers, but whether location, instance, address and block exist is for the tables. */
#include "dataplane/syncrec.h"

#include <errno.h>
#include <string.h>

#include "dataplane/alg_ftp.h"
#include "dataplane/session.h"
#include "dataplane/snapshot.h"

#define FLAG_FROM   0x01 /* opened from outside */
#define FLAG_SHARED 0x02
#define FLAG_SERVER 0x04
#define FLAG_SERVED 0x08

#define AGE_MAX INT32_MAX

static void
put16(uint8_t *at, uint16_t v)
{
	v = rte_cpu_to_be_16(v);
	memcpy(at, &v, sizeof(v));
}

static void
put32(uint8_t *at, uint32_t v)
{
	v = rte_cpu_to_be_32(v);
	memcpy(at, &v, sizeof(v));
}

static void
put64(uint8_t *at, uint64_t v)
{
	v = rte_cpu_to_be_64(v);
	memcpy(at, &v, sizeof(v));
}

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return rte_be_to_cpu_32(v);
}

static uint64_t
get64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return rte_be_to_cpu_64(v);
}

static bool
zero(const uint8_t *at, unsigned n)
{
	uint8_t any = 0;

	while (n--)
		any |= *at++;
	return !any;
}

/* ---- writing ---- */

static uint8_t
put_flow(const struct cgn_syncrec *r, uint8_t *body)
{
	memcpy(body, &r->flow.inside, 4);
	memcpy(body + 4, &r->flow.outside, 4);
	memcpy(body + 8, &r->flow.remote, 4);
	memcpy(body + 12, &r->flow.inside_port, 2);
	memcpy(body + 14, &r->flow.outside_port, 2);
	memcpy(body + 16, &r->flow.remote_port, 2);
	body[18] = r->flow.proto;
	body[19] = r->flow.state;
	put32(body + 20, r->flow.idle);
	put32(body + 24, r->flow.age);
	return (uint8_t)((r->flow.from ? FLAG_FROM : 0) |
			 (r->flow.shared ? FLAG_SHARED : 0) |
			 (r->flow.server ? FLAG_SERVER : 0));
}

static void
put_alg(const struct cgn_syncrec *r, uint8_t *wire)
{
	uint8_t *body = wire + 32;

	wire[15] = r->alg.delimiter;
	memcpy(body, &r->alg.inside, 4);
	memcpy(body + 4, &r->alg.remote, 4);
	memcpy(body + 8, &r->alg.inside_port, 2);
	memcpy(body + 10, &r->alg.remote_port, 2);
	put32(body + 12, r->alg.shift);
	put32(body + 16, r->alg.next);
	put32(body + 20, r->alg.seq);
	memcpy(body + 24, &r->alg.addr, 4);
	put16(body + 28, r->alg.port);
	body[30] = r->alg.was;
	body[31] = r->alg.kind;
}

static uint8_t
put_expect(const struct cgn_syncrec *r, uint8_t *body)
{
	memcpy(body, &r->expect.inside, 4);
	memcpy(body + 4, &r->expect.remote, 4);
	memcpy(body + 8, &r->expect.inside_port, 2);
	memcpy(body + 10, &r->expect.remote_port, 2);
	memcpy(body + 12, &r->expect.port, 2);
	memcpy(body + 14, &r->expect.outside_port, 2);
	memcpy(body + 16, &r->expect.outside, 4);
	put32(body + 20, r->expect.age);
	return r->expect.shared ? FLAG_SHARED : 0;
}

static void
put_object(const struct cgn_syncrec *r, uint8_t *wire)
{
	uint8_t *body = wire + 32;

	put16(wire + 12, r->instance);
	wire[14] = r->kind;
	memcpy(wire + 16, r->who, 16);
	switch (r->type) {
	case CGN_SYNCREC_USER:
		memcpy(body, &r->user.outside, 4);
		put32(body + 4, r->user.age);
		memcpy(body + 8, r->user.b4, 16);
		body[24] = r->user.port_mode;
		body[25] = r->user.extended_times;
		put16(body + 26, r->user.block_size);
		put16(body + 28, r->user.extended_size);
		break;
	case CGN_SYNCREC_BLOCK:
	case CGN_SYNCREC_BLOCK_DEL:
		put16(body, r->block.first);
		put16(body + 2, r->block.size);
		put32(body + 4, r->block.age);
		wire[15] = r->block.served ? FLAG_SERVED : 0;
		break;
	case CGN_SYNCREC_USER_DEL:
		break;
	case CGN_SYNCREC_ALG:
		put_alg(r, wire);
		break;
	case CGN_SYNCREC_EXPECT:
	case CGN_SYNCREC_EXPECT_DEL:
		wire[15] = put_expect(r, body);
		break;
	default:
		wire[15] = put_flow(r, body);
	}
}

static bool
is_object(uint8_t type)
{
	return type < CGN_SYNCREC_BEGIN || type == CGN_SYNCREC_ALG ||
	       type == CGN_SYNCREC_EXPECT || type == CGN_SYNCREC_EXPECT_DEL;
}

void
cgn_syncrec_encode(const struct cgn_syncrec *r, uint8_t wire[CGN_SYNCREC_BYTES])
{
	memset(wire, 0, CGN_SYNCREC_BYTES);
	wire[0] = r->type;
	wire[1] = CGN_SYNCREC_VERSION;
	put16(wire + 2, r->location);
	put32(wire + 4, r->epoch);
	put32(wire + 8, r->stamp);
	if (is_object(r->type)) {
		put_object(r, wire);
	} else if (r->type == CGN_SYNCREC_DIGEST) {
		put16(wire + 12, r->digest.first);
		wire[14] = r->digest.n;
		for (unsigned k = 0; k < r->digest.n; k++)
			put64(wire + 16 + 8 * k, r->digest.sum[k]);
	} else {
		put32(wire + 12, r->copy.id);
		for (unsigned k = 0; k < RTE_DIM(r->copy.ranges.w); k++)
			put64(wire + 16 + 8 * k, r->copy.ranges.w[k]);
	}
}

/* ---- reading ---- */

static bool
good_user(const uint8_t *wire, struct cgn_syncrec *r)
{
	const uint8_t *body = wire + 32;

	memcpy(&r->user.outside, body, 4);
	r->user.age = get32(body + 4);
	memcpy(r->user.b4, body + 8, 16);
	r->user.port_mode = body[24];
	r->user.extended_times = body[25];
	r->user.block_size = get16(body + 26);
	r->user.extended_size = get16(body + 28);
	return wire[15] == 0 && r->user.outside && r->user.age <= AGE_MAX &&
	       zero(r->user.b4, 16) == (r->kind != CGN_DS_LITE) && zero(body + 30, 2) &&
	       r->user.port_mode <= CGN_MODE_DETERMINISTIC && r->user.block_size;
}

static bool
good_block(const uint8_t *wire, struct cgn_syncrec *r)
{
	const uint8_t *body = wire + 32;

	r->block.first = get16(body);
	r->block.size = get16(body + 2);
	r->block.age = get32(body + 4);
	r->block.served = wire[15] & FLAG_SERVED;
	return !(wire[15] & ~FLAG_SERVED) && r->block.first >= CGN_PORT_FIRST &&
	       r->block.size > 0 && r->block.first + r->block.size <= 65536 &&
	       r->block.age <= AGE_MAX && zero(body + 8, 24) &&
	       (r->type == CGN_SYNCREC_BLOCK || !r->block.age);
}

static bool
good_ports(const struct cgn_syncrec *r)
{
	uint16_t port = rte_be_to_cpu_16(r->flow.outside_port);

	switch (r->flow.proto) {
	case CGN_IPPROTO_ICMP:
		if (r->flow.remote_port)
			return false;
		/* fall through */
	case CGN_IPPROTO_TCP:
	case CGN_IPPROTO_UDP:
		return r->flow.server || r->type == CGN_SYNCREC_SESSION_DEL
			       ? port > 0
			       : port >= CGN_PORT_FIRST;
	}
	return !r->flow.inside_port && !port && !r->flow.remote_port && !r->flow.shared &&
	       !r->flow.server;
}

static bool
good_state(const struct cgn_syncrec *r)
{
	if (r->flow.state >= CGN_STATES)
		return false;
	return r->flow.proto == CGN_IPPROTO_TCP ? r->flow.state >= CGN_STATE_SYN_UP
						: r->flow.state == CGN_STATE_OPEN;
}

/* A session that is gone has no times, and needs no more than what names it. */
static bool
good_flow(const uint8_t *wire, struct cgn_syncrec *r)
{
	const uint8_t *body = wire + 32;
	bool gone = r->type == CGN_SYNCREC_SESSION_DEL;

	memcpy(&r->flow.inside, body, 4);
	memcpy(&r->flow.outside, body + 4, 4);
	memcpy(&r->flow.remote, body + 8, 4);
	memcpy(&r->flow.inside_port, body + 12, 2);
	memcpy(&r->flow.outside_port, body + 14, 2);
	memcpy(&r->flow.remote_port, body + 16, 2);
	r->flow.proto = body[18];
	r->flow.state = body[19];
	r->flow.idle = get32(body + 20);
	r->flow.age = get32(body + 24);
	r->flow.from = wire[15] & FLAG_FROM ? CGN_DOWN : CGN_UP;
	r->flow.shared = wire[15] & FLAG_SHARED;
	r->flow.server = wire[15] & FLAG_SERVER;
	if (wire[15] & ~(FLAG_FROM | FLAG_SHARED | FLAG_SERVER) || !r->flow.proto ||
		!r->flow.inside || !r->flow.remote || !good_ports(r) ||
		!zero(body + 28, 4))
		return false;
	if (gone)
		return r->flow.state < CGN_STATES && !r->flow.age && !r->flow.idle;
	return r->flow.outside && good_state(r) && r->flow.age <= AGE_MAX &&
	       r->flow.idle <= r->flow.age;
}

/* A control connection, and what of an edit there is. */
static bool
good_alg(const uint8_t *wire, struct cgn_syncrec *r)
{
	const uint8_t *body = wire + 32;

	memcpy(&r->alg.inside, body, 4);
	memcpy(&r->alg.remote, body + 4, 4);
	memcpy(&r->alg.inside_port, body + 8, 2);
	memcpy(&r->alg.remote_port, body + 10, 2);
	r->alg.shift = get32(body + 12);
	r->alg.next = get32(body + 16);
	r->alg.seq = get32(body + 20);
	memcpy(&r->alg.addr, body + 24, 4);
	r->alg.port = get16(body + 28);
	r->alg.was = body[30];
	r->alg.kind = body[31];
	r->alg.delimiter = wire[15];
	if (!r->alg.inside || !r->alg.remote || r->alg.kind >= CGN_ALG_FTP_BAD)
		return false;
	if (r->alg.kind == CGN_ALG_FTP_OTHER)
		return zero(body + 20, 11) && !r->alg.delimiter;
	return r->alg.was && r->alg.port && r->alg.addr &&
	       (r->alg.kind == CGN_ALG_FTP_EPRT) == (r->alg.delimiter != 0);
}

/* A control connection, and one that it has announced. */
static bool
good_expect(const uint8_t *wire, struct cgn_syncrec *r)
{
	const uint8_t *body = wire + 32;

	memcpy(&r->expect.inside, body, 4);
	memcpy(&r->expect.remote, body + 4, 4);
	memcpy(&r->expect.inside_port, body + 8, 2);
	memcpy(&r->expect.remote_port, body + 10, 2);
	memcpy(&r->expect.port, body + 12, 2);
	memcpy(&r->expect.outside_port, body + 14, 2);
	memcpy(&r->expect.outside, body + 16, 4);
	r->expect.age = get32(body + 20);
	r->expect.shared = wire[15] & FLAG_SHARED;
	return !(wire[15] & ~FLAG_SHARED) && r->expect.inside && r->expect.remote &&
	       r->expect.port && r->expect.outside &&
	       rte_be_to_cpu_16(r->expect.outside_port) >= CGN_PORT_FIRST &&
	       r->expect.age <= AGE_MAX && zero(body + 24, 8) &&
	       (r->type == CGN_SYNCREC_EXPECT || !r->expect.age);
}

/* The owner of a NAT44 user is an IPv4 address. */
static bool
good_who(const struct cgn_syncrec *r)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (r->kind == CGN_NAT44)
		return memcmp(r->who, mapped, 12) == 0 && !zero(r->who + 12, 4);
	return r->kind < CGN_KINDS && !zero(r->who, 16);
}

static bool
good_object(const uint8_t *wire, struct cgn_syncrec *r)
{
	r->instance = get16(wire + 12);
	r->kind = wire[14];
	memcpy(r->who, wire + 16, 16);
	if (!good_who(r))
		return false;
	switch (r->type) {
	case CGN_SYNCREC_USER:
		return good_user(wire, r);
	case CGN_SYNCREC_USER_DEL:
		return wire[15] == 0 && zero(wire + 32, 32);
	case CGN_SYNCREC_BLOCK:
	case CGN_SYNCREC_BLOCK_DEL:
		return good_block(wire, r);
	case CGN_SYNCREC_ALG:
		return good_alg(wire, r);
	case CGN_SYNCREC_EXPECT:
	case CGN_SYNCREC_EXPECT_DEL:
		return good_expect(wire, r);
	}
	return good_flow(wire, r);
}

static bool
good_digest(const uint8_t *wire, struct cgn_syncrec *r)
{
	r->digest.first = get16(wire + 12);
	r->digest.n = wire[14];
	if (!r->digest.n || r->digest.n > CGN_SYNCREC_SUMS || wire[15] ||
		r->digest.first + r->digest.n > CGN_SYNC_RANGES)
		return false;
	for (unsigned k = 0; k < CGN_SYNCREC_SUMS; k++)
		r->digest.sum[k] = get64(wire + 16 + 8 * k);
	return zero(wire + 16 + 8u * r->digest.n, 8u * (CGN_SYNCREC_SUMS - r->digest.n));
}

static bool
good_copy(const uint8_t *wire, struct cgn_syncrec *r)
{
	unsigned n;

	r->copy.id = get32(wire + 12);
	for (unsigned k = 0; k < RTE_DIM(r->copy.ranges.w); k++)
		r->copy.ranges.w[k] = get64(wire + 16 + 8 * k);
	n = cgn_sync_set_count(&r->copy.ranges);
	if (!zero(wire + 48, 16))
		return false;
	if (r->type == CGN_SYNCREC_ASK || r->type == CGN_SYNCREC_ACK)
		return !n;
	return n || (r->type != CGN_SYNCREC_BEGIN && r->type != CGN_SYNCREC_END);
}

int
cgn_syncrec_decode(const uint8_t wire[CGN_SYNCREC_BYTES], struct cgn_syncrec *r)
{
	bool good;

	memset(r, 0, sizeof(*r));
	r->type = wire[0];
	r->location = get16(wire + 2);
	r->epoch = get32(wire + 4);
	r->stamp = get32(wire + 8);
	if (wire[1] != CGN_SYNCREC_VERSION || !r->type)
		return -EPROTO;
	if (r->type >= CGN_SYNCREC_TYPES)
		return -ENOTSUP;
	if (is_object(r->type))
		good = good_object(wire, r);
	else if (r->type == CGN_SYNCREC_DIGEST)
		good = good_digest(wire, r);
	else
		good = good_copy(wire, r);
	return good && r->location ? 0 : -EINVAL;
}

/* ---- hashing ---- */

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__uint128_t m =
		(__uint128_t)(a ^ 0x9e3779b97f4a7c15ull) * (b ^ 0xd6e8feb86659fd93ull);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t
cgn_syncrec_hash(const uint8_t wire[CGN_SYNCREC_BYTES], uint64_t seed)
{
	static const uint64_t head = 0xffffffffull << 32; /* first half of a word */
	bool flow = wire[0] >= CGN_SYNCREC_SESSION;
	bool alg = wire[0] == CGN_SYNCREC_ALG;
	uint64_t h = seed ^ wire[0];

	/* instance, kind, flags; a block's flag tells of its past, a gateway's of an edit
	 */
	h = mix(h, get32(wire + 12) & ~(uint64_t)(alg ? 0xff : FLAG_SERVED));
	h = mix(h ^ get64(wire + 16), seed ^ get64(wire + 24));
	h = mix(h, get64(wire + 32) & (flow ? ~0ull : head));
	if (flow) {
		h = mix(h, get64(wire + 40));
		h = mix(h, alg ? 0 : get64(wire + 48) & head);
	}
	return mix(h, seed);
}

unsigned
cgn_syncrec_range(const uint8_t who[16], uint64_t seed)
{
	uint64_t h = mix(get64(who) ^ seed, get64(who + 8) ^ (seed << 32 | seed >> 32));

	return (unsigned)(mix(h, seed) >> 32) % CGN_SYNC_RANGES;
}
