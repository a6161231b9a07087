/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Licences change while the box runs. */
#ifndef CGN_CONTROL_LICENSE_H
#define CGN_CONTROL_LICENSE_H

#include "control/change.h"

/* Names in change->why what the new licences must not be: fewer than are in use, more
 * than there is room for. Changes nothing else, and may be repeated. Control lcore. */
void cgn_license_check(struct cgn_change *change);

/* Memory for the tables of CPUs that get more than ever before. 0 or -ENOMEM, named in
 * change->why. The thread of changes, or the control lcore. */
int cgn_license_prepare(struct cgn_change *change);

/* Gives it to the workers; none refuses. Before they see the snapshot. Control lcore. */
void cgn_license_apply(struct cgn_change *change);

/* Frees what has not been given. */
void cgn_license_drop(struct cgn_change *change);

/* Frees what workers have moved out of. Control lcore, now and then. */
void cgn_license_turn(struct cgn_daemon *d);

#endif
