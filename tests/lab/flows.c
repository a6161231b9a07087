/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows: opens very many sessions through the box, one UDP packet each, for the lab.
 *
 * The packets come from USERS consecutive inside addresses, PORTS ports each, to REMOTES
 * ports of one destination: USERS x PORTS x REMOTES sessions. The user changes fastest,
 * so that no single user meets its rate limit. They are made by hand on a raw socket,
 * paced to RATE packets a second; nobody answers.
 *
 * Life-cycle: one thread, one pass, exit 0 when all was sent.
 *
 * Not handled: answers, and packets that the kernel or the box lose; a second pass
 * repairs that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 64, FIRST_PORT = 20000, FIRST_REMOTE = 40000 };

struct packet {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[8];
};

struct plan {
	uint32_t first; /* host byte order */
	uint32_t remote;
	uint32_t users, ports, remotes;
	uint32_t rate; /* packets per second */
};

static void
fail(const char *what)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t
address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		fprintf(stderr, "flows: '%s' is not an IPv4 address\n", text);
		exit(2);
	}
	return ntohl(a.s_addr);
}

static uint32_t
number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != 0 || n == 0 || n > max) {
		fprintf(stderr, "flows: '%s' is not a number from 1 to %lu\n", text, max);
		exit(2);
	}
	return (uint32_t)n;
}

/* The kernel fills in the IPv4 checksum; a UDP checksum of zero is none. */
static void
fill(struct packet *p, const struct plan *plan, uint32_t n)
{
	uint32_t user = n % plan->users;
	uint32_t port = n / plan->users % plan->ports;
	uint32_t remote = n / plan->users / plan->ports;

	p->ip = (struct iphdr){ .version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons(sizeof(*p)),
		.saddr = htonl(plan->first + user),
		.daddr = htonl(plan->remote) };
	p->udp = (struct udphdr){ .source = htons((uint16_t)(FIRST_PORT + port)),
		.dest = htons((uint16_t)(FIRST_REMOTE + remote)),
		.len = htons(sizeof(p->udp) + sizeof(p->payload)) };
	memset(p->payload, 0, sizeof(p->payload));
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
wait_until(uint64_t when)
{
	struct timespec ts = { .tv_sec = (time_t)(when / 1000000000u),
		.tv_nsec = (long)(when % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void
send_burst(int fd, const struct plan *plan, uint32_t n, uint32_t count)
{
	static struct packet packets[BURST];
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(plan->remote) };
	struct iovec iov[BURST];
	struct mmsghdr msgs[BURST];
	uint32_t sent = 0;

	memset(msgs, 0, sizeof(msgs));
	for (uint32_t i = 0; i < count; i++) {
		fill(&packets[i], plan, n + i);
		iov[i] = (struct iovec){ &packets[i], sizeof(packets[i]) };
		msgs[i].msg_hdr = (struct msghdr){ .msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = &iov[i],
			.msg_iovlen = 1 };
	}
	while (sent < count) {
		int rc = sendmmsg(fd, msgs + sent, count - sent, 0);

		if (rc > 0)
			sent += (uint32_t)rc;
		else if (errno != ENOBUFS && errno != EINTR)
			fail("send");
	}
}

int
main(int argc, char **argv)
{
	struct plan plan;
	uint64_t start = now_ns();
	uint32_t total;
	int fd;

	if (argc != 7) {
		fprintf(stderr,
			"usage: flows FIRST-INSIDE REMOTE USERS PORTS REMOTES RATE\n");
		return 2;
	}
	plan = (struct plan){ .first = address(argv[1]),
		.remote = address(argv[2]),
		.users = number(argv[3], 65536),
		.ports = number(argv[4], 20000),
		.remotes = number(argv[5], 20000),
		.rate = number(argv[6], 10000000) };
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		fail("raw socket");
	total = plan.users * plan.ports * plan.remotes;
	for (uint32_t n = 0; n < total; n += BURST) {
		wait_until(start + (uint64_t)n * 1000000000u / plan.rate);
		send_burst(fd, &plan, n, total - n < BURST ? total - n : BURST);
	}
	close(fd);
	return 0;
}
