/* SPDX-License-Identifier: BSD-3-Clause */
/* Abbreviations and what may come next, by the grammar alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/cmd_complete.h"
#include "tests/unit/suite.h"

static int
split(char *line, const char **words)
{
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	return n;
}

static char err[256];

/* The full line, or "?" when a word may mean several. */
static const char *
full_of(const char *line)
{
	static char out[256];
	struct cgn_cmd_full full;
	const char *words[16];
	char copy[256];
	int n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split(copy, words);
	if (cgn_cmd_complete_expand(n, words, &full, err, sizeof(err)) != 0)
		return "?";
	out[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
			i > 0 ? " " : "", words[i]);
	return out;
}

static void
test_expand(void)
{
	static const char *const rows[][2] = {
		{ "sh b", "show board" },
		{ "show board", "show board" },
		{ "sh service-l 7", "show service-location 7" },
		{ "sh nat inst nat1", "show nat instance nat1" },
		{ "sh ds inst", "show ds-lite instance" },
		{ "cl u inside=10.0.0.1", "clear user inside=10.0.0.1" },
		/* one that is complete is no beginning of another */
		{ "sh nat instance", "show nat instance" },
		{ "centralized-backup switch ds1", "centralized-backup switch ds1" },
		/* what may be an argument is left alone */
		{ "sh board x", "show board x" },
		{ "sh conf run", "show config run" },
		{ "xyz board", "xyz board" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_STRING_EQUAL(full_of(rows[i][0]), rows[i][1]);
	CU_ASSERT_STRING_EQUAL(full_of("show s"), "?");
	CU_ASSERT_STRING_EQUAL(err,
		"\"s\" may be service-location, service-instance-group, session, "
		"statistics");
}

static void
note(void *ctx, const char *word, const char *help, bool typed)
{
	char *out = ctx;

	(void)help;
	snprintf(out + strlen(out), 1024 - strlen(out), typed ? "%s " : "<%s> ", word);
}

/* All that may follow a line; the last word has been begun unless a blank ends it. */
static const char *
next_of(const char *line)
{
	static char out[1024];
	const char *words[16], *part = "";
	char copy[256];
	size_t len = strlen(line);
	int n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split(copy, words);
	if (n > 0 && line[len - 1] != ' ')
		part = words[--n];
	out[0] = '\0';
	cgn_cmd_complete(n, words, part, note, out);
	return out;
}

static void
test_complete(void)
{
	static const char *const rows[][2] = {
		{ "cle", "clear " },
		{ "clear ", "session user " },
		{ "show ses", "session " },
		{ "sh ses", "session " },
		{ "show na", "nat nat64 " },
		{ "show nat ", "instance " },
		{ "show nat instance ", "<NAME> " },
		{ "show nat instance nat1 ", "" },
		{ "show config ", "history running candidate " },
		{ "show config c", "candidate " },
		{ "show user ro", "role= " },
		{ "show user role=", "role=active role=standby " },
		{ "show user role=s", "role=standby " },
		{ "show session proto=t", "proto=tcp " },
		{ "show user role=active ro", "" },
		{ "clear user ",
			"instance= softwire= inside= outside= location= slot= " },
		{ "clear user slot=1 inside=10.0.0.1 ",
			"instance= softwire= outside= location= " },
		{ "commit ", "confirmed comment " },
		{ "commit conf", "confirmed " },
		{ "commit confirmed ", "<seconds, 1..86400> " },
		{ "commit confirmed 60 ", "comment " },
		{ "commit confirmed=", "<seconds, 1..86400> " },
		{ "reload comment x ", "<FILE> " },
		{ "nonsense ", "" },
		{ "show s x", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *is = next_of(rows[i][0]);

		if (strcmp(is, rows[i][1]) != 0)
			fprintf(stderr, "%s: %s\n", rows[i][0], is);
		CU_ASSERT_STRING_EQUAL(is, rows[i][1]);
	}
}

static void
keep_help(void *ctx, const char *word, const char *help, bool typed)
{
	(void)word;
	if (!typed)
		snprintf(ctx, 64, "%s", help);
}

static void
test_help(void)
{
	const char *const words[] = { "show", "service-location" };
	char help[64] = "";

	cgn_cmd_complete(2, words, "", keep_help, help);
	CU_ASSERT_STRING_EQUAL(help, "id of a service-location");
}

/* Every command can be typed with nothing but what is offered. */
static void
test_all(void)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();

	for (int i = 0; i < CGN_CMD_COUNT; i++) {
		for (size_t len = 0; len < strlen(table[i].words); len++) {
			char line[128], word[64];
			const char *from;
			size_t begin;

			snprintf(line, sizeof(line), "%.*s", (int)len, table[i].words);
			from = strrchr(line, ' ');
			begin = from ? (size_t)(from - line) + 1 : 0;
			snprintf(word, sizeof(word), "%.*s ",
				(int)strcspn(table[i].words + begin, " "),
				table[i].words + begin);
			CU_ASSERT_PTR_NOT_NULL(strstr(next_of(line), word));
		}
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "abbreviations", test_expand },
		{ "what may follow", test_complete },
		{ "what an argument is", test_help },
		{ "all commands", test_all },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd_complete", tests);
}
