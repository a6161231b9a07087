/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The link is a heap of datagrams by the time at which they arrive. */
#include "tests/ha/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/session.h"
#include "ha/bytes.h"

double
link_random(struct link *l)
{
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	return (double)(l->seed >> 11) / (double)(1ull << 53);
}

/* ---- the heap ---- */

static bool
before(const struct packet *a, const struct packet *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void
heap_push(struct link *l, struct packet *p)
{
	unsigned k = l->n++;

	if (l->n > l->size) {
		l->size = l->size ? 2 * l->size : 1024;
		l->heap = realloc(l->heap, l->size * sizeof(struct packet *));
	}
	for (; k && before(p, l->heap[(k - 1) / 2]); k = (k - 1) / 2)
		l->heap[k] = l->heap[(k - 1) / 2];
	l->heap[k] = p;
}

static struct packet *
heap_pop(struct link *l)
{
	struct packet *top = l->heap[0], *last = l->heap[--l->n];
	unsigned k = 0;

	for (unsigned c; (c = 2 * k + 1) < l->n; k = c) {
		if (c + 1 < l->n && before(l->heap[c + 1], l->heap[c]))
			c++;
		if (!before(l->heap[c], last))
			break;
		l->heap[k] = l->heap[c];
	}
	l->heap[k] = last;
	return top;
}

/* ---- the way of a datagram ---- */

static void
keep(struct link *l, const struct packet *p)
{
	if (!l->keep || l->n_kept == LINK_KEEP)
		return;
	l->kept[l->n_kept] = malloc(sizeof(*p));
	*l->kept[l->n_kept++] = *p;
}

static void
travel(struct link *l, unsigned from, const void *data, size_t len)
{
	const struct fault *f = &l->end[from].fault;
	struct packet *p = malloc(sizeof(*p));

	*p = (struct packet){ .to = !from,
		.len = (unsigned)len,
		.order = l->order++,
		.at_us = l->now_us + 100 + f->delay_us +
			 (uint64_t)(link_random(l) * (double)f->jitter_us) };
	memcpy(p->data, data, len);
	if (link_random(l) < f->reorder)
		p->at_us += (uint64_t)(link_random(l) * (double)f->late_us);
	if (link_random(l) < f->corrupt)
		p->data[(unsigned)(link_random(l) * (double)len)] ^=
			(uint8_t)(1u << (unsigned)(link_random(l) * 8));
	if (link_random(l) < f->truncate)
		p->len = (unsigned)(link_random(l) * (double)len);
	heap_push(l, p);
}

static void
send_packet(void *ctx, const void *data, size_t len)
{
	struct end *e = ctx;
	struct link *l = e->link;
	unsigned from = (unsigned)(e - l->end);
	struct packet p = { .to = !from, .len = (unsigned)len };

	e->datagrams++;
	e->bytes += len;
	e->largest = RTE_MAX(e->largest, len);
	memcpy(p.data, data, len);
	if (l->rewrite)
		l->rewrite(l, &p);
	if (from == 0)
		keep(l, &p);
	if (e->fault.cut || link_random(l) < e->fault.loss ||
		(e->fault.mtu && len > e->fault.mtu))
		return;
	travel(l, from, p.data, p.len);
	if (link_random(l) < e->fault.duplicate)
		travel(l, from, p.data, p.len);
}

void
link_inject(struct link *l, unsigned to, const void *data, unsigned len)
{
	cgn_channel_input(l->end[to].ch, data, len, l->now_us);
}

/* ---- records ---- */

void
link_record(uint64_t number, uint8_t wire[CGN_SYNCREC_BYTES])
{
	struct cgn_syncrec r = { .type = CGN_SYNCREC_SESSION,
		.location = LINK_LOCATION,
		.epoch = 3,
		.stamp = (uint32_t)number,
		.instance = 1,
		.kind = CGN_NAT44 };
	uint32_t user = RTE_BE32(0x0a000000 | (uint32_t)(number % 60000));

	r.who[10] = r.who[11] = 0xff;
	memcpy(r.who + 12, &user, 4);
	r.flow.inside = user;
	r.flow.outside = RTE_BE32(0xcb007105);
	r.flow.remote = RTE_BE32(0xc0000250);
	r.flow.inside_port = rte_cpu_to_be_16((uint16_t)(number * 7));
	r.flow.outside_port = rte_cpu_to_be_16((uint16_t)(1024 + number % 60000));
	r.flow.remote_port = RTE_BE16(443);
	r.flow.proto = CGN_IPPROTO_TCP;
	r.flow.state = CGN_STATE_ESTABLISHED;
	r.flow.idle = (uint32_t)(number % 50);
	r.flow.age = (uint32_t)(50 + number % 3000);
	cgn_syncrec_encode(&r, wire);
}

/* Numbers may be left out, when that is reported, and never come twice or back. */
static bool
deliver(void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES])
{
	uint8_t expected[CGN_SYNCREC_BYTES];
	struct end *e = ctx;
	uint32_t number = get32(record + 8);

	if (e->full)
		return false;
	link_record(number, expected);
	e->came++;
	e->wrong += location != LINK_LOCATION ||
		    memcmp(record, expected, sizeof(expected)) != 0;
	e->again += number < e->next;
	e->next = number + 1ull;
	return true;
}

static void
lost(void *ctx, uint16_t location, bool here, uint64_t n)
{
	struct end *e = ctx;

	(void)location;
	if (here)
		e->lost_here += n;
	else
		e->lost_there += n;
}

/* ---- ends ---- */

static void
begin(struct link *l, unsigned which)
{
	static const struct cgn_channel_location say = {
		.role = CGN_ROLE_MASTER, .priority = 100, .epoch = 1
	};
	static const struct cgn_channel_print print[] = {
		{ CGN_CHANNEL_PRINT_LOCATION, "7", 11 },
		{ CGN_CHANNEL_PRINT_INSTANCE, "ds1", 12 },
		{ CGN_CHANNEL_PRINT_POOL, "pool1", 13 },
	};
	struct end *e = &l->end[which];

	e->conf.boot = (uint64_t)(link_random(l) * 1e18) + 1;
	e->ch = cgn_channel_create(&e->conf);
	cgn_channel_say(e->ch, LINK_LOCATION, &say);
	cgn_channel_print(e->ch, print, RTE_DIM(print));
}

void
link_open(struct link *l, uint64_t seed)
{
	static const uint8_t secret[CGN_SEAL_SECRET] = "the key of both ends, 32 bytes!";

	memset(l, 0, sizeof(*l));
	l->seed = seed * 0x9e3779b97f4a7c15ull + 1;
	l->now_us = 1000000;
	for (unsigned k = 0; k < 2; k++) {
		struct end *e = &l->end[k];

		e->link = l;
		e->conf = (struct cgn_channel_conf){ .keys = 1,
			.pacing_mbps = 1000,
			.ctx = e,
			.send = send_packet,
			.deliver = deliver,
			.lost = lost };
		snprintf(e->conf.node, sizeof(e->conf.node), "cgn-%c", 'a' + (int)k);
		cgn_seal_key_init(&e->conf.key[0], secret);
		begin(l, k);
	}
}

void
link_close(struct link *l)
{
	while (l->n)
		free(heap_pop(l));
	free(l->heap);
	while (l->n_kept)
		free(l->kept[--l->n_kept]);
	cgn_channel_destroy(l->end[0].ch);
	cgn_channel_destroy(l->end[1].ch);
}

void
link_restart(struct link *l, unsigned which)
{
	cgn_channel_destroy(l->end[which].ch);
	begin(l, which);
}

void
link_fault(struct link *l, const struct fault *f)
{
	l->end[0].fault = l->end[1].fault = *f;
}

/* ---- time ---- */

static void
step(struct link *l)
{
	l->now_us += 1000;
	while (l->n && l->heap[0]->at_us <= l->now_us) {
		struct packet *p = heap_pop(l);

		if (!l->end[p->to].frozen)
			cgn_channel_input(l->end[p->to].ch, p->data, p->len, l->now_us);
		free(p);
	}
	for (unsigned k = 0; k < 2; k++)
		if (!l->end[k].frozen)
			cgn_channel_turn(l->end[k].ch, l->now_us);
}

void
link_run(struct link *l, uint64_t ms)
{
	while (ms--)
		step(l);
}

bool
link_up(struct link *l, uint64_t ms)
{
	for (; ms; ms--) {
		if (cgn_channel_state(l->end[0].ch) == CGN_CHANNEL_UP &&
			cgn_channel_state(l->end[1].ch) == CGN_CHANNEL_UP)
			return true;
		step(l);
	}
	return false;
}

uint64_t
link_put(struct link *l, unsigned n, unsigned per_ms)
{
	uint8_t wire[CGN_SYNCREC_BYTES];
	uint64_t ms = 0;

	for (unsigned done = 0; done < n; ms++) {
		for (unsigned k = 0; done < n && (!per_ms || k < per_ms); k++) {
			link_record(l->end[0].put, wire);
			if (!cgn_channel_put(
				    l->end[0].ch, LINK_LOCATION, wire, l->now_us))
				break;
			l->end[0].put++;
			done++;
		}
		step(l);
	}
	return ms;
}

uint64_t
link_drain(struct link *l, uint64_t ms)
{
	for (uint64_t k = 0; k < ms; k++) {
		if (cgn_channel_drained(l->end[0].ch, LINK_LOCATION))
			return k;
		step(l);
	}
	return UINT64_MAX;
}
