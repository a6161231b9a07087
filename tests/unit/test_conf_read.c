/* SPDX-License-Identifier: BSD-3-Clause */
/* How text becomes settings: syntax, types, numbers, duplicates, includes, all errors. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_case.h"
#include "suite.h"

static const struct conf_case cases[] = {
	{ { { "mtu = 1600;", "mtu = = 1600;" } }, "3: syntax", "syntax error" },
	{ { { "mtu = 1600;", "mtu = 1600" }, { "[ 1, 2 ]", "[ 1, \"2\" ]" } },
		"26: syntax", "mismatched element type in array" },
	{ { { "memory_mb = 1024;", "memory_mb = \"1024\";" } }, "2: dpdk.memory_mb",
		"a number is expected, not a string" },
	{ { { "memory_mb = 1024;", "memory_mb = 1e3;" } }, "2: dpdk.memory_mb",
		"a number is expected, not a number with a fraction" },
	{ { { "hot_backup = true;", "hot_backup = 1;" } }, "15: ha.hot_backup",
		"true or false is expected, not a number" },
	{ { { "\"box\"", "7" } }, "1: node.name", "a string is expected, not a number" },
	{ { { "{ hot_backup = true; }", "true" } }, "15: ha",
		"a group { } is expected, not true or false" },
	{ { { "acls: ( { name = \"home\"; permit = [ \"10.0.0.0/8\" ]; } );",
		    "acls: { name = \"home\"; permit = [ \"10.0.0.0/8\" ]; };" },
		  { "acl = \"home\";", "" } },
		"20: acls",
		"a list of groups ( { }, ... ) is expected, not a group { }" },
	{ { { "acls: (", "acls: ( 1," } }, "20: acls[0]",
		"a group { } is expected, not a number" },
	{ { { "[ \"10.0.0.0/8\" ]", "\"10.0.0.0/8\"" } }, "20: acls[0].permit",
		"an array [ ... ] is expected, not a string" },
	{ { { "memory_mb = 1024;", "memory = 1024;" } }, "2: dpdk.memory",
		"unknown key, allowed is lcores, control_lcore, io_lcores, hugepages, "
		"multi_process, memory_mb" },
	{ { { "mtu = 1540;", "mtu = 1540; inside: { ports = [ \"in\" ]; };" } },
		"22: ds_lite_instances[0].inside", "unknown key, allowed is name, id," },
	{ { { "ha: {", "hah: {" } }, "15: hah",
		"unknown key, allowed is node, dpdk, ports" },
	{ { { "memory_mb = 1024;", "memory_mb = 4294968320;" } }, "2: dpdk.memory_mb",
		"a number above 2147483647 is written with an L behind it" },
	{ { { "memory_mb = 1024;", "memory_mb = 4294968320L;" } }, "2: dpdk.memory_mb",
		"4294968320 is out of range, allowed is 64..1048576" },
	{ { { "memory_mb = 1024;", "memory_mb = 99999999999999999999L;" } },
		"2: dpdk.memory_mb", "the number is too large" },
	{ { { "memory_mb = 1024;", "memory_mb = 0x100000400;" } }, "2: dpdk.memory_mb",
		"is written with an L" },
	{ { { "lcore = 2;", "lcore = 4294967298;" } }, "8: boards[1].cpus[0].lcore",
		"is written with an L" },
	{ { { "[ 1, 2 ]", "[ 1, 4294967298 ]" } },
		"26: monitor_location_groups[0].service_locations[1]",
		"is written with an L" },
	{ { { "memory_mb = 1024;",
		  "memory_mb = 1024; /* memory_mb */ memory_mb = 2048;" } },
		"2: dpdk.memory_mb", "given twice, a key may be given once" },
	{ { { "service_instance_group = \"g1\";",
		  "service_instance_group = \"g1\"; service_instance_group = \"g2\";" } },
		"21: ds_lite_instances[0].service_instance_group", "given twice" },
	{ { { "ha: {", "ha: { }; ha: {" } }, "15: ha", "given twice" },
	{ { { "ha: {", "ha\n: { }; ha: {" }, { "hot_backup = true;", "" },
		  { "down_number = 2;", "" } },
		"16: ha", "given twice" },
	{ .place = NULL },
};

static void
test_cases(void)
{
	conf_case_run(cases, false);
}

static bool
reported(const struct cgn_conf_errors *errs, int line, const char *key, const char *text)
{
	for (uint32_t i = 0; i < errs->n_items; i++) {
		const struct cgn_conf_message *m = &errs->items[i];

		if (m->line == line && !strcmp(m->key, key) && strstr(m->text, text))
			return true;
	}
	return false;
}

/* One of every stage at once: scan, reading, references, checks. */
static void
test_all_errors(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "run_dir = \"/run/t\";",
			"run_dir = \"/run/t\"; name = \"again\"; rundir = 1;" },
		{ "memory_mb = 1024;", "memory_mb = 1;" },
		{ "parent = \"in\"; vlan = 100;",
			"parent = \"inn\"; vlan = 4294967296;" },
		{ "\"2001:db8::a\"", "\"2001:db8:1::1\"" },
	};
	struct cgn_conf_errors errs = { 0 };
	char *text = conf_case_text(edits);
	struct cgn_conf *conf;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(cgn_conf_load_string(text, "x", &conf, &errs), -EINVAL);
	CU_ASSERT_PTR_NULL(conf);
	CU_ASSERT_EQUAL(errs.n_errors, 6);
	CU_ASSERT(reported(&errs, 1, "node.name", "given twice"));
	CU_ASSERT(reported(&errs, 1, "node.rundir", "unknown key"));
	CU_ASSERT(reported(&errs, 2, "dpdk.memory_mb", "out of range"));
	CU_ASSERT(reported(&errs, 5, "ports[2].vlan", "with an L"));
	CU_ASSERT(reported(&errs, 5, "ports[2].parent", "there is no port"));
	CU_ASSERT(reported(&errs, 21, "ds_lite_instances[0].local_ipv6", "port \"in\""));
	cgn_conf_errors_fini(&errs);
	free(text);
}

/* ---- files ---- */

static char dir[] = "/tmp/conf-read-XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs(text, out);
	fclose(out);
}

/* Loads a file of the directory; `expect` is the first line that is printed. */
static void
load_file(const char *name, int rc, const char *expect)
{
	struct cgn_conf_errors errs;
	struct cgn_conf *conf;
	char path[128], full[512], *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	cgn_conf_errors_init(&errs);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_EQUAL(cgn_conf_load(path, &conf, &errs), rc);
	cgn_conf_errors_print(&errs, out);
	fclose(out);
	snprintf(full, sizeof(full), "%s%s%s", expect[0] ? dir : "", expect[0] ? "/" : "",
		expect);
	if (strncmp(printed, full, strlen(full)) != 0 || (!expect[0] && printed[0])) {
		fprintf(stderr, "\nexpected %s\n%s", full, printed);
		CU_FAIL("printed");
	}
	free(printed);
	cgn_conf_free(conf);
	cgn_conf_errors_fini(&errs);
}

static void
remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	remove(path);
}

/* The section ha in a file of its own, which includes another, below a directory. */
static void
test_include(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "ha: { hot_backup = true; };\n",
			"@include \"more/ha.conf\" // redundancy\n" },
		{ "node: {", "/*\n@include \"none\"\n*/ node: {" },
	};
	char *text = conf_case_text(edits);
	char more[128], absolute[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	snprintf(more, sizeof(more), "%s/more", dir);
	CU_ASSERT_EQUAL(mkdir(more, 0700), 0);
	write_file("main.conf", text);
	write_file("more/ha.conf",
		"ha: {\n  @include \"detect.conf\"\n  hot_backup = true; };");
	write_file("more/detect.conf", "# how fast\ndetect_ms = 50;\n");
	load_file("main.conf", 0, "");
	write_file("more/detect.conf", "# how fast\ndetect_ms = 50000;\n");
	load_file("main.conf", -EINVAL,
		"more/detect.conf:2: ha.detect_ms: 50000 is out of");
	write_file("more/detect.conf", "detect_ms = 50;\n\ndetect_ms = 5;\n");
	load_file("main.conf", -EINVAL, "more/detect.conf:3: ha.detect_ms: given twice");
	write_file("more/detect.conf", "detect_ms = = 50;\n");
	load_file("main.conf", -EINVAL, "more/detect.conf:1: syntax: syntax error");
	write_file("more/detect.conf", "@include \"../main.conf\"\n");
	load_file("main.conf", -ELOOP, "more/../more/");
	write_file("more/ha.conf", "ha: {\n  hot_backup = 1; };");
	load_file("main.conf", -EINVAL, "more/ha.conf:2: ha.hot_backup: true or false");
	snprintf(absolute, sizeof(absolute), "@include \"%s/main.conf\"\nports2 = 1;\n",
		dir);
	write_file("more/ha.conf", "ha: { };");
	write_file("top.conf", absolute);
	load_file("top.conf", -EINVAL, "top.conf:2: ports2: unknown key");
	remove_file("more/ha.conf");
	load_file("main.conf", -ENOENT, "main.conf:17: @include: \"");
	remove_file("more/detect.conf");
	remove_file("more");
	remove_file("main.conf");
	remove_file("top.conf");
	free(text);
}

static void
test_no_file(void)
{
	load_file("none.conf", -ENOENT, "none.conf:1: file: \"");
	load_file(".", -EISDIR, ".:1: file: \"");
}

static void
test_lcores(void)
{
	uint64_t set[2];

	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("0@0,1@1,2@1", set), 0);
	CU_ASSERT_EQUAL(set[0], 7);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse(" 0 , (2-4,7)@(0-3) , 127@0", set), 0);
	CU_ASSERT_EQUAL(set[0], 0x9d);
	CU_ASSERT_EQUAL(set[1], 1ull << 63);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("3-1", set), 0);
	CU_ASSERT_EQUAL(set[0], 0xe);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("", set), -EINVAL);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("1,", set), -EINVAL);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("(1", set), -EINVAL);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("1@", set), -EINVAL);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("1@x", set), -EINVAL);
	CU_ASSERT_EQUAL(cgn_conf_lcores_parse("99999999999999999999", set), -EINVAL);
}

/* A wrong address has its error, and no warning of what it might have permitted. */
static const struct conf_case acl_cases[] = {
	{ { { "[ \"10.0.0.0/8\" ]", "[ \"10.x.0.0/8\" ]" } }, "20: acls[0].permit[0]",
		"\"10.x.0.0/8\" is not an address" },
	{ .place = NULL },
};

#define RULE_ONCE  "{ acl = \"home\"; address_group = \"p2\"; }, "
#define FOUR(it)   it it it it
#define RULES_MORE FOUR(RULE_ONCE) FOUR(RULE_ONCE)
#define NAT(n)                                                                           \
	"{ name = \"more" n "\"; id = 1" n                                               \
	"; service_instance_group = \"g2\"; inside: { "                                  \
	"ports = [ \"in\" ]; }; outbound: ( { address_group = \"p2\"; } ); }, "
static const struct conf_case many_cases[] = {
	{ { { "outbound: ( { acl = \"home\"; address_group = \"p2\"; } );",
		  "outbound: ( " RULES_MORE "{ address_group = \"p2\"; } );" } },
		"23: nat_instances[0].outbound",
		"has 9 elements, at most 8 are possible" },
	{ { { "nat_instances: (", "nat_instances: ( " NAT("1") NAT("2") NAT("3") NAT("4")
					  NAT("5") NAT("6") NAT("7") NAT("8") } },
		"23: nat_instances[8].inside.ports[0]",
		"\"in\" is inside of 8 NAT44 instances already, the most" },
	{ .place = NULL },
};

static void
test_elements(void)
{
	conf_case_run(acl_cases, false);
	conf_case_run(many_cases, false);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "syntax, types, numbers, duplicates", test_cases },
		{ "all errors in one run", test_all_errors },
		{ "include", test_include },
		{ "no file", test_no_file },
		{ "lcores", test_lcores },
		{ "elements of lists", test_elements },
		CU_TEST_INFO_NULL,
	};
	int rc;

	if (!mkdtemp(dir))
		return 2;
	rc = suite_run("conf_read", tests);
	rmdir(dir);
	return rc;
}
