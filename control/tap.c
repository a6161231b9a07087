/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps by /dev/net/tun, one queue each, without offloads: a frame is as the wire has it,
 * checksums included.
 *
 * Control lcore; reads and writes never wait. Not handled: an interface that somebody has
 * made to stay (ip tuntap add): its name is taken. */
#include "control/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

int
cgn_tap_open(struct cgn_tap *tap, const char *name, enum cgn_tap_kind kind)
{
	struct ifreq req = { .ifr_flags = IFF_NO_PI };
	int rc;

	tap->fd = -1;
	if (if_nametoindex(name))
		return -EEXIST;
	req.ifr_flags |= (short)(kind == CGN_TAP_FRAMES ? IFF_TAP : IFF_TUN);
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return -errno;
	if (ioctl(tap->fd, TUNSETIFF, &req) == 0 &&
		(tap->index = if_nametoindex(name)) != 0) {
		tap->carrier = true;
		return 0;
	}
	rc = -errno;
	cgn_tap_close(tap);
	return rc;
}

void
cgn_tap_close(struct cgn_tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}

static void
set_ip6(const struct cgn_tap *tap, const char *what, const char *value)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", tap->name, what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* no IPv6 in this kernel; adding addresses will say so */
	if (write(fd, value, 1) != 1)
		errno = 0;
	close(fd);
}

void
cgn_tap_allow_ip6(const struct cgn_tap *tap)
{
	set_ip6(tap, "accept_ra", "0");
	set_ip6(tap, "router_solicitations", "0");
	set_ip6(tap, "disable_ipv6", "0");
}

void
cgn_tap_set_carrier(struct cgn_tap *tap, bool up)
{
	int carrier = up;

	if (up != tap->carrier && ioctl(tap->fd, TUNSETCARRIER, &carrier) == 0)
		tap->carrier = up;
}

bool
cgn_tap_write(const struct cgn_tap *tap, const struct rte_ether_hdr *eth,
	const void *data, unsigned len)
{
	struct iovec piece[2] = { { (void *)(uintptr_t)eth, sizeof(*eth) },
		{ (void *)(uintptr_t)data, len } };

	return writev(tap->fd, piece, 2) == (ssize_t)(sizeof(*eth) + len);
}

unsigned
cgn_tap_read(const struct cgn_tap *tap, void *data, unsigned size)
{
	ssize_t n = read(tap->fd, data, size);

	return n > 0 ? (unsigned)n : 0;
}
