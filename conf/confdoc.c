/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints doc/configuration.md. Run: build/conf/confdoc > doc/configuration.md
 * With the argument "manual" it prints cgnd.conf(5); the build runs that. */

#include <string.h>

#include "conf/conf.h"

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "manual") == 0)
		return cgn_conf_describe_manual(stdout) != 0;
	cgn_conf_describe(stdout);
	return 0;
}
