/* SPDX-License-Identifier: BSD-3-Clause
 *
 * cgnctl top: what the box does now. Once a second it asks for what `show` prints, takes
 * the difference to the second before where rates are wanted, and draws the terminal
 * anew, with no more of each part than fits.
 *
 * Users are ranked by the packets of their sessions, of which the first SESSIONS are
 * looked at: in a box with more of them, users whose sessions come later are not seen.
 *
 * Not handled: terminals without the sequences of ANSI. */
#include "control/ctl_top.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "control/ctl_client.h"

#define SESSIONS  "4000"
#define LINES_MAX 256
#define PARTS	  4

struct part {
	char *line[LINES_MAX]; /* the first is its header */
	unsigned n;
};

struct top {
	struct cgn_ctl_client *client;
	json_t *before; /* counters of the frame before, by name */
	json_t *now;
	double seconds; /* since then; 0: there was none */
	struct timespec at;
	char title[256], sums[256];
	struct part part[PARTS];
};

static volatile sig_atomic_t stopped;

static void
stop(int signo)
{
	(void)signo;
	stopped = 1;
}

/* ---- asking ---- */

static void
join(json_t *document, json_t *page)
{
	const char *key;
	json_t *value, *have;

	json_object_foreach(page, key, value)
	{
		have = json_object_get(document, key);
		if (json_is_array(have))
			json_array_extend(have, value);
		else
			json_object_set(document, key, value);
	}
}

/* What a command answers under `key`; NULL: the daemon has gone. */
static json_t *
ask(struct top *t, const char *key, int argc, const char *const *argv)
{
	json_t *document = json_object(), *result = NULL;
	bool more = cgn_ctl_client_send(t->client, argc, argv) == 0;
	const char *text;
	size_t len;

	while (more && cgn_ctl_client_receive(t->client, &text, &len) == 0) {
		json_t *frame = json_loadb(text, len, 0, NULL);
		json_t *page = json_object_get(frame, "page");

		more = page != NULL;
		if (page)
			join(document, page);
		else
			result = json_object_get(document, key);
		json_decref(frame);
		if (!more)
			result = result ? json_incref(result) : json_null();
	}
	json_decref(document);
	return result;
}

#define ASK(t, key, ...)                                                                 \
	ask((t), (key), (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
		(const char *[]){ __VA_ARGS__ })

/* ---- values ---- */

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "-";
}

static long long
number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Notes a counter under its name, and says how fast it grows. */
static double
rate_of(struct top *t, const char *name, long long value)
{
	const json_t *before = json_object_get(t->before, name);
	long long grown = value - (long long)json_integer_value(before);

	json_object_set_new(t->now, name, json_integer((json_int_t)value));
	return before && t->seconds > 0 && grown > 0 ? (double)grown / t->seconds : 0;
}

__attribute__((format(printf, 2, 3))) static void
add(struct part *part, const char *format, ...)
{
	va_list args;

	if (part->n == LINES_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&part->line[part->n], format, args) >= 0)
		part->n++;
	va_end(args);
}

static const char *
place(const json_t *at, char out[16])
{
	if (!json_is_object(at))
		return "-";
	snprintf(out, 16, "%lld/%lld", number_of(at, "slot"), number_of(at, "cpu"));
	return out;
}

/* ---- the parts ---- */

static bool
take_title(struct top *t)
{
	json_t *v = ASK(t, "version", "show", "version");
	long long s = number_of(v, "uptime_s");

	if (!v)
		return false;
	snprintf(t->title, sizeof(t->title), "%s  Softboard %s  up %lld:%02lld:%02lld",
		text_of(v, "node"), text_of(v, "version"), s / 3600, s / 60 % 60, s % 60);
	json_decref(v);
	return true;
}

static bool
take_boards(struct top *t, struct part *part)
{
	json_t *list = ASK(t, "boards", "show", "board"), *b;
	size_t i;

	add(part,
		"BOARD  STATE    LOAD  BEAT-MS  SESSIONS  LICENSED     USERS  LICENSED");
	json_array_foreach(list, i, b)
	{
		char at[16];

		add(part, "%-5s  %-7s %4.0f%%  %7lld  %8lld  %8lld  %8lld  %8lld",
			place(b, at), text_of(b, "state"),
			json_number_value(json_object_get(b, "load")) * 100,
			number_of(b, "heartbeat_age_ms"), number_of(b, "sessions"),
			number_of(b, "sessions_licensed"), number_of(b, "users"),
			number_of(b, "users_licensed"));
	}
	json_decref(list);
	return list != NULL;
}

static bool
take_locations(struct top *t, struct part *part)
{
	json_t *list = ASK(t, "service_locations", "show", "service-location"), *l;
	size_t i;

	add(part, "LOCATION  STATE    CURRENT  BACKUP  COPY         SESSIONS     USERS");
	json_array_foreach(list, i, l)
	{
		char at[16], backup[16];

		add(part, "%8lld  %-7s  %-7s  %-6s  %-11s  %8lld  %8lld",
			number_of(l, "id"), text_of(l, "state"),
			place(json_object_get(l, "current"), at),
			place(json_object_get(l, "backup"), backup),
			text_of(l, "batch_backup"), number_of(l, "sessions"),
			number_of(l, "users"));
	}
	json_decref(list);
	return list != NULL;
}

struct ranked {
	const char *name;
	double rate;
};

static int
by_rate(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->rate < y->rate ? 1 : x->rate > y->rate ? -1 : strcmp(x->name, y->name);
}

/* The members of a map of counters, those that grow fastest first. */
static struct ranked *
rank(struct top *t, const char *prefix, json_t *map, size_t *n)
{
	struct ranked *r = calloc(json_object_size(map) + 1, sizeof(*r));
	const char *name;
	json_t *value;
	char key[256];

	*n = 0;
	json_object_foreach(map, name, value)
	{
		snprintf(key, sizeof(key), "%s%s", prefix, name);
		if (!r)
			break;
		r[*n].name = name;
		r[(*n)++].rate = rate_of(t, key, (long long)json_integer_value(value));
	}
	if (r)
		qsort(r, *n, sizeof(*r), by_rate);
	return r;
}

static bool
take_statistics(struct top *t, struct part *part)
{
	json_t *s = ASK(t, "statistics", "show", "statistics");
	json_t *flows = json_object_get(s, "flows"), *drops = json_object_get(s, "drops");
	json_t *in = json_object_get(flows, "received");
	json_t *out = json_object_get(flows, "sent");
	double dropped = 0;
	struct ranked *r;
	size_t n;

	r = rank(t, "drop ", drops, &n);
	add(part, "DROPS PER SECOND");
	for (size_t i = 0; r && i < n; i++) {
		dropped += r[i].rate;
		if (r[i].rate > 0)
			add(part, "%16.0f  %s", r[i].rate, r[i].name);
	}
	snprintf(t->sums, sizeof(t->sums),
		"in %.0f packets/s %.1f Mb/s  out %.0f packets/s %.1f Mb/s  "
		"dropped %.0f packets/s",
		rate_of(t, "in", number_of(in, "packets")),
		rate_of(t, "in bytes", number_of(in, "bytes")) * 8e-6,
		rate_of(t, "out", number_of(out, "packets")),
		rate_of(t, "out bytes", number_of(out, "bytes")) * 8e-6, dropped);
	free(r);
	json_decref(s);
	return s != NULL;
}

/* Packets of all sessions seen, by user. */
static json_t *
sum_users(json_t *sessions)
{
	json_t *sums = json_object(), *s;
	size_t i;

	json_array_foreach(sessions, i, s)
	{
		const char *inside = text_of(s, "inside");
		const char *softwire = text_of(s, "softwire");
		const char *colon = strrchr(inside, ':');
		bool ds_lite = strcmp(softwire, "-") != 0;
		char user[160];

		snprintf(user, sizeof(user), "%-12s %.*s", text_of(s, "instance"),
			ds_lite || !colon ? 100 : (int)(colon - inside),
			ds_lite ? softwire : inside);
		json_object_set_new(sums, user,
			json_integer(json_integer_value(json_object_get(sums, user)) +
				     number_of(s, "packets_up") +
				     number_of(s, "packets_down")));
	}
	return sums;
}

static bool
take_users(struct top *t, struct part *part)
{
	json_t *list = ASK(t, "sessions", "show", "session", "limit=" SESSIONS);
	json_t *sums = sum_users(list);
	struct ranked *r;
	size_t n;

	r = rank(t, "user ", sums, &n);
	add(part, "PACKETS PER SECOND  INSTANCE     USER");
	for (size_t i = 0; r && i < n && i < LINES_MAX; i++)
		add(part, "%18.0f  %s", r[i].rate, r[i].name);
	free(r);
	json_decref(sums);
	json_decref(list);
	return list != NULL;
}

/* ---- a frame ---- */

static void
forget(struct top *t)
{
	for (unsigned p = 0; p < PARTS; p++) {
		for (unsigned i = 0; i < t->part[p].n; i++)
			free(t->part[p].line[i]);
		t->part[p].n = 0;
	}
}

static bool
take_frame(struct top *t)
{
	struct timespec at;
	bool all;

	clock_gettime(CLOCK_MONOTONIC, &at);
	t->seconds = !t->before ? 0
				: (double)(at.tv_sec - t->at.tv_sec) +
					  (double)(at.tv_nsec - t->at.tv_nsec) / 1e9;
	t->at = at;
	t->now = json_object();
	forget(t);
	all = take_title(t) && take_boards(t, &t->part[0]) &&
	      take_locations(t, &t->part[1]) && take_statistics(t, &t->part[2]) &&
	      take_users(t, &t->part[3]);
	json_decref(t->before);
	t->before = t->now;
	return all;
}

/* How many lines each part gets: an even share, and what others leave. */
static void
share_lines(const struct top *t, unsigned room, unsigned lines[PARTS])
{
	unsigned left = room;

	for (unsigned p = 0; p < PARTS; p++) {
		lines[p] = t->part[p].n < room / PARTS ? t->part[p].n : room / PARTS;
		left -= lines[p];
	}
	for (unsigned p = 0; p < PARTS && left > 0; p++) {
		unsigned more = t->part[p].n - lines[p];

		more = more < left ? more : left;
		lines[p] += more;
		left -= more;
	}
}

static void
draw_line(const char *text, unsigned columns, const char *before)
{
	printf("%s%.*s\033[0m\033[K\n", before, (int)columns, text);
}

static void
draw(const struct top *t)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	unsigned lines[PARTS], rows;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = size.ws_row > 3 ? size.ws_row - 3u : 0; /* title, sums, the cursor's */
	share_lines(t, rows, lines);
	printf("\033[H");
	draw_line(t->title, size.ws_col, "\033[1m");
	draw_line(t->sums, size.ws_col, "");
	for (unsigned p = 0; p < PARTS; p++)
		for (unsigned i = 0; i < lines[p]; i++)
			draw_line(t->part[p].line[i], size.ws_col, i ? "" : "\033[7m");
	printf("\033[J");
	fflush(stdout);
}

/* Until the next frame is due. True: the operator wants to go. */
static bool
wait_for_key(void)
{
	struct pollfd key = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;

	if (poll(&key, 1, 1000) <= 0)
		return stopped;
	return read(STDIN_FILENO, &c, 1) != 1 || c == 'q' || c == 'Q';
}

static int
run(struct top *t)
{
	while (!stopped) {
		if (!take_frame(t))
			return 3;
		draw(t);
		if (wait_for_key())
			return 0;
	}
	return 0;
}

int
cgn_ctl_top(const char *run_dir)
{
	struct top t = { .client = NULL };
	struct sigaction on_stop = { .sa_handler = stop };
	struct termios before, raw;
	int code;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) {
		fprintf(stderr, "cgnctl: top needs a terminal\n");
		return 2;
	}
	t.client = cgn_ctl_client_create(run_dir);
	if (!t.client) {
		fprintf(stderr, "cgnctl: no daemon at %s/cgnd.sock: %s\n", run_dir,
			strerror(errno));
		return 3;
	}
	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	printf("\033[?1049h\033[?25l\033[2J");
	code = run(&t);
	printf("\033[?25h\033[?1049l");
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	if (code == 3)
		fprintf(stderr, "cgnctl: the daemon has gone away\n");
	forget(&t);
	json_decref(t.before);
	cgn_ctl_client_destroy(t.client);
	return code;
}
