/* SPDX-License-Identifier: BSD-3-Clause */
/* The FTP gateway in a whole box: what is announced gets a port, lets the peer in and
 * nobody else, and goes again. */
#include <stdio.h>
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/server.h"
#include "eal_main.h"
#include "world.h"

#define SYN RTE_TCP_SYN_FLAG
#define ACK RTE_TCP_ACK_FLAG

#define STRANGER   IP4(192, 0, 2, 99)
#define SERVER_OUT IP4(203, 0, 113, 65)

/* One TCP connection of the inside host. */
struct talk {
	uint16_t inside_port, remote_port;
	uint32_t seq;
	uint32_t outside; /* learnt */
	uint16_t outside_port;
};

static uint64_t
event(enum cgn_event_id id)
{
	return world.w->stats.event[id];
}

/* Sends a segment with text up, from softwire b4 or (NULL) a NAT44 user; the packet that
 * leaves, or NULL. */
static const uint8_t *
say(struct talk *t, const char *b4, uint8_t flags, const char *text)
{
	struct packet p = { .proto = 6,
		.src = NAT_HOST,
		.dst = REMOTE_HOST,
		.sport = t->inside_port,
		.dport = t->remote_port,
		.tcp_flags = flags,
		.payload = (uint16_t)strlen(text) };
	uint8_t ip[PACKET_MAX], outer[PACKET_MAX];
	unsigned len = packet_ip4(ip, &p);
	const uint8_t *out;

	memcpy(ip + 40, text, strlen(text));
	packet_put32(ip, 24, t->seq);
	packet_sums(ip);
	t->seq += (uint32_t)strlen(text) + (flags & SYN ? 1 : 0);
	if (b4) {
		len = packet_ip6(outer, packet_addr6(b4), packet_addr6(AFTR), 4, ip, len);
		out = world_ip(world_run_iface(INSIDE, outer, len));
	} else {
		out = world_ip(world_run_iface(INSIDE, ip, len));
	}
	if (out) {
		CU_ASSERT_TRUE(packet_right4(out));
		t->outside = packet_get32(out, 12);
		t->outside_port = packet_get16(out, 20);
	}
	return out;
}

static struct talk
connect_up(uint16_t port, const char *b4)
{
	struct talk t = { .inside_port = port, .remote_port = 21, .seq = 1000 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(say(&t, b4, SYN, ""));
	return t;
}

/* Sends PORT for the inside port; the public port that it has become, or 0: none. */
static uint16_t
announce(struct talk *t, const char *b4, unsigned port)
{
	unsigned h[4], hi, lo;
	char line[64];
	const uint8_t *out;

	snprintf(line, sizeof(line), "PORT 10,0,5,6,%u,%u\r\n", port >> 8, port & 255);
	out = say(t, b4, ACK, line);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	memset(line, 0, sizeof(line));
	memcpy(line, out + 40, packet_get16(out, 2) - 40u);
	CU_ASSERT_EQUAL_FATAL(sscanf(line, "PORT %u,%u,%u,%u,%u,%u\r\n", &h[0], &h[1],
				      &h[2], &h[3], &hi, &lo),
		6);
	if (h[0] == 10)
		return 0;
	CU_ASSERT_EQUAL((h[0] << 24 | h[1] << 16 | h[2] << 8 | h[3]), t->outside);
	return (uint16_t)(hi << 8 | lo);
}

/* A SYN from outside; the inside port that it reaches, or 0. */
static uint16_t
knock(const struct talk *t, uint32_t from, uint16_t sport, uint16_t port)
{
	struct packet p = { .proto = 6,
		.src = from,
		.dst = t->outside,
		.sport = sport,
		.dport = port,
		.tcp_flags = SYN };
	const uint8_t *out = world_ip(world_down(&p));

	if (!out)
		return 0;
	if (out[0] >> 4 == 6)
		out += 40;
	CU_ASSERT_TRUE(packet_right4(out));
	CU_ASSERT_EQUAL(packet_get32(out, 16), NAT_HOST);
	return packet_get16(out, 22);
}

static void
open_box(uint32_t sessions)
{
	world_open(sessions, 16, 0);
	world.instance[NAT].alg_ftp = world.instance[DS].alg_ftp = true;
}

/* Time enough for everything to end; then all must be as before anything began. */
static void
close_box(void)
{
	for (unsigned s = 0; s < 3 * 3600; s++) {
		world_tick(1000);
		world_empty_outbox();
	}
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	CU_ASSERT_EQUAL(world.w->alg.controls.used, 0);
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 0);
	world_close();
}

static void
filter(unsigned instance, bool eim)
{
	world.instance[instance].eif = false;
	world.instance[instance].eim = eim;
}

/* Where filtering is endpoint-dependent the peer of the control connection may open one
 * connection, from any port, and nobody else. */
static void
active_through(const char *b4, unsigned instance, bool eim)
{
	struct talk t;
	uint16_t port;

	open_box(64);
	filter(instance, eim);
	t = connect_up(5000, b4);
	port = announce(&t, b4, 2024);
	CU_ASSERT_NOT_EQUAL_FATAL(port, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 2);
	CU_ASSERT_EQUAL(knock(&t, STRANGER, 20, port), 0);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 20, port), 2024);
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 0);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 20, port), 2024); /* the same session */
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 21, port), 0);	 /* another */
	CU_ASSERT_EQUAL(world.w->sessions.used, 2);
	CU_ASSERT_EQUAL(world.w->mappings.used, 2);
	close_box();
}

static void
test_active(void)
{
	active_through(NULL, NAT, true);
	active_through(NULL, NAT, false);
	active_through(B4_1, DS, true);
	active_through(B4_1, DS, false);
}

/* With endpoint-independent mapping the announced port is the one that flows of the
 * inside port have, and shall have. */
static void
test_one_mapping(void)
{
	struct talk t, data = { .inside_port = 2024, .remote_port = 80 };
	uint16_t first, port;

	open_box(64);
	say(&data, NULL, SYN, "");
	t = connect_up(5000, NULL);
	first = announce(&t, NULL, 2024);
	CU_ASSERT_EQUAL(first, data.outside_port);
	port = announce(&t, NULL, 2025);
	data = (struct talk){ .inside_port = 2025, .remote_port = 80 };
	say(&data, NULL, SYN, "");
	CU_ASSERT_EQUAL(data.outside_port, port);
	CU_ASSERT_EQUAL(world.w->mappings.used, 3);
	/* what is announced outlives the flow that the port had before */
	world.instance[NAT].eif = false;
	cgn_session_del(world.w, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 3);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 20, first), 2024);
	close_box();
}

/* What never comes is given up after a minute; repeating the command begins a new one. */
static void
test_expires(void)
{
	struct ledger before;
	struct talk t;
	uint16_t port;

	open_box(64);
	filter(NAT, true);
	t = connect_up(5000, NULL);
	before = world_ledger();
	port = announce(&t, NULL, 2024);
	world_tick(30000);
	CU_ASSERT_EQUAL(announce(&t, NULL, 2024), port);
	CU_ASSERT_EQUAL(event(CGN_EVENT_ALG_EXPECTED), 1);
	world_tick(CGN_EXPECT_S * 1000 - 100);
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 1);
	world_tick(100);
	CU_ASSERT_EQUAL(event(CGN_EVENT_ALG_EXPIRED), 1);
	struct ledger after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 20, port), 0);
	close_box();
}

/* The end of the control connection is the end of what it waits for. */
static void
test_control_ends(void)
{
	struct ledger before;
	struct talk t;

	open_box(64);
	before = world_ledger();
	t = connect_up(5000, NULL);
	for (unsigned port = 2024; port < 2028; port++)
		CU_ASSERT_NOT_EQUAL(announce(&t, NULL, port), 0);
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 4);
	CU_ASSERT_EQUAL(world.w->mappings.used, 5);
	cgn_session_del(world.w, 0);
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	CU_ASSERT_EQUAL(world.w->users.used, before.slots[2]);
	close_box();
}

/* The peer has all that was sent; only then a fifth line can be rewritten. */
static void
acknowledge(const struct talk *t)
{
	struct packet p = { .proto = 6,
		.src = REMOTE_HOST,
		.dst = t->outside,
		.sport = 21,
		.dport = t->outside_port,
		.tcp_flags = ACK };
	uint8_t ip[PACKET_MAX];
	unsigned len = packet_ip4(ip, &p);

	packet_put32(ip, 28, t->seq + 100); /* more than was sent does no harm */
	packet_sums(ip);
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_run_iface(OUTSIDE, ip, len)));
}

/* Four for each control connection, of which the oldest gives way; so many for all. */
static void
test_bounds(void)
{
	struct talk t = { 0 };
	uint16_t first;

	open_box(256);
	filter(NAT, true);
	t = connect_up(5000, NULL);
	first = announce(&t, NULL, 2000);
	for (unsigned k = 1; k <= CGN_ALG_EXPECTED; k++) {
		acknowledge(&t);
		CU_ASSERT_NOT_EQUAL(announce(&t, NULL, 2000 + k), 0);
	}
	CU_ASSERT_EQUAL(world.w->alg.expected.used, CGN_ALG_EXPECTED);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 20, first), 0);
	for (unsigned c = 1; c < 8; c++) {
		t = connect_up((uint16_t)(5000 + c), NULL);
		for (unsigned k = 0; k < CGN_ALG_EXPECTED; k++)
			CU_ASSERT_EQUAL(
				announce(&t, NULL, 3000 + 10 * c + k) != 0, c < 4);
	}
	CU_ASSERT_EQUAL(world.w->alg.expected.used, 16); /* as many as there are */
	close_box();
}

static void
test_user_bound(void)
{
	struct talk t = { 0 };
	unsigned got = 0;

	open_box(1024);
	for (unsigned c = 0; c < 10; c++) {
		t = connect_up((uint16_t)(5000 + c), NULL);
		for (unsigned k = 0; k < CGN_ALG_EXPECTED; k++)
			got += announce(&t, NULL, 3000 + 10 * c + k) != 0;
	}
	CU_ASSERT_EQUAL(got, CGN_EXPECT_USER);
	CU_ASSERT_EQUAL(event(CGN_EVENT_ALG_FULL), 40 - CGN_EXPECT_USER);
	t = connect_up(5000, B4_1); /* another user is not concerned */
	CU_ASSERT_NOT_EQUAL(announce(&t, B4_1, 3000), 0);
	close_box();
}

/* A user's port limit holds for announced ports; the command passes as it came. */
static void
test_limit(void)
{
	struct talk t;

	open_box(64);
	world.instance[NAT].max_ports[CGN_TCP] = 1;
	t = connect_up(5000, NULL);
	CU_ASSERT_EQUAL(announce(&t, NULL, 2024), 0);
	CU_ASSERT_EQUAL(event(CGN_EVENT_ALG_FULL), 1);
	world.instance[NAT].max_ports[CGN_TCP] = 2;
	CU_ASSERT_NOT_EQUAL(announce(&t, NULL, 2024), 0);
	close_box();
}

/* Four control connections in a box of 64 sessions; the fifth is not followed, and works
 * as any other. */
static void
test_no_slot(void)
{
	struct talk t = { 0 };

	open_box(64);
	for (unsigned k = 0; k < 5; k++)
		t = connect_up((uint16_t)(5000 + k), NULL);
	CU_ASSERT_EQUAL(world.w->alg.controls.used, 4);
	CU_ASSERT_EQUAL(event(CGN_EVENT_ALG_FULL), 1);
	CU_ASSERT_EQUAL(announce(&t, NULL, 2024), 0);
	close_box();
}

/* More edits than are kept, none acknowledged: the line passes as it came. */
static void
test_unacknowledged(void)
{
	struct talk t;

	open_box(64);
	t = connect_up(5000, NULL);
	for (unsigned k = 0; k < CGN_EDITS; k++)
		CU_ASSERT_NOT_EQUAL(announce(&t, NULL, 2024), 0);
	CU_ASSERT_EQUAL(announce(&t, NULL, 2024), 0);
	acknowledge(&t);
	CU_ASSERT_NOT_EQUAL(announce(&t, NULL, 2024), 0);
	close_box();
}

/* A published server in passive mode, filtering endpoint-dependent: the port of its 227
 * gets a mapping, and the client in. */
static void
test_passive_server(void)
{
	static struct cgn_server server;
	struct talk t = {
		.inside_port = 21, .remote_port = 4000, .seq = 77, .outside = SERVER_OUT
	};
	unsigned h[6];
	char line[64] = "";
	const uint8_t *out;
	uint16_t port;

	open_box(64);
	filter(NAT, true);
	server = (struct cgn_server){ .instance = NAT,
		.proto = 6,
		.inside = rte_cpu_to_be_32(NAT_HOST),
		.inside_port = RTE_BE16(21),
		.outside_port = RTE_BE16(21) };
	for (server.slot = 0;
		rte_be_to_cpu_32(world.address[server.slot].addr) != SERVER_OUT;
		server.slot++)
		;
	world.snap.server = &server;
	world.snap.n_servers = 1;
	world.snap.generation++;
	world_tick(100);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 4000, 21), 21);
	CU_ASSERT_EQUAL(world.w->alg.controls.used, 1);
	say(&t, NULL, SYN | ACK, "");
	out = say(&t, NULL, ACK, "227 Entering Passive Mode (10,0,5,6,200,1)\r\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	memcpy(line, out + 40, packet_get16(out, 2) - 40u);
	CU_ASSERT_EQUAL(sscanf(line, "227 Entering Passive Mode (%u,%u,%u,%u,%u,%u)\r\n",
				&h[0], &h[1], &h[2], &h[3], &h[4], &h[5]),
		6);
	CU_ASSERT_EQUAL((h[0] << 24 | h[1] << 16 | h[2] << 8 | h[3]), SERVER_OUT);
	port = (uint16_t)(h[4] << 8 | h[5]);
	CU_ASSERT_EQUAL(knock(&t, STRANGER, 4001, port), 0);
	CU_ASSERT_EQUAL(knock(&t, REMOTE_HOST, 4001, port), 51201);
	world.snap.n_servers = 0;
	world.snap.generation++;
	close_box();
}

const char *const eal_suite = "alg";
CU_TestInfo eal_tests[] = {
	{ "the peer may connect, once", test_active },
	{ "one mapping for an inside port", test_one_mapping },
	{ "given up after a minute", test_expires },
	{ "ends with its control connection", test_control_ends },
	{ "bounds of a connection and of the box", test_bounds },
	{ "bound of a user", test_user_bound },
	{ "port limit", test_limit },
	{ "no slot", test_no_slot },
	{ "too many edits under way", test_unacknowledged },
	{ "passive mode of a server", test_passive_server },
	CU_TEST_INFO_NULL,
};
