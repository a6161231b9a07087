/* SPDX-License-Identifier: BSD-3-Clause */
/* Two boxes whose roles change at any moment: the one that works stands still, wakes up
 * while it still believes that it works, gives way; the other one hesitates. What the
 * standby has known of a connection it knows, and who works next goes on with it. Each
 * seed is one fixed run. */
#include "tests/ha/same.h"
#include "tests/ha/sides.h"
#include "tests/unit/eal_main.h"

#define USERS  40
#define ROUNDS 12

static struct flow {
	uint32_t addr;
	uint16_t port;
	bool known; /* to the standby */
} flow[USERS];
static int flows;
static unsigned host; /* box */
static uint32_t epoch;
static unsigned taken; /* flows that went on at a box that had a copy of them */
static uint64_t state;

static uint32_t
pick(uint32_t n)
{
	return cgn_pick(&state, n);
}

static void
connect(int user)
{
	struct side *s = &side[host];
	struct flow *f = &flow[user];
	uint32_t addr;

	f->known = false;
	f->port = side_up(s, user, MODEL_SYN, &f->addr);
	CU_ASSERT_NOT_EQUAL(f->port, 0);
	CU_ASSERT_TRUE(side_down(s, user, MODEL_SYN | MODEL_ACK, f->addr, f->port));
	CU_ASSERT_EQUAL(side_up(s, user, MODEL_ACK, &addr), f->port);
}

static void
go_on(int user)
{
	struct flow *f = &flow[user];
	uint32_t addr = 0;
	uint16_t port = side_up(&side[host], user, MODEL_ACK, &addr);

	if (f->known) {
		CU_ASSERT_EQUAL(port, f->port);
		CU_ASSERT_EQUAL(addr, f->addr);
	} else if (port != f->port) {
		connect(user);
	}
}

static void
go_on_all(void)
{
	for (int u = 0; u < flows; u++)
		go_on(u);
}

/* Perhaps some time passes, and all go on. */
static void
perhaps(unsigned steps)
{
	side_run(SIDE_STEP_MS * pick(steps));
	go_on_all();
}

static void
pass(unsigned steps)
{
	const struct side *standby = &side[!host];

	while (steps--) {
		if (flows < USERS && pick(6) == 0)
			connect(flows++);
		for (int u = 0; u < flows; u += 1 + (int)pick(4))
			go_on(u);
		side_run(SIDE_STEP_MS * (1 + pick(8)));
		for (int u = 0; u < flows; u++) {
			bool known = cgn_knows(standby->box.worker[standby->home],
				SIDE_PORT, flow[u].addr, flow[u].port);

			CU_ASSERT(known || !flow[u].known);
			flow[u].known = known;
		}
	}
}

/* The other box takes over. */
static void
change(void)
{
	struct side *old = &side[host], *new = &side[!host];

	host = !host;
	side_be(new, true, false, ++epoch);
	/* the old one stands still */
	cgn_box_advance(&new->box, new->box.now_ms + SIDE_STEP_MS *pick(10));
	go_on_all();
	if (pick(2)) /* it wakes up, and still believes that it works */
		perhaps(4);
	if (pick(3) == 0) { /* for a moment nobody does */
		side_be(new, false, true, epoch);
		side_run(SIDE_STEP_MS * pick(4));
		side_be(new, true, false, ++epoch);
		go_on_all();
	}
	side_be(old, false, true, epoch);
	if (pick(2))
		perhaps(4);
	if (pick(4) == 0) { /* a newer copy before there was one */
		side_be(new, true, false, ++epoch);
		side_be(old, false, true, epoch);
		perhaps(4);
	}
	side_be(new, true, true, epoch);
	for (int u = 0; u < flows; u++) {
		taken += flow[u].known;
		flow[u].known = false;
	}
}

static void
test_any_moment(void)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		unsigned before = CU_get_number_of_failures();

		state = seed * 0x9e3779b97f4a7c15ull;
		flows = 0;
		host = 0;
		epoch = 5;
		side_begin(seed % 2);
		side_run(1000);
		for (unsigned round = 0; round < ROUNDS; round++) {
			pass(1 + pick(60));
			change();
		}
		side_end();
		if (CU_get_number_of_failures() != before)
			fprintf(stderr, "seed %u\n", (unsigned)seed);
	}
	CU_ASSERT(taken > 3000);
}

const char *const eal_suite = "boxes_random";
CU_TestInfo eal_tests[] = {
	{ "roles that change at any moment", test_any_moment },
	CU_TEST_INFO_NULL,
};
