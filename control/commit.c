/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A commit is written down before it takes effect: a configuration that is in effect is
 * one that the next start reads, and what cannot be written is refused as long as that is
 * possible without harm. It is not for the daemon's own file, which has the new text
 * already: then it is said that the history lacks it; nor for a commit that goes back by
 * itself, for the box must not keep what nobody confirmed because a disk is full.
 *
 * While a commit waits for its confirmation, the next one without `confirmed` settles it,
 * and the next one with `confirmed` starts the time again and goes back as far as the
 * first.
 *
 * Disk access is the thread's of the change, but for the start, and for undoing a commit
 * that could not be put into effect for want of memory. */
#include "control/commit.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/log.h"
#include "control/stage.h"
#include "control/verify.h"

#define AGAIN_MS 10000 /* when going back has failed */

static uint64_t
wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the start ---- */

static int
read_again(struct cgn_daemon *d)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf;
	int rc = cgn_conf_load_checked(d->conf_path, NULL, cgn_verify_conf, &conf, &errs);

	cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	if (rc) {
		snprintf(d->err, sizeof(d->err),
			"%s: the configuration before the commit is refused",
			d->conf_path);
		return rc;
	}
	cgn_conf_free(d->conf);
	d->conf = conf;
	return 0;
}

static int
recover(struct cgn_daemon *d)
{
	int rc = cgn_history_recover(&d->commits->history);

	if (rc == 0)
		return 0;
	if (rc < 0) {
		cgn_log_event(LOG_ERR,
			"commit was not confirmed, and cannot be undone: %s: %s",
			d->commits->history.dir, strerror(-rc));
		return 0;
	}
	cgn_log_event(LOG_WARNING,
		"commit was not confirmed before the daemon ended: back to the "
		"configuration before it");
	return read_again(d);
}

static void
take_list(struct cgn_commits *commits, struct cgn_history_list *list)
{
	free(commits->list.entry);
	commits->list = *list;
	*list = (struct cgn_history_list){ 0 };
}

static void
note_start(struct cgn_daemon *d)
{
	struct cgn_commits *commits = d->commits;
	struct cgn_history_commit commit = { .running = d->conf->text,
		.text = d->conf->text,
		.when = wall_ms(),
		.who = "-",
		.comment = "found at the start" };
	struct cgn_history_list list;
	uint32_t back;
	int rc = cgn_history_commit(&commits->history, &commit, &back);

	if (rc == 0)
		rc = cgn_history_read_list(&commits->history, &list);
	if (rc == 0)
		take_list(commits, &list);
	else
		cgn_log_event(LOG_WARNING, "history of configurations: %s: %s",
			commits->history.dir, strerror(-rc));
}

int
cgn_commit_init(struct cgn_daemon *d)
{
	int rc;

	d->commits = calloc(1, sizeof(*d->commits));
	if (!d->commits)
		return -ENOMEM;
	cgn_history_init(&d->commits->history, d->conf_path, d->conf->node.state_dir);
	rc = recover(d);
	if (rc) {
		cgn_commit_fini(d);
		return rc;
	}
	cgn_history_hash(d->conf->text, d->commits->running);
	note_start(d);
	return 0;
}

void
cgn_commit_fini(struct cgn_daemon *d)
{
	free(d->commits->list.entry);
	free(d->commits->back);
	free(d->commits);
	d->commits = NULL;
}

/* ---- in the thread of a change ---- */

static void
name_user(const struct cgn_change_ask *ask, char who[64])
{
	struct passwd user, *found = NULL;
	char buf[4096];

	if (ask->who)
		snprintf(who, 64, "%s", ask->who);
	else if (getpwuid_r(ask->uid, &user, buf, sizeof(buf), &found) == 0 && found)
		snprintf(who, 64, "%s", user.pw_name);
	else
		snprintf(who, 64, "uid=%u", (unsigned)ask->uid);
}

static int
write_down(struct cgn_change *c)
{
	struct cgn_commits *commits = c->daemon->commits;
	struct cgn_history_commit commit = { .running = c->daemon->conf->text,
		.text = c->conf->text,
		.put = c->ask.put,
		.confirm = c->ask.confirm_s && !commits->waiting,
		.settle = !c->ask.confirm_s,
		.when = wall_ms(),
		.comment = c->ask.comment };
	uint32_t back;
	char who[64];
	int rc;

	name_user(&c->ask, who);
	commit.who = who;
	rc = cgn_history_commit(&commits->history, &commit, &back);
	if (rc == 0)
		rc = cgn_history_read_list(&commits->history, &c->list);
	return rc;
}

int
cgn_commit_record(struct cgn_change *c)
{
	int rc;

	if (c->ask.confirm_s) {
		c->old_text = strdup(c->daemon->conf->text);
		if (!c->old_text)
			return -ENOMEM;
	}
	rc = write_down(c);
	cgn_history_hash(c->conf->text, c->hash);
	c->recorded = rc == 0;
	if (rc == 0)
		return 0;
	if (c->ask.automatic || (!c->ask.put && !c->ask.confirm_s)) {
		c->record_error = -rc;
		return 0;
	}
	cgn_text_add(&c->why,
		"%s and %s: what is committed cannot be written: %s; nothing is "
		"changed\n",
		c->daemon->commits->history.file, c->daemon->commits->history.dir,
		strerror(-rc));
	return rc;
}

int
cgn_commit_confirm(struct cgn_change *c)
{
	int rc;

	if (!c->daemon->commits->waiting) {
		cgn_text_add(&c->why, "no commit waits to be confirmed\n");
		return -EPERM;
	}
	rc = cgn_history_confirm(&c->daemon->commits->history);
	if (rc)
		cgn_text_add(&c->why, "%s: %s\n", c->daemon->commits->history.dir,
			strerror(-rc));
	return rc;
}

/* ---- the end ---- */

static void
undo(struct cgn_change *c)
{
	struct cgn_commits *commits = c->daemon->commits;
	struct cgn_history_commit commit = { .running = c->daemon->conf->text,
		.text = c->daemon->conf->text,
		.put = c->ask.put,
		.settle = !commits->waiting,
		.when = wall_ms(),
		.who = "-",
		.comment = "not put into effect" };
	uint32_t back;
	int rc = cgn_history_commit(&commits->history, &commit, &back);

	if (rc == 0)
		rc = cgn_history_read_list(&commits->history, &c->list);
	if (rc)
		cgn_log_event(LOG_ERR, "commit was not put into effect, but is in %s: %s",
			commits->history.file, strerror(-rc));
	else
		take_list(commits, &c->list);
}

static void
begin_waiting(struct cgn_change *c)
{
	struct cgn_commits *commits = c->daemon->commits;

	if (!commits->waiting) {
		commits->back = c->old_text;
		c->old_text = NULL;
	}
	commits->waiting = true;
	commits->until_ms = c->daemon->now_ms + (uint64_t)c->ask.confirm_s * 1000;
	cgn_log_event(LOG_NOTICE, "commit: it goes back in %u s unless it is confirmed",
		c->ask.confirm_s);
}

static void
end_waiting(struct cgn_commits *commits)
{
	commits->waiting = false;
	free(commits->back);
	commits->back = NULL;
}

void
cgn_commit_end(struct cgn_change *c, int rc)
{
	struct cgn_commits *commits = c->daemon->commits;

	if (rc && c->ask.automatic)
		commits->until_ms = c->daemon->now_ms + AGAIN_MS;
	if (rc) {
		if (c->recorded)
			undo(c);
		return;
	}
	if (c->ask.kind == CGN_CHANGE_COMMIT) {
		strcpy(commits->running, c->hash);
		if (c->recorded)
			take_list(commits, &c->list);
		if (c->record_error)
			cgn_log_event(LOG_WARNING,
				"%s: the configuration is not written there: %s",
				commits->history.dir, strerror(c->record_error));
	}
	if (c->ask.confirm_s)
		begin_waiting(c);
	else
		end_waiting(commits);
	if (c->ask.kind == CGN_CHANGE_CONFIRM)
		cgn_log_event(LOG_NOTICE, "commit: confirmed");
}

void
cgn_commit_turn(struct cgn_daemon *d)
{
	const struct cgn_change_ask back = { .kind = CGN_CHANGE_COMMIT,
		.verb = "rollback",
		.path = "the configuration before the commit that nobody confirmed",
		.text = d->commits->back,
		.put = true,
		.automatic = true,
		.who = "cgnd",
		.comment = "commit was not confirmed" };
	struct cgn_change *c;

	if (!d->commits->waiting || d->now_ms < d->commits->until_ms)
		return;
	c = cgn_change_start(d, &back);
	if (!c)
		return;
	cgn_log_event(LOG_WARNING,
		"commit was not confirmed in time: back to the configuration before it");
	cgn_change_put(c);
}
