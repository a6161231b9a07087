/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The operator's shell: cgnctl without a command, on a terminal.
 *
 * libedit reads the lines: its keys, its history (kept in ~/.cgnctl_history). Tab
 * completes and ? explains, both from the grammar of the commands. A command runs in a
 * process of its own, so that Ctrl-C ends it and not the shell, whatever it waits for;
 * the daemon notices that its client has gone.
 *
 * Not handled: quoting (a regular expression may hold no blank: \. or [[:space:]] does),
 * variables, scripts (for these there is cgnctl COMMAND). */
#include "control/ctl_shell.h"

#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/cmd_complete.h"
#include "control/ctl_filter.h"

#define WORDS_MAX 64

struct shell {
	EditLine *edit;
	History *history;
	HistEvent event;
	char file[512]; /* of the history; "": none */
};

/* ---- lines into words ---- */

static int
split(char *line, const char **words)
{
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " \t\r\n", &save); w && n < WORDS_MAX;
		w = strtok_r(NULL, " \t\r\n", &save))
		words[n++] = w;
	return n;
}

/* The line up to the cursor: its complete words, and what has been typed of the next. */
static int
split_before_cursor(
	EditLine *edit, char *copy, size_t size, const char **words, const char **part)
{
	const LineInfo *line = el_line(edit);
	size_t len = (size_t)(line->cursor - line->buffer);
	int n;

	if (len >= size)
		len = size - 1;
	memcpy(copy, line->buffer, len);
	copy[len] = '\0';
	*part = "";
	n = split(copy, words);
	if (n > 0 && len > 0 && line->cursor[-1] != ' ' && line->cursor[-1] != '\t')
		*part = words[--n];
	return n;
}

/* ---- completion ---- */

struct candidates {
	char common[128]; /* what all begin with */
	unsigned n;
	bool list; /* print them */
};

static void
collect(void *ctx, const char *word, const char *help, bool typed)
{
	struct candidates *c = ctx;
	size_t same = 0;

	if (c->list)
		printf("  %-24s %s\n", word, help);
	if (!typed)
		return;
	if (c->n++ == 0)
		snprintf(c->common, sizeof(c->common), "%s", word);
	while (c->common[same] != '\0' && c->common[same] == word[same])
		same++;
	c->common[same] = '\0';
}

static const struct {
	const char *word, *help;
} filters[] = {
	{ "include", "lines that match a regular expression" },
	{ "exclude", "lines that do not match" },
	{ "count", "the number of lines, without the header" },
	{ "json", "one JSON document" },
	{ "no-more", "without stopping at the end of a page" },
};

/* What may follow: behind a | filters, else what the grammar says. */
static void
find_candidates(int argc, const char *const *argv, const char *part, struct candidates *c)
{
	if (argc > 0 && strcmp(argv[argc - 1], "|") == 0) {
		for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
			if (strncmp(filters[i].word, part, strlen(part)) == 0)
				collect(c, filters[i].word, filters[i].help, true);
		return;
	}
	cgn_cmd_complete(argc, argv, part, collect, c);
	if (argc == 0 && strncmp("top", part, strlen(part)) == 0)
		collect(c, "top", "what the box does now, once a second", true);
	if (argc == 0 && strncmp("exit", part, strlen(part)) == 0)
		collect(c, "exit", "leaves the shell", true);
}

static void
list_candidates(EditLine *edit)
{
	struct candidates c = { .list = true };
	const char *words[WORDS_MAX], *part;
	char copy[1024];
	int n = split_before_cursor(edit, copy, sizeof(copy), words, &part);

	putchar('\n');
	find_candidates(n, words, part, &c);
	fflush(stdout);
}

static unsigned char
complete(EditLine *edit, int key)
{
	struct candidates c = { .list = false };
	const char *words[WORDS_MAX], *part;
	char copy[1024];
	int n = split_before_cursor(edit, copy, sizeof(copy), words, &part);

	(void)key;
	find_candidates(n, words, part, &c);
	if (c.n == 0)
		return CC_REFRESH_BEEP;
	if (strlen(c.common) > strlen(part)) {
		el_insertstr(edit, c.common + strlen(part));
		if (c.n == 1 && c.common[strlen(c.common) - 1] != '=')
			el_insertstr(edit, " ");
		return CC_REFRESH;
	}
	if (c.n == 1) {
		el_insertstr(edit, " ");
		return CC_REFRESH;
	}
	list_candidates(edit);
	return CC_REDISPLAY;
}

static unsigned char
explain(EditLine *edit, int key)
{
	(void)key;
	list_candidates(edit);
	return CC_REDISPLAY;
}

/* ---- running ---- */

static unsigned
terminal_rows(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_row;
}

static bool
is_table(int argc, const char *const *argv, bool json)
{
	struct cgn_cmd_call call;
	char err[256];

	return !json && cgn_cmd_grammar_parse(argc, argv, &call, err, sizeof(err)) == 0 &&
	       call.def->shape != CGN_CMD_OBJECT && !call.def->stream && call.arg == NULL;
}

/* An answer that goes on while it is read is not stopped at the end of a screen. */
static unsigned
rows_for(int argc, const char *const *argv)
{
	struct cgn_cmd_call call;
	char err[256];

	if (cgn_cmd_grammar_parse(argc, argv, &call, err, sizeof(err)) == 0 &&
		call.def->stream)
		return 0;
	return terminal_rows();
}

/* In the process of the command. */
static int
run_here(cgn_ctl_shell_fn *run, void *ctx, int argc, const char **argv)
{
	struct cgn_ctl_filter *filter;
	struct cgn_cmd_full full;
	char err[512];
	FILE *out;
	bool json;
	int n = 0, code = 2;

	while (n < argc && strcmp(argv[n], "|") != 0)
		n++;
	if (cgn_ctl_filter_create(argc - n, argv + n, &filter, err, sizeof(err)) != 0 ||
		cgn_cmd_complete_expand(n, argv, &full, err, sizeof(err)) != 0) {
		fprintf(stderr, "%s\n", err);
		return code;
	}
	json = cgn_ctl_filter_json(filter);
	out = cgn_ctl_filter_open(
		filter, stdout, is_table(n, argv, json), rows_for(n, argv));
	if (out) {
		code = run(ctx, n, argv, json, out);
		fclose(out);
	}
	cgn_ctl_filter_destroy(filter);
	return code;
}

static void
run_apart(cgn_ctl_shell_fn *run, void *ctx, int argc, const char **argv)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		_exit((run_here(run, ctx, argc, argv) & 0xff) | (fflush(NULL) & 0));
	}
	if (child < 0)
		perror("cgnctl: fork");
	else
		waitpid(child, NULL, 0);
}

/* ---- the shell ---- */

static char *
prompt(EditLine *edit)
{
	static char text[] = "cgnctl> ";

	(void)edit;
	return text;
}

static int
open_shell(struct shell *s)
{
	const char *home = getenv("HOME");

	s->edit = el_init("cgnctl", stdin, stdout, stderr);
	s->history = history_init();
	if (!s->edit || !s->history)
		return -1;
	if (home)
		snprintf(s->file, sizeof(s->file), "%s/.cgnctl_history", home);
	history(s->history, &s->event, H_SETSIZE, 1000);
	history(s->history, &s->event, H_SETUNIQUE, 1);
	if (s->file[0])
		history(s->history, &s->event, H_LOAD, s->file);
	el_set(s->edit, EL_EDITOR, "emacs");
	el_set(s->edit, EL_SIGNAL, 1);
	el_set(s->edit, EL_PROMPT, prompt);
	el_set(s->edit, EL_HIST, history, s->history);
	el_set(s->edit, EL_ADDFN, "cgn-complete", "completes a word", complete);
	el_set(s->edit, EL_ADDFN, "cgn-explain", "says what may follow", explain);
	el_set(s->edit, EL_BIND, "\t", "cgn-complete", NULL);
	el_set(s->edit, EL_BIND, "?", "cgn-explain", NULL);
	el_set(s->edit, EL_BIND, "^r", "em-inc-search-prev", NULL);
	return 0;
}

static void
close_shell(struct shell *s)
{
	if (s->history && s->file[0]) {
		umask(077);
		history(s->history, &s->event, H_SAVE, s->file);
	}
	if (s->edit)
		el_end(s->edit);
	if (s->history)
		history_end(s->history);
}

/* One line. False: it was the last one. */
static bool
take_line(struct shell *s, const char *text, cgn_ctl_shell_fn *run, void *ctx)
{
	const char *words[WORDS_MAX];
	char *line = strdup(text);
	bool more = true;
	int n;

	if (!line)
		return false;
	n = split(line, words);
	if (n > 0) {
		history(s->history, &s->event, H_ENTER, text);
		more = strcmp(words[0], "exit") != 0 && strcmp(words[0], "quit") != 0;
		if (more)
			run_apart(run, ctx, n, words);
	}
	free(line);
	return more;
}

int
cgn_ctl_shell(cgn_ctl_shell_fn *run, void *ctx)
{
	struct shell s = { .file = "" };
	const char *line;
	int count;

	if (open_shell(&s) != 0) {
		fprintf(stderr, "cgnctl: the terminal cannot be used\n");
		close_shell(&s);
		return 2;
	}
	signal(SIGINT, SIG_IGN);
	do {
		line = el_gets(s.edit, &count);
	} while (line && count > 0 && take_line(&s, line, run, ctx));
	if (!line || count <= 0)
		putchar('\n');
	close_shell(&s);
	return 0;
}
