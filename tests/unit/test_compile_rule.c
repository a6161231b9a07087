/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "compile_case.h"
#include "control/log.h"
#include "control/log_rule.h"
#include "dataplane/steer.h"
#include "eal_main.h"

#define RULE(mode) "port_range: { mode = \"" mode "\"; size = 500; };\n"
#define RULED(members)                                                                   \
	NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(                            \
		members) "address_groups: ( { name = \"pool1\"; id = 1; addresses = "    \
			 "[ " POOL1 " ];\n"                                              \
			 "    exclude = [ \"203.0.113.7\" ]; },\n"                       \
			 "  { name = \"pool2\"; id = 2; addresses = [ "                  \
			 "\"198.51.100.64/29\" ]; },\n"                                  \
			 "  { name = \"pool3\"; id = 3; addresses = [ \"192.0.2.0/30\" " \
			 "]; } );\n"                                                     \
			 "acls: ( { name = \"homes\"; permit = [ \"10.0.0.0/23\", "      \
			 "\"10.8.0.0/24\" ];\n"                                          \
			 "    deny = [ \"10.0.1.0/28\" ]; } );\n"                        \
			 "ds_lite_instances: ( { name = \"ds1\"; id = 4;\n"              \
			 "    service_instance_group = \"group1\"; local_ipv6 = "        \
			 "\"2001:db8::aaaa\";\n"                                         \
			 "    remote_ipv6 = [ \"2001:db8:100::/46\" ]; prefix_length = " \
			 "56;\n"                                                         \
			 "    outbound: ( { acl = \"any\"; address_group = \"pool1\"; "  \
			 "} );\n" RULE(                                                  \
				 "deterministic") "} );\n"                               \
						  "nat_instances: ( { name = \"nat1\"; " \
						  "id = 4; service_instance_group = "    \
						  "\"group1\";\n"                        \
						  "    inside: { ports = [ \"inside\" "  \
						  "]; };\n"                              \
						  "    outbound: ( { acl = \"homes\"; "  \
						  "address_group = \"pool2\"; } "        \
						  ");\n" RULE("deterministic") "} );\n"

/* Where user n of each instance is, in numbers that mean the same in every snapshot. */
struct where {
	uint32_t addr;
	uint16_t first, location;
};

/* The ACL of nat1 denies 16 of its users. */
static bool
is_denied(uint32_t n)
{
	return n >= 256 && n < 272;
}

static struct where
find(const struct cgn_snapshot *s, bool ds_lite, uint32_t n)
{
	uint16_t i = (uint16_t)cgn_compile_find_instance(
		compiler, ds_lite ? CGN_DS_LITE : CGN_NAT44, ds_lite ? "ds1" : "nat1");
	rte_be32_t inside = rte_cpu_to_be_32(0x0a000000 + n);
	struct cgn_place place = { 0 };
	uint8_t b4[16];

	memcpy(b4, key("2001:db8:100::"), 16);
	b4[5] = (uint8_t)(n >> 8);
	b4[6] = (uint8_t)n;
	b4[15] = 9; /* any B4 of the user's prefix */
	if (!ds_lite && is_denied(n)) {
		CU_ASSERT_FALSE(cgn_rule_find(s, i, inside, b4, &place));
		return (struct where){ 0 };
	}
	CU_ASSERT_FATAL(cgn_rule_find(s, i, inside, b4, &place));
	CU_ASSERT_EQUAL(
		cgn_steer_user(s, i, inside, b4), s->address[place.slot].location);
	return (struct where){ rte_be_to_cpu_32(s->address[place.slot].addr), place.first,
		s->location[s->address[place.slot].location].id };
}

static void
check_users(const struct cgn_snapshot *s, bool ds_lite, uint32_t users,
	unsigned addresses, uint32_t first, unsigned hole)
{
	for (uint32_t n = 0; n < users; n++) {
		struct where w = find(s, ds_lite, n);
		uint32_t at = n % addresses;

		if (!ds_lite && is_denied(n))
			continue;
		CU_ASSERT_EQUAL(w.addr, first + at + (at >= hole));
		CU_ASSERT_EQUAL(w.first, 1024 + n / addresses * 500);
	}
}

/* Address and block follow from the text of the configuration, the location from the
 * address. */
static void
test_rules(void)
{
	const struct cgn_snapshot *s;
	unsigned at[2] = { 0 };

	setup();
	s = compile(RULED(TWO));
	check_users(s, true, 1024, 15, NET113, 7);
	check_users(s, false, 512, 8, 0xc6336440, 8);
	for (uint32_t n = 0; n < 512; n++)
		at[find(s, false, n).location == 3]++;
	CU_ASSERT_EQUAL(at[0], 248 + 16); /* with those denied */
	CU_ASSERT_EQUAL(at[1], 248);
	teardown(s);
}

/* Another location takes over addresses with their users; nobody's ports change. */
static void
test_locations(void)
{
	const struct cgn_snapshot *two, *three;
	unsigned moved = 0;

	setup();
	two = compile(RULED(TWO));
	three = compile(RULED(THREE));
	for (uint32_t n = 0; n < 512; n++) {
		struct where a = find(two, false, n), b = find(three, false, n);

		CU_ASSERT(a.addr == b.addr && a.first == b.first);
		CU_ASSERT(a.location == b.location || b.location == 9);
		moved += a.location != b.location;
	}
	CU_ASSERT(moved == 124 || moved == 186); /* 2 or 3 addresses of 8 */
	cgn_snapshot_free(two);
	teardown(three);
}

/* All that is needed to compute the rule elsewhere is said when it begins (RFC 7422 3).
 */
static void
test_told(void)
{
	static const char *const wanted[] = {
		"deterministic: instance=\"nat1\" pool=\"pool2\" "
		"algorithm=\"sequential\" users=\"768\" addresses=\"8\" size=\"500\" "
		"first-port=\"1024\" user-bits=\"32\"",
		"deterministic-inside: instance=\"nat1\" pool=\"pool2\" first=\"512\" "
		"prefix=\"10.8.0.0/24\"",
		"deterministic-inside: instance=\"ds1\" pool=\"pool1\" first=\"0\" "
		"prefix=\"2001:db8:100::/46\"",
		"deterministic-outside: instance=\"ds1\" pool=\"pool1\" first=\"7\" "
		"range=\"203.0.113.8-203.0.113.15\"",
	};
	const struct cgn_snapshot *s;
	unsigned found = 0;

	setup();
	s = compile(RULED(TWO));
	cgn_log_rules(NULL, s, 0);
	for (uint64_t n = 0; n < cgn_log_events(); n++)
		for (size_t k = 0; k < RTE_DIM(wanted); k++)
			found += strcmp(cgn_log_event_at(n)->text, wanted[k]) == 0;
	CU_ASSERT_EQUAL(found, RTE_DIM(wanted));
	CU_ASSERT_EQUAL(cgn_log_events(), 2 + 1 + 2 + 2 + 1);
	teardown(s);
}

const char *const eal_suite = "compile_rule";
CU_TestInfo eal_tests[] = {
	{ "rules", test_rules },
	{ "another location", test_locations },
	{ "parameters are told", test_told },
	CU_TEST_INFO_NULL,
};
