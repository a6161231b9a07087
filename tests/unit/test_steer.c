/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "dataplane/steer.h"
#include "tests/unit/packet.h"
#include "tests/unit/suite.h"

#define MAX 32

static struct cgn_member member[MAX];

/* n members of weight 1; ids are not indices. */
static void
members(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		member[i] =
			(struct cgn_member){ (uint16_t)(100 + 7 * i), 1, (uint16_t)i };
}

/* The n-th member takes about 1/n of the buckets, and only it takes any: whatever the
 * ids of locations are. */
static void
add_moves_little(unsigned first, unsigned step)
{
	uint16_t before[CGN_BUCKETS], after[CGN_BUCKETS];

	members(MAX);
	for (unsigned i = 0; i < MAX; i++)
		member[i].id = (uint16_t)(first + step * i);
	for (unsigned n = 2; n <= MAX; n++) {
		unsigned moved = 0;

		cgn_steer_buckets(member, n - 1, before);
		cgn_steer_buckets(member, n, after);
		for (unsigned k = 0; k < CGN_BUCKETS; k++) {
			if (before[k] == after[k])
				continue;
			CU_ASSERT_EQUAL(after[k], n - 1);
			moved++;
		}
		CU_ASSERT_TRUE(moved <= 1.3 * CGN_BUCKETS / n);
		CU_ASSERT_TRUE(moved >= 0.7 * CGN_BUCKETS / n);
	}
}

static void
test_add_moves_little(void)
{
	static const struct {
		unsigned first, step;
	} ids[] = { { 1, 1 }, { 100, 7 }, { 10, 10 }, { 0xff00, 1 }, { 256, 256 } };

	for (unsigned k = 0; k < RTE_DIM(ids); k++)
		add_moves_little(ids[k].first, ids[k].step);
}

/* Taking one out moves what it had, to all the others. */
static void
test_remove_moves_own(void)
{
	uint16_t before[CGN_BUCKETS], after[CGN_BUCKETS];
	unsigned got[8] = { 0 };

	members(8);
	cgn_steer_buckets(member, 8, before);
	memmove(&member[3], &member[4], 4 * sizeof(member[0]));
	cgn_steer_buckets(member, 7, after);
	for (unsigned k = 0; k < CGN_BUCKETS; k++) {
		CU_ASSERT_NOT_EQUAL(after[k], 3);
		if (before[k] == 3)
			got[after[k]]++;
		else
			CU_ASSERT_EQUAL(after[k], before[k]);
	}
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT(i == 3 || got[i] > CGN_BUCKETS / 8 / 7 / 2);
}

static void
test_weights(void)
{
	static const uint16_t weight[5] = { 1, 2, 3, 4, 10 };
	uint16_t bucket[CGN_BUCKETS];
	unsigned got[5] = { 0 };

	members(5);
	for (unsigned i = 0; i < 5; i++)
		member[i].weight = weight[i];
	cgn_steer_buckets(member, 5, bucket);
	for (unsigned k = 0; k < CGN_BUCKETS; k++)
		got[bucket[k]]++;
	for (unsigned i = 0; i < 5; i++) {
		double want = CGN_BUCKETS * weight[i] / 20.0;

		CU_ASSERT_DOUBLE_EQUAL(got[i], want, want * 0.2);
	}
}

/* Two boxes list the same members in another order and number them otherwise. */
static void
test_ids_decide(void)
{
	uint16_t one[CGN_BUCKETS], other[CGN_BUCKETS], id[MAX];
	struct cgn_member turned[6];

	members(6);
	cgn_steer_buckets(member, 6, one);
	for (unsigned i = 0; i < 6; i++) {
		turned[i] = member[5 - i];
		turned[i].location = (uint16_t)(20 + i);
		id[20 + i] = turned[i].id;
	}
	cgn_steer_buckets(turned, 6, other);
	for (unsigned k = 0; k < CGN_BUCKETS; k++)
		CU_ASSERT_EQUAL_FATAL(member[one[k]].id, id[other[k]]);
}

static void
divide(unsigned n, uint32_t n_addr, uint16_t *owner, unsigned *got)
{
	static rte_be32_t addr[1024];

	for (uint32_t a = 0; a < n_addr; a++)
		addr[a] = rte_cpu_to_be_32(0xcb007100u + a);
	CU_ASSERT_EQUAL_FATAL(cgn_steer_addresses(member, n, addr, n_addr, owner), 0);
	memset(got, 0, MAX * sizeof(*got));
	for (uint32_t a = 0; a < n_addr; a++) {
		CU_ASSERT_FATAL(owner[a] < n);
		got[owner[a]]++;
	}
}

/* By weight, nobody without, the same each time. */
static void
test_addresses(void)
{
	uint16_t owner[1024], again[1024];
	unsigned got[MAX];

	members(4);
	member[1].weight = 3;
	divide(4, 600, owner, got);
	CU_ASSERT_EQUAL(got[0], 100);
	CU_ASSERT_EQUAL(got[1], 300);
	CU_ASSERT_EQUAL(got[2], 100);
	CU_ASSERT_EQUAL(got[3], 100);
	divide(4, 600, again, got);
	CU_ASSERT_EQUAL(memcmp(owner, again, 600 * sizeof(owner[0])), 0);
	member[1].weight = 65535;
	divide(4, 10, owner, got);
	CU_ASSERT_EQUAL(got[0], 1);
	CU_ASSERT_EQUAL(got[1], 7);
	CU_ASSERT_EQUAL(got[2], 1);
	CU_ASSERT_EQUAL(got[3], 1);
	divide(4, 4, owner, got);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(got[i], 1);
	members(1);
	divide(1, 17, owner, got);
	CU_ASSERT_EQUAL(got[0], 17);
}

/* Every quota within one of the exact share, for many sizes. */
static void
test_quota(void)
{
	uint16_t owner[1024];
	unsigned got[MAX];

	members(7);
	for (unsigned i = 0; i < 7; i++)
		member[i].weight = (uint16_t)(i + 1);
	for (uint32_t n = 56; n < 300; n += 13) {
		unsigned sum = 0;

		divide(7, n, owner, got);
		for (unsigned i = 0; i < 7; i++) {
			CU_ASSERT_DOUBLE_EQUAL(got[i], n * (i + 1) / 28.0, 1.0);
			sum += got[i];
		}
		CU_ASSERT_EQUAL(sum, n);
	}
}

/* Users of an address that moves lose it: a new member may move few. */
static void
test_addresses_stable(void)
{
	uint16_t before[1024], after[1024];
	unsigned got[MAX];

	members(16);
	for (unsigned n = 2; n <= 16; n++) {
		unsigned moved = 0;

		divide(n - 1, 960, before, got);
		divide(n, 960, after, got);
		for (unsigned a = 0; a < 960; a++)
			moved += before[a] != after[a];
		CU_ASSERT_TRUE(moved <= 1.6 * 960 / n);
	}
}

static void
test_too_few(void)
{
	rte_be32_t addr[3] = { 1, 2, 3 };
	uint16_t owner[3];

	members(MAX);
	CU_ASSERT_EQUAL(cgn_steer_addresses(member, 4, addr, 3, owner), -ENOSPC);
	CU_ASSERT_EQUAL(cgn_steer_addresses(member, 3, addr, 3, owner), 0);
	CU_ASSERT_EQUAL(cgn_steer_addresses(member, 0, addr, 3, owner), -ENOSPC);
}

/* Users next to each other fall into different buckets, evenly. */
static void
spread(unsigned step, bool v6, uint8_t prefix_length)
{
	static unsigned got[64];
	unsigned n = 64000;

	memset(got, 0, sizeof(got));
	for (unsigned k = 0; k < n; k++) {
		union cgn_key key;
		uint8_t a[16];

		memcpy(a, packet_addr6("2001:db8:100::1"), 16);
		packet_put32(a, prefix_length / 8u - 4, k * step);
		if (v6)
			cgn_user_key6(&key, a, prefix_length, 0);
		else
			cgn_user_key4(&key, rte_cpu_to_be_32(0x0a000000 + k * step), 0);
		got[cgn_steer_bucket(&key) / 64]++;
	}
	for (unsigned k = 0; k < 64; k++)
		CU_ASSERT_DOUBLE_EQUAL(got[k], n / 64.0, n / 64.0 * 0.2);
}

static void
test_spread(void)
{
	spread(1, false, 128);
	spread(256, false, 128);
	spread(1, true, 128);
	spread(1, true, 64);
	spread(1 << 8, true, 56);
	spread(1 << 16, true, 128);
}

static bool
same_user(const char *a, const char *b, uint8_t length)
{
	union cgn_key x, y;

	cgn_user_key6(&x, packet_addr6(a), length, 9);
	cgn_user_key6(&y, packet_addr6(b), length, 9);
	return memcmp(&x, &y, 16) == 0;
}

/* What identifies a user: the prefix, bit by bit, and the scope. */
static void
test_key(void)
{
	union cgn_key a, b;

	CU_ASSERT_TRUE(same_user("2001:db8:100::1", "2001:db8:100::ffff", 64));
	CU_ASSERT_FALSE(same_user("2001:db8:100::1", "2001:db8:100:1::1", 64));
	CU_ASSERT_FALSE(same_user("2001:db8:100::1", "2001:db8:100::2", 128));
	CU_ASSERT_TRUE(same_user("2001:db8:100::2", "2001:db8:100::3", 127));
	CU_ASSERT_FALSE(same_user("2001:db8:100::1", "2001:db8:100::2", 127));
	CU_ASSERT_TRUE(same_user("2001:db8:100:80::", "2001:db8:100:9f::", 59));
	CU_ASSERT_FALSE(same_user("2001:db8:100:80::", "2001:db8:100:a0::", 59));
	cgn_user_key6(&a, packet_addr6("2001:db8:100::1"), 128, 4);
	cgn_user_key6(&b, packet_addr6("2001:db8:100::1"), 128, 5);
	CU_ASSERT_NOT_EQUAL(memcmp(&a, &b, 16), 0);
	cgn_user_key4(&a, 1, 4);
	cgn_user_key4(&b, 1, 5);
	CU_ASSERT_NOT_EQUAL(memcmp(&a, &b, 16), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a new member takes its share", test_add_moves_little },
		{ "a removed one leaves only its own", test_remove_moves_own },
		{ "weights", test_weights },
		{ "ids decide, not order", test_ids_decide },
		{ "division of addresses", test_addresses },
		{ "quotas", test_quota },
		{ "division is stable", test_addresses_stable },
		{ "too few addresses", test_too_few },
		{ "users spread", test_spread },
		{ "user keys", test_key },
		CU_TEST_INFO_NULL,
	};

	return suite_run("steer", tests);
}
