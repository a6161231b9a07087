/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One text from a file and what it includes, with a map from lines back to files.
 *
 * libconfig can include files itself, but only below one directory, and it forgets that
 * directory in its messages. Here `@include "NAME"` at the beginning of a line is
 * replaced by the lines of NAME before libconfig sees the text; the directive is not
 * recognised inside a comment or a string. What remains of its line stays. Nesting ends
 * at 10 files, which also ends a circle.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/errors.h"
#include "conf/source.h"

enum { MAX_DEPTH = 10, MAX_FILE = 16 * 1024 * 1024 };

enum state { PLAIN, STRING, LINE_COMMENT, BLOCK_COMMENT };

static void
append(struct cgn_source *source, const char *text, size_t n)
{
	if (source->length + n + 1 > source->capacity) {
		source->capacity = 2 * (source->length + n + 1);
		source->text = realloc(source->text, source->capacity);
		if (!source->text)
			abort();
	}
	memcpy(source->text + source->length, text, n);
	source->length += n;
	source->text[source->length] = '\0';
}

static void
begin_span(struct cgn_source *source, const char *file, int file_line)
{
	if (source->n_spans == source->span_capacity) {
		source->span_capacity = 2 * source->span_capacity + 4;
		source->spans = reallocarray(source->spans, (size_t)source->span_capacity,
			sizeof(*source->spans));
		if (!source->spans)
			abort();
	}
	source->spans[source->n_spans++] =
		(struct cgn_source_span){ source->lines + 1, file, file_line };
}

/* Follows one line through strings and comments; escapes hide the character behind. */
static enum state
walk_line(enum state state, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char next = i + 1 < n ? p[i + 1] : '\0';

		if (state == STRING) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				state = PLAIN;
		} else if (state == BLOCK_COMMENT) {
			if (p[i] == '*' && next == '/') {
				state = PLAIN;
				i++;
			}
		} else if (state == PLAIN) {
			if (p[i] == '"')
				state = STRING;
			else if (p[i] == '#' || (p[i] == '/' && next == '/'))
				state = LINE_COMMENT;
			else if (p[i] == '/' && next == '*') {
				state = BLOCK_COMMENT;
				i++;
			}
		}
	}
	return state == LINE_COMMENT ? PLAIN : state;
}

/* The NAME of a line `@include "NAME"`, allocated, or NULL. *used: bytes of the line. */
static char *
include_name(const char *line, size_t n, size_t *used)
{
	static const char word[] = "@include";
	size_t at = 0, start;

	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (n - at < sizeof(word) || memcmp(line + at, word, sizeof(word) - 1) != 0)
		return NULL;
	at += sizeof(word) - 1;
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == n || line[at] != '"')
		return NULL;
	start = ++at;
	while (at < n && line[at] != '"')
		at++;
	if (at == n)
		return NULL;
	*used = at + 1;
	return strndup(line + start, at - start);
}

static const char *
beside(struct cgn_conf_arena *arena, const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	size_t dir = slash ? (size_t)(slash - file) + 1 : 0;
	char *path;

	if (name[0] == '/' || !dir)
		return cgn_arena_strdup(arena, name);
	path = cgn_arena_alloc(arena, dir + strlen(name) + 1);
	memcpy(path, file, dir);
	strcpy(path + dir, name);
	return path;
}

/* Reads a file or a pipe to its end. A zero byte would hide what follows it: refused. */
static int
slurp(const char *path, char **text)
{
	FILE *in = fopen(path, "re");
	size_t size = 0, n = 0, got;
	struct stat st;
	int err = 0;

	if (!in)
		return -errno;
	if (fstat(fileno(in), &st) != 0 || S_ISDIR(st.st_mode))
		err = -EISDIR;
	while (!err) {
		if (n + 1 >= size) {
			size = size ? 2 * size : 65536;
			*text = realloc(*text, size);
			if (!*text)
				abort();
		}
		got = fread(*text + n, 1, size - n - 1, in);
		n += got;
		(*text)[n] = '\0';
		if (n > MAX_FILE)
			err = -EFBIG;
		else if (!got && ferror(in))
			err = -EIO;
		else if (memchr(*text + n - got, '\0', got))
			err = -EILSEQ;
		else if (!got)
			break;
	}
	fclose(in);
	return err;
}

static int add_file(struct cgn_source *source, const char *path, int depth);

/* Adds a text line by line; an include ends the span and a new one follows it. */
static int
add_text(struct cgn_source *source, const char *text, const char *file, int depth)
{
	enum state state = PLAIN;
	int line = 1, first_error = 0;

	begin_span(source, file, line);
	while (*text) {
		size_t n = strcspn(text, "\n"), used = 0;
		char *name = state == PLAIN ? include_name(text, n, &used) : NULL;

		if (name) {
			int err;

			begin_span(source, file, line);
			err = add_file(
				source, beside(source->arena, file, name), depth + 1);
			free(name);
			if (err == -ELOOP)
				return err;
			if (err && !first_error)
				first_error = err;
			begin_span(source, file, line);
		}
		append(source, text + used, n - used);
		append(source, "\n", 1);
		source->lines++;
		line++;
		state = walk_line(state, text + used, n - used);
		text += n + (text[n] == '\n');
	}
	return first_error;
}

/* An include that fails is reported where it is written: in the last span. */
static int
add_file(struct cgn_source *source, const char *path, int depth)
{
	struct cgn_conf_src at = { path, 1 };
	const char *key = depth ? "@include" : "file";
	char *text = NULL;
	int err;

	if (depth)
		at = cgn_source_locate(source, source->lines + 1);
	if (depth > MAX_DEPTH) {
		cgn_errors_add(source->errs, false, at.file, at.line, key,
			"\"%s\" is nested deeper than %d files, or includes itself", path,
			MAX_DEPTH);
		return -ELOOP;
	}
	err = slurp(path, &text);
	if (err) {
		cgn_errors_add(source->errs, false, at.file, at.line, key,
			"\"%s\" cannot be read: %s", path, strerror(-err));
		free(text);
		return err;
	}
	err = add_text(source, text, path, depth);
	free(text);
	return err;
}

int
cgn_source_read(struct cgn_source *source, const char *path)
{
	append(source, "", 0);
	return add_file(source, cgn_arena_strdup(source->arena, path), 0);
}

int
cgn_source_read_text(struct cgn_source *source, const char *text, const char *name)
{
	append(source, "", 0);
	return add_text(source, text, cgn_arena_strdup(source->arena, name), 0);
}

void
cgn_source_fini(struct cgn_source *source)
{
	free(source->text);
	free(source->spans);
	source->text = NULL;
	source->spans = NULL;
}

struct cgn_conf_src
cgn_source_locate(const struct cgn_source *source, int line)
{
	int i = source->n_spans - 1;

	while (i > 0 && source->spans[i].line > line)
		i--;
	return (struct cgn_conf_src){ source->spans[i].file,
		source->spans[i].file_line + line - source->spans[i].line };
}
