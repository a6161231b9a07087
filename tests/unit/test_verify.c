/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "compile_case.h"
#include "control/verify.h"
#include "eal_main.h"

#define NAT_SERVER(more)                                                                 \
	NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(                            \
		TWO) "address_groups: ( { name = \"pool1\"; id = 1; addresses = "        \
		     "[ " POOL1 " ]; },\n"                                               \
		     "  { name = \"pool2\"; id = 2; addresses = [ \"198.51.100.64/29\" " \
		     "]; } );\n"                                                         \
		     "acls: ( { name = \"few\"; permit = [ \"10.0.0.0/27\" ]; } "        \
		     ");\n" DS(                                                          \
			     REMOTES) "nat_instances: ( { name = \"nat1\"; id = 4;\n"    \
				      "    service_instance_group = \"group1\";\n"       \
				      "    inside: { ports = [ \"inside\" ]; };\n"       \
				      "    outbound: ( { acl = \"few\"; address_group "  \
				      "= \"pool2\"; } );\n" more                         \
				      "    servers: ( { protocol = \"tcp\"; inside = "   \
				      "\"10.0.0.5:80\";\n"                               \
				      "    outside = \"198.51.100.%u:80\"; } ); } );\n"

/* Does the check find what is wrong with it, by line and key, and nothing else? */
static bool
is_refused(const char *text, const char *address)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf = NULL;
	int rc = cgn_conf_load_checked("t.conf", text, cgn_verify_conf, &conf, &errs);

	CU_ASSERT_EQUAL(rc != 0, errs.n_items == 1);
	if (errs.n_items == 1) {
		CU_ASSERT_STRING_EQUAL(
			errs.items[0].key, "nat_instances[0].servers[0].outside");
		CU_ASSERT_EQUAL(strncmp(errs.items[0].text, address, strlen(address)), 0);
		CU_ASSERT_PTR_NOT_NULL(
			strstr(errs.items[0].text, " belongs to service-location "));
	}
	if (errs.n_items > 1)
		cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	cgn_conf_free(conf);
	return rc != 0;
}

/* What is said beforehand is what the compiler will say, for each address of the pool. */
static void
run(const char *format)
{
	unsigned refused = 0;

	for (unsigned n = 0; n < 8; n++) {
		struct cgn_compile_inputs in = { ports, hosts };
		const struct cgn_snapshot *snap = NULL;
		char text[8192], address[20];
		struct cgn_conf *conf;
		bool said;

		snprintf(text, sizeof(text), format, 64 + n);
		snprintf(address, sizeof(address), "198.51.100.%u ", 64 + n);
		setup();
		conf = load(text);
		said = is_refused(text, address);
		CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap) == 0, !said);
		refused += said;
		cgn_conf_free(conf);
		teardown(snap);
	}
	CU_ASSERT_EQUAL(refused, 4);
}

static void
test_servers(void)
{
	run(NAT_SERVER(""));
}

/* The location of the user follows from its rule. */
static void
test_deterministic(void)
{
	run(NAT_SERVER("    port_range: { mode = \"deterministic\"; size = 4096; };\n"));
}

const char *const eal_suite = "verify";
CU_TestInfo eal_tests[] = {
	{ "servers", test_servers },
	{ "servers with deterministic ports", test_deterministic },
	CU_TEST_INFO_NULL,
};
