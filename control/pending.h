/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a configuration asks for and this version does not do. */
#ifndef CGN_CONTROL_PENDING_H
#define CGN_CONTROL_PENDING_H

#include "conf/conf.h"

/* Logs one warning for each, `FILE:LINE: key: …`; returns how many. Control lcore. */
unsigned cgn_pending_warn(const struct cgn_conf *conf);

#endif
