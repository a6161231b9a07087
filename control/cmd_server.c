/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command server: a Unix stream socket at RUN_DIR/cgnd.sock.
 *
 * A request is one line, {"argv":[…]}. The answer is lines of JSON: {"page":{…}}, any
 * number, then {"exit":0} or {"exit":1|2,"error":"…"}. A connection may carry several
 * requests, one after the other. It closes when the client does, and after a request
 * that cannot be one (too long), since what follows cannot be told apart.
 *
 * Everything happens inside cgn_cmd_server_poll(), on the control lcore, without threads
 * and without blocking. A client holds one frame at most: its command is asked for the
 * next page when the kernel has taken all of the last one. So a slow reader costs one
 * page of memory and no time, and one that vanishes releases its command on that turn
 * (a request whose sender has closed already is not begun).
 *
 * A stream (trace, capture) ends when its client shuts its end down for sending.
 *
 * When all places are taken the client that has been idle for the longest time gives its
 * place to a new one, so that clients which only connect lock nobody out.
 *
 * Not handled: rates. Who may open the socket is the file mode's business. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/cmd_server.h"
#include "control/cmd_socket.h"

/* Pages built per turn, over all clients. */
#define PAGES_PER_TURN 4

/* A page beyond this is a mistake of its handler; refuse it, not exhaust memory. */
#define FRAME_MAX (16u << 20)

struct client {
	int fd;		   /* -1: free slot */
	uint32_t interest; /* what epoll is asked for */
	bool running;	   /* a command is in progress in ctx */
	bool closing;	   /* closed when the output is drained */
	bool half_closed;  /* the peer sends nothing more */
	uint64_t heard;	   /* number of its last event, of all clients' */
	char *in;
	size_t in_len, in_size;
	char *out; /* kept from page to page */
	size_t out_len, out_sent, out_size;
	struct cgn_cmd_ctx ctx;
};

struct cgn_cmd_server {
	int listen_fd, epoll_fd;
	struct sockaddr_un address;
	bool bound; /* the socket file is ours to remove */
	const struct cgn_cmd_handlers *handlers;
	void *app;
	unsigned running; /* commands in progress */
	unsigned waiting; /* of them, in this turn, for a worker */
	uint64_t events;  /* of clients so far */
	unsigned turn;	  /* where the next turn begins, so that all get their share */
	struct client clients[CGN_CMD_SERVER_CLIENTS];
};

static void
drop_client(struct cgn_cmd_server *server, struct client *client)
{
	if (client->running) {
		cgn_cmd_finish(&client->ctx);
		server->running--;
	}
	/* a process that was forked may have it too: then closing does not take it out */
	epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
	close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct client){ .fd = -1 };
}

/* Sends what the kernel takes. Returns -EPIPE when the peer is gone. */
static int
flush_output(struct client *client)
{
	while (client->out_sent < client->out_len) {
		ssize_t n = send(client->fd, client->out + client->out_sent,
			client->out_len - client->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -EPIPE;
		client->out_sent += (size_t)n;
	}
	client->out_len = client->out_sent = 0;
	if (!client->running) {
		free(client->out);
		client->out = NULL;
		client->out_size = 0;
	}
	return 0;
}

/* Appends bytes to the output of a client; the form that json_dump_callback() wants. */
static int
append_output(const char *bytes, size_t len, void *arg)
{
	struct client *client = arg;
	size_t size = client->out_size == 0 ? 4096 : client->out_size;
	char *out;

	while (size < client->out_len + len)
		size *= 2;
	if (size > FRAME_MAX)
		return -1;
	if (size != client->out_size) {
		out = realloc(client->out, size);
		if (out == NULL)
			return -1;
		client->out = out;
		client->out_size = size;
	}
	memcpy(client->out + client->out_len, bytes, len);
	client->out_len += len;
	return 0;
}

/* Appends one frame to the output, or nothing of it; takes the reference. */
static int
queue_frame(struct client *client, json_t *frame)
{
	size_t before = client->out_len;
	int rc = json_dump_callback(frame, append_output, client, JSON_COMPACT);

	if (rc == 0)
		rc = append_output("\n", 1, client);
	if (rc != 0)
		client->out_len = before;
	json_decref(frame);
	return rc == 0 ? 0 : -EMSGSIZE;
}

/* The text of an error; what was quoted from a request may have been cut in the middle
 * of a character, and is then no UTF-8. */
static json_t *
error_text(char *text)
{
	json_t *string = json_string(text);

	for (char *c = text; string == NULL && *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return string != NULL ? string : json_string(text);
}

/* The last frame of a command. */
static int
queue_exit(struct cgn_cmd_server *server, struct client *client)
{
	struct cgn_cmd_ctx *ctx = &client->ctx;
	json_t *frame = json_object();

	json_object_set_new(frame, "exit", json_integer(ctx->exit_code));
	if (ctx->exit_code != 0)
		json_object_set_new(frame, "error",
			error_text(ctx->reason ? ctx->reason : ctx->error));
	cgn_cmd_finish(ctx);
	client->running = false;
	server->running--;
	return queue_frame(client, frame);
}

/* The frame of a page whose entries are text already, or nothing of it. */
static int
queue_text(struct client *client, const struct cgn_cmd_ctx *ctx)
{
	size_t before = client->out_len;
	char head[64];
	int n = snprintf(
		head, sizeof(head), "{\"page\":{\"%s\":[", ctx->call.def->result);

	if (append_output(head, (size_t)n, client) == 0 &&
		append_output(ctx->text, ctx->text_len, client) == 0 &&
		append_output("]}}\n", 4, client) == 0)
		return 0;
	client->out_len = before;
	return -EMSGSIZE;
}

static int
queue_page(struct client *client)
{
	struct cgn_cmd_ctx *ctx = &client->ctx;
	json_t *page = ctx->page;
	int rc = 0;

	if (ctx->exit_code == 0 && ctx->text != NULL)
		rc = queue_text(client, ctx);
	ctx->text = NULL;
	if (rc == 0 && page != NULL && ctx->exit_code == 0) {
		ctx->page = NULL;
		rc = queue_frame(client, json_pack("{s:o}", "page", page));
	}
	return rc == 0 ? 0 : cgn_cmd_refuse(ctx, "the answer does not fit in memory");
}

static void
start_command(struct cgn_cmd_server *server, struct client *client, size_t len)
{
	client->running = true;
	server->running++;
	client->ctx.uid = cgn_cmd_socket_user(client->fd);
	cgn_cmd_begin(&client->ctx, server->handlers, server->app, client->in, len);
	client->in_len -= len + 1;
	memmove(client->in, client->in + len + 1, client->in_len);
}

/* Starts the command whose line is complete. Returns -EPIPE when no other can come. */
static int
take_request(struct cgn_cmd_server *server, struct client *client)
{
	char *end = client->in_len > 0 ? memchr(client->in, '\n', client->in_len) : NULL;

	if (end != NULL) {
		start_command(server, client, (size_t)(end - client->in));
		return 0;
	}
	if (client->in_len > CGN_CMD_SERVER_REQUEST_MAX) {
		client->closing = true;
		return queue_frame(
			client, json_pack("{s:i,s:s}", "exit", 2, "error",
					"malformed request: longer than 65536 bytes"));
	}
	return client->half_closed ? -EPIPE : 0;
}

/* Brings a client to its next standstill: output first, then its next request. */
static void
settle(struct cgn_cmd_server *server, struct client *client)
{
	struct epoll_event event = { .data.ptr = client };
	bool gone = flush_output(client) != 0;

	if (!gone && client->out_len == 0) {
		gone = client->closing;
		if (!gone && !client->running)
			gone = take_request(server, client) != 0;
	}
	if (gone) {
		drop_client(server, client);
		return;
	}
	/* Input is not looked at while a command runs or output waits: a client that
	 * only writes cannot make the daemon buffer more than one request. */
	if (client->out_len != 0)
		event.events = EPOLLOUT;
	else if (!client->running && !client->half_closed)
		event.events = EPOLLIN;
	if (cgn_cmd_is_stream(&client->ctx) && !client->half_closed)
		event.events |= EPOLLRDHUP;
	if (event.events == client->interest)
		return;
	client->interest = event.events;
	epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

/* Lets the command of a client go one page further. Returns pages built. */
static unsigned
step_command(struct cgn_cmd_server *server, struct client *client)
{
	enum cgn_cmd_step step;
	bool gone = false;

	if (!client->running || client->out_len != 0)
		return 0;
	step = cgn_cmd_next(&client->ctx);
	if (step == CGN_CMD_LATER)
		return 0;
	if (step == CGN_CMD_AGAIN) {
		server->waiting++;
		return 0;
	}
	if (queue_page(client) != 0 || step == CGN_CMD_DONE)
		gone = queue_exit(server, client) != 0;
	if (gone)
		drop_client(server, client);
	else
		settle(server, client);
	return 1;
}

static int
grow_input(struct client *client)
{
	size_t size = client->in_size == 0 ? 1024 : client->in_size * 2;
	char *in;

	if (client->in_len < client->in_size)
		return 0;
	if (size > CGN_CMD_SERVER_REQUEST_MAX + 1)
		size = CGN_CMD_SERVER_REQUEST_MAX + 1;
	in = realloc(client->in, size);
	if (in == NULL)
		return -ENOMEM;
	client->in = in;
	client->in_size = size;
	return 0;
}

/* Reads once. Returns -EPIPE when the client is to be dropped. */
static int
read_input(struct client *client)
{
	ssize_t n;

	if (client->in_len > CGN_CMD_SERVER_REQUEST_MAX)
		return 0;
	if (grow_input(client) != 0)
		return -EPIPE;
	n = recv(client->fd, client->in + client->in_len,
		client->in_size - client->in_len, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	client->half_closed = n == 0;
	client->in_len += (size_t)n;
	return 0;
}

static void
handle_event(struct cgn_cmd_server *server, struct client *client, uint32_t events)
{
	bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;

	client->heard = ++server->events;
	if (!gone && (events & EPOLLRDHUP) != 0)
		client->half_closed = client->ctx.stop = true;
	if (!gone && (events & EPOLLIN) != 0)
		gone = read_input(client) != 0;
	if (gone)
		drop_client(server, client);
	else
		settle(server, client);
}

/* A free slot. Where there is none, the client that has asked for nothing for the longest
 * time makes room; NULL: all have commands in progress or answers to read. */
static struct client *
find_free(struct cgn_cmd_server *server)
{
	struct client *oldest = NULL;

	for (unsigned i = 0; i < CGN_CMD_SERVER_CLIENTS; i++) {
		struct client *client = &server->clients[i];

		if (client->fd < 0)
			return client;
		if (!client->running && client->out_len == 0 &&
			(oldest == NULL || client->heard < oldest->heard))
			oldest = client;
	}
	if (oldest != NULL)
		drop_client(server, oldest);
	return oldest;
}

static void
accept_clients(struct cgn_cmd_server *server)
{
	static const char full[] = "{\"exit\":1,\"error\":\"too many clients\"}\n";
	int fd;

	while ((fd = accept4(server->listen_fd, NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct client *client = find_free(server);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

		if (client == NULL) {
			(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL);
			close(fd);
			return;
		}
		client->fd = fd;
		client->interest = EPOLLIN;
		client->heard = ++server->events;
		if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
			drop_client(server, client);
	}
}

/* Lets the commands in progress go on, as many as the turn allows; the next turn begins
 * where this one ended. */
static unsigned
step_commands(struct cgn_cmd_server *server)
{
	unsigned pages = 0, running = server->running;

	server->waiting = 0;
	for (unsigned i = 0; i < CGN_CMD_SERVER_CLIENTS; i++) {
		struct client *client = &server->clients[server->turn];

		if (running == 0 || pages == PAGES_PER_TURN)
			break;
		running -= client->running;
		pages += step_command(server, client);
		server->turn = (server->turn + 1) % CGN_CMD_SERVER_CLIENTS;
	}
	return pages + server->waiting;
}

unsigned
cgn_cmd_server_poll(struct cgn_cmd_server *server)
{
	struct epoll_event events[CGN_CMD_SERVER_CLIENTS + 1];
	int n = epoll_wait(server->epoll_fd, events, CGN_CMD_SERVER_CLIENTS + 1, 0);
	bool newcomers = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			newcomers = true;
		else
			handle_event(server, events[i].data.ptr, events[i].events);
	}
	if (newcomers) /* last: one may take the place of a client with an event */
		accept_clients(server);
	return step_commands(server) + (unsigned)(n > 0 ? n : 0);
}

static int
open_socket(struct cgn_cmd_server *server, gid_t group)
{
	const char *path = server->address.sun_path;
	struct epoll_event event = { .events = EPOLLIN };

	server->listen_fd = cgn_cmd_socket_bind(&server->address);
	if (server->listen_fd < 0)
		return server->listen_fd;
	server->bound = true;
	if ((group != (gid_t)-1 && chown(path, (uid_t)-1, group) != 0) ||
		listen(server->listen_fd, SOMAXCONN) != 0)
		return -errno;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0 || epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD,
					    server->listen_fd, &event) != 0)
		return -errno;
	return 0;
}

int
cgn_cmd_server_create(const char *run_dir, gid_t group,
	const struct cgn_cmd_handlers *handlers, void *app, struct cgn_cmd_server **out,
	char *err, size_t err_size)
{
	struct cgn_cmd_server *server = calloc(1, sizeof(*server));
	size_t room = sizeof(server->address.sun_path);
	int rc;

	if (server == NULL)
		return -ENOMEM;
	server->listen_fd = server->epoll_fd = -1;
	server->handlers = handlers;
	server->app = app;
	for (unsigned i = 0; i < CGN_CMD_SERVER_CLIENTS; i++)
		server->clients[i].fd = -1;
	server->address.sun_family = AF_UNIX;
	if ((size_t)snprintf(server->address.sun_path, room, "%s/" CGN_CMD_SERVER_SOCKET,
		    run_dir) >= room)
		rc = -ENAMETOOLONG;
	else
		rc = open_socket(server, group);
	if (rc != 0) {
		snprintf(err, err_size, "command socket %s/" CGN_CMD_SERVER_SOCKET ": %s",
			run_dir,
			rc == -EADDRINUSE ? "another cgnd is running" : strerror(-rc));
		cgn_cmd_server_destroy(server);
		return rc;
	}
	*out = server;
	return 0;
}

void
cgn_cmd_server_destroy(struct cgn_cmd_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < CGN_CMD_SERVER_CLIENTS; i++)
		if (server->clients[i].fd >= 0)
			drop_client(server, &server->clients[i]);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->bound)
		unlink(server->address.sun_path);
	free(server);
}
