/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Everything that `show` prints, at DPDK's telemetry socket below /cgn/. The paths are
 * made from the grammar of the commands: "show ds-lite instance" is
 * /cgn/ds_lite/instance (no - is allowed there); words and filters follow a comma,
 * /cgn/session,proto=tcp,limit=5.
 *
 * DPDK answers its clients in threads of its own, where nothing of the daemon may be
 * touched. So a callback is a client of the command socket like any other: the control
 * lcore answers it when it has time, and shares no memory with it.
 *
 * What telemetry can carry decides about the form: an answer of 16 KB, no lists of
 * objects but at the top, no null, true or fractions. A list is an object whose members
 * have numbers for names; a list that does not fit ends early, and `next_from` says what
 * to ask for to go on (from=N). Absent values are left out, fractions and booleans are
 * strings.
 *
 * Not handled: commands that change something. */
#include "control/telemetry.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

#include "control/cmd_grammar.h"
#include "control/ctl_client.h"

/* Bytes of an answer, as JSON; DPDK has 16384 for all of it. */
#define ANSWER_MAX 12000
#define WORDS_MAX  (CGN_CMD_WORDS_MAX + CGN_CMD_FILTERS_MAX)

static char socket_dir[128];

/* ---- values ---- */

static struct rte_tel_data *container_of(const json_t *value);

/* Names may hold letters, digits, _ and /. */
static void
make_name(char out[RTE_TEL_MAX_STRING_LEN], const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < RTE_TEL_MAX_STRING_LEN; i++)
		out[i] = isalnum((unsigned char)name[i]) ? name[i] : '_';
	out[i] = '\0';
}

static void
add_value(struct rte_tel_data *dict, const char *key, const json_t *value)
{
	char name[RTE_TEL_MAX_STRING_LEN], text[32];
	struct rte_tel_data *inner;

	make_name(name, key);
	switch (json_typeof(value)) {
	case JSON_STRING:
		rte_tel_data_add_dict_string(dict, name, json_string_value(value));
		break;
	case JSON_INTEGER:
		rte_tel_data_add_dict_u64(
			dict, name, (uint64_t)json_integer_value(value));
		break;
	case JSON_REAL:
		snprintf(text, sizeof(text), "%.6g", json_real_value(value));
		rte_tel_data_add_dict_string(dict, name, text);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		rte_tel_data_add_dict_string(
			dict, name, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		break;
	default:
		inner = container_of(value);
		if (inner)
			rte_tel_data_add_dict_container(dict, name, inner, 0);
	}
}

static bool
all_strings(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)))
			return false;
	return true;
}

static void
add_members(struct rte_tel_data *dict, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) add_value(dict, key, value);
}

static void
add_numbered(struct rte_tel_data *dict, const json_t *list, size_t first)
{
	char name[24];

	for (size_t i = 0; i < json_array_size(list); i++) {
		snprintf(name, sizeof(name), "%zu", first + i);
		add_value(dict, name, json_array_get(list, i));
	}
}

static struct rte_tel_data *
container_of(const json_t *value)
{
	struct rte_tel_data *data = rte_tel_data_alloc();

	if (!data)
		return NULL;
	if (json_is_array(value) && all_strings(value)) {
		rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
		for (size_t i = 0; i < json_array_size(value); i++)
			rte_tel_data_add_array_string(
				data, json_string_value(json_array_get(value, i)));
		return data;
	}
	rte_tel_data_start_dict(data);
	if (json_is_array(value))
		add_numbered(data, value, 0);
	else
		add_members(data, (json_t *)(uintptr_t)value);
	return data;
}

/* ---- asking ---- */

struct answer {
	const struct cgn_cmd_def *def;
	json_t *entries;   /* of a list: those from `from` on that fit */
	json_t *rest;	   /* the document without them */
	size_t from, seen; /* entries */
	size_t bytes;	   /* of those taken */
	bool full;
	int exit_code;
	char error[RTE_TEL_MAX_STRING_LEN];
};

static void
take_entries(struct answer *a, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry = json_array_get(list, i);

		if (a->seen++ < a->from || a->full)
			continue;
		/* quotes become longer, names of members too */
		a->bytes += json_dumpb(entry, NULL, 0, JSON_COMPACT) + 32;
		a->full = a->bytes > ANSWER_MAX ||
			  json_array_size(a->entries) == RTE_TEL_MAX_DICT_ENTRIES - 8;
		if (!a->full)
			json_array_append(a->entries, entry);
	}
}

/* Takes what a frame brings. False: it was the last one. */
static bool
take_frame(struct answer *a, const char *text, size_t len)
{
	json_t *frame = json_loadb(text, len, 0, NULL);
	json_t *page = json_object_get(frame, "page");
	json_t *list = json_object_get(page, a->def->result);
	const char *error = json_string_value(json_object_get(frame, "error"));

	if (json_is_array(list)) {
		take_entries(a, list);
		json_object_del(page, a->def->result);
	}
	if (page)
		json_object_update(a->rest, page);
	else
		a->exit_code = (int)json_integer_value(json_object_get(frame, "exit"));
	if (error)
		snprintf(a->error, sizeof(a->error), "%s", error);
	json_decref(frame);
	return page != NULL;
}

static void
ask(struct answer *a, int argc, const char *const *argv)
{
	struct cgn_ctl_client *client = cgn_ctl_client_create(socket_dir);
	const char *text;
	size_t len;

	a->exit_code = 3;
	snprintf(a->error, sizeof(a->error), "the daemon does not answer");
	if (!client)
		return;
	if (cgn_ctl_client_send(client, argc, argv) == 0)
		while (cgn_ctl_client_receive(client, &text, &len) == 0 &&
			take_frame(a, text, len))
			;
	cgn_ctl_client_destroy(client);
}

static void
put_answer(const struct answer *a, struct rte_tel_data *info)
{
	json_t *result = json_object_get(a->rest, a->def->result);
	struct rte_tel_data *list;

	rte_tel_data_start_dict(info);
	if (a->exit_code != 0) {
		rte_tel_data_add_dict_string(info, "error", a->error);
		return;
	}
	if (a->def->shape == CGN_CMD_OBJECT) {
		add_members(info, result);
		return;
	}
	list = rte_tel_data_alloc();
	if (!list)
		return;
	rte_tel_data_start_dict(list);
	add_numbered(list, a->entries, a->from);
	rte_tel_data_add_dict_container(info, a->def->result, list, 0);
	if (a->full)
		rte_tel_data_add_dict_u64(
			info, "next_from", a->from + json_array_size(a->entries));
	add_members(info, a->rest);
}

/* The words of a command, from its path and what follows the comma. Returns how many. */
static int
split(char *words, char *params, const char **argv, size_t *from)
{
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	for (char *w = strtok_r(params, ",", &save); w && n < WORDS_MAX;
		w = strtok_r(NULL, ",", &save)) {
		if (strncmp(w, "from=", 5) == 0)
			*from = strtoul(w + 5, NULL, 10);
		else
			argv[n++] = w;
	}
	return n;
}

static void
make_path(const struct cgn_cmd_def *def, char *path, size_t size)
{
	snprintf(path, size, "/cgn/%s", strchr(def->words, ' ') + 1);
	for (char *c = path; *c != '\0'; c++)
		*c = *c == ' ' ? '/' : *c == '-' ? '_' : *c;
}

static bool
is_shown(const struct cgn_cmd_def *def)
{
	return strncmp(def->words, "show ", 5) == 0;
}

static const struct cgn_cmd_def *
find_command(const char *path)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();
	char own[64];

	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		if (!is_shown(&table[i]))
			continue;
		make_path(&table[i], own, sizeof(own));
		if (strcmp(own, path) == 0)
			return &table[i];
	}
	return NULL;
}

/* In a thread of DPDK's. */
static int
answer_path(const char *path, const char *params, struct rte_tel_data *info)
{
	struct answer a = { .def = find_command(path) };
	char *words, *tail = strdup(params ? params : "");
	const char *argv[WORDS_MAX];
	int argc;

	if (!a.def || !tail || !(words = strdup(a.def->words))) {
		free(tail);
		return -1;
	}
	argc = split(words, tail, argv, &a.from);
	a.entries = json_array();
	a.rest = json_object();
	ask(&a, argc, argv);
	put_answer(&a, info);
	json_decref(a.entries);
	json_decref(a.rest);
	free(words);
	free(tail);
	return 0;
}

void
cgn_telemetry_init(const char *run_dir)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();
	char path[64];

	snprintf(socket_dir, sizeof(socket_dir), "%s", run_dir);
	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		if (!is_shown(&table[i]))
			continue;
		make_path(&table[i], path, sizeof(path));
		rte_telemetry_register_cmd(path, answer_path, table[i].help);
	}
}
