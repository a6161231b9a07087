/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "dataplane/rule.h"
#include "eal_main.h"
#include "world.h"

#define MAX_ADDRESSES 40

static uint32_t slot[MAX_ADDRESSES];
static struct cgn_rule_prefix prefix[4];
static struct cgn_rule rule;

/* A rule over n addresses in slots 100, 103, 106 ... */
static void
make(uint32_t n, uint16_t size, uint8_t length)
{
	rule = (struct cgn_rule){ .size = size,
		.length = length,
		.n_addresses = n,
		.prefix = prefix,
		.slot = slot };
	for (uint32_t i = 0; i < n; i++)
		slot[i] = 100 + 3 * i;
}

static void
with(const uint8_t addr[16], uint8_t len)
{
	struct cgn_rule_prefix *p = &prefix[rule.n_prefixes++];

	memcpy(p->addr, addr, 16);
	p->len = len;
	p->first = rule.n_users;
	rule.n_users += 1u << (rule.length - len);
}

static void
with4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t len)
{
	const uint8_t addr[16] = { a, b, c, d };

	with(addr, len);
}

/* Both directions agree for every user, and no two users meet. */
static void
check_all(uint32_t known)
{
	uint8_t *seen = calloc(MAX_ADDRESSES, 65536);
	uint32_t found = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
	for (uint32_t n = 0; n < rule.n_users; n++) {
		struct cgn_place place = cgn_rule_place(&rule, n);
		uint32_t at = (place.slot - 100) / 3, back, last = 0;
		uint8_t addr[16];

		cgn_rule_address(&rule, n, addr);
		CU_ASSERT_FATAL(cgn_rule_number(&rule, addr, &back));
		CU_ASSERT_FATAL(at < rule.n_addresses && slot[at] == place.slot);
		CU_ASSERT(place.first >= 1024 && place.first + rule.size <= 65536);
		CU_ASSERT_EQUAL(seen[at * 65536 + place.first]++, 0);
		if (back != n) { /* a prefix before has this address */
			CU_ASSERT_FALSE(
				cgn_rule_holder(&rule, place.slot, place.first, &back));
			continue;
		}
		found++;
		for (uint32_t k = 0; k<rule.size; k += rule.size> 1 ? rule.size - 1 : 1)
			CU_ASSERT(cgn_rule_holder(&rule, place.slot,
					  (uint16_t)(place.first + k), &last) &&
				  last == n);
	}
	CU_ASSERT_EQUAL(found, known);
	free(seen);
}

static void
test_ipv4(void)
{
	uint32_t n;

	make(5, 64, 32);
	with4(10, 0, 0, 0, 22);
	with4(100, 64, 7, 128, 25);
	check_all(1024 + 128);
	CU_ASSERT(cgn_rule_number(&rule, (const uint8_t[16]){ 10, 0, 3, 255 }, &n) &&
		  n == 1023);
	CU_ASSERT(cgn_rule_number(&rule, (const uint8_t[16]){ 100, 64, 7, 128 }, &n) &&
		  n == 1024);
	CU_ASSERT_FALSE(
		cgn_rule_number(&rule, (const uint8_t[16]){ 100, 64, 7, 127 }, &n));
	CU_ASSERT_FALSE(cgn_rule_number(&rule, (const uint8_t[16]){ 10, 0, 4, 0 }, &n));
}

/* A full rule: the last port of the last address is somebody's, with any odd size. */
static void
test_full(void)
{
	make(4, 1008, 32); /* 64 blocks without rest */
	with4(10, 0, 0, 0, 24);
	check_all(256);
	make(3, 63, 32);
	with4(10, 0, 0, 0, 21);
	with4(10, 1, 0, 0, 22);
	check_all(3072);
	make(1, 64512, 32);
	with4(10, 9, 9, 9, 32);
	check_all(1);
}

static void
test_overlap(void)
{
	make(7, 100, 32);
	with4(10, 0, 0, 128, 25);
	with4(10, 0, 0, 0, 24);
	check_all(256);
}

static void
test_ipv6(void)
{
	struct cgn_place place;
	uint32_t n;

	make(40, 256, 56);
	with(packet_addr6("2001:db8:100::"), 44);
	with(packet_addr6("2001:db8:7000:ff00::"), 56);
	check_all(4097);
	CU_ASSERT(cgn_rule_number(&rule, packet_addr6("2001:db8:100:29ff::1"), &n));
	CU_ASSERT_EQUAL(n, 0x29);
	place = cgn_rule_place(&rule, n);
	CU_ASSERT_EQUAL(place.slot, 100 + 3 * 1);
	CU_ASSERT_EQUAL(place.first, 1024 + 256);
	CU_ASSERT_FALSE(cgn_rule_number(&rule, packet_addr6("2001:db8:110::1"), &n));
	make(2, 256, 128);
	with(packet_addr6("2001:db8::ff00"), 121);
	check_all(128);
}

static void
test_nobody(void)
{
	uint32_t n;

	make(2, 64, 32);
	with4(10, 0, 0, 0, 30);
	CU_ASSERT(cgn_rule_holder(&rule, 103, 1151, &n) && n == 3);
	CU_ASSERT_FALSE(cgn_rule_holder(&rule, 103, 1152, &n));
	CU_ASSERT_FALSE(cgn_rule_holder(&rule, 103, 65535, &n));
	CU_ASSERT_FALSE(cgn_rule_holder(&rule, 100, 1023, &n));
	CU_ASSERT_FALSE(cgn_rule_holder(&rule, 101, 1024, &n));
}

const char *const eal_suite = "rule";
CU_TestInfo eal_tests[] = {
	{ "IPv4 users", test_ipv4 },
	{ "sizes without and with a rest", test_full },
	{ "prefixes that overlap", test_overlap },
	{ "IPv6 users", test_ipv6 },
	{ "what nobody has", test_nobody },
	CU_TEST_INFO_NULL,
};
