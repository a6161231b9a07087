/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The TCP state machine of RFC 6146 3.5.2.2 as RFC 7857 2 amends it, as one table:
 * (state, direction, flag that counts) → state. Pure. */
#include <rte_tcp.h>

#include "dataplane/session.h"

enum flag { NONE, SYN, FIN, RST, FLAGS };

#define F  CGN_STATE_FREE
#define SU CGN_STATE_SYN_UP
#define SD CGN_STATE_SYN_DOWN
#define E  CGN_STATE_ESTABLISHED
#define FU CGN_STATE_FIN_UP
#define FD CGN_STATE_FIN_DOWN
#define FB CGN_STATE_FIN_BOTH
#define T  CGN_STATE_TRANSITORY
#define O  CGN_STATE_OPEN

/* A SYN from the side that has not sent one opens. A RST makes a state transitory, and
 * anything but a RST revives it, because the RST may have been forged or late; one about
 * a SYN from outside that is not accepted changes nothing, or strangers would hold a
 * mapping by their SYNs (RFC 7857 7.1). A SYN behind both FINs is a new connection of the
 * same ports. */
static const uint8_t next[CGN_STATES][CGN_DIRS][FLAGS] = {
	/*                             up: none SYN FIN RST      down: none SYN FIN RST */
	[CGN_STATE_FREE] = { { F, SU, F, F }, { F, SD, F, F } },
	[CGN_STATE_OPEN] = { { O, O, O, O }, { O, O, O, O } },
	[CGN_STATE_SYN_UP] = { { SU, SU, SU, T }, { SU, E, SU, T } },
	[CGN_STATE_SYN_DOWN] = { { SD, E, SD, SD }, { SD, SD, SD, SD } },
	[CGN_STATE_ESTABLISHED] = { { E, E, FU, T }, { E, E, FD, T } },
	[CGN_STATE_FIN_UP] = { { FU, FU, FU, T }, { FU, FU, FB, T } },
	[CGN_STATE_FIN_DOWN] = { { FD, FD, FB, T }, { FD, FD, FD, T } },
	[CGN_STATE_FIN_BOTH] = { { FB, SU, FB, FB }, { FB, SD, FB, FB } },
	[CGN_STATE_TRANSITORY] = { { E, SU, FU, T }, { E, SD, FD, T } },
};

uint8_t
cgn_tcp_next(uint8_t state, enum cgn_dir dir, uint8_t tcp_flags)
{
	enum flag f = tcp_flags & RTE_TCP_RST_FLAG   ? RST
		      : tcp_flags & RTE_TCP_SYN_FLAG ? SYN
		      : tcp_flags & RTE_TCP_FIN_FLAG ? FIN
						     : NONE;

	return next[state][dir][f];
}

bool
cgn_tcp_refreshes(uint8_t before, uint8_t now, enum cgn_dir dir)
{
	switch (now) {
	case CGN_STATE_ESTABLISHED:
	case CGN_STATE_FIN_UP:
	case CGN_STATE_FIN_DOWN:
		return true;
	case CGN_STATE_SYN_UP:
		return dir == CGN_UP;
	}
	return now != before;
}

enum cgn_timer
cgn_state_timer(uint8_t state, uint8_t proto)
{
	if (proto == CGN_IPPROTO_UDP)
		return CGN_TIMER_UDP;
	if (proto == CGN_IPPROTO_ICMP)
		return CGN_TIMER_ICMP;
	switch (state) {
	case CGN_STATE_SYN_DOWN:
		return CGN_TIMER_TCP_SYN;
	case CGN_STATE_ESTABLISHED:
	case CGN_STATE_FIN_UP:
	case CGN_STATE_FIN_DOWN:
		return CGN_TIMER_TCP_ESTABLISHED;
	case CGN_STATE_FIN_BOTH:
	case CGN_STATE_TRANSITORY:
		return CGN_TIMER_TCP_CLOSING;
	}
	return CGN_TIMER_TCP_TRANSITORY;
}

const char *
cgn_state_name(uint8_t state)
{
	static const char *const name[CGN_STATES] = { "free", "open", "syn-sent",
		"syn-received", "established", "fin-inside", "fin-outside", "closing",
		"transitory" };

	return name[state];
}
