/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker's tables become larger while it runs. */
#ifndef CGN_DATAPLANE_GROWTH_H
#define CGN_DATAPLANE_GROWTH_H

#include "dataplane/worker.h"

/* Memory for tables of this worker with so many sessions and users (fewer than it has
 * leave them as they are). 0, or -ENOMEM; then *g holds nothing. Any thread of control.
 */
int cgn_growth_init(struct cgn_growth *g, const struct cgn_worker *w, uint32_t sessions,
	uint32_t users);

/* Frees memory that no worker has been given; a zeroed one holds none. */
void cgn_growth_fini(struct cgn_growth *g);

/* Gives it to the worker, which has none under way: from its next tick on its tables take
 * as many. *g holds nothing then. Control lcore. */
void cgn_growth_give(struct cgn_worker *w, struct cgn_growth *g);

/* Frees what the worker has moved out of; false: it is still moving. Control lcore. */
bool cgn_growth_settle(struct cgn_worker *w);

/* Moves some keys into the larger tables, if there are any. Owner, with each tick. */
void cgn_growth_step(struct cgn_worker *w);

#endif
