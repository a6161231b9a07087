/* SPDX-License-Identifier: BSD-3-Clause */
/* Mappings and sessions by hand, without packets: what they count, how their keys find
 * them, and that a step which fails takes nothing with it. */
#include <string.h>

#include "dataplane/block.h"
#include "dataplane/create.h"
#include "dataplane/user.h"
#include "eal_main.h"
#include "world.h"

#define SESSIONS 64

static struct cgn_flow flow;
static uint32_t user;

/* A NAT user with a mapping of its own, so that it stays. */
static void
open_user(void)
{
	static struct cgn_burst burst;
	uint32_t mapping, session;

	world_open(SESSIONS, 16, 1000);
	world_burst(&burst);
	burst.p[0] =
		(struct cgn_pkt){ .instance = NAT, .src = rte_cpu_to_be_32(NAT_HOST) };
	CU_ASSERT_EQUAL_FATAL(world_add_user(&burst, &user), CGN_DROP_REASONS);
	flow = (struct cgn_flow){ .user = user,
		.inside = rte_cpu_to_be_32(NAT_HOST),
		.remote = rte_cpu_to_be_32(REMOTE_HOST),
		.inside_port = rte_cpu_to_be_16(5000),
		.remote_port = rte_cpu_to_be_16(80),
		.proto = CGN_IPPROTO_TCP,
		.state = CGN_STATE_SYN_UP,
		.from = CGN_UP };
	CU_ASSERT_EQUAL_FATAL(
		cgn_mapping_add(world.w, &flow, &mapping), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL_FATAL(
		cgn_session_add(world.w, &flow, mapping, &session), CGN_DROP_REASONS);
	flow.inside_port = rte_cpu_to_be_16(5001);
}

static struct cgn_user *
the_user(void)
{
	return cgn_user_at(world.w, user);
}

/* Keys of nobody until the table is full; returns how many. */
static uint32_t
fill(struct cgn_table *t)
{
	union cgn_key key = { .owner = 77 };
	uint32_t n = 0;

	while (cgn_table_add(t, &key, 0) == 0) {
		key.local++;
		n++;
	}
	return n;
}

static void
empty(struct cgn_table *t, uint32_t n)
{
	for (union cgn_key key = { .owner = 77 }; n--; key.local++)
		CU_ASSERT_TRUE(cgn_table_del(t, &key, 0));
}

static void
test_life(void)
{
	const struct cgn_session *s;
	const struct cgn_mapping *m;
	struct ledger before, after;
	uint32_t mapping, one, two;
	union cgn_key key;

	open_user();
	before = world_ledger();
	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &mapping), CGN_DROP_REASONS);
	m = cgn_mapping_at(world.w, mapping);
	CU_ASSERT_EQUAL(cgn_session_add(world.w, &flow, mapping, &one), CGN_DROP_REASONS);
	flow.remote_port = rte_cpu_to_be_16(81);
	flow.from = CGN_DOWN;
	flow.state = CGN_STATE_SYN_DOWN;
	CU_ASSERT_EQUAL(cgn_session_add(world.w, &flow, mapping, &two), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(m->sessions, 2);
	CU_ASSERT_EQUAL(the_user()->sessions[CGN_TCP], 3);
	CU_ASSERT_EQUAL(the_user()->ports[CGN_TCP], 2);
	CU_ASSERT_EQUAL(the_user()->mappings, 2);
	CU_ASSERT_EQUAL(the_user()->reverse[CGN_TCP], 1);
	CU_ASSERT_EQUAL(world.w->instance[NAT].sessions, 3);
	CU_ASSERT_EQUAL(world.w->location[0].sessions, 3);
	s = cgn_session_at(world.w, two);
	CU_ASSERT_EQUAL(cgn_state_timer(s->state, s->proto), CGN_TIMER_TCP_SYN);
	CU_ASSERT_EQUAL(s->seen, 10);
	CU_ASSERT_EQUAL(s->outside, world.address[the_user()->address].addr);
	key = (union cgn_key){ .owner = cgn_owner_scope(CGN_IPPROTO_TCP, NAT),
		.local = flow.inside,
		.remote = flow.remote,
		.local_port = flow.inside_port,
		.remote_port = flow.remote_port };
	CU_ASSERT_EQUAL(cgn_table_find(world.w->up, &key), two);
	key = (union cgn_key){ .owner = cgn_owner_scope(CGN_IPPROTO_TCP, VPN_0),
		.local = s->outside,
		.remote = flow.remote,
		.local_port = s->outside_port,
		.remote_port = flow.remote_port };
	CU_ASSERT_EQUAL(cgn_table_find(world.w->down, &key), two);
	cgn_session_del(world.w, two);
	CU_ASSERT_EQUAL(the_user()->reverse[CGN_TCP], 0);
	CU_ASSERT_EQUAL(cgn_table_find(world.w->down, &key), CGN_NONE);
	key.remote = 0;
	key.remote_port = 0;
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_down, &key), mapping);
	cgn_mapping_release(world.w, mapping); /* it is still needed */
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_down, &key), mapping);
	cgn_session_del(world.w, one);
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_down, &key), CGN_NONE);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	world_close();
}

/* The last session takes all with it; its port waits. */
static void
test_last_session(void)
{
	open_user();
	for (uint32_t i = 0; i < world.w->sessions.top; i++)
		cgn_session_del(world.w, i);
	CU_ASSERT_EQUAL(world.w->users.used, 0);
	CU_ASSERT_EQUAL(world.w->mappings.used, 0);
	CU_ASSERT_EQUAL(world.w->sessions.used, 0);
	CU_ASSERT_EQUAL(world.w->instance[NAT].users, 0);
	CU_ASSERT_EQUAL(world.w->sweep.quarantined, 1);
	world_tick(120000);
	CU_ASSERT_EQUAL(world.w->blocks.used, 0);
	for (unsigned slot = 4; slot < 7; slot++)
		CU_ASSERT_EQUAL(world.state[0][slot]->free, CGN_PORT_COUNT);
	world_close();
}

static void
refused_mapping(enum cgn_drop expect)
{
	struct ledger before = world_ledger(), after;
	struct cgn_user was = *the_user();
	uint32_t index;

	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &index), expect);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	memcpy(was.discards, the_user()->discards, sizeof(was.discards));
	CU_ASSERT_EQUAL(memcmp(&was, the_user(), sizeof(was)), 0);
}

static void
test_mapping_refused(void)
{
	uint32_t n;

	open_user();
	n = fill(world.w->map_up);
	refused_mapping(CGN_DROP_SESSIONS_FULL);
	empty(world.w->map_up, n);
	n = fill(world.w->map_down);
	refused_mapping(CGN_DROP_SESSIONS_FULL);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_TABLE_FULL], 2);
	world.instance[NAT].eim = false;
	refused_mapping(CGN_DROP_SESSIONS_FULL);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_TABLE_FULL], 3);
	world.instance[NAT].eim = true;
	empty(world.w->map_down, n);
	the_user()->ports[CGN_TCP] = world.instance[NAT].max_ports[CGN_TCP];
	refused_mapping(CGN_DROP_LIMIT_PORTS);
	the_user()->ports[CGN_TCP] = 1;
	CU_ASSERT_EQUAL(the_user()->discards[CGN_DISCARD_PORTS], 1);
	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &n), CGN_DROP_REASONS);
	cgn_mapping_release(world.w, n);
	while (cgn_slots_take(&world.w->mappings) != CGN_NONE)
		;
	refused_mapping(CGN_DROP_SESSIONS_FULL);
	world_close();
}

static void
refused_session(uint32_t mapping)
{
	struct ledger before = world_ledger(), after;
	struct cgn_user was = *the_user();
	uint32_t index;

	CU_ASSERT_EQUAL(
		cgn_session_add(world.w, &flow, mapping, &index), CGN_DROP_SESSIONS_FULL);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	CU_ASSERT_EQUAL(memcmp(&was, the_user(), sizeof(was)), 0);
	CU_ASSERT_EQUAL(cgn_mapping_at(world.w, mapping)->sessions, 0);
}

static void
test_session_refused(void)
{
	uint32_t mapping, n;

	open_user();
	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &mapping), CGN_DROP_REASONS);
	n = fill(world.w->up);
	refused_session(mapping);
	empty(world.w->up, n);
	n = fill(world.w->down);
	refused_session(mapping);
	empty(world.w->down, n);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_TABLE_FULL], 2);
	while (cgn_slots_take(&world.w->sessions) != CGN_NONE)
		;
	refused_session(mapping);
	world_close();
}

/* All sessions of the licence fit, whatever their mix, and one more does not. */
static void
test_licence(void)
{
	uint32_t mapping, session;
	unsigned n = 1;

	open_user();
	for (;; n++) {
		flow.inside_port = rte_cpu_to_be_16((uint16_t)(6000 + n));
		if (cgn_mapping_add(world.w, &flow, &mapping) != CGN_DROP_REASONS)
			break;
		if (cgn_session_add(world.w, &flow, mapping, &session) !=
			CGN_DROP_REASONS)
			break;
	}
	CU_ASSERT_EQUAL(n, SESSIONS);
	CU_ASSERT_EQUAL(world.w->sessions.used, SESSIONS);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->up), SESSIONS);
	world_close();
}

/* Flows to different servers from one inside port: one public port, or one each. */
static void
test_shared(void)
{
	union cgn_key key = { .owner = cgn_owner_scope(CGN_IPPROTO_TCP, NAT) };
	uint32_t mapping;

	open_user();
	key.local = flow.inside;
	key.local_port = flow.inside_port;
	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &mapping), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_up, &key), mapping);
	cgn_mapping_release(world.w, mapping);
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_up, &key), CGN_NONE);
	world.instance[NAT].eim = false;
	CU_ASSERT_EQUAL(cgn_mapping_add(world.w, &flow, &mapping), CGN_DROP_REASONS);
	CU_ASSERT_EQUAL(cgn_table_find(world.w->map_up, &key), CGN_NONE);
	world.instance[NAT].eim = true; /* reloaded while it lives */
	cgn_mapping_release(world.w, mapping);
	CU_ASSERT_EQUAL(cgn_table_count(world.w->map_down), 1);
	world_close();
}

const char *const eal_suite = "session";
CU_TestInfo eal_tests[] = {
	{ "comes and goes", test_life },
	{ "the last session", test_last_session },
	{ "a refused mapping leaves nothing", test_mapping_refused },
	{ "a refused session leaves nothing", test_session_refused },
	{ "as many as licensed", test_licence },
	{ "shared mappings", test_shared },
	CU_TEST_INFO_NULL,
};
