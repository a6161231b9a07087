/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon tells the kernel, and asks it, about interfaces, addresses and routes.
 * Addresses are keys, IPv4 as ::ffff:a.b.c.d with 96 added to the length. Control lcore;
 * nothing here waits for anything but the kernel's own answer. */
#ifndef CGN_CONTROL_NETLINK_H
#define CGN_CONTROL_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

struct cgn_netlink;

/* Protocol number of the routes that the box makes: "cgnd" in rt_protos. */
#define CGN_NETLINK_PROTOCOL 200

/* A socket; NULL with errno. */
struct cgn_netlink *cgn_netlink_open(void);
void cgn_netlink_close(struct cgn_netlink *nl);

/* Link-layer address (NULL: as it is), MTU, and up. 0 or -errno. */
int cgn_netlink_set_link(
	struct cgn_netlink *nl, unsigned index, const uint8_t mac[6], uint16_t mtu);

/* An address with its connected network, without detection of duplicates: the box defends
 * it. add false: away with it. 0 or -errno; what is so already is no error. */
int cgn_netlink_address(struct cgn_netlink *nl, unsigned index, const uint8_t key[16],
	uint8_t len, bool add);

/* A route by an interface, without gateway, of CGN_NETLINK_PROTOCOL. */
struct cgn_netlink_route {
	uint8_t key[16];
	uint8_t len;
	uint32_t table, metric;
	unsigned index;
};

/* Adds it or takes it away. 0 or -errno; -EEXIST: there is one for the prefix with this
 * metric already. One that is not there to be taken away is no error. */
int cgn_netlink_route(
	struct cgn_netlink *nl, const struct cgn_netlink_route *route, bool add);

#endif
