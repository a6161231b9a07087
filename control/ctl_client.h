/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_CLIENT_H
#define CGN_CONTROL_CTL_CLIENT_H

#include <jansson.h>

struct cgn_ctl_client;

/**
 * Connects to the daemon whose run directory is given.
 * @return the connection, or NULL with errno set (ENOENT, ECONNREFUSED: no daemon)
 */
struct cgn_ctl_client *cgn_ctl_client_create(const char *run_dir);

/**
 * Sends one command.
 * @return 0 or -errno; -EILSEQ when a word is not UTF-8
 */
int cgn_ctl_client_send(struct cgn_ctl_client *client, int argc, const char *const *argv);

/**
 * Waits for the next frame of the answer.
 * @param frame  receives its text, not NUL-terminated, that stays until the next call
 * @return 0, or -ECONNRESET when the daemon has gone
 */
int cgn_ctl_client_receive(
	struct cgn_ctl_client *client, const char **frame, size_t *len);

/** Says that an answer without an end of its own (a stream) has gone on long enough; what
 * is left of it can still be received. May be called by a signal handler. */
void cgn_ctl_client_enough(const struct cgn_ctl_client *client);

/** Closes the connection; a command in progress is abandoned. NULL is allowed. */
void cgn_ctl_client_destroy(struct cgn_ctl_client *client);

#endif
