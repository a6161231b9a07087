/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Association of locations with ports: when as many locations of a group as its
 * down_number are hosted by nobody, the group's ports go down, so that neighbours see the
 * loss of the link and routing moves the traffic; with fewer they come up again. A port
 * of several groups is down while one of them wants it.
 *
 * Control lcore. A port that its driver cannot take down is told once. */
#include "control/monitor.h"

#include <string.h>

#include "control/compile.h"
#include "control/log.h"

bool
cgn_monitor_is_down(uint32_t locations_down, uint32_t down_number)
{
	return locations_down >= down_number;
}

static bool
wants_down(const struct cgn_daemon *d, const struct cgn_conf_monitor_group *group)
{
	uint32_t down = 0;

	for (uint32_t i = 0; i < group->n_locations; i++)
		down += d->where[group->locations[i].index].worker == CGN_NONE16;
	return cgn_monitor_is_down(down, group->down_number);
}

/* Bits of d->port[] that should be down. */
static uint64_t
ports_down(const struct cgn_daemon *d)
{
	uint64_t set = 0;

	for (uint32_t g = 0; g < d->conf->n_monitor_groups; g++) {
		const struct cgn_conf_monitor_group *group = &d->conf->monitor_groups[g];

		if (!wants_down(d, group))
			continue;
		for (uint32_t k = 0; k < group->n_ports; k++) {
			uint16_t p = cgn_daemon_port(d, group->ports[k].name);

			if (p < d->n_ports)
				set |= 1ull << p;
		}
	}
	return set;
}

void
cgn_monitor_apply(struct cgn_daemon *d)
{
	uint64_t want = d->conf->n_monitor_groups ? ports_down(d) : 0;
	uint64_t change = want ^ d->ports_down;

	d->ports_down = want;
	for (uint16_t p = 0; p < d->n_ports; p++) {
		bool up = !(want >> p & 1);
		int rc;

		if (!(change >> p & 1))
			continue;
		rc = cgn_port_set_link(&d->port[p], up);
		if (rc)
			cgn_log_event(LOG_ERR, "port %s: cannot be taken %s: %s",
				d->port[p].name, up ? "up" : "down", strerror(-rc));
		else
			cgn_log_event(LOG_WARNING, "port %s: %s, by its monitor group",
				d->port[p].name, up ? "up" : "down");
	}
}
