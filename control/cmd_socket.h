/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CMD_SOCKET_H
#define CGN_CONTROL_CMD_SOCKET_H

#include <stdint.h>
#include <sys/un.h>

/**
 * Binds a Unix stream socket that owner and group may use, in place of one that nobody
 * listens on.
 * @return its descriptor, or -errno; -EADDRINUSE: somebody listens. Start-up only.
 */
int cgn_cmd_socket_bind(const struct sockaddr_un *address);

/** Number of the user at the other end when it connected; (uint32_t)-1: not known. */
uint32_t cgn_cmd_socket_user(int fd);

#endif
