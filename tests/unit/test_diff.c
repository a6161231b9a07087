/* SPDX-License-Identifier: BSD-3-Clause */
/* The difference of two configurations: each edit is one change at one path. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/diff.h"
#include "conf_case.h"
#include "suite.h"

static struct cgn_conf *
load(const struct conf_edit *edits)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf = NULL;
	char *text = conf_case_text(edits);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	cgn_conf_load_string(text, "t.conf", &conf, &errs);
	if (!conf)
		cgn_conf_errors_print(&errs, stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	cgn_conf_errors_fini(&errs);
	free(text);
	return conf;
}

/* An edit, and the one change that it is. */
struct diff_case {
	struct conf_edit edits[CONF_CASE_EDITS];
	enum cgn_diff_kind kind;
	const char *path, *before, *after;
	bool restart;
};

#define POOL2 "[ \"203.0.113.32-203.0.113.40\" ]; } );"

static const struct diff_case cases[] = {
	{ { { "name = \"box\"", "name = \"cgn\"" } }, CGN_DIFF_CHANGED, "node.name",
		"\"box\"", "\"cgn\"", true },
	{ { { "memory_mb = 1024", "memory_mb = 2048" } }, CGN_DIFF_CHANGED,
		"dpdk.memory_mb", "1024", "2048", true },
	{ { { "net_null1", "net_null2" } }, CGN_DIFF_CHANGED, "ports[out].device",
		"\"net_null1\"", "\"net_null2\"", true },
	{ { { "lcore = 2; } ); } );",
		  "lcore = 2; } ); }, { slot = 3; cpus = ( { cpu = 0; lcore = 3; } ); } "
		  ");" } },
		CGN_DIFF_ADDED, "boards[2]", "", "", true },
	{ { { "\"198.51.100.1/24\" ]; },\n{ name = \"red\"",
		  "\"198.51.100.1/24\" ]; },\n{ name = \"more\"; device = "
		  "\"net_null3\"; },\n{ name = \"red\"" } },
		CGN_DIFF_ADDED, "ports[more]", "", "", true },
	{ { { "[ \"10.1.0.1/24\" ]; } );",
		  "[ \"10.1.0.1/24\" ]; }, { name = \"blue\"; parent = \"in\"; vlan = "
		  "101; } );" } },
		CGN_DIFF_ADDED, "ports[blue]", "", "", false },
	{ { { "next_hop = \"198.51.100.2\"", "next_hop = \"198.51.100.3\"" } },
		CGN_DIFF_CHANGED, "routes[0.0.0.0/0].next_hop", "\"198.51.100.2\"",
		"\"198.51.100.3\"", false },
	{ { { "\"198.51.100.2\"; } );",
		  "\"198.51.100.2\"; }, { prefix = \"10.1.2.0/24\"; "
		  "next_hop = \"10.1.0.2\"; vpn = \"red\"; } );" } },
		CGN_DIFF_ADDED, "routes[10.1.2.0/24 red]", "", "", false },
	{ { { "{ slot = 1; sessions = 65536;", "{ slot = 1; sessions = 32768;" } },
		CGN_DIFF_CHANGED, "license[1].sessions", "65536", "32768", false },
	{ { { "weight = 3", "weight = 4" } }, CGN_DIFF_CHANGED,
		"service_instance_groups[g1].service_locations[2].weight", "3", "4",
		false },
	{ { { "backup: { slot = 2; };", "" } }, CGN_DIFF_REMOVED,
		"service_locations[1].backup", "", "", false },
	{ { { "priority = 200;", "priority = 210;" } }, CGN_DIFF_CHANGED,
		"vrrp[in 10].priority", "200", "210", false },
	{ { { POOL2, "[ \"203.0.113.32-203.0.113.50\" ]; } );" } }, CGN_DIFF_CHANGED,
		"address_groups[p2].addresses", "[ \"203.0.113.32-203.0.113.40\" ]",
		"[ \"203.0.113.32-203.0.113.50\" ]", false },
	{ { { POOL2, "[ \"203.0.113.32-203.0.113.40\" ]; locked = true; } );" } },
		CGN_DIFF_CHANGED, "address_groups[p2].locked", "false", "true", false },
	{ { { POOL2, "[ \"203.0.113.32-203.0.113.40\" ]; }, { name = \"p0\"; id = 3; "
		     "addresses = [ \"192.0.2.1\" ]; } );" } },
		CGN_DIFF_ADDED, "address_groups[p0]", "", "", false },
	{ { { "permit = [ \"10.0.0.0/8\" ]", "permit = [ \"10.0.0.0/9\" ]" } },
		CGN_DIFF_CHANGED, "acls[home].permit", "[ \"10.0.0.0/8\" ]",
		"[ \"10.0.0.0/9\" ]", false },
	{ { { "mode = \"dynamic\"", "mode = \"static\"" } }, CGN_DIFF_CHANGED,
		"ds_lite_instances[ds1].port_range.mode", "\"dynamic\"", "\"static\"",
		false },
	{ { { "inside: { ports = [ \"in\" ]; };"
	      " outbound: ( { acl = \"home\"",
		  "inside: { ports = [ \"in\" ]; }; servers: ( { protocol = \"tcp\"; "
		  "outside = \"203.0.113.33:80\"; inside = \"10.0.0.2:8080\"; } ); "
		  "outbound: ( { acl = \"home\"" } },
		CGN_DIFF_ADDED, "nat_instances[nat1].servers[tcp 203.0.113.33:80]", "",
		"", false },
	{ { { "acl = \"home\"; ", "" } }, CGN_DIFF_CHANGED,
		"nat_instances[nat1].outbound[0].acl", "\"home\"", "\"any\"", false },
	{ { { "mtu = 1540; }", "mtu = 1540; limits: { create_rate = 9; }; }" } },
		CGN_DIFF_CHANGED, "ds_lite_instances[ds1].limits.create_rate", "4000",
		"9", false },
};

static void
check(const struct diff_case *c, const struct cgn_diff *diff)
{
	const struct cgn_diff_change *change = diff->items;

	CU_ASSERT_EQUAL(diff->n, 1);
	for (uint32_t i = 0; diff->n != 1 && i < diff->n; i++)
		printf("%s: unexpected %s (%s -> %s)\n", c->path, diff->items[i].path,
			diff->items[i].before, diff->items[i].after);
	if (diff->n != 1)
		return;
	CU_ASSERT_EQUAL(change->kind, c->kind);
	CU_ASSERT_STRING_EQUAL(change->path, c->path);
	CU_ASSERT_STRING_EQUAL(change->before, c->before);
	CU_ASSERT_STRING_EQUAL(change->after, c->after);
	CU_ASSERT_EQUAL(change->restart, c->restart);
	CU_ASSERT_EQUAL(diff->n_restart, c->restart);
}

static void
each_edit(void)
{
	struct cgn_conf *before = load((struct conf_edit[CONF_CASE_EDITS]){ { NULL } });

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cgn_conf *after = load(cases[i].edits);
		struct cgn_diff diff;

		cgn_diff_conf(before, after, &diff);
		check(&cases[i], &diff);
		cgn_diff_fini(&diff);
		cgn_conf_free(after);
	}
	cgn_conf_free(before);
}

/* A change is found in the file: its line, or that of the group where it is not. */
static void
places(void)
{
	static const struct {
		struct conf_edit edit;
		int line;
	} rows[] = {
		{ { "memory_mb = 1024;", "memory_mb = 2048;" }, 2 },
		{ { "memory_mb = 1024;", "memory_mb = 1024;\nidle = \"poll\";" }, 3 },
		{ { "device = \"net_null1\"", "device = \"net_null2\"" }, 4 },
		{ { "run_dir = \"/run/t\";", "" }, 1 },
		{ { "{ name = \"c1\"; address = \"192.0.2.9\"; }", "" }, 25 },
	};
	struct cgn_conf *before = load((struct conf_edit[CONF_CASE_EDITS]){ { NULL } });

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_edit edits[CONF_CASE_EDITS] = { rows[i].edit };
		struct cgn_conf *after = load(edits);
		struct cgn_conf_src src;
		struct cgn_diff diff;

		cgn_diff_conf(before, after, &diff);
		CU_ASSERT_EQUAL_FATAL(diff.n, 1);
		src = cgn_conf_place(after, diff.items[0].at);
		CU_ASSERT_STRING_EQUAL(src.file, "t.conf");
		CU_ASSERT_EQUAL(src.line, rows[i].line);
		cgn_diff_fini(&diff);
		cgn_conf_free(after);
	}
	cgn_conf_free(before);
}

/* Another order of named objects is no change, and neither is what was written
 * otherwise. */
static void
nothing(void)
{
	struct cgn_conf *before = load((struct conf_edit[CONF_CASE_EDITS]){ { NULL } });
	struct cgn_conf *after = load((struct conf_edit[CONF_CASE_EDITS]){
		{ "{ id = 1; }, { id = 2; weight = 3; }",
			"{ id = 2; weight = 3; }, { id = 1; weight = 1; }" },
		{ "\"2001:db8:1::1/64\"", "\"2001:0db8:1:0::1/64\"" } });
	struct cgn_diff diff;

	cgn_diff_conf(before, after, &diff);
	CU_ASSERT_EQUAL(diff.n, 0);
	cgn_diff_fini(&diff);
	cgn_conf_free(before);
	cgn_conf_free(after);
}

static char *
many_routes(unsigned n, const char *hop)
{
	struct cgn_text text = { 0 };
	char *whole;

	cgn_text_add(&text, "routes: ( ");
	for (unsigned i = 0; i < n; i++)
		cgn_text_add(&text,
			"{ prefix = \"100.%u.%u.0/24\"; next_hop = \"%s\"; },\n",
			64 + i / 256, i % 256, hop);
	whole = conf_case_text(
		(struct conf_edit[CONF_CASE_EDITS]){ { "routes: ( ", text.data } });
	free(text.data);
	return whole;
}

static struct cgn_conf *
load_text(char *text)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	cgn_conf_load_string(text, "t.conf", &conf, &errs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	cgn_conf_errors_fini(&errs);
	free(text);
	return conf;
}

/* The work grows with the number of objects, not with its square: of the processor's
 * time eight times as many routes take less than forty times as much. */
static void
many(void)
{
	double took[2];

	for (int k = 0; k < 2; k++) {
		unsigned n = k ? 16000 : 2000;
		clock_t start = clock();
		struct cgn_conf *before = load_text(many_routes(n, "198.51.100.2"));
		struct cgn_conf *after = load_text(many_routes(n, "198.51.100.3"));
		struct cgn_diff diff;

		cgn_diff_conf(before, after, &diff);
		CU_ASSERT_EQUAL(diff.n, n);
		cgn_diff_fini(&diff);
		cgn_conf_free(before);
		cgn_conf_free(after);
		took[k] = (double)(clock() - start) / CLOCKS_PER_SEC;
	}
	printf("2000 routes %.3f s, 16000 routes %.3f s ", took[0], took[1]);
	CU_ASSERT(took[1] < 40 * (took[0] + 0.001));
}

int
main(void)
{
	CU_TestInfo tests[] = { { "each edit", each_edit }, { "nothing", nothing },
		{ "places of changes", places }, { "many", many }, CU_TEST_INFO_NULL };

	return suite_run("diff", tests);
}
