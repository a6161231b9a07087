/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The parameters of deterministic ports, for the log. */
#ifndef CGN_CONTROL_LOG_RULE_H
#define CGN_CONTROL_LOG_RULE_H

#include "control/log_export.h"

/* Tells the rules of all deterministic instances, complete: the events of the daemon and
 * the syslog hosts of each. x: NULL: the events alone. now_ms: monotonic. Control lcore,
 * whenever a configuration begins to be in force. */
void cgn_log_rules(
	struct cgn_log_export *x, const struct cgn_snapshot *snap, uint64_t now_ms);

#endif
