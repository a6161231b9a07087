/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A look over the text before libconfig parses it.
 *
 * libconfig 1.5 keeps the low 32 bits of a number that does not fit 32 bits, without a
 * word, and gives up at the first key that is given twice. Both are found here, with
 * their full path. The scan follows nesting, names and separators only; whether the text
 * is well-formed is libconfig's judgement, so nothing else is reported and the scan
 * simply ends where it loses its way.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/errors.h"
#include "conf/scan.h"

enum { MAX_SCOPES = 32, MAX_NAMES = 4096, MAX_PATH = 512 };

struct text {
	char *start;
	size_t length;
};

/* A group has names, a list or array an index. names[] of the scan from first_name on. */
struct scope {
	char open;
	struct text name;
	unsigned int index;
	int first_name;
};

struct scan {
	struct cgn_source *source;
	char *p;
	int line;
	int depth;
	struct scope scopes[MAX_SCOPES];
	int n_names;
	struct text names[MAX_NAMES];
	unsigned int n_renamed;
};

static void
path_of(const struct scan *scan, char *path)
{
	size_t n = 0;

	path[0] = '\0';
	for (int i = 0; i <= scan->depth && n < MAX_PATH - 1; i++) {
		const struct scope *s = &scan->scopes[i];

		if (s->open != '{')
			n += (size_t)snprintf(path + n, MAX_PATH - n, "%s%.*s[%u]",
				n && s->name.length ? "." : "", (int)s->name.length,
				s->name.start, s->index);
		else if (s->name.length)
			n += (size_t)snprintf(path + n, MAX_PATH - n, "%s%.*s",
				n ? "." : "", (int)s->name.length, s->name.start);
	}
}

static void
report(const struct scan *scan, const struct text *leaf, const char *what)
{
	struct cgn_conf_src at = cgn_source_locate(scan->source, scan->line);
	char path[MAX_PATH], key[2 * MAX_PATH];
	bool listed = scan->scopes[scan->depth].open != '{';

	path_of(scan, path);
	if (listed)
		snprintf(key, sizeof(key), "%s", path);
	else
		snprintf(key, sizeof(key), "%s%s%.*s", path, path[0] ? "." : "",
			(int)(leaf->length < MAX_PATH ? leaf->length : MAX_PATH - 1),
			leaf->start);
	cgn_errors_add(scan->source->errs, false, at.file, at.line, key, "%s", what);
}

static void
skip_string(struct scan *scan)
{
	for (scan->p++; *scan->p && *scan->p != '"'; scan->p++) {
		if (*scan->p == '\\' && scan->p[1])
			scan->p++;
		if (*scan->p == '\n')
			scan->line++;
	}
	if (*scan->p)
		scan->p++;
}

static void
skip_comment(struct scan *scan)
{
	if (scan->p[0] == '#' || scan->p[1] == '/') {
		scan->p += strcspn(scan->p, "\n");
		return;
	}
	for (scan->p += 2; *scan->p; scan->p++) {
		if (scan->p[0] == '*' && scan->p[1] == '/') {
			scan->p += 2;
			return;
		}
		if (*scan->p == '\n')
			scan->line++;
	}
}

/* The new name is '*' and as many letters as there were, different for every renaming. */
static void
rename_key(struct scan *scan, struct text *name)
{
	unsigned int n = scan->n_renamed++;

	name->start[0] = '*';
	for (size_t i = 1; i < name->length; i++, n /= 26)
		name->start[i] = (char)('a' + n % 26);
}

static void
check_twice(struct scan *scan, struct text *name)
{
	const struct scope *scope = &scan->scopes[scan->depth];

	for (int i = scope->first_name; i < scan->n_names; i++) {
		if (scan->names[i].length != name->length ||
			memcmp(scan->names[i].start, name->start, name->length) != 0)
			continue;
		report(scan, name, "given twice, a key may be given once");
		rename_key(scan, name);
		return;
	}
	if (scan->n_names < MAX_NAMES)
		scan->names[scan->n_names++] = *name;
}

/* A word that ':' or '=' follows is a key; it is the name of what opens behind it. */
static void
scan_word(struct scan *scan, struct text *key)
{
	struct text word = { scan->p, 0 };
	char *q;

	while (isalnum((unsigned char)*scan->p) || (*scan->p && strchr("-_*", *scan->p)))
		scan->p++;
	word.length = (size_t)(scan->p - word.start);
	for (q = scan->p; isspace((unsigned char)*q); q++)
		;
	if (*q != ':' && *q != '=')
		return;
	*key = word;
	check_twice(scan, key);
}

static void
scan_number(struct scan *scan, const struct text *key)
{
	char *end;
	long long value;
	bool hex = scan->p[0] == '0' && (scan->p[1] | 0x20) == 'x';

	errno = 0;
	value = strtoll(scan->p, &end, hex ? 16 : 10);
	if (end == scan->p)
		end++;
	if (errno == ERANGE)
		report(scan, key, "the number is too large");
	else if (*end != 'L' && *end != '.' && *end != 'e' && *end != 'E' &&
		 (value > INT32_MAX || value < INT32_MIN))
		report(scan, key,
			"a number above 2147483647 is written with an L behind it");
	for (scan->p = end; isalnum((unsigned char)*scan->p) ||
			    (*scan->p && strchr(".+-", *scan->p));)
		scan->p++;
}

static bool
open_scope(struct scan *scan, struct text *key)
{
	if (scan->depth + 1 == MAX_SCOPES)
		return false;
	scan->scopes[++scan->depth] = (struct scope){ *scan->p, *key, 0, scan->n_names };
	*key = (struct text){ "", 0 };
	return true;
}

static bool
close_scope(struct scan *scan, struct text *key)
{
	if (!scan->depth)
		return false;
	scan->n_names = scan->scopes[scan->depth].first_name;
	*key = (struct text){ "", 0 };
	scan->depth--;
	return true;
}

/* Takes one token; false when the scan is lost. */
static bool
scan_token(struct scan *scan, struct text *key)
{
	char c = *scan->p;

	if (c == '"')
		skip_string(scan);
	else if (c == '#' || (c == '/' && (scan->p[1] == '/' || scan->p[1] == '*')))
		skip_comment(scan);
	else if (isalpha((unsigned char)c) || c == '*')
		scan_word(scan, key);
	else if (isdigit((unsigned char)c) || c == '-' || c == '+')
		scan_number(scan, key);
	else {
		if (c == '\n')
			scan->line++;
		else if (c == ',')
			scan->scopes[scan->depth].index++;
		else if ((strchr("{([", c) && !open_scope(scan, key)) ||
			 (strchr("})]", c) && !close_scope(scan, key)))
			return false;
		scan->p++;
	}
	return true;
}

void
cgn_scan_text(struct cgn_source *source)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	struct text key = { "", 0 };

	if (!scan)
		abort();
	scan->source = source;
	scan->p = source->text;
	scan->line = 1;
	scan->scopes[0].open = '{';
	scan->scopes[0].name.start = "";
	while (*scan->p && scan_token(scan, &key))
		;
	free(scan);
}
