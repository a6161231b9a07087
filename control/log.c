/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon says. A line is written with one system call, so that lines of threads
 * do not mix, and only where it goes in at once: a journal that has stopped reading, or a
 * disk that is full, costs lines, and neither time nor packets. The next line that goes
 * in says how many. Events are the lines that `show log` repeats: a ring in memory,
 * overwritten from the oldest on, of the control lcore alone.
 *
 * DPDK logs to a stream of ours. Its lines are held back during the start: most of them
 * are of no use when all went well, and when it did not, the cause is the last one.
 *
 * Not handled: files, rotation, rate. That is the journal's business. */
#include "control/log.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#define LINE 1024
#define HELD 32

static struct cgn_log_event events[CGN_LOG_EVENTS];
static uint64_t n_events;
static __thread FILE *copy; /* of this thread's errors */

static struct {
	char line[LINE]; /* being put together */
	size_t len;
	bool holding;
	unsigned n_held; /* also those that were overwritten */
	char held[HELD][LINE];
} stream;

static unsigned lost; /* atomic: lines since the last one that went in */

/* false: it would have to wait, or there is no room. */
static bool
put_line(int priority, const char *text, bool terminal)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[LINE + 32];
	int n;

	n = terminal ? snprintf(line, sizeof(line), "cgnd: %s\n", text)
		     : snprintf(line, sizeof(line), "<%d>cgnd: %s\n", priority, text);
	if (poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, RTE_MIN((size_t)n, sizeof(line) - 1)) > 0;
}

/* There is a gap before this line. */
static bool
put_gap(unsigned n, bool terminal)
{
	char text[80];

	snprintf(text, sizeof(text), "%u lines are missing here: there was no room", n);
	return put_line(LOG_WARNING, text, terminal);
}

static void
write_line(int priority, const char *text)
{
	bool terminal = isatty(STDERR_FILENO);
	unsigned gap;

	if (copy && priority <= LOG_ERR)
		fprintf(copy, "%s\n", text);
	if (terminal && priority > LOG_INFO)
		return;
	gap = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);
	if (gap && put_gap(gap, terminal))
		gap = 0;
	if (gap || !put_line(priority, text, terminal))
		__atomic_fetch_add(&lost, gap + 1, __ATOMIC_RELAXED);
}

void
cgn_log(int priority, const char *format, ...)
{
	char text[LINE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	write_line(priority, text);
}

void
cgn_log_copy(FILE *to)
{
	copy = to;
}

void
cgn_log_event(int priority, const char *format, ...)
{
	struct cgn_log_event *e = &events[n_events++ % CGN_LOG_EVENTS];
	char text[LINE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(e->text, sizeof(e->text), "%.*s", CGN_LOG_TEXT - 1, text);
	clock_gettime(CLOCK_REALTIME, &e->when);
	e->priority = priority;
	write_line(priority, text);
}

uint64_t
cgn_log_events(void)
{
	return n_events;
}

const struct cgn_log_event *
cgn_log_event_at(uint64_t number)
{
	if (number >= n_events || n_events - number > CGN_LOG_EVENTS)
		return NULL;
	return &events[number % CGN_LOG_EVENTS];
}

static int
dpdk_priority(void)
{
	int level = rte_log_cur_msg_loglevel();

	/* DPDK counts from 1 (emergency), the journal from 0 */
	return level > 0 ? RTE_MIN(level - 1, LOG_DEBUG) : LOG_INFO;
}

static void
end_line(void)
{
	unsigned i = stream.n_held % HELD;
	int priority = dpdk_priority();

	stream.line[stream.len] = '\0';
	stream.len = 0;
	if (!stream.line[0])
		return;
	if (!stream.holding) {
		cgn_log(priority, "dpdk: %s", stream.line);
		return;
	}
	memcpy(stream.held[i], stream.line, sizeof(stream.line));
	stream.n_held++;
}

static ssize_t
stream_write(void *cookie, const char *buf, size_t size)
{
	(void)cookie;
	for (size_t i = 0; i < size; i++) {
		if (buf[i] == '\n')
			end_line();
		else if (stream.len < sizeof(stream.line) - 1)
			stream.line[stream.len++] = buf[i];
	}
	return (ssize_t)size;
}

FILE *
cgn_log_stream(void)
{
	return fopencookie(NULL, "w", (cookie_io_functions_t){ .write = stream_write });
}

void
cgn_log_hold(void)
{
	stream.holding = true;
	stream.n_held = 0;
}

void
cgn_log_release(bool show)
{
	unsigned first = stream.n_held > HELD ? stream.n_held - HELD : 0;

	stream.holding = false;
	for (unsigned i = first; show && i < stream.n_held; i++)
		cgn_log(LOG_DEBUG, "dpdk: %s", stream.held[i % HELD]);
	stream.n_held = 0;
}

const char *
cgn_log_held(void)
{
	return stream.n_held ? stream.held[(stream.n_held - 1) % HELD] : "";
}
