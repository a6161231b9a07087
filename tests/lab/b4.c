/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * b4: a DS-Lite client (RFC 6333, section 5) in user space, for the lab.
 *
 * What it reads from a tun device goes out as IPv4 in IPv6 on a raw socket, and back. It
 * does what the kernel's SRv6 stand-in cannot: outer fragments are reassembled (the
 * kernel does so for a raw socket), outer packets are fragmented to the path MTU, and
 * source, hop limit, traffic class and the tunnel encapsulation limit option (RFC 2473,
 * section 4.1.1) are chosen by the user.
 *
 * Life-cycle: one thread; main() opens, relays until SIGTERM or SIGINT, and prints one
 * line of what it saw. The device is made here and goes with the process; addresses and
 * routes are set from outside.
 *
 * Not handled: ICMPv6 errors for the tunnel, DHCPv6, and the path MTU of the softwire,
 * which is the MTU of the route to the AFTR.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BURST = 64, PACKET_MAX = 65536, NEXT_HEADER_IPV4 = 4 };

struct options {
	const char *dev;
	const char *local;
	const char *aftr;
	int hop_limit;
	int traffic_class;
	int encap_limit; /* -1: the option is not sent */
};

struct tally {
	uint64_t up, down;
	int hop_limit;	   /* of the last packet received, -1: none yet */
	int traffic_class; /* likewise */
};

static volatile sig_atomic_t leave;

static void
on_signal(int sig)
{
	(void)sig;
	leave = 1;
}

static void
fail(const char *what)
{
	fprintf(stderr, "b4: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
number(const char *text, int max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text == 0 || *end != 0 || n < 0 || n > max) {
		fprintf(stderr, "b4: '%s' is not a number from 0 to %d\n", text, max);
		exit(2);
	}
	return (int)n;
}

static void
usage(void)
{
	fprintf(stderr, "usage: b4 --dev TUN --local IPV6 --aftr IPV6 [--hop-limit N]\n"
			"          [--traffic-class N] [--encap-limit N]\n");
	exit(2);
}

static void
parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "local", required_argument, NULL, 'l' },
		{ "aftr", required_argument, NULL, 'a' },
		{ "hop-limit", required_argument, NULL, 'h' },
		{ "traffic-class", required_argument, NULL, 't' },
		{ "encap-limit", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .hop_limit = 64, .traffic_class = 0, .encap_limit = -1 };
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'd')
			o->dev = optarg;
		else if (c == 'l')
			o->local = optarg;
		else if (c == 'a')
			o->aftr = optarg;
		else if (c == 'h')
			o->hop_limit = number(optarg, 255);
		else if (c == 't')
			o->traffic_class = number(optarg, 255);
		else if (c == 'e')
			o->encap_limit = number(optarg, 255);
		else
			usage();
	}
	if (!o->dev || !o->local || !o->aftr || optind != argc)
		usage();
}

static int
open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		fail("/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) != 0)
		fail(name);
	return fd;
}

static void
set_int(int fd, int level, int option, int value, const char *what)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
		fail(what);
}

static void
set_address(struct sockaddr_in6 *sa, const char *text)
{
	*sa = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET6, text, &sa->sin6_addr) != 1) {
		fprintf(stderr, "b4: '%s' is not an IPv6 address\n", text);
		exit(2);
	}
}

/* The option as every tunnel of this kind sends it: type 4, one byte, padded to 8. */
static void
set_encap_limit(int fd, int limit)
{
	uint8_t opt[8] = { 0, 0, IP6OPT_TUNNEL_LIMIT, 1, (uint8_t)limit, IP6OPT_PADN, 1,
		0 };

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, opt, sizeof(opt)) != 0)
		fail("destination options");
}

static int
open_softwire(const struct options *o)
{
	struct sockaddr_in6 local, aftr;
	int fd = socket(
		AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NEXT_HEADER_IPV4);

	if (fd < 0)
		fail("raw socket");
	set_address(&local, o->local);
	set_address(&aftr, o->aftr);
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) != 0)
		fail(o->local);
	if (connect(fd, (struct sockaddr *)&aftr, sizeof(aftr)) != 0)
		fail(o->aftr);
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20, "receive buffer");
	set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20, "send buffer");
	set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, o->hop_limit, "hop limit");
	set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, o->traffic_class, "traffic class");
	set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, "fragmentation");
	set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "hop limit");
	set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "traffic class");
	if (o->encap_limit >= 0)
		set_encap_limit(fd, o->encap_limit);
	return fd;
}

/* A packet that the other side does not take is lost, as on any link. */
static void
relay_up(int tun, int wire, struct tally *t)
{
	static char packet[PACKET_MAX];
	ssize_t len;

	for (int i = 0; i < BURST; i++) {
		len = read(tun, packet, sizeof(packet));
		if (len <= 0)
			return;
		if ((uint8_t)packet[0] >> 4 == 4 &&
			send(wire, packet, (size_t)len, 0) == len)
			t->up++;
	}
}

static void
note_header(struct msghdr *msg, struct tally *t)
{
	struct cmsghdr *c;
	int value;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		memcpy(&value, CMSG_DATA(c), sizeof(value));
		if (c->cmsg_type == IPV6_HOPLIMIT)
			t->hop_limit = value;
		else if (c->cmsg_type == IPV6_TCLASS)
			t->traffic_class = value;
	}
}

static void
relay_down(int wire, int tun, struct tally *t)
{
	static char packet[PACKET_MAX];
	char control[CMSG_SPACE(sizeof(int)) * 2];
	ssize_t len;

	for (int i = 0; i < BURST; i++) {
		struct iovec iov = { packet, sizeof(packet) };
		struct msghdr msg = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };

		len = recvmsg(wire, &msg, 0);
		if (len <= 0)
			return;
		note_header(&msg, t);
		if (write(tun, packet, (size_t)len) == len)
			t->down++;
	}
}

int
main(int argc, char **argv)
{
	struct options o;
	struct tally t = { .hop_limit = -1, .traffic_class = -1 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	parse(argc, argv, &o);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	fds[0].fd = open_tun(o.dev);
	fds[1].fd = open_softwire(&o);
	while (!leave) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			fail("poll");
		relay_up(fds[0].fd, fds[1].fd, &t);
		relay_down(fds[1].fd, fds[0].fd, &t);
	}
	printf("up %ju down %ju hop-limit %d traffic-class %d\n", (uintmax_t)t.up,
		(uintmax_t)t.down, t.hop_limit, t.traffic_class);
	return 0;
}
