/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What may come next on a command line, and abbreviations of what is there; both from the
 * table of cmd_grammar.c. */
#ifndef CGN_CONTROL_CMD_COMPLETE_H
#define CGN_CONTROL_CMD_COMPLETE_H

#include "control/cmd_grammar.h"

#define CGN_CMD_WORD_SIZE 32

/* The fixed words of a command in full, where abbreviations were. */
struct cgn_cmd_full {
	char word[CGN_CMD_WORDS_MAX][CGN_CMD_WORD_SIZE];
};

/**
 * Replaces abbreviated words by the only ones they can mean. Words that cannot be fixed
 * ones stay as they are, for the parser to judge.
 * @param argv  argc words; some point into `full` afterwards
 * @return 0, or -EINVAL: a word may mean several, which err names. Pure; any thread.
 */
int cgn_cmd_complete_expand(int argc, const char **argv, struct cgn_cmd_full *full,
	char *err, size_t err_size);

/* One that may come next. typed: false for a placeholder as NAME, which only helps. */
typedef void cgn_cmd_complete_fn(
	void *ctx, const char *word, const char *help, bool typed);

/**
 * Names all words that may come next, in the order of the table, each once.
 * @param argv  argc complete words, maybe abbreviated
 * @param part  what has been typed of the next one, maybe ""
 * Keys end in "=". Pure; any thread.
 */
void cgn_cmd_complete(int argc, const char *const *argv, const char *part,
	cgn_cmd_complete_fn *fn, void *ctx);

#endif
