/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fingerprint.h"

#include <string.h>

#include "compile_case.h"
#include "suite.h"

static struct cgn_channel_print list[2][CGN_CHANNEL_PRINTS];
static int n[2];
static const bool all[] = { true, true, true };

static void
print(unsigned which, const char *text)
{
	struct cgn_conf *conf = load(text);

	n[which] = cgn_fingerprint(conf, all, list[which]);
	CU_ASSERT_TRUE(n[which] > 0);
	cgn_conf_free(conf);
}

static const struct cgn_channel_print *
find(unsigned which, uint8_t kind, const char *name)
{
	for (int k = 0; k < n[which]; k++)
		if (list[which][k].kind == kind && !strcmp(list[which][k].name, name))
			return &list[which][k];
	return NULL;
}

static bool
differs(uint8_t kind, const char *name)
{
	const struct cgn_channel_print *a = find(0, kind, name), *b = find(1, kind, name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	return !b || a->hash != b->hash;
}

#define BOX(ports, boards, pool, remotes)                                                \
	NODE boards LOCATIONS ports ROUTES("") GROUP(TWO) POOLS(pool) DS(remotes) NAT
#define LOC	 CGN_CHANNEL_PRINT_LOCATION
#define INSTANCE CGN_CHANNEL_PRINT_INSTANCE
#define POOL	 CGN_CHANNEL_PRINT_POOL

static void
test_list(void)
{
	print(0, USUAL);
	CU_ASSERT_PTR_NOT_NULL(find(0, CGN_CHANNEL_PRINT_GROUP, "group1"));
	CU_ASSERT_PTR_NOT_NULL(find(0, LOC, "7"));
	CU_ASSERT_PTR_NOT_NULL(find(0, LOC, "3"));
	CU_ASSERT_PTR_NULL(find(0, LOC, "9")); /* in no group */
	CU_ASSERT_PTR_NOT_NULL(find(0, INSTANCE, "ds1"));
	CU_ASSERT_PTR_NOT_NULL(find(0, INSTANCE, "nat1"));
	CU_ASSERT_PTR_NOT_NULL(find(0, POOL, "pool1"));
	CU_ASSERT_PTR_NOT_NULL(find(0, POOL, "pool2")); /* once */
	CU_ASSERT_EQUAL(n[0], 8);
}

/* What each box has for itself is no difference. */
static void
test_own(void)
{
	print(0, USUAL);
	print(1,
		"node: { name = \"other\"; };\n"
		"dpdk: { lcores = \"0@0,1@0,2@0,3@0,4@0\"; hugepages = false; };\n" BOARDS
			LOCATIONS PORTS("\"2001:db8:0:1::5/64\", \"10.0.0.5/24\"")
				ROUTES("") GROUP("{ id = 3; weight = 1; }, "
						 "{ id = 7; weight = 1; }") POOLS(POOL1)
					DS(REMOTES) NAT);
	CU_ASSERT_EQUAL(n[0], n[1]);
	for (int k = 0; k < n[0]; k++)
		CU_ASSERT_FALSE(differs(list[0][k].kind, list[0][k].name));
}

static void
test_pool(void)
{
	print(0, USUAL);
	print(1, BOX(PORTS(INSIDE), BOARDS, "\"203.0.113.0/29\"", REMOTES));
	CU_ASSERT_TRUE(differs(POOL, "pool1"));
	CU_ASSERT_TRUE(differs(LOC, "7"));
	CU_ASSERT_TRUE(differs(LOC, "3"));
	CU_ASSERT_FALSE(differs(POOL, "pool2"));
	CU_ASSERT_FALSE(differs(INSTANCE, "ds1"));
	CU_ASSERT_FALSE(differs(INSTANCE, "nat1"));
}

static void
test_instance(void)
{
	print(0, USUAL);
	print(1, BOX(PORTS(INSIDE), BOARDS, POOL1, "\"2001:db8:100::/41\""));
	CU_ASSERT_TRUE(differs(INSTANCE, "ds1"));
	CU_ASSERT_TRUE(differs(LOC, "7"));
	CU_ASSERT_FALSE(differs(INSTANCE, "nat1"));
	CU_ASSERT_FALSE(differs(POOL, "pool1"));
}

static void
test_group(void)
{
	print(0, USUAL);
	print(1, NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(THREE) POOLS(POOL1)
			 DS(REMOTES) NAT);
	CU_ASSERT_TRUE(differs(CGN_CHANNEL_PRINT_GROUP, "group1"));
	CU_ASSERT_TRUE(differs(LOC, "7"));
	CU_ASSERT_FALSE(differs(INSTANCE, "ds1"));
}

static void
test_hot(void)
{
	print(0, USUAL);
	print(1, USUAL "ha: { hot_backup = true; };\n");
	CU_ASSERT_TRUE(differs(CGN_CHANNEL_PRINT_GLOBAL, "ha.hot_backup"));
	CU_ASSERT_FALSE(differs(LOC, "7"));
}

int
main(void)
{
	CU_TestInfo tests[] = { { "what is listed", test_list },
		{ "what each box has for itself", test_own },
		{ "another pool", test_pool }, { "another instance", test_instance },
		{ "another group", test_group }, { "hot or warm", test_hot },
		CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("fingerprint", tests);
}
