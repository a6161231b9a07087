/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_MODEL_CONFS_H
#define CGN_TESTS_MODEL_CONFS_H

#include "tests/model/model.h"

/* A configuration by its name, or NULL. */
const struct cgn_model_conf *cgn_confs_find(const char *name);

#endif
