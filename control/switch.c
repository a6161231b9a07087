/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Centralized backup at work. The decision is central.c's; here it is fed with the state
 * of the CPUs, told as an event, and put into effect: a snapshot in which the instance is
 * switched, so that no packet makes a user of it any more; and when all lcores read that
 * one, its users are ended, block by block as ever, so that the log is whole.
 *
 * Control lcore. Not handled: moving users to the other box; it is cold. */
#include "control/switch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/compile.h"
#include "control/log.h"

#define BATCH UINT32_MAX /* users ended by one message */

static bool flags[CGN_MAX_INSTANCES];

static void
add_cpu(const struct cgn_daemon *d, int32_t index, uint64_t *seen,
	struct cgn_switch_cpus *cpus)
{
	if (index < 0 || (*seen >> index & 1))
		return;
	*seen |= 1ull << index;
	cpus->total++;
	cpus->failed += !cgn_watch_is_well(&d->watch, (uint16_t)index);
}

struct cgn_switch_cpus
cgn_switch_count(const struct cgn_daemon *d, const struct cgn_conf_instance *instance)
{
	const struct cgn_conf_group *group = &d->conf->groups[instance->group.index];
	struct cgn_switch_cpus cpus = { 0, 0 };
	uint64_t seen = 0;

	for (uint32_t i = 0; i < group->n_members; i++) {
		const struct cgn_conf_location *l =
			&d->conf->locations[group->members[i].location.index];

		add_cpu(d, l->active.index, &seen, &cpus);
		if (l->backup.present)
			add_cpu(d, l->backup.index, &seen, &cpus);
	}
	for (uint32_t i = 0; i < group->n_backup_cpus; i++)
		add_cpu(d, group->backup_cpus[i].cpu.index, &seen, &cpus);
	return cpus;
}

int
cgn_switch_init(struct cgn_daemon *d)
{
	d->instances = calloc(d->conf->n_instances + 1, sizeof(*d->instances));
	return d->instances ? 0 : -ENOMEM;
}

void
cgn_switch_fini(struct cgn_daemon *d)
{
	for (uint32_t i = 0; d->instances && i < d->conf->n_instances; i++)
		cgn_query_destroy(d->instances[i].query);
	free(d->instances);
	d->instances = NULL;
}

const bool *
cgn_switch_flags(const struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->conf->n_instances; i++)
		flags[i] = d->instances[i].state.switched;
	return flags;
}

/* One step of the machine; true: switched, or switched back. */
static bool
step(struct cgn_daemon *d, uint32_t i, enum cgn_central_word word,
	enum cgn_central_reason *reason)
{
	const struct cgn_conf_instance *in = &d->conf->instances[i];
	const struct cgn_conf_centralized_backup *backup = &in->centralized_backup;
	struct cgn_switch_cpus cpus = cgn_switch_count(d, in);
	struct cgn_switch *s = &d->instances[i];
	struct cgn_central_input input = { .failed = cpus.failed,
		.total = cpus.total,
		.down_number = backup->down_number,
		.automatic = backup->auto_switchback,
		.delay_ms = backup->switchback_delay * 1000ull,
		.now_ms = d->now_ms,
		.word = word };
	char number[16] = "not set";

	if (!cgn_central_step(&s->state, &input, reason))
		return false;
	clock_gettime(CLOCK_REALTIME, &s->since);
	s->aging = s->state.switched;
	if (backup->down_number)
		snprintf(number, sizeof(number), "%u", backup->down_number);
	cgn_log_event(LOG_CRIT,
		"instance %s: %s: %s; failed F = %u, total T = %u, down_number N = %s",
		in->name,
		s->state.switched ? "switched to the other box" : "switched back",
		cgn_central_text(*reason), cpus.failed, cpus.total, number);
	return true;
}

bool
cgn_switch_decide(struct cgn_daemon *d)
{
	enum cgn_central_reason reason;
	bool changed = false;

	for (uint32_t i = 0; i < d->conf->n_instances; i++)
		if (d->conf->instances[i].centralized_backup.enable)
			changed |= step(d, i, CGN_CENTRAL_NONE, &reason);
	return changed;
}

uint32_t
cgn_switch_index(const struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_conf_instance *in = &d->conf->instances[i];

	return cgn_compile_find_instance(d->compiler,
		in->kind == CGN_CONF_DS_LITE ? CGN_DS_LITE
		: in->kind == CGN_CONF_NAT64 ? CGN_NAT64
					     : CGN_NAT44,
		in->name);
}

/* Asks the boards to end the users of an instance. */
static void
begin_aging(struct cgn_daemon *d, uint32_t i)
{
	const struct cgn_conf_instance *in = &d->conf->instances[i];
	struct cgn_switch *s = &d->instances[i];

	cgn_query_destroy(s->query);
	s->aging = false;
	s->aged = 0;
	s->query = cgn_query_create(d, 0, BATCH);
	if (!s->query) {
		cgn_log(LOG_ERR, "instance %s: users remain: out of memory", in->name);
		return;
	}
	s->query->msg.op = CGN_MSG_CLEAR_USERS;
	s->query->msg.filter.instance = cgn_switch_index(d, i);
}

void
cgn_switch_settled(struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->conf->n_instances; i++)
		if (d->instances[i].aging)
			begin_aging(d, i);
}

void
cgn_switch_turn(struct cgn_daemon *d)
{
	for (uint32_t i = 0; i < d->conf->n_instances; i++) {
		struct cgn_switch *s = &d->instances[i];
		int rc;

		if (!s->query)
			continue;
		rc = cgn_query_step(s->query, BATCH);
		if (rc == CGN_QUERY_BATCH)
			s->aged += s->query->msg.n;
		if (rc == CGN_QUERY_BATCH || rc == CGN_QUERY_WAIT)
			continue;
		cgn_log_event(LOG_NOTICE, "instance %s: %lu users aged out",
			d->conf->instances[i].name, s->aged);
		cgn_query_destroy(s->query);
		s->query = NULL;
	}
}

int
cgn_switch_word(struct cgn_daemon *d, uint32_t i, enum cgn_central_word word, char *err,
	size_t err_size)
{
	const struct cgn_conf_instance *in = &d->conf->instances[i];
	enum cgn_central_reason reason = CGN_CENTRAL_START;
	struct cgn_switch_cpus cpus = cgn_switch_count(d, in);

	if (!in->centralized_backup.enable) {
		snprintf(err, err_size, "instance %s: centralized_backup is not enabled",
			in->name);
		return -EPERM;
	}
	if (step(d, i, word, &reason)) {
		d->watch.owed = d->watch.changed = true;
		return 0;
	}
	if (reason == CGN_CENTRAL_BY_HAND) /* switched before; now it stays so */
		return 0;
	snprintf(err, err_size, "instance %s: %s (%u of %u)", in->name,
		cgn_central_text(reason), cpus.failed, cpus.total);
	return -EPERM;
}
