/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who is let in: keys, recordings, forgeries, versions, configurations that differ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ha/bytes.h"
#include "ha/wire.h"
#include "tests/ha/link.h"
#include "tests/unit/suite.h"

static struct link l;

static void
start(void)
{
	link_open(&l, 11);
	CU_ASSERT_TRUE(link_up(&l, 1000));
}

static const struct cgn_channel_rejected *
rejected(unsigned which)
{
	return &cgn_channel_counts(l.end[which].ch)->rejected;
}

static struct cgn_seal_key
key(const char *text)
{
	uint8_t secret[CGN_SEAL_SECRET];
	struct cgn_seal_key k;

	cgn_seal_secret(text, strlen(text), secret);
	cgn_seal_key_init(&k, secret);
	return k;
}

static void
all_there(void)
{
	CU_ASSERT_NOT_EQUAL(link_drain(&l, 60000), UINT64_MAX);
	CU_ASSERT_EQUAL(l.end[1].came, l.end[0].put);
	CU_ASSERT_EQUAL(l.end[1].wrong + l.end[1].again, 0);
}

/* ---- keys ---- */

static void
test_wrong_key(void)
{
	struct cgn_seal_key other = key("another key than the first");

	link_open(&l, 11);
	CU_ASSERT_EQUAL(cgn_channel_rekey(l.end[1].ch, &other, 1), 0);
	link_run(&l, 10000);
	for (unsigned k = 0; k < 2; k++) {
		CU_ASSERT_EQUAL(cgn_channel_state(l.end[k].ch), CGN_CHANNEL_DOWN);
		CU_ASSERT_TRUE(rejected(k)->auth > 100);
		CU_ASSERT_PTR_NULL(cgn_channel_heard(l.end[k].ch, LINK_LOCATION));
	}
	link_close(&l);
}

/* New behind old on both, new before old on both, old taken out: no step is noticed. */
static void
test_rotation(void)
{
	struct cgn_seal_key a, b;

	start();
	a = l.end[0].conf.key[0];
	b = key("the key of next year, long enough");
	for (unsigned step = 0; step < 6; step++) {
		const struct cgn_seal_key behind[2] = { a, b }, before[2] = { b, a };

		if (step < 4)
			cgn_channel_rekey(
				l.end[step & 1].ch, step < 2 ? behind : before, 2);
		else
			cgn_channel_rekey(l.end[step & 1].ch, &b, 1);
		link_put(&l, 300, 10);
		CU_ASSERT_EQUAL(cgn_channel_state(l.end[0].ch), CGN_CHANNEL_UP);
		CU_ASSERT_EQUAL(cgn_channel_state(l.end[1].ch), CGN_CHANNEL_UP);
	}
	all_there();
	link_run(&l, 1000);
	CU_ASSERT_EQUAL(cgn_channel_state(l.end[0].ch), CGN_CHANNEL_UP);
	CU_ASSERT_TRUE(cgn_channel_has_key(l.end[0].ch, b.id));
	CU_ASSERT_FALSE(cgn_channel_has_key(l.end[0].ch, a.id));
	link_close(&l);
}

/* ---- recordings ---- */

static void
play_back(unsigned to, unsigned first)
{
	for (unsigned k = first; k < l.n_kept; k++)
		link_inject(&l, to, l.kept[k]->data, l.kept[k]->len);
}

/* Of the same session: nothing comes twice. */
static void
test_replay_now(void)
{
	uint64_t before, came;

	link_open(&l, 11);
	l.keep = true;
	CU_ASSERT_TRUE(link_up(&l, 1000));
	link_put(&l, 2000, 30);
	all_there();
	l.keep = false;
	link_run(&l, 50);
	came = l.end[1].came;
	before = rejected(1)->replay;
	play_back(1, 0);
	CU_ASSERT_EQUAL(rejected(1)->replay - before, l.n_kept);
	/* nor back to who sent it */
	before = rejected(0)->replay;
	play_back(0, 0);
	CU_ASSERT_EQUAL(rejected(0)->replay - before, l.n_kept);
	CU_ASSERT_EQUAL(l.end[1].came, came);
	CU_ASSERT_EQUAL(cgn_channel_state(l.end[1].ch), CGN_CHANNEL_UP);
	link_close(&l);
}

/* Of yesterday: one end or both have started since, or neither; played by itself, and
 * before the true peer, that is, into a box that waits. */
static void
test_replay_yesterday(void)
{
	for (unsigned restart = 0; restart < 4; restart++) {
		uint64_t good, boot, restarts;

		link_open(&l, 11);
		l.keep = true;
		CU_ASSERT_TRUE(link_up(&l, 1000));
		link_put(&l, 2000, 30);
		all_there();
		l.keep = false;
		link_run(&l, 86400); /* a long time, in little */
		if (restart & 1)
			link_restart(&l, 0);
		if (restart & 2)
			link_restart(&l, 1);
		CU_ASSERT_TRUE(link_up(&l, 1000));
		link_run(&l, 50);
		l.end[1].came = 0;
		good = cgn_channel_counts(l.end[1].ch)->datagrams_received;
		boot = cgn_channel_peer(l.end[1].ch)->boot;
		restarts = cgn_channel_counts(l.end[1].ch)->restarts;
		for (unsigned k = 0; k < 3; k++)
			play_back(1, 0);
		CU_ASSERT_EQUAL(l.end[1].came, 0);
		CU_ASSERT_EQUAL(cgn_channel_peer(l.end[1].ch)->boot, boot);
		CU_ASSERT_EQUAL(cgn_channel_counts(l.end[1].ch)->restarts, restarts);
		CU_ASSERT_EQUAL(cgn_channel_state(l.end[1].ch), CGN_CHANNEL_UP);
		if (restart < 2) /* else greetings of a start that it never met */
			CU_ASSERT_EQUAL(
				cgn_channel_counts(l.end[1].ch)->datagrams_received,
				good);
		l.end[0].put = l.end[1].next = 0;
		link_put(&l, 500, 30);
		all_there();
		link_close(&l);
	}
}

/* The true peer is gone: a recording does not stand for it. */
static void
test_replay_alone(void)
{
	link_open(&l, 11);
	l.keep = true;
	CU_ASSERT_TRUE(link_up(&l, 1000));
	link_put(&l, 2000, 30);
	l.keep = false;
	link_restart(&l, 1);
	l.end[0].frozen = true;
	for (unsigned k = 0; k < 20; k++) {
		play_back(1, 0);
		link_run(&l, 100);
		CU_ASSERT_TRUE(cgn_channel_state(l.end[1].ch) <= CGN_CHANNEL_CONNECTING);
		CU_ASSERT_PTR_NULL(cgn_channel_heard(l.end[1].ch, LINK_LOCATION));
	}
	l.end[1].came = 0;
	link_close(&l);
}

/* ---- forgeries ---- */

/* ns of a processor that this thread has used. */
static uint64_t
used_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Without the key: right in every field that can be read. */
static void
test_forged(void)
{
	uint64_t auth, good, boot, ns = 0;
	unsigned n = 20000;

	link_open(&l, 11);
	l.keep = true;
	CU_ASSERT_TRUE(link_up(&l, 1000));
	link_put(&l, 500, 30);
	auth = rejected(1)->auth;
	good = cgn_channel_counts(l.end[1].ch)->datagrams_received;
	boot = cgn_channel_peer(l.end[1].ch)->boot;
	for (unsigned k = 0; k < n; k++) {
		struct packet p = *l.kept[l.n_kept - 1 - k % 20];

		put64(p.data + 16, UINT64_MAX / 2 + k);
		for (unsigned j = CGN_WIRE_HEAD; j < p.len; j++)
			p.data[j] = (uint8_t)(link_random(&l) * 256);
		ns -= used_ns();
		link_inject(&l, 1, p.data, p.len);
		ns += used_ns();
	}
	printf("\n  forged with a header that was copied: refused in %llu ns each ",
		(unsigned long long)(ns / n));
	CU_ASSERT_EQUAL(rejected(1)->auth - auth, n);
	CU_ASSERT_EQUAL(cgn_channel_counts(l.end[1].ch)->datagrams_received, good);
	CU_ASSERT_EQUAL(cgn_channel_peer(l.end[1].ch)->boot, boot);
	link_put(&l, 500, 30);
	all_there();
	link_close(&l);
}

static void
test_malformed(void)
{
	uint8_t junk[2000];
	uint64_t all;

	start();
	memset(junk, 0, sizeof(junk));
	for (unsigned n = 0; n < sizeof(junk); n++)
		link_inject(&l, 1, junk, n);
	CU_ASSERT_EQUAL(rejected(1)->malformed, sizeof(junk));
	memcpy(junk, "SB", 2);
	link_inject(&l, 1, junk, 100); /* format 0 */
	CU_ASSERT_EQUAL(rejected(1)->version, 1);
	junk[2] = CGN_WIRE_FORMAT;
	junk[3] = 9; /* a kind that there is not */
	link_inject(&l, 1, junk, 100);
	all = rejected(1)->malformed;
	CU_ASSERT_EQUAL(all, sizeof(junk) + 1);
	CU_ASSERT_EQUAL(cgn_channel_state(l.end[1].ch), CGN_CHANNEL_UP);
	link_close(&l);
}

/* ---- configurations ---- */

static bool
lists(unsigned which, uint8_t kind, const char *name, bool here, bool there)
{
	unsigned n;
	const struct cgn_channel_mismatch *m =
		cgn_channel_mismatches(l.end[which].ch, &n);

	for (unsigned k = 0; k < n; k++)
		if (m[k].kind == kind && !strcmp(m[k].name, name))
			return m[k].here == here && m[k].there == there;
	return false;
}

static void
test_mismatch(void)
{
	struct cgn_channel_print print[] = {
		{ CGN_CHANNEL_PRINT_LOCATION, "7", 99 },
		{ CGN_CHANNEL_PRINT_INSTANCE, "ds1", 12 },
		{ CGN_CHANNEL_PRINT_POOL, "pool1", 14 },
		{ CGN_CHANNEL_PRINT_POOL, "pool2", 15 },
	};
	uint8_t wire[CGN_SYNCREC_BYTES];

	start();
	cgn_channel_print(l.end[1].ch, print, RTE_DIM(print));
	link_run(&l, 300);
	for (unsigned k = 0; k < 2; k++) {
		CU_ASSERT_EQUAL(cgn_channel_state(l.end[k].ch), CGN_CHANNEL_MISMATCH);
		CU_ASSERT_TRUE(lists(k, CGN_CHANNEL_PRINT_POOL, "pool1", true, true));
		CU_ASSERT_TRUE(lists(k, CGN_CHANNEL_PRINT_POOL, "pool2", k, !k));
		CU_ASSERT_TRUE(lists(k, CGN_CHANNEL_PRINT_LOCATION, "7", true, true));
		CU_ASSERT_FALSE(lists(k, CGN_CHANNEL_PRINT_INSTANCE, "ds1", true, true));
		CU_ASSERT_FALSE(cgn_channel_usable(l.end[k].ch, LINK_LOCATION));
	}
	link_record(0, wire);
	CU_ASSERT_FALSE(cgn_channel_put(l.end[0].ch, LINK_LOCATION, wire, l.now_us));

	/* a pool that the location does not use leaves it alone */
	print[0].hash = 11;
	cgn_channel_print(l.end[1].ch, print, RTE_DIM(print));
	link_run(&l, 300);
	CU_ASSERT_EQUAL(cgn_channel_state(l.end[0].ch), CGN_CHANNEL_MISMATCH);
	CU_ASSERT_TRUE(cgn_channel_usable(l.end[0].ch, LINK_LOCATION));
	link_put(&l, 100, 0);
	all_there();

	/* in another order, and right */
	print[2] = print[1];
	print[1] = (struct cgn_channel_print){ CGN_CHANNEL_PRINT_POOL, "pool1", 13 };
	cgn_channel_print(l.end[1].ch, print, 3);
	CU_ASSERT_TRUE(link_up(&l, 300));
	link_close(&l);
}

/* More than one greeting holds, over a bad link. */
static void
test_many_prints(void)
{
	struct cgn_channel_print print[CGN_CHANNEL_PRINTS];
	uint64_t ms = 0;

	start();
	for (unsigned k = 0; k < CGN_CHANNEL_PRINTS; k++) {
		print[k] = (struct cgn_channel_print){ CGN_CHANNEL_PRINT_POOL, "", k };
		snprintf(print[k].name, CGN_NAME, "the pool with number %u", k);
	}
	cgn_channel_print(l.end[0].ch, print, CGN_CHANNEL_PRINTS);
	print[1000].hash = 7;
	cgn_channel_print(l.end[1].ch, print, CGN_CHANNEL_PRINTS);
	link_fault(&l, &(struct fault){ .loss = 0.2 });
	while (ms < 10000 && !(lists(0, CGN_CHANNEL_PRINT_POOL,
				       "the pool with number 1000", true, true) &&
				     lists(1, CGN_CHANNEL_PRINT_POOL,
					     "the pool with number 1000", true, true))) {
		link_run(&l, 1);
		ms++;
	}
	CU_ASSERT_TRUE(ms < 5000);
	printf("\n  1024 fingerprints at 20 %% loss: compared after %llu ms ",
		(unsigned long long)ms);
	link_close(&l);
}

/* ---- locations ---- */

static void
test_say(void)
{
	struct cgn_channel_location say = { .role = CGN_ROLE_BACKUP,
		.priority = 90,
		.ready = true,
		.epoch = 0xfffffff8 };
	const struct cgn_channel_location *heard;
	uint64_t changed, ms = 0;

	start();
	changed = cgn_channel_changed(l.end[0].ch);
	CU_ASSERT_EQUAL(cgn_channel_say(l.end[1].ch, LINK_LOCATION, &say), 0);
	while (cgn_channel_changed(l.end[0].ch) == changed && ms < 100) {
		link_run(&l, 1);
		ms++;
	}
	CU_ASSERT_TRUE(ms <= 4); /* news do not wait for their turn */
	heard = cgn_channel_heard(l.end[0].ch, LINK_LOCATION);
	CU_ASSERT_PTR_NOT_NULL_FATAL(heard);
	CU_ASSERT_EQUAL(heard->role, CGN_ROLE_BACKUP);
	CU_ASSERT_EQUAL(heard->priority, 90);
	CU_ASSERT_TRUE(heard->ready);
	CU_ASSERT_EQUAL(heard->epoch, 0xfffffff8);
	/* nothing any more: then nothing is heard, and nothing can be put */
	cgn_channel_say(l.end[1].ch, LINK_LOCATION, NULL);
	link_run(&l, 1000);
	CU_ASSERT_PTR_NULL(cgn_channel_heard(l.end[0].ch, LINK_LOCATION));
	/* and again: a new stream, from its beginning */
	cgn_channel_say(l.end[1].ch, LINK_LOCATION, &say);
	link_run(&l, 100);
	link_put(&l, 100, 0);
	all_there();
	link_close(&l);
}

/* As many as there can be, each with records: no more than one greeting's worth is ever
 * lost for one of them. */
static void
test_many_locations(void)
{
	static const struct cgn_channel_location say = { .role = 1, .priority = 1 };
	uint8_t wire[CGN_SYNCREC_BYTES];
	unsigned heard = 0;

	start();
	for (unsigned end = 0; end < 2; end++)
		for (uint16_t k = 1; k <= CGN_CHANNEL_LOCATIONS; k++)
			CU_ASSERT_EQUAL(cgn_channel_say(l.end[end].ch, k, &say), 0);
	CU_ASSERT_EQUAL(cgn_channel_say(l.end[0].ch, 1000, &say), -28); /* no space */
	link_run(&l, 200);
	link_record(0, wire);
	for (uint16_t k = 1; k <= CGN_CHANNEL_LOCATIONS; k++) {
		heard += cgn_channel_heard(l.end[0].ch, k) != NULL;
		if (k != LINK_LOCATION)
			CU_ASSERT_TRUE(cgn_channel_put(l.end[0].ch, k, wire, l.now_us));
	}
	CU_ASSERT_EQUAL(heard, CGN_CHANNEL_LOCATIONS);
	link_run(&l, 100);
	CU_ASSERT_EQUAL(l.end[1].came, CGN_CHANNEL_LOCATIONS - 1);
	link_close(&l);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "wrong key never comes up", test_wrong_key },
		{ "rotation of keys", test_rotation },
		{ "replay within a session", test_replay_now },
		{ "capture of yesterday", test_replay_yesterday },
		{ "capture without the peer", test_replay_alone },
		{ "VPP nat44-ei: forged without the key", test_forged },
		{ "malformed datagrams", test_malformed },
		{ "mismatch by name", test_mismatch },
		{ "1024 fingerprints", test_many_prints },
		{ "what is said of a location", test_say },
		{ "256 locations", test_many_locations }, CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("channel_peers", tests);
}
