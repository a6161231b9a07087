/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a running box cannot become: named, each with the reason. Everything that is found
 * is told, not only the first.
 *
 * Control lcore. */
#include <errno.h>
#include <string.h>

#include "control/license.h"

static const struct {
	const char *path, *why;
} reasons[] = {
	{ "node", "its directories and its socket are made at the start" },
	{ "dpdk", "processors and memory are taken at the start" },
	{ "boards", "the threads and tables of boards are made at the start" },
	{ "ports", "devices are opened at the start" },
};

static const char *
reason_of(const char *path)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(path, reasons[i].path, strlen(reasons[i].path)) == 0)
			return reasons[i].why;
	return "it is read at the start";
}

static void
allow_restarts(struct cgn_change *c)
{
	for (uint32_t i = 0; i < c->diff.n; i++) {
		const struct cgn_diff_change *change = &c->diff.items[i];
		struct cgn_conf_src src;

		if (!change->restart)
			continue;
		src = cgn_conf_place(c->conf, change->at);
		cgn_text_add(&c->why, "%s:%d: %s: %s: needs a restart: %s\n", src.file,
			src.line, change->path, cgn_diff_kind_name(change->kind),
			reason_of(change->path));
	}
}

static void
allow_ports(struct cgn_change *c)
{
	for (uint32_t i = 0; i < c->conf->n_ports; i++) {
		const struct cgn_conf_port *port = &c->conf->ports[i];
		uint16_t p = cgn_daemon_port(c->daemon, port->name);
		struct cgn_conf_src src = cgn_conf_place(c->conf, &port->mtu);

		if (p < c->daemon->n_ports && port->mtu > c->daemon->port[p].mtu)
			cgn_text_add(&c->why,
				"%s:%d: ports[%s].mtu: %u needs a restart: device and "
				"packet buffers were made for %u bytes\n",
				src.file, src.line, port->name, port->mtu,
				c->daemon->port[p].mtu);
	}
}

int
cgn_change_allow(struct cgn_change *c)
{
	allow_restarts(c);
	allow_ports(c);
	cgn_license_check(c);
	return c->why.n ? -EPERM : 0;
}
