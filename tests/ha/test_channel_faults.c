/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Links that are cut, flap or work one way, peers that start again or are not who they
 * say, and what a channel makes of them. Figures are printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ha/link.h"
#include "tests/unit/suite.h"

static struct link l;

static void
start(void)
{
	link_open(&l, 7);
	CU_ASSERT_TRUE(link_up(&l, 1000));
}

static enum cgn_channel_state
state(unsigned which)
{
	return cgn_channel_state(l.end[which].ch);
}

static void
all_there(void)
{
	CU_ASSERT_NOT_EQUAL(link_drain(&l, 60000), UINT64_MAX);
	CU_ASSERT_EQUAL(l.end[1].came, l.end[0].put);
	CU_ASSERT_EQUAL(l.end[1].wrong + l.end[1].again, 0);
	CU_ASSERT_EQUAL(l.end[0].lost_there + l.end[1].lost_here, 0);
}

/* ms until an end is in a state. */
static uint64_t
until(unsigned which, enum cgn_channel_state wanted)
{
	uint64_t ms = 0;

	for (; state(which) != wanted && ms < 10000; ms++)
		link_run(&l, 1);
	return ms;
}

/* ---- links ---- */

static void
test_cut(void)
{
	uint64_t down, up;

	start();
	link_put(&l, 5000, 30);
	link_fault(&l, &(struct fault){ .cut = true });
	down = until(0, CGN_CHANNEL_DOWN);
	CU_ASSERT_TRUE(down <= 310);
	/* goes on to be offered records, and takes what its window holds */
	for (unsigned k = 0; k < 60; k++) {
		uint8_t wire[CGN_SYNCREC_BYTES];

		link_run(&l, 1000);
		link_record(l.end[0].put, wire);
		l.end[0].put +=
			cgn_channel_put(l.end[0].ch, LINK_LOCATION, wire, l.now_us);
	}
	link_fault(&l, &(struct fault){ 0 });
	up = until(0, CGN_CHANNEL_UP);
	CU_ASSERT_TRUE(up <= 200);
	all_there();
	CU_ASSERT_EQUAL(cgn_channel_counts(l.end[0].ch)->restarts, 0);
	printf("\n  cut 60 s: down after %llu ms, up again after %llu ms, nothing lost ",
		(unsigned long long)down, (unsigned long long)up);
	link_close(&l);
}

/* The window is what may wait: then the sweep keeps what is new. */
static void
test_cut_under_load(void)
{
	uint8_t wire[CGN_SYNCREC_BYTES];

	start();
	link_fault(&l, &(struct fault){ .cut = true });
	for (unsigned k = 0;; k++) {
		link_record(l.end[0].put, wire);
		if (!cgn_channel_put(l.end[0].ch, LINK_LOCATION, wire, l.now_us))
			break;
		l.end[0].put++;
		CU_ASSERT_TRUE_FATAL(k < 100000);
	}
	link_run(&l, 60000);
	link_fault(&l, &(struct fault){ 0 });
	all_there();
	printf("\n  cut under load: %llu records waited ",
		(unsigned long long)l.end[0].put);
	link_close(&l);
}

static void
test_flaps(void)
{
	start();
	for (unsigned k = 0; k < 3000; k++) { /* 10 in a second for 5 minutes */
		link_fault(&l, &(struct fault){ .cut = k & 1 });
		link_put(&l, 20, 0);
		link_run(&l, 100);
	}
	link_fault(&l, &(struct fault){ 0 });
	all_there();
	/* no session was begun anew, so no copy is */
	CU_ASSERT_EQUAL(cgn_channel_counts(l.end[0].ch)->restarts, 0);
	printf("\n  flaps: %llu records over 300 s, resent %.0f %% ",
		(unsigned long long)l.end[1].came,
		100.0 * (double)cgn_channel_records(l.end[0].ch, LINK_LOCATION).resent /
			(double)l.end[1].came);
	link_close(&l);
}

static void
test_one_way(void)
{
	uint64_t a, b;

	for (unsigned deaf = 0; deaf < 2; deaf++) {
		start();
		l.end[!deaf].fault.cut = true; /* `deaf` hears nothing */
		a = until(0, deaf == 0 ? CGN_CHANNEL_DOWN : CGN_CHANNEL_CONNECTING);
		b = until(1, deaf == 1 ? CGN_CHANNEL_DOWN : CGN_CHANNEL_CONNECTING);
		CU_ASSERT_TRUE(a + b <= 400);
		CU_ASSERT_FALSE(cgn_channel_usable(l.end[0].ch, LINK_LOCATION));
		CU_ASSERT_FALSE(cgn_channel_usable(l.end[1].ch, LINK_LOCATION));
		printf("\n  end %u deaf: both know after %llu ms ", deaf,
			(unsigned long long)(a + b));
		l.end[!deaf].fault.cut = false;
		CU_ASSERT_TRUE(link_up(&l, 500));
		link_close(&l);
	}
}

static void
test_mtu_1280(void)
{
	start();
	link_fault(&l, &(struct fault){ .mtu = 1280 - 48 });
	link_put(&l, 20000, 100);
	all_there();
	CU_ASSERT_TRUE(l.end[0].largest <= 1232);
	CU_ASSERT_TRUE(l.end[0].largest > 1100); /* and full */
	link_close(&l);
}

/* A way that swallows what is large: small ones keep the channel up, and what never gets
 * through is given up, at both ends. */
static void
test_given_up(void)
{
	start();
	l.end[0].fault.mtu = 600;
	link_put(&l, 300, 0);
	link_run(&l, 60000);
	CU_ASSERT_EQUAL(state(0), CGN_CHANNEL_UP);
	CU_ASSERT_TRUE(l.end[0].lost_there > 0);
	CU_ASSERT_TRUE(l.end[1].lost_here > 0);
	CU_ASSERT_TRUE(cgn_channel_drained(l.end[0].ch, LINK_LOCATION));
	CU_ASSERT_EQUAL(l.end[1].came + l.end[0].lost_there, l.end[0].put);
	l.end[0].fault.mtu = 0;
	link_put(&l, 300, 0);
	link_drain(&l, 1000);
	CU_ASSERT_EQUAL(l.end[1].came + l.end[0].lost_there, l.end[0].put);
	CU_ASSERT_EQUAL(l.end[1].wrong + l.end[1].again, 0);
	link_close(&l);
}

/* ---- ends ---- */

static void
test_restart(void)
{
	uint64_t boot, ms;

	for (unsigned which = 0; which < 2; which++) {
		start();
		link_put(&l, 5000, 30);
		boot = cgn_channel_peer(l.end[!which].ch)->boot;
		link_restart(&l, which);
		if (which == 0)
			l.end[0].put = l.end[1].next; /* it begins anew */
		ms = 0;
		while (cgn_channel_peer(l.end[!which].ch)->boot == boot && ms < 1000) {
			link_run(&l, 1);
			ms++;
		}
		CU_ASSERT_TRUE(ms < 200);
		CU_ASSERT_TRUE(link_up(&l, 500));
		CU_ASSERT_EQUAL(cgn_channel_counts(l.end[!which].ch)->restarts, 1);
		l.end[1].came = l.end[1].next = l.end[0].put;
		l.end[0].lost_there = l.end[1].lost_here = 0;
		link_put(&l, 5000, 30);
		all_there();
		printf("\n  restart of end %u: noticed after %llu ms ", which,
			(unsigned long long)ms);
		link_close(&l);
	}
}

/* What was under way to the one that started again is reported, not kept. */
static void
test_restart_reports(void)
{
	start();
	l.end[0].fault.cut = true;
	link_put(&l, 1000, 0);
	link_restart(&l, 1);
	l.end[0].fault.cut = false;
	CU_ASSERT_TRUE(link_up(&l, 1000));
	CU_ASSERT_EQUAL(l.end[0].lost_there, 1000);
	CU_ASSERT_TRUE(cgn_channel_drained(l.end[0].ch, LINK_LOCATION));
	link_close(&l);
}

static void
test_both_restart(void)
{
	start();
	link_restart(&l, 0);
	link_restart(&l, 1);
	CU_ASSERT_TRUE(link_up(&l, 500));
	l.end[0].put = l.end[1].next = l.end[1].came = 0;
	link_put(&l, 1000, 30);
	all_there();
	link_close(&l);
}

/* Our own process did not run: that is not the peer's silence. */
static void
test_stall(void)
{
	start();
	l.end[0].frozen = true;
	link_run(&l, 2000);
	CU_ASSERT_EQUAL(state(1), CGN_CHANNEL_DOWN);
	l.end[0].frozen = false;
	for (unsigned ms = 0; ms < 1000; ms++) {
		link_run(&l, 1);
		CU_ASSERT_NOT_EQUAL(state(0), CGN_CHANNEL_DOWN);
	}
	CU_ASSERT_EQUAL(state(0), CGN_CHANNEL_UP);
	CU_ASSERT_EQUAL(state(1), CGN_CHANNEL_UP);
	CU_ASSERT_EQUAL(cgn_channel_counts(l.end[1].ch)->restarts, 0);
	link_close(&l);
}

static void
test_no_room(void)
{
	uint8_t wire[CGN_SYNCREC_BYTES];
	unsigned took = 0;

	start();
	l.end[1].full = true;
	for (unsigned ms = 0; ms < 5000; ms++) {
		link_record(l.end[0].put, wire);
		while (cgn_channel_put(l.end[0].ch, LINK_LOCATION, wire, l.now_us)) {
			link_record(++l.end[0].put, wire);
			CU_ASSERT_TRUE_FATAL(took++ < 100000); /* it is held back */
		}
		link_run(&l, 1);
	}
	CU_ASSERT_EQUAL(l.end[1].came, 0);
	CU_ASSERT_FALSE(cgn_channel_drained(l.end[0].ch, LINK_LOCATION));
	/* what has arrived is not sent again and again meanwhile */
	CU_ASSERT_TRUE(
		cgn_channel_records(l.end[0].ch, LINK_LOCATION).resent < took / 10);
	l.end[1].full = false;
	all_there();
	CU_ASSERT_EQUAL(state(0), CGN_CHANNEL_UP);
	link_close(&l);
}

static void
test_pace(void)
{
	uint64_t bytes, ms;

	start();
	cgn_channel_pace(l.end[0].ch, 20);
	bytes = l.end[0].bytes + 46 * l.end[0].datagrams;
	ms = link_put(&l, 100000, 0);
	bytes = l.end[0].bytes + 46 * l.end[0].datagrams - bytes;
	printf("\n  pace 20 Mb/s: %.1f Mb/s for %llu ms ",
		(double)bytes * 8 / 1000 / (double)ms, (unsigned long long)ms);
	CU_ASSERT_TRUE(bytes * 8 / 1000 <= 21 * ms);
	CU_ASSERT_TRUE(bytes * 8 / 1000 >= 17 * ms);
	all_there();
	link_close(&l);
}

/* As fast as they are taken. */
static void
test_goodput(void)
{
	uint64_t ms;

	start();
	ms = link_put(&l, 1000000, 0) + link_drain(&l, 60000);
	printf("\n  goodput: 1,000,000 records in %llu ms, %.1f bytes each on the wire ",
		(unsigned long long)ms,
		(double)(l.end[0].bytes + 46 * l.end[0].datagrams) / 1e6);
	CU_ASSERT_TRUE(ms < 2000);
	CU_ASSERT_TRUE((l.end[0].bytes + 46 * l.end[0].datagrams) / 1e6 <= 40);
	all_there();
	link_close(&l);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "cut for 60 s and back", test_cut },
		{ "cut under load", test_cut_under_load },
		{ "OPNsense #10858: flaps, 10/s for 5 minutes", test_flaps },
		{ "half-open link", test_one_way },
		{ "opnsense/src #316: MTU 1280", test_mtu_1280 },
		{ "never gets through: given up", test_given_up },
		{ "restart of one end", test_restart },
		{ "conntrackd: restart reports what was under way",
			test_restart_reports },
		{ "restart of both", test_both_restart },
		{ "scheduling stall is no silence", test_stall },
		{ "no room at the receiver", test_no_room }, { "pace", test_pace },
		{ "goodput", test_goodput }, CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("channel_faults", tests);
}
