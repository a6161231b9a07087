/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The grammar of the operator's commands: one table, linked into cgnctl and cgnd.
 *
 * A command is one to three fixed words, then at most one argument, then key=value
 * filters in any order. cgnctl reads it to refuse a wrong command without asking the
 * daemon and to know the shape of the answer; cgnd reads it again because a socket is
 * open to programs other than cgnctl. A command has a row here only when it works.
 *
 * Not handled: abbreviations, and quoting (argv comes apart already).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/cmd_grammar.h"

static const struct cgn_cmd_key session_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "proto", CGN_CMD_TYPE_PROTO, "transport protocol" },
	{ "softwire", CGN_CMD_TYPE_SOFTWIRE, "address of the B4" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address and port" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address and port" },
	{ "remote", CGN_CMD_TYPE_ENDPOINT, "address and port of the far end" },
	{ "location", CGN_CMD_TYPE_NUMBER, "service-location" },
	{ "slot", CGN_CMD_TYPE_NUMBER, "board that hosts it" },
	{ "role", CGN_CMD_TYPE_ROLE, "role of the location on that board" },
	{ "limit", CGN_CMD_TYPE_COUNT, "stop after so many entries" },
	{ "cursor", CGN_CMD_TYPE_TOKEN, "go on where a page ended" },
	{ NULL },
};

static const struct cgn_cmd_key user_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "softwire", CGN_CMD_TYPE_SOFTWIRE, "address of the B4" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address" },
	{ "location", CGN_CMD_TYPE_NUMBER, "service-location" },
	{ "slot", CGN_CMD_TYPE_NUMBER, "board that hosts it" },
	{ "role", CGN_CMD_TYPE_ROLE, "role of the location on that board" },
	{ "limit", CGN_CMD_TYPE_COUNT, "stop after so many entries" },
	{ "cursor", CGN_CMD_TYPE_TOKEN, "go on where a page ended" },
	{ NULL },
};

static const struct cgn_cmd_key clear_session_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "proto", CGN_CMD_TYPE_PROTO, "transport protocol" },
	{ "softwire", CGN_CMD_TYPE_SOFTWIRE, "address of the B4" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address and port" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address and port" },
	{ "remote", CGN_CMD_TYPE_ENDPOINT, "address and port of the far end" },
	{ "location", CGN_CMD_TYPE_NUMBER, "service-location" },
	{ "slot", CGN_CMD_TYPE_NUMBER, "board that hosts it" },
	{ NULL },
};

static const struct cgn_cmd_key clear_user_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "softwire", CGN_CMD_TYPE_SOFTWIRE, "address of the B4" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address" },
	{ "location", CGN_CMD_TYPE_NUMBER, "service-location" },
	{ "slot", CGN_CMD_TYPE_NUMBER, "board that hosts it" },
	{ NULL },
};

static const struct cgn_cmd_key who_had_keys[] = {
	{ "at", CGN_CMD_TYPE_TIME, "when; known since the present holder has it", true },
	{ NULL },
};

static const struct cgn_cmd_key rules_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address, or address of the B4" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address and port" },
	{ NULL },
};

static const struct cgn_cmd_key comment_keys[] = {
	{ "comment", CGN_CMD_TYPE_TEXT, "for the history", true },
	{ NULL },
};

static const struct cgn_cmd_key commit_keys[] = {
	{ "confirmed", CGN_CMD_TYPE_SECONDS, "seconds until it goes back by itself",
		true },
	{ "comment", CGN_CMD_TYPE_TEXT, "for the history", true },
	{ NULL },
};

static const struct cgn_cmd_key trace_keys[] = {
	{ "instance", CGN_CMD_TYPE_NAME, "name of the instance" },
	{ "proto", CGN_CMD_TYPE_PROTO, "transport protocol" },
	{ "softwire", CGN_CMD_TYPE_SOFTWIRE, "address of the B4" },
	{ "inside", CGN_CMD_TYPE_ENDPOINT, "inside address and port" },
	{ "outside", CGN_CMD_TYPE_ENDPOINT, "public address and port" },
	{ "remote", CGN_CMD_TYPE_ENDPOINT, "address and port of the far end" },
	{ "address", CGN_CMD_TYPE_ENDPOINT, "any end, before or behind translation" },
	{ "port", CGN_CMD_TYPE_NAME, "port that it came in on" },
	{ "location", CGN_CMD_TYPE_NUMBER, "service-location" },
	{ "slot", CGN_CMD_TYPE_NUMBER, "only on this board" },
	{ "count", CGN_CMD_TYPE_COUNT, "stop after so many packets" },
	{ "seconds", CGN_CMD_TYPE_COUNT, "stop after so long" },
	{ NULL },
};

static const struct cgn_cmd_key capture_keys[] = {
	{ "filter", CGN_CMD_TYPE_EXPRESSION, "which frames: as tcpdump takes it" },
	{ "direction", CGN_CMD_TYPE_DIRECTION, "only frames received, or only sent" },
	{ "snaplen", CGN_CMD_TYPE_COUNT, "bytes of each frame that are kept" },
	{ "count", CGN_CMD_TYPE_COUNT, "stop after so many frames" },
	{ "seconds", CGN_CMD_TYPE_COUNT, "stop after so long" },
	{ NULL },
};

static const struct cgn_cmd_def table[CGN_CMD_COUNT] = {
	{ CGN_CMD_HELP, "help", NULL, "commands", CGN_CMD_LIST, NULL,
		"lists the commands" },
	{ CGN_CMD_SHOW_VERSION, "show version", NULL, "version", CGN_CMD_OBJECT, NULL,
		"version of the running daemon" },
	{ CGN_CMD_SHOW_HISTORY, "show config history", NULL, "history", CGN_CMD_LIST,
		NULL, "configurations that were in effect, the newest first" },
	{ CGN_CMD_SHOW_CONFIG, "show config", "running|candidate", "config",
		CGN_CMD_OBJECT, NULL, "the configuration, defaults filled in" },
	{ CGN_CMD_SHOW_PORTS, "show ports", NULL, "ports", CGN_CMD_LIST, NULL,
		"ports, link states and packets" },
	{ CGN_CMD_SHOW_ROUTES, "show routes", NULL, "routes", CGN_CMD_LIST, NULL,
		"connected and static routes, per VPN" },
	{ CGN_CMD_SHOW_NEIGHBOURS, "show neighbours", NULL, "neighbours", CGN_CMD_LIST,
		NULL, "ARP and neighbour discovery entries" },
	{ CGN_CMD_SHOW_BOARD, "show board", NULL, "boards", CGN_CMD_LIST, NULL,
		"service boards: state, load, use of the licence" },
	{ CGN_CMD_SHOW_LOCATION, "show service-location", "ID", "service_locations",
		CGN_CMD_LIST, NULL, "service-locations and who hosts them" },
	{ CGN_CMD_SHOW_GROUP, "show service-instance-group", "NAME",
		"service_instance_groups", CGN_CMD_LIST, NULL,
		"groups: members, weights, shares, bound instances" },
	{ CGN_CMD_SHOW_DS_LITE, "show ds-lite instance", "NAME", "instances",
		CGN_CMD_LIST, NULL, "DS-Lite instances and their state" },
	{ CGN_CMD_SHOW_NAT, "show nat instance", "NAME", "instances", CGN_CMD_LIST, NULL,
		"NAT44 instances and their state" },
	{ CGN_CMD_SHOW_NAT64, "show nat64 instance", "NAME", "instances", CGN_CMD_LIST,
		NULL, "NAT64 instances and their state" },
	{ CGN_CMD_SHOW_SESSION, "show session", NULL, "sessions", CGN_CMD_CURSOR,
		session_keys, "sessions, page by page" },
	{ CGN_CMD_SHOW_USER, "show user", NULL, "users", CGN_CMD_CURSOR, user_keys,
		"users, page by page" },
	{ CGN_CMD_SHOW_ADDRESS_GROUP, "show address-group", "NAME", "address_groups",
		CGN_CMD_LIST, NULL, "public addresses and their use" },
	{ CGN_CMD_SHOW_HA, "show ha", NULL, "ha", CGN_CMD_OBJECT, NULL,
		"hot backup: global values and channels" },
	{ CGN_CMD_SHOW_VRRP, "show vrrp", NULL, "vrrp", CGN_CMD_LIST, NULL,
		"VRRP groups" },
	{ CGN_CMD_SHOW_STATISTICS, "show statistics", NULL, "statistics", CGN_CMD_OBJECT,
		NULL, "packets, stages and every reason for a drop" },
	{ CGN_CMD_SHOW_LOG, "show log", NULL, "events", CGN_CMD_LIST, NULL,
		"the last events" },
	{ CGN_CMD_CLEAR_SESSION, "clear session", NULL, "cleared", CGN_CMD_OBJECT,
		clear_session_keys, "ends sessions at once" },
	{ CGN_CMD_CLEAR_USER, "clear user", NULL, "cleared", CGN_CMD_OBJECT,
		clear_user_keys, "ends users, their blocks and sessions, at once" },
	{ CGN_CMD_WHO_HAD, "who-had", "ADDRESS:PORT", "who_had", CGN_CMD_OBJECT,
		who_had_keys, "whose a public address and port is, and since when", 1 },
	{ CGN_CMD_SHOW_RULES, "show deterministic", NULL, "deterministic", CGN_CMD_OBJECT,
		rules_keys,
		"deterministic ports: the rules; from inside to outside and back" },
	{ CGN_CMD_BOARD_SHUTDOWN, "board shutdown", "SLOT CPU", "board", CGN_CMD_OBJECT,
		NULL, "takes a board, or one CPU of it, out of service", true },
	{ CGN_CMD_BOARD_START, "board start", "SLOT CPU", "board", CGN_CMD_OBJECT, NULL,
		"takes it back into service, with empty tables", true },
	{ CGN_CMD_HA_BATCH, "ha batch-backup", "LOCATION", "batch_backup", CGN_CMD_OBJECT,
		NULL, "sends all state to the standby once more" },
	{ CGN_CMD_HA_SWITCH, "ha switch", "LOCATION", "service_location", CGN_CMD_OBJECT,
		NULL, "moves a location to where its copy is, without loss", true },
	{ CGN_CMD_SWITCH, "centralized-backup switch", "INSTANCE", "centralized_backup",
		CGN_CMD_OBJECT, NULL, "an instance leaves its boards for another box",
		true },
	{ CGN_CMD_SWITCH_BACK, "centralized-backup switch-back", "INSTANCE",
		"centralized_backup", CGN_CMD_OBJECT, NULL, "and comes back", true },
	{ CGN_CMD_RELOAD, "reload", "FILE", "reload", CGN_CMD_OBJECT, comment_keys,
		"puts a configuration into effect: FILE, which becomes the daemon's own "
		"file, or that file as it is" },
	{ CGN_CMD_CHECK, "check", "FILE", "check", CGN_CMD_OBJECT, NULL,
		"reads and checks a configuration: if it is right, it is the candidate" },
	{ CGN_CMD_DIFF, "diff", "FILE", "diff", CGN_CMD_OBJECT, NULL,
		"the same, and what it would change" },
	{ CGN_CMD_COMMIT, "commit", NULL, "commit", CGN_CMD_OBJECT, commit_keys,
		"puts the candidate into effect, or the daemon's own file where there is "
		"none; confirmed: it goes back by itself unless it is confirmed" },
	{ CGN_CMD_CONFIRM, "confirm", NULL, "confirm", CGN_CMD_OBJECT, NULL,
		"the commit that waits for it stays" },
	{ CGN_CMD_ROLLBACK, "rollback", "N", "rollback", CGN_CMD_OBJECT, comment_keys,
		"puts a configuration of the history into effect, 1 the last but one" },
	{ CGN_CMD_TRACE, "trace", NULL, "packets", CGN_CMD_LIST, trace_keys,
		"what becomes of single packets, stage by stage, until Ctrl-C", 0, true },
	{ CGN_CMD_CAPTURE, "capture", "PORT FILE", "capture", CGN_CMD_OBJECT,
		capture_keys, "frames of a port, both ways, as pcapng, until Ctrl-C", 2,
		true },
#ifdef CGN_FAULT_INJECTION
	{ CGN_CMD_DEBUG_CLOCK, "debug clock", "SECONDS", "clock", CGN_CMD_OBJECT, NULL,
		"turns the clock of the box on; for tests" },
	{ CGN_CMD_DEBUG_HANG, "debug hang", "SLOT CPU", "board", CGN_CMD_OBJECT, NULL,
		"a CPU spins for ever; for tests", true },
	{ CGN_CMD_DEBUG_CRASH, "debug crash", "SLOT CPU", "board", CGN_CMD_OBJECT, NULL,
		"a CPU faults; for tests", true },
	{ CGN_CMD_DEBUG_KILL_COMMIT, "debug kill-commit", "N", "kill_commit",
		CGN_CMD_OBJECT, NULL,
		"kill -9 before a step of the next commit, 0 the first; for tests",
		true },
#endif
};

const struct cgn_cmd_def *
cgn_cmd_grammar_table(void)
{
	return table;
}

/* Number of argv words that the fixed words of a command take, 0 when they differ. */
static int
match_words(const char *words, int argc, const char *const *argv)
{
	for (int n = 0; n < argc && argv[n][0] != '\0'; n++) {
		size_t len = strlen(argv[n]);

		if (strncmp(words, argv[n], len) != 0)
			return 0;
		if (words[len] == '\0')
			return n + 1;
		if (words[len] != ' ')
			return 0;
		words += len + 1;
	}
	return 0;
}

__attribute__((format(printf, 3, 4))) static void
append(char *out, size_t size, const char *format, ...)
{
	size_t used = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + used, size - used, format, args);
	va_end(args);
}

/* Names the commands that begin with the first word typed, else all first words. */
static int
explain_unknown(int argc, const char *const *argv, char *err, size_t size)
{
	size_t first = argc > 0 ? strlen(argv[0]) : 0;
	bool found = false;

	snprintf(err, size, "unknown command \"");
	for (int i = 0; i < argc && i < CGN_CMD_WORDS_MAX; i++)
		append(err, size, i > 0 ? " %.32s" : "%.32s", argv[i]);
	append(err, size, "\"");
	for (int i = 0; first > 0 && i < CGN_CMD_COUNT; i++) {
		if (strncmp(table[i].words, argv[0], first) != 0 ||
			table[i].words[first] != ' ')
			continue;
		append(err, size, "%s%s", found ? ", " : "; allowed: ", table[i].words);
		found = true;
	}
	if (!found)
		append(err, size, "; \"help\" lists the commands");
	return -EINVAL;
}

static bool
is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = choices; p != NULL; p = strchr(p, '|')) {
		p += *p == '|';
		if (strncmp(p, word, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	}
	return false;
}

static enum cgn_cmd_type
arg_type(const char *arg, bool second)
{
	if (second && strcmp(arg, "PORT FILE") == 0)
		return CGN_CMD_TYPE_FILE;
	if (strcmp(arg, "ID") == 0 || strcmp(arg, "SECONDS") == 0 ||
		strcmp(arg, "SLOT CPU") == 0 || strcmp(arg, "N") == 0)
		return CGN_CMD_TYPE_NUMBER;
	if (strcmp(arg, "FILE") == 0)
		return CGN_CMD_TYPE_FILE;
	return strcmp(arg, "ADDRESS:PORT") == 0 ? CGN_CMD_TYPE_ENDPOINT
						: CGN_CMD_TYPE_NAME;
}

static int
take_arg(struct cgn_cmd_call *call, const char *word, char *err, size_t size)
{
	const char *arg = call->def->arg;
	const char *expected = arg;
	struct cgn_cmd_value value;
	bool fits;

	if (arg == NULL || call->arg2 != NULL ||
		(call->arg != NULL && strchr(arg, ' ') == NULL)) {
		snprintf(err, size, "%s: unexpected \"%.64s\"", call->def->words, word);
		return -EINVAL;
	}
	if (strchr(arg, '|') != NULL) {
		fits = is_choice(arg, word);
	} else {
		enum cgn_cmd_type type = arg_type(arg, call->arg != NULL);

		fits = cgn_cmd_value_parse(type, word, &value) == 0;
		expected = cgn_cmd_value_expected(type);
	}
	if (strcmp(arg, "ADDRESS:PORT") == 0) {
		fits = fits && value.endpoint.family == 4 && value.endpoint.has_port &&
		       value.endpoint.prefix_len == 32;
		expected = "IPV4-ADDRESS:PORT";
	}
	if (!fits) {
		snprintf(err, size, "%s: \"%.64s\": expected %s", call->def->words, word,
			expected);
		return -EINVAL;
	}
	*(call->arg == NULL ? &call->arg : &call->arg2) = word;
	return 0;
}

static const struct cgn_cmd_key *
find_key(const struct cgn_cmd_key *keys, const char *word, size_t len)
{
	for (; keys->name != NULL; keys++)
		if (strlen(keys->name) == len && memcmp(keys->name, word, len) == 0)
			return keys;
	return NULL;
}

static int
explain_key(
	const struct cgn_cmd_def *def, const char *word, int len, char *err, size_t size)
{
	snprintf(err, size, "%s: unknown key \"%.*s\"", def->words, len < 64 ? len : 64,
		word);
	for (const struct cgn_cmd_key *key = def->keys; key->name != NULL; key++)
		append(err, size, "%s%s", key == def->keys ? "; allowed: " : ", ",
			key->name);
	return -EINVAL;
}

static int
take_value(struct cgn_cmd_call *call, const struct cgn_cmd_key *key, const char *value,
	char *err, size_t size)
{
	unsigned n = call->filter_count;

	if (cgn_cmd_grammar_filter(call, key->name) != NULL || n == CGN_CMD_FILTERS_MAX) {
		snprintf(err, size, "%s: %s is given twice", call->def->words, key->name);
		return -EINVAL;
	}
	if (cgn_cmd_value_parse(key->type, value, &call->filters[n].value) != 0) {
		snprintf(err, size, "%s: %s=%.64s: expected %s", call->def->words,
			key->name, value, cgn_cmd_value_expected(key->type));
		return -EINVAL;
	}
	call->filters[n].key = key;
	call->filter_count++;
	return 0;
}

/* A key whose value is the next word, of which there is none. */
static int
explain_missing(const struct cgn_cmd_call *call, const struct cgn_cmd_key *key, char *err,
	size_t size)
{
	snprintf(err, size, "%s: %s has no value: expected %s", call->def->words,
		key->name, cgn_cmd_value_expected(key->type));
	return -EINVAL;
}

static int
take_filter(
	struct cgn_cmd_call *call, const char *word, size_t len, char *err, size_t size)
{
	const struct cgn_cmd_key *key = find_key(call->def->keys, word, len);

	if (key == NULL)
		return explain_key(call->def, word, (int)len, err, size);
	return take_value(call, key, word + len + 1, err, size);
}

/* The key that a word alone stands for, or NULL. */
static const struct cgn_cmd_key *
word_key(const struct cgn_cmd_def *def, const char *word)
{
	const struct cgn_cmd_key *key =
		def->keys != NULL ? find_key(def->keys, word, strlen(word)) : NULL;

	return key != NULL && key->word ? key : NULL;
}

static int
check_needs(const struct cgn_cmd_call *call, char *err, size_t size)
{
	char usage[128];

	if (call->def->needs <= (call->arg != NULL) + (call->arg2 != NULL))
		return 0;
	snprintf(err, size, "usage: %s",
		cgn_cmd_grammar_usage(call->def, usage, sizeof(usage)));
	return -EINVAL;
}

int
cgn_cmd_grammar_parse(int argc, const char *const *argv, struct cgn_cmd_call *call,
	char *err, size_t err_size)
{
	int used = 0, rc = 0;

	memset(call, 0, sizeof(*call));
	for (int i = 0; i < CGN_CMD_COUNT && used == 0; i++) {
		used = match_words(table[i].words, argc, argv);
		call->def = &table[i];
	}
	if (used == 0)
		return explain_unknown(argc, argv, err, err_size);
	for (int i = used; i < argc && rc == 0; i++) {
		const char *equal = strchr(argv[i], '=');
		const struct cgn_cmd_key *key = word_key(call->def, argv[i]);

		if (key != NULL && i + 1 < argc)
			rc = take_value(call, key, argv[++i], err, err_size);
		else if (key != NULL)
			rc = explain_missing(call, key, err, err_size);
		else if (equal == NULL || call->def->keys == NULL)
			rc = take_arg(call, argv[i], err, err_size);
		else
			rc = take_filter(
				call, argv[i], (size_t)(equal - argv[i]), err, err_size);
	}
	return rc == 0 ? check_needs(call, err, err_size) : rc;
}

const struct cgn_cmd_value *
cgn_cmd_grammar_filter(const struct cgn_cmd_call *call, const char *key)
{
	for (unsigned i = 0; i < call->filter_count; i++)
		if (strcmp(call->filters[i].key->name, key) == 0)
			return &call->filters[i].value;
	return NULL;
}

/* What stands for a value that is a word of its own. */
static const char *
placeholder(const struct cgn_cmd_key *key)
{
	switch (key->type) {
	case CGN_CMD_TYPE_SECONDS:
		return "SECONDS";
	case CGN_CMD_TYPE_TIME:
		return "TIME";
	case CGN_CMD_TYPE_TEXT:
		return "TEXT";
	default:
		return "VALUE";
	}
}

const char *
cgn_cmd_grammar_usage(const struct cgn_cmd_def *def, char *out, size_t out_size)
{
	const char *more = def->arg != NULL ? strchr(def->arg, ' ') : NULL;
	int first = more != NULL ? (int)(more - def->arg) : -1;

	snprintf(out, out_size, "%s", def->words);
	if (def->arg != NULL)
		append(out, out_size, def->needs ? " %.*s" : " [%.*s]", first, def->arg);
	if (more != NULL)
		append(out, out_size, def->needs > 1 ? " %s" : " [%s]", more + 1);
	if (def->keys != NULL && !def->keys->word)
		append(out, out_size, " [KEY=VALUE ...]");
	for (const struct cgn_cmd_key *key = def->keys; key && key->name; key++)
		if (key->word)
			append(out, out_size, " [%s %s]", key->name, placeholder(key));
	return out;
}
