/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of the command socket: with its mode from the first moment on, and in place of
 * one that was left over. Control lcore, at the start.
 *
 * Not handled: two daemons that start in one moment; the lock of the run directory does.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/cmd_socket.h"

/* A socket file that nobody listens on is left over from a daemon that died. */
static int
clear_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN)
		rc = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(address->sun_path) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

int
cgn_cmd_socket_bind(const struct sockaddr_un *address)
{
	int rc = clear_stale(address), fd;
	mode_t mask;

	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117); /* 0660 from its first moment */
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		rc = -errno;
		close(fd);
	}
	umask(mask);
	return rc != 0 ? rc : fd;
}

uint32_t
cgn_cmd_socket_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return UINT32_MAX;
	return peer.uid;
}
