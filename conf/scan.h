/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_SCAN_H
#define CGN_CONF_SCAN_H

#include "conf/source.h"

/*
 * Finds what libconfig would not tell, or not well: numbers that do not fit 32 bits and
 * have no L behind them, and keys given twice. Each is an error line. A second key of the
 * same name is renamed in the text, to begin with '*', so that the rest can still be
 * read.
 */
void cgn_scan_text(struct cgn_source *source);

#endif
