/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Announcing. What announce.c decides of each new snapshot is put into the kernel's
 * tables, as routes with a protocol number of their own, for a routing program to
 * redistribute: first what is new, then what is gone is taken back.
 *
 * The routes lead over an interface that lives as long as the daemon, so that a daemon
 * that is killed announces nothing. Nobody reads what the machine itself sends there.
 *
 * What ends by plan is taken back before: held here, it counts as gone, and whoever ends
 * it waits until routing programs have had time to say so. Not so what the other box
 * takes over: it goes on here until that one works and announces it.
 *
 * Control lcore. */
#include "control/announcer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/compile.h"
#include "control/log.h"
#include "control/routes.h"
#include "control/settle.h"
#include "control/switch.h"
#include "control/tap.h"

#define DEVICE_MTU 1500
#define AGAIN_MS   1000 /* after a failure */

struct cgn_announcer {
	struct cgn_tap device;
	struct cgn_netlink *netlink;
	struct cgn_announce_list now; /* that the kernel has */
	struct {
		bool all;
		uint64_t cpus;
		bool instance[CGN_MAX_INSTANCES]; /* by index in the snapshot */
	} held;
	bool leaving[CGN_MAX_LOCATIONS]; /* by index in the snapshot, as it was used */
	bool changed;			 /* what is held */
	const struct cgn_conf *conf;	 /* that was followed */
	uint64_t generation;		 /* of the snapshot that was followed */
	uint64_t withdrawn_ms;		 /* when something was taken back last */
	uint64_t again_ms;
};

int
cgn_announcer_init(struct cgn_daemon *d)
{
	d->announcer = calloc(1, sizeof(*d->announcer));
	if (!d->announcer)
		return -ENOMEM;
	d->announcer->device.fd = -1;
	return 0;
}

/* The routes go with the interface. */
static void
end(struct cgn_announcer *a)
{
	cgn_tap_close(&a->device);
	cgn_netlink_close(a->netlink);
	a->netlink = NULL;
	cgn_announce_fini(&a->now);
	a->generation = 0;
}

void
cgn_announcer_fini(struct cgn_daemon *d)
{
	end(d->announcer);
	free(d->announcer);
	d->announcer = NULL;
}

static int
begin(struct cgn_daemon *d)
{
	struct cgn_announcer *a = d->announcer;
	int rc = cgn_tap_open(&a->device, d->conf->routing.device, CGN_TAP_PACKETS);

	if (rc == 0) {
		a->netlink = cgn_netlink_open();
		rc = a->netlink ? 0 : -errno;
	}
	if (rc == 0)
		rc = cgn_netlink_set_link(a->netlink, a->device.index, NULL, DEVICE_MTU);
	if (rc == 0) {
		cgn_tap_allow_ip6(&a->device);
		return 0;
	}
	cgn_log_event(LOG_ERR, "routing: interface %s: %s", d->conf->routing.device,
		strerror(-rc));
	end(a);
	return rc;
}

/* ---- who leaves ---- */

static void
find_leaving(struct cgn_daemon *d, bool leaving[CGN_MAX_LOCATIONS])
{
	const struct cgn_announcer *a = d->announcer;

	memset(leaving, 0, CGN_MAX_LOCATIONS * sizeof(*leaving));
	for (uint32_t i = 0; i < d->conf->n_locations; i++) {
		uint32_t index = cgn_compile_find_location(
			d->compiler, (uint16_t)d->conf->locations[i].id);

		if (index < CGN_MAX_LOCATIONS)
			leaving[index] =
				a->held.all || (a->held.cpus && !cgn_settle_survives(d, i,
									a->held.cpus));
	}
}

void
cgn_announcer_hold_all(struct cgn_daemon *d)
{
	d->announcer->changed |= !d->announcer->held.all;
	d->announcer->held.all = true;
}

void
cgn_announcer_hold_cpus(struct cgn_daemon *d, uint64_t cpus, bool hold)
{
	uint64_t *held = &d->announcer->held.cpus;

	*held = hold ? *held | cpus : *held & ~cpus;
	d->announcer->changed = true;
}

void
cgn_announcer_hold_instance(struct cgn_daemon *d, uint32_t instance, bool hold)
{
	uint32_t index = cgn_switch_index(d, instance);

	if (index < CGN_MAX_INSTANCES)
		d->announcer->held.instance[index] = hold;
	d->announcer->changed = true;
}

bool
cgn_announcer_is_gone(const struct cgn_daemon *d)
{
	const struct cgn_announcer *a = d->announcer;

	if (!a->netlink)
		return true;
	return !a->changed && (!a->withdrawn_ms || d->now_ms - a->withdrawn_ms >=
							   d->conf->routing.withdraw_ms);
}

/* ---- the kernel ---- */

static void
describe(char *text, size_t size, const struct cgn_announce_prefix *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct cgn_conf_addr addr = { .family = 6 };
	char number[48];

	memcpy(addr.bytes, p->key, sizeof(p->key));
	if (memcmp(p->key, mapped, sizeof(mapped)) == 0) {
		addr.family = 4;
		memcpy(addr.bytes, p->key + 12, 4);
	}
	snprintf(text, size, "%s/%u", cgn_conf_addr_format(&addr, number),
		addr.family == 4 ? p->len - 96u : p->len);
}

/* false: it is not there, or still there. */
static bool
tell(struct cgn_daemon *d, const struct cgn_announce_prefix *p, bool add)
{
	struct cgn_announcer *a = d->announcer;
	struct cgn_netlink_route route = {
		.len = p->len,
		.metric = p->metric,
		.table = cgn_routes_table(d->conf, d->snap->vpn[p->vpn].name),
		.index = a->device.index,
	};
	char text[64];
	int rc;

	if (!route.table) /* of a VPN without one */
		return false;
	memcpy(route.key, p->key, sizeof(route.key));
	describe(text, sizeof(text), p);
	rc = cgn_netlink_route(a->netlink, &route, add);
	if (rc)
		cgn_log_event(LOG_ERR, "routing: %s %s: %s", text,
			add ? "is not announced" : "is still announced", strerror(-rc));
	else
		cgn_log_event(LOG_NOTICE, "routing: %s %s, metric %u", text,
			add ? "announced" : "withdrawn", p->metric);
	return rc == 0;
}

/* From what is announced to what is wanted; takes the list. */
static void
follow(struct cgn_daemon *d, struct cgn_announce_list *wanted)
{
	struct cgn_announcer *a = d->announcer;
	uint32_t n = 0;

	for (uint32_t i = 0; i < wanted->n; i++) {
		const struct cgn_announce_prefix *p = &wanted->prefix[i];

		if (cgn_announce_has(&a->now, p) || tell(d, p, true))
			wanted->prefix[n++] = *p;
	}
	wanted->n = n;
	for (uint32_t i = 0; i < a->now.n; i++)
		if (!cgn_announce_has(wanted, &a->now.prefix[i])) {
			tell(d, &a->now.prefix[i], false);
			a->withdrawn_ms = d->now_ms;
		}
	cgn_announce_fini(&a->now);
	a->now = *wanted;
}

static void
update(struct cgn_daemon *d)
{
	struct cgn_announcer *a = d->announcer;
	struct cgn_announce_leaving leaving = { a->leaving, a->held.instance };
	struct cgn_announce_list wanted = { .n = 0 };

	cgn_announce_decide(d->snap, &leaving, &wanted);
	if (wanted.short_of_memory) {
		cgn_announce_fini(&wanted);
		a->again_ms = d->now_ms + AGAIN_MS;
		return;
	}
	follow(d, &wanted);
	a->changed = false;
	a->generation = d->snap->generation;
}

void
cgn_announcer_turn(struct cgn_daemon *d)
{
	struct cgn_announcer *a = d->announcer;
	const struct cgn_conf_routing *r = &d->conf->routing;
	bool leaving[CGN_MAX_LOCATIONS];

	if (d->now_ms < a->again_ms)
		return;
	if (a->conf != d->conf && a->netlink) /* tables and names may be others */
		a->changed = true;
	if (a->netlink &&
		(!r->present || !r->announce || strcmp(a->device.name, r->device) != 0))
		end(a);
	a->conf = d->conf;
	if (!r->present || !r->announce)
		return;
	if (!a->netlink && begin(d)) {
		a->again_ms = d->now_ms + AGAIN_MS;
		return;
	}
	find_leaving(d, leaving);
	if (memcmp(leaving, a->leaving, sizeof(leaving)) != 0) {
		memcpy(a->leaving, leaving, sizeof(leaving));
		a->changed = true;
	}
	if (a->changed || a->generation != d->snap->generation)
		update(d);
}

const struct cgn_announce_list *
cgn_announcer_list(const struct cgn_daemon *d)
{
	return d->announcer ? &d->announcer->now : NULL;
}
