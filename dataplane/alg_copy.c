/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the FTP gateway has done to a connection, as a record of replication: by how much
 * the numbers of the stream are shifted, how far it has been read, and the last edit as
 * long as the peer may not have it, so that its segment, repeated through the new host,
 * carries the same bytes. Older edits that are not acknowledged either become a part of
 * the shift: FTP has one command under way at a time. Data connections that are waited
 * for are objects of their own (sync_alg.c).
 *
 * The copy does not know how far the host has read since, so it goes on with the first
 * segment that it sees (alg.c). Owner only. */
#include "dataplane/alg.h"

void
cgn_alg_describe(
	const struct cgn_worker *w, const struct cgn_session *s, struct cgn_syncrec *r)
{
	const struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);
	const struct cgn_edit *open = cgn_edits_open(&c->edits);

	r->alg.inside = s->inside;
	r->alg.remote = s->remote;
	r->alg.inside_port = s->inside_port;
	r->alg.remote_port = s->remote_port;
	r->alg.shift = cgn_edits_shift(&c->edits);
	r->alg.next = c->next;
	if (!open)
		return;
	r->alg.kind = c->named.kind;
	r->alg.delimiter =
		c->named.kind == CGN_ALG_FTP_EPRT ? c->named.delimiter : (uint8_t)0;
	r->alg.was = open->was;
	r->alg.seq = open->seq;
	r->alg.addr = c->named.addr;
	r->alg.port = c->named.port;
}

static void
restore_edit(struct cgn_alg_control *c, const struct cgn_syncrec *r)
{
	char text[CGN_ALG_FTP_TEXT];
	unsigned n;

	c->named = (struct cgn_alg_ftp_end){ .kind = r->alg.kind,
		.delimiter = r->alg.delimiter,
		.addr = r->alg.addr,
		.port = r->alg.port };
	n = cgn_alg_ftp_write(text, &c->named, r->alg.addr, r->alg.port);
	c->edits.shift -= n - r->alg.was;
	c->edits.acked = r->alg.seq + c->edits.shift;
	cgn_edits_add(&c->edits, r->alg.seq, r->alg.was, text, n);
}

void
cgn_alg_restore(
	struct cgn_worker *w, const struct cgn_session *s, const struct cgn_syncrec *r)
{
	struct cgn_alg_control *c = cgn_alg_control_at(w, s->alg);

	c->next = r->alg.next;
	c->synced = c->copied = c->edited = true;
	c->edits = (struct cgn_edits){ .shift = r->alg.shift,
		.acked = r->alg.next + r->alg.shift };
	if (r->alg.kind != CGN_ALG_FTP_OTHER)
		restore_edit(c, r);
	c->told_shift = r->alg.shift;
}
