/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Steps of a traced packet that several stages take: its header as it is now, and its
 * next hop. Worker only, within cgn_trace_burst(). */
#include "dataplane/trace_int.h"

void
cgn_trace_map4(uint8_t out[16], rte_be32_t addr)
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, &addr, 4);
}

struct cgn_trace_step *
cgn_trace_add(struct cgn_trace_look *l, uint64_t i, enum cgn_trace_what what)
{
	struct cgn_trace_seen *seen = &l->seen[i];
	struct cgn_trace_step *s = &seen->step[RTE_MIN(seen->n, CGN_TRACE_STEPS - 1)];

	if (seen->n < CGN_TRACE_STEPS)
		seen->n++;
	memset(s, 0, sizeof(*s));
	s->stage = (uint8_t)l->stage;
	s->what = (uint8_t)what;
	return s;
}

/* Ports, or the identifier of a query, of the packet as it is now. */
static void
read_ports(const struct cgn_burst *b, uint64_t i, struct cgn_trace_step *s)
{
	const struct cgn_pkt *p = &b->p[i];
	const cgn_word16 *l4 = (const void *)cgn_at(b, i, p->l4);

	if (p->flags & (CGN_PKT_NOT_FIRST | CGN_PKT_CUT) ||
		(p->version == 6 && p->flags & CGN_PKT_FRAGMENT) ||
		b->pkt[i]->data_len < p->l4 + 8u)
		return;
	switch (s->proto) {
	case CGN_IPPROTO_TCP:
	case CGN_IPPROTO_UDP:
	case CGN_IPPROTO_UDPLITE:
		s->sport = l4[0];
		s->dport = l4[1];
		break;
	case CGN_IPPROTO_ICMP:
		if (p->flags & CGN_PKT_QUERY)
			s->sport = s->dport = l4[2];
		break;
	}
}

static void
note_addresses(struct cgn_trace_look *l, uint64_t i, const struct cgn_trace_step *s)
{
	for (unsigned k = 0; k < CGN_TRACES; k++) {
		const struct cgn_trace_filter *f;

		if (!(l->traces & 1u << k))
			continue;
		f = &l->b->w->trace[k]->filter;
		if (cgn_trace_addressed(f, s->from, s->sport) ||
			cgn_trace_addressed(f, s->to, s->dport))
			l->seen[i].addressed |= (uint8_t)(1u << k);
	}
}

/* The header as it is now. */
void
cgn_trace_add_header(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_burst *b = l->b;
	const struct cgn_pkt *p = &b->p[i];
	const uint8_t *at = cgn_at(b, i, p->l3);
	struct cgn_trace_step *s;

	s = cgn_trace_add(l, i, CGN_TRACE_HEADER);
	s->a = p->flags;
	if (!p->version)
		return; /* ARP */
	s->n = p->len;
	if (p->version == 4) {
		const struct rte_ipv4_hdr *ip = (const void *)at;

		cgn_trace_map4(s->from, ip->src_addr);
		cgn_trace_map4(s->to, ip->dst_addr);
		s->proto = ip->next_proto_id;
	} else {
		const struct rte_ipv6_hdr *ip = (const void *)at;

		memcpy(s->from, ip->src_addr, 16);
		memcpy(s->to, ip->dst_addr, 16);
		s->proto = l->stage == CGN_STAGE_PARSE ? p->proto : ip->proto;
	}
	if (!(l->errors & CGN_BIT(i)))
		read_ports(b, i, s);
	note_addresses(l, i, s);
}

void
cgn_trace_add_route(struct cgn_trace_look *l, uint64_t i)
{
	const struct cgn_nexthop *nh = &l->b->snap->nexthop[l->b->p[i].nexthop];
	struct cgn_trace_step *s = cgn_trace_add(l, i, CGN_TRACE_ROUTE);

	s->a = nh->kind;
	s->b = nh->iface;
	memcpy(s->to, nh->gw, 16);
}
