/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of the configuration as text, in the form of the file. Two values are equal when
 * their texts are, so that a comparison needs to know no types. Pure; any thread.
 */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/diff.h"

enum { ADDR_SIZE = 48 };

void
cgn_text_add(struct cgn_text *text, const char *format, ...)
{
	va_list args, again;
	size_t n;

	va_start(args, format);
	va_copy(again, args);
	n = (size_t)vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (text->n + n + 1 > text->room) {
		text->room = 2 * (text->n + n + 1);
		text->data = realloc(text->data, text->room);
		if (!text->data)
			abort();
	}
	vsnprintf(text->data + text->n, n + 1, format, again);
	va_end(again);
	text->n += n;
}

static void
add_word(struct cgn_text *text, const struct cgn_schema_word *words, int64_t value)
{
	for (; words && words->word; words++)
		if (words->value == (uint32_t)value) {
			cgn_text_add(text, "\"%s\"", words->word);
			return;
		}
	cgn_text_add(text, "%lld", (long long)value);
}

static int64_t
read_int(const struct cgn_schema_key *key, const char *at)
{
	uint16_t half;
	uint32_t word;

	if (key->size == sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		return half;
	}
	memcpy(&word, at, sizeof(word));
	return key->def < 0 ? (int32_t)word : (int64_t)word;
}

static void
add_flags(struct cgn_text *text, const struct cgn_schema_key *key, const char *at)
{
	uint32_t bits = *(const uint32_t *)at;
	const char *comma = "";

	cgn_text_add(text, "[");
	for (const struct cgn_schema_word *w = key->words; w->word; w++) {
		if (!(bits & w->value))
			continue;
		cgn_text_add(text, "%s \"%s\"", comma, w->word);
		comma = ",";
	}
	cgn_text_add(text, " ]");
}

static void
add_range(struct cgn_text *text, const struct cgn_conf_range *range)
{
	const uint32_t end[2] = { range->first, range->last };

	for (int i = 0; i < (range->first == range->last ? 1 : 2); i++)
		cgn_text_add(text, "%s%u.%u.%u.%u", i ? "-" : "\"", end[i] >> 24,
			end[i] >> 16 & 255, end[i] >> 8 & 255, end[i] & 255);
	cgn_text_add(text, "\"");
}

static void
add_endpoint(struct cgn_text *text, const struct cgn_conf_addr *addr, uint16_t port)
{
	char buf[ADDR_SIZE];

	cgn_conf_addr_format(addr, buf);
	cgn_text_add(text, addr->family == 6 ? "\"[%s]:%u\"" : "\"%s:%u\"", buf, port);
}

static void
add_group(struct cgn_text *text, const struct cgn_schema *schema, const char *base)
{
	cgn_text_add(text, "{");
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);

		cgn_text_add(text, " %s = ", key->name);
		cgn_text_value(text, key, base);
		cgn_text_add(text, ";");
	}
	cgn_text_add(text, " }");
}

static void
add_one(struct cgn_text *text, const struct cgn_schema_key *key, const char *base,
	const char *at)
{
	const struct cgn_conf_prefix *prefix = (const void *)at;
	const struct cgn_conf_ifaddr *ifaddr = (const void *)at;
	char buf[ADDR_SIZE];

	switch (key->type) {
	case CGN_KEY_BOOL:
		cgn_text_add(text, *(const bool *)at ? "true" : "false");
		break;
	case CGN_KEY_INT:
	case CGN_KEY_WORD:
		add_word(text, key->words, read_int(key, at));
		break;
	case CGN_KEY_FLAG:
		add_flags(text, key, at);
		break;
	case CGN_KEY_STRING:
		cgn_text_add(text, "\"%s\"", *(const char *const *)at);
		break;
	case CGN_KEY_NAME:
	case CGN_KEY_REF: /* begins with the name */
		cgn_text_add(text, "\"%s\"", at);
		break;
	case CGN_KEY_ADDR:
		cgn_text_add(text, "\"%s\"", cgn_conf_addr_format((const void *)at, buf));
		break;
	case CGN_KEY_PREFIX:
		cgn_text_add(text, "\"%s/%u\"", cgn_conf_addr_format(&prefix->addr, buf),
			prefix->len);
		break;
	case CGN_KEY_IFADDR:
		cgn_text_add(text, "\"%s/%u\"", cgn_conf_addr_format(&ifaddr->addr, buf),
			ifaddr->len);
		break;
	case CGN_KEY_RANGE:
		add_range(text, (const void *)at);
		break;
	case CGN_KEY_ENDPOINT:
		add_endpoint(
			text, (const void *)at, *(const uint16_t *)(base + key->second));
		break;
	case CGN_KEY_LOCATION:
		cgn_text_add(text, "%u", ((const struct cgn_conf_location_ref *)at)->id);
		break;
	case CGN_KEY_GROUP:
	case CGN_KEY_LIST:
		add_group(text, key->sub, at);
		break;
	}
}

void
cgn_text_value(struct cgn_text *text, const struct cgn_schema_key *key, const char *base)
{
	const char *items, *comma = "";
	uint32_t n;

	if (!key->many || key->type == CGN_KEY_FLAG) {
		if (!key->has_second || key->type != CGN_KEY_GROUP ||
			*(const bool *)(base + key->second))
			add_one(text, key, base, base + key->offset);
		return;
	}
	items = *(const char *const *)(base + key->offset);
	n = *(const uint32_t *)(base + key->count_at);
	cgn_text_add(text, "[");
	for (uint32_t i = 0; i < n; i++, comma = ",") {
		cgn_text_add(text, "%s ", comma);
		add_one(text, key, base, items + i * key->size);
	}
	cgn_text_add(text, " ]");
}
