/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages page by page, with tables that have holes. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/create.h"
#include "dataplane/msg.h"
#include "eal_main.h"
#include "world.h"

#define FLOWS 1000
#define PAGE  64

static union {
	struct cgn_session_view session[PAGE];
	struct cgn_user_view user[PAGE];
	struct cgn_address_view address[PAGE];
} page;
static unsigned steps; /* that the last message took */

static const struct cgn_filter all = { .instance = CGN_NONE, .location = CGN_NONE };

/* Runs a message to its end; returns how many calls it needed. */
static void
run(struct cgn_msg *msg)
{
	msg->done = 0;
	CU_ASSERT_TRUE(cgn_worker_message(world.w, msg));
	CU_ASSERT_FALSE(cgn_worker_message(world.w, msg)); /* one at a time */
	for (steps = 0; !msg->done; steps++) {
		CU_ASSERT_FATAL(steps < 1000);
		cgn_msg_step(world.w);
	}
	CU_ASSERT_PTR_NULL(world.w->msg);
}

static struct cgn_msg
message(uint8_t op, const struct cgn_filter *filter)
{
	return (struct cgn_msg){ .op = op, .filter = *filter, .max = PAGE, .out = &page };
}

/* FLOWS flows of NAT users (ten each, UDP and ICMP) and as many of B4s; then some holes.
 */
static void
open_flows(void)
{
	world_open(4 * FLOWS, 1024, 100000);
	for (uint32_t k = 0; k < FLOWS; k++) {
		struct packet p = { .proto = k % 2 ? 17 : 1,
			.icmp_type = 8,
			.src = NAT_HOST + k / 10,
			.dst = REMOTE_HOST + k % 3,
			.sport = (uint16_t)(4000 + k),
			.dport = 53 };
		char b4[32];

		CU_ASSERT_PTR_NOT_NULL_FATAL(world_ip(world_nat_up(&p)));
		snprintf(b4, sizeof(b4), "2001:db8:100::%x", k / 10 + 1);
		p.src = IP4(192, 168, 1, 2);
		CU_ASSERT_PTR_NOT_NULL_FATAL(world_ip(world_ds_up(b4, &p)));
	}
	for (uint32_t i = 0; i < 2 * FLOWS; i += 7)
		cgn_session_del(world.w, i);
}

/* Every session once, and each step looks at a bounded number of slots. */
static void
test_sessions(void)
{
	static uint8_t seen[65536][3];
	struct cgn_msg msg = message(CGN_MSG_SESSIONS, &all);
	unsigned n = 0;

	open_flows();
	memset(seen, 0, sizeof(seen));
	world_tick(5000);
	while (!msg.end) {
		run(&msg);
		CU_ASSERT_FATAL(msg.end || msg.n == PAGE);
		for (uint32_t k = 0; k < msg.n; k++) {
			const struct cgn_session_view *v = &page.session[k];

			CU_ASSERT_EQUAL(
				seen[rte_be_to_cpu_16(v->s.inside_port)][v->s.kind]++, 0);
			CU_ASSERT_EQUAL(v->age, 50);
			CU_ASSERT_EQUAL(v->ttl, (v->s.proto == 1 ? 600 : 3000) - 50);
			CU_ASSERT_EQUAL(v->count.packets[CGN_UP], 1);
			CU_ASSERT_EQUAL(v->count.packets[CGN_DOWN], 0);
			CU_ASSERT_EQUAL(
				v->softwire[0], v->s.kind == CGN_DS_LITE ? 0x20 : 0);
		}
		n += msg.n;
	}
	CU_ASSERT_EQUAL(n, world.w->sessions.used);
	world_close();
}

/* A filter that nothing fits still lets the worker breathe. */
static void
test_bounded(void)
{
	struct cgn_filter f = all;
	struct cgn_msg msg;

	open_flows();
	f.instance = 99;
	msg = message(CGN_MSG_SESSIONS, &f);
	run(&msg);
	CU_ASSERT_EQUAL(msg.n, 0);
	CU_ASSERT_TRUE(msg.end);
	CU_ASSERT_TRUE(steps >= 2 * FLOWS / 256);
	world_close();
}

static unsigned
count(uint8_t op, const struct cgn_filter *f)
{
	struct cgn_msg msg = message(op, f);
	unsigned n = 0;

	while (!msg.end) {
		run(&msg);
		n += msg.n;
	}
	return n;
}

/* How many sessions fit, counted without the code under test. */
static unsigned
expect(bool (*fits)(const struct cgn_session *s))
{
	unsigned n = 0;

	for (uint32_t i = 0; i < world.w->sessions.top; i++) {
		const struct cgn_session *s = cgn_session_at(world.w, i);

		n += s->state != CGN_STATE_FREE && fits(s);
	}
	return n;
}

static bool
is_udp(const struct cgn_session *s)
{
	return s->proto == 17;
}

static bool
is_ds(const struct cgn_session *s)
{
	return s->instance == DS;
}

static bool
is_to_81(const struct cgn_session *s)
{
	return s->remote == rte_cpu_to_be_32(REMOTE_HOST + 1);
}

static bool
is_4004(const struct cgn_session *s)
{
	return s->inside_port == rte_cpu_to_be_16(4004);
}

static bool
is_host(const struct cgn_session *s)
{
	return s->inside == rte_cpu_to_be_32(NAT_HOST + 3);
}

static bool
is_outside_65(const struct cgn_session *s)
{
	return s->outside == rte_cpu_to_be_32(POOL_NAT_FIRST + 1);
}

static bool
is_b4(const struct cgn_session *s)
{
	return s->kind == CGN_DS_LITE &&
	       memcmp(world.w->user_end[s->user].b4, packet_addr6(B4_1), 16) == 0;
}

static bool
is_dns(const struct cgn_session *s)
{
	return s->remote_port == RTE_BE16(53);
}

static void
test_filters(void)
{
	struct cgn_filter f;
	unsigned n;

	open_flows();
#define CHECK(fits, ...)                                                                 \
	f = (struct cgn_filter){                                                         \
		.instance = CGN_NONE, .location = CGN_NONE, __VA_ARGS__                  \
	};                                                                               \
	n = expect(fits);                                                                \
	CU_ASSERT_TRUE(n > 0 && n < world.w->sessions.used);                             \
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &f), n)

	CHECK(is_udp, .proto = 17);
	CHECK(is_to_81, .remote = rte_cpu_to_be_32(REMOTE_HOST + 1), .remote_mask = ~0u);
	CHECK(is_4004, .inside_port = rte_cpu_to_be_16(4004));
	CHECK(is_dns, .remote_port = RTE_BE16(53));
	CHECK(is_host, .inside = rte_cpu_to_be_32(NAT_HOST + 3), .inside_mask = ~0u);
	CHECK(is_outside_65, .outside = rte_cpu_to_be_32(POOL_NAT_FIRST + 1),
		.outside_mask = ~0u);
#undef CHECK
	f = all;
	f.instance = DS;
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &f), expect(is_ds));
	f = all;
	f.has_softwire = true;
	f.softwire_len = 128;
	memcpy(f.softwire, packet_addr6(B4_1), 16);
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &f), expect(is_b4));
	CU_ASSERT_TRUE(expect(is_b4) > 0);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), 1);
	f.softwire_len = 125; /* ::1 to ::7 */
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), 7);
	f.softwire_len = 120;
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), FLOWS / 10);
	f = all;
	f.location = 1;
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &f), 0);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), 0);
	f.location = 0;
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &f), world.w->sessions.used);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), world.w->users.used);
	f.instance = NAT;
	f.inside = rte_cpu_to_be_32(NAT_HOST);
	f.inside_mask = rte_cpu_to_be_32(0xfffffffe);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), 2);
	f.inside_mask = 0;
	f.outside = rte_cpu_to_be_32(POOL_NAT_FIRST + 1);
	f.outside_mask = ~0u;
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), world.state[0][5]->users);
	/* a port of an address is one user's, and its block is told */
	CU_ASSERT_TRUE(page.user[0].n_blocks > 0);
	f.outside = page.user[0].outside;
	f.outside_port = rte_cpu_to_be_16(page.user[0].block[0].last);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &f), 1);
	CU_ASSERT_EQUAL(page.user[0].held.last, rte_be_to_cpu_16(f.outside_port));
	CU_ASSERT_EQUAL(page.user[0].held.first, page.user[0].held.last - 63);
	world_close();
}

/* Every user once, with its blocks, and the addresses add up. */
static void
test_users(void)
{
	static bool seen[4096];
	struct cgn_msg msg = message(CGN_MSG_USERS, &all);
	unsigned n = 0, blocks = 0;

	open_flows();
	memset(seen, 0, sizeof(seen));
	while (!msg.end) {
		run(&msg);
		for (uint32_t k = 0; k < msg.n; k++) {
			const struct cgn_user_view *v = &page.user[k];
			uint32_t user = cgn_block_at(world.w, v->u.block)->user;

			CU_ASSERT_FALSE(seen[user]);
			seen[user] = true;
			CU_ASSERT_EQUAL(v->outside, world.address[v->u.address].addr);
			CU_ASSERT_EQUAL(v->n_blocks, v->u.blocks);
			CU_ASSERT_EQUAL(v->block[0].last - v->block[0].first, 63);
			blocks += v->n_blocks;
		}
		n += msg.n;
	}
	CU_ASSERT_EQUAL(n, world.w->users.used);
	msg = message(CGN_MSG_ADDRESSES, &all);
	run(&msg);
	CU_ASSERT_EQUAL(msg.n, 7); /* those of this worker */
	for (uint32_t k = 0; k < msg.n; k++) {
		const struct cgn_address_view *v = &page.address[k];

		CU_ASSERT_EQUAL(v->ports_blocked, v->blocks * 64 + v->ports_quarantined);
		n -= v->users;
		blocks -= v->blocks;
	}
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(blocks, 0);
	world_close();
}

/* Some go, the others stay, and no more than asked for. */
static void
test_clear_sessions(void)
{
	struct cgn_filter f = all;
	struct cgn_msg msg;
	unsigned before, udp;

	open_flows();
	before = world.w->sessions.used;
	udp = expect(is_udp);
	f.proto = 17;
	msg = message(CGN_MSG_CLEAR_SESSIONS, &f);
	msg.out = NULL;
	msg.max = 10;
	run(&msg);
	CU_ASSERT_EQUAL(msg.n, 10);
	CU_ASSERT_FALSE(msg.end);
	CU_ASSERT_EQUAL(world.w->sessions.used, before - 10);
	CU_ASSERT_EQUAL(count(CGN_MSG_CLEAR_SESSIONS, &f), udp - 10);
	CU_ASSERT_EQUAL(expect(is_udp), 0);
	CU_ASSERT_EQUAL(world.w->sessions.used, before - udp);
	CU_ASSERT_EQUAL(count(CGN_MSG_CLEAR_SESSIONS, &all), before - udp);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	world_close();
}

static void
test_clear_users(void)
{
	struct cgn_filter f = all;
	unsigned users;

	open_flows();
	users = world.w->instance[DS].users;
	CU_ASSERT_TRUE(users > 50);
	f.instance = DS;
	CU_ASSERT_EQUAL(count(CGN_MSG_CLEAR_USERS, &f), users);
	CU_ASSERT_EQUAL(world.w->instance[DS].users, 0);
	CU_ASSERT_EQUAL(expect(is_ds), 0);
	CU_ASSERT_EQUAL(world.w->users.used, world.w->instance[NAT].users);
	CU_ASSERT_TRUE(world.w->instance[NAT].users > 50);
	world_close();
}

static void
test_empty(void)
{
	world_open(16, 16, 0);
	CU_ASSERT_EQUAL(count(CGN_MSG_SESSIONS, &all), 0);
	CU_ASSERT_EQUAL(count(CGN_MSG_USERS, &all), 0);
	CU_ASSERT_EQUAL(count(CGN_MSG_CLEAR_USERS, &all), 0);
	cgn_msg_step(world.w); /* nothing under way */
	world_close();
}

const char *const eal_suite = "message";
CU_TestInfo eal_tests[] = {
	{ "every session once", test_sessions },
	{ "bounded per step", test_bounded },
	{ "filters", test_filters },
	{ "every user once", test_users },
	{ "sessions are cleared", test_clear_sessions },
	{ "users are cleared", test_clear_users },
	{ "empty tables", test_empty },
	CU_TEST_INFO_NULL,
};
