/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps of ports. Each has the addresses, the MAC address and the MTU of its port, and
 * tells the kernel of its link. Towards the kernel goes what host_kernel.c chooses;
 * frames of the kernel go out of the port as they are, in its VLAN. The kernel asks for
 * neighbours by itself, over the tap: the answers come to both, while questions for the
 * addresses are answered by the box alone, which has the same MAC address.
 *
 * Control lcore. Not handled: duplicate address detection, addresses that somebody adds
 * to a tap by hand (the box does not answer for them). */
#include "control/kernel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/compile.h"
#include "control/host.h"
#include "control/log.h"
#include "control/stage.h"
#include "control/tap.h"

#define BURST	32
#define LINK_MS 100 /* between two looks at the links */

struct tap {
	struct cgn_tap tap;
	char port[CGN_NAME];	       /* whose it is */
	uint16_t iface;		       /* index in the snapshot */
	uint16_t device;	       /* place in d->port[] */
	struct cgn_compile_addr *addr; /* that the kernel has */
	uint32_t n_addrs;
	struct cgn_kernel_tap seen;
};

struct cgn_kernel {
	struct cgn_netlink *netlink;
	uint32_t n;
	struct tap *tap;
	struct pollfd *poll; /* of tap[] */
	uint64_t linked_ms;
};

/* ---- towards the kernel ---- */

static struct tap *
of_iface(struct cgn_kernel *k, uint16_t iface)
{
	for (uint32_t i = 0; i < k->n; i++)
		if (k->tap[i].iface == iface)
			return &k->tap[i];
	return NULL;
}

static bool
give(void *ctx, uint16_t iface, const struct rte_ether_hdr *eth, const void *data,
	unsigned len)
{
	struct tap *t = of_iface(ctx, iface);

	if (t == NULL || !cgn_tap_write(&t->tap, eth, data, len))
		return false;
	t->seen.out++;
	t->seen.out_bytes += sizeof(*eth) + len;
	return true;
}

/* ---- addresses ---- */

static bool
has(const struct cgn_compile_addr *list, uint32_t n, const struct cgn_compile_addr *a)
{
	for (uint32_t i = 0; i < n; i++)
		if (memcmp(&list[i], a, sizeof(*a)) == 0)
			return true;
	return false;
}

/* Changes those that are in one list and not in the other. */
static int
change(struct cgn_daemon *d, const struct tap *t, const struct cgn_compile_addr *list,
	uint32_t n, const struct cgn_compile_addr *other, uint32_t n_other, bool add)
{
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (!has(other, n_other, &list[i]))
			rc = cgn_netlink_address(d->kernel->netlink, t->tap.index,
				list[i].addr, list[i].len, add);
	return rc;
}

static int
set_addresses(struct cgn_daemon *d, struct tap *t)
{
	uint32_t n;
	const struct cgn_compile_addr *list = cgn_compile_addrs(d->snap, t->iface, &n);
	struct cgn_compile_addr *copy = calloc(n + 1, sizeof(*copy));
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, list, n * sizeof(*copy));
	if (d->snap->iface[t->iface].has6)
		cgn_tap_allow_ip6(&t->tap);
	rc = change(d, t, t->addr, t->n_addrs, copy, n, false);
	if (rc == 0)
		rc = change(d, t, copy, n, t->addr, t->n_addrs, true);
	free(t->addr);
	t->addr = copy;
	t->n_addrs = n;
	return rc;
}

static int
configure(struct cgn_daemon *d, struct tap *t)
{
	const struct cgn_iface *f = &d->snap->iface[t->iface];
	int rc = cgn_netlink_set_link(
		d->kernel->netlink, t->tap.index, f->mac.addr_bytes, f->mtu);

	return rc ? rc : set_addresses(d, t);
}

void
cgn_kernel_configure(struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->kernel->n; i++) {
		struct tap *t = &d->kernel->tap[i];
		int rc = configure(d, t);

		if (rc)
			cgn_log_event(LOG_ERR, "port %s: tap %s: %s", t->port,
				t->tap.name, strerror(-rc));
	}
}

/* ---- from the kernel ---- */

static bool
tag(struct rte_mbuf *m, uint16_t vlan)
{
	const struct rte_ether_hdr *old = rte_pktmbuf_mtod(m, const void *);
	struct rte_ether_hdr *eth;
	struct rte_vlan_hdr *v;

	eth = (void *)rte_pktmbuf_prepend(m, sizeof(*v));
	if (eth == NULL)
		return false;
	v = (void *)(eth + 1); /* its ether type is where it was */
	memmove(eth, old, 2 * sizeof(old->dst_addr));
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	v->vlan_tci = rte_cpu_to_be_16(vlan);
	return true;
}

/* Sends one frame; false: there is none. */
static bool
take(struct cgn_daemon *d, struct tap *t)
{
	const struct cgn_iface *f = &d->snap->iface[t->iface];
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->own_pool);
	uint8_t lost;
	unsigned n;

	if (m == NULL) {
		n = cgn_tap_read(&t->tap, &lost, sizeof(lost));
		d->stats.drop[CGN_DROP_NO_MBUF] += n != 0;
		return n != 0;
	}
	n = cgn_tap_read(&t->tap, rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m));
	if (n == 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	rte_pktmbuf_append(m, (uint16_t)n);
	if (n < sizeof(struct rte_ether_hdr) || (f->vlan && !tag(m, f->vlan))) {
		d->stats.drop[CGN_DROP_TAP]++;
		rte_pktmbuf_free(m);
		return true;
	}
	t->seen.in++;
	t->seen.in_bytes += n;
	cgn_daemon_send(d, f->port, m);
	return true;
}

static void
tell_links(struct cgn_daemon *d)
{
	if (d->now_ms - d->kernel->linked_ms < LINK_MS)
		return;
	d->kernel->linked_ms = d->now_ms;
	for (uint32_t i = 0; i < d->kernel->n; i++) {
		struct tap *t = &d->kernel->tap[i];

		cgn_tap_set_carrier(&t->tap, cgn_port_is_up(&d->port[t->device]));
	}
}

unsigned
cgn_kernel_turn(struct cgn_daemon *d)
{
	struct cgn_kernel *k = d->kernel;
	unsigned work = 0;

	if (k->n == 0)
		return 0;
	tell_links(d);
	if (poll(k->poll, k->n, 0) <= 0)
		return 0;
	for (uint32_t i = 0; i < k->n; i++)
		for (unsigned n = 0; k->poll[i].revents && n < BURST; n++, work++)
			if (!take(d, &k->tap[i]))
				break;
	return work;
}

bool
cgn_kernel_tap_view(
	const struct cgn_daemon *d, const char *port, struct cgn_kernel_tap *view)
{
	for (uint32_t i = 0; d->kernel && i < d->kernel->n; i++)
		if (strcmp(d->kernel->tap[i].port, port) == 0) {
			*view = d->kernel->tap[i].seen;
			view->up = d->kernel->tap[i].tap.carrier;
			return true;
		}
	return false;
}

uint32_t
cgn_kernel_taps(const struct cgn_daemon *d)
{
	return d->kernel->n;
}

const char *
cgn_kernel_port(const struct cgn_daemon *d, uint32_t tap)
{
	return d->kernel->tap[tap].port;
}

uint32_t
cgn_kernel_find(const struct cgn_daemon *d, unsigned index)
{
	for (uint32_t i = 0; i < d->kernel->n; i++)
		if (d->kernel->tap[i].tap.index == index)
			return i;
	return CGN_NONE;
}

/* ---- life ---- */

static int
open_tap(struct cgn_daemon *d, const struct cgn_conf_port *port)
{
	struct cgn_kernel *k = d->kernel;
	struct tap *t = &k->tap[k->n];
	const char *device = port->parent.index == CGN_CONF_NONE
				     ? port->name
				     : d->conf->ports[port->parent.index].name;
	int rc = cgn_tap_open(&t->tap, port->tap, CGN_TAP_FRAMES);

	if (rc == 0) {
		k->poll[k->n++] = (struct pollfd){ .fd = t->tap.fd, .events = POLLIN };
		snprintf(t->port, sizeof(t->port), "%s", port->name);
		t->iface = (uint16_t)cgn_compile_find_iface(d->compiler, port->name);
		t->device = cgn_daemon_port(d, device);
		rc = configure(d, t);
	}
	if (rc)
		snprintf(d->err, sizeof(d->err), "port %s: tap %s: %s", port->name,
			port->tap, strerror(-rc));
	return rc;
}

static int
open_taps(struct cgn_daemon *d)
{
	struct cgn_kernel *k = d->kernel;
	int rc = 0;

	k->tap = calloc(d->conf->n_ports + 1, sizeof(*k->tap));
	k->poll = calloc(d->conf->n_ports + 1, sizeof(*k->poll));
	k->netlink = cgn_netlink_open();
	if (!k->tap || !k->poll || !k->netlink) {
		snprintf(d->err, sizeof(d->err), "taps: %s", strerror(errno));
		return -ENOMEM;
	}
	for (uint32_t i = 0; rc == 0 && i < d->conf->n_ports; i++)
		if (d->conf->ports[i].tap[0])
			rc = open_tap(d, &d->conf->ports[i]);
	return rc;
}

int
cgn_kernel_init(struct cgn_daemon *d)
{
	int rc;

	d->kernel = calloc(1, sizeof(*d->kernel));
	if (!d->kernel)
		return -ENOMEM;
	rc = open_taps(d);
	if (rc) {
		cgn_kernel_fini(d);
		return rc;
	}
	if (d->kernel->n)
		cgn_host_set_kernel(d->host,
			&(struct cgn_host_kernel){ .give = give, .ctx = d->kernel });
	return 0;
}

void
cgn_kernel_fini(struct cgn_daemon *d)
{
	struct cgn_kernel *k = d->kernel;

	cgn_host_set_kernel(d->host, NULL);
	for (uint32_t i = 0; i < k->n; i++) {
		cgn_tap_close(&k->tap[i].tap);
		free(k->tap[i].addr);
	}
	cgn_netlink_close(k->netlink);
	free(k->tap);
	free(k->poll);
	free(k);
	d->kernel = NULL;
}
