/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state machine of a virtual router as RFC 9568 6 has it, under a clock of its own.
 * Tests with names from elsewhere are about what broke there. */
#include "vrrp_play.h"

#include "suite.h"

static const struct play alone[] = {
	{ "alone: backup, then master when nobody is heard", FAST,
		{
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 321, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
			{ RUN, 99, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), TELL, 1 },
			{ RUN, 800, 0, MASTER, WHY(LOST), 0, 8 },
			{ RUN, 200, 0, MASTER, WHY(LOST), TELL, 2 },
			{ RUN, 2000, 0, MASTER, WHY(LOST), TELL, 20 },
			{ RUN, 9000, 0, MASTER, WHY(LOST), 0, 90 },
		} },
};

static void
test_alone(void)
{
	play_all(alone, sizeof(alone) / sizeof(alone[0]));
}

static const struct play owner[] = {
	{ "the owner is master at once", { .priority = 255, .interval_cs = 100 },
		{ { RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
			{ HEAR, 255, 9, MASTER, WHY(OWNER), 0, 1 } } },
	{ "the owner waits for its copy",
		{ .priority = 255, .interval_cs = 10, .preempt = true },
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 1, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
		} },
	{ "an owner whose tracked things fail owns no more",
		{ .priority = 255, .interval_cs = 10, .preempt = true },
		{
			{ RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
			{ REDUCE, 155, 0, MASTER, WHY(OWNER), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(OWNER), NUMBER, 1 },
			{ HEAR, 150, 1, BACKUP, WHY(HIGHER), CHANGE, 0 },
		} },
};

static void
test_owner(void)
{
	play_all(owner, sizeof(owner) / sizeof(owner[0]));
}

static const struct play backup[] = {
	{ "a higher one is heard: backup as long as it is", LOW,
		{
			{ EVERY, 5000, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 240, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 3, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "the master's interval counts, not ours",
		{ .priority = 150, .interval_cs = 100, .preempt = true },
		{
			{ FOREIGN, 10, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 343, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "10 ms: three misses and the skew", { .priority = 150, .interval_cs = 1 },
		{
			{ EVERY, 101, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 34, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
			{ RUN, 1000, 0, MASTER, WHY(LOST), TELL, 100 },
		} },
};

static void
test_backup(void)
{
	play_all(backup, sizeof(backup) / sizeof(backup[0]));
}

static const struct play resigns[] = {
	{ "priority 0: taken over after the skew time", LOW,
		{
			{ EVERY, 501, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ HEAR, 0, 9, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 41, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(RESIGNED), BECOME, 1 },
		} },
	{ "a master answers a resignation", FAST,
		{
			{ RUN, 324, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ HEAR, 0, 9, MASTER, WHY(LOST), 0, 1 },
		} },
};

static void
test_resigns(void)
{
	play_all(resigns, sizeof(resigns) / sizeof(resigns[0]));
}

static const struct play preempts[] = {
	{ "a lower master is preempted", FAST,
		{
			{ EVERY, 320, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ EVERY, 100, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "but not with preempt = false", { .priority = 200, .interval_cs = 10 },
		{ { EVERY, 9001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 } } },
	{ "preempt_delay",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.preempt_delay = 3 },
		{
			{ EVERY, 3000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ EVERY, 500, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "a master that fails is not waited for",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.preempt_delay = 300 },
		{
			{ EVERY, 1001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
};

static void
test_preempts(void)
{
	play_all(preempts, sizeof(preempts) / sizeof(preempts[0]));
}

static const struct play masters[] = {
	{ "keepalived #2387, #166: of two masters the lower yields, the higher tells "
	  "again",
		FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 150, 9, MASTER, WHY(LOST), TELL | RIVAL, 1 },
			{ HEAR, 150, 9, MASTER, WHY(LOST), 0, 1 },
			{ RUN, 100, 0, MASTER, WHY(LOST), TELL, 1 },
		} },
	{ "and the lower one", LOW,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 200, 1, BACKUP, WHY(HIGHER), CHANGE, 0 },
		} },
	{ "of equals the higher address wins", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ HEAR, 200, OURS - 1, MASTER, WHY(LOST), TELL | RIVAL, 1 },
			{ HEAR, 200, OURS + 1, BACKUP, WHY(HIGHER_ADDRESS), CHANGE, 0 },
		} },
};

static void
test_masters(void)
{
	play_all(masters, sizeof(masters) / sizeof(masters[0]));
}

static const struct play ends[] = {
	{ "the end of a master", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), CHANGE | RESIGN, 0 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), 0, 0 },
		} },
	{ "the end of a backup", LOW,
		{ { EVERY, 900, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ STOP, 0, 0, INIT, WHY(STOPPED), CHANGE, 0 } } },
};

static void
test_ends(void)
{
	play_all(ends, sizeof(ends) / sizeof(ends[0]));
}

static const struct play ports[] = {
	{ "recover_delay: the port, not the box, is waited for",
		{ .priority = 200,
			.interval_cs = 10,
			.preempt = true,
			.recover_delay = 2 },
		{
			{ RUN, 2000, 0, INIT, WHY(NEW), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ PORT, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 1, 0, INIT, WHY(PORT_DOWN), CHANGE, 0 },
			{ RUN, 5000, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ PORT, 1, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ RUN, 1999, 0, INIT, WHY(PORT_DOWN), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE, 0 },
		} },
	{ "a master whose port goes down", FAST,
		{
			{ RUN, 324, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ PORT, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 9, 0, INIT, WHY(PORT_DOWN), CHANGE, 0 },
		} },
};

static void
test_ports(void)
{
	play_all(ports, sizeof(ports) / sizeof(ports[0]));
}

/* RFC 9568 6.1, by hand. */
static void
test_timers(void)
{
	struct cgn_vrrp_conf conf = { .priority = 100, .interval_cs = 100 };
	struct cgn_vrrp v;

	cgn_vrrp_init(&v, &conf);
	CU_ASSERT_EQUAL(cgn_vrrp_skew_us(&v), 609375);
	CU_ASSERT_EQUAL(cgn_vrrp_down_us(&v), 3609375);
	conf.priority = v.priority = 254;
	conf.interval_cs = 1;
	cgn_vrrp_configure(&v, &conf);
	CU_ASSERT_EQUAL(cgn_vrrp_skew_us(&v), 78);
	CU_ASSERT_EQUAL(cgn_vrrp_down_us(&v), 30078);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "alone", test_alone },
		{ "the owner of the addresses", test_owner },
		{ "backup", test_backup },
		{ "priority 0", test_resigns },
		{ "preemption", test_preempts },
		{ "keepalived #2387, #166: two masters", test_masters },
		{ "the end", test_ends },
		{ "the port", test_ports },
		{ "timers", test_timers },
		CU_TEST_INFO_NULL,
	};

	return suite_run("vrrp", tests);
}
