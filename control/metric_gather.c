/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Collects the metrics: runs the `show` commands that the sets of metric_table.c name,
 * one after the other, a page per turn of the control lcore, as the command server does
 * for its clients. So what workers know is asked of them without waiting, a long list
 * holds nobody up, and the figures are those that `show` prints. A command that is
 * refused (a board that does not answer) is counted, and its metrics are missing.
 *
 * Not handled: a picture of one moment; the commands run up to some milliseconds apart.
 */
#include "control/metric_gather.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/metric.h"

struct cgn_metric_gather {
	const struct cgn_cmd_handlers *handlers;
	void *app;
	struct cgn_metric_page *page;
	const struct cgn_metric_set *set; /* at work, or next */
	unsigned command;		  /* of that set */
	bool running;			  /* ctx is in use */
	struct cgn_cmd_ctx ctx;
	size_t entries; /* of the list so far */
	unsigned failures;
	struct timespec began;
};

static const char *
command_of(const struct cgn_metric_gather *g)
{
	return g->command < 3 ? g->set->commands[g->command] : NULL;
}

static bool
has_command(const struct cgn_metric_set *set, const char *words)
{
	for (unsigned i = 0; i < 3 && set->commands[i]; i++)
		if (strcmp(set->commands[i], words) == 0)
			return true;
	return false;
}

/* An earlier set has had its turn with this command, and this one with it. */
static bool
is_done(const struct cgn_metric_gather *g, const char *words)
{
	for (const struct cgn_metric_set *s = cgn_metric_sets(); s < g->set; s++)
		if (has_command(s, words))
			return true;
	return false;
}

/* Moves on to a command that has not run yet. False: there is none. */
static bool
find_command(struct cgn_metric_gather *g)
{
	while (g->set->id) {
		const char *words = command_of(g);

		if (words && !is_done(g, words))
			return true;
		if (words) {
			g->command++;
			continue;
		}
		g->set++;
		g->command = 0;
	}
	return false;
}

static void
begin(struct cgn_metric_gather *g)
{
	char line[160] = "{\"argv\":[\"", *end = line + strlen(line);

	for (const char *w = command_of(g); *w != '\0'; w++)
		end = *w == ' ' ? stpcpy(end, "\",\"") : (*end = *w, end + 1);
	end = stpcpy(end, "\"]}");
	g->entries = 0;
	g->running = true;
	cgn_cmd_begin(&g->ctx, g->handlers, g->app, line, (size_t)(end - line));
}

/* What a command has given goes to all sets that want it. */
static void
take_page(struct cgn_metric_gather *g)
{
	const json_t *result;

	if (!g->ctx.page)
		return;
	result = json_object_get(g->ctx.page, g->ctx.call.def->result);
	g->entries += json_array_size(result);
	for (const struct cgn_metric_set *s = g->set; s->id; s++)
		if (has_command(s, command_of(g)) && s->each != CGN_METRIC_COUNT)
			cgn_metric_page_add(g->page, s, result);
	json_decref(g->ctx.page);
	g->ctx.page = NULL;
}

static void
end_command(struct cgn_metric_gather *g)
{
	json_t *count = json_integer((json_int_t)g->entries);

	if (g->ctx.exit_code != 0)
		g->failures++;
	for (const struct cgn_metric_set *s = g->set; s->id; s++)
		if (has_command(s, command_of(g)) && s->each == CGN_METRIC_COUNT &&
			g->ctx.exit_code == 0)
			cgn_metric_page_add(g->page, s, count);
	json_decref(count);
	cgn_cmd_finish(&g->ctx);
	g->running = false;
	g->command++;
}

/* The page about itself: the sets without a command. */
static void
add_self(struct cgn_metric_gather *g)
{
	struct timespec now;
	json_t *self;

	clock_gettime(CLOCK_MONOTONIC, &now);
	self = json_pack("{s:f,s:i}", "seconds",
		(double)(now.tv_sec - g->began.tv_sec) +
			(double)(now.tv_nsec - g->began.tv_nsec) / 1e9,
		"failures", (int)g->failures);
	for (const struct cgn_metric_set *s = cgn_metric_sets(); s->id; s++)
		if (!s->commands[0])
			cgn_metric_page_add(g->page, s, self);
	json_decref(self);
}

bool
cgn_metric_gather_step(struct cgn_metric_gather *g)
{
	enum cgn_cmd_step step;

	if (!g->running) {
		if (!find_command(g)) {
			add_self(g);
			return true;
		}
		begin(g);
	}
	step = cgn_cmd_next(&g->ctx);
	take_page(g);
	if (step == CGN_CMD_DONE)
		end_command(g);
	return false;
}

struct cgn_metric_gather *
cgn_metric_gather_create(const struct cgn_cmd_handlers *handlers, void *app)
{
	struct cgn_metric_gather *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->page = cgn_metric_page_create();
	if (!g->page) {
		free(g);
		return NULL;
	}
	g->handlers = handlers;
	g->app = app;
	g->set = cgn_metric_sets();
	clock_gettime(CLOCK_MONOTONIC, &g->began);
	return g;
}

char *
cgn_metric_gather_text(struct cgn_metric_gather *g, size_t *len)
{
	return cgn_metric_page_text(g->page, len);
}

void
cgn_metric_gather_destroy(struct cgn_metric_gather *g)
{
	if (!g)
		return;
	if (g->running)
		cgn_cmd_finish(&g->ctx);
	cgn_metric_page_destroy(g->page);
	free(g);
}
