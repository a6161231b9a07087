/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of deterministic instances are not logged, because address and ports of a user
 * can be computed; what has to be kept instead are the parameters, and since when they
 * hold (RFC 7422 3). They are a line for each rule, a line for each inside prefix with
 * the number of its first user, and a line for each run of public addresses with the
 * number of its first address:
 *
 *   … deterministic [nat@32473 instance="nat1" pool="p1" algorithm="sequential"
 *   users="65536" addresses="1040" size="1008" first-port="1024" user-bits="32"]
 *   … deterministic-inside [nat@32473 instance="nat1" pool="p1" first="0"
 *   prefix="10.0.0.0/16"]
 *   … deterministic-outside [nat@32473 instance="nat1" pool="p1" first="0"
 *   range="203.0.113.0-203.0.113.15"]
 *
 * Control lcore. Not handled: IPFIX, which has no elements for it. */
#include "control/log_rule.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include "control/log.h"

struct teller {
	struct cgn_log_export *x;
	const struct cgn_snapshot *snap;
	struct cgn_log_clock clock;
	uint32_t instance;
	char head[128]; /* instance and pool */
};

static void
tell(const struct teller *t, const char *msgid, const char *rest)
{
	char text[384];

	snprintf(text, sizeof(text), "%s %s", t->head, rest);
	cgn_log_event(LOG_NOTICE, "%s: %s", msgid, text);
	if (t->x)
		cgn_log_export_note(t->x, t->instance, msgid, text, &t->clock);
}

static void
tell_inside(const struct teller *t, const struct cgn_rule *rule, bool ds_lite)
{
	for (uint32_t i = 0; i < rule->n_prefixes; i++) {
		const struct cgn_rule_prefix *p = &rule->prefix[i];
		char addr[INET6_ADDRSTRLEN], text[128];

		inet_ntop(ds_lite ? AF_INET6 : AF_INET, p->addr, addr, sizeof(addr));
		snprintf(text, sizeof(text), "first=\"%u\" prefix=\"%s/%u\"", p->first,
			addr, p->len);
		tell(t, "deterministic-inside", text);
	}
}

static uint32_t
address(const struct teller *t, const struct cgn_rule *rule, uint32_t number)
{
	return rte_be_to_cpu_32(t->snap->address[rule->slot[number]].addr);
}

static void
tell_outside(const struct teller *t, const struct cgn_rule *rule)
{
	for (uint32_t i = 0, end; i < rule->n_addresses; i = end) {
		char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN], text[128];
		uint32_t last;

		for (end = i + 1; end < rule->n_addresses; end++)
			if (address(t, rule, end) != address(t, rule, i) + (end - i))
				break;
		last = t->snap->address[rule->slot[end - 1]].addr;
		inet_ntop(AF_INET, &t->snap->address[rule->slot[i]].addr, a, sizeof(a));
		inet_ntop(AF_INET, &last, b, sizeof(b));
		snprintf(text, sizeof(text), "first=\"%u\" range=\"%s-%s\"", i, a, b);
		tell(t, "deterministic-outside", text);
	}
}

/* Names of the configuration may hold what RFC 5424 6.3.3 wants escaped. */
static void
escape(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 2 < size; name++) {
		if (*name == '"' || *name == '\\' || *name == ']')
			out[n++] = '\\';
		out[n++] = *name;
	}
	out[n] = '\0';
}

static void
tell_rule(struct teller *t, const struct cgn_outbound *o)
{
	const struct cgn_instance *inst = &t->snap->instance[t->instance];
	const struct cgn_rule *rule = o->rule;
	char name[2 * CGN_NAME], pool[2 * CGN_NAME], text[256];

	escape(name, sizeof(name), inst->name);
	escape(pool, sizeof(pool), t->snap->pool[o->pool].name);
	snprintf(t->head, sizeof(t->head), "instance=\"%.48s\" pool=\"%.48s\"", name,
		pool);
	snprintf(text, sizeof(text),
		"algorithm=\"sequential\" users=\"%u\" addresses=\"%u\" size=\"%u\" "
		"first-port=\"%d\" user-bits=\"%u\"",
		rule->n_users, rule->n_addresses, rule->size, CGN_PORT_FIRST,
		rule->length);
	tell(t, "deterministic", text);
	tell_inside(t, rule, inst->kind == CGN_DS_LITE);
	tell_outside(t, rule);
}

void
cgn_log_rules(struct cgn_log_export *x, const struct cgn_snapshot *snap, uint64_t now_ms)
{
	struct teller t = { .x = x, .snap = snap, .clock.now_ms = now_ms };
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	t.clock.wall_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
	for (uint32_t i = 0; i < snap->n_instances; i++) {
		const struct cgn_instance *inst = &snap->instance[i];

		t.instance = i;
		for (unsigned k = 0;
			inst->port_mode == CGN_MODE_DETERMINISTIC && k < inst->n_outbound;
			k++)
			tell_rule(&t, &inst->outbound[k]);
	}
}
