/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configuration's schema is complete, the box is not yet: a key that is read, checked
 * and then has no effect must not look as if it had. So each is named at start and by
 * `cgnd --check`. A feature that arrives takes its line out of here. */
#include "control/pending.h"

#include <syslog.h>

#include "control/log.h"

static unsigned
warn(bool wanted, const struct cgn_conf_src *src, const char *key)
{
	if (wanted)
		cgn_log(LOG_WARNING,
			"%s:%d: %s: has no effect, this version does not have it",
			src->file, src->line, key);
	return wanted;
}

static unsigned
instance(const struct cgn_conf_instance *in)
{
	return warn(in->kind == CGN_CONF_NAT64, &in->src, "nat64_instances") +
	       warn(in->alg & ~(uint32_t)CGN_CONF_ALG_FTP, &in->src,
		       "alg (other than ftp)");
}

unsigned
cgn_pending_warn(const struct cgn_conf *conf)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < conf->n_instances; i++)
		n += instance(&conf->instances[i]);
	return n;
}
