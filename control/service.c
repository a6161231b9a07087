/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signs of life for systemd (WatchdogSec=). The control lcore gives them, but not for
 * itself alone: as long as one board CPU turns. One that fails is no reason to restart
 * the box, its locations move to others; a box without any, though nobody took them out
 * of service, has nothing to lose, and a new start may help. Silence of the control lcore
 * itself says the same.
 *
 * Control lcore. Not handled: other service managers; without NOTIFY_SOCKET nothing is
 * sent. */
#include "control/service.h"

#include <systemd/sd-daemon.h>

#include "control/daemon.h"

/* A CPU may be silent for this long before it stops counting as one that turns; the watch
 * has fenced it long before. */
#define SILENT_MS 1000

bool
cgn_service_alive(const struct cgn_watch_cpu *cpu, const uint64_t *age_ms, unsigned n,
	uint64_t limit_ms)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < n; i++) {
		if (cpu[i].state == CGN_WATCH_DOWN)
			continue;
		if (cpu[i].state == CGN_WATCH_UP && age_ms[i] < limit_ms)
			return true;
		wanted++;
	}
	return wanted == 0;
}

void
cgn_service_init(struct cgn_daemon *d)
{
	uint64_t us = 0;

	d->service.up = ~0u;
	if (sd_watchdog_enabled(0, &us) > 0 && us >= 4000)
		d->service.interval_ms = us / 4000;
}

static void
tell_status(struct cgn_daemon *d)
{
	unsigned up = 0;

	for (unsigned i = 0; i < d->n_cpus; i++)
		up += d->watch.cpu[i].state == CGN_WATCH_UP;
	if (up == d->service.up)
		return;
	d->service.up = up;
	sd_notifyf(0, "STATUS=%u of %u board CPUs in service", up, d->n_cpus);
}

void
cgn_service_turn(struct cgn_daemon *d)
{
	uint64_t age[CGN_MAX_WORKERS];

	tell_status(d);
	if (d->service.interval_ms == 0 || d->now_ms < d->service.next_ms)
		return;
	for (unsigned i = 0; i < d->n_cpus; i++)
		age[i] = cgn_lcore_age_ms(d->rt.lcore[i]);
	if (!cgn_service_alive(d->watch.cpu, age, d->n_cpus, SILENT_MS))
		return;
	sd_notify(0, "WATCHDOG=1");
	d->service.next_ms = d->now_ms + d->service.interval_ms;
}
