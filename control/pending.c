/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configuration's schema is complete, the box is not yet: a key that is read, checked
 * and then has no effect must not look as if it had. So each is named at start and by
 * `cgnd --check`. A feature that arrives takes its line out of here. */
#include "control/pending.h"

#include "conf/reader.h"

#define PENDING "has no effect, this version does not have it"

void
cgn_pending_warn(struct cgn_reader *r)
{
	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		const struct cgn_conf_instance *in = &r->conf->instances[i];

		if (in->kind == CGN_CONF_NAT64)
			cgn_reader_warn(r, in, PENDING);
		if (in->alg & ~(uint32_t)CGN_CONF_ALG_FTP)
			cgn_reader_warn(r, &in->alg, "other than ftp: " PENDING);
	}
}
