/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The FTP gateway (RFC 959, RFC 2428; RFC 3022 4.4). A control connection is followed
 * from its first SYN when its instance says so: of an inside client to port 21, or to
 * port 21 of an inside host that is published as a server. What the inside host sends is
 * read line by line. A client's PORT or EPRT, a server's 227 or 229 names the inside end
 * of a data connection to come: that end gets a mapping, its peer may connect to it, and
 * the public address and port are written in its place. The other direction is never
 * changed, only its acknowledgements are. Data connections that an inside host opens
 * itself (passive mode of a client, active mode of a server) need nothing.
 *
 * Only the sender's own end is translated, and no port below 1024: otherwise the gateway
 * could be asked to open somebody else's (RFC 2577 3). What is not translated passes as
 * it came, and is counted; so does a line that comes in pieces. A segment ahead of a
 * missing one is dropped, because the line it belongs to is not known; its sender repeats
 * it. What is encrypted (RFC 4217) passes unread. A standby gets to know what has been
 * changed (alg_copy.c), so that the connection lives through a change of hosts.
 *
 * Worker only. What leaves a slot: the end of the session. */
#include <rte_ip.h>
#include <rte_tcp.h>

#include "dataplane/alg.h"
#include "dataplane/checksum.h"
#include "dataplane/expect.h"
#include "dataplane/sync.h"

#define CONTROL_PORT RTE_BE16(21)
#define CONTROLS_MAX 16384
#define SHARE	     16 /* sessions for one control connection */
#define PORT_MIN     1024
#define DATAGRAM_MIN 576 /* that every host takes (RFC 791 3.1) */
#define OPTION_SACK  5

/* A segment of the inside host. */
struct segment {
	struct rte_ipv4_hdr *ip;
	struct rte_tcp_hdr *tcp;
	uint8_t *data;
	uint32_t seq;
	unsigned len;
};

static uint32_t
controls_for(uint32_t sessions)
{
	return RTE_MIN((sessions + SHARE - 1) / SHARE, (uint32_t)CONTROLS_MAX);
}

uint64_t
cgn_alg_bytes(uint32_t sessions)
{
	return controls_for(sessions) *
	       (uint64_t)(sizeof(struct cgn_alg_control) + sizeof(struct cgn_expect));
}

int
cgn_alg_init(struct cgn_worker *w)
{
	const struct cgn_worker_conf *conf = &w->conf;
	uint32_t n = controls_for(conf->sessions);
	int rc = cgn_slots_init(&w->alg.controls, "cgn-alg",
		sizeof(struct cgn_alg_control), n, conf->socket);

	return rc ? rc
		  : cgn_slots_init(&w->alg.expected, "cgn-expected",
			    sizeof(struct cgn_expect), n, conf->socket);
}

void
cgn_alg_fini(struct cgn_worker *w)
{
	cgn_slots_fini(&w->alg.expected);
	cgn_slots_fini(&w->alg.controls);
}

/* -1: no control connection. */
static int
side_of(const struct cgn_worker *w, const struct cgn_session *s)
{
	if (s->from == CGN_UP)
		return s->remote_port == CONTROL_PORT ? CGN_ALG_FTP_CLIENT : -1;
	return s->inside_port == CONTROL_PORT && cgn_mapping_at(w, s->mapping)->server
		       ? CGN_ALG_FTP_SERVER
		       : -1;
}

void
cgn_alg_open(struct cgn_worker *w, struct cgn_session *s)
{
	int side = side_of(w, s);
	uint32_t slot;

	if (s->proto != CGN_IPPROTO_TCP || side < 0)
		return;
	slot = cgn_slots_take(&w->alg.controls);
	if (slot == CGN_NONE) {
		cgn_count(w, CGN_EVENT_ALG_FULL);
		return;
	}
	s->alg = (uint16_t)(slot + 1);
	*cgn_alg_control_at(w, s->alg) =
		(struct cgn_alg_control){ .side = (uint8_t)side };
	cgn_count(w, CGN_EVENT_ALG_OPENED);
}

void
cgn_alg_close(struct cgn_worker *w, struct cgn_session *s)
{
	cgn_sync_alg_gone(w, s);
	cgn_expect_clear(w, s->alg);
	cgn_slots_give(&w->alg.controls, s->alg - 1u);
	s->alg = 0;
}

static void
begin(struct cgn_alg_control *c, uint32_t seq)
{
	c->next = c->begun = seq;
	c->synced = true;
	c->copied = false;
	c->inside_line = false;
	c->n_head = 0;
	cgn_edits_begin(&c->edits, seq);
}

static inline bool
after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void
count(struct cgn_worker *w, enum cgn_event_id id)
{
	w->stats.event[id]++;
}

/* The end that a line names must be the sender's own. A server may know its public
 * address and name that one. */
static bool
own_end(const struct cgn_session *s, const struct cgn_alg_ftp_end *end)
{
	if (end->kind == CGN_ALG_FTP_BAD || end->port < PORT_MIN)
		return false;
	return end->kind == CGN_ALG_FTP_EPSV || end->addr == s->inside ||
	       (end->kind == CGN_ALG_FTP_PASV && end->addr == s->outside);
}

/* Gives the end that a line names its public one. A client takes the address of a 229
 * from the control connection, so that mapping must have the same. */
static void
announce(struct cgn_worker *w, const struct cgn_session *s, struct cgn_alg_control *c,
	const struct cgn_alg_ftp_end *end, uint32_t seq)
{
	char text[CGN_ALG_FTP_TEXT];
	const struct cgn_mapping *m;
	uint32_t mapping;
	unsigned n;

	if (!cgn_edits_room(&c->edits)) {
		count(w, CGN_EVENT_ALG_FULL);
		return;
	}
	mapping = cgn_expect_add(w, s, rte_cpu_to_be_16(end->port));
	if (mapping == CGN_NONE) {
		count(w, CGN_EVENT_ALG_FULL);
		return;
	}
	m = cgn_mapping_at(w, mapping);
	if (end->kind == CGN_ALG_FTP_EPSV && m->outside != s->outside) {
		cgn_expect_forget(w, s, mapping);
		count(w, CGN_EVENT_FTP_REFUSED);
		return;
	}
	n = cgn_alg_ftp_write(text, end, m->outside, rte_be_to_cpu_16(m->outside_port));
	cgn_edits_add(&c->edits, seq + end->at, end->len, text, n);
	c->named = *end;
	c->named.addr = m->outside;
	c->named.port = rte_be_to_cpu_16(m->outside_port);
	c->edited = c->news = true;
	count(w, CGN_EVENT_FTP_TRANSLATED);
}

/* A line that is whole in its segment. */
static void
read_line(struct cgn_worker *w, const struct cgn_session *s, struct cgn_alg_control *c,
	const uint8_t *line, unsigned len, uint32_t seq)
{
	struct cgn_alg_ftp_end end;

	cgn_alg_ftp_read(c->side, line, len, &end);
	if (end.kind == CGN_ALG_FTP_OTHER)
		return;
	if (own_end(s, &end))
		announce(w, s, c, &end, seq);
	else
		count(w, CGN_EVENT_FTP_REFUSED);
}

/* A piece of a line: its beginning is kept, to know at its end what it was. */
static void
read_piece(struct cgn_worker *w, struct cgn_alg_control *c, const uint8_t *piece,
	unsigned len, bool last)
{
	for (unsigned k = 0; k < len && c->n_head < CGN_ALG_FTP_HEAD; k++)
		c->head[c->n_head++] = piece[k];
	c->inside_line = !last;
	if (!last)
		return;
	if (c->n_head == CGN_ALG_FTP_HEAD && cgn_alg_ftp_wants(c->side, c->head))
		count(w, CGN_EVENT_FTP_SPLIT);
	c->n_head = 0;
}

static void
read_lines(struct cgn_worker *w, const struct cgn_session *s, struct cgn_alg_control *c,
	const struct segment *g)
{
	unsigned at = c->next - g->seq;

	while (at < g->len) {
		const uint8_t *lf = memchr(g->data + at, '\n', g->len - at);
		unsigned end = lf ? (unsigned)(lf - g->data) + 1 : g->len;

		if (lf && !c->inside_line)
			read_line(w, s, c, g->data + at, end - at, g->seq + at);
		else
			read_piece(w, c, g->data + at, end - at, lf);
		at = end;
	}
}

/* All of it in one piece, with room to grow. */
static bool
readable(struct rte_mbuf *m)
{
	return (m->nb_segs == 1 || rte_pktmbuf_linearize(m) == 0) &&
	       rte_pktmbuf_tailroom(m) >= CGN_EDITS_GROWTH;
}

static void
locate(const struct cgn_burst *b, uint64_t i, struct segment *g)
{
	const struct cgn_pkt *p = &b->p[i];
	unsigned header;

	g->ip = (void *)cgn_at(b, i, p->l3);
	g->tcp = (void *)cgn_at(b, i, p->l4);
	header = (g->tcp->data_off >> 4) * 4u;
	g->data = (uint8_t *)g->tcp + header;
	g->len = p->len - (unsigned)(p->l4 - p->l3) - header;
	g->seq = rte_be_to_cpu_32(g->tcp->sent_seq);
}

/* Adds a change of words to a checksum of TCP. */
static void
mend(uint8_t *tcp, uint16_t delta)
{
	cgn_word16 *sum = (cgn_word16 *)(tcp + offsetof(struct rte_tcp_hdr, cksum));

	*sum = cgn_checksum_apply(*sum, delta);
}

/* Replaces a 32-bit number of a TCP header, wherever it stands. A word at an odd place is
 * in the sum with its bytes exchanged (RFC 1071 2B). */
static void
renumber(uint8_t *tcp, unsigned at, uint32_t to)
{
	rte_be32_t from, value = rte_cpu_to_be_32(to);
	uint16_t delta;

	memcpy(&from, tcp + at, sizeof(from));
	delta = cgn_delta32(from, value);
	memcpy(tcp + at, &value, sizeof(value));
	mend(tcp, at % 2 ? rte_bswap16(delta) : delta);
}

/* The IP packet has become longer or shorter. One that has grown beyond what every host
 * takes may be too large for a way that its sender knows; so it may be fragmented. */
static void
resize(struct cgn_burst *b, uint64_t i, struct segment *g, unsigned len)
{
	struct cgn_pkt *p = &b->p[i];
	cgn_word16 *ip = (cgn_word16 *)g->ip;
	uint16_t was = (uint16_t)(p->len - (p->l4 - p->l3)), delta;
	uint16_t flags = g->ip->fragment_offset;

	p->len = (uint16_t)(p->len + len - g->len);
	delta = cgn_delta16(g->ip->total_length, rte_cpu_to_be_16(p->len));
	ip[1] = rte_cpu_to_be_16(p->len);
	if (len > g->len && p->len > DATAGRAM_MIN) {
		ip[3] = flags & (uint16_t)~RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
		delta = cgn_delta_add(delta, cgn_delta16(flags, ip[3]));
	}
	g->ip->hdr_checksum = cgn_checksum_apply(g->ip->hdr_checksum, delta);
	mend((uint8_t *)g->tcp,
		cgn_delta16(rte_cpu_to_be_16(was),
			rte_cpu_to_be_16((uint16_t)(was + len - g->len))));
}

/* The checksum follows what has changed, so that it stays as right or wrong as it came.
 */
static void
rewrite(struct cgn_burst *b, uint64_t i, const struct cgn_edits *e, struct segment *g)
{
	uint16_t before = rte_raw_cksum(g->data, g->len);
	unsigned len = cgn_edits_apply(e, g->seq, g->data, g->len);

	mend((uint8_t *)g->tcp, cgn_delta16(before, rte_raw_cksum(g->data, len)));
	if (len > g->len)
		rte_pktmbuf_append(b->pkt[i], (uint16_t)(len - g->len));
	else
		rte_pktmbuf_trim(b->pkt[i], (uint16_t)(g->len - len));
	if (len != g->len)
		resize(b, i, g, len);
}

static bool
checksum_right(const struct cgn_burst *b, uint64_t i, const struct segment *g)
{
	const struct cgn_pkt *p = &b->p[i];
	uint32_t bytes = (uint32_t)(p->len - (p->l4 - p->l3));
	uint16_t sum;

	return rte_raw_cksum_mbuf(b->pkt[i], p->l4, bytes, &sum) == 0 &&
	       __rte_raw_cksum_reduce((uint32_t)sum + rte_ipv4_phdr_cksum(g->ip, 0)) ==
		       0xffff;
}

/* What the former host has read was read to the end of a line. */
static void
go_on(struct cgn_alg_control *c, uint32_t seq)
{
	c->copied = c->inside_line = false;
	c->n_head = 0;
	if (after(seq, c->next))
		c->next = seq;
}

/* Reads what is new of a segment. One that was damaged will be sent again. */
static bool
read_segment(struct cgn_burst *b, uint64_t i, const struct cgn_session *s,
	struct cgn_alg_control *c, struct segment *g)
{
	uint32_t end = g->seq + g->len;

	if (!c->synced)
		begin(c, g->seq);
	if (c->copied && g->len)
		go_on(c, g->seq);
	if (!g->len || !after(end, c->next))
		return true;
	if (!checksum_right(b, i, g)) {
		count(b->w, CGN_EVENT_ALG_UNREADABLE);
		return true;
	}
	if (after(g->seq, c->next)) {
		cgn_drop(b, i, CGN_DROP_ALG_ORDER);
		return false;
	}
	if (readable(b->pkt[i])) {
		locate(b, i, g);
		read_lines(b->w, s, c, g);
	} else {
		count(b->w, CGN_EVENT_ALG_UNREADABLE);
	}
	c->next = end;
	return true;
}

static bool
segment_up(struct cgn_burst *b, uint64_t i, const struct cgn_session *s,
	struct cgn_alg_control *c)
{
	struct segment g;
	uint32_t seq;

	locate(b, i, &g);
	if (g.tcp->tcp_flags & RTE_TCP_SYN_FLAG) { /* a new connection, or one repeated */
		if (!c->synced || c->begun != g.seq + 1 + g.len)
			begin(c, g.seq + 1 + g.len);
		return true;
	}
	if (!read_segment(b, i, s, c, &g))
		return false;
	if (c->news)
		cgn_sync_alg(b->w, s);
	c->news = false;
	seq = cgn_edits_forward(&c->edits, g.seq);
	if (cgn_edits_touch(&c->edits, g.seq, g.len)) {
		if (!readable(b->pkt[i])) {
			cgn_drop(b, i, CGN_DROP_NO_MBUF);
			return false;
		}
		locate(b, i, &g);
		rewrite(b, i, &c->edits, &g);
	}
	if (seq != g.seq)
		renumber((uint8_t *)g.tcp, offsetof(struct rte_tcp_hdr, sent_seq), seq);
	return true;
}

/* The ranges of a selective acknowledgement (RFC 2018 3). */
static void
renumber_ranges(const struct cgn_edits *e, uint8_t *tcp, unsigned at, unsigned end)
{
	for (bool left = true; at + 4 <= end; at += 4, left = !left) {
		rte_be32_t edge;
		uint32_t seq;

		memcpy(&edge, tcp + at, sizeof(edge));
		seq = rte_be_to_cpu_32(edge);
		renumber(tcp, at,
			left ? cgn_edits_back_left(e, seq) : cgn_edits_back(e, seq));
	}
}

static void
renumber_options(const struct cgn_edits *e, uint8_t *tcp)
{
	unsigned at = CGN_TCP_OPTIONS;

	while ((at = cgn_tcp_option(tcp, OPTION_SACK, at)) != 0) {
		renumber_ranges(e, tcp, at + 2, at + tcp[at + 1]);
		at += tcp[at + 1];
	}
}

/* What the peer acknowledges is counted as it sees the stream. */
static void
segment_down(struct cgn_burst *b, uint64_t i, struct cgn_alg_control *c)
{
	struct rte_tcp_hdr *tcp = (void *)cgn_at(b, i, b->p[i].l4);
	uint32_t ack = rte_be_to_cpu_32(tcp->recv_ack);

	if (!(tcp->tcp_flags & RTE_TCP_ACK_FLAG) || !c->synced)
		return;
	cgn_edits_ack(&c->edits, ack);
	if (!c->edits.n && !c->edits.shift)
		return;
	renumber((uint8_t *)tcp, offsetof(struct rte_tcp_hdr, recv_ack),
		cgn_edits_back(&c->edits, ack));
	renumber_options(&c->edits, (uint8_t *)tcp);
}

bool
cgn_alg_segment(
	struct cgn_burst *b, uint64_t i, const struct cgn_session *s, enum cgn_dir dir)
{
	struct cgn_alg_control *c = cgn_alg_control_at(b->w, s->alg);

	if (dir == CGN_UP)
		return segment_up(b, i, s, c);
	segment_down(b, i, c);
	return true;
}

void
cgn_alg_undo(const struct cgn_worker *w, const struct cgn_session *s, uint8_t *tcp,
	enum cgn_dir dir)
{
	const struct cgn_edits *e = &cgn_alg_control_at(w, s->alg)->edits;
	unsigned at = dir == CGN_UP ? offsetof(struct rte_tcp_hdr, sent_seq)
				    : offsetof(struct rte_tcp_hdr, recv_ack);
	rte_be32_t seq;

	memcpy(&seq, tcp + at, sizeof(seq));
	renumber(tcp, at,
		dir == CGN_UP ? cgn_edits_back(e, rte_be_to_cpu_32(seq))
			      : cgn_edits_forward(e, rte_be_to_cpu_32(seq)));
}

void
cgn_alg_quoted(const struct cgn_worker *w, const struct cgn_session *s, uint8_t *tcp,
	unsigned room)
{
	uint8_t header[sizeof(struct rte_tcp_hdr)] = { 0 };

	room = RTE_MIN(room, (unsigned)sizeof(header));
	memcpy(header, tcp, room);
	cgn_alg_undo(w, s, header, CGN_UP);
	memcpy(tcp, header, room);
}
