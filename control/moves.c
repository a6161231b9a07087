/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Moves of locations. All that decides is in the arguments, so that a table of cases can
 * hold it; the watchdog applies the outcome with one snapshot.
 *
 * Two passes: first locations whose CPU is well, for they count for the load of spares,
 * then those that have lost theirs.
 *
 * Not handled: the weight of a location. One with half of all users counts as one. */
#include "control/moves.h"

static bool
is_well(const struct cgn_moves *m, uint16_t cpu)
{
	return cpu < m->n_cpus && m->cpu[cpu].well;
}

static uint32_t
count_hosted(const struct cgn_moves *m, const struct cgn_moves_place *place, uint16_t cpu)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n_locations; i++)
		n += place[i].worker == cpu;
	return n;
}

static uint16_t
choose_spare(const struct cgn_moves *m, const struct cgn_moves_location *l,
	const struct cgn_moves_place *place)
{
	uint16_t best = CGN_MOVES_NONE;
	uint32_t least = UINT32_MAX;

	for (uint16_t i = 0; i < l->n_spare; i++) {
		uint32_t n = count_hosted(m, place, l->spare[i]);

		if (is_well(m, l->spare[i]) && n < least) {
			best = l->spare[i];
			least = n;
		}
	}
	return best;
}

static uint16_t
choose_host(const struct cgn_moves *m, const struct cgn_moves_location *l,
	const struct cgn_moves_place *place, const struct cgn_moves_place *now)
{
	if (is_well(m, now->standby))
		return now->standby;
	if (is_well(m, l->configured))
		return l->configured;
	if (is_well(m, l->backup))
		return l->backup;
	return choose_spare(m, l, place);
}

static bool
goes_home(const struct cgn_moves *m, const struct cgn_moves_location *l,
	const struct cgn_moves_place *now)
{
	return now->worker != l->configured && is_well(m, l->configured) &&
	       now->standby == l->configured && l->filled &&
	       (l->hurry || m->now_ms - m->cpu[l->configured].since_ms >= m->preempt_ms);
}

static uint16_t
choose_standby(
	const struct cgn_moves *m, const struct cgn_moves_location *l, uint16_t worker)
{
	if (worker == CGN_MOVES_NONE)
		return CGN_MOVES_NONE;
	if (worker != l->configured && is_well(m, l->configured))
		return l->configured;
	return worker != l->backup && is_well(m, l->backup) ? l->backup : CGN_MOVES_NONE;
}

bool
cgn_moves_decide(const struct cgn_moves *m, struct cgn_moves_place *place)
{
	bool changed = false;

	for (int lost = 0; lost < 2; lost++) {
		for (uint32_t i = 0; i < m->n_locations; i++) {
			const struct cgn_moves_location *l = &m->location[i];
			struct cgn_moves_place now = place[i], *to = &place[i];

			if (is_well(m, now.worker) != !lost)
				continue;
			if (lost)
				to->worker = choose_host(m, l, place, &now);
			else if (goes_home(m, l, &now))
				to->worker = l->configured;
			to->standby = choose_standby(m, l, to->worker);
			changed |= to->worker != now.worker || to->standby != now.standby;
		}
	}
	return changed;
}
