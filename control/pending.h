/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a configuration asks for and this version does not do. */
#ifndef CGN_CONTROL_PENDING_H
#define CGN_CONTROL_PENDING_H

#include "conf/conf.h"

/* A warning for each. Any thread. */
void cgn_pending_warn(struct cgn_reader *r);

#endif
