/* SPDX-License-Identifier: BSD-3-Clause */
/* Random traffic of random users, random losses of records, and hosts that change in
 * every way there is; each time it is quiet both workers have the same, entry by entry,
 * and what was translated to a port is translated to it still. Each seed is one fixed
 * run. */
#include <string.h>

#include <rte_ring_elem.h>

#include "pair.h"
#include "tests/unit/eal_main.h"

#define USERS  24
#define PORTS  12
#define ROUNDS 25
#define OPS    120

/* The public end of UDP flows that are kept alive. */
static struct {
	uint32_t addr;
	uint16_t port;
} kept[USERS];

static uint64_t state;

static uint32_t
pick(uint32_t n)
{
	return cgn_pick(&state, n);
}

static void
random_packet(void)
{
	static const uint8_t proto[] = { 1, 6, 6, 17, 17 };
	static const uint8_t flags[] = { MODEL_SYN, MODEL_SYN, MODEL_ACK,
		MODEL_FIN | MODEL_ACK, MODEL_RST };
	uint8_t p = proto[pick(RTE_DIM(proto))], f = p == 6 ? flags[pick(5)] : 0;
	int user = (int)pick(USERS);
	uint16_t sport = (uint16_t)(5000 + pick(PORTS)), port;
	uint8_t remote = (uint8_t)pick(4);
	uint32_t addr;

	port = pair_up(user, p, sport, remote, f, &addr);
	if (port && pick(2))
		CU_ASSERT_TRUE(pair_down(user, p, sport, remote,
			p == 6 ? (f == MODEL_SYN ? MODEL_SYN | MODEL_ACK : f) : 0, addr,
			port));
}

/* Flows that live through everything. */
static void
keep_alive(void)
{
	for (int u = 0; u < USERS; u++) {
		uint32_t addr;
		uint16_t port = pair_up(u, 17, 4999, 9, 0, &addr);

		CU_ASSERT(port != 0);
		if (kept[u].port) {
			CU_ASSERT_EQUAL(port, kept[u].port);
			CU_ASSERT_EQUAL(addr, kept[u].addr);
		}
		CU_ASSERT_TRUE(pair_down(u, 17, 4999, 9, 0, addr, port));
		kept[u].port = port;
		kept[u].addr = addr;
	}
}

static void
lossy(void)
{
	for (unsigned k = 0; k < 100; k++) {
		random_packet();
		if (pair.host[0].standby != CGN_NONE16)
			pair_lossy(2 + pick(4));
	}
}

static void
quiet(void)
{
	pair_run(30 + pick(20));
	cgn_box_advance(&pair.box, pair.box.now_ms); /* the last records arrive */
	for (unsigned n = 0; n < pair.box.conf->n_locations; n++)
		CU_ASSERT_TRUE(cgn_same(&pair.box, pair_location(n), DELAY));
	for (unsigned k = 0; k < pair.box.n_workers; k++)
		CU_ASSERT_TRUE((pair.box.parked >> k & 1) || cgn_sound(&pair.box, k));
}

/* The host of a location is another, and it has a standby again. */
static void
change(void)
{
	unsigned n = pick(pair.box.conf->n_locations), dead;

	if (pick(2)) {
		pair_swap(n);
		return;
	}
	dead = pair_fail(n);
	keep_alive();
	for (unsigned k = pick(100); k--;)
		random_packet();
	pair_run(pick(3));
	for (unsigned k = 0; k < pair.box.conf->n_locations; k++)
		if (pair.host[k].standby == CGN_NONE16)
			pair_back(k, dead);
}

static void
run(uint64_t seed, const struct pair_options *o)
{
	state = seed * 0x9e3779b97f4a7c15ull;
	memset(kept, 0, sizeof(kept));
	pair_open(o);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned k = 0; k < OPS; k++) {
			random_packet();
			if (pick(10) == 0)
				pair_run(1);
		}
		if (pick(3) == 0)
			lossy();
		keep_alive();
		quiet();
		change();
		keep_alive();
	}
	pair_run(600);
	for (unsigned k = 0; k < pair.box.n_workers; k++) {
		const struct cgn_worker *w = pair.box.worker[k];

		if (pair.box.parked >> k & 1)
			continue;
		CU_ASSERT_EQUAL(w->sessions.used, 0);
		CU_ASSERT_EQUAL(w->mappings.used, 0);
		CU_ASSERT_EQUAL(w->users.used, 0);
		CU_ASSERT_EQUAL(w->blocks.used, 0);
	}
	pair_close();
}

static void
test_all(void)
{
	static const char *const locations[] = { ONE_TO_ONE, CROSSED };

	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct pair_options o = { .locations = locations[seed % 2],
			.ha = HOT "batch_interval = 5;",
			.ds_lite = seed % 3 == 0,
			.instance = seed == 5 ? "mapping = \"endpoint-dependent\"; "
						"filtering = \"endpoint-dependent\";"
					      : NULL };
		unsigned before = CU_get_number_of_failures();

		run(seed, &o);
		if (CU_get_number_of_failures() != before)
			fprintf(stderr, "seed %u\n", (unsigned)seed);
	}
}

/* ---- at any moment ---- */

#define FLOWS 120

/* UDP flows that go on, one of each user after the other. */
static struct flow {
	uint32_t addr;
	uint16_t port;
	bool known; /* to the standby */
} flow[FLOWS];
static unsigned flows;
static unsigned taken; /* flows that went on at a CPU that had a copy of them */

static void
go_on(unsigned k)
{
	uint32_t addr;
	uint16_t port = pair_up((int)k % USERS, 17, (uint16_t)(10000 + k), 9, 0, &addr);

	CU_ASSERT(port != 0);
	if (flow[k].known) {
		CU_ASSERT_EQUAL(port, flow[k].port);
		CU_ASSERT_EQUAL(addr, flow[k].addr);
	}
	flow[k].port = port;
	flow[k].addr = addr;
}

/* Time passes: flows begin and go on, copies are asked for, records are lost. What the
 * standby has known once it knows. */
static void
pass(unsigned steps)
{
	bool losses = pick(4) == 0;

	while (steps--) {
		if (pick(8) == 0 && flows < FLOWS)
			go_on(flows++);
		for (unsigned k = 0; k < flows; k += 1 + pick(8))
			go_on(k);
		random_packet();
		if (pick(100) == 0)
			cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_COPY);
		if (losses && pick(4) == 0)
			pair_lossy(2 + pick(4));
		else
			cgn_box_advance(&pair.box, pair.box.now_ms + 20 * (1 + pick(10)));
		for (unsigned k = 0; k < flows; k++) {
			bool known = cgn_knows(pair_standby(0), (uint16_t)(10000 + k),
				flow[k].addr, flow[k].port);

			CU_ASSERT(known || !flow[k].known);
			flow[k].known = known;
		}
	}
}

/* On another host, which knows what it knew before. */
static void
go_on_all(void)
{
	for (unsigned k = 0; k < flows; k++) {
		go_on(k);
		taken += flow[k].known;
		flow[k].known = false;
	}
}

static void
run_on(uint64_t seed, bool ds_lite)
{
	struct pair_options o = { .locations = ONE_TO_ONE,
		.ha = HOT "batch_interval = 5;",
		.ds_lite = ds_lite };
	unsigned dead;

	state = seed * 0x9e3779b97f4a7c15ull;
	memset(flow, 0, sizeof(flow));
	flows = 0;
	pair_open(&o);
	for (unsigned round = 0; round < 40; round++) {
		pass(1 + pick(60));
		if (pick(2)) {
			pair_swap(0);
			go_on_all();
			continue;
		}
		dead = pair_fail(0);
		go_on_all();
		cgn_box_advance(&pair.box, pair.box.now_ms + 20 * pick(100));
		pair_back(0, dead);
	}
	pair_close();
}

/* A host that fails at any moment, in the middle of copies and losses. */
static void
test_any_moment(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		unsigned before = CU_get_number_of_failures();

		run_on(seed, seed % 2);
		if (CU_get_number_of_failures() != before)
			fprintf(stderr, "seed %u\n", (unsigned)seed);
	}
	CU_ASSERT(taken > 10000);
}

const char *const eal_suite = "random";
CU_TestInfo eal_tests[] = {
	{ "traffic, losses and hosts that change", test_all },
	{ "a host that fails at any moment", test_any_moment },
	CU_TEST_INFO_NULL,
};
