/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon says: lines on stderr with the journal's priority prefix, and the last
 * events in memory for `show log`. */
#ifndef CGN_CONTROL_LOG_H
#define CGN_CONTROL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h> /* LOG_ERR and the like: the priorities of both */
#include <time.h>

#define CGN_LOG_EVENTS 1024 /* kept */
#define CGN_LOG_TEXT   488

struct cgn_log_event {
	struct timespec when; /* wall clock */
	int priority;	      /* LOG_ERR.. */
	char text[CGN_LOG_TEXT];
};

/* Writes one line, `<6>cgnd: text`; without the prefix, and nothing below LOG_INFO,
 * when stderr is a terminal. Any thread but an lcore of the path. */
void cgn_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From now on, what this thread logs from LOG_ERR up is also written to this stream, a
 * line each; NULL: not any more. Any thread but an lcore of the path. */
void cgn_log_copy(FILE *to);

/* The same, and keeps it as an event. Control lcore. */
void cgn_log_event(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Events so far, also those that have been overwritten. Control lcore. */
uint64_t cgn_log_events(void);

/* An event by its number, 0 the first ever; NULL: overwritten, or not yet there. */
const struct cgn_log_event *cgn_log_event_at(uint64_t number);

/* A stream for rte_openlog_stream(): logs what DPDK says, line by line, as "dpdk: line"
 * with DPDK's level. NULL: out of memory. While held, lines are kept (the last 32), so
 * that a start that fails says one thing only. Start and end of the program. */
FILE *cgn_log_stream(void);
void cgn_log_hold(void);

/* Ends holding back: what was kept is forgotten, or logged for debugging. */
void cgn_log_release(bool show);

/* The last line that was kept, "" if none. */
const char *cgn_log_held(void);

#endif
