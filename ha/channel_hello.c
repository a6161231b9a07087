/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Greetings: who is there, whom it hears, and what it says of locations and of its
 * configuration. Every datagram begins with the same hello; locations and fingerprints
 * that do not fit into one go into the next.
 *
 * A greeting is sealed under the configured key alone, so one that was recorded opens as
 * well as a new one. Therefore a start that is not known is only believed with a
 * challenge of ours that is at most eight seconds old, and one that is over is never
 * believed again. Until then it gets an answer now and then, and changes nothing.
 *
 * A link that works in one direction is found by what each end says that it hears.
 *
 * Owner only. */
#include "ha/channel_int.h"

#include <string.h>

#define CHALLENGE_US	4000000 /* a new one so often; the one before counts too */
#define REPLY_US	10000	/* answers to strangers are so far apart */
#define PRINT_DATAGRAMS 8	/* with fingerprints, in one greeting */
#define INTERVAL_MAX_MS 1000

#define FLAG_READY  0x01
#define FLAG_ASKS   0x02
#define FLAG_DRAINS 0x08

/* ---- proof of being of today ---- */

static uint64_t
challenge(const struct cgn_channel *ch, unsigned ago)
{
	uint64_t text[2] = { ch->conf.boot, ch->now_us / CHALLENGE_US - ago };

	return cgn_seal_hash(&ch->conf.key[0], text, sizeof(text)) | 1;
}

static bool
proven(const struct cgn_channel *ch, const struct cgn_wire_hello *h)
{
	return h->heard_boot == ch->conf.boot &&
	       (h->heard_challenge == challenge(ch, 0) ||
		       h->heard_challenge == challenge(ch, 1));
}

/* ---- input ---- */

/* The peer has started anew. */
static void
believe(struct cgn_channel *ch, const struct cgn_wire_head *head)
{
	if (ch->voice.boot) {
		ch->retired[ch->n_retired++ % CGN_CHANNEL_RETIRED] = ch->voice.boot;
		ch->count.restarts++;
	}
	ch->voice = (struct cgn_channel_voice){ .boot = head->boot };
	/* what came before the proof is over */
	cgn_seal_begin(&ch->greet_window, head->number);
	memset(&ch->other, 0, sizeof(ch->other));
	cgn_channel_session(ch);
	ch->greet_due_us = ch->now_us;
}

static void
note(struct cgn_channel_voice *v, const struct cgn_wire_head *head,
	const struct cgn_wire_hello *h, uint64_t now_us)
{
	v->boot = head->boot;
	v->challenge = h->challenge;
	v->number = head->number;
	v->heard_us = now_us;
}

static void
measure(struct cgn_channel *ch, const struct cgn_wire_hello *h)
{
	uint64_t behind = ch->greet_number - h->heard_number;
	uint64_t sent = ch->stamp_us[h->heard_number % CGN_CHANNEL_STAMPS];

	if (!behind || behind > CGN_CHANNEL_STAMPS || ch->now_us - sent < h->heard_us)
		return;
	ch->peer.rtt_us = ch->now_us - sent - h->heard_us;
	cgn_stream_measure(&ch->rtt, ch->peer.rtt_us);
}

/* The newest greeting of the peer. */
static void
attend(struct cgn_channel *ch, const struct cgn_wire_hello *h)
{
	uint64_t dead = (uint64_t)RTE_MAX(ch->conf.hello_ms, h->interval_ms) *
			ch->conf.dead_hellos * 1000;
	bool hears = h->heard_boot == ch->conf.boot && h->heard_us < dead;

	ch->peer_ms = RTE_MIN(h->interval_ms, (uint32_t)INTERVAL_MAX_MS);
	ch->peer.version = h->version;
	memcpy(ch->peer.node, h->node, sizeof(ch->peer.node));
	ch->peer.hears_us = hears;
	if (hears)
		measure(ch, h);
	cgn_channel_print_hello(ch, h->print, h->prints);
}

static void
take_location(struct cgn_channel *ch, uint64_t number, const struct cgn_wire_location *l)
{
	struct cgn_channel_entry *e = entry_of(ch, l->id);
	struct cgn_channel_location news = { .role = l->role,
		.priority = l->priority,
		.ready = l->flags & FLAG_READY,
		.asks = l->flags & FLAG_ASKS,
		.drains = l->flags & FLAG_DRAINS,
		.epoch = l->epoch };
	struct cgn_wire_ack ack = { .location = l->id,
		.stream = l->heard_stream,
		.taken = l->taken,
		.room = (uint16_t)(l->limit - l->taken) };

	if (!e || number <= e->heard_number)
		return;
	ch->changed += !e->heard || e->theirs.role != news.role ||
		       e->theirs.priority != news.priority ||
		       e->theirs.ready != news.ready || e->theirs.epoch != news.epoch;
	e->heard = true;
	e->theirs = news;
	e->heard_us = ch->now_us;
	e->heard_number = number;
	cgn_stream_hear(&e->stream, &ch->pool, l->stream, l->base);
	if (l->heard_stream)
		cgn_channel_ack(ch, e, &ack);
}

/* What follows the hello in its datagram. */
static void
take_rest(struct cgn_channel *ch, uint64_t number, struct cgn_wire_in *in)
{
	struct cgn_wire_location l;
	struct cgn_wire_print p;
	const uint8_t *body;
	unsigned n;
	int type;

	while ((type = cgn_wire_next(in, &body, &n)) > 0) {
		bool good = true;

		if (type == CGN_WIRE_LOCATION) {
			good = cgn_wire_get_location(body, n, &l);
			if (good)
				take_location(ch, number, &l);
		} else if (type == CGN_WIRE_FINGERPRINT) {
			good = cgn_wire_get_print(body, n, &p);
			if (good)
				cgn_channel_print_input(ch, &p);
		} else {
			ch->count.sections_skipped++;
		}
		ch->count.rejected.malformed += !good;
	}
	ch->count.rejected.malformed += type < 0;
}

static void reply(struct cgn_channel *ch);

/* Is the greeting the peer's? Else it changes nothing but whom we answer. */
static bool
from_peer(struct cgn_channel *ch, const struct cgn_wire_head *head,
	const struct cgn_wire_hello *h)
{
	if (head->boot == ch->voice.boot)
		return true;
	if (proven(ch, h)) {
		believe(ch, head);
		return true;
	}
	note(&ch->other, head, h, ch->now_us);
	reply(ch);
	return false;
}

void
cgn_channel_hello_input(struct cgn_channel *ch, const struct cgn_wire_head *head,
	const uint8_t *text, unsigned len)
{
	struct cgn_wire_in in = { text, text + len };
	struct cgn_wire_hello h;
	const uint8_t *body;
	unsigned n;

	if (cgn_wire_next(&in, &body, &n) != CGN_WIRE_HELLO ||
		!cgn_wire_get_hello(body, n, &h)) {
		ch->count.rejected.malformed++;
		return;
	}
	if (h.version_min > CGN_WIRE_VERSION || h.version < CGN_WIRE_VERSION_MIN) {
		ch->count.rejected.version++;
		ch->odd_us = ch->now_us;
		return;
	}
	if (!from_peer(ch, head, &h))
		return;
	cgn_seal_see(&ch->greet_window, head->number);
	if (head->number > ch->voice.number) {
		note(&ch->voice, head, &h, ch->now_us);
		attend(ch, &h);
	}
	take_rest(ch, head->number, &in);
	cgn_channel_settle(ch);
}

/* ---- output ---- */

struct greeting {
	uint8_t datagram[CGN_CHANNEL_DATAGRAM];
	struct cgn_wire_out out;
	struct cgn_wire_hello hello;
	unsigned sent;
};

static void
begin(struct cgn_channel *ch, struct greeting *g)
{
	g->out = (struct cgn_wire_out){ .text = g->datagram + CGN_WIRE_HEAD,
		.size = ch->conf.datagram - CGN_WIRE_HEAD - CGN_SEAL_TAG };
	cgn_wire_put_hello(&g->out, &g->hello);
}

static void
finish(struct cgn_channel *ch, struct greeting *g)
{
	ch->stamp_us[ch->greet_number % CGN_CHANNEL_STAMPS] = ch->now_us;
	cgn_channel_emit(ch, CGN_WIRE_GREETING, g->datagram, g->out.len);
	g->sent++;
}

/* What every greeting begins with; v: whom it answers. */
static void
say_hello(struct cgn_channel *ch, const struct cgn_channel_voice *v,
	struct cgn_wire_hello *h)
{
	uint64_t ago = ch->now_us - v->heard_us;

	*h = (struct cgn_wire_hello){ .version = CGN_WIRE_VERSION,
		.version_min = CGN_WIRE_VERSION_MIN,
		.interval_ms = ch->conf.hello_ms,
		.challenge = challenge(ch, 0),
		.heard_boot = v->boot,
		.heard_challenge = v->challenge,
		.heard_number = v->number,
		.heard_us = (uint32_t)RTE_MIN(ago, (uint64_t)UINT32_MAX),
		.print = ch->ours.hash,
		.prints = (uint16_t)ch->ours.n };
	memcpy(h->node, ch->conf.node, sizeof(h->node));
}

/* A stranger learns how to prove that it is not a recording. */
static void
reply(struct cgn_channel *ch)
{
	struct greeting g = { .sent = 0 };

	if (ch->now_us - ch->reply_us < REPLY_US)
		return;
	ch->reply_us = ch->now_us;
	say_hello(ch, &ch->other, &g.hello);
	begin(ch, &g);
	finish(ch, &g);
}

static uint8_t
flags_of(const struct cgn_channel_location *l)
{
	return (uint8_t)((l->ready ? FLAG_READY : 0) | (l->asks ? FLAG_ASKS : 0) |
			 (l->drains ? FLAG_DRAINS : 0));
}

static void
put_location(
	struct cgn_channel *ch, struct greeting *g, const struct cgn_channel_entry *e)
{
	const struct cgn_stream *s = &e->stream;
	struct cgn_wire_location l = { .id = e->id,
		.role = e->ours.role,
		.priority = e->ours.priority,
		.flags = flags_of(&e->ours),
		.epoch = e->ours.epoch,
		.stream = s->id,
		.base = s->base,
		.next = s->next,
		.heard_stream = s->heard,
		.taken = s->taken,
		.limit = s->taken + CGN_WIRE_WINDOW,
		.sent = s->count.sent,
		.received = s->count.received };

	if (cgn_wire_put_location(&g->out, &l))
		return;
	finish(ch, g);
	begin(ch, g);
	cgn_wire_put_location(&g->out, &l);
}

/* Our fingerprints, while the peer's hash of all is another. */
static void
put_prints(struct cgn_channel *ch, struct greeting *g)
{
	unsigned most = g->sent + PRINT_DATAGRAMS;

	for (unsigned k = 0; k < ch->ours.n && g->sent < most; k++) {
		const struct cgn_channel_print *own;
		struct cgn_wire_print p;

		if (ch->print_next >= ch->ours.n)
			ch->print_next = 0;
		own = &ch->ours.list[ch->print_next];
		p = (struct cgn_wire_print){ .index = (uint16_t)ch->print_next,
			.kind = own->kind,
			.hash = own->hash };
		memcpy(p.name, own->name, sizeof(p.name));
		if (!cgn_wire_put_print(&g->out, &p)) {
			finish(ch, g);
			begin(ch, g);
			continue;
		}
		ch->print_next++;
	}
}

static void
greet(struct cgn_channel *ch)
{
	const struct cgn_channel_voice *v =
		cgn_channel_alive(ch) || !ch->other.boot ? &ch->voice : &ch->other;
	struct greeting g = { .sent = 0 };

	say_hello(ch, v, &g.hello);
	begin(ch, &g);
	for (unsigned k = 0; k < ch->n; k++)
		put_location(ch, &g, ch->entry[k]);
	if (cgn_channel_alive(ch) &&
		(ch->theirs.hash != ch->ours.hash || ch->theirs.n != ch->ours.n))
		put_prints(ch, &g);
	finish(ch, &g);
}

void
cgn_channel_hello_turn(struct cgn_channel *ch)
{
	uint64_t interval = (uint64_t)ch->conf.hello_ms * 1000;

	if (ch->now_us < ch->greet_due_us && ch->greeted_us)
		return;
	ch->greeted_us = ch->now_us;
	ch->greet_due_us = ch->now_us + interval;
	greet(ch);
}
