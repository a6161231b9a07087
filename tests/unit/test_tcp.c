/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP state machine (RFC 6146 3.5.2.2, RFC 7857 2): sequences of segments, and the
 * timer that each state runs on. */
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/session.h"
#include "tests/unit/suite.h"

#define NONE 0
#define SYN  RTE_TCP_SYN_FLAG
#define ACK  RTE_TCP_ACK_FLAG
#define FIN  RTE_TCP_FIN_FLAG
#define RST  RTE_TCP_RST_FLAG
#define UP   CGN_UP
#define DOWN CGN_DOWN

struct step {
	enum cgn_dir dir;
	uint8_t flags, state;
};

static const struct sequence {
	const char *name;
	struct step step[8];
} sequences[] = {
	{ "three-way handshake from inside",
		{ { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ UP, ACK, CGN_STATE_ESTABLISHED } } },
	{ "three-way handshake from outside",
		{ { DOWN, SYN, CGN_STATE_SYN_DOWN },
			{ UP, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ DOWN, ACK, CGN_STATE_ESTABLISHED } } },
	{ "simultaneous open, inside first",
		{ { UP, SYN, CGN_STATE_SYN_UP }, { DOWN, SYN, CGN_STATE_ESTABLISHED },
			{ UP, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ DOWN, SYN | ACK, CGN_STATE_ESTABLISHED } } },
	{ "simultaneous open, outside first",
		{ { DOWN, SYN, CGN_STATE_SYN_DOWN },
			{ UP, SYN, CGN_STATE_ESTABLISHED } } },
	{ "a repeated SYN opens nothing",
		{ { UP, SYN, CGN_STATE_SYN_UP }, { UP, SYN, CGN_STATE_SYN_UP },
			{ UP, ACK, CGN_STATE_SYN_UP },
			{ DOWN, ACK, CGN_STATE_SYN_UP } } },
	{ "closed by both, inside first",
		{ { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ UP, FIN | ACK, CGN_STATE_FIN_UP },
			{ DOWN, ACK, CGN_STATE_FIN_UP },
			{ UP, FIN | ACK, CGN_STATE_FIN_UP },
			{ DOWN, FIN | ACK, CGN_STATE_FIN_BOTH },
			{ UP, ACK, CGN_STATE_FIN_BOTH } } },
	{ "closed by both, outside first",
		{ { DOWN, SYN, CGN_STATE_SYN_DOWN },
			{ UP, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ DOWN, FIN, CGN_STATE_FIN_DOWN },
			{ UP, ACK, CGN_STATE_FIN_DOWN },
			{ UP, FIN, CGN_STATE_FIN_BOTH } } },
	{ "half closed stays open",
		{ { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ UP, FIN, CGN_STATE_FIN_UP }, { DOWN, NONE, CGN_STATE_FIN_UP },
			{ DOWN, ACK, CGN_STATE_FIN_UP } } },
	{ "reset, then data: the reset was forged",
		{ { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN | ACK, CGN_STATE_ESTABLISHED },
			{ DOWN, RST, CGN_STATE_TRANSITORY },
			{ UP, RST, CGN_STATE_TRANSITORY },
			{ UP, ACK, CGN_STATE_ESTABLISHED } } },
	{ "reset of the opening", { { UP, SYN, CGN_STATE_SYN_UP },
					  { DOWN, RST | ACK, CGN_STATE_TRANSITORY },
					  { UP, SYN, CGN_STATE_SYN_UP } } },
	{ "reset counts before all other flags",
		{ { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN | FIN | RST, CGN_STATE_TRANSITORY } } },
	{ "the same ports once more",
		{ { UP, SYN, CGN_STATE_SYN_UP }, { DOWN, SYN, CGN_STATE_ESTABLISHED },
			{ UP, FIN, CGN_STATE_FIN_UP }, { DOWN, FIN, CGN_STATE_FIN_BOTH },
			{ DOWN, RST, CGN_STATE_FIN_BOTH }, { UP, SYN, CGN_STATE_SYN_UP },
			{ DOWN, SYN, CGN_STATE_ESTABLISHED } } },
	{ "nothing but a SYN begins, inside", { { UP, ACK, CGN_STATE_FREE } } },
	{ "nothing but a SYN begins, outside", { { DOWN, ACK, CGN_STATE_FREE } } },
	{ "a FIN does not begin", { { UP, FIN, CGN_STATE_FREE } } },
	{ "a RST does not begin", { { DOWN, RST, CGN_STATE_FREE } } },
	{ "not even with a SYN", { { UP, SYN | RST, CGN_STATE_FREE } } },
};

static void
test_sequences(void)
{
	for (unsigned k = 0; k < RTE_DIM(sequences); k++) {
		const struct sequence *s = &sequences[k];
		uint8_t state = CGN_STATE_FREE;

		for (unsigned n = 0; n < RTE_DIM(s->step); n++) {
			const struct step *step = &s->step[n];

			if (n && !step->flags && !step->state)
				break;
			state = cgn_tcp_next(state, step->dir, step->flags);
			if (state != step->state)
				fprintf(stderr, "%s: step %u: %s\n", s->name, n,
					cgn_state_name(state));
			CU_ASSERT_EQUAL(state, step->state);
		}
	}
}

/* Whatever comes: no segment frees a session, and flags that do not count do not. */
static void
test_closed_set(void)
{
	for (uint8_t state = CGN_STATE_OPEN; state < CGN_STATES; state++)
		for (unsigned dir = UP; dir <= DOWN; dir++)
			for (unsigned flags = 0; flags < 256; flags++) {
				uint8_t next = cgn_tcp_next(state, dir, (uint8_t)flags);

				CU_ASSERT_FATAL(
					next != CGN_STATE_FREE && next < CGN_STATES);
				CU_ASSERT_EQUAL_FATAL(next,
					cgn_tcp_next(state, dir,
						(uint8_t)flags & (SYN | FIN | RST)));
				/* only both SYNs establish, or data behind a RST */
				if (next == CGN_STATE_ESTABLISHED)
					CU_ASSERT_FATAL(state == CGN_STATE_ESTABLISHED ||
							state == CGN_STATE_TRANSITORY ||
							flags & SYN);
			}
}

/* What is true inside is true outside, with the sides exchanged; but that a SYN from
 * inside is the user's own, and a RST leaves four minutes of it (RFC 7857 2.2). */
static uint8_t
mirror(uint8_t state)
{
	static const uint8_t other[CGN_STATES] = { CGN_STATE_FREE, CGN_STATE_OPEN,
		CGN_STATE_SYN_DOWN, CGN_STATE_SYN_UP, CGN_STATE_ESTABLISHED,
		CGN_STATE_FIN_DOWN, CGN_STATE_FIN_UP, CGN_STATE_FIN_BOTH,
		CGN_STATE_TRANSITORY };

	return other[state];
}

static void
test_symmetry(void)
{
	for (uint8_t state = 0; state < CGN_STATES; state++)
		for (unsigned flags = 0; flags < 256; flags++) {
			if (flags & RST && (state == CGN_STATE_SYN_UP ||
						   state == CGN_STATE_SYN_DOWN))
				continue;
			CU_ASSERT_EQUAL_FATAL(
				mirror(cgn_tcp_next(state, UP, (uint8_t)flags)),
				cgn_tcp_next(mirror(state), DOWN, (uint8_t)flags));
		}
}

/* RFC 6146 3.5.2.2, RFC 7857 7.1: what begins the idle time anew. */
static void
test_refresh(void)
{
	static const struct {
		uint8_t state;
		enum cgn_dir dir;
		uint8_t flags;
		bool refreshes;
	} expect[] = {
		{ CGN_STATE_ESTABLISHED, UP, ACK, true },
		{ CGN_STATE_ESTABLISHED, DOWN, ACK, true },
		{ CGN_STATE_FIN_UP, DOWN, ACK, true },
		{ CGN_STATE_FIN_DOWN, UP, ACK, true },
		{ CGN_STATE_SYN_UP, UP, SYN, true },
		{ CGN_STATE_SYN_UP, DOWN, ACK, false },
		{ CGN_STATE_SYN_DOWN, DOWN, SYN, false },
		{ CGN_STATE_SYN_DOWN, UP, RST, false },
		{ CGN_STATE_SYN_DOWN, DOWN, RST, false },
		{ CGN_STATE_SYN_DOWN, UP, SYN, true },
		{ CGN_STATE_ESTABLISHED, DOWN, RST, true },
		{ CGN_STATE_TRANSITORY, UP, RST, false },
		{ CGN_STATE_TRANSITORY, DOWN, RST, false },
		{ CGN_STATE_FIN_BOTH, UP, ACK, false },
		{ CGN_STATE_FIN_BOTH, DOWN, FIN, false },
		{ CGN_STATE_FIN_BOTH, UP, SYN, true },
	};

	for (unsigned k = 0; k < RTE_DIM(expect); k++) {
		uint8_t now =
			cgn_tcp_next(expect[k].state, expect[k].dir, expect[k].flags);

		CU_ASSERT_EQUAL(cgn_tcp_refreshes(expect[k].state, now, expect[k].dir),
			expect[k].refreshes);
	}
}

static void
test_timers(void)
{
	static const struct {
		uint8_t state;
		enum cgn_timer timer;
	} expect[] = {
		{ CGN_STATE_SYN_UP, CGN_TIMER_TCP_TRANSITORY },
		{ CGN_STATE_SYN_DOWN, CGN_TIMER_TCP_SYN },
		{ CGN_STATE_ESTABLISHED, CGN_TIMER_TCP_ESTABLISHED },
		{ CGN_STATE_FIN_UP, CGN_TIMER_TCP_ESTABLISHED },
		{ CGN_STATE_FIN_DOWN, CGN_TIMER_TCP_ESTABLISHED },
		{ CGN_STATE_FIN_BOTH, CGN_TIMER_TCP_CLOSING },
		{ CGN_STATE_TRANSITORY, CGN_TIMER_TCP_CLOSING },
	};

	for (unsigned k = 0; k < RTE_DIM(expect); k++)
		CU_ASSERT_EQUAL(cgn_state_timer(expect[k].state, CGN_IPPROTO_TCP),
			expect[k].timer);
	CU_ASSERT_EQUAL(cgn_state_timer(CGN_STATE_OPEN, CGN_IPPROTO_UDP), CGN_TIMER_UDP);
	CU_ASSERT_EQUAL(
		cgn_state_timer(CGN_STATE_OPEN, CGN_IPPROTO_ICMP), CGN_TIMER_ICMP);
}

static void
test_state_names(void)
{
	for (uint8_t a = 0; a < CGN_STATES; a++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(cgn_state_name(a));
		for (uint8_t b = 0; b < a; b++)
			CU_ASSERT_STRING_NOT_EQUAL(cgn_state_name(a), cgn_state_name(b));
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "sequences", test_sequences },
		{ "no way out", test_closed_set },
		{ "both sides alike", test_symmetry },
		{ "what refreshes", test_refresh },
		{ "timers", test_timers },
		{ "names", test_state_names },
		CU_TEST_INFO_NULL,
	};

	return suite_run("tcp", tests);
}
