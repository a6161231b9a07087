/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can be said of a configuration only by those who know how users and addresses are
 * spread over locations. */
#ifndef CGN_CONTROL_VERIFY_H
#define CGN_CONTROL_VERIFY_H

#include "conf/conf.h"

/* Logs a line, FILE:LINE first, for every server whose public address belongs to another
 * location than its user. Returns how many; or -ENOMEM. Pure but for the log; any
 * configuration that the reader has accepted. */
int cgn_verify_servers(const struct cgn_conf *conf);

#endif
