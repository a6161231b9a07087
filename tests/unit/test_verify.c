/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "compile_case.h"
#include "control/verify.h"
#include "eal_main.h"

/* What is said beforehand is what the compiler will say, for each address of the pool. */
static void
test_servers(void)
{
	unsigned refused = 0;

	for (unsigned n = 0; n < 8; n++) {
		struct cgn_compile_inputs in = { ports, hosts };
		const struct cgn_snapshot *snap = NULL;
		struct cgn_conf *conf;
		char text[8192];
		int said;

		snprintf(text, sizeof(text),
			"%s%u:80\"; inside = \"10.0.0.5:80\"; } ); } );\n",
			NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(
				POOL1)
				DS(REMOTES) "nat_instances: ( { name = \"nat1\"; id = "
					    "4;\n"
					    "    service_instance_group = \"group1\";\n"
					    "    inside: { ports = [ \"inside\" ]; };\n"
					    "    outbound: ( { acl = \"homes\"; "
					    "address_group = \"pool2\"; "
					    "} );\n"
					    "    servers: ( { protocol = \"tcp\"; "
					    "outside = \"198.51.100.",
			64 + n);
		setup();
		conf = load(text);
		said = cgn_verify_servers(conf);
		CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap) == 0, said == 0);
		CU_ASSERT(said == 0 || said == 1);
		refused += said == 1;
		cgn_conf_free(conf);
		teardown(snap);
	}
	CU_ASSERT_EQUAL(refused, 4);
}

const char *const eal_suite = "verify";
CU_TestInfo eal_tests[] = {
	{ "servers", test_servers },
	CU_TEST_INFO_NULL,
};
