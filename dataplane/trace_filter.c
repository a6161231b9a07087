/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Is a packet one of those that a trace wants? While it is under way not all is known of
 * it, so there are three answers. Pure; control makes the filters, workers ask.
 *
 * Not handled: the role of a location. */
#include <string.h>

#include "dataplane/trace.h"

static enum cgn_trace_match
both(enum cgn_trace_match a, enum cgn_trace_match b)
{
	return a < b ? a : b;
}

static enum cgn_trace_match
is(bool wanted, bool known, bool equal)
{
	if (!wanted)
		return CGN_TRACE_YES;
	if (!known)
		return CGN_TRACE_MAYBE;
	return equal ? CGN_TRACE_YES : CGN_TRACE_NO;
}

/* One end: address and port. */
static enum cgn_trace_match
end_is(const struct cgn_trace_facts *k, uint16_t bit, rte_be32_t addr, rte_be32_t want,
	rte_be32_t mask, rte_be16_t port, rte_be16_t want_port)
{
	bool known = k->known & bit;

	return both(is(mask, known, ((addr ^ want) & mask) == 0),
		is(want_port, known && k->known & CGN_TRACE_KNOWS_PORTS,
			port == want_port));
}

static bool
prefix_is(const uint8_t a[16], const uint8_t b[16], unsigned bits)
{
	unsigned whole = bits / 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return bits % 8 == 0 || ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

/* No more of a B4's address is compared than identifies its user. */
static enum cgn_trace_match
softwire_is(const struct cgn_snapshot *snap, const struct cgn_filter *f,
	const struct cgn_trace_facts *k)
{
	unsigned bits = f->softwire_len;

	if (k->known & CGN_TRACE_KNOWS_INSTANCE) {
		const struct cgn_instance *inst = &snap->instance[k->instance];

		if (f->has_softwire && inst->kind != CGN_DS_LITE)
			return CGN_TRACE_NO;
		bits = RTE_MIN(bits, (unsigned)inst->prefix_length);
	}
	return is(f->has_softwire, k->known & CGN_TRACE_KNOWS_SOFTWIRE,
		prefix_is(k->b4, f->softwire, bits));
}

static enum cgn_trace_match
ends_are(const struct cgn_filter *f, const struct cgn_trace_facts *k)
{
	enum cgn_trace_match m = end_is(k, CGN_TRACE_KNOWS_INSIDE, k->inside, f->inside,
		f->inside_mask, k->inside_port, f->inside_port);

	m = both(m, end_is(k, CGN_TRACE_KNOWS_OUTSIDE, k->outside, f->outside,
			    f->outside_mask, k->outside_port, f->outside_port));
	return both(m, end_is(k, CGN_TRACE_KNOWS_REMOTE, k->remote, f->remote,
			       f->remote_mask, k->remote_port, f->remote_port));
}

/* By name: a reload may give ports other indices. */
static enum cgn_trace_match
port_is(const struct cgn_snapshot *snap, const struct cgn_trace_filter *f,
	const struct cgn_trace_facts *k)
{
	if (!f->port[0])
		return CGN_TRACE_YES;
	if (!(k->known & CGN_TRACE_KNOWS_PORT))
		return CGN_TRACE_MAYBE;
	if (strcmp(snap->port[k->port].name, f->port) == 0)
		return CGN_TRACE_YES;
	return is(true, k->iface != CGN_NONE16,
		k->iface != CGN_NONE16 &&
			strcmp(snap->iface[k->iface].name, f->port) == 0);
}

enum cgn_trace_match
cgn_trace_match(const struct cgn_snapshot *snap, const struct cgn_trace_filter *f,
	const struct cgn_trace_facts *k, bool addressed)
{
	const struct cgn_filter *flow = &f->flow;
	enum cgn_trace_match m = ends_are(flow, k);

	m = both(m, port_is(snap, f, k));
	m = both(m, is(flow->proto, k->known & CGN_TRACE_KNOWS_PROTO,
			    k->proto == flow->proto));
	m = both(m, is(flow->instance != CGN_NONE, k->known & CGN_TRACE_KNOWS_INSTANCE,
			    k->instance == flow->instance));
	m = both(m, is(flow->location != CGN_NONE, k->known & CGN_TRACE_KNOWS_LOCATION,
			    k->location == flow->location));
	m = both(m, is(f->addressed, addressed, true));
	return both(m, softwire_is(snap, flow, k));
}

bool
cgn_trace_addressed(
	const struct cgn_trace_filter *f, const uint8_t addr[16], rte_be16_t port)
{
	return f->addressed && (!f->addr_port || f->addr_port == port) &&
	       prefix_is(addr, f->addr, f->addr_len);
}
