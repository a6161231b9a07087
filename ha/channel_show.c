/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a channel tells of itself: names, counters, lags. Owner only; nothing here changes
 * anything. */
#include "ha/channel_int.h"

enum cgn_channel_state
cgn_channel_state(const struct cgn_channel *ch)
{
	return ch->state;
}

const char *
cgn_channel_state_name(enum cgn_channel_state state)
{
	static const char *const name[] = { "down", "connecting", "config-mismatch",
		"up" };

	return name[state];
}

const char *
cgn_channel_kind_name(uint8_t kind)
{
	static const char *const name[] = { "item", "location", "group", "instance",
		"pool", "global" };

	return name[kind < RTE_DIM(name) ? kind : 0];
}

uint64_t
cgn_channel_boot(const struct cgn_channel *ch)
{
	return ch->conf.boot;
}

const struct cgn_channel_peer *
cgn_channel_peer(const struct cgn_channel *ch)
{
	return &ch->peer;
}

const struct cgn_channel_count *
cgn_channel_counts(const struct cgn_channel *ch)
{
	return &ch->count;
}

const struct cgn_channel_mismatch *
cgn_channel_mismatches(const struct cgn_channel *ch, unsigned *n)
{
	*n = ch->n_mismatch;
	return ch->mismatch;
}

uint64_t
cgn_channel_changed(const struct cgn_channel *ch)
{
	return ch->changed;
}

struct cgn_channel_records
cgn_channel_records(const struct cgn_channel *ch, uint16_t location)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);
	const struct cgn_stream_count *c;

	if (!e)
		return (struct cgn_channel_records){ 0 };
	c = &e->stream.count;
	return (struct cgn_channel_records){
		.sent = c->sent,
		.received = c->received,
		.resent = c->resent,
		.lost = c->lost + c->gaps,
		.duplicate = c->duplicate,
		.rejected = c->refused,
		.full = c->full,
	};
}

/* The end of bucket k: four for each power of two. */
static uint64_t
bucket_us(unsigned k)
{
	return k < 4 ? k : (uint64_t)(4 + k % 4 + 1) << (k / 4 - 1);
}

static uint64_t
percentile(const struct cgn_channel_entry *e, unsigned percent)
{
	uint64_t want = (uint64_t)e->lags * percent / 100, sum = 0;

	for (unsigned k = 0; k < CGN_CHANNEL_LAGS; k++) {
		sum += e->lag[k];
		if (sum > want)
			return RTE_MIN(bucket_us(k), e->lag_max_us);
	}
	return e->lag_max_us;
}

struct cgn_channel_lag
cgn_channel_lag(const struct cgn_channel *ch, uint16_t location, uint64_t now_us)
{
	const struct cgn_channel_entry *e = entry_of(ch, location);
	struct cgn_channel_lag lag = { 0 };
	uint64_t oldest;

	if (!e)
		return lag;
	oldest = cgn_stream_oldest(&e->stream);
	lag.now_us = oldest ? now_us - oldest : 0;
	lag.p50_us = percentile(e, 50);
	lag.p99_us = percentile(e, 99);
	lag.max_us = e->lag_max_us;
	return lag;
}
