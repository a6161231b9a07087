/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of what is wrong with a configuration. It outlives the configuration, so every
 * message owns its strings. Filled by the reader and the checks in any order, printed in
 * the order of the file. Control lcore only.
 */

#include <stdlib.h>
#include <string.h>

#include "conf/errors.h"

void
cgn_conf_errors_init(struct cgn_conf_errors *errs)
{
	memset(errs, 0, sizeof(*errs));
}

void
cgn_conf_errors_fini(struct cgn_conf_errors *errs)
{
	for (uint32_t i = 0; i < errs->n_items; i++) {
		free(errs->items[i].file);
		free(errs->items[i].key);
		free(errs->items[i].text);
	}
	free(errs->items);
	cgn_conf_errors_init(errs);
}

static struct cgn_conf_message *
next_message(struct cgn_conf_errors *errs)
{
	if (errs->n_items == errs->capacity) {
		uint32_t capacity = errs->capacity ? 2 * errs->capacity : 16;
		void *items = reallocarray(errs->items, capacity, sizeof(*errs->items));

		if (!items)
			abort();
		errs->items = items;
		errs->capacity = capacity;
	}
	return &errs->items[errs->n_items++];
}

void
cgn_errors_vadd(struct cgn_conf_errors *errs, bool warning, const char *file, int line,
	const char *key, const char *format, va_list args)
{
	struct cgn_conf_message *m = next_message(errs);

	m->warning = warning;
	m->line = line;
	m->file = strdup(file);
	m->key = strdup(key);
	if (vasprintf(&m->text, format, args) < 0 || !m->file || !m->key)
		abort();
	if (warning)
		errs->n_warnings++;
	else
		errs->n_errors++;
}

void
cgn_errors_add(struct cgn_conf_errors *errs, bool warning, const char *file, int line,
	const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cgn_errors_vadd(errs, warning, file, line, key, format, args);
	va_end(args);
}

bool
cgn_errors_known(
	const struct cgn_conf_errors *errs, const char *file, int line, const char *key)
{
	for (uint32_t i = 0; i < errs->n_items; i++) {
		const struct cgn_conf_message *m = &errs->items[i];

		if (m->line == line && !m->warning && !strcmp(m->key, key) &&
			!strcmp(m->file, file))
			return true;
	}
	return false;
}

/* Orders indices into the messages by file, line and time. */
static int
by_place(const void *a, const void *b, void *items)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct cgn_conf_message *x = (struct cgn_conf_message *)items + i;
	const struct cgn_conf_message *y = (struct cgn_conf_message *)items + j;
	int files = strcmp(x->file, y->file);

	if (files)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return i < j ? -1 : i > j;
}

void
cgn_conf_errors_print(const struct cgn_conf_errors *errs, FILE *out)
{
	uint32_t *order = calloc(errs->n_items + 1, sizeof(*order));

	if (!order)
		abort();
	for (uint32_t i = 0; i < errs->n_items; i++)
		order[i] = i;
	qsort_r(order, errs->n_items, sizeof(*order), by_place, errs->items);
	for (uint32_t i = 0; i < errs->n_items; i++) {
		const struct cgn_conf_message *m = &errs->items[order[i]];

		fprintf(out, "%s:%d: %s%s%s%s\n", m->file, m->line, m->key,
			m->key[0] ? ": " : "", m->warning ? "warning: " : "", m->text);
	}
	free(order);
}
