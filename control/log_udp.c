/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Datagrams to a log host. They wait in a ring of fixed slots; a full ring costs records,
 * which the caller marks in the stream. The socket is the kernel's, so hosts are reached
 * by the routes of the namespace that the daemon runs in, not by those of the box.
 *
 * UDP says little of what becomes of a datagram. What there is is used: the error queue
 * of the socket has an entry for each one that came back as unreachable, and since
 * failures come at the end, these are the last that were sent. After a failure nothing is
 * sent for a second, then one datagram alone; when that one does not come back, the rest
 * follows.
 *
 * Not handled: a host that swallows everything silently; nobody could know. Control
 * lcore. */
#include "control/log_udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS 1000
#define PROOF_MS 250 /* for an error to come back */
#define BATCH	 32

int
cgn_log_udp_init(
	struct cgn_log_udp *u, uint8_t family, const uint8_t *addr, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&u->to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&u->to;

	memset(u, 0, sizeof(*u));
	u->fd = -1;
	u->slot = calloc(CGN_LOG_QUEUE, sizeof(*u->slot));
	if (!u->slot)
		return -ENOMEM;
	if (family == 4) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		memcpy(&in4->sin_addr, addr, 4);
		u->to_len = sizeof(*in4);
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, addr, 16);
		u->to_len = sizeof(*in6);
	}
	return 0;
}

void
cgn_log_udp_fini(struct cgn_log_udp *u)
{
	if (u->fd >= 0)
		close(u->fd);
	free(u->slot);
	u->slot = NULL;
	u->fd = -1;
}

uint8_t *
cgn_log_udp_room(const struct cgn_log_udp *u)
{
	if (u->tail - u->head == CGN_LOG_QUEUE)
		return NULL;
	return u->slot[u->tail % CGN_LOG_QUEUE].data;
}

void
cgn_log_udp_put(struct cgn_log_udp *u, size_t len, uint16_t records)
{
	struct cgn_log_datagram *d = &u->slot[u->tail++ % CGN_LOG_QUEUE];

	d->len = (uint16_t)len;
	d->records = records;
}

static void
failed(struct cgn_log_udp *u, int error, uint64_t now_ms)
{
	u->error = error;
	u->tried = false;
	u->retry_ms = now_ms + RETRY_MS;
}

static bool
open_socket(struct cgn_log_udp *u, uint64_t now_ms)
{
	bool v4 = u->to.ss_family == AF_INET;
	int on = 1, never = IP_PMTUDISC_DONT; /* IPV6_PMTUDISC_DONT is the same */

	u->fd = socket(u->to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0) {
		failed(u, errno, now_ms);
		return false;
	}
	setsockopt(u->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR,
		&on, sizeof(on));
	setsockopt(u->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &never, sizeof(never));
	if (connect(u->fd, (const struct sockaddr *)&u->to, u->to_len) == 0)
		return true;
	failed(u, errno, now_ms);
	close(u->fd);
	u->fd = -1;
	return false;
}

/* The next entry of the error queue: its errno, or 0. */
static int
next_error(const struct cgn_log_udp *u)
{
	union {
		char space[512];
		struct cmsghdr align;
	} control;
	struct msghdr m = { .msg_control = &control, .msg_controllen = sizeof(control) };

	if (recvmsg(u->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		bool ours =
			(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);

		if (ours)
			return (int)((struct sock_extended_err *)CMSG_DATA(c))->ee_errno;
	}
	return EIO;
}

/* What came back, taken from the last that were sent. */
static void
collect(struct cgn_log_udp *u, struct cgn_log_refused *refused, uint64_t now_ms)
{
	uint32_t n = 0;
	int error, last = 0;

	if (u->fd < 0)
		return;
	while ((error = next_error(u)) != 0) {
		last = error;
		n++;
	}
	if (!last)
		return;
	failed(u, last, now_ms);
	for (uint32_t i = 1; i <= n && i <= u->head; i++) {
		struct cgn_log_datagram *d = &u->slot[(u->head - i) % CGN_LOG_QUEUE];

		/* the oldest slot may be in use again */
		if (u->tail - (u->head - i) >= CGN_LOG_QUEUE)
			break;
		refused->records += d->records;
		d->records = 0;
	}
	refused->datagrams += n;
}

/* One system call; how many went, or -1. */
static int
send_some(struct cgn_log_udp *u, unsigned n)
{
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	int rc;

	n = n < BATCH ? n : BATCH;
	for (unsigned i = 0; i < n; i++) {
		struct cgn_log_datagram *d = &u->slot[(u->head + i) % CGN_LOG_QUEUE];

		iov[i] = (struct iovec){ d->data, d->len };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	rc = sendmmsg(u->fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (int i = 0; i < rc; i++)
		u->sent += u->slot[u->head++ % CGN_LOG_QUEUE].records;
	return rc;
}

/* False: nothing may be sent now. */
static bool
may_send(struct cgn_log_udp *u, uint64_t now_ms)
{
	if (u->error && now_ms < u->retry_ms)
		return false;
	if (u->tried) { /* and nothing came back */
		u->error = 0;
		u->tried = false;
	}
	return u->fd >= 0 || open_socket(u, now_ms);
}

static void
send_all(struct cgn_log_udp *u, unsigned max, uint64_t now_ms)
{
	uint32_t left = u->error ? 1 : max;

	while (left > 0 && u->head != u->tail) {
		uint32_t waiting = u->tail - u->head;
		unsigned want = left < waiting ? left : waiting;
		int rc = send_some(u, want);

		if (rc > 0)
			u->proof_ms = now_ms + PROOF_MS;
		if (rc > 0 && u->error) {
			u->tried = true;
			u->retry_ms = now_ms + PROOF_MS;
		}
		if (rc < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			failed(u, errno, now_ms);
		if (rc < (int)want && rc < BATCH)
			return;
		left -= (uint32_t)rc;
	}
}

struct cgn_log_refused
cgn_log_udp_flush(struct cgn_log_udp *u, unsigned max, uint64_t now_ms)
{
	struct cgn_log_refused refused = { 0, 0 };

	if (u->head == u->tail && (!u->proof_ms || now_ms < u->proof_ms))
		return refused;
	if (u->error && !u->tried && now_ms < u->retry_ms)
		return refused;
	u->proof_ms = 0;
	collect(u, &refused, now_ms);
	if (may_send(u, now_ms)) {
		send_all(u, max, now_ms);
		collect(u, &refused, now_ms);
	}
	u->sent -= refused.records;
	u->lost += refused.records;
	return refused;
}

const char *
cgn_log_udp_state(const struct cgn_log_udp *u)
{
	if (u->error)
		return u->error == ECONNREFUSED ? "refused" : "unreachable";
	return u->head == 0 ? "idle" : "up";
}
