/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the configuration and what has become of the boards to the snapshot that the
 * workers read. Control lcore: the first snapshot at the start, and drafts of others when
 * the configuration changes. Where locations are is settle.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/publish.h"
#include "control/routes.h"
#include "control/settle.h"
#include "control/stage.h"
#include "control/switch.h"

uint64_t
cgn_publish_alive(const struct cgn_daemon *d)
{
	uint64_t alive = 0;

	for (uint16_t i = 0; i < d->n_cpus; i++)
		if (cgn_watch_is_well(&d->watch, i))
			alive |= 1ull << i;
	return alive;
}

/* What the ports are, in the order of a configuration; NULL: out of memory. */
static struct cgn_compile_port *
list_ports(const struct cgn_daemon *d, const struct cgn_conf *conf)
{
	struct cgn_compile_port *port = calloc(conf->n_ports + 1, sizeof(*port));

	for (uint32_t i = 0; port && i < conf->n_ports; i++) {
		uint16_t p = cgn_daemon_port(d, conf->ports[i].name);

		if (p == d->n_ports) /* a sub-interface */
			continue;
		port[i].device = d->port[p].id;
		port[i].mac = d->port[p].mac;
	}
	return port;
}

int
cgn_publish_draft(struct cgn_daemon *d, const struct cgn_conf *conf, bool settled,
	struct cgn_compile_draft **out)
{
	struct cgn_compile_inputs in = {
		.port = list_ports(d, conf),
		.alive = cgn_publish_alive(d),
		.settled = settled,
	};
	int rc;

	in.learnt = cgn_routes_list(d, conf, &in.n_learnt);
	rc = in.port ? cgn_compile_begin(d->compiler, conf, &in, out) : -ENOMEM;
	free((void *)(uintptr_t)in.learnt);
	free((void *)(uintptr_t)in.port);
	return rc;
}

static int
compile(struct cgn_daemon *d, const struct cgn_snapshot **snap)
{
	struct cgn_compile_inputs in = { .port = list_ports(d, d->conf),
		.host = d->where,
		.switched = cgn_switch_flags(d) };
	int rc = in.port ? cgn_compile(d->compiler, d->conf, &in, snap) : -ENOMEM;

	free((void *)(uintptr_t)in.port);
	return rc;
}

static int
out_of_memory(struct cgn_daemon *d)
{
	snprintf(d->err, sizeof(d->err), "tables of the configuration: out of memory");
	cgn_publish_fini(d);
	return -ENOMEM;
}

int
cgn_publish_init(struct cgn_daemon *d)
{
	const struct cgn_snapshot *snap = NULL;
	int rc = cgn_settle_init(d);

	if (rc == 0)
		d->compiler = cgn_compile_create();
	if (!d->compiler)
		return out_of_memory(d);
	rc = compile(d, &snap);
	if (rc) { /* the compiler has said why */
		cgn_publish_fini(d);
		return rc;
	}
	cgn_snapshot_free(cgn_daemon_publish(d, snap));
	return 0;
}

void
cgn_publish_fini(struct cgn_daemon *d)
{
	d->rt.snap = NULL;
	cgn_snapshot_free(d->snap);
	d->snap = NULL;
	if (d->compiler)
		cgn_compile_destroy(d->compiler);
	d->compiler = NULL;
	cgn_settle_fini(d);
}
