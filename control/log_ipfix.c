/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NAT events in IPFIX (RFC 7011 with the events of RFC 8158), or in NetFlow version 9
 * (RFC 3954), which differs in its headers, in what it counts and in options templates.
 *
 * A table of templates says which information elements a record has; one function writes
 * an element. Softwire users are named by sourceIPv6Address alone: collectors in use do
 * not read it beside sourceIPv4Address in one record. Over UDP nobody asks for templates,
 * so they are repeated by time and by messages (RFC 7011 8.1).
 *
 * Sequence numbers count records in IPFIX, messages in NetFlow. What is lost before it
 * is numbered makes a gap all the same, and the total is told in a record of exporting
 * process reliability (RFC 7011 4.3).
 *
 * Not handled: templates per instance; variable length elements. Control lcore. */
#include "control/log_ipfix.h"

#include <string.h>

#define TEMPLATES_MS	   30000
#define TEMPLATES_MESSAGES 64

enum {
	IE_PROTOCOL = 4,
	IE_SOURCE_PORT = 7,
	IE_SOURCE_IPV4 = 8,
	IE_DESTINATION_PORT = 11,
	IE_DESTINATION_IPV4 = 12,
	IE_SOURCE_IPV6 = 27,
	IE_EXPORTING_PROCESS = 144,
	IE_NOT_SENT = 166, /* notSentFlowTotalCount */
	IE_POST_NAT_SOURCE_IPV4 = 225,
	IE_POST_NAPT_SOURCE_PORT = 227,
	IE_NAT_EVENT = 230,
	IE_LINE_CARD = 141,
	IE_INGRESS_VRF = 234,
	IE_NAT_POOL = 283,
	IE_TIME_MS = 323,
	IE_RANGE_START = 361,
	IE_RANGE_END = 362,
	IE_NAT_INSTANCE = 463,
	IE_QUOTA_EVENT = 466,
	IE_THRESHOLD_EVENT = 467,
	IE_MAX_SESSIONS = 471,
	IE_MAX_PER_USER = 473,
	IE_MAX_SUBSCRIBERS = 474,
	IE_POOL_HIGH = 476, /* addresses */
	IE_POOL_LOW = 477,
	IE_MAPPINGS_HIGH = 478,
	IE_ADDRESSES_HIGH = 481, /* mappings of an address: users */
};

struct field {
	uint16_t id, len; /* bytes */
};

#define FIELDS 12
struct template
{
	struct field field[FIELDS]; /* id 0 ends it */
};

#define COMMON                                                                           \
	{ IE_TIME_MS, 8 }, { IE_NAT_EVENT, 1 },                                          \
	{                                                                                \
		IE_NAT_INSTANCE, 4                                                       \
	}
#define VRF                                                                              \
	{                                                                                \
		IE_INGRESS_VRF, 4                                                        \
	}
#define HOST                                                                             \
	{                                                                                \
		IE_SOURCE_IPV4, 4                                                        \
	}
#define B4                                                                               \
	{                                                                                \
		IE_SOURCE_IPV6, 16                                                       \
	}
#define OUTSIDE                                                                          \
	{                                                                                \
		IE_POST_NAT_SOURCE_IPV4, 4                                               \
	}
#define RANGE                                                                            \
	{ IE_RANGE_START, 2 },                                                           \
	{                                                                                \
		IE_RANGE_END, 2                                                          \
	}
#define PROTOCOL                                                                         \
	{                                                                                \
		IE_PROTOCOL, 1                                                           \
	}
#define PORTS                                                                            \
	PROTOCOL, { IE_SOURCE_PORT, 2 },                                                 \
	{                                                                                \
		IE_POST_NAPT_SOURCE_PORT, 2                                              \
	}
#define REMOTE                                                                           \
	{ IE_DESTINATION_IPV4, 4 },                                                      \
	{                                                                                \
		IE_DESTINATION_PORT, 2                                                   \
	}
#define QUOTA                                                                            \
	{                                                                                \
		IE_QUOTA_EVENT, 4                                                        \
	}

#define THRESHOLD                                                                        \
	{ IE_TIME_MS, 8 }, { IE_NAT_EVENT, 1 },                                          \
	{                                                                                \
		IE_THRESHOLD_EVENT, 4                                                    \
	}

#define FIRST_ID 256
/* In pairs where a user is named: NAT44, DS-Lite. The numbers are those on the wire. */
enum {
	T_BLOCK,
	T_BLOCK_B4,
	T_SESSION,
	T_SESSION_B4,
	T_FLOW, /* a session with its far end */
	T_FLOW_B4,
	T_PORTS_EXHAUSTED,
	T_PORTS_EXHAUSTED_B4,
	T_QUOTA_USER,
	T_QUOTA_USER_B4,
	T_ADDRESSES_EXHAUSTED,
	T_QUOTA_SESSIONS,
	T_QUOTA_SUBSCRIBERS,
	T_POOL_HIGH,
	T_POOL_LOW,
	T_BOARD_SESSIONS,
	T_BOARD_USERS,
	T_LOST, /* the options template */
	TEMPLATES
};

static const struct template templates[TEMPLATES] = {
	[T_BLOCK] = { { COMMON, VRF, HOST, OUTSIDE, RANGE } },
	[T_BLOCK_B4] = { { COMMON, VRF, B4, OUTSIDE, RANGE } },
	[T_SESSION] = { { COMMON, VRF, HOST, OUTSIDE, PORTS } },
	[T_SESSION_B4] = { { COMMON, VRF, B4, OUTSIDE, PORTS } },
	[T_FLOW] = { { COMMON, VRF, HOST, OUTSIDE, PORTS, REMOTE } },
	[T_FLOW_B4] = { { COMMON, VRF, B4, OUTSIDE, PORTS, REMOTE } },
	[T_PORTS_EXHAUSTED] = { { COMMON, VRF, HOST, OUTSIDE, PROTOCOL } },
	[T_PORTS_EXHAUSTED_B4] = { { COMMON, VRF, B4, OUTSIDE, PROTOCOL } },
	[T_QUOTA_USER] = { { COMMON, VRF, HOST, QUOTA, { IE_MAX_PER_USER, 4 } } },
	[T_QUOTA_USER_B4] = { { COMMON, VRF, B4, QUOTA, { IE_MAX_PER_USER, 4 } } },
	[T_ADDRESSES_EXHAUSTED] = { { COMMON, { IE_NAT_POOL, 4 } } },
	[T_QUOTA_SESSIONS] = { { COMMON, QUOTA, { IE_MAX_SESSIONS, 4 } } },
	[T_QUOTA_SUBSCRIBERS] = { { COMMON, QUOTA, { IE_MAX_SUBSCRIBERS, 4 } } },
	[T_POOL_HIGH] = { { THRESHOLD, { IE_NAT_POOL, 4 }, { IE_POOL_HIGH, 4 } } },
	[T_POOL_LOW] = { { THRESHOLD, { IE_NAT_POOL, 4 }, { IE_POOL_LOW, 4 } } },
	[T_BOARD_SESSIONS] = { { THRESHOLD, { IE_LINE_CARD, 4 },
		{ IE_MAPPINGS_HIGH, 4 } } },
	[T_BOARD_USERS] = { { THRESHOLD, { IE_LINE_CARD, 4 },
		{ IE_ADDRESSES_HIGH, 4 } } },
	[T_LOST] = { { { IE_EXPORTING_PROCESS, 4 }, { IE_NOT_SENT, 8 } } },
};

/* What a type of record is: natEvent, template of its pair or its own, natQuotaExceeded
 * or natThresholdEvent. There is none for sessions and users that become fewer.
 */
static const struct {
	uint8_t event, template, quota;
	bool user;
} kinds[CGN_RECORD_TYPES] = {
	[CGN_RECORD_BLOCK_TAKE] = { 16, T_BLOCK, 0, true },
	[CGN_RECORD_BLOCK_GIVE] = { 17, T_BLOCK, 0, true },
	[CGN_RECORD_SESSION_ADD] = { 4, T_SESSION, 0, true },
	[CGN_RECORD_SESSION_DEL] = { 5, T_SESSION, 0, true },
	[CGN_RECORD_MAPPING_ADD] = { 8, T_SESSION, 0, true },
	[CGN_RECORD_MAPPING_DEL] = { 9, T_SESSION, 0, true },
	[CGN_RECORD_NO_ADDRESS] = { 3, T_ADDRESSES_EXHAUSTED, 0, false },
	[CGN_RECORD_NO_PORT] = { 12, T_PORTS_EXHAUSTED, 0, true },
	[CGN_RECORD_LIMIT_SESSIONS] = { 13, T_QUOTA_USER, 3, true },
	[CGN_RECORD_LIMIT_REVERSE] = { 13, T_QUOTA_USER, 3, true },
	[CGN_RECORD_LIMIT_PORTS] = { 13, T_QUOTA_USER, 3, true },
	[CGN_RECORD_LIMIT_RATE] = { 13, T_QUOTA_USER, 3, true },
	[CGN_RECORD_LIMIT_BOARD] = { 13, T_QUOTA_SESSIONS, 1, false },
	[CGN_RECORD_USERS_FULL] = { 13, T_QUOTA_SUBSCRIBERS, 4, false },
	[CGN_RECORD_SESSIONS_FULL] = { 13, T_QUOTA_SESSIONS, 1, false },
	[CGN_RECORD_POOL_HIGH] = { 18, T_POOL_HIGH, 1, false },
	[CGN_RECORD_POOL_LOW] = { 18, T_POOL_LOW, 2, false },
	[CGN_RECORD_BOARD_SESSIONS_HIGH] = { 18, T_BOARD_SESSIONS, 3, false },
	[CGN_RECORD_BOARD_USERS_HIGH] = { 18, T_BOARD_USERS, 5, false },
};

static uint8_t *
put(uint8_t *p, uint64_t value, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		p[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	return p + len;
}

static void
append(struct cgn_log_ipfix *x, uint64_t value, unsigned len)
{
	put(x->buf + x->len, value, len);
	x->len += len;
}

static size_t
header_size(const struct cgn_log_ipfix *x)
{
	return x->v9 ? 20 : 16;
}

static unsigned
n_fields(const struct template *t)
{
	unsigned n = 0;

	while (n < FIELDS && t->field[n].id)
		n++;
	return n;
}

static size_t
record_size(const struct template *t)
{
	size_t size = 0;

	for (unsigned i = 0; i < n_fields(t); i++)
		size += t->field[i].len;
	return size;
}

/* Ends the open set, if any: padded to 32 bits, less than any record is long. */
static void
close_set(struct cgn_log_ipfix *x)
{
	if (!x->set)
		return;
	while (x->len % 4)
		append(x, 0, 1);
	put(x->buf + x->set + 2, x->len - x->set, 2);
	x->set = 0;
}

static void
open_set(struct cgn_log_ipfix *x, uint16_t id)
{
	close_set(x);
	x->set = x->len;
	x->set_id = id;
	append(x, id, 2);
	append(x, 0, 2);
}

static void
add_fields(struct cgn_log_ipfix *x, const struct template *t, unsigned from)
{
	for (unsigned i = from; i < n_fields(t); i++) {
		append(x, t->field[i].id, 2);
		append(x, t->field[i].len, 2);
	}
}

static void
add_templates(struct cgn_log_ipfix *x)
{
	const struct template *lost = &templates[T_LOST];

	open_set(x, x->v9 ? 0 : 2);
	for (unsigned i = 0; i < T_LOST; i++, x->all++) {
		append(x, FIRST_ID + i, 2);
		append(x, n_fields(&templates[i]), 2);
		add_fields(x, &templates[i], 0);
	}
	open_set(x, x->v9 ? 1 : 3);
	append(x, FIRST_ID + T_LOST, 2);
	/* NetFlow counts bytes, and its scope "system" is 1; IPFIX counts fields */
	append(x, x->v9 ? 4 : 2, 2);
	append(x, x->v9 ? 4 : 1, 2);
	append(x, x->v9 ? 1 : lost->field[0].id, 2);
	append(x, lost->field[0].len, 2);
	add_fields(x, lost, 1);
	close_set(x);
	x->all++;
}

static void
add_lost(struct cgn_log_ipfix *x)
{
	open_set(x, FIRST_ID + T_LOST);
	append(x, 1, 4); /* there is one exporting process */
	append(x, x->lost, 8);
	close_set(x);
	x->records++;
	x->all++;
	x->tell_lost = false;
}

void
cgn_log_ipfix_init(struct cgn_log_ipfix *x, bool v9, uint32_t domain)
{
	*x = (struct cgn_log_ipfix){ .v9 = v9, .domain = domain };
}

void
cgn_log_ipfix_begin(struct cgn_log_ipfix *x, uint8_t *buf, size_t room, uint64_t now_ms)
{
	x->buf = buf;
	x->room = room;
	x->len = header_size(x);
	x->set = 0;
	x->records = x->events = x->all = 0;
	if (x->messages == 0 || x->messages >= TEMPLATES_MESSAGES ||
		now_ms - x->templates_ms >= TEMPLATES_MS) {
		add_templates(x);
		x->messages = 0;
		x->templates_ms = now_ms;
	}
	if (x->tell_lost)
		add_lost(x);
}

/* Bytes that stand in the record of the worker already as they go on the wire. */
static const void *
ready(const struct cgn_record *r, uint16_t id)
{
	switch (id) {
	case IE_SOURCE_IPV4:
		return &r->inside;
	case IE_SOURCE_IPV6:
		return r->softwire;
	case IE_POST_NAT_SOURCE_IPV4:
		return &r->outside;
	case IE_DESTINATION_IPV4:
		return &r->remote;
	case IE_SOURCE_PORT:
		return &r->inside_port;
	case IE_POST_NAPT_SOURCE_PORT:
		return &r->outside_port;
	case IE_DESTINATION_PORT:
		return &r->remote_port;
	}
	return NULL;
}

/* The water in these units, rounded up. */
static uint64_t
threshold(const struct cgn_log_item *item, uint64_t unit)
{
	return (item->capacity * item->percent + 100 * unit - 1) / (100 * unit);
}

static uint64_t
number(const struct cgn_log_item *item, uint16_t id)
{
	const struct cgn_record *r = item->record;

	switch (id) {
	case IE_TIME_MS:
		return item->wall_ms;
	case IE_NAT_EVENT:
		return kinds[r->type].event;
	case IE_NAT_INSTANCE:
		return item->instance_id;
	case IE_INGRESS_VRF:
		return r->vpn_in;
	case IE_PROTOCOL:
		return r->proto;
	case IE_RANGE_START:
		return r->first;
	case IE_RANGE_END:
		return r->last;
	case IE_NAT_POOL:
		return item->pool_id;
	case IE_QUOTA_EVENT:
	case IE_THRESHOLD_EVENT:
		return kinds[r->type].quota;
	case IE_LINE_CARD:
		return item->slot;
	case IE_POOL_HIGH:
	case IE_POOL_LOW:
		return threshold(item, CGN_PORT_COUNT);
	case IE_MAPPINGS_HIGH:
	case IE_ADDRESSES_HIGH:
		return threshold(item, 1);
	default: /* one of the maxima */
		return item->limit;
	}
}

static unsigned
template_of(const struct cgn_log_item *item)
{
	const struct cgn_record *r = item->record;
	unsigned t = kinds[r->type].template;

	if (cgn_log_item_is_session(r) && item->destinations)
		t = T_FLOW;
	return t + (kinds[r->type].user && r->kind == CGN_DS_LITE);
}

bool
cgn_log_ipfix_knows(const struct cgn_record *r)
{
	return kinds[r->type].event != 0;
}

bool
cgn_log_ipfix_add(struct cgn_log_ipfix *x, const struct cgn_log_item *item)
{
	unsigned t = template_of(item);
	bool same = x->set && x->set_id == FIRST_ID + t;

	/* a header, and padding behind this set and the one before */
	if (x->len + record_size(&templates[t]) + (same ? 3 : 4 + 3 + 3) > x->room)
		return false;
	if (!same)
		open_set(x, (uint16_t)(FIRST_ID + t));
	for (unsigned i = 0; i < n_fields(&templates[t]); i++) {
		struct field f = templates[t].field[i];
		const void *bytes = ready(item->record, f.id);

		if (!bytes) {
			append(x, number(item, f.id), f.len);
			continue;
		}
		memcpy(x->buf + x->len, bytes, f.len);
		x->len += f.len;
	}
	x->records++;
	x->events++;
	x->all++;
	return true;
}

size_t
cgn_log_ipfix_end(struct cgn_log_ipfix *x, uint64_t now_ms, uint64_t wall_ms)
{
	uint8_t *p = x->buf;

	close_set(x);
	p = put(p, x->v9 ? 9 : 10, 2);
	p = put(p, x->v9 ? x->all : x->len, 2);
	if (x->v9)
		p = put(p, now_ms, 4);
	p = put(p, wall_ms / 1000, 4);
	p = put(p, x->sequence, 4);
	put(p, x->domain, 4);
	x->sequence += x->v9 ? 1 : x->records;
	x->messages++;
	return x->len;
}

void
cgn_log_ipfix_lose(struct cgn_log_ipfix *x, uint64_t n, bool numbered)
{
	x->lost += n;
	x->tell_lost = true;
	if (!numbered)
		x->sequence += x->v9 ? 1 : (uint32_t)n;
}
