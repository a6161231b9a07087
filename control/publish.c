/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the configuration and what has become of the boards to the snapshot that the
 * workers read. Control lcore: once at the start, again whenever one of the two changes.
 Where
 * locations are is settle.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/compile.h"
#include "control/settle.h"
#include "control/stage.h"
#include "control/switch.h"

/* The port by its name; NULL: a sub-interface. */
static const struct cgn_port *
find_port(const struct cgn_daemon *d, const char *name)
{
	for (uint16_t i = 0; i < d->n_ports; i++)
		if (strcmp(d->port[i].name, name) == 0)
			return &d->port[i];
	return NULL;
}

static int
compile(struct cgn_daemon *d, const struct cgn_snapshot **snap)
{
	struct cgn_compile_port *port = calloc(d->conf->n_ports + 1, sizeof(*port));
	struct cgn_compile_inputs in = {
		.port = port, .host = d->where, .switched = cgn_switch_flags(d)
	};
	int rc;

	if (!port)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->conf->n_ports; i++) {
		const struct cgn_port *p = find_port(d, d->conf->ports[i].name);

		if (!p)
			continue;
		port[i].device = p->id;
		port[i].mac = p->mac;
	}
	rc = cgn_compile(d->compiler, d->conf, &in, snap);
	free(port);
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
