/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "dataplane/neigh.h"
#include "eal_main.h"

#define MAX 1000

static struct cgn_neigh_table *table;

static void
begin(void)
{
	table = cgn_neigh_create("test", 7, MAX);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
}

static const uint8_t *
key(uint32_t n)
{
	static uint8_t k[16];

	memset(k, 0, sizeof(k));
	memcpy(k + 3, &n, sizeof(n));
	return k;
}

static void
find_and_set(void)
{
	const struct rte_ether_addr mac = { { 1, 2, 3, 0xfd, 0xfe, 0xff } };
	struct rte_ether_addr got;
	struct cgn_neigh *n;

	begin();
	CU_ASSERT_PTR_NULL(cgn_neigh_find(table, key(1)));
	n = cgn_neigh_add(table, key(1));
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_PTR_EQUAL(cgn_neigh_find(table, key(1)), n);
	CU_ASSERT_PTR_EQUAL(cgn_neigh_add(table, key(1)), n);
	CU_ASSERT_EQUAL(cgn_neigh_count(table), 1);
	CU_ASSERT_EQUAL(n->iface, 7);
	CU_ASSERT(memcmp(n->addr, key(1), 16) == 0);
	CU_ASSERT_FALSE(cgn_neigh_mac(n, &got));
	cgn_neigh_set(n, &mac);
	CU_ASSERT(cgn_neigh_mac(n, &got));
	CU_ASSERT(rte_is_same_ether_addr(&got, &mac));
	cgn_neigh_set(n, NULL);
	CU_ASSERT_FALSE(cgn_neigh_mac(n, &got));
	CU_ASSERT_EQUAL(n->used, 0);
	cgn_neigh_touch(n);
	CU_ASSERT_EQUAL(n->used, 1);
	cgn_neigh_destroy(table);
}

/* All MAC addresses are valid ones: none looks like "unresolved". */
static void
zero_mac(void)
{
	const struct rte_ether_addr zero = { { 0 } };
	struct rte_ether_addr got = { { 9 } };
	struct cgn_neigh *n;

	begin();
	n = cgn_neigh_add(table, key(1));
	cgn_neigh_set(n, &zero);
	CU_ASSERT(cgn_neigh_mac(n, &got));
	CU_ASSERT(rte_is_zero_ether_addr(&got));
	cgn_neigh_destroy(table);
}

static void
full(void)
{
	begin();
	for (uint32_t i = 0; i < MAX; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(cgn_neigh_add(table, key(i)));
	CU_ASSERT_PTR_NULL(cgn_neigh_add(table, key(MAX)));
	for (uint32_t i = 0; i < MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(cgn_neigh_find(table, key(i)));
	cgn_neigh_del(table, key(5));
	CU_ASSERT_PTR_NULL(cgn_neigh_find(table, key(5)));
	CU_ASSERT_EQUAL(cgn_neigh_count(table), MAX - 1);
	/* readers may still stand on it */
	CU_ASSERT_PTR_NULL(cgn_neigh_add(table, key(MAX)));
	cgn_neigh_reclaim(table);
	CU_ASSERT_PTR_NULL(cgn_neigh_add(table, key(MAX)));
	cgn_neigh_reclaim(table);
	CU_ASSERT_PTR_NOT_NULL(cgn_neigh_add(table, key(MAX)));
	CU_ASSERT_PTR_NULL(cgn_neigh_add(table, key(MAX + 1)));
	cgn_neigh_destroy(table);
}

/* A deleted entry can be read until it is reclaimed, and says nothing. */
static void
deleted(void)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 1 } };
	struct rte_ether_addr got;
	struct cgn_neigh *n;

	begin();
	n = cgn_neigh_add(table, key(1));
	cgn_neigh_set(n, &mac);
	cgn_neigh_del(table, key(1));
	cgn_neigh_del(table, key(1));
	CU_ASSERT(memcmp(n->addr, key(1), 16) == 0);
	CU_ASSERT_FALSE(cgn_neigh_mac(n, &got));
	CU_ASSERT_EQUAL(cgn_neigh_count(table), 0);
	cgn_neigh_destroy(table);
}

/* Entries in use stay where they are while others come and go, and are all visited. */
static void
churn(void)
{
	struct cgn_neigh *first[MAX / 2];
	unsigned seen = 0;
	uint32_t cursor = 0;

	begin();
	for (uint32_t i = 0; i < MAX / 2; i++)
		first[i] = cgn_neigh_add(table, key(i));
	for (uint32_t round = 1; round < 20; round++) {
		for (uint32_t i = 0; i < MAX / 4; i++)
			cgn_neigh_add(table, key(round * MAX + i));
		for (uint32_t i = 0; i < MAX / 4; i++)
			cgn_neigh_del(table, key(round * MAX + i));
		cgn_neigh_reclaim(table);
		cgn_neigh_reclaim(table);
	}
	for (uint32_t i = 0; i < MAX / 2; i++)
		CU_ASSERT_PTR_EQUAL(cgn_neigh_find(table, key(i)), first[i]);
	while (cgn_neigh_next(table, &cursor) != NULL)
		seen++;
	CU_ASSERT_EQUAL(seen, MAX / 2);
	CU_ASSERT_EQUAL(cgn_neigh_count(table), MAX / 2);
	cgn_neigh_destroy(table);
}

static void
key4(void)
{
	static const uint8_t want[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 };
	uint8_t k[16];

	cgn_neigh_key4(k, RTE_BE32(0xc0000201));
	CU_ASSERT(memcmp(k, want, 16) == 0);
	cgn_neigh_destroy(NULL);
}

const char *const eal_suite = "neigh";
CU_TestInfo eal_tests[] = {
	{ "find, set, touch", find_and_set },
	{ "an address of zeros is one", zero_mac },
	{ "full, deleted, used again", full },
	{ "a deleted entry", deleted },
	{ "entries do not move", churn },
	{ "IPv4 keys", key4 },
	CU_TEST_INFO_NULL,
};
