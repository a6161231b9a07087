/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the state machine of a virtual router has beyond RFC 9568: running priority,
 * gates, stalls, giving way, groups that follow. Tests with names from elsewhere are
 * about what broke there. */
#include "vrrp_play.h"

#include "suite.h"

static const struct play restarted[] = {
	{ "keepalived #1076: the restarted box preempts before it knows the sessions",
		FAST,
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 60000, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 1, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 400, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "nor when the copy breaks before it has done so", FAST,
		{
			{ EVERY, 200, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ READY, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 9000, 150, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
	{ "without its copy it still takes over from a master that is gone", FAST,
		{
			{ READY, 0, 0, INIT, WHY(NEW), 0, 0 },
			{ EVERY, 1001, 150, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
};

static void
test_restarted(void)
{
	play_all(restarted, sizeof(restarted) / sizeof(restarted[0]));
}

static const struct play tracked[] = {
	{ "what is tracked fails: told at once, and the other one takes over", FAST,
		{
			{ RUN, 330, 0, MASTER, WHY(LOST), BECOME | CHANGE, 1 },
			{ REDUCE, 60, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), NUMBER, 1 },
			{ HEAR, 150, 9, BACKUP, WHY(HIGHER), CHANGE, 0 },
			{ EVERY, 900, 150, BACKUP, WHY(HIGHER), 0, 0 },
			{ REDUCE, 0, 0, BACKUP, WHY(HIGHER), 0, 0 },
			{ EVERY, 400, 150, MASTER, WHY(PREEMPT), BECOME | NUMBER, -1 },
		} },
	{ "never below 1", { .priority = 200, .interval_cs = 10, .preempt = true },
		{
			{ REDUCE, 1000, 0, INIT, WHY(NEW), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(PORT_UP), CHANGE | NUMBER, 0 },
			/* skew 99.6 ms by priority 1 */
			{ RUN, 398, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 2, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
};

static void
test_tracked(void)
{
	play_all(tracked, sizeof(tracked) / sizeof(tracked[0]));
}

static const struct play stalls[] = {
	{ "keepalived #2066, #2238: our own stall is not the master's death", LOW,
		{
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ STALL, 5000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ HEAR, 200, 9, BACKUP, WHY(PORT_UP), 0, 0 },
			{ STALL, 300, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ STALL, 300, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), 0, 0 },
			{ DEAF, 5000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 340, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 3, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "a stalled master goes on where it was", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STALL, 250, 0, MASTER, WHY(LOST), 0, 1 },
			{ RUN, 99, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), 0, 1 },
		} },
	{ "one that was stopped for long listens first", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STALL, 950, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 121, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), 0, 1 },
			{ RUN, 950, 0, MASTER, WHY(LOST), 0, 9 },
		} },
	{ "and another that has taken over stays, whatever its priority", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ STALL, 950, 0, MASTER, WHY(LOST), 0, 0 },
			{ HEAR, 100, 9, BACKUP, WHY(STOPPED_LONG), CHANGE, 0 },
		} },
	{ "an owner too, until it is ready",
		{ .priority = 255, .interval_cs = 10, .preempt = true },
		{
			{ RUN, 5000, 0, MASTER, WHY(OWNER), BECOME | CHANGE, -1 },
			{ STALL, 950, 0, MASTER, WHY(OWNER), 0, 0 },
			{ READY, 0, 0, MASTER, WHY(OWNER), 0, 0 },
			{ HEAR, 100, 9, BACKUP, WHY(STOPPED_LONG), CHANGE, 0 },
			{ EVERY, 900, 100, BACKUP, WHY(STOPPED_LONG), 0, 0 },
			{ READY, 1, 0, BACKUP, WHY(STOPPED_LONG), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(OWNER), BECOME, 1 },
		} },
};

static void
test_stalls(void)
{
	play_all(stalls, sizeof(stalls) / sizeof(stalls[0]));
}

static const struct play silent[] = {
	{ "without life in its CPUs it is silent, then gives way", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 321, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, BACKUP, WHY(SILENT), CHANGE, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(SILENT), 0, 0 },
			{ ALIVE, 1, 0, BACKUP, WHY(SILENT), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "a short silence is none", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 300, 0, MASTER, WHY(LOST), 0, 0 },
			{ ALIVE, 1, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(LOST), 0, 1 },
		} },
	{ "while it is silent, it yields to any other master", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ ALIVE, 0, 0, MASTER, WHY(LOST), 0, 0 },
			{ RUN, 50, 0, MASTER, WHY(LOST), 0, 0 },
			{ HEAR, 150, 9, BACKUP, WHY(SILENT), CHANGE, 0 },
			{ EVERY, 900, 150, BACKUP, WHY(SILENT), 0, 0 },
		} },
	{ "without life it takes over from nobody", LOW,
		{
			{ EVERY, 1001, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ ALIVE, 0, 0, BACKUP, WHY(PORT_UP), 0, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
};

static void
test_silent(void)
{
	play_all(silent, sizeof(silent) / sizeof(silent[0]));
}

static const struct play yields[] = {
	{ "giving way by command: it resigns and does not come back", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 1, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 150, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 323, 0, MASTER, WHY(LOST), BECOME, 1 },
		} },
	{ "and back, when the other one loses priority", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 1, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 150, BACKUP, WHY(COMMAND), 0, 0 },
			{ EVERY, 400, 50, MASTER, WHY(PREEMPT), BECOME, 1 },
		} },
	{ "and back, when the other one gives way", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 1, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 150, BACKUP, WHY(COMMAND), 0, 0 },
			{ HEAR, 0, 9, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 22, 0, MASTER, WHY(RESIGNED), BECOME, 1 },
		} },
	{ "nobody has taken over", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 1, 0, BACKUP, WHY(COMMAND), CHANGE | RESIGN, 0 },
			{ RUN, 643, 0, BACKUP, WHY(COMMAND), 0, 0 },
			{ RUN, 1, 0, MASTER, WHY(NOBODY), BECOME, 1 },
		} },
	{ "to a higher priority: back when the other one has lost it", FAST,
		{
			{ RUN, 5000, 0, MASTER, WHY(LOST), BECOME | CHANGE, -1 },
			{ YIELD, 0, 0, BACKUP, WHY(GIVEN), CHANGE | RESIGN, 0 },
			{ EVERY, 9001, 220, BACKUP, WHY(GIVEN), 0, 0 },
			{ EVERY, 400, 150, MASTER, WHY(PREEMPT), BECOME, -1 },
		} },
	{ "a backup cannot give way", LOW,
		{
			{ EVERY, 900, 200, BACKUP, WHY(PORT_UP), CHANGE, 0 },
			{ YIELD, 1, 0, BACKUP, WHY(PORT_UP), 0, 0 },
		} },
};

static void
test_yields(void)
{
	play_all(yields, sizeof(yields) / sizeof(yields[0]));
}

static const struct play follows[] = {
	{ "one that follows has the state of its leader, whatever it hears",
		{ .priority = 100, .interval_cs = 10, .preempt = true, .follows = true },
		{
			{ RUN, 9000, 0, INIT, WHY(NEW), 0, 0 },
			{ FOLLOW, BACKUP, 0, BACKUP, WHY(FOLLOWS), CHANGE, 0 },
			{ RUN, 9000, 0, BACKUP, WHY(FOLLOWS), 0, 0 },
			{ FOLLOW, MASTER, 0, MASTER, WHY(FOLLOWS), BECOME, 1 },
			{ EVERY, 901, 200, MASTER, WHY(FOLLOWS), TELL, 9 },
			{ PORT, 0, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ RUN, 98, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ FOLLOW, BACKUP, 0, BACKUP, WHY(FOLLOWS), CHANGE | RESIGN, 0 },
			{ FOLLOW, INIT, 0, INIT, WHY(FOLLOWS), CHANGE, 0 },
		} },
	{ "one that follows keeps silent without life",
		{ .priority = 100, .interval_cs = 10, .follows = true },
		{
			{ FOLLOW, MASTER, 0, MASTER, WHY(FOLLOWS), BECOME, 1 },
			{ ALIVE, 0, 0, MASTER, WHY(FOLLOWS), 0, 0 },
			{ RUN, 9000, 0, MASTER, WHY(FOLLOWS), 0, 0 },
		} },
};

static void
test_follows(void)
{
	play_all(follows, sizeof(follows) / sizeof(follows[0]));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "keepalived #1076: the restarted box preempts too early",
			test_restarted },
		{ "running priority", test_tracked },
		{ "keepalived #2066, #2238: a stall looks like a death", test_stalls },
		{ "liveness gate", test_silent },
		{ "by command", test_yields },
		{ "groups that follow", test_follows },
		CU_TEST_INFO_NULL,
	};

	return suite_run("vrrp_gates", tests);
}
