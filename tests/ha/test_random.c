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
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % n;
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
	uint16_t worker = pair.host[n].worker;

	if (pick(2)) {
		pair.host[n].worker = pair.host[n].standby;
		pair.host[n].standby = worker;
		pair_move();
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

const char *const eal_suite = "random";
CU_TestInfo eal_tests[] = {
	{ "traffic, losses and hosts that change", test_all },
	CU_TEST_INFO_NULL,
};
