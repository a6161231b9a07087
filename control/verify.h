/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can be said of a configuration only by those who know how users and addresses are
 * spread over locations, what is in files of keys, and what this version does. */
#ifndef CGN_CONTROL_VERIFY_H
#define CGN_CONTROL_VERIFY_H

#include "conf/conf.h"

/* All of it: what cgn_conf_load_checked() is given wherever a configuration is to be put
 * into effect, now or later. Any thread. */
void cgn_verify_conf(struct cgn_reader *r);

/* An error for every server whose public address belongs to another location than its
 * user. Pure. */
void cgn_verify_servers(struct cgn_reader *r);

#endif
