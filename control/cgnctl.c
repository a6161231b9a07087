/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cgnctl: the operator's command line.
 *
 * One command per run: checked against the grammar here, sent to the daemon over its
 * socket, the answer printed as it comes. Without a command, on a terminal, a shell that
 * runs one after the other. Words may be shortened. Exit 0; 1 the daemon refused, its
 * reason on stderr; 2 usage; 3 no daemon, or it went away before the answer was complete.
 * Links neither DPDK nor the daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cmd_complete.h"
#include "control/cmd_grammar.h"
#include "control/ctl_capture.h"
#include "control/ctl_client.h"
#include "control/ctl_print.h"
#include "control/ctl_shell.h"
#include "control/ctl_top.h"

enum exit_code { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_NO_DAEMON };

struct options {
	const char *run_dir;
	const char *complete; /* what has been typed of a word to be completed */
	bool json;
	bool help;
	bool version;
};

static void
print_usage(FILE *out)
{
	fputs("usage: cgnctl [--run-dir DIR] [--json] [COMMAND]\n"
	      "  --run-dir DIR  run directory of the daemon, /run/cgnd unless given\n"
	      "  --json         print one JSON document\n"
	      "  --version      print the version of cgnctl\n"
	      "\"cgnctl help\" lists the commands. On a terminal, \"cgnctl top\" shows\n"
	      "the box at work, and cgnctl alone is a shell.\n",
		out);
}

static int
read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "run-dir", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "complete", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "r:jhV", known, NULL)) != -1) {
		switch (c) {
		case 'r':
			options->run_dir = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			options->help = true;
			break;
		case 'V':
			options->version = true;
			break;
		case 'c':
			options->complete = optarg;
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

static json_t *
describe(const struct cgn_cmd_def *def)
{
	json_t *keys = json_array();
	const struct cgn_cmd_key *key = def->keys;
	char usage[256];

	for (; key != NULL && key->name != NULL; key++)
		json_array_append_new(keys, json_string(key->name));
	return json_pack("{s:s,s:s,s:o}", "command",
		cgn_cmd_grammar_usage(def, usage, sizeof(usage)), "does", def->help,
		"keys", keys);
}

static int
print_help(struct cgn_ctl_print *print)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();
	json_t *commands = json_array();
	json_t *page = json_pack("{s:o}", print->def->result, commands);

	for (int i = 0; i < CGN_CMD_COUNT; i++)
		json_array_append_new(commands, describe(&table[i]));
	cgn_ctl_print_page(print, page);
	cgn_ctl_print_end(print);
	json_decref(page);
	return EXIT_OK;
}

/* Line by line, for a configuration may have several errors. */
static void
print_error(const char *text)
{
	do {
		size_t n = strcspn(text, "\n");

		fprintf(stderr, "cgnctl: %.*s\n", (int)n, text);
		text += n + (text[n] != '\0');
	} while (*text != '\0');
}

static int
finish(struct cgn_ctl_print *print, json_t *frame)
{
	int code = (int)json_integer_value(json_object_get(frame, "exit"));
	const char *error = json_string_value(json_object_get(frame, "error"));

	if (code == EXIT_OK)
		cgn_ctl_print_end(print);
	else
		print_error(error != NULL ? error : "refused");
	return code == EXIT_OK || code == EXIT_USAGE ? code : EXIT_REFUSED;
}

/* Writes blocks of a capture; -1, or the exit code when that cannot be. */
static int
write_blocks(struct cgn_ctl_print *print, const json_t *blocks)
{
	int rc = cgn_ctl_capture_write(print->capture, blocks);

	if (rc == 0)
		return -1;
	fprintf(stderr, "cgnctl: cannot write the capture: %s\n",
		rc == -ENOTSUP ? "no frames to a terminal" : strerror(-rc));
	return EXIT_REFUSED;
}

/* Prints a frame; the exit code when it was the last one, else -1. */
static int
print_frame(struct cgn_ctl_print *print, const char *text, size_t len)
{
	json_t *frame, *page, *blocks;
	int code = -1;

	if (cgn_ctl_print_text(print, text, len))
		return -1;
	frame = json_loadb(text, len, 0, NULL);
	if (!json_is_object(frame)) {
		json_decref(frame);
		fprintf(stderr, "cgnctl: the answer is not understood\n");
		return EXIT_NO_DAEMON;
	}
	page = json_object_get(frame, "page");
	blocks = json_object_get(page, "capture");
	if (print->capture != NULL && json_is_array(blocks))
		code = write_blocks(print, blocks);
	else if (page != NULL)
		cgn_ctl_print_page(print, page);
	else
		code = finish(print, frame);
	json_decref(frame);
	return code;
}

static int
print_answer(struct cgn_ctl_client *client, struct cgn_ctl_print *print)
{
	int code = -1;

	while (code < 0) {
		const char *text;
		size_t len;

		if (cgn_ctl_client_receive(client, &text, &len) != 0) {
			fprintf(stderr, "cgnctl: the daemon has gone away\n");
			return EXIT_NO_DAEMON;
		}
		code = print_frame(print, text, len);
		if (code < 0 && print->def->stream)
			fflush(print->out);
		if (code < 0 && ferror(print->out))
			return EXIT_REFUSED;
	}
	return code;
}

/* The daemon has another working directory: what is named from here gets its whole path.
 * Allocated, or NULL where nothing is to be changed. */
static char *
whole_path(const struct cgn_cmd_call *call)
{
	char *dir, *path;

	if (call->def->arg == NULL || strcmp(call->def->arg, "FILE") != 0 ||
		call->arg == NULL || call->arg[0] == '/')
		return NULL;
	dir = getcwd(NULL, 0);
	if (dir == NULL || asprintf(&path, "%s/%s", dir, call->arg) < 0)
		path = NULL;
	free(dir);
	return path;
}

/* Ctrl-C ends a stream in good order; the second one ends cgnctl. */
static const struct cgn_ctl_client *streaming;

static void
on_signal(int signo)
{
	(void)signo;
	cgn_ctl_client_enough(streaming);
}

static void
stream_until_signal(const struct cgn_ctl_client *client)
{
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART | (int)SA_RESETHAND };

	streaming = client;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int
ask_daemon(const struct options *options, struct cgn_ctl_print *print, int argc,
	const char *const *argv)
{
	struct cgn_ctl_client *client = cgn_ctl_client_create(options->run_dir);
	int rc;

	if (client == NULL) {
		fprintf(stderr, "cgnctl: no daemon at %s/cgnd.sock: %s\n",
			options->run_dir, strerror(errno));
		return EXIT_NO_DAEMON;
	}
	rc = cgn_ctl_client_send(client, argc, argv);
	if (print->def->stream)
		stream_until_signal(client);
	if (rc == 0) {
		rc = print_answer(client, print);
	} else {
		fprintf(stderr, "cgnctl: cannot send the command: %s\n", strerror(-rc));
		rc = rc == -EILSEQ ? EXIT_USAGE : EXIT_NO_DAEMON;
	}
	cgn_ctl_client_destroy(client);
	return rc;
}

/* As ask_daemon(), with the whole path of a file that is named. */
static int
ask_whole(const struct options *options, struct cgn_ctl_print *print,
	const struct cgn_cmd_call *call, int argc, const char *const *argv)
{
	const char **words = reallocarray(NULL, (size_t)argc, sizeof(*words));
	char *path = whole_path(call);
	int code;

	if (words == NULL)
		return EXIT_REFUSED;
	for (int i = 0; i < argc; i++)
		words[i] = path != NULL && argv[i] == call->arg ? path : argv[i];
	code = ask_daemon(options, print, argc, words);
	free(words);
	free(path);
	return code;
}

/* The same, with the filter as a program: "filter=…", allocated, or NULL where none is
 * given. */
static int
compile_filter(const struct cgn_cmd_call *call, char **word)
{
	const struct cgn_cmd_value *filter = cgn_cmd_grammar_filter(call, "filter");
	char err[512] = "", *program;

	*word = NULL;
	if (filter == NULL)
		return EXIT_OK;
	program = cgn_ctl_capture_compile(filter->text, err, sizeof(err));
	if (program == NULL || asprintf(word, "filter=%s", program) < 0) {
		fprintf(stderr, "cgnctl: %s\n", err);
		return EXIT_USAGE;
	}
	free(program);
	return EXIT_OK;
}

static int
ask_capture(const struct options *options, struct cgn_ctl_print *print,
	const struct cgn_cmd_call *call, int argc, const char *const *argv)
{
	const char **words = reallocarray(NULL, (size_t)argc, sizeof(*words));
	char *filter = NULL;
	int rc, code = compile_filter(call, &filter);

	print->capture = cgn_ctl_capture_create(call->arg2, print->out);
	if (strcmp(call->arg2, "-") == 0)
		print->out = stderr;
	for (int i = 0; words != NULL && i < argc; i++)
		words[i] = filter != NULL && strncmp(argv[i], "filter=", 7) == 0
				   ? filter
				   : argv[i];
	if (code == EXIT_OK && words != NULL && print->capture != NULL)
		code = ask_daemon(options, print, argc, words);
	rc = cgn_ctl_capture_close(print->capture);
	if (rc != 0 && code == EXIT_OK) {
		fprintf(stderr, "cgnctl: %s: %s\n", call->arg2, strerror(-rc));
		code = EXIT_REFUSED;
	}
	free(words);
	free(filter);
	return code;
}

static int
run_words(void *ctx, int argc, const char *const *argv, bool json, FILE *out)
{
	const struct options *options = ctx;
	struct cgn_ctl_print print;
	struct cgn_cmd_call call;
	char error[512];
	int code;

	/* not one of the daemon's: made of what several of them answer */
	if (argc == 1 && strcmp(argv[0], "top") == 0)
		return cgn_ctl_top(options->run_dir);
	if (cgn_cmd_grammar_parse(argc, argv, &call, error, sizeof(error)) != 0) {
		fprintf(stderr, "cgnctl: %s\n", error);
		return EXIT_USAGE;
	}
	cgn_ctl_print_init(&print, out, &call, json);
	if (call.def->id == CGN_CMD_HELP)
		code = print_help(&print);
	else if (call.def->id == CGN_CMD_CAPTURE)
		code = ask_capture(options, &print, &call, argc, argv);
	else
		code = ask_whole(options, &print, &call, argc, argv);
	cgn_ctl_print_fini(&print);
	return code;
}

static int
run_command(struct options *options, int argc, const char **argv)
{
	struct cgn_cmd_full full;
	char error[512];
	int code;

	if (cgn_cmd_complete_expand(argc, argv, &full, error, sizeof(error)) != 0) {
		fprintf(stderr, "cgnctl: %s\n", error);
		return EXIT_USAGE;
	}
	code = run_words(options, argc, argv, options->json, stdout);
	if (code == EXIT_OK && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "cgnctl: cannot write: %s\n", strerror(errno));
		code = EXIT_REFUSED;
	}
	return code;
}

/* For the completion of a shell: a line for each word that may stand there. */
static void
print_candidate(void *ctx, const char *word, const char *help, bool typed)
{
	(void)ctx;
	(void)help;
	if (typed)
		puts(word);
}

int
main(int argc, char **argv)
{
	struct options options = { .run_dir = "/run/cgnd" };
	const char **words;
	const char *help[] = { "help" };

	if (read_options(argc, argv, &options) != 0) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	words = (const char **)(argv + optind);
	if (options.version) {
		puts("cgnctl " CGN_VERSION);
		return EXIT_OK;
	}
	if (options.help) {
		print_usage(stdout);
		return run_command(&options, 1, help);
	}
	if (options.complete) {
		cgn_cmd_complete(
			argc - optind, words, options.complete, print_candidate, NULL);
		return EXIT_OK;
	}
	if (optind < argc)
		return run_command(&options, argc - optind, words);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return cgn_ctl_shell(run_words, &options);
	print_usage(stderr);
	return EXIT_USAGE;
}
