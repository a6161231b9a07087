/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Users that a new snapshot has no place for. */
#ifndef CGN_DATAPLANE_STALE_H
#define CGN_DATAPLANE_STALE_H

#include "dataplane/worker.h"

/* Has the snapshot no place for this user? Its instance is gone, it belongs to another
 * location, or its public address does. Owner. */
bool cgn_stale_user(const struct cgn_worker *w, const struct cgn_user *u);

/* Ends the session if its user is stale. true: it did. Owner. */
bool cgn_stale_end_session(struct cgn_worker *w, uint32_t session);

/* Ends the user if it is stale and has no mapping any more. true: it is stale and stays,
 * for it still has some. Owner. */
bool cgn_stale_end_user(struct cgn_worker *w, uint32_t user);

#endif
