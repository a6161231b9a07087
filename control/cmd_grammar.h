/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CMD_GRAMMAR_H
#define CGN_CONTROL_CMD_GRAMMAR_H

#include <stddef.h>

#include "control/cmd_value.h"

/* Most words of a command, and most key=value filters, that one request may hold. */
#define CGN_CMD_WORDS_MAX   4
#define CGN_CMD_FILTERS_MAX 12

enum cgn_cmd_id {
	CGN_CMD_HELP, /* answered by cgnctl alone */
	CGN_CMD_SHOW_VERSION,
	CGN_CMD_SHOW_HISTORY, /* before that whose words it begins with */
	CGN_CMD_SHOW_CONFIG,
	CGN_CMD_SHOW_PORTS,
	CGN_CMD_SHOW_ROUTES,
	CGN_CMD_SHOW_NEIGHBOURS,
	CGN_CMD_SHOW_BOARD,
	CGN_CMD_SHOW_LOCATION,
	CGN_CMD_SHOW_GROUP,
	CGN_CMD_SHOW_DS_LITE,
	CGN_CMD_SHOW_NAT,
	CGN_CMD_SHOW_NAT64,
	CGN_CMD_SHOW_SESSION,
	CGN_CMD_SHOW_USER,
	CGN_CMD_SHOW_ADDRESS_GROUP,
	CGN_CMD_SHOW_HA,
	CGN_CMD_SHOW_VRRP,
	CGN_CMD_SHOW_STATISTICS,
	CGN_CMD_SHOW_LOG,
	CGN_CMD_CLEAR_SESSION,
	CGN_CMD_CLEAR_USER,
	CGN_CMD_WHO_HAD,
	CGN_CMD_SHOW_RULES,
	CGN_CMD_BOARD_SHUTDOWN,
	CGN_CMD_BOARD_START,
	CGN_CMD_HA_BATCH,
	CGN_CMD_HA_SWITCH,
	CGN_CMD_SWITCH,
	CGN_CMD_SWITCH_BACK,
	CGN_CMD_RELOAD,
	CGN_CMD_CHECK,
	CGN_CMD_DIFF,
	CGN_CMD_COMMIT,
	CGN_CMD_CONFIRM,
	CGN_CMD_ROLLBACK,
	CGN_CMD_TRACE,
	CGN_CMD_CAPTURE,
#ifdef CGN_FAULT_INJECTION
	CGN_CMD_DEBUG_CLOCK,
	CGN_CMD_DEBUG_HANG,
	CGN_CMD_DEBUG_CRASH,
	CGN_CMD_DEBUG_KILL_COMMIT,
#endif
	CGN_CMD_COUNT,
};

/* The document a command answers with. */
enum cgn_cmd_shape {
	CGN_CMD_OBJECT, /* {"result": …}, in one page */
	CGN_CMD_LIST,	/* {"result": [ … ]}, in any number of pages */
	CGN_CMD_CURSOR, /* {"result": [ … ], "next": token|null} */
};

/* One key that may be given as key=value. */
struct cgn_cmd_key {
	const char *name; /* NULL ends an array of keys */
	enum cgn_cmd_type type;
	const char *help;
	bool word; /* may also be given as two words, key and value */
};

/* One command: what is typed, what it answers. The same rows give the help, the usage
 * texts, and the completion and pages that are made from them. */
struct cgn_cmd_def {
	enum cgn_cmd_id id;
	const char *words; /* separated by single blanks */
	const char *arg; /* NULL: none; "NAME": any; "ADDRESS:PORT"; "FILE"; "a|b": one of
			    these; "SLOT CPU", "PORT FILE": two */
	const char *result; /* key of the answer in the JSON document */
	enum cgn_cmd_shape shape;
	const struct cgn_cmd_key *keys; /* NULL: takes no key=value */
	const char *help;
	uint8_t needs; /* arguments that must be given */
	bool stream;   /* answers until the client shuts its end down for sending */
};

/* A request understood. Strings belong to the argv that was parsed. */
struct cgn_cmd_call {
	const struct cgn_cmd_def *def;
	const char *arg, *arg2; /* NULL when not given */
	unsigned filter_count;
	struct {
		const struct cgn_cmd_key *key;
		struct cgn_cmd_value value;
	} filters[CGN_CMD_FILTERS_MAX];
};

/** The table of all commands, CGN_CMD_COUNT rows in the order of enum cgn_cmd_id. */
const struct cgn_cmd_def *cgn_cmd_grammar_table(void);

/**
 * Reads a command line.
 * @param argv   argc words, NUL-terminated; call keeps pointing into them
 * @param err    receives what is wrong and what is allowed
 * @return 0, or -EINVAL (a usage error)
 * Pure; any thread.
 */
int cgn_cmd_grammar_parse(int argc, const char *const *argv, struct cgn_cmd_call *call,
	char *err, size_t err_size);

/**
 * Finds the value of one filter.
 * @return the value, or NULL when the operator did not give that key
 */
const struct cgn_cmd_value *cgn_cmd_grammar_filter(
	const struct cgn_cmd_call *call, const char *key);

/**
 * Writes the usage of a command, e.g. "show nat instance [NAME]". The keys behind
 * "[KEY=VALUE ...]" are in def->keys.
 * @return out
 */
const char *cgn_cmd_grammar_usage(
	const struct cgn_cmd_def *def, char *out, size_t out_size);

#endif
