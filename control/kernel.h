/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The kernel beside the box: taps of ports, over which routing programs speak to their
 * neighbours. Control lcore. */
#ifndef CGN_CONTROL_KERNEL_H
#define CGN_CONTROL_KERNEL_H

#include "control/daemon.h"

struct cgn_kernel;

/* Stage of the start, behind the host: the taps that are configured are there, with
 * addresses and up. 0, or -errno with a line in d->err. */
int cgn_kernel_init(struct cgn_daemon *d);

/* The taps are gone, and what leads over them. */
void cgn_kernel_fini(struct cgn_daemon *d);

/* Addresses and MTU of taps follow those of the ports in d->snap. What the kernel refuses
 * is an event. */
void cgn_kernel_configure(struct cgn_daemon *d);

/* Takes what the kernel sends, and tells it of links. Returns how many packets. Every
 * turn. */
unsigned cgn_kernel_turn(struct cgn_daemon *d);

/* Taps are numbered from 0, in the order of the ports, for as long as the daemon runs. */
uint32_t cgn_kernel_taps(const struct cgn_daemon *d);

/* The name of its port. */
const char *cgn_kernel_port(const struct cgn_daemon *d, uint32_t tap);

/* The tap that is this interface of the kernel; CGN_NONE: none is. */
uint32_t cgn_kernel_find(const struct cgn_daemon *d, unsigned index);

/* A tap, for `show ports`. */
struct cgn_kernel_tap {
	bool up;		 /* what the kernel was told of the link */
	uint64_t in, in_bytes;	 /* from the kernel to the port */
	uint64_t out, out_bytes; /* to the kernel */
};

/* false: the port has none. */
bool cgn_kernel_tap_view(
	const struct cgn_daemon *d, const char *port, struct cgn_kernel_tap *view);

#endif
