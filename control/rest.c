/* SPDX-License-Identifier: BSD-3-Clause
 *
 * After a change. While the snapshot is settling, rounds of messages to the workers end
 * the sessions and users that have no place in it (dataplane/stale.c), until a round
 * finds none; then the same configuration is compiled once more, in which public
 * addresses that moved may be used by their new location. Once a second it is looked
 * whether an address that left its pool has become unused: it goes with another run of
 * the compiler; and what workers have left for larger tables is freed.
 *
 * A CPU that is out of service is not asked: its tables are emptied before it comes back.
 *
 * Control lcore. */
#include "control/rest.h"

#include <stdlib.h>

#include "control/change.h"
#include "control/license.h"
#include "control/log.h"
#include "control/publish.h"
#include "control/query.h"

#define LOOK_MS	 1000
#define AGAIN_MS 20

void
cgn_rest_begin(struct cgn_daemon *d)
{
	cgn_query_destroy(d->rest.query);
	d->rest = (struct cgn_rest){ .next_ms = d->now_ms };
}

void
cgn_rest_fini(struct cgn_daemon *d)
{
	cgn_query_destroy(d->rest.query);
	d->rest.query = NULL;
}

/* The same configuration, without what has been given up. */
static void
compile_again(struct cgn_daemon *d)
{
	const struct cgn_change_ask ask = { .kind = CGN_CHANGE_REST, .path = "" };
	struct cgn_change *c = cgn_change_start(d, &ask);

	d->rest.next_ms = d->now_ms + (c ? LOOK_MS : AGAIN_MS);
	cgn_change_put(c);
}

static void
ask(struct cgn_daemon *d, bool users)
{
	struct cgn_rest *rest = &d->rest;

	rest->users = users;
	rest->stay = 0;
	rest->query = cgn_query_create(d, 0, UINT32_MAX);
	if (rest->query)
		rest->query->msg.op =
			users ? CGN_MSG_STALE_USERS : CGN_MSG_STALE_SESSIONS;
	else
		rest->next_ms = d->now_ms + LOOK_MS;
}

/* All workers have answered. */
static void
end_round(struct cgn_daemon *d)
{
	struct cgn_rest *rest = &d->rest;

	cgn_query_destroy(rest->query);
	rest->query = NULL;
	if (!rest->users) {
		ask(d, true);
		return;
	}
	rest->users = false;
	if (rest->stay) {
		rest->next_ms = d->now_ms + AGAIN_MS;
		return;
	}
	cgn_log_event(LOG_NOTICE, "reload: %lu sessions ended that were concerned",
		rest->sessions);
	compile_again(d);
}

static void
go_on(struct cgn_daemon *d)
{
	struct cgn_rest *rest = &d->rest;
	int rc = cgn_query_step(rest->query, UINT32_MAX);

	if (rc == CGN_QUERY_BATCH && rest->users)
		rest->stay += rest->query->msg.n;
	else if (rc == CGN_QUERY_BATCH)
		rest->sessions += rest->query->msg.n;
	else if (rc == CGN_QUERY_END)
		end_round(d);
}

void
cgn_rest_turn(struct cgn_daemon *d)
{
	struct cgn_rest *rest = &d->rest;

	if (rest->query) {
		go_on(d);
		return;
	}
	if (d->now_ms < rest->next_ms)
		return;
	if (d->snap->settling) {
		ask(d, false);
		return;
	}
	rest->next_ms = d->now_ms + LOOK_MS;
	cgn_license_turn(d);
	if (cgn_compile_resting(d->compiler, cgn_publish_alive(d)).drained)
		compile_again(d);
}
