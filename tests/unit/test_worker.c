/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_malloc.h>

#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/msg.h"
#include "eal_main.h"
#include "world.h"

static size_t
allocated(void)
{
	struct rte_malloc_socket_stats s;

	CU_ASSERT_EQUAL_FATAL(rte_malloc_get_socket_stats(0, &s), 0);
	return s.heap_allocsz_bytes;
}

/* A worker takes what its licence says and gives it all back. */
static void
test_memory(void)
{
	struct cgn_worker_conf conf = { .sessions = 1000, .users = 100, .socket = -1 };
	size_t before = allocated();

	for (unsigned k = 0; k < 3; k++) {
		struct cgn_worker *w = cgn_worker_create(&conf);

		CU_ASSERT_PTR_NOT_NULL_FATAL(w);
		CU_ASSERT_EQUAL(w->sessions.capacity, 1000);
		CU_ASSERT_EQUAL(w->mappings.capacity, 1000);
		CU_ASSERT_EQUAL(w->users.capacity, 100);
		CU_ASSERT_TRUE(w->blocks.capacity >= 200);
		CU_ASSERT_TRUE(allocated() > before + 1000 * 64);
		cgn_worker_destroy(w);
	}
	cgn_worker_destroy(NULL);
	CU_ASSERT_EQUAL(allocated(), before);
}

/* What does not fit is refused whole. */
static void
test_too_large(void)
{
	struct cgn_worker_conf conf = {
		.sessions = 1u << 26, .users = 100, .socket = -1
	};
	size_t before = allocated();

	CU_ASSERT_PTR_NULL(cgn_worker_create(&conf));
	CU_ASSERT_EQUAL(allocated(), before);
}

/* What is said of a worker's memory beforehand is what it takes. */
static void
test_estimate(void)
{
	static const uint32_t size[][2] = { { 0, 0 }, { 1, 1 }, { 1000, 100 },
		{ 40000, 1000 }, { 20000, 20000 } };

	for (unsigned k = 0; k < RTE_DIM(size); k++) {
		struct cgn_worker_conf conf = {
			.sessions = size[k][0], .users = size[k][1], .socket = -1
		};
		uint64_t said = cgn_worker_bytes(size[k][0], size[k][1]);
		size_t before = allocated(), taken;
		struct cgn_worker *w = cgn_worker_create(&conf);

		CU_ASSERT_PTR_NOT_NULL_FATAL(w);
		taken = allocated() - before;
		CU_ASSERT_TRUE(said >= taken - taken / 50 && said <= taken + taken / 50);
		cgn_worker_destroy(w);
	}
}

/* Records, accounting and four keys: a session costs what capacity planning says. */
static void
test_bytes_per_session(void)
{
	struct cgn_worker_conf conf = { .users = 1, .socket = -1 };
	size_t bytes[2];

	for (unsigned k = 0; k < 2; k++) {
		size_t before = allocated();
		struct cgn_worker *w;

		conf.sessions = k ? 65536 : 32768;
		w = cgn_worker_create(&conf);
		CU_ASSERT_PTR_NOT_NULL_FATAL(w);
		bytes[k] = allocated() - before;
		cgn_worker_destroy(w);
	}
	CU_ASSERT_TRUE(bytes[1] - bytes[0] <= 32768 * 360);
}

static void
test_time(void)
{
	world_open(16, 16, 123456);
	CU_ASSERT_EQUAL(world.w->now, 1234);
	CU_ASSERT_PTR_EQUAL(world.w->snap, &world.snap);
	world_tick(4294967296ull * 100 - 123456);
	CU_ASSERT_EQUAL(world.w->now, 0);
	world_close();
}

/* One tick sweeps and goes on with the message. */
static void
test_tick(void)
{
	struct packet p = { .proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST };
	struct cgn_session_view view;
	struct cgn_msg msg = { .op = CGN_MSG_SESSIONS,
		.max = 1,
		.out = &view,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE } };

	world_open(16, 16, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world_ip(world_nat_up(&p)));
	CU_ASSERT_TRUE(cgn_worker_message(world.w, &msg));
	world_tick(1);
	CU_ASSERT_TRUE(msg.done && msg.n == 1);
	CU_ASSERT_EQUAL(view.s.inside, rte_cpu_to_be_32(NAT_HOST));
	world_tick(300000);
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	world_close();
}

/* A line card hands over what it cannot serve, and forwards the rest. */
static void
test_line_card(void)
{
	struct packet p = { .proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST };
	const struct out *out;

	world_open(0, 0, 0);
	out = world_nat_up(&p);
	CU_ASSERT_EQUAL(out->kind, -1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_USERS_FULL], 1);
	world.location[0].worker = 1;
	out = world_nat_up(&p);
	CU_ASSERT_EQUAL(out->kind, CGN_OUT_HAND);
	CU_ASSERT_EQUAL(out->arg, 1);
	CU_ASSERT_EQUAL(out->op, CGN_MARK_STEERED);
	p.src = IP4(10, 9, 0, 1); /* no user */
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX);
	world_close();
}

/* From outside to a port that nobody holds: it waits. */
static const struct packet syn = { .proto = 6,
	.src = REMOTE_HOST,
	.dst = POOL_NAT_FIRST,
	.sport = 80,
	.dport = 5000,
	.tcp_flags = 2 };

/* A SYN that waits has lost its link header: when its location has moved meanwhile, the
 * other CPU is told so, whatever snapshot that one has. */
static void
test_held_moves(void)
{
	struct rte_mbuf *m;

	world_open(16, 16, 0);
	world_down(&syn);
	CU_ASSERT_EQUAL_FATAL(world.w->held.n, 1);
	world.location[0].worker = 1;
	world_tick(6000);
	CU_ASSERT_EQUAL_FATAL(world.w->out.n, 1);
	m = world.w->out.pkt[0];
	CU_ASSERT_EQUAL(world.w->out.kind[0], CGN_OUT_HAND);
	CU_ASSERT_EQUAL(cgn_mark(m)->op, CGN_MARK_HELD);
	/* there */
	world.w->out.n = 0;
	world.location[0].worker = 0;
	cgn_pipeline_run(world.w, &m, 1, false);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_TAKEN].packets, 1);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_ICMP_SENT].packets, 1);
	CU_ASSERT_EQUAL(world.w->stats.drop[CGN_DROP_ETHERTYPE], 0);
	world_empty_outbox();
	world_close();
}

/* As new, whatever it had; what it held comes back if that can be trusted. */
static void
test_reset(void)
{
	struct packet p = { .proto = 17, .src = NAT_HOST, .dst = REMOTE_HOST };
	struct ledger empty;
	uint64_t created;

	world_open(1000, 100, 1000);
	empty = world_ledger();
	for (unsigned i = 0; i < 10; i++) {
		p.sport = (uint16_t)(4000 + i);
		CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX);
	}
	world_down(&syn);
	CU_ASSERT_EQUAL(world.w->held.n, 1);
	created = world.w->stats.event[CGN_EVENT_SESSION_ADD];
	CU_ASSERT_EQUAL(created, 10);
	CU_ASSERT_EQUAL(cgn_worker_reset(world.w, true), 0);
	for (unsigned i = 0; i < ADDRESSES; i++)
		if (world.state[0][i]) {
			bool used = cgn_address_is_used(world.state[0][i]);

			CU_ASSERT_EQUAL(used, empty.free[i] != world.state[0][i]->free);
			cgn_address_init(world.state[0][i], i);
		}
	CU_ASSERT_EQUAL(world.w->held.n, 0);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_SESSION_ADD], created);
	struct ledger now = world_ledger();
	CU_ASSERT_TRUE(world_same(&empty, &now));
	world_tick(world.ms + 1);
	CU_ASSERT_EQUAL(world_nat_up(&p)->kind, CGN_OUT_TX);
	CU_ASSERT_EQUAL(world.w->sessions.used, 1);
	world_close();
}

const char *const eal_suite = "worker";
CU_TestInfo eal_tests[] = {
	{ "memory comes and goes", test_memory },
	{ "estimate", test_estimate },
	{ "more than there is", test_too_large },
	{ "memory of a session", test_bytes_per_session },
	{ "time", test_time },
	{ "a tick", test_tick },
	{ "a line card", test_line_card },
	{ "a SYN that waits moves", test_held_moves },
	{ "a reset", test_reset },
	CU_TEST_INFO_NULL,
};
