/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From what `show` prints to the text that Prometheus reads, by the tables of
 * metric_table.c. The answers come in pages and in the order of commands, the text has
 * all samples of a metric together: so each metric has a buffer of its own, and the text
 * is put together at the end. Pure; one thread at a time.
 *
 * Not handled: histograms. */
#include "control/metric.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_SIZE 512

struct text {
	char *buf;
	size_t len, size;
};

struct cgn_metric_page {
	bool failed; /* out of memory at some time */
	size_t n;
	struct text sample[]; /* by row of the table */
};

/* ---- text ---- */

__attribute__((format(printf, 3, 4))) static void
put(struct cgn_metric_page *page, struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	for (;;) {
		size_t size = t->size == 0 ? 256 : t->size * 2;
		char *grown;

		va_start(args, format);
		n = vsnprintf(
			t->buf ? t->buf + t->len : NULL, t->size - t->len, format, args);
		va_end(args);
		if (n >= 0 && t->len + (size_t)n < t->size)
			break;
		grown = n < 0 ? NULL : realloc(t->buf, size);
		if (!grown) {
			page->failed = true;
			return;
		}
		t->buf = grown;
		t->size = size;
	}
	t->len += (size_t)n;
}

/* ---- labels ---- */

struct labels {
	char text[LABELS_SIZE]; /* name="value",… without the braces */
	size_t len;
};

static void
put_char(struct labels *l, char c)
{
	if (l->len + 1 >= sizeof(l->text))
		return;
	l->text[l->len++] = c;
	l->text[l->len] = '\0';
}

/* One label; a value that finds no room is cut, its quote is not. */
static void
add_label(struct labels *l, const char *name, size_t name_len, const char *value)
{
	if (l->len + name_len + 8 > sizeof(l->text))
		return;
	if (l->len > 0)
		put_char(l, ',');
	for (size_t i = 0; i < name_len; i++)
		put_char(l, name[i]);
	put_char(l, '=');
	put_char(l, '"');
	for (; *value != '\0' && l->len + 4 < sizeof(l->text); value++) {
		if (*value == '"' || *value == '\\')
			put_char(l, '\\');
		put_char(l, *value == '\n' ? ' ' : *value);
	}
	put_char(l, '"');
}

static void
add_json_label(struct labels *l, const char *name, size_t len, const json_t *value)
{
	char number[32];

	if (json_is_string(value)) {
		add_label(l, name, len, json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld",
			(long long)json_integer_value(value));
		add_label(l, name, len, number);
	} else {
		add_label(l, name, len, "");
	}
}

/* The labels of an entry by the set's list, from its second on if the first is the name
 * of a member. */
static void
label_entry(struct labels *l, const struct cgn_metric_set *set, const json_t *outer,
	const json_t *entry, const char *member)
{
	const char *p = set->labels;

	while (*p != '\0') {
		bool from_outer = *p == '^';
		const char *name = p += from_outer;
		size_t len = strcspn(name, "= "), key_len;
		const char *key = name[len] == '=' ? name + len + 1 : name;
		char buf[64];

		key_len = strcspn(key, " ");
		snprintf(buf, sizeof(buf), "%.*s", (int)key_len, key);
		p = key + key_len;
		p += *p == ' ';
		if (member) {
			add_label(l, name, len, member);
			member = NULL;
		} else {
			add_json_label(l, name, len,
				json_object_get(from_outer ? outer : entry, buf));
		}
	}
}

/* ---- values ---- */

static const json_t *
go_down(const json_t *entry, const char *key)
{
	while (entry && *key != '\0') {
		size_t len = strcspn(key, ".#");
		char part[64];

		snprintf(part, sizeof(part), "%.*s", (int)len, key);
		entry = json_object_get(entry, part);
		key += len + (key[len] == '.');
		if (*key == '#')
			break;
	}
	return entry;
}

static void
put_sample(struct cgn_metric_page *page, const struct cgn_metric *m,
	const struct labels *l, const char *value)
{
	struct text *t = &page->sample[m - cgn_metric_table()];

	if (l->len > 0)
		put(page, t, "%s{%s} %s\n", m->name, l->text, value);
	else
		put(page, t, "%s %s\n", m->name, value);
}

/* A sample for each of the words, or for the only one. */
static void
put_words(struct cgn_metric_page *page, const struct cgn_metric *m,
	const struct labels *labels, const char *is)
{
	bool many = strchr(m->words, '|') != NULL;

	for (const char *word = m->words; *word != '\0';) {
		size_t len = strcspn(word, "|");
		struct labels l = *labels;
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		if (many)
			add_label(&l, "state", 5, name);
		put_sample(page, m, &l, strcmp(name, is) == 0 ? "1" : "0");
		word += len + (word[len] == '|');
	}
}

static void
put_metric(struct cgn_metric_page *page, const struct cgn_metric *m,
	const struct labels *labels, const json_t *entry)
{
	const json_t *value = go_down(entry, m->key);
	char text[32];

	if (strcmp(m->key, "1") == 0)
		snprintf(text, sizeof(text), "1");
	else if (strchr(m->key, '#') && json_is_array(value))
		snprintf(text, sizeof(text), "%zu", json_array_size(value));
	else if (m->words && json_is_string(value))
		return put_words(page, m, labels, json_string_value(value));
	else if (json_is_boolean(value))
		snprintf(text, sizeof(text), "%d", json_is_true(value));
	else if (json_is_integer(value) && m->scale == 1)
		snprintf(
			text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else if (json_is_number(value))
		snprintf(text, sizeof(text), "%.9g", json_number_value(value) * m->scale);
	else
		return;
	put_sample(page, m, labels, text);
}

/* ---- sets ---- */

static void
add_entry(struct cgn_metric_page *page, const struct cgn_metric_set *set,
	const json_t *outer, const json_t *entry, const char *member)
{
	struct labels l = { .len = 0 };

	label_entry(&l, set, outer, entry, member);
	for (const struct cgn_metric *m = cgn_metric_table(); m->name; m++)
		if (strcmp(m->set, set->id) == 0)
			put_metric(page, m, &l, entry);
}

static void
add_map(struct cgn_metric_page *page, const struct cgn_metric_set *set,
	const json_t *outer, json_t *map)
{
	const char *name;
	json_t *value;

	json_object_foreach(map, name, value) add_entry(page, set, outer, value, name);
}

static void
add_list(struct cgn_metric_page *page, const struct cgn_metric_set *set,
	const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const json_t *inner =
			set->inner ? json_object_get(entry, set->inner) : NULL;

		if (!set->inner)
			add_entry(page, set, NULL, entry, NULL);
		for (size_t k = 0; k < json_array_size(inner); k++)
			add_entry(page, set, entry, json_array_get(inner, k), NULL);
		add_map(page, set, entry, (json_t *)(uintptr_t)inner);
	}
}

void
cgn_metric_page_add(struct cgn_metric_page *page, const struct cgn_metric_set *set,
	const json_t *result)
{
	const json_t *at = go_down(result, set->path);

	switch (set->each) {
	case CGN_METRIC_ONE:
		if (at)
			add_entry(page, set, NULL, at, NULL);
		break;
	case CGN_METRIC_LIST:
	case CGN_METRIC_MEMBER:
		add_list(page, set, at);
		break;
	case CGN_METRIC_MAP:
		add_map(page, set, NULL, (json_t *)(uintptr_t)at);
		break;
	case CGN_METRIC_COUNT:
		if (json_is_integer(at))
			add_entry(page, set, NULL, at, NULL);
		break;
	}
}

/* ---- the page ---- */

struct cgn_metric_page *
cgn_metric_page_create(void)
{
	struct cgn_metric_page *page;
	size_t n = 0;

	while (cgn_metric_table()[n].name)
		n++;
	page = calloc(1, sizeof(*page) + n * sizeof(page->sample[0]));
	if (page)
		page->n = n;
	return page;
}

void
cgn_metric_page_destroy(struct cgn_metric_page *page)
{
	for (size_t i = 0; page && i < page->n; i++)
		free(page->sample[i].buf);
	free(page);
}

char *
cgn_metric_page_text(struct cgn_metric_page *page, size_t *len)
{
	struct text all = { NULL };

	put(page, &all, "%s", "");
	for (size_t i = 0; i < page->n; i++) {
		const struct cgn_metric *m = &cgn_metric_table()[i];
		const struct text *t = &page->sample[i];

		if (t->len == 0)
			continue;
		put(page, &all, "# HELP %s %s\n# TYPE %s %s\n%s", m->name, m->help,
			m->name, m->type == CGN_METRIC_COUNTER ? "counter" : "gauge",
			t->buf);
	}
	if (!page->failed) {
		*len = all.len;
		return all.buf;
	}
	free(all.buf);
	return NULL;
}
