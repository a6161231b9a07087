/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finds markers in the address, port and identification fields of a frame, at any depth
 * (tunnel, packet quoted by an ICMP error), and only there: the same bytes in a payload
 * mean nothing. One table per run of a case; single threaded. */
#include "tests/cases/marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "tests/cases/frame.h"

struct place {
	uint16_t off;
	enum cgn_mark_kind kind;
	uint8_t proto;
	uint16_t addr; /* port: where the address beside it is */
};

#define PLACES 32

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)cgn_frame_get16(p) << 16 | cgn_frame_get16(p + 2);
}

static bool
is_short(enum cgn_mark_kind kind)
{
	return kind == CGN_VAR_PORT || kind == CGN_VAR_ID4;
}

static uint32_t
get(const uint8_t *frame, const struct place *p)
{
	return is_short(p->kind) ? cgn_frame_get16(frame + p->off)
				 : get32(frame + p->off);
}

static void
add_place(struct place *p, unsigned *n, uint16_t off, enum cgn_mark_kind kind,
	uint8_t proto, uint16_t addr)
{
	if (*n < PLACES)
		p[(*n)++] = (struct place){ off, kind, proto, addr };
}

/* All fields of a frame that a marker may stand in. */
static unsigned
places(const uint8_t *frame, const struct cgn_layer *layer, unsigned n_layers,
	struct place *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_layers; i++) {
		const struct cgn_layer *l = &layer[i];
		uint16_t off = l->off;
		uint8_t proto;

		if (l->type == CGN_LAYER_IP4) {
			add_place(p, &n, (uint16_t)(off + 4), CGN_VAR_ID4, 0, 0);
			add_place(p, &n, (uint16_t)(off + 12), CGN_VAR_ADDR, 0, 0);
			add_place(p, &n, (uint16_t)(off + 16), CGN_VAR_ADDR, 0, 0);
		} else if (l->type == CGN_LAYER_TCP || l->type == CGN_LAYER_UDP) {
			proto = l->type == CGN_LAYER_TCP ? 6 : 17;
			add_place(
				p, &n, off, CGN_VAR_PORT, proto, (uint16_t)(l->ip + 12));
			add_place(p, &n, (uint16_t)(off + 2), CGN_VAR_PORT, proto,
				(uint16_t)(l->ip + 16));
		} else if (l->type == CGN_LAYER_ICMP &&
			   (frame[off] == 0 || frame[off] == 8)) {
			add_place(p, &n, (uint16_t)(off + 4), CGN_VAR_PORT, 1,
				(uint16_t)(l->ip + (frame[off] ? 12 : 16)));
		} else if (l->type == CGN_LAYER_FRAGMENT6) {
			add_place(p, &n, (uint16_t)(off + 4), CGN_VAR_ID, 0, 0);
		}
	}
	return n;
}

static int
find(const struct cgn_marks *m, enum cgn_mark_kind kind, uint32_t marker)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->var[i].kind == kind && m->var[i].marker == marker)
			return (int)i;
	return -1;
}

/* ---- the file ---- */

static bool
parse_port(struct cgn_mark_var *v, char *rest)
{
	char *end;

	v->kind = CGN_VAR_PORT;
	v->marker = (uint32_t)strtoul(rest, &end, 16);
	return sscanf(end, "%31s block=%31s size=%u", v->name, v->block, &v->size) == 3 &&
	       v->size > 0;
}

static bool
parse_addr(struct cgn_mark_var *v, char *rest)
{
	char *save, *word = strtok_r(rest, " \n", &save);
	char *name = strtok_r(NULL, " \n", &save), *list, *save2;
	struct in_addr a;

	if (!word || !name || inet_pton(AF_INET, word, &a) != 1)
		return false;
	v->kind = CGN_VAR_ADDR;
	v->marker = ntohl(a.s_addr);
	snprintf(v->name, sizeof(v->name), "%s", name);
	while ((word = strtok_r(NULL, " \n", &save))) {
		if (!strncmp(word, "not=", 4) && inet_pton(AF_INET, word + 4, &a) == 1) {
			v->unlike = ntohl(a.s_addr);
			continue;
		}
		if (strncmp(word, "in=", 3) != 0)
			return false;
		for (list = strtok_r(word + 3, ",", &save2); list;
			list = strtok_r(NULL, ",", &save2)) {
			if (v->n_choices == CGN_MARK_CHOICES ||
				inet_pton(AF_INET, list, &a) != 1)
				return false;
			v->choice[v->n_choices++] = ntohl(a.s_addr);
		}
	}
	return v->n_choices > 0;
}

static bool
parse_id(struct cgn_mark_var *v, enum cgn_mark_kind kind, char *rest)
{
	char *end;

	v->kind = kind;
	v->marker = (uint32_t)strtoul(rest, &end, 16);
	return sscanf(end, "%31s", v->name) == 1;
}

static bool
parse(struct cgn_mark_var *v, char *line)
{
	if (!strncmp(line, "port ", 5))
		return parse_port(v, line + 5);
	if (!strncmp(line, "addr ", 5))
		return parse_addr(v, line + 5);
	if (!strncmp(line, "id4 ", 4))
		return parse_id(v, CGN_VAR_ID4, line + 4);
	return strncmp(line, "id ", 3) == 0 && parse_id(v, CGN_VAR_ID, line + 3);
}

int
cgn_marks_load(struct cgn_marks *m, const char *path, FILE *err)
{
	FILE *f = fopen(path, "r");
	char line[256];
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (good && fgets(line, sizeof(line), f)) {
		struct cgn_mark_var *v = &m->var[m->n++];

		good = m->n < CGN_MARKS && parse(v, line);
	}
	fclose(f);
	if (!good)
		fprintf(err, "  %s: line %u is not understood\n", path, m->n);
	return good ? 0 : -EINVAL;
}

/* ---- learning ---- */

static bool
port_fits(const struct cgn_marks *m, const struct cgn_mark_var *v, FILE *err)
{
	if (v->value < 1024) {
		fprintf(err, "  port %s: %u is below 1024\n", v->name, v->value);
		return false;
	}
	for (unsigned i = 0; i < m->n; i++) {
		const struct cgn_mark_var *o = &m->var[i];
		bool together;

		if (o == v || o->kind != v->kind || !o->known || o->address != v->address)
			continue;
		if (o->value == v->value && o->proto == v->proto) {
			fprintf(err, "  ports %s and %s: both %u\n", v->name, o->name,
				v->value);
			return false;
		}
		together = (o->value - 1024) / v->size == (v->value - 1024) / v->size;
		if (together != !strcmp(o->block, v->block)) {
			fprintf(err, "  ports %s %u and %s %u: %s block\n", v->name,
				v->value, o->name, o->value,
				together ? "in one" : "not in one");
			return false;
		}
	}
	return true;
}

static bool
addr_fits(const struct cgn_marks *m, const struct cgn_mark_var *v, FILE *err)
{
	struct in_addr a = { htonl(v->value) };
	bool in = false;
	int o = v->unlike ? find(m, CGN_VAR_ADDR, v->unlike) : -1;

	for (unsigned i = 0; i < v->n_choices; i++)
		in = in || v->choice[i] == v->value;
	if (in && (o < 0 || !m->var[o].known || m->var[o].value != v->value))
		return true;
	fprintf(err, "  address %s: %s %s\n", v->name, inet_ntoa(a),
		in ? "belongs to another" : "is none of the choices");
	return false;
}

static bool
id_fits(const struct cgn_marks *m, const struct cgn_mark_var *v, FILE *err)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct cgn_mark_var *o = &m->var[i];

		if (o != v && o->kind == v->kind && o->known && o->value == v->value) {
			fprintf(err, "  identifications %s and %s: both %#x\n", v->name,
				o->name, v->value);
			return false;
		}
	}
	return true;
}

static bool
fits(const struct cgn_marks *m, const struct cgn_mark_var *v, FILE *err)
{
	switch (v->kind) {
	case CGN_VAR_PORT:
		return port_fits(m, v, err);
	case CGN_VAR_ADDR:
		return addr_fits(m, v, err);
	case CGN_VAR_ID:
	case CGN_VAR_ID4:
		return id_fits(m, v, err);
	}
	return false;
}

bool
cgn_marks_learn(struct cgn_marks *m, const uint8_t *want, uint16_t n_want,
	const uint8_t *got, uint16_t n_got, FILE *err)
{
	struct cgn_layer layer[CGN_LAYERS];
	struct place p[PLACES];
	unsigned n = places(want, layer, cgn_frame_walk(want, n_want, layer), p);
	bool good = true;

	for (unsigned i = 0; i < n; i++) {
		int k = find(m, p[i].kind, get(want, &p[i]));
		struct cgn_mark_var *v = k < 0 ? NULL : &m->var[k];

		if (!v || v->known || p[i].off + 4u > n_got)
			continue;
		v->value = get(got, &p[i]);
		v->known = true;
		v->proto = p[i].proto;
		if (v->kind == CGN_VAR_PORT)
			v->address = get32(got + p[i].addr);
		good = fits(m, v, err) && good;
	}
	return good;
}

/* ---- filling in ---- */

/* RFC 1624, for a checksum over bytes that are not all there, or that is wrong. */
static uint16_t
adjust(uint16_t check, uint16_t from, uint16_t to)
{
	uint32_t s = (uint16_t)~check + (uint32_t)(uint16_t)~from + to;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static bool
right(const uint8_t *frame, const struct cgn_layer *l)
{
	uint16_t field = cgn_frame_checksum_field(l);
	uint32_t need = l->type == CGN_LAYER_IP4 ? 20 : l->length;

	return l->off + need <= l->end &&
	       cgn_frame_checksum(frame, l) == cgn_frame_get16(frame + field);
}

/* Carries a change of one word over to every wrong checksum that covers it. */
static void
carry(uint8_t *frame, const struct cgn_layer *layer, unsigned n, const bool *was_right,
	const struct place *p, uint16_t from, uint16_t to)
{
	for (unsigned i = 0; i < n; i++) {
		const struct cgn_layer *l = &layer[i];
		uint16_t field = cgn_frame_checksum_field(l);
		bool covers = p->off >= l->off && p->off < l->end;

		if (l->type == CGN_LAYER_IP4)
			covers = p->off >= l->off + 4 && p->off < l->off + 20;
		else if (l->type == CGN_LAYER_TCP || l->type == CGN_LAYER_UDP)
			covers = covers || (p->off >= l->ip + 12 && p->off < l->ip + 20);
		if (!field || was_right[i] || !covers)
			continue;
		if (l->type == CGN_LAYER_UDP && !cgn_frame_get16(frame + field))
			continue;
		cgn_frame_put16(
			frame + field, adjust(cgn_frame_get16(frame + field), from, to));
	}
}

static void
put(uint8_t *frame, const struct cgn_layer *layer, unsigned n, const bool *was_right,
	const struct place *p, uint32_t value)
{
	struct place half = *p;
	unsigned words = is_short(p->kind) ? 1 : 2;

	for (unsigned i = 0; i < words; i++, half.off = (uint16_t)(half.off + 2)) {
		uint16_t from = cgn_frame_get16(frame + half.off);
		uint16_t to = (uint16_t)(i + 1 < words ? value >> 16 : value);

		carry(frame, layer, n, was_right, &half, from, to);
		cgn_frame_put16(frame + half.off, to);
	}
}

bool
cgn_marks_fill(const struct cgn_marks *m, uint8_t *frame, uint16_t len, FILE *err)
{
	struct cgn_layer layer[CGN_LAYERS];
	struct place p[PLACES];
	bool was_right[CGN_LAYERS] = { false };
	unsigned n_layers = cgn_frame_walk(frame, len, layer);
	unsigned n = places(frame, layer, n_layers, p);

	for (unsigned i = 0; i < n_layers; i++)
		was_right[i] =
			cgn_frame_checksum_field(&layer[i]) && right(frame, &layer[i]);
	for (unsigned i = 0; i < n; i++) {
		int k = find(m, p[i].kind, get(frame, &p[i]));

		if (k < 0)
			continue;
		if (!m->var[k].known) {
			fprintf(err, "  %s is used before the box has chosen it\n",
				m->var[k].name);
			return false;
		}
		put(frame, layer, n_layers, was_right, &p[i], m->var[k].value);
	}
	/* from the inside out, as an ICMP checksum covers those of the quoted packet */
	for (unsigned i = n_layers; i-- > 0;)
		if (was_right[i])
			cgn_frame_put16(frame + cgn_frame_checksum_field(&layer[i]),
				cgn_frame_checksum(frame, &layer[i]));
	return true;
}
