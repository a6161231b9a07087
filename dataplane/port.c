/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports. A virtual device is probed from its string, a PCI device has been probed by EAL;
 * either is then configured with as many queues as it has and are wanted, given receive
 * buffers large enough that a frame is one segment, and started. cgn_port_fini() undoes
 * all of it in reverse. Control lcore only, at start-up and at the end; the queues are
 * polled and filled by lcores according to the plan.
 *
 * A driver's word on its largest frame is not always to be believed: those over a kernel
 * interface and memif report that of plain Ethernet and take what their buffers hold. For
 * these the MTU is that of the kernel's interface, raised here where it is too small.
 *
 * Checksums are never left to the hardware: the path computes them from stored deltas,
 * for less than it would cost to ask.
 *
 * Not handled: link state interrupts (the state is read when asked for), removal of a
 * device while it runs. */
#include "dataplane/port.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#define DESCRIPTORS 1024

#define FAIL(err, size, code, ...) (snprintf(err, size, __VA_ARGS__), (code))

struct setup {
	struct cgn_port *p;
	const struct cgn_port_conf *conf;
	struct rte_eth_dev_info info;
	char *err;
	size_t err_size;
};

static bool
is_pci(const char *device)
{
	unsigned a, b, c, d;

	return sscanf(device, "%x:%x:%x.%x", &a, &b, &c, &d) == 4 ||
	       sscanf(device, "%x:%x.%x", &a, &b, &c) == 3;
}

static int
fail(struct setup *s, int code, const char *what)
{
	snprintf(s->err, s->err_size, "port %s: %s (%s): %s", s->conf->name, what,
		s->conf->device, strerror(-code));
	return code;
}

/* ---- kernel interfaces ---- */

static int
kernel_ioctl(unsigned if_index, unsigned long request, struct ifreq *ifr)
{
	int rc, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	rc = if_indextoname(if_index, ifr->ifr_name) && ioctl(fd, request, ifr) == 0
		     ? 0
		     : -errno;
	close(fd);
	return rc;
}

/* Makes the interface take packets of the port's MTU, and brings it up. */
static int
prepare_kernel(struct setup *s)
{
	unsigned index = s->info.if_index;
	struct ifreq ifr = { 0 };
	int rc = kernel_ioctl(index, SIOCGIFMTU, &ifr);

	if (rc == 0 && ifr.ifr_mtu < s->conf->mtu) {
		ifr.ifr_mtu = s->conf->mtu;
		rc = kernel_ioctl(index, SIOCSIFMTU, &ifr);
	}
	if (rc)
		return fail(s, rc, "the interface cannot have this mtu");
	rc = kernel_ioctl(index, SIOCGIFFLAGS, &ifr);
	if (rc == 0 && !(ifr.ifr_flags & IFF_UP)) {
		ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
		rc = kernel_ioctl(index, SIOCSIFFLAGS, &ifr);
	}
	return rc ? fail(s, rc, "the interface cannot be brought up") : 0;
}

/* Drivers over sockets say for ever that their link is up. */
static bool
kernel_runs(unsigned if_index)
{
	struct ifreq ifr = { 0 };

	return kernel_ioctl(if_index, SIOCGIFFLAGS, &ifr) == 0 &&
	       (ifr.ifr_flags & IFF_RUNNING) != 0;
}

/* ---- from string to device ---- */

static int
attach(struct setup *s)
{
	char device[512], *name;
	int rc;

	if (is_pci(s->conf->device)) {
		rc = rte_eth_dev_get_port_by_name(s->conf->device, &s->p->id);
		return rc ? fail(s, rc,
				    "no driver has taken the device; is it bound to "
				    "vfio-pci?")
			  : 0;
	}
	rc = cgn_port_device(device, sizeof(device), s->conf);
	if (rc)
		return fail(s, rc, "device string");
	rc = rte_dev_probe(device);
	if (rc)
		return fail(s, rc == -1 ? -ENODEV : rc, "the device cannot be opened");
	s->p->attached = true;
	name = strtok(device, ",");
	rc = rte_eth_dev_get_port_by_name(name, &s->p->id);
	return rc ? fail(s, rc, "the device is no port") : 0;
}

/* ---- configuration ---- */

static uint16_t
count_queues(unsigned wanted, unsigned has)
{
	return (uint16_t)RTE_MAX(
		RTE_MIN(RTE_MIN(wanted, has), (unsigned)CGN_MAX_QUEUES), 1u);
}

/* Queues: a virtual device sends to somebody who looks at as many queues as it receives
 * from; a NIC has one transmit queue for everyone, if it can. */
static void
choose_queues(struct setup *s)
{
	s->p->n_rx = count_queues(s->conf->rx_queues, s->info.max_rx_queues);
	if (is_pci(s->conf->device))
		s->p->n_tx = (uint16_t)RTE_MIN(s->conf->tx_queues, s->info.max_tx_queues);
	else
		s->p->n_tx = (uint16_t)RTE_MIN(s->p->n_rx, s->info.max_tx_queues);
}

/* Spreads by address alone where the NIC can: a user's packets then stay together. */
static uint64_t
choose_rss(const struct rte_eth_dev_info *info, uint16_t queues)
{
	uint64_t hf = RTE_ETH_RSS_IP;

	if (queues < 2)
		return 0;
	if (!(info->flow_type_rss_offloads & RTE_ETH_RSS_IPV4))
		hf |= RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
	return hf & info->flow_type_rss_offloads;
}

/* Drivers that report plain Ethernet's frame whatever they take. */
static bool
frame_is_soft(const struct rte_eth_dev_info *info)
{
	return info->if_index || strcmp(info->driver_name, "net_memif") == 0;
}

static int
choose_mtu(struct setup *s, struct rte_eth_conf *eth)
{
	uint32_t extra = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN, most = s->info.max_mtu;

	if (s->info.max_rx_pktlen != UINT32_MAX)
		most = RTE_MIN(most, s->info.max_rx_pktlen - extra);
	if (s->conf->mtu <= most)
		eth->rxmode.mtu = s->conf->mtu;
	else if (s->info.max_mtu != UINT16_MAX || !frame_is_soft(&s->info))
		return FAIL(s->err, s->err_size, -EINVAL,
			"port %s: mtu %u is more than the %u of %s", s->conf->name,
			s->conf->mtu, most, s->info.driver_name);
	return 0;
}

static int
configure(struct setup *s)
{
	struct rte_eth_conf eth = { 0 };
	int rc = choose_mtu(s, &eth);

	if (rc)
		return rc;
	choose_queues(s);
	eth.rx_adv_conf.rss_conf.rss_hf = choose_rss(&s->info, s->p->n_rx);
	if (eth.rx_adv_conf.rss_conf.rss_hf)
		eth.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rc = rte_eth_dev_configure(s->p->id, s->p->n_rx, s->p->n_tx, &eth);
	return rc ? fail(s, rc, "the device refuses its configuration") : 0;
}

static int
set_queues(struct setup *s)
{
	uint16_t id = s->p->id, n_rx = DESCRIPTORS, n_tx = DESCRIPTORS;
	unsigned socket = (unsigned)s->p->socket;
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &n_rx, &n_tx);

	for (uint16_t q = 0; rc == 0 && q < s->p->n_rx; q++)
		rc = rte_eth_rx_queue_setup(id, q, n_rx, socket, NULL, s->conf->pool);
	for (uint16_t q = 0; rc == 0 && q < s->p->n_tx; q++)
		rc = rte_eth_tx_queue_setup(id, q, n_tx, socket, NULL);
	return rc ? fail(s, rc, "the device refuses its queues") : 0;
}

static int
start(struct setup *s)
{
	int rc = rte_eth_dev_start(s->p->id);

	if (rc)
		return fail(s, rc, "the device cannot be started");
	if (frame_is_soft(&s->info))
		s->p->kernel = s->info.if_index;
	if (s->p->kernel)
		rc = prepare_kernel(s);
	if (rc)
		return rc;
	/* neighbour discovery comes by multicast */
	if (rte_eth_allmulticast_enable(s->p->id))
		rte_eth_promiscuous_enable(s->p->id);
	rc = rte_eth_macaddr_get(s->p->id, &s->p->mac);
	/* the driver gives the same address to the kernel's end, which is another host */
	if (strcmp(s->p->driver, "net_tap") == 0)
		s->p->mac.addr_bytes[0] ^= RTE_ETHER_LOCAL_ADMIN_ADDR;
	return rc ? fail(s, rc, "the device has no MAC address") : 0;
}

static int
setup_port(struct setup *s)
{
	int rc = attach(s);

	if (rc)
		return rc;
	if (s->p->id >= CGN_MAX_PORTS)
		return fail(s, -ENOSPC, "too many devices");
	rc = rte_eth_dev_info_get(s->p->id, &s->info);
	if (rc)
		return fail(s, rc, "the device does not answer");
	snprintf(s->p->driver, sizeof(s->p->driver), "%s", s->info.driver_name);
	s->p->socket = rte_eth_dev_socket_id(s->p->id);
	rc = configure(s);
	if (rc == 0)
		rc = set_queues(s);
	return rc ? rc : start(s);
}

int
cgn_port_init(
	struct cgn_port *p, const struct cgn_port_conf *conf, char *err, size_t err_size)
{
	struct setup s = { .p = p, .conf = conf, .err = err, .err_size = err_size };
	int rc;

	memset(p, 0, sizeof(*p));
	p->id = RTE_MAX_ETHPORTS;
	p->mtu = conf->mtu;
	snprintf(p->name, sizeof(p->name), "%s", conf->name);
	p->device = strdup(conf->device);
	rc = p->device ? setup_port(&s) : fail(&s, -ENOMEM, "memory");
	if (rc)
		cgn_port_fini(p);
	return rc;
}

void
cgn_port_fini(struct cgn_port *p)
{
	struct rte_eth_dev_info info = { 0 };

	if (p->id < RTE_MAX_ETHPORTS && rte_eth_dev_info_get(p->id, &info) == 0) {
		rte_eth_promiscuous_disable(p->id);
		rte_eth_dev_stop(p->id);
		rte_eth_dev_close(p->id);
		if (p->attached)
			rte_dev_remove(info.device);
	}
	free(p->device);
	p->device = NULL;
	p->id = RTE_MAX_ETHPORTS;
}

static bool
is_up(const struct cgn_port *p, const struct rte_eth_link *link)
{
	return link->link_status == RTE_ETH_LINK_UP &&
	       (p->kernel == 0 || kernel_runs(p->kernel));
}

bool
cgn_port_is_up(const struct cgn_port *p)
{
	struct rte_eth_link link = { 0 };

	rte_eth_link_get_nowait(p->id, &link);
	return is_up(p, &link);
}

int
cgn_port_listen(const struct cgn_port *p, const struct rte_ether_addr *mac, bool on)
{
	struct rte_ether_addr copy = *mac;
	int rc = on ? rte_eth_dev_mac_addr_add(p->id, &copy, 0)
		    : rte_eth_dev_mac_addr_remove(p->id, &copy);

	if (!on)
		return rc == -ENOTSUP ? 0 : rc;
	return rc ? rte_eth_promiscuous_enable(p->id) : 0;
}

void
cgn_port_read(const struct cgn_port *p, struct cgn_port_state *state)
{
	struct rte_eth_link link = { 0 };
	struct rte_eth_stats stats = { 0 };

	rte_eth_link_get_nowait(p->id, &link);
	rte_eth_stats_get(p->id, &stats);
	state->up = is_up(p, &link);
	state->full_duplex = link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX;
	state->speed_mbps = link.link_speed;
	state->rx_packets = stats.ipackets;
	state->rx_bytes = stats.ibytes;
	state->tx_packets = stats.opackets;
	state->tx_bytes = stats.obytes;
	state->rx_missed = stats.imissed;
	state->rx_errors = stats.ierrors;
	state->rx_no_mbuf = stats.rx_nombuf;
	state->tx_errors = stats.oerrors;
}

int
cgn_port_set_link(const struct cgn_port *p, bool up)
{
	struct ifreq ifr = { 0 };
	int rc = up ? rte_eth_dev_set_link_up(p->id) : rte_eth_dev_set_link_down(p->id);

	if (rc != -ENOTSUP || p->kernel == 0)
		return rc;
	rc = kernel_ioctl(p->kernel, SIOCGIFFLAGS, &ifr);
	if (rc)
		return rc;
	ifr.ifr_flags =
		(short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~(short)IFF_UP);
	return kernel_ioctl(p->kernel, SIOCSIFFLAGS, &ifr);
}
