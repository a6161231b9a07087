/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What two boxes must have configured alike, as hashes by name. */
#ifndef CGN_CONTROL_FINGERPRINT_H
#define CGN_CONTROL_FINGERPRINT_H

#include "conf/conf.h"
#include "ha/channel.h"

/* Writes fingerprints of the locations for which `wanted` is set ([conf->n_locations]),
 * and of the groups, instances and pools that they serve. Returns how many: at most
 * CGN_CHANNEL_PRINTS; or -ENOMEM, -E2BIG. Pure. */
int cgn_fingerprint(
	const struct cgn_conf *conf, const bool *wanted, struct cgn_channel_print *out);

#endif
