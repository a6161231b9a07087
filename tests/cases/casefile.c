/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the directory of a packet case. Nothing is defaulted silently: a line or a
 * counter that is not understood fails the case. Single threaded; memory until
 * cgn_case_free(). */
#include "tests/cases/casefile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_MAGIC 0xa1b2c3d4u
#define LINE_SIZE  256

static int
complain(FILE *err, const char *file, const char *what)
{
	fprintf(err, "  %s: %s\n", file, what);
	return -EINVAL;
}

/* ---- captures ---- */

static int
read_frames(struct cgn_case_stream *s, FILE *f)
{
	uint32_t head[6], rec[4];

	if (fread(head, sizeof(head), 1, f) != 1 || head[0] != PCAP_MAGIC)
		return -EINVAL;
	while (fread(rec, sizeof(rec), 1, f) == 1) {
		struct cgn_case_frame *bigger = realloc(
					      s->frame, (s->n + 1) * sizeof(*bigger)),
				      *fr;

		if (!bigger)
			return -ENOMEM;
		s->frame = bigger;
		fr = &s->frame[s->n];
		fr->data = rec[2] <= UINT16_MAX ? malloc(rec[2] + 1) : NULL;
		if (!fr->data)
			return -ENOMEM;
		s->n++;
		fr->ms = (uint64_t)rec[0] * 1000 + rec[1] / 1000;
		fr->len = (uint16_t)rec[2];
		if (fread(fr->data, 1, fr->len, f) != fr->len)
			return -EINVAL;
	}
	return 0;
}

/* name: in-PORT.pcap, in-PORT@W.pcap or out-PORT.pcap */
static int
load_stream(struct cgn_case *c, const char *name, FILE *err)
{
	bool in = !strncmp(name, "in-", 3);
	unsigned *n = in ? &c->n_in : &c->n_out;
	struct cgn_case_stream *s = in ? &c->in[*n] : &c->out[*n];
	char path[1024], *at;
	FILE *f;
	int rc;

	if (*n == CGN_CASE_STREAMS)
		return complain(err, name, "too many captures");
	(*n)++;
	snprintf(s->port, sizeof(s->port), "%s", name + (in ? 3 : 4));
	s->port[strcspn(s->port, ".")] = 0;
	at = strchr(s->port, '@');
	if (at) {
		s->worker = (unsigned)atoi(at + 1);
		*at = 0;
	}
	snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	f = fopen(path, "rb");
	if (!f)
		return complain(err, name, strerror(errno));
	rc = read_frames(s, f);
	fclose(f);
	return rc ? complain(err, name, "not a capture file as expected") : 0;
}

static int
load_streams(struct cgn_case *c, FILE *err)
{
	DIR *d = opendir(c->dir);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return complain(err, c->dir, strerror(errno));
	while (!rc && (e = readdir(d)))
		if (strstr(e->d_name, ".pcap"))
			rc = load_stream(c, e->d_name, err);
	closedir(d);
	return rc;
}

/* ---- counters ---- */

static bool
set_counter(struct cgn_stats *s, const char *kind, const char *name, uint64_t n,
	uint64_t bytes)
{
	if (!strcmp(kind, "flow"))
		for (unsigned i = 0; i < CGN_FLOW_COUNT; i++)
			if (!strcmp(name, cgn_flow_name((enum cgn_flow_id)i))) {
				s->flow[i] = (struct cgn_flow_count){ n, bytes };
				return true;
			}
	if (!strcmp(kind, "drop"))
		for (unsigned i = 0; i < CGN_DROP_REASONS; i++)
			if (!strcmp(name, cgn_drop_name((enum cgn_drop)i))) {
				s->drop[i] = n;
				return true;
			}
	if (!strcmp(kind, "event"))
		for (unsigned i = 0; i < CGN_EVENT_COUNT; i++)
			if (!strcmp(name, cgn_event_name((enum cgn_event_id)i))) {
				s->event[i] = n;
				return true;
			}
	return false;
}

static bool
counter_line(struct cgn_case *c, const char *line)
{
	char kind[8], name[48];
	unsigned long long n, bytes = 0;
	int got = sscanf(line, "%7s %47s %llu %llu", kind, name, &n, &bytes);

	return got >= 3 && set_counter(&c->counters, kind, name, n, bytes);
}

/* ---- state and neighbours ---- */

static bool
state_line(struct cgn_case *c, const char *line)
{
	struct cgn_case_state *s = &c->state[c->n_states];
	unsigned long long n;
	unsigned sec, ms;

	if (sscanf(line, "end %u.%3u", &sec, &ms) == 2) {
		c->end_ms = sec * 1000ull + ms;
		return true;
	}
	if (c->n_states == RTE_DIM(c->state) ||
		sscanf(line, "at %u.%3u %15s %llu", &sec, &ms, s->what, &n) != 4)
		return false;
	s->ms = sec * 1000ull + ms;
	s->n = n;
	c->n_states++;
	return true;
}

static bool
neighbour_line(struct cgn_case *c, const char *line)
{
	struct cgn_case_neighbour *n = &c->neighbour[c->n_neighbours];

	if (c->n_neighbours == RTE_DIM(c->neighbour) ||
		sscanf(line, "%31s %63s %31s", n->iface, n->addr, n->mac) != 3)
		return false;
	c->n_neighbours++;
	return true;
}

static int
load_lines(struct cgn_case *c, const char *name,
	bool (*take)(struct cgn_case *c, const char *line), bool must, FILE *err)
{
	char path[1024], line[LINE_SIZE], text[LINE_SIZE + 32];
	FILE *f;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	f = fopen(path, "r");
	if (!f)
		return must ? complain(err, path, strerror(errno)) : 0;
	while (!rc && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		snprintf(text, sizeof(text), "not understood: %s", line);
		if (*line && !take(c, line))
			rc = complain(err, path, text);
	}
	fclose(f);
	return rc;
}

int
cgn_case_load(struct cgn_case *c, const char *dir, FILE *err)
{
	char vars[1024];
	int rc;

	memset(c, 0, sizeof(*c));
	snprintf(c->dir, sizeof(c->dir), "%s", dir);
	snprintf(vars, sizeof(vars), "%s/vars", dir);
	rc = load_streams(c, err);
	if (!rc)
		rc = load_lines(c, "counters", counter_line, true, err);
	if (!rc)
		rc = load_lines(c, "state", state_line, true, err);
	if (!rc)
		rc = load_lines(c, "neighbours", neighbour_line, false, err);
	if (!rc)
		rc = cgn_marks_load(&c->marks, vars, err);
	return rc;
}

static void
free_streams(struct cgn_case_stream *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < s[i].n; k++)
			free(s[i].frame[k].data);
		free(s[i].frame);
	}
}

void
cgn_case_free(struct cgn_case *c)
{
	free_streams(c->in, c->n_in);
	free_streams(c->out, c->n_out);
}

struct cgn_case_stream *
cgn_case_earliest(struct cgn_case *c)
{
	struct cgn_case_stream *best = NULL;

	for (unsigned i = 0; i < c->n_in; i++) {
		struct cgn_case_stream *s = &c->in[i];

		if (s->next < s->n &&
			(!best || s->frame[s->next].ms < best->frame[best->next].ms))
			best = s;
	}
	return best;
}

struct cgn_case_stream *
cgn_case_out(struct cgn_case *c, const char *port)
{
	for (unsigned i = 0; i < c->n_out; i++)
		if (!strcmp(c->out[i].port, port))
			return &c->out[i];
	return NULL;
}
