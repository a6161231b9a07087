/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the key=value filters of a command to what is asked of the workers. */
#ifndef CGN_CONTROL_SELECT_H
#define CGN_CONTROL_SELECT_H

#include "control/cmd.h"
#include "control/query.h"

/* Which entries are meant. */
struct cgn_select {
	struct cgn_filter filter; /* for the workers */
	uint32_t slot;		  /* board, or CGN_NONE */
	bool nothing;		  /* no entry can match */
};

/* Reads the filters of a call. 0, or -EPERM after cgn_cmd_refuse() when a name is not
 * known. Control lcore. */
int cgn_select_init(
	struct cgn_select *s, struct cgn_cmd_ctx *ctx, const struct cgn_daemon *d);

#endif
