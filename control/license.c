/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a board may use, changed by a reload. The figures reach the workers with the
 * snapshot, and limit from then on what is taken anew. A licence below what is in use is
 * refused, since nobody's sessions end for it. Above what the tables were made for, they
 * become larger (dataplane/growth.c), as far as records have been given room at the start
 * (control/memory.c).
 *
 * What is in use is looked at twice: with the other reasons to refuse, and again before
 * anything is written down, which may be some hundred milliseconds later. A commit that
 * nobody has confirmed goes back whatever is in use: those go on, and new ones wait.
 *
 * Control lcore, but for cgn_license_prepare(). */
#include "control/license.h"

#include <errno.h>

#include "control/show.h"

/* A figure of a licence, at one CPU. */
struct figure {
	const char *name;
	const uint32_t *licensed; /* of the slot */
	uint32_t share, used, most;
};

static void
check(struct cgn_change *c, const struct cgn_conf_cpu *cpu, const struct figure *f)
{
	struct cgn_conf_src src = cgn_conf_place(c->conf, f->licensed);

	if (f->share < f->used && !c->ask.text)
		cgn_text_add(&c->why,
			"%s:%d: license[%u].%s: %u is below what is in use: CPU %u/%u "
			"has %u, "
			"its "
			"share would be %u\n",
			src.file, src.line, cpu->slot, f->name, *f->licensed, cpu->slot,
			cpu->cpu, f->used, f->share);
	else if (f->share > f->most)
		cgn_text_add(&c->why,
			"%s:%d: license[%u].%s: %u needs a restart: the share of CPU "
			"%u/%u "
			"would "
			"be %u, and the memory reserved at the start, by "
			"dpdk.memory_mb = %u, holds %u\n",
			src.file, src.line, cpu->slot, f->name, *f->licensed, cpu->slot,
			cpu->cpu, f->share, c->daemon->conf->dpdk.memory_mb, f->most);
}

static const struct cgn_conf_license *
license_of(const struct cgn_change *c, const struct cgn_conf_cpu *cpu)
{
	static const struct cgn_conf_license none;
	int32_t l = c->conf->boards[cpu->board].license;

	return l == CGN_CONF_NONE ? &none : &c->conf->license[l];
}

static void
check_cpu(
	struct cgn_change *c, const struct cgn_worker *w, const struct cgn_conf_cpu *cpu)
{
	const struct cgn_conf_license *license = license_of(c, cpu);

	check(c, cpu,
		&(struct figure){ "sessions", &license->sessions, cpu->sessions,
			CGN_SHOW_READ(w->sessions.used), w->sessions.capacity });
	check(c, cpu,
		&(struct figure){ "users", &license->users, cpu->users,
			CGN_SHOW_READ(w->users.used), w->users.capacity });
}

/* Does it need larger tables than it has? */
static bool
grows(const struct cgn_worker *w, const struct cgn_conf_cpu *cpu)
{
	return cpu->sessions > w->conf.sessions || cpu->users > w->conf.users;
}

/* Other boards than there are have been refused by name. */
static bool
same_boards(const struct cgn_change *c)
{
	if (c->conf->n_cpus != c->daemon->n_cpus)
		return false;
	for (uint32_t i = 0; i < c->conf->n_cpus; i++)
		if (c->conf->cpus[i]->slot != c->daemon->worker[i]->conf.slot ||
			c->conf->cpus[i]->cpu != c->daemon->worker[i]->conf.cpu)
			return false;
	return true;
}

void
cgn_license_check(struct cgn_change *c)
{
	if (!same_boards(c))
		return;
	for (uint32_t i = 0; i < c->conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = c->conf->cpus[i];
		struct cgn_worker *w = c->daemon->worker[i];
		struct cgn_conf_src src = cgn_conf_place(c->conf, license_of(c, cpu));

		check_cpu(c, w, cpu);
		if (grows(w, cpu) && !cgn_growth_settle(w))
			cgn_text_add(&c->why,
				"%s:%d: license[%u]: the tables of CPU %u/%u are still "
				"growing from the last change\n",
				src.file, src.line, cpu->slot, cpu->slot, cpu->cpu);
	}
}

int
cgn_license_prepare(struct cgn_change *c)
{
	for (uint32_t i = 0; i < c->conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = c->conf->cpus[i];
		const struct cgn_worker *w = c->daemon->worker[i];
		struct cgn_conf_src src;

		if (!grows(w, cpu) ||
			!cgn_growth_init(&c->growth[i], w, cpu->sessions, cpu->users))
			continue;
		src = cgn_conf_place(c->conf, license_of(c, cpu));
		cgn_text_add(&c->why,
			"%s:%d: license[%u]: dpdk.memory_mb = %u has no room for tables "
			"of %u "
			"sessions and %u users of CPU %u/%u\n",
			src.file, src.line, cpu->slot, c->conf->dpdk.memory_mb,
			cpu->sessions, cpu->users, cpu->slot, cpu->cpu);
		return -ENOMEM;
	}
	return 0;
}

void
cgn_license_apply(struct cgn_change *c)
{
	for (uint16_t i = 0; i < c->daemon->n_cpus; i++)
		if (c->growth[i].sessions)
			cgn_growth_give(c->daemon->worker[i], &c->growth[i]);
}

void
cgn_license_drop(struct cgn_change *c)
{
	for (uint16_t i = 0; i < CGN_MAX_WORKERS; i++)
		cgn_growth_fini(&c->growth[i]);
}

void
cgn_license_turn(struct cgn_daemon *d)
{
	for (uint16_t i = 0; i < d->n_cpus; i++)
		cgn_growth_settle(d->worker[i]);
}
