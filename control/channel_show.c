/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the box says of its channels: entries of `show ha`, events, and an alarm for each
 * channel. The alarm begins when a channel is not up for half a second, or differs, and
 * ends when it has been up for ten seconds; what it does in between is counted and said
 * in one line. Control lcore. */
#include "control/channel_int.h"

#include <stdlib.h>

#include "control/log.h"

#define RAISE_US   500000
#define CLEAR_US   10000000
#define START_US   10000000 /* until then nobody misses the peer */
#define SUMMARY_US 60000000 /* between two lines about rejected datagrams */

/* ---- events ---- */

static const char *
how(const struct cgn_channel_mismatch *m)
{
	return m->here && m->there ? "differs"
	       : m->here	   ? "is only here"
				   : "is only there";
}

static void
tell_mismatch(struct cgn_channels_link *l)
{
	unsigned n;
	const struct cgn_channel_mismatch *m = cgn_channel_mismatches(l->ch, &n);
	uint64_t hash = n ? cgn_seal_digest(m, n * sizeof(*m)) : 0;
	char text[160] = "";
	size_t len = 0;

	if (hash == l->mismatch_hash)
		return;
	l->mismatch_hash = hash;
	for (unsigned k = 0; k < n && len < sizeof(text) - 1; k++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %s",
			k ? ", " : "", cgn_channel_kind_name(m[k].kind), m[k].name,
			how(&m[k]));
	if (n)
		cgn_log_event(LOG_ERR, "channel to %s: config-mismatch: %s", l->peer_text,
			text);
	else
		cgn_log_event(LOG_NOTICE, "channel to %s: configurations match again",
			l->peer_text);
}

static uint64_t
rejected_all(const struct cgn_channel_rejected *r)
{
	return r->auth + r->replay + r->version + r->malformed;
}

/* Replays alone are what a link that duplicates makes. */
static void
tell_rejected(struct cgn_channels_link *l, uint64_t now_us)
{
	const struct cgn_channel_rejected *r = &cgn_channel_counts(l->ch)->rejected;
	uint64_t bad = rejected_all(r) - r->replay;

	if (bad == l->rejected ||
		(l->rejected_us && now_us - l->rejected_us < SUMMARY_US))
		return;
	cgn_log_event(LOG_WARNING,
		"channel to %s: %llu datagrams rejected: %llu by key, %llu by version, "
		"%llu malformed",
		l->peer_text, (unsigned long long)bad, (unsigned long long)r->auth,
		(unsigned long long)r->version, (unsigned long long)r->malformed);
	l->rejected = bad;
	l->rejected_us = now_us;
}

/* The alarm, and the first time that the channel is up. */
static void
tell_state(struct cgn_channels_link *l, uint64_t now_us)
{
	uint64_t age = now_us - l->since_us;
	bool up = l->state == CGN_CHANNEL_UP;
	const struct cgn_channel_peer *peer = cgn_channel_peer(l->ch);

	if (up && !l->told_up && !l->alarmed) {
		cgn_log_event(LOG_NOTICE, "channel to %s: up, the peer is %s",
			l->peer_text, peer->node);
		l->told_up = true;
	} else if (!up && !l->alarmed && age >= (l->told_up ? RAISE_US : START_US)) {
		cgn_log_event(LOG_ERR, "channel to %s: alarm: %s", l->peer_text,
			cgn_channel_state_name(l->state));
		l->alarmed = true;
		l->alarm_us = now_us;
		l->flaps = 0;
	} else if (up && l->alarmed && age >= CLEAR_US) {
		cgn_log_event(LOG_NOTICE,
			"channel to %s: alarm over: up, the peer is %s; after %llu s "
			"and %u changes",
			l->peer_text, peer->node,
			(unsigned long long)((now_us - l->alarm_us) / 1000000), l->flaps);
		l->alarmed = false;
		l->told_up = true;
	}
}

void
cgn_channels_tell(struct cgn_channels_link *l, uint64_t now_us)
{
	enum cgn_channel_state state = cgn_channel_state(l->ch);

	if (state != l->state) {
		l->state = state;
		l->since_us = now_us;
		l->flaps++;
	}
	tell_state(l, now_us);
	tell_rejected(l, now_us);
	if (cgn_channel_changed(l->ch) == l->changed || state < CGN_CHANNEL_MISMATCH)
		return;
	l->changed = cgn_channel_changed(l->ch);
	tell_mismatch(l);
}

/* ---- show ha ---- */

static const char *
state_of(const struct cgn_channels_link *l, uint16_t location)
{
	const struct cgn_channels_user *u = &l->daemon->channels->user;

	if (cgn_channel_usable(l->ch, location))
		return u->phase ? u->phase(u->ctx, location) : "batch";
	if (l->state == CGN_CHANNEL_UP) /* the peer does not have it, or not yet */
		return cgn_channel_state_name(CGN_CHANNEL_CONNECTING);
	return cgn_channel_state_name(l->state);
}

static json_t *
show_rejected(const struct cgn_channels_link *l)
{
	const struct cgn_channel_rejected *r = &cgn_channel_counts(l->ch)->rejected;

	return json_pack("{s:I,s:I,s:I,s:I}", "auth", (json_int_t)r->auth, "replay",
		(json_int_t)r->replay, "version", (json_int_t)r->version, "malformed",
		(json_int_t)r->malformed);
}

static json_t *
show_mismatches(const struct cgn_channels_link *l)
{
	unsigned n;
	const struct cgn_channel_mismatch *m = cgn_channel_mismatches(l->ch, &n);
	json_t *list = json_array();

	for (unsigned k = 0; k < n; k++)
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:s}", "kind",
				      cgn_channel_kind_name(m[k].kind), "name", m[k].name,
				      "how", how(&m[k])));
	return list;
}

/* What the peer says of the location; null when it says nothing. */
static json_t *
show_heard(const struct cgn_channels_link *l, uint16_t location)
{
	const struct cgn_channel_location *heard = cgn_channel_heard(l->ch, location);

	if (!heard)
		return json_null();
	return json_pack("{s:s,s:i,s:b,s:I}", "role",
		cgn_role_name(RTE_MIN(heard->role, CGN_ROLE_MASTER)), "priority",
		heard->priority, "ready", heard->ready, "epoch",
		(json_int_t)heard->epoch);
}

static void
add_causes(json_t *entry, const struct cgn_channels_link *l, uint16_t location)
{
	const struct cgn_channel_count *c = cgn_channel_counts(l->ch);
	const struct cgn_channel_peer *peer = cgn_channel_peer(l->ch);
	uint64_t now_us = l->daemon->channels->now_us;
	struct cgn_channel_lag lag = cgn_channel_lag(l->ch, location, now_us);

	json_object_set_new(entry, "peer_node",
		peer->node[0] ? json_string(peer->node) : json_null());
	json_object_set_new(entry, "peer_says", show_heard(l, location));
	json_object_set_new(entry, "rtt_us", json_integer((json_int_t)peer->rtt_us));
	json_object_set_new(entry, "lag_p50_ms", json_real((double)lag.p50_us / 1000));
	json_object_set_new(entry, "lag_p99_ms", json_real((double)lag.p99_us / 1000));
	json_object_set_new(entry, "lag_max_ms", json_real((double)lag.max_us / 1000));
	json_object_set_new(entry, "rejected_by", show_rejected(l));
	json_object_set_new(
		entry, "datagrams_sent", json_integer((json_int_t)c->datagrams_sent));
	json_object_set_new(entry, "datagrams_received",
		json_integer((json_int_t)c->datagrams_received));
	json_object_set_new(entry, "bytes_sent", json_integer((json_int_t)c->bytes_sent));
	json_object_set_new(
		entry, "bytes_received", json_integer((json_int_t)c->bytes_received));
	json_object_set_new(
		entry, "sections_skipped", json_integer((json_int_t)c->sections_skipped));
	json_object_set_new(entry, "restarts", json_integer((json_int_t)c->restarts));
	json_object_set_new(entry, "alarm", json_boolean(l->alarmed));
	json_object_set_new(entry, "mismatches", show_mismatches(l));
}

static json_t *
show_location(const struct cgn_channels_link *l, uint16_t location)
{
	struct cgn_channel_records r = cgn_channel_records(l->ch, location);
	const struct cgn_channel_rejected *bad = &cgn_channel_counts(l->ch)->rejected;
	uint64_t now_us = l->daemon->channels->now_us;
	uint64_t rejected = rejected_all(bad) + r.rejected;
	struct cgn_channel_lag lag = cgn_channel_lag(l->ch, location, now_us);
	json_t *entry = json_pack("{s:i,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:f}", "location",
		location, "peer", l->peer_text, "state", state_of(l, location), "sent",
		(json_int_t)r.sent, "received", (json_int_t)r.received, "lost",
		(json_int_t)r.lost, "resent", (json_int_t)r.resent, "rejected",
		(json_int_t)rejected, "lag_ms", (double)lag.now_us / 1000);

	add_causes(entry, l, location);
	return entry;
}

json_t *
cgn_channels_show(const struct cgn_daemon *d)
{
	json_t *list = json_array();

	for (unsigned k = 0; d->channels && k < d->channels->n; k++)
		for (unsigned j = 0; j < d->channels->link[k]->n_locations; j++)
			json_array_append_new(
				list, show_location(d->channels->link[k],
					      d->channels->link[k]->location[j]));
	return list;
}
