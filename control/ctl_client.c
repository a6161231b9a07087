/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cgnctl's side of the command socket: one request out, frames in, one at a time.
 *
 * Blocking; the operator's terminal interrupts it. One frame is held in memory, so an
 * answer of any length costs as much as its longest frame. The protocol is described in
 * cmd_server.c. Not handled: several requests in flight.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/ctl_client.h"

struct cgn_ctl_client {
	int fd;
	char *buffer;
	size_t begin, end, size; /* begin..end: received, not yet given out */
};

struct cgn_ctl_client *
cgn_ctl_client_create(const char *run_dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct cgn_ctl_client *client;
	int fd, saved;

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/cgnd.sock",
		    run_dir) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (client != NULL &&
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		client->fd = fd;
		return client;
	}
	saved = errno;
	free(client);
	close(fd);
	errno = saved;
	return NULL;
}

static int
send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int
cgn_ctl_client_send(struct cgn_ctl_client *client, int argc, const char *const *argv)
{
	json_t *words = json_array();
	json_t *request;
	char *text;
	int rc;

	for (int i = 0; i < argc; i++) {
		if (json_array_append_new(words, json_string(argv[i])) != 0) {
			json_decref(words);
			return -EILSEQ;
		}
	}
	request = json_pack("{s:o}", "argv", words);
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (text == NULL)
		return -ENOMEM;
	rc = send_all(client->fd, text, strlen(text));
	if (rc == 0)
		rc = send_all(client->fd, "\n", 1);
	free(text);
	/* A daemon that hangs up on us may have said why: let the caller read it. */
	return rc == -EPIPE || rc == -ECONNRESET ? 0 : rc;
}

static int
receive_more(struct cgn_ctl_client *client)
{
	ssize_t n;

	if (client->begin > 0) {
		memmove(client->buffer, client->buffer + client->begin,
			client->end - client->begin);
		client->end -= client->begin;
		client->begin = 0;
	}
	if (client->end == client->size) {
		size_t size = client->size == 0 ? 65536 : client->size * 2;
		char *buffer = realloc(client->buffer, size);

		if (buffer == NULL)
			return -ENOMEM;
		client->buffer = buffer;
		client->size = size;
	}
	do {
		n = recv(client->fd, client->buffer + client->end,
			client->size - client->end, 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -ECONNRESET;
	client->end += (size_t)n;
	return 0;
}

int
cgn_ctl_client_receive(struct cgn_ctl_client *client, const char **frame, size_t *len)
{
	size_t searched = 0, have;
	char *line, *newline;

	for (;;) {
		have = client->end - client->begin;
		line = have ? client->buffer + client->begin : NULL;
		newline = have > searched ? memchr(line + searched, '\n', have - searched)
					  : NULL;
		if (newline != NULL)
			break;
		searched = have;
		if (receive_more(client) != 0)
			return -ECONNRESET;
	}
	*frame = line;
	*len = (size_t)(newline - line);
	client->begin += *len + 1;
	return 0;
}

void
cgn_ctl_client_enough(const struct cgn_ctl_client *client)
{
	shutdown(client->fd, SHUT_WR);
}

void
cgn_ctl_client_destroy(struct cgn_ctl_client *client)
{
	if (client == NULL)
		return;
	close(client->fd);
	free(client->buffer);
	free(client);
}
