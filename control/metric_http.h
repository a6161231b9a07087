/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_METRIC_HTTP_H
#define CGN_CONTROL_METRIC_HTTP_H

#include "conf/conf.h"
#include "control/cmd.h"

struct cgn_metric_http;

/**
 * Opens a web server for GET /metrics at conf->address and conf->port.
 * @param http  receives NULL when the configuration wants none
 * @param app   what the handlers work on
 * @param err   receives one line when the call fails
 * @return 0 or -errno. Control lcore.
 */
int cgn_metric_http_create(const struct cgn_conf_metrics *conf,
	const struct cgn_cmd_handlers *handlers, void *app, struct cgn_metric_http **http,
	char *err, size_t err_size);

/**
 * One turn: accepts, reads, collects a little, writes. Never blocks. NULL is allowed.
 * @return more than 0 while a page is being collected. Control lcore, every turn.
 * @param now_ms  monotonic: sockets are looked at once in a millisecond
 */
unsigned cgn_metric_http_turn(struct cgn_metric_http *http, uint64_t now_ms);

/** Closes the socket and all connections. NULL is allowed. Control lcore. */
void cgn_metric_http_destroy(struct cgn_metric_http *http);

#endif
