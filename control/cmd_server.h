/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CMD_SERVER_H
#define CGN_CONTROL_CMD_SERVER_H

#include <sys/types.h>

#include "control/cmd.h"

/* Clients served at once; one more is told so and closed. */
#define CGN_CMD_SERVER_CLIENTS 256

/* Longest request, without its newline, in bytes. */
#define CGN_CMD_SERVER_REQUEST_MAX 65536

/* Name of the socket in the run directory. */
#define CGN_CMD_SERVER_SOCKET "cgnd.sock"

struct cgn_cmd_server;

/**
 * Opens the command socket, mode 0660, in place of one left by a daemon that died.
 * @param run_dir   an existing directory; the path of the socket is at most 107 bytes
 * @param group     owner group of the socket, or (gid_t)-1 for the process's own
 * @param handlers  must outlive the server
 * @param app       handed to every handler as ctx->app
 * @param err       receives one line when the call fails
 * @return 0; -EADDRINUSE when a daemon is answering there; another -errno.
 * Control lcore.
 */
int cgn_cmd_server_create(const char *run_dir, gid_t group,
	const struct cgn_cmd_handlers *handlers, void *app,
	struct cgn_cmd_server **server, char *err, size_t err_size);

/**
 * One turn: accepts, reads, lets commands go on, writes. Never blocks, and does a
 * bounded amount of work: at most CGN_CMD_SERVER_CLIENTS socket reads and a few pages.
 * @return 0 when there was nothing to do; more also while a command waits for a worker,
 * so that a caller that sleeps when idle does not make it wait longer. Control lcore.
 */
unsigned cgn_cmd_server_poll(struct cgn_cmd_server *server);

/** Closes every client, abandons their commands, removes the socket. NULL is allowed. */
void cgn_cmd_server_destroy(struct cgn_cmd_server *server);

#endif
