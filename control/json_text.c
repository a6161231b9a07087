/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON written straight into memory, for lists of millions of entries, where a tree of
 * values for each would cost more than all the rest. Pure; any thread.
 *
 * Not handled: fractions, negative numbers, text that is no UTF-8.
 */
#include <string.h>

#include "control/json_text.h"

void
cgn_json_text_raw(struct cgn_json_text *t, const char *bytes, size_t n)
{
	if (t->size - t->len < n) {
		t->full = 1;
		return;
	}
	memcpy(t->buf + t->len, bytes, n);
	t->len += n;
}

void
cgn_json_text_string(struct cgn_json_text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const char *plain = s;

	CGN_JSON_TEXT(t, "\"");
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		cgn_json_text_raw(t, plain, (size_t)(s - plain));
		cgn_json_text_raw(t, escape, sizeof(escape));
		plain = s + 1;
	}
	cgn_json_text_raw(t, plain, (size_t)(s - plain));
	CGN_JSON_TEXT(t, "\"");
}

void
cgn_json_text_number(struct cgn_json_text *t, uint64_t n)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	cgn_json_text_raw(t, at, (size_t)(digits + sizeof(digits) - at));
}

void
cgn_json_text_endpoint4(struct cgn_json_text *t, uint32_t addr, uint16_t port)
{
	uint8_t a[4], p[2];

	memcpy(a, &addr, sizeof(a));
	memcpy(p, &port, sizeof(p));
	for (unsigned i = 0; i < 4; i++) {
		cgn_json_text_raw(t, i == 0 ? "\"" : ".", 1);
		cgn_json_text_number(t, a[i]);
	}
	CGN_JSON_TEXT(t, ":");
	cgn_json_text_number(t, (uint64_t)p[0] << 8 | p[1]);
	CGN_JSON_TEXT(t, "\"");
}
