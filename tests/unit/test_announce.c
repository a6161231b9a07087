/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From where locations are to the prefixes that are announced. */
#include "control/announce.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "compile_case.h"
#include "dataplane/worker.h"
#include "eal_main.h"

/* Three locations in one group, numbered as in the list of hosts. */
#define CONF(pool, more)                                                                 \
	NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(more) POOLS(pool)           \
		DS(REMOTES) NAT

#define DOWN   CGN_NONE16
#define REMOTE CGN_REMOTE

static const struct cgn_snapshot *
compile_at(const char *text, const uint16_t worker[3], const bool *switched)
{
	struct cgn_compile_host at[3];
	const struct cgn_compile_inputs in = {
		.port = ports, .host = at, .switched = switched
	};
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf *conf = load(text);

	for (unsigned i = 0; i < 3; i++) {
		at[i] = hosts[i];
		at[i].worker = worker[i];
	}
	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(snap);
	return snap;
}

/* "203.0.113.0/28,1 …" */
static void
print(const struct cgn_announce_list *list, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < list->n; i++) {
		const struct cgn_announce_prefix *p = &list->prefix[i];
		bool ip4 = p->key[0] == 0;
		char addr[INET6_ADDRSTRLEN];

		inet_ntop(ip4 ? AF_INET : AF_INET6, p->key + (ip4 ? 12 : 0), addr,
			sizeof(addr));
		n += (size_t)snprintf(out + n, size - n, "%s%s/%u,%u", i ? " " : "", addr,
			ip4 ? p->len - 96u : p->len, p->metric);
	}
}

static void
expect(const struct cgn_snapshot *s, const struct cgn_announce_leaving *leaving,
	const char *wanted)
{
	static const struct cgn_announce_leaving nobody;
	struct cgn_announce_list list = { .n = 0 };
	char text[1024];

	cgn_announce_decide(s, leaving ? leaving : &nobody, &list);
	print(&list, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, wanted);
	if (strcmp(text, wanted) != 0)
		fprintf(stderr, "announced: %s\n", text);
	for (uint32_t i = 0; i < list.n; i++)
		CU_ASSERT(cgn_announce_has(&list, &list.prefix[i]));
	cgn_announce_fini(&list);
}

#define ONE    "{ id = 7; weight = 1; }"
#define PLAIN  "\"203.0.113.0/30\""
#define AFTR   "2001:db8::aaaa/128"
#define POOL_2 "198.51.100.64/29,1"

static void
test_states(void)
{
	static const struct {
		uint16_t worker;
		const char *announced;
	} row[] = {
		{ 0, POOL_2 " 203.0.113.0/30,1 " AFTR ",1" },
		{ 2, POOL_2 " 203.0.113.0/30,1 " AFTR ",1" },
		{ REMOTE, "" },
		{ DOWN, "" },
	};

	for (unsigned i = 0; i < RTE_DIM(row); i++) {
		uint16_t worker[3] = { row[i].worker, 1, 2 };
		const struct cgn_snapshot *s;

		setup();
		s = compile_at(CONF(PLAIN, ONE), worker, NULL);
		expect(s, NULL, row[i].announced);
		teardown(s);
	}
}

/* What is left out of a pool leaves a gap; ranges become the fewest prefixes. */
static void
test_gaps(void)
{
	static const uint16_t worker[3] = { 0, 1, 2 };
	const struct cgn_snapshot *s;

	setup();
	s = compile_at(CONF("\"203.0.113.3-203.0.113.12\"", ONE), worker, NULL);
	expect(s, NULL,
		POOL_2 " 203.0.113.3/32,1 203.0.113.4/31,1 203.0.113.6/32,1 "
		       "203.0.113.8/30,1 203.0.113.12/32,1 " AFTR ",1");
	teardown(s);
}

/* Several locations: each has its own addresses, and all the AFTR address. */
static void
test_shares(void)
{
	static const uint16_t all[3] = { 0, 1, 2 }, half[3] = { 0, REMOTE, 2 },
			      none[3] = { DOWN, REMOTE, 2 };
	const struct cgn_snapshot *s;
	struct cgn_announce_list list = { .n = 0 };
	struct cgn_announce_leaving nobody = { NULL, NULL };
	unsigned n = 0;

	setup();
	s = compile_at(CONF(PLAIN, TWO), all, NULL);
	expect(s, NULL, POOL_2 " 203.0.113.0/30,1 " AFTR ",1");
	teardown(s);
	setup();
	s = compile_at(CONF(PLAIN, TWO), half, NULL);
	cgn_announce_decide(s, &nobody, &list);
	for (uint32_t i = 0; i + 1 < list.n; i++)
		n += 1u << (128 - list.prefix[i].len);
	CU_ASSERT(n > 0 && n < 12); /* of the addresses of both pools */
	CU_ASSERT_EQUAL(list.prefix[list.n - 1].metric, 2);
	cgn_announce_fini(&list);
	teardown(s);
	setup();
	s = compile_at(CONF(PLAIN, TWO), none, NULL);
	expect(s, NULL, "");
	teardown(s);
}

/* Of two instances one is switched, or about to be. */
static void
test_instances(void)
{
	static const uint16_t worker[3] = { 0, 1, 2 };
	bool leaving[CGN_MAX_INSTANCES] = { false }, away[CGN_MAX_LOCATIONS] = { false };
	const bool ds_switched[2] = { true, false };
	struct cgn_announce_leaving l = { away, leaving };
	const struct cgn_snapshot *s;

	setup();
	s = compile_at(CONF(PLAIN, ONE), worker, ds_switched);
	/* pool2 is the instance nat1's, too */
	expect(s, NULL, POOL_2);
	teardown(s);
	setup();
	s = compile_at(CONF(PLAIN, ONE), worker, NULL);
	leaving[cgn_compile_find_instance(compiler, CGN_DS_LITE, "ds1")] = true;
	expect(s, &l, POOL_2);
	away[cgn_compile_find_location(compiler, 7)] = true;
	expect(s, &l, "");
	teardown(s);
}

const char *const eal_suite = "announce";
CU_TestInfo eal_tests[] = {
	{ "states of a location", test_states },
	{ "gaps", test_gaps },
	{ "several locations", test_shares },
	{ "instances that are switched", test_instances },
	CU_TEST_INFO_NULL,
};
