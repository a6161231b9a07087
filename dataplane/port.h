/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports: from a DPDK device string to a started ethdev and back. */
#ifndef CGN_DATAPLANE_PORT_H
#define CGN_DATAPLANE_PORT_H

#include <rte_ether.h>
#include <rte_mempool.h>

#include "dataplane/plan.h"

struct cgn_port_conf {
	const char *name;
	const char *device;	  /* PCI address or vdev string */
	uint16_t mtu;		  /* bytes of an IP packet */
	uint16_t rx_queues;	  /* wanted, 1..CGN_MAX_QUEUES */
	uint16_t tx_queues;	  /* wanted: one per lcore that transmits */
	struct rte_mempool *pool; /* received packets come from it */
};

struct cgn_port {
	char name[CGN_NAME];
	char driver[CGN_NAME];
	char *device;	     /* as configured */
	uint16_t id;	     /* ethdev number: mbuf->port, snapshot's port.device */
	uint16_t n_rx, n_tx; /* queues that it has */
	uint16_t mtu;
	int socket;
	struct rte_ether_addr mac;
	unsigned kernel; /* index of the interface below a driver over sockets; 0: none */
	bool attached;	 /* probed here, to be detached here */
};

/* What `show ports` wants to know. */
struct cgn_port_state {
	bool up;
	bool full_duplex;
	uint32_t speed_mbps; /* UINT32_MAX: not known */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_missed, rx_errors, rx_no_mbuf, tx_errors;
};

/* Probes, configures and starts a port. 0, or -errno with one line in err that names the
 * port and the cause; nothing is left open then. Control lcore, start-up only. */
int cgn_port_init(
	struct cgn_port *p, const struct cgn_port_conf *conf, char *err, size_t err_size);

/* Stops and closes the port and gives the device back. No lcore may poll it. */
void cgn_port_fini(struct cgn_port *p);

/* Link and counters, as the driver tells them; where an interface of the kernel is below,
 * the link is up while that has a carrier, and down when it is gone. Control lcore; does
 * not wait. */
void cgn_port_read(const struct cgn_port *p, struct cgn_port_state *state);

/* The link alone, as `up` of cgn_port_read(). Control lcore; a few system calls. */
bool cgn_port_is_up(const struct cgn_port *p);

/* Makes the port receive frames to one more MAC address, or no longer: by the driver's
 * filter, or where the driver has none by receiving everything from now on. 0 or -errno.
 * Control lcore. */
int cgn_port_listen(const struct cgn_port *p, const struct rte_ether_addr *mac, bool on);

/* Takes the link of a port down or up, so that its neighbour sees it: by the driver, or
 * where the driver cannot by the kernel's interface below it. 0 or -errno. Control lcore.
 */
int cgn_port_set_link(const struct cgn_port *p, bool up);

/* Bytes, headroom apart, of a packet buffer that holds any frame of an MTU. Pure. */
uint16_t cgn_port_room(uint16_t mtu);

/* Does the driver hand over datagrams that the kernel has put together from fragments,
 * which are then larger than the MTU? net_af_packet does, and cannot be told not to.
 * Pure. */
bool cgn_port_whole(const char *device);

/* As cgn_port_room(), for what the driver of a device may hand over; also the size of a
 * slot in the ring of net_af_packet, which must not be larger than the buffer. Pure. */
uint16_t cgn_port_frame(const char *device, uint16_t mtu);

/* The device string with what the driver has to be told beforehand: queue pairs and frame
 * size for net_af_packet, queues for net_af_xdp, unless the string says so itself. 0 or
 * -ENAMETOOLONG. Pure. */
int cgn_port_device(char *out, size_t size, const struct cgn_port_conf *conf);

#endif
