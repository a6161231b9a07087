/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Completion and abbreviations, by the grammar alone: a new row in the table of commands
 * is completed, explained by `?` and found by the completion of a shell without a line
 * here. A word may be shortened as long as only one word can be meant in its place; a
 * word that is complete is never taken for the beginning of another.
 *
 * Pure; any thread. Not handled: names of the box's own things (instances, ports). */
#include "control/cmd_complete.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What stands for several commands. */
static const struct {
	const char *word, *help;
} groups[] = {
	{ "show", "prints what is there" },
	{ "clear", "ends what is there" },
	{ "board", "takes boards out of service and back" },
	{ "ha", "backup" },
	{ "centralized-backup", "an instance leaves for another box and comes back" },
	{ "debug", "for tests" },
};

/* The n-th fixed word of a command; false: it has fewer. */
static bool
word_at(const struct cgn_cmd_def *def, int n, char out[CGN_CMD_WORD_SIZE])
{
	const char *p = def->words;

	for (int i = 0; i < n && p; i++) {
		p = strchr(p, ' ');
		p += p != NULL;
	}
	if (!p)
		return false;
	snprintf(out, CGN_CMD_WORD_SIZE, "%.*s", (int)strcspn(p, " "), p);
	return true;
}

/* Whether the first n fixed words are these. */
static bool
begins_with(const struct cgn_cmd_def *def, int n, const char *const *argv)
{
	char word[CGN_CMD_WORD_SIZE];

	for (int i = 0; i < n; i++)
		if (!word_at(def, i, word) || strcmp(word, argv[i]) != 0)
			return false;
	return true;
}

struct found {
	char word[CGN_CMD_WORD_SIZE]; /* the first that fits */
	unsigned n;		      /* different ones */
	bool exact, is_arg;	      /* one fits whole; an argument may stand there */
	char *err;
	size_t err_size;
};

static void
note(struct found *f, const char *word)
{
	size_t used = strlen(f->err);

	if (f->n == 0)
		snprintf(f->word, sizeof(f->word), "%s", word);
	snprintf(f->err + used, f->err_size - used, "%s%s", f->n ? ", " : "", word);
	f->n++;
}

static bool
is_noted(const struct cgn_cmd_def *table, int row, int at, const char *const *argv,
	const char *word)
{
	char other[CGN_CMD_WORD_SIZE];

	for (int i = 0; i < row; i++)
		if (begins_with(&table[i], at, argv) && word_at(&table[i], at, other) &&
			strcmp(other, word) == 0)
			return true;
	return false;
}

/* What word `at` of a command line may mean. */
static void
look_up(struct found *f, int at, const char *const *argv)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();
	size_t len = strlen(argv[at]);
	char word[CGN_CMD_WORD_SIZE];

	f->err[0] = '\0';
	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		if (!begins_with(&table[i], at, argv))
			continue;
		if (!word_at(&table[i], at, word)) {
			f->is_arg |= table[i].arg != NULL;
			continue;
		}
		if (strncmp(word, argv[at], len) != 0 ||
			is_noted(table, i, at, argv, word))
			continue;
		f->exact |= word[len] == '\0';
		note(f, word);
	}
}

int
cgn_cmd_complete_expand(int argc, const char **argv, struct cgn_cmd_full *full, char *err,
	size_t err_size)
{
	char names[256];

	for (int i = 0; i < argc && i < CGN_CMD_WORDS_MAX; i++) {
		struct found f = { .err = names, .err_size = sizeof(names) };

		if (argv[i][0] == '\0' || strchr(argv[i], '='))
			return 0;
		look_up(&f, i, argv);
		if (f.exact)
			continue;
		if (f.n == 0 || f.is_arg)
			return 0;
		if (f.n > 1) {
			snprintf(err, err_size, "\"%.32s\" may be %s", argv[i], names);
			return -EINVAL;
		}
		memcpy(full->word[i], f.word, sizeof(f.word));
		argv[i] = full->word[i];
	}
	return 0;
}

/* What an argument is. */
static const struct {
	const char *arg, *help;
} arguments[] = {
	{ "ID", "id of a service-location" },
	{ "LOCATION", "id of a service-location" },
	{ "NAME", "name of one of them" },
	{ "INSTANCE", "name of the instance" },
	{ "FILE", "a configuration" },
	{ "SLOT CPU", "slot of the board, and one CPU of it" },
	{ "PORT FILE", "name of the port, and what to write: - for standard output" },
	{ "ADDRESS:PORT", "public address and port" },
	{ "N", "how many commits back" },
	{ "SECONDS", "how far" },
};

static const char *
help_of_argument(const struct cgn_cmd_def *def)
{
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (strcmp(arguments[i].arg, def->arg) == 0)
			return arguments[i].help;
	return def->help;
}

/* ---- completion ---- */

struct offer {
	const char *part;
	cgn_cmd_complete_fn *fn;
	void *ctx;
};

static void
offer(const struct offer *o, const char *word, const char *help)
{
	if (strncmp(word, o->part, strlen(o->part)) == 0)
		o->fn(o->ctx, word, help, true);
}

static const char *
help_of(const struct cgn_cmd_def *def, int at, const char *word)
{
	char next[CGN_CMD_WORD_SIZE];

	if (!word_at(def, at + 1, next))
		return def->help;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].word, word) == 0)
			return groups[i].help;
	return "";
}

static void
offer_choices(const struct offer *o, const char *prefix, const char *choices)
{
	char word[96];

	for (const char *p = choices; *p != '\0'; p += *p == '|') {
		size_t len = strcspn(p, "|");

		snprintf(word, sizeof(word), "%s%.*s", prefix, (int)len, p);
		offer(o, word, "");
		p += len;
	}
}

static bool
is_given(int argc, const char *const *argv, const char *key)
{
	size_t len = strlen(key);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], key, len) == 0 &&
			(argv[i][len] == '=' || argv[i][len] == '\0'))
			return true;
	return false;
}

static void
offer_key(const struct offer *o, const struct cgn_cmd_key *key)
{
	size_t len = strlen(key->name);
	char word[64];

	snprintf(word, sizeof(word), "%s=", key->name);
	if (key->word && strncmp(o->part, word, len + 1) != 0)
		offer(o, key->name, key->help);
	else if (strncmp(o->part, word, len + 1) != 0)
		offer(o, word, key->help);
	else if (key->type == CGN_CMD_TYPE_PROTO)
		offer_choices(o, word, "tcp|udp|icmp");
	else if (key->type == CGN_CMD_TYPE_ROLE)
		offer_choices(o, word, "active|standby");
	else if (o->part[len + 1] == '\0')
		o->fn(o->ctx, cgn_cmd_value_expected(key->type), key->help, false);
}

/* The key that is given by this word, and its value by the next one. */
static const struct cgn_cmd_key *
word_key(const struct cgn_cmd_def *def, const char *word)
{
	for (const struct cgn_cmd_key *k = def->keys; k && k->name; k++)
		if (k->word && strcmp(k->name, word) == 0)
			return k;
	return NULL;
}

/* What follows the fixed words: n of them, argc words in all. */
static void
offer_rest(const struct offer *o, const struct cgn_cmd_def *def, int n, int argc,
	const char *const *argv)
{
	int args = 0, room = def->arg ? 1 + (strchr(def->arg, ' ') != NULL) : 0;
	const struct cgn_cmd_key *open = NULL; /* the word before is this key */

	for (int i = n; i < argc; i++) {
		const struct cgn_cmd_key *key = open ? NULL : word_key(def, argv[i]);

		args += !open && !key && strchr(argv[i], '=') == NULL;
		open = key;
	}
	if (open) {
		if (o->part[0] == '\0')
			o->fn(o->ctx, cgn_cmd_value_expected(open->type), open->help,
				false);
		return;
	}
	if (args < room && strchr(def->arg, '|'))
		offer_choices(o, "", def->arg);
	else if (args < room && o->part[0] == '\0')
		o->fn(o->ctx, def->arg, help_of_argument(def), false);
	for (const struct cgn_cmd_key *k = def->keys; k && k->name; k++)
		if (!is_given(argc - n, argv + n, k->name))
			offer_key(o, k);
}

void
cgn_cmd_complete(int argc, const char *const *argv, const char *part,
	cgn_cmd_complete_fn *fn, void *ctx)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();
	const struct offer o = { part, fn, ctx };
	const char *words[CGN_CMD_WORDS_MAX + CGN_CMD_FILTERS_MAX];
	char word[CGN_CMD_WORD_SIZE], err[256];
	struct cgn_cmd_full full;

	if (argc > CGN_CMD_WORDS_MAX + CGN_CMD_FILTERS_MAX)
		return;
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	if (cgn_cmd_complete_expand(argc, words, &full, err, sizeof(err)) != 0)
		return;
	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		int n = 0;

		while (n < argc && word_at(&table[i], n, word) &&
			strcmp(word, words[n]) == 0)
			n++;
		if (!word_at(&table[i], n, word))
			offer_rest(&o, &table[i], n, argc, words);
		else if (n == argc && !is_noted(table, i, n, words, word))
			offer(&o, word, help_of(&table[i], n, word));
	}
}
