/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The naive model. It shares no code and no cleverness with what it judges: arrays, loops
 * over all of them, and rules copied from the requirements. Single threaded. */
#include "tests/model/model.h"

#include <stddef.h>

static unsigned
class_of(uint8_t proto)
{
	return proto == 6 ? 0 : proto == 17 ? 1 : 2;
}

int
cgn_model_find_session(
	const struct cgn_model *m, int mapping, uint32_t remote, uint16_t remote_port)
{
	for (int i = 0; i < MODEL_SESSIONS; i++)
		if (m->session[i].live && m->session[i].mapping == mapping &&
			m->session[i].remote == remote &&
			m->session[i].remote_port == remote_port)
			return i;
	return -1;
}

int
cgn_model_find_up(const struct cgn_model *m, int user, uint8_t proto, uint16_t port,
	uint32_t remote, uint16_t remote_port)
{
	for (int i = 0; i < MODEL_MAPPINGS; i++) {
		const struct cgn_model_mapping *p = &m->mapping[i];
		int s;

		if (!p->live || p->user != user || p->proto != proto ||
			p->inside_port != port)
			continue;
		s = cgn_model_find_session(m, i, remote, remote_port);
		if (s >= 0)
			return s;
	}
	return -1;
}

int
cgn_model_find_shared(const struct cgn_model *m, int user, uint8_t proto, uint16_t port)
{
	for (int i = 0; i < MODEL_MAPPINGS; i++) {
		const struct cgn_model_mapping *p = &m->mapping[i];

		if (p->live && p->shared && p->user == user && p->proto == proto &&
			p->inside_port == port)
			return i;
	}
	return -1;
}

int
cgn_model_find_public(
	const struct cgn_model *m, uint8_t proto, uint32_t addr, uint16_t port)
{
	for (int i = 0; i < MODEL_MAPPINGS; i++) {
		const struct cgn_model_mapping *p = &m->mapping[i];

		if (p->live && p->proto == proto && p->addr == addr && p->port == port)
			return i;
	}
	return -1;
}

unsigned
cgn_model_count_sessions(const struct cgn_model *m, int user)
{
	unsigned n = 0;

	for (int i = 0; i < MODEL_SESSIONS; i++)
		n += m->session[i].live && m->mapping[m->session[i].mapping].user == user;
	return n;
}

unsigned
cgn_model_count_mappings(const struct cgn_model *m, int user, uint8_t proto)
{
	unsigned n = 0;

	for (int i = 0; i < MODEL_MAPPINGS; i++)
		n += m->mapping[i].live && m->mapping[i].user == user &&
		     (!proto || m->mapping[i].proto == proto);
	return n;
}

/* ---- changes ---- */

static uint32_t
now_ms(const struct cgn_model *m)
{
	return m->now * MODEL_STEP_MS;
}

const char *
cgn_model_add_mapping(struct cgn_model *m, int user, uint8_t proto, uint16_t inside_port,
	uint32_t addr, uint16_t port, int *index)
{
	const struct cgn_model_past *past = &m->past[class_of(proto)][addr & 7][port];
	int i = 0;

	if (port < 1024)
		return "public port below 1024";
	if (cgn_model_find_public(m, proto, addr, port) >= 0)
		return "public port is taken";
	if (m->addr[user] && m->addr[user] != addr)
		return "another public address than the user's";
	/* the sweep sees an end within a second */
	if (past->user && past->user != user + 1 && !(m->conf->single && proto == 6) &&
		now_ms(m) < past->until + MODEL_QUARANTINE * 1000)
		return "public port of another user within the quarantine";
	while (i < MODEL_MAPPINGS && m->mapping[i].live)
		i++;
	if (i == MODEL_MAPPINGS)
		return "the model is full";
	m->addr[user] = addr;
	m->mapping[i] = (struct cgn_model_mapping){ .live = true,
		.shared = m->conf->eim,
		.user = user,
		.proto = proto,
		.inside_port = inside_port,
		.port = port,
		.addr = addr };
	*index = i;
	return NULL;
}

void
cgn_model_add_session(
	struct cgn_model *m, int mapping, uint32_t remote, uint16_t remote_port, bool up)
{
	int i = 0;

	while (i < MODEL_SESSIONS - 1 && m->session[i].live)
		i++;
	m->session[i] = (struct cgn_model_session){ .live = true,
		.reverse = !up,
		.mapping = mapping,
		.remote = remote,
		.remote_port = remote_port,
		.state = m->mapping[mapping].proto != 6 ? MODEL_OPEN
			 : up				? MODEL_SU
							: MODEL_SD,
		.seen = m->now };
	m->mapping[mapping].sessions++;
}

/* RFC 6146 3.5.2.2 with RFC 7857 2, as the text says it. */
static enum cgn_model_state
next_state(enum cgn_model_state s, bool up, uint8_t flags)
{
	if (s == MODEL_FB)
		return flags & MODEL_SYN && !(flags & MODEL_RST)
			       ? (up ? MODEL_SU : MODEL_SD)
			       : MODEL_FB;
	if (flags & MODEL_RST)
		return s == MODEL_SD ? MODEL_SD : MODEL_TR;
	if (flags & MODEL_SYN) {
		if (s == MODEL_TR)
			return up ? MODEL_SU : MODEL_SD;
		if ((s == MODEL_SU && !up) || (s == MODEL_SD && up))
			return MODEL_EST;
		return s;
	}
	if (s == MODEL_TR && !(flags & MODEL_FIN))
		return MODEL_EST;
	if (flags & MODEL_FIN) {
		if (s == MODEL_EST || s == MODEL_TR)
			return up ? MODEL_FU : MODEL_FD;
		if ((s == MODEL_FU && !up) || (s == MODEL_FD && up))
			return MODEL_FB;
	}
	return s;
}

void
cgn_model_touch(struct cgn_model *m, int session, bool up, uint8_t tcp_flags)
{
	struct cgn_model_session *s = &m->session[session];
	enum cgn_model_state before = s->state;

	if (before == MODEL_OPEN) {
		if (up)
			s->seen = m->now;
		return;
	}
	s->state = next_state(before, up, tcp_flags);
	if (s->state != before || s->state == MODEL_EST || s->state == MODEL_FU ||
		s->state == MODEL_FD || (s->state == MODEL_SU && up))
		s->seen = m->now;
}

void
cgn_model_end(struct cgn_model *m, int session, uint32_t ms)
{
	struct cgn_model_mapping *p = &m->mapping[m->session[session].mapping];

	m->session[session].live = false;
	if (--p->sessions)
		return;
	p->live = false;
	m->past[class_of(p->proto)][p->addr & 7][p->port] =
		(struct cgn_model_past){ .user = p->user + 1, .until = ms };
	if (!cgn_model_count_mappings(m, p->user, 0))
		m->addr[p->user] = 0;
}

static uint32_t
timer_ms(const struct cgn_model *m, const struct cgn_model_session *s)
{
	switch (s->state) {
	case MODEL_OPEN:
		return 1000 *
		       (m->mapping[s->mapping].proto == 17 ? MODEL_UDP : MODEL_ICMP);
	case MODEL_SD:
		return 1000 * MODEL_SYN_WAIT;
	case MODEL_EST:
	case MODEL_FU:
	case MODEL_FD:
		return 1000 * MODEL_ESTABLISHED;
	default:
		return 1000 * MODEL_TRANSITORY;
	}
}

void
cgn_model_advance(struct cgn_model *m, uint32_t steps)
{
	m->now += steps;
	for (int i = 0; i < MODEL_SESSIONS; i++) {
		struct cgn_model_session *s = &m->session[i];
		uint32_t end = s->seen * MODEL_STEP_MS + timer_ms(m, s);

		if (s->live && end <= now_ms(m))
			cgn_model_end(m, i, end);
	}
}
