/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the files of the chassis. */
#ifndef CGN_CONTROL_CHASSIS_INT_H
#define CGN_CONTROL_CHASSIS_INT_H

#include "control/channel.h"
#include "control/chassis.h"
#include "dataplane/sync.h"

#define CGN_CHASSIS_PUMP 64 /* records at once */

/* What came out of a worker's ring and has found no room in a channel yet. */
struct cgn_chassis_held {
	unsigned n, at;
	uint8_t record[CGN_CHASSIS_PUMP][CGN_SYNCREC_BYTES];
};

struct cgn_chassis {
	uint32_t n; /* locations of the configuration */
	bool any;   /* of them has a remote backup */
	struct cgn_chassis_location *location;
	struct cgn_chassis_held held[CGN_MAX_WORKERS];
	uint64_t unknown; /* records of a location that is not here */
};

static inline const struct cgn_conf_location *
cgn_chassis_conf(const struct cgn_daemon *d, uint32_t i)
{
	return &d->conf->locations[i];
}

static inline uint16_t
cgn_chassis_index(const struct cgn_daemon *d, uint32_t i)
{
	return (uint16_t)cgn_compile_find_location(
		d->compiler, (uint16_t)cgn_chassis_conf(d, i)->id);
}

/* The worker that hosts it here, when the other box keeps the copy; or NULL. */
static inline struct cgn_worker *
cgn_chassis_host(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_compile_host *h = &d->where[i];

	return h->worker < CGN_REMOTE && h->standby == CGN_REMOTE ? d->worker[h->worker]
								  : NULL;
}

/* Its virtual router, of conf->vrrp[]; or CGN_NONE. */
static inline uint32_t
cgn_chassis_router(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_conf_vrrp_ref *ref = &cgn_chassis_conf(d, i)->vrrp;

	return ref->present ? (uint32_t)ref->index : CGN_NONE;
}

/* Would little be lost if the master here left? The other box has all, or had it once and
 * this one has lost something, so that its running priority is reduced. */
bool cgn_chassis_may_leave(const struct cgn_daemon *d, uint32_t i);

/* Begins, goes on with or ends the leaving of a location; once per millisecond. */
void cgn_chassis_leave_turn(struct cgn_daemon *d, uint32_t i);

/* Has the one that is to have a copy of a location all of it? */
bool cgn_chassis_is_complete(const struct cgn_daemon *d, uint32_t location);

#endif
