/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints doc/configuration.md. Run: build/conf/confdoc > doc/configuration.md */

#include "conf/conf.h"

int
main(void)
{
	cgn_conf_describe(stdout);
	return 0;
}
