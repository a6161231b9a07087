/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a traced packet went through, for people. Workers write down numbers; the words
 * are made here, once, for text and JSON alike. Control lcore; no state. */
#include "control/trace_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dataplane/mark.h"

#define WORDS 320 /* bytes of what a step says */
#define END   80  /* bytes of "[2001:db8::1]:80" */

/* ---- names ---- */

static bool
is_current(const struct cgn_daemon *d, const struct cgn_trace_record *r)
{
	return r->generation == d->snap->generation;
}

struct name {
	char text[CGN_NAME + 8];
};

static struct name
port_name(const struct cgn_daemon *d, const struct cgn_trace_record *r, unsigned port)
{
	struct name n;

	if (is_current(d, r) && port < d->snap->n_ports)
		snprintf(n.text, sizeof(n.text), "%s", d->snap->port[port].name);
	else
		snprintf(n.text, sizeof(n.text), "port %u", port);
	return n;
}

static struct name
iface_name(const struct cgn_daemon *d, const struct cgn_trace_record *r, unsigned iface)
{
	struct name n;

	if (is_current(d, r) && iface < d->snap->n_ifaces)
		snprintf(n.text, sizeof(n.text), "%s", d->snap->iface[iface].name);
	else
		snprintf(n.text, sizeof(n.text), "interface %u", iface);
	return n;
}

/* SLOT/CPU, or the name of a thread that is of no board. */
static struct name
worker_name(const struct cgn_daemon *d, unsigned worker)
{
	const struct cgn_worker_conf *conf;
	struct name n;

	if (worker < d->n_cpus) {
		conf = &d->worker[worker]->conf;
		snprintf(n.text, sizeof(n.text), "%u/%u", conf->slot, conf->cpu);
	} else if (worker < d->rt.n_workers) {
		snprintf(n.text, sizeof(n.text), "io-%u", worker - d->n_cpus);
	} else {
		snprintf(n.text, sizeof(n.text), "control");
	}
	return n;
}

static const char *
proto_name(uint8_t proto, char out[8])
{
	switch (proto) {
	case CGN_IPPROTO_TCP:
		return "tcp";
	case CGN_IPPROTO_UDP:
		return "udp";
	case CGN_IPPROTO_ICMP:
		return "icmp";
	case CGN_IPPROTO_ICMPV6:
		return "icmp6";
	case CGN_IPPROTO_IPIP:
		return "ipip";
	}
	snprintf(out, 8, "ip %u", proto);
	return out;
}

static const char *
address(const uint8_t a[16], char out[INET6_ADDRSTRLEN])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = memcmp(a, mapped, sizeof(mapped)) == 0;

	return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a + 12 : a, out, INET6_ADDRSTRLEN);
}

static const char *
end(const uint8_t a[16], rte_be16_t port, char out[END])
{
	char text[INET6_ADDRSTRLEN];
	bool v6;

	address(a, text);
	v6 = strchr(text, ':') != NULL;
	if (!port)
		return strcpy(out, text);
	snprintf(out, END, "%s%s%s:%u", v6 ? "[" : "", text, v6 ? "]" : "",
		rte_be_to_cpu_16(port));
	return out;
}

/* ---- steps ---- */

static void
say_header(const struct cgn_trace_step *s, char *out, size_t size)
{
	char from[END], to[END], proto[8];
	const char *more = s->a & CGN_PKT_NOT_FIRST    ? ", later fragment"
			   : s->a & CGN_PKT_FRAGMENT   ? ", fragment"
			   : s->a & CGN_PKT_HELD       ? ", after six seconds"
			   : s->a & CGN_PKT_ICMP_ERROR ? ", an error"
			   : s->a & CGN_PKT_CUT	       ? ", cut off"
			   : s->stage == CGN_STAGE_REASSEMBLE ||
					   s->stage == CGN_STAGE_REASSEMBLE_INNER
				   ? ", whole"
				   : "";

	if (s->a & CGN_PKT_ARP) {
		snprintf(out, size, "ARP");
		return;
	}
	snprintf(out, size, "%s %s > %s, %u bytes%s", proto_name(s->proto, proto),
		end(s->from, s->sport, from), end(s->to, s->dport, to), s->n, more);
}

static void
say_route(const struct cgn_daemon *d, const struct cgn_trace_record *r,
	const struct cgn_trace_step *s, char *out, size_t size)
{
	char gw[INET6_ADDRSTRLEN];

	switch ((enum cgn_nh_kind)s->a) {
	case CGN_NH_NONE:
		snprintf(out, size, "no route");
		break;
	case CGN_NH_BLACKHOLE:
		snprintf(out, size, "to be discarded");
		break;
	case CGN_NH_LOCAL:
		snprintf(out, size, "an address of the box");
		break;
	case CGN_NH_AFTR:
		snprintf(out, size, "the AFTR address");
		break;
	case CGN_NH_POOL:
		snprintf(out, size, "a public address of the box");
		break;
	case CGN_NH_CONNECTED:
		snprintf(out, size, "on the link of %s", iface_name(d, r, s->b).text);
		break;
	case CGN_NH_SEVERAL:
		snprintf(out, size, "by one of several next hops");
		break;
	case CGN_NH_GATEWAY:
		snprintf(out, size, "by %s on %s", address(s->to, gw),
			iface_name(d, r, s->b).text);
		break;
	}
}

static void
say_class(const struct cgn_daemon *d, const struct cgn_trace_step *s, char *out,
	size_t size)
{
	switch ((enum cgn_trace_class)s->a) {
	case CGN_TRACE_UP:
		snprintf(out, size, "up, %s",
			s->b < d->snap->n_instances ? d->snap->instance[s->b].name : "?");
		break;
	case CGN_TRACE_DOWN:
		snprintf(out, size, "down");
		break;
	case CGN_TRACE_PLAIN:
		snprintf(out, size, "not to be translated");
		break;
	}
}

static void
say_steer(const struct cgn_daemon *d, const struct cgn_trace_step *s, char *out,
	size_t size)
{
	unsigned id = s->a < d->snap->n_locations ? d->snap->location[s->a].id : 0;

	if (s->b == CGN_REMOTE)
		snprintf(out, size, "location %u, of the other box", id);
	else if (s->b == CGN_NONE16)
		snprintf(out, size, "location %u, which is down", id);
	else
		snprintf(out, size, "location %u, %s%s", id, s->n ? "here" : "at ",
			s->n ? "" : worker_name(d, s->b).text);
}

static void
say_session(const struct cgn_trace_step *s, char *out, size_t size)
{
	uint8_t remote[16] = { [10] = 0xff, 0xff };
	char inside[END], outside[END], far[END], proto[8];
	bool create =
		s->stage == CGN_STAGE_CREATE_UP || s->stage == CGN_STAGE_CREATE_DOWN;

	memcpy(remote + 12, &s->remote, 4);
	snprintf(out, size, "%s %s %s = %s to %s, %s",
		create && s->b ? "opened" : "session", proto_name(s->proto, proto),
		end(s->from, s->sport, inside), end(s->to, s->dport, outside),
		s->remote ? end(remote, s->remote_port, far) : "*",
		cgn_state_name((uint8_t)s->a));
}

static void
say_sent(const struct cgn_daemon *d, const struct cgn_trace_record *r,
	const struct cgn_trace_step *s, char *out, size_t size)
{
	const uint8_t *m = s->from;

	snprintf(out, size, "sent on %s to %02x:%02x:%02x:%02x:%02x:%02x, %u bytes",
		port_name(d, r, s->b).text, m[0], m[1], m[2], m[3], m[4], m[5], s->n);
}

static void
say_punted(const struct cgn_trace_step *s, char *out, size_t size)
{
	char gw[INET6_ADDRSTRLEN];

	if (s->b == CGN_MARK_NEIGHBOUR)
		snprintf(out, size, "to control, to wait for the link address of %s",
			address(s->to, gw));
	else
		snprintf(out, size, "to control, for the box itself");
}

static void
say_end(const struct cgn_daemon *d, const struct cgn_trace_record *r,
	const struct cgn_trace_step *s, char *out, size_t size)
{
	switch ((enum cgn_trace_end)s->a) {
	case CGN_TRACE_NOWHERE:
		snprintf(out, size, "?");
		break;
	case CGN_TRACE_SENT:
		say_sent(d, r, s, out, size);
		break;
	case CGN_TRACE_FRAGMENTS:
		snprintf(out, size, "sent in fragments on %s",
			iface_name(d, r, s->b).text);
		break;
	case CGN_TRACE_DROPPED:
		snprintf(out, size, "dropped: %s", cgn_drop_name((enum cgn_drop)s->b));
		break;
	case CGN_TRACE_PUNTED:
		say_punted(s, out, size);
		break;
	case CGN_TRACE_HANDED:
		snprintf(out, size, "handed over to %s", worker_name(d, s->b).text);
		break;
	case CGN_TRACE_AGAIN:
		snprintf(out, size, "round again, here");
		break;
	case CGN_TRACE_KEPT:
		snprintf(out, size, "kept until its datagram is complete");
		break;
	case CGN_TRACE_HELD:
		snprintf(out, size, "an unsolicited SYN, held for six seconds");
		break;
	}
}

void
cgn_trace_text_step(const struct cgn_daemon *d, const struct cgn_trace_record *r,
	const struct cgn_trace_step *s, char *out, size_t size)
{
	char b4[INET6_ADDRSTRLEN];

	switch ((enum cgn_trace_what)s->what) {
	case CGN_TRACE_HEADER:
		say_header(s, out, size);
		break;
	case CGN_TRACE_ROUTE:
		say_route(d, r, s, out, size);
		break;
	case CGN_TRACE_CLASS:
		say_class(d, s, out, size);
		break;
	case CGN_TRACE_STEER:
		say_steer(d, s, out, size);
		break;
	case CGN_TRACE_USER:
		snprintf(out, size, "%s behind %s",
			s->n == CGN_NONE ? "a new user" : "the user",
			address(s->from, b4));
		break;
	case CGN_TRACE_NO_SESSION:
		snprintf(out, size, "no session");
		break;
	case CGN_TRACE_SESSION:
		say_session(s, out, size);
		break;
	case CGN_TRACE_GATEWAY:
		snprintf(out, size, "the gateway of its application reads along");
		break;
	case CGN_TRACE_ERROR:
		snprintf(out, size, "dropped: %s; becomes an ICMP error",
			cgn_drop_name((enum cgn_drop)s->a));
		break;
	case CGN_TRACE_END:
		say_end(d, r, s, out, size);
		break;
	}
}

/* ---- JSON ---- */

static void
key_string(struct cgn_json_text *t, const char *key, const char *value)
{
	CGN_JSON_TEXT(t, ",\"");
	cgn_json_text_raw(t, key, strlen(key));
	CGN_JSON_TEXT(t, "\":");
	if (value)
		cgn_json_text_string(t, value);
	else
		CGN_JSON_TEXT(t, "null");
}

static void
key_end4(struct cgn_json_text *t, const char *key, const struct cgn_trace_facts *k,
	uint16_t bit, rte_be32_t addr, rte_be16_t port)
{
	if (!(k->known & bit)) {
		key_string(t, key, NULL);
		return;
	}
	CGN_JSON_TEXT(t, ",\"");
	cgn_json_text_raw(t, key, strlen(key));
	CGN_JSON_TEXT(t, "\":");
	cgn_json_text_endpoint4(t, addr, port);
}

static void
write_time(struct cgn_json_text *t, uint64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	char day[32], all[64];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(all, sizeof(all), "%s.%09uZ", day, (unsigned)(ns % 1000000000));
	key_string(t, "time", all);
}

/* What is known of the flow: of the last round, which knows most. */
static void
write_facts(struct cgn_json_text *t, const struct cgn_daemon *d,
	const struct cgn_trace_facts *k)
{
	char text[INET6_ADDRSTRLEN];

	key_string(t, "instance",
		k->known & CGN_TRACE_KNOWS_INSTANCE && k->instance < d->snap->n_instances
			? d->snap->instance[k->instance].name
			: NULL);
	key_string(t, "proto",
		k->known & CGN_TRACE_KNOWS_PROTO ? proto_name(k->proto, text) : NULL);
	key_string(t, "softwire",
		k->known & CGN_TRACE_KNOWS_SOFTWIRE ? address(k->b4, text) : NULL);
	key_end4(t, "inside", k, CGN_TRACE_KNOWS_INSIDE, k->inside, k->inside_port);
	key_end4(t, "outside", k, CGN_TRACE_KNOWS_OUTSIDE, k->outside, k->outside_port);
	key_end4(t, "remote", k, CGN_TRACE_KNOWS_REMOTE, k->remote, k->remote_port);
}

/* Where it went, or why it did not. An error that was sent instead does not make up for
 * the packet. */
static void
write_result(struct cgn_json_text *t, const struct cgn_daemon *d,
	const struct cgn_trace_record *r)
{
	static const char *const result[] = { [CGN_TRACE_NOWHERE] = "unknown",
		[CGN_TRACE_SENT] = "sent",
		[CGN_TRACE_FRAGMENTS] = "sent",
		[CGN_TRACE_DROPPED] = "dropped",
		[CGN_TRACE_PUNTED] = "to_control",
		[CGN_TRACE_HANDED] = "handed_over",
		[CGN_TRACE_AGAIN] = "handed_over",
		[CGN_TRACE_KEPT] = "kept",
		[CGN_TRACE_HELD] = "held" };
	const struct cgn_trace_step *last = r->n ? &r->step[r->n - 1] : NULL;
	const char *reason = NULL;
	struct name name;

	for (unsigned i = 0; i < r->n; i++)
		if (r->step[i].what == CGN_TRACE_ERROR) {
			key_string(t, "result", "dropped");
			key_string(
				t, "reason", cgn_drop_name((enum cgn_drop)r->step[i].a));
			return;
		}
	if (r->end == CGN_TRACE_SENT)
		name = port_name(d, r, last->b);
	else if (r->end == CGN_TRACE_FRAGMENTS)
		name = iface_name(d, r, last->b);
	else if (r->end == CGN_TRACE_HANDED)
		name = worker_name(d, last->b);
	else
		name = worker_name(d, r->worker);
	if (r->end == CGN_TRACE_DROPPED)
		reason = cgn_drop_name((enum cgn_drop)last->b);
	else if (r->end == CGN_TRACE_PUNTED)
		reason = last->b == CGN_MARK_NEIGHBOUR ? "neighbour" : "local";
	else
		reason = name.text;
	key_string(t, "result", result[r->end]);
	key_string(t, "reason", reason);
}

static void
write_step(struct cgn_json_text *t, const struct cgn_daemon *d,
	const struct cgn_trace_record *r, const struct cgn_trace_step *s)
{
	char words[WORDS];

	cgn_trace_text_step(d, r, s, words, sizeof(words));
	CGN_JSON_TEXT(t, "{\"stage\":");
	cgn_json_text_string(t, cgn_stage_name((enum cgn_stage_id)s->stage));
	key_string(t, "worker", worker_name(d, r->worker).text);
	key_string(t, "does", words);
	CGN_JSON_TEXT(t, "}");
}

void
cgn_trace_text(struct cgn_json_text *t, const struct cgn_daemon *d,
	const struct cgn_trace_record *const *round, unsigned n, uint64_t number,
	uint64_t ns)
{
	const struct cgn_trace_record *first = round[0], *last = round[n - 1];
	bool any = false;

	CGN_JSON_TEXT(t, "{\"packet\":");
	cgn_json_text_number(t, number);
	write_time(t, ns);
	key_string(t, "port",
		first->facts.known & CGN_TRACE_KNOWS_PORT
			? port_name(d, first, first->facts.port).text
			: NULL);
	write_facts(t, d, &last->facts);
	write_result(t, d, last);
	CGN_JSON_TEXT(t, ",\"stages\":[");
	for (unsigned k = 0; k < n; k++)
		for (unsigned i = 0; i < round[k]->n; i++) {
			if (any)
				CGN_JSON_TEXT(t, ",");
			any = true;
			write_step(t, d, round[k], &round[k]->step[i]);
		}
	CGN_JSON_TEXT(t, "]}");
}
