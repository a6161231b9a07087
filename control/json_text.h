/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_JSON_TEXT_H
#define CGN_CONTROL_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* JSON as text, in memory of the user's. What does not fit any more is left out, and full
 * is set. */
struct cgn_json_text {
	char *buf;
	size_t size, len;
	int full;
};

/** Puts bytes there as they are: keys, brackets. Any thread, as all of these. */
void cgn_json_text_raw(struct cgn_json_text *t, const char *bytes, size_t n);

/** A string constant as it is. */
#define CGN_JSON_TEXT(t, constant)                                                       \
	cgn_json_text_raw((t), "" constant, sizeof(constant) - 1)

/** A string, with quotes and escapes. @param s  UTF-8 */
void cgn_json_text_string(struct cgn_json_text *t, const char *s);

void cgn_json_text_number(struct cgn_json_text *t, uint64_t n);

/** "192.0.2.1:80" with quotes. @param addr, port  network order */
void cgn_json_text_endpoint4(struct cgn_json_text *t, uint32_t addr, uint16_t port);

#endif
