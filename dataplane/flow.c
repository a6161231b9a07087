/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Established flows: find the session, keep its state, rewrite the packet. The same code
 * for DS-Lite and NAT44, and for both directions: what differs is who owns the local
 * address, and which end of the header is written. Keys, look-up, prefetch and rewriting
 * are separate loops, so that the misses of 64 packets overlap.
 *
 * Up refreshes a session, down does only for TCP connections that are open (RFC 4787
 * REQ-6, RFC 6146 3.5.2.2); what comes behind both FINs or a RST, and what answers a SYN
 * that the other side has not sent, refreshes nothing. */
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "dataplane/alg.h"
#include "dataplane/checksum.h"
#include "dataplane/pipeline.h"

/* On the way down the instance is not known before the session is. */
static bool
translatable(const struct cgn_burst *b, const struct cgn_pkt *p, enum cgn_dir dir)
{
	if (p->proto == CGN_IPPROTO_ICMP)
		return p->flags & CGN_PKT_QUERY;
	return cgn_protocols_has(
		dir == CGN_UP ? &b->snap->instance[p->instance].other : &b->snap->other,
		p->proto);
}

/* The flow of a packet that carries no other. */
static inline struct cgn_tuple
own_flow(const struct cgn_pkt *p, enum cgn_dir dir)
{
	bool up = dir == CGN_UP, query = p->flags & CGN_PKT_QUERY;

	return (struct cgn_tuple){
		.local = up ? p->src : p->dst,
		.remote = up ? p->dst : p->src,
		.local_port = up ? p->sport : p->dport,
		.remote_port = query ? 0
			       : up  ? p->dport
				     : p->sport,
		.proto = p->proto,
	};
}

/* Who gives the local address of a packet its meaning. */
static inline uint32_t
owner_of(const struct cgn_burst *b, uint64_t i, enum cgn_dir dir, uint8_t proto)
{
	const struct cgn_pkt *p = &b->p[i];

	if (dir == CGN_DOWN)
		return cgn_owner_scope(proto, b->snap->address[p->slot].vpn);
	if (b->softwire & CGN_BIT(i))
		return cgn_owner_user(proto, p->user);
	return cgn_owner_scope(proto, p->instance);
}

static inline void
flow_key(const struct cgn_burst *b, uint64_t i, enum cgn_dir dir,
	const struct cgn_tuple *f, union cgn_key *k)
{
	k->w[0] = cgn_key_pair(owner_of(b, i, dir, f->proto), f->local);
	k->w[1] = cgn_key_pair(f->remote, cgn_key_pair16(f->local_port, f->remote_port));
}

/* The same of a packet of TCP or UDP, as it is. */
static inline void
ordinary_key(const struct cgn_burst *b, uint64_t i, enum cgn_dir dir, union cgn_key *k)
{
	const struct cgn_pkt *p = &b->p[i];
	bool up = dir == CGN_UP;
	uint32_t ports;

	memcpy(&ports, &p->sport, sizeof(ports));
	k->w[0] = cgn_key_pair(owner_of(b, i, dir, p->proto), up ? p->src : p->dst);
	k->w[1] = cgn_key_pair(
		up ? p->dst : p->src, up ? ports : ports << 16 | ports >> 16);
}

#define UNUSUAL (CGN_PKT_FRAGMENT | CGN_PKT_CUT | CGN_PKT_ICMP_ERROR)

/* Fills p.flow of a packet that is not an ordinary one of TCP or UDP, or says why it is
 * of no flow that is translated. */
static enum cgn_drop
unusual_flow(struct cgn_burst *b, uint64_t i, enum cgn_dir dir)
{
	struct cgn_pkt *p = &b->p[i];

	if (p->flags & CGN_PKT_FRAGMENT)
		return CGN_DROP_FRAGMENT;
	if (p->flags & CGN_PKT_CUT)
		return CGN_DROP_L4_HEADER;
	if (p->flags & CGN_PKT_ICMP_ERROR)
		return cgn_quoted_flow(b, i, dir);
	p->flow = own_flow(p, dir);
	if (translatable(b, p, dir))
		return CGN_DROP_REASONS;
	return p->proto == CGN_IPPROTO_ICMP ? CGN_DROP_ICMP_TYPE : CGN_DROP_PROTOCOL;
}

static inline bool
ordinary(const struct cgn_pkt *p)
{
	return !(p->flags & UNUSUAL) &&
	       (p->proto == CGN_IPPROTO_TCP || p->proto == CGN_IPPROTO_UDP);
}

/* Keys of the flows of a burst: key[k] is that of packet who[k]. Packets without a flow
 * are dropped; those of users not known yet have no key. */
static inline unsigned
flow_keys(struct cgn_burst *b, uint64_t mask, enum cgn_dir dir, union cgn_key *key,
	uint8_t *who)
{
	unsigned n = 0;

	CGN_FOREACH (i, mask) {
		const struct cgn_pkt *p = &b->p[i];

		if (likely(ordinary(p))) {
			ordinary_key(b, i, dir, &key[n]);
		} else {
			enum cgn_drop why = unusual_flow(b, i, dir);

			if (why != CGN_DROP_REASONS) {
				cgn_drop(b, i, why);
				continue;
			}
			flow_key(b, i, dir, &p->flow, &key[n]);
		}
		who[n] = (uint8_t)i;
		n += dir == CGN_DOWN || !(b->softwire & CGN_BIT(i)) ||
		     p->user != CGN_NONE;
	}
	return n;
}

/* For encap, which comes after the rewriting. */
static inline void
prefetch_end(const struct cgn_worker *w, const struct cgn_session *s)
{
	if (s->kind != CGN_DS_LITE)
		return;
	rte_prefetch0(&w->user_end[s->user]);
	rte_prefetch0(&w->user_mtu[s->user]);
}

/* Sessions that are guessed are looked at, and those that are another flow's looked up:
 * session[k] is that of packet who[k]. */
static inline void
settle_sessions(struct cgn_burst *b, const struct cgn_table *t, enum cgn_dir dir,
	const union cgn_key *key, const uint8_t *who, const uint32_t *session, unsigned n)
{
	const struct cgn_worker *w = b->w;
	uint64_t hit = 0;

	for (unsigned k = 0; k < n; k++) {
		uint32_t at = session[k];

		if (unlikely(at == CGN_NONE))
			continue;
		if (unlikely(!cgn_session_has(w, at, dir, &key[k]))) {
			at = cgn_table_find(t, &key[k]);
			if (at == CGN_NONE)
				continue;
		}
		if (dir == CGN_DOWN)
			prefetch_end(w, cgn_session_at(w, at));
		b->p[who[k]].session = at;
		hit |= CGN_BIT(who[k]);
	}
	b->hit = hit;
}

static inline void
find_sessions(struct cgn_burst *b, uint64_t mask, enum cgn_dir dir)
{
	const struct cgn_table *t = dir == CGN_UP ? b->w->up : b->w->down;
	const struct cgn_session *first = cgn_session_at(b->w, 0);
	union cgn_key key[CGN_BURST];
	uint64_t hash[CGN_BURST];
	uint32_t session[CGN_BURST];
	uint8_t who[CGN_BURST];
	unsigned n;

	b->hit = 0;
	n = flow_keys(b, mask, dir, key, who);
	if (!n)
		return;
	cgn_table_ask(t, key, n, hash);
	cgn_table_guess(t, hash, n, session);
	for (unsigned k = 0; k < n; k++)
		if (session[k] != CGN_NONE)
			cgn_touch(&first[session[k]]);
	settle_sessions(b, t, dir, key, who, session, n);
}

void
cgn_flow_fill(struct cgn_burst *b, uint64_t i, enum cgn_dir dir)
{
	if (!(b->p[i].flags & CGN_PKT_ICMP_ERROR))
		b->p[i].flow = own_flow(&b->p[i], dir);
}

uint32_t
cgn_flow_find(const struct cgn_burst *b, uint64_t i, enum cgn_dir dir)
{
	union cgn_key key;

	flow_key(b, i, dir, &b->p[i].flow, &key);
	return cgn_table_find(dir == CGN_UP ? b->w->up : b->w->down, &key);
}

CGN_CLONES void
cgn_stage_session_up(struct cgn_burst *b)
{
	find_sessions(b, b->up, CGN_UP);
}

CGN_CLONES void
cgn_stage_session_down(struct cgn_burst *b)
{
	find_sessions(b, b->down, CGN_DOWN);
}

static inline void
track(struct cgn_burst *b, const struct cgn_pkt *p, struct cgn_session *s,
	enum cgn_dir dir)
{
	bool refresh = dir == CGN_UP;

	if (p->proto == CGN_IPPROTO_TCP) {
		uint8_t now = cgn_tcp_next(s->state, dir, p->tcp_flags);

		refresh = cgn_tcp_refreshes(s->state, now, dir);
		if (now != s->state)
			s->state = now;
	}
	if (refresh)
		s->seen = b->now;
}

/* Writes address and port of one end, and adds the deltas to the checksums. UDP's zero
 * means "none" and stays so (RFC 768). */
static inline void
write_end(struct rte_ipv4_hdr *ip, uint8_t *l4, uint8_t proto, bool source,
	rte_be32_t addr, rte_be16_t port, uint16_t delta3, uint16_t delta4)
{
	struct rte_udp_hdr *udp = (void *)l4;
	struct rte_tcp_hdr *tcp = (void *)l4;
	struct rte_icmp_hdr *icmp = (void *)l4;

	if (source)
		ip->src_addr = addr;
	else
		ip->dst_addr = addr;
	ip->hdr_checksum = cgn_checksum_apply(ip->hdr_checksum, delta3);
	switch (proto) {
	case CGN_IPPROTO_TCP:
		((cgn_word16 *)l4)[source ? 0 : 1] = port;
		tcp->cksum = cgn_checksum_apply(tcp->cksum, delta4);
		break;
	case CGN_IPPROTO_UDP:
		((cgn_word16 *)l4)[source ? 0 : 1] = port;
		/* fall through */
	case CGN_IPPROTO_UDPLITE:
		if (!udp->dgram_cksum)
			break;
		udp->dgram_cksum = cgn_checksum_apply(udp->dgram_cksum, delta4);
		if (!udp->dgram_cksum)
			udp->dgram_cksum = 0xffff;
		break;
	case CGN_IPPROTO_ICMP:
		icmp->icmp_ident = port;
		icmp->icmp_cksum = cgn_checksum_apply(icmp->icmp_cksum, delta4);
		break;
	}
}

/* ~htons(0x0100): what a time to live lower by one adds to the header's sum. */
#define DELTA_TTL ((uint16_t)~RTE_BE16(0x0100))

/* Where an address is shared the sender's identification is not unique any more; packets
 * that may be fragmented get one that is (RFC 6864 5.3.1). What it adds to the header's
 * sum. */
static inline uint16_t
renew_id(struct cgn_worker *w, struct cgn_pkt *p, struct rte_ipv4_hdr *ip,
	const struct cgn_session *s)
{
	uint32_t ends = s->outside ^ s->remote * 0x9e3779b1u ^ s->proto;
	uint16_t *next = &w->ip_id[(ends ^ ends >> 16) % CGN_IP_IDS];

	p->id = ip->packet_id;
	if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG))
		return 0;
	ip->packet_id = rte_cpu_to_be_16((*next)++);
	return cgn_delta16(p->id, ip->packet_id);
}

static inline void
rewrite(struct cgn_burst *b, uint64_t i, struct cgn_session *s, enum cgn_dir dir)
{
	struct cgn_pkt *p = &b->p[i];
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, p->l3);
	uint8_t *l4 = cgn_at(b, i, p->l4);

	ip->time_to_live--;
	if (dir == CGN_UP)
		write_end(ip, l4, s->proto, true, s->outside, s->outside_port,
			cgn_delta_add(cgn_delta_add(s->delta3, DELTA_TTL),
				renew_id(b->w, p, ip, s)),
			s->delta4);
	else
		write_end(ip, l4, s->proto, false, s->inside, s->inside_port,
			cgn_delta_add((uint16_t)~s->delta3, DELTA_TTL),
			(uint16_t)~s->delta4);
	p->flags |= CGN_PKT_TRANSLATED;
}

void
cgn_flow_undo(struct cgn_burst *b, uint64_t i)
{
	struct cgn_pkt *p = &b->p[i];
	const struct cgn_session *s = cgn_session_at(b->w, p->session);
	struct rte_ipv4_hdr *ip = (void *)cgn_at(b, i, p->l3);
	uint8_t *l4 = cgn_at(b, i, p->l4);
	bool up = b->up & CGN_BIT(i);

	if (s->alg)
		cgn_alg_undo(b->w, s, l4, up ? CGN_UP : CGN_DOWN);
	ip->time_to_live++;
	if (up) {
		ip->hdr_checksum = cgn_checksum_apply(
			ip->hdr_checksum, cgn_delta16(ip->packet_id, p->id));
		ip->packet_id = p->id;
		write_end(ip, l4, s->proto, true, p->src, p->sport,
			cgn_delta_add((uint16_t)~s->delta3, (uint16_t)~DELTA_TTL),
			(uint16_t)~s->delta4);
	} else {
		write_end(ip, l4, s->proto, false, p->dst, p->dport,
			cgn_delta_add(s->delta3, (uint16_t)~DELTA_TTL), s->delta4);
	}
	p->flags &= (uint16_t)~CGN_PKT_TRANSLATED;
}

/* Packets and bytes of a burst, by kind of instance. */
struct tally {
	uint64_t packets[CGN_KINDS], bytes[CGN_KINDS];
};

static inline void
account(struct tally *t, uint32_t bytes, struct cgn_session *s,
	const struct cgn_instance *inst, enum cgn_dir dir)
{
	t->packets[s->kind]++;
	t->bytes[s->kind] += bytes;
	if (inst->accounting) {
		s->packets[dir]++;
		s->bytes[dir] += bytes;
	}
}

static void
account_all(struct cgn_stats *stats, const struct tally *t, enum cgn_dir dir)
{
	static const enum cgn_flow_id counter[CGN_KINDS][CGN_DIRS] = {
		[CGN_DS_LITE] = { CGN_FLOW_DS_LITE_UP, CGN_FLOW_DS_LITE_DOWN },
		[CGN_NAT44] = { CGN_FLOW_NAT44_UP, CGN_FLOW_NAT44_DOWN },
	};

	for (unsigned k = 0; k < CGN_KINDS; k++) {
		stats->flow[counter[k][dir]].packets += t->packets[k];
		stats->flow[counter[k][dir]].bytes += t->bytes[k];
	}
}

/* A held SYN whose flow has been opened from inside meanwhile has been repeated by its
 * sender; translated now it would come twice. */
static uint64_t
end_held(struct cgn_burst *b, uint64_t mask)
{
	CGN_FOREACH (i, mask)
		if (b->p[i].flags & CGN_PKT_HELD)
			cgn_drop(b, i, CGN_DROP_SYN_ANSWERED);
	return mask & b->live;
}

/* Where the packet goes now: behind the instance, on either side of it. */
static inline void
move(struct cgn_burst *b, uint64_t i, const struct cgn_session *s,
	const struct cgn_instance *inst, enum cgn_dir dir)
{
	struct cgn_pkt *p = &b->p[i];

	if (dir == CGN_DOWN) {
		b->tunnel |= (uint64_t)(s->kind == CGN_DS_LITE) << i;
		p->vpn = inst->vpn_in;
	} else {
		b->moved |= (uint64_t)(p->vpn != inst->vpn_out) << i;
		p->vpn = inst->vpn_out;
	}
}

static inline void
translate(struct cgn_burst *b, uint64_t mask, enum cgn_dir dir)
{
	const struct cgn_instance *instance = b->snap->instance;
	struct cgn_worker *w = b->w;
	struct tally t = { 0 };

	CGN_FOREACH (i, mask) {
		struct cgn_pkt *p = &b->p[i];
		struct cgn_session *s = cgn_session_at(w, p->session);
		const struct cgn_instance *inst = &instance[s->instance];

		if (unlikely(p->flags & CGN_PKT_ICMP_ERROR)) {
			cgn_quoted_rewrite(b, i, s, dir);
		} else {
			if (unlikely(s->alg) && !cgn_alg_segment(b, i, s, dir))
				continue;
			track(b, p, s, dir);
			rewrite(b, i, s, dir);
			if (unlikely(p->tcp_flags & RTE_TCP_SYN_FLAG))
				cgn_mss_clamp(b, i, inst);
		}
		account(&t, p->len, s, inst, dir);
		move(b, i, s, inst, dir);
	}
	account_all(&w->stats, &t, dir);
}

CGN_CLONES void
cgn_stage_rewrite_up(struct cgn_burst *b)
{
	b->moved = b->softwire;
	translate(b, b->up, CGN_UP);
}

CGN_CLONES void
cgn_stage_rewrite_down(struct cgn_burst *b)
{
	translate(b, end_held(b, b->down), CGN_DOWN);
}
