/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_ERRORS_H
#define CGN_CONF_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>

#include "conf/conf.h"

/* Adds a message; file, key and the formatted text are copied. */
void cgn_errors_add(struct cgn_conf_errors *errs, bool warning, const char *file,
	int line, const char *key, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* The same with a va_list. */
void cgn_errors_vadd(struct cgn_conf_errors *errs, bool warning, const char *file,
	int line, const char *key, const char *format, va_list args)
	__attribute__((format(printf, 6, 0)));

/* True when an error of that key at that place is already known. */
bool cgn_errors_known(
	const struct cgn_conf_errors *errs, const char *file, int line, const char *key);

#endif
