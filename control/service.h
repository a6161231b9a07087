/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon tells the service manager while it runs. */
#ifndef CGN_CONTROL_SERVICE_H
#define CGN_CONTROL_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/watch.h"

struct cgn_daemon;

struct cgn_service {
	uint64_t interval_ms; /* between two signs of life; 0: nobody wants them */
	uint64_t next_ms;
	unsigned up; /* CPUs in service when the status was told last */
};

/* Whether a box with these CPUs does its work: one at least is in service and turns, or
 * none is meant to. age_ms: since each turned last. Pure. */
bool cgn_service_alive(const struct cgn_watch_cpu *cpu, const uint64_t *age_ms,
	unsigned n, uint64_t limit_ms);

/* Finds out whether signs of life are wanted, and how often. Control lcore, once. */
void cgn_service_init(struct cgn_daemon *d);

/* Gives a sign of life when it is due and the boards turn, and the status when it has
 * changed. Control lcore, every millisecond. */
void cgn_service_turn(struct cgn_daemon *d);

#endif
