/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A tap: an interface of the kernel whose other end is the daemon. It is there as long as
 * the daemon has it open, and goes with it however that ends, and with it all addresses
 * and routes over it. Control lcore. */
#ifndef CGN_CONTROL_TAP_H
#define CGN_CONTROL_TAP_H

#include <net/if.h>
#include <sys/types.h>

#include <rte_ether.h>

#include "control/netlink.h"

struct cgn_tap {
	int fd; /* -1: none */
	unsigned index;
	char name[IFNAMSIZ];
	bool carrier;
};

/* What is behind it: frames, or IP packets without a link. */
enum cgn_tap_kind { CGN_TAP_FRAMES, CGN_TAP_PACKETS };

/* Makes an interface of this name, which is down; it must not be there yet. 0 or -errno.
 */
int cgn_tap_open(struct cgn_tap *tap, const char *name, enum cgn_tap_kind kind);
void cgn_tap_close(struct cgn_tap *tap);

/* Lets the kernel speak IPv6 on it, whatever it does on new interfaces, but neither
 * listen to router advertisements nor solicit them: the port does not. */
void cgn_tap_allow_ip6(const struct cgn_tap *tap);

/* The link, as the kernel sees it. */
void cgn_tap_set_carrier(struct cgn_tap *tap, bool up);

/* Gives a frame to the kernel; false: it does not take it. */
bool cgn_tap_write(const struct cgn_tap *tap, const struct rte_ether_hdr *eth,
	const void *data, unsigned len);

/* Takes a frame or packet of the kernel, of at most `size` bytes; 0: there is none. */
unsigned cgn_tap_read(const struct cgn_tap *tap, void *data, unsigned size);

#endif
