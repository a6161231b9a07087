/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration reader on any text. The first byte chooses: an even one is dropped
 * and the rest is the text; an odd one puts the rest behind most of a good configuration,
 * so that references and checks are reached. Includes are not followed.
 */

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

/* libconfig 1.5 forgets the string that it was reading at a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static const char good[] =
	"dpdk: { lcores = \"0-3\"; };\n"
	"ports: ( { name = \"in\"; device = \"net_null0\"; addresses = "
	"[ \"2001:db8:1::1/64\", \"10.0.0.1/24\" ]; } );\n"
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );\n"
	"license: ( { slot = 1; ds_lite = true; nat44 = true; } );\n"
	"service_locations: ( { id = 1; slot = 1; } );\n"
	"service_instance_groups: ( { name = \"g\"; service_locations = ( { id = 1; } ); "
	"} );\n"
	"address_groups: ( { name = \"p\"; id = 1; addresses = [ \"203.0.113.0/28\" ]; } "
	");\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf;
	char *text;
	FILE *null;

	if (!size || memmem(data, size, "@include", 8))
		return 0;
	if (asprintf(&text, "%s%.*s", data[0] & 1 ? good : "", (int)(size - 1),
		    data + 1) < 0)
		abort();
	if ((cgn_conf_load_string(text, "fuzz", &conf, &errs) == 0) !=
		(errs.n_errors == 0))
		abort();
	null = fopen("/dev/null", "w");
	if (null) {
		cgn_conf_errors_print(&errs, null);
		fclose(null);
	}
	cgn_conf_free(conf);
	cgn_conf_errors_fini(&errs);
	free(text);
	return 0;
}
