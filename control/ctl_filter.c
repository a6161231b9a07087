/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the shell of cgnctl does with output: lines that match, or do not, their number,
 * and a page at a time. A stream of the C library whose writes end here is put before the
 * terminal; so those who print know nothing of it, and nothing is kept but one line.
 *
 * Not handled: lines longer than the memory; going back in what has gone by. */
#include "control/ctl_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define STEPS_MAX 8

struct step {
	regex_t re;
	bool exclude;
};

struct cgn_ctl_filter {
	struct step step[STEPS_MAX];
	int steps;
	bool json, count, no_more;

	/* while it is open */
	FILE *to;
	bool header; /* the next line is one */
	unsigned rows, shown;
	unsigned long counted;
	bool stopped; /* the operator has seen enough */
	char *line;
	size_t len, size;
};

static int
add_step(struct cgn_ctl_filter *f, const char *word, bool exclude, char *err,
	size_t err_size)
{
	struct step *step = &f->step[f->steps];
	char why[128];
	int rc;

	if (f->steps == STEPS_MAX) {
		snprintf(err, err_size, "more than %d filters", STEPS_MAX);
		return -EINVAL;
	}
	rc = regcomp(&step->re, word, REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		regerror(rc, &step->re, why, sizeof(why));
		snprintf(err, err_size, "\"%.64s\": %s", word, why);
		return -EINVAL;
	}
	step->exclude = exclude;
	f->steps++;
	return 0;
}

/* word may be shortened, and stands for the full one. */
static bool
is(const char *word, const char *full)
{
	return strncmp(full, word, strlen(word)) == 0;
}

/* One filter, from behind its "|". Returns how many words it takes, or -EINVAL. */
static int
read_step(struct cgn_ctl_filter *f, int n, const char *const *words, char *err,
	size_t err_size)
{
	const char *what = n > 0 ? words[0] : "";

	if (what[0] != '\0' && (is(what, "include") || is(what, "exclude"))) {
		if (n < 2) {
			snprintf(err, err_size, "| %s: what?", what);
			return -EINVAL;
		}
		return add_step(f, words[1], what[0] == 'e', err, err_size) == 0
			       ? 2
			       : -EINVAL;
	}
	if (what[0] != '\0' && is(what, "count"))
		f->count = true;
	else if (what[0] != '\0' && is(what, "json"))
		f->json = true;
	else if (what[0] != '\0' && is(what, "no-more"))
		f->no_more = true;
	else
		return snprintf(err, err_size,
			       "| %.32s: allowed: include RE, exclude RE, count, json, "
			       "no-more",
			       what),
		       -EINVAL;
	return 1;
}

int
cgn_ctl_filter_create(int n, const char *const *words, struct cgn_ctl_filter **filter,
	char *err, size_t err_size)
{
	struct cgn_ctl_filter *f = calloc(1, sizeof(*f));
	int taken;

	*filter = NULL;
	if (!f)
		return -ENOMEM;
	for (int i = 0; i < n; i += 1 + taken) {
		taken = strcmp(words[i], "|") == 0
				? read_step(f, n - i - 1, words + i + 1, err, err_size)
				: -EINVAL;
		if (taken >= 0)
			continue;
		if (strcmp(words[i], "|") != 0)
			snprintf(err, err_size, "\"%.32s\": expected |", words[i]);
		cgn_ctl_filter_destroy(f);
		return -EINVAL;
	}
	*filter = f;
	return 0;
}

bool
cgn_ctl_filter_json(const struct cgn_ctl_filter *f)
{
	return f->json;
}

void
cgn_ctl_filter_destroy(struct cgn_ctl_filter *f)
{
	if (!f)
		return;
	for (int i = 0; i < f->steps; i++)
		regfree(&f->step[i].re);
	free(f->line);
	free(f);
}

/* ---- lines ---- */

static bool
passes(const struct cgn_ctl_filter *f, const char *line)
{
	for (int i = 0; i < f->steps; i++) {
		bool match = regexec(&f->step[i].re, line, 0, NULL, 0) == 0;

		if (match == f->step[i].exclude)
			return false;
	}
	return true;
}

/* A key from the terminal, without waiting for the end of a line. */
static char
read_key(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios before, raw;
	char key = 'q';

	if (fd < 0)
		return ' ';
	if (tcgetattr(fd, &before) == 0) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(fd, TCSANOW, &raw);
		if (read(fd, &key, 1) != 1)
			key = 'q';
		tcsetattr(fd, TCSANOW, &before);
	}
	close(fd);
	return key;
}

static void
ask(struct cgn_ctl_filter *f)
{
	char key;

	fputs("-- more: space, enter, q --", f->to);
	fflush(f->to);
	key = read_key();
	fputs("\r\033[K", f->to);
	f->stopped = key == 'q' || key == 'Q' || key == '\003';
	f->shown = key == '\n' || key == '\r' ? f->rows - 2 : 0;
}

static void
print_line(struct cgn_ctl_filter *f)
{
	bool header = f->header;

	f->line[f->len] = '\0';
	f->header = false;
	if (!header && !passes(f, f->line))
		return;
	if (f->count) {
		f->counted += !header;
		return;
	}
	if (f->rows > 1 && !f->no_more && f->shown + 1 >= f->rows)
		ask(f);
	if (f->stopped)
		return;
	fprintf(f->to, "%s\n", f->line);
	f->shown++;
}

static int
keep(struct cgn_ctl_filter *f, const char *bytes, size_t n)
{
	if (f->len + n + 1 > f->size) {
		size_t size = (f->len + n + 1) * 2;
		char *line = realloc(f->line, size);

		if (!line)
			return -ENOMEM;
		f->line = line;
		f->size = size;
	}
	memcpy(f->line + f->len, bytes, n);
	f->len += n;
	return 0;
}

static ssize_t
take(void *cookie, const char *bytes, size_t n)
{
	struct cgn_ctl_filter *f = cookie;
	size_t done = 0;

	while (done < n && !f->stopped) {
		const char *end = memchr(bytes + done, '\n', n - done);
		size_t len = end ? (size_t)(end - bytes) - done : n - done;

		if (keep(f, bytes + done, len) != 0)
			return 0;
		done += len;
		if (!end)
			break;
		print_line(f);
		f->len = 0;
		done++;
	}
	return f->stopped ? 0 : (ssize_t)n;
}

static int
end(void *cookie)
{
	struct cgn_ctl_filter *f = cookie;

	if (f->len > 0)
		print_line(f);
	if (f->count)
		fprintf(f->to, "%lu\n", f->counted);
	f->len = 0;
	return fflush(f->to);
}

FILE *
cgn_ctl_filter_open(struct cgn_ctl_filter *f, FILE *to, bool header, unsigned rows)
{
	const cookie_io_functions_t io = { .write = take, .close = end };
	FILE *out = fopencookie(f, "w", io);

	f->to = to;
	f->header = header;
	f->rows = rows;
	f->shown = 0;
	f->counted = 0;
	f->stopped = false;
	if (out) /* the pager answers at once, and a long list comes page by page */
		setvbuf(out, NULL, _IOLBF, BUFSIZ);
	return out;
}
