/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fingerprints: both ends say a hash of all that has to be the same, and while the hashes
 * differ, what they are of, piece by piece. What differs is listed by name. A location
 * whose own fingerprint differs is left out: no record of it is sent or taken. The rest
 * goes on.
 *
 * The hash of all is a sum, so the order of the list does not matter. Owner only. */
#include "ha/channel_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
weight(const struct cgn_channel_print *p)
{
	struct cgn_channel_print clean;

	memset(&clean, 0, sizeof(clean)); /* padding too */
	clean.kind = p->kind;
	memcpy(clean.name, p->name, strnlen(p->name, CGN_NAME - 1));
	clean.hash = rte_cpu_to_be_64(p->hash);
	return cgn_seal_digest(&clean, sizeof(clean));
}

int
cgn_channel_print(
	struct cgn_channel *ch, const struct cgn_channel_print *print, unsigned n)
{
	if (n > CGN_CHANNEL_PRINTS)
		return -E2BIG;
	memcpy(ch->ours.list, print, n * sizeof(*print));
	ch->ours.n = n;
	ch->ours.hash = 0;
	for (unsigned k = 0; k < n; k++)
		ch->ours.hash += weight(&print[k]);
	ch->print_next = 0;
	ch->greet_due_us = RTE_MIN(ch->greet_due_us, ch->now_us);
	cgn_channel_print_compare(ch);
	return 0;
}

static const struct cgn_channel_print *
find(const struct cgn_channel_prints *in, const struct cgn_channel_print *p)
{
	for (unsigned k = 0; k < in->n; k++)
		if (in->list[k].kind == p->kind &&
			!strncmp(in->list[k].name, p->name, CGN_NAME))
			return &in->list[k];
	return NULL;
}

static void
add(struct cgn_channel *ch, const struct cgn_channel_print *p, bool here, bool there)
{
	struct cgn_channel_mismatch *m = &ch->mismatch[ch->n_mismatch++];
	struct cgn_channel_entry *e;

	*m = (struct cgn_channel_mismatch){
		.kind = p->kind, .here = here, .there = there
	};
	memcpy(m->name, p->name, sizeof(m->name));
	if (p->kind != CGN_CHANNEL_PRINT_LOCATION)
		return;
	e = entry_of(ch, (uint16_t)strtoul(p->name, NULL, 10));
	if (e)
		e->excluded = true;
}

static void
list(struct cgn_channel *ch)
{
	for (unsigned k = 0; k < ch->ours.n; k++) {
		const struct cgn_channel_print *own = &ch->ours.list[k];
		const struct cgn_channel_print *their = find(&ch->theirs, own);

		if (!their || their->hash != own->hash)
			add(ch, own, true, their != NULL);
	}
	for (unsigned k = 0; k < ch->theirs.n; k++)
		if (!find(&ch->ours, &ch->theirs.list[k]))
			add(ch, &ch->theirs.list[k], false, true);
}

void
cgn_channel_print_compare(struct cgn_channel *ch)
{
	enum cgn_channel_compared before = ch->compared;
	unsigned n = ch->n_mismatch;

	ch->n_mismatch = 0;
	for (unsigned k = 0; k < ch->n; k++)
		ch->entry[k]->excluded = false;
	if (ch->ours.hash == ch->theirs.hash && ch->ours.n == ch->theirs.n) {
		ch->compared = ch->peer.node[0] ? CGN_CHANNEL_EQUAL : CGN_CHANNEL_UNKNOWN;
	} else if (ch->missing) {
		ch->compared = CGN_CHANNEL_UNKNOWN;
	} else {
		ch->compared = CGN_CHANNEL_LISTED;
		list(ch);
	}
	if (ch->compared != before || ch->n_mismatch != n)
		ch->changed++;
}

void
cgn_channel_print_hello(struct cgn_channel *ch, uint64_t hash, unsigned n)
{
	n = RTE_MIN(n, (unsigned)CGN_CHANNEL_PRINTS);
	if (ch->theirs.hash == hash && ch->theirs.n == n &&
		ch->compared != CGN_CHANNEL_UNKNOWN)
		return;
	if (ch->theirs.hash != hash || ch->theirs.n != n) {
		ch->theirs.hash = hash;
		ch->theirs.n = ch->missing = n;
		memset(ch->have, 0, CGN_CHANNEL_PRINTS * sizeof(*ch->have));
	}
	cgn_channel_print_compare(ch);
}

void
cgn_channel_print_input(struct cgn_channel *ch, const struct cgn_wire_print *p)
{
	struct cgn_channel_print *to;
	uint64_t sum = 0;

	if (p->index >= ch->theirs.n || !ch->missing)
		return;
	to = &ch->theirs.list[p->index];
	ch->missing -= !ch->have[p->index];
	ch->have[p->index] = true;
	to->kind = p->kind;
	to->hash = p->hash;
	memcpy(to->name, p->name, sizeof(to->name));
	if (ch->missing)
		return;
	for (unsigned k = 0; k < ch->theirs.n; k++)
		sum += weight(&ch->theirs.list[k]);
	if (sum != ch->theirs.hash) { /* pieces of two lists */
		ch->missing = ch->theirs.n;
		memset(ch->have, 0, CGN_CHANNEL_PRINTS * sizeof(*ch->have));
		return;
	}
	cgn_channel_print_compare(ch);
}
