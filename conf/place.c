/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the address of a value to its place in the configuration, for messages.
 *
 * The reader left a mark for every piece of memory that a setting filled. The smallest
 * mark around an address is the nearest setting; when that is a group, because the value
 * itself was not given, the tables tell the name of the key. Searched linearly: it runs
 * once per message. Any thread.
 */

#include <string.h>

#include "conf/reader.h"

enum { PATH_SIZE = 512 };

static const struct cgn_reader_mark *
nearest(const struct cgn_reader_mark *marks, uint32_t n, const char *at)
{
	const struct cgn_reader_mark *best = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct cgn_reader_mark *m = &marks[i];

		if (at >= m->at && at < m->at + m->size &&
			(!best || m->size <= best->size))
			best = m;
	}
	return best;
}

static bool
holds(const struct cgn_schema_key *key, size_t offset)
{
	size_t size = key->many ? sizeof(void *) : key->size;

	return offset >= key->offset && offset < key->offset + size;
}

/* Appends the name of the key at that offset, and of those inside it. */
static void
append_key(const struct cgn_schema *schema, size_t offset, char *path)
{
	size_t n = strlen(path);

	for (uint32_t i = 0; schema && i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);

		if (!holds(key, offset))
			continue;
		snprintf(path + n, PATH_SIZE - n, "%s%s", n ? "." : "", key->name);
		if (key->type == CGN_KEY_GROUP && offset != key->offset)
			append_key(key->sub, offset - key->offset, path);
		return;
	}
}

static struct cgn_conf_src
src_of(const struct cgn_conf *conf, const struct cgn_reader_mark *mark)
{
	struct cgn_conf_src src = { conf->path, 1 };

	if (mark)
		src = mark->node->src;
	if (src.line < 1)
		src.line = 1;
	return src;
}

/* File and line of a value; path: receives its path. */
static struct cgn_conf_src
place_of(const struct cgn_reader *r, const void *at, char path[PATH_SIZE])
{
	const struct cgn_reader_mark *mark = nearest(r->marks, r->n_marks, at);

	path[0] = '\0';
	if (mark) {
		cgn_tree_path(mark->node, path, PATH_SIZE);
		append_key(mark->schema, (size_t)((const char *)at - mark->at), path);
	}
	return src_of(r->conf, mark);
}

static void report(struct cgn_reader *r, bool warning, const void *at, const char *format,
	va_list args) __attribute__((format(printf, 4, 0)));

static void
report(struct cgn_reader *r, bool warning, const void *at, const char *format,
	va_list args)
{
	char path[PATH_SIZE];
	struct cgn_conf_src src = place_of(r, at, path);

	cgn_errors_vadd(r->errs, warning, src.file, src.line, path, format, args);
}

struct cgn_conf_src
cgn_conf_place(const struct cgn_conf *conf, const void *at)
{
	return src_of(conf, nearest(conf->marks, conf->n_marks, at));
}

void
cgn_reader_error(struct cgn_reader *r, const void *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(r, false, at, format, args);
	va_end(args);
}

void
cgn_reader_warn(struct cgn_reader *r, const void *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(r, true, at, format, args);
	va_end(args);
}

bool
cgn_reader_wrong(const struct cgn_reader *r, const void *at)
{
	char path[PATH_SIZE];
	struct cgn_conf_src src;

	if (!r->errs->n_errors)
		return false;
	src = place_of(r, at, path);
	return cgn_errors_known(r->errs, src.file, src.line, path);
}

bool
cgn_reader_given(const struct cgn_reader *r, const void *at)
{
	for (uint32_t i = 0; i < r->n_marks; i++) {
		if (r->marks[i].at == at && !r->marks[i].schema)
			return true;
	}
	return false;
}
