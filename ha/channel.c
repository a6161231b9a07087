/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channel: who is there, what is said of locations, datagrams in and out. Greetings
 * are in channel_hello.c, fingerprints in channel_print.c, records in channel_data.c.
 *
 * A box that has started says greetings under the configured key. Who repeats its newest
 * challenge, and with it its start, is of today; both ends then derive the keys of a
 * session from their two starts, and streams begin. Another start of the peer ends the
 * session. A link that is cut does not: what was under way waits, and goes on.
 *
 * One owner. Not handled: fragmentation (datagrams are small enough), a peer with two
 * addresses, congestion control on a link that is not the boxes' own. */
#include "ha/channel_int.h"

#include <stdlib.h>
#include <string.h>

#include <errno.h>

#define HELLO_MS    50
#define DEAD_HELLOS 6
#define STALL_US    20000 /* a turn that is later than this found us not running */
#define NEWS_US	    2000  /* greetings with news are so far apart */

static bool
alloc_prints(struct cgn_channel *ch)
{
	ch->ours.list = calloc(CGN_CHANNEL_PRINTS, sizeof(*ch->ours.list));
	ch->theirs.list = calloc(CGN_CHANNEL_PRINTS, sizeof(*ch->theirs.list));
	ch->have = calloc(CGN_CHANNEL_PRINTS, sizeof(*ch->have));
	ch->mismatch = calloc((size_t)2 * CGN_CHANNEL_PRINTS, sizeof(*ch->mismatch));
	return ch->ours.list && ch->theirs.list && ch->have && ch->mismatch;
}

struct cgn_channel *
cgn_channel_create(const struct cgn_channel_conf *conf)
{
	struct cgn_channel *ch;
	unsigned datagram = conf->datagram ? conf->datagram : CGN_CHANNEL_DATAGRAM;

	if (!conf->boot || !conf->keys || conf->keys > CGN_CHANNEL_KEYS ||
		datagram < CGN_CHANNEL_DATAGRAM_MIN || datagram > CGN_CHANNEL_DATAGRAM)
		return NULL;
	ch = calloc(1, sizeof(*ch));
	if (!ch || !alloc_prints(ch)) {
		cgn_channel_destroy(ch);
		return NULL;
	}
	ch->conf = *conf;
	ch->conf.datagram = (uint16_t)datagram;
	ch->conf.hello_ms = conf->hello_ms ? conf->hello_ms : HELLO_MS;
	ch->conf.dead_hellos = conf->dead_hellos ? conf->dead_hellos : DEAD_HELLOS;
	ch->greet_number = ch->data_number = CGN_STREAM_FIRST;
	ch->pool.frame = datagram - CGN_WIRE_HEAD - CGN_SEAL_TAG - CGN_WIRE_RECORDS_HEAD;
	return ch;
}

void
cgn_channel_destroy(struct cgn_channel *ch)
{
	if (!ch)
		return;
	for (unsigned k = 0; k < ch->n; k++) {
		cgn_stream_fini(&ch->entry[k]->stream, &ch->pool);
		free(ch->entry[k]);
	}
	cgn_stream_pool_fini(&ch->pool);
	free(ch->ours.list);
	free(ch->theirs.list);
	free(ch->have);
	free(ch->mismatch);
	cgn_seal_forget(ch, sizeof(*ch));
	free(ch);
}

/* ---- keys ---- */

void
cgn_channel_derive(struct cgn_channel *ch)
{
	uint64_t us = ch->conf.boot, them = ch->voice.boot;

	cgn_seal_session(&ch->conf.key[0], us, them, ch->tx);
	for (unsigned k = 0; k < ch->conf.keys; k++)
		cgn_seal_session(&ch->conf.key[k], them, us, ch->rx[k]);
}

int
cgn_channel_rekey(struct cgn_channel *ch, const struct cgn_seal_key *key, unsigned keys)
{
	if (!keys || keys > CGN_CHANNEL_KEYS)
		return -EINVAL;
	cgn_seal_forget(ch->conf.key, sizeof(ch->conf.key));
	memcpy(ch->conf.key, key, keys * sizeof(*key));
	ch->conf.keys = keys;
	cgn_channel_derive(ch);
	return 0;
}

static int
find_key(const struct cgn_channel *ch, uint32_t id)
{
	for (unsigned k = 0; k < ch->conf.keys; k++)
		if (ch->conf.key[k].id == id)
			return (int)k;
	return -1;
}

bool
cgn_channel_has_key(const struct cgn_channel *ch, uint32_t key)
{
	return find_key(ch, key) >= 0;
}

void
cgn_channel_pace(struct cgn_channel *ch, uint32_t mbps)
{
	ch->conf.pacing_mbps = mbps;
}

/* ---- datagrams ---- */

void
cgn_channel_emit(struct cgn_channel *ch, uint8_t kind, uint8_t *datagram, unsigned len)
{
	struct cgn_wire_head head = {
		.kind = kind,
		.key = ch->conf.key[0].id,
		.boot = ch->conf.boot,
		.number = kind == CGN_WIRE_DATA ? ch->data_number++ : ch->greet_number++,
	};
	uint8_t *text = datagram + CGN_WIRE_HEAD;
	size_t whole = CGN_WIRE_HEAD + len + CGN_SEAL_TAG;

	cgn_wire_put_head(&head, datagram);
	if (kind == CGN_WIRE_DATA)
		cgn_seal_data(ch->tx, head.number, datagram, CGN_WIRE_HEAD, text, len);
	else
		cgn_seal_hello(&ch->conf.key[0], head.boot, head.number, datagram,
			CGN_WIRE_HEAD, text, len);
	ch->count.datagrams_sent++;
	ch->count.bytes_sent += whole;
	ch->conf.send(ch->conf.ctx, datagram, whole);
}

/* What can be told without opening it: another key, or seen before. */
static uint64_t *
refused(struct cgn_channel *ch, const struct cgn_wire_head *h)
{
	struct cgn_channel_rejected *r = &ch->count.rejected;

	if (find_key(ch, h->key) < 0)
		return &r->auth;
	if (h->boot == ch->conf.boot)
		return &r->replay;
	if (h->kind == CGN_WIRE_DATA)
		return h->boot != ch->voice.boot ||
				       cgn_seal_seen(&ch->data_window, h->number)
			       ? &r->replay
			       : NULL;
	if (h->boot == ch->voice.boot && cgn_seal_seen(&ch->greet_window, h->number))
		return &r->replay;
	for (unsigned k = 0; k < CGN_CHANNEL_RETIRED; k++)
		if (h->boot == ch->retired[k])
			return &r->replay;
	return NULL;
}

/* Opens a datagram in place; text: n bytes with the tag. */
static bool
open(struct cgn_channel *ch, const struct cgn_wire_head *h, const uint8_t *datagram,
	uint8_t *text, unsigned n)
{
	int k = find_key(ch, h->key);

	if (h->kind == CGN_WIRE_GREETING)
		return cgn_seal_open_hello(&ch->conf.key[k], h->boot, h->number, datagram,
			CGN_WIRE_HEAD, text, n);
	if (!cgn_seal_open_data(ch->rx[k], h->number, datagram, CGN_WIRE_HEAD, text, n))
		return false;
	cgn_seal_see(&ch->data_window, h->number);
	return true;
}

void
cgn_channel_input(
	struct cgn_channel *ch, const void *datagram, size_t len, uint64_t now_us)
{
	uint8_t text[CGN_CHANNEL_DATAGRAM];
	struct cgn_wire_head head;
	int rc = cgn_wire_get_head(datagram, len, &head);
	unsigned n = (unsigned)(len - CGN_WIRE_HEAD);
	uint64_t *why;

	ch->now_us = now_us;
	if (rc != 0 || len < CGN_WIRE_HEAD + CGN_SEAL_TAG || len > sizeof(text)) {
		ch->count.rejected.malformed += rc != -EPROTO;
		ch->count.rejected.version += rc == -EPROTO;
		return;
	}
	why = refused(ch, &head);
	if (why) {
		++*why;
		return;
	}
	memcpy(text, (const uint8_t *)datagram + CGN_WIRE_HEAD, n);
	if (!open(ch, &head, datagram, text, n)) {
		ch->count.rejected.auth++;
		return;
	}
	ch->count.datagrams_received++;
	ch->count.bytes_received += len;
	if (head.kind == CGN_WIRE_GREETING)
		cgn_channel_hello_input(ch, &head, text, n - CGN_SEAL_TAG);
	else
		cgn_channel_data_input(ch, text, n - CGN_SEAL_TAG);
}

void
cgn_channel_turn(struct cgn_channel *ch, uint64_t now_us)
{
	uint64_t stall = ch->turned_us ? now_us - ch->turned_us : 0;

	ch->now_us = now_us;
	if (stall > STALL_US) {
		ch->voice.heard_us = RTE_MIN(now_us, ch->voice.heard_us + stall);
		ch->other.heard_us = RTE_MIN(now_us, ch->other.heard_us + stall);
	}
	ch->turned_us = now_us;
	cgn_channel_settle(ch);
	cgn_channel_hello_turn(ch);
	cgn_channel_data_turn(ch);
}

/* ---- state ---- */

static uint64_t
dead_us(const struct cgn_channel *ch)
{
	uint32_t ms = RTE_MAX(ch->conf.hello_ms, ch->peer_ms);

	return (uint64_t)ms * ch->conf.dead_hellos * 1000;
}

static bool
lately(const struct cgn_channel *ch, uint64_t us)
{
	return us && ch->now_us - us < dead_us(ch);
}

bool
cgn_channel_alive(const struct cgn_channel *ch)
{
	return ch->voice.boot && lately(ch, ch->voice.heard_us);
}

bool
cgn_channel_linked(const struct cgn_channel *ch)
{
	return cgn_channel_alive(ch) && ch->peer.hears_us;
}

static enum cgn_channel_state
state_now(const struct cgn_channel *ch)
{
	if (cgn_channel_linked(ch) && ch->compared == CGN_CHANNEL_EQUAL)
		return CGN_CHANNEL_UP;
	if (cgn_channel_linked(ch) && ch->compared == CGN_CHANNEL_LISTED)
		return CGN_CHANNEL_MISMATCH;
	if (cgn_channel_alive(ch) || lately(ch, ch->other.heard_us) ||
		lately(ch, ch->odd_us))
		return CGN_CHANNEL_CONNECTING;
	return CGN_CHANNEL_DOWN;
}

void
cgn_channel_settle(struct cgn_channel *ch)
{
	enum cgn_channel_state state = state_now(ch);

	if (state == ch->state)
		return;
	if (state >= CGN_CHANNEL_MISMATCH && ch->state < CGN_CHANNEL_MISMATCH)
		for (unsigned k = 0; k < ch->n; k++)
			cgn_stream_resume(&ch->entry[k]->stream);
	ch->state = state;
	ch->changed++;
	ch->greet_due_us = ch->now_us;
}

void
cgn_channel_session(struct cgn_channel *ch)
{
	cgn_channel_derive(ch);
	memset(&ch->data_window, 0, sizeof(ch->data_window));
	memset(&ch->rtt, 0, sizeof(ch->rtt));
	for (unsigned k = 0; k < ch->n; k++) {
		struct cgn_channel_entry *e = ch->entry[k];
		uint64_t lost = cgn_stream_restart(&e->stream, &ch->pool, ++ch->streams);

		e->heard = false;
		e->heard_number = 0;
		if (lost && ch->conf.lost)
			ch->conf.lost(ch->conf.ctx, e->id, false, lost);
	}
	cgn_channel_print_hello(ch, 0, 0);
	ch->peer.boot = ch->voice.boot;
	ch->changed++;
}

/* ---- locations ---- */

static int
add_entry(struct cgn_channel *ch, uint16_t location)
{
	struct cgn_channel_entry *e;

	if (ch->n == CGN_CHANNEL_LOCATIONS)
		return -ENOSPC;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->id = location;
	cgn_stream_init(&e->stream, location, ++ch->streams);
	ch->entry[ch->n++] = e;
	ch->index[location] = (uint16_t)ch->n;
	return 0;
}

static void
del_entry(struct cgn_channel *ch, uint16_t location)
{
	unsigned k = ch->index[location];
	struct cgn_channel_entry *e;

	if (!k)
		return;
	e = ch->entry[k - 1];
	ch->index[location] = 0;
	ch->entry[k - 1] = ch->entry[--ch->n];
	if (ch->entry[k - 1] != e)
		ch->index[ch->entry[k - 1]->id] = (uint16_t)k;
	cgn_stream_fini(&e->stream, &ch->pool);
	free(e);
}

static bool
same(const struct cgn_channel_location *a, const struct cgn_channel_location *b)
{
	return a->role == b->role && a->priority == b->priority && a->ready == b->ready &&
	       a->asks == b->asks && a->drains == b->drains && a->epoch == b->epoch;
}

int
cgn_channel_say(
	struct cgn_channel *ch, uint16_t location, const struct cgn_channel_location *l)
{
	struct cgn_channel_entry *e = entry_of(ch, location);
	int rc;

	if (!l) {
		del_entry(ch, location);
		return 0;
	}
	if (!location)
		return -EINVAL;
	if (!e) {
		rc = add_entry(ch, location);
		if (rc)
			return rc;
		e = entry_of(ch, location);
		cgn_channel_print_compare(ch);
	} else if (same(&e->ours, l)) {
		return 0;
	}
	e->ours = *l;
	ch->greet_due_us = RTE_MIN(ch->greet_due_us, ch->greeted_us + NEWS_US);
	return 0;
}

const struct cgn_channel_location *
cgn_channel_heard(const struct cgn_channel *ch, uint16_t location)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);

	return e && e->heard && lately(ch, e->heard_us) && cgn_channel_alive(ch)
		       ? &e->theirs
		       : NULL;
}

uint64_t
cgn_channel_heard_us(const struct cgn_channel *ch, uint16_t location)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);

	return e && e->heard ? e->heard_us : 0;
}

bool
cgn_channel_usable(const struct cgn_channel *ch, uint16_t location)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);

	return ch->state >= CGN_CHANNEL_MISMATCH && e && e->heard && !e->excluded;
}

bool
cgn_channel_put(struct cgn_channel *ch, uint16_t location,
	const uint8_t record[CGN_SYNCREC_BYTES], uint64_t now_us)
{
	struct cgn_channel_entry *e = entry_of(ch, location);

	ch->now_us = now_us;
	if (!e || !e->heard || e->excluded || ch->compared == CGN_CHANNEL_UNKNOWN)
		return false;
	return cgn_stream_put(&e->stream, &ch->pool, record, now_us);
}

bool
cgn_channel_drained(const struct cgn_channel *ch, uint16_t location)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);

	return !e || cgn_stream_drained(&e->stream);
}
