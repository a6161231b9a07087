/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CMD_H
#define CGN_CONTROL_CMD_H

#include <jansson.h>

#include "control/cmd_grammar.h"

/* What a producer says when it is asked for its next page. */
enum cgn_cmd_step {
	CGN_CMD_DONE = 0,  /* nothing more; a page may have been given with this call */
	CGN_CMD_MORE = 1,  /* a page was given, ask again when it has been read */
	CGN_CMD_AGAIN = 2, /* the data are not here yet, ask again on the next turn */
	CGN_CMD_LATER =
		3, /* the same, and it takes a while: the control lcore may rest */
};

struct cgn_cmd_ctx;

/* 0 or an enum cgn_cmd_step, or -errno after cgn_cmd_refuse(). */
typedef int cgn_cmd_fn(struct cgn_cmd_ctx *ctx);

/* One entry of a list, by its number: NULL when there is none, the list ends there;
 * JSON's null when this number is passed over. */
typedef json_t *cgn_cmd_entry_fn(struct cgn_cmd_ctx *ctx, size_t index);

/* A command in progress. Lives on the control lcore from the request to the last frame
 * or to the disconnection of the client, whichever is first. */
struct cgn_cmd_ctx {
	struct cgn_cmd_call call; /* what was asked */
	void *app;		  /* what the handlers work on, as given to the server */
	uint32_t uid;		  /* of the user who asks */

	/* Set by a start function that answers in pages. */
	cgn_cmd_fn *next;
	void (*release)(struct cgn_cmd_ctx *ctx); /* called once, whatever the end */
	void *state;				  /* the handler's own */

	/* For the server. */
	json_t *request;  /* holds the strings of call */
	json_t *page;	  /* given and not yet sent */
	const char *text; /* the same, when the handler has written JSON itself */
	size_t text_len;
	int exit_code; /* 1 refused, 2 usage; 0 while all is well */
	char error[512];
	char *reason; /* instead of error, where that is too short; allocated */
	cgn_cmd_entry_fn *entry;
	size_t entry_index, entry_count;
	bool stop; /* of a stream: the client has enough, say what is left to say */
};

/* The commands a server answers; an absent one is refused as unknown. */
struct cgn_cmd_handlers {
	cgn_cmd_fn *start[CGN_CMD_COUNT];
};

/**
 * Starts a command: reads the request, finds its handler, runs it.
 * @param line      one JSON text, {"argv":["show","board"]}, not NUL-terminated
 * @param ctx       zeroed; afterwards in need of cgn_cmd_finish() in every case
 * Outcome in ctx: exit_code and error, or page, or next. Control lcore.
 */
void cgn_cmd_begin(struct cgn_cmd_ctx *ctx, const struct cgn_cmd_handlers *handlers,
	void *app, const char *line, size_t len);

/**
 * Asks the producer for what follows; ctx->page holds what it gave, if anything.
 * @return an enum cgn_cmd_step; CGN_CMD_DONE also after a refusal. Control lcore.
 */
enum cgn_cmd_step cgn_cmd_next(struct cgn_cmd_ctx *ctx);

/** Is an answer in progress that ends when the client says so? Control lcore. */
bool cgn_cmd_is_stream(const struct cgn_cmd_ctx *ctx);

/** Releases all that a command holds; the opposite of cgn_cmd_begin(). Control lcore. */
void cgn_cmd_finish(struct cgn_cmd_ctx *ctx);

/**
 * For handlers: gives the answer or the next part of it.
 * @param result  the reference is taken. Its place in the document is under the
 *                command's result key; for a list it is an array of entries.
 */
void cgn_cmd_reply(struct cgn_cmd_ctx *ctx, json_t *result);

/**
 * For handlers of lists: gives the next entries as JSON text, where there are too many to
 * make a value of each.
 * @param entries  objects separated by commas, len bytes; has to stay until the next call
 *                 of the producer
 */
void cgn_cmd_reply_text(struct cgn_cmd_ctx *ctx, const char *entries, size_t len);

/** For handlers of CGN_CMD_CURSOR lists, with the last page: where to go on, or NULL. */
void cgn_cmd_reply_next(struct cgn_cmd_ctx *ctx, const char *token);

/** For handlers of lists, with the last page: a further key of the document; the
 * reference is taken. */
void cgn_cmd_reply_more(struct cgn_cmd_ctx *ctx, const char *key, json_t *value);

/**
 * For handlers: answers a list whose entries can be counted, some at a time, so that a
 * long one does not hold the control lcore up.
 * @param count  entries when asked; the function may be called much later, and has to
 *               return NULL for an index that is gone by then (the list ends there)
 * @return 0, for the start function to return
 */
int cgn_cmd_reply_list(struct cgn_cmd_ctx *ctx, size_t count, cgn_cmd_entry_fn *entry);

/** For handlers: answers a list with the entry of one number alone. */
int cgn_cmd_reply_one(struct cgn_cmd_ctx *ctx, size_t index, cgn_cmd_entry_fn *entry);

/**
 * For handlers: the command is refused; exit code 1.
 * @return -EPERM, for the handler to return
 */
int cgn_cmd_refuse(struct cgn_cmd_ctx *ctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The same with a reason of any length, in lines; it is copied. */
int cgn_cmd_refuse_text(struct cgn_cmd_ctx *ctx, const char *reason);

#endif
