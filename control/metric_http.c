/* SPDX-License-Identifier: BSD-3-Clause
 *
 * GET /metrics over HTTP, for Prometheus.
 *
 * libmicrohttpd does the protocol, without a thread of its own: it is run from the loop
 * of the control lcore, once in a millisecond, on sockets that do not block. A request
 * suspends its connection and begins to collect the metrics, or joins a collection that
 * has begun; when it is complete all that wait are answered with the same page.
 *
 * Bounded: CLIENTS connections, fewer for one address than in all, so that none locks the
 * others out; a request with its headers in REQUEST bytes; IDLE_S seconds of silence. Off
 * unless configured.
 *
 * Not handled: TLS and passwords (the address is that of the loopback unless told
 * otherwise), compression. Control lcore. */
#include "control/metric_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/metric_gather.h"

#define CLIENTS	       16
#define CLIENTS_OF_ONE 12
#define REQUEST	       8192
#define IDLE_S	       10

/* A request; libmicrohttpd keeps it with its connection. */
struct request {
	struct request *next; /* of those that wait for the page */
	struct MHD_Connection *connection;
	bool waited; /* for a page, and it has come */
};

struct cgn_metric_http {
	struct MHD_Daemon *daemon;
	const struct cgn_cmd_handlers *handlers;
	void *app;
	struct cgn_metric_gather *gather; /* NULL: nobody has asked */
	struct request *waiting;	  /* their connections are suspended */
	struct MHD_Response *page; /* collected last, for those who have waited for it */
	uint64_t looked_ms;
};

static enum MHD_Result
answer_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result
wait_for_page(struct cgn_metric_http *h, struct request *request)
{
	if (!h->gather)
		h->gather = cgn_metric_gather_create(h->handlers, h->app);
	if (!h->gather)
		return answer_text(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			"out of memory\n");
	request->next = h->waiting;
	h->waiting = request;
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

static enum MHD_Result
answer(struct cgn_metric_http *h, struct request *request, const char *url,
	const char *method)
{
	if (request->waited && h->page)
		return MHD_queue_response(request->connection, MHD_HTTP_OK, h->page);
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer_text(request->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			"only GET and HEAD\n");
	if (strcmp(url, "/metrics") != 0)
		return answer_text(request->connection, MHD_HTTP_NOT_FOUND,
			"the metrics are at /metrics\n");
	return wait_for_page(h, request);
}

/* Called when the headers are there, for each part of a body, and at its end. */
static enum MHD_Result
take_request(void *ctx, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body, size_t *body_len,
	void **state)
{
	struct request *request = *state;

	(void)version;
	(void)body;
	if (!request) {
		*state = request = calloc(1, sizeof(*request));
		if (!request)
			return MHD_NO;
		request->connection = connection;
		return MHD_YES;
	}
	if (*body_len != 0) { /* nothing that we answer has one */
		*body_len = 0;
		return MHD_YES;
	}
	return answer(ctx, request, url, method);
}

static void
end_request(void *ctx, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct cgn_metric_http *h = ctx;
	struct request *request = *state;

	(void)connection;
	(void)code;
	if (!request)
		return;
	for (struct request **p = &h->waiting; *p; p = &(*p)->next) {
		if (*p != request)
			continue;
		*p = request->next;
		break;
	}
	free(request);
	*state = NULL;
}

/* Takes the page from the collection, in place of the last one. Out of memory: none. */
static void
keep_page(struct cgn_metric_http *h)
{
	size_t len = 0;
	char *text = cgn_metric_gather_text(h->gather, &len);

	if (h->page)
		MHD_destroy_response(h->page);
	h->page = NULL;
	if (text)
		h->page =
			MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (h->page)
		MHD_add_response_header(h->page, "Content-Type",
			"text/plain; version=0.0.4; charset=utf-8");
	cgn_metric_gather_destroy(h->gather);
	h->gather = NULL;
}

static void
answer_all(struct cgn_metric_http *h)
{
	keep_page(h);
	while (h->waiting) {
		struct request *request = h->waiting;

		h->waiting = request->next;
		request->waited = true;
		MHD_resume_connection(request->connection);
	}
}

unsigned
cgn_metric_http_turn(struct cgn_metric_http *h, uint64_t now_ms)
{
	if (!h)
		return 0;
	if (h->gather && cgn_metric_gather_step(h->gather))
		answer_all(h);
	if (now_ms != h->looked_ms)
		MHD_run(h->daemon);
	h->looked_ms = now_ms;
	return h->gather != NULL;
}

static struct MHD_Daemon *
listen_at(struct cgn_metric_http *h, const struct cgn_conf_metrics *conf)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)conf->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)conf->port) };
	bool six = conf->address.family == 6;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	memcpy(&v4.sin_addr, conf->address.bytes, 4);
	memcpy(&v6.sin6_addr, conf->address.bytes, 16);
	return MHD_start_daemon(flags | (six ? MHD_USE_IPv6 : 0), 0, NULL, NULL,
		take_request, h, MHD_OPTION_SOCK_ADDR, six ? (void *)&v6 : (void *)&v4,
		MHD_OPTION_NOTIFY_COMPLETED, end_request, h, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CLIENTS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)CLIENTS_OF_ONE, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)REQUEST, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
}

int
cgn_metric_http_create(const struct cgn_conf_metrics *conf,
	const struct cgn_cmd_handlers *handlers, void *app, struct cgn_metric_http **http,
	char *err, size_t err_size)
{
	char text[INET6_ADDRSTRLEN];
	struct cgn_metric_http *h;

	*http = NULL;
	if (!conf->present)
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h) {
		snprintf(err, err_size, "metrics: out of memory");
		return -ENOMEM;
	}
	h->handlers = handlers;
	h->app = app;
	errno = 0;
	h->daemon = listen_at(h, conf);
	if (h->daemon) {
		*http = h;
		return 0;
	}
	snprintf(err, err_size, "metrics: cannot listen at %s port %u: %s",
		cgn_conf_addr_format(&conf->address, text), conf->port,
		strerror(errno ? errno : EADDRNOTAVAIL));
	free(h);
	return -EADDRNOTAVAIL;
}

void
cgn_metric_http_destroy(struct cgn_metric_http *h)
{
	if (!h)
		return;
	while (h->waiting) { /* a suspended connection cannot be closed */
		struct request *request = h->waiting;

		h->waiting = request->next;
		MHD_resume_connection(request->connection);
	}
	cgn_metric_gather_destroy(h->gather);
	MHD_stop_daemon(h->daemon);
	if (h->page)
		MHD_destroy_response(h->page);
	free(h);
}
