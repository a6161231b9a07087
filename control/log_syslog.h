/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NAT events as lines of syslog (RFC 5424), one a datagram (RFC 5426). */
#ifndef CGN_CONTROL_LOG_SYSLOG_H
#define CGN_CONTROL_LOG_SYSLOG_H

#include <stddef.h>

#include "control/log_item.h"

#define CGN_LOG_SYSLOG_MAX 480 /* bytes of the longest line: any receiver takes it */

/* Writes the line of an event, without a line end; node: name of the box, for HOSTNAME.
 * Returns its length, at most size - 1. Pure. */
size_t cgn_log_syslog_encode(
	char *out, size_t size, const char *node, const struct cgn_log_item *item);

/* A line of msgid and parameters as text, of which the caller knows that they need no
 * escapes. */
size_t cgn_log_syslog_note(char *out, size_t size, const char *node, uint64_t wall_ms,
	const char *msgid, const char *parameters);

/* The line that marks a loss: so many events more are missing, `total` since the start.
 */
size_t cgn_log_syslog_lost(char *out, size_t size, const char *node, uint64_t wall_ms,
	uint64_t lost, uint64_t total);

#endif
