/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the configuration and the state of the boards to what the compiler wants. */
#ifndef CGN_CONTROL_PUBLISH_H
#define CGN_CONTROL_PUBLISH_H

#include "control/compile.h"
#include "control/daemon.h"

/* Begins a snapshot for a configuration while workers run. settled: they have given up
 * what the last one had no place for. 0 or -errno, logged. Control lcore. */
int cgn_publish_draft(struct cgn_daemon *d, const struct cgn_conf *conf, bool settled,
	struct cgn_compile_draft **out);

/* Workers whose tables count, a bit each. Control lcore. */
uint64_t cgn_publish_alive(const struct cgn_daemon *d);

#endif
