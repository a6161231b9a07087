/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sender against real sockets on the loopback: what arrives, what comes back, what
 * is tried again and when. Time is a parameter. */
#include "control/log_udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static const uint8_t loopback[4] = { 127, 0, 0, 1 };
static struct cgn_log_udp udp;
static struct cgn_log_refused refused;

/* A receiver on a free port, or on this one. */
static int
listener(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&in.sin_addr, loopback, 4);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

/* Datagrams that wait at fd; the last is in text. */
static char text[CGN_LOG_DATAGRAM + 1];
static unsigned
received(int fd)
{
	unsigned n = 0;
	ssize_t len;

	while ((len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) >= 0) {
		text[len] = '\0';
		n++;
	}
	return n;
}

static bool
put(const char *what, uint16_t records)
{
	uint8_t *room = cgn_log_udp_room(&udp);

	if (!room)
		return false;
	memcpy(room, what, strlen(what));
	cgn_log_udp_put(&udp, strlen(what), records);
	return true;
}

static void
flush(uint64_t now_ms)
{
	struct cgn_log_refused r = cgn_log_udp_flush(&udp, 1000, now_ms);

	refused.records += r.records;
	refused.datagrams += r.datagrams;
}

static void
open_udp(uint16_t port)
{
	memset(&refused, 0, sizeof(refused));
	CU_ASSERT_EQUAL_FATAL(cgn_log_udp_init(&udp, 4, loopback, port), 0);
}

static void
test_delivered(void)
{
	uint16_t port = 0;
	int fd = listener(&port);

	open_udp(port);
	CU_ASSERT_STRING_EQUAL(cgn_log_udp_state(&udp), "idle");
	put("one", 3);
	put("two", 4);
	flush(1000);
	CU_ASSERT_EQUAL(received(fd), 2);
	CU_ASSERT_STRING_EQUAL(text, "two");
	for (unsigned i = 0; i < 100; i++)
		put("many", 1);
	CU_ASSERT_EQUAL(cgn_log_udp_flush(&udp, 40, 1001).datagrams, 0);
	CU_ASSERT_EQUAL(received(fd), 40);
	flush(1002);
	CU_ASSERT_EQUAL(received(fd), 60);
	CU_ASSERT_EQUAL(udp.sent, 107);
	CU_ASSERT_EQUAL(udp.lost, 0);
	CU_ASSERT_STRING_EQUAL(cgn_log_udp_state(&udp), "up");
	cgn_log_udp_fini(&udp);
	close(fd);
}

/* Nobody listens: each datagram that comes back is counted, one a second is tried. */
static void
test_refused(void)
{
	uint16_t port = 0;
	int fd = listener(&port);

	close(fd);
	open_udp(port);
	for (unsigned i = 0; i < 10; i++)
		put("x", 2);
	flush(1000);
	CU_ASSERT_STRING_EQUAL(cgn_log_udp_state(&udp), "refused");
	CU_ASSERT_TRUE(refused.datagrams >= 1);
	CU_ASSERT_EQUAL(refused.records, 2 * refused.datagrams);
	CU_ASSERT_EQUAL(udp.lost, refused.records);
	CU_ASSERT_EQUAL(udp.sent, 0);
	flush(1999);
	CU_ASSERT_EQUAL(udp.lost, refused.records);
	flush(2000); /* one more */
	CU_ASSERT_EQUAL(udp.head, refused.datagrams);
	CU_ASSERT_TRUE(udp.tail - udp.head >= 7);
	/* then somebody does: one alone, and when it did not come back, the rest */
	fd = listener(&port);
	flush(3000);
	CU_ASSERT_EQUAL(received(fd), 1);
	flush(3100);
	CU_ASSERT_EQUAL(received(fd), 0);
	flush(3250);
	CU_ASSERT_TRUE(received(fd) >= 6);
	CU_ASSERT_EQUAL(udp.head, udp.tail);
	CU_ASSERT_EQUAL(udp.sent + udp.lost, 20);
	CU_ASSERT_STRING_EQUAL(cgn_log_udp_state(&udp), "up");
	cgn_log_udp_fini(&udp);
	close(fd);
}

/* A refusal is noticed although nothing more is sent. */
static void
test_noticed(void)
{
	uint16_t port = 0;
	int fd = listener(&port);

	open_udp(port);
	put("x", 1);
	flush(1000);
	CU_ASSERT_EQUAL(received(fd), 1);
	CU_ASSERT_EQUAL(udp.proof_ms, 1250);
	flush(1250);
	CU_ASSERT_EQUAL(udp.proof_ms, 0);
	cgn_log_udp_fini(&udp);
	close(fd);
}

static void
test_queue_full(void)
{
	unsigned n = 0;

	open_udp(9);
	while (put("x", 1))
		n++;
	CU_ASSERT_EQUAL(n, CGN_LOG_QUEUE);
	cgn_log_udp_lose(&udp, 7);
	CU_ASSERT_EQUAL(udp.lost, 7);
	cgn_log_udp_fini(&udp);
}

/* A network that does not exist: nothing is lost, it waits. */
static void
test_no_route(void)
{
	static const uint8_t nowhere[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = 9 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	memcpy(&to.sin6_addr, nowhere, 16);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		close(fd); /* here there is a route */
		return;
	}
	if (fd >= 0)
		close(fd);
	CU_ASSERT_EQUAL_FATAL(cgn_log_udp_init(&udp, 6, nowhere, 4739), 0);
	put("x", 1);
	flush(1000);
	CU_ASSERT_STRING_EQUAL(cgn_log_udp_state(&udp), "unreachable");
	CU_ASSERT_EQUAL(udp.retry_ms, 2000);
	CU_ASSERT_EQUAL(udp.tail - udp.head, 1);
	CU_ASSERT_EQUAL(udp.lost, 0);
	cgn_log_udp_fini(&udp);
}

static CU_TestInfo tests[] = {
	{ "datagrams arrive", test_delivered },
	{ "nobody listens", test_refused },
	{ "a refusal is looked for", test_noticed },
	{ "a full queue", test_queue_full },
	{ "no route", test_no_route },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("log_udp", tests);
}
