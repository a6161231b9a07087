/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Judges of the model tests: the box's own tables against the model, and against
 * themselves. */
#ifndef CGN_TESTS_MODEL_CHECK_H
#define CGN_TESTS_MODEL_CHECK_H

#include "tests/box/box.h"
#include "tests/model/model.h"

/* True when tables, records and counters of the box hold what the model holds and agree
 * with each other; else says what not. */
bool cgn_model_check(const struct cgn_model *m, const struct cgn_box *box);

/* True when nothing is held: no session, user, block or port, nothing in quarantine. */
bool cgn_model_check_empty(const struct cgn_box *box);

/* True when no address of the box has a free range for one more block. Meant for one
 * worker. */
bool cgn_model_exhausted(const struct cgn_box *box, unsigned block);

#endif
