/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NAT events as lines of syslog (RFC 5424): everything is in structured data, so that no
 * receiver has to take a text apart, and what does not apply is left out:
 *
 *   <134>1 2026-01-31T12:00:00.123Z cgn-a cgnd - block-assign [nat@32473 instance="ds1"
 *   softwire="2001:db8:100::1" vpn="" outside="203.0.113.1" ports="1024-1087"]
 *
 * 32473 is the enterprise number of RFC 5612, since the project has none. Facility is
 * local0. Pure functions.
 *
 * Not handled: text behind the structured data; it would only repeat it. */
#include "control/log_syslog.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FACILITY 16 /* local0 */
#define NOTICE	 6  /* "informational" */
#define WARNING	 4

static const struct {
	const char *msgid;
	int severity;
} kinds[CGN_RECORD_TYPES] = {
	[CGN_RECORD_BLOCK_TAKE] = { "block-assign", NOTICE },
	[CGN_RECORD_BLOCK_GIVE] = { "block-release", NOTICE },
	[CGN_RECORD_SESSION_ADD] = { "session-create", NOTICE },
	[CGN_RECORD_SESSION_DEL] = { "session-delete", NOTICE },
	[CGN_RECORD_MAPPING_ADD] = { "port-assign", NOTICE },
	[CGN_RECORD_MAPPING_DEL] = { "port-release", NOTICE },
	[CGN_RECORD_NO_ADDRESS] = { "addresses-exhausted", WARNING },
	[CGN_RECORD_NO_PORT] = { "ports-exhausted", WARNING },
	[CGN_RECORD_LIMIT_SESSIONS] = { "quota-sessions", WARNING },
	[CGN_RECORD_LIMIT_REVERSE] = { "quota-reverse-sessions", WARNING },
	[CGN_RECORD_LIMIT_PORTS] = { "quota-ports", WARNING },
	[CGN_RECORD_LIMIT_RATE] = { "quota-create-rate", WARNING },
	[CGN_RECORD_LIMIT_BOARD] = { "quota-board-create-rate", WARNING },
	[CGN_RECORD_USERS_FULL] = { "licence-users", WARNING },
	[CGN_RECORD_SESSIONS_FULL] = { "licence-sessions", WARNING },
	[CGN_RECORD_POOL_HIGH] = { "threshold-pool-high", WARNING },
	[CGN_RECORD_POOL_LOW] = { "threshold-pool-low", NOTICE },
	[CGN_RECORD_BOARD_SESSIONS_HIGH] = { "threshold-sessions-high", WARNING },
	[CGN_RECORD_BOARD_SESSIONS_LOW] = { "threshold-sessions-low", NOTICE },
	[CGN_RECORD_BOARD_USERS_HIGH] = { "threshold-users-high", WARNING },
	[CGN_RECORD_BOARD_USERS_LOW] = { "threshold-users-low", NOTICE },
};

struct line {
	char *out;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct line *l, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(l->out + l->len, l->size - l->len, format, ap);
	va_end(ap);
	l->len = RTE_MIN(l->len + (size_t)RTE_MAX(n, 0), l->size - 1);
}

/* A parameter; RFC 5424 6.3.3 escapes three characters of its value. */
static void
add_text(struct line *l, const char *name, const char *value)
{
	char text[2 * CGN_NAME];
	size_t n = 0;

	for (; *value && n + 2 < sizeof(text); value++) {
		if (strchr("\"\\]", *value))
			text[n++] = '\\';
		text[n++] = *value;
	}
	text[n] = '\0';
	add(l, " %s=\"%s\"", name, text);
}

static void
add_header(struct line *l, int severity, uint64_t wall_ms, const char *node,
	const char *msgid)
{
	time_t s = (time_t)(wall_ms / 1000);
	char day[32], host[CGN_NAME] = "-";
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	if (node[0])
		snprintf(host, sizeof(host), "%s", node);
	for (char *c = host; *c; c++)
		if (*c < '!' || *c > '~')
			*c = '_';
	add(l, "<%d>1 %s.%03uZ %s cgnd - %s ", FACILITY * 8 + severity, day,
		(unsigned)(wall_ms % 1000), host, msgid);
}

/* Does the record name ports beside addresses? */
static bool
has_ports(const struct cgn_record *r)
{
	return cgn_log_item_is_session(r) || r->type == CGN_RECORD_MAPPING_ADD ||
	       r->type == CGN_RECORD_MAPPING_DEL;
}

/* " NAME=\"192.0.2.1\"", of sessions and mappings with the port; nothing for 0.0.0.0. */
static void
add_address(struct line *l, const struct cgn_record *r, const char *name, rte_be32_t addr,
	rte_be16_t port)
{
	char text[INET_ADDRSTRLEN];

	if (!addr)
		return;
	inet_ntop(AF_INET, &addr, text, sizeof(text));
	add(l, " %s=\"%s", name, text);
	if (has_ports(r))
		add(l, ":%u", rte_be_to_cpu_16(port));
	add(l, "\"");
}

/* Who: the B4, the inside address, or both. */
static void
add_user(struct line *l, const struct cgn_log_item *item)
{
	static const uint8_t none[16];
	const struct cgn_record *r = item->record;
	char text[INET6_ADDRSTRLEN];

	if (r->kind == CGN_DS_LITE && memcmp(r->softwire, none, sizeof(none)) != 0)
		add(l, " softwire=\"%s\"",
			inet_ntop(AF_INET6, r->softwire, text, sizeof(text)));
	add_address(l, r, "inside", r->inside, r->inside_port);
	add_text(l, "vpn", item->vpn);
}

static void
add_what(struct line *l, const struct cgn_log_item *item)
{
	const struct cgn_record *r = item->record;

	add_address(l, r, "outside", r->outside, r->outside_port);
	if (r->first)
		add(l, " ports=\"%u-%u\"", r->first, r->last);
	if (cgn_log_item_is_session(r) && item->destinations)
		add_address(l, r, "remote", r->remote, r->remote_port);
	if (r->proto)
		add(l, " proto=\"%u\"", r->proto);
	if (r->type >= CGN_RECORD_LIMIT_SESSIONS)
		add(l, " limit=\"%u\"", item->limit);
	if (r->type == CGN_RECORD_NO_ADDRESS && item->pool[0])
		add_text(l, "pool", item->pool);
}

static void
add_threshold(struct line *l, const struct cgn_log_item *item)
{
	if (item->record->type <= CGN_RECORD_POOL_LOW)
		add_text(l, "pool", item->pool);
	else
		add(l, " slot=\"%u\" cpu=\"%u\"", item->slot, item->cpu);
	add(l, " used=\"%llu\" capacity=\"%llu\" threshold=\"%u%%\"",
		(unsigned long long)item->used, (unsigned long long)item->capacity,
		item->percent);
}

size_t
cgn_log_syslog_encode(
	char *out, size_t size, const char *node, const struct cgn_log_item *item)
{
	struct line l = { out, size, 0 };
	unsigned type = item->record->type;

	add_header(&l, kinds[type].severity, item->wall_ms, node, kinds[type].msgid);
	add(&l, "[nat@32473");
	if (cgn_log_item_is_threshold(item->record)) {
		add_threshold(&l, item);
	} else {
		add_text(&l, "instance", item->instance);
		add_user(&l, item);
		add_what(&l, item);
	}
	add(&l, "]");
	return l.len;
}

size_t
cgn_log_syslog_note(char *out, size_t size, const char *node, uint64_t wall_ms,
	const char *msgid, const char *parameters)
{
	struct line l = { out, size, 0 };

	add_header(&l, NOTICE, wall_ms, node, msgid);
	add(&l, "[nat@32473 %s]", parameters);
	return l.len;
}

size_t
cgn_log_syslog_lost(char *out, size_t size, const char *node, uint64_t wall_ms,
	uint64_t lost, uint64_t total)
{
	struct line l = { out, size, 0 };

	add_header(&l, WARNING, wall_ms, node, "lost");
	add(&l, "[lost@32473 records=\"%llu\" total=\"%llu\"] lost %llu records",
		(unsigned long long)lost, (unsigned long long)total,
		(unsigned long long)lost);
	return l.len;
}
