/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state machine of centralized backup. F of T CPUs have failed, N is down_number, the
 * threshold is N where 0 < N <= T, else T. Between F = 0 and the threshold there is room
 * for hysteresis: a switched instance stays away until everything is well, because every
 * move costs its users their sessions; an operator who does not want to wait says so.
 *
 * Pure: control/watch.c feeds it and applies the outcome. */
#include "control/central.h"

static uint32_t
threshold(const struct cgn_central_input *in)
{
	return in->down_number && in->down_number <= in->total ? in->down_number
							       : in->total;
}

static bool
change(struct cgn_central_state *s, bool switched, bool by_hand,
	enum cgn_central_reason reason, enum cgn_central_reason *result)
{
	bool changed = s->switched != switched;

	s->switched = switched;
	s->by_hand = switched && by_hand;
	s->waiting = false;
	s->reason = *result = reason;
	return changed;
}

static bool
obey(struct cgn_central_state *s, const struct cgn_central_input *in,
	enum cgn_central_reason *result)
{
	if (in->word == CGN_CENTRAL_SWITCH) {
		if (!s->by_hand)
			return change(s, true, true, CGN_CENTRAL_BY_HAND, result);
		*result = CGN_CENTRAL_IS_SWITCHED;
		return false;
	}
	if (!s->switched)
		*result = CGN_CENTRAL_IS_NOT_SWITCHED;
	else if (in->failed >= threshold(in))
		*result = CGN_CENTRAL_TOO_MANY;
	else
		return change(s, false, false, CGN_CENTRAL_BY_HAND, result);
	return false;
}

/* Has it been well for long enough? */
static bool
recovered(struct cgn_central_state *s, const struct cgn_central_input *in)
{
	if (in->failed || !in->automatic || s->by_hand) {
		s->waiting = false;
		return false;
	}
	if (!s->waiting)
		s->since_ms = in->now_ms;
	s->waiting = true;
	return in->now_ms - s->since_ms >= in->delay_ms;
}

bool
cgn_central_step(struct cgn_central_state *s, const struct cgn_central_input *in,
	enum cgn_central_reason *result)
{
	*result = s->reason;
	if (in->word != CGN_CENTRAL_NONE)
		return obey(s, in, result);
	if (!s->switched && in->failed && in->failed >= threshold(in))
		return change(s, true, false,
			in->failed == in->total ? CGN_CENTRAL_ALL_FAILED
						: CGN_CENTRAL_DOWN_NUMBER,
			result);
	if (s->switched && recovered(s, in))
		return change(s, false, false, CGN_CENTRAL_RECOVERED, result);
	return false;
}

const char *
cgn_central_text(enum cgn_central_reason reason)
{
	static const char *const text[] = {
		[CGN_CENTRAL_START] = "start",
		[CGN_CENTRAL_DOWN_NUMBER] = "down-number reached",
		[CGN_CENTRAL_ALL_FAILED] = "all CPUs failed",
		[CGN_CENTRAL_BY_HAND] = "by hand",
		[CGN_CENTRAL_RECOVERED] = "all CPUs recovered",
		[CGN_CENTRAL_TOO_MANY] = "too many CPUs have failed",
		[CGN_CENTRAL_IS_SWITCHED] = "it is switched by hand already",
		[CGN_CENTRAL_IS_NOT_SWITCHED] = "it is not switched",
	};

	return text[reason];
}
