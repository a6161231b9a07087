/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which CPU hosts which location: a pure function of the CPUs' health. */
#ifndef CGN_CONTROL_MOVES_H
#define CGN_CONTROL_MOVES_H

#include <stdbool.h>
#include <stdint.h>

#define CGN_MOVES_NONE UINT16_MAX

struct cgn_moves_cpu {
	bool well;
	uint64_t since_ms; /* of its being well, or not */
};

/* CPUs are numbers of workers. */
struct cgn_moves_location {
	uint16_t configured;   /* its home; after a switch by hand, its backup */
	uint16_t backup;       /* or CGN_MOVES_NONE; after one, the configured CPU */
	const uint16_t *spare; /* backup CPUs of its group */
	uint16_t n_spare;
	bool filled; /* the standby, if there is one, has a complete copy */
	bool hurry;  /* by hand: home without waiting for preempt_ms */
};

/* Where a location is and where its copy is kept; CGN_MOVES_NONE: nowhere. */
struct cgn_moves_place {
	uint16_t worker, standby;
};

struct cgn_moves {
	uint64_t now_ms, preempt_ms;
	const struct cgn_moves_cpu *cpu;
	uint16_t n_cpus;
	const struct cgn_moves_location *location;
	uint32_t n_locations;
};

/* Changes place[n_locations] from what it was to what it is to be. A location stays where
 * it is while that CPU is well, but goes home to the configured one when that has been
 * well for preempt_ms and, as the standby, holds a complete copy. From a CPU that is not
 * well it goes to its standby, else cold to the configured CPU, the backup, or the spare
 * with the fewest locations; else it is down. The standby of a location at home is its
 * backup, of one that is not, its configured CPU, or the backup while that is not well.
 * true: something has changed. Pure. */
bool cgn_moves_decide(const struct cgn_moves *m, struct cgn_moves_place *place);

#endif
