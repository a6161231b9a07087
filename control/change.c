/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A change of the configuration is a list of steps. What takes long (reading, checking,
 * forwarding tables, giving memory back) is done by a thread of its own, one step each,
 * that has nothing in common with the control lcore but the change; the control lcore
 * looks once a millisecond whether it has ended, and goes on with its duties meanwhile.
 * What concerns the running box is done by the control lcore. A step that fails ends the
 * change, and all is as it was; after the new snapshot is published none can fail.
 *
 * The configuration that was running lives until the end of the change; so does what
 * others ask it for.
 *
 * One change at a time. Control lcore, but for the thread's steps. */
#include "control/change.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/commit.h"
#include "control/compile.h"
#include "control/license.h"
#include "control/log.h"
#include "control/metric_http.h"
#include "control/publish.h"
#include "control/routes.h"
#include "control/verify.h"

/* The thread shares a processor with control, which comes before ordinary ones. */
#define NICE 0

struct cgn_changer {
	struct cgn_change *now; /* NULL: nothing is under way */
	bool hangup;		/* a signal waits */
	struct cgn_conf *candidate;
#ifdef CGN_FAULT_INJECTION
	unsigned kill_before; /* step of a commit, from 1; 0: never */
#endif
};

struct step {
	bool in_thread;
	int (*run)(struct cgn_change *c);
};

/* ---- in the thread ---- */

static void
explain(struct cgn_change *c, const struct cgn_conf_errors *errs)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	cgn_conf_errors_print(errs, out);
	fclose(out);
	cgn_text_add(&c->why, "%s", text);
	free(text);
}

/* Does a step; when it fails, what it logs is why. */
static int
explained(struct cgn_change *c, int (*step)(struct cgn_change *c))
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	int rc;

	if (!out)
		return -ENOMEM;
	cgn_log_copy(out);
	rc = step(c);
	cgn_log_copy(NULL);
	fclose(out);
	if (rc)
		cgn_text_add(&c->why, "%s", text);
	free(text);
	return rc;
}

/* From the file, or from a text that is there already. */
static int
load(struct cgn_change *c, struct cgn_conf_errors *errs)
{
	const char *given = c->ask.text;
	char *text = NULL;
	int rc = 0;

	if (c->ask.entry)
		rc = cgn_history_read(&c->daemon->commits->history, c->ask.entry, &text);
	if (rc)
		return rc;
	rc = cgn_conf_load_checked(
		c->path, given ? given : text, cgn_verify_conf, &c->conf, errs);
	free(text);
	return rc;
}

static int
read_file(struct cgn_change *c)
{
	struct cgn_conf_errors errs = { 0 };
	int rc = load(c, &errs);

	if (rc)
		explain(c, &errs);
	else
		cgn_conf_errors_print(&errs, stderr); /* warnings */
	cgn_conf_errors_fini(&errs);
	if (rc)
		return rc;
	cgn_diff_conf(c->daemon->conf, c->conf, &c->diff);
	c->compared = true;
	return 0;
}

static int
fill(struct cgn_change *c)
{
	int rc = c->conf ? cgn_license_prepare(c) : 0;

	return rc ? rc : cgn_compile_fill(c->draft);
}

static int
retire(struct cgn_change *c)
{
	cgn_snapshot_free(c->retired);
	cgn_conf_free(c->retired_conf);
	c->retired = NULL;
	c->retired_conf = NULL;
	return 0;
}

/* ---- on the control lcore ---- */

static int
compile(struct cgn_change *c)
{
	return cgn_publish_draft(c->daemon, c->conf ? c->conf : c->daemon->conf,
		c->ask.kind == CGN_CHANGE_REST, &c->draft);
}

static int
draft(struct cgn_change *c)
{
	return explained(c, compile);
}

/* What is in use may have become more since the first time. */
static int
license(struct cgn_change *c)
{
	cgn_license_check(c);
	return c->why.n ? -EPERM : 0;
}

static const struct step check_steps[] = { { true, read_file },
	{ false, cgn_change_allow }, { false, NULL } };

static const struct step commit_steps[] = { { true, read_file },
	{ false, cgn_change_allow }, { false, draft }, { true, fill }, { false, license },
	{ false, cgn_change_listen }, { true, cgn_commit_record },
	{ false, cgn_change_apply }, { true, retire }, { false, NULL } };

static const struct step confirm_steps[] = { { true, cgn_commit_confirm },
	{ false, NULL } };

static const struct step same_steps[] = { { false, draft }, { true, fill },
	{ false, cgn_change_apply }, { true, retire }, { false, NULL } };

static const struct step *const steps[] = {
	[CGN_CHANGE_CHECK] = check_steps,
	[CGN_CHANGE_COMMIT] = commit_steps,
	[CGN_CHANGE_CONFIRM] = confirm_steps,
	[CGN_CHANGE_ROUTES] = same_steps,
	[CGN_CHANGE_REST] = same_steps,
};

static void *
run_in_thread(void *arg)
{
	struct cgn_change *c = arg;

	pthread_setname_np(pthread_self(), "cgn-change");
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	c->result = steps[c->ask.kind][c->step].run(c);
	__atomic_store_n(&c->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* ---- the life of a change ---- */

int
cgn_change_init(struct cgn_daemon *d)
{
	d->changer = calloc(1, sizeof(*d->changer));
	return d->changer ? 0 : -ENOMEM;
}

void
cgn_change_put(struct cgn_change *c)
{
	if (!c || --c->refs)
		return;
	free(c->why.data);
	free(c->list.entry);
	free(c->old_text);
	if (c->compared)
		cgn_diff_fini(&c->diff);
	free(c);
}

/* What a change has in its hands and nobody else. */
static void
drop(struct cgn_change *c)
{
	cgn_metric_http_destroy(c->metrics);
	c->metrics = NULL;
	cgn_compile_drop(c->draft);
	c->draft = NULL;
	cgn_license_drop(c);
	cgn_conf_free(c->conf);
	c->conf = NULL;
}

static void
log_lines(const struct cgn_change *c)
{
	const char *line = c->why.data;

	while (line && *line) {
		int n = (int)strcspn(line, "\n");

		cgn_log_event(LOG_ERR, "%s: %.*s", c->ask.verb, n, line);
		line += n + (line[n] == '\n');
	}
}

static void
tell(const struct cgn_change *c)
{
	const char *verb = c->ask.verb;

	if (c->ask.kind != CGN_CHANGE_COMMIT)
		return;
	if (c->why.n)
		cgn_log_event(
			LOG_ERR, "%s of %s: refused, nothing is changed", verb, c->path);
	else
		cgn_log_event(LOG_NOTICE, "%s of %s: %u changes in %lu ms", verb, c->path,
			c->diff.n, c->took_ms);
	if (c->why.n)
		log_lines(c);
	for (uint32_t i = 0; !c->why.n && i < c->diff.n && i < 20; i++)
		cgn_log(LOG_INFO, "%s: %s %s %s%s%s", verb,
			cgn_diff_kind_name(c->diff.items[i].kind), c->diff.items[i].path,
			c->diff.items[i].before, c->diff.items[i].before[0] ? " -> " : "",
			c->diff.items[i].after);
}

static void
finish(struct cgn_daemon *d, int rc)
{
	struct cgn_change *c = d->changer->now;

	if (rc == 0 &&
		(c->ask.kind == CGN_CHANGE_CHECK || c->ask.kind == CGN_CHANGE_COMMIT)) {
		cgn_conf_free(d->changer->candidate);
		d->changer->candidate = c->conf; /* none behind a commit */
		c->conf = NULL;
	} else if (c->ask.kind ==
		   CGN_CHANGE_CHECK) { /* nobody takes the last one for it */
		cgn_conf_free(d->changer->candidate);
		d->changer->candidate = NULL;
	}
	if (c->ask.kind == CGN_CHANGE_COMMIT || c->ask.kind == CGN_CHANGE_CONFIRM)
		cgn_commit_end(c, rc);
	if (rc && !c->why.n)
		cgn_text_add(&c->why, "%s: %s\n", c->path, strerror(-rc));
	drop(c);
	c->took_ms = cgn_runtime_ms(&d->rt, rte_get_tsc_cycles()) - c->begun_ms;
	c->finished = true;
	tell(c);
	if (c->ask.kind == CGN_CHANGE_ROUTES)
		log_lines(c);
	if (c->ask.kind != CGN_CHANGE_CHECK && c->ask.kind != CGN_CHANGE_CONFIRM)
		cgn_routes_applied(d, rc == 0);
	d->changer->now = NULL;
	cgn_change_put(c);
}

struct cgn_change *
cgn_change_start(struct cgn_daemon *d, const struct cgn_change_ask *ask)
{
	struct cgn_change *c;

	if (d->changer->now || strlen(ask->path) >= sizeof(c->path))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->ask = *ask;
	c->daemon = d;
	c->refs = 2;
	strcpy(c->path, ask->path);
	snprintf(c->comment, sizeof(c->comment), "%s", ask->comment ? ask->comment : "");
	c->ask.path = c->path;
	c->ask.comment = c->comment;
	c->begun_ms = cgn_runtime_ms(&d->rt, rte_get_tsc_cycles());
	d->changer->now = c;
	return c;
}

const struct cgn_conf *
cgn_change_candidate(const struct cgn_daemon *d)
{
	return d->changer ? d->changer->candidate : NULL;
}

void
cgn_change_hangup(struct cgn_daemon *d)
{
	d->changer->hangup = true;
}

#ifdef CGN_FAULT_INJECTION
void
cgn_change_kill(struct cgn_daemon *d, unsigned step)
{
	d->changer->kill_before = step + 1;
}
#endif

/* Begins the thread's next step. */
static int
begin(struct cgn_change *c)
{
	c->done = 0;
	c->in_thread = pthread_create(&c->thread, NULL, run_in_thread, c) == 0;
	return c->in_thread ? 0 : -EAGAIN;
}

static void
go_on(struct cgn_daemon *d)
{
	struct cgn_change *c = d->changer->now;
	const struct step *at = &steps[c->ask.kind][c->step];
	int rc;

#ifdef CGN_FAULT_INJECTION
	if (!c->in_thread && c->ask.kind == CGN_CHANGE_COMMIT &&
		c->step + 1 == d->changer->kill_before)
		kill(getpid(), SIGKILL);
#endif
	if (c->in_thread) {
		if (!__atomic_load_n(&c->done, __ATOMIC_ACQUIRE))
			return;
		pthread_join(c->thread, NULL);
		c->in_thread = false;
		rc = c->result;
		c->step++;
	} else if (at->in_thread) {
		rc = begin(c);
	} else if (at->run) {
		rc = at->run(c);
		c->step++;
	} else {
		finish(d, 0);
		return;
	}
	if (rc)
		finish(d, rc);
}

void
cgn_change_turn(struct cgn_daemon *d)
{
	const struct cgn_change_ask hangup = { .kind = CGN_CHANGE_COMMIT,
		.verb = "reload",
		.path = d->conf_path,
		.automatic = true,
		.who = "SIGHUP" };
	struct cgn_changer *changer = d->changer;

	if (!changer->now && changer->hangup) {
		changer->hangup = false;
		cgn_change_put(cgn_change_start(d, &hangup));
	}
	if (changer->now)
		go_on(d);
}

void
cgn_change_fini(struct cgn_daemon *d)
{
	struct cgn_change *c = d->changer->now;

	cgn_rest_fini(d);
	if (c && c->in_thread)
		pthread_join(c->thread, NULL);
	if (c) {
		c->in_thread = false;
		retire(c);
		finish(d, -ECANCELED);
	}
	cgn_conf_free(d->changer->candidate);
	free(d->changer);
	d->changer = NULL;
}
