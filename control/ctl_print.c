/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How cgnctl prints an answer: JSON as it is, or text by one walker over the same JSON.
 *
 * Lists are printed as their pages arrive and nothing is kept but the widths of a table,
 * so an answer of ten million entries runs in constant memory. A JSON list is one
 * document all the same: the brackets are printed here, around the pages. In text a list
 * is a table (ctl_table.c); an object is lines of "key: value", nested by indentation.
 */
#include <string.h>

#include "control/ctl_print.h"
#include "control/ctl_table.h"
#include "control/ctl_trace.h"

void
cgn_ctl_print_init(struct cgn_ctl_print *print, FILE *out,
	const struct cgn_cmd_call *call, bool json)
{
	memset(print, 0, sizeof(*print));
	print->out = out;
	print->def = call->def;
	print->one = call->arg != NULL;
	print->json = json;
}

static void
json_list_head(struct cgn_ctl_print *print)
{
	if (!print->begun)
		fprintf(print->out, "{\"%s\":[", print->def->result);
	print->begun = true;
}

static void
json_entries(struct cgn_ctl_print *print, json_t *entries)
{
	json_t *entry;
	size_t i;

	json_list_head(print);
	json_array_foreach(entries, i, entry)
	{
		fputs(print->any_entry ? ",\n" : "\n", print->out);
		json_dumpf(entry, print->out, JSON_COMPACT | JSON_ENCODE_ANY);
		print->any_entry = true;
	}
}

/* Where the entry that begins at `at` ends: at a comma between entries, or at the end. */
static const char *
entry_end(const char *at, const char *end)
{
	int depth = 0;
	bool quoted = false;

	for (; at < end; at++) {
		if (quoted) {
			if (*at == '\\')
				at++;
			else
				quoted = *at != '"';
		} else if (*at == '"') {
			quoted = true;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']') {
			depth--;
		} else if (*at == ',' && depth == 0) {
			return at;
		}
	}
	return end;
}

bool
cgn_ctl_print_text(struct cgn_ctl_print *print, const char *frame, size_t len)
{
	static const char tail[] = "]}}";
	const char *end = frame + len - strlen(tail), *next;
	char head[64];
	size_t n = (size_t)snprintf(
		head, sizeof(head), "{\"page\":{\"%s\":[", print->def->result);

	if (!print->json || print->def->shape == CGN_CMD_OBJECT ||
		n + strlen(tail) > len || memcmp(frame, head, n) != 0 ||
		memcmp(end, tail, strlen(tail)) != 0)
		return false;
	json_list_head(print);
	for (const char *at = frame + n; at < end; at = next + 1) {
		next = entry_end(at, end);
		fputs(print->any_entry ? ",\n" : "\n", print->out);
		fwrite(at, 1, (size_t)(next - at), print->out);
		print->any_entry = true;
	}
	return true;
}

static void
json_list_tail(struct cgn_ctl_print *print)
{
	const char *key;
	json_t *value;

	json_list_head(print);
	fputs(print->any_entry ? "\n]" : "]", print->out);
	if (print->def->shape == CGN_CMD_CURSOR && !json_object_get(print->more, "next"))
		fputs(",\"next\":null", print->out);
	json_object_foreach(print->more, key, value)
	{
		fprintf(print->out, ",\"%s\":", key);
		json_dumpf(value, print->out, JSON_COMPACT | JSON_ENCODE_ANY);
	}
	fputs("}\n", print->out);
}

static bool
is_object_list(json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static void print_value(FILE *out, const char *key, json_t *value, int indent);

static void
print_members(FILE *out, json_t *object, int indent)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) print_value(out, key, value, indent);
}

/* A list inside an object: a table if one is laid out for it, else a block per entry. */
static void
print_object_list(FILE *out, const char *key, json_t *list, int indent)
{
	struct cgn_ctl_table *table = cgn_ctl_table_create(key, true, indent);
	json_t *entry;
	size_t i;

	if (table != NULL) {
		cgn_ctl_table_print(table, out, list);
		cgn_ctl_table_destroy(table);
		return;
	}
	json_array_foreach(list, i, entry)
	{
		fprintf(out, "%*s#%zu\n", indent, "", i + 1);
		print_members(out, entry, indent + 2);
	}
}

static void
print_value(FILE *out, const char *key, json_t *value, int indent)
{
	fprintf(out, "%*s%s:", indent, "", key);
	if (json_is_object(value)) {
		fputc('\n', out);
		print_members(out, value, indent + 2);
	} else if (is_object_list(value)) {
		fputc('\n', out);
		print_object_list(out, key, value, indent + 2);
	} else {
		fputc(' ', out);
		cgn_ctl_table_cell(out, value);
		fputc('\n', out);
	}
}

static void
text_object(struct cgn_ctl_print *print, json_t *page)
{
	json_t *value = json_object_get(page, print->def->result);

	if (json_is_object(value))
		print_members(print->out, value, 0);
	else
		print_value(print->out, print->def->result, value, 0);
}

static void
text_entries(struct cgn_ctl_print *print, json_t *entries)
{
	json_t *entry;
	size_t i;

	if (print->def->id == CGN_CMD_TRACE) {
		json_array_foreach(entries, i, entry)
			cgn_ctl_trace_print(print->out, entry);
		return;
	}
	if (print->one) {
		json_array_foreach(entries, i, entry) print_members(print->out, entry, 0);
		return;
	}
	if (print->table == NULL)
		print->table = cgn_ctl_table_create(print->def->result, false, 0);
	if (print->table != NULL)
		cgn_ctl_table_print(print->table, print->out, entries);
}

void
cgn_ctl_print_page(struct cgn_ctl_print *print, json_t *page)
{
	json_t *entries = json_object_get(page, print->def->result);
	const char *key;
	json_t *value;

	if (print->def->shape == CGN_CMD_OBJECT) {
		print->begun = true;
		if (!print->json)
			text_object(print, page);
		else if (json_dumpf(page, print->out, JSON_INDENT(2)) == 0)
			fputc('\n', print->out);
		return;
	}
	json_object_foreach(page, key, value)
	{
		if (value == entries)
			continue;
		if (print->more == NULL)
			print->more = json_object();
		json_object_set(print->more, key, value);
	}
	if (print->json)
		json_entries(print, entries);
	else if (json_array_size(entries) > 0)
		text_entries(print, entries);
}

void
cgn_ctl_print_end(struct cgn_ctl_print *print)
{
	const char *key;
	json_t *value;

	if (print->def->shape == CGN_CMD_OBJECT)
		return;
	if (print->json) {
		json_list_tail(print);
		return;
	}
	if (print->table == NULL)
		text_entries(print, NULL);
	json_object_foreach(print->more, key, value)
	{
		if (!json_is_null(value))
			print_value(print->out, key, value, 0);
	}
}

void
cgn_ctl_print_fini(struct cgn_ctl_print *print)
{
	json_decref(print->more);
	cgn_ctl_table_destroy(print->table);
	memset(print, 0, sizeof(*print));
}
