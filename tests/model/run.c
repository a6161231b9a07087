/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Model test: `model CONFIGURATION [--seed N] [--ops N]` does random things to a box
 * (flows of users, packets from outside, time, clears) and to the naive model, and
 * compares what leaves after every packet, and all tables now and then. At the end
 * everything expires, and all ports must be back. Each seed is one fixed run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "dataplane/msg.h"
#include "tests/model/check.h"
#include "tests/model/confs.h"

#define CHECK_EVERY 200
#define REMOTES	    6

struct run {
	struct cgn_model model;
	struct cgn_box box;
	uint64_t random;
	unsigned n_sent, port_sent; /* of the last packet */
	uint8_t frame[256];
	uint16_t len;
	uint64_t op, created, refused;
};

#define FAIL(r, ...)                                                                     \
	do {                                                                             \
		fprintf(stderr, "operation %" PRIu64 ": ", (r)->op);                     \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		return false;                                                            \
	} while (0)

static uint32_t
pick(struct run *r, uint32_t n)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (uint32_t)(r->random >> 20) % n;
}

static void
sent(void *arg, const char *port, const uint8_t *frame, uint16_t len)
{
	struct run *r = arg;

	r->n_sent++;
	r->port_sent = !strcmp(port, "outside");
	r->len = (uint16_t)RTE_MIN(len, sizeof(r->frame));
	memcpy(r->frame, frame, r->len);
}

static const char *
reason_name(enum cgn_drop why)
{
	return why == CGN_DROP_REASONS ? "no" : cgn_drop_name(why);
}

/* Gives a packet to the box; *reason: why it was dropped, CGN_DROP_REASONS: it was not.
 */
static bool
exchange(struct run *r, int port, const struct cgn_model_packet *in,
	struct cgn_model_packet *out, enum cgn_drop *reason)
{
	struct cgn_stats before, after;
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);
	struct rte_mbuf *m = cgn_box_frame(&r->box, port, frame, len);

	cgn_box_stats(&r->box, &before);
	r->n_sent = 0;
	cgn_box_receive(&r->box, pick(r, r->box.n_workers), &m, 1);
	cgn_box_stats(&r->box, &after);
	*reason = CGN_DROP_REASONS;
	for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
		if (after.drop[i] != before.drop[i])
			*reason = (enum cgn_drop)i;
	if (r->n_sent + (*reason != CGN_DROP_REASONS) != 1)
		FAIL(r, "one packet in, %u out, dropped: %s", r->n_sent,
			reason_name(*reason));
	if (r->n_sent && !cgn_model_read(r->frame, r->len, out))
		FAIL(r, "what left cannot be read");
	return true;
}

/* ---- up ---- */

static uint8_t
random_flags(struct run *r)
{
	static const uint8_t flags[] = { MODEL_SYN, MODEL_SYN, MODEL_SYN, MODEL_ACK,
		MODEL_ACK, MODEL_SYN | MODEL_ACK, MODEL_FIN | MODEL_ACK, MODEL_RST };

	return flags[pick(r, RTE_DIM(flags))];
}

static struct cgn_model_packet
random_up(struct run *r, int user)
{
	static const uint8_t proto[] = { 1, 6, 6, 17, 17, 17 };
	const struct cgn_model_conf *c = r->model.conf;
	struct cgn_model_packet p = { .b4 = c->ds_lite ? user : -1,
		.proto = proto[pick(r, RTE_DIM(proto))],
		.src = c->ds_lite ? 0xc0a8010a : 0x0a010001 + (uint32_t)user,
		.dst = 0xc0000200 + pick(r, REMOTES),
		.sport = (uint16_t)(5000 + pick(r, c->ports)) };

	p.dport = p.proto == 1 ? p.sport : (uint16_t)(80 + pick(r, 2));
	p.tcp_flags = p.proto == 6 ? random_flags(r) : 0;
	return p;
}

/* A new flow was refused: is there a reason? */
static bool
check_refusal(struct run *r, int user, const struct cgn_model_packet *p,
	enum cgn_drop why, int mapping)
{
	const struct cgn_model *m = &r->model;
	bool limit = m->addr[user] &&
		     cgn_model_count_sessions(m, user) >= m->conf->max_sessions;

	r->refused++;
	if (limit != (why == CGN_DROP_LIMIT_SESSIONS))
		FAIL(r, "user %d with %u sessions: drop reason %s", user,
			cgn_model_count_sessions(m, user), cgn_drop_name(why));
	if (limit)
		return true;
	if (mapping >= 0)
		FAIL(r, "a port is there, but: %s", cgn_drop_name(why));
	if (why == CGN_DROP_NO_PORT && !m->conf->grows &&
		cgn_model_count_mappings(m, user, p->proto) >= m->conf->block)
		return true;
	if ((why == CGN_DROP_NO_ADDRESS || why == CGN_DROP_NO_BLOCK) &&
		(m->addr[user] == 0) == (why == CGN_DROP_NO_ADDRESS) &&
		cgn_model_exhausted(&r->box, m->conf->block))
		return true;
	FAIL(r, "refused without need: %s", cgn_drop_name(why));
}

static bool
check_sent_up(struct run *r, const struct cgn_model_packet *in,
	const struct cgn_model_packet *out, const struct cgn_model_mapping *p)
{
	if (r->port_sent != 1 || out->b4 >= 0 || out->proto != in->proto ||
		out->dst != in->dst || out->tcp_flags != in->tcp_flags ||
		(in->proto != 1 && out->dport != in->dport))
		FAIL(r, "the packet is not what it was");
	if (out->src != p->addr || out->sport != p->port)
		FAIL(r, "from %#x port %u, wanted %#x port %u", out->src, out->sport,
			p->addr, p->port);
	return true;
}

/* A flow that is not known. */
static bool
open_up(struct run *r, int user, const struct cgn_model_packet *in,
	const struct cgn_model_packet *out, enum cgn_drop why)
{
	struct cgn_model *m = &r->model;
	int mapping =
		m->conf->eim ? cgn_model_find_shared(m, user, in->proto, in->sport) : -1;
	const char *wrong = NULL;

	if (in->proto == 6 && (in->tcp_flags & (MODEL_SYN | MODEL_RST)) != MODEL_SYN) {
		if (why != CGN_DROP_TCP_NO_SYN)
			FAIL(r, "flags %#x opened a session", in->tcp_flags);
		return true;
	}
	if (why != CGN_DROP_REASONS)
		return check_refusal(r, user, in, why, mapping);
	if (m->addr[user] && cgn_model_count_sessions(m, user) >= m->conf->max_sessions)
		FAIL(r, "user %d went beyond its limit", user);
	if (mapping < 0)
		wrong = cgn_model_add_mapping(
			m, user, in->proto, in->sport, out->src, out->sport, &mapping);
	if (wrong)
		FAIL(r, "user %d, port %u: %s", user, out->sport, wrong);
	cgn_model_add_session(m, mapping, in->dst, in->proto == 1 ? 0 : in->dport, true);
	r->created++;
	return check_sent_up(r, in, out, &m->mapping[mapping]);
}

static bool
op_up(struct run *r)
{
	int user = (int)pick(r, MODEL_USERS), s;
	struct cgn_model_packet in = random_up(r, user), out;
	enum cgn_drop why;

	s = cgn_model_find_up(&r->model, user, in.proto, in.sport, in.dst,
		in.proto == 1 ? 0 : in.dport);
	if (!exchange(r, 0, &in, &out, &why))
		return false;
	if (s < 0)
		return open_up(r, user, &in, &out, why);
	if (why != CGN_DROP_REASONS)
		FAIL(r, "a packet of a known flow: %s", cgn_drop_name(why));
	cgn_model_touch(&r->model, s, true, in.tcp_flags);
	return check_sent_up(
		r, &in, &out, &r->model.mapping[r->model.session[s].mapping]);
}

/* ---- down ---- */

static bool
check_sent_down(struct run *r, const struct cgn_model_packet *in,
	const struct cgn_model_packet *out, const struct cgn_model_mapping *p)
{
	const struct cgn_model_conf *c = r->model.conf;
	uint32_t host = c->ds_lite ? 0xc0a8010a : 0x0a010001 + (uint32_t)p->user;

	if (r->port_sent != 0 || out->b4 != (c->ds_lite ? p->user : -1) ||
		out->src != in->src || (in->proto != 1 && out->sport != in->sport))
		FAIL(r, "the packet is not what it was");
	if (out->dst != host || out->dport != p->inside_port)
		FAIL(r, "to %#x port %u, wanted %#x port %u", out->dst, out->dport, host,
			p->inside_port);
	return true;
}

/* From a remote that has no session with the mapping. */
static bool
open_down(struct run *r, int mapping, const struct cgn_model_packet *in,
	const struct cgn_model_packet *out, enum cgn_drop why)
{
	struct cgn_model *m = &r->model;
	const struct cgn_model_mapping *p = &m->mapping[mapping];
	enum cgn_drop want = CGN_DROP_REASONS;

	if (!m->conf->eif || cgn_model_find_up(m, p->user, in->proto, p->inside_port,
				     in->src, in->proto == 1 ? 0 : in->sport) >= 0)
		want = CGN_DROP_FILTERED;
	else if (in->proto == 6 && (in->tcp_flags & (MODEL_SYN | MODEL_RST)) != MODEL_SYN)
		want = CGN_DROP_TCP_NO_SYN;
	else if (cgn_model_count_sessions(m, p->user) >= m->conf->max_sessions)
		want = CGN_DROP_LIMIT_SESSIONS;
	if (why != want)
		FAIL(r, "from a stranger: dropped: %s, wanted %s", reason_name(why),
			reason_name(want));
	if (want != CGN_DROP_REASONS)
		return true;
	cgn_model_add_session(m, mapping, in->src, in->proto == 1 ? 0 : in->sport, false);
	return check_sent_down(r, in, out, p);
}

static bool
op_down(struct run *r)
{
	struct cgn_model *m = &r->model;
	int mapping = (int)pick(r, MODEL_MAPPINGS), s;
	struct cgn_model_packet in = { .b4 = -1 }, out;
	enum cgn_drop why;

	while (mapping >= 0 && !m->mapping[mapping].live)
		mapping--;
	if (mapping < 0)
		return true;
	in.proto = m->mapping[mapping].proto;
	in.dst = m->mapping[mapping].addr;
	in.dport = m->mapping[mapping].port;
	in.src = 0xc0000200 + pick(r, REMOTES);
	in.sport = in.proto == 1 ? in.dport : (uint16_t)(80 + pick(r, 2));
	in.tcp_flags = in.proto == 6 ? random_flags(r) : 0;
	/* an unsolicited SYN that may be filtered waits six seconds: not modelled */
	s = cgn_model_find_session(m, mapping, in.src, in.proto == 1 ? 0 : in.sport);
	if (s < 0 && in.proto == 6 && !(m->conf->eif && m->conf->eim))
		return true;
	in.reply = in.proto == 1;
	if (!exchange(r, 1, &in, &out, &why))
		return false;
	if (s < 0)
		return open_down(r, mapping, &in, &out, why);
	if (why != CGN_DROP_REASONS)
		FAIL(r, "an answer to a known flow: %s", cgn_drop_name(why));
	cgn_model_touch(m, s, false, in.tcp_flags);
	return check_sent_down(r, &in, &out, &m->mapping[mapping]);
}

static bool
op_stray(struct run *r)
{
	struct cgn_model_packet in = { .b4 = -1,
		.proto = pick(r, 2) ? 17 : 1,
		.src = 0xc0000200 + pick(r, REMOTES),
		.dst = 0xcb007101,
		.sport = 80,
		.dport = (uint16_t)pick(r, 65536) },
				out;
	enum cgn_drop why;

	if (cgn_model_find_public(&r->model, in.proto, in.dst, in.dport) >= 0)
		return true;
	if (in.proto == 1)
		in.sport = in.dport;
	if (!exchange(r, 1, &in, &out, &why))
		return false;
	if (why != CGN_DROP_NO_MAPPING)
		FAIL(r, "to port %u, which nobody has: dropped: %s", in.dport,
			reason_name(why));
	return true;
}

/* ---- time, clear ---- */

static bool
op_time(struct run *r)
{
	cgn_model_advance(&r->model, 1 + pick(r, 3));
	cgn_box_advance(&r->box, (uint64_t)r->model.now * MODEL_STEP_MS);
	return true;
}

static void
send_message(struct run *r, struct cgn_msg *msg)
{
	for (unsigned i = 0; i < r->box.n_workers; i++) {
		struct cgn_worker *w = r->box.worker[i];

		do {
			msg->done = 0;
			cgn_worker_message(w, msg);
			while (!msg->done)
				cgn_worker_tick(w, r->box.snap, r->box.now_ms);
		} while (!msg->end);
		msg->cursor = 0;
		msg->end = false;
	}
}

static bool
op_clear(struct run *r)
{
	struct cgn_model *m = &r->model;
	int user = (int)pick(r, MODEL_USERS);
	struct cgn_msg msg = { .op = pick(r, 2) ? CGN_MSG_CLEAR_USERS
						: CGN_MSG_CLEAR_SESSIONS,
		.max = UINT32_MAX,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE } };

	if (m->conf->ds_lite) {
		msg.filter.has_softwire = true;
		msg.filter.softwire_len = 128;
		memcpy(msg.filter.softwire, (uint8_t[]){ 0x20, 1, 0xd, 0xb8, 1 }, 5);
		msg.filter.softwire[15] = (uint8_t)(user + 1);
	} else {
		msg.filter.inside = rte_cpu_to_be_32(0x0a010001 + (uint32_t)user);
		msg.filter.inside_mask = UINT32_MAX;
	}
	send_message(r, &msg);
	for (int i = 0; i < MODEL_SESSIONS; i++)
		if (m->session[i].live && m->mapping[m->session[i].mapping].user == user)
			cgn_model_end(m, i, m->now * MODEL_STEP_MS);
	return true;
}

static bool
operate(struct run *r)
{
	uint32_t n = pick(r, 1000);

	if (n < 640)
		return op_up(r);
	if (n < 970)
		return op_down(r);
	if (n < 993)
		return op_stray(r);
	if (n < 998)
		return op_time(r);
	return op_clear(r);
}

/* Everything expires; what was freed last waits for its quarantine, single ports for
 * twice as long. */
static bool
drain(struct run *r)
{
	cgn_model_advance(&r->model, (MODEL_ESTABLISHED + 2 * MODEL_QUARANTINE) / 10 + 3);
	cgn_box_advance(&r->box, (uint64_t)r->model.now * MODEL_STEP_MS);
	return cgn_model_check(&r->model, &r->box) && cgn_model_check_empty(&r->box);
}

static bool
run_all(struct run *r, uint64_t ops)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x99 } };

	cgn_box_neighbour(&r->box, "inside", "2001:db8:0:1::2", &mac);
	cgn_box_neighbour(&r->box, "inside", "10.0.0.2", &mac);
	cgn_box_neighbour(&r->box, "outside", "198.51.100.254", &mac);
	r->box.sent = sent;
	r->box.arg = r;
	for (r->op = 0; r->op < ops; r->op++) {
		if (!operate(r))
			return false;
		if (r->op % CHECK_EVERY == 0 && !cgn_model_check(&r->model, &r->box))
			FAIL(r, "the tables are not as they should be");
	}
	return drain(r);
}

static int
run_conf(const struct cgn_model_conf *conf, uint64_t seed, uint64_t ops)
{
	struct run *r = calloc(1, sizeof(*r));
	bool good;
	unsigned lost;

	if (!r || cgn_box_start_eal())
		return 1;
	r->model.conf = conf;
	r->random = seed * 0x9e3779b97f4a7c15ull + 1;
	if (cgn_box_open(&r->box, NULL, conf->text, seed, 0, stderr))
		return 1;
	good = run_all(r, ops);
	r->box.sent = NULL;
	lost = cgn_box_close(&r->box);
	if (lost)
		fprintf(stderr, "%u packet buffers did not come back\n", lost);
	printf("%s %s --seed %" PRIu64 " --ops %" PRIu64 ": %" PRIu64 " flows, %" PRIu64
	       " refused\n",
		good && !lost ? "ok  " : "FAIL", conf->name, seed, ops, r->created,
		r->refused);
	free(r);
	rte_eal_cleanup();
	return good && !lost ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct cgn_model_conf *conf = argc > 1 ? cgn_confs_find(argv[1]) : NULL;
	uint64_t seed = 1, ops = 20000;

	for (int i = 2; conf && i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--ops"))
			ops = strtoull(argv[i + 1], NULL, 0);
		else
			conf = NULL;
	}
	if (!conf) {
		fprintf(stderr, "usage: %s CONFIGURATION [--seed N] [--ops N]\n",
			argv[0]);
		return 2;
	}
	return run_conf(conf, seed, ops);
}
